"""By what a page was read, and whether it is to be read again: the extractor's version, and tools that were there."""

from __future__ import annotations

from extractors import ocr, office
from extractors.document import Document
from extractors.read import EXTRACTOR_VERSION
from transforms.report import PageReading

WITH_OCR = "+ocr"
"""What an `extractor_version` ends in where figures were recognised in pictures."""
LACKED = {"needs_ocr": "-ocr", "needs_libreoffice": "-libreoffice"}
"""What it ends in where the page, or a file of it, needed a tool that was not there, by the issue that says so."""


def version_of(reading: PageReading, document: Document | None) -> str:
    """The `extractor_version` of a page's rows."""
    issues = (*reading.issues, *(issue for report in reading.reports for issue in report.issues))
    tables = (table for report in reading.reports for table in report.tables.all())
    found = {issue.check for issue in (*issues, *(issue for table in tables for issue in table.issues))}
    with_ocr = document is not None and "ocr" in document.flags
    lacked = "".join(end for check, end in LACKED.items() if check in found)
    return EXTRACTOR_VERSION + (WITH_OCR if with_ocr else "") + lacked


def is_outdated(version: str) -> bool:
    """Whether another version read it, or it lacked a tool that this machine has by now."""
    read_by, *lacked = version.split("-")
    there = {"-ocr": ocr.is_installed, "-libreoffice": office.is_installed}
    return read_by.removesuffix(WITH_OCR) != EXTRACTOR_VERSION or any(there[f"-{tool}"]() for tool in lacked)
