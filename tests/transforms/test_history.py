"""Reports of one organ over the years, and of a region's organs in one year."""

from __future__ import annotations

import pandas as pd
import pytest

from transforms.history import (
    carried_over_issues,
    coverage_of,
    history_issues,
    region_total_issues,
    whole_region_reports,
)

Row = tuple[str, str, int]


def reports_of(*rows: Row, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["report_id", "agency_id", "report_year"])
    frame["report_year"] = frame["report_year"].astype("Int32")
    defaults: dict[str, object] = {
        "duplicate_of": None, "agency_name": "云川市审计局", "region_code": "430800",
        "disclosures_state": "exact", "requests_state": "exact", "challenges_state": "absent",
    }  # fmt: skip
    return frame.assign(**(defaults | columns))


def requests_of(reports: pd.DataFrame, *cells: tuple[str, str, str, int | None]) -> pd.DataFrame:
    frame = pd.DataFrame(cells, columns=["report_id", "item", "applicant", "value"])
    frame["value"] = frame["value"].astype("Int64")
    return frame.merge(reports[["report_id", "agency_id", "report_year"]], on="report_id")


def found(issues: pd.DataFrame) -> list[tuple[str, ...]]:
    return [tuple(row) for row in issues[["report_id", "check", "column", "expected", "observed"]].to_numpy()]


def test_coverage_makes_gaps_data() -> None:
    reports = reports_of(("r1", "a", 2019), ("r2", "a", 2021), ("r3", "b", 2021), ("r4", "b", 2022))
    table = coverage_of(reports)
    assert [tuple(row) for row in table.fillna("-").to_numpy()] == [
        ("a", 2019, "present", "r1"),
        ("a", 2020, "missing", "-"),
        ("a", 2021, "present", "r2"),
        ("b", 2021, "present", "r3"),
        ("b", 2022, "present", "r4"),
    ]
    through = coverage_of(reports, through=2022)
    assert [tuple(row) for row in through[through["agency_id"] == "a"].fillna("-").to_numpy()][-1] == (
        "a", 2022, "missing", "-",
    )  # fmt: skip
    assert not table.duplicated(["agency_id", "report_year"]).any()


def test_coverage_knows_refused_reports_and_no_duplicates() -> None:
    reports = reports_of(("r1", "a", 2019), ("r2", "a", 2019), ("r3", "a", 2020))
    reports["duplicate_of"] = ["r2", None, None]
    reports.loc[2, ["disclosures_state", "requests_state", "challenges_state"]] = "refused"
    reports.loc[1, "requests_state"] = "refused"
    table = coverage_of(reports)
    assert list(table["state"]) == ["present", "refused"]
    assert list(table["report_id"]) == ["r2", "r3"]


def test_coverage_leaves_out_unknown_organs_and_years() -> None:
    reports = reports_of(("r1", "a", 2019), ("r2", "b", 2019))
    reports.loc[0, "agency_id"] = None
    reports.loc[1, "report_year"] = pd.NA
    assert len(coverage_of(reports)) == 0
    assert len(coverage_of(reports.iloc[:0])) == 0


def test_what_is_carried_forward_is_carried_in() -> None:
    reports = reports_of(("r1", "a", 2020), ("r2", "a", 2021), ("r3", "a", 2023), ("r4", "b", 2021))
    requests = requests_of(
        reports,
        ("r1", "carried_forward", "total", 5), ("r1", "carried_forward", "natural_person", 4),
        ("r2", "carried_in", "total", 3), ("r2", "carried_in", "natural_person", 4),
        ("r2", "carried_forward", "total", 9), ("r3", "carried_in", "total", 1), ("r4", "carried_in", "total", 7),
    )  # fmt: skip
    assert found(carried_over_issues(reports, requests)) == [("r2", "carried_over", "total", "5", "3")]


def test_a_null_operand_skips_the_check() -> None:
    reports = reports_of(("r1", "a", 2020), ("r2", "a", 2021))
    for forward, carried in ((None, 3), (5, None)):
        requests = requests_of(
            reports, ("r1", "carried_forward", "total", forward), ("r2", "carried_in", "total", carried)
        )
        assert len(carried_over_issues(reports, requests)) == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([50, 0, 60], [("r1", "zero_against_history", "total", "55.0", "0")]),
        ([3, 0, 4], []),
        ([20, 25, 3000, 22], [("r2", "jump", "total", "23.5", "3000")]),
        ([2000, 2500, 90, 2200], [("r2", "jump", "total", "2100.0", "90")]),
        ([20, 25, 90, 22], []),
        ([0], []),
        ([0, 0, 0], []),
    ],
)
def test_years_that_stand_out(values: list[int], expected: list[tuple[str, ...]]) -> None:
    reports = reports_of(*((f"r{index}", "a", 2019 + index) for index in range(len(values))))
    requests = requests_of(
        reports, *((f"r{index}", "received", "total", value) for index, value in enumerate(values))
    )
    issues = history_issues(reports, requests)
    assert found(issues) == expected
    assert set(issues["severity"]) <= {"info"}


def test_reports_that_cover_a_whole_region() -> None:
    sections = pd.DataFrame(
        [
            ("r1", 1, "2021年，全市各级行政机关共收到政府信息公开申请120件。"),
            ("r2", 1, "全市公开工作会议召开。我办收到申请5件。"),
            ("r3", 5, "全县新收申请3件。"),
            ("r4", 1, "全县新收申请3件。"),
        ],
        columns=["report_id", "section", "text"],
    )
    assert whole_region_reports(sections) == {"r1", "r4"}


def test_a_regions_total_is_not_below_its_organs() -> None:
    reports = reports_of(
        ("r1", "g", 2021), ("r2", "a", 2021), ("r3", "b", 2021), ("r4", "h", 2021), ("r5", "c", 2020)
    )
    reports["agency_name"] = [
        "云川市人民政府",
        "云川市审计局",
        "云川市教育局",
        "云川市人民政府办公室",
        "云川市水务局",
    ]
    requests = requests_of(
        reports, ("r1", "received", "total", 10), ("r2", "received", "total", 8), ("r3", "received", "total", 7),
        ("r4", "received", "total", 100), ("r5", "received", "total", 100),
    )  # fmt: skip
    assert found(region_total_issues(reports, requests, {"r1"})) == [
        ("r1", "region_total", "total", "15", "10")
    ]
    assert found(region_total_issues(reports, requests, set())) == []
    more = requests.assign(value=requests["value"].where(requests["report_id"] != "r1", 15))
    assert found(region_total_issues(reports, more, {"r1"})) == []


def test_duplicates_take_no_part() -> None:
    reports = reports_of(("r1", "a", 2020), ("r2", "a", 2021), ("r3", "a", 2021))
    reports["duplicate_of"] = [None, None, "r2"]
    requests = requests_of(
        reports,
        ("r1", "carried_forward", "total", 5),
        ("r2", "carried_in", "total", 5),
        ("r3", "carried_in", "total", 1),
    )
    assert len(carried_over_issues(reports, requests)) == 0
