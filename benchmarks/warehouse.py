"""The warehouse at scale: growth, memory, a quiet night, reading beside other layouts, crashes and races.

`python -m benchmarks.warehouse` runs all parts; name parts to run only those:

- `growth`: 1k, 10k, 100k and 140k invented reports (200 cells each, so 28 million in the last) published in
  batches of 500, each size in a process of its own: seconds, peak memory, bytes a cell; then a night in which 10
  of them changed;
- `layouts`: reading all of `requests` and a group-by, beside one CSV file and one Parquet file a report;
- `kills`: kill -9 at random moments of publishing and of releasing; after each, old or new, never a mixture;
- `races`: nightly and backfill started together; the union of both, byte for byte.

A missed bar: exit code 1. Seconds depend on the machine; ratios and bytes do not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl

from warehouse.publish import Run, publish, read_table
from warehouse.release import About, make_release, releases
from warehouse.schemas import TABLES
from warehouse.snapshots import current

# The tests' invented reports serve here as well; tests are no package.
TESTS = Path(__file__).resolve().parents[1] / "tests" / "warehouse"
sys.path.insert(0, str(TESTS))
from warehouse_frames import Made, frames_of, pages_of  # noqa: E402

BATCH, CHANGED = 500, 10
ABOUT = About(homepage="https://example.org/gongkai")
BARS = {"memory_mb": 1024.0, "night_seconds": 5.0, "growth_10k_to_100k": 11.0}

missed: list[str] = []


def bar(name: str, value: float, limit: float) -> str:
    """The verdict on a figure that must not exceed its limit."""
    if value > limit:
        missed.append(f"{name}: {value:.2f} > {limit:g}")
    return f"{value:.2f} (bar {limit:g}{'' if value <= limit else ', MISSED'})"


def apart(part: str, *arguments: object) -> dict[str, Any]:
    """Run one step in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, "-m", "benchmarks.warehouse", "--step", part, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = call()
    return time.perf_counter() - started, result


def step_build(root: str, count: str) -> dict[str, Any]:
    """Publish `count` reports in one run; making the frames is not counted."""
    adding = 0.0
    with Run(Path(root), "build") as run:
        for start in range(0, int(count), BATCH):
            made = [Made(number) for number in range(start, min(int(count), start + BATCH))]
            frames = frames_of(made) | {"pages": pages_of(made)}
            adding += timed(lambda frames=frames: run.add(frames))[0]
        committing, summary = timed(run.commit)
    return {"adding": adding, "committing": committing, "peak_mb": peak_mb(), "rows": dict(summary.rows)}


