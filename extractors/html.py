"""HTML to a Document, through lexbor's HTML5 tree building: unclosed tags end where a browser ends them.

One walk over the tree, without recursion (a page of 200,000 unclosed <font> is a page like any other). Layout
tables are dissolved into the flow, the innermost tables become Grids, what a reader cannot see is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby, islice

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

from extractors.cells import (
    BLOCK_TAGS,
    BREAK,
    CELL_IDS,
    CELL_TAGS,
    MARKED_TAGS,
    SELECTOR,
    cell_texts,
    collapsed,
    is_one_run,
    parted_texts,
    walk,
)
from extractors.document import UNSEEN, Attachment, Block, Document, Paragraph
from extractors.grids import PROSE_LENGTH, Spans, lay_out, span_of
from extractors.letters import Letters, letters_of, may_hold
from extractors.links import content_image, is_file
from extractors.plain_pages import read_plain_page
from extractors.plain_tables import plain_tables
from extractors.style_rules import HIDING, HIDING_WORDS, hidden_by_rules, mark_styled
from extractors.text import text_blocks

_UNPRINTED = frozenset(
    {
        *("script", "style", "noscript", "template", "textarea", "select", "xml", "iframe", "object"),
        *("input", "canvas", "svg"),
    }
)
# A Word page is spans, paragraphs, cells and rows by the thousand: one query finds all elements that tell more,
# with the paragraphs that are not all of a cell.
_TELLING = ":not(span,p,td,tr),:not(td) > p,td > p:not(:only-child)"
_ATTRIBUTED = "[hidden],[rowspan],[colspan]"
_MAYBE_HIDDEN = '[style*="display" i],[style*="visibility" i],[style*="mso-hide" i]'
# Some sites hide the whole page until a script shows it; what holds everything is not what hides a row.
_NEVER_HIDDEN = frozenset({"html", "body", "form"})
# No copies of a chosen option's text, nor whatever else scripts may hear of: parsing is a little faster so.
_AS_WRITTEN = LexborDocumentOptions.WO_EVENTS.value


def html_document(markup: bytes, charset: str, flags: frozenset[str] = frozenset()) -> Document:
    """The Document of an HTML page given in UTF-8. Never raises: any text is some HTML.

    It is that of `tree_document`, read from the page's tags alone where these tell all of it.
    """
    tables = plain_tables(markup)
    page = read_plain_page(*tables) if tables is not None else None
    if page is None:
        return tree_document(markup, charset, flags)
    if _is_cut_off(markup):
        flags |= {"cut_off"}
    blocks = tuple(_with_pasted_tables(page.blocks))
    return Document("html", page.title or None, page.meta, blocks, charset, flags)


def tree_document(markup: bytes, charset: str, flags: frozenset[str] = frozenset()) -> Document:
    """The Document of any HTML page, given in UTF-8, from the tree that a browser builds."""
    if _is_cut_off(markup):
        flags |= {"cut_off"}
    tree = LexborHTMLParser(markup, options=_AS_WRITTEN)
    root = tree.body or tree.root
    if root is None or tree.root is None:
        return Document("html", None, (), (), charset, flags)
    telling = [(node.tag or "", node) for node in SELECTOR.find(_TELLING, tree.root)]
    meta = _meta_tags(node for tag, node in telling if tag == "meta")
    title = next((node for tag, node in telling if tag == "title"), None)
    title_text = collapsed(title.text()) if title is not None else ""
    links_files = any(is_file(node.attributes.get("href") or "") for tag, node in telling if tag == "a")
    letters = letters_of(markup)
    spans = _drop_hidden(tree.root, telling, letters)
    _drop_unprinted(telling)
    mark_styled(root, letters)
    blocks = tuple(_with_pasted_tables(_Flow(root, telling, spans, links_files=links_files).blocks))
    return Document("html", title_text or None, meta, blocks, charset, flags)


def _with_pasted_tables(blocks: list[Block]) -> Iterator[Block]:
    """The blocks, with tables that were pasted as text of pipes read as text is."""
    if not any(isinstance(block, Paragraph) and "|" in block.text for block in blocks):
        yield from blocks
        return
    for is_text, run in groupby(blocks, key=lambda block: isinstance(block, Paragraph)):
        found = list(run)
        if is_text and any("|" in block.text for block in found if isinstance(block, Paragraph)):
            lines = "\n".join(block.text for block in found if isinstance(block, Paragraph)).split("\n")
            yield from text_blocks(lines)
        else:
            yield from found


def _is_cut_off(markup: bytes) -> bool:
    """Whether the page ends inside a text: its last figure may then be the head of a longer one."""
    tail = markup[markup.rfind(b">") + 1 :]
    return b"<" not in tail and bool(tail.strip())


def _meta_tags(nodes: Iterable[LexborNode]) -> tuple[tuple[str, str], ...]:
    found = []
    for node in nodes:
        attributes = node.attributes
        name = attributes.get("name") or attributes.get("property")
        content = attributes.get("content")
        if name and content and content.strip():
            found.append((name.strip(), content.strip()))
    return tuple(found)


def _drop_hidden(
    root: LexborNode, telling: list[tuple[str, LexborNode]], letters: Letters
) -> dict[int, tuple[int, int]]:
    """Take away what no reader sees; tell the rows and columns that cells declare to cover, an attribute too."""
    spans: dict[int, tuple[int, int]] = {}
    hidden: list[LexborNode] = []
    for node in SELECTOR.find(_ATTRIBUTED, root):
        attributes = node.attributes
        if "hidden" in attributes:
            hidden.append(node)
        else:
            spans[node.mem_id] = span_of(attributes.get("rowspan")), span_of(attributes.get("colspan"))
    for node in hidden:
        node.decompose()
    if any(may_hold(letters, word) for word in HIDING_WORDS):
        sheets = (node.text() for tag, node in telling if tag == "style")
        for node in hidden_by_rules(sheets, root):
            node.decompose()
        for node in SELECTOR.find(_MAYBE_HIDDEN, root):
            if node.tag not in _NEVER_HIDDEN and HIDING.search(node.attributes.get("style") or ""):
                node.decompose()
    return spans


def _drop_unprinted(telling: list[tuple[str, LexborNode]]) -> None:
    for tag, node in telling:
        if tag in _UNPRINTED:
            if shown := _shown_instead(node):
                # Apart from the text beside it: two fields of one cell are no longer figure.
                node.replace_with(f"{BREAK}{shown}{BREAK}")
            else:
                node.decompose()
        elif tag == "br":
            node.replace_with(BREAK)


def _shown_instead(node: LexborNode) -> str:
    """What a reader sees of a cell's form field, frame or drawing: its text, or U+FFFC where nobody can say.

    Outside cells these are no part of a table, and nothing is shown.
    """
    tag = node.tag
    if tag in _NEVER_SHOWN or not _is_in_cell(node):
        return ""
    if tag == "script":
        # A script that writes where it stands fills its cell; others only do something elsewhere.
        return UNSEEN if "document.write" in node.text() else ""
    if tag == "textarea":
        return node.text()
    if tag != "input":
        return UNSEEN
    kind = (node.attributes.get("type") or "text").strip().lower()
    if kind == "hidden":
        return ""
    return UNSEEN if kind in _MARKS_A_CHOICE else node.attributes.get("value") or ""


_NEVER_SHOWN = frozenset({"style", "noscript", "template", "xml"})
_MARKS_A_CHOICE = frozenset({"checkbox", "radio", "image", "file", "password", "color", "range"})


def _is_in_cell(node: LexborNode) -> bool:
    around = node.parent
    while around is not None and around.tag not in CELL_TAGS:
        around = around.parent
    return around is not None and around.css_first("table") is None


class _Flow:
    """The page in reading order: text gathered until a block ends, grids and pictures where they stand."""

    def __init__(
        self,
        root: LexborNode,
        telling: list[tuple[str, LexborNode]],
        spans: Mapping[int, tuple[int, int]],
        *,
        links_files: bool,
    ) -> None:
        self.blocks: list[Block] = []
        self._line: list[str] = []
        self._tags = {tag for tag, _ in telling}
        self._parted = parted_texts(telling)
        self._spans = spans
        self._links_files = links_files
        self._layout_tables = {_table_around(table) for table in SELECTOR.find("table table", root)}
        walk(root, self._enter, self._end_paragraph)
        self._end_paragraph()

    def _enter(self, node: LexborNode, tag: str) -> bool:
        if tag == "-text":
            self._line.append(node.text_content or "")
            return False
        if tag in BLOCK_TAGS:
            self._end_paragraph()
            if tag == "table":
                return not self._take_grid(node)
            if tag == "pre" and node.css_first("table") is None:
                # Its lines and gaps are what the page shows, as in a text.
                self.blocks.extend(text_blocks(node.text().replace(BREAK, "\n").split("\n")))
                return False
            if tag == "p" and (node.mem_id not in self._parted or is_one_run(node)):
                self._line = [node.text_lexbor()]
                return False
            return True
        if tag == "a":
            self._take_attachment(node)
        elif tag == "img":
            self._take_image(node)
        elif tag in MARKED_TAGS and _is_beside_figure(self._line, node):
            self._line.append(MARKED_TAGS[tag])
        return tag != "-comment"

    def _end_paragraph(self) -> None:
        if self._line:
            text = collapsed("".join(self._line))
            self._line.clear()
            if text:
                self.blocks.append(Paragraph(text))

    def _take_grid(self, table: LexborNode) -> bool:
        """Add the table as a Grid; False when it holds tables or prose, and the flow goes through it instead."""
        if table.mem_id in self._layout_tables:
            return False
        rows, spans = self._rows(table)
        if max(map(len, chain.from_iterable(rows)), default=0) > PROSE_LENGTH:
            return False
        caption = table.css_first("caption") if "caption" in self._tags else None
        if caption is not None and (text := _label(caption)):
            self.blocks.append(Paragraph(text))
        if rows:
            self.blocks.append(lay_out(rows, spans))
        if self._links_files:
            self.blocks.extend(
                Attachment(href, _label(link))
                for link in SELECTOR.find("a[href]", table)
                if (href := link.attributes.get("href") or "") and is_file(href)
            )
        return True

    def _rows(self, table: LexborNode) -> tuple[list[tuple[str, ...]], Spans]:
        """Each row's texts in document order, and the spans of those cells that declare any."""
        found = [
            [cell for cell in row.iter() if cell.tag_id in CELL_IDS] for row in SELECTOR.find("tr", table)
        ]
        cells = list(chain.from_iterable(found))
        identities = [cell.mem_id for cell in cells]
        texts = iter(cell_texts(cells, identities, self._parted))
        rows = [tuple(islice(texts, len(row))) for row in found]
        spans: Spans = {}
        if not self._spans.keys().isdisjoint(identities):
            spans = {
                number: self._spans[identity]
                for number, identity in enumerate(identities)
                if identity in self._spans
            }
        return rows, spans

    def _take_attachment(self, link: LexborNode) -> None:
        if not self._links_files:
            return
        href = link.attributes.get("href") or ""
        if is_file(href):
            self.blocks.append(Attachment(href, _label(link)))

    def _take_image(self, node: LexborNode) -> None:
        image = content_image(node.attributes)
        if image is not None:
            self.blocks.append(image)


def _is_beside_figure(line: list[str], marked: LexborNode) -> bool:
    """Whether raised, lowered or struck digits stand in a line of which no other text was seen so far than figures."""
    return any(map(str.isdigit, marked.text())) and not _NO_WORD.sub("", "".join(line))


_NO_WORD = re.compile(r"[0-9０-９.,\s]+")


def _label(node: LexborNode) -> str:
    """The text of a link or caption in one line."""
    return collapsed(node.text_lexbor().replace(BREAK, ""))


def _table_around(table: LexborNode) -> int:
    """The identity of the nearest table that a nested table stands in."""
    around = table.parent
    while around is not None and around.tag != "table":
        around = around.parent
    return around.mem_id if around is not None else 0
