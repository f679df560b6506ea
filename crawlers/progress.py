"""What a crawl tells while it goes on, and what it counts for its end."""

from __future__ import annotations

import threading
import time
from collections import Counter

from crawlers.events import Attempted, Event, HostsNow, OnEvent, PlannedFetch
from crawlers.host_book import HostBook
from crawlers.outcomes import Attempt
from crawlers.queues import HostQueues, J

_HOSTS_EVERY_SECONDS = 0.5


class Progress:
    """The events of one crawl, told one at a time from any thread."""

    def __init__(self, on_event: OnEvent) -> None:
        self.outcomes: Counter[str] = Counter()
        self.wire_bytes = 0
        self.plan: list[PlannedFetch] = []
        self._on_event = on_event
        self._telling = threading.Lock()
        self._hosts_due = 0.0

    def tell(self, event: Event) -> None:
        """Tell of something that happened."""
        with self._telling:
            self._on_event(event)

    def planned(self, fetch: PlannedFetch) -> None:
        """A dry run found something that a crawl would ask for."""
        with self._telling:
            self.plan.append(fetch)
            self._on_event(fetch)

    def attempted(self, site_id: str, kind: str, attempt: Attempt) -> None:
        """A request ended."""
        event = Attempted(site_id, kind, attempt.url, attempt.outcome, attempt.detail, attempt.seconds)
        with self._telling:
            self.outcomes[attempt.outcome.value] += 1
            self.wire_bytes += attempt.wire_bytes
            self._on_event(event)

    def tell_hosts(self, queues: HostQueues[J], hosts: HostBook) -> None:
        """How many hosts wait, are being asked, and are left alone: now and then."""
        now = time.monotonic()
        with self._telling:
            if now < self._hosts_due:
                return
            self._hosts_due = now + _HOSTS_EVERY_SECONDS
        waiting, asking = queues.counts
        self.tell(HostsNow(waiting, asking, hosts.left_alone))
