"""The three statutory tables as grids of cells, before any markup: what is printed where, with its spans."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from site_figures import FORMS, Figures
from site_plan import ReportPlan


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of the printed table; `head` marks labels, which some styles set apart."""

    text: str
    columns: int = 1
    rows: int = 1
    head: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the cells that start in them; `width` counts the grid's columns."""

    rows: tuple[tuple[TableCell, ...], ...]
    width: int


@dataclass(frozen=True, slots=True)
class _Line:
    """A body row of table 三: its labels from the outermost inwards, the key of its cells."""

    labels: tuple[str, ...]
    code: str


LABEL_COLUMNS = 3
ENTERPRISE_BREAK = ("商业", "科研")


_HALF_WIDTH = str.maketrans("（）：", "():")
_NUMBERED = re.compile(r"^(\d)\.")
_DIALECTS: dict[str, Callable[[str], str]] = {
    "city": lambda label: label,
    "district": lambda label: label.translate(_HALF_WIDTH),
    "county": lambda label: _NUMBERED.sub(r"\1．", label),
}


def printed_tables(report: ReportPlan, figures: Figures) -> dict[int, list[Table]]:
    """The grids of chapters 2–4, their labels bracketed and numbered as the organ's list is used to."""
    tables = {
        2: disclosures_tables(report, figures),
        3: requests_tables(report, figures),
        4: [challenges_table(figures)],
    }
    dialect = _DIALECTS[report.list_id]

    def cell(item: TableCell) -> TableCell:
        return replace(item, text=dialect(item.text)) if item.head else item

    return {
        chapter: [replace(table, rows=tuple(tuple(map(cell, row)) for row in table.rows)) for table in grids]
        for chapter, grids in tables.items()
    }


def disclosures_tables(report: ReportPlan, figures: Figures) -> list[Table]:
    """Table 二: one grid, or one for each paragraph of article 20 (`separate_tables`)."""
    five = "five_columns" in report.special
    width = 5 if five else 4
    blocks = []
    for block in FORMS["disclosures"][report.form]:
        rows = [[TableCell(block["heading"], width, head=True)]]
        measures = [(code, _measure_label(report, label)) for code, label in block["measures"]]
        rows.append(
            _spread([("信息内容", True), *((label, True) for _, label in measures)], width, last=True)
        )
        for item, label in block["items"]:
            values = [(figures["disclosures", item, code].printed, False) for code, _ in measures]
            rows.append(_spread([(label, True), *values], width, last=not five))
        blocks.append(tuple(map(tuple, rows)))
    if "separate_tables" in report.special:
        return [Table(rows, width) for rows in blocks]
    return [Table(tuple(row for rows in blocks for row in rows), width)]


def _measure_label(report: ReportPlan, label: str) -> str:
    """采购总金额 stands without its unit where the cells carry one."""
    in_cells = report.form == "2019" and report.special & {"unit_yuan", "unit_ten_thousand"}
    return label.removesuffix("（单位：万元）") if in_cells else label


def _spread(cells: list[tuple[str, bool]], width: int, *, last: bool) -> list[TableCell]:
    """Cells over the whole width: the last takes what is left, or the second (then unlike the header)."""
    spare = width - len(cells)
    wide = len(cells) - 1 if last else 1
    return [
        TableCell(text, 1 + (spare if position == wide else 0), head=head)
        for position, (text, head) in enumerate(cells)
    ]


def requests_tables(report: ReportPlan, figures: Figures) -> list[Table]:
    """Table 三: one grid, or two that a page break left, the second with the header again (`split_table`)."""
    columns = [code for code, _ in FORMS["applicants"]]
    if "subtotal_column" in report.special:
        columns.insert(-1, "subtotal")
    lines = _lines(report.form)
    header = _requests_header(report, columns)

    def values(line: _Line) -> list[TableCell]:
        return [TableCell(_printed(figures, line.code, column)) for column in columns]

    parts = [lines]
    if "split_table" in report.special:
        cut = [line.code for line in lines].index("denied_process_information")
        parts = [lines[:cut], lines[cut:]]
    width = LABEL_COLUMNS + len(columns)
    continued: tuple[str, ...] = ()
    tables = []
    for part in parts:
        tables.append(Table((*header, *_body(part, values, continued)), width))
        continued = part[-1].labels
    return tables


