"""Servers nastier than the fault list: answers that aim at the client's own parsing, and at where it connects."""

from __future__ import annotations

import gzip
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import zstandard
from fault_server import (
    OK,
    Answer,
    Connection,
    FaultServer,
    closing,
    encoded,
    page,
    raw,
    redirect,
    report,
)

from crawlers import guarded
from crawlers.addresses import fetch_address, is_front_page, names_an_error
from crawlers.challenges import shell_target
from crawlers.errors import BadAddress
from crawlers.fetch import Access, Fetcher, Request
from crawlers.markup import text_of
from crawlers.outcomes import Attempt, Outcome
from crawlers.policy import Limits

BUDGET = 0.6
MARGIN = 0.5
REPORT = report()
LENGTH = b"Content-Length: %d\r\n\r\n"
LIMITS = Limits(page_seconds=BUDGET, connect_seconds=2.0, page_bytes=1 << 20)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    fetcher = Fetcher("test", LIMITS)
    yield fetcher
    fetcher.close()


def ask(fetcher: Fetcher, server: FaultServer, path: str = "/x", **request: object) -> Attempt:
    return fetcher.fetch(Request(server.url(path), **request), Access(allow=(server.opening,)))  # type: ignore[arg-type]


def flood(head: bytes, piece: bytes) -> Answer:
    def answer(connection: Connection) -> None:
        connection.keep = False
        connection.send(head)
        while True:
            connection.send(piece * 500)

    return answer


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ONE_CHUNK = b"%x\r\n%s\r\n0\r\n" % (len(REPORT), REPORT)

