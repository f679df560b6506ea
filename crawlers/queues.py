"""Host queues on a heap: a worker takes whatever host is ready first, and none sleeps for another worker's
host.

One host is in one worker's hands at a time, so a host has one connection at most, and its pause starts when
its last exchange ended. All times are monotonic: a clock that jumps changes no delay.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class HasHost(Protocol):
    """Anything that is to be done at a host."""

    @property
    def host(self) -> str:
        """The host whose turn it needs."""


J = TypeVar("J", bound=HasHost)


class HostQueues(Generic[J]):
    """Jobs by host. `take` blocks until one is ready; None means that nothing is left and nobody can add
    more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._jobs: dict[str, list[tuple[float, int, J]]] = {}
        self._ready: list[tuple[float, int, str]] = []
        self._next_at: dict[str, float] = {}
        self._busy: set[str] = set()
        self._numbers = itertools.count()
        self._timekeeper: int | None = None
        self._stopped = False

    def put(self, job: J, wait: float = 0.0) -> None:
        """Queue a job that may start in `wait` seconds at the earliest, after those of its host that are
        ready."""
        with self._changed:
            queue = self._jobs.setdefault(job.host, [])
            heapq.heappush(queue, (self._clock() + wait, next(self._numbers), job))
            if job.host not in self._busy:
                self._offer(job.host)

    def take(self) -> J | None:
        """The next job of the host that is ready first; that host is then busy until `done`."""
        with self._changed:
            while not self._stopped:
                now = self._clock()
                host = self._ready_host(now)
                if host is not None:
                    _, _, job = heapq.heappop(self._jobs[host])
                    self._busy.add(host)
                    if self._ready:
                        self._rouse()
                    return job
                if not self._ready and not self._busy:
                    self._changed.notify_all()
                    return None
                self._wait(now)
            return None

    def is_last(self, host: str) -> bool:
        """Whether no job is queued for a host that is busy right now."""
        with self._changed:
            return not self._jobs.get(host)

    def done(self, host: str, pause: float) -> None:
        """The exchange with a host ended; it rests for `pause` seconds."""
        with self._changed:
            self._busy.discard(host)
            self._next_at[host] = self._clock() + pause
            if self._jobs.get(host):
                self._offer(host)
            else:
                self._jobs.pop(host, None)
                if not self._busy:
                    # Perhaps nothing is left at all: whoever looks now will find out, and tell the others.
                    self._changed.notify()

    def drain(self, host: str) -> list[J]:
        """Take every queued job of a host away, in order."""
        with self._changed:
            return [job for _, _, job in sorted(self._jobs.pop(host, []), key=lambda item: item[:2])]

    def stop(self) -> None:
        """Let every `take` return None at once; queued jobs stay where they are."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    @property
    def counts(self) -> tuple[int, int]:
        """(hosts that wait with queued jobs, hosts whose turn it is: being asked, or their answer being read)."""
        with self._changed:
            waiting = sum(bool(queue) and host not in self._busy for host, queue in self._jobs.items())
            return waiting, len(self._busy)

    def _offer(self, host: str) -> None:
        ready_at = max(self._jobs[host][0][0], self._next_at.get(host, 0.0))
        entry = (ready_at, next(self._numbers), host)
        heapq.heappush(self._ready, entry)
        if self._ready[0] is entry:
            # The timekeeper sleeps for a later host: whoever wakes next keeps the new time.
            self._timekeeper = None
        self._rouse()

    def _rouse(self) -> None:
        """Wake a worker to look, unless one sleeps until the next host is ready: that one looks by itself, and a
        worker that is woken for nothing costs as much as storing a result."""
        if self._timekeeper is None:
            self._changed.notify()

    def _ready_host(self, now: float) -> str | None:
        """The host on top if its time has come. Stale entries (drained, busy, offered anew) are dropped on
        the way."""
        while self._ready:
            ready_at, _, host = self._ready[0]
            queue = self._jobs.get(host)
            if not queue or host in self._busy:
                heapq.heappop(self._ready)
                continue
            due = max(queue[0][0], self._next_at.get(host, 0.0))
            if due > ready_at:
                heapq.heapreplace(self._ready, (due, next(self._numbers), host))
                continue
            if due > now:
                return None
            heapq.heappop(self._ready)
            return host
        return None

    def _wait(self, now: float) -> None:
        """Only one thread keeps the time of the next host; the others sleep until something changes."""
        if self._timekeeper is not None or not self._ready:
            self._changed.wait()
            return
        me = self._timekeeper = threading.get_ident()
        self._changed.wait(max(0.0, self._ready[0][0] - now))
        if self._timekeeper == me:
            self._timekeeper = None