def step_night(root: str, count: str, revision: str) -> dict[str, Any]:
    """Publish ten changed reports; count the files whose modification time or content changed."""
    place = Path(root)
    before = _marks(place)
    changed = [Made(number * (int(count) // CHANGED) + 3, int(revision)) for number in range(CHANGED)]
    frames = frames_of(changed) | {"pages": pages_of(changed)}
    replaced = {made.report_id for made in changed}
    busy = time.process_time()
    seconds, summary = timed(lambda: publish(place, frames, replaced, owner="nightly"))
    busy = time.process_time() - busy
    after = _marks(place)
    folders = {f"report_year={made.year}/region={made.province}" for made in changed}
    touched = {path for path, mark in after.items() if before.get(path) != mark}
    stray = [p for p in touched if not p.startswith("pages/") and not any(folder in p for folder in folders)]
    return {
        "seconds": seconds,
        "cpu": busy,
        "peak_mb": peak_mb(),
        "touched": len(touched),
        "kept": len(after) - len(touched),
        "stray": len(stray),
        "written": sum(len(folders) for folders in summary.written.values()),
    }


def _marks(root: Path) -> dict[str, int]:
    return {
        f"{table}/{path.relative_to(root / table)}": path.stat().st_mtime_ns
        for table in TABLES
        for path in (root / table).rglob("*.parquet")
    }


def growth(work: Path, sizes: list[int]) -> None:
    """Time, memory and bytes at each size, and the night after."""
    print(
        "growth: reports, cells | adding + committing s | per 1000 reports | peak MB | bytes a cell | night"
    )
    seconds: dict[int, float] = {}
    for count in sizes:
        root = work / f"{count}"
        shutil.rmtree(root, ignore_errors=True)
        built = apart("build", root, count)
        cells = sum(built["rows"][name] for name in ("requests", "challenges", "disclosures"))
        fact_bytes, all_bytes = (
            _bytes(root, ("requests", "challenges", "disclosures")),
            _bytes(root, tuple(TABLES)),
        )
        seconds[count] = built["adding"] + built["committing"]
        night = apart("night", root, count, 1)
        print(
            f"  {count:>7,} {cells:>11,} | {built['adding']:.1f} + {built['committing']:.1f}"
            f" | {1000 * seconds[count] / count:.2f} s"
            f" | {bar(f'peak MB at {count}', built['peak_mb'], BARS['memory_mb'])}"
            f" | {fact_bytes / cells:.2f} in facts, {all_bytes / cells:.2f} with texts and all"
            f" | {bar(f'night at {count}', night['seconds'], BARS['night_seconds'])} s"
            f" ({night['cpu']:.2f} s of processor):"
            f" {night['touched']} files new, {night['kept']} untouched, {night['stray']} outside the partitions"
        )
        if night["stray"]:
            missed.append(f"night at {count}: {night['stray']} files outside the changed partitions")
    if {10_000, 100_000} <= set(sizes):
        ratio = seconds[100_000] / seconds[10_000]
        print(f"  time(100k) / time(10k): {bar('growth', ratio, BARS['growth_10k_to_100k'])}")


def _bytes(root: Path, tables: tuple[str, ...]) -> int:
    state = current(root)
    assert state is not None
    return sum(file.bytes for table in tables for file in state.files[table].values())


CODES = ["report_id", "agency_id", "item", "item_group", "applicant", "status", "raw"]
"""Text columns that pandas may hold as categories: a fraction of the time and memory."""

GROUP_BY = (
    "select report_year, item, sum(value) as total from {source} where applicant = 'total' group by all"
)


def step_read(how: str, place: str) -> dict[str, Any]:
    """One way of reading, in a fresh process."""
    ways: dict[str, Callable[[], int]] = {
        "pandas parquet": lambda: len(pd.read_parquet(place)),
        "pandas parquet, 4 columns": lambda: len(
            pd.read_parquet(place, columns=["report_year", "item", "applicant", "value"])
        ),
        "pandas parquet, codes": lambda: len(pd.read_parquet(place, read_dictionary=CODES)),
        "duckdb group-by parquet": lambda: len(
            duckdb.sql(
                GROUP_BY.format(source=f"read_parquet('{place}/**/*.parquet', hive_partitioning=true)")
            ).df()
        ),
        "polars group-by parquet": lambda: (
            pl.scan_parquet(place)
            .filter(pl.col("applicant") == "total")
            .group_by("report_year", "item")
            .agg(pl.col("value").sum())
            .collect()
            .height
        ),
        "pandas csv": lambda: len(pd.read_csv(place, dtype={"value": "Int64"})),
        "duckdb group-by csv": lambda: len(duckdb.sql(GROUP_BY.format(source=f"read_csv('{place}')")).df()),
    }
    seconds, rows = timed(ways[how])
    return {"seconds": seconds, "rows": rows, "peak_mb": peak_mb()}


def layouts(work: Path, count: int, files_count: int) -> None:
    """Reading `requests` in the project's layout, as one CSV, and as one file a report."""
    _layout(work, count, {"partitions", "csv"})
    _layout(work, files_count, {"partitions", "csv", "file a report"})


def _layout(work: Path, count: int, which: set[str]) -> None:
    root = work / f"{count}"
    if not (root / ".current").exists():
        apart("build", root, count)
    csv, single = work / f"requests-{count}.csv", work / f"single-{count}"
    print(f"layouts: all of `requests`, {count:,} reports, each read in a fresh process, pages cached")
    state = current(root)
    assert state is not None
    cells = sum(file.rows for file in state.files["requests"].values())
    places = {"partitions": (root / "requests", _bytes(root, ("requests",)))}
    if "csv" in which:
        apart("csv", root, csv)
        places["csv"] = (csv, csv.stat().st_size)
    if "file a report" in which:
        apart("single", root, single)
        places["file a report"] = (single, sum(path.stat().st_size for path in single.rglob("*.parquet")))
    for name, (place, size) in places.items():
        print(f"  {name}: {size / 1e6:,.1f} MB, {size / cells:.2f} bytes a cell")
        ways = ("pandas csv", "duckdb group-by csv") if name == "csv" else PARQUET_WAYS
        for how in ways:
            read = apart("read", how, place)
            print(f"    {how:<28} {read['seconds']:8.2f} s  {read['peak_mb']:7.0f} MB  {read['rows']:,} rows")
    csv.unlink(missing_ok=True)
    shutil.rmtree(single, ignore_errors=True)


PARQUET_WAYS = (
    "pandas parquet",
    "pandas parquet, 4 columns",
    "pandas parquet, codes",
    "duckdb group-by parquet",
    "polars group-by parquet",
)


def step_csv(root: str, target: str) -> dict[str, Any]:
    """All of `requests` as one CSV file."""
    source = f"read_parquet('{root}/requests/**/*.parquet', hive_partitioning=true)"
    duckdb.sql(f"copy (from {source}) to '{target}' (header)")
    return {}


def step_single(root: str, target: str) -> dict[str, Any]:
    """All of `requests` as one Parquet file a report."""
    for folder in (Path(root) / "requests").glob("*/*"):
        place = Path(target) / folder.parent.name / folder.name
        place.mkdir(parents=True)
        frame = pd.read_parquet(next(folder.glob("*.parquet")))
        for report_id, rows in frame.groupby("report_id"):
            rows.to_parquet(place / f"{report_id}.parquet", index=False, compression="zstd")
    return {}


def contents(folder: Path, parts: tuple[str, ...]) -> dict[str, bytes]:
    return {
        f"{part}/{path.relative_to(folder / part)}": path.read_bytes()
        for part in parts
        for path in (folder / part).rglob("*")
        if path.is_file()
    }


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parents[1]), str(TESTS)])}


