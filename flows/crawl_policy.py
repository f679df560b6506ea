"""How the configuration asks the crawler to behave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from crawlers.policy import Limits, Patience, Policy
from flows.errors import ConfigError
from flows.settings import Narrowing, Settings

EVERYTHING = Narrowing()


@dataclass(frozen=True)
class CrawlOrder:
    """For whom a crawl works: `kind` and `identity` name its run in the ledger.

    A run of the same kind that was killed is continued under its old name. `settled_since`: pages that any
    run had in full since then are not asked for again. `least_delay`: seconds between requests to one site,
    at least.
    """

    kind: str = "crawl"
    identity: str | None = None
    resume_hours: float | None = None
    concurrency: int | None = None
    least_delay: float = 0.0
    settled_since: datetime | None = None


OF_ITS_OWN = CrawlOrder()


def policy_of(
    settings: Settings, narrowing: Narrowing = EVERYTHING, order: CrawlOrder = OF_ITS_OWN
) -> Policy:
    """The crawl's policy as the settings, this run's narrowing and its order make it."""
    return Policy(
        user_agent=f"gongkai/{version('gongkai')} (annual disclosure reports; {settings.contact})",
        workers=order.concurrency or settings.crawl.concurrency,
        limits=Limits(page_seconds=settings.crawl.timeout_seconds),
        patience=Patience(
            tries=settings.crawl.tries,
            backoff=settings.crawl.backoff_seconds,
            circuit_seconds=60.0 * settings.crawl.circuit_minutes,
        ),
        years=frozenset(narrowing.years),
        limit=narrowing.limit,
        dry_run=narrowing.dry_run,
        revalidate_days=settings.crawl.revalidate_days,
        resume_hours=settings.crawl.resume_hours,
        settled_since=order.settled_since,
        proxy=settings.crawl.proxy,
        vantage=settings.crawl.vantage,
    )


def require_contact(settings: Settings, config: Path) -> None:
    """ConfigError where requests would carry no address of whoever sends them."""
    if not settings.contact.strip():
        raise ConfigError(config, 0, "contact is empty: name an address that a site's operator can write to")
