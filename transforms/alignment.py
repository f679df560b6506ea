"""Rows set against the form: which row is which item, the damaged labels included, each item once.

Observed rows and the form's rows run in the same order. A label that the codebook does not know names an item
only if it stands exactly where that item is missing and shares most of its characters, and never without a finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from transforms.codebook import Codebook
from transforms.codebook_files import compact
from transforms.findings import Issue, Table
from transforms.rows import OTHER_HANDLING, SHARED_ITEMS
from transforms.table_row import TableRow

CLOSEST_DAMAGE = 0.6
LEAST_LEAD = 0.1
"""By so much the likeness to one label must exceed that to the next."""
SHORTEST_BEGINNING = 2
"""Characters, numbering included, of a label that breaks off: （一 can only be （一）予以公开, if that is missing."""
SHORTEST_FRAGMENT = 4
"""Characters of a broken label that are enough to know it by, if it stands in its place."""


def identify_damaged(
    table: Table, rows: list[TableRow], form: Sequence[str], codebook: Codebook
) -> list[Issue]:
    """Give a code to each row with a damaged label whose place in the form leaves no doubt; tell of the others."""
    issues = []
    labels = {entry.code: entry.label_zh for entry in codebook.of(table, "item")}
    unknown = [at for at, row in enumerate(rows) if row.code is None and row.has_figures]
    named = {at: _named(rows, at, form, labels, codebook) for at in unknown}
    for at in unknown:
        row, code = rows[at], named[at]
        if code is not None and list(named.values()).count(code) == 1:
            row.code = code
            message = f"{row.label!r} read as {code}: missing at its place, and nothing else is like it"
            issues.append(Issue("label_by_position", "warning", message, row.table, code, observed=row.label))
        else:
            issues.append(_unknown(row))
    return issues


def _named(
    rows: list[TableRow], at: int, form: Sequence[str], labels: Mapping[str, str], codebook: Codebook
) -> str | None:
    """The item that an unknown label is most like among those missing at its place, if it is like it at all."""
    label = rows[at].label
    if not label:
        return None
    likeness = sorted(
        ((_likeness(label, labels[code], codebook), code) for code in _missing_at(rows, at, form)),
        reverse=True,
    )
    if not likeness or likeness[0][0] < CLOSEST_DAMAGE:
        return None
    if len(likeness) > 1 and likeness[0][0] - likeness[1][0] < LEAST_LEAD:
        return None
    return likeness[0][1]


def _missing_at(rows: list[TableRow], at: int, form: Sequence[str]) -> list[str]:
    """The items of the form between the neighbours of an unknown row that no row is known to be."""
    before = next((row.code for row in reversed(rows[:at]) if row.code in form), None)
    after = next((row.code for row in rows[at + 1 :] if row.code in form), None)
    start = form.index(before) + 1 if before is not None else 0
    end = form.index(after) if after is not None else len(form)
    taken = {row.code for row in rows if row.has_figures}
    return [code for code in form[start:end] if code not in taken]


def _likeness(label: str, official: str, codebook: Codebook) -> float:
    """From 0 to 1; 1 for a part of the official label that a break left, its numbering included."""
    if len(broken := compact(label)) >= SHORTEST_BEGINNING and compact(official).startswith(broken):
        return 1.0
    word, whole = codebook.key(label), codebook.key(official)
    if len(word) >= SHORTEST_FRAGMENT and (whole.startswith(word) or whole.endswith(word)):
        return 1.0
    return SequenceMatcher(None, word, whole, autojunk=False).ratio()


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

    A table that a page prints twice alike is one table. Where the copies differ, neither is believed, and
    where much of a table stands twice, not even the rows that happen to agree: they are two organs' tables.
    A row whose cells are all blank differs from one with figures: below this year's may stand last year's.
    """
    chosen: dict[str, TableRow] = {}
    repeated: set[str] = set()
    disputed: set[str] = set()
    for above, row in zip([None, *rows], rows, strict=False):
        if row.code is None:
            continue
        first = chosen.get(row.code)
        if first is None or (row.has_figures and _gives_way(first, row, adjacent=first is above)):
            chosen[row.code] = row
        elif row.has_figures:
            repeated.add(row.code)
            if _printed(row) != _printed(first):
                disputed.add(row.code)
    if disputed and len(repeated) >= MANY_ROWS:
        disputed = repeated
    issues = [
        Issue("row_twice", "error", f"{code} stands twice with different figures", table, code)
        for code in sorted(disputed)
    ]
    return chosen, disputed, issues


def _gives_way(first: TableRow, later: TableRow, *, adjacent: bool) -> bool:
    """Whether a row without figures is no copy of a later one: a heading, or the part of a label above a break.

    Such a label has no cells, or the rest of it stands right below. （六）其他处理 may head itself, and 总计
    without its number is a column's head.
    """
    if first.has_figures or not first.cells:
        return not first.has_figures
    is_same = compact(first.label) == compact(later.label)
    if adjacent:
        return not is_same or first.code == OTHER_HANDLING
    return not is_same and first.code in SHARED_ITEMS


MANY_ROWS = 4


def _printed(row: TableRow) -> list[str]:
    return [cell.text.strip() for cell in row.cells if cell.text.strip()]
