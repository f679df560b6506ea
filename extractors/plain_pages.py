"""Pages of bare markup whose order needs no tree: blocks, links and text, each closed where it should be.

Without tables but those that `extractors.plain_tables` took out, a browser's tree holds the text in the order of the
page (HTML, section 13.2.6.4.7): only tables move text, and only elements that hide, replace or repeat what they hold
take any away. A page of nothing but the tags below is read piece by piece; any other is left to the tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from extractors.bare_markup import TAG, attributes_of
from extractors.cells import BREAK, WHITE_SPACE, collapsed
from extractors.document import Block, Grid, Paragraph
from extractors.links import content_image, is_file
from extractors.plain_tables import PLACE, NotPlain, text_of
from extractors.remembered import Remembered
from extractors.style_rules import HIDING, tells

# Each of these ends a line where it begins and where it ends. A paragraph need not be closed, nor opened.
_NESTING = frozenset(
    {
        *("address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "legend", "li"),
        *("main", "nav", "ol", "section", "ul"),
    }
)  # fmt: skip
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NEUTRAL = frozenset(
    {
        *("a", "abbr", "base", "big", "body", "cite", "code", "head", "html", "img", "input", "ins"),
        *("label", "link", "meta", "nobr", "small", "time", "tt", "wbr"),
    }
)
_RAW = frozenset({"script", "style"})
_HEAD = frozenset({"base", "head", "html", "link", "meta", "script", "style", "title"})

_DECLARES = ("!", "?")

Role = Literal["neutral", "break", "opens", "closes", "other"]


class PlainPage(NamedTuple):
    """What a page prints, as a Document holds it."""

    title: str
    meta: tuple[tuple[str, str], ...]
    blocks: list[Block]


class _Tag(NamedTuple):
    """What a tag means to the flow; `attributes` where they tell more. `of_head`: it leaves the page's head open."""

    role: Role
    name: str
    of_head: bool = False
    attributes: Mapping[str, str] = MappingProxyType({})


def read_plain_page(bare: str, grids: list[Grid]) -> PlainPage | None:
    """What a page prints, given as `plain_tables` leaves it, or None where only its tree can tell."""
    first, *pieces = bare.split("<")
    if first.strip(WHITE_SPACE):
        return None
    try:
        return _Reader(grids).read(pieces)
    except NotPlain:
        return None


class _Reader:
    """What reading a page piece by piece has come to: the line that is gathered, the elements that are open."""

    def __init__(self, grids: list[Grid]) -> None:
        self._grids = grids
        self._title: str | None = None
        self._meta: list[tuple[str, str]] = []
        self._blocks: list[Block] = []
        self._line: list[str] = []

    def read(self, pieces: list[str]) -> PlainPage:
        """Read the page whole. Raises NotPlain."""
        rest = iter(pieces)
        line, nest, in_head = self._line, _Nest(), True
        for piece in rest:
            markup, _, text = piece.partition(">")
            role, name, of_head, _ = tag = _TAGS[markup]
            if role == "other":
                if name == "title" and not in_head:
                    raise NotPlain
                text = self._meet(tag, piece, text, rest)
            elif role != "neutral":
                if role == "opens":
                    nest.open(name)
                elif role == "closes":
                    nest.close(name, line)
                if line:
                    self._end_line()
            in_head = in_head and of_head
            if text and (line or text != "\n"):
                line.append(text_of(text) if "&" in text else text)
                in_head = in_head and not text.strip(WHITE_SPACE)
        self._end_line()
        return PlainPage(self._title or "", tuple(self._meta), self._blocks)

    def _meet(self, tag: _Tag, piece: str, text: str, rest: Iterator[str]) -> str:
        """Take what a tag means that neither parts lines nor stands in them; what is left of the text behind it."""
        name, attributes = tag.name, tag.attributes
        if name[0] in _DECLARES:
            return _behind_declaration(piece, rest)
        if name in _RAW:
            return _behind_raw(rest, name)
        if name == "title":
            if self._title is not None:
                raise NotPlain
            self._title = collapsed(text_of(text))
            return _behind(next(rest, ""), name)
        if name == PLACE:
            self._end_line()
            grid = self._grids[int(attributes["number"])]
            if grid.texts:
                self._blocks.append(grid)
            return text
        if name == "meta":
            self._meta.append((attributes["name"], attributes["content"]))
        elif name == "br":
            self._line.append(BREAK)
        elif image := content_image(attributes):
            self._blocks.append(image)
        return text

    def _end_line(self) -> None:
        text = collapsed("".join(self._line))
        self._line.clear()
        if text:
            self._blocks.append(Paragraph(text))


