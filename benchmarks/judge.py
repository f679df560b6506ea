"""Compare what was read of one document with its truth, cell by cell.

Definitions, strict on purpose:

- a cell is *flagged* when an issue of severity error or warning names its table and neither another item nor
  another column, or when an issue of severity error names no table at all. A table's state flags nothing.
- *right*: the printed figure, or null with the status of what stands there (blank, dash, unreadable). In a
  table that the layout thinned, a blank may have any status.
- *flagged* (as a count): a printed figure read as null, with an issue. *absent*: the same without one.
- *wrong*: another figure than the printed one; *silent*: wrong and not flagged.
- *invented*: a figure where the document has none: a blank, another form's cell, a lost table, a refusal.
- *misnamed*: rightly null, under another status than is due.
- money whose unit stands nowhere is right as null with an issue, or as the bare figure with any issue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from opencc import OpenCC

from benchmarks.corpus.documents import CorpusDocument
from benchmarks.corpus.forms import Key
from benchmarks.corpus.truths import Broken, CellTruth, Truth

_TO_SIMPLIFIED = OpenCC("t2s")


@dataclass(frozen=True, slots=True)
class ReadCell:
    """A row of a facts frame: figure or None, and its status."""

    value: float | None
    status: str


@dataclass(frozen=True, slots=True)
class ReadIssue:
    """A row of the issues frame, codes only."""

    check: str
    severity: str
    table: str | None
    item: str | None
    column: str | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What the frames hold of one report."""

    agency_name: str | None
    year: int | None
    template: str | None
    states: Mapping[str, str]
    cells: Mapping[Key, ReadCell]


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What the frames hold of one document: its reports in order, and every issue."""

    outcome: str
    reports: tuple[ReadReport, ...]
    issues: tuple[ReadIssue, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of one document, and the cells that went wrong: (count's name, key or note, expected, got)."""

    name: str
    style: str
    group: str
    counts: Counter[str]
    faults: tuple[tuple[str, str, str, str], ...] = field(default=())


def judge(document: CorpusDocument, read: ReadPage) -> Verdict:
    """Judge one document."""
    ledger = _Ledger()
    ledger.counts["documents"] = 1
    if len(document.truths) == len(read.reports) and document.truths:
        for truth, report in zip(document.truths, read.reports, strict=True):
            _judge_report(ledger, document, truth, report, read.issues)
    elif document.refusal:
        _judge_refusal(ledger, document, read)
    else:
        empty = ReadReport(None, None, None, {}, {})
        _judge_report(ledger, document, document.truths[0], empty, read.issues)
        for report in read.reports:
            _count_invented(ledger, report, "one report expected")
    if document.sound:
        ledger.counts["sound"] = 1
        alarms = [issue for issue in read.issues if issue.severity == "error"]
        if alarms:
            ledger.fault("false_alarms", alarms[0].check, "sound", alarms[0].message[:80])
    return Verdict(document.name, document.style, document.group, ledger.counts, tuple(ledger.faults))


