"""The site as a whole: plain files under one folder, that any web server or object store can host."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import vl_convert

from warehouse.errors import ExplorerProblem
from warehouse.explorer import queries
from warehouse.explorer.pages import write_pages
from warehouse.explorer.plan import FOLDER, load, measures, outcomes, provinces
from warehouse.explorer.reports import History, partition_reports
from warehouse.explorer.shards import Shards, write_bytes, write_index, write_json, write_lists
from warehouse.partitions import keys_of
from warehouse.snapshots import Snapshot

MARKER = "_gongkai_explorer.txt"
"""Tells a site of ours from a folder of somebody else's, which is never emptied."""
VEGA = "vega.js"
UNDATED = "0"
"""The year in the names of files about reports whose year is not known."""


@dataclass(frozen=True, slots=True)
class Night:
    """What the last crawl left of a source: `state` is complete, incomplete or failed."""

    source: str
    name: str
    state: str
    reason: str
    listed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Origin:
    """What a site is made of and what else is known of it."""

    name: str
    """The release's name, or what to call the tables in force."""
    root: str
    """Where its readers find the tables; stands in the queries that are shown."""
    invented: bool = False
    """Whether the figures are the sample site's."""
    history: History = field(default_factory=History)
    nights: Sequence[Night] | None = None
    """The last run of every source that has one; None where no ledger was at hand."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site on disk: how many reports, files and bytes it has, and the largest file's bytes."""

    path: Path
    reports: int
    files: int
    bytes: int
    largest: int


def build_site(state: Snapshot, out: Path, origin: Origin) -> Site:
    """Build the site of a state in the folder `out`, in place of a site that is there.

    It is made beside `out` and takes its place by one rename. Raises ExplorerProblem where `out` holds something
    that is no site of the explorer, and warehouse's errors for a damaged state.
    """
    _check_place(out)
    staged = out.with_name(f".{out.name}.staged")
    if staged.exists():
        shutil.rmtree(staged)
    spill = out.with_name(f".{out.name}.spill")
    try:
        reports = _fill(state, staged, origin, spill, out)
        if out.exists():
            shutil.rmtree(out)
        staged.rename(out)
    finally:
        shutil.rmtree(spill, ignore_errors=True)
        shutil.rmtree(staged, ignore_errors=True)
    sizes = [path.stat().st_size for path in out.rglob("*") if path.is_file()]
    return Site(out, reports, len(sizes), sum(sizes), max(sizes))


def _check_place(out: Path) -> None:
    if out.exists() and not (out.is_dir() and (not any(out.iterdir()) or (out / MARKER).is_file())):
        raise ExplorerProblem(out, "holds something that is no site of the explorer; name another folder")


def _fill(state: Snapshot, out: Path, origin: Origin, spill: Path, before: Path) -> int:
    data = out / "data"
    write_bytes(out / MARKER, f"{origin.name}: made by `gongkai explore`, and replaced by it.\n".encode())
    with queries.opened(state, spill) as connection:
        held = queries.provinces_held(connection)
        plan = _plan(connection, origin, held)
        organs = {code: _write_organs(connection, data, code) for code in held}
        plan["organ_files"] = {code: count for code, count in organs.items() if count}
        plan["list_files"] = _write_lists(connection, data)
        plan["gap_files"] = _write_gaps(connection, data)
        write_json(data / "cube.json", queries.cube(connection))
        write_json(data / "coverage.json", queries.coverage(connection))
        write_json(data / "quality.json", queries.quality(connection) | {"nights": _nights(origin)})
    places = _write_reports(state, data, origin.history)
    plan["id_files"] = write_index(data / "ids", places)
    write_json(data / "site.json", plan)
    write_pages(out, origin.name, origin.invented)
    for path in sorted((FOLDER / "static").iterdir()):
        write_bytes(out / "static" / path.name, path.read_bytes())
    write_bytes(out / "static" / VEGA, _vega(before))
    return len(places)


