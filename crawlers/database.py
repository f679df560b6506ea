"""SQLAlchemy core on SQLite and PostgreSQL, set up so that a commit is on the disk and writers take turns."""

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
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from crawlers.errors import LedgerError

_BUSY_SECONDS = 60
_TURN = 0x676F6E676B6169
"""The number of PostgreSQL's advisory lock under which writers of a ledger take turns ("gongkai")."""
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "application_name": "gongkai",
}


def open_engine(address: str, synchronous: str = "FULL") -> Engine:
    """An engine for an SQLAlchemy URL of SQLite or PostgreSQL; whose transactions begin as writers. Raises
    LedgerError for any other address.

    `synchronous` is SQLite's: FULL waits for the disk at each commit, NORMAL leaves that to the next commit that
    does (a kill loses nothing either way, a power cut no more than what came after the last full one).
    """
    kind = check_address(address)
    return _open_sqlite(address, synchronous) if kind == "sqlite" else _open_postgres(address)


def check_address(address: str) -> str:
    """Which of the databases an address is of. Raises LedgerError."""
    try:
        kind = make_url(address).get_backend_name()
    except ArgumentError as error:
        raise LedgerError("the ledger's address is no SQLAlchemy URL") from error
    if kind not in {"sqlite", "postgresql"}:
        raise LedgerError(f"{without_password(address)}: a ledger is kept in SQLite or PostgreSQL")
    return kind


def without_password(address: str) -> str:
    """A database's address as it may be shown."""
    return make_url(address).render_as_string(hide_password=True)


def _open_postgres(address: str) -> Engine:
    """Writers take turns as SQLite's do: what they read stays true until they commit, and no two of them can lock
    each other out. A writer whose machine vanished in a transaction is dropped by the server after a minute."""
    try:
        # Asked before use, so that a connection which died while it lay idle is replaced, not complained about.
        engine = create_engine(address, pool_pre_ping=True, connect_args=_PATIENCE)
    except (NoSuchModuleError, ImportError) as error:
        problem = f"{error}; install gongkai[cluster] and write postgresql+psycopg://…"
        raise LedgerError(f"{without_password(address)}: {problem}") from error

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("reads_only", False):
            connection.exec_driver_sql(
                f"SELECT set_config('lock_timeout', '{_BUSY_SECONDS}s', true),"
                f" set_config('idle_in_transaction_session_timeout', '{_BUSY_SECONDS}s', true),"
                f" pg_advisory_xact_lock({_TURN})"
            )

    return engine


def reads_only(connection: Connection) -> Connection:
    """The connection, for a transaction that sees one state of the database and keeps no writer waiting."""
    if connection.dialect.name == "sqlite":
        return connection.execution_options(reads_only=True)
    return connection.execution_options(
        reads_only=True, isolation_level="REPEATABLE READ", postgresql_readonly=True
    )


def _open_sqlite(address: str, synchronous: str) -> Engine:
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
        reading = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

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
