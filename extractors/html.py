"""HTML to a Document, through lexbor's HTML5 tree building: unclosed tags end where a browser ends them.

One walk over the tree, without recursion (a page of 200,000 unclosed <font> is a page like any other). Layout
tables are dissolved into the flow, the innermost tables become Grids, what a reader cannot see is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractors.document import Attachment, Block, Document, Image, Paragraph
from extractors.grids import Row, build_grid
from extractors.text import text_blocks

_BLOCK_TAGS = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
            "div",
            "dl",
        ),
        *("dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"),
        *(
            "header",
            "hr",
            "html",
            "legend",
            "li",
            "main",
            "nav",
            "ol",
            "p",
            "pre",
            "section",
            "table",
            "tbody",
        ),
        *("td", "tfoot", "th", "thead", "tr", "ul"),
    }
)
_MORE_THAN_TEXT = _BLOCK_TAGS | {"a", "img"}
_CELL_TAGS = frozenset({"td", "th"})
_UNPRINTED = "script,style,noscript,template,textarea,select,xml,iframe,object,input,canvas,svg"
_MAYBE_HIDDEN = '[style*="display" i],[style*="visibility" i],[style*="mso-hide" i]'
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
# Looking for these words first is three times cheaper than asking the tree for the attributes of every node.
_HIDING_WORDS = (b"display", b"visibility", b"mso-hide")
# Some sites hide the whole page until a script shows it; what holds everything is not what hides a row.
_NEVER_HIDDEN = frozenset({"html", "body", "form"})
# A raised figure is a footnote mark and a struck one is withdrawn: neither is part of the figure beside it.
_WITHIN_CELLS = "td img,th img,sup,sub,del,s,strike"
_MARKED_TAGS = {"sup": "^", "sub": "_", "del": "~", "s": "~", "strike": "~"}
_FILE = re.compile(r"\.(pdf|docx?|wps|rtf|xlsx?|et|ofd|zip|rar|7z)(?:[?#]|$)", re.IGNORECASE)
_ICON = re.compile(
    r"icon|logo|qrcode|ewm|wechat|weixin|weibo|print|share|arrow|banner|\.gif(?:\?|$)", re.IGNORECASE
)
_WHITE_SPACE = re.compile(r"[ \t\r\n\f]+")
_SPAN = re.compile(r"\s*(\d{1,4})")

LARGEST_SPAN = 100
"""No form has a hundred columns: a larger span is damage, and costs memory."""
PROSE_LENGTH = 500
"""A cell longer than this holds the page's prose, and its table is there for layout."""


def html_document(markup: bytes, charset: str, flags: frozenset[str] = frozenset()) -> Document:
    """The Document of an HTML page given in UTF-8. Never raises: any text is some HTML."""
    tree = LexborHTMLParser(markup)
    meta = _meta_tags(tree)
    title = tree.css_first("title")
    title_text = _collapsed(_WHITE_SPACE.sub(" ", title.text())) if title is not None else ""
    root = tree.body or tree.root
    blocks: tuple[Block, ...] = ()
    if root is not None:
        _drop_unprinted(tree, markup)
        blocks = tuple(_with_pasted_tables(_Flow(root).blocks))
    if _is_cut_off(markup):
        flags |= {"cut_off"}
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


def _meta_tags(tree: LexborHTMLParser) -> tuple[tuple[str, str], ...]:
    found = []
    for node in tree.css("meta"):
        attributes = node.attributes
        name = attributes.get("name") or attributes.get("property")
        content = attributes.get("content")
        if name and content and content.strip():
            found.append((name.strip(), content.strip()))
    return tuple(found)


def _drop_unprinted(tree: LexborHTMLParser, markup: bytes) -> None:
    for node in tree.css(_UNPRINTED):
        if shown := _shown_instead(node):
            # Apart from the text beside it: two fields of one cell are no longer figure.
            node.insert_before(tree.create_node("br"))
            node.insert_after(tree.create_node("br"))
            node.replace_with(shown)
        else:
            node.decompose()
    for node in tree.css("[hidden]"):
        node.decompose()
    if _may_hide(markup):
        for node in tree.css(_MAYBE_HIDDEN):
            if node.tag not in _NEVER_HIDDEN and _HIDING.search(node.attributes.get("style") or ""):
                node.decompose()


