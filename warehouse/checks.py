"""Frames against their contract, on the way in: nothing is coerced with loss, dropped or filled in.

pyarrow by itself drops columns that a schema does not name and writes nulls into fields declared non-null.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.contract import Column, TableSchema
from warehouse.errors import (
    CodeReused,
    ContradictoryStatus,
    MissingColumns,
    NullInRequired,
    StrayRows,
    UnexpectedColumns,
    UnknownTable,
    UnknownValue,
    WrongType,
)
from warehouse.schemas import FACT_TABLES, TABLES

CONVERSION_ERRORS = (
    pa.ArrowInvalid,
    pa.ArrowTypeError,
    pa.ArrowNotImplementedError,
    UnicodeEncodeError,
    OverflowError,
)


def table_schema(name: str) -> TableSchema:
    """The contract of a table; raises UnknownTable."""
    try:
        return TABLES[name]
    except KeyError:
        raise UnknownTable(name, TABLES) from None


def checked(name: str, frame: pd.DataFrame) -> pa.Table:
    """The frame as an Arrow table with exactly the contract's columns, in contract order.

    Raises UnknownTable, UnexpectedColumns, MissingColumns, WrongType, NullInRequired, UnknownValue or
    ContradictoryStatus; the message names table, column and value.
    """
    schema = table_schema(name)
    if extra := [column for column in frame.columns if column not in schema.names]:
        raise UnexpectedColumns(name, extra)
    if lacking := [column for column in schema.names if column not in frame.columns]:
        raise MissingColumns(name, lacking)
    arrays = [_converted(name, column, frame[column.name]) for column in schema.columns]
    table = pa.table(arrays, names=list(schema.names))
    if name in FACT_TABLES:
        _check_status(name, table)
    return table


def _converted(table: str, column: Column, series: pd.Series) -> pa.ChunkedArray:
    _refuse_lossy(table, column, series)
    try:
        converted = pa.array(series, type=column.type, from_pandas=True)
    except CONVERSION_ERRORS as error:
        raise WrongType(table, column.name, column.type, error) from error
    array = converted if isinstance(converted, pa.ChunkedArray) else pa.chunked_array([converted])
    if column.required and array.null_count:
        raise NullInRequired(table, column.name, array.null_count)
    if column.values is not None:
        distinct = pc.unique(array).drop_null().to_pylist()
        if unknown := sorted(set(distinct) - set(column.values)):
            raise UnknownValue(table, column.name, unknown)
    if pa.types.is_floating(column.type) and not pc.all(pc.is_finite(array), min_count=0).as_py():
        raise UnknownValue(table, column.name, ["infinity"])
    return array


def _refuse_lossy(table: str, column: Column, series: pd.Series) -> None:
    """Refuse what pyarrow would convert without a word: floats and truths to integers, local times to UTC."""
    kind = series.dtype.kind
    if pa.types.is_integer(column.type):
        if kind in "fb" and bool(series.notna().any()):
            raise WrongType(table, column.name, column.type, f"the frame holds {series.dtype}")
        # From Python objects pyarrow cuts 1.5 to 1 even where it is asked to be safe.
        held = series.dropna() if kind == "O" else ()
        if odd := {type(value).__name__ for value in held if _no_integer(value)}:
            raise WrongType(table, column.name, column.type, f"the frame holds {', '.join(sorted(odd))}")
    if pa.types.is_timestamp(column.type):
        naive = getattr(series.dtype, "tz", None) is None if kind == "M" else _has_naive(series)
        if naive and bool(series.notna().any()):
            raise WrongType(table, column.name, column.type, "an instant without a time zone")


def _no_integer(value: object) -> bool:
    return isinstance(value, bool) or not isinstance(value, int | np.integer)


def _has_naive(series: pd.Series) -> bool:
    return any(getattr(value, "tzinfo", None) is None for value in series.dropna())


def _check_status(name: str, table: pa.Table) -> None:
    """A figure is there if and only if its status is `reported`: a blank can never become a number."""
    reported = pc.equal(table["status"], "reported")
    there = pc.is_valid(table["value"])
    wrong = pc.not_equal(reported, there)
    count = pc.sum(wrong, min_count=0).as_py()
    if count:
        first = table.select(["status", "value"]).filter(wrong).slice(0, 1).to_pylist()[0]
        raise ContradictoryStatus(name, first["status"], first["value"], count)


def provinces(reports: pa.Table) -> pa.Array:
    """The province number of each report, 0 where its region is unknown; raises UnknownValue."""
    codes = reports["region_code"].combine_chunks()
    shaped = pc.fill_null(pc.match_substring_regex(codes, r"^[0-9]{2}([0-9]{2}){0,5}$"), True)
    if not pc.all(shaped, min_count=0).as_py():
        raise UnknownValue("reports", "region_code", pc.unique(codes.filter(pc.invert(shaped))).to_pylist())
    return pc.fill_null(pc.cast(pc.utf8_slice_codeunits(codes, 0, 2), pa.int32()), 0)


def with_region(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Give every partitioned table the column `region` of its report, and see that the keys agree.

    Facts and sections without their report, or keys that differ from it, raise StrayRows. Issues may stand
    alone: they tell of pages that gave no report.
    """
    reports = tables.get("reports")
    known = reports["report_id"].combine_chunks() if reports is not None else pa.array([], pa.string())
    region = provinces(reports) if reports is not None else pa.array([], pa.int32())
    placed: dict[str, pa.Table] = {}
    for name, table in tables.items():
        if not TABLES[name].partitioned:
            placed[name] = table
            continue
        where = pc.index_in(table["report_id"], value_set=known)
        if name != "issues" and where.null_count:
            raise StrayRows(
                name, "report_id", pc.unique(table["report_id"].filter(pc.is_null(where))).to_pylist()
            )
        if reports is not None:
            _check_keys(name, table, reports, where)
        placed[name] = table.append_column("region", pc.fill_null(region.take(where.combine_chunks()), 0))
    return placed