class _Nest:
    """The elements that are open."""

    def __init__(self) -> None:
        self._open: list[str] = []

    def open(self, name: str) -> None:
        """Open one. Raises NotPlain where a browser would close others, or leave it out."""
        if name == "form" and name in self._open:
            raise NotPlain
        if name in _HEADINGS and not _HEADINGS.isdisjoint(self._open):
            raise NotPlain
        self._open.append(name)

    def close(self, name: str, line: list[str]) -> None:
        """Close the last one, at the end of a line. Raises NotPlain where that is another.

        The end of a form may part no lines: what stands open in it goes on behind it (HTML, section 13.2.6.4.7).
        """
        if not self._open or self._open.pop() != name:
            raise NotPlain
        if name == "form" and "".join(line).strip(WHITE_SPACE):
            raise NotPlain


def _behind(piece: str, name: str) -> str:
    """The text behind the end tag that must come next. Raises NotPlain."""
    end, closed, text = piece.partition(">")
    if not closed or end.rstrip(WHITE_SPACE).lower() != f"/{name}":
        raise NotPlain
    return text


def _behind_raw(rest: Iterator[str], name: str) -> str:
    """The text behind a script or a style sheet. Raises NotPlain."""
    for piece in rest:
        if piece[: len(name) + 1].lower() == f"/{name}":
            return _behind(piece, name)
        if name == "script" and piece.startswith("!"):
            # Behind a comment that begins in it, a script may end elsewhere (HTML, section 13.2.5.20).
            raise NotPlain
    raise NotPlain


def _behind_declaration(piece: str, rest: Iterator[str]) -> str:
    """The text behind a comment or declaration. Raises NotPlain."""
    if not piece.startswith("!--"):
        _, closed, text = piece.partition(">")
    else:
        _, closed, text = piece[1:].partition("-->")
        while not closed and "--!>" not in piece:
            piece = next(rest, "--!>")
            _, closed, text = piece.partition("-->")
    if not closed or "--!>" in piece:
        raise NotPlain
    return text


def _tag(markup: str) -> _Tag:
    """What a tag means to the flow. Raises NotPlain."""
    if markup.startswith(_DECLARES):
        return _Tag("other", markup[0], of_head=True)
    if markup.startswith(PLACE):
        return _Tag("other", PLACE, attributes={"number": markup.removeprefix(PLACE)})
    tag = TAG.fullmatch(f"{markup}>")
    if tag is None:
        raise NotPlain
    name, ends = tag["name"].lower(), bool(tag["end"])
    if not ends and name not in _HEAD and _may_be_hidden(tag["attributes"]):
        raise NotPlain
    if name in _NESTING:
        return _Tag("closes" if ends else "opens", name)
    if name in ("p", "hr"):
        return _Tag("break", name)
    if name in _NEUTRAL and (ends or name not in ("a", "img", "meta")):
        return _Tag("neutral", name, name in _HEAD and not (ends and name == "html"))
    if ends:
        raise NotPlain
    return _telling_tag(name, attributes_of(tag["attributes"]))


_TAGS = Remembered(_tag)


def _may_be_hidden(written: str) -> bool:
    """Whether a tag's attributes may hide what it holds."""
    if not tells(written):
        return False
    attributes = attributes_of(written)
    style = attributes.get("style", "")
    return "hidden" in attributes or "&" in style or HIDING.search(style) is not None


def _telling_tag(name: str, written: dict[str, str]) -> _Tag:
    """What a tag means whose attributes tell more, or the text behind it. Raises NotPlain."""
    attributes: dict[str, str] = {}
    if name == "img":
        attributes = {key: text_of(value) for key, value in written.items()}
    elif name == "meta":
        label = text_of(written.get("name") or written.get("property") or "")
        content = text_of(written.get("content", "")).strip()
        if not label or not content:
            return _Tag("neutral", name, of_head=True)
        attributes = {"name": label.strip(), "content": content}
    elif name == "a" and not is_file(written.get("href", "")) and "&" not in written.get("href", ""):
        return _Tag("neutral", name)
    elif name not in _RAW and name not in ("br", "title"):
        raise NotPlain
    return _Tag("other", name, name in _HEAD, attributes)
