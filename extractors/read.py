"""The one entrance: bytes become a Document, whatever their kind.

`read_document` works in this process. Files that need large libraries, and may be made to break them, are
read through `extractors.isolated`, which gives them a process with limits.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from extractors.charset import decode, is_utf8
from extractors.document import Document, Grid
from extractors.errors import EmptyInput, InputTooLarge, UnsupportedKind
from extractors.html import html_document
from extractors.kinds import IMAGES, kind_of
from extractors.slipped import without_slipped_header
from extractors.text import text_document
from extractors.zipped import member_paths

EXTRACTOR_VERSION = "11"
"""Raised with every change that can change a reading; pages read by another version are read again."""

LARGEST_PAGE = 20 << 20
LARGEST_FILE = 64 << 20
MARKUP = frozenset({"html", "text"})
CONVERTED = frozenset({"doc", "rtf"})
"""Kinds that LibreOffice turns into DOCX; a WPS file is a `doc` by its bytes."""
READ = MARKUP | CONVERTED | IMAGES | {"pdf", "docx", "xlsx", "xls"}


def read_document(
    content: bytes, declared_charset: str | None = None, scratch: Path | None = None
) -> Document:
    """What a page or file prints, in reading order. `scratch` is a folder for programs that need one.

    Raises an ExtractorError, whose `state` names what is wrong with the bytes, or MemoryError; nothing else.
    """
    kind = check(content)
    if kind not in MARKUP:
        document = _file_document(content, kind, scratch)
        blocks = (
            without_slipped_header(block) if isinstance(block, Grid) else block for block in document.blocks
        )
        return replace(document, blocks=tuple(blocks))
    return markup_document(content, kind, declared_charset)


def markup_document(content: bytes, kind: str, declared_charset: str | None = None) -> Document:
    """What a page or text prints; `kind` is what `check` said of it."""
    # Sound UTF-8 goes to the parser as it came.
    if kind == "html" and is_utf8(content):
        return html_document(content, "utf-8")
    decoded = decode(content, declared_charset)
    flags = frozenset({"damaged_bytes"} if decoded.damaged else ())
    if kind == "html":
        return html_document(decoded.text.encode(), decoded.charset, flags)
    return text_document(decoded.text, decoded.charset, flags)


def check(content: bytes) -> str:
    """The kind of content that can be read. Raises EmptyInput, UnsupportedKind, InputTooLarge."""
    if not content or content.isspace():
        raise EmptyInput(len(content))
    kind = kind_of(content)
    limit = LARGEST_PAGE if kind in MARKUP else LARGEST_FILE
    if len(content) > limit:
        raise InputTooLarge(len(content), limit)
    if kind == "zip":
        # Its members are read one by one; what cannot be opened, or stands in a crawl, is refused by its reason.
        list(member_paths(content))
    if kind not in READ:
        raise UnsupportedKind(kind)
    return kind


# Each library is imported where a file needs it: together they cost more than reading a hundred pages.
# ruff: noqa: PLC0415


def _file_document(content: bytes, kind: str, scratch: Path | None) -> Document:
    if kind == "pdf":
        from extractors.pdf import pdf_document

        return pdf_document(content)
    if kind == "docx":
        from extractors.docx import docx_document

        return docx_document(content)
    if kind in ("xlsx", "xls"):
        from extractors.sheets import sheets_document

        return sheets_document(content, kind)
    if kind in IMAGES:
        from extractors.ocr import image_document

        return image_document(content, kind)
    from extractors.office import office_document

    if scratch is not None:
        return office_document(content, kind, scratch)
    with TemporaryDirectory(prefix="gongkai-office-") as folder:
        return office_document(content, kind, Path(folder))
