"""Tables that a tool flattened into pipes: which texts are cells, and which empty pieces are proven to be.

A tool that keeps blank cells leaves a piece for each; one that drops them may pad the end of a row instead. The two
look alike only where a tool writes both alike. So an empty piece is said to be a cell (`EMPTY_CELL`) where the text
itself shows that padding is written otherwise: in one run of pipes, or narrower.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from extractors.document import EMPTY_CELL, Block, Grid, Stream
from extractors.grids import build_grid

GAP = re.compile(r"[ \u3000]{2,}|\t")
"""White space that parts cells; a single space may as well stand within one."""
_RULE = re.compile(r"[\s|:+\-=]*-{3,}[\s|:+\-=]*")
_RULE_PIECES = re.compile(r"\|(?:\s*:?-{3,}:?\s*\|){2,}")
_BLANK_BEFORE_FIGURE = re.compile(r"\|[ \xa0]*\|[\s\u200b]*[0-9０-９][0-9０-９.,，]*\u200b?\D{0,3}\|")
_WIDE = re.compile(r"[ \xa0]{2,}")
_FIGURE = re.compile(r"\s*[+\-＋－]?[0-9０-９][0-9０-９.,，]*\s*[件条个项]?\s*")
_WORDS = re.compile(r"[^0-9０-９]*[\u4e00-\u9fff]{2}[^0-9０-９]*")
# trafilatura opens a whole page of layout tables with hundreds of pipes on one line.
_OPENING_RUN = re.compile(r"^\s*\|{8,}(?=.*[^\s|])")
_PADDING_RUN = re.compile(r"\|{8,}")
_PADDING_LINE = re.compile(r"\s*\|{2,}\s*")
"""Pipes side by side on a line of their own fill up the row above."""
_ANY_TEXT = "."
_FEWEST_RUNS = 2
"""Runs of pipes that show how a tool pads its rows: one alone may be a slip."""


def shows_blanks(lines: Sequence[str]) -> bool:
    """Whether an empty piece stands before a figure anywhere: what only pads rows stands at their ends."""
    return any(_BLANK_BEFORE_FIGURE.search(line) for line in lines if "|" in line)


def pipe_blocks(lines: Sequence[str], keeps: bool, behind: str = "") -> Iterator[Block]:
    """The lines of one table text as Grids, where rows spell out every column, and Streams; `behind` follows them."""
    nested = frozenset(_bare_row(line) for line in lines if _holds_markdown_table(line))
    lines = [_bare_row(line) for line in _without_rules(lines)]
    if not _are_rows(lines):
        yield Stream(tuple(_cell_line_pieces("\n".join(lines))))
        return
    closed = not _is_unclosed(lines)
    keeps = (keeps and _spells_out_spans(lines)) or _pads_narrowly(lines)
    ends = _end_in_pipes(lines)
    after = [behind] if behind.strip() else ["", _ANY_TEXT]
    *loose, ended = _below_ended_rows([*lines, *after], closed)
    numbered = enumerate(_with_openings(lines))
    for width, run in groupby(numbered, key=lambda line: _width(line[1][0]) if line[1][1] else 0):
        rows = list(run)
        grid = _spelt_out_grid([row for _, (row, _) in rows]) if ends and closed and width and keeps else None
        pieces: list[str] = []
        below: list[int] = []
        for number, (row, opened) in rows:
            start = len(pieces)
            pieces += _nested_pieces(row) if row in nested else _row_pieces(row, closed, opened, keeps)
            below += range(start, len(pieces)) if loose[number] else ()
        yield grid or Stream(tuple(pieces), tuple(below), ended)


def _below_ended_rows(lines: Sequence[str], closed: bool) -> Iterator[bool]:
    """For each line, whether it has no pipe and stands below a row that ends with its own line.

    A pipe ends a row, where one closes rows. Else the row goes on behind a pipe at the end of its line: html2text
    breaks long rows there, and leaves no blank line within.
    """
    ended = piped = False
    for line in lines:
        text = line.strip()
        yield ended and "|" not in line
        if "|" in line:
            piped, ended = True, text.endswith("|") == closed
        elif not text and not closed:
            ended = piped


def _with_openings(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether a pipe opens the rows of its table: most of those that follow each other."""
    for _, run in groupby(lines, key=lambda line: "|" in line):
        rows = list(run)
        opened = sum(row.startswith("|") for row in rows)
        # Behind white space it opens rows only if it stands there in most of them: one may end a blank first cell.
        indented = sum(row.lstrip().startswith("|") for row in rows)
        opens = 2 * opened >= len(rows) or 2 * indented > len(rows)
        yield from ((row, opens) for row in rows)


