"""One generated document: its bytes, what is known before it is read, and what a right reading gives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.corpus.shapes import PrintedTable
from benchmarks.corpus.truths import Truth

Retention = Literal["kept", "thinned", "lost"]
"""Of a table in a text: every cell has its place; some cells or rows are gone; nothing of it is left."""


@dataclass(frozen=True, slots=True)
class CorpusDocument:
    """`truths` holds one report, none for a page to be refused, two for a page with two organs' reports.

    `group` names the bar that judges it; `refusal` is why nothing, or not everything, may be read. For a
    `sound` document an issue of severity error is a false alarm.
    """

    name: str
    style: str
    group: str
    content: bytes
    truths: tuple[Truth, ...]
    source: str
    declared_charset: str | None = None
    site_name: str | None = None
    list_title: str | None = None
    names_organ: bool = False
    sound: bool = False
    refusal: str | None = None
    retention: Mapping[str, Retention] = field(default_factory=dict)
    traits: frozenset[str] = frozenset()


_NOISE = re.compile(r"[\s\u200b|*\\\-—－/_：:]+")


def survey(text: str, tables: tuple[PrintedTable, ...], *, keeps_blanks: bool) -> dict[str, Retention]:
    """What a text still holds of each table, by looking for every row's label and figures in order."""
    squashed = _NOISE.sub("", text)
    found: dict[str, list[bool]] = {}
    blanks: set[str] = set()
    at = 0
    for table in tables:
        for index, row in enumerate(table.rows):
            figures = [cell for cell in row if cell.key]
            if not figures or index in table.hidden:
                continue
            name = figures[0].key[0] if figures[0].key else table.table
            if any(not cell.text.strip() for cell in figures):
                blanks.add(name)
            first = row.index(figures[0])
            needle = _NOISE.sub("", "".join(cell.text for cell in row[max(0, first - 1) :]))
            place = squashed.find(needle, at)
            found.setdefault(name, []).append(place >= 0)
            at = place + len(needle) if place >= 0 else at
    return {table: _judge(rows, table in blanks and not keeps_blanks) for table, rows in found.items()}


def _judge(rows: list[bool], blanks_gone: bool) -> Retention:
    if not any(rows):
        return "lost"
    return "thinned" if blanks_gone or not all(rows) else "kept"
