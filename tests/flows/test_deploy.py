"""What the files in deploy/ run, is run: the crontab's line, then the service's, which catches up what was missed."""

from __future__ import annotations

import configparser
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from crawl_configs import configuration

from flows.operations.runs import records
from flows.sample_server import serve
from warehouse.publish import read_table

pytestmark = [pytest.mark.xdist_group("nights"), pytest.mark.timeout(600)]

DEPLOY = Path(__file__).parents[2] / "deploy"
SITE = Path(__file__).parents[2] / "data" / "sample_site"
BIN = Path(sys.executable).parent


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder like /srv/gongkai: an environment under .venv, and data/state."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(BIN)
    (tmp_path / "data" / "state").mkdir(parents=True)
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder / "home")}


def configured(folder: Path, port: int, **sections: object) -> None:
    path = configuration(folder, here=port)
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) | sections
    settings["data"] |= {"state": "data/state"}
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_crontabs_line_and_the_services_are_run(
    installed: Path, migrated: Callable[[Path], None]
) -> None:
    line = next(text for text in (DEPLOY / "crontab").read_text().splitlines() if "gongkai nightly" in text)
    command = line.split(maxsplit=5)[5].replace("/srv/gongkai", shlex.quote(str(installed)))
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "gongkai.service", encoding="utf-8")
    service = unit["Service"]["ExecStart"].replace("/srv/gongkai", str(installed))
    state = installed / "data" / "state"
    migrated(state)
    with serve(SITE) as server:
        configured(installed, server.port, clock="2026-11-01T02:30:00+08:00")
        assert subprocess.run(["sh", "-c", command], env=environment(installed), check=False).returncode == 0
        assert "Night nightly-20261101T023000" in (state / "nightly.log").read_text(encoding="utf-8")
        assert len(read_table(installed / "parquet", "reports")) == 15
        configured(installed, server.port, serve={"port": free_port()}, schedule={"cron": "0 3 * * *"})
        process = subprocess.Popen(
            shlex.split(service), env=environment(installed), cwd=installed, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        wait_for(lambda: [run.state for run in records(state)] == ["published", "unchanged"], process)
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "is missing: it is done now." in out
    assert records(state)[-1].night is not None
    assert not (installed / "home").exists()
