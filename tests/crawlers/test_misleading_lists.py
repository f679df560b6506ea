"""Lists that mislead: pagers without end or without effect, frames, front pages in a column's place, scripts, bombs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from conftest import quick_policy, site_of
from fault_server import (
    Answer,
    Connection,
    FaultServer,
    link_list,
    page,
    redirect,
    report,
    report_title,
)

from crawlers.archive import Archive
from crawlers.crawl import crawl
from crawlers.errors import ListUnreadable
from crawlers.events import CrawlSummary
from crawlers.families.listing import ListRequest
from crawlers.families.registry import FAMILIES
from crawlers.records import SourceFigures

CrawlIt = Callable[..., CrawlSummary]


def publish(server: FaultServer, *numbers: int) -> list[tuple[str, str]]:
    """Reports /r1.html …, and their rows for a list."""
    for number in numbers:
        server.pages[f"/r{number}.html"] = page(report(f"r{number}"))
    return [(f"/r{number}.html", report_title(number)) for number in numbers]


def figures(summary: CrawlSummary) -> SourceFigures:
    return summary.sources[0].figures


def following(path: str) -> str:
    return f'<div class="page"><a href="{path}">下一页</a></div>'


def numbered(rows_of: Callable[[int], list[tuple[str, str]]]) -> Answer:
    """A list whose pages are `?p=1`, `?p=2` … and whose pager always goes on."""

    def answer(connection: Connection) -> None:
        number = int(connection.path.partition("p=")[2] or 1)
        link_list(rows_of(number), following(f"/list.html?p={number + 1}"))(connection)

    return answer


def test_a_pager_that_goes_on_for_ever_is_left_and_told(server: FaultServer, crawl_it: CrawlIt) -> None:
    rows = publish(server, 1, 2, 3)
    server.pages["/list.html"] = numbered(lambda number: rows[:number])
    found = figures(crawl_it())
    assert (found.state, found.listed, found.new) == ("incomplete", 3, 3)
    assert "pages in a row showed nothing new" in found.reason
    assert len([hit for hit in server.hits if hit.path.startswith("/list.html")]) <= 7


def test_a_pager_that_shows_the_same_page_again_is_incomplete(server: FaultServer, crawl_it: CrawlIt) -> None:
    rows = publish(server, 1, 2)
    pager = '<div class="page"><a href="/list.html?page=1">1</a><a href="/list.html?page=2">2</a></div>'
    server.pages["/list.html"] = link_list(rows, pager)
    found = figures(crawl_it())
    assert found.state == "incomplete"
    assert "page=2 shows what" in found.reason
    # That the first page has a second address is nothing to tell.
    assert "page=1 shows" not in found.reason


def test_a_list_that_grows_with_every_page_ends_at_the_bound(server: FaultServer, archive: Archive) -> None:
    def rows(number: int) -> list[tuple[str, str]]:
        return [(f"/news/{number}{n}.html", f"要闻{number}{n}") for n in range(3)] + publish(server, 1)

    server.pages["/list.html"] = numbered(rows)
    found = figures(crawl([site_of(server)], archive, quick_policy(max_list_pages=12)))
    assert (found.state, found.new) == ("incomplete", 1)
    assert "more than 12 list pages" in found.reason


def test_a_calendar_is_no_pager(server: FaultServer, crawl_it: CrawlIt) -> None:
    def answer(connection: Connection) -> None:
        number = int(connection.path.partition("month=")[2] or 1)
        calendar = (
            f'<table class="calendar"><tr><td><a href="/list.html?month={number + 1}">»</a></td></tr></table>'
        )
        link_list(publish(server, 1, 2), calendar)(connection)

    server.pages["/list.html"] = answer
    assert figures(crawl_it()) == SourceFigures("complete", "", listed=2, new=2)
    assert len(server.asked("/list.html?month=2")) == 0


def test_fewer_pages_than_the_list_says_is_incomplete(server: FaultServer, crawl_it: CrawlIt) -> None:
    server.pages["/list.html"] = link_list(publish(server, 1), '<div id="pages">共 4 页</div>')
    found = figures(crawl_it())
    assert (found.state, found.new) == ("incomplete", 1)
    assert "the list says 4 pages and 1 were read" in found.reason


def test_an_interface_that_does_not_turn_its_pages_is_incomplete(
    server: FaultServer, archive: Archive
) -> None:
    """The rows of three equal pages make up the total, and are one page's all the same."""
    publish(server, 1, 2)
    rows = ", ".join(f'{{"title": "{report_title(n)}", "url": "/r{n}.html"}}' for n in (1, 2))
    server.pages["/api/list"] = page(
        f'{{"total": 6, "rows": [{rows}]}}'.encode(), content_type="application/json"
    )
    found = figures(crawl([site_of(server, "/api/list?page=1")], archive, quick_policy()))
    assert (found.state, found.new) == ("incomplete", 2)
    assert "says 6 entries and showed 2" in found.reason


