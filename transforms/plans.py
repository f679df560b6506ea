"""Plans: which printed figure is which cell, worked out once for all pages whose tables are built alike.

Thousands of organs fill in one form in one content system: their pages differ in figures and in prose, and where
a figure belongs depends on neither. A plan is what `transforms.tables` makes of a page's structure; a page whose
structure is known only has its figures converted. That is exact, by construction and not by experience:

- A plan is made from the structure alone, which is the key that it is kept under: the layout of every grid, the
  text of every cell, and of every label between the grids. Of a figure the structure holds only that one stands
  there, of words outside the codebook only that they do, of a chapter's heading only which it is.
- It is made by the reader itself, over tokens whose figures and words cannot be looked at (`transforms.unread`),
  for a report year that cannot be looked at. If the reader does look, to compare two rows or to quote a cell in
  a finding, there is no plan, and every page of that structure is read as if plans did not exist.
- Words that a reader of tables passes over are no part of the structure, and words behind words count once; if
  a reader keeps any words from between the grids, there is no plan either.
- A figure that its place in the form does not admit (a fraction that counts) is seen when it is converted, and
  its page is read without the plan.

Pages that were cut or damaged, and texts whose grids a tool flattened, never have plans.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import chain, count
from operator import itemgetter
from typing import Any, NamedTuple, NoReturn, cast

from extractors.document import Document, Grid, Layout, Stream
from transforms import codebook
from transforms.codebook import Codebook
from transforms.findings import Issue
from transforms.labels import CACHED_TEXTS
from transforms.numbers import REPORTED, Figure
from transforms.readings import CellReading, TableReading
from transforms.rows import table_rows
from transforms.table_row import TableRow
from transforms.tables import Tables, read_tables, tables_of
from transforms.tokens import Classifier, Kind, Sense, Token, runs_of
from transforms.unread import UNREAD, Looked, PutOff, UnreadFigure, is_unread

KEPT_PLANS = 512
"""Structures of which the plans are kept, about 20 KB each."""
MOST_LOOSE_FIGURES = 3
"""Outside grids figures are part of the structure; with more of them, no two pages have it in common."""


class Words(NamedTuple):
    """Words that the codebook does not know: all that a structure holds of them."""

    kind: Kind
    closing: bool


class Heading(NamedTuple):
    """A chapter's heading outside grids, in whatever words."""

    marks: tuple[codebook.Mark, ...]
    closing: bool


A_FIGURE = b"a figure"
"""A figure in a grid: all that a structure holds of it. Bytes know their hash, and equal no text."""

Mark = str | Words | Heading | bytes
"""What a structure holds of a cell: its text, unless that is a figure, or words that must not matter."""


class _Marks(dict[str, Mark]):
    """The mark of each text of a cell; worked out when it is first asked for."""

    def __init__(self, classify: Classifier) -> None:
        super().__init__()
        self._classify = classify

    def __missing__(self, text: str) -> Mark:
        sense = self._classify(text)
        mark: Mark = text
        if sense.kind in ("text", "prose"):
            mark = Words(sense.kind, sense.closing)
        elif sense.figure.status == REPORTED:
            mark = A_FIGURE
        if len(self) >= CACHED_TEXTS:
            self.clear()
        self[text] = mark
        return mark


class GridMarks(NamedTuple):
    """A grid of a structure."""

    layout: Layout
    marks: tuple[Mark, ...]


class LooseMark(NamedTuple):
    """A text of a structure outside grids."""

    mark: Mark
    parted: bool
    bare: bool


class Structure(NamedTuple):
    """All that a plan may depend on, and what it is kept under."""

    runs: tuple[GridMarks | tuple[LooseMark, ...], ...]


class _NotAdmitted(Exception):
    """A figure that is not what its place in the form admits."""


class _Converted(dict[str, CellReading]):
    """What one conversion makes of figures; asking raises _NotAdmitted for those that their place does not admit."""

    def __init__(self, convert: Callable[..., CellReading], arguments: tuple[str | None, ...]) -> None:
        super().__init__()
        self._convert = convert
        self._arguments = arguments

    def __missing__(self, text: str) -> CellReading:
        cell = self._convert(text, *self._arguments)
        if cell.status != REPORTED:
            raise _NotAdmitted
        if len(self) >= CACHED_TEXTS:
            self.clear()
        self[text] = cell
        return cell


