"""The figures of the explorer's views, asked of a state's Parquet files through DuckDB.

Sums are sums of figures that were printed; beside each stands how many reports it comes from. A group of cells
counts only where every cell of it holds a figure: a sum over a blank would be a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.explorer.plan import COUNTRY, LANGUAGES, UNKNOWN, Measure, measures
from warehouse.schemas import FACT_TABLES, TABLES
from warehouse.snapshots import Snapshot

MEMORY = "500MB"
"""What DuckDB may hold; beyond it, it spills to disk."""

GOVERNMENT_KINDS = ("government", "government_office")
TOP_ORGANS = 200
"""So many organs with most issues are named."""

Rows = list[tuple[Any, ...]]


@contextmanager
def opened(state: Snapshot, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with one view a table of the state, and the measures of every report in `figures`."""
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'")
        connection.execute("set temp_directory = ?", [str(spill)])
        connection.execute("set threads = 2")
        connection.execute("set preserve_insertion_order = false")
        for name in TABLES:
            _make_view(connection, state, name)
        _describe_reports(connection)
        _gather_figures(connection)
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any] = ()) -> Rows:
    """All rows that a query gives."""
    found: Rows = connection.execute(query, list(values)).fetchall()
    return found


def _make_view(connection: duckdb.DuckDBPyConnection, state: Snapshot, name: str) -> None:
    files = [str(state.file(name, folder)) for folder in sorted(state.files.get(name, {}))]
    schema = TABLES[name]
    if files:
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        hive = "true" if schema.partitioned else "false"
        source = f"read_parquet([{listed}], hive_partitioning = {hive})"
    else:
        columns = ", ".join(f'null::varchar as "{column}"' for column in (*schema.names, "region"))
        source = f"(select {columns}) where false"
    connection.execute(f'create view "{name}" as select * from {source}')


def _describe_reports(connection: duckdb.DuckDBPyConnection) -> None:
    """`told`: every report with its year or null, its province's code, and who speaks: government or department."""
    kinds = ", ".join(f"'{kind}'" for kind in GOVERNMENT_KINDS)
    connection.execute(f"""
        create table told as
        select r.report_id, r.agency_id, r.agency_name, nullif(r.report_year::int, 0) as report_year,
            coalesce(left(r.region_code, 2), '{UNKNOWN}') as province, r.region_name,
            coalesce(r.level, '{UNKNOWN}') as level, coalesce(a.kind, '{UNKNOWN}') as kind,
            case when a.kind in ({kinds}) then 'government' else 'department' end as who,
            r.title, r.template, r.duplicate_of, r.issue_count,
            r.disclosures_state, r.requests_state, r.challenges_state
        from reports r left join agencies a using (agency_id)
    """)


def _gather_figures(connection: duckdb.DuckDBPyConnection) -> None:
    """`figures`: a row a report, a column a measure, and for those that are null why."""
    for table in FACT_TABLES:
        columns = [column for measure in measures() if measure.table == table for column in _columns(measure)]
        connection.execute(
            f'create table "{table}_figures" as select report_id, {", ".join(columns)} from "{table}" group by 1'
        )
    joined = " ".join(f'left join "{table}_figures" using (report_id)' for table in FACT_TABLES)
    connection.execute(f"""
        create table figures as select * from told {joined} where duplicate_of is null
    """)
    for table in FACT_TABLES:
        connection.execute(f'drop table "{table}_figures"')


def _columns(measure: Measure) -> tuple[str, str]:
    cells = " and ".join(f"\"{column}\" = '{code}'" for column, code in measure.where.items())
    value = (
        f"case when count(*) filter ({cells}) = count(value) filter ({cells}) "
        f'then sum(value) filter ({cells})::double end as "{measure.code}"'
    )
    status = f'min(status) filter ({cells} and value is null) as "{measure.code}_status"'
    return value, status


def labels(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], dict[str, str]]:
    """(table, dimension, code) → label in each language, as the release's codebook has them."""
    found = rows(
        connection, 'select "table", dimension, code, label_zh, label_en from codebook order by "order", code'
    )
    return {
        (table, dimension, code): dict(zip(LANGUAGES, (zh or code, en or code), strict=True))
        for table, dimension, code, zh, en in found
    }


