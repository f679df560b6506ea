"""Plain text to a Document: what a text tool left of a page, its tables flattened into pipes, gaps or bare lines.

Nothing here knows a form. Lines become Paragraphs; where separators part cells, Streams. An empty piece between
two separators is an empty cell or mere padding, and only where the layout proves which is it said
(`EMPTY_CELL`). One layout keeps a table whole: rows of equal width in which spans are spelt out become Grids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from unicodedata import east_asian_width

from extractors.document import WRAPPED, Block, Document, Paragraph, Stream
from extractors.grids import build_grid
from extractors.hard_wraps import whole_lines
from extractors.pipes import GAP, pipe_blocks, shows_blanks

# A line break of the page may stand within the marks.
_EMPHASIS = re.compile(r"\*\*([^*|\n]*(?:\n[^*|\n]*)?)\*\*|#{1,6}(?=\s)")
_ESCAPE = re.compile(r"\\(?=[\-.#*_+])")

PROSE_LENGTH = 60
"""A line without separators longer than this is prose: no label is, bracketed guidance aside."""


def text_document(text: str, charset: str, flags: frozenset[str] = frozenset()) -> Document:
    """The Document of a text file, line by line. Never raises."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1].strip():
        flags |= {"cut_off"}
    return Document("text", None, (), tuple(text_blocks(lines)), charset, flags)


def text_blocks(lines: list[str]) -> Iterator[Block]:
    """Lines as blocks: Streams and Grids where separators part cells, Paragraphs elsewhere."""
    lines = whole_lines(lines)
    keeps = shows_blanks([_unmarked(line) for line in lines])
    start = 0
    while start < len(lines):
        end = _region_end(lines, start)
        if end == start:
            if line := _unmarked(lines[start]).strip():
                yield Paragraph(line)
            start += 1
        else:
            yield from _table_blocks(lines[start:end], keeps, lines[end] if end < len(lines) else "")
            start = end


def _unmarked(line: str) -> str:
    """The line without the marks for bold text and headings and the back slashes that markdown adds."""
    bare = _EMPHASIS.sub(_emphasised, line) if "*" in line or "#" in line else line
    return _ESCAPE.sub("", bare) if "\\" in bare else bare


def _emphasised(marked: re.Match[str]) -> str:
    """The text between marks: figures that a line break parts in it stand in one cell, and nobody can tell which."""
    return _BETWEEN_DIGITS.sub(WRAPPED, marked[1] or "")


_BETWEEN_DIGITS = re.compile(r"(?<=[0-9.,]) *\n *(?=[0-9.,])")


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
    rest = piped and end < len(lines) and _is_broken(lines[end - 1]) and _ends_lines(lines[start:end])
    return end + 1 if rest else end


_LARGEST_HOLE = 6
"""Lines without a separator that may stand within a table: broken labels, blank lines, a chapter's heading."""


def _is_aligned(line: str) -> bool:
    return bool(GAP.search(line.strip(" \u3000")))


def _table_blocks(lines: list[str], keeps: bool, behind: str) -> Iterator[Block]:
    if any("|" in line for line in lines):
        yield from pipe_blocks(_unmarked("\n".join(_unbroken(lines))).split("\n"), keeps, behind)
    else:
        yield from _aligned_blocks(lines)


def _unbroken(lines: list[str]) -> Iterator[str]:
    """The lines of a table with those joined that html2text broke for their length.

    It ends each line of its own, and each `<br>`, with two spaces, and breaks at a single one: 1 930 as well.
    """
    if not _ends_lines(lines):
        yield from lines
        return
    begun = ""
    for line in lines:
        whole = f"{begun} {line}" if begun else line
        goes_on = "|" in whole and _is_broken(line)
        if not goes_on:
            yield whole
        begun = whole if goes_on else ""
    if begun:
        yield begun


def _ends_lines(lines: list[str]) -> bool:
    """Whether lines of a table that no pipe opens end with two spaces, where they are whole."""
    piped = [line for line in lines if "|" in line]
    ended = sum(line.endswith("  ") for line in piped)
    return ended >= _FEWEST_ENDED and not any(line.startswith("|") for line in piped)


def _is_broken(line: str) -> bool:
    return bool(line.strip()) and not line.endswith("  ")


_FEWEST_ENDED = 3


