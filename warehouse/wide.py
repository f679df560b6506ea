"""The wide view: one row a report, one column a cell of the forms, beside what `reports` says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from warehouse.contract import TableSchema
from warehouse.diff import state_of
from warehouse.errors import NoDataset
from warehouse.partitions import keys_of
from warehouse.reading import arrow_table, frame_of, partition_rows
from warehouse.schemas import FACT_TABLES, TABLES
from warehouse.snapshots import Snapshot

SEPARATOR = "."


def make_wide(root: Path, years: tuple[int, ...] | None = None) -> pd.DataFrame:
    """One row a report, with the columns of `reports` and then one column a cell: `requests.granted.total`.

    `root` is a working dataset or a release; raises NoDataset where it is neither, or has no report of `years`.
    Counts are Int64, amounts float64; a cell that was not reported is null (its status stands in the tidy
    table). Cells come in the order of the codebook, where there is one. `years` limits the reports. A
    partition at a time is turned, so that memory holds the result and little else.
    """
    state = state_of(root)
    columns = cell_columns(state)
    parts = []
    for folder in sorted(state.files["reports"]):
        if years is not None and keys_of(folder)[0] not in years:
            continue
        reports = frame_of(partition_rows(state, TABLES["reports"], folder, TABLES["reports"].names))
        cells = [
            _turned(state, TABLES[name], folder, reports["report_id"], columns[name]) for name in FACT_TABLES
        ]
        parts.append(pd.concat([reports, *cells], axis="columns"))
    if not parts:
        raise NoDataset(f"{root}: years {years}")
    return pd.concat(parts, ignore_index=True).sort_values("report_id", ignore_index=True)


def cell_columns(state: Snapshot) -> dict[str, list[tuple[str, str]]]:
    """The (row, column) pairs that occur in each fact table, in the order of the codebook."""
    codebook = frame_of(arrow_table(state, "codebook"))
    rank = {
        (row.table, row.dimension, row.code): int(position)
        for position, row in enumerate(codebook.sort_values(["order", "code"]).itertuples())
    }
    columns = {}
    for name in FACT_TABLES:
        _, row, column = TABLES[name].unique
        pairs: set[tuple[str, str]] = set()
        for folder in state.files[name]:
            held = (
                partition_rows(state, TABLES[name], folder, (row, column))
                .group_by([row, column])
                .aggregate([])
            )
            pairs |= set(zip(held[row].to_pylist(), held[column].to_pylist(), strict=True))
        columns[name] = sorted(
            pairs,
            key=lambda pair: (
                rank.get((name, row, pair[0]), len(rank)),
                rank.get((name, column, pair[1]), len(rank)),
                pair,
            ),
        )
    return columns


def _turned(
    state: Snapshot, schema: TableSchema, folder: str, reports: pd.Series, pairs: list[tuple[str, str]]
) -> pd.DataFrame:
    """One partition of a fact table with a row a report of `reports`, a column a pair."""
    names = [SEPARATOR.join((schema.name, *pair)) for pair in pairs]
    shape = (len(reports), len(pairs))
    figures: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    whole = np.zeros(shape, dtype=np.int64) if pa.types.is_integer(schema.column("value").type) else None
    figures = whole if whole is not None else np.zeros(shape, dtype=np.float64)
    absent = np.ones(shape, dtype=bool)
    if folder in state.files[schema.name]:
        _, row, column = schema.unique
        cells = partition_rows(state, schema, folder, ("report_id", row, column, "value"))
        cells = cells.filter(cells["value"].is_valid())
        at_report = pd.Index(reports).get_indexer(cells["report_id"].to_pandas())
        of_pair = pd.MultiIndex.from_tuples(pairs, names=[row, column]).get_indexer(
            pd.MultiIndex.from_arrays([cells[row].to_pandas(), cells[column].to_pandas()])
        )
        figures[at_report, of_pair] = cells["value"].to_numpy()
        absent[at_report, of_pair] = False
    if whole is None:
        return pd.DataFrame(np.where(absent, np.nan, figures), columns=names, index=reports.index)
    columns = [pd.arrays.IntegerArray(whole[:, i].copy(), absent[:, i].copy()) for i in range(len(pairs))]
    return pd.DataFrame(dict(zip(names, columns, strict=True)), index=reports.index)
