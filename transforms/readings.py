"""What reading a table gives: a cell for every place of its form, a state, and findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple, cast

from transforms.codebook_files import compact
from transforms.findings import Issue, Table
from transforms.labels import CACHED_TEXTS
from transforms.numbers import (
    BLANK,
    DASH,
    MISSING,
    REPORTED,
    UNREADABLE,
    YUAN_PER_UNIT,
    figure,
    in_ten_thousand_yuan,
)
from transforms.unread import UNREAD, PutOff, UnreadFigure, is_unread_figure

State = Literal["exact", "inferred", "partial", "absent", "refused"]
UNREADABLE_CELL = "unreadable_cell"
"""The check that tells of a cell which prints something that is no figure."""
COUNT_UNITS = frozenset({None, "件", "条", "个", "项", "宗", "起", "次", "份", "部", "人次", "人"})
SIGNS = frozenset("+-−增减↑↓")
"""What stands before the figure of a change, and never before a count."""
LARGEST_COUNT = 10**12
"""More requests than people: such a figure is two figures that lost their border, or an account number."""


class CellReading(NamedTuple):
    """A cell of the dataset: `value` is null unless `status` is reported, `raw` what was printed if it says more."""

    value: int | float | None
    status: str
    raw: str | None = None


MISSING_CELL = CellReading(None, MISSING)
BLANK_CELL = CellReading(None, BLANK)
UNPLACED_CELL = CellReading(None, UNREADABLE)
"""A cell whose figure is printed somewhere, but nobody can say which figure it is."""

Key = tuple[str, str]
"""A place in a form: (item, applicant), (item, measure) or (route, result)."""


@dataclass(slots=True)
class TableReading:
    """One table: `keys` and `cells` run in parallel in the form's order; no keys where the form is unknown."""

    table: Table
    state: State
    template: str | None = None
    keys: Sequence[Key] = ()
    cells: Sequence[CellReading] = ()
    issues: list[Issue] = field(default_factory=list)


def count_cell(text: str) -> CellReading:
    """A cell that counts: a whole number without a sign."""
    return _put_off(text, _count) if is_unread_figure(text) else _count(text)


def change_cell(text: str) -> CellReading:
    """A cell that counts a change: a whole number, negative for a decrease (-8, 减3)."""
    return _put_off(text, _change) if is_unread_figure(text) else _change(text)


def money_cell(text: str, header_unit: str | None) -> CellReading:
    """An amount in 10,000 yuan. The unit in the cell goes before the header's; `raw` keeps what was converted."""
    if is_unread_figure(text):
        return _put_off(text, _money, header_unit)
    return _money(text, header_unit)


def _put_off(
    figure: UnreadFigure, convert: Callable[..., CellReading], *arguments: str | None
) -> CellReading:
    """The reading of a figure that is known to be one, and whose value nobody may ask for yet."""
    value, raw = PutOff(figure.number, convert, arguments), UNREAD
    return CellReading(cast(int, value), REPORTED, cast(str, raw))


@lru_cache(maxsize=CACHED_TEXTS)
def _count(text: str) -> CellReading:
    found = figure(text)
    if found.number is None:
        return _without_figure(text, found.status)
    signed = not text[0].isdigit() and compact(text)[0] in SIGNS
    if not _is_count(found.number) or signed or found.unit not in COUNT_UNITS:
        return CellReading(None, UNREADABLE, text)
    return CellReading(int(found.number), REPORTED)


@lru_cache(maxsize=CACHED_TEXTS)
def _change(text: str) -> CellReading:
    found = figure(text)
    if found.number is None:
        return _without_figure(text, found.status)
    if not _is_count(found.number) or found.unit not in COUNT_UNITS:
        return CellReading(None, UNREADABLE, text)
    return CellReading(int(found.number), REPORTED)


@lru_cache(maxsize=CACHED_TEXTS)
def _money(text: str, header_unit: str | None) -> CellReading:
    found = figure(text)
    if found.number is None:
        return _without_figure(text, found.status)
    unit = found.unit or header_unit or "万元"
    if unit not in YUAN_PER_UNIT or found.number < 0:
        return CellReading(None, UNREADABLE, text)
    value = float(in_ten_thousand_yuan(found.number, unit))
    return CellReading(value, REPORTED, None if unit == "万元" else text)


def _is_count(number: Decimal) -> bool:
    return number == number.to_integral_value() and abs(number) < LARGEST_COUNT


def ends_with_its_sum(cells: Sequence[CellReading]) -> bool:
    """Whether the last cell is the sum of the others, dashes and blanks as nothing; a dash only among dashes alone."""
    *parts, total = cells
    if total.value is None:
        return all(cell == total for cell in parts)
    return sum(cell.value or 0 for cell in parts) == total.value


def _without_figure(text: str, status: str) -> CellReading:
    return CellReading(None, status, text if status in (DASH, UNREADABLE) else None)


def state_of(cells: Sequence[CellReading], inferred: bool) -> State:
    """The state of a table that was found: `partial` as soon as one cell is unreadable or missing."""
    if any(cell.status in (UNREADABLE, MISSING) for cell in cells):
        return "partial"
    return "inferred" if inferred else "exact"


def unreadable_issues(table: Table, keys: Sequence[Key], cells: Sequence[CellReading]) -> list[Issue]:
    """An error for every cell that holds something that is no figure."""
    return [
        Issue(
            UNREADABLE_CELL, "error", f"{item} / {column}: {cell.raw!r} is no figure",
            table, item, column, observed=cell.raw,
        )
        for (item, column), cell in zip(keys, cells, strict=True)
        if cell.status == UNREADABLE and cell.raw is not None
    ]  # fmt: skip
