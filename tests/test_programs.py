"""Tests that need a program of the machine are left out where it is missing, and fail on CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import known_programs, program

REPOSITORY = Path(__file__).resolve().parents[1]
CASE = """
import pytest


@pytest.mark.needs("soffice")
def test_drives_an_office() -> None:
    assert __import__("shutil").which("soffice")


def test_needs_nothing() -> None:
    pass
"""


def test_every_listed_program_names_its_packages() -> None:
    assert all(known_programs().values())


def test_a_program_that_is_not_listed_is_an_error() -> None:
    with pytest.raises(KeyError, match="word"):
        program("word")


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 passed, 1 deselected"), ("true", "1 failed, 1 passed")])
def test_a_missing_program(tmp_path: Path, ci: str, outcome: str) -> None:
    (tmp_path / "test_case.py").write_text(CASE, encoding="utf-8")
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_collection_modifyitems\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(REPOSITORY / "pyproject.toml"),
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(REPOSITORY), "CI": ci}
    run = subprocess.run(
        [*command, "-p", "no:xdist", str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in run.stdout
