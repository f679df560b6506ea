"""Headers that a table repeats within its row spans: they stand further right than the first, and the rows below them
further left, for the spans were counted without them."""

from __future__ import annotations

from collections.abc import Sequence

from extractors.document import Cell, Grid
from extractors.grids import build_grid, grid_of

_FEWEST_ROWS, _MOST_ROWS = 2, 5
_FEWEST_TEXTS = 2
_MOST_TITLES = 1

Rows = Sequence[Sequence[Cell]]


def without_slipped_header(grid: Grid) -> Grid:
    """The grid without the rows of such a header, its cells laid out again by their spans, up to the header's right
    edge: what filled the rows up to that of the repetition goes with it.

    The same grid where no header is repeated, where it stands in its place, or where the cells do not stand as their
    spans alone would have them, or print something beyond that edge: then something else moved them.
    """
    rows = grid.rows
    found = _repeated(rows)
    if found is None or not _slipped(rows, *found) or _laid_out(rows).layout.rows != grid.layout.rows:
        return grid
    first, start, height = found
    laid_out = _laid_out([*rows[:start], *rows[start + height :]]).rows
    header = laid_out[first : first + height]
    edge = max(cell.column + cell.column_span for row in header for _, cell in _printed(row))
    if any(cell.text.strip() for row in laid_out for cell in row if cell.column + cell.column_span > edge):
        return grid
    return grid_of(
        [[cell for cell in row if cell.column + cell.column_span <= edge] for row in laid_out], edge
    )


def _laid_out(rows: Rows) -> Grid:
    return build_grid([[(cell.text, cell.row_span, cell.column_span) for cell in row] for row in rows])


def _printed(row: Sequence[Cell]) -> list[tuple[str, Cell]]:
    """A row's texts, without white space: in other columns they break elsewhere."""
    return [("".join(cell.text.split()), cell) for cell in row if cell.text.strip()]


def _repeated(rows: Rows) -> tuple[int, int, int] | None:
    """Where the grid's header begins, under the table's title if that is a row; where it stands again; its height."""
    texts = [tuple(text for text, _ in _printed(row)) for row in rows]
    first = next((number for number, row in enumerate(texts) if len(row) >= _FEWEST_TEXTS), len(rows))
    if first > _MOST_TITLES:
        return None
    header = texts[first:]
    for start in range(_FEWEST_ROWS, len(header)):
        height = 0
        while (
            height < min(start, _MOST_ROWS, len(header) - start) and header[start + height] == header[height]
        ):
            height += 1
        if height >= _FEWEST_ROWS:
            return first, first + start, height
    return None


def _slipped(rows: Rows, first: int, start: int, height: int) -> bool:
    """Whether the repetition stands at other columns, and within the span of a cell that begins above it."""
    columns = [[cell.column for row in part for _, cell in _printed(row)] for part in (
        rows[first : first + height], rows[start : start + height]
    )]  # fmt: skip
    spanned = any(number + cell.row_span > start for number, row in enumerate(rows[:start]) for cell in row)
    return columns[0] != columns[1] and spanned
