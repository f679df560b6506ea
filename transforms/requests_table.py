"""Table 三: the requests received and how each ended, by kind of applicant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from transforms.alignment import one_row_each
from transforms.codebook import Codebook
from transforms.findings import Issue
from transforms.inference import Placing, Vector, agreed_placings, placings, spread
from transforms.placing import Calibration, Trust, filled, fits_its_grid, place
from transforms.readings import (
    BLANK_CELL,
    MISSING_CELL,
    UNPLACED_CELL,
    CellReading,
    Key,
    TableReading,
    count_cell,
    state_of,
    unreadable_issues,
)
from transforms.rows import SUBTOTAL
from transforms.table_row import Header, TableRow
from transforms.tokens import Token
from transforms.under_heads import place_under

TOTAL = "total"
FEWEST_FIGURES = 2
"""A row with a lone figure is not placed: 0 alone fits every place."""
BALANCE = {"received": 1, "carried_in": 1, "outcome_total": -1, "carried_forward": -1}
"""新收 + 结转 = 总计 + 结转下年, for each applicant: the form prints this rule in its corner."""
SPLIT_HANDLING = ("other_not_corrected", "other_fee_unpaid", "other_other")
DEEP_GROUPS = frozenset({"denied", "unavailable", "not_processed", "other"})
"""Groups whose items stand beside their group's label."""


def label_depth(code: str, groups: Mapping[str, str | None]) -> int:
    """How many labels stand beside each other up to an item's own: 0 for 新收, 1 for （一）, 2 for 1.属于国家秘密.

    The form's grid has three label columns; the fewer labels a row prints, the more columns its own spans.
    """
    group = groups[code]
    if group is None:
        return 1 if code == "outcome_total" else 0
    return 2 if group in DEEP_GROUPS and code != "other_handling" else 1


def request_template(rows: Sequence[TableRow]) -> str | None:
    """The form of table 三 that the rows show: （六）其他处理 is three rows since 2021, and their group's label.

    Null when cut before it, or where that label has no cells: its own may be dropped, or its three rows lost.
    """
    if any(row.code in SPLIT_HANDLING for row in rows):
        return "2021"
    return "2019" if any(row.code == "other_handling" and row.cells for row in rows) else None


@lru_cache(maxsize=8)
def request_keys(codebook: Codebook, template: str) -> tuple[Key, ...]:
    """The places of table 三 in the form's order."""
    applicants = codebook.codes("requests", "applicant")
    return tuple((item, who) for item in codebook.codes("requests", "item", template) for who in applicants)


@lru_cache(maxsize=8)
def request_items(codebook: Codebook, template: str) -> tuple[str, ...]:
    """The rows of table 三 in the form's order."""
    return codebook.codes("requests", "item", template)


class Columns(NamedTuple):
    """The columns of a row in reading order, SUBTOTAL included; `sure` unless some heads were guessed by order."""

    codes: tuple[str, ...]
    sure: bool


def columns_of(header: Header | None, codebook: Codebook) -> Columns | None:
    """The columns by their heads; the form's own order without a header.

    A head broken by a line break can lose its second half (科研 for 科研机构). While those that are left stand
    in the form's order, that order is taken, but not for sure. None where the heads contradict the form: a total
    in another column is told by no sum (5 0 0 0 0 0 5 adds up from either end).
    """
    statutory = codebook.codes("requests", "applicant")
    organizations = statutory[1:-1]
    if header is None or header.table != "requests":
        return Columns(statutory, sure=True)
    heads = [
        (token, SUBTOTAL if mark.kind == SUBTOTAL else mark.code)
        for token, mark in header.words
        if mark is not None and mark.kind in ("applicant", SUBTOTAL)
    ]
    inner = [code for _, code in heads if code in organizations or code == SUBTOTAL]
    named = [code for code in inner if code != SUBTOTAL]
    if inner.count(SUBTOTAL) > 1 or len(set(named)) < len(named):
        return None
    placed = _by_place(header, heads) if len(named) == len(organizations) else None
    if placed is None and not _reads_in_form_order(header):
        return None
    if len(named) == len(organizations):
        return Columns(placed or (statutory[0], *inner, TOTAL), sure=True)
    told = _told_with_fragments(header, codebook)
    in_order = all(
        list(codes) == [code for code in organizations if code in codes] for codes in (named, told)
    )
    if not in_order or SUBTOTAL in inner:
        return None
    return Columns(statutory, sure=len(told) == len(organizations))


