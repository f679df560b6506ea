"""SQLAlchemy core, set up so that a commit is on the disk and writers do not trip over each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, Update, bindparam, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite

from crawlers.errors import LedgerError

Insert = sqlite.Insert | postgresql.Insert

_BUSY_SECONDS = 60
_INSERTS: dict[str, Callable[[Table], Insert]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def open_engine(address: str) -> Engine:
    """An engine for an SQLAlchemy URL; SQLite ones write ahead, sync fully and begin as writers."""
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
        cursor.execute("PRAGMA synchronous=FULL")
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
def _putting(dialect: str, table: Table, refreshed: tuple[str, ...]) -> Insert:
    """The statement of `put_rows`. Building one costs more than running it, so each is built once."""
    try:
        statement = _INSERTS[dialect](table)
    except KeyError:
        raise LedgerError(f"a ledger cannot be kept in {dialect}, only in {', '.join(_INSERTS)}") from None
    keys = [column.name for column in table.primary_key]
    if not refreshed:
        return statement.on_conflict_do_nothing(index_elements=keys)
    fresh = {name: statement.excluded[name] for name in refreshed}
    return statement.on_conflict_do_update(index_elements=keys, set_=fresh)


def put_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], refresh: Iterable[str] = ()
) -> None:
    """Insert rows of equal columns. Those that are there by primary key stay as they are, but for the columns
    of `refresh`."""
    if rows:
        connection.execute(_putting(connection.dialect.name, table, tuple(refresh)), list(rows))


@cache
def _changing(table: Table, keys: tuple[str, ...], names: tuple[str, ...]) -> Update:
    matches = (table.c[name] == bindparam(f"key_{name}") for name in keys)
    return table.update().where(*matches).values({name: bindparam(name) for name in names})


def change(connection: Connection, table: Table, keys: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Set `values` in the rows that have all of `keys`."""
    statement = _changing(table, tuple(keys), tuple(values))
    connection.execute(statement, {f"key_{name}": value for name, value in keys.items()} | dict(values))
