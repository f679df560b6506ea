"""Reports held against each other: an organ's over the years, and a region's in one year.

Only organs and regions that a run touches are compared again. What comes of it may concern a report that was
published before and not read again: it is then published once more, whole, since its rows change together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from flows.reading import BatchResult, staged_table
from flows.settling import Settled, together
from transforms.across import ISSUE_COLUMNS, ISSUE_TYPES
from transforms.history import (
    carried_over_issues,
    history_issues,
    region_total_issues,
    whole_region_reports,
)
from warehouse.publish import read_reports

ORGAN_CHECKS = frozenset({"carried_over", "zero_against_history", "jump"})
REGION_CHECKS = frozenset({"region_total"})
_CELLS = ["report_id", "agency_id", "report_year", "item", "applicant", "value"]
_COMPARED: list[list[tuple[str, str, object]]] = [
    [("item", "in", ["carried_in", "carried_forward"])],
    [("item", "==", "received"), ("applicant", "==", "total")],
]
"""The cells of table 三 that are compared at all. Only these are taken into memory, of all reports of a run."""
_FIRST_CHAPTERS = ["report_id", "section", "text"]
_TOLD_BY = ["report_id", "check", "item", "column", "expected", "observed"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All findings on fresh reports and on those of `again`, standing reports that have to be published anew."""

    findings: pd.DataFrame
    again: frozenset[str] = frozenset()
    held: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """The rows of the standing reports that were looked at, by table."""

    def rows_of(self, report_ids: Collection[str]) -> dict[str, pd.DataFrame]:
        """All rows of some of the standing reports that were looked at."""
        return {name: rows[rows["report_id"].isin(report_ids)] for name, rows in self.held.items()}


def compare_reports(root: Path, batches: Sequence[BatchResult], settled: Settled) -> Comparison:
    """Compare the organs and regions of this run with all that is held of them."""
    touched = together([settled.fresh, settled.outgoing])
    if touched.empty:
        return Comparison(pd.DataFrame(columns=ISSUE_COLUMNS).astype(ISSUE_TYPES))
    reports = settled.marked_reports
    organs = reports["agency_id"].isin(touched["agency_id"].dropna())
    regions = _places(reports).isin(_places(touched)) & reports["region_code"].notna()
    near = reports[organs | regions]
    held = read_reports(root, standing) if (standing := set(near["report_id"]) & settled.standing_ids) else {}
    requests, whole_region = _evidence(batches, held)
    of_organs = together([carried_over_issues(near, requests), history_issues(near, requests)], "issues")
    of_regions = region_total_issues(near, requests, whole_region)
    scopes = {
        ORGAN_CHECKS: frozenset(reports["report_id"][organs]),
        REGION_CHECKS: frozenset(reports["report_id"][regions]),
    }
    found = together([_within(of_organs, scopes), _within(of_regions, scopes)], "issues")
    if not held:
        return Comparison(found)
    before = held["issues"][held["issues"]["check"].isin(ORGAN_CHECKS | REGION_CHECKS)]
    after = together([before.drop(_within(before, scopes).index), found], "issues")
    standing_after = after[after["report_id"].isin(standing)]
    changed = _told(before) ^ _told(standing_after)
    return Comparison(after, frozenset(line[0] for line in changed), held)


def _places(reports: pd.DataFrame) -> pd.Series:
    """`430802/2021`: the region and year of each report."""
    return reports["region_code"].fillna("") + "/" + reports["report_year"].astype("str")


def _evidence(
    batches: Sequence[BatchResult], held: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, set[str]]:
    """The cells that are compared, and the reports that speak for their whole region."""
    cells = [held["requests"][_CELLS]] if held else []
    whole_region = whole_region_reports(held["sections"]) if held else set()
    for batch in batches:
        cells.append(staged_table(batch.folder, "requests", _CELLS, _COMPARED))
        first = staged_table(batch.folder, "sections", _FIRST_CHAPTERS, [[("section", "==", 1)]])
        whole_region |= whole_region_reports(first)
    return together(cells, "requests"), whole_region


def _within(issues: pd.DataFrame, scopes: Mapping[frozenset[str], frozenset[str]]) -> pd.DataFrame:
    """The issues that this run's comparison has the say over: of its checks, on the reports they looked at whole."""
    said = pd.Series(False, index=issues.index)
    for checks, report_ids in scopes.items():
        said |= issues["check"].isin(checks) & issues["report_id"].isin(report_ids)
    return issues[said]


def _told(issues: pd.DataFrame) -> set[tuple[str, ...]]:
    return set(issues[_TOLD_BY].astype("object").fillna("").itertuples(index=False, name=None))
