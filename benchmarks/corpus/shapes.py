"""The tables as laid out: rows of cells with spans, before any markup or text layout.

`draw_shape` picks what an organ's editor did to the official form; `lay_out` gives the tables of a truth in
that shape. A cell's text may hold line breaks (`<br>` in HTML). Only the text and spans are printed: `key`
is the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from benchmarks.corpus import forms
from benchmarks.corpus.damage import damage_labels, misprint_labels
from benchmarks.corpus.forms import Key
from benchmarks.corpus.truths import Truth


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """A cell as printed, with its spans; `key` names the truth's cell when this is a figure's place."""

    text: str
    columns: int = 1
    rows: int = 1
    header: bool = False
    key: Key | None = None


Row = tuple[PrintedCell, ...]


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table in reading order. `hidden` are rows no browser shows; `table` is the dataset's name for it."""

    table: str
    rows: tuple[Row, ...]
    hidden: frozenset[int] = frozenset()

    @property
    def width(self) -> int:
        """Columns of the widest row, as trafilatura counts them: spans of one row, rowspans unresolved."""
        return max(sum(cell.columns for cell in row) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the editor made of the form. Every trait off is the official layout."""

    disclosures_in_blocks: bool = False
    ragged_spans: bool = False
    spacer_column: bool = False
    spacer_rows: bool = False
    hidden_rows: bool = False
    repeated_header: bool = False
    cut: str = ""
    subtotal: bool = False
    extra_row: bool = False
    page_number: bool = False
    heading_rows: bool = False
    one_table: bool = False
    damaged: bool = False
    unseen_label: bool = False
    broken_headers: bool = True

    @property
    def traits(self) -> frozenset[str]:
        """The names of the traits that are on."""
        return frozenset(name for name in self.__dataclass_fields__ if getattr(self, name))


def draw_shape(rng: Random, *, tame: bool = False) -> Shape:
    """Draw a shape; `tame` leaves out what only HTML can carry: hidden rows, cuts, spacers, extra columns."""

    def maybe(chance: float) -> bool:
        return rng.random() < chance

    shape = Shape(
        disclosures_in_blocks=maybe(0.25),
        ragged_spans=maybe(0.3),
        damaged=maybe(0.15),
        unseen_label=maybe(0.025),
        broken_headers=maybe(0.5),
        page_number=maybe(0.05),
        heading_rows=maybe(0.06),
        one_table=maybe(0.03),
    )
    if tame:
        return shape
    return replace(
        shape,
        spacer_column=maybe(0.06),
        spacer_rows=maybe(0.06),
        hidden_rows=maybe(0.06),
        repeated_header=maybe(0.06),
        cut=rng.choice(("row", "label")) if maybe(0.08) else "",
        subtotal=maybe(0.05),
        extra_row=maybe(0.06),
    )


def lay_out(rng: Random, truth: Truth, shape: Shape) -> tuple[PrintedTable, ...]:
    """The tables of the report in reading order; table 二 may be several, table 三 two."""
    disclosures = _disclosures(rng, truth, shape)
    requests = _requests(rng, truth, shape)
    tables = (*disclosures, *requests, _challenges(truth, shape))
    if shape.heading_rows or shape.one_table:
        tables = _head_rows(tables)
    if shape.damaged:
        tables = damage_labels(rng, tables)
    if shape.unseen_label:
        tables = misprint_labels(rng, tables)
    if shape.one_table:
        rows = tuple(row for table in tables for row in table.rows)
        tables = (PrintedTable(ALL_IN_ONE, rows),)
    if shape.hidden_rows:
        tables = tuple(_hide_rows(rng, table) for table in tables)
    if shape.spacer_rows:
        tables = tuple(_space_rows(rng, table) for table in tables)
    if shape.spacer_column:
        tables = tuple(_space_column(table) for table in tables)
    return tables


ALL_IN_ONE = "all"
"""The name of a table that holds all three."""
_CHAPTERS = {
    "disclosures": "二、主动公开政府信息情况",
    "requests": "三、收到和处理政府信息公开申请情况",
    "challenges": "四、政府信息公开行政复议、行政诉讼情况",
}


def _head_rows(tables: tuple[PrintedTable, ...]) -> tuple[PrintedTable, ...]:
    """The chapter's heading as the first row of its first table, spanning it."""
    headed: list[PrintedTable] = []
    seen: set[str] = set()
    for table in tables:
        row = (_head(_CHAPTERS[table.table], table.width),)
        headed.append(table if table.table in seen else replace(table, rows=(row, *table.rows)))
        seen.add(table.table)
    return tuple(headed)


def _figure(truth: Truth, table: str, item: str, column: str, columns: int = 1) -> PrintedCell:
    key = (table, item, column)
    return PrintedCell(truth.cells[key].printed, columns, key=key)


def _head(text: str, columns: int = 1, rows: int = 1) -> PrintedCell:
    return PrintedCell(text, columns, rows, header=True)


def _spans(rng: Random, cells: int, width: int, *, ragged: bool) -> list[int]:
    """Spans of `cells` cells over `width` columns: the last takes the rest, or a random one does."""
    spans = [1] * cells
    spans[rng.randrange(1, cells) if ragged and cells > 1 else -1] += width - cells
    return spans


def _disclosures(rng: Random, truth: Truth, shape: Shape) -> tuple[PrintedTable, ...]:
    blocks = forms.DISCLOSURES[truth.disclosures_form]
    width = 5 if truth.disclosures_form == "2019" and shape.ragged_spans else 4
    breaks = {
        "本年新制作数量": "本年新\n制作数量",
        "本年新公开数量": "本年新\n公开数量",
        "对外公开总数量": "对外公开\n总数量",
    }
    per_block: list[list[Row]] = []
    for block in blocks:
        rows: list[Row] = [(_head(block.article, width),)]
        labels = ["信息内容", *(label for _, label in block.columns)]
        if "money_unit_in_header" in truth.traits:
            labels = [label.replace("采购总金额", "采购总金额（万元）") for label in labels]
        if shape.broken_headers:
            labels = [breaks.get(label, label) for label in labels]
        spans = _spans(rng, len(labels), width, ragged=shape.ragged_spans)
        rows.append(tuple(_head(label, span) for label, span in zip(labels, spans, strict=True)))
        for item, label in block.rows:
            spans = _spans(rng, len(labels), width, ragged=shape.ragged_spans and width == 5)
            cells = [PrintedCell(label, spans[0], header=True)]
            for (measure, _), span in zip(block.columns, spans[1:], strict=True):
                cells.append(_figure(truth, "disclosures", item, measure, span))
            rows.append(tuple(cells))
        if shape.extra_row and block is blocks[0]:
            spans = _spans(rng, len(labels), width, ragged=False)
            extra = [PrintedCell("其他主动公开文件", header=True)]
            extra += [PrintedCell(str(rng.randint(1, 60)), span) for span in spans[1:]]
            rows.append(tuple(extra))
        per_block.append(rows)
    if shape.disclosures_in_blocks:
        return tuple(PrintedTable("disclosures", tuple(rows)) for rows in per_block)
    return (PrintedTable("disclosures", tuple(row for rows in per_block for row in rows)),)


_CORNER = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"


def _request_header(shape: Shape) -> list[Row]:
    names = [label for _, label in forms.ORGANISATIONS]
    if shape.broken_headers:
        names[:2] = ["商业\n企业", "科研\n机构"]
    if shape.subtotal:
        names.append("小计")
    return [
        (_head(_CORNER, 3, 3), _head("申请人情况", len(names) + 2)),
        (_head("自然人", 1, 2), _head("法人或其他组织", len(names)), _head("总计", 1, 2)),
        tuple(_head(name) for name in names),
    ]


def _request_figures(truth: Truth, item: str, shape: Shape) -> Row:
    cells = [_figure(truth, "requests", item, who) for who in forms.APPLICANTS]
    if shape.subtotal:
        values = [truth.cells["requests", item, who].value for who in forms.APPLICANTS[1:-1]]
        known = [value for value in values if value is not None]
        cells.insert(-1, PrintedCell(str(int(sum(known))) if known else ""))
    return tuple(cells)


def _requests(rng: Random, truth: Truth, shape: Shape) -> tuple[PrintedTable, ...]:
    groups = forms.OUTCOMES[truth.requests_form]
    span = sum(max(1, len(group.rows)) for group in groups) + 1

    def row(item: str, *labels: PrintedCell) -> Row:
        return (*labels, *_request_figures(truth, item, shape))

    rows = [row("received", _head("一、本年新收政府信息公开申请数量", 3))]
    rows.append(row("carried_in", _head("二、上年结转政府信息公开申请数量", 3)))
    chapter: tuple[PrintedCell, ...] = (_head("三、本年度办理结果", 1, span),)
    for group in groups:
        if group.code:
            rows.append(row(group.code, *chapter, _head(group.label, 2)))
            chapter = ()
        parent: tuple[PrintedCell, ...] = (_head(group.label, 1, max(1, len(group.rows))),)
        for code, label in group.rows:
            rows.append(row(code, *chapter, *parent, _head(label)))
            chapter, parent = (), ()
    rows.append(row("outcome_total", _head("（七）总计", 2)))
    rows.append(row("carried_forward", _head("四、结转下年度继续办理", 3)))
    header = _request_header(shape)
    if shape.cut:
        return _cut_in_two(rng, header, rows, shape)
    if shape.repeated_header:
        at = rng.randint(4, len(rows) - 3)
        rows[at:at] = header
    if shape.page_number:
        width = len(rows[0]) + 2
        rows.insert(2, (PrintedCell(f"- {rng.randint(2, 9)} -", width),))
    return (PrintedTable("requests", (*header, *rows)),)


def _cut_in_two(rng: Random, header: list[Row], rows: list[Row], shape: Shape) -> tuple[PrintedTable, ...]:
    """Two tables as a page break leaves them; a label spanning it begins anew, or is torn."""
    starts = [index for index, row in enumerate(rows) if len(row) > 8 and row[-9].rows > 1] or [4]
    start = rng.choice(starts[1:] or starts)
    parent = rows[start][-9 if not shape.subtotal else -10]
    inside = start + rng.randint(1, max(1, parent.rows - 1))
    at = inside if shape.cut == "label" else start
    first, second = rows[:at], rows[at:]
    first = [_shorten(row, index, at) for index, row in enumerate(first)]
    opening: list[PrintedCell] = [
        _head("三、本年度办理结果" if rng.random() < 0.5 else "", 1, len(second) - 1)
    ]
    if at == inside and parent.rows > 1:
        torn = parent.text
        if rng.random() < 0.7:
            cut = rng.randint(3, len(torn) - 1)
            first[start] = tuple(
                replace(cell, text=torn[:cut]) if cell.text == torn else cell for cell in first[start]
            )
            torn = torn[cut:]
        opening.append(_head(torn, 1, start + parent.rows - at))
    second[0] = (*opening, *second[0])
    again = header if shape.repeated_header else []
    return PrintedTable("requests", (*header, *first)), PrintedTable("requests", (*again, *second))


def _shorten(row: Row, index: int, end: int) -> Row:
    return tuple(replace(cell, rows=min(cell.rows, end - index)) for cell in row)


def _challenges(truth: Truth, shape: Shape) -> PrintedTable:
    names = [label for _, label in forms.RESULTS]
    if shape.broken_headers:
        names = ["结果\n维持", "结果\n纠正", "其他\n结果", "尚未\n审结", "总计"]
    rows: list[Row] = [
        (_head("行政复议", 5), _head("行政诉讼", 10)),
        (
            *(_head(name, 1, 2) for name in names),
            _head("未经复议直接起诉", 5),
            _head("复议后起诉", 5),
        ),
        tuple(_head(name) for name in names * 2),
        tuple(
            _figure(truth, "challenges", route, code)
            for route, _ in forms.ROUTES
            for code, _ in forms.RESULTS
        ),
    ]
    return PrintedTable("challenges", tuple(rows))


def _hide_rows(rng: Random, table: PrintedTable) -> PrintedTable:
    """Excel's row of column widths, or a stale copy of a row with other figures; neither is shown."""
    ruler = tuple(PrintedCell("") for _ in range(table.width))
    rows = [ruler, *table.rows]
    hidden = {0}
    figures = [index for index, row in enumerate(rows) if row[-1].key and all(cell.rows == 1 for cell in row)]
    if figures and rng.random() < 0.5 and not _spanned(rows, figures[0]):
        at = figures[0]
        stale = tuple(replace(cell, text="97", key=None) if cell.key else cell for cell in rows[at])
        rows.insert(at + 1, stale)
        hidden.add(at + 1)
    return PrintedTable(table.table, tuple(rows), frozenset(hidden))


def _spanned(rows: list[Row], at: int) -> bool:
    return any(cell.rows > at - index for index, row in enumerate(rows[:at]) for cell in row)


def _space_rows(rng: Random, table: PrintedTable) -> PrintedTable:
    """An empty row of Word's after the header or at the end, where no label spans over it."""
    rows = list(table.rows)
    places = [index for index in range(1, len(rows) + 1) if not _spanned(rows, index)]
    at = rng.choice(places)
    rows.insert(at, tuple(PrintedCell("") for _ in range(table.width)))
    hidden = frozenset(index + (index >= at) for index in table.hidden)
    return PrintedTable(table.table, tuple(rows), hidden)


def _space_column(table: PrintedTable) -> PrintedTable:
    """An empty first column in every row, as Word leaves for indents and revision marks."""
    return replace(table, rows=tuple((PrintedCell(""), *row) for row in table.rows))
