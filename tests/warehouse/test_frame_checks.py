from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from warehouse_frames import Made, frames_of

from warehouse import errors
from warehouse.checks import checked
from warehouse.frame_contracts import check_frame, frame_contract
from warehouse.schemas import TABLES

Change = Callable[[pd.DataFrame], pd.DataFrame]


def frame_named(name: str) -> pd.DataFrame:
    return frames_of([Made(1), Made(2)])[name]


def put(column: str, value: object) -> Change:
    """Set one cell, whatever that does to the column's type."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        cells = frame[column].astype(object).tolist()
        cells[3 % len(cells)] = value
        return frame.assign(**{column: pd.Series(cells, index=frame.index, dtype=object)})

    return change


@pytest.mark.parametrize(
    ("table", "change", "error", "message"),
    [
        ("requests", lambda f: f.assign(note=1), errors.UnexpectedColumns, "note"),
        ("requests", lambda f: f.assign(region=11), errors.UnexpectedColumns, "region"),
        ("requests", lambda f: f.drop(columns="raw"), errors.MissingColumns, "raw"),
        ("requests", put("item", None), errors.NullInRequired, "item.*1 rows"),
        ("requests", put("status", "empty"), errors.UnknownValue, "status.*'empty'"),
        ("requests", put("value", None), errors.ContradictoryStatus, "'reported' stands beside value None"),
        ("requests", put("value", "12"), errors.WrongType, "value cannot be int64"),
        ("requests", put("value", 1.5), errors.WrongType, "value cannot be int64"),
        ("requests", put("value", 2**70), errors.WrongType, "value cannot be int64"),
        ("requests", lambda f: f.assign(value=f["value"].astype("Float64")), errors.WrongType, "Float64"),
        ("requests", put("item", 7), errors.WrongType, "item cannot be string"),
        ("requests", put("raw", "\ud800"), errors.WrongType, "raw cannot be string"),
        ("disclosures", put("value", np.inf), errors.UnknownValue, "value.*infinity"),
        ("disclosures", put("unit", "yuan"), errors.UnknownValue, "unit.*'yuan'"),
        ("reports", put("requests_state", "fine"), errors.UnknownValue, "requests_state.*'fine'"),
        ("reports", put("level", "village"), errors.UnknownValue, "level.*'village'"),
        ("reports", put("issue_count", True), errors.WrongType, "issue_count cannot be int32"),
        ("reports", put("fetched_at", datetime(2024, 1, 1)), errors.WrongType, "without a time zone"),
        ("issues", put("table", "sections"), errors.UnknownValue, "table.*'sections'"),
        ("issues", put("severity", "fatal"), errors.UnknownValue, "severity.*'fatal'"),
    ],
)
def test_what_the_contract_forbids_is_refused_by_name(
    table: str, change: Change, error: type[errors.ContractError], message: str
) -> None:
    assert checked(table, frame_named(table)).num_rows
    with pytest.raises(error, match=rf"table {table}: .*{message}"):
        checked(table, change(frame_named(table)))


def test_a_figure_beside_blank_is_refused() -> None:
    frame = frame_named("requests")
    frame["status"] = "blank"
    with pytest.raises(errors.ContradictoryStatus, match="'blank' stands beside value"):
        checked("requests", frame)


@pytest.mark.parametrize(
    ("table", "column", "value", "rule"),
    [
        ("reports", "report_id", "ABC", "str_matches"),
        ("reports", "sha256", "0" * 63, "str_matches"),
        ("reports", "region_code", "1", "str_matches"),
        ("requests", "report_year", 20210, "in_range"),
        ("sections", "section", 7, "in_range"),
        ("issues", "severity", "fatal", "isin"),
    ],
)
def test_pandera_refuses_what_is_well_typed_and_impossible(
    table: str, column: str, value: object, rule: str
) -> None:
    check_frame(table, frame_named(table))
    with pytest.raises(errors.RuleBroken, match=f"table {table}: column {column}.*{rule}.*{value}"):
        check_frame(table, put(column, value)(frame_named(table)))


def test_pandera_refuses_two_rows_of_one_key() -> None:
    frame = frame_named("challenges")
    with pytest.raises(errors.RuleBroken, match="unique"):
        check_frame("challenges", pd.concat([frame, frame.iloc[:1]]))


def test_every_table_has_a_contract_with_all_its_columns() -> None:
    for name, schema in TABLES.items():
        assert tuple(frame_contract(name).columns) == schema.names


def test_unknown_tables_are_named() -> None:
    with pytest.raises(errors.UnknownTable, match=r"'request'.*requests"):
        checked("request", pd.DataFrame())


def test_columns_may_come_in_any_order_and_integers_in_any_width() -> None:
    frame = frame_named("requests")
    turned = frame[frame.columns[::-1]].assign(report_year=frame["report_year"].astype("int64"))
    assert checked("requests", turned).equals(checked("requests", frame))
