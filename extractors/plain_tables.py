"""Tables of bare markup that hold nothing but rows of text: read by their tags, without a tree.

Where every row and cell of a table is closed and holds text, paragraphs and line breaks alone, a browser builds the
rows that stand there (HTML, section 13.2.6.4.9 and the following). Such a table is taken out of the page and laid out,
and its place marked. Where a page has others, only its tree tells what it prints.

The page is cut where a cell ends. Each chunk, a cell in all its dress, is looked up among those that came before: a
page of 300 cells has a dozen new ones. What a chunk means to the tables around it is a letter, and a plain table is
found among the letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import unescape
from itertools import chain, islice
from operator import itemgetter
from typing import NamedTuple

from extractors.bare_markup import END_OF_CELL, AsItIs, bare_chunk, bare_prose, without_commented_cells
from extractors.cells import BREAK, WHITE_SPACE, collapsed
from extractors.document import Grid
from extractors.grids import PROSE_LENGTH, lay_out, span_of
from extractors.remembered import LONGEST_KEPT, Remembered

# A pattern of nothing but letters is found in two thirds of the time that `bytes.split` takes to find it.
_END_OF_CELL = re.compile(END_OF_CELL.encode())
_OPENING, _CLOSING, _END_OF_HEAD = "<table>", "</table>", "</th>"
_SPACE = f"[{WHITE_SPACE}]"
_SECTIONS = rf"(?:{_SPACE}++|</?(?:tbody|thead|tfoot)>)*+"
_FIRST_ROW = re.compile(rf"{_OPENING}{_SECTIONS}<tr(?P<hidden> hidden)?>{_SPACE}*+")
_END_OF_TABLE = re.compile(rf"{_SPACE}*+</tr>{_SECTIONS}{_CLOSING}")
_BEFORE_CELL = re.compile(rf"{_SPACE}*+")
_BEFORE_ROW = re.compile(rf"{_SPACE}*+</tr>{_SECTIONS}<tr(?P<hidden> hidden)?>{_SPACE}*+")
_CELL = re.compile(
    r"""<t[dh](?: rowspan="(?P<rows>\d+)")?(?: colspan="(?P<columns>\d+)")?>(?P<content>(?:[^<]++|</?p>|<br>)*+)"""
)
_TAG_IN_CELL = re.compile("<(?:/?p|br)>")
_REFERENCE = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]*+|#0*+(\d{2,5})|#[xX]0*+([0-9a-fA-F]{2,4}));", re.ASCII)
PLACE = "\0"
"""Begins the tag that stands in a table's place, before its number; no tag of a page that is read here does."""

KEPT_SHAPES = 1024
"""Pages of one content system share their tables' shapes."""

# What parts mean; where a cell covers more than a row or column, or its row is hidden, it has another letter.
_CELL_GOES_ON, _ROW_BEGINS, _BEGINS, _ENDS_AND_BEGINS, _ENDS, _OTHER = "crbxeo"
_SPANS = str.maketrans("crbx", "CRBX")
_HIDDEN = str.maketrans("rbx", "hgy")
_TABLE = re.compile("(?P<cells>[bBgxXy][crCRh]*+)(?=[exXy])")
_ROW = re.compile("[^cC][cC]*")
_HIDDEN_ROW = re.compile("[hgy][cC]*")
_SPANNED = re.compile("[A-Z]")
ONE = (1, 1)
"""The spans of a cell that declares none."""


class NotPlain(Exception):
    """Markup that only its tree tells the meaning of."""


class Part(NamedTuple):
    """The markup up to the end of a cell, and what it means to the tables around.

    `letter`: it goes on with a cell (c), or begins a row (r), or a table (b); it ends a table and begins one (x), or
    only ends one (e); anything else (o). `opening`: where the table that it begins stands in the markup; `behind`:
    where the table that it ends is over.
    """

    letter: str
    markup: str
    text: str = ""
    span: tuple[int, int] = ONE
    opening: int = 0
    behind: int = 0


