"""The archive: nothing acknowledged is lost, damage is named, a full disk stops before acknowledging."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import as_code, quick_policy, site_of
from fault_server import FaultServer, link_list, page, report, report_title
from sqlalchemy import bindparam, create_engine, inspect, select, text

from crawlers import ledger_schema as schema
from crawlers.archive import Archive, ArchivePlace
from crawlers.crawl import crawl
from crawlers.database import Prepared
from crawlers.errors import ArchiveError, ArchiveFull, DamagedObject, LedgerError, UnknownObject

ROOT = Path(__file__).parents[2]


def publish(server: FaultServer, count: int) -> None:
    server.pages["/list.html"] = link_list((f"/r{n}.html", report_title(n)) for n in range(1, count + 1))
    for n in range(1, count + 1):
        server.pages[f"/r{n}.html"] = page(report(f"report {n} " + os.urandom(600).hex()))


def test_a_body_is_kept_once_under_its_hash(archive: Archive) -> None:
    first, again = archive.put(b"body"), archive.put(b"body")
    assert first == again
    assert archive.read(first) == b"body"
    assert [path.name for path in archive.root.glob("objects/*/*")] == [f"{first}.zst"]
    assert list((archive.root / "tmp").iterdir()) == []
    with pytest.raises(UnknownObject):
        archive.read("0" * 64)


def test_verify_names_flipped_bits_missing_objects_and_orphans(server: FaultServer, archive: Archive) -> None:
    publish(server, 4)
    crawl([site_of(server)], archive, quick_policy())
    assert archive.verify().damaged == ()
    pages = list(archive.pages())
    flipped, missing = pages[0], pages[2]
    path = archive.root / "objects" / flipped.sha256[:2] / f"{flipped.sha256}.zst"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (archive.root / "objects" / missing.sha256[:2] / f"{missing.sha256}.zst").unlink()
    orphan = archive.put(b"nobody names me")
    found = archive.verify()
    assert {(damage.sha256, damage.sources) for damage in found.damaged} == {
        (flipped.sha256, (flipped.source,)),
        (missing.sha256, (missing.source,)),
    }
    assert found.orphans == (orphan,)
    assert found.checked == 4
    with pytest.raises(DamagedObject, match=flipped.sha256):
        archive.read(flipped.sha256)


def test_a_sound_object_under_a_wrong_name_is_damage(archive: Archive) -> None:
    first, second = archive.put(b"first"), archive.put(b"second")
    paths = [archive.root / "objects" / sha256[:2] / f"{sha256}.zst" for sha256 in (first, second)]
    paths[0].write_bytes(paths[1].read_bytes())
    with pytest.raises(DamagedObject, match="another hash"):
        archive.read(first)


def test_quarantine_lets_the_next_crawl_heal_a_damaged_page(server: FaultServer, archive: Archive) -> None:
    publish(server, 2)
    crawl([site_of(server)], archive, quick_policy())
    victim = next(archive.pages())
    path = archive.root / "objects" / victim.sha256[:2] / f"{victim.sha256}.zst"
    path.write_bytes(b"rubbish")
    assert archive.quarantine(archive.verify().damaged) == 1
    assert not path.exists()
    assert (archive.root / "damaged" / path.name).read_bytes() == b"rubbish"
    crawl([site_of(server)], archive, quick_policy())
    assert archive.verify().damaged == ()


def test_sweep_removes_what_nobody_names_but_nothing_young(archive: Archive) -> None:
    orphan = archive.put(b"orphan")
    (archive.root / "tmp" / "1-left-behind").write_bytes(b"half")
    assert archive.sweep() == 0
    assert archive.sweep(older_than_seconds=-1) == 2
    with pytest.raises(UnknownObject):
        archive.read(orphan)


def test_versions_are_kept_forever_and_the_newest_is_in_force(server: FaultServer, archive: Archive) -> None:
    server.pages["/list.html"] = link_list([("/r.html", report_title(1))])
    bodies = [report(word) for word in ("a", "b", "a")]
    for body in bodies:
        server.pages["/r.html"] = page(body)
        crawl([site_of(server)], archive, quick_policy())
    versions = archive.versions(server.url("/r.html"))
    assert [(version.version, archive.read(version.sha256)) for version in versions] == list(
        enumerate(bodies, 1)
    )
    assert [found.version for found in archive.pages()] == [3]
    assert len(list(archive.pages(current=False))) == 3


def test_provenance_is_complete(server: FaultServer, archive: Archive) -> None:
    server.pages["/list.html"] = link_list([("/r.html", report_title(1))])
    server.pages["/r.html"] = page(report(), content_type="text/html; charset=GB2312")
    crawl([site_of(server, region="430000")], archive, quick_policy())
    (found,) = archive.pages()
    assert (found.source, found.fetched_url) == (server.url("/r.html"), server.url("/r.html"))
    assert (found.site_id, found.site_name, found.site_region) == ("city", "市政府", "430000")
    assert (found.content_type, found.declared_charset) == ("text/html", "gb2312")
    assert (found.list_title, str(found.list_date)) == (report_title(1), "2022-01-25")
    assert found.fetched_at.utcoffset() is not None


def test_a_full_disk_stops_the_crawl_before_it_acknowledges(server: FaultServer, tmp_path: Path) -> None:
    """A limit on file size makes writes fail as a full disk does, in a process of its own."""
    publish(server, 3)
    server.pages["/r2.html"] = page(report(os.urandom(300_000).hex()))
    program = f"""
