"""Which reports are in force once a run is published, and which of them are duplicates of which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from flows.reading import BatchResult, staged_table
from transforms.across import duplicates_of
from warehouse.errors import NoDataset
from warehouse.publish import read_table
from warehouse.schemas import TABLES


@dataclass(frozen=True, slots=True)
class Settled:
    """All reports in force once the batches are published.

    `standing` are those published before and not read again; `outgoing` are the published rows of those whose
    pages were.
    """

    fresh: pd.DataFrame
    standing: pd.DataFrame
    outgoing: pd.DataFrame
    duplicates: Mapping[str, str]
    beyond: frozenset[str] = frozenset()
    """Sources whose facts are wanted and whose pages are out of this run's reach: their reports are among
    `outgoing`, and go, until the run that has their pages reads them again."""

    @property
    def reports(self) -> pd.DataFrame:
        """Fresh and standing reports together."""
        return together([self.fresh, self.standing])

    @property
    def marked_reports(self) -> pd.DataFrame:
        """The same, `duplicate_of` as it will be."""
        reports = self.reports
        return reports.assign(duplicate_of=reports["report_id"].map(self.duplicates).astype("str"))

    @property
    def standing_ids(self) -> frozenset[str]:
        """The ids of the standing reports."""
        return frozenset(self.standing["report_id"])

    @property
    def replaced(self) -> frozenset[str]:
        """The ids whose pages were read again."""
        return frozenset(self.outgoing["report_id"])

    def promoted(self) -> list[str]:
        """Sources of standing duplicates that are none any more: their facts were left out, read them now."""
        were = self.standing[self.standing["duplicate_of"].notna()]
        return sorted(were[~were["report_id"].isin(self.duplicates)]["source"])

    def demoted(self) -> list[str]:
        """Standing reports that are duplicates now, or of another report than before."""
        now = self.standing["report_id"].map(self.duplicates)
        changed = now.notna() & (now != self.standing["duplicate_of"].fillna(""))
        return sorted(self.standing["report_id"][changed])


def settle(root: Path, batches: Sequence[BatchResult], beyond: frozenset[str] = frozenset()) -> Settled:
    """Compare what was read with what is in force under `root`, whose writer's lock the caller holds."""
    before = _table_or_none(root, "reports")
    again = before["source"].isin(_sources_of(batches) | beyond)
    fresh = together([staged_table(batch.folder, "reports") for batch in batches])
    standing = before[~again]
    return Settled(fresh, standing, before[again], duplicates_of(together([fresh, standing])), beyond)


def completed(
    root: Path, batches: list[BatchResult], read_again: Callable[[list[str]], list[BatchResult]]
) -> tuple[list[BatchResult], Settled]:
    """The batches, and those of reports whose facts were left out as a duplicate's and are wanted after all.

    `read_again` leaves out the sources that it has no pages of (those of another archive, or files that are
    gone).
    """
    settled = settle(root, batches)
    while sources := settled.promoted():
        more = read_again(sources)
        batches = [*batches, *more]
        settled = settle(root, batches, settled.beyond | (frozenset(sources) - _sources_of(more)))
    return batches, settled


def _sources_of(batches: Sequence[BatchResult]) -> frozenset[str]:
    return frozenset(source for batch in batches for source in staged_table(batch.folder, "pages")["source"])


def together(frames: Sequence[pd.DataFrame], name: str = "reports") -> pd.DataFrame:
    """Frames of one table in one; the table's columns where there is none."""
    # Concatenating an empty frame would decide the types of the others.
    filled = [frame for frame in frames if len(frame)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    return frames[0] if frames else pd.DataFrame(columns=list(TABLES[name].names))


def _table_or_none(root: Path, name: str) -> pd.DataFrame:
    try:
        return read_table(root, name)
    except NoDataset:
        return together([], name)
