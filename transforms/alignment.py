"""Rows set against the form: which row is which item, the damaged labels included, each item once.

Observed rows and the form's rows run in the same order. A label that the codebook does not know names an item
only if it stands exactly where that item is missing and shares most of its characters, and never without a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from transforms.codebook import Codebook
from transforms.findings import Issue, Table
from transforms.rows import TableRow

CLOSEST_DAMAGE = 0.6
SHORTEST_FRAGMENT = 4
"""Characters of a broken label that are enough to know it by, if it stands in its place."""


def identify_damaged(rows: list[TableRow], form: Sequence[str], codebook: Codebook) -> list[Issue]:
    """Give a code to each row with a damaged label whose place in the form leaves no doubt; tell of the others."""
    issues = []
    labels = {entry.code: codebook.key(entry.label_zh) for entry in codebook.entries if entry.code in form}
    for at, row in enumerate(rows):
        if row.code is not None or not row.has_figures:
            continue
        code = _missing_between(rows, at, form)
        if code is not None and row.label and _resembles(codebook.key(row.label), labels[code]):
            row.code = code
            message = f"{row.label!r} read as {code}: the only row missing at its place"
            issues.append(Issue("label_by_position", "warning", message, row.table, code, observed=row.label))
        else:
            issues.append(_unknown(row))
    return issues


def _missing_between(rows: list[TableRow], at: int, form: Sequence[str]) -> str | None:
    """The one item of the form between the neighbours of an unknown row, if one alone is unknown there."""
    before = next((row.code for row in reversed(rows[:at]) if row.code in form), None)
    after = next((row.code for row in rows[at + 1 :] if row.code in form), None)
    start = form.index(before) + 1 if before is not None else 0
    end = form.index(after) if after is not None else len(form)
    taken = {row.code for row in rows}
    absent = [code for code in form[start:end] if code not in taken]
    return absent[0] if len(absent) == 1 else None


def _resembles(word: str, label: str) -> bool:
    if len(word) >= SHORTEST_FRAGMENT and (label.startswith(word) or label.endswith(word)):
        return True
    return SequenceMatcher(None, word, label, autojunk=False).ratio() >= CLOSEST_DAMAGE


def _unknown(row: TableRow) -> Issue:
    figures = ", ".join(cell.text for cell in row.cells if cell.text.strip())
    if row.label:
        return Issue(
            "unknown_row", "info", f"a row that the form does not have: {row.label!r}", row.table,
            observed=f"{row.label}: {figures}"[:200],
        )  # fmt: skip
    return Issue(
        "unlabelled_row", "warning", f"a row without a label: {figures}", row.table, observed=figures[:200]
    )


def one_row_each(rows: list[TableRow], table: Table) -> tuple[dict[str, TableRow], set[str], list[Issue]]:
    """The row of each item; the items printed several times with different cells; a finding for each of these.

    A table that a page prints twice alike is one table. Where the copies differ, neither is believed.
    """
    chosen: dict[str, TableRow] = {}
    disputed: set[str] = set()
    for row in rows:
        if row.code is None:
            continue
        first = chosen.get(row.code)
        if first is None or (not first.has_figures and row.has_figures):
            chosen[row.code] = row
        elif row.has_figures and _printed(row) != _printed(first):
            disputed.add(row.code)
    issues = [
        Issue("row_twice", "error", f"{code} stands twice with different figures", table, code)
        for code in sorted(disputed)
    ]
    return chosen, disputed, issues


def _printed(row: TableRow) -> list[str]:
    return [cell.text.strip() for cell in row.cells if cell.text.strip()]
