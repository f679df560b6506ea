"""Every golden case, cell by cell, through the whole chain from bytes to frames; and a floor that only rises."""

from __future__ import annotations

import csv
import json

import pytest
from golden_cases import CASES, GOLDEN, load_case, read, read_case

STATES = ("disclosures_state", "requests_state", "challenges_state")


@pytest.mark.parametrize("name", CASES)
def test_each_cell_is_what_the_page_prints(name: str) -> None:
    case = load_case(name)
    assert read_case(name).cells == case.cells


@pytest.mark.parametrize("name", CASES)
def test_the_page_is_named_for_what_it_is(name: str) -> None:
    case = load_case(name)
    reading = read_case(name)
    assert reading.page.outcome == case.expected["outcome"]
    if case.expected["outcome"] != "report":
        assert reading.frames["reports"].empty
        return
    report = reading.frames["reports"].iloc[0]
    assert {state: report[state] for state in STATES} == {state: case.expected[state] for state in STATES}
    assert report["template"] == case.expected["template"]
    assert report["report_year"] == case.expected["report_year"]
    metadata = reading.page.reports[0].metadata
    for field in ("title", "organ"):
        found = getattr(metadata, field)
        assert (found.value if found is not None else None) == case.expected[field]


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_told_and_what_is_sound_is_not(name: str) -> None:
    case = load_case(name)
    issues = read_case(name).frames["issues"]
    demanded = set(case.expected["issues"] or ())
    assert demanded <= set(issues["check"])
    if not demanded:
        assert issues[issues["severity"] == "error"].empty


@pytest.mark.parametrize("name", CASES)
def test_raw_keeps_what_was_printed_where_the_value_does_not(name: str) -> None:
    frames = read_case(name).frames
    raw = {
        (table, row["item" if table != "challenges" else "route"], row[column]): row["raw"]
        for table, column in (("disclosures", "measure"), ("requests", "applicant"), ("challenges", "result"))
        for row in frames[table].to_dict("records")
    }
    with (GOLDEN / name / "expected.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["raw"] and row["status"] != "unreadable":
                assert raw[row["table"], row["item"], row["column"]].split() == row["raw"].split()


def test_the_floor_only_rises() -> None:
    """`baseline.json` holds the cases and cells that were once read right: fewer is a step back."""
    baseline = json.loads((GOLDEN / "baseline.json").read_text(encoding="utf-8"))
    right = sum(
        read_case(name).cells.get(key) == cell
        for name in CASES
        for key, cell in load_case(name).cells.items()
    )
    assert len(CASES) >= baseline["cases"]
    assert right >= baseline["cells_right"]


def test_bytes_that_no_charset_explains_are_told() -> None:
    content = load_case("html_word_export").content
    at = content.index(b"</title>")
    damaged = read(content[:at] + b"\xff\xfe\x80" + content[at:]).frames["issues"]
    assert "damaged_bytes" in set(damaged["check"])
    assert "damaged_bytes" not in set(read_case("html_word_export").frames["issues"]["check"])
