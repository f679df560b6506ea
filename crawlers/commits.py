"""Many threads, one SQLite writer: writes that wait for their turn share a transaction, and their wait for the disk.

A transaction for each result costs a dozen changes of hands between threads, and an fsync inside the only writer's
turn lets a disk that takes ten milliseconds acknowledge a hundred pages a second and no more. Here whoever gets the
turn does the work of all who wait for it; and commits that leave the disk alone, followed by one fsync of the
write-ahead log for all who wait, promise what each commit's own fsync would.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")


class _Waiting(Generic[T]):
    """Work that waits for the turn, and what became of it."""

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self.work = work
        self.results: list[T] = []


class Writers:
    """The writing threads of one process at one database. Queueing here is fairer than the database's own wait."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._waiting: list[_Waiting[object]] = []
        self._adding = threading.Lock()

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A transaction of one's own, committed when the block ends."""
        with self._turn, self._engine.begin() as connection:
            yield connection

    def together(self, work: Callable[[Connection], T]) -> T:
        """Do the work in a transaction that others may share; committed when this returns.

        Work that fails is done again alone, so that an error reaches its own thread and no other.
        """
        mine: _Waiting[T] = _Waiting(work)
        with self._adding:
            self._waiting.append(mine)  # type: ignore[arg-type]
        with self._turn:
            if not mine.results:
                self._do_all(mine)  # type: ignore[arg-type]
        return mine.results[0]

    def _do_all(self, mine: _Waiting[object]) -> None:
        with self._adding:
            waiting, self._waiting = self._waiting, []
        done = False
        try:
            with self._engine.begin() as connection:
                results = [one.work(connection) for one in waiting]
            done = True
        except DBAPIError:
            if len(waiting) == 1:
                raise
        finally:
            if not done:
                # The transaction took back everything: the others' work waits for their own turn.
                with self._adding:
                    self._waiting[:0] = [one for one in waiting if one is not mine]
        if not done:
            waiting = [mine]
            with self._engine.begin() as connection:
                results = [mine.work(connection)]
        for one, result in zip(waiting, results, strict=True):
            one.results.append(result)


class LogOnDisk:
    """The write-ahead log of one SQLite database. Whoever committed calls `wait`, and goes on when that is on the
    disk.

    What a checkpoint took out of the log it has itself put on the disk before the log begins anew, so an fsync of
    the log covers every commit, wherever it now is. The log's file bears no locks; closing it releases none.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-wal")
        self._changed = threading.Condition()
        self._asked = self._begun = self._ended = 0
        self._inode = 0
        self._error: OSError | None = None

    def wait(self) -> None:
        """Return when everything committed before this call is on the disk. Raises OSError, now and ever after."""
        with self._changed:
            self._asked += 1
            mine = self._asked
            while self._ended < mine and self._error is None:
                if self._begun > self._ended:
                    self._changed.wait()
                    continue
                self._begun = self._asked
                self._changed.release()
                try:
                    failed = self._sync()
                finally:
                    self._changed.acquire()
                if failed is None:
                    self._ended = self._begun
                else:
                    # After a failed fsync nobody knows what the disk holds: no later one may be believed.
                    self._error = failed
                self._changed.notify_all()
            if self._error is not None:
                raise self._error

    def _sync(self) -> OSError | None:
        try:
            handle = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        except OSError as error:
            return error
        try:
            os.fsync(handle)
            inode = os.fstat(handle).st_ino
            if inode != self._inode:
                # A log made since then needs its name on the disk, too.
                _sync_folder(self._path.parent)
                self._inode = inode
        except OSError as error:
            return error
        finally:
            os.close(handle)
        return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