class _Ledger:
    """Counts, and faults worth showing."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.faults: list[tuple[str, str, str, str]] = []

    def fault(self, name: str, where: str, expected: object, got: object) -> None:
        self.counts[name] += 1
        self.faults.append((name, where, str(expected), str(got)))


def _judge_refusal(ledger: _Ledger, document: CorpusDocument, read: ReadPage) -> None:
    for report in read.reports:
        _count_invented(ledger, report, document.refusal or "")
    ledger.counts["refusals"] += 1
    loud = any(issue.severity in ("error", "warning") for issue in read.issues)
    if ledger.counts["invented"] == 0 and (loud or not read.reports):
        ledger.counts["refusals_right"] += 1
    else:
        ledger.faults.append(("not_refused", document.refusal or "", "refused", read.outcome))


def _count_invented(ledger: _Ledger, report: ReadReport, note: str) -> None:
    for key, cell in report.cells.items():
        if cell.value is not None:
            ledger.fault("invented", "/".join(key), note, cell.value)


def _judge_report(
    ledger: _Ledger, document: CorpusDocument, truth: Truth, report: ReadReport, issues: Sequence[ReadIssue]
) -> None:
    for key, cell in truth.cells.items():
        retention = document.retention.get(key[0], "kept")
        name = _judge_cell(key, cell, retention, report.cells.get(key), issues)
        ledger.counts["cells"] += 1
        if retention == "kept":
            ledger.counts["kept_cells"] += 1
            ledger.counts["kept_right"] += name == "right"
        elif name == "absent":
            ledger.counts["thinned_unflagged"] += 1
        if name == "right":
            ledger.counts["right"] += 1
        else:
            got = report.cells.get(key)
            ledger.fault(name, "/".join(key), f"{cell.value} {cell.status} {cell.printed!r}", got)
            ledger.counts["wrong"] += name == "silent"
    for key, got in report.cells.items():
        if key not in truth.cells and got.value is not None:
            ledger.fault("invented", "/".join(key), "not on this form", got.value)
    _judge_facts(ledger, document, truth, report)
    for broken in truth.broken:
        if document.retention.get(broken.table, "kept") != "kept":
            continue
        ledger.counts["own_errors"] += 1
        if any(_names(issue, broken) for issue in issues):
            ledger.counts["own_errors_caught"] += 1
        else:
            where = f"{broken.table}/{broken.item}/{broken.column}"
            ledger.faults.append(("own_error_missed", where, broken.identity, "no issue"))


def _judge_cell(
    key: Key, truth: CellTruth, retention: str, got: ReadCell | None, issues: Sequence[ReadIssue]
) -> str:
    value = None if got is None else got.value
    status = "missing" if got is None else got.status
    if value is None and truth.value is None:
        return "right" if status == truth.status or retention != "kept" else "misnamed"
    if value is None:
        return ("flagged" if truth.unit_known else "right") if is_flagged(key, issues) else "absent"
    if truth.value is None or retention == "lost":
        return "invented"
    if abs(value - truth.value) > 1e-9:
        return "wrong" if is_flagged(key, issues) else "silent"
    if not truth.unit_known and not is_flagged(key, issues, ("error", "warning", "info")):
        return "silent"
    return "right"


def is_flagged(
    key: Key, issues: Sequence[ReadIssue], severities: Sequence[str] = ("error", "warning")
) -> bool:
    """Whether an issue speaks of this cell, its row, column or table, or (errors alone) of the whole page."""
    table, item, column = key
    return any(
        issue.severity in severities
        and (
            (issue.table is None and issue.severity == "error")
            or (issue.table == table and issue.item in (None, item) and issue.column in (None, column))
        )
        for issue in issues
    )


def _names(issue: ReadIssue, broken: Broken) -> bool:
    return (
        issue.severity in ("error", "warning")
        and issue.table == broken.table
        and broken.item in (None, issue.item)
        and broken.column in (None, issue.column)
    )


def _judge_facts(ledger: _Ledger, document: CorpusDocument, truth: Truth, report: ReadReport) -> None:
    ledger.counts["reports"] += 1
    if report.year == truth.year:
        ledger.counts["year_right"] += 1
    else:
        ledger.faults.append(("year_wrong", "", str(truth.year), str(report.year)))
    if document.retention.get("disclosures") != "lost" and document.retention.get("requests") != "lost":
        ledger.counts["forms"] += 1
        if report.template == truth.form:
            ledger.counts["form_right"] += 1
        else:
            ledger.faults.append(("form_wrong", "", truth.form, str(report.template)))
    if document.names_organ:
        ledger.counts["organs"] += 1
        if _TO_SIMPLIFIED.convert(report.agency_name or "") == _TO_SIMPLIFIED.convert(truth.organ.name):
            ledger.counts["organ_right"] += 1
        else:
            ledger.faults.append(("organ_wrong", "", truth.organ.name, str(report.agency_name)))
