"""The data dictionary, generated from the contract. `python -m warehouse.dictionary` prints it."""

from __future__ import annotations

import sys

import pyarrow as pa

from warehouse.contract import REGION_DESCRIPTION, Column, TableSchema, nullable_integer
from warehouse.schemas import TABLES

OPENING = """\
# Data dictionary

Generated from `warehouse/schemas.py` by `python -m warehouse.dictionary`; a test holds the two together.

Partitioned tables lie in folders `<table>/report_year=<year>/region=<province>/`. Tools that read hive
partitions give both keys as columns; there, 0 stands for an unknown year or region.
`warehouse.publish.read_table` gives an unknown year as null. The same descriptions and units stand in the
field metadata of every Parquet file.
"""


def data_dictionary() -> str:
    """The whole dictionary as Markdown."""
    return "\n".join([OPENING, *(_table_text(schema) for schema in TABLES.values())])


def _table_text(schema: TableSchema) -> str:
    lines = [f"## `{schema.name}`", "", f"One row is {schema.row}."]
    if schema.unique:
        lines.append(f"Key: {', '.join(f'`{name}`' for name in schema.unique)}.")
    lines.append(f"Sorted by {', '.join(f'`{name}`' for name in schema.sort)}.")
    lines += [
        "",
        "| column | type | in pandas | null | unit | description |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_column_line(column) for column in schema.columns]
    if schema.partitioned:
        lines.append(f"| `region` | int32 (folder) | category | no | | {REGION_DESCRIPTION} |")
    return "\n".join([*lines, ""])


def _column_line(column: Column) -> str:
    description = column.description
    if column.values is not None:
        description += f" ({', '.join(f'`{value}`' for value in column.values)})"
    if column.range is not None:
        description += f" ({column.range[0]}–{column.range[1]})"
    nullable = "no" if column.required else "yes"
    unit = f" {column.unit} " if column.unit else " "
    return (
        f"| `{column.name}` | {column.type} | {_pandas_type(column)} | {nullable} |{unit}| "
        f"{description.replace('|', chr(92) + '|')} |"
    )


def _pandas_type(column: Column) -> str:
    if pa.types.is_integer(column.type):
        return nullable_integer(column) or str(column.type)
    if pa.types.is_floating(column.type):
        return "float64"
    if pa.types.is_timestamp(column.type):
        return "datetime64[us, UTC]"
    if pa.types.is_boolean(column.type):
        return "bool"
    return "str" if pa.types.is_string(column.type) else "object"


if __name__ == "__main__":
    sys.stdout.write(data_dictionary())
