"""What a table is made of: columns with type, unit and meaning, and how they become Parquet schemas."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

PARTITIONS: tuple[str, ...] = ("report_year", "region")
"""Folder levels of a partitioned table, in order."""

UNKNOWN_PARTITION = 0
"""Folder value for an unknown year or region.

Hive's own null partition would be unreadable: pyarrow can neither infer a key whose folders are all null nor
unify one of which some are, so that a single report without a year would make `pd.read_parquet` fail on the
whole table. A leading zero is as bad: DuckDB would then take the whole key for text.
"""

REGION_DESCRIPTION = (
    "Province of the organ: the first two digits of its GB/T 2260 code; 0 where the region is unknown"
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its Arrow type, what it holds, what it may hold. `values`: a closed list, if any."""

    name: str
    type: pa.DataType
    description: str
    required: bool = False
    values: tuple[str, ...] | None = None
    unit: str | None = None
    pattern: str | None = None
    """Regular expression that every text in the column matches from its beginning."""
    range: tuple[int, int] | None = None
    """Least and greatest integer allowed."""


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table: one row is one `row`; rows stand sorted by `sort`; `unique` columns tell two rows apart."""

    name: str
    row: str
    columns: tuple[Column, ...]
    sort: tuple[str, ...]
    unique: tuple[str, ...] = ()
    partitioned: bool = True
    replaced_by: str | None = "report_id"
    """The column whose values say which rows a run replaces; None where a run gives the whole table anew."""

    @property
    def names(self) -> tuple[str, ...]:
        """All column names, in contract order; `report_year` among them, the folder-only `region` not."""
        return tuple(column.name for column in self.columns)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns inside the files: all but those that the folder names carry."""
        return tuple(
            column for column in self.columns if not (self.partitioned and column.name in PARTITIONS)
        )

    def column(self, name: str) -> Column:
        """The column of that name; ValueError if there is none."""
        return self.columns[self.names.index(name)]


def nullable_integer(column: Column) -> str | None:
    """Name of the pandas type that keeps a nullable integer whole (Int64 for int64 …), or None."""
    if column.required or not pa.types.is_integer(column.type):
        return None
    return str(column.type).capitalize()


def _pandas_block(columns: tuple[Column, ...]) -> bytes:
    """The `pandas` entry of a file's metadata: pandas reads nullable integers back as such, not as floats.

    https://pandas.pydata.org/docs/development/developer.html#storing-pandas-dataframe-objects-in-apache-parquet-format
    """
    entries = [
        {
            "name": column.name,
            "field_name": column.name,
            "pandas_type": str(column.type),
            "numpy_type": nullable_integer(column),
            "metadata": None,
        }
        for column in columns
        if nullable_integer(column)
    ]
    return json.dumps({"index_columns": [], "column_indexes": [], "columns": entries}).encode()


def arrow_field(column: Column) -> pa.Field:
    """The column as an Arrow field; description, unit and closed list of values ride in its metadata."""
    metadata = {"description": column.description}
    if column.unit:
        metadata["unit"] = column.unit
    if column.values:
        metadata["values"] = " | ".join(column.values)
    return pa.field(column.name, column.type, nullable=not column.required, metadata=metadata)


def frame_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """The Arrow schema under which these columns become a pandas frame of the contract's types."""
    fields = [arrow_field(column) for column in columns]
    return pa.schema(fields, metadata={b"pandas": _pandas_block(columns)})


def fingerprint(tables: Iterable[TableSchema]) -> str:
    """Twelve hex digits that change when a column, its type or its being required changes; words do not count."""
    shape = [
        (table.name, table.partitioned, [(c.name, str(c.type), c.required) for c in table.columns])
        for table in tables
    ]
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:12]


def file_schema(table: TableSchema) -> pa.Schema:
    """The Arrow schema of the table's Parquet files: stored columns only."""
    metadata = {
        b"description": f"One row is {table.row}.".encode(),
        b"sorted_by": ", ".join(table.sort).encode(),
        b"pandas": _pandas_block(table.stored),
    }
    return pa.schema([arrow_field(column) for column in table.stored], metadata=metadata)
