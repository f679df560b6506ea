"""One embedded Prefect and one set of demo runs for all tests of flows: its start costs more than its use."""

from __future__ import annotations

import os
from collections.abc import Iterator
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


@pytest.fixture(scope="session")
def demo_runs(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> DemoRuns:
    from demo_runs import run_nights

    return run_nights(tmp_path_factory.mktemp("demo"))
