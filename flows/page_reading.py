"""One page or file becomes a reading: bytes, what is known of them, and how they end. Plain functions.

Nothing here knows of batches; `flows.reading` calls it for each page of one.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

from crawlers.challenges import classify
from crawlers.outcomes import Outcome
from extractors.document import Document
from extractors.errors import ExtractorError
from extractors.isolated import read_isolated
from flows.versions import version_of
from transforms.codebook import Codebook, load_codebook
from transforms.codebook_files import CODEBOOK_FOLDER
from transforms.findings import Issue
from transforms.gazetteer import Gazetteer, load_gazetteer
from transforms.page import Page
from transforms.report import PageReading, read_page

STAND_INS = frozenset({"other", "empty", "challenge", "soft_404"})
"""Outcomes under which a saved challenge or error page may hide; only these are asked what they are."""


@dataclass(frozen=True, slots=True)
class PageKey:
    """What a worker needs to find a page's bytes and to describe them.

    `sha256` names the archived object; it is empty for a file, whose path is the `source`.
    """

    source: str
    sha256: str = ""
    fetched_at: datetime | None = None
    content_type: str | None = None
    declared_charset: str | None = None
    site_name: str | None = None
    site_region: str | None = None
    list_title: str | None = None
    list_date: date | None = None
    attached: tuple[tuple[str, str], ...] = ()
    """Address and hash of each file that belongs to the page."""
    content_hash: str = ""

    @property
    def page(self) -> Page:
        """What transforms may know of the page before they read it."""
        return Page(self.source, self.site_name, self.site_region, self.list_title, self.list_date)


@cache
def books() -> tuple[Codebook, Gazetteer]:
    """The committed codebook and gazetteer, loaded once a process; the collector looks at them no more."""
    loaded = load_codebook(CODEBOOK_FOLDER), load_gazetteer(CODEBOOK_FOLDER)
    gc.collect()
    gc.freeze()
    return loaded


@dataclass(frozen=True, slots=True)
class Read:
    """What one page or file gave, and the Document that it was; None where the bytes gave none."""

    reading: PageReading
    document: Document | None = None

    @property
    def version(self) -> str:
        """The `extractor_version` of its rows."""
        return version_of(self.reading, self.document)


def read_one(
    content: bytes, key: PageKey, codebook: Codebook, gazetteer: Gazetteer, page: Document | None = None
) -> Read:
    """Read one page. Whatever is no report comes back as a named outcome with an issue, never as an error.

    `page` is the Document of the page that the content is attached to: its title and meta tags stand for both.
    """
    try:
        document = read_isolated(content, key.declared_charset)
    except ExtractorError as error:
        return Read(refused(error.state, str(error)))
    if page is not None:
        document = replace(document, title=page.title, meta=page.meta)
    return Read(reading_of(document, content, key, codebook, gazetteer), document)


def reading_of(
    document: Document, content: bytes, key: PageKey, codebook: Codebook, gazetteer: Gazetteer
) -> PageReading:
    """The reading of a Document. What is no report may be a challenge or error page that was saved in one's stead."""
    reading = read_page(document, key.page, codebook, gazetteer)
    if reading.outcome not in STAND_INS or document.kind != "html":
        return reading
    verdict = classify(200, {"content-type": key.content_type or "text/html"}, content)
    if verdict.outcome is Outcome.OK:
        return reading
    return refused(
        verdict.outcome.value, f"the page is no report but {verdict.outcome.value} {verdict.detail}"
    )


def refused(outcome: str, message: str) -> PageReading:
    """The reading of bytes that give no report, with an issue that says why."""
    message = message.strip()
    return PageReading(outcome, message, (), (Issue(check=outcome, severity="error", message=message),))
