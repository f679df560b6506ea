"""One writer at a time among many machines: an advisory lock of a PostgreSQL session, which dies with it.

A killed process, a cut line, a machine that vanished: the server ends the session, and the next writer has the lock.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from warehouse.errors import LockLost, LockUnavailable

POLL_SECONDS = 1.0
_SESSION = """
    SELECT set_config('tcp_keepalives_idle', '15', false), set_config('tcp_keepalives_interval', '5', false),
           set_config('tcp_keepalives_count', '3', false), set_config('application_name', :owner, false)
"""
_TAKE = "SELECT pg_try_advisory_lock(:key)"
_HOLDER = """
    SELECT application_name || ' at ' || coalesce(host(client_addr), 'this machine') || ', since '
           || to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = :key
"""


@contextmanager
def hold_in_database(
    address: str, place: str, owner: str, on_wait: Callable[[str], None]
) -> Iterator[Callable[[], None]]:
    """Hold the lock on the tables at `place`, named in the database at `address` (an SQLAlchemy URL of PostgreSQL).

    Waits as long as it takes; `on_wait` is told once for whom. Gives a function that raises LockLost where the
    session, and with it the lock, is gone. Raises LockUnavailable where the database cannot be asked.
    """
    key = int.from_bytes(hashlib.sha256(place.encode()).digest()[:7], "big")
    engine = create_engine(address, poolclass=NullPool, connect_args={"connect_timeout": 10})
    connection = _session(engine.connect, owner, place)
    try:
        _take(connection, key, place, on_wait)

        def check() -> None:
            try:
                connection.execute(text("SELECT 1"))
            except DBAPIError as error:
                raise LockLost(place, str(error.orig)) from error

        yield check
    finally:
        # The lock goes with the session; one that is gone already cannot be closed in order.
        connection.invalidate()
        connection.close()


def _session(connect: Callable[[], Connection], owner: str, place: str) -> Connection:
    try:
        connection = connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text(_SESSION), {"owner": f"gongkai {owner}"[:63]})
    except DBAPIError as error:
        raise LockUnavailable(place, str(error.orig)) from error
    return connection


def _take(connection: Connection, key: int, place: str, on_wait: Callable[[str], None]) -> None:
    told = False
    try:
        while not connection.execute(text(_TAKE), {"key": key}).scalar_one():
            if not told:
                on_wait(str(connection.execute(text(_HOLDER), {"key": key}).scalar() or "another writer"))
                told = True
            time.sleep(POLL_SECONDS)
    except DBAPIError as error:
        raise LockUnavailable(place, str(error.orig)) from error
