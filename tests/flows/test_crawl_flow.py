"""The crawl as a flow: one run for all shards, continued after a kill; hosts and figures told."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from crawl_configs import LIST, configuration
from rich.console import Console
from sqlalchemy import select

from crawlers import ledger_schema as schema
from crawlers.archive import Archive
from flows.sample_server import SampleServer, serve

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(300)]

SITE = Path(__file__).parents[2] / "data" / "sample_site"
CHALLENGE = f"<html><script>var arg1='{'0F' * 20}';var acw_sc__v2;</script><body></body></html>"


def crawled(path: Path, narrowing: object = None, **screen: object) -> tuple[int, str]:
    from flows.commands import crawl_and_tell

    printed = io.StringIO()
    code = crawl_and_tell(Console(file=printed, width=200, **screen), path, narrowing)  # type: ignore[arg-type]
    return code, printed.getvalue()


def runs(folder: Path) -> list[tuple[bool, bool]]:
    """(named, ended) of each run of the ledger."""
    with Archive(folder / "archive") as archive, archive.ledger.reading() as connection:
        rows = connection.execute(
            select(schema.runs.c.name, schema.runs.c.ended_at).order_by(schema.runs.c.id)
        )
        return [(name is not None, ended is not None) for name, ended in rows]


def pages_of(server: SampleServer) -> Counter[str]:
    return Counter({path: count for path, count in server.asked.items() if path.startswith("/art/")})


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_crawl_of_several_shards_goes_on_where_it_was(
    migrated: Callable[[Path], None], tmp_path: Path
) -> None:
    migrated(tmp_path / "state")
    with serve(SITE) as first, serve(SITE) as second:
        # The pause makes the second shard last long enough for the kill to fall into it.
        path = configuration(
            tmp_path, {"sites_per_task": 1, "delay_seconds": 0.1}, first=first.port, second=second.port
        )
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("gongkai")), "crawl", "--config", str(path)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")},
        )  # fmt: skip
        wait_for(lambda: pages_of(second).total() >= 5, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert runs(tmp_path) == [(True, False)]
        before, half = first.asked.copy(), pages_of(second)
        assert len(pages_of(first)) == 15
        code, printed = crawled(path)
        assert code == 0, printed
        assert first.asked == before
        assert len(pages_of(second)) == 15
        # What was under way when the kill came may be asked for once more.
        assert sum((pages_of(second) - half).values()) <= 15 - len(half) + 1
        assert runs(tmp_path) == [(True, True)]
        with Archive(tmp_path / "archive") as archive:
            assert len({page.source for page in archive.pages()}) == 30


def test_a_narrowed_crawl_is_a_run_of_its_own(prefect_server: None, tmp_path: Path) -> None:
    from flows.settings import Narrowing

    with serve(SITE) as server:
        path = configuration(tmp_path, here=server.port)
        with Archive(tmp_path / "archive") as archive:
            left_open = archive.ledger.begin_run(20)
        assert crawled(path, Narrowing(years=[2022]))[0] == 0
        assert 0 < len(pages_of(server)) < 15
        assert runs(tmp_path) == [(True, False), (False, True)]
        assert crawled(path)[0] == 0
        assert len(pages_of(server)) == 15
        assert runs(tmp_path) == [(True, True), (False, True)]
    assert left_open


def test_the_end_tells_each_list_against_last_time(prefect_server: None, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(SITE, site)
    with serve(site) as server:
        path = configuration(tmp_path, here=server.port)
        code, printed = crawled(path)
        assert code == 0
        assert "never" in printed
        assert "lists changed" not in printed
        folder = (site / LIST.lstrip("/")).parent
        page = (folder / "index.html").read_text(encoding="utf-8")
        lines = page.splitlines(keepends=True)
        gone = next(line for line in lines if "年度报告" in line and "/art/" in line)
        (folder / "index.html").write_text(page.replace(gone, ""), encoding="utf-8")
        _, printed = crawled(path)
    assert "lists changed: here: 14 reports, 15 last time" in printed


def test_hosts_are_shown_while_it_runs_and_named_when_left_alone(
    prefect_server: None, tmp_path: Path
) -> None:
    guarded = tmp_path / "guarded" / LIST.lstrip("/")
    guarded.parent.mkdir(parents=True)
    guarded.write_text(CHALLENGE)
    with serve(SITE) as good, serve(tmp_path / "guarded") as bad:
        path = configuration(tmp_path, {"delay_seconds": 0.05}, good=good.port, bad=bad.port)
        code, printed = crawled(path, force_terminal=True)
    assert code == 1
    assert f"left alone: 127.0.0.1:{bad.port}: challenge" in printed
    assert "hosts: " in printed
    assert ", 1 left alone" in printed
    assert printed.count("left alone: 127.0.0.1") == 1
