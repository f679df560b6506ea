"""The last row of a ruled table where it prints nothing and is two or three points high, as a browser makes it of empty
cells: less than two strokes of a double line are apart, and yet a row by its own upright strokes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pdfplumber.page import Page

from extractors.printed import Box, Glyph

_LOWEST, _HIGHEST = 1.5, 3.5
"""Points between which an upright stroke is that of a flat row."""
_WIDEST = 1.0
_APART = 3.0
"""Points within which a stroke meets another, or a column's border."""
_FEWEST = 3
_HEIGHT = 4.0
"""How high the cells of such a row are taken to be: what is lower is one line."""


def flat_row(page: Page, table: Sequence[Box], glyphs: Sequence[Glyph]) -> list[Box]:
    """The cells of a table's flat last row; none where its upright strokes do not stand at the table's columns, where
    such stand elsewhere in the table as well (its lines are double then), or where the page may have cut the row."""
    bottom = max(box.bottom for box in table)
    left, right = min(box.x0 for box in table), max(box.x1 for box in table)
    top = min(box.top for box in table)
    strokes = [
        stroke
        for stroke in (*page.rects, *page.lines)
        if stroke["width"] <= _WIDEST
        and _LOWEST <= stroke["height"] <= _HIGHEST
        and left - _APART <= stroke["x0"] <= right + _APART
        and top - _APART <= stroke["top"] <= bottom + _APART
    ]
    at_foot = [stroke for stroke in strokes if abs(stroke["bottom"] - bottom) <= _APART]
    columns = sorted(
        {edge for box in table if abs(box.bottom - bottom) <= _APART for edge in (box.x0, box.x1)}
    )
    ruled = all(any(abs(stroke["x0"] - edge) <= _APART for stroke in at_foot) for edge in columns)
    goes_on = any(glyph.top > bottom and not glyph.text.isspace() for glyph in glyphs)
    if len(at_foot) < len(strokes) or len(columns) < _FEWEST or not ruled or not goes_on:
        return []
    return [Box(x0, bottom, x1, bottom + _HEIGHT) for x0, x1 in pairwise(columns) if x1 - x0 > _APART]
