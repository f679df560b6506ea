"""A Document as one run of tokens: what each printed text is, before anything decides where it belongs.

A grid's cells keep their row and column; the pieces of a stream and the lines of text have neither. Labels that
a tool broke over several pieces are joined again, on the codebook's word alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from extractors.document import EMPTY_CELL, Document, Grid, Paragraph, Stream
from transforms.codebook import Codebook, Mark
from transforms.labels import CACHED_TEXTS, without_brackets
from transforms.numbers import BLANK, UNREADABLE, Figure, figure, is_unit

Kind = Literal["label", "figure", "empty", "text", "prose", "page_number", "furniture"]

_PAGE_NUMBER = re.compile(
    r"[-—–－·•]\s*[0-9０-９]{1,3}\s*[-—–－·•]|第\s*\d{1,3}\s*页(?:\s*[,，/]?\s*共\s*\d{1,3}\s*页)?"
)
_NUMBER = r"[0-9０-９一二三四五六七八九十]{1,3}"
_FURNITURE = re.compile(
    rf"[(（]?\s*(?:附?表|附件)\s*{_NUMBER}\s*[)）]?\s*[:：]?"
    rf"|[(（]?\s*续(?:上?表)?\s*(?:{_NUMBER})?\s*[)）]?"
    r"|[(（]?\s*(?:计量)?单位\s*[:：]\s*(?:亿元|万元|元|人次|[件条个项宗起次份人部]|[\s,，、/])+[)）]?"
)
_NUMBERED = re.compile(r"\s*(?:[(（]|[0-9０-９]+\s*[.．、]?\s*\D|[一二三四五六七八九十]+[、.．])")
_CLOSING = frozenset("）)、，,”」")
_CHAPTER_NUMBER = re.compile(r"[一二三四五六七八]、[\u4e00-\u9fff]{4}")
LONGEST_LABEL = 120
LONGEST_BREAK = 5
"""Into more pieces no label is taken to be broken."""


class Sense(NamedTuple):
    """What a text is by itself: a known label, a figure (dashes included), nothing, a page's number, or words.

    `word` is its key; empty where it stands in no label.
    `furniture` is what stands between tables and on pages' edges (表3, 单位：件, （续表）), unless a cell holds it.
    """

    kind: Kind
    word: str
    marks: tuple[Mark, ...]
    figure: Figure
    numbered: bool
    closing: bool = False
    """It begins with what closes a bracket or a sentence: the rest of a text that began elsewhere."""


class Token(NamedTuple):
    """A text with its place. `block` tells grids apart, `line` numbers the rows of all; outside they are -1.

    `parted`: only a space parted it from its neighbour, so it may be half of a figure. `bare`: no separator stands in
    its line. `below`: nor is it a cell of the row above, which ended with its own line.
    """

    text: str
    sense: Sense
    block: int = -1
    line: int = -1
    column: int = -1
    span: int = 1
    parted: bool = False
    bare: bool = False
    below: bool = False


Classifier = Callable[[str], Sense]


def classifier(codebook: Codebook) -> Classifier:
    """A function from a text to its Sense, remembering the texts that every page repeats."""

    @lru_cache(maxsize=CACHED_TEXTS)
    def classify(text: str) -> Sense:
        if len(text) > LONGEST_LABEL:
            return Sense("prose", "", (), Figure(UNREADABLE), False, text[0] in _CLOSING)
        found = figure(text)
        if found.status == BLANK:
            return Sense("empty", "", (), found, False)
        if found.status != UNREADABLE:
            return Sense("figure", "", (), found, False)
        return _sense_of_words(text, found, codebook)

    return classify


def _sense_of_words(text: str, unreadable: Figure, codebook: Codebook) -> Sense:
    bare = text.strip()
    if _PAGE_NUMBER.fullmatch(bare):
        return Sense("page_number", "", (), unreadable, False)
    if _FURNITURE.fullmatch(bare):
        return Sense("furniture", "", (), unreadable, False)
    numbered, closing = _NUMBERED.match(text) is not None, text[0] in _CLOSING
    if not codebook.may_know(text):
        return Sense("text", "", (), unreadable, numbered, closing)
    word, marks = codebook.key(text), codebook.marks_of(text)
    return Sense("label" if marks else "text", word, marks, unreadable, numbered, closing)


Run = Grid | list[Token]
"""A grid, or the tokens of all that stands between two grids: streams and lines of text."""


def runs_of(document: Document, codebook: Codebook, classify: Classifier) -> Iterator[Run]:
    """The document's text in reading order; page numbers between the grids are left out, as are empty runs."""
    loose: list[Token] = []
    below = False
    rows_on_lines = _has_rows_on_lines(document, classify)
    read_paragraph = _paragraph_reader(codebook, classify)
    for block in document.blocks:
        if isinstance(block, Paragraph):
            if len(block.text) > LONGEST_LABEL:
                loose += _line_tokens(block.text, rows_on_lines, below, codebook, classify)
            else:
                loose += read_paragraph(block.text, rows_on_lines, below)
        elif isinstance(block, Grid):
            if joined := _joined(loose, codebook, classify):
                yield joined
            loose.clear()
            below = False
            yield block
        elif isinstance(block, Stream):
            loose.extend(_piece_tokens(block, codebook, classify))
            below = block.closed
    if joined := _joined(loose, codebook, classify):
        yield joined


