"""Three nights of the sample site through the real flows, kept for the tests that look at them.

They are run once for all tests of a worker: a first one, one in which nothing changed, one after a revision.
"""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.console import Console

from flows.demo import play
from warehouse.publish import read_table
from warehouse.schemas import TABLES

REVISED = "/cili/zfxxgk/ndbg/content_10195.shtml"


@dataclass(frozen=True, slots=True)
class Night:
    """A run: its exit code, what it printed, the tables after it, and each file's modification time."""

    code: int
    printed: str
    tables: Mapping[str, pd.DataFrame]
    files: Mapping[str, int]

    def facts(self, table: str) -> pd.DataFrame:
        """The rows of a table with the site-absolute address of their report."""
        return with_address(self.tables[table], self.tables["reports"])


@dataclass(frozen=True, slots=True)
class DemoRuns:
    data: Path
    first: Night
    second: Night
    revised: Night


def run_nights(data: Path) -> DemoRuns:
    """The first night by the command itself, in a process of its own; the others by the flows it calls."""
    port = _free_port()
    gongkai = Path(sys.executable).with_name("gongkai")
    done = subprocess.run(
        [str(gongkai), "demo", "--port", str(port), "--data", str(data)],
        capture_output=True, text=True, check=False, timeout=240, cwd=data,
        env={"PATH": os.environ["PATH"], "HOME": str(data / "home")},
    )  # fmt: skip
    assert done.stderr == ""
    first = _night(data, done.returncode, done.stdout)
    return DemoRuns(data, first, _played(data, port), _played(data, port, revised=True))


def _played(data: Path, port: int, revised: bool = False) -> Night:
    printed = io.StringIO()
    code = play(Console(file=printed, width=200), data, port, revised)
    return _night(data, code, printed.getvalue())


def with_address(facts: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    return facts.assign(address=facts["report_id"].map(addresses(reports.set_index("report_id"))))


def addresses(reports: pd.DataFrame) -> pd.Series:
    """Site-absolute addresses, as the truth has them: the port differs from run to run."""
    return reports["source"].str.replace(r"^http://127\.0\.0\.1:\d+", "", regex=True)


def _night(data: Path, code: int, printed: str) -> Night:
    root = data / "parquet"
    return Night(
        code,
        printed,
        {name: read_table(root, name) for name in TABLES},
        {
            str(file.relative_to(root)): file.stat().st_mtime_ns
            for name in TABLES
            for file in (root / name).rglob("*.parquet")
        },
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
