"""Pages whose tables were edited and marked up in drawn ways, rather than in ways that were ever seen.

`python -m benchmarks.html_grammar --seed 1 --count 2000` draws for each page one to three edits of its tables
(columns in another order, a column of numbers or of last year's figures, cells merged, left out or nested, a table
torn, turned or printed twice), an editor's dialect, and what stands around; reads it; and prints what went wrong, by
edit. No bar is set on it: many of these pages no organ would publish. It is where to look for silent errors that the
corpus does not show.
"""

from __future__ import annotations

import argparse
import textwrap
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random

from benchmarks.accuracy import read_documents
from benchmarks.corpus.build import is_sound
from benchmarks.corpus.content import Content, write_content
from benchmarks.corpus.documents import CorpusDocument
from benchmarks.corpus.markup import DIALECTS, Dialect
from benchmarks.corpus.pages import draw_dress, encode_page, write_page
from benchmarks.corpus.shapes import PrintedCell, PrintedTable, Row, draw_shape, lay_out
from benchmarks.corpus.truths import draw_truth
from benchmarks.judge import judge

FAULTS = ("silent", "invented", "absent")
Tables = tuple[PrintedTable, ...]
Edit = Callable[[Random, PrintedTable], Tables]
HTML = "\ue001"
"""Begins a cell's text that is markup already."""


def _figures(row: Row) -> list[int]:
    return [at for at, cell in enumerate(row) if cell.key]


def _with_rows(table: PrintedTable, rows: list[Row]) -> Tables:
    return (replace(table, rows=tuple(rows)),)


def _each_figure(table: PrintedTable, change: Callable[[PrintedCell], PrintedCell]) -> Tables:
    return _with_rows(
        table, [tuple(change(cell) if cell.key else cell for cell in row) for row in table.rows]
    )


def _columns_moved(rng: Random, table: PrintedTable) -> Tables:
    """Columns with their heads in another order, where every head has one row of its own above its figures."""
    if table.table == "disclosures":
        return _measures_moved(rng, table)
    if table.table == "challenges":
        order = rng.sample(range(5), 5)
        moved = [*range(15)]
        for group in range(3):
            moved[group * 5 : group * 5 + 5] = [group * 5 + at for at in order]
        rows = list(table.rows)
        if len(rows) != 4 or len(rows[-1]) != 15:
            return (table,)
        rows[1] = (*(rows[1][at] for at in order), *rows[1][5:])
        rows[2] = tuple(rows[2][at] for at in moved[:10])
        rows[3] = tuple(rows[3][at] for at in moved)
        return _with_rows(table, rows)
    order = [0, *(at + 1 for at in rng.sample(range(5), 5)), 6]
    if not any(cell.text == "总计" for row in table.rows[:3] for cell in row):
        return (table,)
    rows = []
    for row in table.rows:
        figures = _figures(row)
        if len(figures) == 7 and figures[-1] == figures[0] + 6:
            rows.append((*row[: figures[0]], *(row[figures[0] + at] for at in order)))
        elif sum(cell.header for cell in row) == 5 and all(cell.columns == cell.rows == 1 for cell in row):
            rows.append((*row[:-5], *(row[len(row) - 6 + at] for at in order[1:6])))
        else:
            rows.append(row)
    return _with_rows(table, rows)


def _measures_moved(rng: Random, table: PrintedTable) -> Tables:
    rows: list[Row] = []
    order: list[int] = []
    for row in table.rows:
        if row[0].text == "信息内容":
            order = rng.sample(range(1, len(row)), len(row) - 1)
        moves = bool(order) and len(row) == len(order) + 1
        rows.append((row[0], *(row[at] for at in order)) if moves else row)
    return _with_rows(table, rows)


def _rows_moved(rng: Random, table: PrintedTable) -> Tables:
    """Neighbouring rows of figures changed places; only where no label spans rows."""
    rows = list(table.rows)
    alone = [
        at
        for at in range(len(rows) - 1)
        if all(_figures(row) and all(cell.rows == 1 for cell in row) for row in rows[at : at + 2])
        and len(rows[at]) == len(rows[at + 1])
        and [cell.columns for cell in rows[at]] == [cell.columns for cell in rows[at + 1]]
    ]
    for at in rng.sample(alone, min(2, len(alone))):
        rows[at], rows[at + 1] = rows[at + 1], rows[at]
    return _with_rows(table, rows)


def _numbered(_rng: Random, table: PrintedTable) -> Tables:
    """A first column that numbers the rows."""
    number = 0
    rows: list[Row] = []
    for row in table.rows:
        if _figures(row):
            number += 1
            rows.append((PrintedCell(str(number)), *row))
        else:
            rows.append((PrintedCell("序号" if not rows else ""), *row))
    return _with_rows(table, rows)


def _remarked(rng: Random, table: PrintedTable) -> Tables:
    """A last column for remarks: blank, words, or figures."""
    said = rng.choice(("", "无", "见附件", "1"))
    rows = [
        (*row, PrintedCell(rng.choice(("", said)) if _figures(row) else "" if number else "备注"))
        for number, row in enumerate(table.rows)
    ]
    return _with_rows(table, rows)


