"""Lists that came and wait to be read, by threads of their own.

Reading a list takes as long as several requests, and at a night's beginning the lists of all hosts come at once. If
the workers that fetched them read them too, every other host would wait for it; the list's own host rests after its
answer anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

READERS = 2
"""Reading is work for the processor, of which Python's threads share one: a second reader works while the first waits
for the ledger, and more would only take the processor from those who ask."""
_WAITING_AT_MOST = 32 << 20
"""Bytes of lists that wait. Beyond, whoever fetched a list reads it, so that no more come than are read."""


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
