"""One Prefect server and one set of demo runs for all tests of flows: its start costs more than its use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from demo_runs import DemoRuns


@pytest.fixture(scope="session")
def prefect_server(only_loopback: None) -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def demo_runs(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> DemoRuns:
    from demo_runs import run_nights

    return run_nights(tmp_path_factory.mktemp("demo"))
