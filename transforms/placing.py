"""Which cell of a row stands in which column of the form, or null where the layout does not tell.

A row with as many filled cells as columns tells by itself. An empty cell counts as a cell only where that is
proven: by the grid it stands in, by a filled cell behind it in a row as wide as the table's complete rows, or by a
table in which no row is padded. (trafilatura 1.12 and 2.0 drop the blank cells inside a row and pad its end to
the table's width: "12, blank, 1" leaves as "12 | 1 | |", as wide as a complete row.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from extractors.document import EMPTY_CELL
from transforms.rows import Header, TableRow
from transforms.tokens import Token

Mask = tuple[int, ...]
"""The numbers of a row's pieces that are cells of the form."""


Width = tuple[bool, int, int, int]
"""What makes rows comparable: grid or not, columns of the form, depth of the label, pieces behind it."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What complete rows teach: where cells stand in rows of a width, and whether a last blank is a cell."""

    masks: Mapping[Width, Mask | None]
    keeps_blanks: bool


def filled(cells: Sequence[Token]) -> list[Token]:
    """The cells in which anything is printed."""
    return [cell for cell in cells if cell.sense.kind != "empty"]


def calibrate(rows: Iterable[tuple[TableRow, int, int]]) -> Calibration:
    """Learn from rows, each with its number of columns and its depth: 0 where the label spans most columns.

    A row whose label spans columns is the one that a padding tool pads: only when such rows end with their
    last figure, and blanks are seen between figures, is it known that blanks are kept and nothing is padded.
    """
    masks: dict[Width, Mask | None] = {}
    padded = unpadded_span = blank_between = False
    for row, columns, depth in rows:
        mask = tuple(at for at, cell in enumerate(row.cells) if cell.sense.kind != "empty")
        if not mask:
            continue
        loose = not row.gridded
        blank_between = blank_between or (loose and mask[-1] == len(row.cells) - 1 == columns - 1 > len(mask) - 1)
        if len(mask) != columns:
            continue
        width = (row.gridded, columns, depth, len(row.cells))
        masks[width] = mask if masks.get(width, mask) == mask else None
        padded = padded or (loose and mask[-1] != len(row.cells) - 1)
        unpadded_span = unpadded_span or (loose and depth == 0 and len(row.cells) == columns)
    return Calibration(masks, keeps_blanks=unpadded_span and blank_between and not padded)


def place(row: TableRow, columns: int, depth: int, calibration: Calibration) -> list[Token] | None:
    """The row's cells in column order, `columns` of them, or None where several placings are possible."""
    cells = row.cells
    printed = filled(cells)
    if len(printed) == columns:
        return printed
    mask = calibration.masks.get((row.gridded, columns, depth, len(cells)))
    if len(cells) == columns:
        mask = tuple(range(columns))
    if mask is None or len(printed) > columns:
        return None
    chosen = [cells[at] for at in mask]
    if len(filled(chosen)) != len(printed):
        return None
    trailing = mask[-1] != len(cells) - 1
    return chosen if _is_proven(row, chosen[-1], trailing, calibration) else None


def _is_proven(row: TableRow, last: Token, trailing: bool, calibration: Calibration) -> bool:
    if last.sense.kind != "empty":
        return True
    if row.gridded:
        return not trailing
    return last.text == EMPTY_CELL or calibration.keeps_blanks


def place_under(header: Header, leaves: Sequence[Token], row: TableRow) -> list[Token] | None:
    """The row's cells by the columns that their grid gives them, one under each head of `leaves`.

    None where head and row are of different grids, a filled cell lies under several heads or under none, or
    a head has no cell or several under it.
    """
    if not row.gridded or not leaves or any(leaf.line < 0 for leaf in leaves):
        return None
    if {leaf.block for leaf in leaves} != {cell.block for cell in row.cells}:
        return None
    known = {(token.column, token.span) for token, _ in header.words}
    placed: list[list[Token]] = [[] for _ in leaves]
    for cell in row.cells:
        over = [at for at, leaf in enumerate(leaves) if _overlap(cell, leaf)]
        if cell.sense.kind != "empty" and len(over) != 1:
            # A column with a head of its own, such as a subtotal's, is known and left out.
            if over or (cell.column, cell.span) not in known:
                return None
            continue
        for at in over:
            placed[at].append(cell)
    if any(len(cells) != 1 for cells in placed):
        return None
    return [cells[0] for cells in placed]


def _overlap(cell: Token, leaf: Token) -> bool:
    return cell.column < leaf.column + leaf.span and leaf.column < cell.column + cell.span
