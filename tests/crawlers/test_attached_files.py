"""Pages that only link a file lead to it: fetched as part of the report, kept beside the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fault_server import FaultServer, etagged, link_list, page, report_title
from sqlalchemy import create_engine, inspect, text

from crawlers import ledger_schema as schema
from crawlers.archive import Archive
from crawlers.attached_files import linked_files
from crawlers.events import CrawlSummary
from crawlers.records import SourceFigures

CrawlIt = Callable[..., CrawlSummary]
PDF = b"%PDF-1.7\n1 0 obj\n"
WORDS = "<p>" + "市审计局政府信息公开工作年度报告见附件。" * 20 + "</p>"


def linking(*links: str, more: str = "") -> bytes:
    anchors = "".join(f'<a href="{link}">附件</a>' for link in links)
    return f"<html><body>{WORDS}{anchors}{more}</body></html>".encode()


def publish(server: FaultServer, body: bytes, **files: bytes) -> None:
    server.pages["/list.html"] = link_list([("/r1.html", report_title(1))])
    server.pages["/r1.html"] = etagged(body)
    for name, content in files.items():
        server.pages[f"/{name}.pdf"] = page(content, content_type="application/pdf")


def test_a_linked_file_is_fetched_with_its_page_and_is_no_page_of_its_own(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, linking("/a.pdf", "b.pdf#top", "/a.pdf"), a=PDF, b=PDF + b"2")
    (source,) = crawl_it().sources
    assert source.figures == SourceFigures("complete", "", listed=1, new=1)
    (kept,) = archive.pages()
    assert [file.source.rsplit("/", 1)[1] for file in kept.attached] == ["a.pdf", "b.pdf#top"]
    assert [archive.read(file.sha256) for file in kept.attached] == [PDF, PDF + b"2"]
    assert kept.content_hash != kept.sha256
    assert archive.verify().orphans == ()


def test_a_file_that_its_page_dropped_is_no_page(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, linking("/a.pdf", "/b.pdf"), a=PDF, b=PDF + b"2")
    crawl_it()
    for links in (("/b.pdf",), ()):
        server.pages["/r1.html"] = page(linking(*links))
        crawl_it(revalidate_days=0.0)
        (kept,) = archive.pages()
        assert kept.source == server.url("/r1.html")
        assert [file.source for file in kept.attached] == [server.url(link) for link in links]
    assert {found.source for found in archive.pages(current=False)} == {server.url("/r1.html")}
    assert archive.verify().orphans == ()


def test_a_revised_file_is_found_although_its_page_is_unchanged(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, linking("/a.pdf"), a=PDF)
    crawl_it()
    (before,) = archive.pages()
    server.pages["/a.pdf"] = page(PDF + b"revised", content_type="application/pdf")
    (source,) = crawl_it().sources
    assert source.figures == SourceFigures("complete", "", listed=1, unchanged=1)
    (after,) = archive.pages()
    assert after.sha256 == before.sha256
    assert after.content_hash != before.content_hash


def test_a_file_that_is_a_web_page_is_of_the_wrong_type_and_the_source_not_complete(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, linking("/a.pdf"), a=linking())
    (source,) = crawl_it().sources
    assert (source.figures.state, source.figures.failed) == ("incomplete", 1)
    assert "wrong_type 1" in source.figures.reason
    (kept,) = archive.pages()
    assert kept.attached == ()
    assert kept.content_hash == kept.sha256


def test_pages_with_tables_and_other_sites_files_are_left_alone(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, linking("https://elsewhere.example.cn/a.pdf"))
    (source,) = crawl_it().sources
    assert source.figures.state == "complete"
    table = "<table>" + "<tr><td>1</td></tr>" * 80 + "</table>"
    address = "https://a.gov.cn/x/r.html"
    assert linked_files(address, linking("../f.docx"), None) == ["https://a.gov.cn/f.docx"]
    assert linked_files(address, b"<a href=../f&#46;DOCX>", None) == ["https://a.gov.cn/f.DOCX"]
    assert linked_files(address, linking("../f.docx", more=table), None) == []
    assert linked_files(address, linking("javascript:void(0)", "http://[", "/next.html"), None) == []
    assert linked_files(address, linking(*(f"/{n}.pdf" for n in range(9))), None) == []


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_is_found_in_every_charset(charset: str) -> None:
    markup = "<html><body><p>工作年度報告</p><a href='/年報.docx'>年報.docx</a></body></html>"
    assert linked_files("https://a.gov.cn/r.html", markup.encode(charset), charset) == [
        "https://a.gov.cn/年報.docx"
    ]


def test_an_older_ledger_gets_the_table(tmp_path: object) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/ledger.sqlite")
    before = next(at for at, step in enumerate(schema.MIGRATIONS, 1) if "TABLE attached" in step[0])
    with engine.begin() as connection:
        schema.metadata.create_all(connection)
        connection.execute(text("DROP TABLE attached"))
        connection.execute(schema.schema_version.insert().values(version=before))
    schema.open_schema(engine)
    columns = {column["name"] for column in inspect(engine).get_columns("attached")}
    assert columns == {column.name for column in schema.attached.columns}


def test_a_document_that_a_list_names_is_not_searched_for_links() -> None:
    markup = b"<html><body>" + b"\0" * 8 + b'<a href="/a.pdf">a.pdf</a></body></html>'
    assert linked_files("https://a.gov.cn/r.html", markup, None) == ["https://a.gov.cn/a.pdf"]
    assert linked_files("https://a.gov.cn/r.pdf", PDF + markup, None) == []


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SHOWN = (
    '<img src="/logo.png"><img src="/small.png" width="24" height="24"><img src="/late.gif" data-src="/p1.png">'
    '<img src="p2.JPG" width="100%"><img src="/p1.png">'
)


def test_pictures_of_a_page_without_tables_are_fetched_with_it(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, linking(more=SHOWN))
    server.pages["/p1.png"] = page(PNG, content_type="image/png")
    server.pages["/p2.JPG"] = page(linking())
    (source,) = crawl_it().sources
    assert (source.figures.state, source.figures.failed) == ("incomplete", 1)
    assert "wrong_type 1" in source.figures.reason
    (kept,) = archive.pages()
    assert [archive.read(file.sha256) for file in kept.attached] == [PNG]
    assert not any(map(server.asked, ("/logo.png", "/small.png", "/late.gif")))


def test_pictures_are_left_alone_beside_tables_and_linked_files_and_where_there_are_too_many() -> None:
    address = "https://a.gov.cn/x/r.html"
    assert linked_files(address, linking(more=SHOWN), None) == [
        "https://a.gov.cn/p1.png",
        "https://a.gov.cn/x/p2.JPG",
    ]
    assert linked_files(address, linking("/a.pdf", more=SHOWN), None) == ["https://a.gov.cn/a.pdf"]
    table = "<table>" + "<tr><td>1</td></tr>" * 80 + "</table>"
    assert linked_files(address, linking(more=SHOWN + table), None) == []
    many = "".join(f'<img src="/p{number}.png">' for number in range(21))
    assert linked_files(address, linking(more=many), None) == []
