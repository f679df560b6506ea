"""Which cell of a row stands in which column of the form, or null where the layout does not tell.

A row with as many filled cells as columns tells by itself. An empty cell counts as a cell only where that is
proven: by the grid it stands in, by a filled cell behind it in a row as wide as the table's complete rows, or by a
table in which no row is padded. (trafilatura 1.12 and 2.0 drop the blank cells inside a row and pad its end to
the table's width: "12, blank, 1" leaves as "12 | 1 | |", as wide as a complete row.)
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from extractors.document import EMPTY_CELL
from transforms.geometry import DEEPEST, NOT_SEEN, HeadGaps, breaks_lines_between, labels_span, only_placing
from transforms.rows import DAMAGED_FIGURE
from transforms.table_row import TableRow
from transforms.tokens import Token
from transforms.under_heads import is_below_no_head, shares_a_head, without_remarks

Mask = tuple[int, ...]
"""The numbers of a row's pieces that are cells of the form."""


Width = tuple[bool, int, int, int]
"""What makes rows comparable: grid or not, columns of the form, depth of the label, pieces behind it."""


@dataclass(frozen=True, slots=True)
class GridShape:
    """A grid's columns: how many, and which print nothing in cells of their own, heads included."""

    width: int
    spacers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What complete rows teach: where cells stand in rows of a width, and whether blanks seem to stay.

    `seems_to` is what the blanks inside rows suggest of a last one, for a reader that can check it against the
    identities. It is never proof: a tool that keeps some blanks may drop others, and pad the row.
    """

    masks: Mapping[Width, Mask | None]
    seems_to: bool
    grids: Mapping[int, GridShape] = field(default_factory=dict)
    usual: Mapping[tuple[int, int, int], int] = field(default_factory=dict)
    """How many cells most rows of a grid have behind their label, by block, form's columns and depth."""
    unpadded: bool = False
    """Whether the streams pad no row: then every empty piece of theirs is a cell."""
    single: bool = False
    """Whether no cell of table 三 spans columns in the streams: then no empty piece stands for a spanned one."""
    padded_alike: bool = False
    """Whether the streams pad rows with what looks like a blank cell: then none at a row's end is proven to be one."""
    labels_span: bool = False
    """Whether an empty piece behind a label of the streams' table 三 may stand for a column that the label spans."""


def filled(cells: Sequence[Token]) -> list[Token]:
    """The cells in which anything is printed."""
    return [cell for cell in cells if cell.sense.kind != "empty"]


def grid_shapes(tokens: Sequence[Token]) -> dict[int, GridShape]:
    """The shape of each grid, by its block. Its width is where most of its rows end: some are longer by mistake."""
    empty: defaultdict[int, set[int]] = defaultdict(set)
    printed: defaultdict[int, set[int]] = defaultdict(set)
    ends: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for _, sense, block, line, column, span, *_ in tokens:
        if line >= 0:
            ends[block][line] = column + span
            if span == 1:
                (empty if sense.kind == "empty" else printed)[block].add(column)
    return {
        block: GridShape(
            Counter(lines.values()).most_common(1)[0][0], frozenset(empty[block] - printed[block])
        )
        for block, lines in ends.items()
    }