def _without_rules(lines: Sequence[str]) -> Iterator[str]:
    """The lines but for rules, and for the empty head that markdown needs above one."""
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        is_empty_head = not line.replace("|", "").strip() and "|" in line and _RULE.fullmatch(below)
        if not is_empty_head and not _RULE.fullmatch(line):
            yield line


def _bare_row(line: str) -> str:
    """The line without rules within it, a long run of pipes cut to one empty piece: that shows that rows are padded."""
    return _RULE_PIECES.sub("|", _PADDING_RUN.sub("||", _OPENING_RUN.sub("|", line)))


def _are_rows(lines: Sequence[str]) -> bool:
    """Whether lines are rows, several cells on each, and not cells, one on each or in parts."""
    piped = [line for line in lines if "|" in line]
    rows = sum(
        sum(bool(piece.strip() or _WIDE.fullmatch(piece)) for piece in line.split("|")) > 1 for line in piped
    )
    return 2 * rows > len(piped)


def _width(row: str) -> int:
    """How many pieces the pipes of a closed row part; nothing for other lines."""
    bare = row.strip()
    return bare.count("|") + 1 if bare.startswith("|") and bare.endswith("|") else 0


def _spelt_out_grid(rows: Sequence[str]) -> Grid | None:
    """The grid of rows that all print every column, spans included, as trafilatura does since 2.3.

    There a blank cell is two spaces wide. Tools that drop blank cells pad the end of the row instead, with
    nothing or one space between the pipes: such rows are equally long and prove nothing.
    """
    split = [row.strip().split("|")[1:-1] for row in rows]
    blanks = [piece for pieces in split for piece in pieces if not piece.strip()]
    # Two spaces within a piece part the cells of a table that a tool wrote into one cell of another.
    if any(_WIDE.search(piece.strip()) for pieces in split for piece in pieces):
        return None
    if not blanks or not all(_WIDE.fullmatch(blank) for blank in blanks):
        return None
    return build_grid([[(piece.strip(), 1, 1) for piece in pieces] for pieces in split])


def _is_unclosed(rows: Sequence[str]) -> bool:
    """Whether pipes only part cells (html2text): no pipe before the first, none but a blank cell behind the last."""
    piped = [row for row in rows if "|" in row]
    opened = sum(not row.startswith("|") and not row.endswith("|") for row in piped)
    return 2 * opened > len(piped)


def _end_in_pipes(rows: Sequence[str]) -> bool:
    """Whether most rows end in a pipe. Elsewhere a row that does has a blank cell behind it."""
    piped = [row.rstrip() for row in rows if "|" in row]
    return 2 * sum(row.endswith("|") for row in piped) > len(piped)


def _spells_out_spans(rows: Sequence[str]) -> bool:
    """Whether an empty piece stands between two texts of a row of texts alone: for a column that a cell spans.

    Else empty pieces at the ends of rows may fill them up, as wide as blank cells are; one at the start of a row may
    be a blank corner.
    """
    for row in rows:
        pieces = row.strip().split("|")[1:-1]
        printed = [number for number, piece in enumerate(pieces) if piece.strip()]
        if not printed or printed[-1] - printed[0] < len(printed):
            continue
        if all(_WORDS.fullmatch(pieces[number]) for number in printed):
            return True
    return False


