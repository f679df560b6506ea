"""One pass over a Document's blocks: its lines, the headings of the six chapters, and what may be cells.

The chapters are known by their words (`data/codebook/chapters.yaml`), not by their numbers:
organs mistype those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, zip_longest
from typing import NamedTuple

from extractors.document import Block, Document, Grid, Paragraph, Stream
from transforms.codebook_files import (
    CODEBOOK_FOLDER,
    alternation,
    compact,
    expect_keys,
    load_yaml,
    phrases_of,
    simplified,
)
from transforms.errors import CodebookError

CHAPTERS = ("1", "2", "3", "4", "5", "6")
SHORT_LINE = 60
"""No heading and no cell is longer; what follows a heading in the same line is the chapter's text."""
_AFTER_HEADING = " \t\u3000:：。."
_SPLIT_LIMIT = 30
_SPLIT_LINES = 3
_NUMBERING = (
    r"(?P<top>第?[一二三四五六七八九十]{1,2}(?:部分|章|[、.,:])+|[一二三四五六七八九十]{1,2}(?=[^一二三四五六七八九十])"
    r"|\d{1,2}[、.,:])|(?P<sub>\([一二三四五六七八九十\d]{1,2}\)[、.,:]?|\d\))"
)
# Every chapter's label holds one of these (the loader checks it): most prose is passed over by them.
_TELLING = re.compile("[况況项項概题題施足]")
_MAY_BE_MARKED = re.compile(r"[#*>(（\s]")
_MARKS = re.compile(r"^[#*>\s]+|\*+\s*$|[(（][A-Za-zÀ-ɏ]{1,8}[)）]")
_NUMBER_ONLY = re.compile(r"第?[一二三四五六七八九十\d]{1,2}(?:部分|章)?[、.,:]?")
# Printed for each other: 其它 for 其他, 行政覆议 for 行政复议.
_ALIKE = str.maketrans("它覆", "他复")
_HAN = (0x4E00, 0xA000)


class Line(NamedTuple):
    """A line of text and the block it stands in; `in_table` where the block is a Stream."""

    block: int
    text: str
    in_table: bool = False


class Heading(NamedTuple):
    """A chapter's heading: it covers `lines[first:after]`; `rest` is what its last line goes on with."""

    first: int
    after: int
    number: int
    text: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """`headings` holds each chapter once, in page order; `found` all that reads like a chapter's heading."""

    lines: tuple[Line, ...]
    headings: tuple[Heading, ...]
    found: tuple[Heading, ...]

    def head(self) -> tuple[Line, ...]:
        """The lines before the first chapter; all lines where there is none."""
        return self.lines[: self.headings[0].first] if self.headings else self.lines


@dataclass(frozen=True, slots=True)
class _ChapterLexicon:
    heading: re.Pattern[str]
    number_of: dict[str, int]
    exact: frozenset[str]
    prefixes: frozenset[str]
    worth_a_look: re.Pattern[str]
    inside: re.Pattern[str]
    foldable: re.Pattern[str]


@cache
def _lexicon() -> _ChapterLexicon:
    """The wording of headings. Raises CodebookError: a label of two chapters, or twice in one."""
    path = CODEBOOK_FOLDER / "chapters.yaml"
    loaded = load_yaml(path)
    expect_keys(loaded, frozenset(CHAPTERS), str(path))
    number_of: dict[str, int] = {}
    exact: set[str] = set()
    for number in CHAPTERS:
        expect_keys(loaded[number], frozenset({"exact", "loose"}), f"{path}: {number}")
        for strength in ("exact", "loose"):
            for label in phrases_of(loaded[number][strength], f"{path}: {number}: {strength}"):
                if label in number_of:
                    raise CodebookError(f"{path}: {label!r} stands twice")
                if _TELLING.search(label) is None:
                    raise CodebookError(f"{path}: {label!r} holds none of {_TELLING.pattern}")
                number_of[label] = int(number)
                exact |= {label} if strength == "exact" else set()
    variants = _variants_of(frozenset("".join(number_of)))
    firsts = {label[0] for label in number_of}
    firsts |= {variant for variant, character in variants.items() if character in firsts}
    return _ChapterLexicon(
        heading=re.compile(rf"(?:{_NUMBERING})?(?P<label>{alternation(tuple(number_of))})"),
        number_of=number_of,
        exact=frozenset(exact),
        prefixes=frozenset(label[:end] for label in exact for end in range(2, len(label))),
        worth_a_look=re.compile(
            rf"[\s\u3000#*>]*[第一二三四五六七八九十\d(（①-⑥０-９{''.join(sorted(firsts))}]"
        ),
        inside=re.compile(rf"(?<=[。；;|\s])[一二三四五六七][、.．]\s*{alternation(tuple(sorted(exact)))}"),
        foldable=re.compile(f"[{''.join(variants)}]"),
    )


