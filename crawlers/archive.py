"""The archive: every body once, named by its SHA-256, and a ledger that acknowledges it only when it is on
the disk.

The order (temporary file, fsync, rename, fsync of the folder, then the ledger's commit) lost nothing in
trials with kill -9: what the ledger names, exists; what a kill leaves behind is at most a temporary or
unnamed file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import zstandard
from sqlalchemy import func, select

from crawlers import ledger_schema as schema
from crawlers.errors import ArchiveError, ArchiveFull, DamagedObject, UnknownObject
from crawlers.ledger import Ledger

_LEVEL = 6
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MAX_OBJECT = 1 << 30


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """A version of a page with its provenance. `source` is the page's address as first listed, `fetched_url`
    the one that gave these bytes; `content_type` and `declared_charset` are what the server said, true or
    not."""

    source: str
    fetched_url: str
    site_id: str | None
    site_name: str | None
    site_region: str | None
    sha256: str
    fetched_at: datetime
    content_type: str | None
    declared_charset: str | None
    list_title: str | None
    list_date: date | None
    version: int
    tls_profile: str | None
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Damage:
    """An object that is missing or no longer what its name says, and the pages that rest on it."""

    sha256: str
    reason: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification found. Orphans are objects that no version or attempt names: harmless, and
    removable."""

    checked: int
    damaged: tuple[Damage, ...]
    orphans: tuple[str, ...]


