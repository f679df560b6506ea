"""The kind of content, told by its bytes; and the one entrance that refuses what no reader takes."""

from __future__ import annotations

import struct

import pytest

from extractors.errors import EmptyInput, ExtractorError, InputTooLarge, UnsupportedKind
from extractors.kinds import SNIFFED_BYTES, kind_of
from extractors.read import LARGEST_PAGE, read_document


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"\r\n%PDF-1.4\n<html>", "pdf"),
        (b"PK\x03\x04docx, xlsx and ofd alike", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1doc", "ole"),
        (b"{\\rtf1", "rtf"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF89a", "gif"),
        (b"BM\x00\x01", "bmp"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"Rar!\x1a", "rar"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"WARC/1.1\r\n", "warc"),
        (b"<!DOCTYPE html><p>1", "html"),
        (b"\xef\xbb\xbf\n  <HTML lang=zh>", "html"),
        ("规章<br>".encode("gbk"), "html"),
        (b"x" * SNIFFED_BYTES + b"<table>", "html"),
        ("<p>规章".encode("utf-16"), "html"),
        ("规章".encode("utf-16"), "text"),
        ("规章 | 3 |".encode(), "text"),
        (b"BMW 3 | 2", "text"),
        ("数量<3 且 数量>1".encode(), "text"),
        (b"\x00\x01\x02", "binary"),
    ],
)
def test_bytes_tell_their_kind(content: bytes, kind: str) -> None:
    assert kind_of(content) == kind


def compound_file(*names: bytes) -> bytes:
    """A compound file whose directory names these streams, in UTF-16."""
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    struct.pack_into("<H", head, 30, 9)
    entries = [name.ljust(64, b"\0") + struct.pack("<H", len(name) + 2) + bytes(62) for name in names]
    return bytes(head) + b"".join(entries).ljust(512, b"\0")


def test_a_compound_file_is_told_by_the_exact_name_of_its_stream() -> None:
    root, doc, book = (name.encode("utf-16-le") for name in ("Root Entry", "WordDocument", "Workbook"))
    assert kind_of(compound_file(root, doc)) == "doc"
    assert kind_of(compound_file(root, book, doc)) == "xls"
    # Half of a character pair within: no name of any stream that Word writes.
    assert kind_of(compound_file(root, doc[:8] + b"\x00\xd8" + doc[8:])) == "ole"
    assert kind_of(compound_file(root, doc + b"\x31")) == "ole"


@pytest.mark.parametrize("content", [b"", b" \r\n\t\n"])
def test_what_prints_nothing_is_empty(content: bytes) -> None:
    with pytest.raises(EmptyInput, match=f"{len(content)} bytes"):
        read_document(content)


def test_an_unread_kind_is_refused_by_its_name() -> None:
    with pytest.raises(UnsupportedKind, match="rar") as refusal:
        read_document(b"Rar!\x1a\x07\x01\x00")
    assert refusal.value.kind == "rar"
    assert isinstance(refusal.value, ExtractorError)
    assert refusal.value.state == "unsupported_kind"


def test_a_page_beyond_any_report_is_refused() -> None:
    with pytest.raises(InputTooLarge, match=str(LARGEST_PAGE)):
        read_document(b"1" * (LARGEST_PAGE + 1))


def test_damaged_bytes_are_a_flag_of_the_document() -> None:
    assert "damaged_bytes" in read_document("规章 3\n".encode("gbk") + b"\xff\n").flags
    assert read_document("规章 3\n".encode()).flags == frozenset()
