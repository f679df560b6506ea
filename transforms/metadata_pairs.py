"""A page's own metadata as pairs: meta tags, and the tables or lines that name index number, organ and dates.

The keys are data (`data/codebook/metadata_keys.yaml`). Pages print the pairs as table rows, as cells between
pipes (doubled where a value is empty), as lines with colons, and glued together without any separator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise, zip_longest

from extractors.document import Block, Grid, Paragraph, Stream
from transforms.codebook_files import (
    CODEBOOK_FOLDER,
    compact,
    expect_keys,
    load_yaml,
    phrases_of,
)
from transforms.errors import CodebookError

_TABLE_FIELDS = frozenset(("index_number", "organ", "title", "published_on", "signed_on", "others", "empty"))
_META_FIELDS = frozenset(("site_name", "site_code", "title", "published_on", "organ", "index_number"))
_LINE_LIMIT = 1200
_CELLS_LIMIT = 60
_SAFE_GLUED = 3
"""A key shorter than this is too common a word to count without a colon or a cell of its own."""
_EDGES = " :|,、;/\t"
_DATE = re.compile(r"(20\d\d|19\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(20\d\d)([01]\d)([0-3]\d)(?!\d)")
_HAN_DATE = re.compile(
    r"([二〇○零一三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
_ONLY_A_DAY = re.compile(r"[(]?(?:20\d\d|二[〇○零]..)[-年./].{1,4}[-月./].{1,4}?[)]?")
_HAN_DIGITS = {character: str(value) for value, character in enumerate("〇一二三四五六七八九")} | {
    "○": "0",
    "零": "0",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """One value as the page's metadata print it: its field, its key there, and the text."""

    field: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class _Keys:
    field_of: Mapping[str, str]
    in_line: re.Pattern[str]
    empty: frozenset[str]
    meta_tags: Mapping[str, str]


@cache
def _keys() -> _Keys:
    """The keys of `metadata_keys.yaml`. Raises CodebookError: unknown field, a key of two fields."""
    path = CODEBOOK_FOLDER / "metadata_keys.yaml"
    loaded = load_yaml(path)
    expect_keys(loaded, frozenset({"tables", "meta_tags"}), str(path))
    expect_keys(loaded["tables"], _TABLE_FIELDS, f"{path}: tables")
    expect_keys(loaded["meta_tags"], _META_FIELDS, f"{path}: meta_tags")
    tables = {field: phrases_of(loaded["tables"][field], f"{path}: {field}") for field in _TABLE_FIELDS}
    tags = {field: phrases_of(loaded["meta_tags"][field], f"{path}: {field}") for field in _META_FIELDS}
    empty = tables.pop("empty")
    field_of = _one_field_each(tables, path.name)
    # No group around it: a search then skips to the first characters of the keys.
    in_line = "|".join(
        re.escape(key) + ("[:|]*" if len(key) >= _SAFE_GLUED else "[:|]+")
        for key in sorted(field_of, key=len, reverse=True)
    )
    return _Keys(
        field_of=field_of,
        in_line=re.compile(in_line),
        empty=frozenset(empty),
        meta_tags=_one_field_each(tags, path.name),
    )


def _one_field_each(table: Mapping[str, tuple[str, ...]], where: str) -> dict[str, str]:
    field_of: dict[str, str] = {}
    for field, keys in table.items():
        for key in keys:
            if key in field_of:
                raise CodebookError(f"{where}: {key!r} stands under {field_of[key]} and {field}")
            field_of[key] = field
    return field_of


def meta_pairs(meta: Iterable[tuple[str, str]]) -> list[Pair]:
    """The pairs that a page's meta tags state, in page order; empty ones are left out."""
    fields = _keys().meta_tags
    return [
        Pair(fields[name.lower()], name, content.strip())
        for name, content in meta
        if name.lower() in fields and content.strip() not in _keys().empty and content.strip()
    ]


