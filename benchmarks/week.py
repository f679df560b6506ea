"""A week of nights in minutes: the clock moved by configuration, the site changing between nights, and kills.

    python -m benchmarks.week

Everything is real: the sample site behind a web server, the flows on Prefect, `gongkai serve` with its own
server, a webhook that is told. Prints what each step showed; ends with 1 where one is not as it should be.
"""

# ruff: noqa: PLC0415 (Prefect is imported after its settings are decided)

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psutil
import yaml
from rich.console import Console

from flows.operations.commands import night_and_tell
from flows.operations.runs import records
from flows.operations.standing import read_standing
from flows.runtime import prepare_prefect
from flows.sample_server import SampleServer, serve
from warehouse.publish import read_table

SITE = Path(__file__).parents[1] / "data" / "sample_site"
LIST = "/col/col1203/index.html"
PAGE = Path("art/2023/1/13/art_1203_553601.html")
NOTICE = (
    '<html><head><meta charset="utf-8"><title>关于报送政府信息公开工作年度报告的通知</title></head><body>'
    "<h1>关于报送政府信息公开工作年度报告的通知</h1>"
    + "<p>各乡镇人民政府、区直各单位：请于一月二十日前报送本单位政府信息公开工作年度报告，并在门户网站发布。</p>"
    * 6
    + "</body></html>"
)
MONDAY = datetime(2026, 11, 2, 2, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
GONGKAI = [sys.executable, "-m", "flows.cli"]

failures: list[str] = []


def show(step: str, good: bool, seen: object) -> None:
    """One line a step."""
    print(f"{'ok  ' if good else 'FAIL'} {step}: {seen}", flush=True)
    if not good:
        failures.append(step)


@contextmanager
def webhook() -> Iterator[tuple[str, list[str]]]:
    """An address in apprise's form, and the titles it was told."""
    titles: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            titles.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["title"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_address[1]}/", titles
    server.shutdown()


def configure(folder: Path, port: int, **sections: Any) -> Path:
    """A config.yaml for the sample site's district list at a port; `sections` replace or add to its own."""
    settings: dict[str, Any] = {
        "contact": "a rehearsal, on loopback",
        "data": {"archive": "archive", "datasets": "parquet", "state": "state", "releases": "releases"},
        "crawl": {"delay_seconds": 0.0, "backoff_seconds": 0.01, "circuit_minutes": 0.0},
        "schedule": {"cron": "30 2 * * *"},
        "guards": {"least_reports": 5},
        "backfill": {"delay_seconds": 0.0},
        "sites": [
            {
                "id": "here", "name": "永定区人民政府", "region": "430802", "family": "hanweb",
                "status": "unverified", "lists": [f"http://127.0.0.1:{port}{LIST}"],
                "allow": [f"127.0.0.1:{port}"],
            }
        ],
    }  # fmt: skip
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(settings | sections, allow_unicode=True), encoding="utf-8")
    return path


def night(path: Path) -> int:
    """A night in this process, on the embedded Prefect."""
    return night_and_tell(Console(quiet=True), path)


def artifact(run_id: str) -> str:
    """The summary that Prefect shows for a night."""
    from prefect import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    async def read() -> str:
        async with get_client() as client:
            found = await client.read_artifacts(
                artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["night"])), limit=50
            )
        texts = [str(one.data) for one in found if run_id in str(one.data)]
        return texts[0] if texts else ""

    return asyncio.run(read())


def the_week(folder: Path) -> None:
    """Eight nights: all new, one revised, three without the site, back, one that is held, and its end."""
    site = folder / "site"
    shutil.copytree(SITE, site)
    good = (site / PAGE).read_text(encoding="utf-8")
    revised = good.replace("</body>", "<p>更正</p></body>")
    with serve(site) as server:
        port = server.port
    week: list[tuple[str, str | None, str, str]] = [
        # what happens, the page's text (None: the site is away), how the night ends, its row in the summary
        ("all is new", good, "published", "| here | complete | 15 | never | 15 | 0 | 0 | 0 | 0 |"),
        ("a report is revised", revised, "published", "| here | complete | 15 | 15 | 0 | 1 | 14 | 0 | 0 |"),
        ("the site is away", None, "unchanged", "| here | failed | 0 | 15 |"),
        ("the second night", None, "unchanged", "| here | failed | 0 | 0 |"),
        ("the third night", None, "unchanged", "| here | failed | 0 | 0 |"),
        ("it is back", revised, "unchanged", "| here | complete | 15 | 0 | 0 | 0 | 15 | 0 | 0 |"),
        ("a report becomes a notice", NOTICE, "held", "| here | complete | 15 | 15 | 0 | 1 | 14 | 0 | 0 |"),
        ("it is there again", revised, "unchanged", "| here | complete | 15 | 15 | 0 | 1 | 14 | 0 | 0 |"),
    ]
    told = [[], [], ["1 source out"], [], [], ["recovered"], ["held"], ["recovered", "the week"]]
    with webhook() as (address, titles):
        for day, (name, text, ending, row) in enumerate(week):
            moment = MONDAY + timedelta(days=day)
            path = configure(folder, port, clock=moment, telling={"to": [address]})
            before = len(titles)
            if text is None:
                night(path)
            else:
                (site / PAGE).write_text(text, encoding="utf-8")
                with serve(site, port):
                    night(path)
            record = records(folder / "state")[-1]
            summary = artifact(record.id)
            fresh = [title.removeprefix("gongkai: ") for title in titles[before:]]
            good_night = record.state == ending and row in summary and fresh == told[day]
            show(f"{moment:%a} {name}", good_night, f"{record.state}, told {fresh}")
            if not good_night:
                print(summary)
    show("reports in force", len(read_table(folder / "parquet", "reports")) == 15, 15)


