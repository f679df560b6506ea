"""PDF to a Document, by its text layer: glyphs and ruling lines of every page, read as a printed page is.

A page without text, or whose text lies over a picture of the whole page (somebody's OCR), is a scan: it is
read by our own OCR where that is installed, and refused as `needs_ocr` where it is not.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfminer.pdfpage import PDFPage
from pdfminer.psexceptions import PSException
from pdfplumber.page import Page
from pdfplumber.table import TableFinder, merge_edges
from pdfplumber.utils.exceptions import PdfminerException

from extractors.document import Document, Image
from extractors.errors import DamagedFile, EncryptedFile, TooManyPages
from extractors.flat_rows import flat_row
from extractors.printed import Box, Glyph, PrintedPage, blocks_of

MOST_PAGES = 200
NEEDS_OCR = "needs_ocr"
_SCAN_SHARE = 0.7
"""A picture that covers more of a page than this is the page."""
_FEWEST_CHARACTERS = 4
_DAMAGES = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    zlib.error,
    OSError,
    RecursionError,
    OverflowError,
    NotImplementedError,
)
"""pdfminer trusts a file's structure: a broken one shows in whatever it touches first."""
_TOLERANCES = {"snap_tolerance": 2, "join_tolerance": 2, "intersection_tolerance": 3, "edge_min_length": 3}
_UNMAPPED = re.compile(r"\(cid:\d+\)")
# Radicals that fonts name in a character's stead and NFKC leaves alone (Unicode block 2E80).
_RADICALS = str.maketrans(
    "⺠⺟⻓⻔⻅⻆⻉⻋⻚⻛⻜⻢⻥⻦⻨⻩⻬⻮⻰⻘⻝⻤⻣⻄⻌⻏⻖⺮",
    "民母长门见角贝车页风飞马鱼鸟麦黄齐齿龙青食鬼骨西辶阝阝竹",
)
_KANGXI = re.compile("[⼀-⿕]")


def pdf_document(content: bytes, most_pages: int = MOST_PAGES) -> Document:
    """The Document of a PDF. Raises DamagedFile, EncryptedFile, TooManyPages, MemoryError."""
    try:
        with pdfplumber.open(io.BytesIO(content)) as pdf:
            _count_pages(pdf, most_pages)
            pages = [_printed_page(page) for page in pdf.pages]
            title = _title_of(pdf)
    except (PdfminerException, PDFException, PSException) as error:
        raise _named(error) from error
    except _DAMAGES as error:
        raise DamagedFile("pdf", f"{type(error).__name__}: {error}") from error
    scans = [number for number, page in enumerate(pages) if page is None]
    if scans:
        return _scanned(content, pages, scans, title)
    return Document("pdf", title, (), blocks_of([page for page in pages if page is not None]))


def _named(error: Exception) -> Exception:
    """What a library's error means; pdfplumber wraps whatever pdfminer raised."""
    causes = (error, *error.args, error.__context__)
    if any(isinstance(cause, MemoryError) for cause in causes):
        return MemoryError()
    if any(isinstance(cause, PDFPasswordIncorrect) for cause in causes):
        return EncryptedFile("pdf")
    return DamagedFile("pdf", f"{type(error).__name__}: {error}")


def _count_pages(pdf: Any, most_pages: int) -> None:
    counted = sum(1 for _ in islice(PDFPage.create_pages(pdf.doc), most_pages + 1))
    if counted > most_pages:
        raise TooManyPages(most_pages)
    if not counted:
        raise DamagedFile("pdf", "it has no pages")


def _title_of(pdf: Any) -> str | None:
    title = pdf.metadata.get("Title")
    return title.strip() or None if isinstance(title, str) else None


def _scanned(
    content: bytes, pages: list[PrintedPage | None], scans: list[int], title: str | None
) -> Document:
    from extractors import ocr  # noqa: PLC0415 (an optional extra)

    if not ocr.is_installed():
        pictures = tuple(Image(f"page {number + 1}") for number in scans)
        printed = blocks_of([page for page in pages if page is not None])
        return Document("pdf", title, (), (*printed, *pictures), None, frozenset({NEEDS_OCR}))
    read = iter(ocr.pdf_pages(content, scans))
    whole = [page if page is not None else next(read) for page in pages]
    return Document("pdf", title, (), blocks_of(whole), None, frozenset({"ocr"}))


def _printed_page(page: Page) -> PrintedPage | None:
    """A page's glyphs and tables; None where the page is a picture."""
    if _is_scan(page):
        return None
    clean = page.dedupe_chars(tolerance=0.5)
    glyphs = tuple(_glyphs(clean))
    finder = TableFinder(clean, _TOLERANCES | {"explicit_horizontal_lines": _closing_lines(clean)})
    tables = ([Box(*cell) for cell in table.cells] for table in finder.tables)
    whole = tuple((*table, *flat_row(clean, table, glyphs)) for table in tables)
    return PrintedPage(float(page.width), float(page.height), glyphs, whole)


def _closing_lines(page: Page) -> list[dict[str, Any]]:
    """Lines that close the tables whose first or last row a page break left open: browsers draw none there.

    Where several vertical lines begin, or end, at one height, there is the table's edge.
    """
    whole = merge_edges(page.edges, 2, 2, 2, 2)
    upright = [edge for edge in whole if edge["orientation"] == "v" and edge["height"] > _SHORTEST_EDGE]
    made = []
    for end in ("top", "bottom"):
        levels: dict[int, list[dict[str, Any]]] = {}
        for edge in upright:
            levels.setdefault(round(edge[end] / _SAME_LEVEL), []).append(edge)
        for edges in levels.values():
            x0, x1 = min(edge["x0"] for edge in edges), max(edge["x0"] for edge in edges)
            if len({round(edge["x0"]) for edge in edges}) >= _FEWEST_EDGES:
                at = min(edge[end] for edge in edges)
                line = {"x0": x0, "x1": x1, "top": at, "bottom": at, "width": x1 - x0, "height": 0}
                made.append(line | {"orientation": "h", "object_type": "line"})
    return made


_SHORTEST_EDGE = 5.0
_SAME_LEVEL = 2.0
_FEWEST_EDGES = 3


def _is_scan(page: Page) -> bool:
    area = float(page.width) * float(page.height)
    covered = max((_area(image, page) for image in page.images), default=0.0) > _SCAN_SHARE * area
    printed = sum(not char["text"].isspace() for char in page.chars)
    return covered or (printed < _FEWEST_CHARACTERS and bool(page.images))


def _area(image: dict[str, Any], page: Page) -> float:
    width = min(image["x1"], page.width) - max(image["x0"], 0)
    height = min(image["bottom"], page.height) - max(image["top"], 0)
    return float(max(width, 0) * max(height, 0))


def _glyphs(page: Page) -> Iterator[Glyph]:
    for char in page.chars:
        if char["x1"] < 0 or char["x0"] > page.width or char["bottom"] < 0 or char["top"] > page.height:
            continue
        yield Glyph(_mapped(char["text"]), char["x0"], char["top"], char["x1"], char["bottom"])


def _mapped(text: str) -> str:
    """A glyph's text: radicals as the characters they stand for, glyphs that no table maps as U+FFFD."""
    if _UNMAPPED.search(text):
        return "\ufffd"
    if _KANGXI.search(text):
        text = unicodedata.normalize("NFKC", text)
    return text.translate(_RADICALS)
