"""How a crawl behaves: limits, patience and what the user narrowed it to. One frozen value, no globals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one exchange. Seconds are wall-clock and hold against drips; bytes hold on the wire and
    inflated."""

    page_seconds: float = 60.0
    file_seconds: float = 300.0
    connect_seconds: float = 10.0
    page_bytes: int = 5 * MIB
    file_bytes: int = 50 * MIB
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Patience:
    """When to slow down, ask again or leave a host alone; all in seconds unless named otherwise.

    The delay between two requests to a host is max(site, Crawl-delay, factor × last latency), the last two
    capped: the rule of Heritrix. A circuit opens at once on a challenge, after `blocks` refusals in a row,
    or after `failures` failures in a row; a host whose circuit opened less than `circuit_seconds` ago is
    left alone by the next run as well.
    """

    tries: int = 3
    backoff: float = 5.0
    backoff_ceiling: float = 120.0
    latency_factor: float = 5.0
    latency_ceiling: float = 30.0
    crawl_delay_ceiling: float = 60.0
    retry_after_ceiling: float = 600.0
    blocks: int = 3
    failures: int = 5
    circuit_seconds: float = 1800.0
    window_wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """One crawl. `only_sites`, `years` and `limit` (pages a source) narrow it; `dry_run` reads lists, fetches
    no page.

    `user_agent` should carry a contact. `revalidate_days`: a page is asked for unconditionally when its last
    full answer is older, since validators cannot be trusted. `resume_hours`: an unfinished run younger than
    this is continued, not repeated; calls that give `run` the same name work in one run, whatever its age,
    and ask for no page twice in it. A page that any run had in full at `settled_since` (by default: when this
    crawl began) or later is not asked for again. `allow` opens non-public addresses to every site (tests only).
    `vantage` says from where the crawl asks; the machine's name if empty.
    """

    user_agent: str = "gongkai/0.1 (annual disclosure reports; contact not configured)"
    workers: int = 16
    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)
    only_sites: frozenset[str] = frozenset()
    years: frozenset[int] = frozenset()
    limit: int | None = None
    dry_run: bool = False
    revalidate_days: float = 7.0
    resume_hours: float = 20.0
    run: str | None = None
    settled_since: datetime | None = None
    max_list_pages: int = 500
    proxy: str | None = None
    vantage: str = ""
    allow: tuple[str, ...] = ()
