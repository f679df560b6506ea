"""From archive to Parquet through the flows: growth, memory, Prefect's share, processes, a Dask cluster.

`python -m benchmarks.end_to_end` makes an archive of pages (about 60 KB each) and builds 1,000, 10,000 and 100,000
of them, each in a process of its own: pages a second, seconds a phase, the largest memory of any process, and the
share of the time in which nothing of ours was running (Prefect's). Then 10,000 with one process, with two, and on a
Dask cluster of two machines on loopback. Ratios within one run are what counts; seconds of the processor are printed
too, which a busy machine stretches less. A missed bar: exit code 1. Name parts (`growth`, `processes`, `dask`) to run
only those. With `--work`, archive and results stay: a run that is started again takes the parts that it has.

Prefect's embedded server is started before the clock: its start is printed apart.
"""

# ruff: noqa: PLC0415 (Prefect is imported after its settings are decided)

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from benchmarks.made_pages import write_archive
from benchmarks.verdicts import verdict
from deploy.services import dask_cluster

MIDDLE, LARGE = 10_000, 100_000
BARS = {"prefect_share": 0.03, "memory_mb": 1024.0, "growth": 11.0, "two_processes": 1.7}
PHASES = ("plan_build", "read_with", "completed", "publish_batches")
"""What the build flow calls of ours; whatever time none of them runs is Prefect's."""


class Phases:
    """When which of our own calls ran."""

    def __init__(self) -> None:
        self.spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self._lock = threading.Lock()

    def watch(self, module: Any, name: str) -> None:
        """Note from now on when `module.name` begins and ends."""
        called: Callable[..., Any] = getattr(module, name)

        def watched(*given: Any, **named: Any) -> Any:
            began = time.monotonic()
            try:
                return called(*given, **named)
            finally:
                with self._lock:
                    self.spans[name].append((began, time.monotonic()))

        setattr(module, name, watched)

    def covered(self, *names: str) -> float:
        """Seconds in which at least one of the calls ran."""
        total, reached = 0.0, 0.0
        for began, ended in sorted(span for name in names for span in self.spans[name]):
            total += max(0.0, ended - max(began, reached))
            reached = max(reached, ended)
        return total


