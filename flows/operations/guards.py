"""Guards before publishing: how far the tables that would follow may fall behind those in force.

A guard never changes a figure. It stops the switch from one state to the next, with a line that says why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from flows.operation_settings import GuardSettings
from transforms.across import FACTS, READ, STATES
from warehouse.reading import arrow_table, frame_of
from warehouse.snapshots import Snapshot

IDENTITY_CHECKS = frozenset({"applicants_total", "outcomes_total", "balance", "results_total"})
"""The sums of the form that `transforms.checks` holds reports to."""
NAMES = {
    "exact_tables": "tables read exactly",
    "identities_held": "reports whose sums add up",
    "organs_known": "reports whose organ is known",
}


@dataclass(frozen=True, slots=True)
class SourceCount:
    """What a source's lists named in a run."""

    site_id: str
    state: str
    listed: int


def fewer_reports(
    sources: Iterable[SourceCount], measures: Mapping[str, int], guards: GuardSettings
) -> tuple[str, ...]:
    """A line for each source that gave fewer reports than when tables were last published, if they are too many.

    `measures`: reports listed then, by site. A source whose lists could not be had gave nothing that could be
    wrong: it is an outage, and told as such.
    """
    known = [source for source in sources if source.listed]
    fallen = [
        f"source {source.site_id} gave {source.listed:,} reports, {measures[source.site_id]:,} before"
        for source in known
        if source.listed < (1 - guards.source_reports_fall) * measures.get(source.site_id, 0)
    ]
    return tuple(fallen) if len(fallen) > guards.sources_fewer_share * len(known) else ()


def judge(
    before: Snapshot, after: Snapshot, fresh: Collection[str], guards: GuardSettings
) -> tuple[str, ...]:
    """A line for each guard that the step from one state to the next crosses.

    `fresh` are the ids of the reports that were read in this run: their shares are held against those of all
    reports in force, so that a bad night is not hidden by the many good ones before it.
    """
    return (*_rows_lost(before, after, guards), *_shares_fallen(before, after, frozenset(fresh), guards))


def _rows_lost(before: Snapshot, after: Snapshot, guards: GuardSettings) -> Iterator[str]:
    for table in ("reports", *FACTS):
        had, has = (
            sum(file.rows for file in state.files.get(table, {}).values()) for state in (before, after)
        )
        if had - has > guards.rows_lost_share * had:
            allowed = f"rows_lost_share is {guards.rows_lost_share:g}"
            yield f"table {table} would lose {had - has:,} of {had:,} rows ({allowed})"


def _shares_fallen(
    before: Snapshot, after: Snapshot, fresh: frozenset[str], guards: GuardSettings
) -> Iterator[str]:
    old, new = _reports(before), _reports(after)
    scopes = {"all reports": new, "this run's reports": new[new["report_id"].isin(fresh)]}
    measures = _shares(old)
    for scope, reports in scopes.items():
        if min(len(old), len(reports)) < guards.least_reports:
            continue
        for name, share in _shares(reports).items():
            allowed = float(getattr(guards, f"{name}_fall"))
            # Shares are ratios of small counts: the last bit is no fall.
            if measures[name] - share > allowed + 1e-9:
                fall = f"{share:.3f} of {scope}, {measures[name]:.3f} before"
                yield f"{NAMES[name]}: {fall} ({name}_fall is {allowed:g})"


def _reports(state: Snapshot) -> pd.DataFrame:
    columns = ["report_id", "agency_id", *STATES]
    reports = frame_of(arrow_table(state, "reports", columns))
    issues = frame_of(arrow_table(state, "issues", ["report_id", "check"]))
    broken = set(issues["report_id"][issues["check"].isin(IDENTITY_CHECKS)])
    return reports.assign(broken=reports["report_id"].isin(broken))


def _shares(reports: pd.DataFrame) -> dict[str, float]:
    states = pd.concat([reports[name] for name in STATES])
    found = states[states != "absent"]
    return {
        "exact_tables": float(found.isin(READ[:1]).mean()) if len(found) else 1.0,
        "identities_held": float((~reports["broken"]).mean()),
        "organs_known": float(reports["agency_id"].notna().mean()),
    }
