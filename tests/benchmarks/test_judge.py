"""The judge itself: what counts as right, silent, invented, caught."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.corpus.documents import CorpusDocument
from benchmarks.corpus.truths import Broken, CellTruth, Truth, draw_truth
from benchmarks.judge import ReadCell, ReadIssue, ReadPage, ReadReport, is_flagged, judge

KEY = ("requests", "granted", "natural_person")
WARNED = ReadIssue("unplaced_figures", "warning", "requests", "granted", None)


def _truth() -> Truth:
    truth = draw_truth(Random(1))
    cells = {key: CellTruth(3, "reported", "3") for key in (KEY, ("challenges", "reconsideration", "total"))}
    return Truth(truth.organ, 2021, "2021", "2021", "2021", cells)


def _document(truth: Truth | None, **facts: object) -> CorpusDocument:
    return CorpusDocument("d", "s", "html", b"", (truth,) if truth else (), "a", names_organ=True, **facts)


def _read(truth: Truth, cell: ReadCell, *issues: ReadIssue) -> ReadPage:
    cells = {key: ReadCell(true.value, true.status) for key, true in truth.cells.items()} | {KEY: cell}
    report = ReadReport(truth.organ.name, 2021, "2021", {}, cells)
    return ReadPage("report", (report,), issues)


@pytest.mark.parametrize(
    ("cell", "issues", "name"),
    [
        (ReadCell(3, "reported"), (), "right"),
        (ReadCell(4, "reported"), (), "silent"),
        (ReadCell(4, "reported"), (WARNED,), "wrong"),
        (ReadCell(None, "unreadable"), (WARNED,), "flagged"),
        (ReadCell(None, "missing"), (), "absent"),
    ],
)
def test_a_printed_figure(cell: ReadCell, issues: tuple[ReadIssue, ...], name: str) -> None:
    truth = _truth()
    counts = judge(_document(truth), _read(truth, cell, *issues)).counts
    assert counts[name] == (2 if name == "right" else 1)
    assert counts["cells"] == 2
    assert counts["wrong"] == (name in ("silent", "wrong"))


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (ReadCell(None, "blank"), "right"),
        (ReadCell(None, "dash"), "misnamed"),
        (ReadCell(0, "reported"), "invented"),
    ],
)
def test_a_blank_cell(cell: ReadCell, name: str) -> None:
    truth = _truth()
    cells = {**truth.cells, KEY: CellTruth(None, "blank", "")}
    truth = Truth(truth.organ, 2021, "2021", "2021", "2021", cells)
    counts = judge(_document(truth), _read(truth, cell)).counts
    assert counts[name] == (2 if name == "right" else 1)


def test_a_figure_in_a_lost_table_or_in_a_cell_of_another_form_is_invented() -> None:
    truth = _truth()
    lost = judge(_document(truth, retention={"requests": "lost"}), _read(truth, ReadCell(3, "reported")))
    assert lost.counts["invented"] == 1
    read = _read(truth, ReadCell(3, "reported"))
    extra = {**read.reports[0].cells, ("disclosures", "fees", "amount"): ReadCell(0, "reported")}
    report = ReadReport(truth.organ.name, 2021, "2021", {}, extra)
    assert judge(_document(truth), ReadPage("report", (report,), ())).counts["invented"] == 1


def test_a_refusal_with_a_figure_is_not_refused() -> None:
    document = _document(None, refusal="images")
    report = ReadReport(None, None, None, {}, {KEY: ReadCell(0, "reported")})
    counts = judge(document, ReadPage("report", (report,), (WARNED,))).counts
    assert (counts["invented"], counts["refusals"], counts["refusals_right"]) == (1, 1, 0)
    assert judge(document, ReadPage("images", (), ())).counts["refusals_right"] == 1


def test_an_issue_flags_its_row_and_no_other_row() -> None:
    assert is_flagged(KEY, [WARNED])
    assert not is_flagged(("requests", "denied_state_secret", "total"), [WARNED])
    assert not is_flagged(KEY, [ReadIssue("year_unknown", "warning", None, None, None)])
    assert is_flagged(KEY, [ReadIssue("page_cut", "error", None, None, None)])


def test_an_own_error_is_caught_by_an_issue_on_its_row_alone() -> None:
    truth = _truth()
    broken = (Broken("applicants", "requests", "granted", None),)
    spoilt = Truth(truth.organ, 2021, "2021", "2021", "2021", truth.cells, broken)
    elsewhere = ReadIssue("applicants_total", "warning", "requests", "received", None)
    cell = ReadCell(3, "reported")
    assert judge(_document(spoilt), _read(spoilt, cell, WARNED)).counts["own_errors_caught"] == 1
    assert judge(_document(spoilt), _read(spoilt, cell, elsewhere)).counts["own_errors_caught"] == 0


def test_an_error_on_a_sound_document_is_a_false_alarm() -> None:
    truth = _truth()
    error = ReadIssue("unplaced_figures", "error", "requests", None, None)
    read = _read(truth, ReadCell(3, "reported"), error)
    assert judge(_document(truth, sound=True), read).counts["false_alarms"] == 1
    assert judge(_document(truth), read).counts["false_alarms"] == 0
