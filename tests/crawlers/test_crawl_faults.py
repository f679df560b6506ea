"""The fault list, a whole crawl at a time: what a fault does to the host, the source, the versions and the
ledger."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from conftest import QUICK, quick_policy, site_of
from fault_server import (
    OK,
    Answer,
    Connection,
    FaultServer,
    Sequence,
    closing,
    drip,
    etagged,
    link_list,
    page,
    redirect,
    report,
    report_title,
)
from sqlalchemy import select

from crawlers import ledger_schema as schema
from crawlers.archive import Archive
from crawlers.crawl import crawl
from crawlers.errors import BadSite
from crawlers.events import CrawlSummary, Event, HostChanged, HostsNow, VantageDoubted
from crawlers.policy import Limits, Policy
from crawlers.politeness import BEIJING, retry_after, seconds_until_window
from crawlers.records import SourceFigures

CrawlIt = Callable[..., CrawlSummary]
CHALLENGE = b"<html><script>$_ts=window['$_ts']</script></html>"


def publish(server: FaultServer, count: int = 3, **answers: Answer) -> None:
    """A list of `count` reports /r1.html …; `r2=answer` makes the second one misbehave."""
    names = [f"r{number}" for number in range(1, count + 1)]
    server.pages["/list.html"] = link_list(
        (f"/{name}.html", report_title(number)) for number, name in enumerate(names, 1)
    )
    for name in names:
        server.pages[f"/{name}.html"] = answers.get(name) or page(report(name))


def figures(summary: CrawlSummary) -> SourceFigures:
    return summary.sources[0].figures


def outcomes(archive: Archive, kind: str = "page") -> list[str]:
    with archive.ledger.reading() as connection:
        rows = connection.execute(
            select(schema.attempts.c.outcome)
            .where(schema.attempts.c.kind == kind)
            .order_by(schema.attempts.c.id)
        )
        return list(rows.scalars())


def bodies(archive: Archive) -> list[bytes]:
    return [archive.read(found.sha256) for found in archive.pages()]


def test_a_quiet_night_costs_one_conditional_request_a_page(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, **{f"r{n}": etagged(report(f"r{n}"), f'"{n}"') for n in (1, 2, 3)})
    assert figures(crawl_it()).new == 3
    server.hits.clear()
    second = crawl_it()
    assert figures(second) == SourceFigures("complete", "", listed=3, unchanged=3)
    assert second.outcomes == {"gone": 1, "ok": 1, "not_modified": 3}
    assert sorted(hit.path for hit in server.hits) == [
        "/list.html",
        "/r1.html",
        "/r2.html",
        "/r3.html",
        "/robots.txt",
    ]
    assert second.sources[0].previous == SourceFigures("complete", "", listed=3, new=3)
    assert len(list(archive.pages(current=False))) == 3


def test_same_bytes_without_validators_are_unchanged(server: FaultServer, crawl_it: CrawlIt) -> None:
    publish(server)
    crawl_it()
    assert figures(crawl_it()).unchanged == 3


def test_a_revision_under_the_same_etag_is_found_when_the_page_is_due_in_full(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, r1=etagged(report("first")))
    crawl_it()
    server.pages["/r1.html"] = etagged(report("revised"))
    assert figures(crawl_it()).changed == 0
    assert figures(crawl_it(revalidate_days=0.0)).changed == 1
    versions = archive.versions(server.url("/r1.html"))
    assert [version.version for version in versions] == [1, 2]
    assert [archive.read(version.sha256) for version in versions] == [report("first"), report("revised")]
    assert report("revised") in bodies(archive)
    assert report("first") not in bodies(archive)


FAILING: dict[str, tuple[Answer, str]] = {
    "truncated": (closing(OK + b"Content-Length: 9000\r\n\r\n" + report()[:500]), "truncated"),
    "slow": (drip(OK + b"Content-Length: 4000\r\n\r\n"), "deadline"),
    "server error": (page(b"oops", 500), "server_error"),
    "empty reply": (closing(b""), "protocol_error"),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_failing_page_is_tried_again_and_keeps_its_last_good_version(
    name: str, server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server)
    crawl_it()
    answer, outcome = FAILING[name]
    server.pages["/r2.html"] = answer
    server.hits.clear()
    patience = quick_policy().patience
    summary = crawl_it(limits=quick_policy().limits.__class__(page_seconds=0.2))
    assert figures(summary).failed == 1
    assert figures(summary).state == "incomplete"
    assert f"1 pages failed ({outcome} 1)" in figures(summary).reason
    assert outcomes(archive).count(outcome) == patience.tries
    assert report("r2") in bodies(archive)


def test_a_page_that_recovers_on_the_second_try_is_new(server: FaultServer, crawl_it: CrawlIt) -> None:
    publish(server, r2=Sequence([page(b"oops", 502), page(report("r2"))]))
    assert figures(crawl_it()) == SourceFigures("complete", "", listed=3, new=3)


def test_a_body_that_may_be_cut_never_replaces_a_whole_one(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server)
    crawl_it()
    cut = report("a revision that the wire cut off", end="")
    server.pages["/r1.html"] = closing(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + cut)
    for _ in range(2):
        assert figures(crawl_it()).failed == 1
    assert report("r1") in bodies(archive)
    versions = archive.versions(server.url("/r1.html"))
    assert [archive.read(version.sha256) for version in versions] == [report("r1"), cut]


@pytest.mark.parametrize("status", [412, 521, 200])
def test_a_challenge_ends_all_requests_to_the_host(
    status: int, server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, 5)
    crawl_it()
    server.pages["/r2.html"] = page(CHALLENGE, status)
    server.hits.clear()
    told: list[Event] = []
    summary = crawl([site_of(server)], archive, quick_policy(), told.append)
    assert [hit.path for hit in server.hits][-1] == "/r2.html"
    assert figures(summary).refused == 1
    assert figures(summary).pending == 3
    assert figures(summary).state == "incomplete"
    assert any(isinstance(event, HostChanged) and event.state == "open" for event in told)
    assert len(bodies(archive)) == 5
    evidence = archive.verify()
    assert evidence.damaged == ()
    assert evidence.checked == 6


def test_an_open_circuit_holds_for_the_next_run_and_then_a_single_request_probes(
    server: FaultServer, archive: Archive
) -> None:
    publish(server, 3, r1=page(CHALLENGE, 412))
    patience = QUICK.__class__(backoff=0.01, latency_factor=0.0, circuit_seconds=3600.0)
    crawl([site_of(server)], archive, quick_policy(patience=patience))
    server.hits.clear()
    summary = crawl([site_of(server)], archive, quick_policy(patience=patience))
    assert server.hits == []
    assert figures(summary).state == "failed"
    assert "left alone since" in figures(summary).reason
    server.pages["/list.html"] = page(b"oops", 500)
    crawl([site_of(server)], archive, quick_policy())
    assert len(server.asked("/list.html")) == 1


def test_blocks_from_the_twentieth_request_on_open_the_circuit(
    server: FaultServer, crawl_it: CrawlIt
) -> None:
    def after_twenty(answer: Answer) -> Answer:
        def choose(connection: Connection) -> None:
            (page(b"no", 403) if len(server.hits) > 20 else answer)(connection)

        return choose

    publish(server, 40)
    for path, answer in list(server.pages.items()):
        server.pages[path] = after_twenty(answer)
    summary = crawl_it()
    assert len(server.hits) == 20 + QUICK.blocks
    assert (figures(summary).new, figures(summary).refused, figures(summary).pending) == (18, 3, 19)


@pytest.mark.parametrize("asked", ["86400", "Wed, 01 Jan 2098 00:00:00 GMT"])
def test_a_long_retry_after_defers_the_host_and_frees_the_worker(
    asked: str, server: FaultServer, crawl_it: CrawlIt
) -> None:
    publish(server, 3, r1=page(b"later", 429, Retry_After=asked))
    began = time.monotonic()
    summary = crawl_it()
    assert time.monotonic() - began < 5.0
    assert (figures(summary).refused, figures(summary).pending) == (1, 2)
    assert "throttled" in figures(summary).reason


@pytest.mark.parametrize("asked", ["0", "abc", "-5", "1.5"])
def test_a_short_or_senseless_retry_after_is_tried_again(
    asked: str, server: FaultServer, crawl_it: CrawlIt
) -> None:
    publish(server, 3, r1=Sequence([page(b"later", 503, Retry_After=asked), page(report("r1"))]))
    assert figures(crawl_it()).new == 3


def test_retry_after_holds_the_whole_host(server: FaultServer, crawl_it: CrawlIt) -> None:
    publish(server, 2, r1=Sequence([page(b"later", 429, Retry_After="1"), page(report("r1"))]))
    assert figures(crawl_it()).new == 2
    first = server.asked("/r1.html")[0].at
    assert min(hit.at for hit in server.hits if hit.at > first) - first >= 0.95


def test_retry_after_is_a_number_or_a_date() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert retry_after("120", now) == 120.0
    assert retry_after("Thu, 01 Jan 2026 00:02:00 GMT", now) == 120.0
    assert retry_after("Wed, 31 Dec 2025 00:00:00 GMT", now) == 0.0
    assert [retry_after(value, now) for value in ("abc", "-5", "1.5", "", None)] == [None] * 5


ROBOTS: dict[str, tuple[Answer, int, str]] = {
    "disallowed": (
        page(b"User-agent: *\nDisallow: /r2", content_type="text/plain"),
        2,
        "robots_disallowed 1",
    ),
    "behind a BOM": (page(b"\xef\xbb\xbfUser-agent: *\nDisallow: /r2\n"), 2, "robots_disallowed 1"),
    "for us by name": (
        page(b"User-agent: gongkai\nDisallow: /r2\n\nUser-agent: *\nAllow: /"),
        2,
        "robots_disallowed 1",
    ),
    "longest match": (page(b"User-agent: *\nDisallow: /\nAllow: /list.html\nAllow: /r"), 3, ""),
    "a web page": (page(b"<html><body>User-agent: *\nDisallow: /</body></html>"), 3, ""),
    "absent": (page(b"no", 404), 3, ""),
    "forbidden": (page(b"no", 403), 3, ""),
    "a soft 404 behind a redirect": (redirect(b"/404.htm"), 3, ""),
}


@pytest.mark.parametrize("name", ROBOTS)
def test_robots_as_the_rfc_has_it(
    name: str, server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    answer, new, reason = ROBOTS[name]
    publish(server)
    server.pages["/robots.txt"] = answer
    server.pages["/404.htm"] = page("<html>您访问的页面不存在</html>".encode())
    summary = crawl_it()
    assert figures(summary).new == new
    assert reason in figures(summary).reason
    assert (not server.asked("/r2.html")) == (new == 2)
    assert len(outcomes(archive, "robots")) == 1


@pytest.mark.parametrize(
    "answer", [page(b"oops", 500), closing(b""), drip(OK)], ids=["5xx", "no reply", "silence"]
)
def test_unreachable_robots_forbid_everything(answer: Answer, server: FaultServer, crawl_it: CrawlIt) -> None:
    publish(server)
    server.pages["/robots.txt"] = answer
    summary = crawl_it()
    assert {hit.path for hit in server.hits} == {"/robots.txt"}
    assert figures(summary).state == "failed"
    assert "robots_unreachable" in figures(summary).reason


def test_a_failed_list_page_makes_the_source_incomplete_and_infers_nothing(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    def lists() -> None:
        for number in range(1, 6):
            following = (
                f'<div class="page"><a href="/list{number + 1}.html">下一页</a></div>' if number < 5 else ""
            )
            path = "/list.html" if number == 1 else f"/list{number}.html"
            server.pages[path] = link_list([(f"/r{number}.html", report_title(number))], following)
            server.pages[f"/r{number}.html"] = page(report(f"r{number}"))

    lists()
    assert figures(crawl_it()) == SourceFigures("complete", "", listed=5, new=5)
    server.pages["/list3.html"] = page(b"oops", 500)
    found = figures(crawl_it())
    assert (found.state, found.listed, found.gone) == ("incomplete", 2, 0)
    assert "list3.html: server_error: 500" in found.reason
    # What the lists did not reach this time was asked all the same.
    assert found.unchanged == 5
    assert len(bodies(archive)) == 5


@pytest.mark.parametrize(("left", "word"), [(0, "emptied"), (3, "halved")])
def test_a_list_that_empties_or_halves_is_an_error(
    left: int, word: str, server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, 6)
    crawl_it()
    links = [(f"/r{number}.html", report_title(number)) for number in range(1, left + 1)]
    server.pages["/list.html"] = link_list(links)
    for _ in range(2):
        found = figures(crawl_it())
        assert (found.state, found.unchanged) == ("failed", 6)
        assert word in found.reason
    assert len(bodies(archive)) == 6


def test_a_list_without_any_report_is_an_error(server: FaultServer, crawl_it: CrawlIt) -> None:
    server.pages["/list.html"] = link_list([("/news.html", "领导调研")])
    assert (figures(crawl_it()).state, figures(crawl_it()).reason) == ("failed", "the list names no report")


def test_fewer_reports_than_expected_is_an_error(server: FaultServer, crawl_it: CrawlIt) -> None:
    publish(server, 3)
    assert figures(crawl_it({"min_reports": 4})).state == "failed"


def test_a_pager_that_only_a_script_can_work_makes_the_source_incomplete(
    server: FaultServer, crawl_it: CrawlIt
) -> None:
    publish(server)
    server.pages["/list.html"] = link_list(
        [("/r1.html", report_title(1))], '<div class="page"><a href="javascript:go(2)">下一页</a></div>'
    )
    found = figures(crawl_it())
    assert (found.state, found.new) == ("incomplete", 1)
    assert "only a script" in found.reason


def test_twin_addresses_are_one_report_with_their_aliases(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    title = report_title(1)
    server.pages["/a/index.html"] = server.pages["/a/"] = page(report("a"))
    server.pages["/list.html"] = link_list(
        [
            ("/a/", title),
            ("/a/index.html", title),
            ("/a/index.html;jsessionid=AB12", title),
            ("/a/#top", title),
        ]
    )
    summary = crawl_it()
    assert figures(summary) == SourceFigures("complete", "", listed=1, new=1)
    assert len(server.asked("/a/")) + len(server.asked("/a/index.html")) == 1
    for spelling in ("/a/", "/a/index.html"):
        assert len(archive.versions(server.url(spelling))) == 1


def test_a_list_is_read_once_however_its_pager_spells_it(server: FaultServer, archive: Archive) -> None:
    pager = '<div class="page"><a href="/nb/index.html">1</a><a href="/nb/?jsessionid=1">下一页</a></div>'
    server.pages["/nb/"] = server.pages["/nb/index.html"] = link_list([("/r1.html", report_title(1))], pager)
    server.pages["/r1.html"] = page(report())
    assert figures(crawl([site_of(server, "/nb/")], archive, quick_policy())).state == "complete"
    assert [hit.path for hit in server.hits] == ["/robots.txt", "/nb/", "/r1.html"]


def test_passed_over_titles_are_kept_with_their_reason(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, 1)
    server.pages["/list.html"] = link_list(
        [
            ("/r1.html", report_title(1)),
            ("/n.html", "关于做好2021年度政府信息公开工作年度报告编制发布工作的通知"),
            ("/f.html", "政府信息公开工作年度报告格式"),
            ("http://elsewhere.com/r.html", "某公司2021年政府信息公开工作年度报告"),
            ("/news.html", "领导调研"),
        ]
    )
    assert figures(crawl_it()) == SourceFigures("complete", "", listed=1, new=1, passed_over=3)
    with archive.ledger.reading() as connection:
        rows = connection.execute(select(schema.passed_over.c.reason, schema.passed_over.c.url))
        assert sorted(row.reason for row in rows) == ["form", "notice", "out_of_scope"]
    assert not server.asked("/n.html")


def test_gone_pages_stay_in_force_and_in_the_count(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server)
    crawl_it()
    server.pages["/r1.html"] = page(b"no", 404)
    server.pages["/r2.html"] = page("<p>信息已删除</p>".encode())
    found = figures(crawl_it())
    assert (found.state, found.gone, found.unchanged) == ("complete", 2, 1)
    assert len(bodies(archive)) == 3


def test_a_shell_is_followed_once_and_a_redirect_within_the_scope(
    server: FaultServer, archive: Archive
) -> None:
    other = FaultServer()
    try:
        publish(server, 3)
        server.pages["/r1.html"] = page(b'<script>window.location.href="/moved/r1.html"</script>')
        server.pages["/moved/r1.html"] = page(report("r1"))
        server.pages["/r2.html"] = redirect(other.url("/r2.html").encode())
        other.pages["/r2.html"] = page(report("r2"))
        server.pages["/r3.html"] = redirect(b"http://example.com/r3.html")
        site = site_of(server, allow=(server.opening, other.opening))
        found = figures(crawl([site], archive, quick_policy()))
        assert (found.new, found.refused) == (2, 1)
        assert "out_of_scope" in found.reason
        assert [hit.path for hit in other.hits] == ["/robots.txt", "/r2.html"]
        fetched = {page.source: page.fetched_url for page in archive.pages()}
        assert fetched[server.url("/r2.html")] == other.url("/r2.html")
    finally:
        other.close()


def test_a_redirect_to_a_private_address_is_refused_without_a_request(
    server: FaultServer, crawl_it: CrawlIt
) -> None:
    inner = FaultServer()
    try:
        publish(server, 1, r1=redirect(inner.url("/secret").encode()))
        found = figures(crawl_it())
        assert (found.state, found.refused, inner.hits) == ("incomplete", 1, [])
        assert "blocked_address 1" in found.reason
    finally:
        inner.close()


def test_delays_are_kept_between_the_end_and_the_next_start(server: FaultServer, crawl_it: CrawlIt) -> None:
    publish(server, 6)
    crawl_it({"delay_seconds": 0.1})
    times = [hit.at for hit in server.hits]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.1


def test_a_crawl_delay_lengthens_the_pause_up_to_a_ceiling(server: FaultServer, archive: Archive) -> None:
    patience = QUICK.__class__(latency_factor=0.0, crawl_delay_ceiling=0.15)
    publish(server, 1)
    server.pages["/robots.txt"] = page(b"User-agent: *\nCrawl-delay: 40", content_type="text/plain")
    crawl([site_of(server)], archive, quick_policy(patience=patience))
    times = [hit.at for hit in server.hits]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.15
    assert max(later - earlier for earlier, later in pairwise(times)) < 10


def test_a_slow_answer_lengthens_the_pause(server: FaultServer, archive: Archive) -> None:
    def slowly(connection: Connection) -> None:
        time.sleep(0.1)
        page(report())(connection)

    publish(server, 2, r1=slowly)
    patience = QUICK.__class__(latency_factor=3.0, crawl_delay_ceiling=0.0)
    crawl([site_of(server)], archive, quick_policy(patience=patience))
    times = {hit.path: hit.at for hit in server.hits}
    assert times["/r2.html"] - times["/r1.html"] >= 0.1 + 0.3


def test_no_worker_sleeps_for_another_host(archive: Archive) -> None:
    """Thirty pages of a slow host, one of another, a single worker: the other host does not wait for the
    thirty."""
    slow, quick = FaultServer(), FaultServer()
    try:
        publish(slow, 8)
        publish(quick, 1)
        sites = [site_of(slow, id="slow", delay_seconds=0.1), site_of(quick, id="quick")]
        began = time.monotonic()
        crawl(sites, archive, quick_policy(workers=1))
        assert quick.asked("/r1.html")[0].at - began < 0.8
    finally:
        slow.close()
        quick.close()


def test_sites_on_one_host_share_its_single_connection(server: FaultServer, archive: Archive) -> None:
    busy = threading.Lock()
    together: list[str] = []

    def alone(connection: Connection) -> None:
        if not busy.acquire(blocking=False):
            together.append(connection.path)
        else:
            time.sleep(0.005)
            busy.release()
        page(report())(connection)

    publish(server, 4, **{f"r{n}": alone for n in range(1, 5)})
    server.pages["/list2.html"] = link_list([(f"/s{n}.html", report_title(n)) for n in range(1, 5)])
    for n in range(1, 5):
        server.pages[f"/s{n}.html"] = alone
    sites = [site_of(server, id="a"), site_of(server, "/list2.html", id="b")]
    crawl(sites, archive, quick_policy(workers=8))
    assert together == []


def test_a_clock_that_jumps_changes_no_delay(
    server: FaultServer, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, 5)
    offset = [0.0]

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            offset[0] += 3600
            return datetime.now(tz) + timedelta(seconds=offset[0])

    for module in ("crawl", "jobs", "host_book", "ledger"):
        monkeypatch.setattr(f"crawlers.{module}.datetime", Jumping)
    began = time.monotonic()
    found = figures(crawl([site_of(server, delay_seconds=0.05)], archive, quick_policy()))
    assert found.new == 5
    assert time.monotonic() - began < 20
    times = [hit.at for hit in server.hits]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.05


def test_outside_its_window_a_site_is_left_alone(server: FaultServer, crawl_it: CrawlIt) -> None:
    publish(server)
    now = datetime.now(BEIJING)
    closed = ((now + timedelta(hours=2)).time(), (now + timedelta(hours=3)).time())
    found = figures(crawl_it({"window": closed}))
    assert (server.hits, found.state) == ([], "failed")
    assert "outside the site's window" in found.reason
    open_now = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time())
    assert figures(crawl_it({"window": open_now})).new == 3


def test_a_window_may_pass_midnight() -> None:
    night = (datetime(2026, 1, 1, 22).time(), datetime(2026, 1, 1, 6).time())
    for hour, wait in ((23, 0.0), (3, 0.0), (21, 3600.0), (6, 16 * 3600.0)):
        assert seconds_until_window(night, datetime(2026, 1, 1, hour, tzinfo=BEIJING)) == wait


def test_narrowing_by_year_limit_and_site(server: FaultServer, archive: Archive, crawl_it: CrawlIt) -> None:
    publish(server, 20)
    assert figures(crawl_it(years=frozenset({2019, 2020}))).new == 2
    assert figures(crawl_it(limit=4)).new == 4
    with pytest.raises(BadSite, match="elsewhere"):
        crawl([site_of(server)], archive, quick_policy(only_sites=frozenset({"elsewhere"})))
    assert archive.ledger.last_source("city") is None
    assert figures(crawl_it()).new == 14


def test_a_dry_run_asks_for_lists_only_and_leaves_no_trace_of_pages(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, 3)
    summary = crawl_it(dry_run=True)
    assert [hit.path for hit in server.hits] == ["/robots.txt", "/list.html"]
    assert [(plan.title, plan.conditional) for plan in summary.plan] == [
        (report_title(n), False) for n in (1, 2, 3)
    ]
    assert list(archive.pages()) == []
    assert archive.ledger.known_pages("city") == []
    assert figures(crawl_it()).new == 3


def test_a_crashed_run_is_continued_and_asks_for_nothing_twice(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    class Crash(Exception):
        pass

    publish(server, 8)

    def crash(_: Event) -> None:
        if len([hit for hit in server.hits if hit.path.startswith("/r")]) > 5:
            raise Crash

    with pytest.raises(Crash):
        crawl([site_of(server)], archive, quick_policy(workers=1), crash)
    done = len(bodies(archive))
    assert 0 < done < 8
    server.hits.clear()
    summary = crawl_it()
    assert summary.run_id == 1
    assert figures(summary) == SourceFigures("complete", "", listed=8, new=8)
    assert len([hit for hit in server.hits if hit.path.startswith("/r")]) == 8 - done + 1
    assert crawl_it().run_id == 2


def test_calls_of_one_named_run_ask_for_nothing_twice(server: FaultServer, crawl_it: CrawlIt) -> None:
    publish(server, 3)
    first = crawl_it(run="night")
    asked = len(server.hits)
    assert crawl_it(run="night").sources[0].figures == first.sources[0].figures
    assert len(server.hits) == asked


def test_a_run_of_several_calls_is_continued_until_it_is_ended(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, 2)
    name = archive.ledger.begin_run(resume_hours=1)
    first = crawl_it(run=name)
    assert archive.ledger.begin_run(resume_hours=1) == name
    assert crawl_it(run=name).run_id == first.run_id
    assert crawl_it().run_id != first.run_id
    archive.ledger.end_run(name)
    assert archive.ledger.begin_run(resume_hours=1) != name
    assert archive.ledger.begin_run(resume_hours=0) != archive.ledger.begin_run(resume_hours=0)


def test_every_request_is_in_the_ledger(server: FaultServer, archive: Archive, crawl_it: CrawlIt) -> None:
    publish(server, 4, r2=Sequence([page(b"x", 500), page(report("r2"))]), r3=redirect(b"/r4.html"))
    summary = crawl_it()
    with archive.ledger.reading() as connection:
        rows = connection.execute(select(schema.attempts)).all()
    hops = sum(len(row.hops.split()) for row in rows)
    assert len(rows) + hops == len(server.hits)
    assert sum(summary.outcomes.values()) == len(rows)


def test_progress_by_host_is_told(server: FaultServer, archive: Archive) -> None:
    publish(server, 2)
    told: list[Event] = []
    crawl([site_of(server)], archive, quick_policy(), told.append)
    assert HostsNow(waiting=0, asking=1, left_alone=0) in told


def test_many_silent_hosts_at_once_are_put_down_to_the_vantage(server: FaultServer, archive: Archive) -> None:
    publish(server, 1)
    silent = []
    for number in range(3):
        gone = FaultServer(f"127.0.0.{20 + number}")
        gone.close()
        silent.append(site_of(gone, id=f"silent{number}"))
    patience = replace(QUICK, tries=1, failures=1, circuit_seconds=3600.0)
    policy = quick_policy(patience=patience, vantage="far away", limits=Limits(page_seconds=20.0))
    told: list[Event] = []
    crawl([site_of(server), *silent], archive, policy, told.append)
    assert VantageDoubted("far away", asked=4, unreached=3) in told
    for site in silent:
        assert archive.ledger.host(site.lists[0].split("/")[2]).circuit is None
    told.clear()
    crawl([site_of(server), silent[0]], archive, policy, told.append)
    assert not any(isinstance(event, VantageDoubted) for event in told)


def test_bad_sites_are_refused_before_anything_is_asked(server: FaultServer, archive: Archive) -> None:
    with pytest.raises(BadSite, match="family 'wordpress'"):
        crawl([site_of(server, family="wordpress")], archive, Policy())
    with pytest.raises(BadSite, match="two sites are called city"):
        crawl([site_of(server), site_of(server)], archive, Policy())
    with pytest.raises(BadSite, match="not ADDRESS:PORT"):
        crawl([site_of(server, allow=("loopback",))], archive, quick_policy())
