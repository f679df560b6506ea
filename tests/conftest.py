"""What every test stands on: no network but loopback, and the programs that it names."""

from __future__ import annotations

import ipaddress
import itertools
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.services import Postgres, S3Server, postgres, s3_server
from tests.programs import program


class NetworkInTest(RuntimeError):
    """A test tried to leave the machine. No OSError: code under test must not take it for a dead site."""


def _is_loopback(host: object) -> bool:
    if host in {"", None, "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests whose programs this machine lacks, and say so; on CI they stay, and fail."""
    if os.environ.get("CI"):
        return
    lacking = {
        item: missing
        for item in items
        if (
            missing := [
                name for mark in item.iter_markers("needs") for name in mark.args if not program(name)
            ]
        )
    }
    if lacking:
        names = ", ".join(sorted({name for missing in lacking.values() for name in missing}))
        print(f"\n{len(lacking)} tests are left out: this machine lacks {names}")
        config.hook.pytest_deselected(items=list(lacking))
        items[:] = [item for item in items if item not in lacking]


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Connections leave for loopback and Unix sockets only; names other than localhost are not found."""
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def checked(address: Any) -> None:
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise NetworkInTest(f"connection to {address[0]}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        checked(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        checked(address)
        return connect_ex(self, address)

    def guarded_lookup(host: Any, *rest: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        try:
            literal = name is not None and ipaddress.ip_address(name) is not None
        except ValueError:
            literal = False
        if not literal and not _is_loopback(name):
            raise socket.gaierror(socket.EAI_NONAME, f"no names are looked up in tests: {name}")
        return lookup(host, *rest, **named)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_lookup)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def database_server() -> Iterator[Postgres]:
    """A PostgreSQL of this test process; a test that uses it names `postgres` among its needs."""
    with postgres() as server:
        yield server


@pytest.fixture
def database(database_server: Postgres) -> str:
    """The address of an empty database."""
    name = f"t{next(_numbers)}"
    database_server.execute("postgres", f"CREATE DATABASE {name} STRATEGY wal_log")
    return database_server.address(name)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server of this test process, and the environment of who may use it."""
    patch = pytest.MonkeyPatch()
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        for name, value in server.credentials.items():
            patch.setenv(name, value)
        yield server
        patch.undo()


@pytest.fixture
def bucket(s3: S3Server) -> str:
    """An empty bucket's name."""
    name = f"bucket-{next(_numbers)}"
    s3.create(name)
    return name


_numbers = itertools.count(1)