def test_a_list_in_a_frame_is_read(server: FaultServer, crawl_it: CrawlIt) -> None:
    shown = ("/weather.html", "http://ads.example.com/x", "/in.html")
    frames = "".join(f'<iframe src="{address}"></iframe>' for address in shown)
    server.pages["/list.html"] = link_list([("/about.html", "机构职能")], frames)
    server.pages["/weather.html"] = link_list([("/tomorrow.html", "明日天气")])
    server.pages["/in.html"] = link_list(publish(server, 1, 2), following("/in2.html"))
    server.pages["/in2.html"] = link_list(publish(server, 3))
    assert figures(crawl_it()) == SourceFigures("complete", "", listed=3, new=3)


def test_a_column_that_leads_to_the_front_page_is_a_failed_list(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    server.pages["/list.html"] = link_list(publish(server, 1, 2))
    crawl_it()
    server.pages["/list.html"] = redirect(b"/")
    server.pages["/"] = link_list([("/r1.html", report_title(1))])
    found = figures(crawl_it())
    assert (found.state, found.listed, found.unchanged) == ("failed", 0, 2)
    assert "soft404" in found.reason
    assert len(list(archive.pages())) == 2


def test_pages_that_lead_to_the_front_page_or_an_error_page_are_gone(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    server.pages["/list.html"] = link_list(publish(server, 1, 2, 3, 4))
    crawl_it()
    server.pages["/"] = server.pages["/error/404.html"] = page(report("front page"))
    server.pages["/r1.html"] = redirect(b"/index.html")
    server.pages["/index.html"] = page(report("front page"))
    server.pages["/r2.html"] = page(b"<script>location.href='/'</script>")
    server.pages["/r3.html"] = redirect(b"/error/404.html")
    found = figures(crawl_it())
    assert (found.state, found.gone, found.unchanged) == ("complete", 3, 1)
    assert len(list(archive.pages(current=False))) == 4


def test_a_list_that_a_script_would_fill_is_read_where_its_data_can_be_found(
    server: FaultServer, archive: Archive
) -> None:
    server.pages["/gkmlpt/index"] = page(b"<div id='app'></div><script>_CONFIG = {SID: '7'}</script>")
    publish(server, 1)
    server.pages["/gkmlpt/api/all/5"] = page(
        f'{{"total": 1, "articles": [{{"title": "{report_title(1)}", "url": "/r1.html"}}]}}'.encode()
    )
    known = site_of(server, "/gkmlpt/index#5")
    assert figures(crawl([known], archive, quick_policy())) == SourceFigures("complete", "", listed=1, new=1)
    server.pages["/app.html"] = page(b"<div id='app'></div><script src='/a.js'></script>")
    lost = figures(crawl([site_of(server, "/app.html", id="app")], archive, quick_policy()))
    assert (lost.state, "script_shell" in lost.reason) == ("failed", True)


def test_a_year_that_looks_like_a_folder_and_is_the_report(server: FaultServer, archive: Archive) -> None:
    years = '<a href="/nb/2022/">2022年</a><a href="/nb/2021/index.html">2021年</a>'
    server.pages["/nb/"] = page(f"<p>{'政府信息公开年报' * 40}</p>{years}".encode())
    server.pages["/nb/2022/"] = link_list(publish(server, 1))
    server.pages["/nb/2021/index.html"] = page(report("2021"))
    found = figures(crawl([site_of(server, "/nb/")], archive, quick_policy()))
    assert (found.state, found.new) == ("complete", 2)
    assert [kept.list_title for kept in archive.pages()] == ["2021年", report_title(1)]


BOMBS = {
    "links never closed": "<a href=x>" * 2000,
    "deep elements around page numbers": "<span>" * 2000 + "<a href=x>1</a>" * 500,
    "tags never ended": "<meta name=channelid " * 2000,
    "records never ended": "<record><![CDATA[" * 5000,
    "groups never ended": "<nextgroup><![CDATA[" * 5000,
    "entries never ended": "<urlset>" + "<url>" * 8000,
    "a script of links never closed": "<script>" + "<a href=x>" * 1500 + "</script>",
    "years never reached": "<a x>" * 1500,
    "one long word": '<a onclick="' + "url" * 10000 + '">x</a>',
    "blanks behind a bracket": "cb(1)" + " " * 200_000 + "x",
    "a tree never closed": '"id":1,' * 20000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_markup_made_to_take_long_does_not(name: str) -> None:
    """Seconds of this thread's own work: what grows with the square would take minutes."""
    for family in FAMILIES.values():
        began = time.thread_time()
        family.recognises("http://x.gov.cn/gkmlpt/index", BOMBS[name])
        with suppress(ListUnreadable):
            family.read(ListRequest("http://x.gov.cn/gkmlpt/index"), BOMBS[name])
        assert time.thread_time() - began < 5.0, family.name


def test_more_links_than_any_list_has_are_not_read() -> None:
    with pytest.raises(ListUnreadable, match="20001 links"):
        FAMILIES["plain"].read(ListRequest("http://x.gov.cn/"), "<a href=x>1</a>" * 20001)
