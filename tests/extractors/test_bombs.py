"""Files that cost more than a report may: each opens in other readers, and is refused here under its name, within the
limits; the next file is read."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import openpyxl
import pytest
from hostile_files import (
    CATALOGUE,
    MIB,
    deflated,
    object_stream,
    pdf_in_object_stream,
    pdf_of,
    refused,
    repacked,
    sound,
)

from extractors.errors import (
    CompressionBomb,
    DamagedFile,
    MemoryLimit,
    TimeLimit,
    TooManyPages,
    XmlEntities,
)
from extractors.isolated import Limits, read_isolated
from extractors.zipped import member_paths, read_member

# PDF


def test_a_sound_object_stream_is_read() -> None:
    assert read_isolated(pdf_in_object_stream(CATALOGUE)).kind == "pdf"


def test_an_object_stream_that_unpacks_without_end_meets_the_memory_limit() -> None:
    packed = deflated(b"".join(object_stream(CATALOGUE)), b" ", 1200)
    assert len(packed) < 2 * MIB
    assert "1024 MiB" in refused(pdf_in_object_stream(CATALOGUE, packed), MemoryLimit)


def test_an_object_stream_of_one_endless_object_meets_the_time_limit() -> None:
    endless = (*CATALOGUE[:2], b"<< /Type /Page /Annots [")
    packed = deflated(b"".join(object_stream(endless)), b"<< /A 123456 >> ", 64)
    refused(pdf_in_object_stream(endless, packed), TimeLimit, Limits(seconds=2))


def test_an_object_stream_whose_length_lies_in_itself_is_damaged() -> None:
    refused(pdf_in_object_stream(CATALOGUE, number_of_objects=b"1 0 R"), DamagedFile)


def test_page_text_packed_twice_that_unpacks_without_end_meets_the_memory_limit() -> None:
    packer = zlib.compressobj(1)
    zeros = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(700)), packer.flush()])
    nested = zlib.compress(zeros)
    content = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (
        len(nested),
        nested,
    )
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        content,
    ]
    refused(pdf_of(objects), MemoryLimit)


def test_a_pdf_of_ten_thousand_pages_is_refused() -> None:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 10_003))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>"
    tree = b"<< /Type /Pages /Kids [%s] /Count 10000 >>" % kids
    content = pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", tree, *[page] * 10_000])
    assert "200 pages" in refused(content, TooManyPages)


# Office files


def test_a_member_that_unpacks_without_end_is_a_bomb() -> None:
    refused(repacked(sound(), word__document_xml=b" " * (210 * MIB)), CompressionBomb)


def lying(content: bytes, member: str, size: int) -> bytes:
    """A ZIP file that gives a member another size than it unpacks to."""
    changed = bytearray(content)
    for signature, at_size, at_name in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        at = content.find(signature)
        while at >= 0:
            if content[at + at_name :].startswith(member.encode()):
                struct.pack_into("<L", changed, at + at_size, size)
            at = content.find(signature, at + 4)
    return bytes(changed)


def test_a_member_that_is_larger_than_it_says_is_damaged() -> None:
    packed = repacked(sound(), word__document_xml=b" " * (50 * MIB))
    assert "CRC" in refused(lying(packed, "word/document.xml", 30_000), DamagedFile)
    book = openpyxl.Workbook()
    book.active.append(["规章", 12])
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as package:
        sheet = package.read("xl/worksheets/sheet1.xml")
    cell = b'<c r="A1" t="n"><v>1</v></c>'
    swollen = sheet.replace(b"<row ", b'<row r="9">' + cell * (50 * MIB // len(cell)) + b"</row><row ", 1)
    packed = repacked(stream.getvalue(), xl__worksheets__sheet1_xml=swollen)
    assert "CRC" in refused(lying(packed, "xl/worksheets/sheet1.xml", 30_000), DamagedFile)


@pytest.mark.parametrize("before", ["", f"<!--{'x' * 5000}<a-->"], ids=["first", "behind a comment"])
def test_entities_that_grow_are_refused_by_their_declaration(before: str) -> None:
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    markup = f'{before}<!DOCTYPE w [<!ENTITY l0 "ha">{laughs}]><w>&l9;</w>'
    assert "word/document.xml" in refused(repacked(sound(), word__document_xml=markup.encode()), XmlEntities)
    declared = f'<?xml version="1.0" encoding="utf-16"?>{before}<!DOCTYPE w><w/>'
    refused(repacked(sound(), word__styles_xml=declared.encode("utf-16")), XmlEntities)


# ZIP files of reports


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in members.items():
            package.writestr(name.replace("_", "."), body)
    return stream.getvalue()


def overlapping(members: int, size: int) -> bytes:
    """A ZIP file whose members all share one packed body."""
    one = zipped(a_html=b" " * size)
    directory = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    entry = one[directory:end]
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, members, members, len(entry) * members, directory, 0)
    return one[:directory] + entry * members + tail


@pytest.mark.parametrize(
    "content",
    [
        zipped(a_html=b" " * (40 * MIB)),
        zipped(**{f"{n}_html": b" " * (3 * MIB) for n in range(70)}),
        overlapping(4000, 60_000),
        overlapping(6000, 10),
    ],
    ids=["one", "many", "overlapping", "members"],
)
def test_a_zip_file_that_unpacks_to_more_than_reports_is_a_bomb(content: bytes) -> None:
    assert len(content) < MIB
    with pytest.raises(CompressionBomb):
        list(member_paths(content))
    with pytest.raises(CompressionBomb):
        read_member(content, "a.html")


def test_zip_files_within_each_other_end_at_the_second() -> None:
    deep = zipped(a_html=b" " * MIB)
    for _ in range(5):
        deep = zipped(**{f"{n}_zip": deep for n in range(16)})
    (*_, path) = member_paths(deep)
    with pytest.raises(CompressionBomb, match="within each other"):
        read_member(deep, path)


def test_a_member_of_a_zip_file_that_is_larger_than_it_says_is_damaged() -> None:
    with pytest.raises(DamagedFile):
        read_member(lying(zipped(a_html=b" " * (3 * MIB)), "a.html", 100), "a.html")


def test_a_member_that_is_packed_in_an_unknown_way_is_damaged_and_not_encrypted() -> None:
    content = bytearray(zipped(a_html=b"<p>1</p>"))
    directory = content.index(b"PK\x01\x02")
    for method in (8, directory + 10):
        content[method : method + 2] = struct.pack("<H", 97)
    with pytest.raises(DamagedFile, match="NotImplementedError"):
        read_member(bytes(content), "a.html")
