"""What kind of content bytes are, told by the bytes alone: names and headers lie."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

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
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"WARC/", "warc"),
)
# The part that makes a ZIP file an office document (ECMA-376, ISO 26300, GB/T 33190).
_PARTS: dict[bytes, str] = {
    b"word/document.xml": "docx",
    b"xl/workbook.xml": "xlsx",
    b"xl/workbook.bin": "xlsb",
    b"ppt/presentation.xml": "pptx",
    b"OFD.xml": "ofd",
    b"content.xml": "odf",
}
# The stream that makes a compound file what it is ([MS-DOC], [MS-XLS], [MS-OFFCRYPTO]); WPS writes the same.
_STREAMS: dict[bytes, str] = {
    name.encode("utf-16-le"): kind
    for name, kind in (
        ("WordDocument", "doc"),
        ("Workbook", "xls"),
        ("Book", "xls"),
        ("EncryptedPackage", "encrypted office file"),
        ("PowerPoint Document", "ppt"),
    )
}
_HTML = re.compile(
    rb"<(?:!doctype|html|head|body|meta|title|table|tbody|tr|td|div|p|span|br|font|h[1-6]|ul|li|script|a)\b[^>]*>",
    re.IGNORECASE,
)
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
SNIFFED_BYTES = 1 << 16
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
_DIRECTORY_ENTRY = struct.Struct("<4s6H3L5H2L")
_OLE_ENTRY = 128

_OFFICE = "application/vnd.openxmlformats-officedocument"
_MEDIA_TYPES = {
    "html": "text/html",
    "text": "text/plain",
    "pdf": "application/pdf",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "rtf": "application/rtf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "zip": "application/zip",
}

IMAGES = frozenset({"png", "jpeg", "gif", "bmp", "tiff"})


def kind_of(content: bytes) -> str:
    """`html`, `text`, or the name of a format told by its signature and parts; `binary` for any other bytes.

    A ZIP file is `docx`, `xlsx`, `ofd` … by the part that makes it one, else `zip`; a compound file is `doc`,
    `xls` … by its main stream, else `ole`.
    """
    if content.startswith(b"<") and content.find(b"\0", 0, SNIFFED_BYTES) < 0:
        # No signature begins so: a page, unless it has no tag of one.
        return "html" if _HTML.search(content) else "text"
    head = content[:SNIFFED_BYTES]
    bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for signature, kind in _SIGNATURES:
        if bare.startswith(signature) and not (kind == "bmp" and b"\0" not in head):
            return _by_parts(content, kind)
    if head.startswith(_UTF_16_MARKS):
        return "html" if _HTML.search(head.replace(b"\0", b"")) else "text"
    if b"\0" in head:
        return "binary"
    return "html" if _HTML.search(content) else "text"


def media_type(content: bytes) -> str:
    """The media type of content by its kind (IANA); of a kind that is not read, that of any bytes."""
    return _MEDIA_TYPES.get(kind_of(content), "application/octet-stream")


def _by_parts(content: bytes, kind: str) -> str:
    if kind == "zip":
        return next((_PARTS[name] for name in _member_names(content) if name in _PARTS), "zip")
    if kind == "ole":
        return next((_STREAMS[name] for name in _stream_names(content) if name in _STREAMS), "ole")
    return kind


def _member_names(content: bytes) -> Iterator[bytes]:
    """The first names in a ZIP file's directory, without unpacking anything."""
    end = content.rfind(b"PK\x05\x06", -SNIFFED_BYTES - _END_OF_DIRECTORY.size)
    if end < 0 or end + _END_OF_DIRECTORY.size > len(content):
        return
    size, start = _END_OF_DIRECTORY.unpack_from(content, end)[5:7]
    at, last = start, min(start + size, start + SNIFFED_BYTES)
    while at + _DIRECTORY_ENTRY.size <= min(last, len(content)):
        entry = _DIRECTORY_ENTRY.unpack_from(content, at)
        if entry[0] != b"PK\x01\x02":
            return
        name, extra, comment = entry[10:13]
        yield content[at + _DIRECTORY_ENTRY.size : at + _DIRECTORY_ENTRY.size + name]
        at += _DIRECTORY_ENTRY.size + name + extra + comment


def _stream_names(content: bytes) -> Iterator[bytes]:
    """The names, UTF-16 as they stand, in the first sectors of a compound file's directory: its own streams before
    embedded ones."""
    if len(content) < 512:
        return
    sector = 1 << min(struct.unpack_from("<H", content, 30)[0], 12)
    start = (struct.unpack_from("<L", content, 48)[0] + 1) * sector
    for at in range(start, min(start + 4 * sector, len(content) - _OLE_ENTRY + 1), _OLE_ENTRY):
        length = struct.unpack_from("<H", content, at + 64)[0]
        if 2 < length <= 64:
            yield content[at : at + length - 2]