def calibrate(
    rows: Sequence[tuple[TableRow, int, int]], grids: Mapping[int, GridShape], heads: HeadGaps = NOT_SEEN
) -> Calibration:
    """Learn from rows, each with its number of columns and its depth: how many labels stand beside each other.

    A tool that pads rows pads those most whose labels span columns (depth 0). Where complete rows of all depths
    are equally wide, what one depth teaches holds at all. A row with an empty piece between its figures teaches
    only beside others of its kind: alone it may have lost a figure.
    """
    masks: dict[Width, Mask | None] = {}
    seen = Counter(_kind_of_row(row, columns) for row, columns, _ in rows)
    usual = _usual_widths(rows)
    spare: defaultdict[int, set[int]] = defaultdict(set)
    depths: defaultdict[int, set[int]] = defaultdict(set)
    for row, columns, depth in rows:
        mask = _printed_places(row)
        if not row.gridded and len(row.cells) == columns and mask and mask[-1] == columns - 1:
            # Blanks or not: a row that ends with its last figure and is as wide as the form has no padding.
            spare[columns].add(0)
            depths[columns].add(depth)
        gapped = bool(mask) and mask[-1] - mask[0] >= len(mask)
        if len(mask) != columns or (gapped and seen[_kind_of_row(row, columns)] < FEWEST_GAPPED):
            continue
        if row.gridded and len(row.cells) != usual.get((row.cells[0].block, columns, depth), len(row.cells)):
            continue
        for key in (depth, ANY_DEPTH):
            width = (row.gridded, columns, key, len(row.cells))
            masks[width] = mask if masks.get(width, mask) == mask else None
        if not row.gridded:
            spare[columns].add(len(row.cells) - columns)
            depths[columns].add(depth)
    uniform = {columns for columns, found in spare.items() if len(found) == 1 and {0, 2} <= depths[columns]}
    # In a grid labels of another depth span other columns: there a width says nothing about other depths.
    masks = {
        width: mask
        for width, mask in masks.items()
        if width[2] != ANY_DEPTH or (width[1] in uniform and not width[0])
    }
    kept, dropped = _blanks_seen(rows, masks)
    return Calibration(masks, kept and not dropped, grids, usual, *heads, labels_span(rows, heads))


def _printed_places(row: TableRow) -> Mask:
    return tuple([at for at, cell in enumerate(row.cells) if cell.sense.kind != "empty"])


def _usual_widths(rows: Sequence[tuple[TableRow, int, int]]) -> dict[tuple[int, int, int], int]:
    widths: defaultdict[tuple[int, int, int], Counter[int]] = defaultdict(Counter)
    for row, columns, depth in rows:
        if row.gridded and row.has_figures:
            widths[row.cells[0].block, columns, depth][len(row.cells)] += 1
    usual = {key: counted.most_common(1)[0] for key, counted in widths.items()}
    return {key: width for key, (width, rows_alike) in usual.items() if 2 * rows_alike > widths[key].total()}


def _kind_of_row(row: TableRow, columns: int) -> tuple[bool, int, int, Mask]:
    return row.gridded, columns, len(row.cells), _printed_places(row)


FEWEST_GAPPED = 3


def _blanks_seen(
    rows: Sequence[tuple[TableRow, int, int]], masks: Mapping[Width, Mask | None]
) -> tuple[bool, bool]:
    """Whether some row of a stream shows a blank cell, and whether some row is too short.

    A blank is shown where it stands before the last figure of a row, or is proven to be a cell by itself.
    """
    kept = dropped = False
    shortest: dict[tuple[int, int], int] = {}
    for (gridded, columns, depth, width), mask in masks.items():
        if not gridded and mask is not None:
            shortest[columns, depth] = min(width, shortest.get((columns, depth), width))
    for row, columns, depth in rows:
        if row.gridded:
            continue
        places = _printed_places(row)
        if not 0 < len(places) < columns:
            continue
        mask = masks.get((False, columns, depth, len(row.cells)))
        seen = mask is not None and set(places) <= set(mask) and places[-1] == mask[-1]
        kept = kept or seen or any(cell.text == EMPTY_CELL for cell in row.cells)
        dropped = dropped or len(row.cells) < shortest.get((columns, depth), 0)
    return kept, dropped


ANY_DEPTH = -1
"""Stands for all depths where complete rows are equally wide at each."""


class Trust(Enum):
    """How far a row's width may be trusted to tell which of its empty pieces are cells."""

    PROOF = "proof"
    BLANKS = "a last blank is believed on the word of the text's other blanks, to be checked"
    NO_SPARE = (
        "cells may span columns, each row in its own way: an empty piece too many may be a figure's own"
    )


def place(
    row: TableRow, columns: int, depth: int, calibration: Calibration, trust: Trust = Trust.PROOF
) -> list[Token] | None:
    """The row's cells in column order, `columns` of them, or None where several placings are possible."""
    if row.disputed or _borrows(row, columns):
        return None
    own = _own_cells(row, columns, calibration)
    if len(own) < len(row.cells):
        is_sound = fits_its_grid(row, calibration) and _is_usual(row, columns, depth, calibration)
        return own if len(own) == columns and is_sound else None
    printed = filled(row.cells)
    filled_up = trust is Trust.NO_SPARE and row.gridded and fits_its_grid(row, calibration)
    if len(printed) == columns and (filled_up or _is_whole(row, columns, depth, calibration)):
        return printed
    if breaks_lines_between(row):
        return None
    if _opens_with_span(row, columns, depth, calibration):
        told = None if row.cells[0].text == EMPTY_CELL else _all_proven(row, columns, calibration)
        is_short = len(row.cells) == columns
        return told if told or is_short else _told_by_rows_alike(row, columns, depth, calibration, trust)
    told = (
        _told_by_grid(row, columns, depth, calibration, trust)
        if row.gridded
        else _told_by_pieces(row, columns, calibration)
    )
    return told or _told_by_rows_alike(row, columns, depth, calibration, trust)