def codebook(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The codes in the order of the forms, with labels and group."""
    found = rows(
        connection,
        'select "table", dimension, code, label_zh, label_en, "group" from codebook '
        'order by "table", dimension, "order", code',
    )
    return [
        {"table": t, "dimension": d, "code": c, "zh": zh or c, "en": en or c, "group": group}
        for t, d, c, zh, en, group in found
    ]


def totals(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """How much the state holds: reports kept, duplicates, organs, regions, years, requests received."""
    kept = "from told where duplicate_of is null"
    numbers = rows(
        connection,
        f"""
        select (select count(*) {kept}), (select count(*) from told where duplicate_of is not null),
            (select count(distinct agency_id) {kept}),
            (select count(distinct region_code) from reports where duplicate_of is null),
            (select sum(received) from figures), (select count(received) from figures)
        """,
    )[0]
    years = [row[0] for row in rows(connection, f"select distinct report_year {kept} order by 1") if row[0]]
    names = ("reports", "duplicates", "organs", "regions", "received", "received_reports")
    return dict(zip(names, numbers, strict=True)) | {"years": years}


def cube(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Year × province × level × who: reports, and of each measure its sum, the reports it comes from and, where it

    is a share, its sum and its whole's sum over the reports that have both.
    """
    parts = []
    for measure in measures():
        code, whole = f'"{measure.code}"', f'"{measure.share_of}"'
        parts += [_sum(measure), f"count({code})"]
        if measure.share_of:
            parts += [
                f"sum({code}) filter ({whole} is not null)",
                f"sum({whole}) filter ({code} is not null)",
            ]
    found = rows(
        connection,
        f"select report_year, province, level, who, count(*), {', '.join(parts)} from figures "
        "where report_year is not null group by all order by all",
    )
    return {"keys": ["year", "province", "level", "who", "reports"], "rows": [_plain(row) for row in found]}


def _sum(measure: Measure) -> str:
    """Counts add up alike in any order; amounts have fractions, whose sum's last digit depends on the order.

    DuckDB's threads bring rows in no fixed order, and one state must always give the same files.
    """
    fractions = TABLES[measure.table].column("value").type == pa.float64()
    return f'sum("{measure.code}" order by "{measure.code}")' if fractions else f'sum("{measure.code}")'


def coverage(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Year × province × kind of organ × state: how many organ-years are there, missing, refused."""
    found = rows(
        connection,
        f"""
        select c.report_year, coalesce(left(a.region_code, 2), '{UNKNOWN}'), coalesce(a.kind, '{UNKNOWN}'),
            c.state, count(*)
        from coverage c left join agencies a using (agency_id) group by all order by all
        """,
    )
    reasons = rows(
        connection,
        """
        select i."check", t.report_year, count(distinct c.report_id) from coverage c
        join told t on t.report_id = c.report_id join issues i on i.report_id = c.report_id
        where c.state = 'refused' and i.severity = 'error' group by all order by 3 desc, 1, 2
        """,
    )
    passed = rows(
        connection,
        "select outcome, count(*) from pages where outcome <> 'report' group by 1 order by 2 desc, 1",
    )
    return {"rows": found, "reasons": reasons, "passed_over": passed}


def gaps(connection: duckdb.DuckDBPyConnection) -> Rows:
    """Province, organ's name, kind, year, state, report_id and reasons of every organ-year without a report."""
    return rows(
        connection,
        f"""
        select coalesce(left(a.region_code, 2), '{UNKNOWN}') as province, coalesce(a.agency_name, c.agency_id),
            coalesce(a.kind, '{UNKNOWN}'), c.report_year, c.state, c.report_id,
            (select string_agg(distinct i."check", ' ' order by i."check") from issues i
             where i.report_id = c.report_id and i.severity = 'error')
        from coverage c left join agencies a using (agency_id) where c.state <> 'present' order by 1, 2, 4
        """,
    )


def quality(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Issues by check, severity, table, year and province; the organs with most; cells by state and status."""
    issues = rows(
        connection,
        f"""
        select i."check", i.severity, coalesce(i."table", ''), t.report_year,
            coalesce(t.province, '{UNKNOWN}'), count(*)
        from issues i left join told t using (report_id) group by all order by all
        """,
    )
    organs = rows(
        connection,
        f"""
        select t.agency_id, any_value(t.agency_name), any_value(t.province),
            count(*) filter (i.severity = 'error'), count(*) filter (i.severity = 'warning'),
            count(*) filter (i.severity = 'info'), count(distinct t.report_id)
        from issues i join told t using (report_id) where t.agency_id is not null
        group by 1 order by 4 desc, 5 desc, 6 desc, 1 limit {TOP_ORGANS}
        """,
    )
    cells = [
        (table, *row)
        for table in FACT_TABLES
        for row in rows(
            connection,
            f"""
            select t.report_year, t."{table}_state", f.status, count(*)
            from "{table}" f join told t using (report_id) group by all order by all
            """,
        )
    ]
    return {"issues": issues, "organs": organs, "cells": cells}


def organ_figures(connection: duckdb.DuckDBPyConnection, province: str) -> Iterator[tuple[Any, ...]]:
    """Organ, name, region, level, kind, year, report_id and each measure's figure or status, organ by organ."""
    shown = ", ".join(
        f'"{measure.code}", coalesce("{measure.code}_status", \'missing\')' for measure in measures()
    )
    cursor = connection.cursor()
    cursor.execute(
        f"""
        select agency_id, agency_name, region_name, level, kind, report_year, report_id, {shown} from figures
        where province = ? and agency_id is not null and report_year is not null
        order by agency_id, report_year, report_id
        """,
        [province],
    )
    while batch := cursor.fetchmany(2000):
        yield from batch


def report_list(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """Province, year and what a list shows of every report, in the order of its organ."""
    cursor = connection.cursor()
    cursor.execute("""
        select province, report_year, report_id, title, agency_name, level, template,
            disclosures_state, requests_state, challenges_state, issue_count, duplicate_of
        from told order by province, report_year, agency_name, report_id
    """)
    while batch := cursor.fetchmany(5000):
        yield from batch


def provinces_held(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The codes of the provinces of which any report is held, that of the country among them."""
    return [row[0] for row in rows(connection, "select distinct province from told order by 1")]


def _plain(row: Sequence[Any]) -> list[Any]:
    """Whole floats as integers, so that a file does not spend two characters on `.0`."""
    return [int(value) if isinstance(value, float) and value.is_integer() else value for value in row]


def measure_plan(texts: Mapping[tuple[str, str, str], Mapping[str, str]]) -> list[dict[str, Any]]:
    """The measures as the pages need them: code, table, cells, whole, labels."""
    return [
        {
            "code": measure.code,
            "table": measure.table,
            "where": dict(measure.where),
            "share_of": measure.share_of,
            **measure.labels(texts),
        }
        for measure in measures()
    ]


__all__ = ["COUNTRY", "UNKNOWN"]
