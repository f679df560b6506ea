"""SQLAlchemy core, set up so that a commit is on the disk and writers do not trip over each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Table,
    TextClause,
    Update,
    bindparam,
    create_engine,
    event,
    text,
)

from crawlers.errors import LedgerError

_BUSY_SECONDS = 60


def open_engine(address: str, synchronous: str = "FULL") -> Engine:
    """An engine for an SQLAlchemy URL; SQLite ones write ahead and begin as writers.

    `synchronous` is SQLite's: FULL waits for the disk at each commit, NORMAL leaves that to the next commit that
    does (a kill loses nothing either way, a power cut no more than what came after the last full one).
    """
    if not address.startswith("sqlite"):
        return create_engine(address)
    engine = create_engine(address, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver's own transactions begin as readers and fail when they turn writers; ours begin as they
        # mean to go on.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def key_of(inserted: Row[Any] | None) -> Any:
    """The key that the database gave a new row. Raises LedgerError."""
    if inserted is None:
        raise LedgerError("the database gave no key for a new row")
    return inserted[0]


@cache
def _putting(table: Table, names: tuple[str, ...], refreshed: tuple[str, ...]) -> TextClause:
    """The statement of `put_rows`, built once. SQLite and PostgreSQL share this form; SQLAlchemy's own construct for
    it is compiled anew at every execution."""
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    fresh = ", ".join(f'"{name}" = excluded."{name}"' for name in refreshed)
    action = f"UPDATE SET {fresh}" if refreshed else "NOTHING"
    statement = text(
        f'INSERT INTO "{table.name}" ({columns}) VALUES ({values}) ON CONFLICT ({keys}) DO {action}'
    )
    return statement.bindparams(*(bindparam(name, type_=table.c[name].type) for name in names))


def put_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], refresh: Iterable[str] = ()
) -> None:
    """Insert rows of equal columns. Those that are there by primary key stay as they are, but for the columns
    of `refresh`."""
    if rows:
        connection.execute(_putting(table, tuple(rows[0]), tuple(refresh)), list(rows))


@cache
def _changing(table: Table, keys: tuple[str, ...], names: tuple[str, ...]) -> Update:
    matches = (table.c[name] == bindparam(f"key_{name}") for name in keys)
    return table.update().where(*matches).values({name: bindparam(name) for name in names})


def change(connection: Connection, table: Table, keys: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Set `values` in the rows that have all of `keys`."""
    statement = _changing(table, tuple(keys), tuple(values))
    connection.execute(statement, {f"key_{name}": value for name, value in keys.items()} | dict(values))