_converted = lru_cache(maxsize=64)(_Converted)
_Pick = Callable[[Sequence[Any]], tuple[Any, ...]]


def _picker(places: Sequence[int]) -> _Pick:
    """A function from a sequence to its values at these places."""
    pick: Callable[[Sequence[Any]], Any] = itemgetter(*places) if len(places) > 1 else lambda values: values
    return pick if len(places) > 1 else lambda values: tuple(values[place] for place in places)


@dataclass(frozen=True, slots=True)
class _Slots:
    """One table's cells that figures fill: for each conversion which figures it takes, and in which order the
    table has its own cells, and those that the conversions give, behind each other."""

    conversions: tuple[tuple[_Converted, _Pick], ...]
    in_order: _Pick


@dataclass(frozen=True, slots=True)
class _Plan:
    """Tables in which figures are wanting, and for each table the cells that they belong in."""

    tables: Tables
    slots: tuple[_Slots, ...]

    def filled(self, texts: Sequence[str]) -> Tables | None:
        """The tables with the figures of a page; None where one of them is not what its place admits."""
        readings = []
        for reading, slots in zip(self.tables.all(), self.slots, strict=True):
            cells = [*reading.cells]
            try:
                for converted, pick in slots.conversions:
                    cells += map(converted.__getitem__, pick(texts))
            except _NotAdmitted:
                return None
            filled, issues = [*slots.in_order(cells)], [*_told(reading.issues, texts)]
            readings.append(
                TableReading(reading.table, reading.state, reading.template, reading.keys, filled, issues)
            )
        return Tables(readings[0], readings[1], readings[2], self.tables.template)


@dataclass(slots=True)
class _Known:
    """A structure that came by, and its plan once there is cause to make one."""

    structure: Structure
    seen: bool = False
    planned: bool = False
    plan: _Plan | None = None


class Planner:
    """Reads tables as `read_tables` does, by plans where it can. One codebook, one planner.

    A plan costs more than a reading: it is made when a structure comes by a second time.
    """

    def __init__(self, known: Codebook, classify: Classifier) -> None:
        self._codebook = known
        self._classify = classify
        self._marks = _Marks(classify)
        self._known = lru_cache(maxsize=KEPT_PLANS)(_Known)

    def read(self, document: Document, report_year: int | None) -> Tables:
        """The tables of a document: equal to those of `read_tables`, whether they are planned or not."""
        found = self.structure_of(document)
        if found is not None:
            structure, texts = found
            known = self._known(structure)
            if known.seen and (planned := self._by_plan(known, texts)) is not None:
                return planned
            known.seen = True
        return read_tables(document, self._codebook, self._classify, report_year)

    def read_by_plan(self, document: Document) -> Tables | None:
        """The tables by a plan, at first sight; None where the document has none."""
        found = self.structure_of(document)
        if found is None:
            return None
        structure, texts = found
        return self._by_plan(self._known(structure), texts)

    def _by_plan(self, known: _Known, texts: Sequence[str]) -> Tables | None:
        if not known.planned:
            known.plan = self._planned(known.structure)
            known.planned = True
        return known.plan.filled(texts) if known.plan is not None else None

    def structure_of(self, document: Document) -> tuple[Structure, Sequence[str]] | None:
        """A document's structure, and the texts of the cells of all its grids; None where it can have no plan."""
        if document.flags or any(isinstance(block, Stream) for block in document.blocks):
            return None
        runs: list[GridMarks | tuple[LooseMark, ...]] = []
        texts: list[str] = []
        loose_figures = 0
        for run in runs_of(document, self._codebook, self._classify):
            if isinstance(run, Grid):
                printed = list(chain.from_iterable(run.texts))
                runs.append(GridMarks(run.layout, tuple(map(self._marks.__getitem__, printed))))
                texts += printed
            else:
                marks, figures = _loose_marks(run, idle=not runs)
                loose_figures += figures
                if marks:
                    runs.append(marks)
        if not texts or loose_figures > MOST_LOOSE_FIGURES:
            return None
        return Structure(tuple(runs)), texts

    def _planned(self, structure: Structure) -> _Plan | None:
        """The plan of a structure, made from the structure alone; None where its reading looks at what is not in it."""
        tokens = self._unread_tokens(structure)
        try:
            if any(map(_keeps_loose_words, table_rows(tokens, self._codebook))):
                return None
            tables = tables_of(tokens, self._codebook, cast(int, UNREAD), [], _look)
        except (Looked, TypeError):
            # TypeError: an unread text was given to something that takes texts alone. Whatever the error was,
            # the page is now read without a plan, and meets it again if it was another.
            return None
        if any(_quotes_unread(issue) for reading in tables.all() for issue in reading.issues):
            return None
        return _Plan(tables, tuple(map(_slots_of, tables.all())))

    def _unread_tokens(self, structure: Structure) -> list[Token]:
        tokens: list[Token] = []
        numbers = count()
        line = 0
        for block, run in enumerate(structure.runs):
            if not isinstance(run, GridMarks):
                tokens += [
                    Token(*self._unread(loose.mark, -1), parted=loose.parted, bare=loose.bare)
                    for loose in run
                ]
                continue
            marks = iter(run.marks)
            for places in run.layout.rows:
                for column, _, span in places:
                    tokens.append(Token(*self._unread(next(marks), next(numbers)), block, line, column, span))
                line += 1
        return tokens

    def _unread(self, mark: Mark, number: int) -> tuple[str, Sense]:
        if isinstance(mark, str):
            return mark, self._classify(mark)
        if isinstance(mark, Words):
            sense = Sense(
                mark.kind, cast(str, UNREAD), (), cast(Figure, UNREAD), cast(bool, UNREAD), mark.closing
            )
            return cast(str, UNREAD), sense
        if isinstance(mark, Heading):
            word, figure, numbered = cast(str, UNREAD), cast(Figure, UNREAD), cast(bool, UNREAD)
            return word, Sense("label", word, mark.marks, figure, numbered, mark.closing)
        return cast(str, UnreadFigure(number)), Sense("figure", "", (), cast(Figure, UNREAD), False)


