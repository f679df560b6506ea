"""Row spans and column spans resolved: which columns each printed cell covers."""

from __future__ import annotations

from collections.abc import Sequence

from extractors.document import Cell, Grid

Row = Sequence[tuple[str, int, int]]
"""A row's cells in document order, each as (text, row span, column span)."""


def build_grid(rows: Sequence[Row]) -> Grid:
    """The grid of a table's rows, each cell standing in the first free column (HTML, section 4.9.12).

    Rows keep their number even when they print nothing, so that row spans end where the page ends them.
    """
    covered: dict[int, int] = {}
    width = 0
    placed: list[tuple[Cell, ...]] = []
    for number, row in enumerate(rows):
        column = 0
        cells: list[Cell] = []
        spanned: dict[int, int] = {}
        for text, row_span, column_span in row:
            while column in covered:
                column += 1
            cells.append(Cell(text, number, column, row_span, column_span))
            if row_span > 1:
                spanned.update(dict.fromkeys(range(column, column + column_span), row_span))
            column += column_span
        width = max(width, column)
        placed.append(tuple(cells))
        if covered or spanned:
            width = max(width, max(covered, default=-1) + 1)
            covered = {taken: left - 1 for taken, left in {**covered, **spanned}.items() if left > 1}
    return Grid(tuple(placed), width)
