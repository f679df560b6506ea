"""The text of the six chapters: what stands between their headings and is no table.

A grid's cells are never a chapter's text. Tables that came as text (streams, lines of one cell each) stand in
chapters two, three and four: there only sentences count.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from extractors.document import Document, Grid, Stream
from transforms.codebook_files import compact
from transforms.metadata_pairs import is_a_day
from transforms.outline import Heading, Line, Outline, read_outline
from transforms.page_kinds import kind_lexicon
from transforms.titles import is_organ

_TABLE_CHAPTERS = frozenset({2, 3, 4})
_SENTENCE = re.compile(r"[。;；!！?？]")
_LONG_PIECE = 30
"""Characters: a sentence in a stream's piece is longer; the form's longest label has no full stop."""
_PAGE_NUMBER = re.compile(r"[-—–\s]*(?:第?\s*\d{1,3}\s*页?)[-—–\s]*")
_CLAUSE = re.compile(r"第二十条第[(（].{1,2}[)）]项|[(（]?单位[:：].{1,6}[)）]?|[(（]?本列.*勾稽关系.*")


@dataclass(frozen=True, slots=True)
class Section:
    """One chapter: its number in the statutory form (whatever number is printed), heading as printed, text.

    `text` has a line break between paragraphs; it is empty where the chapter is only a table, or nothing.
    """

    number: int
    heading: str
    text: str


def read_sections(document: Document, outline: Outline | None = None) -> tuple[Section, ...]:
    """The chapters that the document has, in its order; a chapter whose heading is missing is left out."""
    outline = outline or read_outline(document)
    tables = [index for index, block in enumerate(document.blocks) if isinstance(block, Grid | Stream)]
    return tuple(
        Section(heading.number, _one_line(heading.text), _text_of(outline, heading, tables))
        for heading in outline.headings
    )


def _text_of(outline: Outline, heading: Heading, tables: list[int]) -> str:
    """The chapter's text; `tables` are the document's, by the number of their block, in its order."""
    end = _end_of(outline, heading)
    lines: Sequence[Line] = outline.lines[heading.after : end]
    number = heading.number
    first = bisect_left(tables, outline.lines[heading.first].block)
    has_tables = first < len(tables) and (
        end == len(outline.lines) or tables[first] <= outline.lines[end].block
    )
    if number == _last_number(outline):
        lines = _without_furniture(lines)
    kept = [heading.rest] if heading.rest and _is_text(heading.rest, number, has_tables=True) else []
    kept += [line.text.strip() for line in lines if _belongs(line, number, has_tables=has_tables)]
    return "\n".join(filter(None, kept))


def _end_of(outline: Outline, heading: Heading) -> int:
    """The first line of the next chapter's heading, repeated ones included, or the end of the document."""
    for other in outline.found:
        if other.first > heading.first and other.number != heading.number:
            return other.first
    return len(outline.lines)


def _last_number(outline: Outline) -> int:
    return outline.headings[-1].number


def _belongs(line: Line, number: int, *, has_tables: bool) -> bool:
    if line.in_table:
        return len(line.text) > _LONG_PIECE and "。" in line.text
    return _is_text(line.text, number, has_tables=has_tables)


def _is_text(text: str, number: int, *, has_tables: bool) -> bool:
    """Whether a line is prose: in the chapters with tables a sentence, unless the tables are known apart."""
    if not text or _PAGE_NUMBER.fullmatch(text):
        return False
    if number not in _TABLE_CHAPTERS or _SENTENCE.search(text):
        return True
    return has_tables and not text.strip().isdigit() and _CLAUSE.fullmatch(text.strip()) is None


def _without_furniture(lines: Sequence[Line]) -> Sequence[Line]:
    """The last chapter without what the site prints after it, nor the report's signature and day."""
    footer = kind_lexicon().footer
    end = next(
        (index for index, line in enumerate(lines) if footer.match(compact(line.text[:20]))), len(lines)
    )
    if end and is_a_day(lines[end - 1].text):
        end -= 1
        if end and is_organ(compact(lines[end - 1].text)):
            end -= 1
    return lines[:end]


def _one_line(text: str) -> str:
    return " ".join(text.split())
