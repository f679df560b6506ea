"""DOCX to a Document: paragraphs, tables with their spans, tables within tables and in text boxes, in order.

What Word does not show (deleted runs, hidden text and rows, field codes) is left out.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any
from zipfile import BadZipFile

import docx
from docx.opc.exceptions import OpcError
from lxml import etree

from extractors.document import UNSEEN, Block, Cell, Document, Grid, Image, Paragraph
from extractors.errors import DamagedFile
from extractors.grids import grid_of
from extractors.packages import check_package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_V = "{urn:schemas-microsoft-com:vml}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_TRANSPARENT = frozenset(
    f"{_W}{name}"
    for name in (
        "r",
        "hyperlink",
        "ins",
        "moveTo",
        "smartTag",
        "fldSimple",
        "sdt",
        "sdtContent",
        "customXml",
        "dir",
        "bdo",
        "ruby",
        "rubyBase",
    )
)
_BOX = f"{_W}txbxContent"
# A symbol font's glyph (sym): what it shows, its code does not say.
_PRINTED = {
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}tab": " ",
    f"{_W}ptab": " ",
    f"{_W}noBreakHyphen": "-",
    f"{_W}sym": "\ufffd",
}
_DRAWN = frozenset({f"{_W}drawing", f"{_W}pict", f"{_W}object", f"{_MC}AlternateContent"})
LARGEST_SPAN = 100
_OFF = frozenset({"0", "false", "off", "none"})
PROSE_LENGTH = 500
"""A cell longer than this holds the page's prose, and its table is there for layout."""


def docx_document(content: bytes, kind: str = "docx") -> Document:
    """The Document of a DOCX file. Raises DamagedFile, EncryptedFile, CompressionBomb, XmlEntities."""
    check_package(content, kind)
    try:
        opened = docx.Document(io.BytesIO(content))
        body = opened.element.body
        title = opened.core_properties.title
    except (OpcError, KeyError, ValueError, AttributeError, TypeError, BadZipFile, etree.LxmlError) as error:
        raise DamagedFile(kind, f"{type(error).__name__}: {error}") from error
    if body is None:
        raise DamagedFile(kind, "it has no body")
    return Document(kind, (title or "").strip() or None, (), tuple(_blocks(body)))


def _blocks(parent: Any) -> Iterator[Block]:
    """The blocks of a body, a cell or a text box, in order."""
    for child in parent:
        if child.tag == f"{_W}p":
            yield from _paragraph_blocks(child)
        elif child.tag == f"{_W}tbl":
            yield from _table_blocks(child)
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"):
            yield from _blocks(child)


def _paragraph_blocks(paragraph: Any) -> Iterator[Block]:
    text = _collapsed("".join(_runs(paragraph)).replace(UNSEEN, ""))
    if text:
        yield Paragraph(text)
    for box in _boxes(paragraph):
        yield from _blocks(box)
    for picture in _pictures(paragraph):
        yield Image(picture)


def _table_blocks(table: Any) -> Iterator[Block]:
    """The table as a Grid; one that holds tables or prose is layout, and its cells follow one another."""
    nested = table.find(f".//{_W}tbl") is not None
    grid = None if nested else _grid(table)
    if grid is not None and not any(len(cell.text) > PROSE_LENGTH for row in grid.rows for cell in row):
        if grid.rows:
            yield grid
        return
    for row in _children(table, f"{_W}tr"):
        for cell in _children(row, f"{_W}tc"):
            if _merge(cell) != "continue":
                yield from _blocks(cell)


