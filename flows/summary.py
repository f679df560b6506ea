"""What a run tells at its end: tables on the terminal, and the line of Python that loads the result."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from warehouse.publish import read_table
from warehouse.snapshots import Snapshot

SEVERITY_ORDER = {"error": "0", "warning": "1", "info": "2"}
FORMS = ("2019", "2021", "hybrid", "none")


def show_dataset(screen: Console, root: Path, rows: Mapping[str, int]) -> None:
    """Reports by year and form, rows in force by table, issues by check, and how to load them."""
    screen.print(reports_by_year(read_table(root, "reports", ["report_year", "template", "duplicate_of"])))
    screen.print(_counts("Rows by table", "table", rows))
    screen.print(issues_by_check(read_table(root, "issues", ["check", "severity", "report_id"])))
    screen.print("Load it:", highlight=False)
    line = f'import pandas as pd; requests = pd.read_parquet("{_shown(root)}/requests")'
    screen.print(f"  python -c {shlex.quote(line + '; print(requests)')}", highlight=False, soft_wrap=True)


def show_held(screen: Console, root: Path, held: Snapshot) -> None:
    """The tables in force, without what a run would add to it."""
    show_dataset(
        screen, root, {name: sum(f.rows for f in files.values()) for name, files in held.files.items()}
    )


def reports_by_year(reports: pd.DataFrame) -> Table:
    """Reports by year and by the statutory form they follow; duplicates in a column of their own."""
    kept = reports[reports["duplicate_of"].isna()]
    table = Table("year", title="Reports by year and form", title_justify="left")
    for column in (*FORMS, "duplicates"):
        table.add_column(column, justify="right")
    forms = kept.groupby(["report_year", "template"], dropna=False, observed=True).size()
    left_out = reports[reports["duplicate_of"].notna()].groupby("report_year", dropna=False).size()
    for year in sorted(reports["report_year"].dropna().unique()):
        counts = [int(forms.get((year, form), 0)) for form in FORMS]
        table.add_row(str(year), *map(_blank_zero, counts), _blank_zero(int(left_out.get(year, 0))))
    unknown = kept[kept["report_year"].isna()]["template"].value_counts()
    if len(unknown):
        table.add_row("unknown", *(_blank_zero(int(unknown.get(form, 0))) for form in FORMS), "")
    return table


def issues_by_check(issues: pd.DataFrame) -> Table:
    """How often each check found something, and in how many reports or pages."""
    table = Table("check", "severity", title="Issues by check", title_justify="left")
    table.add_column("issues", justify="right")
    table.add_column("reports", justify="right")
    grouped = issues.groupby(["severity", "check"], observed=True)["report_id"].agg(["size", "nunique"])
    found = grouped.reset_index().sort_values(
        ["severity", "check"], key=lambda column: column.replace(SEVERITY_ORDER)
    )
    for severity, check, size, reports in found.itertuples(index=False, name=None):
        table.add_row(check, severity, f"{size:,}", f"{reports:,}")
    if found.empty:
        table.add_row("none found", "", "", "")
    return table


def _counts(title: str, heading: str, counts: Mapping[str, int]) -> Table:
    table = Table(heading, title=title, title_justify="left")
    table.add_column("rows", justify="right")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table


def _blank_zero(count: int) -> str:
    return f"{count:,}" if count else ""


def _shown(path: Path) -> str:
    """The path as a user would type it: relative where it lies below the working folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