def _pads_narrowly(rows: Sequence[str]) -> bool:
    """Whether rows end in narrow pieces (nothing or one space), and wide empty ones stand only before those.

    Then narrow ones pad, or stand for the columns that a cell spans, and a wide one is a blank cell.
    """
    narrow_runs = 0
    for row in rows:
        pieces = row.strip().split("|")[:-1]
        last = max((number for number, piece in enumerate(pieces) if piece.strip()), default=-1)
        if last < 0:
            continue
        is_wide = [_WIDE.fullmatch(piece) is not None for piece in pieces[last + 1 :]]
        if is_wide != sorted(is_wide, reverse=True):
            return False
        narrow_runs += not all(is_wide)
        if any(not piece.strip() and not _WIDE.fullmatch(piece) for piece in pieces[1:last]):
            return False
    return narrow_runs >= _FEWEST_RUNS


def _row_pieces(row: str, closed: bool, opened: bool, keeps: bool) -> Iterator[str]:
    """The pieces of a line that is a row; the pipes at its ends part nothing."""
    pieces = row.split("|")
    if closed and len(pieces) > 1:
        first = opened and not pieces[0].strip()
        pieces = pieces[first : len(pieces) - (not pieces[-1].strip())]
    # html2text wraps long rows, and a wrapped line may end in a pipe, too; a blank last cell is white space.
    last = max((number for number, piece in enumerate(pieces) if piece.strip()), default=-1)
    # Where one piece holds a whole table, the empty pieces beside it belong to another.
    nested = any(_WIDE.search(piece.strip()) for piece in pieces)
    pads = _PADDING_LINE.fullmatch(row) is not None
    for number, piece in enumerate(pieces):
        blank = keeps and _WIDE.fullmatch(piece) if closed else number < last or piece
        # Nothing pads a row before its first cell, where no pipe opens it.
        leads = closed and not opened and number == 0 and bool(piece)
        proven = (blank or leads) and not nested and not pads
        if piece.strip():
            yield from _texts_in(piece)
        elif len(pieces) > 1:
            yield EMPTY_CELL if proven else ""


def _holds_markdown_table(line: str) -> bool:
    """Whether a line holds tables whole, as markdownify writes those within a cell of another.

    Their rules stand within the line. There one space stands between the pipes that end a row and open the next, and
    in the columns that a cell spans; a blank cell is two spaces wide.
    """
    rule = _RULE_PIECES.search(line)
    if rule is None:
        return False
    behind = line[rule.end() :]
    return bool(behind.strip(" |")) and behind.count("| |") >= _FEWEST_RUNS


def _nested_pieces(row: str) -> Iterator[str]:
    for piece in row.split("|"):
        if piece.strip():
            yield from _texts_in(piece)
        else:
            yield EMPTY_CELL if _WIDE.fullmatch(piece) else ""


