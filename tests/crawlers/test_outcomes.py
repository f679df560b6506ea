"""Every outcome there is: served, typed, in the ledger; none hangs a worker or loses the last good version."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import LIMITS, QUICK, quick_policy, site_of
from fault_server import (
    OK,
    Answer,
    FaultServer,
    bomb,
    closing,
    drip,
    encoded,
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
from crawlers.fetch import Access, Fetcher, Request
from crawlers.outcomes import Outcome

LEDGER_DOC = Path(__file__).parents[2] / "docs" / "ledger.md"

ANSWERS: dict[Outcome, Answer] = {
    Outcome.OK: page(report("new words")),
    Outcome.GONE: page(b"no", 404),
    Outcome.SOFT404: page("<p>您访问的页面不存在</p>".encode()),
    Outcome.BLOCKED: page(b"no", 403),
    Outcome.THROTTLED: page(b"later", 429, Retry_After="0"),
    Outcome.MAINTENANCE: page("<p>系统维护中</p><p>网站正在升级</p>".encode()),
    Outcome.REDIRECT_SHELL: page(b'<meta http-equiv="refresh" content="0;url=/moved.html">'),
    Outcome.SCRIPT_SHELL: page(b'<div id="app"></div><script src="/a.js"></script>'),
    Outcome.EMPTY: page(b"<html></html>"),
    Outcome.REDIRECT_LOOP: redirect(b"/redirect_loop.html"),
    Outcome.TRUNCATED: closing(OK + b"Content-Length: 9000\r\n\r\n" + report()[:500]),
    Outcome.TOO_LARGE: encoded(bomb(8), "gzip"),
    Outcome.DEADLINE: drip(OK + b"Content-Length: 4000\r\n\r\n"),
    Outcome.WRONG_TYPE: page(b"\x89PNG\r\n\x1a\nxx"),
    Outcome.SERVER_ERROR: page(b"oops", 500),
    Outcome.CLIENT_ERROR: page(b"no", 400),
    Outcome.PROTOCOL_ERROR: closing(b"GARBAGE\r\n\r\n"),
    Outcome.BAD_ADDRESS: redirect(b"ftp://x/y"),
    Outcome.OUT_OF_SCOPE: redirect(b"http://example.com/x"),
    Outcome.ROBOTS_DISALLOWED: redirect(b"/secret/x"),
    Outcome.NOT_MODIFIED: etagged(report("not_modified")),
}
"""Outcomes that a page of the first host can have, by its answer on the second night."""


@pytest.fixture
def second() -> Iterator[FaultServer]:
    server = FaultServer("127.0.0.2")
    yield server
    server.close()


@pytest.fixture
def plain_port() -> Iterator[int]:
    """A port that answers a handshake with a line of text."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_every_outcome_is_reached_and_stands_in_the_ledger(
    server: FaultServer, second: FaultServer, plain_port: int, archive: Archive
) -> None:
    names = [outcome.value for outcome in ANSWERS]
    server.pages["/list.html"] = link_list(
        (f"/{name}.html", report_title(number)) for number, name in enumerate(names)
    )
    for name in names:
        server.pages[f"/{name}.html"] = page(report(name))
    server.pages["/not_modified.html"] = ANSWERS[Outcome.NOT_MODIFIED]
    policy = quick_policy(
        workers=8,
        patience=replace(QUICK, tries=2, blocks=99, failures=99),
        limits=replace(LIMITS, page_seconds=2.0),
    )
    closed = f"127.0.0.1:{unused_port()}"
    openings = (server.opening, second.opening, closed, f"127.0.0.1:{plain_port}")
    site = site_of(server, allow=openings, hosts=("127.0.0.2",))
    assert crawl([site], archive, policy).complete
    before = {kept.source: kept.sha256 for kept in archive.pages()}

    for outcome, answer in ANSWERS.items():
        server.pages[f"/{outcome.value}.html"] = answer
    server.pages["/robots.txt"] = page(b"User-agent: *\nDisallow: /secret/", content_type="text/plain")
    server.pages["/moved.html"] = page(report("moved"))
    second.pages["/robots.txt"] = page(b"oops", 500)
    elsewhere = [
        second.url("/x.html"),  # robots_unreachable
        f"http://{closed}/x.html",  # connect_failed
        f"https://127.0.0.1:{plain_port}/x.html",  # tls
        f"http://127.0.0.1:{unused_port()}/x.html",  # blocked_address
    ]
    for number, address in enumerate(elsewhere):
        server.pages[f"/elsewhere{number}.html"] = redirect(address.encode())
    rows = [(f"/{name}.html", report_title(number)) for number, name in enumerate(names)]
    rows += [(f"/elsewhere{number}.html", report_title(40 + number)) for number in range(len(elsewhere))]
    server.pages["/list.html"] = link_list(rows)
    summary = crawl([site], archive, policy)

    challenged = FaultServer("127.0.0.4")
    challenged.pages["/list.html"] = page(b"<script>$_ts=window['$_ts']</script>", 412)
    crawl([site_of(challenged, id="challenged")], archive, policy)
    challenged.close()

    with archive.ledger.reading() as connection:
        seen = set(connection.execute(select(schema.attempts.c.outcome).distinct()).scalars())
    assert seen == {outcome.value for outcome in Outcome}
    # Each page came to the end it is named after, and none of them lost what was in force before.
    results = {
        known.source.rpartition("/")[2]: known.last_result for known in archive.ledger.known_pages("city")
    }
    renamed = {
        "ok": "changed",
        "soft404": "gone",
        "redirect_shell": "changed",
        "not_modified": "unchanged",
    }
    for outcome in ANSWERS:
        name = outcome.value
        assert results[f"{name}.html"] == renamed.get(name, name), name
    kept = {version.source: version.sha256 for version in archive.pages()}
    for source, sha256 in before.items():
        changed = source.endswith(("/ok.html", "/redirect_shell.html"))
        assert (kept[source] == sha256) != changed, source
    assert summary.sources[0].figures.state == "incomplete"


def test_every_outcome_is_documented() -> None:
    table = LEDGER_DOC.read_text("utf-8").partition("## Outcomes")[2].partition("\n\n`attempts.flags`")[0]
    documented = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert documented == {outcome.value for outcome in Outcome}


def test_a_configured_proxy_may_be_at_a_private_address_and_leads_to_none(server: FaultServer) -> None:
    server.pages["http://reports.gov.cn/r.html"] = page(report())
    fetcher = Fetcher("test", LIMITS, proxy=server.url(""))
    assert fetcher.fetch(Request("http://reports.gov.cn/r.html"), Access()).outcome is Outcome.OK
    inside = fetcher.fetch(Request(server.url("/secret")), Access())
    fetcher.close()
    assert inside.outcome is Outcome.BLOCKED_ADDRESS
    assert [hit.path for hit in server.hits] == ["http://reports.gov.cn/r.html"]
