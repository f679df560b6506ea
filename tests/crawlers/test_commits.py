"""Writers that share transactions and their wait for the disk: none goes on too early, none gets another's error."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from crawlers.archive import Archive
from crawlers.commits import LogOnDisk, Writers
from crawlers.database import open_engine
from crawlers.errors import ArchiveFull
from crawlers.ledger import Ledger


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.sqlite'}", "NORMAL")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY)"))
    yield engine
    engine.dispose()


def insert(number: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(text("INSERT INTO t VALUES (:n)"), {"n": number})
        return number

    return work


def in_threads(tasks: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_each_writer_gets_its_own_result_and_its_own_error(engine: Engine) -> None:
    """Forty rows, and among them twelve that are there already."""
    writers = Writers(engine)
    results: dict[str, object] = {}

    def task(name: str, number: int) -> Callable[[], None]:
        def run() -> None:
            try:
                results[name] = writers.together(insert(number))
            except DBAPIError as error:
                results[name] = type(error).__name__

        return run

    writers.together(insert(1000))
    tasks = [task(f"good {n}", n) for n in range(40)] + [task(f"bad {n}", 1000) for n in range(12)]
    # Those who come while one has the turn share the next transaction.
    with writers.alone():
        holding = threading.Thread(target=in_threads, args=(tasks,))
        holding.start()
        time.sleep(0.2)
    holding.join()
    assert results == {f"good {n}": n for n in range(40)} | {f"bad {n}": "IntegrityError" for n in range(12)}
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 41


def test_who_waits_together_shares_a_transaction(engine: Engine) -> None:
    commits: list[int] = []
    writers = Writers(engine)

    def work(number: int) -> Callable[[], None]:
        def run() -> None:
            def note(connection: Connection) -> int:
                commits.append(id(connection))
                return insert(number)(connection)

            writers.together(note)

        return run

    with writers.alone():
        holding = threading.Thread(target=in_threads, args=([work(n) for n in range(30)],))
        holding.start()
        time.sleep(0.3)
    holding.join()
    assert len(commits) == 30
    assert len(set(commits)) <= 3


def test_nobody_goes_on_before_an_fsync_that_began_after_its_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.sqlite-wal").write_bytes(b"log")
    log = LogOnDisk(tmp_path / "x.sqlite")
    begun: list[float] = []
    ended: list[float] = []
    true_fsync = os.fsync

    def slow_fsync(handle: int) -> None:
        begun.append(time.monotonic())
        time.sleep(0.03)
        true_fsync(handle)
        ended.append(time.monotonic())

    monkeypatch.setattr("crawlers.commits.os.fsync", slow_fsync)
    covered: list[bool] = []

    def task(after: float) -> Callable[[], None]:
        def run() -> None:
            time.sleep(after)
            asked = time.monotonic()
            log.wait()
            answered = time.monotonic()
            covered.append(any(asked <= b and e <= answered for b, e in zip(begun, ended, strict=False)))

        return run

    in_threads([task(n * 0.002) for n in range(60)])
    assert covered == [True] * 60
    assert len(begun) < 20


def test_after_a_failed_fsync_nothing_more_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive(tmp_path / "archive") as archive:
        ledger: Ledger = archive.ledger

        def broken(_: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr("crawlers.commits.os.fsync", broken)
        with pytest.raises(ArchiveFull, match="Input/output"), ledger.writing(to_disk=True):
            pass
        monkeypatch.undo()
        with pytest.raises(ArchiveFull, match="Input/output"), ledger.writing(to_disk=True):
            pass
