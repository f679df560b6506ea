"""A server on loopback that answers exactly as badly as it is told: raw bytes, drips, resets, lies.

`FaultServer.pages` maps a path (query included, or without) to an answer: a function that gets the connection
and writes what it likes. Every request is noted in `hits` with its time, so that tests can count and measure.
"""

from __future__ import annotations

import gzip
import os
import socket
import socketserver
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Answer = Callable[["Connection"], None]


@dataclass
class Hit:
    at: float
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Connection:
    sock: socket.socket
    path: str
    headers: dict[str, str]
    body: bytes
    keep: bool = True

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """End with a TCP reset instead of a close."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.sock.detach())
        self.keep = False


class _Handler(socketserver.BaseRequestHandler):
    server: FaultServer

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = self.request.makefile("rb")
        try:
            while self._one(reader):
                pass
        except OSError:
            pass

    def _one(self, reader: Any) -> bool:
        line = reader.readline()
        if not line:
            return False
        headers = {}
        while (header := reader.readline()) not in {b"\r\n", b""}:
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        path = line.split()[1].decode("latin-1")
        self.server.hits.append(Hit(time.monotonic(), path, headers, body))
        connection = Connection(self.request, path, headers, body)
        self.server.answer_for(path)(connection)
        return connection.keep


class FaultServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), _Handler)
        self.pages: dict[str, Answer] = {}
        self.hits: list[Hit] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def opening(self) -> str:
        """What `allow` needs for this server."""
        return f"{self.server_address[0]}:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.opening}{path}"

    def answer_for(self, path: str) -> Answer:
        return self.pages.get(path) or self.pages.get(path.partition("?")[0]) or page(b"not here", status=404)

    def asked(self, path: str) -> list[Hit]:
        return [hit for hit in self.hits if hit.path == path]

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass

    def close(self) -> None:
        self.shutdown()
        self.server_close()


# Well-behaved answers

REPORT_WORDS = "本机关依法做好政府信息公开工作，收到申请并按期答复。" * 60


def report(words: str = "", end: str = "</body></html>") -> bytes:
    return f"<html><head><title>报告</title></head><body><p>{REPORT_WORDS}{words}</p>{end}".encode()


def page(body: bytes, status: int = 200, **headers: str) -> Answer:
    """An ordinary response with a right Content-Length; `content_type="…"` and so on as headers."""
    head = {"Content-Type": "text/html; charset=utf-8"}
    head |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode()
    return raw(b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n" % (status, lines, len(body)) + body)


def etagged(body: bytes, etag: str = '"1"') -> Answer:
    """Answers 304 to its own ETag, whatever the body is by then."""

    def answer(connection: Connection) -> None:
        if connection.headers.get("if-none-match") == etag:
            connection.send(b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % etag.encode())
        else:
            page(body, ETag=etag)(connection)

    return answer


def link_list(links: Iterable[tuple[str, str]], more: str = "") -> Answer:
    """A list page of (address, title), with a pager or anything else after it."""
    rows = "".join(f'<li><a href="{href}">{title}</a><span>2022-01-25</span></li>' for href, title in links)
    filler = "政府信息公开年报栏目" * 30
    return page(f"<html><body><p>{filler}</p><ul>{rows}</ul>{more}</body></html>".encode())


def report_title(number: int) -> str:
    return f"市审计局{2000 + number}年政府信息公开工作年度报告"


def redirect(location: bytes, status: int = 302, body: bytes = b"", encoding: bytes = b"") -> Answer:
    coded = b"Content-Encoding: %s\r\n" % encoding if encoding else b""
    return raw(
        b"HTTP/1.1 %d Found\r\nLocation: %s\r\n%sContent-Length: %d\r\n\r\n"
        % (status, location, coded, len(body))
        + body
    )


# Bad ones

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"


def raw(data: bytes, keep: bool = True) -> Answer:
    def answer(connection: Connection) -> None:
        connection.send(data)
        connection.keep = keep

    return answer


def closing(data: bytes) -> Answer:
    """Sends and closes, whatever its header promised."""
    return raw(data, keep=False)


def drip(head: bytes, piece: bytes = b"x", every: float = 0.05, times: int = 400) -> Answer:
    """A head at once, then a byte now and then."""

    def answer(connection: Connection) -> None:
        connection.send(head)
        for _ in range(times):
            connection.send(piece)
            time.sleep(every)
        connection.keep = False

    return answer


def endless() -> Answer:
    def answer(connection: Connection) -> None:
        connection.send(OK + b"Transfer-Encoding: chunked\r\n\r\n")
        connection.keep = False
        while True:
            connection.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    return answer


def silent(seconds: float) -> Answer:
    def answer(connection: Connection) -> None:
        time.sleep(seconds)
        connection.keep = False

    return answer


def reset_midway() -> Answer:
    def answer(connection: Connection) -> None:
        connection.send(OK + b"Content-Length: 1000\r\n\r\nabc")
        time.sleep(0.05)
        connection.reset()

    return answer


@cache
def bomb(mebibytes: int) -> bytes:
    """A gzip stream of so many MiB of zeros: about a thousandth of it on the wire."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    return b"".join([packer.compress(zeros) for _ in range(mebibytes)]) + packer.flush()


def gzipped(body: bytes, cut: float = 1.0, tail: bytes = b"", encoding: str = "gzip") -> Answer:
    packed = gzip.compress(body)
    return page(packed[: int(len(packed) * cut)] + tail, Content_Encoding=encoding)


def encoded(wire: bytes, encoding: str) -> Answer:
    return page(wire, Content_Encoding=encoding)


@dataclass
class Sequence:
    """Answers that change from request to request; the last one stays."""

    answers: list[Answer] = field(default_factory=list)

    def __call__(self, connection: Connection) -> None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer(connection)
