"""How paragraphs and tables look in source: as Word, WPS, an editor, a hand or a text tool leaves them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from site_tables import Table, TableCell

_RUNS = re.compile(r"[0-9０-９A-Za-z.,+%．，/-]+|[^0-9０-９A-Za-z.,+%．，/-]+")
_WORD_FONTS = (
    "font-family:仿宋_GB2312;mso-hansi-font-family:宋体;mso-bidi-font-family:宋体;mso-font-kerning:0pt"
)


@dataclass(frozen=True, slots=True)
class Style:
    """Gives the markup of a paragraph (text, is it a heading) and of a table."""

    paragraph: Callable[[str, bool], str]
    table: Callable[[Table], str]


def style_named(name: str, *, spacer_row: bool = False) -> Style:
    """The style of a report; `spacer_row` adds Word's empty last row that only fixes column widths."""
    if name == "word" and spacer_row:
        return Style(_word_paragraph, lambda table: _word_table(table, spacer=True))
    return _STYLES[name]


def _spans(cell: TableCell) -> str:
    columns = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    rows = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    return columns + rows


def _lines(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br/>")


def _table(table: Table, opening: str, row: str, cell: Callable[[TableCell], str]) -> str:
    rows = ("\n".join([row, *map(cell, cells), "</tr>"]) for cells in table.rows)
    return "\n".join([opening, "<tbody>", *rows, "</tbody>", "</table>"])


def _plain_paragraph(text: str, heading: bool) -> str:
    return f"<p><strong>{_lines(text)}</strong></p>" if heading else f"<p>　　{_lines(text)}</p>"


def _plain_table(table: Table) -> str:
    opening = '<table border="1" cellspacing="0" cellpadding="0" width="100%" class="nb-table">'

    def cell(item: TableCell) -> str:
        text = (
            f"<b>{_lines(item.text)}</b>"
            if item.head and item.rows == 1 and item.columns > 3
            else _lines(item.text)
        )
        return f'<td{_spans(item)} align="center">{text}</td>'

    return _table(table, opening, "<tr>", cell)


def _ueditor_paragraph(text: str, heading: bool) -> str:
    span = f'<span style="font-family:宋体;font-size:16px">{_lines(text)}</span>'
    inner = f"<strong>{span}</strong>" if heading else span
    return f'<p style="text-indent:2em;line-height:2em">{inner}</p>'


def _ueditor_table(table: Table) -> str:
    opening = '<table width="691" align="center" data-sort="sortDisabled">'

    def cell(item: TableCell) -> str:
        text = _lines(item.text) or "&nbsp;"
        style = "border-width:1px;border-style:solid;border-color:windowtext;padding:5px"
        inner = (
            f'<p style="text-align:center"><span style="font-family:宋体;font-size:14px">{text}</span></p>'
        )
        return f'<td width="{56 * item.columns}" valign="center"{_spans(item)} style="{style}">{inner}</td>'

    return _table(table, opening, "<tr>", cell).replace("<tr>", '<tr class="firstRow">', 1)


def _bare_paragraph(text: str, heading: bool) -> str:
    return f"<P><B>{_lines(text)}</B>" if heading else f'<P><FONT SIZE="3">　　{_lines(text)}'


def _bare_table(table: Table) -> str:
    """Old hand-written HTML: upper case, cells, rows and fonts never closed."""
    rows = ("\n".join(["<TR>", *(f"<TD{_spans(c)}>{_lines(c.text)}" for c in cells)]) for cells in table.rows)
    return "\n".join(["<TABLE BORDER=1>", *rows, "</TABLE>"])


def _word_runs(text: str, size: str) -> str:
    """Word sets figures and Chinese in separate runs, the figures' language marked."""
    runs = []
    for run in _RUNS.findall(text):
        latin = run[0] in "0123456789.,+%-/" or run[0].isascii()
        language = " lang=EN-US" if latin else ""
        runs.append(
            f"<span{language} style='font-size:{size};{_WORD_FONTS}'>{escape(run, quote=False)}</span>"
        )
    return "".join(runs)


def _word_paragraph(text: str, heading: bool) -> str:
    face = "mso-outline-level:2;" if heading else ""
    runs = _word_runs(text, "16.0pt")
    body = f"<b style='mso-bidi-font-weight:normal'>{runs}</b>" if heading else runs
    indent = "text-indent:32.0pt;mso-char-indent-count:2.0;line-height:28.0pt;mso-line-height-rule:exactly"
    return f"<p class=MsoNormal style='{face}{indent}'>{body}<span lang=EN-US><o:p></o:p></span></p>"


def _word_table(table: Table, *, spacer: bool = False) -> str:
    opening = (
        "<table class=MsoNormalTable border=1 cellspacing=0 cellpadding=0 style='border-collapse:collapse;"
        "mso-table-layout-alt:fixed;border:none;mso-border-alt:solid windowtext .5pt;"
        "mso-padding-alt:0cm 5.4pt 0cm 5.4pt'>"
    )

    def cell(item: TableCell) -> str:
        width = 57 * item.columns
        style = (
            f"width:{width * 0.75:.1f}pt;border:solid windowtext 1.0pt;mso-border-alt:solid windowtext .5pt;"
            "padding:0cm 5.4pt 0cm 5.4pt;height:20.0pt"
        )
        blank = f"<span lang=EN-US style='font-size:10.5pt;{_WORD_FONTS}'>&nbsp;</span>"
        text = _word_runs(item.text, "10.5pt") or blank
        paragraph = (
            "<p class=MsoNormal align=center style='text-align:center;mso-pagination:widow-orphan'>"
            f"{text}<span lang=EN-US style='font-size:10.5pt;{_WORD_FONTS}'><o:p></o:p></span></p>"
        )
        return f"<td width={width}{_spans(item)} valign=center style='{style}'>\n{paragraph}\n</td>"

    markup = _table(table, opening, "<tr style='mso-yfti-irow:0;height:20.0pt'>", cell)
    if not spacer:
        return markup
    widths = "".join("<td width=57 style='border:none'></td>" for _ in range(table.width))
    row = f"<![if !supportMisalignedColumns]>\n<tr height=0>{widths}</tr>\n<![endif]>"
    return markup.replace("</tbody>", f"{row}\n</tbody>")


def _wps_runs(text: str, size: str) -> str:
    face = f"mso-spacerun:'yes';font-family:仿宋;font-size:{size};mso-font-kerning:1.0pt;"
    return f'<span style="{face}"><font face="仿宋">{_lines(text)}</font></span>'


def _wps_paragraph(text: str, heading: bool) -> str:
    runs = _wps_runs(text, "16.0000pt")
    body = f"<b>{runs}</b>" if heading else runs
    return f'<p class="MsoNormal" style="text-indent:32.0000pt;">{body}<o:p></o:p></p>'


def _wps_table(table: Table) -> str:
    layout = "border-collapse:collapse;mso-table-layout-alt:fixed;border:none;"
    opening = f'<table class="MsoTableGrid" style="{layout}">'

    def cell(item: TableCell) -> str:
        borders = "border:1.0000pt solid windowtext;mso-border-alt:0.5000pt solid windowtext;"
        inner = _wps_runs(item.text, "10.5000pt") if item.text else "<o:p>&nbsp;</o:p>"
        paragraph = f'<p class="MsoNormal" align="center" style="text-align:center;">{inner}<o:p></o:p></p>'
        width = 56 * item.columns
        return f'<td width="{width}" valign="center"{_spans(item)} style="{borders}">{paragraph}</td>'

    return _table(table, opening, '<tr style="height:28.3500pt;">', cell)


def _padding(table: Table, cells: tuple[TableCell, ...]) -> str:
    """A text tool writes a pipe for every column that no cell of the row starts in."""
    return "|" * (table.width - len(cells))


def _pipes_c(table: Table) -> str:
    """Every row begins with "| ", a line that holds a pipe follows every cell; one `<p>` full of `<br/>`."""
    lines: list[str] = []
    for cells in table.rows:
        for position, cell in enumerate(cells):
            lines += [("| " if position == 0 else "") + _lines(cell.text), "|"]
        lines += [padding] if (padding := _padding(table, cells)) else []
    return "<p>" + "<br/>\n".join(lines) + "</p>"


def _pipes_g0(table: Table) -> str:
    """A row a paragraph, with leading and trailing pipe."""
    rows = (f"| {' | '.join(_lines(c.text) for c in cells)} |" for cells in table.rows)
    padded = (f"{row} {_padding(table, cells)}".rstrip() for row, cells in zip(rows, table.rows, strict=True))
    return "\n".join(f"<p>{row}</p>" for row in padded)


def _pipes_g1(table: Table) -> str:
    """A row a line, without a leading pipe; one `<p>` full of `<br/>`."""
    rows = (f"{' | '.join(_lines(c.text) for c in cells)} |" for cells in table.rows)
    padded = (f"{row} {_padding(table, cells)}".rstrip() for row, cells in zip(rows, table.rows, strict=True))
    return "<p>" + "<br/>\n".join(padded) + "</p>"


_STYLES = {
    "plain": Style(_plain_paragraph, _plain_table),
    "ueditor": Style(_ueditor_paragraph, _ueditor_table),
    "bare": Style(_bare_paragraph, _bare_table),
    "word": Style(_word_paragraph, _word_table),
    "wps": Style(_wps_paragraph, _wps_table),
    "pipes_c": Style(_plain_paragraph, _pipes_c),
    "pipes_g0": Style(_plain_paragraph, _pipes_g0),
    "pipes_g1": Style(_plain_paragraph, _pipes_g1),
}
