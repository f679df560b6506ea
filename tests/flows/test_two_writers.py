"""Two runs into the same tables: what one derives from all reports never undoes what the other published."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from flows.extract import run_extract
from warehouse.locks import hold
from warehouse.publish import read_table
from warehouse.schemas import TABLES
from warehouse.snapshots import LOCK

SITE = Path(__file__).parents[2] / "data" / "sample_site"
COLUMN = SITE / "cili" / "zfxxgk" / "ndbg"
ONE, OTHER = "content_52392.shtml", "content_35629.shtml"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder, name in (("nightly", ONE), ("backfill", OTHER)):
        Path(folder).mkdir()
        shutil.copy(COLUMN / name, folder)
    return tmp_path


def extract(out: str, *paths: str) -> int:
    return run_extract(Console(quiet=True), [Path(path) for path in paths], Path(out))


def content(root: str) -> dict[str, bytes]:
    return {
        str(file.relative_to(root)): file.read_bytes()
        for name in TABLES
        for file in (Path(root) / name).rglob("*.parquet")
    }


def started(folder: str) -> subprocess.Popen[str]:
    gongkai = Path(sys.executable).with_name("gongkai")
    return subprocess.Popen(
        [str(gongkai), "extract", folder, "--out", "both"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_runs_started_together_leave_the_union_derived_tables_included(saved: Path) -> None:
    extract("alone", "nightly", "backfill")
    extract("both", "nightly")
    shutil.copy(COLUMN / "content_81189.shtml", "nightly")
    extract("alone", "nightly/content_81189.shtml")
    with hold(Path("both", LOCK), "test"):
        runs = [started("nightly"), started("backfill")]
        # Both have read their pages when both say for whom they wait; neither may have looked at the tables yet.
        for run in runs:
            assert run.stdout is not None
            assert run.stdout.readline().startswith("waiting for test (process ")
    for run in runs:
        _, errors = run.communicate(timeout=240)
        assert (run.returncode, errors) == (0, "")
    assert content("both") == content("alone")
    assert len(read_table(Path("both"), "agencies")) == 2
    assert len(read_table(Path("both"), "coverage")) == len(read_table(Path("alone"), "coverage"))


def test_a_duplicate_that_is_wanted_and_out_of_reach_is_set_aside_and_comes_back(saved: Path) -> None:
    Path("far").mkdir()
    shutil.copy(Path("nightly", ONE), Path("far", "longer-" + ONE))
    extract("out", "nightly", "far")
    reports = read_table(Path("out"), "reports")
    assert list(reports["duplicate_of"].notna()).count(True) == 1
    # The copy kept becomes a page that is no report; the other's file is not where it was.
    Path("nightly", ONE).write_text("<html><title>x</title><p>nothing here</p></html>", encoding="utf-8")
    Path("far").rename("moved")
    assert extract("out", "nightly") == 1
    tables = {name: read_table(Path("out"), name) for name in ("reports", "requests", "pages", "agencies")}
    assert {name: len(rows) for name, rows in tables.items()} == {
        "reports": 0, "requests": 0, "pages": 1, "agencies": 0,
    }  # fmt: skip
    Path("moved").rename("far")
    assert extract("out", "far") == 0
    pd.testing.assert_frame_equal(
        read_table(Path("out"), "requests")[["item", "applicant", "value", "status"]],
        requests_of_one(),
    )


def requests_of_one() -> pd.DataFrame:
    extract("plain", "far")
    return read_table(Path("plain"), "requests")[["item", "applicant", "value", "status"]]
