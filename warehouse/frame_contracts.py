"""The contract as pandera schemas: what a frame of each table must be, on the way in and on the way out.

They are derived from `TABLES`. Types are no part of them: the conversion to Arrow settles those, and lets a
frame hold int64 where the contract says Int64.
"""

from __future__ import annotations

from functools import cache

import pandas as pd
import pandera.pandas as pandera

from warehouse.checks import table_schema
from warehouse.contract import Column
from warehouse.errors import RuleBroken


@cache
def frame_contract(name: str) -> pandera.DataFrameSchema:
    """The pandera schema of a table; raises UnknownTable."""
    schema = table_schema(name)
    return pandera.DataFrameSchema(
        {column.name: _column(column) for column in schema.columns},
        strict=True,
        unique=list(schema.unique) or None,
        name=name,
        description=f"One row is {schema.row}.",
    )


def _column(column: Column) -> pandera.Column:
    rules = []
    if column.values is not None:
        rules.append(pandera.Check.isin(column.values))
    if column.pattern is not None:
        rules.append(pandera.Check.str_matches(column.pattern))
    if column.range is not None:
        rules.append(pandera.Check.in_range(*column.range))
    return pandera.Column(
        None, rules, nullable=not column.required, required=True, description=column.description
    )


def check_frame(name: str, frame: pd.DataFrame) -> None:
    """Hold a frame against its contract; raises RuleBroken, naming table, column, rule and values."""
    try:
        # pandera reports repeated rows only where the index tells rows apart.
        frame_contract(name).validate(frame.reset_index(drop=True), lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        first = cases.iloc[0]
        same = cases[(cases["column"] == first["column"]) & (cases["check"] == first["check"])]
        values = same["failure_case"].drop_duplicates().tolist()
        raise RuleBroken(name, first["column"], first["check"], values) from error
