"""A printed page, whoever saw it (a PDF's text layer, or OCR): glyphs and ruling lines with their places.

From these come blocks in reading order: ruled tables as Grids, aligned columns as a text tool would leave
them, running text as Paragraphs with its lines joined again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, groupby, pairwise, takewhile
from statistics import median
from typing import NamedTuple

from extractors.document import WRAPPED, Block, Cell, Grid, Paragraph
from extractors.grids import grid_of
from extractors.page_breaks import joined
from extractors.text import text_blocks

PROSE_LENGTH = 500
"""A cell longer than this holds the page's prose, and its lines are a frame around it."""
_MARGIN = 0.1
"""Share of a page's height at its top and bottom where a lone number is the page's own."""
_PAGE_NUMBER = re.compile(
    r"[-—–－·\s]*(?:第\s*)?[0-9０-９]{1,3}\s*(?:页|/\s*\d{1,3})?(?:[,，\s]*共\s*\d{1,3}\s*页)?[-—–－·\s]*"
)
_GAP = 0.28
"""White space wider than this share of the type size is a space."""
_COLUMN_GAP = 1.6
"""White space wider than so many type sizes parts columns."""
_ASCII = re.compile(r"[!-~]")
_ENDS_IN_DIGIT, _BEGINS_WITH_DIGIT = re.compile("[0-9.,０-９．，]$"), re.compile("[0-9.,０-９．，]")
_SPACE = 0.5
"""A space within a cell, and what its measured room may be too large by, in type sizes."""


class Box(NamedTuple):
    """A rectangle in points, from the page's top left corner."""

    x0: float
    top: float
    x1: float
    bottom: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies within."""
        return self.x0 <= x <= self.x1 and self.top <= y <= self.bottom


class Glyph(NamedTuple):
    """A piece of text with its box: a character of a PDF, a run of characters of OCR."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float

    @property
    def size(self) -> float:
        """The height of the type."""
        return self.bottom - self.top

    @property
    def middle(self) -> tuple[float, float]:
        """The point in the middle of the box."""
        return (self.x0 + self.x1) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """What one page shows. `cells` are the boxes that ruling lines enclose, grouped by table."""

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    tables: tuple[tuple[Box, ...], ...]


class _Line(NamedTuple):
    glyphs: tuple[Glyph, ...]
    x0: float
    x1: float
    top: float
    bottom: float

    @property
    def size(self) -> float:
        return median(glyph.size for glyph in self.glyphs)


def blocks_of(pages: Sequence[PrintedPage]) -> tuple[Block, ...]:
    """The blocks of all pages in reading order; a table that goes on over a page break stays one Grid."""
    blocks: list[Block] = []
    borders: tuple[float, ...] = ()
    for page in pages:
        found = _page_blocks(page)
        above, (below, beneath) = (blocks[-1], found[0]) if found and blocks else (None, (None, ()))
        columns = _columns_of_both(borders, beneath)
        if columns and isinstance(above, Grid) and isinstance(below, Grid):
            upper, lower = _within(above, borders, columns), _within(below, beneath, columns)
            blocks.pop()
            found[0] = (joined(upper, lower), columns)
        blocks.extend(block for block, _ in found)
        borders = found[-1][1] if found else borders
    return tuple(blocks)


def _page_blocks(page: PrintedPage) -> list[tuple[Block, tuple[float, ...]]]:
    """The blocks of a page, each with its column borders; text has none."""
    grids: list[tuple[float, Grid, tuple[float, ...]]] = []
    inside: list[Box] = []
    for boxes in page.tables:
        grid, ruled = _grid(boxes, page.glyphs)
        around = _around(boxes)
        if _is_frame(grid):
            continue
        grids.append((around.top, grid, tuple(ruled)))
        inside.append(around)
    loose = [glyph for glyph in page.glyphs if not any(box.holds(*glyph.middle) for box in inside)]
    lines = [line for line in _lines(loose) if not _is_page_number(line, page)]
    edges = [(line.x0, line.x1) for line in lines] + [(box.x0, box.x1) for box in inside]
    margins = min((left for left, _ in edges), default=0.0), max((right for _, right in edges), default=0.0)
    blocks: list[tuple[Block, tuple[float, ...]]] = []
    for top, grid, columns in sorted(grids, key=lambda found: found[0]):
        above = [line for line in lines if line.top < top]
        lines = lines[len(above) :]
        blocks.extend((block, ()) for block in _text_blocks(above, margins))
        blocks.append((grid, columns))
    blocks.extend((block, ()) for block in _text_blocks(lines, margins))
    return blocks


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.x0 for box in boxes),
        min(box.top for box in boxes),
        max(box.x1 for box in boxes),
        max(box.bottom for box in boxes),
    )


def _is_frame(grid: Grid) -> bool:
    """Whether lines only stand around prose: a text box, the border of a page."""
    cells = [cell for row in grid.rows for cell in row]
    return len(cells) < 2 or any(len(cell.text) > PROSE_LENGTH for cell in cells)


