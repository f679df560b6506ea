"""A report's title among the lines above its text: in one line, or broken over several.

Broken titles seen: the organ in a line of its own, 年度政府 | 信息公开, 工作 | 年度报告.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from transforms.codebook_files import compact
from transforms.titles import TitleParts, is_organ, parse_title, title_lexicon, years_in

TITLE_LIMIT = 90
"""Characters: what is longer, or ends a sentence, is text."""
_PIECE_LIMIT = 40
_MOST_PIECES = 4
_ANCHOR = re.compile(r"公[开開]")
_SENTENCE = re.compile(r"[。;；,，]|如下[:：]?$")


@dataclass(frozen=True, slots=True)
class Headline:
    """A title standing in `lines[first:after]`."""

    first: int
    after: int
    title: TitleParts


def find_headlines(lines: Sequence[str]) -> list[Headline]:
    """All titles of reports among the lines, in order; a line is used once."""
    found: list[Headline] = []
    for position, text in enumerate(lines):
        if len(text) > TITLE_LIMIT or _ANCHOR.search(text) is None:
            continue
        if not found or position >= found[-1].after:
            begin = found[-1].after if found else 0
            headline = _headline_at(lines, position, begin)
            if headline is not None:
                found.append(headline)
    return found


def _headline_at(lines: Sequence[str], position: int, begin: int) -> Headline | None:
    joined = compact(lines[position])
    if _is_sentence(joined):
        return None
    first, after = position, position + 1
    title = parse_title(joined)
    if title is None:
        after = _end_of_broken(lines, position)
        joined = "".join(compact(text) for text in lines[position:after])
        title = parse_title(joined) if after > position else None
    if title is None and position > begin and _is_piece(lines[position - 1]):
        first, joined = position - 1, compact(lines[position - 1]) + compact(lines[position])
        after, title = position + 1, parse_title(joined)
    if title is None:
        return None
    while first > begin and position - first < 2 and (title.organ is None or title.year is None):
        above = compact(lines[first - 1])
        longer = parse_title(above + joined) if _completes(above, title) else None
        if longer is None or len(above) > _PIECE_LIMIT:
            break
        first, joined, title = first - 1, above + joined, longer
    return Headline(first, after, title)


def _end_of_broken(lines: Sequence[str], position: int) -> int:
    """Where a title ends that this line begins and the next lines finish; `position` where none does."""
    lexicon = title_lexicon()
    joined = compact(lines[position])
    begun = lexicon.unfinished.search(joined)
    for after in range(position + 1, min(position + _MOST_PIECES, len(lines))):
        if begun is None or not _is_piece(lines[after]):
            break
        joined += compact(lines[after])
        if lexicon.phrase.match(joined, begun.start()):
            return after + 1
        begun = lexicon.unfinished.match(joined, begun.start())
    return position


def _completes(above: str, title: TitleParts) -> bool:
    if title.organ is None and is_organ(above, place_counts=True):
        return True
    return title.year is None and bool(years_in(above)) and not _is_sentence(above)


def _is_piece(text: str) -> bool:
    return len(text) <= _PIECE_LIMIT and not _is_sentence(text) and ":" not in text and "：" not in text


def _is_sentence(text: str) -> bool:
    return _SENTENCE.search(text) is not None
