"""SQLAlchemy core on SQLite and PostgreSQL, set up so that a commit is on the disk and writers take turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ClauseElement,
    Connection,
    Dialect,
    Engine,
    Row,
    Select,
    Table,
    bindparam,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.sql.compiler import SQLCompiler

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
        sql = "BEGIN" if reading else "BEGIN IMMEDIATE"
        with _cursor(connection, sql) as cursor:
            cursor.execute(sql)

    return engine


def key_of(inserted: Row[Any] | None) -> Any:
    """The key that the database gave a new row. Raises LedgerError."""
    if inserted is None:
        raise LedgerError("the database gave no key for a new row")
    return inserted[0]


class Prepared:
    """A statement that is run again and again: compiled once a kind of database, then handed to the driver as it is.

    SQLAlchemy's own execution looks the statement up, and lays out its result, at each run; that takes longer than
    the database does.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}
        self._results: dict[str, tuple[Callable[[Any], Any] | None, ...]] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each row of values by name, in the transaction that the connection is in."""
        form = self._form(connection.dialect)
        with _cursor(connection, form.sql) as cursor:
            if len(rows) == 1:
                cursor.execute(form.sql, form.bound(rows[0]))
            else:
                cursor.executemany(form.sql, [form.bound(row) for row in rows])

    def read(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows that a selection finds for values by name, each with the selected columns in their order.

        It begins no transaction: on SQLite, outside of one, each read sees the newest state.
        """
        dialect = connection.dialect
        form = self._form(dialect)
        with _cursor(connection, form.sql) as cursor:
            cursor.execute(form.sql, form.bound(values))
            found = cursor.fetchall()
            converters = self._results.get(dialect.name)
            if converters is None:
                converters = self._results[dialect.name] = self._result(dialect, cursor.description)
        return [
            tuple(
                [
                    value if convert is None else convert(value)
                    for value, convert in zip(row, converters, strict=True)
                ]
            )
            for row in found
        ]

    def _form(self, dialect: Dialect) -> _Form:
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _form_of(self._statement, dialect)
        return form

    def _result(self, dialect: Dialect, described: Sequence[Any]) -> tuple[Callable[[Any], Any] | None, ...]:
        """How each column is converted, if it is; by its type here and the driver's name for what it gives."""
        if not isinstance(self._statement, Select):
            raise LedgerError(f"{self._statement} selects nothing")
        return tuple(
            column.type.dialect_impl(dialect).result_processor(dialect, named[1])
            for column, named in zip(self._statement.selected_columns, described, strict=True)
        )


@contextmanager
def _cursor(connection: Connection, sql: str) -> Iterator[Any]:
    """A cursor of the driver, whose errors come as SQLAlchemy's."""
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(sql, None, error) from error
    finally:
        cursor.close()


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement as a driver takes it: its values in an order or by name, and how each is converted, if it is. `fixed`
    are the values that the statement brings along."""

    sql: str
    names: tuple[str, ...]
    converters: Mapping[str, Callable[[Any], Any]]
    by_position: bool
    fixed: Mapping[str, Any]

    def bound(self, row: Mapping[str, Any]) -> Any:
        """Values by name, as the driver takes them."""
        converters = self.converters
        if self.fixed:
            row = {**self.fixed, **row}
        values = [converters[name](row[name]) if name in converters else row[name] for name in self.names]
        return tuple(values) if self.by_position else dict(zip(self.names, values, strict=True))


def _form_of(statement: ClauseElement, dialect: Dialect) -> _Form:
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        raise LedgerError(f"{compiled} takes no values")
    converters, fixed = {}, {}
    for parameter, name in compiled.bind_names.items():
        converter = parameter.type.dialect_impl(dialect).bind_processor(dialect)
        if converter is not None:
            converters[name] = converter
        if not parameter.required:
            fixed[name] = parameter.effective_value
    names = compiled.positiontup if compiled.positional else list(compiled.bind_names.values())
    return _Form(compiled.string, tuple(names or ()), converters, compiled.positional, fixed)


def _parameters(table: Table, names: Iterable[str]) -> dict[str, BindParameter[Any]]:
    return {name: bindparam(name, type_=table.c[name].type) for name in names}


@cache
def _adding(table: Table, names: tuple[str, ...]) -> Prepared:
    return Prepared(table.insert().inline().values(_parameters(table, names)))


def add_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of equal columns that are not there yet."""
    if rows:
        _adding(table, tuple(rows[0])).run(connection, rows)


@cache
def _putting(table: Table, names: tuple[str, ...], refreshed: tuple[str, ...]) -> Prepared:
    """The statement of `put_rows`, in the form that SQLite and PostgreSQL share."""
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    fresh = ", ".join(f'"{name}" = excluded."{name}"' for name in refreshed)
    action = f"UPDATE SET {fresh}" if refreshed else "NOTHING"
    statement = text(
        f'INSERT INTO "{table.name}" ({columns}) VALUES ({values}) ON CONFLICT ({keys}) DO {action}'
    )
    return Prepared(statement.bindparams(*_parameters(table, names).values()))


def put_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], refresh: Iterable[str] = ()
) -> None:
    """Insert rows of equal columns. Those that are there by primary key stay as they are, but for the columns
    of `refresh`."""
    if rows:
        _putting(table, tuple(rows[0]), tuple(refresh)).run(connection, rows)


@cache
def _changing(table: Table, keys: tuple[str, ...], names: tuple[str, ...]) -> Prepared:
    matches = (table.c[name] == bindparam(f"key_{name}") for name in keys)
    return Prepared(table.update().where(*matches).values(_parameters(table, names)))


def change(connection: Connection, table: Table, keys: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Set `values` in the rows that have all of `keys`."""
    row = {f"key_{name}": value for name, value in keys.items()} | dict(values)
    _changing(table, tuple(keys), tuple(values)).run(connection, [row])
