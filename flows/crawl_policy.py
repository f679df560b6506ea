"""How the configuration asks the crawler to behave."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from crawlers.policy import Limits, Patience, Policy
from flows.errors import ConfigError
from flows.settings import Narrowing, Settings

EVERYTHING = Narrowing()


def policy_of(settings: Settings, narrowing: Narrowing = EVERYTHING) -> Policy:
    """The crawl's policy as the settings and this run's narrowing make it."""
    return Policy(
        user_agent=f"gongkai/{version('gongkai')} (annual disclosure reports; {settings.contact})",
        workers=settings.crawl.concurrency,
        limits=Limits(page_seconds=settings.crawl.timeout_seconds),
        patience=Patience(tries=settings.crawl.tries, backoff=settings.crawl.backoff_seconds),
        years=frozenset(narrowing.years),
        limit=narrowing.limit,
        dry_run=narrowing.dry_run,
        revalidate_days=settings.crawl.revalidate_days,
        resume_hours=settings.crawl.resume_hours,
        proxy=settings.crawl.proxy,
    )


def require_contact(settings: Settings, config: Path) -> None:
    """ConfigError where requests would carry no address of whoever sends them."""
    if not settings.contact.strip():
        raise ConfigError(config, 0, "contact is empty: name an address that a site's operator can write to")
