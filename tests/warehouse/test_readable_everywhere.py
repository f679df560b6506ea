"""What an analyst's tool makes of the datasets, opened directly."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from warehouse_frames import Made, codebook, frames_of, pages_of

from warehouse.publish import publish
from warehouse.schemas import TABLES


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of several years and provinces, one of them of unknown year and region."""
    root = tmp_path_factory.mktemp("datasets")
    made = [Made(number) for number in range(15)]
    publish(root, frames_of(made) | {"pages": pages_of(made), "codebook": codebook()})
    unknown = {
        name: frame.assign(report_year=pd.Series(pd.NA, index=frame.index, dtype="Int32"))
        for name, frame in frames_of([Made(99)]).items()
    }
    unknown["reports"] = unknown["reports"].assign(region_code=pd.Series([None], dtype="str"))
    publish(root, unknown)
    return root


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("empty")
    publish(root, {})
    return root


def duck(root: Path, query: str) -> pd.DataFrame:
    source = f"read_parquet('{root}/requests/**/*.parquet', hive_partitioning=true)"
    return duckdb.sql(query.format(requests=source)).df()


def test_pandas_duckdb_and_polars_give_the_same_sums(root: Path) -> None:
    by = ["report_year", "region", "item"]
    pandas = pd.read_parquet(root / "requests")
    sums = pandas.groupby(by, observed=True)["value"].sum()
    expected = {tuple(int(k) if str(k).isdigit() else k for k in key): int(v) for key, v in sums.items()}
    duck_rows = duck(root, f"select {', '.join(by)}, sum(value) from {{requests}} group by all")
    polars = pl.scan_parquet(root / "requests").group_by(by).agg(pl.col("value").sum()).collect()
    assert {tuple(row[:3]): int(row[3]) for row in duck_rows.to_numpy().tolist()} == expected
    assert {tuple(row[:3]): row[3] for row in polars.iter_rows()} == expected
    assert sum(expected.values()) > 0 and len(pandas) == 16 * 175


@pytest.mark.parametrize("table", TABLES)
def test_every_table_opens_in_every_tool_with_rows_or_without(root: Path, empty: Path, table: str) -> None:
    for place in (root, empty):
        wanted = set(TABLES[table].names)
        count = pq.read_table(place / table).num_rows
        assert wanted <= set(pd.read_parquet(place / table).columns)
        polars = pl.scan_parquet(place / table).collect()
        assert wanted <= set(polars.columns) and polars.height == count
        query = f"from read_parquet('{place}/{table}/**/*.parquet', hive_partitioning=true)"
        duck_frame = duckdb.sql(f"select * {query}").df()
        assert wanted <= set(duck_frame.columns) and len(duck_frame) == count


def test_whole_numbers_stay_whole_where_cells_are_null(root: Path) -> None:
    requests = pd.read_parquet(root / "requests")
    assert requests["value"].dtype == "Int64" and requests["value"].isna().any()
    assert (requests["value"].isna() == (requests["status"] != "reported")).all()


def test_engines_prune_by_year_and_province(root: Path) -> None:
    wanted = [("report_year", "==", Made(3).year), ("region", "==", Made(3).province)]
    assert set(pd.read_parquet(root / "requests", filters=wanted)["report_id"]) == {Made(3).report_id}
    plan = duck(
        root,
        "explain analyze select sum(value) from {requests} "
        f"where report_year = {Made(3).year} and region = {Made(3).province}",
    ).to_string()
    assert "1/" in plan.replace(" ", "")


def test_descriptions_units_and_statistics_are_in_every_file(root: Path) -> None:
    for name, schema in TABLES.items():
        for path in (root / name).rglob("*.parquet"):
            with pq.ParquetFile(path) as file:
                for column in schema.stored:
                    metadata = file.schema_arrow.field(column.name).metadata
                    assert metadata[b"description"].decode() == column.description
                    assert metadata.get(b"unit", b"").decode() == (column.unit or "")
                assert schema.row in file.schema_arrow.metadata[b"description"].decode()
                for group in range(file.num_row_groups if file.metadata.num_rows else 0):
                    stored = file.metadata.row_group(group).column(0)
                    assert stored.compression == "ZSTD"
                    assert stored.is_stats_set
                    assert "RLE_DICTIONARY" in stored.encodings