def tokens_of(runs: Iterable[Run], classify: Classifier) -> list[Token]:
    """The tokens of all runs in reading order."""
    tokens: list[Token] = []
    line = 0
    for number, run in enumerate(runs):
        if not isinstance(run, Grid):
            tokens += run
            continue
        for texts, places in zip(run.texts, run.layout.rows, strict=True):
            tokens += [
                Token._make((text, classify(text), number, line, column, span, False, False, False))
                for text, (column, _, span) in zip(texts, places, strict=True)
            ]
            line += 1
    return tokens


def _piece_tokens(stream: Stream, codebook: Codebook, classify: Classifier) -> Iterator[Token]:
    for number, piece in enumerate(stream.pieces):
        sense = classify(piece)
        if number in stream.loose:
            tokens = _parted_tokens(_cells_of(piece, codebook, classify), classify)
            yield from (token._replace(bare=True, below=True) for token in tokens)
        elif sense.kind in ("text", "prose"):
            yield from _parted_tokens(_cells_of(piece, codebook, classify), classify)
        elif sense.kind == "furniture":
            # Where cells stand on lines of their own, so does what stands between tables.
            yield Token(piece, sense, bare=not stream.closed)
        elif sense.kind == "empty" and piece:
            # Something stands there, if only a space of no width: a cell, and no padding.
            yield Token(EMPTY_CELL, sense)
        else:
            yield Token(piece, sense)


def _has_rows_on_lines(document: Document, classify: Classifier) -> bool:
    """Whether lines of text hold whole rows, as in PDF text; elsewhere a line of figures is one cell."""
    rows = 0
    for block in document.blocks:
        if isinstance(block, Paragraph) and len(block.text) <= LONGEST_LABEL and " " in block.text:
            label, figures = _split_row(block.text.split(), classify)
            rows += bool(label and figures) and classify(" ".join(label)).kind == "label"
    return rows >= FEWEST_ROWS_ON_LINES


FEWEST_ROWS_ON_LINES = 3


@lru_cache(maxsize=4)
def _paragraph_reader(
    codebook: Codebook, classify: Classifier
) -> Callable[[str, bool, bool], tuple[Token, ...]]:
    """A function from a paragraph to its tokens, remembering those that every page repeats."""

    @lru_cache(maxsize=CACHED_TEXTS)
    def read_paragraph(text: str, rows_on_lines: bool, below: bool) -> tuple[Token, ...]:
        return tuple(_line_tokens(text, rows_on_lines, below, codebook, classify))

    return read_paragraph


def _line_tokens(
    text: str, rows_on_lines: bool, below: bool, codebook: Codebook, classify: Classifier
) -> Iterator[Token]:
    for line in text.split("\n"):
        sense = classify(line)
        is_whole = sense.kind != "figure" or not rows_on_lines
        if is_whole and (sense.kind != "text" or _is_one_word(line)):
            yield Token(line, sense, bare=True, below=below)
        else:
            for token in _parted_tokens(_cells_of(line, codebook, classify), classify):
                yield token._replace(bare=True, below=below)


def _is_one_word(line: str) -> bool:
    """Whether no white space parts a line: then it is one cell, and no label."""
    return line.isprintable() and " " not in line


def _parted_tokens(texts: list[str], classify: Classifier) -> Iterator[Token]:
    figures = sum(classify(text).kind == "figure" for text in texts)
    for text in texts:
        sense = classify(text)
        yield Token(text, sense, parted=figures > 1 and sense.kind == "figure")


def _split_row(words: list[str], classify: Classifier) -> tuple[list[str], list[str]]:
    """The words before the figures at the end of a line, and those figures."""
    figures = next(
        (n for n, word in enumerate(reversed(words)) if classify(word).kind != "figure"), len(words)
    )
    return words[: len(words) - figures], words[len(words) - figures :]


