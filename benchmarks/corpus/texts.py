"""The catalogue of text layouts: how flattened tables look once a page has become text.

One function a layout: table → lines. The letters are those of the catalogue of layouts seen in the wild.
Whether a layout keeps blank cells is a fact about it (`keeps_blanks`); where it does not, a row's other
figures close up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from unicodedata import east_asian_width

from benchmarks.corpus.content import Content
from benchmarks.corpus.shapes import PrintedCell, PrintedTable, Row

Lines = Callable[[Random, PrintedTable], list[str]]


def _flat(cell: PrintedCell) -> str:
    return cell.text.replace("\n", "").strip()


def _spaced(cell: PrintedCell) -> str:
    return " ".join(cell.text.split())


def _padding(table: PrintedTable, printed: int) -> int:
    """Trailing pipes: the table's width less the cells printed; no span is counted."""
    return max(0, table.width - printed)


def _shown(table: PrintedTable) -> list[Row]:
    return [row for index, row in enumerate(table.rows) if index not in table.hidden]


def _plain(separator: str, inside: str) -> Lines:
    """A: one cell a line, blanks dropped; `inside` stands where a header broke."""

    def lines(_: Random, table: PrintedTable) -> list[str]:
        cells = [cell.text.strip() for row in _shown(table) for cell in row if cell.text.strip()]
        return separator.join(cell.replace("\n", inside) for cell in cells).split("\n")

    return lines


def _lone_pipes(_: Random, table: PrintedTable) -> list[str]:
    """B: a line with a lone pipe after each cell; rows are not told apart; a blank leaves two lone pipes."""
    lines: list[str] = []
    for row in _shown(table):
        for cell in row:
            lines += [_spaced(cell), "|"] if cell.text.strip() else ["|"]
    return lines


def _row_opening(*, drop: bool) -> Lines:
    """C: `| ` begins every row, a line with a pipe follows each cell, the rest of the width closes it."""

    def lines(_: Random, table: PrintedTable) -> list[str]:
        out: list[str] = []
        for row in _shown(table):
            cells = [cell for cell in row if cell.text.strip() or not drop] or [row[0]]
            for index, cell in enumerate(cells):
                text = "| " + cell.text if index == 0 else cell.text
                out += [*(text.split("\n") if text.strip() else []), "|"]
            pad = _padding(table, len(cells))
            if pad:
                out.append("|" * pad)
        return out

    return lines


def _cell_pipe(*, same_line: bool, drop: bool, stray: bool = False) -> Lines:
    """D: `cell |` a line; padding on its own line (D1) or after the last cell (D2); D4 strays one pipe."""

    def lines(rng: Random, table: PrintedTable) -> list[str]:
        out: list[str] = []
        for row in _shown(table):
            cells = [cell for cell in row if cell.text.strip() or not drop] or [row[0]]
            start = len(out)
            out += [f"{_spaced(cell)} |" if cell.text.strip() else "|" for cell in cells]
            pad = "|" * _padding(table, len(cells))
            if pad and same_line:
                out[-1] += f" {pad}"
            elif pad:
                out.append(pad)
            if stray and rng.random() < 0.1 and cells[0].text.strip():
                out[start : start + 1] = [_spaced(cells[0]), "|"]
        return out

    return lines


def _opened_rows(_: Random, table: PrintedTable) -> list[str]:
    """E: a lone pipe opens each row, `cell |` a line, padding after the last; a blank is a lone pipe, too."""
    out: list[str] = []
    for row in _shown(table):
        out.append("|")
        out += [f"{_spaced(cell)} |" if cell.text.strip() else "|" for cell in row]
        pad = _padding(table, len(row))
        out[-1] += f" {'|' * pad}" if pad else ""
    return out


def _indented(_: Random, table: PrintedTable) -> list[str]:
    """F: `| ` opens a row; every cell's text on its own indented line with two spaces before the pipe."""
    out: list[str] = []
    for row in _shown(table):
        out.append("| ")
        out += [f" {_spaced(cell)}  | " for cell in row]
    return out


def _pipe_rows(*, leading: bool, padded: bool, drop: bool) -> Lines:
    """G: a line a row. G0 has leading pipes, G1 none, G2 neither those nor padding."""

    def lines(_: Random, table: PrintedTable) -> list[str]:
        out: list[str] = []
        for row in _shown(table):
            cells = [cell for cell in row if cell.text.strip() or not drop] or [row[0]]
            line = " | ".join(_spaced(cell) for cell in cells) + " |"
            pad = "|" * _padding(table, len(cells)) if padded else ""
            out.append(("| " if leading else "") + line + (f" {pad}" if pad else ""))
        return out

    return lines


def _grid_rows(table: PrintedTable) -> list[list[str]]:
    """The full grid: spanned slots are empty strings after, or below, the text."""
    rows = _shown(table)
    grid: list[list[str | None]] = [[] for _ in rows]
    for index, row in enumerate(rows):
        column = 0
        for cell in row:
            while column < len(grid[index]) and grid[index][column] is not None:
                column += 1
            for below in range(index, min(len(rows), index + cell.rows)):
                line = grid[below]
                line.extend([None] * (column + cell.columns - len(line)))
                line[column : column + cell.columns] = [""] * cell.columns
            grid[index][column] = _spaced(cell)
    return [[text or "" for text in line] for line in grid]


