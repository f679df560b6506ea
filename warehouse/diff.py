"""What changed between two states of the dataset: releases, datasets or snapshots, in any pairing.

Only partitions whose bytes differ are read, so that the effort follows the change and not the size.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from warehouse.contract import TableSchema, frame_schema
from warehouse.errors import NoDataset
from warehouse.reading import frame_of, partition_rows
from warehouse.schemas import FACT_TABLES, TABLES
from warehouse.snapshots import MANIFEST, Snapshot, current, read_snapshot

FIGURE_COLUMNS = (
    "table",
    "report_id",
    "report_year",
    "row",
    "column",
    "value_before",
    "status_before",
    "value_after",
    "status_after",
)
BOOKKEEPING = frozenset({"fetched_at", "extractor_version", "codebook_version"})
"""Columns of `reports` that change when pages are read again; alone they make no report revised."""


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows of one table that only the later state has, only the earlier has, or both with other content."""

    added: int
    removed: int
    changed: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What happened to reports and figures between two states."""

    added: tuple[str, ...]
    """report_ids that only the later state has."""
    withdrawn: tuple[str, ...]
    """report_ids that only the earlier state has."""
    revised: tuple[str, ...]
    """report_ids in both whose figures, page or description changed."""
    rows: Mapping[str, RowCounts]
    """By table, tables without a change left out."""
    figures: pd.DataFrame
    """One row a figure of a report in both states that is not as it was: FIGURE_COLUMNS."""

    @property
    def empty(self) -> bool:
        """Whether the two states hold the same."""
        return not self.rows


def state_of(path: Path) -> Snapshot:
    """The state at a path: a release or snapshot (it has a manifest) or a dataset root; raises NoDataset."""
    if (path / MANIFEST).is_file():
        return read_snapshot(path)
    state = current(path)
    if state is None:
        raise NoDataset(path)
    return state


def compare(before: Snapshot | None, after: Snapshot) -> Difference:
    """What changed from one state to a later one; from None, everything in the later one is new."""
    if before is None:
        counts = {name: sum(file.rows for file in files.values()) for name, files in after.files.items()}
        return Difference(
            added=tuple(sorted(_report_ids(after, after.files["reports"]))),
            withdrawn=(),
            revised=(),
            rows={name: RowCounts(count, 0, 0) for name, count in counts.items() if count},
            figures=_no_figures(),
        )
    withdrawn, added = _apart(before, after)
    changes = {name: _changes(schema, before, after, withdrawn | added) for name, schema in TABLES.items()}
    figures = [_figures(TABLES[name], changes[name][1]) for name in FACT_TABLES]
    figures = [frame for frame in figures if len(frame)]
    revised = _revised(changes["reports"][1]).union(*(frame["report_id"] for frame in figures))
    return Difference(
        added=tuple(sorted(added)),
        withdrawn=tuple(sorted(withdrawn)),
        revised=tuple(sorted(revised)),
        rows={name: counts for name, (counts, _) in changes.items() if counts != RowCounts(0, 0, 0)},
        figures=pd.concat(figures, ignore_index=True) if figures else _no_figures(),
    )


def _no_figures() -> pd.DataFrame:
    return pd.DataFrame(columns=list(FIGURE_COLUMNS))


def _report_ids(state: Snapshot, folders: Collection[str]) -> set[str]:
    return {
        report_id
        for folder in folders
        for report_id in partition_rows(state, TABLES["reports"], folder, ("report_id",))[
            "report_id"
        ].to_pylist()
    }


def _apart(before: Snapshot, after: Snapshot) -> tuple[set[str], set[str]]:
    """Reports that only the earlier, and that only the later state has."""
    folders = _differing_folders("reports", before, after)
    old = _report_ids(before, folders & before.files["reports"].keys())
    new = _report_ids(after, folders & after.files["reports"].keys())
    return old - new, new - old


def _differing_folders(table: str, before: Snapshot, after: Snapshot) -> set[str]:
    old, new = before.files.get(table, {}), after.files.get(table, {})
    return {folder for folder in set(old) | set(new) if old.get(folder) != new.get(folder)}


def _changes(
    schema: TableSchema, before: Snapshot, after: Snapshot, apart: set[str]
) -> tuple[RowCounts, pd.DataFrame]:
    """Count the rows of a table that are not the same; give those of reports in both states side by side.

    Rows of reports in one state only are counted and let go. Rows that found no partner in their partition
    wait: their report may have moved to another one.
    """
    added = removed = changed = 0
    matches, waiting_old, waiting_new = [], [_rows(schema, None, "")], [_rows(schema, None, "")]
    for folder in sorted(_differing_folders(schema.name, before, after)):
        old = _rows(schema, before, folder)
        new = _rows(schema, after, folder)
        old, new = _without_common(schema, old, new)
        removed, added = removed + len(old), added + len(new)
        if schema.unique:
            if "report_id" in schema.unique:
                old, new = (frame[~frame["report_id"].isin(apart)] for frame in (old, new))
            both, old, new = _matched(schema, old, new)
            changed += len(both)
            matches.append(both)
            waiting_old.append(old)
            waiting_new.append(new)
    if schema.unique:
        moved, old, new = _matched(schema, pd.concat(waiting_old), pd.concat(waiting_new))
        changed += len(moved)
        lone = [side.rename(columns=_suffixed(schema, s)) for side, s in ((old, "_before"), (new, "_after"))]
        matches += [moved, *lone]
    counts = RowCounts(added - changed, removed - changed, changed)
    return counts, pd.concat(matches, ignore_index=True) if matches else pd.DataFrame()


def _rows(schema: TableSchema, state: Snapshot | None, folder: str) -> pd.DataFrame:
    if state is None or folder not in state.files.get(schema.name, {}):
        return frame_of(frame_schema(schema.columns).empty_table())
    return frame_of(partition_rows(state, schema, folder, schema.names))


def _without_common(
    schema: TableSchema, old: pd.DataFrame, new: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out the rows that both sides have, every column equal, null equal to null."""
    for column in schema.columns:
        if pa.types.is_list(column.type):
            old, new = (
                frame.assign(**{column.name: frame[column.name].map(tuple, na_action="ignore")})
                for frame in (old, new)
            )
    if not len(old) or not len(new):
        return old, new
    joined = old.merge(new, how="outer", on=list(schema.names), indicator="side")
    lone = {side: rows.drop(columns="side") for side, rows in joined.groupby("side", observed=False)}
    return lone["left_only"], lone["right_only"]