# Ruled tables


def _grid(boxes: Sequence[Box], glyphs: Sequence[Glyph]) -> tuple[Grid, list[float]]:
    """The grid of a table's cells, and its column borders."""
    columns = _borders(edge for box in boxes for edge in (box.x0, box.x1))
    rows = _borders(edge for box in boxes for edge in (box.top, box.bottom))
    around = _around(boxes)
    within = [glyph for glyph in glyphs if around.holds(*glyph.middle)]
    boxes = [box for box in boxes if not _is_around_others(box, boxes, within)]
    printed = {box: _lines(glyph for glyph in within if box.holds(*glyph.middle)) for box in boxes}
    padding = _padding(printed)
    placed: list[list[Cell]] = [[] for _ in rows[:-1]]
    for box in sorted(boxes, key=lambda box: (box.top, box.x0)):
        left, right = _nearest(columns, box.x0), _nearest(columns, box.x1)
        top, bottom = _nearest(rows, box.top), _nearest(rows, box.bottom)
        if left == right or top == bottom:
            continue
        text = _cell_text(printed[box], box.x1 - box.x0 - 2 * padding)
        placed[top].append(Cell(text, top, left, bottom - top, right - left))
    ordered = tuple(tuple(sorted(row, key=lambda cell: cell.column)) for row in placed)
    return grid_of(ordered, len(columns) - 1), columns


def _is_around_others(box: Box, boxes: Sequence[Box], glyphs: Sequence[Glyph]) -> bool:
    """Whether lines that enclose a box are those of the cells in it: it prints nothing that is not theirs."""
    inner = [other for other in boxes if other is not box and box.holds(*other[:2]) and box.holds(*other[2:])]
    return bool(inner) and all(
        any(other.holds(*glyph.middle) for other in inner) for glyph in glyphs if box.holds(*glyph.middle)
    )


def _padding(printed: Mapping[Box, Sequence[_Line]]) -> float:
    """The white space that the table leaves between a cell's border and its text."""
    gaps = [min(line.x0 - box.x0, box.x1 - line.x1) for box, lines in printed.items() for line in lines]
    return max(min(gaps, default=0.0), 0.0)


_SAME_BORDER = 3.0
"""Points within which two edges are one ruling line."""


def _borders(edges: Iterable[float]) -> list[float]:
    found: list[float] = []
    for edge in sorted(edges):
        if not found or edge - found[-1] > _SAME_BORDER:
            found.append(edge)
    return found


def _nearest(borders: Sequence[float], edge: float) -> int:
    return min(range(len(borders)), key=lambda number: abs(borders[number] - edge))


def _cell_text(lines: Sequence[_Line], room: float) -> str:
    """The text of a cell's lines. A line break stays where the next character would have had room in the line, and
    between digits in any case: two figures that fill the cell look like one that is broken."""
    text = ""
    before: _Line | None = None
    for line in lines:
        below = _line_text(line)
        if before is not None:
            text += _break_between(before, line, room, between_digits=_parts_digits(text, below))
        text += below
        before = line
    return text


def _parts_digits(above: str, below: str) -> bool:
    return _ENDS_IN_DIGIT.search(above) is not None and _BEGINS_WITH_DIGIT.match(below) is not None


def _break_between(above: _Line, below: _Line, room: float, *, between_digits: bool) -> str:
    """What the break between two lines of a cell becomes: nothing, a line break, or `WRAPPED`."""
    free = room - (above.x1 - above.x0)
    printed = list(dropwhile(lambda glyph: glyph.text.isspace(), below.glyphs))
    if between_digits:
        word = list(takewhile(lambda glyph: not glyph.text.isspace(), printed))
        return WRAPPED if word[-1].x1 - word[0].x0 + _SPACE * above.size > free else "\n"
    first = printed[0]
    return "" if (first.x1 - first.x0) / len(first.text) > free else "\n"


def _columns_of_both(above: Sequence[float], below: Sequence[float]) -> tuple[float, ...]:
    """The column borders of a table that two pages show parts of; none where they show two tables.

    A part has no border where all of its cells span it: then the other part's borders hold all of its own.
    """
    finer, coarser = (tuple(above), below) if len(above) >= len(below) else (tuple(below), above)
    if len(coarser) < _FEWEST_BORDERS:
        return ()
    outer = abs(finer[0] - coarser[0]) <= _SAME_BORDER and abs(finer[-1] - coarser[-1]) <= _SAME_BORDER
    shared = all(abs(finer[_nearest(finer, edge)] - edge) <= _SAME_BORDER for edge in coarser)
    return finer if outer and shared else ()


_FEWEST_BORDERS = 3


def _within(grid: Grid, borders: Sequence[float], columns: Sequence[float]) -> Grid:
    """A grid with its cells placed by other column borders, among which its own are."""
    if len(borders) == len(columns):
        return grid
    place = [_nearest(columns, edge) for edge in borders]

    def placed(cell: Cell) -> Cell:
        start, end = place[cell.column], place[cell.column + cell.column_span]
        return cell._replace(column=start, column_span=end - start)

    return grid_of([[placed(cell) for cell in row] for row in grid.rows], len(columns) - 1)


