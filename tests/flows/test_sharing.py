"""Many machines, each played by a folder: one archive in a bucket, one ledger in PostgreSQL, one state in force."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from crawl_configs import configuration
from distributed import LocalCluster
from sqlalchemy import select

from crawlers import ledger_schema as schema
from crawlers.archive import Archive
from crawlers.crawl import crawl
from crawlers.errors import ArchiveError, LedgerError
from deploy.services import Postgres, S3Server, free_port
from flows.crawl_policy import policy_of
from flows.dask_readers import read_away
from flows.errors import ReaderOutdated, SchedulerUnreachable, StorageFailed
from flows.plan import plan_build
from flows.publishing import Standards, publish_batches, writing
from flows.reading import BatchResult
from flows.sample_server import serve
from flows.settings import Settings, load_known_settings, site_of
from flows.settling import completed
from flows.sharing import shared_tables
from flows.workers import read_with, workers
from warehouse.errors import LockLost, LockUnavailable, StateMoved
from warehouse.mirror import mirrored_name, name_of
from warehouse.publish import read_table
from warehouse.snapshots import current

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.xdist_group("postgres")]
SAMPLE = Path(__file__).parents[2] / "data" / "sample_site"


def machine(folder: Path, shared: dict[str, str], endpoint: str, port: int = 9, **build: object) -> Settings:
    """A machine's configuration: disk of its own, the rest in common."""
    folder.mkdir(parents=True, exist_ok=True)
    path = configuration(folder, city=port)
    values = yaml.safe_load(path.read_text("utf-8"))
    values["data"] |= shared
    values |= {"storage": {"endpoint": endpoint}, "build": build}
    path.write_text(yaml.safe_dump(values, allow_unicode=True), "utf-8")
    return load_known_settings(path)


@pytest.fixture
def shared(s3: S3Server, bucket: str, database: str) -> dict[str, str]:
    return {
        "archive": f"s3://{bucket}/archive",
        "published": f"s3://{bucket}/tables",
        "ledger": database,
    }


def crawled(settings: Settings) -> None:
    with Archive(settings.data.archive) as archive:
        crawl([site_of(site, settings) for site in settings.sites], archive, policy_of(settings))


def _ignore(_: int) -> None:
    pass


def _nothing_more(_: list[str]) -> list[BatchResult]:
    return []


def built(settings: Settings, folder: Path) -> str:
    """What the build flow does, without Prefect; the name of the state that came of it."""
    with shared_tables(settings, "test") as share:
        plan = plan_build(settings.data.archive, settings.data.datasets, folder / "batches", settings.build)

        def read(batches: tuple[Path, ...]) -> list[BatchResult]:
            with workers(settings.build, plan.pages) as readers:
                return [read_with(readers, b, settings.data.archive.objects, _ignore) for b in batches]

        with writing(settings.data.datasets, "test") as run:
            batches, settled = completed(settings.data.datasets, read(plan.batches), _nothing_more)
            publish_batches(run, batches, settled, plan.unchanged, Standards(settings.thresholds))
        share()
    state = current(settings.data.datasets)
    assert state is not None
    return name_of(state)


@pytest.fixture
def site() -> Iterator[int]:
    with serve(SAMPLE, 0) as server:
        yield server.port


def in_force(s3: S3Server, shared: dict[str, str]) -> str | None:
    return mirrored_name(s3.files(), shared["published"].removeprefix("s3://"))


def test_a_cluster_gives_what_one_machine_gives(
    s3: S3Server, shared: dict[str, str], site: int, tmp_path: Path
) -> None:
    alone = load_known_settings(configuration(tmp_path, city=site))
    crawled(alone)
    wanted = built(alone, tmp_path)
    first = machine(tmp_path / "first", shared, s3.endpoint, site)
    crawled(first)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp"
    ) as cluster:
        spread = {"runner": cluster.scheduler_address, "in_process_below": 0, "pages_per_task": 3}
        reading = machine(tmp_path / "first", shared, s3.endpoint, site, **spread)
        made = built(reading, tmp_path / "first")
    frames = [read_table(root.data.datasets, "requests") for root in (alone, reading)]
    columns = [name for name in frames[0] if name != "report_year"]
    assert frames[0][columns].equals(frames[1][columns]) and len(frames[0]) > 500
    assert in_force(s3, shared) == made
    # fetched_at differs from crawl to crawl; everything else that is published must not.
    assert wanted != made
    # Another machine, with an empty disk, has nothing to do and the same tables.
    second = machine(tmp_path / "second", shared, s3.endpoint, site)
    assert built(second, tmp_path / "second") == made
    with Archive(first.data.archive) as archive:
        assert archive.verify().damaged == () and archive.verify().checked > 3
        assert not list(archive._store.stored("exchange"))