def _by_place(header: Header, heads: Sequence[tuple[Token, str]]) -> tuple[str, ...] | None:
    """The heads from left to right, where all stand in one line of a grid, or 法人或其他组织 spans its kinds.

    Elsewhere a span of the header is lost, and its columns tell nothing.
    """
    group = next(
        (token for token, mark in header.words if mark is not None and mark.kind == "organizations"), None
    )
    columns = {token.column for token, _ in heads}
    whole = {code for _, code in heads} >= {"natural_person", TOTAL}
    if -1 in columns or len(columns) < len(heads) or not whole:
        return None
    in_one_line = len({token.line for token, _ in heads}) == 1
    if (group is None and not in_one_line) or (group is not None and not _spans_its_kinds(group, heads)):
        return None
    return tuple(code for _, code in sorted(heads, key=lambda head: head[0].column))


def _spans_its_kinds(group: Token, heads: Sequence[tuple[Token, str]]) -> bool:
    """Whether just the kinds of organizations stand below the head of the group."""
    return group.column >= 0 and all(
        (group.column <= token.column < group.column + group.span) != (code in ("natural_person", TOTAL))
        for token, code in heads
    )


def _reads_in_form_order(header: Header) -> bool:
    """Whether 自然人, 总计 and the kinds of organizations are read in an order that the form's columns give.

    That is 自然人 first and 总计 last, where all heads stand in one line; else 自然人, 法人或其他组织 (or what a tool
    left of it), 总计, and then the kinds, which stand a line lower.
    """
    order = [
        mark.code if mark is not None and mark.kind != "organizations" else ""
        for _, mark in header.words
        if mark is None or mark.kind in ("applicant", "organizations", SUBTOTAL)
    ]
    heads = [code for code in order if code]
    has_person = "natural_person" in heads
    if has_person and heads[0] != "natural_person":
        return False
    if TOTAL not in heads:
        return True
    between = order[order.index("natural_person") + 1 if has_person else 0 : order.index(TOTAL)]
    return heads[-1] == TOTAL or (bool(between) and not any(between))


def _told_with_fragments(header: Header, codebook: Codebook) -> list[str]:
    """The kinds of organizations in reading order, those too of which a head begins only one: 科研 for 科研机构."""
    labels = {
        entry.code: codebook.key(entry.label_zh) for entry in codebook.of("requests", "applicant")[1:-1]
    }
    told: dict[str, None] = {}
    for token, mark in header.words:
        if mark is not None:
            codes = [mark.code] if mark.kind == "applicant" and mark.code in labels else []
        else:
            word = codebook.key(token.text)
            codes = [code for code, label in labels.items() if word and label.startswith(word)]
        if len(codes) == 1:
            told[codes[0]] = None
    return list(told)


