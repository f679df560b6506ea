"""One page, list or header that no reader expects costs its own source something, and no other source anything."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from conftest import quick_policy, site_of
from fault_server import Answer, FaultServer, closing, link_list, page, report, report_title
from fault_server import Sequence as InTurn

from crawlers.archive import Archive
from crawlers.attached_files import linked_files
from crawlers.crawl import crawl
from crawlers.decoding import decode_body
from crawlers.discovery import propose
from crawlers.errors import LedgerError, ListUnreadable, TooLarge
from crawlers.events import Attempted, CrawlSummary, Event
from crawlers.families.listing import Family, ListPage, ListRequest, read_links, soup_of
from crawlers.families.registry import FAMILIES
from crawlers.policy import Patience
from crawlers.politeness import retry_after
from crawlers.records import SourceFigures

CrawlIt = Callable[..., CrawlSummary]
WORDS = "<p>" + "市审计局政府信息公开工作年度报告见附件。" * 20 + "</p>"
LISTED = link_list([("/r1.html", report_title(1)), ("/r2.html", report_title(2))])


@pytest.fixture
def other() -> Iterator[FaultServer]:
    server = FaultServer("127.0.0.2")
    yield server
    server.close()


def linking(*links: str) -> bytes:
    anchors = "".join(f'<a href="{link}">附件</a>' for link in links)
    return f"<html><body>{WORDS}{anchors}</body></html>".encode()


def publish(server: FaultServer) -> None:
    server.pages["/list.html"] = LISTED
    for number in (1, 2):
        server.pages[f"/r{number}.html"] = page(report(f"r{number} of {server.opening}"))


def crawl_both(server: FaultServer, other: FaultServer, archive: Archive) -> list[SourceFigures]:
    sites = [site_of(server, id="odd"), site_of(other, id="sound")]
    return [source.figures for source in crawl(sites, archive, quick_policy()).sources]


SOUND = SourceFigures("complete", "", listed=2, new=2)


@pytest.mark.parametrize(
    "link",
    [
        "http://www.x..gov.cn/a.pdf",
        "http://user:word@www.x.gov.cn/a.pdf",
        "http://www.x.gov.cn:99999/a.pdf",
        "http://www.x y.gov.cn/a.pdf",
        "http://[www.x.gov.cn]/a.pdf",
    ],
)
def test_a_file_at_a_host_that_cannot_be_is_no_file(
    link: str, server: FaultServer, other: FaultServer, archive: Archive
) -> None:
    publish(server)
    publish(other)
    server.pages["/r1.html"] = page(linking(link, "/b.pdf"))
    server.pages["/b.pdf"] = page(b"%PDF-1.7\n1 0 obj\n", content_type="application/pdf")
    assert crawl_both(server, other, archive) == [SOUND, SOUND]
    attached = [file.source for kept in archive.pages() for file in kept.attached]
    assert attached == [server.url("/b.pdf")]


@pytest.mark.parametrize("section", ["<![foo[x]]>", "<![ ", "<![ ]]>", "<![ıf x]>"])
def test_a_marked_section_that_no_parser_knows_hides_nothing(
    section: str, server: FaultServer, other: FaultServer, archive: Archive
) -> None:
    publish(other)
    links = [("/r1.html", report_title(1)), ("/r2.html", report_title(2))]
    server.pages["/list.html"] = link_list(links, f"<p>{section}</p>")
    server.pages["/r1.html"] = page(report("r1"))
    server.pages["/r2.html"] = page(linking("/b.pdf") + section.encode())
    server.pages["/b.pdf"] = page(b"%PDF-1.7\n1 0 obj\n", content_type="application/pdf")
    assert crawl_both(server, other, archive) == [SOUND, SOUND]
    assert [file.source for kept in archive.pages() for file in kept.attached] == [server.url("/b.pdf")]


def test_known_sections_are_read_as_before() -> None:
    text = "<![if !IE]><a href='/1'>a</a><![endif]><![CDATA[<a href='/2'>b</a>]]><![odd]><a href='/3'>c</a>"
    assert [link.title for link in read_links(soup_of(text), "http://x.gov.cn/")] == ["a", "c"]


def test_a_walk_to_the_column_reads_past_an_odd_section(server: FaultServer) -> None:
    server.pages["/"] = page(f"<![odd]>{WORDS}<a href='/nb/'>政府信息公开年报</a>".encode())
    server.pages["/nb/"] = link_list([(f"r{n}.html", report_title(n)) for n in range(3)], "<![odd]>")
    found = propose(server.url("/"), quick_policy(allow=(server.opening,)), pause=0.0)
    assert [len(column.reports) for column in found.columns] == [3]


@pytest.mark.parametrize(
    "value",
    ["Mon, 01 Jan 99999999999 00:00:00 GMT", "Mon, 01 Jan 2027 00:00:00 +99999999999999999999"],
)
def test_a_retry_after_beyond_all_time_says_nothing(
    value: str, server: FaultServer, crawl_it: CrawlIt
) -> None:
    assert retry_after(value, datetime(2026, 1, 1, tzinfo=UTC)) is None
    publish(server)
    server.pages["/r1.html"] = InTurn([page(b"later", 429, Retry_After=value), page(report("r1"))])
    (source,) = crawl_it(patience=Patience(backoff=0.02, backoff_ceiling=0.05, latency_factor=0.0)).sources
    assert source.figures.new == 2


INTERFACE = "/gkmlpt/api/all/77?page=1&sid=5"


def gkmlpt(server: FaultServer, answer: str) -> None:
    frame = f"<html><script>var x = {{SID: '5'}}</script><body>{WORDS}</body></html>"
    server.pages["/gkmlpt/index"] = page(frame.encode())
    server.pages[INTERFACE] = page(answer.encode(), content_type="application/json")


@pytest.mark.parametrize(
    "answer",
    [
        '{"articles": null, "total": 0}',
        '{"articles": [null], "total": 1}',
        '{"articles": {"a": 1}, "total": 1}',
        '{"articles": [], "total": 1e400}',
        '{"articles": 5, "total": 1}',
        pytest.param("[" * 50000, id="deep"),
    ],
)
def test_an_interface_that_answers_with_no_articles_is_unreadable(
    answer: str, server: FaultServer, archive: Archive
) -> None:
    gkmlpt(server, answer)
    with pytest.raises(ListUnreadable):
        FAMILIES["gkmlpt"].read(ListRequest(server.url(INTERFACE)), answer)
    (source,) = crawl([site_of(server, "/gkmlpt/index#77")], archive, quick_policy()).sources
    assert source.figures.state != "complete"
    assert "ListUnreadable" in source.figures.reason


@pytest.mark.parametrize(
    ("value", "printed"),
    [(1643000000, date(2022, 1, 24)), (1643000000000, date(2022, 1, 24)), (10**30, None), (True, None)],
)
def test_an_interface_counts_time_in_seconds_or_in_thousandths(value: object, printed: date | None) -> None:
    article = {"url": "/c/post_3.html", "title": report_title(1), "date": value}
    answer = json.dumps({"articles": [article], "total": 1})
    (link,) = FAMILIES["gkmlpt"].read(ListRequest(f"http://x.gov.cn{INTERFACE}"), answer).links
    assert link.published_on == printed


HANWEB = (
    '<datastore><nextgroup><![CDATA[<a href="javascript:void(0)">x</a>]]></nextgroup><recordset><record>'
    "<![CDATA[<li><a href='/r1.html'>市政府2021年政府信息公开工作年度报告</a></li>]]></record></recordset></datastore>"
)
TRS = (
    "<a href='/r1.html'>市政府2021年政府信息公开工作年度报告</a>"
    "<script>createPageHTML(3,0,'javascript:index','html')</script>"
)


@pytest.mark.parametrize(("family", "text"), [("hanweb", HANWEB), ("trs", TRS)])
def test_a_pager_that_leads_to_a_script_leads_nowhere(family: str, text: str) -> None:
    found = FAMILIES[family].read(ListRequest("http://x.gov.cn/list/"), text)
    assert [link.url for link in found.links] == ["http://x.gov.cn/r1.html"]
    assert found.more == ()
    # What the pager claims stays to be held against what was read.
    assert found.pages == (3 if family == "trs" else None)


class Unforeseen(Exception):
    """An error of a kind that no reader raises by design."""


def failing(error: Exception) -> Callable[[ListRequest, str], ListPage]:
    def read(_request: ListRequest, _text: str) -> ListPage:
        raise error

    return read


def test_an_unforeseen_error_in_a_list_is_the_reason_of_its_own_source(
    server: FaultServer, other: FaultServer, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server)
    publish(other)
    odd = Family("odd", lambda _url, _text: False, failing(Unforeseen("at row 7")))
    monkeypatch.setitem(FAMILIES, "odd", odd)
    sites = [site_of(server, id="odd", family="odd"), site_of(other, id="sound")]
    failed, sound = (source.figures for source in crawl(sites, archive, quick_policy()).sources)
    assert sound == SOUND
    assert (failed.state, failed.reason) == ("failed", f"{server.url('/list.html')}: Unforeseen: at row 7")


def test_an_error_of_the_ledger_ends_the_crawl(
    server: FaultServer, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server)
    monkeypatch.setitem(FAMILIES, "odd", Family("odd", lambda _u, _t: False, failing(LedgerError("locked"))))
    with pytest.raises(LedgerError, match="locked"):
        crawl([site_of(server, family="odd")], archive, quick_policy())


def test_an_unforeseen_error_over_a_page_makes_its_source_incomplete(
    server: FaultServer, other: FaultServer, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server)
    publish(other)

    def stumble(address: str, body: bytes, charset: str | None) -> list[str]:
        if address == server.url("/r1.html"):
            raise Unforeseen("in a link")
        return linked_files(address, body, charset)

    monkeypatch.setattr("crawlers.source_run.linked_files", stumble)
    odd, sound = crawl_both(server, other, archive)
    assert sound == SOUND
    reason = f"{server.url('/r1.html')}: its files: Unforeseen: in a link"
    assert odd == replace(SOUND, state="incomplete", reason=reason)


# A time for twice as much that is more than three times as long grows with the square.


def growth(work: Callable[[int], object], size: int) -> float:
    times = []
    for many in (size, 4 * size):
        least = min(_seconds(work, many) for _ in range(2))
        times.append(least)
    return times[1] / times[0]


def _seconds(work: Callable[[int], object], many: int) -> float:
    began = time.process_time()
    work(many)
    return time.process_time() - began


@pytest.mark.parametrize("name", ["li", "font", "dd", "option"])
def test_elements_left_open_take_no_time_that_grows_with_their_square(name: str) -> None:
    def work(many: int) -> None:
        rows = (f"<{name} value='/p{n}.html'><a href='/x{n}.html'>新闻{n}</a>" for n in range(many))
        FAMILIES["plain"].read(ListRequest("http://x.gov.cn/"), "<ul>" + "".join(rows))

    assert growth(work, 400) < 9


@pytest.mark.parametrize("opening", ["<!--x>", "<![if x>", "<![CDATA[x>"])
def test_comments_that_never_end_hide_nothing_and_take_no_time(opening: str) -> None:
    def work(many: int) -> None:
        text = f"<!-- <a href='/0'>no</a> --><a href='/1'>a</a>{opening * many}<a href='/2'>b</a>"
        assert [link.title for link in read_links(soup_of(text), "http://x.gov.cn/")] == ["a", "b"]

    assert growth(work, 6000) < 9


def test_entries_of_a_menu_end_where_the_next_begins() -> None:
    menu = "".join(f"<option value='/list_{n}.html'>第{n}页" for n in range(1, 80))
    found = FAMILIES["plain"].read(ListRequest("http://x.gov.cn/list_1.html"), f"<select>{menu}</select>")
    assert len(found.more) == 78


def test_a_date_behind_a_link_of_its_own_is_not_the_link_s_before() -> None:
    text = "<a href='/zfxxgk/'>政府信息公开年度报告</a><ul><li><a href='/t1.html'>2021年报告</a> 2022-01-05</li></ul>"
    dates = [link.published_on for link in read_links(soup_of(text), "http://x.gov.cn/")]
    assert dates == [None, date(2022, 1, 5)]


def test_members_of_gzip_are_read_one_behind_the_other_and_not_without_end() -> None:
    parts = [b"%d " % n for n in range(4000)]
    packed = b"".join(map(gzip.compress, parts))
    assert decode_body(packed, "gzip", 1 << 20) == (b"".join(parts), frozenset())
    assert decode_body(packed + b"junk", "gzip", 1 << 20)[1] == {"trailing_junk"}
    began = time.process_time()
    with pytest.raises(TooLarge, match="4096 gzip members"):
        decode_body(gzip.compress(b"") * 200_000, "gzip", 1 << 20)
    assert time.process_time() - began < 1


def test_a_body_longer_than_a_piece_is_inflated_whole() -> None:
    body = b"".join(b"%d " % (n * n) for n in range(200_000))
    packed = gzip.compress(body)
    assert len(packed) > 1 << 18
    assert decode_body(packed + packed, "gzip", 8 << 20) == (body + body, frozenset())


UNFRAMED = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n"


def listing(end: str) -> bytes:
    rows = "".join(f"<li><a href='/r{n}.html'>{report_title(n)}</a></li>" for n in (1, 2))
    return f"<html><body>{WORDS}<ul>{rows}{end}".encode()


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (closing(UNFRAMED + listing("")), "incomplete"),
        (closing(UNFRAMED + listing("</ul></body></html>")), "complete"),
        (closing(UNFRAMED + listing("").removeprefix(b"<html>")), "complete"),
        (page(listing("")), "complete"),
    ],
    ids=["neither length nor end", "its end", "no document", "its length"],
)
def test_a_list_that_may_be_cut_makes_its_source_incomplete(
    answer: Answer, state: str, server: FaultServer, crawl_it: CrawlIt
) -> None:
    publish(server)
    server.pages["/list.html"] = answer
    (source,) = crawl_it().sources
    assert (source.figures.listed, source.figures.state) == (2, state)
    assert ("may be cut" in source.figures.reason) == (state == "incomplete")


def test_a_killed_crawl_goes_on_with_the_files_of_pages_that_it_had(
    server: FaultServer, archive: Archive
) -> None:
    """The crawl ends by an error between a page and its file; the next call goes on with the same run."""
    publish(server)
    server.pages["/r1.html"] = page(linking("/b.pdf"))
    server.pages["/b.pdf"] = page(b"%PDF-1.7\n1 0 obj\n", content_type="application/pdf")

    def stop(event: Event) -> None:
        if isinstance(event, Attempted) and event.url.endswith("/b.pdf"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crawl([site_of(server)], archive, quick_policy(workers=1), stop)
    assert [len(kept.attached) for kept in archive.pages()][:1] == [0]
    pages_asked = len(server.asked("/r1.html"))
    (source,) = crawl([site_of(server)], archive, quick_policy()).sources
    assert source.figures.state == "complete"
    assert len(server.asked("/r1.html")) == pages_asked
    assert [len(kept.attached) for kept in archive.pages()] == [1, 0]
