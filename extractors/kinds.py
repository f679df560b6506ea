"""What kind of content bytes are, told by the bytes alone: names and headers lie."""

from __future__ import annotations

import re

# Signatures from the formats' own specifications; the first that fits wins.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"WARC/", "warc"),
)
_HTML = re.compile(
    rb"<(?:!doctype|html|head|body|meta|title|table|tbody|tr|td|div|p|span|br|font|h[1-6]|ul|li|script|a)\b[^>]*>",
    re.IGNORECASE,
)
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
SNIFFED_BYTES = 1 << 16


def kind_of(content: bytes) -> str:
    """`html`, `text`, or the name of a format told by its signature; `binary` for any other bytes."""
    head = content[:SNIFFED_BYTES]
    bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for signature, kind in _SIGNATURES:
        if bare.startswith(signature) and not (kind == "bmp" and b"\0" not in head):
            return kind
    if head.startswith(_UTF_16_MARKS):
        return "html" if _HTML.search(head.replace(b"\0", b"")) else "text"
    if b"\0" in head:
        return "binary"
    return "html" if _HTML.search(head) or _HTML.search(content) else "text"