class RequestsReader:
    """Reads table 三 of one document: the rows, what they teach of widths, and what was found."""

    def __init__(self, rows: list[TableRow], template: str, codebook: Codebook, learnt: Calibration) -> None:
        self._codebook = codebook
        self._learnt = learnt
        self._groups = {entry.code: entry.group for entry in codebook.of("requests", "item")}
        self._items = request_items(codebook, template)
        self._applicants = codebook.codes("requests", "applicant")
        self.template = template
        self.issues: list[Issue] = []
        self._rows, self._disputed, twice = one_row_each(rows, "requests")
        self.issues.extend(twice)
        self._columns: dict[int, Columns | None] = {}
        self._first_heads: dict[int, dict[str, int]] = {}
        for row in rows:
            heads = _heads_over(row)
            self._first_heads.setdefault(_grid_of(heads), {who: head.column for who, head in heads.items()})

    def read(self) -> TableReading:
        """The whole table, a cell for every place of its form."""
        cells: dict[str, Sequence[CellReading]] = {}
        unplaced: dict[str, TableRow] = {}
        for item in self._items:
            row = self._rows.get(item)
            if row is None:
                cells[item] = [MISSING_CELL] * len(self._applicants)
            elif item in self._disputed:
                cells[item] = [UNPLACED_CELL] * len(self._applicants)
            elif (tokens := self._placed(row)) is not None:
                cells[item] = [count_cell(token.text) for token in tokens]
            elif not row.has_figures:
                cells[item] = self._emptied(row)
            else:
                unplaced[item] = row
        if unplaced and self._learnt.seems_to:
            self._trust_blanks(cells, unplaced)
        inferred = self._infer(cells, unplaced) if unplaced else set()
        self._tell_missing()
        keys = request_keys(self._codebook, self.template)
        flat = [cell for item in self._items for cell in cells[item]]
        self.issues.extend(unreadable_issues("requests", keys, flat))
        state = state_of(flat, bool(inferred))
        return TableReading("requests", state, self.template, keys, flat, self.issues)

    def _trust_blanks(self, cells: dict[str, Sequence[CellReading]], unplaced: dict[str, TableRow]) -> None:
        """Believe last blanks on the word of the other blanks, if all columns of applicants then add up.

        Had the tool dropped a blank and padded the row, the row's last figure would be its total. So only a row
        whose last figure cannot be is believed: a row of zeros adds up either way.
        """
        believed = {
            item: [count_cell(token.text) for token in placed]
            for item, row in unplaced.items()
            if (placed := self._placed(row, Trust.BLANKS)) is not None
        }
        table = {item: _as_numbers(row) for item, row in {**cells, **believed}.items()}
        if all(item in table and item in self._rows for item in self._items) and self._identities_hold(
            table, len(self._applicants) - 1
        ):
            for item in [item for item in believed if self._lacks_its_total(unplaced[item])]:
                cells[item] = believed[item]
                del unplaced[item]

    def _lacks_its_total(self, row: TableRow) -> bool:
        """Whether a row prints all its cells but the last, and what it prints last is not the sum of the others."""
        if self._columns_over(row) != Columns(self._applicants, sure=True):
            return False
        printed = [at for at, cell in enumerate(row.cells) if cell.sense.kind != "empty"]
        numbers = _numbers(row)
        return (
            numbers is not None and printed[-1] == len(self._applicants) - 2 and not _adds_up(tuple(numbers))
        )

    def _placed(self, row: TableRow, trust: Trust = Trust.PROOF) -> list[Token] | None:
        """The cells by applicant in the form's order, or None where the layout does not tell."""
        columns = self._columns_over(row)
        if columns is None:
            return None
        depth = label_depth(row.code or "", self._groups)
        placed = place(row, len(columns.codes), depth, self._learnt, trust)
        if placed is None:
            return self._under_heads(row)
        if (row.fragile or not columns.sure) and not _is_confirmed(placed):
            return None
        if columns.codes == self._applicants:
            return placed
        by_column = dict(zip(columns.codes, placed, strict=True))
        return [by_column[who] for who in self._applicants]

    def _columns_over(self, row: TableRow) -> Columns | None:
        key = id(row.header)
        if key not in self._columns:
            self._columns[key] = columns_of(row.header, self._codebook)
        return self._columns[key]

    def _under_heads(self, row: TableRow) -> list[Token] | None:
        """The cells by the heads above them.

        A header that a grid repeats at other columns has slipped, by a span that was not ended before it: nobody
        can say whether the row below it has, too.
        """
        heads = _heads_over(row)
        if row.header is None or not fits_its_grid(row, self._learnt) or set(heads) != set(self._applicants):
            return None
        if self._first_heads[_grid_of(heads)] != {who: head.column for who, head in heads.items()}:
            return None
        return place_under(row.header, [heads[who] for who in self._applicants], row)

    def _emptied(self, row: TableRow) -> Sequence[CellReading]:
        """A row whose label stands without any figure: every cell of it is blank, wherever it stood."""
        if not row.cells:
            message = f"{row.label!r} has no cells: a tool dropped them"
            self.issues.append(Issue("cells_dropped", "warning", message, "requests", row.code))
        return [BLANK_CELL] * len(self._applicants)

    def _tell_missing(self) -> None:
        absent = [item for item in self._items if item not in self._rows]
        for item in absent:
            message = f"{item} is not in the document, {len(absent)} of {len(self._items)} rows are not"
            self.issues.append(Issue("missing_rows", "error", message, "requests", item))

    def _infer(self, cells: dict[str, Sequence[CellReading]], unplaced: Mapping[str, TableRow]) -> set[str]:
        """Let the identities decide the rows that the layout did not; what they leave open stays null."""
        figures = {item: _numbers(row) for item, row in unplaced.items()}
        decided: dict[str, Placing] = {}
        if not self._disputed and all(item in self._rows for item in self._items):
            decided = self._decide(cells, figures)
        for item, row in unplaced.items():
            printed = " ".join(cell.text for cell in filled(row.cells))
            if item in decided:
                placed = dict(zip(decided[item], filled(row.cells), strict=True))
                cells[item] = [
                    count_cell(placed[at].text) if at in placed else BLANK_CELL
                    for at in range(len(self._applicants))
                ]
                message = f"{item}: only one placing satisfies the identities ({printed})"
                self.issues.append(
                    Issue("inferred_reading", "info", message, "requests", item, observed=printed)
                )
            else:
                cells[item] = [UNPLACED_CELL] * len(self._applicants)
                message = f"{item}: nobody can say which cell is whose ({printed})"
                self.issues.append(
                    Issue("ambiguous_reading", "error", message, "requests", item, observed=printed)
                )
        return set(decided)

    def _decide(
        self, cells: Mapping[str, Sequence[CellReading]], figures: Mapping[str, list[Decimal] | None]
    ) -> dict[str, Placing]:
        columns = len(self._applicants)
        candidates: dict[str, list[Placing]] = {}
        for item, numbers in figures.items():
            if numbers is None or self._columns_over(self._rows[item]) != Columns(
                self._applicants, sure=True
            ):
                return {}
            candidates[item] = placings(numbers, columns, (columns - 1,), _adds_up)
        fixed = {item: _as_numbers(row) for item, row in cells.items()}

        def consistent(choice: Mapping[str, Placing]) -> bool:
            table = dict(fixed)
            for item, placing in choice.items():
                numbers = figures[item]
                if numbers is not None:
                    table[item] = spread(numbers, placing, columns)
            return self._identities_hold(table, columns)

        return agreed_placings(candidates, consistent)

    def _identities_hold(self, table: Mapping[str, Vector], columns: int) -> bool:
        """Whether the outcomes and the balance add up in the first columns of the table."""
        outcomes = [item for item in self._items if item not in BALANCE]
        for column in range(columns):
            if sum(table[item][column] for item in outcomes) != table["outcome_total"][column]:
                return False
            if sum(sign * table[item][column] for item, sign in BALANCE.items()) != 0:
                return False
        return True


