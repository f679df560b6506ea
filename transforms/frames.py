"""Readings become tidy frames, a batch at a time: columns are filled first, frames made once at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from transforms.checks import identity_issues
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
            name: pd.Series(values, dtype=types.get(name, "object" if name in _OBJECTS else "str"))
            for name, values in zip(self.names, self.lists, strict=True)
        }
        return pd.DataFrame(data)


_OBJECTS = frozenset({"published_on", "report_ids", "names_seen"})
_TYPES = {
    "report_year": "Int32",
    "section": "Int8",
    "issue_count": "Int32",
    "fetched_at": "datetime64[us, UTC]",
}
_FACT_COLUMNS = {
    "disclosures": (*KEYS, "item", "measure", "value", "unit", "status", "raw"),
    "requests": (*KEYS, "item", "item_group", "applicant", "value", "status", "raw"),
    "challenges": (*KEYS, "route", "result", "value", "status", "raw"),
}
_VALUE_TYPES = {"disclosures": "Float64", "requests": "Int64", "challenges": "Int64"}


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
        self._groups = {entry.code: entry.group for entry in codebook.of("requests", "item")}
        self._facts = {table: _Columns(*names) for table, names in _FACT_COLUMNS.items()}
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
            provenance.source, provenance.sha256, provenance.fetched_at, page.outcome, page.reason, ids,
            provenance.extractor_version, self._codebook.version,
        )  # fmt: skip

    def frames(self) -> dict[str, pd.DataFrame]:
        """All frames of the batch; the issues of the identities are found here, over the whole batch at once."""
        facts = {
            table: columns.frame({**_TYPES, "value": _VALUE_TYPES[table]})
            for table, columns in self._facts.items()
        }
        issues = [self._issues.frame(_TYPES)]
        issues.extend(identity_issues(facts["requests"], facts["challenges"], self._codebook))
        found = pd.concat([frame for frame in issues if len(frame)] or issues[:1], ignore_index=True)
        reports = self._reports.frame(_TYPES)
        counted = found.groupby("report_id").size()
        reports["issue_count"] = reports["report_id"].map(counted).fillna(0).astype("Int32")
        return {
            "reports": reports,
            **facts,
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
            self._add_facts(table.table, keys, table.keys, table.cells)
        for section in report.sections:
            self._sections.add(*keys, section.number, section.heading, section.text)
        for issue in report.issues:
            self._add_issue(keys, issue)

    def _add_facts(
        self,
        table: str,
        keys: tuple[str, str | None, int | None],
        places: Sequence[Key],
        cells: Sequence[CellReading],
    ) -> None:
        rows = len(cells)
        columns = dict(zip(self._facts[table].names, self._facts[table].lists, strict=True))
        for name, value in zip(KEYS, keys, strict=True):
            columns[name].extend([value] * rows)
        first, second = (
            _FACT_COLUMNS[table][3],
            "applicant" if table == "requests" else _FACT_COLUMNS[table][4],
        )
        columns[first].extend([place[0] for place in places])
        columns[second].extend([place[1] for place in places])
        columns["value"].extend([cell.value for cell in cells])
        columns["status"].extend([cell.status for cell in cells])
        columns["raw"].extend([cell.raw for cell in cells])
        if table == "requests":
            columns["item_group"].extend([self._groups[place[0]] for place in places])
        elif table == "disclosures":
            columns["unit"].extend([self._codebook.unit(place[1]) for place in places])

    def _add_issue(self, keys: tuple[str, str | None, int | None], issue: Issue) -> None:
        self._issues.add(
            *keys, issue.table, issue.check, issue.severity, issue.item, issue.column, issue.expected,
            issue.observed, issue.message,
        )  # fmt: skip
