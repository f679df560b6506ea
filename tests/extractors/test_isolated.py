"""Hostile files cost one record: each bomb ends in a named refusal within the limits, and the next file is read."""

from __future__ import annotations

import io
import os
import signal
import time
import zipfile
import zlib

import docx
import psutil
import pytest

from extractors import isolated
from extractors.document import Paragraph
from extractors.errors import (
    CompressionBomb,
    ExtractorError,
    MemoryLimit,
    NeedsLibreOffice,
    ReaderDied,
    TimeLimit,
    TooManyPages,
    XmlEntities,
)
from extractors.isolated import Limits, close_reader, read_isolated


def sound() -> bytes:
    document = docx.Document()
    document.add_paragraph("规章 12")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def assert_reads_on() -> None:
    assert read_isolated(sound()).blocks == (Paragraph("规章 12"),)


def refused(content: bytes, error: type[ExtractorError], limits: Limits | None = None) -> None:
    started = time.monotonic()
    with pytest.raises(error):
        read_isolated(content, limits=limits)
    assert time.monotonic() - started < 60
    assert_reads_on()


def repacked(member: str, change: bytes) -> bytes:
    """The sound file with one member replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(sound())) as before,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            after.writestr(name, change if name == member else before.read(name))
    return stream.getvalue()


def test_a_member_that_unpacks_without_end_is_a_bomb() -> None:
    refused(repacked("word/document.xml", b" " * (300 << 20)), CompressionBomb)


def test_entities_that_grow_are_refused_by_their_declaration() -> None:
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    refused(
        repacked("word/document.xml", f'<!DOCTYPE w [<!ENTITY l0 "ha">{laughs}]><w>&l9;</w>'.encode()),
        XmlEntities,
    )
    declared = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE w><w/>'
    refused(repacked("word/styles.xml", declared.encode("utf-16")), XmlEntities)


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


def test_a_pdf_stream_that_unpacks_without_end_meets_the_memory_limit() -> None:
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
    refused(pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", tree, *[page] * 10_000]), TooManyPages)


def test_a_slow_file_meets_the_time_limit_and_its_process_is_gone() -> None:
    drawing = b"q 1 0 0 1 0 0 cm BT /F1 1 Tf (x) Tj ET Q\n" * 300_000
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>"
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page]
    assert_reads_on()
    refused(pdf_of([*objects, stream_of(drawing)]), TimeLimit, Limits(seconds=2))


def test_a_process_that_dies_is_named_and_replaced() -> None:
    assert_reads_on()
    (child,) = (
        process
        for process in psutil.Process().children()
        if "extractors.reading_process" in process.cmdline()
    )
    os.kill(child.pid, signal.SIGSTOP)
    os.kill(child.pid, signal.SIGKILL)
    time.sleep(0.1)
    try:
        assert_reads_on()
    except ReaderDied as error:
        assert "-9" in str(error)
    assert_reads_on()


def test_without_libreoffice_its_formats_have_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    close_reader()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NeedsLibreOffice, match="rtf") as refusal:
        read_isolated(b"{\\rtf1 1}")
    assert refusal.value.state == "needs_libreoffice"
    close_reader()


def test_the_reading_process_leaves_no_folder_behind() -> None:
    assert_reads_on()
    folder = isolated._KEPT[0]._scratch
    assert folder.is_dir()
    close_reader()
    assert not folder.exists()
