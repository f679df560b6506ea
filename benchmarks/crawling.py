"""What the crawler promises, measured on loopback.

`python -m benchmarks.crawling kills`  kill -9 at random moments of a crawl of the sample site, thirty times:
    nothing acknowledged is lost, and the rerun ends equal to an undisturbed run.
`python -m benchmarks.crawling hosts`  three thousand hosts of 127.0.0.0/8 with 300 ms latency and twenty
pages each:
    no delay violated, at least 95 % of the rate the delays allow, under 300 MB and half a core.
`python -m benchmarks.crawling quiet`  a night in which nothing changed: one conditional request a page.
`python -m benchmarks.crawling private` every way to a private listener that is known here: no request
arrives.

Each prints its figures; a missed bar is named and gives exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import http.server
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import yaml

from benchmarks.crawling_hosts import Simulation, host_names, hosts, simulate
from benchmarks.verdicts import verdict
from crawlers.archive import Archive
from crawlers.crawl import crawl
from crawlers.events import Event, PageDone
from crawlers.fetch import Access, Fetcher, Request
from crawlers.policy import Limits, Patience, Policy
from crawlers.sites import Site

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample_site"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        """A file of the sample site, or a redirect to whatever `/to?ADDRESS` names."""
        if not self.path.startswith("/to?"):
            super().do_GET()
            return
        self.log_request()
        self.send_response_only(302)
        self.send_header("Location", unquote(self.path.removeprefix("/to?"), "latin-1"))
        self.send_header("Content-Length", "0")
        self.end_headers()


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A crawl that was killed resets its connection; nobody wants to read of it."""


@contextmanager
def sample_server() -> Iterator[int]:
    """The sample site on loopback; yields the port."""
    handler = functools.partial(_Quiet, directory=str(SAMPLE))
    server = _Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def sample_sites(port: int, delay: float) -> list[Site]:
    rows = yaml.safe_load((SAMPLE / "site.yaml").read_text("utf-8"))["sites"]
    opening = f"127.0.0.1:{port}"
    return [
        Site(
            row["id"],
            row["name"],
            (f"http://{opening}{row['list']}",),
            region=row["region"],
            family=row["family"],
            delay_seconds=delay,
            allow=(opening,),
        )
        for row in rows
    ]


def quick_policy(workers: int = 4) -> Policy:
    return Policy(workers=workers, patience=Patience(latency_factor=0.0, backoff=0.05, circuit_seconds=0.0))


# kill -9


def crawl_and_note(root: Path, port: int, delay: float) -> None:
    """In a process of its own: crawl the sample site and write down each acknowledged page."""
    with Path(f"{root}.acknowledged").open("a", buffering=1, encoding="utf-8") as acknowledged:

        def note(event: Event) -> None:
            if isinstance(event, PageDone):
                acknowledged.write(event.source + "\n")

        print("ready", flush=True)
        with Archive(root) as archive:
            crawl(sample_sites(port, delay), archive, quick_policy(), note)


def contents(archive: Archive) -> list[tuple[str, str, int]]:
    return [(page.source, page.sha256, page.version) for page in archive.pages(current=False)]


@dataclass(frozen=True)
class Undisturbed:
    """The crawl that nobody killed: how long it took and what it left."""

    seconds: float
    contents: list[tuple[str, str, int]]


@dataclass
class Kills:
    killed: int = 0
    finished_first: int = 0
    acknowledged: int = 0
    lost: int = 0
    damaged: int = 0
    orphans: int = 0
    temporaries: int = 0
    unequal: int = 0
    twice: int = 0


def kills(rounds: int, delay: float = 0.01) -> int:
    found = Kills()
    with sample_server() as port, tempfile.TemporaryDirectory() as folder:
        with Archive(Path(folder) / "undisturbed") as archive:
            began = time.monotonic()
            crawl(sample_sites(port, delay), archive, quick_policy())
            undisturbed = Undisturbed(time.monotonic() - began, contents(archive))
        for number in range(rounds):
            root = Path(folder) / f"archive{number}"
            _kill_one(root, port, delay, undisturbed.seconds, found)
            _judge(root, port, undisturbed, found)
    print(f"undisturbed: {len(undisturbed.contents)} pages in {undisturbed.seconds:.2f} s")
    print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in vars(found).items()))
    bad = found.lost or found.damaged or found.unequal or found.twice
    return verdict(
        {"something acknowledged was lost, damaged, fetched twice, or the rerun differs": bool(bad)}
    )


