"""Two parts of a table that a page break parts, as one: tall cells, and a row, may be cut by it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.document import Cell, Grid
from extractors.grids import grid_of

_NUMBERED = re.compile(r"\s*[（(]?[一二三四五六七八九十0-9０-９]+[）).．、]")
_FEWEST_CELLS = 3

Row = Sequence[Cell]


def joined(above: Grid, below: Grid) -> Grid:
    """Two parts of one table, of the same columns, as a single grid.

    A tall cell that the page break cuts shows its text on one side of it alone: the empty tall cell which heads the
    lower part under one that the upper part leaves open is its lower end, and no cell of its own.
    """
    upper, lower = [list(row) for row in above.rows], [list(row) for row in below.rows]
    whole = _torn_row(upper[-1], lower[0])
    still_open = {
        (cell.column, cell.column_span): (number, at)
        for number, row in enumerate(upper)
        for at, cell in enumerate(row)
        if cell.row_span > 1 and number + cell.row_span >= len(upper)
    }
    for cell in tuple(lower[0]):
        place = still_open.get((cell.column, cell.column_span))
        if place is not None and cell.row_span > 1 and not cell.text:
            number, at = place
            begun = upper[number][at]
            more = cell.row_span - (whole is not None)
            upper[number][at] = begun._replace(row_span=begun.row_span + more)
            lower[0].remove(cell)
    if whole is not None:
        upper[-1], lower = whole, lower[1:]
    return grid_of((*upper, *lower), above.width)


def _torn_row(above: Row, below: Row) -> list[Cell] | None:
    """The row that a page break cuts between the lines of its label; None where the lower part begins with another.

    A numbered label goes on in a text without a number, and of every other cell one side alone prints something.
    """
    ends = {(cell.column, cell.column_span): cell for cell in below}
    begun = {(cell.column, cell.column_span) for cell in above}
    if any(cell.text for place, cell in ends.items() if place not in begun):
        return None
    pairs = [(cell, ends.get((cell.column, cell.column_span))) for cell in above]
    both = [(cell, end) for cell, end in pairs if end is not None and cell.text and end.text]
    if len(begun & set(ends)) < _FEWEST_CELLS or len(both) != 1:
        return None
    label, rest = both[0]
    if not _NUMBERED.match(label.text) or _NUMBERED.match(rest.text) or label.row_span > 1:
        return None
    return [cell if end is None else cell._replace(text=cell.text + end.text) for cell, end in pairs]