def started(script: str, *words: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(TESTS / script), *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment())
    assert process.stdout is not None
    process.stdout.readline()
    return process


def kills(work: Path, rounds: int) -> None:
    """Kill a publishing and a releasing process, again and again, at moments drawn over their whole length."""
    tables = tuple(TABLES)
    old = [Made(number) for number in range(60)]
    new = [Made(number, 1) for number in range(0, 120, 2)]
    roots = {name: work / f"kill-{name}" for name in ("old", "new", "base")}
    for name, root in roots.items():
        shutil.rmtree(root, ignore_errors=True)
        publish(root, frames_of(old) | {"pages": pages_of(old)})
        if name == "new":
            publish(root, frames_of(new) | {"pages": pages_of(new)})
    allowed = {name: contents(roots[name], tables) for name in ("old", "new")}
    words = [f"{made.number}.{made.revision}" for made in new]
    whole, _ = timed(lambda: started("publishing_process.py", work / "kill-length", "length", *words).wait())
    chance, seen = random.Random(7), {"old": 0, "new": 0, "mixed": 0}
    for round_ in range(rounds):
        root = work / f"kill-{round_}"
        shutil.copytree(roots["base"], root, symlinks=True)
        process = started("publishing_process.py", root, "killed", *words)
        time.sleep(chance.uniform(0, 1.1 * whole))
        process.kill()
        process.wait()
        state = contents(root, tables)
        seen[next((name for name, files in allowed.items() if files == state), "mixed")] += 1
        publish(root, frames_of(new) | {"pages": pages_of(new)})
        if contents(root, tables) != allowed["new"]:
            missed.append(f"kill {round_}: the rerun differs from an undisturbed run")
        shutil.rmtree(root)
    print(f"kills: {rounds} × kill -9 while publishing: {seen}; every rerun equal to an undisturbed run")
    if seen["mixed"]:
        missed.append(f"{seen['mixed']} mixed datasets")
    _release_kills(work, roots["new"], rounds, chance)