def _check_keys(name: str, table: pa.Table, reports: pa.Table, where: pa.ChunkedArray) -> None:
    matched = pc.is_valid(where)
    for column, absent in (("report_year", 0), ("agency_id", "")):
        theirs = reports[column].combine_chunks().take(where.combine_chunks())
        differ = pc.not_equal(pc.fill_null(table[column], absent), pc.fill_null(theirs, absent))
        differ = pc.and_(differ, matched)
        if pc.any(differ, min_count=0).as_py():
            raise StrayRows(name, column, pc.unique(table["report_id"].filter(differ)).to_pylist())


def check_codes(schema: TableSchema, rows: pa.Table, codebook: pa.Table | None) -> None:
    """Every code in the rows stands in the codebook, if there is one; raises UnknownValue."""
    if codebook is None or not len(codebook) or schema.name not in FACT_TABLES:
        return
    mine = codebook.filter(pc.equal(codebook["table"].cast(pa.string()), schema.name))
    for dimension in pc.unique(mine["dimension"].cast(pa.string())).to_pylist():
        of_dimension = pc.equal(mine["dimension"].cast(pa.string()), dimension)
        known = set(mine.filter(of_dimension)["code"].to_pylist())
        held = set(pc.unique(rows[dimension]).to_pylist())
        if unknown := sorted(held - known):
            raise UnknownValue(schema.name, dimension, unknown)


def check_codes_kept(before: pa.Table, after: pa.Table) -> None:
    """A code never comes to mean something else: raises CodeReused if both its labels changed."""
    labels = [
        {(row["table"], row["dimension"], row["code"]): (row["label_zh"], row["label_en"]) for row in rows}
        for rows in (before.to_pylist(), after.to_pylist())
    ]
    for code, (old_zh, old_en) in labels[0].items():
        new_zh, new_en = labels[1].get(code, (old_zh, old_en))
        if new_zh != old_zh and new_en != old_en:
            raise CodeReused(".".join(code), (old_zh, old_en), (new_zh, new_en))