def _with_last_year(rng: Random, table: PrintedTable) -> Tables:
    """Beside or before every figure that of the year before; heads twice as wide."""
    before = rng.random() < 0.5
    rows: list[Row] = []
    for row in table.rows:
        cells: list[PrintedCell] = []
        for at, cell in enumerate(row):
            other = PrintedCell(str(rng.randint(0, 90)), cell.columns)
            if cell.key:
                cells += [other, cell] if before else [cell, other]
            elif at and cell.header and not _figures(row):
                cells.append(replace(cell, columns=cell.columns * 2))
            else:
                cells.append(cell)
        rows.append(tuple(cells))
    years = ("上年", "本年") if before else ("本年", "上年")
    first = next((number for number, row in enumerate(table.rows) if _figures(row)), None)
    if first is not None:
        figures = len(_figures(table.rows[first]))
        labels = [PrintedCell("")] * (len(table.rows[first]) - figures)
        rows.insert(first, (*labels, *[PrintedCell(year) for year in years] * figures))
    return _with_rows(table, rows)


def _merged(rng: Random, table: PrintedTable) -> Tables:
    """Neighbouring cells that print the same (nothing, or one figure) merged into one."""
    rows: list[Row] = []
    for row in table.rows:
        cells: list[PrintedCell] = []
        for cell in row:
            last = cells[-1] if cells else None
            if last and last.key and cell.key and last.text == cell.text and rng.random() < 0.3:
                cells[-1] = replace(last, columns=last.columns + cell.columns)
            else:
                cells.append(cell)
        rows.append(tuple(cells))
    return _with_rows(table, rows)


def _blanks_left_out(rng: Random, table: PrintedTable) -> Tables:
    """Blank cells that some rows do not have: at their end, or anywhere."""
    anywhere = rng.random() < 0.5

    def left(row: Row) -> Row:
        if rng.random() >= 0.4 or not _figures(row):
            return row
        last = max((at for at, cell in enumerate(row) if cell.text.strip()), default=0)
        return tuple(
            cell
            for at, cell in enumerate(row)
            if cell.text.strip() or not cell.key or (at < last and not anywhere)
        )

    return _with_rows(table, list(map(left, table.rows)))


def _spans_off(rng: Random, table: PrintedTable) -> Tables:
    """A label said to cover a row more or less than it does."""
    rows = [list(row) for row in table.rows]
    spanning = [
        (n, at) for n, row in enumerate(rows) for at, cell in enumerate(row) if cell.rows > 1 and n > 2
    ]
    for n, at in rng.sample(spanning, min(1, len(spanning))):
        rows[n][at] = replace(rows[n][at], rows=rows[n][at].rows + rng.choice((-1, 1)))
    return _with_rows(table, [tuple(row) for row in rows])


def _torn(rng: Random, table: PrintedTable) -> Tables:
    """The rows in two to four tables; no label begins anew, nor is any header repeated."""
    cuts = sorted(rng.sample(range(1, len(table.rows)), min(rng.randint(1, 3), len(table.rows) - 1)))
    bounds = [0, *cuts, len(table.rows)]
    return tuple(
        replace(table, rows=table.rows[begin:end], hidden=frozenset()) for begin, end in pairwise(bounds)
    )


def _row_by_row(_rng: Random, table: PrintedTable) -> Tables:
    """A table for each row."""
    return tuple(replace(table, rows=(row,), hidden=frozenset()) for row in table.rows)


def _turned(_rng: Random, table: PrintedTable) -> Tables:
    """Rows for columns, spans turned with them."""
    slots: dict[tuple[int, int], PrintedCell] = {}
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(table.rows):
        column = 0
        for cell in row:
            while (number, column) in taken:
                column += 1
            slots[column, number] = replace(cell, rows=cell.columns, columns=cell.rows)
            taken |= {(number + r, column + c) for r in range(cell.rows) for c in range(cell.columns)}
            column += cell.columns
    height = max(column for column, _ in slots) + 1
    rows = [tuple(slots[at, n] for n in range(len(table.rows)) if (at, n) in slots) for at in range(height)]
    return _with_rows(table, [row for row in rows if row])


def _twice(rng: Random, table: PrintedTable) -> Tables:
    """The whole table once more, as for telephones; sometimes as it was before it was corrected."""
    if rng.random() < 0.5:
        return table, table
    stale = _each_figure(table, lambda cell: replace(cell, text=str(rng.randint(0, 99)), key=None))[0]
    return (stale, table) if rng.random() < 0.5 else (table, stale)


