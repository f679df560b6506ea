"""The truth as CSV files: one row a cell, from the drawn figures and never from a reading of the pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from site_figures import APPLICANTS, RESULTS, ROUTES, Figures, outcome_codes
from site_plan import ListPlan, ReportPlan
from site_prose import Chapter

ROW_AND_COLUMN = {
    "requests": ("item", "applicant"),
    "challenges": ("route", "result"),
    "disclosures": ("item", "measure"),
}
_BEFORE = ("received", "carried_in")


@dataclass(frozen=True, slots=True)
class Told:
    """A published report with the figures it prints.

    `place` is the list it stands in, `region` the organ's GB/T 2260 code; `revision` counts from 0, and
    `same_as` names the address whose report this one repeats.
    """

    report: ReportPlan
    place: ListPlan
    region: str
    source: str
    figures: Figures
    chapters: tuple[Chapter, ...]
    revision: int = 0
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """An identity of the form that a report's own figures break."""

    table: str
    check: str
    row: str
    column: str
    printed: Decimal
    computed: Decimal


def truth_files(told: list[Told], not_reports: list[tuple[str, str, str]]) -> dict[str, str]:
    """CSV texts by file name. Twins stand in reports.csv alone: they repeat the cells of another address."""
    originals = [one for one in told if not one.same_as]
    files = {f"{table}.csv": _facts(table, originals) for table in ROW_AND_COLUMN}
    files["reports.csv"] = _csv(_REPORT_COLUMNS, map(_report_row, told))
    files["sections.csv"] = _csv(
        ("source", "revision", "section", "heading", "text"),
        ((o.source, o.revision, c.number, c.heading, c.text) for o in originals for c in o.chapters),
    )
    files["broken_identities.csv"] = _csv(
        ("source", "revision", "table", "check", "row", "column", "printed", "computed"),
        (
            (o.source, o.revision, b.table, b.check, b.row, b.column, b.printed, b.computed)
            for o in originals
            for b in broken_identities(o.report.form, o.figures)
        ),
    )
    files["not_reports.csv"] = _csv(("source", "outcome", "title"), not_reports)
    return files


_REPORT_COLUMNS = (
    *("source", "revision", "list", "organ_id", "organ", "region_code", "level", "report_year", "template"),
    *("title", "published_on", "style", "special", "same_as"),
)


def _report_row(one: Told) -> tuple[object, ...]:
    report = one.report
    place = (one.place.id, report.organ_id, report.organ_name, one.region)
    printed = (report.title, report.published, report.style, " ".join(sorted(report.special)))
    return (one.source, one.revision, *place, report.level, report.year, report.form, *printed, one.same_as)


def _facts(table: str, told: list[Told]) -> str:
    unit = ("unit",) if table == "disclosures" else ()
    names = ("source", "revision", "report_year", "organ", "template", *ROW_AND_COLUMN[table])
    return _csv((*names, "printed", "value", *unit, "status"), _fact_rows(table, told))


def _fact_rows(table: str, told: list[Told]) -> Iterator[tuple[object, ...]]:
    for one in told:
        keys = (one.source, one.revision, one.report.year, one.report.organ_name, one.report.form)
        for (of_table, row, column), figure in one.figures.items():
            if of_table != table:
                continue
            unit = ("CNY_10k" if column == "amount" else "count",) if table == "disclosures" else ()
            value = "" if figure.value is None else f"{figure.value:f}"
            yield (*keys, row, column, figure.printed, value, *unit, figure.status)


def broken_identities(form: str, figures: Figures) -> list[Broken]:
    """The form's identities that do not hold; one with a null operand is no finding."""
    codes = outcome_codes(form)
    rows = (*_BEFORE, *codes, "outcome_total", "carried_forward")
    columns = (*APPLICANTS, "total")
    broken: list[Broken] = []

    def check(table: str, name: str, total: tuple[str, str], parts: list[tuple[str, str]]) -> None:
        printed = figures[(table, *total)].value
        values = [figures[(table, *part)].value for part in parts]
        numbers = [value for value in values if value is not None]
        if printed is not None and len(numbers) == len(values) and printed != sum(numbers):
            broken.append(Broken(table, name, *total, printed, Decimal(sum(numbers))))

    for item in rows:
        check("requests", "applicants", (item, "total"), [(item, applicant) for applicant in APPLICANTS])
    for column in columns:
        check("requests", "outcomes", ("outcome_total", column), [(code, column) for code in codes])
        broken += _unbalanced(figures, column)
    for route in ROUTES:
        check("challenges", "results", (route, "total"), [(route, result) for result in RESULTS])
    return broken


def _unbalanced(figures: Figures, column: str) -> list[Broken]:
    """新收 + 上年结转 = 总计 + 结转下年度, for one applicant."""
    names = (*_BEFORE, "outcome_total", "carried_forward")
    values = [figures["requests", name, column].value for name in names]
    numbers = [value for value in values if value is not None]
    if len(numbers) < 4:
        return []
    received, carried_in, closed, carried_forward = numbers
    if received + carried_in == closed + carried_forward:
        return []
    return [
        Broken(
            "requests", "balance", "outcome_total", column, closed + carried_forward, received + carried_in
        )
    ]


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