def _cells_of(line: str, codebook: Codebook, classify: Classifier) -> list[str]:
    """The cells of a line that holds several, parted by a space: a label with figures, figures, or labels."""
    words = line.split()
    label, figures = _split_row(words, classify)
    if figures:
        whole = " ".join(label)
        known = not label or classify(whole).kind == "label"
        labels = [whole] if known else _labels_in(label, codebook) or [whole]
        return [*filter(None, labels), *figures]
    return _before_heading(words, classify) or _labels_in(words, codebook) or [line]


def _before_heading(words: list[str], classify: Classifier) -> list[str] | None:
    """The last figure of a table, what stands behind it, and the chapter's heading that a tool glued there."""
    end = next((n for n, word in enumerate(words) if classify(word).kind != "figure"), len(words))
    whole = next((n for n in range(end, 0, -1) if classify(" ".join(words[:n])).kind == "figure"), 0)
    heading = next((n for n in range(end, len(words)) if _opens_chapter(words[n], classify)), None)
    if heading is None or whole != end or not end:
        return None
    parts = words[:end], words[end:heading], words[heading : heading + 1], words[heading + 1 :]
    return [" ".join(part) for part in parts if part]


def _opens_chapter(word: str, classify: Classifier) -> bool:
    return _CHAPTER_NUMBER.match(word) is not None or any(
        mark.kind == "chapter" for mark in classify(word).marks
    )


def _labels_in(words: list[str], codebook: Codebook) -> list[str] | None:
    """The labels that the words make up without a rest, or None.

    Beside a whole label, a word may be the beginning of one that lost its end at a line break: 商业 科研 社会公益组织.
    """
    labels: list[str] = []
    at = whole = 0
    while at < len(words):
        ends = [end for end in range(len(words), at, -1) if codebook.marks_of("".join(words[at:end]))]
        if not ends and not _is_beginning(words[at], codebook):
            return None
        end = ends[0] if ends else at + 1
        labels.append("".join(words[at:end]))
        whole += bool(ends)
        at = end
    return labels if whole else None


def _is_beginning(word: str, codebook: Codebook) -> bool:
    return len(word) >= SHORTEST_BEGINNING and codebook.key(word) in codebook.prefixes


SHORTEST_BEGINNING = 2


def _joined(loose: Iterable[Token], codebook: Codebook, classify: Classifier) -> list[Token]:
    """The tokens with labels in one piece again: 商业 | 企业, 本年新 | 制作数量."""
    tokens = [token for token in loose if not _is_between(token)]
    joined: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        end = _label_end(tokens, at, codebook) if token.sense.word in codebook.prefixes else at + 1
        if end > at + 1:
            text = "".join(token.text for token in tokens[at:end])
            token = tokens[end - 1]._replace(text=text, sense=classify(text), parted=False)
        elif token.sense.kind == "figure" and _lost_its_unit(tokens, at):
            end += 1
            whole = token.text + tokens[at + 1].text
            token = token._replace(text=whole, sense=classify(whole))
        joined.append(token)
        at = end
    return joined


def _is_between(token: Token) -> bool:
    """Whether a text outside grids stands between tables or on the edge of a page, and in no cell."""
    kind = token.sense.kind
    return kind == "page_number" or (kind == "furniture" and token.bare)


def _lost_its_unit(tokens: list[Token], at: int) -> bool:
    """Whether a line break parts the figure at `at` from its unit (10007 | 件), which alone would open a row."""
    if at + 1 == len(tokens):
        return False
    behind = tokens[at + 1]
    return behind.sense.kind == "text" and is_unit(behind.text) and figure(tokens[at].text).unit is None


def _label_end(tokens: list[Token], start: int, codebook: Codebook) -> int:
    """The end of the longest label that the token at `start` begins, or the next token when none is broken there."""
    word = tokens[start].sense.word
    end = start + 1
    for ahead in range(start + 1, min(start + LONGEST_BREAK, len(tokens))):
        following = tokens[ahead]
        if following.sense.kind not in ("text", "label"):
            break
        # The numbering of a continued label is not at its front: 三安全 | 一稳定 loses nothing.
        bare = word + codebook.key(without_brackets(following.text))
        word += codebook.key(following.text)
        if word in codebook.marks or bare in codebook.marks:
            end = ahead + 1
        elif word not in codebook.prefixes:
            break
    return end