def _texts_in(piece: str) -> Iterator[str]:
    """The cells in one piece: of a table that a tool wrote into a cell, its blank cells, too, where they count."""
    runs = [len(gap) for gap in re.findall(r"(?<=\S) {2,}(?=\S)", piece)]
    counts = Counter(runs)
    counted = counts[_CELL_GAP] + counts[_ROW_GAP]
    if min(counts[_CELL_GAP], counts[_ROW_GAP]) < _FEWEST_NESTED_ROWS or 4 * counted < len(runs):
        yield from (part.strip() for part in GAP.split(piece) if part.strip())
        return
    for part in re.split(r"( {2,})", piece.strip()):
        if part.strip():
            yield part.strip()
        elif part:
            yield from [EMPTY_CELL] * ((len(part) - _CELL_GAP) // 2)


_CELL_GAP, _ROW_GAP = 2, 3
"""Spaces that trafilatura 2.3 leaves between the cells, and the rows, of a table within a cell: a blank adds two."""
_FEWEST_NESTED_ROWS = 3


def _cell_line_pieces(text: str) -> Iterator[str]:
    """The pieces of text in which a cell, or a part of one, stands on each line."""
    pieces = text.split("|")
    proven = _proven_cells(pieces)
    for number, piece in enumerate(pieces):
        texts = [part.strip() for line in piece.split("\n") for part in GAP.split(line) if part.strip()]
        if texts:
            yield from texts
        elif 0 < number < len(pieces) - 1:
            yield EMPTY_CELL if number in proven else ""


def _proven_cells(pieces: Sequence[str]) -> frozenset[int]:
    """The numbers of the empty pieces that cannot pad a row nor open one."""
    gaps = list(_gaps(pieces))
    wide = {number for gap in gaps for number in gap if _WIDE.search(pieces[number])}
    narrow = sum(not wide.intersection(gap) for gap in gaps)
    if wide and narrow >= _FEWEST_RUNS:
        return frozenset(wide)
    padded = [(gap, run) for gap in gaps if (run := _padding_run(gap, pieces)) is not None and len(run) > 1]
    if len(padded) < _FEWEST_RUNS or _stand_before_figures(padded, pieces):
        return frozenset(number for number in wide if _WIDE.fullmatch(pieces[number]))
    inner = [run.stop < gap.stop for gap, run in padded if gap.stop < len(pieces) - 1]
    openers = 2 * sum(inner) > len(inner)
    paddings = {_look(pieces[run.start]) for _, run in padded}
    proven: set[int] = set()
    for gap in gaps:
        proven.update(_cells_of_gap(gap, pieces, openers=int(openers), paddings=paddings))
    return frozenset(proven)


def _stand_before_figures(padded: Sequence[tuple[range, range]], pieces: Sequence[str]) -> bool:
    """Whether runs of pipes end right before figures more than now and then: those are blank cells, and pad nothing.

    Table 四 has no labels, and the padding of its heads stands before its first figure.
    """
    behind = [pieces[gap.stop] for gap, run in padded if run.stop == gap.stop < len(pieces)]
    return sum(_FIGURE.fullmatch(piece) is not None for piece in behind) > _FEWEST_RUNS


def _cells_of_gap(gap: range, pieces: Sequence[str], *, openers: int, paddings: set[str]) -> Iterator[int]:
    """The cells among the empty pieces between two texts, where a tool writes padding as one run of pipes."""
    before_figure = gap.stop < len(pieces) and _FIGURE.fullmatch(pieces[gap.stop]) is not None
    run = _padding_run(gap, pieces)
    if run is not None:
        yield from range(gap.start, run.start)
        if before_figure:
            yield from range(run.stop + openers, gap.stop)
        return
    if before_figure and _FIGURE.fullmatch(pieces[gap.start - 1]):
        yield from gap
        return
    # At most one piece pads the row, the last but for the one that opens the next row.
    last = gap.stop - 1 - (openers if gap.stop < len(pieces) - 1 else 0)
    yield from range(gap.start, last)
    if last >= gap.start and _look(pieces[last]) not in paddings:
        yield last


def _gaps(pieces: Sequence[str]) -> Iterator[range]:
    """The runs of empty pieces between two texts."""
    start = None
    for number in range(1, len(pieces) - 1):
        if pieces[number].strip():
            if start is not None:
                yield range(start, number)
            start = None
        elif start is None:
            start = number
    if start is not None:
        yield range(start, len(pieces) - 1)


def _padding_run(gap: range, pieces: Sequence[str]) -> range | None:
    """The pieces between pipes that stand side by side; the first of them may follow a space or a line break."""
    bare = next((number for number in gap if not pieces[number]), None)
    if bare is None:
        return None
    stop = next((number for number in range(bare, gap.stop) if pieces[number]), gap.stop)
    return range(max(bare - 1, gap.start), stop)


def _look(piece: str) -> str:
    return "\n" if "\n" in piece else " "
