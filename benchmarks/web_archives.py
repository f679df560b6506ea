"""A web archive of 20,000 records in and out by command: seconds, and the largest memory of each process.

`python -m benchmarks.web_archives` writes a WARC file of pages (about 60 KB each, some PDF and DOCX among them, and
the requests and answers of other kinds that a crawl leaves beside them), imports it as a file, then from a pipe into
an archive that knows it all, exports the archive, and has another reader (fastwarc) read every body back. With
`backfill` it also takes the file by `gongkai backfill --warc`, which reads what it took: every process of that tree is
watched. A missed bar: exit code 1.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import psutil
import yaml
from fastwarc.warc import ArchiveIterator, WarcRecordType
from pyarrow.dataset import dataset
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from benchmarks.corpus.formats import draw_report, write_docx, write_reportlab
from benchmarks.made_pages import made_pages
from benchmarks.verdicts import verdict

BAR_MB = 300.0
BACKFILL_MB = 1024.0
"""What a build may take: the backfill reads and publishes in the same process."""
PDF_EACH, DOCX_EACH, OTHER_EACH = 40, 60, 10
"""Every so many records is a file of that kind, or brings a request and a picture with it."""
_MEDIA = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_WATCHED_EACH = 0.2
_STARTED = datetime(2024, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that came to its end: its exit code and words, seconds, and its processes' largest memory in MB."""

    code: int
    told: str
    seconds: float
    memory: dict[str, float]

    @property
    def most(self) -> float:
        """The largest process."""
        return max(self.memory.values())


def records(count: int) -> Iterator[tuple[str, str, bytes]]:
    """So many pages and files: address, kind, body; no two alike."""
    reports = [draw_report(1, number) for number in range(3)]
    pdfs, docs = [write_reportlab(report) for report in reports], [write_docx(report) for report in reports]
    for number, page in enumerate(made_pages(count)):
        address = page.source.removesuffix(".html")
        if number % PDF_EACH == 1:
            # What stands behind the end of a PDF is no part of it.
            yield f"{address}.pdf", "pdf", pdfs[number % 3] + f"\n%{number}\n".encode()
        elif number % DOCX_EACH == 2:
            yield f"{address}.docx", "docx", docs[number % 3] + number.to_bytes(4, "little")
        else:
            yield page.source, "html", page.content


