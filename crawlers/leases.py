"""Taking turns: a lease says which crawl is at a host, so that two crawls of one archive never ask it at
once.

Leases stand in the ledger and not in the file system, so that crawls on several machines can share them. They
run out unless renewed; one whose owner was killed on this machine is taken over at once.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, select

from crawlers import ledger_schema as schema
from crawlers.database import Prepared, put_rows
from crawlers.errors import LedgerError
from crawlers.ledger import Ledger

LEASE_SECONDS = 90.0
_RENEWED_EVERY = LEASE_SECONDS / 6
_HOLDER = Prepared(
    select(schema.leases.c.owner, schema.leases.c.expires_at).where(schema.leases.c.name == bindparam("name"))
)
_GIVE_BACK = Prepared(
    schema.leases.delete().where(
        schema.leases.c.name == bindparam("name"), schema.leases.c.owner == bindparam("owner")
    )
)


def _is_dead(owner: str) -> bool:
    """Whether an owner certainly no longer lives: a process of this machine that is gone."""
    machine, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if machine != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class Leases:
    """The leases of one crawl; renewed by a thread of its own between `start` and `stop`."""

    def __init__(self, ledger: Ledger) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._ledger = ledger
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to renew what is held."""
        self._renewing.start()

    def stop(self) -> None:
        """Give everything back."""
        self._ended.set()
        self._renewing.join()
        with self._ledger.writing() as connection:
            connection.execute(schema.leases.delete().where(schema.leases.c.owner == self.owner))
        self._held.clear()

    def hold(self, name: str) -> bool:
        """Take a lease, or keep it; False while a living crawl has it."""
        if self.holds(name):
            return True

        def work(connection: Connection) -> bool:
            now = datetime.now(UTC)
            for owner, expires_at in _HOLDER.read(connection, {"name": name}):
                if owner != self.owner and expires_at > now and not _is_dead(owner):
                    return False
            values = {"owner": self.owner, "expires_at": now + timedelta(seconds=LEASE_SECONDS)}
            put_rows(connection, schema.leases, [{"name": name} | values], refresh=values)
            return True

        if not self._ledger.together(work):
            return False
        with self._lock:
            self._held.add(name)
        return True

    def holds(self, name: str) -> bool:
        """Whether this crawl has the lease, as far as the last renewal knew."""
        with self._lock:
            return name in self._held

    def release(self, name: str) -> None:
        """Give a lease back."""
        with self._lock:
            self._held.discard(name)
        values = {"name": name, "owner": self.owner}
        self._ledger.together(lambda connection: _GIVE_BACK.run(connection, [values]))

    def others(self, prefix: str) -> bool:
        """Whether a living crawl besides this one holds a lease whose name starts so."""
        leases = schema.leases
        now = datetime.now(UTC)
        with self._ledger.reading() as connection:
            rows = connection.execute(
                select(leases.c.owner, leases.c.expires_at).where(
                    leases.c.name.startswith(prefix, autoescape=True), leases.c.owner != self.owner
                )
            ).all()
        return any(row.expires_at > now and not _is_dead(row.owner) for row in rows)

    def _renew(self) -> None:
        while not self._ended.wait(_RENEWED_EVERY):
            try:
                self._extend()
            except LedgerError:
                # The next round, or the crawl's own next write, will tell; a lease outlives several rounds.
                continue

    def _extend(self) -> None:
        """Lengthen what is still ours. What a jump of the clock gave away is no longer held."""
        leases = schema.leases
        until = datetime.now(UTC) + timedelta(seconds=LEASE_SECONDS)
        with self._ledger.writing() as connection:
            ours = leases.c.owner == self.owner
            connection.execute(leases.update().where(ours).values(expires_at=until))
            kept = set(connection.execute(select(leases.c.name).where(ours)).scalars())
        with self._lock:
            self._held &= kept