def table_pairs(blocks: Iterable[Block]) -> list[Pair]:
    """The pairs that metadata tables and lines print among `blocks`, in page order; empty values left out."""
    pieces: list[str] = []
    pairs: list[Pair] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            _read_line(block.text, pieces, pairs)
        elif isinstance(block, Stream):
            for piece in block.pieces[:_CELLS_LIMIT]:
                _read_line(piece, pieces, pairs)
        elif isinstance(block, Grid) and len(block.texts) <= _CELLS_LIMIT:
            for text in _cells_in_order(block):
                _read_line(text, pieces, pairs)
    return [pair for pair in [*pairs, *_walk(pieces)] if pair.field != "others"]


def _cells_in_order(grid: Grid) -> Iterator[str]:
    """Cells row by row; a row of keys over a row of values is read as pairs."""
    field_of = _keys().field_of
    rows = [row for row in grid.texts if row]
    below_each = [*rows[1:], ()] if rows else []
    skip = False
    for row, below in zip(rows, below_each, strict=True):
        if skip:
            skip = False
            continue
        keys = [compact(text).rstrip(":") in field_of for text in row]
        skip = len(row) > 1 and all(keys) and len(below) == len(row)
        skip = skip and not any(compact(text).rstrip(":") in field_of for text in below)
        if skip:
            for key, value in zip(row, below, strict=True):
                yield from (key, value)
        else:
            yield from row


def _read_line(text: str, pieces: list[str], pairs: list[Pair]) -> None:
    """Sort one text into `pieces` (a key or a value on its own) or `pairs` (keys with values in one text)."""
    if text and len(text) <= _LINE_LIMIT:
        piece, found = _piece_or_pairs(text)
        pieces.append(piece)
        pairs.extend(found)


@lru_cache(maxsize=8192)
def _piece_or_pairs(text: str) -> tuple[str, tuple[Pair, ...]]:
    line = compact(text)
    keys = _keys()
    alone = line.rstrip(":|")
    if alone in keys.field_of:
        return alone, ()
    if keys.in_line.search(line) is None:
        return line, ()
    found = list(keys.in_line.finditer(line))
    if len(found) == 1 and (found[0].start() > 0 or not found[0].group().endswith((":", "|"))):
        return line, ()
    pairs = []
    for match, follower in zip_longest(found, found[1:]):
        key = match.group().rstrip(":|")
        value = line[match.end() : follower.start() if follower else len(line)].strip(_EDGES)
        if value and value not in keys.empty:
            pairs.append(Pair(keys.field_of[key], key, value))
    return "", tuple(pairs)


def _walk(pieces: list[str]) -> Iterator[Pair]:
    """A key's value is the next text, unless that is a key too: then its cell was empty, or shifted away."""
    keys = _keys()
    for key, value in pairwise(pieces):
        if key in keys.field_of and value and value not in keys.field_of and value not in keys.empty:
            yield Pair(keys.field_of[key], key, value)


@lru_cache(maxsize=4096)
def read_date(text: str) -> date | None:
    """The first day that a text writes (2022-01-25, 2022年1月25日, 20220125, 二〇二二年…), or null.

    1970-01-01 is a content system's word for "no date", and no year before the Regulation (2008) is one.
    """
    compacted = compact(text)
    found = _DATE.search(text.strip()) or _DATE.search(compacted)
    if found:
        year, month, day = found[1] or found[4], found[2] or found[5], found[3] or found[6]
    else:
        han = _HAN_DATE.search(compacted)
        if han is None:
            return None
        year = "".join(_HAN_DIGITS.get(character, "0") for character in han[1])
        month, day = str(_han_number(han[2])), str(_han_number(han[3]))
    try:
        read = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return read if read.year >= 2008 else None


@lru_cache(maxsize=4096)
def is_a_day(text: str) -> bool:
    """Whether a line is a day and nothing else, as under a signature."""
    return len(text) <= 24 and _ONLY_A_DAY.fullmatch(compact(text)) is not None


def _han_number(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    value = int(_HAN_DIGITS.get(ones, "0")) if ones else 0
    return value + (10 * int(_HAN_DIGITS.get(tens, "1")) if ten else 0)
