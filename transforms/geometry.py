"""What heads and rows show of a table's geometry: whether rows are padded, and where cells that span columns begin."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from extractors.document import EMPTY_CELL
from transforms.table_row import TableRow
from transforms.tokens import Token

_HEAD_KINDS = frozenset({"clause", "header", "corner", "measure", "organizations", "applicant", "route"})
_SHORT_ROWS = frozenset({("disclosures", "clause"), ("requests", "header")})
"""What ends a row of one or two cells: 第二十条第（一）项, and 申请人情况 beside the corner."""
_FEWEST_PAIRS = 4
"""Kinds of organization whose heads stand side by side: 商业企业 to 其他 are five."""


class HeadGaps(NamedTuple):
    """What stands between the heads of a text: `unpadded` … `padded_alike` as in `placing.Calibration`."""

    unpadded: bool
    single: bool
    padded_alike: bool


DEEPEST = 2
"""The depth of a label that spans no column: two others stand before it."""

NOT_SEEN = HeadGaps(unpadded=False, single=False, padded_alike=False)
"""Of a text without heads: nothing is known."""


def head_gaps(tokens: Sequence[Token]) -> HeadGaps:
    """Look between the heads of the streams for empty pieces.

    A tool that pads rows to the width of their table pads those most that print least: where nothing stands behind
    第二十条第（一）项 or 申请人情况, no row is padded. One that spells out spanned columns does so in heads, too.
    """
    short = padded = has_group = spelt_out = padded_alike = False
    pairs = 0
    for token, following in pairwise(token for token in tokens if token.line < 0):
        marks = token.sense.marks
        if token.block != following.block or not any(mark.kind in _HEAD_KINDS for mark in marks):
            continue
        kinds = [mark.kind for mark in following.sense.marks]
        if any(mark.kind == "applicant" for mark in marks):
            pairs += "applicant" in kinds
            continue
        is_group = any(mark.kind == "organizations" for mark in marks)
        has_group = has_group or is_group
        if following.sense.kind == "empty":
            padded = True
            spelt_out = spelt_out or is_group
        if any((mark.table, mark.kind) in _SHORT_ROWS for mark in marks):
            is_repeated = following.sense.word == token.sense.word
            short, padded = True, padded or is_repeated
            is_blank = following.sense.kind == "empty" and following.text == EMPTY_CELL
            padded_alike = padded_alike or is_blank
    return HeadGaps(
        short and not padded, pairs >= _FEWEST_PAIRS and has_group and not spelt_out, padded_alike
    )


def labels_span(rows: Sequence[tuple[TableRow, int, int]], heads: HeadGaps) -> bool:
    """Whether all rows in the streams' table 三 begin with an empty piece for each column that their label spans.

    Where its heads show that no spanned column is spelt out, such pieces are blank cells.
    """
    opened = [
        [cell.sense.kind for cell in row.cells[: DEEPEST - depth]] == ["empty"] * (DEEPEST - depth)
        for row, _, depth in rows
        if row.table == "requests" and depth < DEEPEST and not row.gridded and row.has_figures
    ]
    return bool(opened) and all(opened) and not heads.single


def breaks_lines_between(row: TableRow) -> bool:
    """Whether line breaks part the row's figures and pipes stand beside them: such a pipe ends rows, or pads them."""
    if row.gridded or not any(cell.sense.kind == "empty" for cell in row.cells):
        return False
    return sum(cell.bare for cell in row.cells if cell.sense.kind != "empty") > 1


def only_placing(row: TableRow, columns: int) -> list[Token] | None:
    """The cells of a row of a spelt-out grid that has more of them than the form, if every geometry agrees.

    Such a grid prints an empty cell for each column that a cell spans beyond its first, so the row's cells begin
    at some of its columns, the first right behind the label where the heads show that labels span one column.
    None where two choices of these columns would put a figure in different places.
    """
    width = len(row.cells)
    if width <= columns or any(cell.span > 1 for cell in row.cells) or not _begins_behind_label(row):
        return None
    printed = [at for at, cell in enumerate(row.cells) if cell.sense.kind != "empty"]
    ranks = {
        tuple(begins.index(at) for at in printed)
        for rest in combinations(range(1, width), columns - 1)
        if set(printed) <= set(begins := (0, *rest))
    }
    blank = next((cell for cell in row.cells if cell.sense.kind == "empty"), None)
    if len(ranks) != 1 or blank is None:
        return None
    figures = dict(zip(ranks.pop(), (row.cells[at] for at in printed), strict=True))
    return [figures.get(rank, blank) for rank in range(columns)]


def _begins_behind_label(row: TableRow) -> bool:
    """Whether the heads of a row's grid stand right behind a label one column wide, as the row's cells do."""
    heads = [token for token, _ in row.header.words] if row.header is not None else []
    last = max((token.line for token in heads), default=-1)
    line = [token for token in heads if token.line == last]
    first = row.cells[0]
    return (
        len(line) > 1
        and line[0].block == first.block
        and line[0].span == 1
        and line[0].column + 1 == line[1].column == first.column
    )
