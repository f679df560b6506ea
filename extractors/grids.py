"""Row spans and column spans resolved: which columns each printed cell covers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count, islice

from extractors.document import Cell, Grid, Layout, Place

Row = Sequence[tuple[str, int, int]]
"""A row's cells in document order, each as (text, row span, column span)."""

Spans = Mapping[int, tuple[int, int]]
"""The row span and column span of the cells that declare any, by the cell's number in the table."""

LARGEST_SPAN = 100
"""No form has a hundred columns: a larger span is damage, and costs memory."""
PROSE_LENGTH = 500
"""A cell longer than this holds the page's prose, and its table is there for layout."""
_SPAN = re.compile(r"\s*(\d{1,4})")

KEPT_LAYOUTS = 1024
"""Pages of one content system share their tables' layout; so many are kept."""


@lru_cache(maxsize=1024)
def span_of(declared: str | None) -> int:
    """A span as HTML reads it: at least one, digits at the front count, all else is one."""
    if declared is None:
        return 1
    match = _SPAN.match(declared)
    return min(max(int(match[1]), 1), LARGEST_SPAN) if match else 1


def build_grid(rows: Sequence[Row]) -> Grid:
    """The grid of a table's rows, each cell standing in the first free column."""
    spans = dict(enumerate((row_span, column_span) for row in rows for _, row_span, column_span in row))
    return lay_out([[text for text, _, _ in row] for row in rows], spans)


def grid_of(rows: Sequence[Sequence[Cell]], width: int) -> Grid:
    """The grid of cells that know their places, row by row; a cell's own row number is that of its row."""
    places = tuple(tuple((cell.column, cell.row_span, cell.column_span) for cell in row) for row in rows)
    return Grid(tuple(tuple(cell.text for cell in row) for row in rows), _shared(places, width))


@lru_cache(maxsize=KEPT_LAYOUTS)
def _shared(places: tuple[tuple[Place, ...], ...], width: int) -> Layout:
    return Layout(places, width)


def lay_out(rows: Sequence[Sequence[str]], spans: Spans) -> Grid:
    """The grid of a table's texts, row by row; cells that `spans` does not name cover one slot.

    `spans` names cells in the order of the table.
    """
    declared = tuple([(number, span) for number, span in spans.items() if span != (1, 1)])
    return Grid(tuple(map(tuple, rows)), _layout(tuple(map(len, rows)), declared))


@lru_cache(maxsize=KEPT_LAYOUTS)
def _layout(lengths: tuple[int, ...], declared: tuple[tuple[int, tuple[int, int]], ...]) -> Layout:
    """Each cell in the first free column (HTML, section 4.9.12).

    Rows keep their number even when they print nothing, so that row spans end where the page ends them.
    """
    spans = dict(declared)
    covered: dict[int, int] = {}
    width = 0
    placed: list[tuple[Place, ...]] = []
    numbers = count()
    for length in lengths:
        column = 0
        places: list[Place] = []
        spanned: dict[int, int] = {}
        for number in islice(numbers, length):
            row_span, column_span = spans.get(number, (1, 1))
            while column in covered:
                column += 1
            places.append((column, row_span, column_span))
            if row_span > 1:
                spanned.update(dict.fromkeys(range(column, column + column_span), row_span))
            column += column_span
        width = max(width, column)
        placed.append(tuple(places))
        if covered or spanned:
            width = max(width, max(covered, default=-1) + 1)
            covered = {taken: left - 1 for taken, left in {**covered, **spanned}.items() if left > 1}
    return _shared(tuple(placed), width)
