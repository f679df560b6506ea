"""What a build has to read: archived pages that are new or changed, or were read by another version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from crawlers.archive import Archive, ArchivedPage, ArchivePlace
from crawlers.titles import report_years
from flows.errors import NothingArchived
from flows.page_reading import PageKey
from flows.reading import codebook_version, part_read, write_keys
from flows.settings import BuildSettings
from flows.versions import is_outdated
from warehouse.errors import NoDataset
from warehouse.publish import read_table


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """Batches to read, as files; how many pages they hold; how many pages are left alone."""

    batches: tuple[Path, ...]
    pages: int
    unchanged: int
    outdated: int = 0
    """Pages read by another version and left alone this time."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which archived pages a build reads.

    `new`: those whose bytes the tables do not have. `outdated`: also those read by another version of the
    extractor, or by another version of the part of the codebook that they depend on. `named`: all pages of
    the given sites that may hold a report of the given years (none given: any), whatever was read before.
    """

    what: Literal["new", "outdated", "named"] = "outdated"
    sites: frozenset[str] = frozenset()
    years: frozenset[int] = frozenset()


OUTDATED = Selection()


@dataclass(frozen=True, slots=True)
class _Held:
    sha256: str
    outcome: str
    extractor: str
    codebook: str

    @property
    def outdated(self) -> bool:
        return is_outdated(self.extractor) or part_read(self.codebook) != part_read(
            codebook_version(self.outcome)
        )


def plan_build(
    archive: ArchivePlace,
    datasets: Path,
    folder: Path,
    spread: BuildSettings,
    selection: Selection = OUTDATED,
) -> BuildPlan:
    """Compare the archive with table `pages` and write the batches under `folder`.

    Raises NothingArchived where no crawl has left a page yet.
    """
    counts = Counter[str]()
    batches = write_batches(_wanted(archive, datasets, selection, counts), folder, spread)
    if not counts:
        raise NothingArchived(archive)
    return BuildPlan(batches, counts["fresh"], counts["unchanged"], counts["outdated"])


def _wanted(
    archive: ArchivePlace, datasets: Path, selection: Selection, counts: Counter[str]
) -> Iterator[PageKey]:
    """The pages to read; `counts` tells in the end how many there were, and how many were left alone and why."""
    held = _held_pages(datasets)
    for page in _archived(archive):
        known = held.get(page.source)
        if known is None or known.sha256 != page.content_hash or _named(page, selection):
            kind = "fresh"
        elif not known.outdated:
            kind = "unchanged"
        else:
            kind = "fresh" if selection.what == "outdated" else "outdated"
        counts[kind] += 1
        if kind == "fresh":
            yield key_of(page)


def selected_sources(archive: ArchivePlace, selection: Selection) -> list[str]:
    """The sources that a selection names, without reading them."""
    return [page.source for page in _archived(archive) if _named(page, selection)]


def _named(page: ArchivedPage, selection: Selection) -> bool:
    if selection.what != "named" or page.site_id not in selection.sites:
        return False
    years = report_years(page.list_title or "", page.list_date)
    return not selection.years or not years or bool(years & selection.years)


def keys_of(archive: ArchivePlace, sources: Collection[str]) -> list[PageKey]:
    """The pages in force at these sources, for another reading."""
    wanted = frozenset(sources)
    return [key_of(page) for page in _archived(archive) if page.source in wanted]


def write_batches(keys: Iterable[PageKey], folder: Path, spread: BuildSettings) -> tuple[Path, ...]:
    """Write even batches: none larger than `pages_per_task`, and at least one a reading process.

    Holds no more keys than one full batch for each process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    waiting = iter(keys)
    first = list(islice(waiting, max(spread.in_process_below, spread.pages_per_task * spread.processes)))
    processes = spread.processes if len(first) >= spread.in_process_below else 1
    size = max(1, min(spread.pages_per_task, -(-len(first) // processes)))
    batches: list[Path] = []
    for batch in _cut(chain(first, waiting), size):
        batches.append(folder / f"batch-{len(batches):05d}.jsonl")
        write_keys(batch, batches[-1])
    return tuple(batches)


def _cut(keys: Iterator[PageKey], size: int) -> Iterator[list[PageKey]]:
    while batch := list(islice(keys, size)):
        yield batch


def key_of(page: ArchivedPage) -> PageKey:
    """An archived page as a worker needs it."""
    return PageKey(
        source=page.source,
        sha256=page.sha256,
        fetched_at=page.fetched_at,
        content_type=page.content_type,
        declared_charset=page.declared_charset,
        site_name=page.site_name,
        site_region=page.site_region,
        list_title=page.list_title,
        list_date=page.list_date,
        attached=tuple((file.source, file.sha256) for file in page.attached),
        content_hash=page.content_hash,
    )


def _archived(archive: ArchivePlace) -> Iterator[ArchivedPage]:
    # Opening an archive makes its folders; a build must not leave an empty one where the path was mistyped.
    if not archive.is_there():
        raise NothingArchived(archive)
    with Archive(archive) as opened:
        yield from opened.pages()


def _held_pages(datasets: Path) -> dict[str, _Held]:
    columns = ["source", "sha256", "outcome", "extractor_version", "codebook_version"]
    try:
        pages = read_table(datasets, "pages", columns)
    except NoDataset:
        return {}
    return {source: _Held(*fields) for source, *fields in pages[columns].itertuples(index=False, name=None)}
