"""Figures that OCR recognised in pictures: believed only where the identities of their table confirm them.

A recognised figure is a claim. In table 三 each stands in two sums, its row's and its column's, and both must be
judged and hold; in table 四 in one. Table 二 has no sum, so nothing in it can be confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence

from transforms.findings import Issue, Severity
from transforms.numbers import MISSING, REPORTED, UNREADABLE
from transforms.readings import CellReading, Key, State, TableReading
from transforms.sums import Figures, Sum, holds, totals_across, totals_down
from transforms.tables import Tables

OCR = "ocr"


def confirmed(tables: Tables) -> Tables:
    """The tables with every figure that no identity confirms taken back: null, unreadable, with an issue a table."""
    disclosures, requests, challenges = map(_confirmed, tables.all())
    return Tables(disclosures, requests, challenges, tables.template)


def _confirmed(table: TableReading) -> TableReading:
    figures = {key: cell.value for key, cell in zip(table.keys, table.cells, strict=True)}
    believed = _believed(table, figures)
    doubted = sum(figures[key] is not None and key not in believed for key in figures)
    cells = [
        _taken_back(cell) if cell.status == REPORTED and key not in believed else cell
        for key, cell in zip(table.keys, table.cells, strict=True)
    ]
    issues = list(table.issues)
    if any(cell.status != MISSING for cell in cells):
        message = f"read by OCR: {len(believed)} figures confirmed by their sums, {doubted} not and left out"
        severity: Severity = "error" if len(believed) < len(cells) else "info"
        issues.append(Issue(OCR, severity, message, table.table, observed=str(len(believed))))
    state: State = "partial" if doubted and table.state in ("exact", "inferred") else table.state
    return TableReading(table.table, state, table.template, table.keys, cells, issues)


def _taken_back(cell: CellReading) -> CellReading:
    return CellReading(None, UNREADABLE, cell.raw if cell.raw is not None else str(cell.value))


def _believed(table: TableReading, figures: Figures) -> set[Key]:
    """The places whose figures stand in nothing but sums that hold."""
    if table.table == "disclosures":
        return set()
    across = list(totals_across(table.keys))
    believed = _in_sums(across, figures)
    if table.table == "requests":
        believed &= _in_sums(list(totals_down(table.keys)), figures)
    return believed


def _in_sums(sums: Sequence[Sum], figures: Figures) -> set[Key]:
    held: set[Key] = set()
    broken: set[Key] = set()
    for left, right in sums:
        (held if holds((left, right), figures) else broken).update((*left, *right))
    return held - broken
