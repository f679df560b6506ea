"""Web archives in and out: records with their own dates, torn ends, and another reader's word for what we write."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from fault_server import report
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers import web_archives
from crawlers.archive import Archive
from crawlers.outcomes import Attempt, Outcome
from crawlers.web_archives import Imported, export_warc, import_warc

DATE = "2021-03-04T05:06:07Z"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def written(*pages: tuple[str, bytes], packed: bool = True, status: str = "200 OK", **headers: str) -> bytes:
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=packed)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "another"}))
    for url, body in pages:
        fields = [
            ("Content-Type", "text/html; charset=utf-8"),
            *((k.replace("_", "-"), v) for k, v in headers.items()),
        ]
        http = StatusAndHeaders(status, fields, protocol="HTTP/1.1")
        made = writer.create_warc_record(
            url, "response", payload=io.BytesIO(body), length=len(body), http_headers=http,
            warc_headers_dict={"WARC-Date": DATE},
        )  # fmt: skip
        writer.write_record(made)
    return stream.getvalue()


def taken(archive: Archive, content: bytes) -> Imported:
    return import_warc(archive, io.BytesIO(content), "test")


@pytest.mark.parametrize("packed", [True, False])
def test_records_enter_with_their_own_date_and_address(archive: Archive, packed: bool) -> None:
    pages = (
        ("http://a.gov.cn/1.html", report("1")),
        ("http://a.gov.cn/2.pdf", b"%PDF-1.7\n2"),
        ("http://a.gov.cn/3.png", b"\x89PNG\r\n\x1a\n"),
    )
    told = taken(archive, written(*pages, packed=packed))
    assert told.results == {"new": 2} and told.torn == ""
    assert told.passed_over == {"warcinfo record": 1, "image": 1}
    kept = {page.source: page for page in archive.pages()}
    assert {source: archive.read(page.sha256) for source, page in kept.items()} == dict(pages[:2])
    assert kept["http://a.gov.cn/1.html"].fetched_at == datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert kept["http://a.gov.cn/1.html"].declared_charset == "utf-8"
    assert taken(archive, written(*pages, packed=packed)).results == {"unchanged": 2}


def test_bodies_are_decoded_and_refusals_passed_over(archive: Archive) -> None:
    body = report("packed")
    told = taken(archive, written(("http://a.gov.cn/1.html", gzip.compress(body)), Content_Encoding="gzip"))
    assert told.results == {"new": 1}
    assert [archive.read(page.sha256) for page in archive.pages()] == [body]
    assert taken(archive, written(("http://a.gov.cn/2.html", body), status="404 Not Found")).records == 0


@pytest.mark.parametrize("packed", [True, False])
def test_a_torn_last_record_costs_that_record_only(archive: Archive, packed: bool) -> None:
    last = ("http://a.gov.cn/9.html", report(os.urandom(3000).hex()))
    whole = written(("http://a.gov.cn/1.html", report("1")), last, packed=packed)
    told = taken(archive, whole[:-1500])
    assert told.results == {"new": 1}
    assert told.torn
    assert [page.source for page in archive.pages()] == ["http://a.gov.cn/1.html"]


def test_an_older_record_is_kept_but_never_takes_a_newer_ones_place(archive: Archive) -> None:
    url, newer = "http://a.gov.cn/1.html", report("newer")
    taken(archive, written((url, report("first"))))
    (page,) = archive.pages()
    run = archive.ledger.open_run(None, 1.0)
    attempt = Attempt(
        url, url, Outcome.OK, "", datetime(2024, 1, 1, tzinfo=UTC), 0.1, 200, {}, newer, complete=True
    )
    key = "http://a.gov.cn/1.html"
    assert (
        archive.ledger.note_page(
            run, "s", archive.ledger.page(_key(archive, key)).key, attempt, archive.put(newer)
        )
        == "changed"
    )
    assert taken(archive, written((url, report("between")))).results == {"older": 1}
    assert taken(archive, written((url, report("between")))).results == {"unchanged": 1}
    assert [archive.read(found.sha256) for found in archive.pages()] == [newer]
    assert len(archive.versions(url)) == 3
    assert page.source == url


def _key(archive: Archive, url: str) -> str:
    from crawlers.addresses import canonical_key

    return canonical_key(url)


def test_records_come_through_a_pipe(archive: Archive) -> None:
    content = written(*((f"http://a.gov.cn/{n}.html", report(str(n))) for n in range(30)))
    reading, writing = os.pipe()

    def feed() -> None:
        with os.fdopen(writing, "wb") as pipe:
            for start in range(0, len(content), 777):
                pipe.write(content[start : start + 777])

    feeder = threading.Thread(target=feed)
    feeder.start()
    with os.fdopen(reading, "rb") as stream:
        assert import_warc(archive, stream, "stdin").results == {"new": 30}
    feeder.join()


def test_records_that_enter_together_keep_their_order(archive: Archive) -> None:
    pages = [(f"http://a.gov.cn/{n}.html", report(str(n))) for n in range(100)]
    pages[90:90] = [("http://a.gov.cn/80.html", report("80 revised")), pages[3]]
    whole = written(*pages, ("http://a.gov.cn/torn.html", report(os.urandom(3000).hex())))
    told = taken(archive, whole[:-1500])
    assert told.results == {"new": 100, "changed": 1, "unchanged": 1} and told.torn
    kept = {page.source: archive.read(page.sha256) for page in archive.pages()}
    assert kept == dict(pages)
    assert len(archive.versions("http://a.gov.cn/80.html")) == 2


def test_a_body_larger_than_any_report_is_passed_over(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_archives, "LARGEST_BODY", 100_000)
    pages = (
        ("http://a.gov.cn/1.pdf", b"%PDF-1.7" + bytes(200_000)),
        ("http://a.gov.cn/2.html", report("2")),
    )
    told = taken(archive, written(*pages))
    assert (told.results, told.passed_over["too large"]) == ({"new": 1}, 1)


def test_another_reader_reads_our_archive_back_byte_for_byte(archive: Archive) -> None:
    pages = {f"http://a.gov.cn/{n}.html": report(str(n) * n) for n in range(1, 6)}
    taken(archive, written(*pages.items()))
    out = io.BytesIO()
    assert export_warc(archive, out) == 5
    out.seek(0)
    found = {}
    for record in ArchiveIterator(out, record_types=WarcRecordType.response, parse_http=True):
        assert record.verify_payload_digest()
        assert record.headers["WARC-Date"] == DATE
        found[record.headers["WARC-Target-URI"]] = record.reader.read()
    assert found == pages
    again = Archive(archive.root.with_name("again"))
    out.seek(0)
    assert import_warc(again, out, "again").results == {"new": 5}
    held = {page.source: hashlib.sha256(again.read(page.sha256)).hexdigest() for page in again.pages()}
    assert held == {url: hashlib.sha256(body).hexdigest() for url, body in pages.items()}
