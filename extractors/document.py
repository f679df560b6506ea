"""The Document: what a page or file prints, in reading order, before anything is known of forms or law.

Every reader (HTML, text, later PDF and DOCX) gives a `Document`; `transforms` knows of `extractors` this module alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

EMPTY_CELL = " "
"""The piece of a `Stream` that stands for an empty cell where the layout proves that it is one."""
UNSEEN = "\ufffc"
"""Stands in a printed cell for a picture, or for a field whose content the page does not tell."""
WRAPPED = "\u2028"
"""Stands in a printed cell for a line break between two digits where the lower line had no room behind the upper one:
the renderer may have broken one figure there, or the author have set two. The page alone cannot tell."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line or paragraph of running text; white space at its ends removed, `<br>` kept as a line break."""

    text: str


class Cell(NamedTuple):
    """One printed cell of a grid, standing in its top-left slot (zero-based), with the spans the page declares."""

    text: str
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1


Place = tuple[int, int, int]
"""Where a cell stands in its row: first column, row span, column span."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the cells of a grid stand, row by row, whatever is printed in them; `width` counts columns.

    Tables alike share one Layout: it is compared by identity.
    """

    rows: tuple[tuple[Place, ...], ...]
    width: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A table whose geometry is known: its texts row by row. A spanned cell stands once, in its first row."""

    texts: tuple[tuple[str, ...], ...]
    layout: Layout

    @property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells, row by row."""
        return tuple(
            tuple(
                Cell(text, number, column, row_span, column_span)
                for text, (column, row_span, column_span) in zip(texts, places, strict=True)
            )
            for number, (texts, places) in enumerate(zip(self.texts, self.layout.rows, strict=True))
        )

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self.layout.width


@dataclass(frozen=True, slots=True)
class Stream:
    """Table text whose geometry the layout lost: the texts between separators, in reading order.

    An empty piece is an empty cell *or* mere padding: only the width of comparable rows can tell which.
    `loose` numbers the pieces that stand on a line without separators below a row that its own line ended: a page's
    number, a caption, a label's first half. Where `closed`, a line of text behind the Stream is loose, too.
    """

    pieces: tuple[str, ...]
    loose: tuple[int, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A content image (not an icon): reports whose tables are pictures are recognised by these."""

    source: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A link to a file (PDF, DOC, DOCX, WPS, XLS, OFD, ZIP …) standing in the page's body."""

    href: str
    label: str


Block = Paragraph | Grid | Stream | Image | Attachment


@dataclass(frozen=True, slots=True)
class Document:
    """What was printed: `<title>`, meta tags in page order, body blocks in reading order.

    `kind` is html, text, pdf, docx …; `charset` how bytes became text; `flags` facts about the bytes that a
    reader must weigh: `cut_off` (the text ends without the end of its last line or element), `damaged_bytes`.
    """

    kind: str
    title: str | None = None
    meta: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Block, ...] = ()
    charset: str | None = None
    flags: frozenset[str] = field(default_factory=frozenset)
