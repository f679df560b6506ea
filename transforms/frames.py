"""Readings become tidy frames, a batch at a time: columns are filled first, frames made once at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from transforms.checks import Facts, Positions, identity_issues
from transforms.codebook import Codebook
from transforms.findings import Issue
from transforms.readings import CellReading, Key
from transforms.report import PageReading, ReportReading

FACTS = ("disclosures", "requests", "challenges")
KEYS = ("report_id", "agency_id", "report_year")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a page's bytes came from: `source` is the address, or the path given to `extract`; the rest as archived."""

    source: str
    fetched_at: datetime | None
    sha256: str
    content_type: str
    extractor_version: str
    page_sha256: str | None = None
    """What table `pages` names, where the report's own bytes are those of a file attached to the page."""


def report_id(source: str, part: int = 0) -> str:
    """The id of a report: stable for a place, whatever revision stands there; `part` counts reports of one page."""
    place = source if part == 0 else f"{source}#{part + 1}"
    return hashlib.sha256(place.encode()).hexdigest()[:16]


class _Columns:
    """The columns of one table while they grow, each a list of equal length."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.lists: tuple[list[Any], ...] = tuple([] for _ in names)

    def add(self, *values: object) -> None:
        for column, value in zip(self.lists, values, strict=True):
            column.append(value)

    def frame(self, types: dict[str, str]) -> pd.DataFrame:
        """The frame, each column of the type that the contract gives it; texts are `str`."""
        data = {
            name: _typed(values, types.get(name, "object" if name in _OBJECTS else "str"))
            for name, values in zip(self.names, self.lists, strict=True)
        }
        return pd.DataFrame(data)


def _typed(values: Sequence[Any], dtype: str) -> Any:
    """A column of a pandas type. Texts go through Arrow, which takes a list in one pass."""
    if dtype == "str":
        return pd.array(pa.array(values, pa.large_string()), dtype=dtype)
    return pd.Series(values, dtype=dtype)


_OBJECTS = frozenset({"published_on", "report_ids", "names_seen"})
_TYPES = {
    "report_year": "Int32",
    "section": "Int8",
    "issue_count": "Int32",
    "fetched_at": "datetime64[us, UTC]",
}
_PLACES = {
    "disclosures": ("item", "measure"),
    "requests": ("item", "applicant"),
    "challenges": ("route", "result"),
}
_FACT_COLUMNS = {
    "disclosures": (*KEYS, "item", "measure", "value", "unit", "status", "raw"),
    "requests": (*KEYS, "item", "item_group", "applicant", "value", "status", "raw"),
    "challenges": (*KEYS, "route", "result", "value", "status", "raw"),
}
_VALUE_TYPES = {"disclosures": "Float64", "requests": "Int64", "challenges": "Int64"}
_MASKED_ARRAYS = {
    "Int64": (pd.arrays.IntegerArray, pa.int64()),
    "Float64": (pd.arrays.FloatingArray, pa.float64()),
}
_NO_POSITIONS = np.empty((0, 2), np.intp)

ReportKeys = tuple[str, str | None, int | None]
"""The values of `KEYS`."""


class _FactRuns:
    """The facts of one table while reports are added: of each report its keys, its form's places, its cells.

    The places of a form are one object however many reports have that form: the positions of their codes in the
    codebook are looked up once, and whole columns of codes are taken by them.
    """

    def __init__(self, table: str, codebook: Codebook) -> None:
        self._table = table
        self._codebook = codebook
        self._dimensions = tuple(codebook.of(table, dimension) for dimension in _PLACES[table])
        self._reports = _Columns(*KEYS)
        self._places: list[Sequence[Key]] = []
        self._cells: list[Sequence[CellReading]] = []

    def add(self, keys: ReportKeys, places: Sequence[Key], cells: Sequence[CellReading]) -> None:
        """Add one report's table. Raises ValueError unless each place has its cell."""
        if len(places) != len(cells):
            raise ValueError(f"{self._table} of {keys}: {len(cells)} cells for {len(places)} places")
        self._reports.add(*keys)
        self._places.append(places)
        self._cells.append(cells)

    def facts(self) -> tuple[pd.DataFrame, Facts]:
        """The frame of the dataset, and the same cells as positions and figures, for the checks."""
        reports = self._reports.frame(_TYPES)
        report = np.repeat(np.arange(len(self._cells)), [len(cells) for cells in self._cells])
        row, column = self._positions()
        cells = list(chain.from_iterable(self._cells))
        values = _figures([cell.value for cell in cells], _VALUE_TYPES[self._table])
        columns = {
            **{name: reports[name].array.take(report) for name in KEYS},
            **self._codes(row, column),
            "value": values,
            "status": _typed([cell.status for cell in cells], "str"),
            "raw": _typed([cell.raw for cell in cells], "str"),
        }
        frame = pd.DataFrame({name: columns[name] for name in _FACT_COLUMNS[self._table]})
        return frame, Facts(reports, report, row, column, values.to_numpy(dtype="float64", na_value=np.nan))

    def _positions(self) -> tuple[Positions, Positions]:
        """The positions of all cells' codes in the two dimensions."""
        rows, columns = ({entry.code: at for at, entry in enumerate(entries)} for entries in self._dimensions)
        positions = {
            form: np.array([(rows[row], columns[column]) for row, column in places], np.intp).reshape(-1, 2)
            for form, places in {id(places): places for places in self._places}.items()
        }
        found = [_NO_POSITIONS, *(positions[id(places)] for places in self._places)]
        row, column = np.concatenate(found).T
        return row, column

    def _codes(self, row: Positions, column: Positions) -> dict[str, Any]:
        """The columns that the places alone decide."""
        rows, columns = self._dimensions
        first, second = _PLACES[self._table]
        codes = {
            first: _typed([entry.code for entry in rows], "str").take(row),
            second: _typed([entry.code for entry in columns], "str").take(column),
        }
        if self._table == "requests":
            codes["item_group"] = _typed([entry.group for entry in rows], "str").take(row)
        elif self._table == "disclosures":
            units = [self._codebook.unit(entry.code) for entry in columns]
            codes["unit"] = _typed(units, "str").take(column)
        return codes


