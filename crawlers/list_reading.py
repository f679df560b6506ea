"""Lists that came and wait to be read, by threads of their own.

Reading a list takes as long as several requests, and at a night's beginning the lists of all hosts come at once. If
the workers that fetched them read them too, every other host would wait for it; the list's own host rests after its
answer anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from crawlers.errors import ArchiveError
from crawlers.outcomes import Attempt, Outcome

READERS = 2
"""Reading is work for the processor, of which Python's threads share one: a second reader works while the first waits
for the ledger, and more would only take the processor from those who ask."""
_WAITING_AT_MOST = 32 << 20
"""Bytes of lists that wait. Beyond, whoever fetched a list reads it, so that no more come than are read."""


Read = TypeVar("Read")


class ListReading:
    """Readings in the order in which they were handed over. Threads share it."""

    def __init__(self) -> None:
        self._readings: SimpleQueue[tuple[int, Callable[[], None]] | None] = SimpleQueue()
        self._waiting = 0
        self._ended = False
        self._lock = threading.Lock()

    def take_over(self, size: int, read: Callable[[], None]) -> bool:
        """Have one of the readers read a list of `size` bytes; False if too much waits already."""
        with self._lock:
            if self._waiting + size > _WAITING_AT_MOST:
                return False
            self._waiting += size
        self._readings.put((size, read))
        return True

    def work(self) -> None:
        """Read what is handed over until the end. Raises what a reading raises."""
        while (reading := self._readings.get()) is not None and not self._ended:
            size, read = reading
            read()
            with self._lock:
                self._waiting -= size

    def end(self) -> None:
        """Let every reader return from `work`; what still waits stays unread."""
        self._ended = True
        for _ in range(READERS):
            self._readings.put(None)


def list_trouble(attempt: Attempt) -> str | None:
    """Why an answer cannot be read as a list page; None if it may be one.

    A frame that a script would fill may hold, or name, what the script fills it with.
    """
    if attempt.outcome in {Outcome.OK, Outcome.SCRIPT_SHELL} and attempt.body is not None:
        return None
    return f"{attempt.outcome}: {attempt.detail}" if attempt.detail else attempt.outcome.value


def read_or_told(read: Callable[[], Read], tell: Callable[[str], Read]) -> Read:
    """What `read` makes of an answer; where it fails, what `tell` makes of the error's type and message.

    Raises ArchiveError and the ledger's own errors: these are no fault of the answer.
    """
    try:
        return read()
    except (ArchiveError, SQLAlchemyError, MemoryError):
        raise
    # The one place where any error is taken: what is read is markup of strangers, parsed by libraries with errors of
    # their own. One page that trips them must not end the night of every other source; `tell` makes its own source
    # incomplete, with the error in the reason.
    except Exception as error:  # noqa: BLE001
        return tell(f"{type(error).__name__}: {error}")
