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
from flows.crawl_policy import EVERYTHING, OF_ITS_OWN, CrawlOrder, policy_of
from flows.crawl_progress import all_of, logged_events, shown_by
from flows.endings import ended
from flows.operations.run_log import log
from flows.reported_step import ReportedStep
from flows.settings import Narrowing, Settings, SiteSettings, load_known_settings, site_of


@task(name="crawl-shard", task_run_name="crawl {site_ids[0]}…", cache_policy=NO_CACHE)
def crawl_shard(config: Path, site_ids: list[str], policy: Policy, least_delay: float = 0.0) -> CrawlSummary:
    """Crawl some sources into the archive; what each gave."""
    settings = load_known_settings(config)
    sites = [site_of(site, settings) for site in settings.select(site_ids)]
    sites = [replace(site, delay_seconds=max(site.delay_seconds, least_delay)) for site in sites]
    step = ReportedStep("fetching", 0)
    log("task", name="crawl-shard", sources=site_ids, ledger_run=policy.run)
    with Archive(settings.data.archive) as archive:
        summary = crawl(sites, archive, policy, all_of(shown_by(step), logged_events))
    step.end()
    return summary


@flow(name="crawl")
def crawl_flow(
    config: Path, narrowing: Narrowing = EVERYTHING, order: CrawlOrder = OF_ITS_OWN
) -> list[CrawlSummary]:
    """Fetch what is new or changed into the archive; `CompletedWithGaps` where a source is not complete."""
    settings = load_known_settings(config)
    with _run(settings, narrowing, order) as policy:
        summaries = [
            crawl_shard(config, [site.id for site in shard], policy, order.least_delay)
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
def _run(settings: Settings, narrowing: Narrowing, order: CrawlOrder) -> Iterator[Policy]:
    """The policy of all shards. A crawl of everything is one run, which a killed crawl leaves open to be continued.

    A narrowed one is neither, unless it has a name of its own: a source that it was done with must not count
    as done in a run of everything.
    """
    policy = policy_of(settings, narrowing, order)
    if narrowing.dry_run or (narrowing != EVERYTHING and order.kind == OF_ITS_OWN.kind):
        yield replace(policy, resume_hours=0.0)
        return
    hours = settings.crawl.resume_hours if order.resume_hours is None else order.resume_hours
    with Archive(settings.data.archive) as archive:
        name = archive.ledger.begin_run(hours, order.kind, order.identity)
    log("crawl begun", ledger_run=name)
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