def _own_cells(row: TableRow, columns: int, calibration: Calibration) -> list[Token]:
    """A row's cells without remarks behind them; none where two of more than the form has stand below one head."""
    if not row.gridded or len(row.cells) < columns:
        return row.cells
    if shares_a_head(row, columns, _without_spacers(row, columns, calibration)):
        return []
    return without_remarks(row, columns)


def _opens_with_span(row: TableRow, columns: int, depth: int, calibration: Calibration) -> bool:
    """Whether a row of a stream begins with an empty piece that may stand for a column which the row's label spans.

    So it is where all rows of table 三 with such labels begin so, or a complete row has empty pieces before its first
    figure. Then such a piece is not proven to be a cell, nor is a row as wide as the form complete.
    """
    if row.gridded or not row.cells or row.cells[0].sense.kind != "empty":
        return False
    if row.table == "requests" and depth < DEEPEST and calibration.labels_span:
        return True
    return any(
        not gridded and form == columns and mask is not None and mask[0] > 0
        for (gridded, form, _, _), mask in calibration.masks.items()
    )


def _borrows(row: TableRow, columns: int) -> bool:
    """Whether a line of words may have been taken for one of the row's cells, and moved the others."""
    printed = filled(row.cells)
    words = [cell.text for cell in printed if cell.bare and cell.sense.kind != "figure"]
    if len(printed) < 2 or all(map(_PART_OF_FIGURE.match, words)):
        return False
    return not (row.table == "requests" and len(printed) == columns and _falls_short(printed))


def _falls_short(printed: Sequence[Token]) -> bool:
    """Whether the last of a row's figures is more than the sum of the others: then the words stand for a figure."""
    figures = [cell.sense.figure.number for cell in printed if cell.sense.kind == "figure"]
    numbers = [number for number in figures if number is not None]
    return printed[-1].sense.kind == "figure" and len(numbers) > 1 and sum(numbers[:-1]) < numbers[-1]


_PART_OF_FIGURE = re.compile(rf"[0０]|{DAMAGED_FIGURE.pattern}$")
"""No page's number begins so, nor a caption."""


def _told_by_grid(
    row: TableRow, columns: int, depth: int, calibration: Calibration, trust: Trust
) -> list[Token] | None:
    cells = _without_spacers(row, columns, calibration)
    if len(cells) == columns and _is_usual(row, columns, depth, calibration):
        return cells
    if trust is Trust.NO_SPARE and fits_its_grid(row, calibration):
        return only_placing(row, columns)
    return None


def _told_by_pieces(row: TableRow, columns: int, calibration: Calibration) -> list[Token] | None:
    """The cells of a row whose empty pieces are proven to be cells, each by itself or by where it stands."""
    if calibration.unpadded and len(row.cells) == columns:
        return row.cells
    proven = _all_proven(row, columns, calibration)
    if proven is not None or not calibration.single or not row.label or not row.has_figures:
        return proven
    # What opens a row stands before its label: all before the padding are cells.
    cells = _without_padding(row)
    ends_alike = calibration.padded_alike and cells[-1].text == EMPTY_CELL
    return cells if len(cells) == columns and not ends_alike else None


def _all_proven(row: TableRow, columns: int, calibration: Calibration) -> list[Token] | None:
    """The figures and the empty pieces that are proven to be cells, where these are all the form's."""
    proven = [cell for cell in _without_padding(row) if cell.sense.kind != "empty" or cell.text == EMPTY_CELL]
    ends_blank = bool(proven) and proven[-1].sense.kind == "empty"
    return proven if len(proven) == columns and not (calibration.padded_alike and ends_blank) else None


