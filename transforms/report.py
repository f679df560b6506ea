"""A Document becomes what its page is: one report, several, or a page that is passed over under a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from extractors.document import Document
from transforms.agencies import Agency, resolve_agency
from transforms.codebook import Codebook
from transforms.findings import Issue
from transforms.gazetteer import Gazetteer
from transforms.metadata import Metadata, read_metadata
from transforms.outline import Outline, read_outline
from transforms.page import Page
from transforms.page_kinds import page_kind, split_reports
from transforms.plans import Planner
from transforms.recognised import OCR, confirmed
from transforms.sections import Section, read_sections
from transforms.tables import Tables, refused_tables
from transforms.tokens import classifier
from transforms.wrapped import unwrapped

REPORT = "report"
FLOWING = frozenset({"html", "text"})
"""Kinds of documents whose lines nobody broke to fit a cell."""
PASSED_OVER = frozenset({"notice", "blank_form", "list_page", "challenge", "soft_404", "empty", "other"})
"""Pages that are no reports: no row in `reports`, an issue under this name."""


@dataclass(frozen=True, slots=True)
class ReportReading:
    """One organ's report: what it says of itself, its tables, its chapters."""

    metadata: Metadata
    agency: Agency
    tables: Tables
    sections: tuple[Section, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class PageReading:
    """What a page gave. `outcome` is `report` or the name of the refusal, `reason` the refusal in words."""

    outcome: str
    reason: str | None
    reports: tuple[ReportReading, ...]
    issues: tuple[Issue, ...] = ()


@lru_cache(maxsize=4)
def _planner(codebook: Codebook) -> Planner:
    return Planner(codebook, classifier(codebook))


def read_page(document: Document, page: Page, codebook: Codebook, gazetteer: Gazetteer) -> PageReading:
    """Read a page whole. Never raises for what a page holds: what cannot be read is a named finding."""
    outline = read_outline(document)
    kind, reason = page_kind(document, page, outline)
    if kind in PASSED_OVER:
        issue = Issue(kind, "info" if kind != "other" else "warning", f"{page.source}: {reason}")
        return PageReading(kind, reason, (), (issue,))
    parts = split_reports(document, outline) if kind == REPORT else (document,)
    reports = tuple(
        _read_report(part, page, codebook, gazetteer, None if kind == REPORT else (kind, reason or kind))
        for part in _outlined(parts, document, outline)
    )
    return PageReading(REPORT, reason, reports)


def _outlined(
    parts: Iterable[Document], document: Document, outline: Outline
) -> Iterator[tuple[Document, Outline]]:
    """Each part of a document with its outline: the document's own where the part is all of it."""
    for part in parts:
        yield part, outline if part is document else read_outline(part)


def _read_report(
    part: tuple[Document, Outline],
    page: Page,
    codebook: Codebook,
    gazetteer: Gazetteer,
    refusal: tuple[str, str] | None,
) -> ReportReading:
    document, outline = part
    metadata = read_metadata(document, page, outline)
    year = metadata.report_year.value if metadata.report_year is not None else None
    tables = (
        _planner(codebook).read(document, year)
        if refusal is None
        else refused_tables(codebook, None, *refusal)
    )
    if refusal is None and (document.kind not in FLOWING or OCR in document.flags):
        tables = unwrapped(tables)
    if OCR in document.flags and refusal is None:
        tables = confirmed(tables)
    organ = metadata.organ.value if metadata.organ is not None else None
    site_name = metadata.site_name.value if metadata.site_name is not None else None
    site_code = metadata.site_code.value if metadata.site_code is not None else None
    agency, doubts = resolve_agency(organ, page, gazetteer, site_name, site_code, year=year)
    found = [issue for table in tables.all() for issue in table.issues]
    return ReportReading(
        metadata, agency, tables, read_sections(document, outline), (*metadata.issues, *doubts, *found)
    )
