"""A night: crawl, build, guards, publish; its record, its summary, and a person told where one is needed.

The parts are flows of their own. What the night found is in our own files before Prefect hears of it: its
database may be lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import cast

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.states import Cancelled, Completed

from crawlers.events import SourceSummary
from flows.build import BuildOrder, build_flow
from flows.crawl import crawl_flow
from flows.crawl_policy import CrawlOrder
from flows.endings import ended
from flows.operations.aftermath import after_failure, after_run
from flows.operations.clock import last_due, now
from flows.operations.guards import SourceCount, fewer_reports
from flows.operations.run_log import log
from flows.operations.runs import (
    HELD,
    PUBLISHED,
    UNCHANGED,
    AlreadyDone,
    RunUnderWay,
    Turn,
    recorded,
    running_since,
)
from flows.operations.standing import read_standing
from flows.plan import Selection
from flows.publishing import BuildReport
from flows.releases import released
from flows.settings import Settings, load_known_settings
from flows.tethered import end_with_parent
from warehouse.errors import LockTimeout

COUNTED = ("listed", "new", "changed", "unchanged", "gone", "refused", "failed", "pending")


@dataclass(frozen=True, slots=True)
class NightReport:
    """What a night did: how it ended and why, what each source gave, what was built and released."""

    run: str
    state: str
    reasons: tuple[str, ...]
    sources: tuple[SourceSummary, ...]
    build: BuildReport
    release: Path | None

    @property
    def gaps(self) -> str:
        """What keeps it from being a whole night."""
        failed = [s.site_id for s in self.sources if s.figures.state != "complete"]
        parts = [f"not complete: {', '.join(failed)}"] if failed else []
        parts += [f"{len(self.build.refused)} reports refused"] if self.build.refused else []
        return "; ".join([*parts, *(f"held: {reason}" for reason in self.build.held)])


@flow(name="nightly")
def nightly_flow(config: Path, scheduled: bool = False) -> NightReport:
    """Do the night that is due. A scheduled one is done once, and cancelled where another is under way.

    Ends as `CompletedWithGaps` where a source is not complete, a report was refused or the tables are held.
    Raises LockTimeout where it is not scheduled and another is under way.
    """
    if scheduled:
        end_with_parent()
    settings = load_known_settings(config)
    clock = partial(now, settings)
    night = last_due(settings.schedule, clock())
    waits = settings.schedule.overlap == "wait"
    try:
        with recorded(settings.data.state, Turn("nightly", clock, night, waits, once=scheduled)) as run:
            report = _night(config, settings, run)
    except AlreadyDone as done:
        return cast(NightReport, Completed(name="AlreadyDone", message=str(done)))
    except LockTimeout as busy:
        if not scheduled:
            raise
        return cast(NightReport, Cancelled(message=str(busy)))
    except Exception as error:
        after_failure(config, settings, clock(), error)
        raise
    return ended(report, report.gaps)


def _night(config: Path, settings: Settings, run: RunUnderWay) -> NightReport:
    state = settings.data.state
    # What a backfill that goes on beside it fetches is settled, whichever of the two begins to crawl first.
    settled = running_since(state, "backfill") or datetime.fromisoformat(run.record.wall)
    order = CrawlOrder(identity=run.id, settled_since=settled)
    summaries = crawl_flow(config, order=order)
    sources = tuple(source for summary in summaries for source in summary.sources)
    run.note(
        ledger_runs=[summary.run_id for summary in summaries],
        pages=totals(sources),
        listed={source.site_id: source.figures.listed for source in sources},
        states={source.site_id: source.figures.state for source in sources},
    )
    counts = [SourceCount(s.site_id, s.figures.state, s.figures.listed) for s in sources]
    fewer = fewer_reports(counts, read_standing(state).measures, settings.guards)
    build = build_flow(config, BuildOrder("nightly", Selection("new"), fewer))
    release = None
    if settings.schedule.release and not build.held:
        made = released(settings, config, now(settings).date())
        release = made.path
    ending = HELD if build.held else PUBLISHED if build.changed else UNCHANGED
    reasons = build.held or tuple(
        f"{s.site_id} {s.figures.state}: {s.figures.reason}" for s in sources if s.figures.state != "complete"
    )
    report = NightReport(run.id, ending, reasons, sources, build, release)
    run.note(rows=dict(build.rows), read=build.read, refused=len(build.refused))
    create_markdown_artifact(
        key="night", markdown=in_words(report, settings, config), description="What this night did"
    )
    run.end(ending, reasons, now(settings))
    after_run(config, settings, run.record, failing(sources))
    return report


def totals(sources: Sequence[SourceSummary]) -> dict[str, int]:
    """Pages by result over all sources."""
    return {name: sum(getattr(source.figures, name) for source in sources) for name in COUNTED}


def failing(sources: Sequence[SourceSummary]) -> Mapping[str, str]:
    """The sources that gave nothing to go by, with the reason."""
    return {s.site_id: s.figures.reason for s in sources if s.figures.state == "failed"}


def in_words(report: NightReport, settings: Settings, config: Path) -> str:
    """The night as markdown: how it ended, each source against last time, what was built, where to look."""
    lines = [f"# {report.run}: {report.state}", ""]
    lines += [f"* {reason}" for reason in report.reasons]
    lines += ["", "| source | state | listed | last time | new | changed | unchanged | refused | failed |",
              "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for source in report.sources:
        figures, before = source.figures, source.previous
        counts = (figures.new, figures.changed, figures.unchanged, figures.refused, figures.failed)
        last = str(before.listed) if before else "never"
        cells = (source.site_id, figures.state, str(figures.listed), last, *map(str, counts))
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", report.build.markdown(), ""]
    if report.release is not None:
        changes = report.release / "CHANGES.md"
        lines.append(f"Release [{report.release.name}]({changes.as_uri()})")
    if report.build.held:
        datasets = settings.data.datasets
        lines.append(f"What would change: `gongkai diff {datasets} held --config {config}`")
        lines.append(f"Let it through: `gongkai publish --accept REASON --config {config}`")
    lines.append(f"Log: {settings.data.state / 'logs' / f'{report.run}.jsonl'}")
    log("summary", state=report.state)
    return "\n".join(lines)
