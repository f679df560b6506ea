"""One embedded Prefect and one set of demo runs for all tests of flows: its start costs more than its use."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.runtime import prepare_prefect

if TYPE_CHECKING:
    from demo_runs import DemoRuns


@pytest.fixture(scope="session")
def prefect_server(only_loopback: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Prefect as the command line prepares it; its embedded server starts with the first flow."""
    before = dict(os.environ)
    prepare_prefect(tmp_path_factory.mktemp("prefect"))
    yield
    for name in set(os.environ) - set(before):
        del os.environ[name]


@pytest.fixture
def migrated(prefect_server: None) -> Callable[[Path], None]:
    """Give a state folder the database of this process's Prefect, if that has one yet.

    A command that starts a Prefect of its own there need not migrate an empty one: twelve seconds of the processor,
    which the demo pays, whose first night is run from nothing.
    """

    def give(state: Path) -> None:
        held = Path(os.environ["PREFECT_HOME"], "prefect.db")
        if held.exists():
            target = state / "prefect" / held.name
            target.parent.mkdir(parents=True)
            with closing(sqlite3.connect(held)) as source, closing(sqlite3.connect(target)) as copy:
                source.backup(copy)

    return give


@pytest.fixture(scope="session")
def demo_runs(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> DemoRuns:
    from demo_runs import run_nights

    return run_nights(tmp_path_factory.mktemp("demo"))
