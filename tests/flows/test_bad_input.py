"""Bad input: one clear line, the right exit code, and the rest of the run unharmed."""

from __future__ import annotations

import io
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import psutil
import pytest
from crawl_configs import configuration
from rich.console import Console

from flows.cli import _run
from warehouse.publish import read_table

HERE = Path(__file__).parents[1]
GOLDEN = HERE / "golden"
SITE = HERE.parent / "data" / "sample_site"
REPORT = SITE / "art" / "2023" / "1" / "13" / "art_1203_553601.html"

LAST_YEARS = SITE / "art" / "2022" / "1" / "14" / "art_1203_859995.html"


def gongkai(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = _run(list(arguments))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def only_line(errors: str) -> str:
    lines = errors.splitlines()
    assert len(lines) == 1, errors
    assert lines[0].startswith("gongkai: ")
    return lines[0].removeprefix("gongkai: ")


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "saved"
    folder.mkdir()
    return folder


def test_a_folder_of_good_and_bad_pages(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(LAST_YEARS, saved / "report.html")
    (saved / "empty.html").write_bytes(b"")
    (saved / "packed.html").write_bytes(b"Rar!\x1a\x07\x01\x00" + bytes(100))
    shutil.copy(SITE / "zwgk" / "zfxxgknb" / "index.html", saved / "list.html")
    page = REPORT.read_bytes()
    (saved / "cut.html").write_bytes(page[: page.rindex("部分公开".encode())])
    (saved / "style.css").write_text("p {}")
    code, out, errors = gongkai("extract", "saved", "--out", "out", capsys=capsys)
    assert (code, errors) == (1, "")
    assert "refused: saved/empty.html: nothing to read" in out
    assert "refused: saved/packed.html: content is rar" in out
    assert "incomplete: saved/cut.html:" in out
    assert "no report: saved/list.html:" in out
    assert "passed over by name: 1 × .css" in out
    reports = read_table(Path("out"), "reports").set_index("source")
    assert sorted(reports.index) == ["saved/cut.html", "saved/report.html"]
    assert reports.at["saved/report.html", "requests_state"] == "exact"
    requests = read_table(Path("out"), "requests")
    cut = requests[requests["report_id"] == reports.at["saved/cut.html", "report_id"]]
    assert len(cut) == 175
    assert cut[cut["status"] == "missing"]["value"].isna().all()
    pages = read_table(Path("out"), "pages").set_index("source")["outcome"]
    assert dict(pages) == {
        "saved/cut.html": "report", "saved/empty.html": "empty", "saved/list.html": "list_page",
        "saved/packed.html": "unsupported_kind", "saved/report.html": "report",
    }  # fmt: skip


@pytest.mark.parametrize(
    "page", ["zwgk/zfxxgknb/index.html", "col/col1203/index.html", "cili/zfxxgk/ndbg/list.html"]
)
def test_a_list_page_alone_gives_nothing_and_says_so(
    page: str, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(SITE / page, saved / "list.html")
    code, out, _ = gongkai("extract", "saved/list.html", "--out", "out", capsys=capsys)
    assert code == 1
    assert "no report: saved/list.html:" in out
    assert read_table(Path("out"), "pages")["outcome"].tolist() == ["list_page"]
    assert read_table(Path("out"), "reports").empty


def test_a_saved_challenge_is_named_not_read(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = (
        "<html><head><script>var arg1='" + "0F" * 20 + "';var acw_sc__v2;</script></head><body></body></html>"
    )
    (saved / "page.html").write_text(body)
    code, out, _ = gongkai("extract", "saved/page.html", "--out", "out", capsys=capsys)
    assert code == 1
    assert "refused: saved/page.html:" in out
    assert read_table(Path("out"), "pages")["outcome"].tolist() == ["challenge"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("extract", "nowhere.html", "--out", "out"), "nowhere.html: no such file or folder"),
        (("extract", "--out", "out"), "Missing argument 'paths'."),
        (("extract", "saved"), "Missing option '--out'."),
        (("build",), "config.yaml: cannot be read (No such file or directory)"),
        (("crawl", "--config", "saved"), "saved: cannot be read (Is a directory)"),
        (
            ("crawl", "--limit", "0"),
            "Invalid value for '--limit': Input should be greater than or equal to 1",
        ),
        (("fetch",), "No such command 'fetch'."),
    ],
)
def test_unusable_arguments_are_one_line_and_exit_2(
    saved: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], line: str
) -> None:
    code, out, errors = gongkai(*arguments, capsys=capsys)
    assert (code, out) == (2, "")
    assert only_line(errors) == line
    assert not Path("out").exists()


def test_a_misspelt_key_stops_every_command(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configuration(Path(), here=1)
    path.write_text(path.read_text().replace("delay_seconds", "dealy_seconds"))
    for command in ("crawl", "build", "status"):
        code, _, errors = gongkai(command, capsys=capsys)
        assert code == 2
        assert (
            "config.yaml:8: unknown key 'dealy_seconds' in crawl (did you mean 'delay_seconds'?)"
            in only_line(errors)
        )


def test_a_crawl_needs_a_contact_and_known_sites(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configuration(Path(), here=1)
    code, _, errors = gongkai("crawl", "--site", "hree", capsys=capsys)
    assert code == 2
    assert only_line(errors) == "--site hree: no such site in the configuration (did you mean 'here'?)"
    path.write_text(path.read_text().replace("tests, on loopback", "''"))
    code, _, errors = gongkai("crawl", capsys=capsys)
    assert code == 2
    assert only_line(errors).startswith("config.yaml: contact is empty")


def test_a_build_without_an_archive_names_the_folder(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configuration(Path(), here=1)
    code, _, errors = gongkai("status", capsys=capsys)
    assert (code, errors) == (0, "")
    assert not Path("archive").exists()


def test_sigterm_leaves_no_process_behind(tmp_path: Path) -> None:
    path = configuration(tmp_path, here=1)
    command = [sys.executable, "-m", "flows.cli", "crawl", "--config", str(path)]
    with psutil.Popen(command, stderr=subprocess.DEVNULL) as crawl:
        until = time.monotonic() + 100
        while not (servers := crawl.children()) and time.monotonic() < until:
            time.sleep(0.05)
        crawl.terminate()
        assert crawl.wait(60) == 128 + signal.SIGTERM
    assert servers
    assert psutil.wait_procs(servers, timeout=10)[1] == []


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.mark.xdist_group("prefect")
def test_an_unreachable_site_fails_alone(prefect_server: None, tmp_path: Path) -> None:
    from flows.commands import build_and_tell, crawl_and_tell
    from flows.sample_server import serve

    printed = io.StringIO()
    screen = Console(file=printed, width=200)
    with serve(SITE) as server:
        path = configuration(tmp_path, dead=_closed_port(), alive=server.port)
        assert crawl_and_tell(screen, path) == 1
    assert "failed: dead: " in printed.getvalue()
    assert build_and_tell(screen, path) == 0
    reports = read_table(tmp_path / "parquet", "reports")
    assert len(reports) == 15
    assert isinstance(reports, pd.DataFrame)


@pytest.mark.xdist_group("prefect")
def test_a_dry_run_names_its_pages_and_fetches_none(prefect_server: None, tmp_path: Path) -> None:
    from flows.commands import crawl_and_tell
    from flows.sample_server import serve
    from flows.settings import Narrowing

    printed = io.StringIO()
    with serve(SITE) as server:
        path = configuration(tmp_path, alive=server.port)
        narrowing = Narrowing(dry_run=True, years=[2022])
        assert crawl_and_tell(Console(file=printed, width=200), path, narrowing) == 0
    planned = [line for line in printed.getvalue().splitlines() if line.startswith("would fetch: ")]
    assert planned
    assert all("2022" in line for line in planned)
    assert not list((tmp_path / "archive" / "objects").rglob("*.zst"))


@pytest.mark.xdist_group("prefect")
def test_a_second_build_says_for_whom_it_waits_and_goes_on(prefect_server: None, tmp_path: Path) -> None:
    from flows.commands import build_and_tell
    from flows.errors import NothingArchived
    from warehouse.locks import hold

    path = configuration(tmp_path, here=1)
    printed = io.StringIO()
    waited_for = "waiting for backfill (process "
    with ThreadPoolExecutor(1) as second:
        with hold(tmp_path / "state" / "build.lock", "backfill"):
            started = second.submit(build_and_tell, Console(file=printed, width=200), path)
            until = time.monotonic() + 200
            while waited_for not in printed.getvalue() and time.monotonic() < until:
                time.sleep(0.02)
            assert waited_for in printed.getvalue()
            assert not started.done()
        with pytest.raises(NothingArchived):
            started.result(200)
