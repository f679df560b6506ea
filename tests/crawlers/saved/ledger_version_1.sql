BEGIN TRANSACTION;
CREATE TABLE aliases (
	url TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	PRIMARY KEY (url)
);
INSERT INTO "aliases" VALUES('http://www.yunling.gov.cn/r1.html','www.yunling.gov.cn/r1.html');
INSERT INTO "aliases" VALUES('http://www.yunling.gov.cn/r2.html','www.yunling.gov.cn/r2.html');
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	site_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	url TEXT NOT NULL, 
	final_url TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	status INTEGER, 
	started_at VARCHAR(32) NOT NULL, 
	seconds FLOAT NOT NULL, 
	wire_bytes INTEGER NOT NULL, 
	tls_profile TEXT, 
	flags TEXT NOT NULL, 
	hops TEXT NOT NULL, 
	evidence VARCHAR(64), 
	PRIMARY KEY (id)
);
INSERT INTO "attempts" VALUES(1,1,'city','robots','http://www.yunling.gov.cn/robots.txt','http://www.yunling.gov.cn/robots.txt','gone','absent gone: 404',404,'2026-11-25T22:46:53.535966+00:00',6.13165670001762919127e-02,8,NULL,'','',NULL);
INSERT INTO "attempts" VALUES(2,1,'city','list','http://www.yunling.gov.cn/list.html','http://www.yunling.gov.cn/list.html','ok','html',200,'2026-11-25T22:46:53.637800+00:00',1.98863699997673393227e-02,1162,NULL,'','',NULL);
INSERT INTO "attempts" VALUES(3,1,'city','page','http://www.yunling.gov.cn/r1.html','http://www.yunling.gov.cn/r1.html','ok','html',200,'2026-11-25T22:46:53.769786+00:00',5.42275899988453602418e-03,4748,NULL,'','',NULL);
INSERT INTO "attempts" VALUES(4,1,'city','page','http://www.yunling.gov.cn/r2.html','http://www.yunling.gov.cn/r2.html','ok','html',200,'2026-11-25T22:46:53.865940+00:00',2.12461399996755062602e-03,4748,NULL,'','',NULL);
INSERT INTO "attempts" VALUES(5,2,'city','robots','http://www.yunling.gov.cn/robots.txt','http://www.yunling.gov.cn/robots.txt','gone','absent gone: 404',404,'2026-11-25T22:46:54.133686+00:00',2.12151319997246901039e-02,8,NULL,'','',NULL);
INSERT INTO "attempts" VALUES(6,2,'city','list','http://www.yunling.gov.cn/list.html','http://www.yunling.gov.cn/list.html','ok','html',200,'2026-11-25T22:46:54.163716+00:00',1.16323620000002847518e-02,1162,NULL,'','',NULL);
INSERT INTO "attempts" VALUES(7,2,'city','page','http://www.yunling.gov.cn/r1.html','http://www.yunling.gov.cn/r1.html','ok','html',200,'2026-11-25T22:46:54.224592+00:00',0.00659532700001364,4754,NULL,'','',NULL);
INSERT INTO "attempts" VALUES(8,2,'city','page','http://www.yunling.gov.cn/r2.html','http://www.yunling.gov.cn/r2.html','ok','html',200,'2026-11-25T22:46:54.292428+00:00',1.11459300001115479972e-02,4748,NULL,'','',NULL);
CREATE TABLE hosts (
	host TEXT NOT NULL, 
	tls_profile TEXT, 
	circuit TEXT, 
	circuit_at VARCHAR(32), 
	next_at VARCHAR(32), 
	PRIMARY KEY (host)
);
INSERT INTO "hosts" VALUES('www.yunling.gov.cn',NULL,NULL,NULL,'2026-11-25T22:46:54.349830+00:00');
CREATE TABLE leases (
	name TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	expires_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE listings (
	site_id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	title TEXT, 
	published_on DATE, 
	first_listed_at VARCHAR(32) NOT NULL, 
	last_run INTEGER NOT NULL, 
	PRIMARY KEY (site_id, "key")
);
INSERT INTO "listings" VALUES('city','www.yunling.gov.cn/r1.html','市审计局2001年政府信息公开工作年度报告','2022-01-25','2026-11-25T22:46:53.712031+00:00',2);
INSERT INTO "listings" VALUES('city','www.yunling.gov.cn/r2.html','市审计局2002年政府信息公开工作年度报告','2022-01-25','2026-11-25T22:46:53.712031+00:00',2);
CREATE TABLE pages (
	"key" TEXT NOT NULL, 
	source TEXT NOT NULL, 
	first_listed_at VARCHAR(32) NOT NULL, 
	etag TEXT, 
	last_modified TEXT, 
	validated_at VARCHAR(32), 
	last_run INTEGER, 
	last_result TEXT, 
	last_outcome TEXT, 
	last_attempt_at VARCHAR(32), 
	gone_at VARCHAR(32), 
	PRIMARY KEY ("key")
);
INSERT INTO "pages" VALUES('www.yunling.gov.cn/r1.html','http://www.yunling.gov.cn/r1.html','2026-11-25T22:46:53.712031+00:00',NULL,NULL,'2026-11-25T22:46:54.224592+00:00',2,'changed','ok','2026-11-25T22:46:54.224592+00:00',NULL);
INSERT INTO "pages" VALUES('www.yunling.gov.cn/r2.html','http://www.yunling.gov.cn/r2.html','2026-11-25T22:46:53.712031+00:00',NULL,NULL,'2026-11-25T22:46:54.292428+00:00',2,'unchanged','ok','2026-11-25T22:46:54.292428+00:00',NULL);
CREATE TABLE passed_over (
	site_id TEXT NOT NULL, 
	url TEXT NOT NULL, 
	title TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	last_run INTEGER NOT NULL, 
	PRIMARY KEY (site_id, url)
);
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	name TEXT, 
	started_at VARCHAR(32) NOT NULL, 
	ended_at VARCHAR(32), 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "runs" VALUES(1,NULL,'2026-11-25T22:46:53.396894+00:00','2026-11-25T22:46:54.004523+00:00');
INSERT INTO "runs" VALUES(2,NULL,'2026-11-25T22:46:54.038403+00:00','2026-11-25T22:46:54.369287+00:00');
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(1);
CREATE TABLE sites (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	region TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "sites" VALUES('city','市政府',NULL);
CREATE TABLE sources (
	run_id INTEGER NOT NULL, 
	site_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	ended_at VARCHAR(32) NOT NULL, 
	listed INTEGER NOT NULL, 
	passed_over INTEGER NOT NULL, 
	new INTEGER NOT NULL, 
	changed INTEGER NOT NULL, 
	unchanged INTEGER NOT NULL, 
	gone INTEGER NOT NULL, 
	refused INTEGER NOT NULL, 
	failed INTEGER NOT NULL, 
	pending INTEGER NOT NULL, 
	narrowed BOOLEAN NOT NULL, 
	PRIMARY KEY (run_id, site_id)
);
INSERT INTO "sources" VALUES(1,'city','complete','','2026-11-25T22:46:53.929237+00:00',2,0,2,0,0,0,0,0,0,0);
INSERT INTO "sources" VALUES(2,'city','complete','','2026-11-25T22:46:54.332284+00:00',2,0,0,1,1,0,0,0,0,0);
CREATE TABLE versions (
	id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	fetched_at VARCHAR(32) NOT NULL, 
	fetched_url TEXT NOT NULL, 
	content_type TEXT, 
	declared_charset TEXT, 
	tls_profile TEXT, 
	flags TEXT NOT NULL, 
	complete BOOLEAN NOT NULL, 
	current BOOLEAN NOT NULL, 
	run_id INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key", version)
);
INSERT INTO "versions" VALUES(1,'www.yunling.gov.cn/r1.html',1,'1bcf9415c67f4c5e42a09a1dd2b15e6d91f6213a7e3ac61e3ac6f10e90b41fc4','2026-11-25T22:46:53.769786+00:00','http://www.yunling.gov.cn/r1.html','text/html','utf-8',NULL,'',1,0,1);
INSERT INTO "versions" VALUES(2,'www.yunling.gov.cn/r2.html',1,'82db8d614f57051c59103aa9d2655d8011282a1dd8ad5f565f52e2ef7346783e','2026-11-25T22:46:53.865940+00:00','http://www.yunling.gov.cn/r2.html','text/html','utf-8',NULL,'',1,1,1);
INSERT INTO "versions" VALUES(3,'www.yunling.gov.cn/r1.html',2,'63d26af9a11099d148c37f846cc7b73630580e8f023ce5bbca09728b424d60aa','2026-11-25T22:46:54.224592+00:00','http://www.yunling.gov.cn/r1.html','text/html','utf-8',NULL,'',1,1,2);
CREATE INDEX listings_by_key ON listings ("key");
CREATE INDEX ix_aliases_key ON aliases ("key");
CREATE INDEX ix_versions_sha256 ON versions (sha256);
CREATE INDEX ix_attempts_run_id ON attempts (run_id);
COMMIT;
