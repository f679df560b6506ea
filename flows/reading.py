"""From archived bytes to frames, a batch of pages at a time. Plain functions, which worker processes run.

Nothing here knows Prefect. Batches go from process to process as files: a list of pages in, Parquet out.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from crawlers.errors import DamagedObject, UnknownObject
from crawlers.objects import open_objects
from crawlers.stores import StorePlace
from extractors.errors import ExtractorError
from extractors.kinds import kind_of, media_type
from extractors.read import EXTRACTOR_VERSION
from extractors.zipped import MARK, read_member
from flows.attached_reading import is_elsewhere, read_attached
from flows.page_reading import PageKey, books, read_one
from transforms.codebook_files import PARTS, fingerprint
from transforms.findings import Issue
from transforms.frames import Provenance, frames_of
from transforms.report import REPORT, PageReading

NO_REPORTS = frozenset({"notice", "blank_form", "list_page", "other"})
"""Outcomes of pages that are rightly no reports. Any other but `report` is a report that was refused."""


@dataclass(frozen=True, slots=True)
class NoReport:
    """A page or file that gave no report, and why."""

    source: str
    outcome: str
    message: str


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Where a batch's frames lie, and how its pages ended."""

    folder: Path
    outcomes: Counter[str]
    without: tuple[NoReport, ...]

    @property
    def refused(self) -> tuple[NoReport, ...]:
        """The pages that should have given a report."""
        return tuple(page for page in self.without if page.outcome not in NO_REPORTS)


@cache
def codebook_version(outcome: str) -> str:
    """The codebook's version as a page of that outcome depends on it: `<version>+<fingerprint of its part>`.

    What kind of page it is, is decided by the words for kinds of pages alone; only a report is held against
    labels, organs and regions as well.
    """
    codebook = books()[0]
    return f"{codebook.version}+{fingerprint(PARTS if outcome == REPORT else PARTS[:1])}"


def part_read(version: str) -> str:
    """The fingerprint in a version that `codebook_version` gave; empty where there is none."""
    return version.partition("+")[2]


def read_batch(
    batch: Path, objects: StorePlace | None, folder: Path, on_page: Callable[[], None] = lambda: None
) -> BatchResult:
    """Read the pages listed in `batch` and leave their frames in `folder`, one Parquet file a table.

    Bytes come from the archive's objects, or, where none are given, from the file that the source names.
    """
    outcomes: Counter[str] = Counter()
    without: list[NoReport] = []

    def count(key: PageKey, reading: PageReading) -> None:
        outcomes[reading.outcome] += 1
        if reading.outcome != "report":
            without.append(NoReport(key.source, reading.outcome, reading.reason or reading.outcome))
        on_page()

    stage(_versioned(read_pages(_contents(read_keys(batch), objects), count, objects)), folder)
    return BatchResult(folder, outcomes, tuple(without))


def read_pages(
    pages: Iterable[tuple[PageKey, bytes | Issue]],
    on_reading: Callable[[PageKey, PageReading], None] = lambda _key, _reading: None,
    objects: StorePlace | None = None,
) -> dict[str, pd.DataFrame]:
    """The checked frames of a batch of pages, each given as its bytes, or as the finding why there are none.

    The cyclic collector rests meanwhile: a batch keeps all that it makes until its end, in which a collector
    finds nothing and looks again and again. `on_reading` hears of each page as it is read; `objects` hold the files
    that belong to pages.
    """
    codebook = books()[0]

    def readings() -> Iterator[tuple[Provenance, PageReading]]:
        for key, content in pages:
            provenance, reading = _read_key(key, content, objects)
            on_reading(key, reading)
            yield provenance, reading

    with _collector_at_rest():
        return frames_of(readings(), codebook)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()


