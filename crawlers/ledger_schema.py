"""The ledger's tables and how an older ledger becomes the present one. Described for people in
docs/ledger.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Dialect,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    inspect,
    select,
    text,
)
from sqlalchemy import Text as PlainText
from sqlalchemy.types import TypeDecorator

from crawlers.errors import LedgerError


class Instant(TypeDecorator[datetime]):
    """An aware UTC time, kept as sortable ISO 8601 text so that every database gives back what was put in."""

    impl = String(32)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:  # noqa: ARG002
        """To text, in UTC. (A plain function: `process_bind_param` would be called through two more.)"""
        return _instant_to_text

    def result_processor(
        self,
        dialect: Dialect,  # noqa: ARG002
        coltype: object,  # noqa: ARG002
    ) -> Callable[[str | None], datetime | None]:
        """From text."""
        return _instant_of_text


def _instant_to_text(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")


def _instant_of_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


class Text(TypeDecorator[str]):
    """Text that sorts by its bytes in every database. A NUL, which PostgreSQL has no room for, becomes its sign."""

    impl = PlainText().with_variant(PlainText(collation="C"), "postgresql")
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:  # noqa: ARG002
        """To the database."""
        return _without_nul


def _without_nul(value: str | None) -> str | None:
    return value.replace("\0", "\u2400") if value else value


class Words(TypeDecorator[frozenset[str]]):
    """A set of words, kept sorted with spaces between them."""

    impl = PlainText
    cache_ok = True

    def process_bind_param(self, value: frozenset[str] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To text."""
        return None if value is None else " ".join(sorted(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> frozenset[str] | None:  # noqa: ARG002
        """From text."""
        return None if value is None else frozenset(str(value).split())


metadata = MetaData()

_Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts its own row numbers only in a column called INTEGER, which holds 64 bits there."""

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, unique=True),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("vantage", Text),
)

sites = Table(
    "sites",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("region", Text),
)

pages = Table(
    "pages",
    metadata,
    Column("key", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("first_listed_at", Instant, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("validated_at", Instant),
    Column("last_run", Integer),
    Column("last_result", Text),
    Column("last_outcome", Text),
    Column("last_attempt_at", Instant),
    Column("gone_at", Instant),
)

listings = Table(
    "listings",
    metadata,
    Column("site_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("title", Text),
    Column("published_on", Date),
    Column("first_listed_at", Instant, nullable=False),
    Column("last_run", Integer, nullable=False),
    Index("listings_by_key", "key"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("url", Text, primary_key=True),
    Column("key", Text, nullable=False, index=True),
)

attached = Table(
    "attached",
    metadata,
    Column("key", Text, primary_key=True),
    Column("attached", Text, primary_key=True),
    Column("position", Integer, nullable=False),
)

versions = Table(
    "versions",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("fetched_at", Instant, nullable=False),
    Column("fetched_url", Text, nullable=False),
    Column("content_type", Text),
    Column("declared_charset", Text),
    Column("tls_profile", Text),
    Column("flags", Words, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("run_id", Integer, nullable=False),
    UniqueConstraint("key", "version"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("run_id", Integer, nullable=False, index=True),
    Column("site_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("final_url", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("status", Integer),
    Column("started_at", Instant, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("wire_bytes", _Number, nullable=False),
    Column("tls_profile", Text),
    Column("flags", Words, nullable=False),
    Column("hops", Text, nullable=False),
    Column("evidence", String(64)),
)

passed_over = Table(
    "passed_over",
    metadata,
    Column("site_id", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("last_run", Integer, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("site_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ended_at", Instant, nullable=False),
    *(
        Column(name, Integer, nullable=False)
        for name in (
            "listed",
            "passed_over",
            "new",
            "changed",
            "unchanged",
            "gone",
            "refused",
            "failed",
            "pending",
        )
    ),
    Column("narrowed", Boolean, nullable=False),
)

hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("tls_profile", Text),
    Column("circuit", Text),
    Column("circuit_at", Instant),
    Column("next_at", Instant),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    ("ALTER TABLE runs ADD COLUMN vantage TEXT",),
    (
        "CREATE TABLE attached (key TEXT NOT NULL, attached TEXT NOT NULL, position INTEGER NOT NULL, "
        "PRIMARY KEY (key, attached))",
    ),
)
"""MIGRATIONS[n] holds the statements that turn a ledger of version n+1 into version n+2. Only ever append."""


def open_schema(engine: Engine) -> None:
    """Create the tables of a new ledger, or bring an older one up to date, each step in one transaction.

    Raises LedgerError when the ledger was written by a newer version of this software.
    """
    newest = len(MIGRATIONS) + 1
    with engine.begin() as connection:
        if not inspect(connection).has_table("schema_version"):
            metadata.create_all(connection)
            connection.execute(schema_version.insert().values(version=newest))
            return
        version = connection.execute(select(schema_version.c.version)).scalar_one()
    if version > newest:
        raise LedgerError(f"the ledger has schema version {version}, this software knows up to {newest}")
    for step in range(version, newest):
        with engine.begin() as connection:
            _migrate(connection, step)


def _migrate(connection: Connection, step: int) -> None:
    if connection.execute(select(schema_version.c.version)).scalar_one() != step:
        return
    for statement in MIGRATIONS[step - 1]:
        connection.execute(text(statement))
    connection.execute(schema_version.update().values(version=step + 1))