def _markdown(_: Random, table: PrintedTable) -> list[str]:
    rows = [f"| {' | '.join(row)} |" for row in _grid_rows(table)]
    return [rows[0], "|" + " --- |" * table.width, *rows[1:]]


def _tabs(_: Random, table: PrintedTable) -> list[str]:
    return ["\t".join(row) for row in _grid_rows(table)]


def _aligned(*, display: bool) -> Lines:
    """Columns set by spaces, counted as displayed (two for a Han character) or by characters."""

    def measure(text: str) -> int:
        return sum(2 if east_asian_width(c) in "WF" else 1 for c in text) if display else len(text)

    def lines(_: Random, table: PrintedTable) -> list[str]:
        rows = _grid_rows(table)
        width = max(len(row) for row in rows)
        rows = [row + [""] * (width - len(row)) for row in rows]
        sizes = [max(min(measure(row[column]), 44) for row in rows) + 2 for column in range(width)]
        return [
            "".join(
                text + " " * max(2, size - measure(text)) for text, size in zip(row, sizes, strict=True)
            ).rstrip()
            for row in rows
        ]

    return lines


def _hard_wrapped(rng: Random, table: PrintedTable) -> list[str]:
    """L: as PDF text on document sites: a row's cells set by single spaces, wrapped at thirty characters."""
    out: list[str] = []
    for row in _shown(table):
        text = " ".join(_spaced(cell) for cell in row if cell.text.strip())
        if rng.random() < 0.1 and len(text) > 8:
            cut = rng.randint(2, 6)
            text = text[:cut] + " " + text[cut:]
        while text:
            out.append(text[:30])
            text = text[30:]
    return out


@dataclass(frozen=True, slots=True)
class TextLayout:
    """A layout: its name, its lines, whether blank cells survive, and the bar's group that it is judged in.

    Groups: `grid` (rows kept), `pipes` (rows lost, separators kept), `plain` (lines or columns alone),
    `lossy` (a figure may be anything: right or null with an issue).
    """

    name: str
    lines: Lines
    keeps_blanks: bool
    group: str


LAYOUTS: dict[str, TextLayout] = {
    layout.name: layout
    for layout in (
        TextLayout("A", _plain("\n", ""), False, "plain"),
        TextLayout("A-blank-lines", _plain("\n\n", ""), False, "plain"),
        TextLayout("A1", _plain("\n\n", "\n"), False, "plain"),
        TextLayout("A2", _plain("\n\n", "\n\n"), False, "plain"),
        TextLayout("A4", _plain("\n", "\n"), False, "plain"),
        TextLayout("B", _lone_pipes, True, "pipes"),
        TextLayout("C", _row_opening(drop=True), False, "pipes"),
        TextLayout("C-blanks", _row_opening(drop=False), True, "pipes"),
        TextLayout("D1", _cell_pipe(same_line=False, drop=True), False, "pipes"),
        TextLayout("D1-blanks", _cell_pipe(same_line=False, drop=False), True, "pipes"),
        TextLayout("D2", _cell_pipe(same_line=True, drop=True), False, "pipes"),
        TextLayout("D4", _cell_pipe(same_line=False, drop=True, stray=True), False, "pipes"),
        TextLayout("E", _opened_rows, True, "pipes"),
        TextLayout("F", _indented, True, "pipes"),
        TextLayout("G0", _pipe_rows(leading=True, padded=True, drop=False), True, "grid"),
        TextLayout("G0-dropped", _pipe_rows(leading=True, padded=True, drop=True), False, "grid"),
        TextLayout("G1", _pipe_rows(leading=False, padded=True, drop=False), True, "grid"),
        TextLayout("G1-dropped", _pipe_rows(leading=False, padded=True, drop=True), False, "grid"),
        TextLayout("G2", _pipe_rows(leading=False, padded=False, drop=False), True, "grid"),
        TextLayout("G2-dropped", _pipe_rows(leading=False, padded=False, drop=True), False, "grid"),
        TextLayout("markdown", _markdown, True, "grid"),
        TextLayout("tabs", _tabs, True, "grid"),
        TextLayout("aligned", _aligned(display=True), False, "plain"),
        TextLayout("aligned-by-length", _aligned(display=False), False, "plain"),
        TextLayout("L", _hard_wrapped, False, "lossy"),
    )
}  # fmt: skip


def write_text(rng: Random, content: Content, layout: TextLayout) -> str:
    """A report as text: title if any, prose, tables in one layout; blank lines as the layout has them."""
    gap = "\n\n" if layout.name in ("A-blank-lines", "A1", "A2") else "\n"
    parts: list[str] = content.title.split("\n") if content.title else []
    parts += (
        "\n".join(layout.lines(rng, piece)) if isinstance(piece, PrintedTable) else piece[1]
        for piece in content.body
    )
    return gap.join(parts) + "\n"


_MIRROR_SOUNDS = {"規": "guī", "數": "shù", "訴": "sù", "議": "yì", "結": "jié", "請": "qǐng", "項": "xiàng"}


def mirror_text(rng: Random, traditional: str) -> str:
    """K: as traditional-character mirrors do: a Latin reading in brackets after some converted characters."""
    return "".join(
        f"{character}({_MIRROR_SOUNDS[character]})"
        if character in _MIRROR_SOUNDS and rng.random() < 0.04
        else character
        for character in traditional
    )
