"""A figure on two lines of a printed cell is one where the sums of its table prove it, and null elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.corpus.formats import draw_report, write_html
from extractors.document import WRAPPED, Grid
from extractors.read import read_document
from transforms.codebook import load_codebook
from transforms.gazetteer import load_gazetteer
from transforms.page import Page
from transforms.readings import TableReading
from transforms.report import ReportReading, read_page

FOLDER = Path(__file__).resolve().parents[2] / "data" / "codebook"
CODEBOOK, GAZETTEER = load_codebook(FOLDER), load_gazetteer(FOLDER)
REPORT = draw_report(4, 4)


def printed(**cells: str) -> ReportReading:
    """The report with other texts in some rows: `|` for a break between the lines of a full cell, 空 for nothing."""
    document = read_document(write_html(REPORT))
    blocks = tuple(
        replace(block, texts=tuple(_with(row, cells) for row in block.texts))
        if isinstance(block, Grid)
        else block
        for block in document.blocks
    )
    (report,) = read_page(
        replace(document, kind="pdf", blocks=blocks), Page("saved/report.pdf"), CODEBOOK, GAZETTEER
    ).reports
    return report


ROWS = {
    "received": ("58", "93", "91", "62", "73", "0", "377"),
    "granted": ("0", "0", "18", "0", "23", "0", "41"),
    "denied_process_information": ("40", "0", "0", "0", "0", "0", "40"),
    "not_processed_repeat": ("0", "0", "20", "0", "19", "0", "39"),
    "challenges": (*"3000303003", *"00044"),
}


def _with(row: tuple[str, ...], cells: dict[str, str]) -> tuple[str, ...]:
    for name, figures in ROWS.items():
        if row[-len(figures) :] == figures and name in cells:
            texts = [text.replace("|", WRAPPED).replace("空", "") for text in cells[name].split()]
            return (*row[: -len(figures)], *texts)
    return row


def of_row(table: TableReading, item: str) -> list[int | float | None]:
    return [cell.value for (row, _), cell in zip(table.keys, table.cells, strict=True) if row == item]


@pytest.mark.parametrize(
    "row",
    [
        "58 93 91 62 73 0 3|77",
        "58 93 91 62 73 0 3|7|7",
        "5|8 9|3 91 62 73 0 37|7",
        "5|8 93 91 62 73 空 377",
    ],
)
def test_a_sum_proves_that_a_figure_on_two_lines_is_one(row: str) -> None:
    table = printed(received=row).tables.requests
    wanted = [58, 93, 91, 62, 73, None if "空" in row else 0, 377]
    assert of_row(table, "received") == wanted
    assert table.state == "inferred"
    assert not [issue for issue in table.issues if issue.severity == "error"]


def test_a_figure_that_is_proven_helps_to_prove_the_next() -> None:
    """4 over 0 twice says nothing; the applicant's column proves the one, and then the row's sum the other."""
    rows = {"denied_process_information": "4|0 0 0 0 0 0 4|0", "not_processed_repeat": "0 0 20 0 19 0 空"}
    table = printed(**rows).tables.requests
    assert of_row(table, "denied_process_information") == [40, 0, 0, 0, 0, 0, 40]


@pytest.mark.parametrize("row", ["1|2 0 0 0 1|2", "1|2 3|4 0 0 4|6", "12|3 5 0 0 12|8", "1|2|3 0 0 0 1|2|3"])
def test_two_figures_a_cell_are_not_taken_for_one_although_the_sums_hold(row: str) -> None:
    """Two years in each cell: each line adds up by itself, and so do both together."""
    table = printed(challenges=f"{row} 0 3 0 0 3 0 0 0 4 4").tables.challenges
    assert of_row(table, "reconsideration") == [None if "|" in text else int(text) for text in row.split()]
    assert table.state == "partial"


def test_one_figure_is_read_in_table_four() -> None:
    table = printed(challenges="1|2 30 0 空 4|2 0 3 0 0 3 0 0 0 4 4").tables.challenges
    assert of_row(table, "reconsideration") == [12, 30, 0, None, 42]


@pytest.mark.parametrize(
    ("row", "read"),
    [
        ("12|3 0 0 0 0 0 12|3", [None, 0, 0, 0, 0, 0, None]),
        ("12|3 5 0 0 0 0 12|8", [None, 5, 0, 0, 0, 0, None]),
        # A sum is false with it.
        ("58 93 91 62 73 0 3|78", [58, 93, 91, 62, 73, 0, None]),
        ("5|9 93 91 62 73 0 空", [None, 93, 91, 62, 73, 0, None]),
        # No way to print one figure.
        ("58 93 91 62 73 0|0 377", [58, 93, 91, 62, 73, None, 377]),
    ],
)
def test_what_no_sum_proves_is_null_with_an_issue(row: str, read: list[int | None]) -> None:
    report = printed(received=row)
    table = report.tables.requests
    assert of_row(table, "received") == read
    assert table.state == "partial"
    doubted = [issue for issue in table.issues if issue.check == "unreadable_cell"]
    assert len(doubted) == row.count("|")
    assert all("\n" in (issue.observed or "") for issue in doubted)
    assert WRAPPED not in str(report)


def test_a_sum_that_holds_does_not_outweigh_one_that_is_false() -> None:
    table = printed(granted="0 0 1|9 0 22 0 41").tables.requests
    assert of_row(table, "granted") == [0, 0, None, 0, 22, 0, 41]


def test_table_two_has_no_sums_to_prove_anything() -> None:
    document = read_document(write_html(REPORT))
    figure = next(
        cell.printed
        for key, cell in REPORT.truth.cells.items()
        if key[0] == "disclosures" and len(cell.printed) > 1 and cell.printed.isdigit()
    )
    broken = figure[0] + WRAPPED + figure[1:]
    blocks = tuple(
        replace(
            block,
            texts=tuple(tuple(broken if text == figure else text for text in row) for row in block.texts),
        )
        if isinstance(block, Grid)
        else block
        for block in document.blocks
    )
    (report,) = read_page(
        replace(document, kind="pdf", blocks=blocks), Page("saved/report.pdf"), CODEBOOK, GAZETTEER
    ).reports
    unread = [cell.raw for cell in report.tables.disclosures.cells if cell.status == "unreadable"]
    assert unread == [broken.replace(WRAPPED, "\n")] * len(unread)
    assert unread