def _shown_instead(node: LexborNode) -> str:
    """What a reader sees of a cell's form field, frame or drawing: its text, or U+FFFC where nobody can say.

    Outside cells these are no part of a table, and nothing is shown.
    """
    tag = node.tag
    if tag in _NEVER_SHOWN or not _is_in_cell(node):
        return ""
    if tag == "script":
        # A script that writes where it stands fills its cell; others only do something elsewhere.
        return _UNSEEN if "document.write" in node.text() else ""
    if tag == "textarea":
        return node.text()
    if tag != "input":
        return _UNSEEN
    kind = (node.attributes.get("type") or "text").strip().lower()
    if kind == "hidden":
        return ""
    return _UNSEEN if kind in _MARKS_A_CHOICE else node.attributes.get("value") or ""


_UNSEEN = "\ufffc"
_NEVER_SHOWN = frozenset({"style", "noscript", "template", "xml"})
_MARKS_A_CHOICE = frozenset({"checkbox", "radio", "image", "file", "password", "color", "range"})


def _is_in_cell(node: LexborNode) -> bool:
    around = node.parent
    while around is not None and around.tag not in _CELL_TAGS:
        around = around.parent
    return around is not None and around.css_first("table") is None


def _may_hide(markup: bytes) -> bool:
    """Whether a word that hides stands anywhere. Piece by piece: a copy of the page costs more than the search."""
    reach = max(map(len, _HIDING_WORDS)) - 1
    for start in range(0, len(markup), _PIECE):
        piece = markup[start : start + _PIECE + reach].lower()
        if any(word in piece for word in _HIDING_WORDS):
            return True
    return False


_PIECE = 1 << 15