def _printed(figures: Figures, item: str, column: str) -> str:
    if column != "subtotal":
        return figures["requests", item, column].printed
    organizations = [code for code, _ in FORMS["applicants"][1:-1]]
    values = [figures["requests", item, code].value for code in organizations]
    return str(sum(value for value in values if value is not None))


def _requests_header(report: ReportPlan, columns: list[str]) -> tuple[tuple[TableCell, ...], ...]:
    labels = dict(FORMS["applicants"]) | {"subtotal": "小计"}
    inner = [TableCell(_broken(report, labels[code]), head=True) for code in columns[1:-1]]
    corner = TableCell(FORMS["requests"]["corner"], LABEL_COLUMNS, 3, head=True)
    return (
        (corner, TableCell("申请人情况", len(columns), head=True)),
        (
            TableCell("自然人", rows=2, head=True),
            TableCell("法人或其他组织", len(inner), head=True),
            TableCell("总计", rows=2, head=True),
        ),
        tuple(inner),
    )


def _broken(report: ReportPlan, label: str) -> str:
    """商业企业 and 科研机构 are set in two lines in narrow columns."""
    narrow = report.style in {"ueditor", "pipes_c"} and label.startswith(ENTERPRISE_BREAK)
    return f"{label[:2]}\n{label[2:]}" if narrow else label


def _lines(form: str) -> list[_Line]:
    rows = FORMS["requests"]
    lines = [_Line((label,), code) for code, label in rows["before"]]
    outer = rows["results_label"]
    for row in rows["results"]:
        if form not in row["forms"]:
            continue
        if "code" in row:
            lines.append(_Line((outer, row["label"]), row["code"]))
        else:
            lines += [_Line((outer, row["label"], label), code) for code, label in row["items"]]
    return lines + [_Line((label,), code) for code, label in rows["after"]]


def _body(
    lines: list[_Line], values: Callable[[_Line], list[TableCell]], continued: tuple[str, ...]
) -> list[tuple[TableCell, ...]]:
    """Body rows; a label that the next lines share spans them, and is empty where a page break parts it."""
    rows: list[tuple[TableCell, ...]] = []
    above: tuple[str, ...] = ()
    for position, line in enumerate(lines):
        cells: list[TableCell] = []
        for depth, label in enumerate(line.labels):
            prefix = line.labels[: depth + 1]
            innermost = depth == len(line.labels) - 1
            if above[: depth + 1] == prefix and not innermost:
                continue
            span = sum(1 for later in lines[position:] if later.labels[: depth + 1] == prefix)
            text = "" if not rows and not innermost and continued[: depth + 1] == prefix else label
            cells.append(TableCell(text, LABEL_COLUMNS - depth if innermost else 1, span, head=True))
        rows.append((*cells, *values(line)))
        above = line.labels
    return rows


def challenges_table(figures: Figures) -> Table:
    """Table 四: three rows of headers and one of fifteen figures."""
    form = FORMS["challenges"]
    results = [TableCell(label, head=True) for _, label in form["results"]]
    tall = [TableCell(cell.text, rows=2, head=True) for cell in results]
    labels = dict(form["routes"])
    direct, after = (TableCell(labels[route], 5, head=True) for route in list(labels)[1:])
    values = [
        TableCell(figures["challenges", route, result].printed)
        for route in labels
        for result, _ in form["results"]
    ]
    top = (
        TableCell(labels["reconsideration"], 5, head=True),
        TableCell(form["litigation_label"], 10, head=True),
    )
    return Table((top, (*tall, direct, after), (*results, *results), tuple(values)), 15)