class PlainTables(NamedTuple):
    """Bare markup with a tag PLACE in the place of each plain table, and the grids of these."""

    rest: str
    grids: list[Grid]


_LETTER, _MARKUP, _TEXT = map(itemgetter, range(3))
"""The first members of a Part."""


def plain_tables(markup: bytes) -> PlainTables | None:
    """The plain tables of a page given in UTF-8; None where bare markup may print something else than the page."""
    try:
        parts = _parts_of_page(markup)
    except AsItIs:
        shorter = without_commented_cells(markup)
        if len(shorter) == len(markup):
            return None
        try:
            parts = _parts_of_page(shorter)
        except AsItIs:
            return None
    letters = "".join(map(_LETTER, parts))
    rest: list[str] = []
    grids: list[Grid] = []
    at = behind = 0
    for table in _TABLE.finditer(letters):
        first, after = table.span("cells")
        before = "".join(map(_MARKUP, parts[at:first])) + parts[first].markup[: parts[first].opening]
        rest += before[behind:], f"<{PLACE}{len(grids)}>"
        grids.append(_grid(parts[first:after], letters[first:after]))
        at, behind = after, parts[after].behind
    rest.append("".join(map(_MARKUP, parts[at:]))[behind:])
    whole = "".join(rest)
    if parts and "<title" in whole[parts[0].opening or len(parts[0].markup) :]:
        # Behind a cell it may stand in the body, and be printed.
        return None
    return PlainTables(whole, grids)


def _parts_of_page(markup: bytes) -> list[Part]:
    """The parts of a page. Raises AsItIs."""
    if b"\0" in markup:
        raise AsItIs
    *chunks, last = _END_OF_CELL.split(markup)
    return [*chain.from_iterable(map(_PARTS.__getitem__, chunks)), *_parts_of(bare_prose(last))]


def _grid(cells: Sequence[Part], letters: str) -> Grid:
    """The grid of a table's cells, of which `letters` tell where rows begin, and which no reader sees."""
    for hidden in reversed([*_HIDDEN_ROW.finditer(letters)]):
        start, end = hidden.span()
        cells, letters = [*cells[:start], *cells[end:]], letters[:start] + letters[end:]
    lengths, spanned = _shape(letters)
    texts = map(_TEXT, cells)
    return lay_out([tuple(islice(texts, length)) for length in lengths], {n: cells[n].span for n in spanned})


