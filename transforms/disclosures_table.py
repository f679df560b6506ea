"""Table 二: what the organ disclosed on its own, in blocks by clause of article 20 of the Regulation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from extractors.document import EMPTY_CELL
from transforms.alignment import one_row_each
from transforms.codebook import Clause, Codebook
from transforms.codebook_files import compact
from transforms.findings import Issue
from transforms.placing import Calibration, Trust, filled, place
from transforms.readings import (
    BLANK_CELL,
    MISSING_CELL,
    UNPLACED_CELL,
    CellReading,
    Key,
    TableReading,
    change_cell,
    count_cell,
    money_cell,
    state_of,
    unreadable_issues,
)
from transforms.table_row import Header, TableRow
from transforms.unread import PutOff, is_unread_figure

CHANGE = "items_change"
SHORTEST_HEAD = 2
"""Characters of a column head that lost its second half at a line break and still tells which it was."""
_MONEY_UNIT = re.compile(r"[十百千万亿美欧港日]*元")
"""A unit of money with all that changes its size: 百万元 is no 万元."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The measures over a row, in the order in which its cells stand, and the form they belong to."""

    template: str
    measures: tuple[str, ...]
    by_position: bool


def measures_over(item: str, header: Header | None, codebook: Codebook) -> Columns | None:
    """The columns that a header gives to an item's row; None where it fits no form, or the two forms alike."""
    fits = [
        columns
        for clause in codebook.clauses
        if item in clause.items and (columns := _columns_in(clause, header, codebook)) is not None
    ]
    sure = [columns for columns in fits if not columns.by_position]
    chosen = sure or fits
    return chosen[0] if len(chosen) == 1 else None


def _columns_in(clause: Clause, header: Header | None, codebook: Codebook) -> Columns | None:
    if header is None:
        return None
    heads = [
        (codebook.key(token.text), mark.code if mark is not None else None)
        for token, mark in header.words
        if mark is None or mark.kind == "measure"
    ]
    named = [code for _, code in heads if code is not None]
    if len(named) == len(heads) and sorted(named) == sorted(clause.measures):
        return Columns(clause.template, tuple(named), by_position=False)
    if _heads_in_order(clause, heads, codebook):
        return Columns(clause.template, clause.measures, by_position=False)
    at_place = [code == measure for (_, code), measure in zip(heads, clause.measures, strict=False)]
    if len(heads) == len(clause.measures) and sum(at_place) * 2 >= len(heads) and any(at_place):
        return Columns(clause.template, clause.measures, by_position=True)
    return None


def _heads_in_order(clause: Clause, heads: Sequence[tuple[str, str | None]], codebook: Codebook) -> bool:
    """Whether each measure is named, or begun, in the form's order, with nothing but fragments between."""
    labels = {entry.code: codebook.key(entry.label_zh) for entry in codebook.of("disclosures", "measure")}
    wanted = list(clause.measures)
    exact = 0
    for word, code in heads:
        if wanted and (code == wanted[0] or (code is None and _begins(word, labels[wanted[0]]))):
            exact += code is not None
            wanted.pop(0)
        elif not any(label.endswith(word) and label != word for label in labels.values()):
            return False
    # Heads that are all fragments tell nothing where two forms begin alike.
    return not wanted and (exact > 0 or _is_unique(clause, heads, labels))


def _begins(word: str, label: str) -> bool:
    return len(word) >= SHORTEST_HEAD and label.startswith(word)


def _is_unique(clause: Clause, heads: Sequence[tuple[str, str | None]], labels: dict[str, str]) -> bool:
    return any(
        sum(_begins(word, label) for label in labels.values()) == 1
        and any(_begins(word, labels[measure]) for measure in clause.measures)
        for word, _ in heads
    )


def block_depth(measures: int) -> int:
    """0 for a block of one measure, whose cells span columns of the form's grid; 1 for the others."""
    return 0 if measures == 1 else 1


@lru_cache(maxsize=64)
def disclosure_keys(clauses: tuple[Clause, ...]) -> tuple[Key, ...]:
    """The places of table 二 in the form's order, block by block."""
    return tuple(
        (item, measure) for clause in clauses for item in clause.items for measure in clause.measures
    )


