"""Cells of a grid set against the heads above them, by the columns that both cover."""

from __future__ import annotations

from collections.abc import Sequence

from transforms.rows import HEADS, SUBTOTAL
from transforms.table_row import Header, TableRow
from transforms.tokens import Token


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


def without_remarks(row: TableRow, columns: int) -> list[Token]:
    """The cells of a grid's row but for those behind the form's columns, in a column for remarks (备注) or the like.

    Such a column has a head of its own, or stands behind heads whose spans tell where the form ends. All cells are the
    form's where the grid does not show all its heads, and none are where one of those left stands below no head, or
    one is printed before the first: heads or row have slipped.
    """
    heads = _column_heads(row)
    if len(heads) < columns or row.header is None:
        return row.cells
    unknown = [*row.header.above, *row.header.unknown()]
    others = [head for head in unknown if head.block == row.cells[0].block]
    end = max(head.column + head.span for head in heads)
    is_wider = len(row.cells) > columns
    has_spans = any(token.span > 1 for token, mark in row.header.words if mark is not None)

    def is_remark(cell: Token) -> bool:
        is_printed = is_wider and has_spans and cell.sense.kind != "empty"
        return cell.column >= end and (is_printed or any(_overlap(cell, head) for head in others))

    kept = [cell for cell in row.cells if not is_remark(cell)]
    begin = min(head.column for head in heads)
    if len(kept) < len(row.cells):
        has_slipped = any(is_below_no_head(cell, row) for cell in kept)
    else:
        has_slipped = is_wider and any(cell.sense.kind != "empty" and cell.column < begin for cell in kept)
    return [] if has_slipped else kept


def is_below_no_head(cell: Token, row: TableRow) -> bool:
    """Whether the form's heads stand in the cell's grid, and none of them above the cell."""
    heads = _column_heads(row)
    return bool(heads) and not any(_overlap(cell, head) for head in heads)


def shares_a_head(row: TableRow, columns: int, cells: Sequence[Token]) -> bool:
    """Whether among more cells of a row than the form has two stand below one head: last year's figure beside this.

    A figure beside a cell that is merely not merged with it stands there alone, and no words (上年, 本年) part the two.
    """
    if not row.gridded or len(cells) <= columns or row.header is None:
        return False
    unknown = [*row.header.above, *row.header.unknown()]
    for head in _column_heads(row):
        below = [cell for cell in cells if _overlap(cell, head)]
        printed = sum(cell.sense.kind != "empty" for cell in below)
        is_parted = any(word.block == head.block and _overlap(word, head) for word in unknown)
        if len(below) > 1 and head.span > 1 and (printed > 1 or is_parted):
            return True
    return False


def _column_heads(row: TableRow) -> list[Token]:
    """The known heads of columns above a row, in its own grid."""
    if row.header is None or not row.cells:
        return []
    kinds = HEADS[row.table], SUBTOTAL
    block = row.cells[0].block
    return [
        token
        for token, mark in row.header.words
        if mark is not None and mark.kind in kinds and token.block == block
    ]
