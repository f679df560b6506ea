"""Any valid frame survives being published, published over and read back."""

from __future__ import annotations

import math
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from warehouse.contract import Column
from warehouse.publish import publish, read_table
from warehouse.schemas import FACT_TABLES, TABLES

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
REPORT_ID = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)


def cell(column: Column) -> st.SearchStrategy[Any]:
    """Any value that the contract lets into the column."""
    if column.values is not None:
        strategy: st.SearchStrategy[Any] = st.sampled_from(column.values)
    elif column.pattern is not None:
        strategy = st.from_regex(column.pattern, fullmatch=True).map(str.strip)
    elif column.range is not None:
        strategy = st.integers(*column.range)
    elif pa.types.is_integer(column.type):
        width = column.type.bit_width
        strategy = st.integers(-(2 ** (width - 1)), 2 ** (width - 1) - 1)
    elif pa.types.is_floating(column.type):
        strategy = st.floats(allow_nan=False, allow_infinity=False)
    elif pa.types.is_boolean(column.type):
        strategy = st.booleans()
    elif pa.types.is_date(column.type):
        strategy = st.dates(date(1900, 1, 1), date(2100, 1, 1))
    elif pa.types.is_timestamp(column.type):
        strategy = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
    elif pa.types.is_list(column.type):
        strategy = st.lists(TEXT, max_size=3)
    else:
        strategy = TEXT
    return strategy if column.required else st.none() | strategy


def row_of(name: str, keys: dict[str, Any], draw: st.DrawFn) -> dict[str, Any]:
    row = {column.name: draw(cell(column)) for column in TABLES[name].columns}
    row |= keys if TABLES[name].partitioned else {}
    if name in FACT_TABLES:
        if row["status"] == "reported" and row["value"] is None:
            row["value"] = draw(cell(TABLES[name].column("value")).filter(lambda value: value is not None))
        if row["status"] != "reported":
            row["value"] = None
    return row


@st.composite
def rows_of_all_tables(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for report_id in draw(st.lists(REPORT_ID, min_size=1, max_size=3, unique=True)):
        keys = {
            "report_id": report_id,
            "agency_id": draw(st.none() | TEXT),
            "report_year": draw(st.none() | st.integers(2000, 2100)),
        }
        for name, schema in TABLES.items():
            count = 1 if name == "reports" else draw(st.integers(0, 3))
            rows = [row_of(name, keys, draw) for _ in range(count if schema.partitioned else 1)]
            tables[name] += rows
    for name, schema in TABLES.items():
        if schema.unique:
            tables[name] = list(
                {tuple(row[key] for key in schema.unique): row for row in tables[name]}.values()
            )
    return tables


def frame_of(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns = {
        column.name: pd.array([row[column.name] for row in rows], dtype=f"Int{column.type.bit_width}")
        if pa.types.is_integer(column.type)
        else pd.Series([row[column.name] for row in rows], dtype=object)
        for column in TABLES[name].columns
    }
    return pd.DataFrame(columns)


def plain(value: Any) -> Any:
    """A cell without its library: lists for arrays, None for every kind of null."""
    if hasattr(value, "tolist") and not isinstance(value, int | float):
        return plain(value.tolist())
    if isinstance(value, list):
        return value
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def as_rows(frame: pd.DataFrame, name: str) -> list[str]:
    return sorted(
        repr([plain(value) for value in row]) for row in frame[list(TABLES[name].names)].to_numpy(object)
    )


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(rows_of_all_tables())
def test_arbitrary_valid_frames_survive_exactly(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["codebook"] = []
    frames = {name: frame_of(name, rows) for name, rows in tables.items()}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        publish(root, frames)
        publish(root, frames)
        for name, frame in frames.items():
            assert as_rows(read_table(root, name), name) == as_rows(frame, name)