def _children(parent: Any, tag: str) -> Iterator[Any]:
    """Rows or cells, also where a content control stands around them."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"):
            yield from _children(child, tag)


def _grid(table: Any) -> Grid:
    rows: list[list[Cell]] = []
    open_cells: dict[int, tuple[int, int]] = {}
    width = 0
    for row in _children(table, f"{_W}tr"):
        if _is_hidden_row(row):
            continue
        number, column = len(rows), _skipped(row, "gridBefore")
        placed: list[Cell] = []
        still_open: dict[int, tuple[int, int]] = {}
        rows.append(placed)
        for cell in _children(row, f"{_W}tc"):
            span = _span(cell)
            merge = _merge(cell)
            if merge == "continue" and column in open_cells:
                above, place = open_cells[column]
                rows[above][place] = rows[above][place]._replace(row_span=number - above + 1)
                still_open[column] = (above, place)
            else:
                if merge:
                    still_open[column] = (number, len(placed))
                placed.append(Cell(_cell_text(cell), number, column, 1, span))
            column += span
        open_cells = still_open
        width = max(width, column)
    return grid_of(rows, width)


def _property(element: Any, group: str, name: str) -> Any:
    properties = element.find(f"{_W}{group}")
    return None if properties is None else properties.find(f"{_W}{name}")


def _is_on(flag: Any) -> bool:
    return flag is not None and (flag.get(f"{_W}val") or "1").lower() not in _OFF


def _is_hidden_row(row: Any) -> bool:
    return _is_on(_property(row, "trPr", "hidden")) or row.find(f"{_W}trPr/{_W}del") is not None


def _number(element: Any) -> int:
    value = element.get(f"{_W}val") or ""
    return min(int(value), LARGEST_SPAN) if value.isascii() and value.isdigit() else 0


def _skipped(row: Any, name: str) -> int:
    found = _property(row, "trPr", name)
    return 0 if found is None else _number(found)


def _span(cell: Any) -> int:
    found = _property(cell, "tcPr", "gridSpan")
    return 1 if found is None else max(_number(found), 1)


def _merge(cell: Any) -> str:
    """`restart`, `continue`, or nothing where the cell is not merged with others of its column."""
    found = _property(cell, "tcPr", "vMerge")
    return "" if found is None else found.get(f"{_W}val") or "continue"


def _cell_text(cell: Any) -> str:
    lines = ["".join(_runs(paragraph)) for paragraph in _paragraphs_of(cell)]
    return _collapsed("\n".join(lines))


def _paragraphs_of(parent: Any) -> Iterator[Any]:
    for child in parent:
        if child.tag == f"{_W}p":
            yield child
            for box in _boxes(child):
                yield from _paragraphs_of(box)
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"):
            yield from _paragraphs_of(child)


def _runs(parent: Any) -> Iterator[str]:
    """The printed text below a paragraph; text boxes and what stands in them aside."""
    for child in parent:
        tag = child.tag
        if tag == f"{_W}t":
            yield child.text or ""
        elif tag in _PRINTED:
            yield _PRINTED[tag]
        elif tag == f"{_W}r":
            if not _is_on(_property(child, "rPr", "vanish")):
                yield from _marked(child)
        elif tag in _DRAWN:
            if child.find(f".//{_BOX}") is None:
                yield UNSEEN
        elif tag in _TRANSPARENT:
            yield from _runs(child)


def _marked(run: Any) -> Iterator[str]:
    """A run's text, after a mark where it is no part of the figure beside it: raised, lowered, struck."""
    text = "".join(_runs(run))
    align = _property(run, "rPr", "vertAlign")
    raised = "" if align is None else align.get(f"{_W}val")
    if text.strip() and raised in ("superscript", "subscript"):
        yield "^" if raised == "superscript" else "_"
    elif text.strip() and (
        _is_on(_property(run, "rPr", "strike")) or _is_on(_property(run, "rPr", "dstrike"))
    ):
        yield "~"
    yield text


def _boxes(paragraph: Any) -> Iterator[Any]:
    """The text boxes of a paragraph; Word writes each twice, for newer readers and for older ones."""
    for box in paragraph.iter(_BOX):
        above = box.iterancestors()
        tags = _tags_up_to(above, paragraph)
        if f"{_MC}Fallback" not in tags and _BOX not in tags:
            yield box


def _tags_up_to(above: Iterable[Any], end: Any) -> list[str]:
    tags = []
    for element in above:
        if element is end:
            break
        tags.append(element.tag)
    return tags


def _pictures(paragraph: Any) -> Iterator[str]:
    for picture in (*paragraph.iter(f"{_A}blip"), *paragraph.iter(f"{_V}imagedata")):
        name = next((value for key, value in picture.attrib.items() if key.endswith(("}embed", "}id"))), "")
        if name:
            yield name


def _collapsed(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
