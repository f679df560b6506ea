"""Three thousand hosts on loopback, for `benchmarks.crawling`: is any delay violated, at what rate, at what cost?"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.verdicts import verdict
from crawlers.archive import Archive
from crawlers.crawl import crawl
from crawlers.policy import Limits, Patience, Policy
from crawlers.sites import Site

ROOT = Path(__file__).parents[1]


@dataclass
class Simulation:
    """Hosts 127.a.b.c on one port. Each notes when its last answer ended and the shortest pause that
    followed."""

    delay: float
    latency: float
    pages: int
    ended: dict[str, float] = field(default_factory=dict)
    shortest: float = 1e9
    violations: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    first: float = 0.0
    last: float = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = str(writer.get_extra_info("sockname")[0])
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self._note(host)
                await asyncio.sleep(self.latency)
                body = self._body(head.split(b" ", 2)[1].decode())
                self.ended[host] = self.last = time.monotonic()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
                    + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _note(self, host: str) -> None:
        now = time.monotonic()
        self.first = self.first or now
        self.requests[host] += 1
        if host in self.ended:
            pause = now - self.ended[host]
            self.shortest = min(self.shortest, pause)
            self.violations += pause < self.delay

    def _body(self, path: str) -> bytes:
        if path == "/robots.txt":
            return b"User-agent: *\nAllow: /\n"
        if path == "/list.html":
            rows = "".join(
                f'<li><a href="/r{n}.html">市审计局{2000 + n}年政府信息公开工作年度报告</a><span>2022-01-25</span></li>'
                for n in range(self.pages)
            )
            return f"<html><body><p>{'政府信息公开年报' * 40}</p><ul>{rows}</ul></body></html>".encode()
        # About what a report weighs; its own on every address.
        return f"<html><body><p>{path}</p>{'<p>依法办理政府信息公开申请并按期答复。</p>' * 900}</body></html>".encode()

    def report(self) -> dict[str, float]:
        return {
            "hosts": len(self.requests),
            "requests": sum(self.requests.values()),
            "seconds": self.last - self.first,
            "violations": self.violations,
            "shortest": self.shortest,
        }


async def simulate(hosts: list[str], port: int, simulation: Simulation) -> None:
    stop = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGTERM, lambda: stop.done() or stop.set_result(None)
    )
    servers = [await asyncio.start_server(simulation.serve, host, port) for host in hosts]
    print("ready", flush=True)
    await stop
    print(json.dumps(simulation.report()), flush=True)
    for server in servers:
        server.close()
    # Connections that the crawler keeps open need no farewell.
    sys.stdout.flush()
    os._exit(0)


def host_names(count: int) -> list[str]:
    return [f"127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}" for n in range(count)]


def _free_port() -> int:
    """A port that nobody listens at, so that two measurements on one machine do not ask each other's hosts."""
    with socket.socket() as sock:
        sock.bind(("", 0))
        return int(sock.getsockname()[1])


def hosts(count: int, delay: float, pages: int, workers: int, latency: float = 0.3) -> int:
    port = _free_port()
    arguments = [str(value) for value in (count, port, delay, latency, pages)]
    command = [sys.executable, "-m", "benchmarks.crawling", "simulate", *arguments]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert server.stdout is not None
    if server.stdout.readline().strip() != b"ready":
        raise SystemExit(f"the simulated hosts did not come up on port {port}")
    opening = f"127.0.0.0/8:{port}"
    sites = [
        Site(f"s{n}", f"s{n}", (f"http://{host}:{port}/list.html",), delay_seconds=delay, allow=(opening,))
        for n, host in enumerate(host_names(count))
    ]
    policy = Policy(workers=workers, limits=Limits(page_seconds=20), patience=Patience(circuit_seconds=0.0))
    with tempfile.TemporaryDirectory() as folder, Archive(Path(folder)) as archive:
        before = resource.getrusage(resource.RUSAGE_SELF)
        began = time.monotonic()
        summary = crawl(sites, archive, policy)
        wall = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_SELF)
    server.send_signal(signal.SIGTERM)
    seen = json.loads(server.stdout.read())
    server.wait()
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / wall
    per_host = pages + 2
    # A host that answers at once is asked again after max(delay, 5 × latency), 30 s at most.
    pause = max(delay, min(5 * latency, 30.0))
    allowed = count * per_host / (per_host * latency + (per_host - 1) * pause)
    rate = seen["requests"] / seen["seconds"]
    complete = sum(source.figures.state == "complete" for source in summary.sources)
    print(
        f"{count} hosts, {pages} pages each, delay {delay} s, latency {latency} s, {workers} workers: "
        f"{seen['requests']:.0f} requests in {seen['seconds']:.1f} s = {rate:.1f}/s, "
        f"{rate / allowed:.1%} of the {allowed:.1f}/s that the delays allow; "
        f"shortest pause {seen['shortest']:.3f} s, violations {seen['violations']:.0f}; "
        f"{complete} sources complete; peak memory {after.ru_maxrss / 1024:.0f} MB; {cpu:.0%} of a core "
        f"({cpu * wall / seen['requests'] * 1000:.2f} ms a request)"
    )
    return verdict(
        {
            "a delay was violated": seen["violations"] > 0,
            "slower than 95 % of what the delays allow": rate < 0.95 * allowed,
            "300 MB or more": after.ru_maxrss / 1024 >= 300,
            "more than half a core": cpu > 0.5,
            "a source is not complete": complete < count,
        }
    )