def _figures(values: Sequence[float | None], dtype: str) -> Any:
    """Figures as pandas' nullable `Int64` or `Float64`. Raises pyarrow.ArrowInvalid for a fraction in `Int64`."""
    array, kind = _MASKED_ARRAYS[dtype]
    figures = pa.array(values, kind)
    return array(
        figures.fill_null(0).to_numpy(zero_copy_only=False), figures.is_null().to_numpy(zero_copy_only=False)
    )


def frames_of(
    readings: Iterable[tuple[Provenance, PageReading]], codebook: Codebook
) -> dict[str, pd.DataFrame]:
    """The tidy frames of a batch of pages, a key for each dataset, with the identities of the form checked.

    Facts of a report whose year nobody knows carry a null `report_year`; pages that are no reports give a row in
    `pages` and one in `issues`.
    """
    batch = _Batch(codebook)
    for provenance, reading in readings:
        batch.add(provenance, reading)
    return batch.frames()


def codebook_frame(codebook: Codebook) -> pd.DataFrame:
    """The dimension table of the codes: a row a code, in the form's order."""
    columns = _Columns(
        "table",
        "dimension",
        "code",
        "label_zh",
        "label_en",
        "group",
        "order",
        "template_2019",
        "template_2021",
    )
    for entry in codebook.entries:
        columns.add(
            entry.table, entry.dimension, entry.code, entry.label_zh, entry.label_en, entry.group, entry.order,
            "2019" in entry.templates, "2021" in entry.templates,
        )  # fmt: skip
    return columns.frame({"order": "int32", "template_2019": "bool", "template_2021": "bool"})


class _Batch:
    """The columns of all datasets while pages are added."""

    def __init__(self, codebook: Codebook) -> None:
        self._codebook = codebook
        self._facts = {table: _FactRuns(table, codebook) for table in FACTS}
        self._reports = _Columns(
            *KEYS, "agency_name", "region_code", "region_name", "level", "title", "published_on", "template",
            "source", "fetched_at", "sha256", "content_type", "extractor_version", "codebook_version",
            "disclosures_state", "requests_state", "challenges_state", "duplicate_of", "issue_count",
        )  # fmt: skip
        self._sections = _Columns(*KEYS, "section", "heading", "text")
        self._issues = _Columns(
            *KEYS, "table", "check", "severity", "item", "column", "expected", "observed", "message"
        )
        self._pages = _Columns(
            "source", "sha256", "fetched_at", "outcome", "reason", "report_ids", "extractor_version",
            "codebook_version",
        )  # fmt: skip

    def add(self, provenance: Provenance, page: PageReading) -> None:
        """Add a page with all that it gave."""
        ids = [report_id(provenance.source, part) for part in range(len(page.reports))]
        for identity, report in zip(ids, page.reports, strict=True):
            self._add_report(identity, provenance, report)
        for issue in page.issues:
            self._add_issue((report_id(provenance.source), None, None), issue)
        self._pages.add(
            provenance.source, provenance.page_sha256 or provenance.sha256, provenance.fetched_at, page.outcome,
            page.reason, ids,
            provenance.extractor_version, self._codebook.version,
        )  # fmt: skip

    def frames(self) -> dict[str, pd.DataFrame]:
        """All frames of the batch; the issues of the identities are found here, over the whole batch at once."""
        facts = {table: runs.facts() for table, runs in self._facts.items()}
        issues = [self._issues.frame(_TYPES)]
        issues.extend(identity_issues(facts["requests"][1], facts["challenges"][1], self._codebook))
        found = pd.concat([frame for frame in issues if len(frame)] or issues[:1], ignore_index=True)
        reports = self._reports.frame(_TYPES)
        counted = found.groupby("report_id").size()
        reports["issue_count"] = reports["report_id"].map(counted).fillna(0).astype("Int32")
        return {
            "reports": reports,
            **{table: frame for table, (frame, _) in facts.items()},
            "sections": self._sections.frame(_TYPES),
            "issues": found,
            "pages": self._pages.frame(_TYPES),
        }

    def _add_report(self, identity: str, provenance: Provenance, report: ReportReading) -> None:
        metadata, agency, tables = report.metadata, report.agency, report.tables
        year = metadata.report_year.value if metadata.report_year is not None else None
        keys = (identity, agency.agency_id, year)
        published: date | None = metadata.published_on.value if metadata.published_on is not None else None
        self._reports.add(
            *keys, agency.agency_name, agency.region_code, agency.region_name, agency.level,
            metadata.title.value if metadata.title is not None else None, published, tables.template,
            provenance.source, provenance.fetched_at, provenance.sha256, provenance.content_type,
            provenance.extractor_version, self._codebook.version,
            *(table.state for table in tables.all()), None, 0,
        )  # fmt: skip
        for table in tables.all():
            self._facts[table.table].add(keys, table.keys, table.cells)
        for section in report.sections:
            self._sections.add(*keys, section.number, section.heading, section.text)
        for issue in report.issues:
            self._add_issue(keys, issue)

    def _add_issue(self, keys: ReportKeys, issue: Issue) -> None:
        self._issues.add(
            *keys, issue.table, issue.check, issue.severity, issue.item, issue.column, issue.expected,
            issue.observed, issue.message,
        )  # fmt: skip