def step(config: str) -> dict[str, Any]:
    """One build in this process; what it took."""
    from flows.runtime import prepare_prefect
    from flows.settings import load_known_settings

    settings = load_known_settings(Path(config))
    began = time.monotonic()
    prepare_prefect(settings.data.state)
    from prefect import flow

    flow(name="start")(_nothing)()
    starting = time.monotonic() - began
    from flows import build

    phases = Phases()
    for name in PHASES:
        phases.watch(build, name)
    began, busy = time.monotonic(), time.process_time()
    report = build.build_flow(Path(config))
    seconds, busy = time.monotonic() - began, time.process_time() - busy
    used = [
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return {
        "seconds": seconds,
        "starting": starting,
        "prefect": 1 - phases.covered(*PHASES) / seconds,
        "phases": {name: phases.covered(name) for name in PHASES},
        "processor": {"flow": busy, "readers": _children_busy()},
        "memory": dict(zip(("flow", "others"), used, strict=True)),
        "read": report.read,
        "reports": report.rows["reports"],
        "outcomes": dict(report.outcomes),
    }


def _children_busy() -> float:
    """Seconds of processor of the children that have ended: the reading processes, not Prefect's server."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _nothing() -> None:
    pass


def build(work: Path, name: str, ledger: str, **spread: object) -> dict[str, Any]:
    """A build of an archive, apart; prints its line. One that was timed here before is not timed again."""
    folder = work / name
    timed = folder / "result.json"
    if timed.exists():
        return _told(name, json.loads(timed.read_text()))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    config = folder / "config.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "contact": "a benchmark",
                "data": {
                    "archive": str(work / "archive"), "ledger": ledger,
                    "datasets": "parquet", "state": "state", "releases": "releases",
                },
                "build": spread,
                "schedule": {"cron": "30 2 * * *"},
                "sites": [{"id": "none", "name": "无", "region": "000000", "family": "plain",
                           "lists": ["http://127.0.0.1:9/"], "status": "unverified"}],
            }
        )
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.end_to_end", "--step", str(config)],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    result = _told(name, json.loads(done.stdout.splitlines()[-1]))
    if result["reports"] != result["read"]:
        raise SystemExit(
            f"{name}: {result['reports']} reports of {result['read']} pages: not a timing of right builds"
        )
    timed.write_text(json.dumps(result))
    return result


def _told(name: str, result: dict[str, Any]) -> dict[str, Any]:
    phases = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in result["phases"].items())
    memory = ", ".join(f"{who} {size:.0f}" for who, size in result["memory"].items())
    rate = result["read"] / result["seconds"]
    print(
        f"{name:<14} {result['seconds']:8.1f} s {rate:7.0f} pages/s | {phases} | MB: {memory} | "
        f"Prefect {result['prefect']:.1%} (its start {result['starting']:.0f} s) | processor: "
        f"flow {result['processor']['flow']:.1f}, readers {result['processor']['readers']:.1f} s",
        flush=True,
    )
    return result


def growth(work: Path, ledgers: dict[int, str]) -> dict[str, bool]:
    """Each size; which bars were missed."""
    grown = {size: build(work, f"{size:,}", ledger) for size, ledger in ledgers.items()}
    middle = min(MIDDLE, max(grown))
    most = max(max(result["memory"].values()) for result in grown.values())
    share = grown[middle]["prefect"]
    print(f"Prefect at {middle:,}: {share:.1%} (bar {BARS['prefect_share']:.0%}); most memory {most:.0f} MB")
    missed = {"Prefect's share": share > BARS["prefect_share"], "memory": most > BARS["memory_mb"]}
    for larger, smaller in pairwise(sorted(grown, reverse=True)):
        ratio = grown[larger]["seconds"] / grown[smaller]["seconds"]
        busy = sum(grown[larger]["processor"].values()) / sum(grown[smaller]["processor"].values())
        print(f"time({larger:,}) ÷ time({smaller:,}): {ratio:.2f}, of the processor {busy:.2f}")
        if (smaller, larger) == (MIDDLE, LARGE):
            missed["growth"] = ratio > BARS["growth"]
    return missed


def processes(work: Path, ledgers: dict[int, str]) -> dict[str, bool]:
    """One process against two."""
    ledger = ledgers[min(MIDDLE, max(ledgers))]
    one = build(work, "one process", ledger, processes=1)
    two = build(work, "two processes", ledger, processes=2)
    gain = one["seconds"] / two["seconds"]
    reading = one["phases"]["read_with"] / two["phases"]["read_with"]
    print(f"one process ÷ two: {gain:.2f} whole, {reading:.2f} reading alone (bar {BARS['two_processes']})")
    return {"two processes": gain < BARS["two_processes"]}


def dask(work: Path, ledgers: dict[int, str]) -> dict[str, bool]:
    """Two processes against two machines of a Dask cluster."""
    ledger = ledgers[min(MIDDLE, max(ledgers))]
    plain = build(work, "processes", ledger, processes=2)
    with dask_cluster(work / "cluster", {}) as (scheduler, _):
        away = build(work, "Dask of two", ledger, runner=scheduler)
    print(f"Dask's time ÷ two processes': {away['seconds'] / plain['seconds']:.2f}")
    return {}


PARTS = {"growth": growth, "processes": processes, "dask": dask}


def measure(work: Path, sizes: list[int], parts: list[str]) -> int:
    """The parts, and the verdict."""
    began, made = time.monotonic(), work / "ledgers.json"
    if not made.exists():
        # What was begun and not ended is made anew.
        for path in (work / "archive", *work.glob("ledger-*")):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        made.write_text(json.dumps(write_archive(work / "archive", sizes)))
        print(f"made {max(sizes):,} pages in {time.monotonic() - began:.0f} s", flush=True)
    ledgers = {int(size): ledger for size, ledger in json.loads(made.read_text()).items()}
    if set(ledgers) != set(sizes):
        raise SystemExit(
            f"{work} holds {', '.join(map(str, ledgers))} pages: give these sizes, or another folder"
        )
    missed: dict[str, bool] = {}
    for part in parts or PARTS:
        missed |= PARTS[part](work, ledgers)
    return verdict(missed)


def main() -> int:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="growth, processes, dask; all without")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, MIDDLE, LARGE])
    parser.add_argument(
        "--work", type=Path, help="folder to work in, kept and taken up; a temporary one without"
    )
    parser.add_argument("--step", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(step(given.step)))
        return 0
    if given.work:
        given.work.mkdir(parents=True, exist_ok=True)
        return measure(given.work, sorted(given.sizes), given.parts)
    with tempfile.TemporaryDirectory(prefix="gongkai-e2e-") as work:
        return measure(Path(work), sorted(given.sizes), given.parts)


if __name__ == "__main__":
    sys.exit(main())
