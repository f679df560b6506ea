"""A page's markup without what prints nothing: fonts, classes, styles, Word's spans within spans.

Nine parts of ten of a Word page are such ornament. The page is cut where a cell ends, and each chunk, a cell in all its
dress, is looked up among those that came before: a page of 300 cells has a dozen new ones. A new chunk is cut again at
every `<`, and each piece, a tag with the text behind it, looked up in the same way.

The bare page prints what the page prints. So whatever this module does not know for sure leaves the page as it is: a
piece that is not one whole tag and its text, an ornament that hides what it holds, a style sheet that hides
anything, elements whose text is no markup.
"""

from __future__ import annotations

import re

from extractors.cells import WHITE_SPACE
from extractors.remembered import Remembered
from extractors.style_rules import HIDING, hides, tells

# Elements without which the same text stands in the same cells and paragraphs (HTML, section 13.2.6).
_ORNAMENTS = frozenset({"span", "font", "b", "strong", "i", "em", "u", "o:p"})
# Of these only what parts and spans them is read.
_STRUCTURE = frozenset(
    {
        *("table", "tbody", "thead", "tfoot", "tr", "td", "th", "colgroup", "col", "p", "div", "br", "center"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "section", "article"),
    }
)  # fmt: skip
# Within these a tag is text, or stands for something else than outside.
_FOREIGN = frozenset(
    {"xmp", "noembed", "noframes", "plaintext", "listing", "svg", "math", "template", "frameset", "frame"}
)
# Nor are there tags within these; most hold a plain text or nothing.
_TEXTS = (b"title", b"textarea", b"iframe")
_SPACE = f"[{WHITE_SPACE}]"
_WRITTEN = rf"""{_SPACE}++([^{WHITE_SPACE}"'<>/=]++)"""
_VALUE = rf"""{_SPACE}*+={_SPACE}*+(?:"([^"]*+)"|'([^']*+)'|([^{WHITE_SPACE}"'<>=`]++))"""
_ATTRIBUTE = re.compile(rf"{_WRITTEN}(?:{_VALUE})?+")
TAG = re.compile(
    rf"(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:\-]*+)(?P<attributes>(?:{_WRITTEN}(?:{_VALUE})?+)*+){_SPACE}*+/?>"
)
"""A whole tag behind its `<`, as every reader understands it."""
_SPAN = re.compile("[0-9]{1,4}")
_HALF_REFERENCE = re.compile(rb"&[#\w]*\Z")
_COMMENT_ENDS = (b"-->", b"--!>")
_MAY_BE_TEXT = re.compile(
    rb"^-?>|--!>|</(?!/?(?:table|t[drh]|tbody|thead|p|span|div|font|b)>)|<t(?:itle|extarea)"
)

END_OF_CELL = "</td>"


class AsItIs(Exception):
    """A page that this module does not know for sure."""


def without_commented_cells(markup: bytes) -> bytes:
    """A page without the comments in which cells end, as of tables that somebody took back.

    In a script, a style sheet or a title what looks like a comment is text (HTML, section 13.2.5): where a comment
    may be such, it is left, and the page is as it is.
    """
    kept: list[bytes] = []
    at = 0
    begin = markup.find(b"<!--", max(markup.rfind(b"</title"), 0))
    while begin >= 0:
        end = markup.find(b"-->", begin + 4)
        if end < 0:
            break
        body = markup[begin + 4 : end]
        if END_OF_CELL.encode() in body and not _MAY_BE_TEXT.search(body):
            kept.append(markup[at:begin])
            at = end + 3
        begin = markup.find(b"<!--", end)
    return b"".join([*kept, markup[at:]])


def bare_chunk(chunk: bytes) -> str:
    """A chunk of a page, cut where a cell ends, without what prints nothing. Raises AsItIs.

    It is given in UTF-8 and without the end tag of that cell.
    """
    first, *pieces = chunk.split(b"<")
    if b"&" in first or b":" in first:
        _bare_piece(b"/td>" + first)
    bare = first + b"".join(map(_BARE_PIECES.__getitem__, pieces))
    if b"<!--" in bare and not _comments_end_alike(chunk, bare):
        raise AsItIs
    for name in _TEXTS:
        if b"<" + name in bare and not _are_texts(name, pieces, bare):
            raise AsItIs
    if b"<title" in bare and _stands_in_body(pieces):
        raise AsItIs
    return bare.decode()


