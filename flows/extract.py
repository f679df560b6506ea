"""`gongkai extract`: saved files become the same tables, without a crawl, an archive or Prefect."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from extractors.errors import ExtractorError
from extractors.kinds import kind_of
from extractors.zipped import MARK, member_paths
from flows.commands import DONE_WITH_GAPS, LINES_SHOWN, tell_compared, tell_problems
from flows.errors import UnusableArgument
from flows.page_reading import PageKey
from flows.plan import write_batches
from flows.progress import Step, shown_on
from flows.publishing import Standards, publish_batches, writing
from flows.reading import NO_REPORTS, BatchResult
from flows.sample_marker import refuse_sample
from flows.settings import BuildSettings, ThresholdSettings
from flows.settling import completed
from flows.summary import show_dataset
from flows.workers import read_with, workers

PAGE_SUFFIXES = frozenset(
    {
        *("", ".asp", ".aspx", ".htm", ".html", ".jsp", ".md", ".php", ".shtm", ".shtml", ".txt", ".xhtml"),
        *(".pdf", ".doc", ".docx", ".wps", ".rtf", ".xls", ".xlsx", ".et", ".png", ".jpg", ".jpeg", ".zip"),
    }
)
"""Names under which a folder's pages are looked for. A file named by itself is read whatever it is called."""


def run_extract(screen: Console, paths: Sequence[Path], out: Path) -> int:
    """Read the files and publish under `out`; the exit code, 1 where a report was refused or none was found.

    Raises UnusableArgument for a path that is not there or an `out` that holds the demo's figures.
    """
    refuse_sample(out, "choose another folder")
    skipped: Counter[str] = Counter()
    sources = list(dict.fromkeys(source for path in paths for source in _files(path, skipped)))
    spread = BuildSettings(processes=os.cpu_count() or 1)
    with tempfile.TemporaryDirectory(prefix="gongkai-") as folder, shown_on(screen):
        read = partial(_read, Path(folder), spread)
        results = read(sources)
        with writing(out, "extract") as run:
            results, settled = completed(
                out,
                results,
                lambda again: read([source for source in again if Path(source.partition(MARK)[0]).is_file()]),
            )
            anything = ThresholdSettings(tables_read_share=0, organs_known_share=0)
            report = publish_batches(run, results, settled, 0, Standards(anything))
    for kind, count in sorted(skipped.items()):
        screen.print(f"passed over by name: {count:,} × {kind}", highlight=False)
    others = [page for result in results for page in result.without if page.outcome in NO_REPORTS]
    for page in others[:LINES_SHOWN]:
        screen.print(f"no report: {page.source}: {page.message}", highlight=False, soft_wrap=True)
    tell_compared(screen, report)
    show_dataset(screen, out, report.rows)
    code = tell_problems(screen, report)
    return code if report.outcomes.get("report") else DONE_WITH_GAPS


def _read(folder: Path, spread: BuildSettings, sources: Collection[str]) -> list[BatchResult]:
    step = Step("reading", len(sources))
    batches = write_batches(
        [PageKey(source) for source in sources], Path(tempfile.mkdtemp(dir=folder)), spread
    )
    with workers(spread, len(sources)) as pool:
        return [read_with(pool, batch, None, step.done) for batch in batches]


def _files(path: Path, skipped: Counter[str]) -> Iterator[str]:
    if path.is_file():
        yield from _pages_in(path, skipped)
    elif path.is_dir():
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            if file.suffix.lower() in PAGE_SUFFIXES:
                yield from _pages_in(file, skipped)
            else:
                skipped[file.suffix.lower()] += 1
    else:
        raise UnusableArgument(str(path), "no such file or folder")


def _pages_in(file: Path, skipped: Counter[str]) -> Iterator[str]:
    """The file, or the members of a ZIP file that may be pages; a ZIP file that cannot be opened stands for itself."""
    with file.open("rb") as opened:
        packed = opened.read(4) == b"PK\x03\x04"
    if not packed or file.stat().st_size > LARGEST_ZIP or kind_of(content := file.read_bytes()) != "zip":
        yield str(file)
        return
    try:
        members = list(member_paths(content))
    except ExtractorError:
        yield str(file)
        return
    for member in members:
        suffix = Path(member).suffix.lower()
        if suffix in PAGE_SUFFIXES:
            yield f"{file}{MARK}{member}"
        else:
            skipped[suffix] += 1


LARGEST_ZIP = 1 << 30
