"""Files that a report's page links, or pictures that it shows, instead of tables: fetched as part of the report, kept
beside the page.

Whether a page is a report is not known here. A page without a table of any size that links files, or else shows
pictures, is one whose content may be in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from bs4 import Tag
from bs4.filter import SoupStrainer
from sqlalchemy import select

from crawlers import ledger_schema as schema
from crawlers.addresses import (
    FILE_SUFFIXES,
    PICTURE_SUFFIXES,
    canonical_key,
    names_a_file,
    names_a_picture,
)
from crawlers.challenges import file_kind
from crawlers.database import put_rows
from crawlers.errors import BadAddress, ListUnreadable
from crawlers.families.listing import soup_of
from crawlers.ledger import Ledger
from crawlers.markup import text_of
from crawlers.records import Known

MOST_FILES = 8
"""Links to more files than this are a list of downloads, not a report's attachment."""
MOST_PICTURES = 20
"""More pictures than this are no pages of a report."""
_CELL, _CELL_IN_BYTES = re.compile(r"<t[dh]\b", re.IGNORECASE), re.compile(rb"<t[dh]\b", re.IGNORECASE)
_SUFFIXES = [
    re.compile(rf"{sign}(?i:{'|'.join(sorted(FILE_SUFFIXES | PICTURE_SUFFIXES))})\b".encode())
    for sign in (r"\.", ";")
]
"""Most pages without tables link no file either: looking for a suffix behind its dot, or behind the entity of a
dot, spares them being decoded and parsed. Two patterns that each begin with one sign are found several times as
fast as one that begins with either."""
FEWEST_CELLS = 60
"""Cells of a page that shows its tables; the smallest of them alone has a dozen."""
_DECORATION = re.compile(
    r"icon|logo|qrcode|ewm|wechat|weixin|weibo|print|share|arrow|banner|jiucuo|dzjg|beian|blank|loading",
    re.IGNORECASE,
)
_PIXELS = re.compile(r"\s*(\d{1,5})\s*(?:px)?\s*")
_SMALLEST = {"width": 300, "height": 150}
"""Pixels that the page gives a picture at least in which anybody could read a table."""
_LAZY = ("data-src", "data-original", "src")
"""Where a picture's address stands: sites that load pictures late put a placeholder under `src`."""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that belongs to a page: its address, and the hash of the bytes in force."""

    source: str
    sha256: str


def linked_files(address: str, body: bytes, declared_charset: str | None) -> list[str]:
    """The addresses of the files that a page without tables links, in page order, or else of the pictures that it
    shows; none for any other page, nor for one with more links than any report."""
    if file_kind(body) is not None or not _may_name_a_file(body):
        return []
    if len(_CELL_IN_BYTES.findall(body)) >= FEWEST_CELLS:
        return []
    markup = text_of(body, declared_charset)
    if len(_CELL.findall(markup)) >= FEWEST_CELLS:
        return []
    try:
        soup = soup_of(markup, SoupStrainer(["a", "img"]))
    except ListUnreadable:
        return []
    links = (str(link["href"]) for link in soup.find_all("a", href=True))
    if files := _addresses(links, address, names_a_file):
        return files if len(files) <= MOST_FILES else []
    pictures = _addresses(filter(None, map(_picture, soup.find_all("img"))), address, names_a_picture)
    return pictures if len(pictures) <= MOST_PICTURES else []


def _addresses(hrefs: Iterable[str], base: str, wanted: Callable[[str], bool]) -> list[str]:
    found: dict[str, None] = {}
    for href in hrefs:
        try:
            target = urljoin(base, href.strip())
            if urlsplit(target).scheme in {"http", "https"} and wanted(target):
                # What has no key, such as a host with two dots in a row, can be neither asked nor remembered.
                canonical_key(target)
                found[target] = None
        except (ValueError, BadAddress):
            continue
    return list(found)


def _picture(image: Tag) -> str:
    """Where a picture lies; nothing for an icon, a logo, and whatever is too small to read."""
    source = next((str(image[name]) for name in _LAZY if image.get(name)), "")
    sizes = ((_PIXELS.fullmatch(str(image.get(side) or "")), least) for side, least in _SMALLEST.items())
    is_small = any(size is not None and int(size[1]) < least for size, least in sizes)
    return "" if is_small or _DECORATION.search(source) else source


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
