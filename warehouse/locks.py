"""One writer at a time, by an OS lock that the kernel frees when its holder dies, however it dies."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from warehouse.errors import LockTimeout

POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Holder:
    """Who took a lock, and when (ISO 8601, UTC)."""

    owner: str
    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        """One phrase for messages."""
        return f"{self.owner} (process {self.pid} on {self.host}, since {self.since})"


@dataclass(frozen=True, slots=True)
class Hold:
    """A lock in hand: how long it was waited for, and who died holding it before, if anybody did."""

    waited_seconds: float
    abandoned_by: Holder | None


def read_holder(path: Path) -> Holder | None:
    """What the lock file says: the holder, or the last one if it died without letting go; None if neither."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return Holder(**json.loads(text))
    except (json.JSONDecodeError, TypeError):
        # Empty after an orderly release, torn for an instant while a holder signs.
        return None


@contextmanager
def hold(
    path: Path,
    owner: str,
    timeout_seconds: float | None = None,
    on_wait: Callable[[Holder | None], None] | None = None,
) -> Iterator[Hold]:
    """Hold the lock file for the length of a `with` block; wait as long as it takes, or until the timeout.

    `on_wait` is told once who holds it, if it has to be waited for.
    The file keeps the holder's name and time; it is emptied on release, so that a name found on taking the
    lock belongs to a holder that died. Raises LockTimeout, naming the holder. The file is never removed, or
    two writers could lock two files of one name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    lock = FileLock(path, is_singleton=False)
    try:
        _acquire(lock, path, timeout_seconds, on_wait)
    except Timeout as error:
        holder = read_holder(path)
        raise LockTimeout(path, str(holder or "an unnamed holder"), timeout_seconds or 0.0) from error
    try:
        taken = Hold(time.monotonic() - started, read_holder(path))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        holder = Holder(owner, os.getpid(), socket.gethostname(), now)
        path.write_text(json.dumps(asdict(holder)), encoding="utf-8")
        try:
            yield taken
        finally:
            path.write_text("", encoding="utf-8")
    finally:
        lock.release()


def _acquire(
    lock: FileLock,
    path: Path,
    timeout_seconds: float | None,
    on_wait: Callable[[Holder | None], None] | None,
) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if on_wait is not None:
            on_wait(read_holder(path))
        lock.acquire(timeout=-1 if timeout_seconds is None else timeout_seconds, poll_interval=POLL_SECONDS)
