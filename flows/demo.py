"""The demo: the sample site served on loopback, crawled and built by the very flows of a real run.

Its figures are invented, though its organs bear real names: they are kept apart from crawled data by a marker
file, and neither a demo nor a build writes where the other has written.
"""

# ruff: noqa: PLC0415 (Prefect is imported after its settings are decided)

from __future__ import annotations

import time
from pathlib import Path

import yaml
from rich.console import Console

from flows.runtime import prepare_prefect
from flows.sample_marker import mark_as_sample
from flows.sample_server import SampleServer, serve

SAMPLE_SITE = Path(__file__).parents[1] / "data" / "sample_site"


def run_demo(screen: Console, data: Path, port: int, revised: bool) -> int:
    """`gongkai demo`: archive and state go to `<data>/demo`, tables to `<data>/parquet`; the exit code."""
    mark_as_sample(data / "parquet")
    prepare_prefect(data / "demo" / "state")
    return play(screen, data, port, revised)


def play(screen: Console, data: Path, port: int, revised: bool) -> int:
    """Serve the site, crawl it, build its tables, tell; the exit code."""
    from flows.commands import build_and_tell, crawl_and_tell

    started = time.monotonic()
    with serve(SAMPLE_SITE, port, SAMPLE_SITE / "revised" if revised else None) as server:
        config = write_config(data, server)
        screen.print(f"The sample site is served at {server.base}/", highlight=False)
        crawled = crawl_and_tell(screen, config)
        answers = ", ".join(f"{count} × {status}" for status, count in sorted(server.answers.items()))
    built = build_and_tell(screen, config)
    seconds = time.monotonic() - started
    screen.print(f"The site answered {answers}; the demo took {seconds:.0f} s.", highlight=False)
    return max(crawled, built)


def write_config(data: Path, server: SampleServer) -> Path:
    """A configuration like any other, for the sample site at the server's address."""
    listed = yaml.safe_load((SAMPLE_SITE / "site.yaml").read_text(encoding="utf-8"))["sites"]
    settings = {
        "contact": "the demo of gongkai, on loopback",
        "data": {"archive": "archive", "datasets": "../parquet", "state": "state"},
        "crawl": {"delay_seconds": 0.0},
        "schedule": {"cron": "30 2 * * *"},
        "sites": [
            {
                "id": site["id"],
                "name": site["name"],
                "region": site["region"],
                "family": site["family"],
                "lists": [server.base + site["list"]],
                "min_reports": site["reports"],
                "status": "unverified",
                "allow": [f"127.0.0.1:{server.port}"],
            }
            for site in listed
        ],
    }
    path = data / "demo" / "config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path
