"""The fault list, one request at a time: each fault has its outcome, in time, in bounded memory."""

from __future__ import annotations

import gzip
import ipaddress
import os
import resource
import socket
import time
import zlib
from collections.abc import Iterator

import pytest
import requests
from fault_server import (
    OK,
    Answer,
    Connection,
    FaultServer,
    Sequence,
    bomb,
    closing,
    drip,
    encoded,
    endless,
    gzipped,
    page,
    raw,
    redirect,
    report,
    reset_midway,
    silent,
)

from crawlers import guarded
from crawlers.errors import BlockedAddress
from crawlers.fetch import Access, Fetcher, Request
from crawlers.guarded import GuardedAdapter, is_public, parse_openings, vetted_addresses
from crawlers.outcomes import Attempt, Outcome
from crawlers.policy import Limits
from crawlers.tls import make_context

BUDGET = 0.6
MARGIN = 0.5
"""For a busy machine; on an idle one, answers end within 0.2 s of their budget."""
LIMITS = Limits(
    page_seconds=BUDGET, file_seconds=BUDGET, connect_seconds=0.5, page_bytes=1 << 20, file_bytes=1 << 20
)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    fetcher = Fetcher("test", LIMITS)
    yield fetcher
    fetcher.close()


def ask(fetcher: Fetcher, server: FaultServer, path: str = "/x", **request: object) -> Attempt:
    return fetcher.fetch(Request(server.url(path), **request), Access(allow=(server.opening,)))  # type: ignore[arg-type]


REPORT = report()
LENGTH = b"Content-Length: %d\r\n\r\n"