def _release_kills(work: Path, root: Path, rounds: int, chance: random.Random) -> None:
    undisturbed = make_release(root, work / "kill-release", date(2024, 2, 1), ABOUT).path
    wanted = contents(undisturbed.parent, (undisturbed.name,))
    whole, _ = timed(lambda: started("releasing_process.py", root, work / "kill-release-length").wait())
    seen = {"none": 0, "whole": 0, "half": 0}
    for round_ in range(rounds):
        folder = work / f"kill-release-{round_}"
        process = started("releasing_process.py", root, folder)
        time.sleep(chance.uniform(0, 1.1 * whole))
        process.kill()
        process.wait()
        found = releases(folder)
        held = contents(folder, (found[0].name,)) if found else None
        seen["none" if held is None else "whole" if held == wanted else "half"] += 1
        make_release(root, folder, date(2024, 2, 1), ABOUT)
        if contents(folder, (undisturbed.name,)) != wanted or len(releases(folder)) != 1:
            missed.append(f"release kill {round_}: the rerun differs from an undisturbed release")
        shutil.rmtree(folder)
    print(f"       {rounds} × kill -9 while releasing: {seen}; every rerun equal to an undisturbed release")
    if seen["half"]:
        missed.append(f"{seen['half']} half releases")


def races(work: Path, rounds: int) -> None:
    """Two writers started together, each committing several times."""
    nightly = [Made(number, 1) for number in range(12)]
    backfill = [Made(number) for number in range(12, 24)]
    alone = work / "race-alone"
    shutil.rmtree(alone, ignore_errors=True)
    publish(alone, frames_of(nightly + backfill) | {"pages": pages_of(nightly + backfill)})
    wanted = contents(alone, tuple(TABLES))
    equal = 0
    for round_ in range(rounds):
        root = work / f"race-{round_}"
        publish(root, frames_of([Made(number) for number in range(4)]))
        words = [[f"{made.number}.{made.revision}" for made in group] for group in (nightly, backfill)]
        both = [
            started("publishing_process.py", root, name, *reports, "batch=4")
            for name, reports in zip(("nightly", "backfill"), words, strict=True)
        ]
        codes = [process.wait() for process in both]
        same = contents(root, tuple(TABLES)) == wanted
        doubled = int(read_table(root, "requests").duplicated(["report_id", "item", "applicant"]).sum())
        equal += codes == [0, 0] and same and not doubled
        shutil.rmtree(root)
    print(f"races: {rounds} × nightly and backfill together: {equal} gave the union of both, byte for byte")
    if equal != rounds:
        missed.append(f"races: {rounds - equal} of {rounds} lost or doubled rows")


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "build": step_build,
    "night": step_night,
    "read": step_read,
    "csv": step_csv,
    "single": step_single,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="growth, layouts, kills, races; all without")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 140_000])
    parser.add_argument("--rounds", type=int, default=50, help="kills a kind; races: two fifths of it")
    parser.add_argument("--work", type=Path, help="folder to work in, kept; a temporary one without")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(STEPS[given.step[0]](*given.step[1:])))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        parts = given.parts or ["growth", "layouts", "kills", "races"]
        if "growth" in parts:
            growth(work, given.sizes)
        if "layouts" in parts:
            layouts(work, min(max(given.sizes), 100_000), min(max(given.sizes), 10_000))
        if "kills" in parts:
            kills(work, given.rounds)
        if "races" in parts:
            races(work, max(1, given.rounds * 2 // 5))
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
