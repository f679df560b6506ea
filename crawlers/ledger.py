"""What happened to whom: every attempt, version, listing and source in one database.

SQLite beside the objects by default, in WAL mode; PostgreSQL where several machines crawl. A page's result is on the
disk when it is acknowledged, and with it all that was written before it; what else is written survives a kill at once
and a power cut from the next page on.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Connection, and_, bindparam, func, select
from sqlalchemy.exc import DBAPIError

from crawlers import ledger_schema as schema
from crawlers.commits import LogOnDisk, Writers
from crawlers.database import (
    Prepared,
    add_rows,
    change,
    key_of,
    open_engine,
    put_rows,
    reads_only,
    without_password,
)
from crawlers.errors import ArchiveFull, LedgerError
from crawlers.outcomes import Attempt, Outcome
from crawlers.page_results import attempt_row, end_of_page
from crawlers.records import FIGURES, Entry, HostNote, Known, PassedOver, SourceFigures
from crawlers.sites import Site

_FULL = ("is full", "disk I/O error", "No space left on device")
T = TypeVar("T")


class Ledger:
    """The ledger of one archive. Threads share it; processes may open it at once."""

    def __init__(self, address: str) -> None:
        """Open or create; `address` is an SQLAlchemy URL. Raises LedgerError, ArchiveFull."""
        try:
            self._engine = open_engine(address)
            sqlite = self._engine.dialect.name == "sqlite"
            self._quick = open_engine(address, "NORMAL") if sqlite else self._engine
            database = self._engine.url.database if sqlite else None
            self._log = LogOnDisk(Path(database)) if database else None
            with self._translated():
                schema.open_schema(self._engine)
        except DBAPIError as error:
            raise LedgerError(f"{without_password(address)}: {error.orig}") from error
        self._writers = Writers(self._quick)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
        self._quick.dispose()

    @contextmanager
    def writing(self, to_disk: bool = False) -> Iterator[Connection]:
        """One transaction, committed when the block ends; with `to_disk` it is then on the disk, and with it every
        earlier one. Raises ArchiveFull, LedgerError."""
        with self._translated(), self._writers.alone() as connection:
            yield connection
        if to_disk:
            self._wait_for_disk()

    def together(self, work: Callable[[Connection], T], to_disk: bool = False) -> T:
        """What `writing` does, in a transaction that other threads' results may share."""
        with self._translated():
            result = self._writers.together(work)
        if to_disk:
            self._wait_for_disk()
        return result

    def _wait_for_disk(self) -> None:
        try:
            if self._log is not None:
                self._log.wait()
        except OSError as error:
            raise ArchiveFull(f"ledger: {error}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot to read from, without keeping writers out."""
        with self._translated(), self._engine.connect() as connection:
            yield reads_only(connection)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            text = str(error.orig)
            if any(sign in text for sign in _FULL):
                raise ArchiveFull(f"ledger: {text}") from error
            raise LedgerError(f"ledger: {text}") from error

    # Runs and sources

    def open_run(self, name: str | None, resume_hours: float, fresh: bool = False) -> int:
        """The run to work in: the one of that name; else an unfinished one younger than `resume_hours`; else
        a new one.

        `fresh` makes a new one in any case.
        """
        now = datetime.now(UTC)
        runs = schema.runs
        wanted = (
            runs.c.name == name
            if name is not None
            else and_(
                runs.c.name.is_(None),
                runs.c.ended_at.is_(None),
                runs.c.started_at > now - timedelta(hours=resume_hours),
            )
        )
        with self.writing() as connection:
            found = connection.execute(select(func.max(runs.c.id)).where(wanted)).scalar()
            if found is not None and not fresh:
                return int(found)
            made = connection.execute(runs.insert().values(name=None if fresh else name, started_at=now))
            return int(key_of(made.inserted_primary_key))

    def begin_run(self, resume_hours: float, kind: str = "crawl", identity: str | None = None) -> str:
        """The name of a run of several calls: of an unfinished one of its kind younger than `resume_hours`, else of a
        new one, "<kind> <identity>".

        Give it to each call as `Policy.run`; `end_run` says that no more calls will come.
        """
        now = datetime.now(UTC)
        runs = schema.runs
        unfinished = and_(
            runs.c.name.startswith(f"{kind} ", autoescape=True),
            runs.c.ended_at.is_(None),
            runs.c.started_at > now - timedelta(hours=resume_hours),
        )
        with self.writing() as connection:
            found = connection.execute(
                select(runs.c.name).where(unfinished).order_by(runs.c.id.desc())
            ).scalar()
            if found is not None:
                return str(found)
            name = f"{kind} {identity or f'{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}'}"
            connection.execute(runs.insert().values(name=name, started_at=now))
            return name

    def end_run(self, name: str) -> None:
        """Mark a run of several calls as ended."""
        with self.writing() as connection:
            change(connection, schema.runs, {"name": name}, {"ended_at": datetime.now(UTC)})

    def close_run(self, run_id: int) -> None:
        """Mark the run as ended, so that the next one starts afresh."""
        with self.writing() as connection:
            connection.execute(
                schema.runs.update().where(schema.runs.c.id == run_id).values(ended_at=datetime.now(UTC))
            )

    def note_vantage(self, run_id: int, vantage: str) -> None:
        """Record from where a run asks: what a site shows, and whether it answers, depends on it."""
        with self.writing() as connection:
            change(connection, schema.runs, {"id": run_id}, {"vantage": vantage})

    def note_sites(self, sites: Iterable[Site]) -> None:
        """Keep each site's name and region, which pages are published with."""
        with self.writing() as connection:
            rows = [{"id": site.id, "name": site.name, "region": site.region} for site in sites]
            put_rows(connection, schema.sites, rows, refresh=("name", "region"))

    def finish_source(self, run_id: int, site_id: str, figures: SourceFigures, narrowed: bool) -> None:
        """Record what a source gave. `narrowed` runs are no measure for later ones."""
        values = {name: getattr(figures, name) for name in ("state", "reason", *FIGURES)}
        row = values | {"ended_at": datetime.now(UTC), "narrowed": narrowed}
        keys = {"run_id": run_id, "site_id": site_id}
        self.together(
            lambda connection: put_rows(connection, schema.sources, [keys | row], refresh=row), to_disk=True
        )

    def source_in_run(self, run_id: int, site_id: str) -> SourceFigures | None:
        """What the source gave in this run, if it is done with."""
        return self._figures(_SOURCE_IN_RUN, {"site_id": site_id, "run_id": run_id})

    def last_source(
        self, site_id: str, before_run: int | None = None, complete: bool = False
    ) -> SourceFigures | None:
        """What the source last gave in an un-narrowed run (before `before_run`; only a complete one if
        asked)."""
        statement = _LAST_COMPLETE_SOURCE if complete else _LAST_SOURCE
        before = _MOST_RUNS if before_run is None else before_run
        return self._figures(statement, {"site_id": site_id, "before_run": before})

    def _figures(self, statement: Prepared, values: dict[str, Any]) -> SourceFigures | None:
        with self.reading() as connection:
            rows = statement.read(connection, values)
        return SourceFigures(*rows[0]) if rows else None

    # Hosts

    def host(self, name: str) -> HostNote:
        """What earlier runs learned of a host."""
        with self.reading() as connection:
            rows = _HOST.read(connection, {"host": name})
        return HostNote(*rows[0]) if rows else HostNote(None, None, None)

    def note_host(self, name: str, tls_profile: str | None, circuit: str) -> None:
        """Remember a host's TLS profile, and why it is left alone (empty: it is not)."""
        at = datetime.now(UTC) if circuit else None
        values = {"tls_profile": tls_profile, "circuit": circuit or None, "circuit_at": at}
        self.together(
            lambda connection: put_rows(connection, schema.hosts, [{"host": name} | values], refresh=values)
        )

    def note_next_at(self, name: str, next_at: datetime) -> None:
        """Remember when a host may be asked again."""
        row = {"host": name, "next_at": next_at}
        self.together(lambda connection: put_rows(connection, schema.hosts, [row], refresh=("next_at",)))

    # Listings and pages

    def note_list_page(
        self, run_id: int, site_id: str, entries: Sequence[Entry], passed: Sequence[PassedOver]
    ) -> list[Known]:
        """A list page names pages: remember page, listing and each spelling, and what was passed over and
        why.

        Gives what is known of each entry's page, in the entries' order; one transaction for the whole page.
        """
        now = datetime.now(UTC)
        pages = [{"key": entry.key, "source": entry.url, "first_listed_at": now} for entry in entries]
        aliases = [{"url": entry.url, "key": entry.key} for entry in entries]
        listings = [
            {
                "site_id": site_id,
                "key": entry.key,
                "title": entry.title,
                "published_on": entry.published_on,
                "first_listed_at": now,
                "last_run": run_id,
            }
            for entry in entries
        ]
        links = [
            {
                "site_id": site_id,
                "url": link.url,
                "title": link.title,
                "reason": link.reason,
                "last_run": run_id,
            }
            for link in passed
        ]

        def work(connection: Connection) -> dict[str, Known]:
            put_rows(connection, schema.pages, pages)
            put_rows(connection, schema.aliases, aliases)
            put_rows(connection, schema.listings, listings, refresh=("title", "published_on", "last_run"))
            put_rows(connection, schema.passed_over, links, refresh=("title", "reason", "last_run"))
            return _known(connection, [entry.key for entry in entries])

        known = self.together(work)
        return [known[entry.key] for entry in entries]

    def peek(self, entries: Sequence[Entry]) -> list[Known]:
        """What is known of each entry's page, without noting that a list names it."""
        with self.reading() as connection:
            known = _known(connection, [entry.key for entry in entries])
        return [
            known.get(entry.key) or Known(entry.key, entry.url, None, None, None, None, None)
            for entry in entries
        ]

    def known_pages(self, site_id: str, besides: Collection[str] = ()) -> list[Known]:
        """Every page that the site's lists ever named, but for those whose keys are in `besides`; in the order of their
        keys."""
        with self.reading() as connection:
            keys = [key for (key,) in _KEYS_OF_SITE.read(connection, {"site_id": site_id})]
            return list(_known(connection, [key for key in keys if key not in besides]).values())

    def page(self, key: str) -> Known:
        """What is known of one page that a list has named."""
        with self.reading() as connection:
            return _known(connection, [key])[key]

    def forget_validators(self, sources: Sequence[str]) -> None:
        """Let the next request for these pages be unconditional."""
        with self.writing() as connection:
            for source in sources:
                change(connection, schema.pages, {"source": source}, {"validated_at": None})

    def note_attempt(
        self, run_id: int, site_id: str, kind: str, attempt: Attempt, evidence: str | None = None
    ) -> None:
        """Record an attempt that is not a page's result: robots, lists, refusals on the way."""
        row = attempt_row(run_id, site_id, kind, attempt, evidence)
        self.together(lambda connection: add_rows(connection, schema.attempts, [row]))

    def note_page(self, run_id: int, site_id: str, key: str, attempt: Attempt, kept: str | None) -> str:
        """Record the end of a page's request and, for a good body, its version; both in one transaction.

        `kept` is the hash of the archived body: the page itself, or evidence of what came instead.

        Returns new, changed, unchanged, gone, or `unproven`: a body that nothing shows to be whole, or that is poorer
        in kind, is kept, but never put in the place of one that was better. Anything else is the outcome itself.
        """
        evidence = None if attempt.outcome is Outcome.OK else kept
        row = attempt_row(run_id, site_id, "page", attempt, evidence)

        def work(connection: Connection) -> str:
            add_rows(connection, schema.attempts, [row])
            return end_of_page(connection, run_id, key, attempt, kept)

        return self.together(work, to_disk=True)

    def note_pages(self, run_id: int, site_id: str, ends: Sequence[tuple[str, Attempt, str]]) -> list[str]:
        """What `note_page` does for several pages, good bodies all of them, in one transaction; gives their results.

        Each is a key, the attempt, and the hash of the archived body. Pages that no list ever named become known.
        """
        now = datetime.now(UTC)
        pages = [{"key": key, "source": attempt.url, "first_listed_at": now} for key, attempt, _ in ends]
        rows = [attempt_row(run_id, site_id, "page", attempt, None) for _, attempt, _ in ends]

        def work(connection: Connection) -> list[str]:
            put_rows(connection, schema.pages, pages)
            add_rows(connection, schema.attempts, rows)
            return [end_of_page(connection, run_id, key, attempt, kept) for key, attempt, kept in ends]

        return self.together(work, to_disk=True)


# Statements that each host or page needs are built once: building one takes longer than running it.

_MOST_RUNS = 1 << 31
_FIGURES_OF_SITE = (
    select(*(schema.sources.c[name] for name in ("state", "reason", *FIGURES)))
    .where(schema.sources.c.site_id == bindparam("site_id"))
    .order_by(schema.sources.c.run_id.desc())
    .limit(1)
)
_FIGURES_BEFORE_RUN = _FIGURES_OF_SITE.where(
    schema.sources.c.narrowed.is_(False), schema.sources.c.run_id < bindparam("before_run", type_=BigInteger)
)
_SOURCE_IN_RUN = Prepared(_FIGURES_OF_SITE.where(schema.sources.c.run_id == bindparam("run_id")))
_LAST_SOURCE = Prepared(_FIGURES_BEFORE_RUN)
_LAST_COMPLETE_SOURCE = Prepared(_FIGURES_BEFORE_RUN.where(schema.sources.c.state == "complete"))

_HOST = Prepared(
    select(*(schema.hosts.c[name] for name in ("tls_profile", "circuit", "circuit_at", "next_at"))).where(
        schema.hosts.c.host == bindparam("host")
    )
)

_KEYS_AT_ONCE = 32
_KNOWN_BY_KEY = Prepared(
    select(
        *(
            schema.pages.c[name]
            for name in ("key", "source", "etag", "last_modified", "validated_at", "last_run", "last_result")
        )
    ).where(
        schema.pages.c.key.in_(
            [bindparam(f"key{at}", type_=schema.pages.c.key.type) for at in range(_KEYS_AT_ONCE)]
        )
    )
)
_KEYS_OF_SITE = Prepared(
    select(schema.listings.c.key)
    .where(schema.listings.c.site_id == bindparam("site_id"))
    .order_by(schema.listings.c.key)
)


def _known(connection: Connection, keys: Collection[str]) -> dict[str, Known]:
    """What is known of each page, in the order of the keys."""
    known: dict[str, Known] = {}
    ordered = list(dict.fromkeys(keys))
    for start in range(0, len(ordered), _KEYS_AT_ONCE):
        some = ordered[start : start + _KEYS_AT_ONCE]
        # One statement serves any number of keys: the last one is asked for again until all places are taken.
        values = {f"key{at}": some[min(at, len(some) - 1)] for at in range(_KEYS_AT_ONCE)}
        found = {row[0]: row for row in _KNOWN_BY_KEY.read(connection, values)}
        known |= {key: Known(key, *found[key][1:]) for key in some if key in found}
    return known