FAULTS: dict[str, tuple[Answer, Outcome]] = {
    "slow body": (drip(OK + LENGTH % 4000), Outcome.DEADLINE),
    "slow chunks": (drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), Outcome.DEADLINE),
    "slow headers": (drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), Outcome.DEADLINE),
    "hang": (silent(5), Outcome.DEADLINE),
    "gzip bomb": (encoded(bomb(64), "gzip"), Outcome.TOO_LARGE),
    "nested bomb": (encoded(gzip.compress(bomb(64)), "gzip, gzip"), Outcome.TOO_LARGE),
    "three encodings": (encoded(b"x", "gzip, gzip, gzip"), Outcome.TOO_LARGE),
    "endless chunks": (endless(), Outcome.TOO_LARGE),
    "short content-length": (closing(OK + LENGTH % 9000 + REPORT[:500]), Outcome.TRUNCATED),
    "cut chunk": (closing(OK + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + b"x" * 500), Outcome.TRUNCATED),
    "no last chunk": (closing(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), Outcome.TRUNCATED),
    "bad chunk size": (closing(OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n"), Outcome.TRUNCATED),
    "half a gzip stream": (gzipped(os.urandom(20000), cut=0.5), Outcome.TRUNCATED),
    "half a gzip stream, no length": (
        closing(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(os.urandom(20000))[:9000]),
        Outcome.TRUNCATED,
    ),
    "redirect loop": (redirect(b"/x"), Outcome.REDIRECT_LOOP),
    "redirect elsewhere": (redirect(b"ftp://x/y"), Outcome.BAD_ADDRESS),
    "redirect to an over-long label": (redirect(b"http://" + b"a" * 70 + b".cn/"), Outcome.BAD_ADDRESS),
    "redirect with a password": (redirect(b"http://u:p@127.0.0.1/"), Outcome.BAD_ADDRESS),
    "bad status line": (closing(b"GARBAGE\r\n\r\nhello"), Outcome.PROTOCOL_ERROR),
    "200 headers": (
        raw(OK + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + LENGTH % 0),
        Outcome.PROTOCOL_ERROR,
    ),
    "a 70 KB header": (raw(OK + b"X: " + b"a" * 70000 + b"\r\n" + LENGTH % 0), Outcome.PROTOCOL_ERROR),
    "reset": (reset_midway(), Outcome.PROTOCOL_ERROR),
    "empty reply": (closing(b""), Outcome.PROTOCOL_ERROR),
    "429": (page(b"slow down", 429, Retry_After="86400"), Outcome.THROTTLED),
    "503 with Retry-After": (page(b"later", 503, Retry_After="abc"), Outcome.THROTTLED),
    "503": (page(b"oops", 503), Outcome.SERVER_ERROR),
    "status 999": (page(b"no", 999), Outcome.SERVER_ERROR),
    "404": (page(b"no", 404), Outcome.GONE),
    "400": (page(b"no", 400), Outcome.CLIENT_ERROR),
    "challenge 412": (page(b"<html><script>$_ts=window['$_ts']</script></html>", 412), Outcome.CHALLENGE),
    "challenge 200": (
        page(b"<html><script>var arg1='" + b"A" * 40 + b"'</script></html>"),
        Outcome.CHALLENGE,
    ),
    "challenge 521": (page(b"<script>document.cookie=('_')+('_')</script>", 521), Outcome.CHALLENGE),
    "forbidden": (page(b"no", 403), Outcome.BLOCKED),
    "soft 404": (page("<p>您访问的页面不存在</p>".encode()), Outcome.SOFT404),
    "maintenance": (page("<p>系统维护中</p><p>网站正在升级</p>".encode()), Outcome.MAINTENANCE),
    "nothing": (page(b"<html></html>"), Outcome.EMPTY),
    "a script shell": (page(b'<div id="app"></div><script src="/a.js"></script>'), Outcome.SCRIPT_SHELL),
    "a redirect shell": (page(b'<meta http-equiv="refresh" content="0;url=/y">'), Outcome.REDIRECT_SHELL),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_has_its_outcome_in_time(name: str, server: FaultServer, fetcher: Fetcher) -> None:
    answer, expected = FAULTS[name]
    server.pages["/x"] = answer
    began = time.monotonic()
    attempt = ask(fetcher, server)
    assert (attempt.outcome, attempt.outcome != Outcome.OK) == (expected, True), attempt.detail
    assert time.monotonic() - began < BUDGET + MARGIN
    # The worker, and the transport, are good for the next request.
    server.pages["/y"] = page(REPORT)
    assert ask(fetcher, server, "/y").outcome is Outcome.OK


def test_bombs_take_little_memory(server: FaultServer, fetcher: Fetcher) -> None:
    server.pages["/plain"] = encoded(bomb(512), "gzip")
    server.pages["/moved"] = redirect(b"/ok", body=bomb(512), encoding=b"gzip")
    server.pages["/ok"] = page(REPORT)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert ask(fetcher, server, "/plain").outcome is Outcome.TOO_LARGE
    assert ask(fetcher, server, "/moved").outcome is Outcome.OK
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


def test_a_false_gzip_header_and_a_junk_tail_are_read_and_flagged(
    server: FaultServer, fetcher: Fetcher
) -> None:
    server.pages["/lie"] = encoded(REPORT, "gzip")
    server.pages["/tail"] = gzipped(REPORT, tail=b"<!-- junk -->")
    server.pages["/odd"] = encoded(REPORT, "utf-8")
    for path, flag in (("/lie", "encoding_lie"), ("/tail", "trailing_junk"), ("/odd", "unknown_encoding")):
        attempt = ask(fetcher, server, path)
        assert (attempt.outcome, attempt.body, attempt.flags) == (Outcome.OK, REPORT, {flag})


def test_deflate_comes_in_two_formats(server: FaultServer, fetcher: Fetcher) -> None:
    bare = zlib.compressobj(9, zlib.DEFLATED, -15)
    server.pages["/zlib"] = encoded(zlib.compress(REPORT), "deflate")
    server.pages["/bare"] = encoded(bare.compress(REPORT) + bare.flush(), "deflate")
    assert [ask(fetcher, server, path).body for path in ("/zlib", "/bare")] == [REPORT, REPORT]


def test_completeness_needs_a_sign(server: FaultServer, fetcher: Fetcher) -> None:
    pdf = b"%PDF-1.7\n" + b"x" * 400
    server.pages["/whole"] = page(REPORT)
    server.pages["/cut"] = closing(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + REPORT[:3000])
    server.pages["/cut-by-length"] = page(REPORT[:3000])
    server.pages["/pdf"] = page(pdf, content_type="application/octet-stream")
    server.pages["/pdf-unframed"] = closing(b"HTTP/1.0 200 OK\r\n\r\n" + pdf)
    paths = ("/whole", "/cut", "/cut-by-length", "/pdf", "/pdf-unframed")
    attempts = [ask(fetcher, server, path) for path in paths]
    assert [attempt.outcome for attempt in attempts] == [Outcome.OK] * 5
    assert [attempt.complete for attempt in attempts] == [True, False, False, True, False]


def test_kind_goes_by_content(server: FaultServer, fetcher: Fetcher) -> None:
    server.pages["/report.pdf"] = page(REPORT, content_type="application/pdf")
    server.pages["/real.pdf"] = page(b"%PDF-1.7\nx", content_type="application/octet-stream")
    server.pages["/image.html"] = page(b"\x89PNG\r\n\x1a\nxx")
    assert ask(fetcher, server, "/report.pdf", is_file=True).outcome is Outcome.WRONG_TYPE
    assert ask(fetcher, server, "/real.pdf", is_file=True).outcome is Outcome.OK
    assert ask(fetcher, server, "/image.html").outcome is Outcome.WRONG_TYPE


def test_a_chinese_location_keeps_its_bytes(server: FaultServer, fetcher: Fetcher) -> None:
    for charset in ("gbk", "utf-8"):
        path = "".join(f"%{byte:02X}" for byte in "年报".encode(charset))
        server.pages[f"/{path}.html"] = page(REPORT)
        server.pages["/x"] = redirect(b"/" + "年报".encode(charset) + b".html")
        attempt = ask(fetcher, server)
        assert (attempt.outcome, attempt.final_url) == (Outcome.OK, server.url(f"/{path}.html"))
        assert attempt.hops == (server.url("/x"),)


def test_a_redirect_to_another_host_is_reported_and_not_followed(
    server: FaultServer, fetcher: Fetcher
) -> None:
    server.pages["/x"] = redirect(b"http://other.gov.cn/y")
    attempt = ask(fetcher, server)
    assert (attempt.outcome, attempt.target) == (Outcome.REDIRECTED, "http://other.gov.cn/y")


def test_a_stale_connection_costs_one_retry_and_no_error(server: FaultServer, fetcher: Fetcher) -> None:
    server.pages["/x"] = raw(OK + LENGTH % len(REPORT) + REPORT, keep=False)
    outcomes = []
    for _ in range(20):
        outcomes.append(ask(fetcher, server).outcome)
        time.sleep(0.005)
    assert set(outcomes) == {Outcome.OK}
    assert len(server.hits) == 20


def test_a_kept_connection_that_dies_under_a_request_is_replaced_once(
    server: FaultServer, fetcher: Fetcher
) -> None:
    server.pages["/x"] = Sequence([page(REPORT), closing(b""), page(REPORT), closing(b""), closing(b"")])
    attempts = [ask(fetcher, server) for _ in range(3)]
    assert [attempt.outcome for attempt in attempts] == [Outcome.OK, Outcome.OK, Outcome.PROTOCOL_ERROR]
    assert [attempt.flags for attempt in attempts] == [set(), {"stale_connection"}, {"stale_connection"}]
    assert len(server.hits) == 5


def test_a_connection_that_never_answered_is_not_retried(server: FaultServer, fetcher: Fetcher) -> None:
    server.pages["/x"] = Sequence([closing(b""), page(REPORT)])
    assert ask(fetcher, server).outcome is Outcome.PROTOCOL_ERROR
    assert len(server.hits) == 1


def test_a_port_where_nobody_listens(fetcher: Fetcher) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    attempt = fetcher.fetch(Request(f"http://127.0.0.1:{port}/"), Access(allow=(f"127.0.0.1:{port}",)))
    assert attempt.outcome is Outcome.CONNECT_FAILED


def test_a_name_that_does_not_resolve(fetcher: Fetcher) -> None:
    assert fetcher.fetch(Request("http://nowhere.invalid/"), Access()).outcome is Outcome.CONNECT_FAILED


PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:7f00:1::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_in_every_spelling_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


def test_public_addresses_are_public() -> None:
    for address in ("8.8.8.8", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808"):
        assert is_public(ipaddress.ip_address(address)), address


SPELLINGS = [
    "127.0.0.1",
    "localhost",
    "[::ffff:127.0.0.1]",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_nothing_reaches_a_private_listener(host: str, server: FaultServer, fetcher: Fetcher) -> None:
    attempt = fetcher.fetch(Request(f"http://{host}:{server.port}/secret"), Access())
    assert attempt.outcome in {Outcome.BLOCKED_ADDRESS, Outcome.CONNECT_FAILED, Outcome.BAD_ADDRESS}
    assert server.hits == []


def test_a_redirect_does_not_reach_a_private_listener(server: FaultServer, fetcher: Fetcher) -> None:
    inner = FaultServer()
    try:
        server.pages["/x"] = redirect(b"http://127.0.0.1:%d/secret" % inner.port)
        attempt = ask(fetcher, server, across_hosts=True)
        assert (attempt.outcome, inner.hits) == (Outcome.BLOCKED_ADDRESS, [])
    finally:
        inner.close()


def test_one_private_address_among_public_ones_refuses_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebinding name answers with both; what is vetted is what is connected to."""

    def lookup(*_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", (address, 80)) for address in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr(guarded.socket, "getaddrinfo", lookup)
    with pytest.raises(BlockedAddress, match=r"127\.0\.0\.1"):
        vetted_addresses("rebind.gov.cn", 80, ())


def test_a_name_is_resolved_once_for_each_connection(
    server: FaultServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First look-up opened, second one private: there is no second one to be fooled by."""
    asked: list[str] = []

    def lookup(host: str, port: int, *_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

    monkeypatch.setattr(guarded.socket, "getaddrinfo", lookup)
    server.pages["/x"] = page(REPORT)
    attempt = fetcher.fetch(Request(f"http://rebind.gov.cn:{server.port}/x"), Access(allow=(server.opening,)))
    assert (attempt.outcome, asked) == (Outcome.OK, ["rebind.gov.cn"])


def test_unusual_ports_need_an_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded.socket, "getaddrinfo", lambda *_: [(2, 1, 6, "", ("93.184.216.34", 6379))])
    with pytest.raises(BlockedAddress, match="6379"):
        vetted_addresses("redis.gov.cn", 6379, ())
    assert vetted_addresses("redis.gov.cn", 6379, parse_openings(("93.184.216.0/24:6379",)))


def test_proxy_variables_of_the_environment_are_ignored(
    server: FaultServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = FaultServer()
    try:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        server.pages["/x"] = page(REPORT)
        assert ask(fetcher, server).outcome is Outcome.OK
        assert proxy.hits == []
    finally:
        proxy.close()


def test_a_configured_proxy_is_used_and_private_targets_beyond_it_are_not(server: FaultServer) -> None:
    server.pages["http://reports.gov.cn/r.html"] = page(REPORT)
    fetcher = Fetcher("test", LIMITS, proxy=server.url(""))
    access = Access(allow=(server.opening,))
    assert fetcher.fetch(Request("http://reports.gov.cn/r.html"), access).outcome is Outcome.OK
    assert fetcher.fetch(Request("http://127.0.0.1:9/secret"), access).outcome is Outcome.BLOCKED_ADDRESS
    # An https target goes through a tunnel that this proxy refuses.
    assert fetcher.fetch(Request("https://reports.gov.cn/r.html"), access).outcome is not Outcome.OK
    assert [hit.path for hit in server.hits] == ["http://reports.gov.cn/r.html", "reports.gov.cn:443"]
    fetcher.close()


@pytest.mark.parametrize(("pools", "connections"), [(3, 3), (2, 9)])
def test_connections_are_kept_for_so_many_hosts(server: FaultServer, pools: int, connections: int) -> None:
    """Three hosts asked in turn, three times: where only two are kept, the one that comes next is never among them."""
    servers = [server, FaultServer("127.0.0.2"), FaultServer("127.0.0.3")]
    ports: set[tuple[str, int]] = set()

    def answer(connection: Connection) -> None:
        ports.add(connection.sock.getpeername() + connection.sock.getsockname())
        page(REPORT)(connection)

    adapter = GuardedAdapter(
        make_context("strict", None), parse_openings(tuple(each.opening for each in servers)), pools
    )
    for each in servers * 3:
        each.pages["/x"] = answer
        question = requests.Request("GET", each.url("/x")).prepare()
        with adapter.send(question, stream=True) as response:
            assert response.raw.read() == REPORT
    adapter.close()
    for each in servers[1:]:
        each.close()
    assert len(ports) == connections


def test_cookies_are_neither_kept_nor_sent(server: FaultServer, fetcher: Fetcher) -> None:
    server.pages["/x"] = page(REPORT, Set_Cookie="id=1; path=/")
    ask(fetcher, server)
    ask(fetcher, server)
    assert all("cookie" not in hit.headers for hit in server.hits)