def bare_prose(chunk: bytes) -> str:
    """The same of a longer chunk, whose paragraphs are looked up one by one: headings repeat. Raises AsItIs."""
    try:
        return "</p>".join(map(_BARE_PARAGRAPHS.__getitem__, chunk.split(b"</p>")))
    except AsItIs:
        # A comment may go on behind the end of a paragraph.
        return bare_chunk(chunk)


def _comments_end_alike(chunk: bytes, bare: bytes) -> bool:
    """Whether all comments end in the chunk, and where they did: text without tags may look like the end of one."""
    behind = bare[bare.rfind(b"<!--") :]
    return b"-->" in behind and all(bare.count(end) == chunk.count(end) for end in _COMMENT_ENDS)


def _are_texts(name: bytes, pieces: list[bytes], bare: bytes) -> bool:
    """Whether no title (or text field) holds what looks like a tag: there it is text."""
    at, behind = bare.find(b"<" + name), 0
    while at >= 0:
        piece = bare[at + 1 :].partition(b"<")[0]
        try:
            behind = pieces.index(piece, behind) + 1
        except ValueError:
            # Text of ornaments that were in it stands behind it now.
            return False
        if not b"".join(pieces[behind : behind + 1]).lower().startswith(b"/" + name):
            return False
        at = bare.find(b"<" + name, at + 1)
    return True


def _stands_in_body(pieces: list[bytes]) -> bool:
    """Whether an ornament stands before a title: it ends the page's head, and the title is printed."""
    for piece in pieces:
        if piece[:5].lower() == b"title":
            return False
        if piece[:1] not in b"!?" and not _BARE_TAGS[piece.partition(b">")[0]]:
            return True
    return True


def _bare_piece(piece: bytes) -> bytes:
    """A piece, its `<` given back, without what prints nothing. Raises AsItIs."""
    if b"&" in piece and _HALF_REFERENCE.search(piece):
        # What follows may complete it.
        raise AsItIs
    if piece.startswith((b"!", b"?")):
        # Style sheets stand in comments, too.
        if hides(piece) or (b">" not in piece and not piece.startswith(b"!--")):
            raise AsItIs
        return b"<" + piece
    markup, closed, text = piece.partition(b">")
    if not closed or (b":" in text and hides(text)):
        raise AsItIs
    bare = _BARE_TAGS[markup]
    return bare if bare == b"<style>" else bare + text


def _bare_tag(markup: bytes) -> bytes:
    """What is left of a tag, given without its brackets. Raises AsItIs."""
    tag = TAG.fullmatch(f"{markup.decode()}>")
    if tag is None:
        raise AsItIs
    end, name, attributes = tag["end"], tag["name"].lower(), tag["attributes"]
    if name in _FOREIGN:
        raise AsItIs
    if name in _ORNAMENTS:
        if tells(attributes):
            raise AsItIs
        return b""
    if name == "tr" and not end and _is_hidden(attributes):
        return b"<tr hidden>"
    if name in _STRUCTURE and not tells(attributes):
        return f"<{end}{name}{_spans(attributes)}>".encode()
    if name == "style":
        return f"<{end}style>".encode()
    return f"<{end}{name}{attributes}>".encode()


def _is_hidden(written: str) -> bool:
    """Whether a row's attributes say for sure that no reader sees it."""
    if not tells(written) or "&" in written:
        return False
    attributes = attributes_of(written)
    return "hidden" in attributes or HIDING.search(attributes.get("style", "")) is not None


def _spans(written: str) -> str:
    """The spans that a tag declares, in the one way in which `extractors.plain_tables` knows them, or as declared."""
    if "span" not in written.lower():
        return ""
    attributes = attributes_of(written)
    spans = {name: attributes[name] for name in ("rowspan", "colspan") if name in attributes}
    if not all(map(_SPAN.fullmatch, spans.values())):
        return written
    return "".join(f' {name}="{span}"' for name, span in spans.items())


def attributes_of(written: str) -> dict[str, str]:
    """The attributes of a TAG as they are written, by name; of several alike the first counts (HTML, 13.2.5.33)."""
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(written):
        found.setdefault(name.lower(), "".join(values))
    return found


_BARE_TAGS = Remembered(_bare_tag)
_BARE_PIECES = Remembered(_bare_piece)
_BARE_PARAGRAPHS = Remembered(bare_chunk)
