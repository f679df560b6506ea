"""Plain text to a Document: what a text tool left of a page, its tables flattened into pipes, gaps or bare lines.

Nothing here knows a form. Lines become Paragraphs; where separators part cells, Streams. An empty piece between
two separators is an empty cell or mere padding, and only where the layout proves which is it said
(`EMPTY_CELL`). One layout keeps a table whole: rows of equal width in which spans are spelt out become Grids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from extractors.document import EMPTY_CELL, Block, Document, Grid, Paragraph, Stream
from extractors.grids import build_grid

_RULE = re.compile(r"[\s|:+\-=]*-{3,}[\s|:+\-=]*")
_GAP = re.compile(r" {2,}|\t|\u3000{2,}")
_EMPHASIS = re.compile(r"\*\*([^*|]*)\*\*|\\(?=[\-.#*_+])")
_TWO_SPACES = re.compile(r"[ \xa0]{2,}")
# trafilatura opens a whole page of layout tables with hundreds of pipes on one line.
_PADDING_RUN = re.compile(r"\|{8,}")

PROSE_LENGTH = 60
"""A line without separators longer than this is prose: no label is, bracketed guidance aside."""


def text_document(text: str, charset: str, flags: frozenset[str] = frozenset()) -> Document:
    """The Document of a text file, line by line. Never raises."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if text and not text.endswith("\n"):
        flags |= {"cut_off"}
    return Document("text", None, (), tuple(text_blocks(lines)), charset, flags)


def text_blocks(lines: list[str]) -> Iterator[Block]:
    """Lines as blocks: Streams and Grids where separators part cells, Paragraphs elsewhere."""
    start = 0
    while start < len(lines):
        end = _region_end(lines, start)
        if end == start:
            if line := _unmarked(lines[start]).strip():
                yield Paragraph(line)
            start += 1
        else:
            yield from _table_blocks(lines[start:end])
            start = end


def _unmarked(line: str) -> str:
    """The line without the marks for bold text and the back slashes that converters to markdown add."""
    return _EMPHASIS.sub(r"\1", line) if "*" in line or "\\" in line else line


def _region_end(lines: list[str], start: int) -> int:
    """The end of the table text that begins at a line, or `start` when none does."""
    piped = "|" in lines[start]
    if not piped and not _is_aligned(lines[start]):
        return start
    belongs = (lambda line: "|" in line) if piped else _is_aligned
    end = start + 1
    ahead = end
    while ahead < len(lines) and ahead - end < _LARGEST_HOLE:
        line = lines[ahead]
        if belongs(line):
            end = ahead + 1
        elif len(line.strip()) > PROSE_LENGTH:
            break
        ahead += 1
    return end


_LARGEST_HOLE = 6
"""Lines without a separator that may stand within a table: broken labels, blank lines, a chapter's heading."""


def _is_aligned(line: str) -> bool:
    return bool(_GAP.search(line.strip(" ")))


def _table_blocks(lines: list[str]) -> Iterator[Block]:
    if not any("|" in line for line in lines):
        yield Stream(tuple(_aligned_pieces(lines)))
        return
    rows = [_PADDING_RUN.sub("|", _unmarked(line)) for line in lines if not _RULE.fullmatch(line)]
    grid = _spelt_out_grid([row for row in rows if row.strip()])
    if grid is not None:
        yield grid
    elif _is_unclosed(rows):
        yield Stream(tuple(piece for row in rows for piece in _open_row_pieces(row)))
    else:
        yield Stream(tuple(_piped_pieces("\n".join(rows))))


def _spelt_out_grid(rows: list[str]) -> Grid | None:
    """The grid of rows that all print every column, spans included, as trafilatura does since 2.3.

    There a blank cell is two spaces wide. Tools that drop blank cells pad the end of the row instead, with
    nothing or one space between the pipes: such rows are equally long and prove nothing.
    """
    split = [row.strip().split("|") for row in rows]
    width = len(split[0])
    if width < _NARROWEST_GRID or any(len(pieces) != width or pieces[0] or pieces[-1] for pieces in split):
        return None
    blanks = [piece for pieces in split for piece in pieces[1:-1] if not piece.strip()]
    if not blanks or not all(_TWO_SPACES.fullmatch(blank) for blank in blanks):
        return None
    return build_grid([[(piece.strip(), 1, 1) for piece in pieces[1:-1]] for pieces in split])


_NARROWEST_GRID = 4
"""Pieces of a line of two cells, the empty ones before the first and behind the last pipe included."""


def _is_unclosed(rows: list[str]) -> bool:
    """Whether rows neither begin nor end with a pipe, so that pipes only part cells (html2text)."""
    piped = [row.strip() for row in rows if "|" in row]
    opened = sum(not row.startswith("|") and not row.endswith("|") for row in piped)
    return 2 * opened > len(piped)


def _open_row_pieces(row: str) -> Iterator[str]:
    pieces = [piece.strip() for piece in row.split("|")]
    if pieces == [""]:
        return
    # A wrapped line may end in a pipe, too: only a blank with a cell behind it is surely a cell.
    last = max((number for number, piece in enumerate(pieces) if piece), default=-1)
    for number, piece in enumerate(pieces):
        yield piece or (EMPTY_CELL if number < last else "")


def _piped_pieces(text: str) -> Iterator[str]:
    for piece in text.split("|"):
        lines = [line.strip() for line in piece.split("\n") if line.strip()]
        if lines:
            yield from lines
        else:
            yield EMPTY_CELL if _TWO_SPACES.fullmatch(piece) else ""


def _aligned_pieces(lines: list[str]) -> Iterator[str]:
    """The cells of aligned columns; a gap that leaves a whole column out is an empty piece."""
    rows = [list(_runs(line)) for line in lines]
    columns = _columns(rows)
    for row in rows:
        slots = [_column_of(run, columns) for run in row]
        if None in slots or any(left >= right for left, right in pairwise(slots)):  # type: ignore[operator]
            yield from (text for _, _, text in row)
            continue
        expected = slots[0] if slots else 0
        for slot, (_, _, text) in zip(slots, row, strict=True):
            yield from [""] * (slot - expected)  # type: ignore[operator]
            yield text
            expected = slot + 1  # type: ignore[operator]


Run = tuple[int, int, str]
"""A cell's text in a line with the columns of characters where it begins and ends."""


def _runs(line: str) -> Iterator[Run]:
    start = 0
    for gap in _GAP.finditer(line):
        if text := line[start : gap.start()].strip():
            yield start, gap.start(), text
        start = gap.end()
    if text := line[start:].strip():
        yield start, len(line.rstrip()), text


def _columns(rows: list[list[Run]]) -> list[tuple[int, int]]:
    """Where the columns of the fullest rows lie, or nothing when they overlap."""
    fullest = max((len(row) for row in rows), default=0)
    full_rows = [row for row in rows if len(row) == fullest]
    hulls = [
        (min(run[0] for run in column), max(run[1] for run in column)) for column in zip(*full_rows, strict=True)
    ]
    return [] if any(left[1] > right[0] for left, right in pairwise(hulls)) else hulls


def _column_of(run: Run, columns: list[tuple[int, int]]) -> int | None:
    touched = [number for number, (start, end) in enumerate(columns) if run[0] < end and run[1] > start]
    return touched[0] if len(touched) == 1 else None
