"""What a crawl shows while it runs: pages done of pages listed, how its hosts fare, and which are left alone."""

from __future__ import annotations

from dataclasses import asdict

from crawlers.events import (
    Event,
    HostChanged,
    HostsNow,
    Listed,
    OnEvent,
    PageDone,
    PlannedFetch,
    RunStarted,
    SourceDone,
    VantageDoubted,
)
from flows.operations.run_log import log
from flows.progress import Step, tell

_QUIET = frozenset({"unchanged"})
"""Results of pages that are not worth a line of the log."""
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
            case VantageDoubted():
                tell(
                    f"{event.unreached} of {event.asked} hosts could not be reached from {event.vantage}: "
                    "look at the connection here before blaming the sites"
                )

    return show


def logged_events(event: Event) -> None:
    """A listener that logs what a night should tell: sources, hosts left alone, pages that are not as before."""
    match event:
        case RunStarted():
            log("crawl", ledger_id=event.run_id, sources=event.sources)
        case PageDone() if event.result not in _QUIET:
            log("page", site=event.site_id, source=event.source, result=event.result)
        case HostChanged():
            log("host", host=event.host, state=event.state, detail=event.detail)
        case SourceDone():
            figures = event.summary.figures
            log("source", site=event.summary.site_id, **asdict(figures))
        case _:
            pass


def all_of(*listeners: OnEvent) -> OnEvent:
    """One listener that passes every event on."""

    def tell_all(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell_all
