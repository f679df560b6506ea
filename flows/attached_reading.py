"""Reports whose tables stand in files that belong to their page: in one of the files, or in pictures that it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from crawlers.errors import DamagedObject, UnknownObject
from extractors.document import Block, Document, Grid, Image
from extractors.errors import ExtractorError
from extractors.isolated import read_isolated
from extractors.kinds import IMAGES, kind_of
from extractors.zipped import files_in
from flows.page_reading import PageKey, Read, books, read_one, refused
from flows.versions import LACKED
from transforms.findings import Issue
from transforms.report import REPORT, PageReading, read_page

ELSEWHERE = frozenset({"attachment_only", "image_tables", "table_absent"})
"""Findings on a report's page that shows no tables of its own."""

Body = bytes | UnknownObject | DamagedObject
"""What the archive holds of a file, or why it holds nothing."""


def is_elsewhere(reading: PageReading) -> bool:
    """Whether a page is a report's, and its tables may stand in a file that belongs to it."""
    found = {issue.check for report in reading.reports for issue in report.issues}
    return not reading.reports or bool(found & ELSEWHERE)


@dataclass(frozen=True, slots=True)
class _Best:
    """The file with most tables so far."""

    tables: int
    sha256: str
    body: bytes
    read: Read


def read_attached(page: Read, key: PageKey, bodies: Sequence[Body]) -> tuple[tuple[str, bytes] | None, Read]:
    """The file that holds most of the report's tables: its hash and bytes, and what it gave.

    Where none does, the page is read with its pictures in their places, and the file is None. What the page says of
    itself (title, meta tags) stands for all. Where no table is found at all, the page's own reading stays, with an
    issue for each file that says why.
    """
    best: _Best | None = None
    refusals: list[Issue] = []
    pictures: dict[str, bytes] = {}
    for (address, sha256), body in zip(key.attached, bodies, strict=True):
        if isinstance(body, bytes) and kind_of(body) in IMAGES:
            pictures[address] = body
            continue
        for name, part in files_in(address, body) if isinstance(body, bytes) else [(address, body)]:
            read = _read_part(part, key, page.document)
            tables = tables_read(read.reading)
            if tables and isinstance(body, bytes) and (best is None or tables > best.tables):
                best = _Best(tables, sha256, body, _told_of(read, f"{name}, a file of {key.source}", name))
            elif not tables:
                refusals.append(_refusal(name, read.reading))
    if best is not None:
        return (best.sha256, best.body), best.read
    if pictures and page.document is not None and page.reading.outcome == REPORT:
        read, unread = _read_with_pictures(page.document, key, pictures)
        if tables_read(read.reading):
            return None, _told_of(read, f"the pictures of {key.source}", " ".join(pictures))
        refusals += unread
    return None, Read(_with_issues(page.reading, refusals), page.document)


def tables_read(reading: PageReading) -> int:
    """How many tables were found and read."""
    states = [table.state for report in reading.reports for table in report.tables.all()]
    return sum(state in ("exact", "inferred", "partial") for state in states)


def _read_part(
    part: bytes | UnknownObject | DamagedObject | ExtractorError, key: PageKey, page: Document | None
) -> Read:
    if isinstance(part, bytes):
        return read_one(part, key, *books(), page)
    return Read(refused(part.state if isinstance(part, ExtractorError) else "damaged_object", str(part)))


def _read_with_pictures(
    page: Document, key: PageKey, pictures: Mapping[str, bytes]
) -> tuple[Read, list[Issue]]:
    """The page with the tables of its pictures, and why there are none in those that show none."""
    shown: dict[str, Document] = {}
    refusals: list[Issue] = []
    for address, body in pictures.items():
        try:
            picture = read_isolated(body)
        except ExtractorError as error:
            refusals.append(Issue(error.state, "error", f"{address}: {error}", observed=address))
            continue
        if any(isinstance(block, Grid) for block in picture.blocks):
            shown[address] = picture
        else:
            lacked = next((check for check in LACKED if check in picture.flags), "attachment_unread")
            refusals.append(Issue(lacked, "error", f"{address}: a picture without a table", observed=address))
    document = with_pictures(page, shown)
    return Read(read_page(document, key.page, *books()), document), refusals


def with_pictures(page: Document, shown: Mapping[str, Document]) -> Document:
    """A page with what its pictures show, by their addresses, where they stand; behind it where that is not known."""
    left = {_file_name(address): picture for address, picture in shown.items()}

    def blocks() -> Iterator[Block]:
        for block in page.blocks:
            picture = left.pop(_file_name(block.source), None) if isinstance(block, Image) else None
            yield from (block,) if picture is None else picture.blocks
        for picture in left.values():
            yield from picture.blocks

    flags = page.flags.union(*(picture.flags for picture in shown.values()))
    return replace(page, blocks=tuple(blocks()), flags=flags)


def _file_name(address: str) -> str:
    return urlsplit(address).path.rpartition("/")[2]


def _told_of(read: Read, where: str, observed: str) -> Read:
    """A reading that tells where its tables stand."""
    told = Issue("attachment", "info", f"read from {where}", observed=observed)
    return Read(_with_issues(read.reading, [told]), read.document)


def _refusal(name: str, reading: PageReading) -> Issue:
    why = reading.reason or reading.outcome
    found = {issue.check for report in reading.reports for issue in report.issues}
    lacked = next((check for check in LACKED if check in found), "attachment_unread")
    check = reading.outcome if reading.outcome != REPORT else lacked
    return Issue(check, "error", f"{name}: {why}", observed=name)


def _with_issues(reading: PageReading, issues: Sequence[Issue]) -> PageReading:
    reports = tuple(replace(report, issues=(*report.issues, *issues)) for report in reading.reports)
    return replace(reading, reports=reports, issues=reading.issues if reports else (*reading.issues, *issues))
