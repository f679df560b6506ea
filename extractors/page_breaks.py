"""Two parts of a table that a page break parts, as one: tall cells, and a row, may be cut by it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from extractors.document import Cell, Grid
from extractors.grids import grid_of

_NUMBERED = re.compile(r"\s*[（(]?[一二三四五六七八九十0-9０-９]+[）).．、]")
# What stands beside a figure is no word: its unit, 无, a change's direction.
_LETTER = re.compile(r"[^\W\d_万亿億元件条條个個项項宗起次份人部无無增加减減少]")
_DIGIT = re.compile(r"\d")
_FEWEST_CELLS = 3

Row = Sequence[Cell]
Place = tuple[int, int]
"""A cell's column and how many it spans."""


def joined(above: Grid, below: Grid) -> Grid:
    """Two parts of one table, of the same columns, as a single grid.

    A tall cell that the page break cuts shows its text on one side of it alone: the empty tall cell which heads the
    lower part under one that the upper part leaves open is its lower end, and no cell of its own. Where the break
    cuts a row, such a cell may show its text on both sides.
    """
    upper, lower = [list(row) for row in above.rows], [list(row) for row in below.rows]
    still_open = {
        _place(cell): (number, at)
        for number, row in enumerate(upper)
        for at, cell in enumerate(row)
        if cell.row_span > 1 and number + cell.row_span >= len(upper)
    }
    torn = _torn_row(upper[-1], lower[0], still_open.keys())
    for cell in tuple(lower[0]):
        opened = still_open.get(_place(cell))
        if opened is not None and cell.row_span > 1 and (torn is not None or not cell.text):
            number, at = opened
            begun = upper[number][at]
            more = cell.row_span - (torn is not None)
            upper[number][at] = begun._replace(text=begun.text + cell.text, row_span=begun.row_span + more)
            lower[0].remove(cell)
    if torn is not None:
        upper[-1], lower = torn, lower[1:]
    return grid_of((*upper, *lower), above.width)


def _place(cell: Cell) -> Place:
    return cell.column, cell.column_span


def _torn_row(above: Row, below: Row, still_open: Collection[Place]) -> list[Cell] | None:
    """The row that a page break cuts; None where the lower part begins with another.

    Its cells show what they hold on either side; a cell of figures that prints some on both holds more than one line,
    and keeps the break between them.
    """
    begun = {_place(cell) for cell in above}
    ends = {_place(cell): cell for cell in below}
    strangers = [cell for place, cell in ends.items() if place not in begun]
    if any(cell.text and (cell.row_span == 1 or _place(cell) not in still_open) for cell in strangers):
        return None
    pairs = [(cell, ends[_place(cell)]) for cell in above if _place(cell) in ends]
    if len(pairs) < _FEWEST_CELLS or not _goes_on(pairs):
        return None
    return [_whole(cell, ends.get(_place(cell))) for cell in above]


def _goes_on(pairs: Sequence[tuple[Cell, Cell]]) -> bool:
    """Whether a row goes on in the first row below a page break, by its label, the last of its cells with words.

    A numbered label goes on in words without a number. Under a whole label stands nothing, beside it more figures;
    in a row without a label, figures under figures.
    """
    worded = [at for at, (cell, end) in enumerate(pairs) if _is_worded(cell) or _is_worded(end)]
    label = max(worded, default=None)
    groups = pairs[: label or 0]
    if any(end.text and (end.row_span == 1 or _NUMBERED.match(end.text)) for _, end in groups):
        return False
    figures = pairs[0 if label is None else label + 1 :]
    more = any(_DIGIT.search(end.text) for _, end in figures)
    if label is None:
        return more and any(_DIGIT.search(cell.text) for cell, _ in figures)
    cell, rest = pairs[label]
    if not rest.text:
        return more and any(_DIGIT.search(cell.text) for cell, _ in figures)
    return _NUMBERED.match(cell.text) is not None and _NUMBERED.match(rest.text) is None


def _is_worded(cell: Cell) -> bool:
    return _LETTER.search(cell.text) is not None


def _whole(cell: Cell, end: Cell | None) -> Cell:
    if end is None:
        return cell
    both_figures = cell.text and end.text and not (_is_worded(cell) or _is_worded(end))
    text = f"{cell.text}\n{end.text}" if both_figures else cell.text + end.text
    return cell._replace(text=text, row_span=end.row_span)
