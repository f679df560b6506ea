"""Tables and paragraphs as HTML in the dialects of editors: plain, Word, WPS, unclosed tags, th, fonts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from random import Random

from benchmarks.corpus.shapes import PrintedCell, PrintedTable, Row

Inner = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an editor writes: around a cell's text, a paragraph, tags left open, white space between tags."""

    name: str
    cell: Inner
    paragraph: Inner
    table_attributes: str = ' border="1"'
    cell_attributes: str = ""
    blank: str = ""
    closes_cells: bool = True
    header_cells: bool = False
    gap: str = ""
    sections: bool = False


def _html(text: str) -> str:
    return "<br/>".join(escape(part.strip(), quote=False) for part in text.split("\n"))


_WORD_FONT = (
    "font-family:仿宋_GB2312;mso-hansi-font-family:'Times New Roman';mso-font-kerning:0pt;"
    "color:black;mso-themecolor:text1"
)


def _word_runs(text: str, size: str) -> str:
    """Word breaks text into runs at every change of script; each run is a nest of spans."""
    runs: list[str] = []
    for part in text.split("\n"):
        run = ""
        pieces = []
        for character in part.strip():
            if run and character.isdigit() != run[-1].isdigit():
                pieces.append(run)
                run = ""
            run += character
        pieces.append(run)
        runs.append(
            "".join(
                f'<span lang="EN-US" style="font-size:{size};{_WORD_FONT}">'
                f"<span style=\"mso-spacerun:'yes'\">{escape(piece, quote=False)}</span></span>"
                for piece in pieces
                if piece
            )
        )
    return "<br style='mso-special-character:line-break'>".join(runs)


def _word_cell(text: str) -> str:
    inner = _word_runs(text, "10.5pt") if text.strip() else "<span><o:p>&nbsp;</o:p></span>"
    return (
        '<p class="MsoNormal" align="center" style="text-align:center;line-height:16.0pt;'
        f'mso-line-height-rule:exactly;mso-pagination:widow-orphan">{inner}</p>'
    )


def _word_paragraph(text: str) -> str:
    return (
        f'<p class="MsoNormal" style="text-indent:32.0pt;line-height:28.0pt">{_word_runs(text, "16.0pt")}</p>'
    )


def _wps_cell(text: str) -> str:
    inner = _html(text) if text.strip() else "&nbsp;"
    return (
        '<p class="p" style="margin:0;text-align:center"><span style="font-family:宋体;font-size:12px">'
        f"<font face='宋体'>{inner}</font></span></p>"
    )


def _split_digits(text: str) -> str:
    """Each half of a figure in a span of its own, with a line break of the source between them."""
    if text.strip().isdigit() and len(text.strip()) > 1:
        return f"<span>{text.strip()[:1]}</span><span>{text.strip()[1:]}</span>"
    return f"<span>{_html(text)}</span>"


_WORD_TD = (
    "width:63.8pt;border:solid windowtext 1.0pt;border-left:none;mso-border-alt:solid windowtext .5pt;"
    "padding:0cm 5.4pt 0cm 5.4pt;height:19.85pt"
)

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect("plain", _html, lambda text: f"<p>{_html(text)}</p>"),
        Dialect(
            "plain_spaced", _html, lambda text: f"<p>\n  {_html(text)}\n</p>", gap="\n    ", sections=True
        ),
        Dialect("nbsp", _html, lambda text: f"<p>&nbsp;&nbsp;{_html(text)}</p>", blank="&nbsp;"),
        Dialect("paragraphs", lambda text: f"<p>{_html(text)}</p>", lambda text: f"<p>{_html(text)}</p>"),
        Dialect(
            "paragraphs_spaced",
            lambda text: f"\n<p>\n{_html(text)}\n</p>\n",
            lambda text: f"<p>{_html(text)}</p>",
            gap="\n",
        ),
        Dialect(
            "word",
            _word_cell,
            _word_paragraph,
            ' class="MsoNormalTable" border="0" cellspacing="0" cellpadding="0" '
            'style="border-collapse:collapse;mso-padding-alt:0cm 5.4pt 0cm 5.4pt"',
            f' width="85" style="{_WORD_TD}"',
        ),
        Dialect("wps", _wps_cell, lambda text: f'<p class="p"><span>{_html(text)}</span></p>', gap="\n"),
        Dialect(
            "unclosed",
            lambda text: f"<p><font size=2>{_html(text)}",
            lambda text: f"<p>{_html(text)}",
            closes_cells=False,
            gap="\n",
        ),
        Dialect(
            "unclosed_td", _html, lambda text: f"<p>{_html(text)}", " border=1 width=100%", closes_cells=False
        ),
        Dialect(
            "th",
            lambda text: f"<strong>{_html(text)}</strong>" if text else "",
            lambda text: f"<div>{_html(text)}</div>",
            header_cells=True,
            sections=True,
        ),
        Dialect("split_runs", _split_digits, lambda text: f"<p>{_html(text)}</p>", cell_attributes=" nowrap"),
        Dialect(
            "divs",
            lambda text: f"<div><div>{_html(text)}</div></div>",
            lambda text: f"<div>{_html(text)}</div>",
        ),
    )
}


def write_table(rng: Random, table: PrintedTable, dialect: Dialect) -> str:
    """One table element in a dialect."""
    lines = [f"<table{dialect.table_attributes}>"]
    if dialect.sections:
        lines.append("<tbody>")
    for index, row in enumerate(table.rows):
        lines.append(_write_row(rng, row, dialect, hidden=index in table.hidden))
    if dialect.sections:
        lines.append("</tbody>")
    lines.append("</table>")
    return dialect.gap.join(lines)


def _write_row(rng: Random, row: Row, dialect: Dialect, *, hidden: bool) -> str:
    hiding = (
        rng.choice((' style="display:none"', " hidden", ' style="DISPLAY: none; HEIGHT: 0px"'))
        if hidden
        else ""
    )
    cells = dialect.gap.join(_write_cell(cell, dialect) for cell in row)
    closing = "</tr>" if dialect.closes_cells else ""
    return f"<tr{hiding}>{dialect.gap}{cells}{dialect.gap}{closing}"


def _write_cell(cell: PrintedCell, dialect: Dialect) -> str:
    tag = "th" if dialect.header_cells and cell.header and cell.key is None else "td"
    spans = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    spans += f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    inner = dialect.cell(cell.text) if cell.text or not dialect.blank else dialect.blank
    closing = f"</{tag}>" if dialect.closes_cells else ""
    return f"<{tag}{spans}{dialect.cell_attributes}>{inner}{closing}"
