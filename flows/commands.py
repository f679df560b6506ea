"""`crawl` and `build` as the command line runs them: check, start Prefect only then, and tell at the end."""

# ruff: noqa: PLC0415 (Prefect is imported after its settings are decided)

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from flows.crawl_policy import OF_ITS_OWN, CrawlOrder, require_contact
from flows.progress import shown_on
from flows.runtime import prepare_prefect
from flows.sample_marker import refuse_sample
from flows.settings import Narrowing, load_known_settings
from flows.sharing import require_reach
from flows.summary import show_dataset

if TYPE_CHECKING:
    from crawlers.events import SourceSummary
    from flows.publishing import BuildReport

DONE, DONE_WITH_GAPS = 0, 1
LINES_SHOWN = 20
SOURCE_FIGURES = (
    "listed",
    "passed_over",
    "new",
    "changed",
    "unchanged",
    "gone",
    "refused",
    "failed",
    "pending",
)


def run_crawl(screen: Console, config: Path, narrowing: Narrowing) -> int:
    """`gongkai crawl`: the exit code, 1 where a source is not complete or pages were refused or failed."""
    settings = load_known_settings(config)
    settings.select(narrowing.sites)
    require_contact(settings, config)
    require_reach(settings)
    prepare_prefect(settings.data.state)
    return crawl_and_tell(screen, config, narrowing)


def crawl_and_tell(
    screen: Console, config: Path, narrowing: Narrowing | None = None, order: CrawlOrder = OF_ITS_OWN
) -> int:
    """Run the crawl flow with progress bars, then print what each source gave; the exit code."""
    from flows.crawl import crawl_flow

    with shown_on(screen):
        summaries = crawl_flow(config, narrowing or Narrowing(), order)
    for planned in (fetch for summary in summaries for fetch in summary.plan):
        screen.print(f"would fetch: {planned.url}  {planned.title or ''}", highlight=False, soft_wrap=True)
    sources = [source for summary in summaries for source in summary.sources]
    return tell_sources(screen, sources, load_known_settings(config).thresholds.sources_complete_share)


def tell_sources(screen: Console, sources: Sequence[SourceSummary], complete_share: float) -> int:
    """Print what each source gave, beside what it listed last time; name those not complete; the exit code."""
    table = Table("source", "state", title="Sources", title_justify="left")
    table.add_column("listed last time", justify="right")
    for name in SOURCE_FIGURES:
        table.add_column(name.replace("_", " "), justify="right")
    for source in sources:
        counts = (getattr(source.figures, name) for name in SOURCE_FIGURES)
        table.add_row(
            source.site_id,
            source.figures.state,
            f"{source.previous.listed:,}" if source.previous else "never",
            *(f"{count:,}" if count else "" for count in counts),
        )
    screen.print(table)
    for source in sources:
        if source.previous and source.previous.listed != source.figures.listed:
            change = f"{source.figures.listed:,} reports, {source.previous.listed:,} last time"
            screen.print(f"lists changed: {source.site_id}: {change}", highlight=False, soft_wrap=True)
    gaps = [source for source in sources if source.figures.state != "complete"]
    for source in gaps[:LINES_SHOWN]:
        line = f"{source.figures.state}: {source.site_id}: {source.figures.reason}"
        screen.print(line, highlight=False, soft_wrap=True)
    if len(sources) - len(gaps) < complete_share * len(sources):
        line = f"threshold: {len(sources) - len(gaps)} of {len(sources)} sources complete"
        screen.print(
            f"{line}, sources_complete_share is {complete_share:g}: is this machine's network at fault?"
        )
    missing = sum(source.figures.refused + source.figures.failed for source in sources)
    return DONE_WITH_GAPS if gaps or missing else DONE


def run_build(screen: Console, config: Path) -> int:
    """`gongkai build`: the exit code, 1 where a report was refused or a threshold crossed."""
    settings = load_known_settings(config)
    if not settings.on_loopback:
        refuse_sample(settings.data.datasets, "`make clean` removes them")
    require_reach(settings)
    prepare_prefect(settings.data.state)
    return build_and_tell(screen, config)


def build_and_tell(screen: Console, config: Path) -> int:
    """Run the build flow with progress bars, then print what was read and what is held; the exit code."""
    from flows.build import build_flow
    from flows.operations.aftermath import after_build

    with shown_on(screen):
        report = build_flow(config)
    settings = load_known_settings(config)
    after_build(config, settings, "build", report.held)
    return tell_build(screen, report, settings.data.datasets)


def tell_build(screen: Console, report: BuildReport, datasets: Path) -> int:
    """Print what was read and what the tables hold now; the exit code."""
    screen.print(
        f"Pages: {report.read:,} read, {report.unchanged:,} unchanged and not read again, "
        f"{report.passed_over:,} passed over (no reports).",
        highlight=False,
    )
    written = sorted({f"{table}/{folder}" for table, folders in report.written.items() for folder in folders})
    screen.print(
        f"Partitions: {len(written):,} rewritten, {report.kept:,} left as they were.", highlight=False
    )
    tell_compared(screen, report)
    if not report.held:
        show_dataset(screen, datasets, report.rows)
    return tell_problems(screen, report)


def tell_compared(screen: Console, report: BuildReport) -> None:
    """A line where reports were published anew because of what others say."""
    if report.compared_again:
        told = "reports not read again changed by what other reports say"
        screen.print(f"Compared: {report.compared_again:,} {told}.", highlight=False)


def tell_problems(screen: Console, report: BuildReport) -> int:
    """One line for each refused page, half-read report and crossed threshold; the exit code."""
    _tell_lines(screen, "refused", [f"{page.source}: {page.message}" for page in report.refused])
    _tell_lines(screen, "incomplete", report.incomplete)
    missing = "a duplicate before, wanted now, and its page is not at hand: out until it is read again"
    _tell_lines(screen, "set aside", [f"{source}: {missing}" for source in report.set_aside])
    _tell_lines(screen, "threshold", report.crossed)
    _tell_lines(screen, "held", report.held)
    if report.held:
        screen.print("The tables in force stay. Let these through with: gongkai publish --accept REASON")
    return DONE_WITH_GAPS if report.flawed else DONE


def _tell_lines(screen: Console, kind: str, lines: Sequence[str]) -> None:
    for line in lines[:LINES_SHOWN]:
        screen.print(f"{kind}: {line}", highlight=False, soft_wrap=True)
    if len(lines) > LINES_SHOWN:
        screen.print(f"{kind}: {len(lines) - LINES_SHOWN:,} more, see table issues", highlight=False)