def test_two_writers_take_turns_and_a_dead_session_frees_the_lock(
    s3: S3Server, shared: dict[str, str], database_server: Postgres, tmp_path: Path
) -> None:
    settings = machine(tmp_path, shared, s3.endpoint)
    taken: list[float] = []

    def second() -> None:
        with shared_tables(settings, "second"):
            taken.append(time.monotonic())

    with shared_tables(settings, "first"):
        other = threading.Thread(target=second)
        other.start()
        time.sleep(0.5)
        assert taken == []
        # The first one's session ends, as when its machine vanishes; it does not know yet.
        database = shared["ledger"].rpartition("/")[2]
        database_server.execute(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gongkai first'",
        )
        other.join(20)
        assert len(taken) == 1


def test_a_writer_that_lost_its_lock_or_its_base_publishes_nothing(
    s3: S3Server, shared: dict[str, str], database_server: Postgres, site: int, tmp_path: Path
) -> None:
    first = machine(tmp_path / "first", shared, s3.endpoint, site)
    crawled(first)
    before = built(first, tmp_path / "first")
    with shared_tables(first, "first") as share:
        database_server.execute(
            shared["ledger"].rpartition("/")[2],
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gongkai first'",
        )
        _change(first.data.datasets)
        with pytest.raises(LockLost, match="stays in force"):
            share()
    assert in_force(s3, shared) == before
    # The next run finds its unpublished state, and the mirror where it was.
    with shared_tables(first, "first") as share:
        assert share() is not None
    after = in_force(s3, shared)
    assert after not in {None, before}
    with shared_tables(first, "first") as share:
        _change(first.data.datasets)
        base = shared["published"].removeprefix("s3://")
        with s3.files().open_output_stream(f"{base}/CURRENT") as pointer:
            pointer.write((before or "").encode())
        with pytest.raises(StateMoved, match=before):
            share()


def _change(root: Path) -> None:
    reports = read_table(root, "reports")
    with writing(root, "test") as run:
        run.add({}, replaces=[reports["report_id"].iloc[0]])
        run.commit()


def test_an_s3_server_that_dies_leaves_the_state_before_and_the_next_run_is_whole(
    s3: S3Server, shared: dict[str, str], site: int, tmp_path: Path
) -> None:
    settings = machine(tmp_path, shared, s3.endpoint, site)
    crawled(settings)
    before = built(settings, tmp_path)
    with shared_tables(settings, "first") as share:
        _change(settings.data.datasets)
        s3.service.kill()
        try:
            with pytest.raises(StorageFailed, match="NETWORK_CONNECTION"):
                share()
        finally:
            s3.service.start()
    assert in_force(s3, shared) == before
    with shared_tables(settings, "next") as share:
        share()
    state = current(settings.data.datasets)
    assert state is not None and in_force(s3, shared) == name_of(state) != before
    with Archive(settings.data.archive) as archive:
        assert archive.verify().damaged == ()


def test_a_crawl_whose_database_dies_loses_nothing_acknowledged(
    s3: S3Server, shared: dict[str, str], database_server: Postgres, site: int, tmp_path: Path
) -> None:
    settings = machine(tmp_path, shared, s3.endpoint, site)
    database = shared["ledger"].rpartition("/")[2]
    ended = threading.Event()

    def cut() -> None:
        while not ended.wait(0.15):
            database_server.execute(
                "postgres",
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'",
            )

    cutting = threading.Thread(target=cut)
    cutting.start()
    outcomes: Counter[str] = Counter()
    try:
        for _ in range(3):
            try:
                crawled(settings)
                outcomes["ended"] += 1
            except Exception as error:  # noqa: BLE001 (which kinds, is what is asked)
                outcomes[type(error).__name__] += 1
    finally:
        ended.set()
        cutting.join()
    assert set(outcomes) <= {"ended", "LedgerError"}, outcomes
    crawled(settings)
    with Archive(settings.data.archive) as archive:
        assert archive.verify().damaged == ()
        assert len({page.source for page in archive.pages()}) == len(list(archive.pages())) >= 3


