"""Web archives (WARC): records of anyone's crawl into our archive, and our archive as WARC.

Records are streamed: a few bodies are held at a time, whatever the file's size, and enter the archive together. A
record enters with its own date and address; it never takes the place of a version that was fetched later.
"""

from __future__ import annotations

import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

from sqlalchemy import select
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.timeutils import iso_date_to_datetime
from warcio.warcwriter import WARCWriter

from crawlers import ledger_schema as schema
from crawlers.addresses import canonical_key
from crawlers.archive import WEB_ARCHIVE, Archive
from crawlers.challenges import classify
from crawlers.outcomes import Attempt, Outcome

SITE = "warc"
"""What stands in the ledger as the source of imported pages; their own tags say whose they are."""
LARGEST_BODY = 64 << 20
_BATCH_RECORDS, _BATCH_BYTES = 64, 8 << 20
"""So many records, or bytes of bodies, share a transaction and its wait for the disk."""
_PUTS_AT_ONCE = 4
"""Bodies whose wait for the disk overlaps."""
_READ = 1 << 16
_KINDS = frozenset({"html", "pdf", "zip", "ole", "rtf"})
"""What is taken, by content: HTML, PDF, and the files that office programs write."""


@dataclass(slots=True)
class Imported:
    """What a web archive gave: pages by result, records passed over by reason; `torn` where it broke off."""

    results: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)
    torn: str = ""

    @property
    def records(self) -> int:
        """Records that entered the archive, or were there already."""
        return self.results.total()


@dataclass(frozen=True, slots=True)
class _Response:
    url: str
    at: datetime
    headers: dict[str, str]
    body: bytes
    flags: frozenset[str]


def import_warc(archive: Archive, stream: BinaryIO, name: str) -> Imported:
    """Take the response records of a WARC file, plain or compressed, which may be a pipe. `name` is for messages.

    A torn or damaged end costs what follows it and is told in `torn`; all before it is kept.
    """
    told = Imported()
    run_id = archive.ledger.open_run(f"{WEB_ARCHIVE}{name} {datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}", 0.0)
    try:
        with ThreadPoolExecutor(_PUTS_AT_ONCE) as pool:
            for batch in _batches(_responses(stream, told)):
                told.results.update(_take(archive, run_id, batch, pool))
    finally:
        archive.ledger.close_run(run_id)
    return told


def _batches(responses: Iterator[_Response]) -> Iterator[list[_Response]]:
    batch: list[_Response] = []
    size = 0
    for response in responses:
        batch.append(response)
        size += len(response.body)
        if len(batch) == _BATCH_RECORDS or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _responses(stream: BinaryIO, told: Imported) -> Iterator[_Response]:
    records = iter(ArchiveIterator(stream, arc2warc=True))
    while True:
        try:
            record = next(records, None)
            if record is None:
                return
            found = _response_of(record, told)
        except (ArchiveLoadFailed, EOFError, zlib.error, ValueError, OSError) as error:
            told.torn = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            return
        if found is not None:
            yield found


def _response_of(record: object, told: Imported) -> _Response | None:
    """The page that a record holds, or None with the reason counted. Raises what a torn record raises."""
    kind = getattr(record, "rec_type")  # noqa: B009 (warcio has no types)
    if kind != "response":
        told.passed_over[f"{kind} record"] += 1
        return None
    headers = record.rec_headers  # type: ignore[attr-defined]
    url, date = headers.get_header("WARC-Target-URI") or "", headers.get_header("WARC-Date") or ""
    http = record.http_headers  # type: ignore[attr-defined]
    url = url.strip("<>")
    if not url.startswith(("http://", "https://")) or http is None or not date:
        told.passed_over["no page"] += 1
        return None
    declared = int(headers.get_header("Content-Length") or 0)
    raw, body = _body(record)
    if body is None:
        told.passed_over["too large"] += 1
        return None
    if raw < declared:
        raise EOFError(f"{url}: {raw} bytes of {declared}")
    fields = {name.lower(): value for name, value in http.headers}
    status = int(http.get_statuscode() or 0) if (http.get_statuscode() or "").isdigit() else 0
    verdict = classify(status, fields, body)
    if status != 200 or verdict.outcome is not Outcome.OK:
        told.passed_over[verdict.outcome.value if status == 200 else f"status {status}"] += 1
        return None
    if verdict.detail not in _KINDS:
        told.passed_over[verdict.detail] += 1
        return None
    return _Response(url, _instant(date), fields, body, verdict.flags)


def _body(record: object) -> tuple[int, bytes | None]:
    """How many bytes of a record came, and its decoded body; no body where it is larger than any report."""
    limited = record.raw_stream  # type: ignore[attr-defined]
    whole = limited.limit if hasattr(limited, "limit") else 0
    stream = record.content_stream()  # type: ignore[attr-defined]
    # Its value is the buffer itself: joined parts would be held twice.
    body = io.BytesIO()
    while part := stream.read(_READ):
        if body.tell() + len(part) > LARGEST_BODY:
            return whole, None
        body.write(part)
    left = limited.limit if hasattr(limited, "limit") else 0
    head = int(record.rec_headers.get_header("Content-Length") or 0)  # type: ignore[attr-defined]
    return head - left, body.getvalue()


def _instant(text: str) -> datetime:
    moment: datetime = iso_date_to_datetime(text)
    return moment.replace(tzinfo=UTC)


def _take(archive: Archive, run_id: int, batch: Sequence[_Response], pool: ThreadPoolExecutor) -> list[str]:
    """Put a batch's bodies, all of them on the disk before the ledger names one; what became of each."""
    hashes = pool.map(archive.put, (response.body for response in batch))
    ends = [
        (canonical_key(response.url), _attempt(response), sha256)
        for response, sha256 in zip(batch, hashes, strict=True)
    ]
    return archive.ledger.note_pages(run_id, SITE, ends)


def _attempt(response: _Response) -> Attempt:
    return Attempt(
        response.url, response.url, Outcome.OK, "from a web archive", response.at, 0.0, 200, response.headers,
        response.body, complete=True, flags=response.flags,
    )  # fmt: skip


def export_warc(archive: Archive, out: BinaryIO) -> int:
    """Write every archived version as a response record, each compressed by itself; returns how many.

    The body is what the archive holds, decoded; its headers say so. Raises UnknownObject, DamagedObject.
    """
    writer = WARCWriter(out, gzip=True)
    writer.write_record(
        writer.create_warcinfo_record("gongkai.warc.gz", {"software": "gongkai", "format": "WARC/1.1"})
    )
    versions = schema.versions
    query = select(
        versions.c.fetched_url, versions.c.sha256, versions.c.fetched_at, versions.c.content_type,
        versions.c.declared_charset,
    ).order_by(versions.c.key, versions.c.version)  # fmt: skip
    written = 0
    with archive.ledger.reading() as connection:
        for url, sha256, at, content_type, charset in connection.execute(query):
            body = archive.read(sha256)
            media = (content_type or "application/octet-stream") + (f"; charset={charset}" if charset else "")
            fields = [("Content-Type", media), ("Content-Length", str(len(body)))]
            http = StatusAndHeaders("200 OK", fields, protocol="HTTP/1.1")
            date = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            writer.write_record(
                writer.create_warc_record(
                    url, "response", payload=io.BytesIO(body), length=len(body), http_headers=http,
                    warc_headers_dict={"WARC-Date": date},
                )
            )  # fmt: skip
            written += 1
    return written
