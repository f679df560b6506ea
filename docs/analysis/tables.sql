-- Views over a dataset, for the other files of this folder. Say first where it is:
--     set variable dataset = 'data/parquet';
--
-- In the folder names 0 stands for an unknown year or region; here it is null, as in the rows that it came from.

create or replace view reports as
select * replace (nullif(report_year, 0) as report_year, nullif(region, 0) as region)
from read_parquet(getvariable('dataset') || '/reports/**/*.parquet', hive_partitioning = true);

create or replace view requests as
select * replace (nullif(report_year, 0) as report_year, nullif(region, 0) as region)
from read_parquet(getvariable('dataset') || '/requests/**/*.parquet', hive_partitioning = true);

create or replace view challenges as
select * replace (nullif(report_year, 0) as report_year, nullif(region, 0) as region)
from read_parquet(getvariable('dataset') || '/challenges/**/*.parquet', hive_partitioning = true);

create or replace view disclosures as
select * replace (nullif(report_year, 0) as report_year, nullif(region, 0) as region)
from read_parquet(getvariable('dataset') || '/disclosures/**/*.parquet', hive_partitioning = true);

create or replace view issues as
select * replace (nullif(report_year, 0) as report_year, nullif(region, 0) as region)
from read_parquet(getvariable('dataset') || '/issues/**/*.parquet', hive_partitioning = true);

create or replace view agencies as
select * from read_parquet(getvariable('dataset') || '/agencies/*.parquet');

create or replace view coverage as
select * from read_parquet(getvariable('dataset') || '/coverage/*.parquet');

create or replace view codebook as
select * from read_parquet(getvariable('dataset') || '/codebook/*.parquet');

-- Reports to count with: one an organ and year, with the organ's kind. The join is a left one: an organ that could
-- not be resolved has figures all the same. A government's report may cover its bureaus, so the two never add up.
create or replace view kept as
select
    r.*,
    a.kind,
    case when a.kind is null then 'unresolved' when a.kind = 'government' then 'government' else 'organ' end as layer
from reports r
left join agencies a using (agency_id)
where r.duplicate_of is null;
