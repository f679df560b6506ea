"""Files that a report's page links instead of showing tables: fetched as part of the report, kept beside the page.

Whether a page is a report is not known here. A page without a table of any size that links files is one whose
content may be in them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.filter import SoupStrainer
from sqlalchemy import select

from crawlers import ledger_schema as schema
from crawlers.addresses import FILE_SUFFIXES, canonical_key, names_a_file
from crawlers.challenges import file_kind
from crawlers.database import put_rows
from crawlers.ledger import Ledger
from crawlers.markup import text_of
from crawlers.records import Known

MOST_FILES = 8
"""Links to more files than this are a list of downloads, not a report's attachment."""
_CELL = re.compile(r"<t[dh]\b", re.IGNORECASE)
_SUFFIXES = [re.compile(rf"{sign}(?i:{'|'.join(sorted(FILE_SUFFIXES))})\b".encode()) for sign in (r"\.", ";")]
"""Most pages without tables link no file either: looking for a suffix behind its dot, or behind the entity of a
dot, spares them being decoded and parsed. Two patterns that each begin with one sign are found several times as
fast as one that begins with either."""
FEWEST_CELLS = 60
"""Cells of a page that shows its tables; the smallest of them alone has a dozen."""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that belongs to a page: its address, and the hash of the bytes in force."""

    source: str
    sha256: str


def linked_files(address: str, body: bytes, declared_charset: str | None) -> list[str]:
    """The addresses of the files that a page without tables links, in page order; none for any other page."""
    if file_kind(body) is not None or not _may_name_a_file(body):
        return []
    markup = text_of(body, declared_charset)
    if len(_CELL.findall(markup)) >= FEWEST_CELLS:
        return []
    links = BeautifulSoup(markup, "html.parser", parse_only=SoupStrainer("a"))
    found: list[str] = []
    for link in links.find_all("a", href=True):
        try:
            target = urljoin(address, str(link["href"]).strip())
            scheme = urlsplit(target).scheme
        except ValueError:
            continue
        if scheme in {"http", "https"} and names_a_file(target) and target not in found:
            found.append(target)
    return found if len(found) <= MOST_FILES else []


def _may_name_a_file(body: bytes) -> bool:
    """Whether a suffix stands in the bytes. Every charset of Chinese pages writes them alike, but UTF-16, where each
    ASCII sign has a NUL beside it."""
    return b"\0" in body or any(suffix.search(body) for suffix in _SUFFIXES)


def note_attached(ledger: Ledger, key: str, files: Sequence[str]) -> list[Known]:
    """Remember which files belong to a page, in their order; gives what is known of each."""
    now = datetime.now(UTC)
    attached = schema.attached
    keys = [canonical_key(file) for file in files]
    known = attached_to(ledger, key)
    if [file.key for file in known] == list(dict.fromkeys(keys)):
        return known
    pages = [
        {"key": own, "source": file, "first_listed_at": now} for own, file in zip(keys, files, strict=True)
    ]
    rows = [{"key": key, "attached": own, "position": at} for at, own in enumerate(dict.fromkeys(keys))]
    with ledger.writing() as connection:
        connection.execute(attached.delete().where(attached.c.key == key))
        if rows:
            put_rows(connection, schema.pages, pages)
            put_rows(connection, attached, rows, refresh=("position",))
    return attached_to(ledger, key)


def attached_to(ledger: Ledger, key: str) -> list[Known]:
    """What is known of the files that belong to a page, in their order."""
    attached = schema.attached
    query = select(attached.c.attached).where(attached.c.key == key).order_by(attached.c.position)
    with ledger.reading() as connection:
        keys = connection.execute(query).scalars().all()
    return [ledger.page(own) for own in keys]


def all_attached(ledger: Ledger) -> dict[str, tuple[AttachedFile, ...]]:
    """The archived files of every page, by the page's key."""
    attached, versions, pages = schema.attached, schema.versions, schema.pages
    query = (
        select(attached.c.key, pages.c.source, versions.c.sha256)
        .join(versions, (versions.c.key == attached.c.attached) & versions.c.current.is_(True))
        .join(pages, pages.c.key == attached.c.attached)
        .order_by(attached.c.key, attached.c.position)
    )
    found: dict[str, tuple[AttachedFile, ...]] = {}
    with ledger.reading() as connection:
        for key, source, sha256 in connection.execute(query):
            found[key] = (*found.get(key, ()), AttachedFile(source, sha256))
    return found
