"""From the dataset back to frames: the contract's columns and types, an unknown year as null."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.checks import table_schema
from warehouse.contract import PARTITIONS, REGION_DESCRIPTION, Column, TableSchema, frame_schema
from warehouse.errors import NoDataset, UnexpectedColumns
from warehouse.frame_contracts import check_frame
from warehouse.partitions import keys_of, read_file
from warehouse.schemas import TABLES
from warehouse.snapshots import Snapshot, current

REGION = Column("region", pa.int32(), REGION_DESCRIPTION, required=True)


def pinned(root: Path) -> Snapshot:
    """The state in force, for several reads that must fit together; raises NoDataset."""
    state = current(root)
    if state is None:
        raise NoDataset(root)
    return state


def read_table(
    root: Path, name: str, columns: Sequence[str] | None = None, *, check: bool = False
) -> pd.DataFrame:
    """A table of the state in force as a frame: contract columns (or those asked for) and nothing else.

    Nullable integers are pandas' Int64 and Int32, an unknown `report_year` is null. `region`, which only the
    folders hold, comes if asked for. With `check`, whole frames are held against their contract once more.
    Raises NoDataset, UnknownTable, UnexpectedColumns, DamagedDataset, RuleBroken.
    """
    frame = frame_of(arrow_table(pinned(root), name, columns))
    if check and columns is None:
        check_frame(name, frame)
    return frame


def read_reports(root: Path, report_ids: Collection[str]) -> dict[str, pd.DataFrame]:
    """All rows of some reports, by table: to be changed and published again without reading pages anew."""
    state = pinned(root)
    wanted = pa.array(sorted(set(report_ids)), pa.string())
    frames = {}
    folders: set[str] = set()
    for name in ("reports", "issues", "disclosures", "requests", "challenges", "sections"):
        parts = []
        for folder in sorted(state.files[name]):
            if name not in ("reports", "issues") and folder not in folders:
                continue
            rows = partition_rows(state, TABLES[name], folder, TABLES[name].names)
            rows = rows.filter(pc.is_in(rows["report_id"], value_set=wanted))
            if len(rows):
                folders.add(folder)
            parts.append(rows)
        frames[name] = frame_of(_concatenated(parts, _columns(TABLES[name], None)))
    return frames


def arrow_table(state: Snapshot, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The same as `read_table`, of a pinned state, in Arrow."""
    schema = table_schema(name)
    asked = _columns(schema, columns)
    names = tuple(column.name for column in asked)
    parts = [partition_rows(state, schema, folder, names) for folder in sorted(state.files.get(name, {}))]
    return _concatenated(parts, asked)


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Arrow to pandas by the table's own `pandas` metadata."""
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _columns(schema: TableSchema, names: Sequence[str] | None) -> tuple[Column, ...]:
    if names is None:
        return schema.columns
    available = (*schema.names, "region") if schema.partitioned else schema.names
    if unknown := [name for name in names if name not in available]:
        raise UnexpectedColumns(schema.name, unknown)
    return tuple(REGION if name == "region" else schema.column(name) for name in names)


def partition_rows(state: Snapshot, schema: TableSchema, folder: str, names: Sequence[str]) -> pa.Table:
    """Columns of one partition of a pinned state, those of the folder among them; text comes as text."""
    stored = [name for name in names if not (schema.partitioned and name in PARTITIONS)]
    rows = read_file(state.file(schema.name, folder), schema, stored or [schema.sort[0]])
    columns = {name: _undictionaried(rows[name]) for name in stored}
    if schema.partitioned:
        year, region = keys_of(folder)
        columns["report_year"] = pa.repeat(pa.scalar(year or None, pa.int32()), len(rows))
        columns["region"] = pa.repeat(pa.scalar(region, pa.int32()), len(rows))
    chosen = tuple(REGION if name == "region" else schema.column(name) for name in names)
    return pa.table({name: columns[name] for name in names}).cast(frame_schema(chosen))


def _undictionaried(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _concatenated(parts: list[pa.Table], columns: tuple[Column, ...]) -> pa.Table:
    target = frame_schema(columns)
    return pa.concat_tables(parts) if parts else target.empty_table()
