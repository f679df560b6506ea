"""The one entrance: bytes become a Document, whatever their kind."""

from __future__ import annotations

from extractors.charset import decode, is_utf8
from extractors.document import Document
from extractors.errors import EmptyInput, InputTooLarge, UnsupportedKind
from extractors.html import html_document
from extractors.kinds import kind_of
from extractors.text import text_document

EXTRACTOR_VERSION = "2"
"""Raised with every change that can change a reading; pages read by another version are read again."""

LARGEST_PAGE = 20 << 20


def read_document(content: bytes, declared_charset: str | None = None) -> Document:
    """What a page or file prints, in reading order.

    Raises EmptyInput, UnsupportedKind (the kind told by the bytes) or InputTooLarge; nothing else.
    """
    if not content.strip():
        raise EmptyInput(len(content))
    if len(content) > LARGEST_PAGE:
        raise InputTooLarge(len(content), LARGEST_PAGE)
    kind = kind_of(content)
    if kind not in ("html", "text"):
        raise UnsupportedKind(kind)
    # Sound UTF-8 goes to the parser as it came.
    if kind == "html" and is_utf8(content):
        return html_document(content, "utf-8")
    decoded = decode(content, declared_charset)
    flags = frozenset({"damaged_bytes"} if decoded.damaged else ())
    if kind == "html":
        return html_document(decoded.text.encode(), decoded.charset, flags)
    return text_document(decoded.text, decoded.charset, flags)