def write_warc(out: BinaryIO, count: int) -> dict[str, str]:
    """A compressed web archive with so many pages; the hash of each body by its address."""
    writer = WARCWriter(out, gzip=True)
    writer.write_record(writer.create_warcinfo_record("made.warc.gz", {"software": "a benchmark"}))
    hashes = {}
    for number, (address, kind, body) in enumerate(records(count)):
        at = (_STARTED + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        if number % OTHER_EACH == 0:
            _write_request(writer, address, at)
            _write_response(writer, f"{address}.png", b"\x89PNG\r\n\x1a\n" + bytes(400), at, "image/png")
        _write_response(writer, address, body, at, _MEDIA[kind])
        hashes[address] = hashlib.sha256(body).hexdigest()
    return hashes


def _write_request(writer: WARCWriter, address: str, at: str) -> None:
    http = StatusAndHeaders("GET / HTTP/1.1", [("Accept", "*/*")], is_http_request=True)
    dated = {"WARC-Date": at}
    writer.write_record(
        writer.create_warc_record(address, "request", http_headers=http, warc_headers_dict=dated)
    )


def _write_response(writer: WARCWriter, address: str, body: bytes, at: str, media: str) -> None:
    fields = [("Content-Type", media), ("Content-Length", str(len(body)))]
    writer.write_record(
        writer.create_warc_record(
            address, "response", payload=io.BytesIO(body), length=len(body),
            http_headers=StatusAndHeaders("200 OK", fields, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": at},
        )
    )  # fmt: skip


def run(command: Sequence[str], config: Path, piped: Path | None = None) -> Ran:
    """Run `gongkai …` and watch the memory of every process that it starts."""
    began = time.monotonic()
    with (piped or Path(os.devnull)).open("rb") as stdin:
        process = psutil.Popen(
            [str(Path(sys.executable).with_name("gongkai")), *command, "--config", str(config)],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        watched = _Watched(process)
        told = process.stdout.read().decode()
        memory = watched.ended()
        code = process.wait()
    return Ran(code, told, time.monotonic() - began, memory)


class _Watched:
    """The largest memory of a process and of all that descend from it, as the kernel counted it."""

    def __init__(self, process: psutil.Process) -> None:
        self._process, self._over = process, threading.Event()
        self._most: dict[int, tuple[str, float]] = {}
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(_WATCHED_EACH):
            self._look()

    def _look(self) -> None:
        try:
            tree = [self._process, *self._process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for process in tree:
            try:
                status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
                name = " ".join(process.cmdline()[1:4])
            except (OSError, psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            # VmHWM: what the process held at its largest, whenever that was.
            peaks = [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")]
            if peaks and name:
                self._most[process.pid] = name, peaks[0]

    def ended(self) -> dict[str, float]:
        """The largest memory by name of process, in MB."""
        self._over.set()
        self._thread.join()
        named: dict[str, float] = {}
        for name, size in self._most.values():
            named[name] = max(named.get(name, 0.0), size)
        return named


def configured(folder: Path) -> Path:
    """A configuration of its own in a new folder."""
    folder.mkdir(parents=True)
    config = folder / "config.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "contact": "a benchmark",
                "data": {"archive": "archive", "datasets": "parquet", "state": "state", "releases": "releases"},
                "build": {"processes": 2},
                "schedule": {"cron": "30 2 * * *"},
                "sites": [{"id": "none", "name": "无", "region": "000000", "family": "plain",
                           "lists": ["http://127.0.0.1:9/"], "status": "unverified"}],
            }
        )
    )  # fmt: skip
    return config


def read_back(file: Path) -> dict[str, str]:
    """The hash of every response body by its address, as fastwarc reads it."""
    found = {}
    with file.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
            found[record.headers["WARC-Target-URI"]] = hashlib.sha256(record.reader.read()).hexdigest()
    return found


def show(name: str, ran: Ran, count: int) -> None:
    """A line a command."""
    memory = ", ".join(f"{who or 'gongkai'} {size:.0f}" for who, size in sorted(ran.memory.items()))
    print(f"{name:<16} {ran.seconds:7.1f} s {count / ran.seconds:6.0f} records/s | MB: {memory}", flush=True)
    print(f"    {' '.join(ran.told.split())[-200:]}", flush=True)


def in_and_out(work: Path, warc: Path, hashes: dict[str, str]) -> dict[str, bool]:
    """Import by file and by pipe, export, read back; which bars were missed."""
    config, out, count = configured(work / "import"), work / "out.warc.gz", len(hashes)
    taken = run(["archive", "import", str(warc)], config)
    show("import", taken, count)
    piped = run(["archive", "import", "-"], config, warc)
    show("again, piped", piped, count)
    written = run(["archive", "export", "--warc", str(out)], config)
    show("export", written, count)
    same = read_back(out) == hashes
    print(f"fastwarc reads {'every body back' if same else 'OTHER BODIES'}", flush=True)
    return {
        "records taken": f"{count:,} new" not in taken.told or f"{count:,} unchanged" not in piped.told,
        "memory": max(taken.most, piped.most, written.most) > BAR_MB,
        "read back": not same,
        "exit code": any(ran.code for ran in (taken, piped, written)),
    }


def backfill(work: Path, warc: Path, hashes: dict[str, str]) -> dict[str, bool]:
    """Take and read the file by one command; which bars were missed."""
    config = configured(work / "backfill")
    ran = run(["backfill", "--warc", str(warc)], config)
    show("backfill", ran, len(hashes))
    published = config.parent / "parquet"
    reports, pages = (dataset(published / name).count_rows() for name in ("reports", "pages"))
    print(f"{pages:,} pages and {reports:,} reports in the tables", flush=True)
    return {
        "exit code of backfill": ran.code not in (0, 1),
        "records read": (reports, pages) != (len(hashes), len(hashes)),
        "memory of backfill": ran.most > BACKFILL_MB,
    }


PARTS = {"archive": in_and_out, "backfill": backfill}


def main() -> int:
    """Make, take, write, compare; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["archive"], help="archive, backfill; the first without")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--work", type=Path, help="folder to work in, kept; a temporary one without")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gongkai-warc-") as temporary:
        work = given.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        warc = work / "in.warc.gz"
        began = time.monotonic()
        with warc.open("wb") as out:
            hashes = write_warc(out, given.count)
        made = time.monotonic() - began
        print(
            f"made {len(hashes):,} records, {warc.stat().st_size / 1e6:.0f} MB, in {made:.0f} s", flush=True
        )
        missed: dict[str, bool] = {}
        for part in given.parts:
            missed |= PARTS[part](work, warc, hashes)
    return verdict(missed)


if __name__ == "__main__":
    sys.exit(main())
