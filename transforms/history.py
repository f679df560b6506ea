"""What an organ's reports say of each other over the years: gaps, figures carried over, zeros, jumps, totals.

Pure functions over the frames of the data contract; duplicates (`duplicate_of` set) take no part. Each check gives
issues on the later or the wider report, with the columns of the `issues` table; a null operand skips the check.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from transforms.checks import ISSUE_COLUMNS

STATES = ("disclosures_state", "requests_state", "challenges_state")
MANY = 10
"""Requests a year: who had fewer on the average may well have none in some year."""
JUMP_FACTOR, JUMP_REQUESTS = 10.0, 100
"""A year stands out that differs from the organ's median by this factor, and by this many requests."""
_WHOLE_REGION = re.compile(r"全[省市县区州盟旗](?:各级)?[^。;；]{0,16}?(?:新收|收到|受理)")
_GOVERNING = re.compile(r"人民政府(?:办公室|办公厅)?$")


def coverage_of(reports: pd.DataFrame, through: int | None = None) -> pd.DataFrame:
    """Table `coverage`: organ × expected year × state (present, refused, missing), so that gaps are data.

    Expected are all years from an organ's first report to its last, or to `through` where that is later.
    """
    held = _dated(reports)
    refused = held[list(STATES)].isin(["refused"]).all(axis=1)
    held = held.assign(state=refused.map({True: "refused", False: "present"}))
    held = held.sort_values(["agency_id", "report_year", "state", "report_id"]).drop_duplicates(
        ["agency_id", "report_year"]
    )
    spans = held.groupby("agency_id")["report_year"].agg(["min", "max"])
    last = spans["max"] if through is None else spans["max"].clip(lower=through)
    counts = (last - spans["min"] + 1).astype("int64")
    expected = pd.DataFrame({"agency_id": spans.index.repeat(counts)})
    offsets = expected.groupby("agency_id").cumcount()
    first = expected["agency_id"].map(spans["min"]).astype("int64")
    expected["report_year"] = (first + offsets).astype("int32")
    table = expected.merge(
        held[["agency_id", "report_year", "state", "report_id"]], on=["agency_id", "report_year"], how="left"
    )
    table["state"] = table["state"].fillna("missing")
    return table[["agency_id", "report_year", "state", "report_id"]]


def carried_over_issues(reports: pd.DataFrame, requests: pd.DataFrame) -> pd.DataFrame:
    """Last year's 结转下年度 and this year's 上年结转 are the same requests, applicant by applicant."""
    # One applicant at a time: a million and a half cells of 100,000 reports, joined at once, took half a gigabyte.
    applicants = requests["applicant"].unique() if len(requests) else [""]
    found = [_carried_over(reports, requests[requests["applicant"] == one]) for one in applicants]
    return pd.concat(found, ignore_index=True)


def _carried_over(reports: pd.DataFrame, requests: pd.DataFrame) -> pd.DataFrame:
    cells = _cells_of(reports, requests, ("carried_in", "carried_forward"))
    left = cells[cells["item"] == "carried_forward"].assign(
        report_year=lambda frame: frame["report_year"] + 1
    )
    key = ["agency_id", "report_year", "applicant"]
    pairs = cells[cells["item"] == "carried_in"].merge(left[[*key, "value"]], on=key, suffixes=("", "_left"))
    differ = pairs[pairs["value"] != pairs["value_left"]].rename(columns={"value_left": "expected"})
    message = "last year's report carries another number forward than this one carries in"
    return _issues(differ, "carried_over", "warning", "carried_in", message)


def history_issues(reports: pd.DataFrame, requests: pd.DataFrame) -> pd.DataFrame:
    """New requests of a year against the organ's other years: `zero_against_history` and `jump`, both info."""
    cells = _cells_of(reports, requests, ("received",))
    cells = cells[cells["applicant"] == "total"]
    grouped = cells.groupby("agency_id")["value"]
    years = grouped.transform("count")
    others = (grouped.transform("sum") - cells["value"]) / (years - 1).where(years > 1)
    median = grouped.transform("median").astype("float64")
    value = cells["value"].astype("float64")
    zero = cells.assign(expected=others.round(1))[(value == 0) & (others >= MANY)]
    factor = value.clip(lower=1) / median.clip(lower=1)
    factor = factor.where(factor > 1, 1 / factor)
    apart = (years > 2) & (value > 0) & (factor >= JUMP_FACTOR) & ((value - median).abs() >= JUMP_REQUESTS)
    jump = cells.assign(expected=median)[apart]
    received = "info", "received"
    return pd.concat(
        [
            _issues(zero, "zero_against_history", *received, "no request, as in no other year"),
            _issues(jump, "jump", *received, "far from the organ's usual number of requests"),
        ],
        ignore_index=True,
    )


def whole_region_reports(sections: pd.DataFrame) -> set[str]:
    """The reports whose first chapter says that their figures cover all organs of the region (全市…收到…)."""
    first = sections[sections["section"] == 1]
    return set(first.loc[first["text"].str.contains(_WHOLE_REGION, na=False), "report_id"])


def region_total_issues(
    reports: pd.DataFrame, requests: pd.DataFrame, whole_region: Collection[str]
) -> pd.DataFrame:
    """A report for a whole region cannot have fewer new requests than that region's organs reported themselves.

    Only organs of the region's own code are added up, governments and their offices left out: the sum is a lower
    bound, since not every organ's report is held. One issue a report, `region_total` (warning).
    """
    cells = _cells_of(reports, requests, ("received",))
    cells = cells[cells["applicant"] == "total"].merge(
        reports[["report_id", "agency_name", "region_code"]], on="report_id"
    )
    governs = cells["agency_name"].fillna("").str.contains(_GOVERNING)
    key = ["region_code", "report_year"]
    sums = cells[~governs].groupby(key)["value"].sum().rename("organs").reset_index()
    totals = cells[governs & cells["report_id"].isin(list(whole_region))].merge(sums, on=key)
    short = totals[totals["value"] < totals["organs"]].rename(columns={"organs": "expected"})
    message = "said to cover the whole region, but its organs report more between them"
    return _issues(short, "region_total", "warning", "received", message)


def _dated(reports: pd.DataFrame) -> pd.DataFrame:
    """The reports in force that have an organ and a year."""
    known = reports["agency_id"].notna() & reports["report_year"].notna() & reports["duplicate_of"].isna()
    return reports[known].assign(report_year=lambda frame: frame["report_year"].astype("int32"))


def _cells_of(reports: pd.DataFrame, requests: pd.DataFrame, items: tuple[str, ...]) -> pd.DataFrame:
    """The printed cells of some rows of table 三, of reports in force with an organ and a year."""
    held = _dated(reports)["report_id"]
    printed = requests["item"].isin(items) & requests["value"].notna()
    cells = requests[printed & requests["report_id"].isin(held)]
    return cells.assign(report_year=cells["report_year"].astype("int32")).reset_index(drop=True)


def _issues(cells: pd.DataFrame, check: str, severity: str, item: str, message: str) -> pd.DataFrame:
    """Issues on cells of table 三: `value` is what was observed, `expected` what the check expected."""
    frame = cells[["report_id", "agency_id", "report_year"]].assign(
        table="requests",
        check=check,
        severity=severity,
        item=item,
        column=cells["applicant"],
        expected=cells["expected"],
        observed=cells["value"],
        message=message,
    )
    types = dict.fromkeys(ISSUE_COLUMNS, "str") | {"report_year": "Int32"}
    return frame[list(ISSUE_COLUMNS)].astype(types).reset_index(drop=True)