def _variants_of(characters: frozenset[str]) -> dict[str, str]:
    """What `_folded` folds to one of the characters: their traditional forms, and those that look alike."""
    printed = [chr(point) for point in range(*_HAN)]
    meant = simplified("\n".join(printed)).translate(_ALIKE).split("\n")
    return {was: now for was, now in zip(printed, meant, strict=True) if was != now and now in characters}


def read_outline(document: Document) -> Outline:
    """The lines and chapter headings of a document, in one pass over its blocks.

    Where chapters are missing, a second pass parts the lines in which text and headings run on (layout tables
    flattened to one line): "… 二、主动公开政府信息情况 …".
    """
    lines = tuple(_lines_of(document.blocks))
    found = _find_headings(lines)
    if len({heading.number for heading in found}) < len(CHAPTERS):
        parted = tuple(part for line in lines for part in _parts_of(line))
        if len(parted) > len(lines):
            lines, found = parted, _find_headings(parted)
    return Outline(lines=lines, headings=_once_each(found, lines), found=tuple(found))


def _find_headings(lines: tuple[Line, ...]) -> list[Heading]:
    found: list[Heading] = []
    after = 0
    for position, line in enumerate(lines):
        if position >= after and (begun := _begun_heading(line.text)) is not None:
            heading = _heading_at(lines, position, begun)
            if heading is not None:
                found.append(heading)
                after = heading.after
    return found


def _parts_of(line: Line) -> Iterator[Line]:
    begin = 0
    if len(line.text) > _SPLIT_LIMIT:
        for inner in _lexicon().inside.finditer(line.text):
            if line.text[begin : inner.start()].strip():
                yield Line(line.block, line.text[begin : inner.start()].strip(), line.in_table)
                begin = inner.start()
    yield Line(line.block, line.text[begin:].strip(), line.in_table) if begin else line


def _lines_of(blocks: Iterable[Block]) -> Iterator[Line]:
    for index, block in enumerate(blocks):
        if isinstance(block, Paragraph):
            if "\n" in block.text:
                for text in block.text.split("\n"):
                    if text and not text.isspace():
                        yield Line(index, text)
            else:
                yield Line(index, block.text)
        elif isinstance(block, Stream):
            for piece in block.pieces:
                if piece and not piece.isspace():
                    yield Line(index, piece, in_table=True)


class _Named(NamedTuple):
    """The chapter that a line's beginning names; its heading takes `length` compact characters, `end` printed."""

    number: int
    length: int
    end: int


class _Begun(NamedTuple):
    """A line without marks, and the chapter that it names; none where only the next lines may."""

    text: str
    named: _Named | None


@lru_cache(maxsize=8192)
def _begun_heading(printed: str) -> _Begun | None:
    """What heading a line is or begins; most lines are told from one by their first character. Menus repeat."""
    if _lexicon().worth_a_look.match(printed) is None:
        return None
    if len(printed) > _SPLIT_LIMIT and not _TELLING.search(printed, 0, SHORT_LINE):
        return None
    text = _plain(printed)
    named = _match_heading(text[:SHORT_LINE])
    goes_on = named is not None or (len(text) <= _SPLIT_LIMIT and _may_go_on(text))
    return _Begun(text, named) if goes_on else None