def _versioned(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    reports, pages = frames["reports"], frames["pages"]
    return frames | {
        "reports": reports.assign(codebook_version=pd.Series(codebook_version(REPORT), reports.index, "str")),
        "pages": pages.assign(codebook_version=pages["outcome"].map(codebook_version).astype("str")),
    }


def _read_key(
    key: PageKey, content: bytes | Issue, objects: StorePlace | None
) -> tuple[Provenance, PageReading]:
    if isinstance(content, Issue):
        unread = key.content_hash or key.sha256 or hashlib.sha256(b"").hexdigest()
        provenance = Provenance(key.source, key.fetched_at, unread, "", EXTRACTOR_VERSION)
        return provenance, PageReading(content.check, content.message, (), (content,))
    sha256 = key.sha256 or hashlib.sha256(content).hexdigest()
    read = read_one(content, key, *books())
    if read.document is None and objects is not None and kind_of(content) == "zip":
        # A list that links a ZIP file in a report's stead: the report is in it.
        found, read = read_attached(read, replace(key, attached=((key.source, sha256),)), [content])
    elif key.attached and objects is not None and is_elsewhere(read.reading):
        bodies = list(open_objects(objects).read_each(own for _, own in key.attached))
        found, read = read_attached(read, key, bodies)
        if found is not None:
            sha256, content = found
    page_hash = key.content_hash or None
    provenance = Provenance(key.source, key.fetched_at, sha256, media_type(content), read.version, page_hash)
    return provenance, read.reading


def _contents(keys: Sequence[PageKey], objects: StorePlace | None) -> Iterator[tuple[PageKey, bytes | Issue]]:
    if objects is None:
        yield from ((key, _file_content(key)) for key in keys)
        return
    bodies = open_objects(objects).read_each(key.sha256 for key in keys)
    for key, body in zip(keys, bodies, strict=True):
        yield key, body if isinstance(body, bytes) else _damage(body)


def _damage(error: UnknownObject | DamagedObject) -> Issue:
    return Issue(check="damaged_object", severity="error", message=str(error))


def _file_content(key: PageKey) -> bytes | Issue:
    file, _, member = key.source.partition(MARK)
    try:
        content = Path(file).read_bytes()
        return read_member(content, member) if member else content
    except ExtractorError as error:
        return Issue(check=error.state, severity="error", message=str(error))
    except OSError as error:
        return Issue(check="unreadable_file", severity="error", message=f"cannot be read ({error.strerror})")


def write_keys(keys: Iterable[PageKey], path: Path) -> None:
    """Write a batch: a JSON object a line."""
    with path.open("w", encoding="utf-8") as file:
        for key in keys:
            file.write(
                json.dumps(asdict(key), ensure_ascii=False, default=lambda moment: moment.isoformat()) + "\n"
            )


def read_keys(path: Path) -> list[PageKey]:
    """Read a batch as `write_keys` wrote it."""
    with path.open(encoding="utf-8") as lines:
        return [_key_of(json.loads(line)) for line in lines]


def _key_of(fields: dict[str, Any]) -> PageKey:
    fetched_at, list_date = fields.pop("fetched_at"), fields.pop("list_date")
    attached = tuple((address, sha256) for address, sha256 in fields.pop("attached"))
    return PageKey(
        **fields,
        attached=attached,
        fetched_at=datetime.fromisoformat(fetched_at) if fetched_at else None,
        list_date=date.fromisoformat(list_date) if list_date else None,
    )


def stage(frames: dict[str, pd.DataFrame], folder: Path) -> None:
    """Leave frames for the process that publishes them."""
    folder.mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", compression="lz4", index=False)


def staged(folder: Path) -> dict[str, pd.DataFrame]:
    """The frames of a batch, by table."""
    return {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


def staged_table(
    folder: Path,
    name: str,
    columns: list[str] | None = None,
    rows: list[list[tuple[str, str, object]]] | None = None,
) -> pd.DataFrame:
    """One frame of a batch, or some of its columns and rows; `rows` are filters as pandas takes them."""
    return pd.read_parquet(folder / f"{name}.parquet", columns=columns, filters=rows)
