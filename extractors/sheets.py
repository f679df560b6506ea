"""XLSX and XLS to a Document: each sheet's rows as tables, lines of text between them as paragraphs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum
from python_calamine import PasswordError as SheetPasswordError

from extractors.document import Block, Cell, Document, Grid, Paragraph
from extractors.errors import CompressionBomb, DamagedFile, EncryptedFile
from extractors.packages import check_package

MOST_CELLS = 200_000
"""Cells of a sheet's used area; the statutory tables have fewer than 600."""
LONGEST_CELL = 60
"""A longer text alone in its row is prose."""

Value = int | float | str | bool | time | date | datetime | timedelta
Spans = dict[tuple[int, int], tuple[int, int]]


def sheets_document(content: bytes, kind: str) -> Document:
    """The Document of a workbook, hidden sheets left out. Raises DamagedFile, EncryptedFile, CompressionBomb."""
    if kind == "xlsx":
        check_package(content, kind)
    blocks: list[Block] = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            for told in book.sheets_metadata:
                if told.visible == SheetVisibleEnum.Visible:
                    blocks.extend(_sheet_blocks(book.get_sheet_by_name(told.name), kind))
    except SheetPasswordError as error:
        raise EncryptedFile(kind) from error
    except (CalamineError, OSError, ValueError) as error:
        raise DamagedFile(kind, f"{type(error).__name__}: {error}") from error
    return Document(kind, None, (), tuple(blocks))


def _sheet_blocks(sheet: CalamineSheet, kind: str) -> Iterator[Block]:
    if sheet.total_height * sheet.total_width > MOST_CELLS:
        raise CompressionBomb(kind, f"a sheet of {sheet.total_height} × {sheet.total_width} cells")
    rows = [[_printed(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    spans, covered = _merged(sheet.merged_cell_ranges or [])
    run: list[int] = []
    for number, row in enumerate(rows):
        used = [column for column, text in enumerate(row) if text]
        if not used and not any((number, column) in covered for column in range(len(row))):
            yield from _grid_blocks(rows, run, spans, covered)
            run = []
        elif _is_line(row, used, number, spans, covered, opens=not run):
            yield from _grid_blocks(rows, run, spans, covered)
            run = []
            yield Paragraph(row[used[0]])
        else:
            run.append(number)
    yield from _grid_blocks(rows, run, spans, covered)


def _merged(ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> tuple[Spans, set[tuple[int, int]]]:
    """Rows and columns that each merged cell spans, by its place, and the places that merged cells cover."""
    spans: Spans = {}
    covered: set[tuple[int, int]] = set()
    for (top, left), (bottom, right) in ranges:
        if (bottom - top + 1) * (right - left + 1) > MOST_CELLS:
            continue
        spans[top, left] = (bottom - top + 1, right - left + 1)
        covered.update((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))
        covered.discard((top, left))
    return spans, covered


def _is_line(
    row: Sequence[str], used: Sequence[int], number: int, spans: Spans, covered: set[tuple[int, int]], *, opens: bool
) -> bool:
    """Whether a row is a line of text: one text alone, over several columns, above any table, or long."""
    if len(used) != 1:
        return False
    height, width = spans.get((number, used[0]), (1, 1))
    beside = any((number, column) in covered and column < used[0] for column in range(len(row)))
    if height > 1 or beside:
        return False
    return width > 1 or opens or len(row[used[0]]) > LONGEST_CELL


def _grid_blocks(
    rows: Sequence[Sequence[str]], run: Sequence[int], spans: Spans, covered: set[tuple[int, int]]
) -> Iterator[Grid]:
    """The rows of a run as one Grid, no wider than its last used column."""
    if not run:
        return
    first = run[0]
    ends = [column for number in run for column, text in enumerate(rows[number]) if text]
    ends += [
        column + spans[number, column][1] - 1 for number in run for column in range(len(rows[number])) if (number, column) in spans
    ]
    width = max(ends, default=-1) + 1
    placed = tuple(
        tuple(
            Cell(rows[number][column], number - first, column, *spans.get((number, column), (1, 1)))
            for column in range(min(width, len(rows[number])))
            if (number, column) not in covered
        )
        for number in run
    )
    yield Grid(placed, width)


def _printed(value: Value) -> str:
    """A value as text. A number is written as it is held: how many decimals its cell shows is not known."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value).strip()
