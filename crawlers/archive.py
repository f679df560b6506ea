"""The archive: every body once, named by its SHA-256, and a ledger that acknowledges it only when it is on
the disk.

The order (the object, whole and safe in its store, then the ledger's commit) lost nothing in trials with kill -9:
what the ledger names, exists; what a kill leaves behind is at most a temporary or unnamed object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import func, select

from crawlers import ledger_schema as schema
from crawlers.attached_files import AttachedFile, all_attached
from crawlers.database import without_password
from crawlers.errors import DamagedObject, UnknownObject
from crawlers.ledger import Ledger
from crawlers.objects import DAMAGED, Objects, hash_of, name_of
from crawlers.stores import StorePlace, older_than, open_store

EXCHANGE = "exchange"
"""Batches on their way to reading machines and back; whoever put them takes them away again."""
WEB_ARCHIVE = "warc "
"""How the names of runs begin that read web archives."""
_EXCHANGE_SECONDS = 86_400.0
_PAGES_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class ArchivePlace:
    """Where an archive is: its objects' store, and its ledger as an SQLAlchemy URL."""

    objects: StorePlace
    ledger: str = field(repr=False)

    @classmethod
    def in_folder(cls, root: Path) -> ArchivePlace:
        """A folder that holds the objects and an SQLite ledger beside them."""
        return cls(StorePlace(str(root)), f"sqlite:///{root / 'ledger.sqlite'}")

    def is_there(self) -> bool:
        """Whether something was begun here. Opening an archive in a folder makes it; a mistyped one should not."""
        return self.objects.folder is None or self.objects.folder.is_dir()

    def __str__(self) -> str:
        """Where the objects are; and the ledger, if it is apart, without its password."""
        beside = self.objects.folder is not None and self.ledger == self.in_folder(self.objects.folder).ledger
        return str(self.objects) if beside else f"{self.objects} ({without_password(self.ledger)})"


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
    attached: tuple[AttachedFile, ...] = ()
    """The files that belong to the page, in its order."""

    @property
    def content_hash(self) -> str:
        """The hash of the page, or of its own and its files' hashes where it has files."""
        if not self.attached:
            return self.sha256
        hashes = "\n".join((self.sha256, *(file.sha256 for file in self.attached)))
        return hashlib.sha256(hashes.encode()).hexdigest()


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
    """Objects (`objects/ab/abcdef….zst`) in a folder or bucket, and the ledger of all that was tried."""

    def __init__(self, place: Path | ArchivePlace) -> None:
        """Open or create. Raises ArchiveError when the store or the ledger cannot be used."""
        self.place = ArchivePlace.in_folder(Path(place)) if isinstance(place, Path) else place
        self._store = open_store(self.place.objects)
        self.objects = Objects(self._store)
        self.ledger = Ledger(self.place.ledger)

    @property
    def root(self) -> Path:
        """The folder of an archive in one. Raises TypeError for one in a bucket."""
        if self.place.objects.folder is None:
            raise TypeError(f"{self.place} is no folder")
        return self.place.objects.folder

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
        return self.objects.put(body)

    def read(self, sha256: str) -> bytes:
        """The body of that hash, verified. Raises UnknownObject, DamagedObject."""
        return self.objects.read(sha256)

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
        attached = select(schema.attached.c.attached)
        held = versions.alias()
        imports = select(schema.runs.c.id).where(schema.runs.c.name.startswith(WEB_ARCHIVE))
        # Only what came from a web archive is a page that no list ever named.
        imported = select(held.c.key).where(held.c.run_id.in_(imports))
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
                versions.c.key,
            )
            .join(pages, pages.c.key == versions.c.key)
            .outerjoin(owner, owner.c.key == versions.c.key)
            .outerjoin(listings, (listings.c.key == owner.c.key) & (listings.c.site_id == owner.c.site_id))
            .outerjoin(sites, sites.c.id == owner.c.site_id)
            # A file that belongs to a page, or did until the page dropped it, is no page, unless a list names it, too.
            .where(
                owner.c.key.is_not(None) | (versions.c.key.not_in(attached) & versions.c.key.in_(imported))
            )
            .order_by(versions.c.key, versions.c.version)
        )
        if wanted is not None:
            query = query.where(wanted)  # type: ignore[arg-type]
        files = all_attached(self.ledger)
        with self.ledger.reading() as connection:
            rows = connection.execution_options(yield_per=_PAGES_AT_ONCE).execute(query)
            for row in rows:
                yield replace(ArchivedPage(*row[:-1]), attached=files.get(row.key, ()))

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
        with ThreadPoolExecutor(self._store.reads_at_once) as pool:
            problems = dict(zip(named, pool.map(self._problem, named), strict=True))
        damaged = tuple(
            Damage(sha256, problem, tuple(sorted(named[sha256])))
            for sha256, problem in problems.items()
            if problem
        )
        orphans = sorted({hash_of(found.name) for found in self.objects.stored()} - set(named))
        return VerifyReport(len(named), damaged, tuple(orphans))

    def _problem(self, sha256: str) -> str:
        try:
            self.read(sha256)
        except (UnknownObject, DamagedObject) as error:
            return str(error)
        return ""

    def quarantine(self, damaged: Sequence[Damage]) -> int:
        """Move damaged objects to `damaged/` and forget the validators of the pages that rest on them, so
        that the next crawl fetches those pages in full; returns how many objects were moved."""
        moved = 0
        for damage in damaged:
            name = name_of(damage.sha256)
            if self._store.holds(name):
                self._store.move(name, f"{DAMAGED}/{damage.sha256}.zst")
                moved += 1
            self.ledger.forget_validators(damage.sources)
        return moved

    def sweep(self, older_than_seconds: float = 3600.0) -> int:
        """Remove temporary files and orphans that no living crawl can still be about to name, and batches that a
        dead build left; returns how many."""
        named = self._named()
        orphans = (found for found in self.objects.stored() if hash_of(found.name) not in named)
        stray = [
            *older_than(self._store.stored("tmp"), older_than_seconds),
            *older_than(orphans, older_than_seconds),
            *older_than(self._store.stored(EXCHANGE), max(older_than_seconds, _EXCHANGE_SECONDS)),
        ]
        for name in stray:
            self._store.remove(name)
        return len(stray)

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