def _collapsed(text: str) -> str:
    """White space as a browser shows it; a line break stands only where the page breaks the line."""
    if "\n" not in text:
        return _WHITE_SPACE.sub(" ", text).strip(" ")
    lines = (_WHITE_SPACE.sub(" ", line).strip(" ") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _walk(root: LexborNode, enter: Callable[[LexborNode, str], bool], leave: Callable[[], None]) -> None:
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
        if tag in _BLOCK_TAGS:
            leave()
        following = node.next
        while following is None and above:
            node, tag = above.pop()
            if tag in _BLOCK_TAGS:
                leave()
            following = node.next
        node = following


def cell_text(cell: LexborNode) -> str:
    """A cell's text as printed: `<br>` and paragraph ends are line breaks, a picture is U+FFFC, never nothing."""
    parts: list[str] = []

    def enter(node: LexborNode, tag: str) -> bool:
        if tag == "-text":
            parts.append(_WHITE_SPACE.sub(" ", node.text_content or ""))
        elif tag == "br" or tag in _BLOCK_TAGS:
            parts.append("\n")
        elif tag == "img":
            parts.append("\ufffc")
        elif tag in _MARKED_TAGS:
            parts.append(_MARKED_TAGS[tag])
        return tag != "-comment"

    _walk(cell, enter, lambda: parts.append("\n"))
    return _collapsed("".join(parts))


def _quick_cell_text(cell: LexborNode) -> str:
    """`cell_text` of a page whose cells hold no marks and no pictures: most cells are one run of text."""
    text = cell.text(separator=_BORDER, strip=True)
    if text.isalnum():
        return text
    text = text.strip(_BORDER)
    if _BORDER in text:
        joined = _one_paragraph(cell)
        return cell_text(cell) if joined is None else joined
    return _WHITE_SPACE.sub(" ", text)


_BORDER = "\x1f"


def _one_paragraph(cell: LexborNode) -> str | None:
    """`cell_text` of a cell that is one paragraph of several runs; None where blocks part its text."""
    only = cell.child
    is_wrapped = only is not None and only.next is None and only.tag in _BLOCK_TAGS
    runs = _runs(only if only is not None and is_wrapped else cell)
    return None if runs is None else _collapsed("".join(runs))


def _runs(block: LexborNode) -> list[str] | None:
    """A block's runs of text and line breaks; None where it holds blocks, links or pictures."""
    runs: list[str] = []
    within = block.traverse(include_text=True)
    next(within)
    for node in within:
        tag = node.tag
        if tag == "-text":
            run = node.text_content or ""
            runs.append(run if run.isalnum() else _WHITE_SPACE.sub(" ", run))
        elif tag == "br":
            runs.append("\n")
        elif tag in _MORE_THAN_TEXT:
            return None
    return runs


class _Flow:
    """The page in reading order: text gathered until a block ends, grids and pictures where they stand."""

    def __init__(self, root: LexborNode) -> None:
        self.blocks: list[Block] = []
        self._line: list[str] = []
        self._spanned = {cell.mem_id for cell in root.css("[rowspan],[colspan]")}
        self._cell_text = cell_text if root.css_first(_WITHIN_CELLS) is not None else _quick_cell_text
        self._layout_tables = {_table_around(table) for table in root.css("table table")}
        _walk(root, self._enter, self._end_paragraph)
        self._end_paragraph()

    def _enter(self, node: LexborNode, tag: str) -> bool:
        if tag == "-text":
            self._line.append(_WHITE_SPACE.sub(" ", node.text_content or ""))
            return False
        if tag == "br":
            self._line.append("\n")
            return False
        if tag in _BLOCK_TAGS:
            self._end_paragraph()
            if tag == "table":
                return not self._take_grid(node)
            if tag == "p" and (runs := _runs(node)) is not None:
                self._line = runs
                return False
            return True
        if tag == "a":
            self._take_attachment(node)
        elif tag == "img":
            self._take_image(node)
        return tag != "-comment"

    def _end_paragraph(self) -> None:
        if self._line:
            text = _collapsed("".join(self._line))
            self._line.clear()
            if text:
                self.blocks.append(Paragraph(text))

    def _take_grid(self, table: LexborNode) -> bool:
        """Add the table as a Grid; False when it holds tables or prose, and the flow goes through it instead."""
        if table.mem_id in self._layout_tables:
            return False
        rows = self._rows(table)
        if any(len(cell[0]) > PROSE_LENGTH for row in rows for cell in row):
            return False
        caption = table.css_first("caption")
        if caption is not None and (text := _collapsed(_WHITE_SPACE.sub(" ", caption.text()))):
            self.blocks.append(Paragraph(text))
        grid = build_grid(rows)
        if grid.rows:
            self.blocks.append(grid)
        self.blocks.extend(
            Attachment(href, _collapsed(link.text()))
            for link in table.css("a[href]")
            if (href := link.attributes.get("href") or "") and _FILE.search(href)
        )
        return True

    def _rows(self, table: LexborNode) -> list[Row]:
        """Each row's cells as (text, row span, column span), in document order."""
        text_of, spanned = self._cell_text, self._spanned
        rows: list[Row] = []
        for row in table.css("tr"):
            cells = []
            for cell in row.iter():
                if cell.tag in _CELL_TAGS:
                    row_span, column_span = _spans(cell) if cell.mem_id in spanned else (1, 1)
                    cells.append((text_of(cell), row_span, column_span))
            rows.append(cells)
        return rows

    def _take_attachment(self, link: LexborNode) -> None:
        href = link.attributes.get("href") or ""
        if _FILE.search(href):
            self.blocks.append(Attachment(href, _collapsed(link.text())))

    def _take_image(self, image: LexborNode) -> None:
        attributes = image.attributes
        source = attributes.get("src") or ""
        if source and not _ICON.search(source):
            self.blocks.append(Image(source, attributes.get("alt") or ""))


def _table_around(table: LexborNode) -> int:
    """The identity of the nearest table that a nested table stands in."""
    around = table.parent
    while around is not None and around.tag != "table":
        around = around.parent
    return around.mem_id if around is not None else 0


def _spans(cell: LexborNode) -> tuple[int, int]:
    """The rows and columns that a cell declares to cover."""
    attributes = cell.attributes
    return _span(attributes.get("rowspan")), _span(attributes.get("colspan"))


def _span(declared: str | None) -> int:
    """A span as HTML reads it: at least one, digits at the front count, all else is one."""
    if declared is None:
        return 1
    match = _SPAN.match(declared)
    return min(max(int(match[1]), 1), LARGEST_SPAN) if match else 1