@pytest.mark.parametrize("killed", ["database", "store"])
def test_a_server_that_is_killed_in_a_crawl_takes_nothing_that_was_acknowledged(
    killed: str, s3: S3Server, shared: dict[str, str], database_server: Postgres, tmp_path: Path
) -> None:
    server = database_server.service if killed == "database" else s3.service
    with serve(SAMPLE, 0) as site:
        settings = machine(tmp_path, shared, s3.endpoint, site.port)

        def kill() -> None:
            while site.asked.total() < 8:
                time.sleep(0.005)
            server.kill()

        killing = threading.Thread(target=kill)
        killing.start()
        try:
            with pytest.raises(LedgerError if killed == "database" else ArchiveError):
                crawled(settings)
        finally:
            killing.join()
            server.start()
        with Archive(settings.data.archive) as archive:
            held = {page.source: page.sha256 for page in archive.pages()}
            assert archive.verify().damaged == ()
            # The crawl could not give its turns back, and its process lives: this brings their end forward.
            with archive.ledger.writing() as connection:
                connection.execute(schema.leases.update().values(expires_at=datetime.now(UTC)))
        crawled(settings)
        fetched = Counter({path: count for path, count in site.asked.items() if path.startswith("/art/")})
    with Archive(settings.data.archive) as archive:
        after = {page.source: page.sha256 for page in archive.pages()}
        assert archive.verify().damaged == ()
        assert runs_ended(archive) == [True]
    assert len(after) == 15
    assert held.items() <= after.items()
    assert len(held) < 15
    # What was archived is asked for again in no case; what was under way may be.
    assert fetched.total() - 15 <= 2


def runs_ended(archive: Archive) -> list[bool]:
    """Whether each run of the ledger has ended."""
    with archive.ledger.reading() as connection:
        rows = connection.execute(select(schema.runs.c.ended_at).order_by(schema.runs.c.id))
        return [row.ended_at is not None for row in rows]


def test_a_store_that_is_killed_while_pages_are_read_makes_no_page_a_damaged_one(
    s3: S3Server, shared: dict[str, str], site: int, tmp_path: Path
) -> None:
    settings = machine(tmp_path, shared, s3.endpoint, site, pages_per_task=3)
    crawled(settings)
    plan = plan_build(settings.data.archive, settings.data.datasets, tmp_path / "batches", settings.build)

    def kill(_: int) -> None:
        s3.service.kill()

    try:
        with pytest.raises(ArchiveError, match="NETWORK_CONNECTION"):
            for batch in plan.batches:
                read_with(None, batch, settings.data.archive.objects, kill)
    finally:
        s3.service.start()
    assert current(settings.data.datasets) is None
    built(settings, tmp_path / "again")
    assert read_table(settings.data.datasets, "pages")["outcome"].eq("report").sum() == 15


def test_what_cannot_be_reached_is_one_clear_error(
    s3: S3Server, shared: dict[str, str], tmp_path: Path
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    settings = machine(
        tmp_path, shared | {"ledger": f"postgresql+psycopg://a:hidden@{nowhere}/x"}, s3.endpoint
    )
    with pytest.raises(LockUnavailable) as caught, shared_tables(settings, "test"):
        pass
    assert "hidden" not in str(caught.value)
    spread = machine(tmp_path, shared, s3.endpoint, runner=f"tcp://{nowhere}", in_process_below=0).build
    with pytest.raises(SchedulerUnreachable, match=nowhere), workers(spread, 5):
        pass
    with pytest.raises(ReaderOutdated, match="update it"):
        read_away("x", settings.data.archive.objects, ("0", "0"))