@lru_cache(maxsize=KEPT_SHAPES)
def _shape(letters: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many cells each row of a table has, and which cells cover more than one row or column."""
    lengths = tuple(len(row.group()) for row in _ROW.finditer(letters))
    return lengths, tuple(cell.start() for cell in _SPANNED.finditer(letters))


def _parts_of_chunk(chunk: bytes) -> tuple[Part, ...]:
    """The parts of a chunk whose end is that of a cell. Raises AsItIs."""
    if len(chunk) > LONGEST_KEPT:
        return tuple(_parts_of(bare_prose(chunk) + END_OF_CELL))
    dressed = _DRESSED.fullmatch(chunk)
    part = _around(_DRESSES[dressed["before"], dressed["after"]], dressed["text"]) if dressed else None
    return (part,) if part is not None else tuple(_parts_of(bare_chunk(chunk) + END_OF_CELL))


def _dress(markup: tuple[bytes, bytes]) -> Part | None:
    """The part that has this markup before and behind all its text, with _STANDS_IN for that; None unless plain."""
    before, after = markup
    parts = tuple(_parts_of(bare_chunk(before + _STANDS_IN.encode() + after) + END_OF_CELL))
    return parts[0] if len(parts) == 1 and parts[0].text == _STANDS_IN else None


def _around(dress: Part | None, written: bytes) -> Part | None:
    """The part with another text in its dress, or None where it takes more than that."""
    text = written.decode()
    printed = collapsed(text).strip()
    if dress is None or len(printed) > PROSE_LENGTH:
        return None
    before, _, after = dress.markup.rpartition(_STANDS_IN)
    return dress._replace(markup=f"{before}{text}{after}", text=printed)


# Text without what may be more than text: references, and declarations in a style sheet.
_DRESSED = re.compile(
    rb"(?P<before>.*>)(?P<text>[^<>&:]++)(?P<after>(?:</[a-zA-Z:]++>[ \t\r\n\f]*+)*+)", re.DOTALL
)
_STANDS_IN = "\ue000"
"""A character for private use: what its cell prints besides shows beside it."""


def _parts_of(chunk: str) -> Iterator[Part]:
    """The parts of bare markup: up to the end of each cell, and what is left behind the last."""
    if _END_OF_HEAD not in chunk and chunk.find(END_OF_CELL) == len(chunk) - len(END_OF_CELL):
        yield _part_of(chunk)
        return
    if _END_OF_HEAD in chunk:
        chunk = chunk.replace(_END_OF_HEAD, _END_OF_HEAD + _BORDER)
    *cells, rest = chunk.replace(END_OF_CELL, END_OF_CELL + _BORDER).split(_BORDER)
    for markup in cells:
        yield _part_of(markup)
    if rest:
        yield _part(rest, None, "", ONE)


_BORDER = "\0"
"""Stands in no page that is read here."""


def _part_of(markup: str) -> Part:
    """The part that ends with the end tag of a cell."""
    end = len(markup) - len(END_OF_CELL)
    at = markup.rfind("<th" if markup.endswith(_END_OF_HEAD) else "<td", 0, end)
    cell = _CELL.fullmatch(markup, at, end) if at >= 0 else None
    if cell is None:
        return _part(markup, None, "", ONE)
    rows, columns, content = cell.groups()
    try:
        text = text_of(_TAG_IN_CELL.sub(BREAK, content) if "<" in content else content)
    except NotPlain:
        return _part(markup, None, "", ONE)
    text = collapsed(text).strip()
    if len(text) > PROSE_LENGTH:
        return _part(markup, None, "", ONE)
    return _part(markup, at, text, (span_of(rows), span_of(columns)) if rows or columns else ONE)


def _part(markup: str, cell: int | None, text: str, span: tuple[int, int]) -> Part:
    """The part of markup that ends with a plain cell which begins at `cell`, or with none."""
    opening = behind = 0
    letter = _OTHER
    row = None
    if cell is not None and _BEFORE_CELL.fullmatch(markup, 0, cell):
        letter = _CELL_GOES_ON
    elif cell is not None and (row := _BEFORE_ROW.fullmatch(markup, 0, cell)):
        letter = _ROW_BEGINS
    else:
        if ends := _END_OF_TABLE.match(markup):
            letter, behind = _ENDS, ends.end()
        begin = markup.rfind(_OPENING, behind, cell) if cell is not None else -1
        if begin >= 0 and (row := _FIRST_ROW.fullmatch(markup, begin, cell or 0)):
            letter, opening = _ENDS_AND_BEGINS if letter == _ENDS else _BEGINS, begin
    if row is not None and row["hidden"]:
        letter = letter.translate(_HIDDEN)
    elif span != ONE:
        letter = letter.translate(_SPANS)
    return Part(letter, markup, text, span, opening, behind)


def text_of(content: str) -> str:
    """Text with its character references resolved. Raises NotPlain where a reader may take them in another way."""
    return _RESOLVED[content] if "&" in content else content


def _resolved(content: str) -> str:
    if "&" in _REFERENCE.sub(_unless_odd, content):
        raise NotPlain
    return unescape(content)


def _unless_odd(reference: re.Match[str]) -> str:
    """Nothing for a name or the number of a character; the reference for what HTML takes for another (13.2.5.80)."""
    decimal, hexadecimal = reference[1], reference[2]
    if decimal is None and hexadecimal is None:
        return ""
    number = int(decimal) if decimal is not None else int(hexadecimal, 16)
    return "" if 0x20 <= number < 0x7F or 0xA0 <= number < 0xD800 else reference[0]


_RESOLVED = Remembered(_resolved)
_PARTS = Remembered(_parts_of_chunk)
_DRESSES = Remembered(_dress)