def _without_padding(row: TableRow) -> list[Token]:
    """A row's pieces up to the padding behind its last figure; a blank cell behind that is of the next row."""
    printed = _printed_places(row)
    end = printed[-1] + 1 if printed else len(row.cells)
    while end < len(row.cells) and row.cells[end].text == EMPTY_CELL:
        end += 1
    return row.cells[:end]


def _told_by_rows_alike(
    row: TableRow, columns: int, depth: int, calibration: Calibration, trust: Trust
) -> list[Token] | None:
    mask = _mask(row, columns, depth, calibration)
    if mask is None or (trust is Trust.NO_SPARE and len(row.cells) > columns):
        return None
    chosen = [row.cells[at] for at in mask]
    if len(filled(chosen)) != len(filled(row.cells)):
        return None
    trailing = mask[-1] != len(row.cells) - 1
    is_sure = trust is Trust.BLANKS or _is_proven(row, chosen[-1], trailing, calibration)
    return chosen if is_sure else None


def _is_whole(row: TableRow, columns: int, depth: int, calibration: Calibration) -> bool:
    """Whether the empty cells of a row with as many figures as columns are none of the form's.

    In a grid the row must be as wide as others; nowhere may an empty cell stand between figures, unless in a
    spacer column or in all rows of the kind.
    """
    if not _is_usual(row, columns, depth, calibration):
        return False
    places = _printed_places(row)
    if places[-1] - places[0] < columns:
        return True
    spacers = _spacers_of(row, calibration)
    between = row.cells[places[0] : places[-1]]
    if all(cell.sense.kind != "empty" or (row.gridded and cell.column in spacers) for cell in between):
        return True
    widths = ((row.gridded, columns, known, len(row.cells)) for known in (ANY_DEPTH, 0, 1, 2))
    return any(calibration.masks.get(width) == places for width in widths)


def _is_usual(row: TableRow, columns: int, depth: int, calibration: Calibration) -> bool:
    """Whether a row of a grid has as many cells as most rows of its kind, or is full without any blank.

    Another may have lost a cell, or gained one, anywhere: where rows end with a spacer, one that is as wide as
    the form has lost a figure's cell.
    """
    if not row.gridded:
        return True
    width = len(row.cells)
    usual = calibration.usual.get((row.cells[0].block, columns, depth), width)
    return width == usual or len(filled(row.cells)) == width == columns


def fits_its_grid(row: TableRow, calibration: Calibration) -> bool:
    """Whether a row ends where most rows of its grid end: another may have lost a cell, or gained one, anywhere."""
    last = row.cells[-1] if row.cells else None
    shape = calibration.grids.get(last.block) if last is not None else None
    return last is not None and (shape is None or last.column + last.span == shape.width)


def _spacers_of(row: TableRow, calibration: Calibration) -> frozenset[int]:
    """The spacer columns of a row's grid. Without its heads, a column that is blank in all rows is no spacer."""
    shape = calibration.grids.get(row.cells[0].block)
    heads = row.header.words if row.header is not None else ()
    if shape is None or not any(token.block == row.cells[0].block and token.line >= 0 for token, _ in heads):
        return frozenset()
    return shape.spacers


def _without_spacers(row: TableRow, columns: int, calibration: Calibration) -> list[Token]:
    """The cells of a row but for those in columns where nothing is ever printed, not even a head.

    In a row that is no wider than the form such a column may be a figure's that is blank in all rows, if it is below
    a head that spans others, too.
    """
    if not row.gridded or not row.cells:
        return row.cells
    spacers = _spacers_of(row, calibration)
    is_wider = len(row.cells) > columns
    return [
        cell
        for cell in row.cells
        if cell.column not in spacers or not (is_wider or is_below_no_head(cell, row))
    ]


def _mask(row: TableRow, columns: int, depth: int, calibration: Calibration) -> Mask | None:
    width = len(row.cells)
    if width == columns:
        return tuple(range(columns)) if not row.gridded else None
    own = calibration.masks.get((row.gridded, columns, depth, width))
    return own or calibration.masks.get((row.gridded, columns, ANY_DEPTH, width))


def _is_proven(row: TableRow, last: Token, trailing: bool, calibration: Calibration) -> bool:
    if last.sense.kind != "empty":
        return True
    if row.gridded:
        return not trailing
    return last.text == EMPTY_CELL and not calibration.padded_alike
