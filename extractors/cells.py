"""What the cells and paragraphs of a page print, in lexbor's tree.

Most hold one run of text, cut by Word into spans that mean nothing: it is read in one call. Where blocks, marks or
pictures part the text, the nodes are walked. A `<br>` is made a character of the text before anything is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from selectolax.lexbor import LexborCSSSelector, LexborNode, create_tag

from extractors.document import UNSEEN

BLOCK_TAGS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "button", "caption", "center", "dd", "details", "div"),
        *("dialog", "dir", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3"),
        *("h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol"),
        *("optgroup", "option", "p", "pre", "search"),
        *("section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    }
)  # fmt: skip
CELL_TAGS = frozenset({"td", "th"})
CELL_IDS = frozenset(create_tag(tag).tag_id for tag in CELL_TAGS)
# A raised figure is a footnote mark and a struck one is withdrawn: neither is part of the figure beside it.
STRUCK = "~"
RAISED = "^"
MARKED_TAGS = {"sup": RAISED, "rt": RAISED, "sub": "_", "del": STRUCK, "s": STRUCK, "strike": STRUCK}
_MORE_THAN_TEXT = BLOCK_TAGS | frozenset(MARKED_TAGS) | {"a", "img"}
_PARTING = BLOCK_TAGS | frozenset(MARKED_TAGS) | {"a", "img", "svg", "math"}
WHITE_SPACE = " \t\r\n\f"
"""What HTML takes for white space (Infra, section 4.6); U+3000 and U+00A0 are text."""
_WHITE_SPACE = re.compile(f"[{WHITE_SPACE}]+")
_MORE_THAN_A_SPACE = ("\n", "  ", "\t", "\r", "\f")
BREAK = "\0"
"""Stands in the tree's text where the page breaks a line: no page's own text holds it (HTML, section 13.2.5)."""
_BREAKS = re.compile(" *\0[ \0]*")
_BORDER = "\x1e"
SELECTOR = LexborCSSSelector()  # type: ignore[no-untyped-call]
"""One for all trees: a tree that makes its own takes as long as two queries."""


def collapsed(text: str) -> str:
    """White space as a browser shows it; a line break stands only where the page breaks the line."""
    if text.isprintable() and "  " not in text:
        return text.strip(" ")
    text = _spaced(text)
    return (_BREAKS.sub("\n", text) if BREAK in text else text).strip(" \n")


def _spaced(text: str) -> str:
    """White space as one space each: the text itself where that is all it has, as in most cells."""
    for space in _MORE_THAN_A_SPACE:
        if space in text:
            return _WHITE_SPACE.sub(" ", text)
    return text


def walk(root: LexborNode, enter: Callable[[LexborNode, str], bool], leave: Callable[[], None]) -> None:
    """Depth first through the descendants; `enter` says whether to go below a node, `leave` hears a block end."""
    above: list[tuple[LexborNode, str]] = []
    node = root.child
    while node is not None:
        tag = node.tag or ""
        child = node.child if enter(node, tag) else None
        if child is not None:
            above.append((node, tag))
            node = child
            continue
        if tag in BLOCK_TAGS:
            leave()
        following = node.next
        while following is None and above:
            node, tag = above.pop()
            if tag in BLOCK_TAGS:
                leave()
            following = node.next
        node = following


def cell_text(cell: LexborNode) -> str:
    """A cell's text as printed: `<br>` and paragraph ends are line breaks, a picture is U+FFFC, never nothing."""
    parts: list[str] = []

    def enter(node: LexborNode, tag: str) -> bool:
        if tag == "-text":
            parts.append(node.text_content or "")
        elif tag in BLOCK_TAGS:
            parts.append(BREAK)
        elif tag == "img":
            parts.append(UNSEEN)
        elif tag in MARKED_TAGS and node.text().strip():
            parts.append(MARKED_TAGS[tag])
        elif (
            tag == "a" and (node.attributes.get("href") or "").startswith("#") and is_beside_text(node, cell)
        ):
            # The number of a footnote leads to it: 5<a href="#_ftn1">1</a>.
            parts.append(RAISED)
        return tag != "-comment"

    walk(cell, enter, lambda: parts.append(BREAK))
    return collapsed("".join(parts)).strip()


def is_beside_text(part: LexborNode, cell: LexborNode) -> bool:
    """Whether a part of a cell prints something, and the cell prints more."""
    printed = part.text().strip()
    return bool(printed) and printed != cell.text().strip()


def cell_texts(cells: list[LexborNode], identities: list[int], parted: set[int]) -> list[str]:
    """`cell_text` of many cells: in one call each where nothing parts the text, white space collapsed at once."""
    whole = _spaced(_BORDER.join([cell.text_lexbor() for cell in cells]))
    texts = [text.strip() for text in whole.split(_BORDER)]
    if len(texts) != len(cells):
        return [cell_text(cell) for cell in cells]
    if BREAK in whole:
        texts = [collapsed(text).strip() if BREAK in text else text for text in texts]
    if not parted.isdisjoint(identities):
        for at, identity in enumerate(identities):
            if identity in parted:
                texts[at] = cell_text(cells[at])
    beside = [cell.text(deep=False) for cell in cells]
    if "".join(beside).strip():
        for at, cell in enumerate(cells):
            # Text of its own and more than that: the rest may be a paragraph, which ends the line.
            if beside[at].strip() and (first := cell.child) is not None and first.next is not None:
                texts[at] = cell_text(cell)
    return texts


def is_one_run(paragraph: LexborNode) -> bool:
    """Whether a paragraph holds no blocks, links or pictures, which stand in the page on their own, nor marked text."""
    return not any(node.tag in _MORE_THAN_TEXT for node in paragraph.traverse() if node != paragraph)


def parted_texts(telling: list[tuple[str, LexborNode]]) -> set[int]:
    """The identities of the cells and paragraphs in which something parts the text, or marks it.

    All others hold one run of text, whatever nests in them: it is read in one call. A cell that holds one
    paragraph and nothing beside it is such a cell too; text beside that paragraph is for the reader to see.
    """
    parted: set[int] = set()
    known: dict[int, tuple[int, ...]] = {}
    for tag, node in telling:
        if tag in _PARTING:
            parted.update(_wholes_around(node, known))
    return parted


def _wholes_around(node: LexborNode, known: dict[int, tuple[int, ...]]) -> tuple[int, ...]:
    """The paragraph and the cell that a node stands in, by identity; `known` remembers them for each ancestor."""
    climbed: list[tuple[int, bool]] = []
    around: tuple[int, ...] = ()
    above = node.parent
    while above is not None:
        identity = above.mem_id
        if identity in known:
            around = known[identity]
            break
        tag = above.tag
        climbed.append((identity, tag == "p" or tag in CELL_TAGS))
        if tag in CELL_TAGS:
            break
        above = above.parent
    for identity, is_whole in reversed(climbed):
        if is_whole:
            around = (identity, *around)
        known[identity] = around
    return around
