"""What a crawl shows while it runs: pages done of pages listed, how its hosts fare, and which are left alone."""

from __future__ import annotations

from crawlers.events import Event, HostChanged, HostsNow, Listed, OnEvent, PageDone, PlannedFetch
from flows.progress import Step, tell

_WORDS = {"open": "left alone", "deferred": "left alone", "waiting": "waiting"}
"""A host's state in the crawl's terms → as it is told."""


def shown_by(step: Step) -> OnEvent:
    """A listener that moves the bar, and tells once for each host that it is left alone or waited for."""
    told: set[tuple[str, str]] = set()

    def show(event: Event) -> None:
        match event:
            case Listed():
                step.more(event.found)
            case PageDone() | PlannedFetch():
                step.done()
            case HostsNow():
                step.note(
                    f"hosts: {event.asking} asked, {event.waiting} waiting, {event.left_alone} left alone"
                )
            case HostChanged() if (event.host, event.state) not in told:
                told.add((event.host, event.state))
                tell(f"{_WORDS[event.state]}: {event.host}: {event.detail}")

    return show
