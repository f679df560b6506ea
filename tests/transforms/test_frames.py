"""Readings as tidy frames: the columns and types that the warehouse demands, and every cell of the form once."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from golden_cases import CASES, books, load_case

from extractors.read import read_document
from transforms.frames import Provenance, codebook_frame, frames_of, report_id
from transforms.page import Page
from transforms.report import PageReading, read_page
from warehouse.checks import check_codes, checked
from warehouse.frame_contracts import check_frame
from warehouse.schemas import TABLES

CODEBOOK, GAZETTEER = books()
FETCHED = datetime(2023, 1, 12, 9, 30, tzinfo=UTC)
DATASETS = ("reports", "disclosures", "requests", "challenges", "sections", "issues", "pages")


def reading_of(name: str) -> tuple[Provenance, PageReading]:
    source = f"https://www.example.gov.cn/{name}.html"
    page = read_page(read_document(load_case(name).content), Page(source), CODEBOOK, GAZETTEER)
    return Provenance(source, FETCHED, "0f" * 32, "text/html", "1"), page


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    """All golden cases in one batch: reports of each form, hybrids, refusals, notices."""
    return frames_of([reading_of(name) for name in CASES], CODEBOOK)


@pytest.mark.parametrize("name", DATASETS)
def test_a_batch_keeps_the_contract(frames: dict[str, pd.DataFrame], name: str) -> None:
    assert list(frames) == list(DATASETS)
    assert list(frames[name].columns) == list(TABLES[name].names)
    check_frame(name, frames[name])
    assert checked(name, frames[name]).num_rows == len(frames[name]) > 0


@pytest.mark.parametrize("name", DATASETS)
def test_an_empty_batch_keeps_the_contract(name: str) -> None:
    empty = frames_of([], CODEBOOK)[name]
    check_frame(name, empty)
    assert checked(name, empty).num_rows == 0


@pytest.mark.parametrize("name", DATASETS)
def test_types_do_not_depend_on_what_a_batch_holds(frames: dict[str, pd.DataFrame], name: str) -> None:
    alone = frames_of([reading_of("html_notice")], CODEBOOK)
    assert alone[name].dtypes.to_dict() == frames[name].dtypes.to_dict()


def test_figures_are_whole_numbers_that_can_be_null(frames: dict[str, pd.DataFrame]) -> None:
    types = {name: str(frames[name]["value"].dtype) for name in ("disclosures", "requests", "challenges")}
    assert types == {"disclosures": "Float64", "requests": "Int64", "challenges": "Int64"}
    assert str(frames["reports"]["report_year"].dtype) == "Int32"
    assert str(frames["reports"]["fetched_at"].dtype) == "datetime64[us, UTC]"


@pytest.mark.parametrize("name", ["disclosures", "requests", "challenges"])
def test_every_code_of_a_fact_is_in_the_codebook(frames: dict[str, pd.DataFrame], name: str) -> None:
    codes = checked("codebook", codebook_frame(CODEBOOK))
    assert codes.num_rows == len(CODEBOOK.entries)
    check_codes(TABLES[name], checked(name, frames[name]), codes)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("sample_2021", {"disclosures": 10, "requests": 175, "challenges": 15}),
        ("html_2019_form_for_2022", {"disclosures": 22, "requests": 161, "challenges": 15}),
        ("html_hybrid_form", {"requests": 175, "challenges": 15}),
        ("html_truncated", {"challenges": 15}),
    ],
)
def test_a_report_has_every_cell_of_its_form_once(name: str, cells: dict[str, int]) -> None:
    found = frames_of([reading_of(name)], CODEBOOK)
    for table, count in cells.items():
        places = found[table].drop(columns=["value", "status", "raw"])
        assert len(places) == len(places.drop_duplicates()) == count


def test_a_value_stands_exactly_where_the_status_says_reported(frames: dict[str, pd.DataFrame]) -> None:
    for table in ("disclosures", "requests", "challenges"):
        frame = frames[table]
        assert (frame["value"].notna() == (frame["status"] == "reported")).all()


def test_the_rows_of_a_report_carry_its_keys_and_its_count_of_issues() -> None:
    provenance, page = reading_of("html_own_sums_wrong")
    found = frames_of([(provenance, page)], CODEBOOK)
    report = found["reports"].iloc[0]
    assert report["report_id"] == report_id(provenance.source)
    assert report["fetched_at"] == pd.Timestamp(FETCHED)
    assert (report["sha256"], report["content_type"]) == ("0f" * 32, "text/html")
    assert report["codebook_version"] == CODEBOOK.version
    assert report["issue_count"] == len(found["issues"]) > 0
    keys = ["report_id", "agency_id", "report_year"]
    for table in ("disclosures", "requests", "challenges", "sections", "issues"):
        assert found[table][keys].drop_duplicates().to_dict("records") == [report[keys].to_dict()]


def test_identities_are_checked_on_the_way() -> None:
    found = frames_of([reading_of("html_own_sums_wrong")], CODEBOOK)["issues"]
    assert "applicants_total" in set(found["check"])


def test_a_page_that_is_no_report_leaves_a_page_and_an_issue_and_nothing_else() -> None:
    provenance, page = reading_of("html_notice")
    found = frames_of([(provenance, page)], CODEBOOK)
    sizes = {name: len(frame) for name, frame in found.items()}
    assert sizes == {**dict.fromkeys(DATASETS, 0), "pages": 1, "issues": 1}
    assert found["pages"].iloc[0]["outcome"] == "notice"
    assert list(found["pages"].iloc[0]["report_ids"]) == []
    issue = found["issues"].iloc[0]
    assert (issue["report_id"], issue["check"]) == (report_id(provenance.source), "notice")
    assert pd.isna(issue["agency_id"]) and pd.isna(issue["report_year"])


def test_a_report_id_is_the_places_own_and_the_same_for_ever() -> None:
    assert report_id("https://www.example.gov.cn/1.html") == "f32678d04c87f738"
    assert report_id("https://www.example.gov.cn/1.html", 1) == "a17cf1c83b91dc55"