def _vega(before: Path) -> bytes:
    """Vega, Vega-Lite and Vega-Embed as vl-convert carries them: nothing is fetched, now or by a reader.

    Bundling takes seconds; what the site before holds is taken over where the same version made it.
    """
    made_by = f"// Bundled by vl-convert {version('vl-convert-python')}; see licences.txt.\n".encode()
    held = before / "static" / VEGA
    if held.is_file() and (content := held.read_bytes()).startswith(made_by):
        return content
    return made_by + vl_convert.javascript_bundle().encode("utf-8")  # type: ignore[call-arg]


def _plan(connection: duckdb.DuckDBPyConnection, origin: Origin, held: Sequence[str]) -> dict[str, Any]:
    texts = queries.labels(connection)
    return {
        "release": origin.name,
        "root": origin.root,
        "invented": origin.invented,
        "earlier": origin.history.earlier,
        "totals": queries.totals(connection),
        "measures": queries.measure_plan(texts),
        "outcomes": outcomes(),
        "provinces": [dict(entry) for entry in provinces()],
        "held": held,
        "codebook": queries.codebook(connection),
        "forms": load("forms.yaml"),
    }


def _nights(origin: Origin) -> list[list[Any]] | None:
    if origin.nights is None:
        return None
    return [[n.source, n.name, n.state, n.reason, n.listed, n.failed] for n in origin.nights]


def _write_organs(connection: duckdb.DuckDBPyConnection, data: Path, province: str) -> int:
    """The province's organs, and their figures in shards; how many files name them."""
    shards = Shards(data / "series", province)

    def listed() -> Iterator[list[Any]]:
        found = groupby(queries.organ_figures(connection, province), key=lambda row: row[0])
        for agency_id, group in found:
            years = list(group)
            series = {str(row[5]): [row[6], *_figures(row[7:])] for row in years}
            name, region, level, kind = years[-1][1:5]
            yield [agency_id, name, region, level, kind, sorted(series), shards.add(agency_id, series)]

    count = write_lists(data / "organs", province, listed())
    shards.close()
    return count


def _figures(values: Sequence[Any]) -> list[Any]:
    """A measure's figure, or the status that says why there is none."""
    pairs = zip(values[::2], values[1::2], strict=True)
    shown = [status if value is None else value for value, status in pairs]
    assert len(shown) == len(measures())
    return [int(v) if isinstance(v, float) and v.is_integer() else v for v in shown]


def _write_lists(connection: duckdb.DuckDBPyConnection, data: Path) -> dict[str, dict[str, int]]:
    """Lists of reports by province and year; how many files each has."""
    counts: dict[str, dict[str, int]] = {}
    for (province, year), group in groupby(queries.report_list(connection), key=lambda row: row[:2]):
        name = f"{province}-{year or UNDATED}"
        files = write_lists(data / "lists", name, (row[2:] for row in group))
        counts.setdefault(province, {})[str(year or UNDATED)] = files
    return counts


def _write_gaps(connection: duckdb.DuckDBPyConnection, data: Path) -> dict[str, int]:
    """Organ-years without a report by province; how many files each has."""
    grouped = groupby(queries.gaps(connection), key=lambda row: row[0])
    return {code: write_lists(data / "gaps", code, (row[1:] for row in group)) for code, group in grouped}


def _write_reports(state: Snapshot, data: Path, history: History) -> dict[str, str]:
    """Every report in a shard of its partition; report_id → the shard that holds it."""
    places: dict[str, str] = {}
    changes: Mapping[str, Mapping[str, Any]] = history.changes()
    for folder in sorted(state.files["reports"]):
        year, region = keys_of(folder)
        shards = Shards(data / "reports", f"{year}-{region:02d}")
        for report_id, shown in partition_reports(state, folder, changes, history):
            places[report_id] = shards.add(report_id, shown)
        shards.close()
    return places