_INSIDE = {
    "nested": "<table><tr><td>{}</td></tr></table>",
    "struck": "<del>7</del>{}",
    "struck_by_style": '<span style="text-decoration:line-through">7</span>{}',
    "footnote": "{}<sup>1</sup>",
    "hidden_inside": '{}<span style="display:none">9</span>',
    "field": '<input type="text" value="{}">',
    "list": "<ul><li>{}</li></ul>",
    "in_pre": "<pre>{}</pre>",
    "link": '<a href="/x.html">{}</a>',
    "tooltip": '<span title="5">{}</span>',
    "select": "<select><option>0</option><option selected>{}</option></select>",
    "two_lines": "{}<br>件",
    "ruby": "<ruby>{}<rt>1</rt></ruby>",
    "hidden_column": '{}</td><td style="display:none">4',
    "collapsed": "<details><summary>{}</summary>12</details>",
}


def _inside(name: str, chance: float) -> Edit:
    def edit(rng: Random, table: PrintedTable) -> Tables:
        def wrapped(cell: PrintedCell) -> PrintedCell:
            if rng.random() >= chance or not cell.text.strip().isascii() or not cell.text.strip():
                return cell
            return replace(cell, text=HTML + _INSIDE[name].format(cell.text.strip()))

        return _each_figure(table, wrapped)

    return edit


EDITS: dict[str, Edit] = {
    "columns_moved": _columns_moved,
    "rows_moved": _rows_moved,
    "numbered": _numbered,
    "remarked": _remarked,
    "with_last_year": _with_last_year,
    "merged": _merged,
    "blanks_left_out": _blanks_left_out,
    "spans_off": _spans_off,
    "torn": _torn,
    "row_by_row": _row_by_row,
    "turned": _turned,
    "twice": _twice,
    **{
        f"{name}_{part}": _inside(name, chance)
        for name in _INSIDE
        for part, chance in (("all", 1.0), ("some", 0.1))
    },
}


def as_written(dialect: Dialect) -> Dialect:
    """The dialect, which leaves alone what is markup already."""
    return replace(
        dialect, cell=lambda text: text.removeprefix(HTML) if text.startswith(HTML) else dialect.cell(text)
    )


def grammar_page(seed: int, number: int) -> tuple[str, CorpusDocument]:
    """The edits' names and the page; the same seed and number give the same page."""
    rng = Random(f"html grammar:{seed}:{number}")
    truth, shape = draw_truth(rng), draw_shape(rng)
    # Edits move rows, of which hidden ones are told by their numbers, and parts of a cut table in their own ways.
    shape = replace(shape, unseen_label=False, hidden_rows=False, cut="")
    tables = lay_out(rng, truth, shape)
    names = rng.sample(list(EDITS), rng.choice((1, 1, 1, 2)))
    edited: list[PrintedTable] = []
    for table in tables:
        made: Tables = (table,)
        if rng.random() < 0.7:
            for name in names:
                made = tuple(piece for each in made for piece in EDITS[name](rng, each))
        edited += made
    content: Content = write_content(rng, truth, tuple(edited))
    name = rng.choice(sorted(DIALECTS))
    DIALECTS["as_written"] = as_written(DIALECTS[name])
    markup = write_page(rng, truth, content, "as_written", draw_dress(rng))
    del DIALECTS["as_written"]
    page, declared = encode_page(markup, "utf-8")
    document = CorpusDocument(
        f"html-grammar-{number:05d}",
        name,
        "html",
        page,
        (truth,),
        f"http://www.yunchuan.gov.cn/zwgk/zfxxgknb/{truth.year + 1}01/t{number:08d}_{truth.year}.html",
        declared,
        truth.organ.site_name,
        None,
        content.names_organ,
        is_sound(truth, shape),
        retention=dict.fromkeys(("disclosures", "requests", "challenges"), "thinned"),
        traits=truth.traits | shape.traits,
    )
    return "+".join(names), document


def main() -> None:
    """Draw, read, and print the pages that went wrong, and the counts."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--examples", type=int, default=10)
    parser.add_argument("--edit", default="", help="show only pages with this edit")
    arguments = parser.parse_args()
    drawn = [grammar_page(arguments.seed, number) for number in range(arguments.count)]
    counts: Counter[str] = Counter()
    by_edit: dict[str, Counter[str]] = {}
    shown = 0
    for (edits, _), (document, page) in zip(drawn, read_documents([each for _, each in drawn]), strict=True):
        verdict = judge(document, page)
        counts += verdict.counts
        for name in edits.split("+"):
            by_edit.setdefault(name, Counter()).update(verdict.counts)
        faults = [fault for fault in verdict.faults if fault[0] in FAULTS]
        if faults and shown < arguments.examples and arguments.edit in edits:
            shown += 1
            print(document.name, edits, document.style, sorted(document.traits))
            print(textwrap.indent("\n".join(map(str, faults[:3])), "    "))
    columns = ("documents", "cells", "right", "flagged", "wrong", *FAULTS)
    for name, found in sorted(by_edit.items()):
        print(f"{name:<24}" + "".join(f"{found[column]:>9}" for column in columns))
    print(f"{'all':<24}" + "".join(f"{counts[column]:>9}" for column in columns))


if __name__ == "__main__":
    main()
