"""From tokens to the rows of the three tables: anchored on row labels, never on the count of figures.

A row is a label with the cells behind it. In a grid a row ends with its line; elsewhere with the next label or
with prose. Labels that several dimensions share (其他, 总计) are told apart by numbering and by what came before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from extractors.document import EMPTY_CELL
from transforms.codebook import Codebook, Mark
from transforms.findings import Table
from transforms.table_row import Header, TableRow
from transforms.tokens import Token

SHARED_HEADS = frozenset({"total", "other_organization"})
"""Column heads whose label says more only once another head shows which table begins."""
SHARED_ITEMS = frozenset({"outcome_total", "other_other"})
"""Items of table 三 whose label also heads a column."""
OTHER_HANDLING = "other_handling"
HEADS: dict[Table, str] = {"disclosures": "measure", "requests": "applicant", "challenges": "result"}
"""The kind of mark that heads a column of each table."""
SUBTOTAL = "subtotal"
"""A column that some organs add after the five kinds of organization; it is read and left out."""
LONGEST_HEADER_WORD = 40
LONGEST_CELL_WORD = 8
"""A longer text behind a label is a note or another label, not what an organ wrote for a figure."""


def table_rows(tokens: list[Token], codebook: Codebook) -> list[TableRow]:
    """All rows of the three tables in reading order, rows without a known label among them."""
    scanner = _Scanner(codebook)
    for token in tokens:
        scanner.feed(token)
    scanner.end_table()
    return scanner.rows


DAMAGED_FIGURE = re.compile(r"[0-9０-９.,，．\s]*[0-9０-９][0-9０-９.,，．\s]*")
"""Digits that are no figure (00, 1.2.3): a part of one that a tool broke, and no word of a label."""
_BEGINS_WITH_FIGURE = re.compile(r"\s*[0-9０-９]+(?![0-9０-９])(?!\s*[.．、]\s*[^0-9０-９\s]|\s*年)")
"""Not so the numbering of a label or a list (1.属于国家秘密), nor a year at the head of a sentence."""
_CHINESE = re.compile(r"[㐀-鿿]")


class _Scanner:
    """Where reading stands: in which table, under which header, in which row."""

    def __init__(self, codebook: Codebook) -> None:
        self.rows: list[TableRow] = []
        self._beginnings, self._labels = codebook.prefixes, codebook.marks
        self._groups = {entry.code: entry.group for entry in codebook.of("requests", "item")}
        self._table: Table | None = None
        self._header: Header | None = None
        self._heading = False
        self._row: TableRow | None = None
        self._group: str | None = None
        self._clause: str | None = None
        self._line = -1
        self._lead: list[Token] = []
        self._early: list[tuple[Token, Mark | None]] = []
        self._passed: list[Token] = []
        self._row_is_below = False
        self._line_of_labels = -1

    def feed(self, token: Token) -> None:
        """Take the next token in reading order."""
        if token.line != self._line:
            self._passed.clear()
            self._end_line(token)
        kind = token.sense.kind
        if kind in ("figure", "empty"):
            if kind == "figure":
                self._early.clear()
            if self._is_below_its_row(token):
                self._end_row_above(token)
            elif self._row is not None and self._table != "challenges":
                self._row.cells.append(token)
            else:
                self._value(token)
            return
        self._passed.clear()
        if token.line < 0 and token.sense.closing:
            # The rest of a label that wraps below its figures, as inscriptis leaves it: （一 … ）予以公开.
            return
        mark = self._fitting(token) if kind == "label" else None
        if mark is not None:
            _TAKE.get(mark.kind, _Scanner._column_head)(self, token, mark)
            self._early.clear()
            if mark.kind == "item" and not token.sense.numbered:
                self._note_early(token)
        elif kind == "prose" and token.line < 0:
            self.end_table()
            self._heading = False
            self._early.clear()
        else:
            self._text(token)
            self._note_early(token)

    def _is_below_its_row(self, token: Token) -> bool:
        """Whether a text stands below an open row that ended with its line."""
        return token.below and self._row is not None and not self._row_is_below

    def _end_row_above(self, token: Token) -> None:
        """A page's number or another lone figure ends the row above it; where that has no cell, it may be one."""
        if self._row is not None and not self._row.cells:
            self._row.disputed = True
            self._add_cell(token)
        self.close()

    def _note_early(self, token: Token) -> None:
        """Remember a word that may turn out to have been the first head of a header: 总计, 其他."""
        self._early.extend(
            (token, mark)
            for mark in token.sense.marks
            if mark.kind == "applicant" and mark.code in SHARED_HEADS
        )

    def close(self) -> None:
        """End the open row: known rows are kept even without cells, others only with figures."""
        row = self._row
        if row is not None and (row.code is not None or row.has_figures):
            self.rows.append(row)
        self._row = None

    def end_table(self) -> None:
        """End the open row; where table 四 ends without a figure, the blank cells behind its heads are its row."""
        blank = [cell for cell in self._lead if cell.line < 0]
        if self._table == "challenges" and self._row is None and blank:
            self._open(blank[0], "challenges", "", blank)
        self._lead.clear()
        self.close()

    def _end_line(self, token: Token) -> None:
        row = self._row
        self._line = token.line
        if row is None or not row.gridded:
            return
        # A page break can part a label from its cells: the next line then opens without a label.
        waits = row.code is not None and not row.cells and token.sense.kind == "figure"
        if not waits:
            self.close()

    def _fitting(self, token: Token) -> Mark | None:
        return next((mark for mark in token.sense.marks if self._fits(mark, token)), None)

    def _fits(self, mark: Mark, token: Token) -> bool:
        numbered = token.sense.numbered
        if mark.kind == "result":
            return self._table == "challenges" or mark.code != "total"
        if mark.table == "disclosures" and mark.kind == "item":
            return self._table == "disclosures"
        if mark.kind == "subtotal":
            return self._table == "requests" and self._heading
        if mark.kind == "applicant" and mark.code in SHARED_HEADS:
            return self._awaits_column(mark.code) and not numbered
        if mark.table == "requests" and mark.kind == "item" and mark.code in SHARED_ITEMS:
            return self._table == "requests" and (
                numbered or mark.code == "outcome_total" or self._group == "other"
            )
        return True

    def _awaits_column(self, code: str) -> bool:
        return (
            self._table == "requests"
            and self._heading
            and self._header is not None
            and code not in self._header.codes("applicant")
        )

    def _chapter(self, token: Token, mark: Mark) -> None:
        del token, mark
        self.end_table()
        self._table, self._header, self._heading = None, None, False

    def _clause_heading(self, token: Token, mark: Mark) -> None:
        del token
        self.close()
        self._clause = mark.code
        self._begin_header("disclosures")

    def _group_heading(self, token: Token, mark: Mark) -> None:
        self.close()
        self._table, self._heading = "requests", False
        self._group = mark.code if mark.kind == "group" else None
        # （六）其他处理 is a row of its own on the 2019 form and the heading of three rows on the 2021 form.
        if self._group == "other":
            self._open(token, OTHER_HANDLING)

    def _item(self, token: Token, mark: Mark) -> None:
        if self._stands_beside_a_label(token):
            self._row, self._line_of_labels = None, token.line
            return
        self.close()
        self._heading = False
        if mark.table == "requests":
            self._table = "requests"
            self._group = self._groups[mark.code]
        self._open(token, mark.code)

    def _stands_beside_a_label(self, token: Token) -> bool:
        """Whether a label heads a column of a turned table: in a line behind 信息内容, or behind a label and blanks."""
        row = self._row
        words = self._header.words if self._header is not None and token.line >= 0 else []
        is_head = any(
            mark is not None and mark.kind == "header" and word.line == token.line for word, mark in words
        )
        if is_head or token.line == self._line_of_labels >= 0:
            return True
        if row is None or row.code in (None, OTHER_HANDLING) or not row.gridded or row.line != token.line:
            return False
        return bool(row.cells) and not row.has_figures

    def _column_head(self, token: Token, mark: Mark) -> None:
        table = _table_of(mark)
        starts = mark.kind == "header" and table == "disclosures"
        if starts or not (self._heading and self._table == table):
            if table == "requests" and self._early and self._row is not None and not self._row.cells:
                # What was taken for the row （七）总计 stands among the heads of a header that is repeated.
                self._row = None
            self.close()
            self._begin_header(table)
        self._lead.clear()
        if self._header is not None:
            self._header.words.append((token, mark))

    def _begin_header(self, table: Table) -> None:
        above = self._words_above(table)
        self._table, self._heading, self._header = table, True, Header(table, above=above)
        if table == "requests":
            self._header.words.extend(self._early)

    def _words_above(self, table: Table) -> list[Token]:
        """The unknown words of the table's headers so far: their columns go on to its end."""
        before = self._header
        return [*before.above, *before.unknown()] if before is not None and before.table == table else []

    def _open(
        self, token: Token, code: str | None, label: str | None = None, lead: Sequence[Token] = ()
    ) -> None:
        if self._table is None:
            return
        header = self._header if self._header is not None and self._header.table == self._table else None
        text = token.text if label is None else label
        self._row = TableRow(self._table, code, text, header, [], token.line, self._clause, list(lead))
        self._row_is_below = token.below

    def _add_cell(self, token: Token) -> None:
        if self._row is not None:
            self._row.cells.append(token)

    def _value(self, token: Token) -> None:
        empty = token.sense.kind == "empty"
        if self._table == "challenges":
            self._challenge_value(token, empty)
        elif self._heading and not empty and (label := self._label_before(token)):
            self._heading = False
            self._open(token, None, label)
            for blank in self._passed:
                self._add_cell(blank)
            self._add_cell(token)
        elif empty and self._heading:
            self._passed.append(token)
        elif token.line >= 0 and self._table is not None and not self._heading:
            self._open(token, None, "")
            self._add_cell(token)

    def _words_before(self, token: Token) -> list[Token]:
        """The unknown words behind the last known head and before the first figure, taken out of the header.

        They are a damaged row label, or in table 四, which has none, cells that hold no figure.
        """
        taken: list[Token] = []
        words = self._header.words if self._header is not None else []
        while words and words[-1][1] is None and words[-1][0].line == token.line:
            taken.insert(0, words.pop()[0])
        return taken

    def _label_before(self, token: Token) -> str:
        """The damaged row label before the first figure under a header; outside a grid, one piece of words."""
        words = self._words_before(token)
        return "".join(word.text for word in (words if token.line >= 0 else words[-1:]))

    def _challenge_value(self, token: Token, empty: bool) -> None:
        if self._row is None:
            if empty and (token.line < 0 or self._heads_on(token.line)):
                self._lead.append(token)
                return
            words = self._words_before(token) if self._heading else []
            self._heading = False
            self._open(token, "challenges", "", [cell for cell in self._lead if cell.line < 0])
            for word in words:
                # Outside a grid, Chinese words may as well be the second halves of broken heads.
                if word.line >= 0 or not _CHINESE.search(word.text):
                    self._add_cell(word)
        self._add_cell(token)

    def _heads_on(self, line: int) -> bool:
        """Whether column heads stand on a line: an empty cell beside them is no figure's place."""
        return self._header is None or any(token.line == line for token, _ in self._header.words)

    def _text(self, token: Token) -> None:
        row = self._row
        if token.line >= 0:
            if (
                row is not None
                and row.line == token.line
                and row.code is not None
                and not self._heads_rows(row)
            ):
                row.cells.append(token)
            elif self._heading:
                self._add_header_word(token)
            else:
                self.close()
                self._open(token, None)
        elif self._heading and len(token.text) <= LONGEST_HEADER_WORD:
            self._add_header_word(token)
        elif (
            row is not None
            and row.code is not None
            and not self._is_below_its_row(token)
            and self._lacks_cells(row, token)
        ):
            row.cells.append(token)
        elif row is not None:
            self.close()
            self._open(token, None)

    def _is_part_of_label(self, token: Token) -> bool:
        word = token.sense.word
        return bool(word) and any(word in label for label in self._labels)

    def _heads_rows(self, row: TableRow) -> bool:
        """Whether a row is so far only the heading （六）其他处理, and words behind it are a row's label."""
        return row.code == OTHER_HANDLING and not row.cells

    def _lacks_cells(self, row: TableRow, token: Token) -> bool:
        """Whether a word behind a label may stand in a cell: digits, or, while cells lack, a short word (详见附件).

        So does what begins with digits, however long it is (5件（其中变更4件）).
        """
        if DAMAGED_FIGURE.fullmatch(token.text):
            return True
        kind = HEADS[row.table]
        heads = len(row.header.codes(kind)) if row.header is not None else 0
        seen = sum(cell.sense.kind != "empty" or cell.text == EMPTY_CELL for cell in row.cells)
        if _BEGINS_WITH_FIGURE.match(token.text) and token.sense.word not in self._beginnings:
            return seen < max(heads, 1)
        spaced = any(char.isspace() for char in token.text)
        labelled = bool(_CHINESE.search(token.text)) and token.sense.numbered
        labelled = labelled or token.sense.word in self._beginnings
        if len(token.text) > LONGEST_CELL_WORD or spaced or labelled or self._is_part_of_label(token):
            return False
        return seen < heads

    def _add_header_word(self, token: Token) -> None:
        if self._header is not None:
            self._header.words.append((token, None))


_TAKE: dict[str, Callable[[_Scanner, Token, Mark], None]] = {
    "chapter": _Scanner._chapter, "clause": _Scanner._clause_heading, "group": _Scanner._group_heading,
    "results": _Scanner._group_heading, "item": _Scanner._item,
}  # fmt: skip


def _table_of(mark: Mark) -> Table:
    if mark.table == "disclosures":
        return "disclosures"
    return "requests" if mark.table == "requests" else "challenges"