def a_killed_worker(folder: Path) -> None:
    """A reading process is killed: the night fails and says so, the next one is whole."""
    with serve(SITE) as server, webhook() as (address, titles):
        spread = {"processes": 2, "in_process_below": 1, "pages_per_task": 2}
        path = configure(folder, server.port, build=spread, telling={"to": [address]})
        ended = threading.Event()

        def kill() -> None:
            while not ended.wait(0.01):
                for child in psutil.Process().children(recursive=True):
                    try:
                        if "spawn_main" in " ".join(child.cmdline()):
                            child.kill()
                            return
                    except psutil.NoSuchProcess:
                        continue

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            night(path)
            show("a reading process killed", False, "the night went on")
        except Exception as error:  # noqa: BLE001 (whatever it is, it is shown)
            state = records(folder / "state")[-1].state
            show("a reading process killed", state == "failed" and titles == ["gongkai: failed"], error)
        ended.set()
        killer.join()
        night(path)
        seen = (
            records(folder / "state")[-1].state,
            titles[1:],
            len(read_table(folder / "parquet", "reports")),
        )
        show("the next night", seen == ("published", ["gongkai: recovered"], 15), seen)


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder / "home")}


def wait_for(condition: Callable[[], bool], seconds: float = 300.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def running_in_prefect(port: int) -> int:
    """Flow runs that Prefect takes for unfinished."""
    body = json.dumps({"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING", "CANCELLING"]}}}})
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/flow_runs/filter", body.encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return len(json.load(answer))


def served(folder: Path) -> None:
    """Five nights missed are caught up by one; a server killed in a night leaves nothing running."""
    with serve(SITE) as server, serve(SITE) as probe:
        port = probe.port + 1
        slow = {"delay_seconds": 1.0, "backoff_seconds": 0.01}
        path = configure(folder, server.port, serve={"port": port}, crawl=slow)
        past = (datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(days=5)).isoformat()
        old = {"id": "nightly-old", "kind": "nightly", "started": past, "state": "published", "night": past}
        (folder / "state" / "runs").mkdir(parents=True)
        (folder / "state" / "runs" / "nightly-old.json").write_text(json.dumps(old), encoding="utf-8")
        command = [*GONGKAI, "serve", "--config", str(path)]

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(command, env=environment(folder), start_new_session=True)

        def states() -> list[str]:
            return [record.state for record in records(folder / "state")]

        first = start()
        begun = wait_for(lambda: sum(path.startswith("/art/") for path in list(server.asked)) >= 4)
        show("a night missed for five days is begun", begun, states())
        first.send_signal(signal.SIGKILL)
        first.wait()
        archived = sum(path.startswith("/art/") for path in list(server.asked))
        second = start()
        whole = wait_for(lambda: states()[-1:] == ["published"])
        lost = states()[1:-1]
        show("killed with -9 and started again", whole and len(lost) == 1 and lost[0] != "running", states())
        time.sleep(15)
        show("caught up once", states()[1:] == [*lost, "published"], states())
        show("no run left running", running_in_prefect(port) == 0, running_in_prefect(port))
        pages = {path: count for path, count in server.asked.items() if path.startswith("/art/")}
        again = sum(pages.values()) - 15
        show("pages asked for again", len(pages) == 15 and again <= 1, f"{again}; {archived} before the kill")
        show("reports", len(read_table(folder / "parquet", "reports")) == 15, 15)
        second.send_signal(signal.SIGTERM)
        show("stopped in order", second.wait(60) == 0, second.returncode)


def together(folder: Path) -> None:
    """A night and a backfill at once: the union, each page fetched by one of them."""
    with serve(SITE) as server:
        slow = {"delay_seconds": 0.3, "backoff_seconds": 0.01}
        path = configure(folder, server.port, crawl=slow)
        environ = environment(folder)
        backfill = [*GONGKAI, "backfill", "--years", "2019-2022", "--config", str(path)]
        nightly = [*GONGKAI, "nightly", "--config", str(path)]
        both = [
            subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
            for command in (backfill, nightly)
        ]
        codes = [process.wait(600) for process in both]
        pages = _pages(server)
        full = server.answers[200]
        show("both end well", codes == [0, 0], codes)
        show(
            "no page fetched twice",
            len(pages) == 15 and max(pages.values()) == 1,
            f"{len(pages)}, 200 × {full}",
        )
        show("the union", len(read_table(folder / "parquet", "reports")) == 15, 15)
        show("their records", all(r.state in {"published", "unchanged"} for r in records(folder / "state")),
             [(r.kind, r.state) for r in records(folder / "state")])  # fmt: skip


def _pages(server: SampleServer) -> dict[str, int]:
    return {path: count for path, count in server.asked.items() if path.startswith("/art/")}


def bad_input(folder: Path) -> None:
    """One clear line, nothing made."""
    path = configure(folder, 1, schedule={"cron": "30 2 * *"})
    done = subprocess.run(
        [*GONGKAI, "serve", "--config", str(path)], env=environment(folder), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    one_line = done.returncode == 2 and len(done.stderr.splitlines()) == 1
    show("a wrong cron", one_line and not (folder / "state").exists(), done.stderr.strip())


def main() -> int:
    """All of it, in a folder that goes at the end."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gongkai-week-") as name:
        root = Path(name)
        prepare_prefect(root / "embedded")
        for part in (bad_input, the_week, a_killed_worker, served, together):
            folder = root / part.__name__
            folder.mkdir()
            part(folder)
            left = read_standing(folder / "state").conditions
            show(f"{part.__name__}: nothing stands", not left, dict(left))
    print(f"{time.monotonic() - started:.0f} s, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
