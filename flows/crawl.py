"""The crawl as a Prefect flow: a task is a shard of sources, never a page.

Shards run one after the other: within one, the crawl already works on many sites at once, and sites that
share a host have to share its queue. All shards of a crawl of everything are one run of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from crawlers.archive import Archive
from crawlers.crawl import crawl
from crawlers.events import CrawlSummary, SourceSummary
from crawlers.policy import Policy
from flows.crawl_policy import EVERYTHING, policy_of
from flows.crawl_progress import shown_by
from flows.endings import ended
from flows.progress import Step
from flows.settings import Narrowing, Settings, SiteSettings, load_known_settings, site_of


@task(name="crawl-shard", task_run_name="crawl {site_ids[0]}…", cache_policy=NO_CACHE)
def crawl_shard(config: Path, site_ids: list[str], policy: Policy) -> CrawlSummary:
    """Crawl some sources into the archive; what each gave."""
    settings = load_known_settings(config)
    sites = [site_of(site, settings) for site in settings.select(site_ids)]
    step = Step("fetching", 0)
    with Archive(settings.data.archive) as archive:
        summary = crawl(sites, archive, policy, shown_by(step))
    step.end()
    return summary


@flow(name="crawl")
def crawl_flow(config: Path, narrowing: Narrowing = EVERYTHING) -> list[CrawlSummary]:
    """Fetch what is new or changed into the archive; `CompletedWithGaps` where a source is not complete."""
    settings = load_known_settings(config)
    with _run(settings, narrowing) as policy:
        summaries = [
            crawl_shard(config, [site.id for site in shard], policy)
            for shard in shards(settings.select(narrowing.sites), settings.crawl.sites_per_task)
        ]
    sources = [source for summary in summaries for source in summary.sources]
    create_table_artifact(
        key="sources",
        table=[_row(source) for source in sources],
        description="What each source gave in this run",
    )
    gaps = ", ".join(source.site_id for source in sources if source.figures.state != "complete")
    return ended(summaries, f"not complete: {gaps}" if gaps else "")


@contextmanager
def _run(settings: Settings, narrowing: Narrowing) -> Iterator[Policy]:
    """The policy of all shards. A crawl of everything is one run, which a killed crawl leaves open to be continued.

    A narrowed one is neither: a source that it was done with must not count as done in a run of everything.
    """
    policy = policy_of(settings, narrowing)
    if narrowing != EVERYTHING:
        yield replace(policy, resume_hours=0.0)
        return
    with Archive(settings.data.archive) as archive:
        name = archive.ledger.begin_run(settings.crawl.resume_hours)
    yield replace(policy, run=name)
    with Archive(settings.data.archive) as archive:
        archive.ledger.end_run(name)


def shards(sites: Sequence[SiteSettings], size: int) -> Iterator[list[SiteSettings]]:
    """Sources in shards of about `size`; those that share a host stay together, for its queue's sake."""
    by_host: dict[str, list[SiteSettings]] = {}
    for site in sites:
        by_host.setdefault(urlsplit(site.lists[0]).netloc, []).append(site)
    shard: list[SiteSettings] = []
    for neighbours in by_host.values():
        if shard and len(shard) + len(neighbours) > size:
            yield shard
            shard = []
        shard = [*shard, *neighbours]
    if shard:
        yield shard


def _row(source: SourceSummary) -> dict[str, object]:
    figures, before = source.figures, source.previous
    return {
        "source": source.site_id,
        "name": source.site_name,
        "state": figures.state,
        "reason": figures.reason,
        "listed": figures.listed,
        "listed before": before.listed if before else None,
        "new": figures.new,
        "changed": figures.changed,
        "unchanged": figures.unchanged,
        "gone": figures.gone,
        "refused": figures.refused,
        "failed": figures.failed,
    }