# Lines of text


def _lines(glyphs: Iterable[Glyph]) -> list[_Line]:
    """Glyphs as lines from top to bottom; what stands on the same height is one line."""
    lines: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: ((glyph.top + glyph.bottom) / 2, glyph.x0)):
        middle = (glyph.top + glyph.bottom) / 2
        for line in lines[:-4:-1]:
            first = line[0]
            if abs((first.top + first.bottom) / 2 - middle) <= max(first.size, glyph.size) * 0.4:
                line.append(glyph)
                break
        else:
            lines.append([glyph])
    made = []
    for line in lines:
        line.sort(key=lambda glyph: glyph.x0)
        printed = [glyph for glyph in line if not glyph.text.isspace()]
        if printed:
            made.append(
                _Line(
                    tuple(line),
                    printed[0].x0,
                    max(glyph.x1 for glyph in printed),
                    min(glyph.top for glyph in printed),
                    max(glyph.bottom for glyph in printed),
                )
            )
    return sorted(made, key=lambda line: line.top)


def _line_text(line: _Line) -> str:
    parts: list[str] = []
    before: Glyph | None = None
    for glyph in line.glyphs:
        if before is not None and glyph.x0 - before.x1 > _GAP * max(before.size, glyph.size):
            parts.append(" ")
        parts.append(glyph.text)
        before = glyph
    return " ".join("".join(parts).split())


def _is_page_number(line: _Line, page: PrintedPage) -> bool:
    margin = _MARGIN * page.height
    at_edge = line.bottom < margin or line.top > page.height - margin
    return at_edge and _PAGE_NUMBER.fullmatch(_line_text(line)) is not None


def _pieces(line: _Line) -> list[tuple[float, str]]:
    """The texts of a line that wide gaps part, each with the place where it begins."""
    printed = [glyph for glyph in line.glyphs if not glyph.text.isspace()]
    pieces: list[list[Glyph]] = [[printed[0]]]
    for before, glyph in pairwise(printed):
        if glyph.x0 - before.x1 > _COLUMN_GAP * max(before.size, glyph.size):
            pieces.append([])
        pieces[-1].append(glyph)
    made = (_Line(tuple(piece), piece[0].x0, piece[-1].x1, line.top, line.bottom) for piece in pieces)
    return [(piece.x0, _line_text(piece)) for piece in made]


def _text_blocks(lines: Sequence[_Line], margins: tuple[float, float]) -> Iterator[Block]:
    for columned, run in groupby(_runs(lines), key=lambda found: found[1]):
        found = [line for line, _ in run]
        if columned:
            yield from text_blocks(_columns_as_text(found))
        else:
            yield from _paragraphs(found, margins)


_FEWEST_ROWS = 3


def _runs(lines: Sequence[_Line]) -> Iterator[tuple[_Line, bool]]:
    """Each line with whether it stands among rows of columns: three lines of several pieces make such."""
    columned = [len(_pieces(line)) > 1 for line in lines]
    enough = sum(columned) >= _FEWEST_ROWS
    last = max((number for number, several in enumerate(columned) if several), default=-1)
    first = columned.index(True) if enough else len(lines)
    for number, line in enumerate(lines):
        near = any(columned[max(number - 2, 0) : number + 3])
        yield line, enough and first <= number <= last and near


def _columns_as_text(lines: Sequence[_Line]) -> list[str]:
    """Lines as a text tool lays them out: spaces stand for the distance, a Chinese character two wide."""
    size = median(line.size for line in lines)
    left = min(line.x0 for line in lines)
    written = []
    for line in lines:
        text, width = "", 0
        for x0, piece in _pieces(line):
            start = max(round((x0 - left) / size * 2), width + 2 if text else 0)
            text += " " * (start - width) + piece
            width = start + sum(
                1 if _ASCII.fullmatch(character) or character == " " else 2 for character in piece
            )
        written.append(text)
    return written


def _paragraphs(lines: Sequence[_Line], margins: tuple[float, float]) -> Iterator[Paragraph]:
    """Running text: a line that reaches the right margin goes on in the next, unless that is indented."""
    left, right = margins
    text = ""
    before: _Line | None = None
    for line in lines:
        goes_on = (
            before is not None
            and right - before.x1 < 2 * before.size
            and line.x0 - left < line.size
            and abs(line.size - before.size) < 0.2 * line.size
            and line.top - before.bottom < 2 * line.size
        )
        if text and not goes_on:
            yield Paragraph(text)
            text = ""
        printed = _line_text(line)
        latin = text and _ASCII.fullmatch(text[-1]) and _ASCII.match(printed) and text[-1].isalpha()
        text += (" " if latin else "") + printed
        before = line
    if text:
        yield Paragraph(text)
