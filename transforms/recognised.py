"""Figures that OCR recognised in pictures: believed only where the identities of their table confirm them.

A recognised figure is a claim. In table 三 each stands in two sums, its row's and its column's, and both must be
judged and hold; in table 四 in one. Table 二 has no sum, so nothing in it can be confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from transforms.findings import Issue, Severity
from transforms.numbers import MISSING, REPORTED, UNREADABLE
from transforms.readings import CellReading, Key, State, TableReading
from transforms.requests_table import BALANCE
from transforms.tables import Tables

OCR = "ocr"
TOTAL = "total"
Figures = Mapping[Key, int | float | None]
Sum = tuple[tuple[Key, ...], tuple[Key, ...]]
"""The places on both sides of an identity."""


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
    across = list(_totals_across(table.keys))
    believed = _in_sums(across, figures)
    if table.table == "requests":
        believed &= _in_sums(list(_totals_down(table.keys)), figures)
    return believed


def _in_sums(sums: Sequence[Sum], figures: Figures) -> set[Key]:
    held: set[Key] = set()
    broken: set[Key] = set()
    for left, right in sums:
        one, other = _sum(left, figures), _sum(right, figures)
        (held if one is not None and one == other else broken).update((*left, *right))
    return held - broken


def _sum(places: Sequence[Key], figures: Figures) -> float | None:
    values = [figures[place] for place in places]
    return None if any(value is None for value in values) else sum(value or 0 for value in values)


def _totals_across(keys: Sequence[Key]) -> Iterator[Sum]:
    """In each row, the parts add up to 总计."""
    for item in dict.fromkeys(item for item, _ in keys):
        row = tuple(key for key in keys if key[0] == item)
        yield tuple(key for key in row if key[1] != TOTAL), tuple(key for key in row if key[1] == TOTAL)


def _totals_down(keys: Sequence[Key]) -> Iterator[Sum]:
    """For each applicant, the outcomes add up to （七）总计, and 新收 + 结转 = 总计 + 结转下年."""
    for who in dict.fromkeys(who for _, who in keys):
        column = [key for key in keys if key[1] == who]
        yield tuple(key for key in column if key[0] not in BALANCE), (("outcome_total", who),)
        gained, spent = (
            tuple((item, who) for item, sign in BALANCE.items() if sign == side) for side in (1, -1)
        )
        yield gained, spent
