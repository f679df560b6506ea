"""The explorer at scale: a site of 100,000 invented reports, and how long its pages take in a real browser.

`python -m benchmarks.explorer` publishes the reports that the tests of the warehouse invent, builds the site in a
process of its own, and prints its seconds, peak memory, bytes and largest file; then each view's time in headless
Chromium on loopback, from the request to the last table and picture, with an empty cache.

Bars: no file over 5 MB; no page over 2 s. A missed bar: exit code 1. `--reports` and `--keep` for other sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
from playwright.sync_api import Browser, sync_playwright

from flows.explore import make_server
from warehouse.explorer.site import Origin, build_site
from warehouse.publish import Run, read_table
from warehouse.snapshots import current

# The tests' invented reports serve here as well; tests are no package.
TESTS = Path(__file__).resolve().parents[1] / "tests" / "warehouse"
sys.path.insert(0, str(TESTS))
from warehouse_frames import YEARS, Made, codebook, frames_of, pages_of  # noqa: E402

BATCH = 500
FILE_BAR, PAGE_BAR = 5_000_000, 2.0
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
ROUNDS = 3
DONE = """() => !document.querySelector("[aria-busy]")
    && [...document.querySelectorAll(".chart")].every((host) => "drawn" in host.dataset)"""


def publish(root: Path, count: int) -> None:
    """The reports, their organs, and the coverage of one organ in seven with a gap."""
    with Run(root, "benchmark") as run:
        for start in range(0, count, BATCH):
            made = [Made(number) for number in range(start, min(count, start + BATCH))]
            run.add(frames_of(made) | {"pages": pages_of(made)})
        organs = [Made(number) for number in range(0, count, len(YEARS))]
        run.add({"codebook": codebook(), "agencies": agencies(organs), "coverage": coverage(count)})
        run.commit()


def agencies(organs: list[Made]) -> pd.DataFrame:
    names = [f"第{made.organ}县人民政府" for made in organs]
    kinds = ("government", "education", "health", "finance", "audit", "water")
    return pd.DataFrame(
        {
            "agency_id": [made.agency_id for made in organs],
            "agency_name": names,
            "names_seen": [[name] for name in names],
            "region_code": [f"{made.province}{made.organ % 99:02d}00" for made in organs],
            "region_name": [f"第{made.organ}县" for made in organs],
            "region_chain": [[f"第{made.organ}县"] for made in organs],
            "level": "county",
            "kind": [kinds[made.organ % len(kinds)] for made in organs],
            "first_year": YEARS[0],
            "last_year": YEARS[-1],
            "reports": len(YEARS),
        }
    )


def coverage(count: int) -> pd.DataFrame:
    made = [Made(number) for number in range(count)]
    there = [m.number % 7 != 0 for m in made]
    return pd.DataFrame(
        {
            "agency_id": [m.agency_id for m in made],
            "report_year": [m.year for m in made],
            "state": ["present" if present else "missing" for present in there],
            "report_id": [m.report_id if present else None for m, present in zip(made, there, strict=True)],
        }
    )


def step_build(root: str, out: str) -> dict[str, Any]:
    """Build the site; its own process, so that its peak memory is its own."""
    state = current(Path(root))
    assert state is not None
    started = time.perf_counter()
    site = build_site(state, Path(out), Origin("benchmark", root))
    return {
        "seconds": time.perf_counter() - started,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "reports": site.reports,
        "files": site.files,
        "bytes": site.bytes,
        "largest": site.largest,
    }


def apart(root: Path, out: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.explorer", "--step", str(root), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def page_seconds(browser: Browser, address: str) -> float:
    """The median time of a page that nothing of is cached, until its tables and pictures stand."""
    seconds = []
    for _ in range(ROUNDS):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        started = time.perf_counter()
        page.goto(address)
        while not page.evaluate(DONE):
            time.sleep(0.01)
        seconds.append(time.perf_counter() - started)
        context.close()
    return median(seconds)


def views(out: Path, report_id: str, agency_id: str) -> dict[str, float]:
    """Seconds of each view."""
    shard = next(
        entry[6]
        for path in sorted((out / "data" / "organs").glob("*.json"))
        for entry in json.loads(path.read_text("utf-8"))
        if entry[0] == agency_id
    )
    pages = {
        "overview": "index.html",
        "coverage": "coverage.html",
        "compare regions": "compare.html#measures=received,granted,denied",
        "compare organs": f"compare.html#subject=organs&organs={agency_id}~{shard}&measures=received,granted",
        "one report": f"report.html?id={report_id}",
        "list of reports": "report.html",
        "quality": "quality.html",
    }
    with make_server(out, 0) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        base = f"http://127.0.0.1:{server.server_address[1]}/zh"
        page_seconds(browser, f"{base}/index.html")
        seconds = {name: page_seconds(browser, f"{base}/{path}") for name, path in pages.items()}
        browser.close()
        server.shutdown()
    return seconds


def measure(work: Path, count: int) -> list[str]:
    """Print all figures; give the bars that were missed."""
    root, out = work / "parquet", work / "site"
    if current(root) is None:
        publish(root, count)
    built = apart(root, out)
    print(
        f"{built['reports']:,} reports: {built['seconds']:.0f} s, peak {built['peak_mb']:.0f} MB, "
        f"{built['files']:,} files, {built['bytes'] / 1e6:,.0f} MB, largest {built['largest'] / 1e6:.2f} MB"
    )
    missed = [f"largest file: {built['largest']:,} bytes"] if built["largest"] > FILE_BAR else []
    reports = read_table(root, "reports", ["report_id", "agency_id"])
    sample = reports.iloc[len(reports) // 2]
    for name, seconds in views(out, str(sample["report_id"]), str(sample["agency_id"])).items():
        print(f"{name:<16} {seconds:.2f} s (bar {PAGE_BAR:g}{'' if seconds <= PAGE_BAR else ', MISSED'})")
        if seconds > PAGE_BAR:
            missed.append(f"{name}: {seconds:.2f} s")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(step_build(*given.step)))
        return 0
    with tempfile.TemporaryDirectory(prefix="gongkai-explorer-") as scratch:
        work = given.keep or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        missed = measure(work, given.reports)
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
