"""ZIP files of reports through extract; web archives through the commands."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from crawl_configs import configuration

from benchmarks.corpus.formats import draw_report, write_docx, write_html
from crawlers.archive import Archive
from flows.cli import _run
from warehouse.publish import read_table

REPORT = draw_report(11, 0)


def packed(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in members.items():
            package.writestr(name.replace("__", "/").replace("_", "."), body)
    return stream.getvalue()


def encrypted(content: bytes) -> bytes:
    """The same ZIP file with every member marked as encrypted."""
    marked = bytearray(content)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            marked[at + flags] |= 1
            at = content.find(signature, at + 4)
    return bytes(marked)


def test_a_zip_file_gives_its_reports_and_names_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    saved = Path("saved")
    saved.mkdir()
    inner = packed(r_docx=write_docx(REPORT))
    whole = packed(
        town__a_html=write_html(REPORT), inner_zip=inner, deep_zip=packed(deeper_zip=inner), b_exe=b"MZ\0"
    )
    (saved / "all.zip").write_bytes(whole)
    (saved / "locked.zip").write_bytes(encrypted(packed(a_html=write_html(REPORT))))
    (saved / "torn.zip").write_bytes(whole[: len(whole) // 2])
    (saved / "bomb.zip").write_bytes(packed(a_html=bytes(40 << 20)))
    assert _run(["extract", "saved", "--out", "out"]) == 1
    out = capsys.readouterr().out
    assert "passed over by name: 1 × .exe" in out
    pages = read_table(Path("out"), "pages").set_index("source")["outcome"]
    assert dict(pages) == {
        "saved/all.zip!/town/a.html": "report",
        "saved/all.zip!/inner.zip!/r.docx": "report",
        "saved/all.zip!/deep.zip!/deeper.zip": "compression_bomb",
        "saved/locked.zip!/a.html": "encrypted_file",
        "saved/torn.zip": "damaged_file",
        "saved/bomb.zip": "compression_bomb",
    }
    kept = read_table(Path("out"), "reports")
    assert kept["duplicate_of"].notna().sum() == 1


def test_a_web_archive_goes_in_and_comes_out_by_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    config = configuration(tmp_path, site=8719)
    body = write_html(REPORT)
    with (tmp_path / "in.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        http = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(
                "http://a.gov.cn/1.html",
                "response",
                payload=io.BytesIO(body),
                length=len(body),
                http_headers=http,
            )
        )
    command = [
        str(Path(sys.executable).with_name("gongkai")),
        "archive",
        "import",
        "-",
        "--config",
        str(config),
    ]
    done = subprocess.run(
        command, input=(tmp_path / "in.warc.gz").read_bytes(), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout.decode()) == (0, "-: 1 new\n")
    out = tmp_path / "out.warc.gz"
    assert _run(["archive", "export", "--warc", str(out), "--config", str(config)]) == 0
    assert "1 versions written" in capsys.readouterr().out
    out.write_bytes(out.read_bytes()[:-20])
    assert _run(["archive", "import", str(out), "--config", str(config)]) == 1
    assert "breaks off" in capsys.readouterr().out
    with Archive(tmp_path / "archive") as archive:
        assert [archive.read(page.sha256) for page in archive.pages()] == [body]
