"""What reports say of each other, brought up to date when only one of them was read again."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from flows.extract import run_extract
from transforms.across import ACROSS_CHECKS, expected_through
from warehouse.publish import read_table
from warehouse.schemas import TABLES

COLUMN = Path(__file__).parents[2] / "data" / "sample_site" / "cili" / "zfxxgk" / "ndbg"
GOVERNMENT = {
    2019: "content_52392",
    2020: "content_31119",
    2021: "content_14953",
    2022: "content_10195",
    2023: "content_81189",
}
TRAFFIC_2023 = "content_35629"
OUT = Path("out")


def extract(*paths: str) -> str:
    printed = io.StringIO()
    run_extract(Console(file=printed, width=200), [Path(path) for path in paths], OUT)
    return printed.getvalue()


def reprint(name: str, row: str, old: str, new: str) -> None:
    """Print another figure in the last cell of a row: the total of its applicants."""
    path = Path("saved", f"{name}.shtml")
    page = path.read_text(encoding="utf-8")
    cells = re.search(rf"{row}.*?</tr>", page, re.DOTALL)
    assert cells is not None
    assert f">{old}<" in cells[0]
    changed = f">{new}<".join(cells[0].rsplit(f">{old}<", 1))
    path.write_text(page[: cells.start()] + changed + page[cells.end() :], encoding="utf-8")


def across() -> list[tuple[str, ...]]:
    issues = read_table(OUT, "issues")
    sources = read_table(OUT, "reports").set_index("report_id")["source"]
    issues = issues[issues["check"].isin(ACROSS_CHECKS) & ~issues["check"].str.startswith("duplicate")]
    names = issues["report_id"].map(sources).str.extract(r"(content_\d+)")[0]
    return sorted(
        (name, str(row.check), str(row.column), str(row.expected), str(row.observed))
        for name, row in zip(names, issues.itertuples(), strict=True)
    )


def files() -> dict[str, int]:
    return {
        str(file.relative_to(OUT)): file.stat().st_mtime_ns
        for name in TABLES
        for file in (OUT / name).rglob("*.parquet")
    }


def touched(before: dict[str, int]) -> set[str]:
    """Tables and years of the files that are not as they were."""
    return {
        re.sub(r"/region=.*|/part-.*", "", file) for file, time in files().items() if before.get(file) != time
    }


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    monkeypatch.chdir(tmp_path)
    Path("saved").mkdir()
    for page in COLUMN.glob("content_*.shtml"):
        shutil.copy(page, "saved")
    extract("saved")
    return {name: read_table(OUT, name) for name in TABLES}


def test_a_figure_carried_over_is_held_against_the_standing_report(
    published: dict[str, pd.DataFrame],
) -> None:
    assert across() == []
    before = files()
    page = f"saved/{GOVERNMENT[2021]}.shtml"
    reprint(GOVERNMENT[2021], "结转下年度继续办理", "12", "15")
    assert "Compared: 1 reports not read again changed" in extract(page)
    assert across() == [(GOVERNMENT[2022], "carried_over", "total", "15", "12")]
    assert touched(before) == {
        "issues/report_year=2021", "issues/report_year=2022", "pages", "reports/report_year=2021",
        "reports/report_year=2022", "requests/report_year=2021",
    }  # fmt: skip
    reports = read_table(OUT, "reports").set_index("report_id")["issue_count"]
    issues = read_table(OUT, "issues")["report_id"].value_counts()
    assert (reports - issues.reindex(reports.index, fill_value=0)).eq(0).all()
    before = files()
    assert "Compared" not in extract(page)
    assert files() == before
    shutil.copy(COLUMN / f"{GOVERNMENT[2021]}.shtml", "saved")
    assert "Compared: 1 " in extract(page)
    for name, rows in published.items():
        pd.testing.assert_frame_equal(read_table(OUT, name), rows)


def test_a_region_is_added_up_again_when_one_of_its_organs_changes(
    published: dict[str, pd.DataFrame],
) -> None:
    government = Path("saved", f"{GOVERNMENT[2023]}.shtml")
    page = government.read_text(encoding="utf-8")
    start = page.index("总体情况")
    claim = "<p>2023年全县各级行政机关共收到政府信息公开申请若干件。</p>"
    end = page.index("</p>", start) + len("</p>")
    government.write_text(page[:end] + claim + page[end:], encoding="utf-8")
    extract(str(government))
    assert across() == []
    reprint(TRAFFIC_2023, "本年新收政府信息公开申请数量", "12件", "8000件")
    assert "Compared: 1 " in extract(f"saved/{TRAFFIC_2023}.shtml")
    found = [(TRAFFIC_2023, "jump", "total"), (GOVERNMENT[2023], "region_total", "total")]
    assert [finding[:3] for finding in across()] == found
    # Another page of another year is none of its business, and leaves the finding alone.
    extract(f"saved/{GOVERNMENT[2019]}.shtml")
    assert [finding[:3] for finding in across()] == found


def test_a_missing_year_is_a_row_of_coverage(published: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    coverage = published["coverage"]
    assert set(coverage["state"]) == {"present"}
    assert len(coverage) == len(published["reports"]) - 1
    Path("saved", f"{GOVERNMENT[2020]}.shtml").unlink()
    shutil.rmtree(OUT)
    extract("saved")
    gap = read_table(OUT, "coverage").query("state != 'present'")
    assert [(row.report_year, row.state) for row in gap.itertuples()] == [(2020, "missing")]
    assert gap["report_id"].isna().all()


def years_of(**organs: list[int]) -> pd.DataFrame:
    rows = [(organ, year) for organ, years in organs.items() for year in years]
    return pd.DataFrame(rows, columns=["agency_id", "report_year"]).astype({"report_year": "Int32"})


def test_reports_are_expected_once_half_of_the_organs_have_theirs() -> None:
    assert expected_through(years_of(a=[2019, 2020], b=[2019, 2020], c=[2019])) == 2020
    assert expected_through(years_of(a=[2019, 2020], b=[2019], c=[2019])) == 2019
    # An organ that appeared later is no reason to expect less of the years before.
    assert expected_through(years_of(a=[2019], b=[2020], c=[2020], d=[2021])) == 2020
    assert expected_through(years_of(a=[2019, 2020], b=[2019, 2020], c=[2020, 2051])) == 2020
    assert expected_through(years_of()) is None
