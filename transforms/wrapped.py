"""Figures that stand on two lines of a printed cell: one that the renderer broke, or two that the author set.

A narrow cell of a PDF breaks `82 70` where it broke, and a column as wide as 12 shows 12 over 34 just as it would show
1234. The page looks alike, so the identities of the table decide: the figure is one where a sum holds with it, does not
hold with one line of each in their stead, and no sum that it stands in is false with it. All else stays null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from extractors.document import WRAPPED
from transforms.numbers import BLANK, DASH, UNREADABLE
from transforms.readings import (
    UNREADABLE_CELL,
    CellReading,
    Key,
    TableReading,
    count_cell,
    state_of,
    unreadable_issues,
)
from transforms.sums import TOTAL, Figures, Sum, holds, sums_of
from transforms.tables import Tables

Pieces = tuple[int | float | None, ...]
"""What each line of a cell would be as a figure of its own."""


def unwrapped(tables: Tables) -> Tables:
    """The tables with the figures on two lines that their sums prove to be one; the others stay null."""
    disclosures, requests, challenges = (_unwrapped(table) for table in tables.all())
    return Tables(disclosures, requests, challenges, tables.template)


def _unwrapped(table: TableReading) -> TableReading:
    cells = dict(zip(table.keys, table.cells, strict=True))
    wrapped = {key: cell.raw for key, cell in cells.items() if cell.raw is not None and WRAPPED in cell.raw}
    if not wrapped:
        return table
    whole = {key: count_cell(raw.replace(WRAPPED, "")) for key, raw in wrapped.items()}
    pieces = {
        key: tuple(count_cell(piece).value for piece in raw.split(WRAPPED)) for key, raw in wrapped.items()
    }
    figures = {key: cell.value for key, cell in (cells | whole).items()}
    blanks = {key for key, cell in cells.items() if cell.status in (BLANK, DASH) and key[1] != TOTAL}
    proven = _proven(sums_of(table.table, table.keys), figures, pieces, blanks)
    for key, raw in wrapped.items():
        left = CellReading(None, UNREADABLE, raw.replace(WRAPPED, "\n"))
        cells[key] = whole[key] if key in proven else left
    read = [cells[key] for key in table.keys]
    issues = [issue for issue in table.issues if issue.check != UNREADABLE_CELL]
    issues += unreadable_issues(table.table, table.keys, read)
    state = state_of(read, inferred=True) if proven and table.state == "partial" else table.state
    return TableReading(table.table, state, table.template, table.keys, read, issues)


def _proven(
    sums: Sequence[Sum], figures: Figures, pieces: Mapping[Key, Pieces], blanks: Iterable[Key]
) -> set[Key]:
    """The places on two lines whose figure is one. A figure that is proven helps to prove the next.

    In a proof the places of `blanks` add nothing. A sum over them that does not hold is not false: they are no zero.
    """
    of_place = {key: [identity for identity in sums if key in (*identity[0], *identity[1])] for key in pieces}
    doubted = {
        key
        for key in pieces
        if figures[key] is not None
        and all(holds(identity, figures) is not False for identity in of_place[key])
    }
    filled = {**figures, **dict.fromkeys(blanks, 0)}
    unproven = dict(pieces)
    while found := [
        key
        for key in doubted & unproven.keys()
        if any(_proves(identity, filled, unproven) for identity in of_place[key])
    ]:
        for key in found:
            del unproven[key]
    return pieces.keys() - unproven.keys()


def _proves(identity: Sum, figures: Figures, unproven: Mapping[Key, Pieces]) -> bool:
    """Whether a sum holds with the figures as one, and with no line of the unproven ones in their stead."""
    if not holds(identity, figures):
        return False
    most = max(map(len, unproven.values()))
    lines = (
        {key: found[min(number, len(found) - 1)] for key, found in unproven.items()} for number in range(most)
    )
    return not any(holds(identity, {**figures, **line}) for line in lines)
