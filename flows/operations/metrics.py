"""Metrics in the Prometheus text format, from our own files: as a file after each run, at a port when serving."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, write_to_textfile
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from flows.operations.runs import KINDS, RunRecord, records
from flows.operations.standing import read_standing
from flows.settings import Settings

FILE = "metrics.prom"


class NightMetrics(Collector):
    """Reads the state files at each scrape."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterable[Metric]:
        """The metrics as they stand."""
        state = self._settings.data.state
        for kind in KINDS:
            yield from _of_runs(kind, records(state, kind))
        nights = records(state, "nightly")
        if nights:
            yield from _of_night(nights[-1])
        standing = read_standing(state)
        yield _gauge("gongkai_held", "Whether tables wait for a person", float(standing.hold is not None))
        conditions = GaugeMetricFamily(
            "gongkai_condition_nights", "Nights that a condition has lasted", labels=["name"]
        )
        for name, condition in standing.conditions.items():
            conditions.add_metric([name], condition.nights)
        yield conditions
        data = self._settings.data
        free = shutil.disk_usage(_there(data.archive.objects.folder or data.datasets)).free
        where = "Free space where the archive lies, or the tables where the archive is in a bucket"
        yield _gauge("gongkai_disk_free_bytes", where, float(free))


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _there(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _of_runs(kind: str, runs: list[RunRecord]) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        f"gongkai_{kind}_runs", f"Runs kept on record ({kind}), by how they ended", labels=["state"]
    )
    for state in sorted({record.state for record in runs}):
        states.add_metric([state], sum(record.state == state for record in runs))
    yield states
    last = GaugeMetricFamily(
        f"gongkai_{kind}_last_end_seconds", "Unix time of the last end, by how it ended", labels=["state"]
    )
    for state, ended in {r.state: r.ended for r in runs if r.ended}.items():
        last.add_metric([state], datetime.fromisoformat(ended).timestamp())
    yield last


def _of_night(record: RunRecord) -> Iterator[Metric]:
    tables = (("pages", "result", "pages"), ("rows", "table", "rows"), ("listed", "source", "source_listed"))
    for key, label, name in tables:
        family = GaugeMetricFamily(f"gongkai_night_{name}", f"The last night's {key}", labels=[label])
        for value, count in record.figures.get(key, {}).items():
            family.add_metric([value], count)
        yield family


def write_metrics(settings: Settings) -> Path:
    """Write `<state>/metrics.prom` in one piece, for node_exporter's textfile collector."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(NightMetrics(settings))
    path = settings.data.state / FILE
    write_to_textfile(str(path), registry)
    return path
