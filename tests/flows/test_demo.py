"""The sample site through the real flows: every cell against its truth, and night after night."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from demo_runs import REVISED, DemoRuns, addresses

from crawlers.archive import Archive

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(300)]

TRUTH = Path(__file__).parents[1] / "sample_site" / "truth"
DIMENSIONS = {
    "requests": ["item", "applicant"],
    "challenges": ["route", "result"],
    "disclosures": ["item", "measure"],
}

CHECKS = {
    "applicants": "applicants_total",
    "outcomes": "outcomes_total",
    "balance": "balance",
    "results": "results_total",
}


def truth(name: str, revised: bool = False) -> pd.DataFrame:
    """What the site prints: the first edition of each report, or the last."""
    rows = pd.read_csv(TRUTH / f"{name}.csv", dtype=str, keep_default_na=False)
    if "revision" in rows:
        newest = rows.groupby("source")["revision"].transform("max" if revised else "min")
        rows = rows[rows["revision"] == newest]
    return rows


def kept_addresses(demo_runs: DemoRuns) -> set[str]:
    reports = demo_runs.first.tables["reports"]
    return set(addresses(reports[reports["duplicate_of"].isna()]))


@pytest.mark.parametrize("night", ["first", "second", "revised"])
@pytest.mark.parametrize("table", list(DIMENSIONS))
def test_every_cell_is_what_the_site_prints(demo_runs: DemoRuns, table: str, night: str) -> None:
    dimensions = DIMENSIONS[table]
    found = getattr(demo_runs, night).facts(table)
    expected = truth(table, revised=night == "revised")
    expected = expected[expected["source"].isin(kept_addresses(demo_runs))]
    both = found.merge(
        expected, left_on=["address", *dimensions], right_on=["source", *dimensions], how="outer",
        suffixes=("", "_true"), indicator=True,
    )  # fmt: skip
    assert set(both["_merge"]) == {"both"}, both[both["_merge"] != "both"].head().to_string()
    value = pd.to_numeric(both["value_true"].replace("", None)).astype("Float64")
    same = (both["value"].astype("Float64") - value).abs().fillna(0) < 1e-9
    same &= both["value"].isna() == value.isna()
    same &= both["status"] == both["status_true"]
    assert same.all(), both[~same].head(20).to_string()


def test_blank_cells_are_null_with_a_status_of_their_own(demo_runs: DemoRuns) -> None:
    requests = demo_runs.first.tables["requests"]
    blank = requests[requests["status"] == "blank"]
    assert len(blank) == 89
    assert blank["value"].isna().all()


def test_reports_carry_organ_year_form_and_title(demo_runs: DemoRuns) -> None:
    reports = demo_runs.first.tables["reports"]
    found = reports.assign(address=addresses(reports)).set_index("address").sort_index()
    expected = truth("reports").set_index("source").sort_index()
    assert list(found.index) == list(expected.index)
    for column in ("report_year", "template", "region_code", "level", "title", "published_on"):
        got = found[column].astype("str")
        differ = got != expected[column]
        assert not differ.any(), pd.DataFrame({"got": got, "true": expected[column]})[differ].to_string()
    # One page prints 张家界市永定区人民政府 where others print 永定区人民政府: still one organ.
    pairs = set(zip(expected["organ_id"], found["agency_id"], strict=True))
    assert len(pairs) == expected["organ_id"].nunique() == found["agency_id"].nunique()
    agencies = demo_runs.first.tables["agencies"]
    assert set(agencies["agency_name"]) == set(expected["organ"])
    assert agencies["reports"].sum() == len(kept_addresses(demo_runs))


def test_a_report_at_two_addresses_counts_once(demo_runs: DemoRuns) -> None:
    reports = demo_runs.first.tables["reports"]
    reports = reports.assign(address=addresses(reports)).set_index("report_id")
    left_out = reports[reports["duplicate_of"].notna()]
    found = {
        frozenset((row.address, reports.at[row.duplicate_of, "address"])) for row in left_out.itertuples()
    }
    twins = truth("reports")
    twins = twins[twins["same_as"] != ""]
    assert found == {frozenset((row.source, row.same_as)) for row in twins.itertuples()}
    for table in (*DIMENSIONS, "sections"):
        assert not demo_runs.first.tables[table]["report_id"].isin(left_out.index).any()
    issues = demo_runs.first.tables["issues"]
    assert set(issues[issues["check"] == "duplicate"]["report_id"]) == set(left_out.index)


def test_the_false_sum_is_an_issue_and_stays_as_printed(demo_runs: DemoRuns) -> None:
    broken = truth("broken_identities")
    address = broken["source"].iat[0]
    issues = demo_runs.first.facts("issues")
    sums = issues[issues["check"].isin(CHECKS.values())]
    assert set(sums["address"]) == {address}
    assert sorted(sums["check"]) == sorted(broken["check"].map(CHECKS))
    assert set(sums["severity"]) == {"error"}
    # What the report prints stands on one side of each identity, what its parts add up to on the other.
    sides = {frozenset(pair) for pair in zip(sums["expected"], sums["observed"], strict=True)}
    assert sides == {frozenset(pair) for pair in zip(broken["printed"], broken["computed"], strict=True)}


def test_coverage_has_every_organ_and_year_of_the_site(demo_runs: DemoRuns) -> None:
    reports = truth("reports")
    expected = set(zip(reports["organ"], reports["report_year"].astype("int64"), strict=True))
    coverage = demo_runs.first.tables["coverage"].merge(demo_runs.first.tables["agencies"], on="agency_id")
    found = set(zip(coverage["agency_name"], coverage["report_year"], strict=True))
    assert found >= expected
    assert len(found) == len(coverage)
    present = set(coverage["report_id"][coverage["state"] == "present"])
    kept = demo_runs.first.tables["reports"].query("duplicate_of.isna()")
    assert present == set(kept["report_id"])
    assert set(coverage["state"][~coverage["report_id"].isin(present)]) <= {"missing"}


def test_pages_that_are_no_reports_give_no_rows(demo_runs: DemoRuns) -> None:
    passed = set(truth("not_reports")["source"])
    assert passed
    assert not passed & set(addresses(demo_runs.first.tables["reports"]))


def test_the_chapters_text_is_the_sites(demo_runs: DemoRuns) -> None:
    found = demo_runs.first.facts("sections")
    expected = truth("sections")
    expected = expected[expected["source"].isin(kept_addresses(demo_runs))].assign(
        section=lambda rows: rows["section"].astype("int64")
    )
    both = found.merge(
        expected, left_on=["address", "section"], right_on=["source", "section"], how="outer",
        suffixes=("", "_true"), indicator=True,
    )  # fmt: skip
    squeezed = both["text"].fillna("").str.replace(r"\s", "", regex=True)
    true = both["text_true"].fillna("").str.replace(r"\s", "", regex=True)
    # A chapter that is only a table has no text: it may stand as an empty row, or not at all.
    assert both[(squeezed != true)][["address", "section", "text", "text_true"]].empty


def test_every_night_ends_well_and_tells_what_it_did(demo_runs: DemoRuns) -> None:
    for night in (demo_runs.first, demo_runs.second, demo_runs.revised):
        assert night.code == 0, night.printed
        for told in ("Reports by year and form", "Rows by table", "Issues by check", "pd.read_parquet"):
            assert told in night.printed


def test_a_run_leaves_nothing_in_the_home_folder(demo_runs: DemoRuns) -> None:
    assert not (demo_runs.data / "home").exists()
    assert (demo_runs.data / "demo" / "state" / "prefect" / "prefect.db").exists()


def test_a_second_night_asks_conditionally_and_rewrites_nothing(demo_runs: DemoRuns) -> None:
    assert "57 × 304" in demo_runs.second.printed
    assert "0 read, 57 unchanged" in demo_runs.second.printed
    assert "Partitions: 0 rewritten" in demo_runs.second.printed
    assert demo_runs.second.files == demo_runs.first.files


def test_a_revision_replaces_its_facts_alone_and_the_archive_keeps_both(demo_runs: DemoRuns) -> None:
    assert "1 read, 56 unchanged" in demo_runs.revised.printed
    changed = [
        file for file, time in demo_runs.revised.files.items() if demo_runs.first.files.get(file) != time
    ]
    assert changed
    assert all("report_year=2022" in file or file.startswith("pages/") for file in changed), changed
    reports = demo_runs.revised.tables["reports"]
    source = reports["source"][addresses(reports) == REVISED].iat[0]
    with Archive(demo_runs.data / "demo" / "archive") as archive:
        versions = archive.versions(source)
        assert [version.version for version in versions] == [1, 2]
        assert len({archive.read(version.sha256) for version in versions}) == 2
    ids = demo_runs.first.tables["reports"].set_index("source")["report_id"]
    assert reports.set_index("source").at[source, "report_id"] == ids[source]