class Archive:
    """An archive under `root`: `objects/ab/abcdef….zst`, `tmp/`, `ledger.sqlite` (or another database)."""

    def __init__(self, root: Path, ledger_address: str | None = None) -> None:
        """Open or create. Raises ArchiveError when the folder or the ledger cannot be used."""
        self.root = Path(root)
        self._objects = self.root / "objects"
        self._tmp = self.root / "tmp"
        # Folders whose own entry is surely on the disk; whoever made them may not have synced it yet.
        self._safe_folders: set[str] = set()
        try:
            for folder in (self._tmp, self._objects):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _as_archive_error(error, self.root) from error
        self.ledger = Ledger(ledger_address or f"sqlite:///{self.root / 'ledger.sqlite'}")

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()

    def __enter__(self) -> Archive:
        """The archive itself, closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the ledger."""
        self.close()

    def put(self, body: bytes) -> str:
        """Store a body for good and return its SHA-256; on the disk when this returns. Raises ArchiveFull."""
        sha256 = hashlib.sha256(body).hexdigest()
        path = self._path(sha256)
        if path.exists():
            return sha256
        temporary = self._tmp / f"{os.getpid()}-{uuid.uuid4().hex}"
        packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(body)
        try:
            _write_through(temporary, packed)
            if path.parent.name not in self._safe_folders:
                path.parent.mkdir(exist_ok=True)
                _sync_folder(self._objects)
                self._safe_folders.add(path.parent.name)
            temporary.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _as_archive_error(error, path) from error
        return sha256

    def read(self, sha256: str) -> bytes:
        """The body of that hash, verified. Raises UnknownObject, DamagedObject."""
        try:
            packed = self._path(sha256).read_bytes()
        except FileNotFoundError:
            raise UnknownObject(f"no object {sha256}") from None
        try:
            body = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MAX_OBJECT)
        except zstandard.ZstdError as error:
            raise DamagedObject(f"object {sha256}: {error}") from error
        if hashlib.sha256(body).hexdigest() != sha256:
            raise DamagedObject(f"object {sha256}: its bytes have another hash")
        return body

    def pages(self, current: bool = True) -> Iterator[ArchivedPage]:
        """Report pages in the order of their keys: the version in force of each, or with current=False all of
        them."""
        versions = schema.versions
        yield from self._pages(versions.c.current.is_(True) if current else None)

    def versions(self, source: str) -> list[ArchivedPage]:
        """Every version of the page that answers to this address in any spelling, oldest first."""
        with self.ledger.reading() as connection:
            key = connection.execute(
                select(schema.aliases.c.key).where(schema.aliases.c.url == source)
            ).scalar_one_or_none()
        return [] if key is None else list(self._pages(schema.versions.c.key == key))

    def _pages(self, wanted: object) -> Iterator[ArchivedPage]:
        pages, versions, listings, sites = schema.pages, schema.versions, schema.listings, schema.sites
        # A page listed by several sites belongs to the first by id, whichever crawl came first.
        owner = (
            select(listings.c.key, func.min(listings.c.site_id).label("site_id"))
            .group_by(listings.c.key)
            .subquery()
        )
        query = (
            select(
                pages.c.source,
                versions.c.fetched_url,
                owner.c.site_id,
                sites.c.name,
                sites.c.region,
                versions.c.sha256,
                versions.c.fetched_at,
                versions.c.content_type,
                versions.c.declared_charset,
                listings.c.title,
                listings.c.published_on,
                versions.c.version,
                versions.c.tls_profile,
                versions.c.flags,
            )
            .join(pages, pages.c.key == versions.c.key)
            .outerjoin(owner, owner.c.key == versions.c.key)
            .outerjoin(listings, (listings.c.key == owner.c.key) & (listings.c.site_id == owner.c.site_id))
            .outerjoin(sites, sites.c.id == owner.c.site_id)
            .order_by(versions.c.key, versions.c.version)
        )
        if wanted is not None:
            query = query.where(wanted)  # type: ignore[arg-type]
        with self.ledger.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            yield ArchivedPage(*row)

    def oldest_unconfirmed(self) -> tuple[str, datetime] | None:
        """The page whose site has not confirmed it for the longest time, and when it last did; gone ones aside."""
        pages = schema.pages
        query = select(pages.c.source, pages.c.validated_at).where(
            pages.c.validated_at.is_not(None), pages.c.gone_at.is_(None)
        )
        with self.ledger.reading() as connection:
            row = connection.execute(query.order_by(pages.c.validated_at, pages.c.key).limit(1)).first()
        return None if row is None else (row.source, row.validated_at)

    def verify(self) -> VerifyReport:
        """Read every object that the ledger names and hash it again; name what is damaged, missing or
        unnamed."""
        named = self._named()
        damaged = []
        for sha256, sources in named.items():
            try:
                self.read(sha256)
            except (UnknownObject, DamagedObject) as error:
                damaged.append(Damage(sha256, str(error), tuple(sorted(sources))))
        orphans = tuple(sorted(set(self._stored()) - set(named)))
        return VerifyReport(len(named), tuple(damaged), orphans)

    def quarantine(self, damaged: Sequence[Damage]) -> int:
        """Move damaged objects to `damaged/` and forget the validators of the pages that rest on them, so
        that the next crawl fetches those pages in full; returns how many objects were moved."""
        (self.root / "damaged").mkdir(exist_ok=True)
        moved = 0
        for damage in damaged:
            path = self._path(damage.sha256)
            if path.exists():
                path.replace(self.root / "damaged" / path.name)
                moved += 1
            self.ledger.forget_validators(damage.sources)
        return moved

    def sweep(self, older_than_seconds: float = 3600.0) -> int:
        """Remove temporary files and orphans that no living crawl can still be about to name; returns how
        many."""
        before = time.time() - older_than_seconds
        named = self._named()
        stray = [
            *self._tmp.iterdir(),
            *(self._path(sha256) for sha256 in self._stored() if sha256 not in named),
        ]
        removed = 0
        for path in stray:
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _named(self) -> dict[str, set[str]]:
        """Every hash that the ledger names, with the sources that rest on it."""
        versions, attempts, pages = schema.versions, schema.attempts, schema.pages
        named: dict[str, set[str]] = {}
        with self.ledger.reading() as connection:
            rows = connection.execute(
                select(versions.c.sha256, pages.c.source).join(pages, pages.c.key == versions.c.key)
            )
            for sha256, source in rows:
                named.setdefault(sha256, set()).add(source)
            rows = connection.execute(
                select(attempts.c.evidence, attempts.c.url).where(attempts.c.evidence.is_not(None)).distinct()
            )
            for sha256, url in rows:
                named.setdefault(sha256, set()).add(url)
        return named

    def _stored(self) -> Iterator[str]:
        return (path.stem for path in self._objects.glob("??/*.zst"))

    def _path(self, sha256: str) -> Path:
        return self._objects / sha256[:2] / f"{sha256}.zst"


def _write_through(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _as_archive_error(error: OSError, path: Path) -> ArchiveError:
    kind = ArchiveFull if error.errno in _FULL else ArchiveError
    return kind(f"{path}: {error.strerror}")