def _aligned_blocks(lines: list[str]) -> Iterator[Block]:
    """Lines between tabs, each as many as the next, are a grid; other columns are pieces in their order."""
    for tabs, run in groupby(lines, key=lambda line: line.count("\t")):
        rows = list(run)
        if tabs:
            yield build_grid([[(text.strip(), 1, 1) for text in row.split("\t")] for row in rows])
        else:
            pieces = list(_aligned_pieces(rows))
            # A row of columns ends with its line: what stands alone on a line below it is none of its cells.
            loose = tuple(number for number, (_, alone) in enumerate(pieces) if alone)
            yield Stream(tuple(text for text, _ in pieces), loose, closed=True)


def _aligned_pieces(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """The cells of aligned columns, and whether each stands alone on its line; a gap that leaves a whole column out is
    an empty piece.

    Some tools align by characters, others by their width on a screen, where a Chinese character is two wide. The
    measure by which all cells of each column begin, or end, at one place is the tool's; where neither or both
    do, gaps count only if both measures see the same.
    """
    for aligned, run in groupby(lines, key=_is_aligned):
        rows = list(run)
        slots = _agreed_slots(rows) if aligned else None
        for number, line in enumerate(rows):
            expected = slots[number][0] if slots is not None and slots[number] else 0
            for place, (_, _, text) in enumerate(_runs(line)):
                if slots is not None:
                    yield from [("", False)] * (slots[number][place] - expected)
                    expected = slots[number][place] + 1
                yield text, not aligned


def _agreed_slots(lines: list[str]) -> list[list[int]] | None:
    by_length = [list(_runs(line)) for line in lines]
    by_width = [list(_runs(_widened(line))) for line in lines]
    slots = _slots(by_length), _slots(by_width)
    flush = _is_flush(by_length, slots[0]), _is_flush(by_width, slots[1])
    if flush == (True, False):
        return slots[0]
    if flush == (False, True):
        return slots[1]
    return slots[0] if slots[0] == slots[1] else None


def _is_flush(rows: list[list[Run]], slots: list[list[int]] | None) -> bool:
    """Whether the cells of each column begin, or end, at one place."""
    if slots is None:
        return False
    edges: dict[int, tuple[set[int], set[int]]] = {}
    for row, places in zip(rows, slots, strict=True):
        for (start, end, _), place in zip(row, places, strict=True):
            starts, ends = edges.setdefault(place, (set(), set()))
            starts.add(start)
            ends.add(end)
    return all(len(starts) == 1 or len(ends) == 1 for starts, ends in edges.values())


_WIDE_SPACE_HOLDER = "\u2060"


def _widened(line: str) -> str:
    """The line with a holder behind each wide character, so that counting characters counts columns."""
    return "".join(char + _WIDE_SPACE_HOLDER if east_asian_width(char) in "WF" else char for char in line)


def _slots(rows: list[list[Run]]) -> list[list[int]] | None:
    """The column of each cell, or None where columns overlap, or a cell lies in none or several."""
    columns = _columns(rows)
    slots: list[list[int]] = []
    for row in rows:
        found = [_column_of(cell, columns) for cell in row]
        known = [slot for slot in found if slot is not None]
        if len(known) < len(found) or any(left >= right for left, right in pairwise(known)):
            return None
        slots.append(known)
    return slots


Run = tuple[int, int, str]
"""A cell's text in a line with the columns of characters where it begins and ends."""


def _runs(line: str) -> Iterator[Run]:
    start = 0
    for gap in GAP.finditer(line):
        if text := line[start : gap.start()].strip():
            yield start, gap.start(), text
        start = gap.end()
    if text := line[start:].strip():
        yield start, len(line.rstrip()), text


def _columns(rows: list[list[Run]]) -> list[tuple[int, int]]:
    """Where the columns of the fullest rows lie, or nothing when they overlap."""
    fullest = max((len(row) for row in rows), default=0)
    full_rows = [row for row in rows if len(row) == fullest]
    if len(full_rows) < _FEWEST_FULL_ROWS:
        return []
    hulls = [
        (min(run[0] for run in column), max(run[1] for run in column))
        for column in zip(*full_rows, strict=True)
    ]
    return [] if any(left[1] > right[0] for left, right in pairwise(hulls)) else hulls


_FEWEST_FULL_ROWS = 2
"""Complete rows that tell where columns lie: one alone may be a header, or prose with gaps."""


def _column_of(run: Run, columns: list[tuple[int, int]]) -> int | None:
    touched = [number for number, (start, end) in enumerate(columns) if run[0] < end and run[1] > start]
    return touched[0] if len(touched) == 1 else None
