"""The texts of a release, each generated from the data it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from dataclasses import dataclass
from typing import Any

import pandas as pd

from warehouse.diff import Difference
from warehouse.reading import arrow_table, frame_of
from warehouse.snapshots import Snapshot

LISTED = 200
"""So many reports or figures are listed by name; the rest are counted."""


@dataclass(frozen=True, slots=True)
class About:
    """What a release says of itself that no table knows."""

    homepage: str
    """Where the data can be had; nobody but the publisher knows it."""
    name: str = "gongkai"
    title: str = "Annual reports of Chinese government organs on the disclosure of government information"
    description: str = (
        "The statutory tables of the yearly reports on government information disclosure "
        "(政府信息公开工作年度报告), one row a cell, every figure as printed and traceable to its page."
    )
    publisher: str = "The gongkai project"
    licence_name: str = "CC-BY-4.0"
    licence_title: str = "Creative Commons Attribution 4.0 International"
    licence_address: str = "https://creativecommons.org/licenses/by/4.0/"


def _markdown_table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    for row in rows:
        cells = ("" if value is None or value is pd.NA or value != value else str(value) for value in row)  # noqa: PLR0124
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return [*lines, ""]


def codebook_text(state: Snapshot, version: str) -> str:
    """CODEBOOK.md: every code with its labels, group and forms, table by table, in the order of the form."""
    codes = frame_of(arrow_table(state, "codebook")).sort_values(["table", "dimension", "order", "code"])
    lines = [f"# Codebook of release {version}", "", "Generated from table `codebook`.", ""]
    for (table, dimension), rows in codes.groupby(["table", "dimension"], sort=False):
        place = f"`{dimension}` in every table" if table == "*" else f"`{table}.{dimension}`"
        lines += [f"## {place}", ""]
        lines += _markdown_table(
            ("code", "label", "in English", "group", "form 2019", "form 2021"),
            (
                (
                    f"`{row.code}`",
                    row.label_zh,
                    row.label_en,
                    row.group,
                    _mark(row.template_2019),
                    _mark(row.template_2021),
                )
                for row in rows.itertuples()
            ),
        )
    return "\n".join(lines)


def _mark(there: object) -> str:
    return "yes" if there else "–"


def changes_text(difference: Difference, version: str, last: str | None) -> str:
    """CHANGES.md: reports added, revised, withdrawn; rows by table; figures that changed."""
    since = f"since release {last}" if last else "the first release"
    lines = [f"# Changes in release {version}, {since}", ""]
    counts = (
        ("added", difference.added),
        ("revised", difference.revised),
        ("withdrawn", difference.withdrawn),
    )
    lines += _markdown_table(("reports", "number"), ((name, len(ids)) for name, ids in counts))
    lines += ["## Rows by table", ""]
    rows = ((table, c.added, c.changed, c.removed) for table, c in difference.rows.items())
    lines += _markdown_table(("table", "added", "changed", "removed"), rows)
    for name, ids in counts[1 if last is None else 0 :]:
        lines += _listing(f"Reports {name}", [f"`{report_id}`" for report_id in ids])
    return "\n".join([*lines, *_figures_section(difference.figures)])


def _listing(heading: str, items: list[str]) -> list[str]:
    if not items:
        return []
    more = [f"… and {len(items) - LISTED} more"] if len(items) > LISTED else []
    return [f"## {heading}", "", ", ".join([*items[:LISTED], *more]), ""]


def _figures_section(figures: pd.DataFrame) -> list[str]:
    if not len(figures):
        return []
    lines = [f"## Figures changed in reports already released ({len(figures)})", ""]
    by_table = figures.groupby("table", sort=False).size().items()
    lines += _markdown_table(("table", "figures"), by_table)
    lines += _markdown_table(
        ("table", "report", "year", "row", "column", "before", "after"),
        (
            (
                figure.table,
                f"`{figure.report_id}`",
                figure.report_year,
                figure.row,
                figure.column,
                _figure(figure.value_before, figure.status_before),
                _figure(figure.value_after, figure.status_after),
            )
            for figure in figures.head(LISTED).itertuples()
        ),
    )
    return lines if len(figures) <= LISTED else [*lines, f"… and {len(figures) - LISTED} more", ""]


def _figure(value: Any, status: Any) -> str:
    if pd.isna(status):
        return "no such row"
    return str(status) if pd.isna(value) else f"{value:.12g}"


def citation_text(about: About, version: str) -> str:
    """CITATION.cff (https://citation-file-format.github.io/, version 1.2.0)."""
    return "\n".join(
        [
            "cff-version: 1.2.0",
            'message: "Please cite the release that you used."',
            "type: dataset",
            f'title: "{about.title}"',
            f'version: "{version}"',
            f"date-released: {version.split('.', maxsplit=1)[0]}",
            f"license: {about.licence_name}",
            f'url: "{about.homepage}"',
            "authors:",
            f'  - name: "{about.publisher}"',
            "",
        ]
    )


def licence_text(about: About) -> str:
    """LICENSE.md: under what terms the compilation is published."""
    return "\n".join(
        [
            "# Licence",
            "",
            f"The compilation is published under {about.licence_title} ({about.licence_name}):",
            f"<{about.licence_address}>.",
            "",
            "The reports themselves are published by the organs named in table `reports`; column `source`",
            "leads to each of them.",
            "",
        ]
    )


def changes_in_short(difference: Difference) -> str:
    """A line with the counts of what changed."""
    counts: dict[str, Sized] = {
        "reports added": difference.added,
        "revised": difference.revised,
        "withdrawn": difference.withdrawn,
        "figures changed": difference.figures,
    }
    return ", ".join(f"{len(items):,} {name}" for name, items in counts.items()) + "."
