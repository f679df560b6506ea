"""One report as the explorer shows it: every cell with its status, its issues, chapters, changes and versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from warehouse.diff import Difference
from warehouse.reading import partition_rows
from warehouse.schemas import TABLES
from warehouse.snapshots import Snapshot

AXES = {
    "disclosures": ("item", "measure"),
    "requests": ("item", "applicant"),
    "challenges": ("route", "result"),
}
"""The columns that name a cell's row and column on the form."""

CHARACTERS = 200_000
"""So much of a report's chapters is shown, so that no file outgrows its bound; the rest is said to be left out."""


@dataclass(frozen=True, slots=True)
class History:
    """What is known of earlier states: the archive's versions by source, the changes since an earlier release."""

    versions: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Source → versions, oldest first: `version`, `fetched_at`, `sha256`. Only pages that have several."""
    earlier: str | None = None
    """What the changes are counted from; None where nothing earlier was given."""
    difference: Difference | None = None

    def changes(self) -> dict[str, dict[str, Any]]:
        """report_id → how it changed since the earlier state: `how` and its changed figures."""
        if self.difference is None:
            return {}
        found: dict[str, dict[str, Any]] = {
            report_id: {"how": how, "figures": []}
            for how, ids in (("added", self.difference.added), ("revised", self.difference.revised))
            for report_id in ids
        }
        for figure in self.difference.figures.to_dict("records"):
            entry = found.setdefault(str(figure["report_id"]), {"how": "revised", "figures": []})
            entry["figures"].append(
                [
                    figure["table"],
                    figure["row"],
                    figure["column"],
                    *(_shown(figure, side) for side in ("before", "after")),
                ]
            )
        return found


def _shown(figure: Mapping[Any, Any], side: str) -> Any:
    value, status = figure[f"value_{side}"], figure[f"status_{side}"]
    if isinstance(status, str):
        return _number(float(value)) if status == "reported" else status
    return None


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def partition_reports(
    state: Snapshot, folder: str, changes: Mapping[str, Mapping[str, Any]], history: History
) -> Iterator[tuple[str, dict[str, Any]]]:
    """report_id and what a page shows of it, for each report of a partition."""
    facts = {table: _cells(state, table, folder) for table in AXES}
    chapters = _grouped(state, "sections", folder, ("section", "heading", "text"))
    issues = _grouped(
        state,
        "issues",
        folder,
        ("severity", "check", "table", "item", "column", "expected", "observed", "message"),
    )
    for report in _rows(state, "reports", folder, TABLES["reports"].names):
        report_id = report["report_id"]
        shown = {name: _text(value) for name, value in report.items() if value is not None}
        shown["tables"] = {table: cells.get(report_id, {}) for table, cells in facts.items()}
        shown["chapters"], shown["cut"] = _within(chapters.get(report_id, []))
        shown["issues"] = issues.get(report_id, [])
        shown["versions"] = [dict(version) for version in history.versions.get(report["source"], ())]
        shown["change"] = changes.get(report_id)
        yield report_id, shown


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _within(chapters: Sequence[Sequence[Any]]) -> tuple[list[list[Any]], int]:
    """The chapters as far as CHARACTERS go, and how many characters were left out."""
    left, shown, cut = CHARACTERS, [], 0
    for number, heading, text in chapters:
        shown.append([number, heading, text[:left]])
        cut += max(0, len(text) - left)
        left = max(0, left - len(text))
    return shown, cut


def _rows(state: Snapshot, table: str, folder: str, names: Sequence[str]) -> list[dict[str, Any]]:
    if folder not in state.files.get(table, {}):
        return []
    found: pa.Table = partition_rows(state, TABLES[table], folder, names)
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def _grouped(state: Snapshot, table: str, folder: str, names: Sequence[str]) -> dict[str, list[list[Any]]]:
    grouped: dict[str, list[list[Any]]] = defaultdict(list)
    for row in _rows(state, table, folder, ("report_id", *names)):
        grouped[row["report_id"]].append([row[name] for name in names])
    return grouped


def _cells(state: Snapshot, table: str, folder: str) -> dict[str, dict[str, dict[str, Any]]]:
    """report_id → row → column → the figure; or [status, raw, figure] where the figure alone does not say it all."""
    if folder not in state.files.get(table, {}):
        return {}
    row, column = AXES[table]
    found = partition_rows(state, TABLES[table], folder, ("report_id", row, column, "value", "status", "raw"))
    lists = [found[name].to_pylist() for name in found.column_names]
    grouped: dict[str, dict[str, dict[str, Any]]] = {}
    for report_id, row_code, column_code, value, status, raw in zip(*lists, strict=True):
        plain = status == "reported" and raw is None
        cell = _number(value) if plain else [status, raw, _number(value)]
        grouped.setdefault(report_id, {}).setdefault(row_code, {})[column_code] = cell
    return grouped