import resource, sys
from pathlib import Path
sys.path[:0] = {[str(ROOT), str(Path(__file__).parent)]!r}
from conftest import quick_policy
from crawlers.archive import Archive, ArchivePlace
from crawlers.crawl import crawl
from crawlers.database import Prepared
from crawlers.errors import ArchiveFull
from crawlers.sites import Site
archive = Archive(Path({str(tmp_path / "archive")!r}))
site = Site("city", "x", ({server.url("/list.html")!r},), delay_seconds=0.0, allow=({server.opening!r},))
resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, resource.RLIM_INFINITY))
try:
    crawl([site], archive, quick_policy(workers=1))
except ArchiveFull as error:
    print("full:", error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("full:"), done.stdout + done.stderr
    with Archive(tmp_path / "archive") as archive:
        assert [found.source for found in archive.pages()] == [server.url("/r1.html")]
        assert archive.verify().damaged == ()
        assert list((archive.root / "tmp").iterdir()) == []
        # With room again, the same run goes on.
        summary = crawl([site_of(server)], archive, quick_policy())
        assert (summary.run_id, summary.sources[0].figures.new) == (1, 3)


def test_archive_full_is_an_archive_error() -> None:
    assert issubclass(ArchiveFull, ArchiveError)
    assert resource.RLIMIT_FSIZE is not None


def kill_during_a_crawl(server: FaultServer, place: ArchivePlace, log: Path, after: float) -> None:
    """Start a crawl in a process of its own and kill it -9 after so many seconds."""
    program = f"""
import sys
from pathlib import Path
sys.path[:0] = {[str(ROOT), str(Path(__file__).parent)]!r}
from conftest import quick_policy
from crawlers.archive import Archive, ArchivePlace
from crawlers.crawl import crawl
from crawlers.database import Prepared
from crawlers.events import PageDone
from crawlers.sites import Site
acknowledged = open({str(log)!r}, "a", buffering=1)
def note(event):
    if isinstance(event, PageDone):
        acknowledged.write(event.source + "\\n")
site = Site("city", "市政府", ({server.url("/list.html")!r},), delay_seconds=0.0, allow=({server.opening!r},))
print("ready", flush=True)
crawl([site], Archive({as_code(place)}), quick_policy(workers=2), note)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("after", [0.05, 0.15, 0.3])
def test_kill_9_loses_nothing_acknowledged_and_the_rerun_ends_as_if_undisturbed(
    after: float, server: FaultServer, place: ArchivePlace, tmp_path: Path
) -> None:
    publish(server, 40)
    log = tmp_path / "acknowledged"
    kill_during_a_crawl(server, place, log, after)
    acknowledged = set(log.read_text().split())
    with Archive(place) as archive:
        kept = {found.source for found in archive.pages()}
        assert acknowledged <= kept
        assert archive.verify().damaged == ()
        began = time.monotonic()
        summary = crawl([site_of(server)], archive, quick_policy())
        # The dead crawl's leases do not hold this one up.
        assert time.monotonic() - began < 45
        assert summary.sources[0].figures.listed == 40
        assert summary.sources[0].figures.state == "complete"
        archive.sweep(older_than_seconds=-1)
        assert (archive.verify().orphans, archive.verify().damaged) == ((), ())
        healed = {(found.source, found.sha256, found.version) for found in archive.pages(current=False)}
    with Archive(tmp_path / "undisturbed") as undisturbed:
        crawl([site_of(server)], undisturbed, quick_policy())
        assert healed == {
            (found.source, found.sha256, found.version) for found in undisturbed.pages(current=False)
        }


def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Archive(tmp_path).close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(LedgerError, match="version 99"):
        Archive(tmp_path)


def test_an_older_ledger_is_migrated_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Archive(tmp_path).close()
    older = len(schema.MIGRATIONS) + 1
    steps = ("ALTER TABLE hosts ADD COLUMN note TEXT", "UPDATE hosts SET note = 'x'")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, steps[:1], steps[1:]))
    Archive(tmp_path).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM schema_version")).scalar_one() == older + 2
    assert "note" in {column["name"] for column in inspect(engine).get_columns("hosts")}


def test_a_ledger_of_the_first_version_opens_whole(server: FaultServer, tmp_path: Path) -> None:
    """Written by the software of its time: two reports, one of them revised, in two runs."""
    (tmp_path / "tmp").mkdir()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as old:
        old.executescript((Path(__file__).parent / "saved" / "ledger_version_1.sql").read_text("utf-8"))
    with Archive(tmp_path) as archive:
        in_force = {page.source: page.version for page in archive.pages()}
        assert in_force == {
            "http://www.yunling.gov.cn/r1.html": 2,
            "http://www.yunling.gov.cn/r2.html": 1,
        }
        assert len(archive.versions("http://www.yunling.gov.cn/r1.html")) == 2
        publish(server, 2)
        assert crawl([site_of(server)], archive, quick_policy(vantage="Beijing")).run_id == 3
        with archive.ledger.reading() as connection:
            newest = len(schema.MIGRATIONS) + 1
            assert connection.execute(select(schema.schema_version.c.version)).scalar_one() == newest
            vantages = connection.execute(select(schema.runs.c.vantage).order_by(schema.runs.c.id)).scalars()
            assert vantages.all() == [None, None, "Beijing"]


def test_a_broken_ledger_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite|not a database"):
        Archive(tmp_path)


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="Not a directory"):
        Archive(tmp_path / "file" / "archive")


def test_the_documented_schema_is_the_schema() -> None:
    documented = (ROOT / "docs" / "ledger.md").read_text("utf-8")
    for table in schema.metadata.sorted_tables:
        assert f"`{table.name}`" in documented, table.name
        for column in table.columns:
            assert f"`{column.name}`" in documented, f"{table.name}.{column.name}"


def test_a_reader_sees_the_ledger_while_a_crawl_writes(server: FaultServer, archive: Archive) -> None:
    publish(server, 3)
    with archive.ledger.reading() as connection:
        connection.execute(select(schema.pages)).all()
        crawl([site_of(server)], archive, quick_policy())
        assert connection.execute(select(schema.pages)).all() == []
    assert len(list(archive.pages())) == 3


def test_prepared_selections_give_what_sqlalchemy_gives(server: FaultServer, archive: Archive) -> None:
    """Every column of every table; each row by a value given at the reading, and with one of the statement's own."""
    publish(server, 3)
    crawl([site_of(server)], archive, quick_policy())
    crawl([site_of(server)], archive, quick_policy())
    ledger = archive.ledger
    filled = set()
    with ledger.reading() as connection:
        for table in schema.metadata.sorted_tables:
            key = next(iter(table.primary_key))
            chosen = (
                select(table).where(key == bindparam("wanted", type_=key.type)).order_by(*table.primary_key)
            )
            rows = connection.execute(select(table).order_by(*table.primary_key)).all()
            assert Prepared(select(table).order_by(*table.primary_key)).read(connection, {}) == rows
            for row in rows:
                filled.add(table.name)
                values = {"wanted": row._mapping[key]}
                found = connection.execute(chosen, values).all()
                assert Prepared(chosen).read(connection, values) == found
                assert Prepared(chosen.limit(1)).read(connection, values) == found[:1]
    assert {"pages", "versions", "listings", "attempts", "sources", "runs"} <= filled


def test_known_pages_come_in_order_without_those_that_are_not_asked_for(
    server: FaultServer, archive: Archive
) -> None:
    publish(server, 40)
    crawl([site_of(server)], archive, quick_policy(workers=8))
    known = archive.ledger.known_pages("city")
    keys = [page.key for page in known]
    assert len(known) == 40
    assert keys == sorted(keys)
    assert [archive.ledger.page(page.key) for page in known] == known
    assert archive.ledger.known_pages("city", besides=keys[10:]) == known[:10]
    assert archive.ledger.known_pages("another") == []