class DisclosuresReader:
    """Reads table 二 of one document.

    Its rows have no sums. Where spaces alone part figures they are believed only if `spaces_part_cells`: if
    every row of table 三 of that kind adds up.
    """

    def __init__(
        self,
        rows: list[TableRow],
        columns: dict[int, Columns | None],
        codebook: Codebook,
        learnt: Calibration,
        *,
        spaces_part_cells: bool,
    ) -> None:
        self._codebook = codebook
        self._spaces_part_cells = spaces_part_cells
        self._learnt = learnt
        self.issues: list[Issue] = []
        self._rows, self._disputed, twice = one_row_each(rows, "disclosures")
        self.issues.extend(twice)
        self._columns = columns

    def read(self, fallback: str) -> TableReading:
        """The whole table; blocks whose form nothing in them tells are of the form of the others, or `fallback`."""
        clauses = self._clauses(fallback)
        cells: dict[Key, CellReading] = {}
        for clause in clauses:
            for item in clause.items:
                row = self._rows.get(item)
                readings = self._row_cells(item, clause, row)
                cells.update(zip(((item, measure) for measure in clause.measures), readings, strict=True))
        keys = disclosure_keys(clauses)
        flat = [cells[key] for key in keys]
        self._tell_missing(clauses)
        self.issues.extend(unreadable_issues("disclosures", keys, flat))
        templates = {clause.template for clause in clauses}
        template = templates.pop() if len(templates) == 1 else "hybrid"
        return TableReading("disclosures", state_of(flat, inferred=False), template, keys, flat, self.issues)

    def _clauses(self, fallback: str) -> tuple[Clause, ...]:
        """The block of each clause in the form that its own heads show."""
        shown: dict[str, str] = {}
        for item, row in self._rows.items():
            columns = self._columns.get(id(row))
            for clause in self._codebook.clauses:
                if columns is not None and item in clause.items and clause.template == columns.template:
                    shown.setdefault(clause.clause, clause.template)
        counts = sorted(shown.values())
        common = max(counts, key=counts.count) if counts else fallback
        # Items of the 2019 form alone make their block a block of that form, whatever its heads became.
        return tuple(
            clause
            for clause in self._codebook.clauses
            if clause.template == shown.get(clause.clause, common if counts else fallback)
        )

    def _row_cells(self, item: str, clause: Clause, row: TableRow | None) -> Sequence[CellReading]:
        places = len(clause.measures)
        if row is None:
            return [MISSING_CELL] * places
        columns = self._columns.get(id(row))
        if item in self._disputed:
            return [UNPLACED_CELL] * places
        if not row.has_figures:
            return self._emptied(row, places)
        if columns is None or columns.template != clause.template:
            return self._unplaced(row, places, "its column heads fit no form")
        if columns.by_position:
            heads = " ".join(token.text for token, _ in row.header.words) if row.header is not None else ""
            message = f"{item}: a damaged head read by its place among {heads}"
            self.issues.append(
                Issue("header_by_position", "warning", message, "disclosures", item, observed=heads)
            )
        trust = Trust.NO_SPARE if places > 1 else Trust.PROOF
        placed = place(row, places, block_depth(places), self._learnt, trust)
        unsure = (row.fragile and not self._spaces_part_cells) or _repeats_spans(row, places)
        if placed is None or unsure:
            return self._unplaced(row, places, "nobody can say which cell is whose")
        by_measure = dict(zip(columns.measures, (token.text for token in placed), strict=True))
        return [self._cell(item, measure, by_measure[measure], row.header) for measure in clause.measures]

    def _cell(self, item: str, measure: str, text: str, header: Header | None) -> CellReading:
        if self._codebook.unit(measure) == "count":
            return change_cell(text) if measure == CHANGE else count_cell(text)
        unit = _header_unit(header, measure, self._codebook)
        cell = money_cell(text, unit)
        if cell.value is not None and unit is None:
            self._doubt_unit(text, item, measure)
        return cell

    def _doubt_unit(self, text: str, item: str, measure: str) -> None:
        if is_unread_figure(text):
            self.issues.append(cast(Issue, PutOff(text.number, _unit_doubt, (item, measure))))
        elif (doubt := _unit_doubt(text, item, measure)) is not None:
            self.issues.append(doubt)

    def _emptied(self, row: TableRow, places: int) -> Sequence[CellReading]:
        if not _shows_blanks(row, places, self._learnt):
            message = f"{row.label!r} has no cells: a tool dropped them"
            self.issues.append(Issue("cells_dropped", "warning", message, "disclosures", row.code))
        return [BLANK_CELL] * places

    def _unplaced(self, row: TableRow, places: int, says: str) -> Sequence[CellReading]:
        printed = " ".join(cell.text for cell in filled(row.cells))
        message = f"{row.code}: {says} ({printed})"
        self.issues.append(
            Issue("ambiguous_reading", "error", message, "disclosures", row.code, observed=printed)
        )
        return [UNPLACED_CELL] * places

    def _tell_missing(self, clauses: tuple[Clause, ...]) -> None:
        items = [item for clause in clauses for item in clause.items]
        absent = [item for item in items if item not in self._rows]
        for item in absent:
            message = f"{item} is not in the document, {len(absent)} of {len(items)} rows are not"
            self.issues.append(Issue("missing_rows", "error", message, "disclosures", item))


def _repeats_spans(row: TableRow, places: int) -> bool:
    """Whether a stream prints a cell, head or figure, once for each column that it spans: some figures are then one."""
    heads = row.header.codes("measure") if row.header is not None else []
    return not row.gridded and len(row.cells) > places and len(heads) > places


def _shows_blanks(row: TableRow, places: int, learnt: Calibration) -> bool:
    """Whether the layout proves as many empty cells as the form has, and not mere padding; in a grid, cells span."""
    proven = [cell for cell in row.cells if learnt.unpadded or cell.text == EMPTY_CELL]
    return bool(row.cells) and (row.gridded or len(proven) >= places)


def _unit_doubt(text: str, item: str, measure: str) -> Issue | None:
    """A warning about an amount whose head prints no unit, unless the cell does."""
    if _MONEY_UNIT.search(compact(text)):
        return None
    message = f"{item}: {text!r} has no unit in its cell nor in its head; taken as 10,000 yuan"
    return Issue("unit_unknown", "warning", message, "disclosures", item, measure, observed=text)


def _header_unit(header: Header | None, measure: str, codebook: Codebook) -> str | None:
    """The unit of money that the head of a column prints."""
    for token, mark in header.words if header is not None else ():
        if mark is not None and mark.code == measure:
            match = _MONEY_UNIT.search(codebook.key(token.text))
            return match[0] if match else None
    return None