def _heads_over(row: TableRow) -> dict[str, Token]:
    """The heads of the applicants above a row."""
    words = row.header.words if row.header is not None else ()
    return {mark.code: token for token, mark in words if mark is not None and mark.kind == "applicant"}


def _grid_of(heads: Mapping[str, Token]) -> int:
    return next((head.block for head in heads.values()), -1)


def _is_confirmed(placed: Sequence[Token]) -> bool:
    """Whether the figures of a row add up to their total, the last of them, all of them printed."""
    cells = [count_cell(token.text) for token in placed]
    numbers = tuple(Decimal(cell.value) for cell in cells if cell.value is not None)
    return len(numbers) == len(cells) and _adds_up(numbers)


def _adds_up(row: Vector) -> bool:
    return sum(row[:-1]) == row[-1]


def _numbers(row: TableRow) -> list[Decimal] | None:
    """The figures of a row that is to be placed; None if one is no count, or a cell spans several columns."""
    printed = filled(row.cells)
    if len(printed) < FEWEST_FIGURES or any(cell.span > 1 for cell in printed):
        return None
    readings = [count_cell(cell.text) for cell in printed]
    if any(reading.status == "unreadable" for reading in readings):
        return None
    return [Decimal(reading.value or 0) for reading in readings]


def _as_numbers(cells: Sequence[CellReading]) -> Vector:
    return tuple(Decimal(cell.value or 0) for cell in cells)
