"""Prefect's own settings, decided before its first import: it reads them once, from the environment.

Everything Prefect records lies under our state folder and is disposable; what must survive a run is in the
archive's ledger and in the datasets.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_SETTINGS = {
    # The embedded server needs 10-20 s, minutes where the machine has too much to do; Prefect's own limit is 20 s.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # Records go to Prefect's database; on the terminal they would drown the progress bars, and an error that
    # reaches the command line is told there, once.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_COLORS": "false",
    "PREFECT_CLI_COLORS": "false",
    # Results stay in memory: tasks hand over paths and counts, and nothing is pickled to disk.
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}


def prepare_server(state: Path, address: str) -> None:
    """`prepare_prefect` for a process whose flows run against a server of our own at this address."""
    prepare_prefect(state)
    os.environ["PREFECT_API_URL"] = f"{address}/api"
    # Never an embedded server beside it: its records would go nowhere.
    os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "false"
    os.environ["PREFECT_UI_API_URL"] = f"{address}/api"


def prepare_prefect(state: Path) -> None:
    """Point Prefect at `<state>/prefect` and quieten it; a variable that the user has set stays as it is.

    Raises RuntimeError where prefect was imported before: it would silently use the home folder.
    """
    if "prefect" in sys.modules:
        raise RuntimeError("prepare_prefect() comes before the first import of prefect")
    home = state / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    for name, value in {"PREFECT_HOME": str(home), **_SETTINGS}.items():
        os.environ.setdefault(name, value)
