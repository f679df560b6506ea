"""The cluster on loopback: every part a real one, and the same datasets as one machine gives.

A Prefect server on PostgreSQL, two workers of process pools, a Dask cluster of two, an S3 server. The workers crawl
the sample site into the bucket, and one of them is killed meanwhile: its run is marked as crashed, the next goes on
where it was. A build has it read by the cluster (one of whose machines is killed meanwhile) and
publishes to the bucket. Then one machine reads the same archive, and one machine crawls and builds by itself: the
first must give the same bytes, the second the same tables but for the times of fetching. Exit code 1 if not.
"""

# ruff: noqa: T201 (it tells what it does)

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import psutil
import yaml

from crawlers.stores import StorePlace, open_store
from deploy.services import (
    Postgres,
    S3Server,
    Service,
    answers,
    dask_cluster,
    free_port,
    postgres,
    s3_server,
    started,
)
from flows.demo import SAMPLE_SITE, write_config
from flows.sample_server import SampleServer, serve
from warehouse.mirror import mirrored_name, name_of, pull
from warehouse.publish import read_table
from warehouse.schemas import TABLES
from warehouse.snapshots import current

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
BUCKET, POOLS = "gongkai", ("gongkai-crawl", "gongkai-tables")
BEFORE_THE_KILL = 20
"""Requests of the two crawls before a worker is killed: well in their midst."""
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
    "PREFECT_CLI_COLORS": "false",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}


