"""What OCR recognised is believed only where the sums of its table confirm it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.corpus.formats import draw_report, write_html
from extractors.document import Document, Grid, Image, Paragraph
from extractors.read import read_document
from transforms.codebook import load_codebook
from transforms.gazetteer import load_gazetteer
from transforms.page import Page
from transforms.report import ReportReading, read_page

FOLDER = Path(__file__).resolve().parents[2] / "data" / "codebook"
CODEBOOK, GAZETTEER = load_codebook(FOLDER), load_gazetteer(FOLDER)
REPORT = draw_report(4, 4)


def read(document: Document) -> ReportReading:
    (report,) = read_page(document, Page("saved/scan.pdf"), CODEBOOK, GAZETTEER).reports
    return report


def recognised(printed: str = "", seen: str = "") -> ReportReading:
    """The report as OCR sees it, one text taken for another."""
    document = read_document(write_html(REPORT))
    blocks = tuple(
        replace(
            block,
            texts=tuple(tuple(seen if text == printed else text for text in row) for row in block.texts),
        )
        if isinstance(block, Grid)
        else block
        for block in document.blocks
    )
    return read(replace(document, blocks=blocks, flags=frozenset({"ocr"})))


def test_confirmed_figures_stay_and_table_two_has_no_sums_to_confirm_it() -> None:
    tables = recognised().tables
    assert {cell.status for cell in tables.disclosures.cells} == {"unreadable"}
    assert {cell.value for cell in tables.disclosures.cells} == {None}
    printed = {key[1:]: cell.value for key, cell in REPORT.truth.cells.items() if key[0] == "requests"}
    assert (
        dict(zip(tables.requests.keys, (cell.value for cell in tables.requests.cells), strict=True))
        == printed
    )
    assert [issue.severity for issue in tables.disclosures.issues if issue.check == "ocr"] == ["error"]
    assert [issue.severity for issue in tables.requests.issues if issue.check == "ocr"] == ["info"]


def test_a_misread_figure_is_taken_back_with_all_that_its_sums_touch() -> None:
    assert sum(cell.printed == "377" for cell in REPORT.truth.cells.values()) == 1
    table = recognised("377", "317").tables.requests
    cells = dict(zip(table.keys, table.cells, strict=True))
    assert cells["received", "total"].value is None
    assert cells["received", "total"].raw == "317"
    assert cells["received", "natural_person"].value is None
    assert cells["outcome_total", "natural_person"].value == 55
    assert table.state == "partial"
    assert [issue.severity for issue in table.issues if issue.check == "ocr"] == ["error"]


def test_pages_that_nobody_can_read_are_refused_with_their_name() -> None:
    flags = frozenset({"needs_ocr"})
    title = Paragraph("云川市人民政府2023年政府信息公开工作年度报告")
    tables = read(Document("pdf", None, (), (title, Image("page 1")), None, flags)).tables
    assert [table.state for table in tables.all()] == ["refused"] * 3
    assert "needs_ocr" in {issue.check for issue in tables.disclosures.issues}
    whole = read(replace(read_document(write_html(REPORT)), flags=flags)).tables
    assert whole.requests.state == "exact"
    assert {issue.severity for issue in whole.disclosures.issues if issue.check == "needs_ocr"} == {"error"}


@pytest.mark.parametrize("printed", ["377"])
def test_the_truth_is_what_the_tests_say(printed: str) -> None:
    assert REPORT.truth.cells["requests", "received", "total"].printed == printed
