"""XLSX and XLS to a Document: each sheet's rows as tables, lines of text between them as paragraphs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum
from python_calamine import PasswordError as SheetPasswordError

from extractors.document import Block, Cell, Document, Grid, Paragraph
from extractors.errors import CompressionBomb, DamagedFile, EncryptedFile
from extractors.grids import grid_of
from extractors.packages import check_package

MOST_CELLS = 200_000
"""Cells of a sheet's used area; the statutory tables have fewer than 600."""
LONGEST_CELL = 60
"""A longer text alone in its row is prose."""

Value = int | float | str | bool | time | date | datetime | timedelta
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Merged:
    """Rows and columns that each merged cell spans, by its place, and the places that merged cells cover."""

    spans: dict[Place, tuple[int, int]]
    covered: set[Place]


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
    merged = _merged(sheet.merged_cell_ranges or [])
    run: list[int] = []
    for number, row in enumerate(rows):
        used = [column for column, text in enumerate(row) if text]
        if not used and not any((number, column) in merged.covered for column in range(len(row))):
            yield from _grid_blocks(rows, run, merged)
            run = []
        elif _is_line(row, used, number, merged, opens=not run):
            yield from _grid_blocks(rows, run, merged)
            run = []
            yield Paragraph(row[used[0]])
        else:
            run.append(number)
    yield from _grid_blocks(rows, run, merged)


def _merged(ranges: Sequence[tuple[Place, Place]]) -> _Merged:
    spans: dict[Place, tuple[int, int]] = {}
    covered: set[Place] = set()
    for (top, left), (bottom, right) in ranges:
        if (bottom - top + 1) * (right - left + 1) > MOST_CELLS:
            continue
        spans[top, left] = (bottom - top + 1, right - left + 1)
        covered.update((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))
        covered.discard((top, left))
    return _Merged(spans, covered)


def _is_line(row: Sequence[str], used: Sequence[int], number: int, merged: _Merged, *, opens: bool) -> bool:
    """Whether a row is a line of text: one text alone, over several columns, above any table, or long."""
    if len(used) != 1:
        return False
    height, width = merged.spans.get((number, used[0]), (1, 1))
    beside = any((number, column) in merged.covered for column in range(used[0]))
    if height > 1 or beside:
        return False
    return width > 1 or opens or len(row[used[0]]) > LONGEST_CELL


def _grid_blocks(rows: Sequence[Sequence[str]], run: Sequence[int], merged: _Merged) -> Iterator[Grid]:
    """The rows of a run as one Grid, no wider than its last used column, and an empty row below.

    A sheet does not say where a table ends: a last row whose cells are all blank is not told from what follows.
    """
    if not run:
        return
    first, spans = run[0], merged.spans
    width = 1 + max(
        (
            column + spans.get((number, column), (1, 1))[1] - 1
            for number in run
            for column, text in enumerate(rows[number])
            if text or (number, column) in spans
        ),
        default=-1,
    )
    placed = tuple(
        tuple(
            Cell(rows[number][column], number - first, column, *spans.get((number, column), (1, 1)))
            for column in range(min(width, len(rows[number])))
            if (number, column) not in merged.covered
        )
        for number in run
    )
    below = tuple(Cell("", len(run), column) for column in range(width))
    yield grid_of((*placed, below), width)


def _printed(value: Value) -> str:
    """A value as text. A number is written as it is held: how many decimals its cell shows is not known."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value).strip()
