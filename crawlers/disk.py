"""Waiting for the disk together: one fsync answers for every commit made before it began.

SQLite waits for the disk inside its only writer's turn, so that a disk which takes ten milliseconds lets a hundred
pages a second be acknowledged and no more. Commits that leave the disk alone, followed by one fsync of the
write-ahead log for all who wait, promise the same and share the cost.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path


class LogOnDisk:
    """The write-ahead log of one SQLite database. Whoever committed calls `wait`, and goes on when that is on the
    disk.

    What a checkpoint took out of the log it has itself put on the disk before the log begins anew, so an fsync of
    the log covers every commit, wherever it now is. The log's file bears no locks; opening it releases none.
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
                sync_folder(self._path.parent)
                self._inode = inode
        except OSError as error:
            return error
        finally:
            os.close(handle)
        return None


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