def _kill_one(root: Path, port: int, delay: float, lasts: float, found: Kills) -> None:
    """Start a crawl in a process of its own and kill it at a random moment."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.crawling",
        "crawl-and-note",
        str(root),
        str(port),
        str(delay),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(random.uniform(0.02, lasts))
    found.finished_first += process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    found.killed += 1


def _judge(root: Path, port: int, undisturbed: Undisturbed, found: Kills) -> None:
    """What the kill left, and whether the rerun ends as if nothing had happened."""
    acknowledged = Path(f"{root}.acknowledged").read_text("utf-8").split()
    found.acknowledged += len(acknowledged)
    with Archive(root) as archive:
        kept = {page.source for page in archive.pages()}
        found.lost += len(set(acknowledged) - kept)
        report = archive.verify()
        found.damaged += len(report.damaged)
        found.orphans += len(report.orphans)
        found.temporaries += len(list((root / "tmp").iterdir()))
        again: list[str] = []
        summary = crawl(
            sample_sites(port, 0.0),
            archive,
            quick_policy(),
            lambda event: again.append(event.source) if isinstance(event, PageDone) else None,
        )
        if summary.run_id == 1:
            found.twice += len(set(again) & kept)
        found.unequal += contents(archive) != undisturbed.contents
        archive.sweep(older_than_seconds=-1)
        found.damaged += len(archive.verify().damaged) + len(archive.verify().orphans)


# A night without change, and the private listener


def quiet() -> int:
    with sample_server() as port, tempfile.TemporaryDirectory() as folder, Archive(Path(folder)) as archive:
        sites = sample_sites(port, 0.0)
        first = crawl(sites, archive, quick_policy())
        objects = len(list((archive.root / "objects").glob("*/*")))
        second = crawl(sites, archive, quick_policy())
        pages = len(list(archive.pages()))
        written = len(list((archive.root / "objects").glob("*/*"))) - objects
    print(
        f"first night {dict(first.outcomes)}, second {dict(second.outcomes)}; {pages} pages, {written} objects written"
    )
    return verdict(
        {"more than one request a page": second.outcomes.get("not_modified") != pages, "wrote": written > 0}
    )


SPELLINGS = (
    "127.0.0.1",
    "127.0.0.1.",
    "127.8.8.8",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "2130706433",
    "0x7f000001",
    "0.0.0.0",
    "0",
    "localhost",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[64:ff9b:1::7f00:1]",
    "[::7f00:1]",
    "0x7f.1",
    "0177.1",
    "%31%32%37.0.0.1",
    "１２７.0.0.1",
    "127。0。0。1",
    "a%2F@127.0.0.1",
)


def private() -> int:
    """Straight and by redirect, each spelling of loopback against a listener that counts."""
    with sample_server() as port, sample_server() as open_port:
        hits: list[str] = []
        _Quiet.log_message = lambda self, *_: hits.append(self.path)  # type: ignore[method-assign]
        fetcher = Fetcher("bench", Limits(page_seconds=2))
        outcomes: Counter[str] = Counter()
        redirects: list[str] = []
        access = Access((f"127.0.0.1:{open_port}",))
        for host in SPELLINGS:
            address = f"http://{host}:{port}/index.html"
            straight = Request(address)
            by_redirect = Request(
                f"http://127.0.0.1:{open_port}/to?{quote(address, safe='')}", across_hosts=True
            )
            for request in (straight, by_redirect):
                attempt = fetcher.fetch(request, access)
                outcomes[attempt.outcome.value] += 1
                redirects += attempt.hops
        fetcher.close()
    arrived = [path for path in hits if not path.startswith("/to?")]
    print(
        f"{len(SPELLINGS)} spellings, straight and by {len(redirects)} redirects: {dict(outcomes)}; "
        f"requests that arrived: {len(arrived)}"
    )
    return verdict(
        {
            "a request reached the private listener": bool(arrived),
            "a redirect was not tried": len(redirects) < len(SPELLINGS),
        }
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = parser.add_subparsers(dest="part", required=True)
    of_kills = parts.add_parser("kills")
    of_kills.add_argument("--rounds", type=int, default=30)
    of_hosts = parts.add_parser("hosts")
    of_hosts.add_argument("--count", type=int, default=3000)
    of_hosts.add_argument("--delay", type=float, default=25.0)
    of_hosts.add_argument("--pages", type=int, default=20)
    of_hosts.add_argument("--workers", type=int, default=128)
    parts.add_parser("quiet")
    parts.add_parser("private")
    for name, names in (("crawl-and-note", 3), ("simulate", 5)):
        parts.add_parser(name).add_argument("values", nargs=names)
    options = parser.parse_args()
    if options.part == "kills":
        return kills(options.rounds)
    if options.part == "hosts":
        return hosts(options.count, options.delay, options.pages, options.workers)
    if options.part == "simulate":
        count, port, delay, latency, pages = options.values
        simulation = Simulation(float(delay), float(latency), int(pages))
        asyncio.run(simulate(host_names(int(count)), int(port), simulation))
        return 0
    if options.part == "crawl-and-note":
        root, port, delay = options.values
        crawl_and_note(Path(root), int(port), float(delay))
        return 0
    return {"quiet": quiet, "private": private}[options.part]()


if __name__ == "__main__":
    sys.exit(main())