def _loose_marks(tokens: Iterable[Token], *, idle: bool) -> tuple[tuple[LooseMark, ...], int]:
    """The marks of a run outside grids, without words that a reader of tables passes over, and how many are figures.

    Between tables (`idle`: at the start, behind prose and behind a chapter's heading) there is no row and no
    header that words could belong to. Elsewhere words behind words begin again what the first of them began.
    """
    marks: list[LooseMark] = []
    figures = 0
    for text, sense, _, _, _, _, parted, bare, _ in tokens:
        if sense.kind not in ("text", "prose"):
            figures += sense.kind == "figure"
            is_chapter = bool(sense.marks) and all(mark.kind == "chapter" for mark in sense.marks)
            idle = is_chapter
            marks.append(LooseMark(Heading(sense.marks, sense.closing) if is_chapter else text, parted, bare))
        elif not idle:
            mark = LooseMark(Words(sense.kind, sense.closing), parted, bare)
            if not marks or marks[-1] != mark:
                marks.append(mark)
            idle = sense.kind == "prose" and not sense.closing
    return tuple(marks), figures


def _look() -> NoReturn:
    raise Looked


def _keeps_loose_words(row: TableRow) -> bool:
    """Whether a row holds words from outside the grids, of which a structure does not tell how many stand there."""
    heads = [token for token, _ in row.header.words] if row.header is not None else []
    kept = (token for token in (*row.cells, *row.lead, *heads) if token.line < 0)
    return is_unread(row.label) or any(is_unread(token.text) for token in kept)


def _told(issues: Iterable[Issue | PutOff], texts: Sequence[str]) -> Iterator[Issue]:
    """The findings, those among them that were put off made of a page's figures, if these give cause."""
    for issue in issues:
        found = issue.convert(texts[issue.number], *issue.arguments) if isinstance(issue, PutOff) else issue
        if found is not None:
            yield found


def _quotes_unread(issue: Issue | PutOff) -> bool:
    return not isinstance(issue, PutOff) and any(
        is_unread(getattr(issue, field.name)) for field in fields(issue)
    )


def _slots_of(reading: TableReading) -> _Slots:
    found: defaultdict[tuple[Any, tuple[str | None, ...]], list[tuple[int, int]]] = defaultdict(list)
    for place, cell in enumerate(reading.cells):
        value: object = cell.value
        if isinstance(value, PutOff):
            found[value.convert, value.arguments].append((place, value.number))
    order = [*range(len(reading.cells))]
    for at, (place, _) in enumerate(chain.from_iterable(found.values()), len(order)):
        order[place] = at
    conversions = tuple(
        (_converted(*conversion), _picker([number for _, number in slots]))
        for conversion, slots in found.items()
    )
    return _Slots(conversions, _picker(order))