def documented(beginning: str) -> list[str]:
    """The words after `prefect` of the one command of docs/scaling.md that begins so: what is told, is run."""
    lines = (ROOT / "docs" / "scaling.md").read_text("utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(beginning)]
    return line.split()[1:]


@dataclass(frozen=True)
class Cluster:
    """What the demonstration talks to."""

    work: Path
    environment: dict[str, str]
    s3: S3Server
    database: Postgres
    scheduler: str
    readers: list[Service]
    crawlers: list[Service]

    def prefect(self, *words: str) -> subprocess.Popen[str]:
        """A Prefect command line, from the folder that holds prefect.yaml."""
        return subprocess.Popen(
            [str(BIN / "prefect"), *words], cwd=ROOT, env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def count(self, *states: str) -> int:
        """Flow runs that the server has in these states."""
        body = json.dumps({"flow_runs": {"state": {"type": {"any_": states}}}}).encode()
        address = f"{self.environment['PREFECT_API_URL']}/flow_runs/count"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(json.load(answer))

    def run(self, *words: str) -> None:
        """A Prefect command line, run to its good end."""
        _ended(self.prefect(*words), "prefect " + " ".join(words))


def main() -> int:
    """Play it; 0 where all datasets are equal."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gongkai-cluster-") as folder, cluster(Path(folder)) as parts:
        print(f"{time.monotonic() - began:4.0f} s  everything is up", flush=True)
        with serve(SAMPLE_SITE, 0) as site:
            one_box = write_config(parts.work / "one-box", site)
            shared = _shared_config(one_box, parts)
            _deploy(parts)
            print(f"{time.monotonic() - began:4.0f} s  deployed; two crawls on two workers", flush=True)
            _crawl(parts, shared, site)
            asked = site.answers.total()
            print(f"{time.monotonic() - began:4.0f} s  crawled with {asked} requests; building", flush=True)
            _build(parts, shared)
            print(
                f"{time.monotonic() - began:4.0f} s  built and published; now one machine by itself",
                flush=True,
            )
            _gongkai(parts, "crawl", one_box)
        _gongkai(parts, "build", one_box)
        again = _reading_again(shared, parts)
        _gongkai(parts, "build", again)
        same = compare(parts, one_box, again)
        print(f"{time.monotonic() - began:4.0f} s  done", flush=True)
    return 0 if same else 1


@contextmanager
def cluster(work: Path) -> Iterator[Cluster]:
    """Start every part; end them all, and nothing else, in the end."""
    port = free_port()
    with postgres() as database, s3_server(work / "s3") as s3:
        s3.create(BUCKET)
        for name in ("ledger", "prefect"):
            database.create(name)
        environment = {
            **QUIET,
            **s3.credentials,
            "PREFECT_HOME": str(work / "prefect"),
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_API_DATABASE_CONNECTION_URL": database.address("prefect", "asyncpg"),
        }
        words = ["server", "start", "--host", "127.0.0.1", "--port", str(port)]
        server = Service(
            "prefect-server", [str(BIN / "prefect"), *words], work, lambda: answers(port), environment
        )
        workers = [
            Service(
                f"worker-{pool}",
                [str(BIN / "prefect"), *documented(f"prefect worker start --pool {pool}"), "--name", f"{pool}-1"],
                work, lambda: True, environment,
            )
            for pool in POOLS
        ]  # fmt: skip
        second = Service(
            "worker-2", [*workers[0].command[:-1], "gongkai-crawl-2"], work, lambda: True, environment
        )
        with (
            dask_cluster(work / "dask", {**s3.credentials}) as (scheduler, readers),
            started(server),
        ):
            crawlers = [workers[0], second]
            parts = Cluster(work, environment, s3, database, scheduler, readers, crawlers)
            for pool in POOLS:
                parts.run(*documented(f"prefect work-pool create {pool}"))
            with started(*workers, second):
                yield parts


def _shared_config(one_box: Path, parts: Cluster) -> Path:
    values = yaml.safe_load(one_box.read_text("utf-8"))
    values["data"] |= {
        "archive": f"s3://{BUCKET}/archive",
        "published": f"s3://{BUCKET}/tables",
        "ledger": parts.database.address("ledger"),
        "datasets": "parquet",
    }
    values["storage"] = {"endpoint": parts.s3.endpoint}
    values["crawl"] = {"delay_seconds": 0.2}
    values["build"] = {"runner": parts.scheduler, "in_process_below": 0, "pages_per_task": 5}
    return _written(parts.work / "cluster" / "config.yaml", values)


def _reading_again(shared: Path, parts: Cluster) -> Path:
    """One machine, the cluster's archive, tables of its own."""
    values = yaml.safe_load(shared.read_text("utf-8"))
    del values["data"]["published"], values["build"]
    return _written(parts.work / "again" / "config.yaml", values)


def _written(path: Path, values: object) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def _deploy(parts: Cluster) -> None:
    parts.run(*documented("prefect automation create"))
    parts.run(*documented("prefect --no-prompt deploy"))


def _crawl(parts: Cluster, config: Path, site: SampleServer) -> None:
    words = (*documented("prefect deployment run crawl/crawl"), "--param", f"config={config}")
    runs = [parts.prefect(*words) for _ in range(2)]
    while site.answers.total() < BEFORE_THE_KILL:
        time.sleep(0.05)
    lost = next(worker for worker in parts.crawlers if _running_on(worker))
    for process in _running_on(lost):
        process.kill()
    lost.kill()
    print(f"        {lost.name} and what ran on it was killed at {site.answers.total()} requests", flush=True)
    for run in runs:
        run.communicate()
    codes = [run.returncode for run in runs]
    left, crashed = parts.count("RUNNING", "PENDING", "CANCELLING"), parts.count("CRASHED")
    print(f"        the two crawls ended with {codes}; {crashed} crashed, {left} left running", flush=True)
    if left or crashed != sum(code != 0 for code in codes) or not crashed:
        raise SystemExit("a run that was killed was not marked as crashed")
    lost.start()
    _ended(parts.prefect(*words), "the crawl after the kill")


def _running_on(worker: Service) -> list[psutil.Process]:
    """The flow runs of a worker: processes of their own below it."""
    if worker.process is None:
        return []
    return psutil.Process(worker.process.pid).children(recursive=True)


def _build(parts: Cluster, config: Path) -> None:
    run = parts.prefect(*documented("prefect deployment run build/build"), "--param", f"config={config}")
    os.environ.update(parts.s3.credentials)
    store = open_store(StorePlace(f"s3://{BUCKET}/archive", parts.s3.endpoint))
    while run.poll() is None and not list(store.stored("exchange")):
        time.sleep(0.2)
    parts.readers[0].kill()
    print("        one of the two reading machines was killed", flush=True)
    _ended(run, "the build on a worker")


def _gongkai(parts: Cluster, command: str, config: Path) -> None:
    """A plain command of one machine, with Prefect's embedded server."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [str(BIN / "gongkai"), command, "--config", str(config)],
        env=plain | parts.s3.credentials, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # 1: reports of the sample site are refused, and sources incomplete, on purpose.
    if done.returncode not in {0, 1}:
        raise SystemExit(f"gongkai {command}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _ended(process: subprocess.Popen[str], name: str) -> None:
    printed, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{name} ended with {process.returncode}: {printed[-3000:]}")


def compare(parts: Cluster, one_box: Path, again: Path) -> bool:
    """Whether the cluster's tables are those of one machine; prints a line a table."""
    files, base = parts.s3.files(), f"{BUCKET}/tables"
    roots = {
        path: Path(yaml.safe_load(path.read_text("utf-8"))["data"]["datasets"]) for path in (one_box, again)
    }
    alone, reread = ((path.parent / root).resolve() for path, root in roots.items())
    state = current(reread)
    same = state is not None and mirrored_name(files, base) == name_of(state)
    print(f"the cluster's archive read by one machine: {'the same bytes' if same else 'OTHER BYTES'}")
    pulled = parts.work / "pulled"
    pull(pulled, files, base)
    for table in TABLES:
        frames = [read_table(pulled, table), read_table(alone, table)]
        rows, equal = len(frames[1]), _equal(*frames)
        print(f"{table:<12} {rows:>6,} rows: {'equal to one machine' if equal else 'DIFFERENT'}")
        same &= equal and (rows > 0 or table == "issues")
    return same


def _equal(shared: pd.DataFrame, alone: pd.DataFrame) -> bool:
    """Every cell but the time of fetching, which is each crawl's own."""
    columns = [name for name in alone.columns if name != "fetched_at"]
    left, right = (
        sorted(json.dumps(row, ensure_ascii=False, default=str) for row in _plain(frame, columns))
        for frame in (shared, alone)
    )
    return left == right


def _plain(frame: pd.DataFrame, columns: list[str]) -> list[list[object]]:
    values = frame[columns].astype("object").where(frame[columns].notna(), None)
    return [
        [str(cell) if cell is not None else None for cell in row] for row in values.itertuples(index=False)
    ]


if __name__ == "__main__":
    sys.exit(main())
