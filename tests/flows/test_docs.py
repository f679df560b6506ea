"""The documentation is true: its marked blocks run, its commands and options exist, no command is left out."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from demo_runs import DemoRuns

from flows.cli import _run

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SAVED = ROOT / "data" / "sample_site" / "art" / "2023" / "1" / "13" / "art_1203_553601.html"
BLOCK = re.compile(
    r"(?:<!-- run: (?P<mark>\w+) -->\s*)?^(?P<indent> *)```(?P<kind>\w+)\n(?P<body>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


def blocks(page: Path) -> list[tuple[str | None, str, str]]:
    """(mark, kind, body) of each fenced block."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [
        (block["mark"], block["kind"], re.sub(rf"^{block['indent']}", "", block["body"], flags=re.MULTILINE))
        for block in found
    ]


def commands(page: Path) -> list[list[str]]:
    """Every `gongkai …` line of the page's console blocks, in words."""
    return [
        shlex.split(line.removeprefix("$ "))[1:]
        for _, kind, body in blocks(page)
        if kind == "console"
        for line in body.splitlines()
        if line.startswith("$ gongkai")
    ]


@pytest.fixture
def workplace(demo_runs: DemoRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like the repository after `make demo`: data/parquet, a config.yaml, some saved pages."""
    shutil.copytree(demo_runs.data / "parquet", tmp_path / "data" / "parquet", symlinks=True)
    shutil.copy(ROOT / "config.yaml", tmp_path)
    (tmp_path / "saved").mkdir()
    shutil.copy(SAVED, tmp_path / "saved" / "report.html")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_python(body: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", body], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def figures(printed: str) -> list[tuple[int, int]]:
    """(year, sum) of each line that holds a year and a figure."""
    found = [re.findall(r"\d+(?:\.0)?", line.replace(",", "")) for line in printed.splitlines()]
    rows = [(int(row[0]), int(float(row[1]))) for row in found if len(row) == 2]
    return [row for row in rows if 2000 < row[0] < 2100]


def test_pandas_duckdb_and_polars_give_the_same_sums(workplace: Path, demo_runs: DemoRuns) -> None:
    printed = [run_python(body) for _, kind, body in blocks(ROOT / "README.md") if kind == "python"]
    assert len(printed) == 3
    requests = demo_runs.revised.tables["requests"]
    received = requests[(requests["item"] == "received") & (requests["applicant"] == "total")]
    expected = received.groupby("report_year")["value"].sum()
    truth = [(int(year), int(total)) for year, total in expected.items()]
    assert len(truth) == 5
    assert [figures(text) for text in printed] == [truth] * 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_marked_blocks_run(page: Path, workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for mark, kind, body in blocks(page):
        if mark is None:
            continue
        if kind == "python":
            run_python(body)
        for line in body.splitlines() if kind == "console" else ():
            assert _run(shlex.split(line.removeprefix("$ "))[1:]) == 0, line
            assert capsys.readouterr().err == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_exists_with_its_options(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in commands(page):
        assert _run([*words, "--help"]) == 0, words
        assert "Usage:" in capsys.readouterr().out


def test_every_command_is_documented() -> None:
    from flows.cli import app

    shown = {words[0] for page in PAGES for words in commands(page)} | set(
        re.findall(r"gongkai ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    )
    assert {command.callback.__name__ for command in app.registered_commands if command.callback} <= shown
    of_groups = {tuple(words[:2]) for page in PAGES for words in commands(page)}
    for group in app.registered_groups:
        assert group.typer_instance is not None
        for command in group.typer_instance.registered_commands:
            assert (group.name, command.name) in of_groups


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_make_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)[1].split())  # type: ignore[index]
    help_text = ["make", "--no-print-directory", "help"]
    listed = subprocess.run(help_text, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in listed.splitlines()} == phony


def test_the_examples_frame_is_what_the_tables_hold(workplace: Path) -> None:
    frame = pd.read_parquet("data/parquet/requests")
    assert str(frame["value"].dtype) == "Int64"
