"""Backfills: more years, some sources, pages that are archived already. The same datasets, beside the nights.

A backfill takes its time: few sites at once, longer pauses, and no page that the archive has already. Killed,
the same command goes on where it was. It writes under the same locks as a night.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from rich.console import Console

from crawlers.archive import ArchivePlace
from crawlers.events import CrawlSummary, SourceSummary
from flows.build import BuildOrder, build_flow
from flows.commands import DONE
from flows.crawl import crawl_flow
from flows.crawl_policy import CrawlOrder
from flows.endings import ended
from flows.operations.aftermath import after_build
from flows.operations.backfill_wish import BackfillOrder
from flows.operations.clock import now
from flows.operations.nightly import totals
from flows.operations.run_log import log
from flows.operations.runs import HELD, PUBLISHED, UNCHANGED, RunUnderWay, Turn, recorded
from flows.plan import Selection
from flows.progress import tell
from flows.publishing import BuildReport
from flows.settings import Narrowing, Settings, load_known_settings
from flows.warc_files import take_warc_files

EVER = datetime(2000, 1, 1, tzinfo=UTC)
RESUME_HOURS = 24.0 * 31
"""A backfill of the same sources and years that was killed less long ago is continued."""


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """What a backfill did; no sources where it read the archive alone."""

    run: str
    sources: tuple[SourceSummary, ...]
    build: BuildReport
    torn: bool = False
    """Whether a web archive broke off."""

    @property
    def gaps(self) -> str:
        """What keeps it from being whole."""
        failed = [s.site_id for s in self.sources if s.figures.state != "complete"]
        parts = [f"not complete: {', '.join(failed)}"] if failed else []
        parts += ["a web archive broke off"] if self.torn else []
        return "; ".join([*parts, *(f"held: {reason}" for reason in self.build.held)])


@flow(name="backfill")
def backfill_flow(config: Path, order: BackfillOrder) -> BackfillReport:
    """Fetch what is missing, read it, publish it. Raises LockTimeout where another backfill is under way.

    Ends as `CompletedWithGaps` where a source is not complete or the tables are held.
    """
    settings = load_known_settings(config)
    with recorded(settings.data.state, Turn("backfill", partial(now, settings))) as run:
        run.note(sites=list(order.sites), years=list(order.years), from_archive=order.from_archive)
        if order.warc:
            torn = take_warc(settings.data.archive, order.warc)
            run.note(warc=list(order.warc), torn=torn)
        crawls = not order.from_archive and not order.warc
        sources = _crawled(config, settings, order, run) if crawls else ()
        selection = Selection("new")
        if order.from_archive:
            selection = Selection("named", frozenset(order.sites), frozenset(order.years))
        build = build_flow(config, BuildOrder("backfill", selection))
        report = BackfillReport(run.id, sources, build, bool(order.warc) and torn)
        create_markdown_artifact(key="backfill", markdown=report.build.markdown(), description=run.id)
        ending = HELD if build.held else PUBLISHED if build.changed else UNCHANGED
        run.note(rows=dict(build.rows), read=build.read, refused=len(build.refused))
        run.end(ending, build.held, now(settings))
        after_build(config, settings, run.id, build.held)
    return ended(report, report.gaps)


@task(name="warc", cache_policy=NO_CACHE)
def take_warc(place: ArchivePlace, files: tuple[str, ...]) -> bool:
    """Take web archives into the archive, and tell what each gave; whether one broke off."""
    told = io.StringIO()
    code = take_warc_files(Console(file=told, width=10_000), place, [Path(file) for file in files])
    for line in told.getvalue().splitlines():
        log("warc", told=line)
        tell(line)
    return code != DONE


def _crawled(
    config: Path, settings: Settings, order: BackfillOrder, run: RunUnderWay
) -> tuple[SourceSummary, ...]:
    summaries: list[CrawlSummary] = crawl_flow(
        config, narrowing_of(order), crawl_order(settings, order, run.id)
    )
    sources = tuple(source for summary in summaries for source in summary.sources)
    run.note(ledger_runs=[summary.run_id for summary in summaries], pages=totals(sources))
    return sources


def narrowing_of(order: BackfillOrder, dry_run: bool = False) -> Narrowing:
    """The crawl's confinement."""
    return Narrowing(sites=list(order.sites), years=list(order.years), dry_run=dry_run)


def crawl_order(settings: Settings, order: BackfillOrder, identity: str | None = None) -> CrawlOrder:
    """How a backfill crawls: slowly, under a name of its own, and for nothing that is archived."""
    return CrawlOrder(
        kind=f"backfill-{order.key}",
        identity=identity,
        resume_hours=RESUME_HOURS,
        concurrency=settings.backfill.concurrency,
        least_delay=settings.backfill.delay_seconds,
        settled_since=EVER,
    )
