"""The reading process: what overruns or ends it costs one file, and the next is read."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from hostile_files import assert_reads_on, pdf_of, refused, stream_of

from extractors import isolated
from extractors.errors import NeedsLibreOffice, ReaderDied, TimeLimit
from extractors.isolated import Limits, close_reader, read_isolated


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