def _suffixed(schema: TableSchema, suffix: str) -> dict[str, str]:
    return {name: f"{name}{suffix}" for name in schema.names if name not in schema.unique}


def _matched(
    schema: TableSchema, old: pd.DataFrame, new: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rows with equal keys side by side, and the rows of either side that have no partner."""
    keys = list(schema.unique)
    both = old.merge(new, on=keys, suffixes=("_before", "_after"))
    partnered = pd.MultiIndex.from_frame(both[keys])
    lone_old, lone_new = (
        frame[~pd.MultiIndex.from_frame(frame[keys]).isin(partnered)] for frame in (old, new)
    )
    return both, lone_old, lone_new


def _revised(changed: pd.DataFrame) -> set[str]:
    revised = pd.Series(False, index=changed.index)
    for column in TABLES["reports"].names:
        if column != "report_id" and column not in BOOKKEEPING:
            revised |= _differ(changed[f"{column}_before"], changed[f"{column}_after"])
    return set(changed.loc[revised, "report_id"])


def _differ(before: pd.Series, after: pd.Series) -> pd.Series:
    either_null = before.isna() | after.isna()
    unequal = (before != after).fillna(True).astype(bool)
    return (before.isna() ^ after.isna()) | (~either_null & unequal)


def _figures(schema: TableSchema, changed: pd.DataFrame) -> pd.DataFrame:
    """Changed rows of a fact table as figures: those of which value or status changed."""
    differ = _differ(changed["value_before"], changed["value_after"]) | _differ(
        changed["status_before"], changed["status_after"]
    )
    years = changed["report_year_after"].fillna(changed["report_year_before"])
    figures = changed.assign(table=schema.name, report_year=years)[differ]
    figures = figures.rename(columns={schema.unique[1]: "row", schema.unique[2]: "column"})
    return figures[list(FIGURE_COLUMNS)].astype({"value_before": "Float64", "value_after": "Float64"})