def _heading_at(lines: tuple[Line, ...], position: int, begun: _Begun) -> Heading | None:
    text, found = begun
    if found is not None:
        cut = found.end
        rest = text[cut:].lstrip(_AFTER_HEADING)
        return Heading(position, position + 1, found.number, text[:cut].strip(), rest)
    joined = text
    for after in range(position + 1, min(position + _SPLIT_LINES, len(lines))):
        if len(lines[after].text) > _SPLIT_LIMIT or lines[after].in_table != lines[position].in_table:
            return None
        joined += _plain(lines[after].text)
        found = _match_heading(joined)
        if found is not None and found.length == len(compact(joined).rstrip(_AFTER_HEADING)):
            return Heading(position, after + 1, found.number, joined)
    return None


def _folded(word: str) -> str:
    return simplified(word).translate(_ALIKE) if _lexicon().foldable.search(word) else word


def _plain(text: str) -> str:
    """The text without Markdown's marks, nor the readings that mirror sites add to characters: 處(chǔ)."""
    return _MARKS.sub("", text) if _MAY_BE_MARKED.search(text) else text


@lru_cache(maxsize=8192)
def _match_heading(text: str) -> _Named | None:
    """What chapter a line's beginning names, if any."""
    lexicon = _lexicon()
    word = _folded(compact(text))
    found = lexicon.heading.match(word)
    if found is None:
        return None
    label, after = found["label"], word[found.end() :]
    ends = not after or after[0] in ":。(;,"
    exact = label in lexicon.exact
    accepted = exact or ends if found["top"] else exact and not after.rstrip(":。")
    if not accepted:
        return None
    bracket = re.match(r"\([^()]{0,20}\)", after)
    length = found.end() + (bracket.end() if bracket else 0)
    return _Named(lexicon.number_of[label], length, _end_of(text, length))


@lru_cache(maxsize=4096)
def _may_go_on(text: str) -> bool:
    lexicon = _lexicon()
    word = _folded(compact(text))
    number = _NUMBER_ONLY.match(word)
    return (word[number.end() :] if number else word) in lexicon.prefixes or (
        number is not None and number.end() == len(word)
    )


def _end_of(text: str, length: int) -> int:
    """Where in `text` its first `length` compact characters end (NFKC may make several of one)."""
    taken = 0
    for index, character in enumerate(text):
        if taken >= length:
            return index
        taken += len(compact(character))
    return len(text)


def _once_each(found: list[Heading], lines: tuple[Line, ...]) -> tuple[Heading, ...]:
    """Each chapter once: the entries of a table of contents give way, else the first of equals stays."""
    last = {heading.number: heading for heading in found}
    kept: dict[int, Heading] = {}
    listed = False
    for heading, follower in zip_longest(found, found[1:]):
        goes_on = follower is not None and not heading.rest and _touch(heading, follower, lines)
        listed, was_listed = goes_on, listed
        if (goes_on or was_listed) and last[heading.number] is not heading:
            continue
        kept.setdefault(heading.number, heading)
    return tuple(kept.values())


def _touch(heading: Heading, follower: Heading, lines: tuple[Line, ...]) -> bool:
    blocks = lines[follower.first].block - lines[heading.after - 1].block
    return follower.first == heading.after and follower.number > heading.number and blocks <= 1


def cell_texts(blocks: Iterable[Block]) -> list[str]:
    """What could stand in a table's cells: the text of grids and streams, and short lines."""
    texts: list[str] = []
    for block in blocks:
        if isinstance(block, Grid):
            texts += chain.from_iterable(block.texts)
        elif isinstance(block, Stream):
            texts += block.pieces
        elif isinstance(block, Paragraph) and len(block.text) <= SHORT_LINE:
            texts.append(block.text)
    return texts
