"""Frames of a batch: reports of several forms side by side, and the identities told of the right report."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from golden_cases import books

from transforms.agencies import Agency
from transforms.challenges_table import challenge_keys
from transforms.findings import Table
from transforms.frames import Provenance, frames_of, report_id
from transforms.metadata import Field, Metadata
from transforms.readings import CellReading, Key, TableReading
from transforms.report import PageReading, ReportReading
from transforms.requests_table import request_keys
from transforms.tables import Tables

Given = dict[Key, CellReading]
BLANK = CellReading(None, "blank")
UNREAD = CellReading(None, "unreadable", "3O")


def table(name: Table, keys: tuple[Key, ...], given: Given, fill: CellReading) -> TableReading:
    assert given.keys() <= set(keys)
    return TableReading(name, "exact", None, keys, [given.get(key, fill) for key in keys])


def report(
    form: str | None, given: Given, *, year: int | None = 2021, fill: CellReading = BLANK
) -> PageReading:
    codebook, _ = books()
    keys = request_keys(codebook, form) if form else ()
    tables = Tables(
        TableReading("disclosures", "absent"),
        table("requests", keys, given, fill),
        table("challenges", challenge_keys(codebook), {}, BLANK),
        form or "none",
    )
    metadata = Metadata(report_year=Field(year, "title") if year else None)
    return PageReading("report", None, (ReportReading(metadata, Agency("430800-1"), tables, (), ()),))


def frames(*pages: PageReading) -> dict[str, pd.DataFrame]:
    readings = [
        (Provenance(f"p{at}", None, "0" * 64, "text/html", "1"), page) for at, page in enumerate(pages)
    ]
    return frames_of(readings, books()[0])


def count(value: int) -> CellReading:
    return CellReading(value, "reported")


def test_each_cell_keeps_its_place_among_reports_of_other_forms() -> None:
    codebook, _ = books()
    forms = ("2021", None, "2019", "2021")
    placed: Key = ("outcome_total", "total")
    pages = [
        report(form, {placed: count(at)} if form else {}, year=2019 + at if at else None)
        for at, form in enumerate(forms)
    ]
    found = frames(*pages)["requests"]
    expected = [
        (report_id(f"p{at}"), 2019 + at if at else None, item, applicant)
        for at, form in enumerate(forms)
        for item, applicant in (request_keys(codebook, form) if form else ())
    ]
    rows = found[["report_id", "report_year", "item", "applicant"]].astype(object)
    assert list(rows.where(rows.notna(), None).itertuples(index=False, name=None)) == expected
    groups = {entry.code: entry.group for entry in codebook.of("requests", "item")}
    told = found["item_group"].astype(object).where(found["item_group"].notna(), None)
    assert told.tolist() == [groups[item] for item in found["item"]]
    at_place = found[(found["item"] == placed[0]) & (found["applicant"] == placed[1])]
    assert at_place["value"].tolist() == [0, 2, 3]


def test_a_cell_without_figure_is_null_with_its_status_and_print() -> None:
    found = frames(report("2021", {("received", "total"): UNREAD, ("received", "natural_person"): count(0)}))
    cells = found["requests"].set_index(["item", "applicant"])
    assert cells.loc[("received", "total"), ["status", "raw"]].tolist() == ["unreadable", "3O"]
    assert cells["value"].dropna().to_dict() == {("received", "natural_person"): 0}


def test_a_false_sum_is_told_of_its_own_report() -> None:
    sound: Given = {("received", "natural_person"): count(2), ("received", "total"): count(2)}
    false = sound | {("received", "total"): count(3)}
    found = frames(
        *(report(form, given, fill=count(0)) for form, given in (("2021", sound), ("2019", false)))
    )
    sums = found["issues"].query("check == 'applicants_total'")
    told = sums[["report_id", "item", "column", "expected", "observed"]]
    assert told.to_numpy().tolist() == [[report_id("p1"), "received", "total", "2", "3"]]
    counted = found["reports"].set_index("report_id")["issue_count"]
    assert counted.to_dict() == found["issues"].groupby("report_id").size().to_dict()


def test_a_place_without_a_cell_is_refused() -> None:
    whole = report("2021", {})
    tables = whole.reports[0].tables
    short = replace(tables, requests=replace(tables.requests, cells=tables.requests.cells[:-1]))
    page = replace(whole, reports=(replace(whole.reports[0], tables=short),))
    cells = len(short.requests.keys)
    with pytest.raises(ValueError, match=re.escape(f"{cells - 1} cells for {cells} places")):
        frames(page)


def test_no_pages_give_every_dataset_without_rows() -> None:
    assert {name: len(frame) for name, frame in frames().items()} == dict.fromkeys(
        ("reports", "disclosures", "requests", "challenges", "sections", "issues", "pages"), 0
    )
