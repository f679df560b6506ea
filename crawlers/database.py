"""SQLAlchemy core, set up so that a commit is on the disk and writers do not trip over each other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Table, and_, create_engine, event, select

from crawlers.errors import LedgerError

_BUSY_SECONDS = 60


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


def matching(table: Table, keys: dict[str, Any]) -> ColumnElement[bool]:
    """The condition that every named column has its value."""
    return and_(*(table.c[name] == value for name, value in keys.items()))


def upsert(connection: Connection, table: Table, keys: dict[str, Any], values: dict[str, Any]) -> None:
    """Set `values` in the row of `keys`, or make it."""
    changed = connection.execute(table.update().where(matching(table, keys)).values(values))
    if changed.rowcount == 0:
        connection.execute(table.insert().values(keys | values))


def insert_if_absent(
    connection: Connection, table: Table, keys: dict[str, Any], values: dict[str, Any]
) -> None:
    """Make the row of `keys` with `values` unless it is there."""
    first = next(iter(keys))
    if connection.execute(select(table.c[first]).where(matching(table, keys))).first() is None:
        connection.execute(table.insert().values(keys | values))