READ: dict[str, Answer] = {
    "an early hint": raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + OK + LENGTH % len(REPORT) + REPORT),
    "three 100s": raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + OK + LENGTH % len(REPORT) + REPORT),
    "HTTP/1.0": closing(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + REPORT),
    "trailers": raw(CHUNKED + ONE_CHUNK + b"X-Sum: 1\r\n\r\n"),
    "a length beside chunks": raw(CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n") + ONE_CHUNK + b"\r\n"),
    "a senseless length": closing(OK + b"Content-Length: abc\r\n\r\n" + REPORT),
    "a cookie of 60 KB": page(REPORT, Set_Cookie="a=" + "b" * 60000),
    "ninety cookies": raw(OK + b"Set-Cookie: a=b\r\n" * 90 + LENGTH % len(REPORT) + REPORT),
    "gzip that is not declared": page(gzip.compress(REPORT)),
    "plain text as deflate": encoded(REPORT, "deflate"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_odd_answers_are_read_as_they_are_meant(name: str, server: FaultServer, fetcher: Fetcher) -> None:
    server.pages["/x"] = READ[name]
    attempt = ask(fetcher, server)
    assert (attempt.outcome, attempt.body) == (Outcome.OK, REPORT), attempt.detail
    # What is left on the connection answers no later request.
    server.pages["/y"] = page(report("the other page"))
    assert ask(fetcher, server, "/y").body == report("the other page")


REFUSED: dict[str, tuple[Answer, Outcome]] = {
    "a flood of 100s": (flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), Outcome.PROTOCOL_ERROR),
    "a flood of 102s": (flood(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), Outcome.PROTOCOL_ERROR),
    "a flood of trailers": (flood(CHUNKED + ONE_CHUNK, b"X: 1\r\n"), Outcome.DEADLINE),
    "no head at all": (closing(REPORT), Outcome.PROTOCOL_ERROR),
    "HTTP/2": (closing(b"HTTP/2 200\r\n\r\n" + REPORT), Outcome.PROTOCOL_ERROR),
    "two lengths": (raw(OK + b"Content-Length: 5\r\n" + LENGTH % len(REPORT) + REPORT), Outcome.PROTOCOL_ERROR),
    "304 unasked": (raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), Outcome.PROTOCOL_ERROR),
    "206 unasked": (page(REPORT, 206, Content_Range="bytes 0-99/9000"), Outcome.TRUNCATED),
    "brotli": (encoded(b"\x1b\x03\x00\xf8" + os.urandom(900), "br"), Outcome.WRONG_TYPE),
    "zstd": (encoded(zstandard.compress(REPORT), "zstd"), Outcome.WRONG_TYPE),
    "gzip of what is not there": (encoded(b"\x1f\x8b", "gzip"), Outcome.TRUNCATED),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_answers_have_their_outcome_in_time(name: str, server: FaultServer, fetcher: Fetcher) -> None:
    answer, expected = REFUSED[name]
    server.pages["/x"] = answer
    began = time.monotonic()
    attempt = ask(fetcher, server)
    assert attempt.outcome is expected, attempt.detail
    assert time.monotonic() - began < BUDGET + MARGIN
    server.pages["/y"] = page(REPORT)
    assert ask(fetcher, server, "/y").body == REPORT


def test_a_304_with_a_body_spoils_no_later_answer(server: FaultServer, fetcher: Fetcher) -> None:
    server.pages["/x"] = raw(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello")
    server.pages["/y"] = page(REPORT)
    assert ask(fetcher, server, etag='"1"').outcome is Outcome.NOT_MODIFIED
    assert ask(fetcher, server, "/y").body == REPORT


def test_a_handshake_that_drips_ends_at_the_deadline(fetcher: Fetcher) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            # The head of a TLS record of 16 KB, and then a byte now and then.
            connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
            try:
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.05)
            except OSError:
                return

    threading.Thread(target=drip, daemon=True).start()
    port = listener.getsockname()[1]
    began = time.monotonic()
    attempt = fetcher.fetch(Request(f"https://127.0.0.1:{port}/"), Access((f"127.0.0.1:{port}",)))
    listener.close()
    assert attempt.outcome is Outcome.DEADLINE
    assert time.monotonic() - began < BUDGET + MARGIN


PRIVATE_LOCATIONS = [
    b"http://127.0.0.1:%d/secret",
    b"//127.0.0.1:%d/secret",
    b"http://[::1]:%d/secret",
    b"http://[::ffff:127.0.0.1]:%d/secret",
    b"http://[::ffff:7f00:1]:%d/secret",
    b"http://[64:ff9b::7f00:1]:%d/secret",
    b"http://2130706433:%d/secret",
    b"http://0177.0.0.1:%d/secret",
    b"http://0x7f.1:%d/secret",
    b"http://127.1:%d/secret",
    b"http://%%31%%32%%37.0.0.1:%d/secret",
    "http://１２７.0.0.1:%d/secret".encode(),
    "http://127。0。0。1:%d/secret".encode(),
    b"http://localhost:%d/secret",
    b"http://8.8.8.8\\@127.0.0.1:%d/secret",
    b"http://8.8.8.8%%2F@127.0.0.1:%d/secret",
    b"http://127.0.0.1%%2F8.8.8.8:%d/secret",
]


@pytest.mark.parametrize("location", PRIVATE_LOCATIONS)
def test_no_spelling_of_a_redirect_reaches_a_private_listener(
    location: bytes, server: FaultServer, fetcher: Fetcher
) -> None:
    inner = FaultServer()
    try:
        server.pages["/x"] = redirect(b"/hop")
        server.pages["/hop"] = redirect(location % inner.port)
        attempt = ask(fetcher, server, across_hosts=True)
        refused = {Outcome.BLOCKED_ADDRESS, Outcome.BAD_ADDRESS, Outcome.CONNECT_FAILED}
        assert (attempt.outcome in refused, inner.hits) == (True, []), attempt.detail
    finally:
        inner.close()


@pytest.mark.parametrize("order", [("93.184.216.34", "10.0.0.7"), ("10.0.0.7", "93.184.216.34")])
def test_a_name_with_public_and_private_answers_is_never_connected_to(
    order: tuple[str, str], fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        guarded.socket,
        "getaddrinfo",
        lambda _host, port, *_: [(2, 1, 6, "", (address, port)) for address in order],
    )
    attempt = fetcher.fetch(Request("http://mixed.gov.cn/"), Access())
    assert (attempt.outcome, "10.0.0.7" in attempt.detail) == (Outcome.BLOCKED_ADDRESS, True)


def test_a_line_break_in_a_location_starts_no_header(server: FaultServer, fetcher: Fetcher) -> None:
    server.pages["/x"] = raw(b"HTTP/1.1 302 F\r\nLocation: /y\rX-Evil: 1\r\nContent-Length: 0\r\n\r\n")
    server.pages["/z"] = redirect(b"/y%0d%0aX-Evil:%201")
    ask(fetcher, server)
    ask(fetcher, server, "/z")
    assert all("x-evil" not in hit.headers for hit in server.hits)
    assert all("\r" not in hit.path and " " not in hit.path for hit in server.hits)


def test_hosts_are_written_as_they_are_looked_up() -> None:
    assert fetch_address("http://中国.cn/年报") == "http://xn--fiqs8s.cn/年报"
    assert fetch_address("http://%77ww.sz.gov.cn/") == "http://www.sz.gov.cn/"
    for address in ("http://a%2Fb.gov.cn/", "http://a%0d%0ab.gov.cn/", "http://a%00b/", "http://a b.cn/"):
        with pytest.raises(BadAddress):
            fetch_address(address)


def test_front_pages_and_error_pages_are_known_by_their_addresses() -> None:
    for address in ("http://a.gov.cn", "https://www.a.gov.cn/", "http://a.gov.cn/index.html"):
        assert is_front_page(address)
    assert not is_front_page("http://a.gov.cn/zwgk/")
    for address in ("http://a.gov.cn/404.htm", "http://a.gov.cn/error/x.html", "http://a.gov.cn/page404.jsp"):
        assert names_an_error(address)
    for address in (
        "http://a.gov.cn/art/404/1.html",
        "http://a.gov.cn/c40404/",
        "http://a.gov.cn/error_log/",
    ):
        assert not names_an_error(address)


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "undefined", "unicode_escape", "utf-7", "zlib", "hex", "x\0y", "utf-32"]
)
def test_a_declared_charset_that_no_browser_knows_reaches_no_codec(charset: str) -> None:
    body = '<html><a href="/x">年报</a>\\u5e74'.encode("gbk")
    assert text_of(body, charset) == '<html><a href="/x">年报</a>\\u5e74'


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("declared", [None, "utf-16", "utf-8", "gbk"])
def test_a_list_in_utf_16_is_read_with_or_without_a_mark(charset: str, declared: str | None) -> None:
    markup = '<html><head><title>x</title></head><body><a href="/x.html">年报</a></body></html>'
    assert text_of(markup.encode(charset), declared) == markup


def test_a_shell_is_followed_however_it_is_written() -> None:
    for markup in (
        '<meta http-equiv="refresh" content="0;url=/a.html?x=1&amp;y=2">',
        "<META content='0; URL=/a.html?x=1&amp;y=2' HTTP-EQUIV='Refresh'>",
        "<meta http-equiv=refresh content=0;url=/a.html?x=1&amp;y=2>",
        '<script>window.location.replace("/a.html?x=1&y=2")</script>',
        "<script>top.location.href = '/a.html?x=1&y=2';</script>",
    ):
        assert shell_target(markup) == "/a.html?x=1&y=2", markup
    assert shell_target("<script>location.href = '/a/' + name;</script>") is None
    assert shell_target('<meta http-equiv="refresh" content="300">') is None
