"""Files made to hurt their reader, and what must become of them."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Sequence

import docx
import pytest

from extractors.document import Paragraph
from extractors.errors import ExtractorError
from extractors.isolated import Limits, read_isolated

MIB = 1 << 20
CATALOGUE = (
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << >> /Contents 6 0 R >>",
)
"""A PDF of one page."""


def sound() -> bytes:
    document = docx.Document()
    document.add_paragraph("规章 12")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def assert_reads_on() -> None:
    assert read_isolated(sound()).blocks == (Paragraph("规章 12"),)


def refused(content: bytes, error: type[ExtractorError], limits: Limits | None = None) -> str:
    """What the refusal says; it comes in time, and the file behind it is read."""
    started = time.monotonic()
    with pytest.raises(error) as refusal:
        read_isolated(content, limits=limits)
    assert time.monotonic() - started < 60
    assert_reads_on()
    return str(refusal.value)


def repacked(content: bytes, **changed: bytes) -> bytes:
    """A ZIP file with members replaced, or put behind the others; a name's dots are written `_`, its slashes `__`."""
    members = {name.replace("__", "/").replace("_", "."): body for name, body in changed.items()}
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        kept = {name: before.read(name) for name in before.namelist()}
        for name, body in (kept | members).items():
            after.writestr(name, body)
    return stream.getvalue()


def pdf_of(objects: list[bytes]) -> bytes:
    """A PDF of numbered objects, the first its catalogue."""
    out, offsets = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def stream_of(data: bytes, extra: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n%s\nendstream" % (len(packed), extra, packed)


def deflated(head: bytes, filling: bytes, mebibytes: int) -> bytes:
    """A zlib stream of a head and so many MiB of a filling, made without packing each of them."""
    block = (filling * (MIB // len(filling) + 1))[:MIB]
    packer = zlib.compressobj(9, wbits=-15)
    first = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    each = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.adler32(head)
    for _ in range(mebibytes):
        checksum = zlib.adler32(block, checksum)
    return b"\x78\xda" + first + each * mebibytes + b"\x03\x00" + struct.pack(">L", checksum)


def object_stream(objects: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The bytes of an object stream: the numbers and places of its objects, counted from 1, and the objects."""
    places, body = b"", b""
    for number, one in enumerate(objects, 1):
        places += b"%d %d " % (number, len(body))
        body += one + b" "
    return places, body


def pdf_in_object_stream(
    objects: Sequence[bytes], packed: bytes | None = None, number_of_objects: bytes = b"3"
) -> bytes:
    """A PDF 1.5 whose objects 1 to 3 lie in object stream 4, named by cross-reference stream 5.

    `packed` takes the place of the stream's own packed bytes.
    """
    places, body = object_stream(objects)
    data = zlib.compress(places + body) if packed is None else packed
    out = b"%PDF-1.5\n"
    at = {4: len(out)}
    head = b"<< /Type /ObjStm /N %s /First %d /Filter /FlateDecode /Length %d >>"
    out += b"4 0 obj\n" + head % (number_of_objects, len(places), len(data))
    out += b"\nstream\n" + data + b"\nendstream\nendobj\n"
    at[6] = len(out)
    out += b"6 0 obj\n<< /Length 0 >>\nstream\n\nendstream\nendobj\n"
    at[5] = len(out)
    rows = [(0, 0, 65535), (2, 4, 0), (2, 4, 1), (2, 4, 2), (1, at[4], 0), (1, at[5], 0), (1, at[6], 0)]
    table = b"".join(struct.pack(">BLH", *row) for row in rows)
    out += b"5 0 obj\n<< /Type /XRef /Size 7 /W [1 4 2] /Root 1 0 R /Length %d >>\n" % len(table)
    return out + b"stream\n" + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at[5]
