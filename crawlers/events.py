"""What a crawl tells while it runs, and what it says at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from crawlers.outcomes import Outcome
from crawlers.records import SourceFigures


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run began, or an unfinished one is continued, over so many sources."""

    run_id: int
    sources: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A list page was read: reports it names that were not seen before in this run, and the source's sum so
    far."""

    site_id: str
    url: str
    found: int
    listed: int


@dataclass(frozen=True, slots=True)
class Attempted:
    """One request ended. `kind` is robots, list or page."""

    site_id: str
    kind: str
    url: str
    outcome: Outcome
    detail: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PageDone:
    """A page has its result for this run: new, changed, unchanged, gone, unproven, or an outcome's name."""

    site_id: str
    source: str
    title: str | None
    result: str


@dataclass(frozen=True, slots=True)
class HostChanged:
    """A host's state: open (its circuit opened), deferred (asked us to wait), waiting (another run is at
    it)."""

    host: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class HostsNow:
    """How many hosts wait with something queued, are being asked, and are left alone; told twice a second at most."""

    waiting: int
    asking: int
    left_alone: int


@dataclass(frozen=True, slots=True)
class VantageDoubted:
    """So many hosts could not be reached at once that the fault is rather here, or in between, than with them all."""

    vantage: str
    asked: int
    unreached: int


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """What a source gave, and what it gave in the last run before this one."""

    site_id: str
    site_name: str
    figures: SourceFigures
    previous: SourceFigures | None


@dataclass(frozen=True, slots=True)
class SourceDone:
    """A source is done with."""

    summary: SourceSummary


@dataclass(frozen=True, slots=True)
class PlannedFetch:
    """What a dry run would have asked for; `conditional` when the page is known and may answer 304."""

    site_id: str
    url: str
    title: str | None
    published_on: date | None
    conditional: bool


Event = (
    RunStarted
    | Listed
    | Attempted
    | PageDone
    | HostChanged
    | HostsNow
    | VantageDoubted
    | SourceDone
    | PlannedFetch
)
OnEvent = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class CrawlSummary:
    """A crawl's end. `outcomes` counts requests by outcome, `plan` is filled by a dry run alone."""

    run_id: int
    started_at: datetime
    ended_at: datetime
    sources: tuple[SourceSummary, ...]
    outcomes: Mapping[str, int]
    wire_bytes: int
    plan: tuple[PlannedFetch, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every source was read to its end."""
        return all(source.figures.state == "complete" for source in self.sources)
