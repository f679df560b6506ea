"""Plans of tables: a page read by one is read as if there were none, and what changes a structure changes its plan."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from golden_cases import CASES, books, load_case
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.corpus.build import html_document
from extractors.document import Document
from extractors.read import read_document
from transforms.plans import Planner
from transforms.tables import Tables, read_tables
from transforms.tokens import classifier
from transforms.unread import UNREAD, Looked, PutOff, Unread, UnreadFigure

CODEBOOK = books()[0]
CLASSIFY = classifier(CODEBOOK)
PROSE = "又一段说明，" * 25
CELL = re.compile(r"(<td[^>]*>)([^<]*)(</td>)")
PRINTED = (
    "0",
    "7",
    "12",
    "1,204",
    "１２",
    "3.5",
    "12.",
    "+3",
    "减2",
    "8件",
    "2万元",
    "007",
    "",
    " ",
    "-",
    "/",
    "无",
    "见附件",
)


@cache
def whole_page() -> str:
    """A page of the 2021 form, each cell one run of text."""
    for number in range(0, 400, 20):
        document = html_document(3, number)
        text = document.content.decode("utf-8", "ignore")
        planned = Planner(CODEBOOK, CLASSIFY).read_by_plan(read_document(document.content))
        if (
            planned is not None
            and {t.state for t in planned.all()} == {"exact"}
            and planned.template == "2021"
        ):
            body = re.sub(r"(<td[^>]*>)(.*?)(</td>)", _one_run, text[text.index("<body") :], flags=re.DOTALL)
            page = f"<html><meta charset=utf-8>{body}"
            if len(CELL.findall(page)) > 200:
                return page
    raise AssertionError("no whole page among those drawn")


def _one_run(cell: re.Match[str]) -> str:
    return f"{cell[1]}{re.sub('<[^>]*>', '', cell[2]).strip()}{cell[3]}"


def document_of(page: str) -> Document:
    return read_document(page.encode())


def unplanned(document: Document, year: int | None = 2021) -> Tables:
    return read_tables(document, CODEBOOK, CLASSIFY, year)


def read_twice(planner: Planner, document: Document, year: int | None = 2021) -> Tables:
    """The second reading, which is by a plan where there is one; the first is not."""
    first, again = planner.read(document, year), planner.read(document, year)
    assert first == again
    return again


def figures_of(page: str) -> list[re.Match[str]]:
    return [cell for cell in CELL.finditer(page) if cell[2].strip().isdigit()]


def with_cells(page: str, texts: dict[int, str]) -> str:
    """The page with the figures of these numbers replaced, the last first."""
    found = figures_of(page)
    for number in sorted(texts, reverse=True):
        cell = found[number % len(found)]
        page = f"{page[: cell.start(2)]}{texts[number]}{page[cell.end(2) :]}"
    return page


@pytest.mark.parametrize("name", CASES)
def test_golden_pages_read_alike_with_plans_and_without(name: str) -> None:
    planner = Planner(CODEBOOK, CLASSIFY)
    document = read_document(load_case(name).content)
    for _ in range(2):
        assert read_twice(planner, document, 2021) == unplanned(document)


def test_drawn_pages_read_alike_by_one_planner_and_most_have_plans() -> None:
    planner = Planner(CODEBOOK, CLASSIFY)
    planned = 0
    for number in (n for n in range(120) if n % 20 < 8):
        drawn = html_document(29, number)
        document = read_document(drawn.content, drawn.declared_charset)
        expected = unplanned(document)
        for _ in range(2):
            assert read_twice(planner, document, 2021) == expected
        planned += planner.read_by_plan(document) is not None
    assert planned >= 30


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.integers(0, 300), st.sampled_from(PRINTED), max_size=6))
def test_whatever_is_printed_a_planned_reading_is_the_unplanned_one(texts: dict[int, str]) -> None:
    page = with_cells(whole_page(), texts)
    document = document_of(page)
    assert read_twice(PLANNER, document, 2021) == unplanned(document)


PLANNER = Planner(CODEBOOK, CLASSIFY)
BETWEEN = re.compile(r"(?=<table\b|<h[1-6]\b|<div\b)|(?<=</table>)|(?<=</p>)")
PIECES = (
    "又一段说明",
    PROSE,
    "）等事项",
    "，" + PROSE,
    "五、存在的主要问题及改进情况",
    "总计",
    "其他",
    "规章",
    "5",
    "见附件 3",
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(PIECES)), max_size=5))
def test_whatever_stands_between_tables_a_planned_reading_is_the_unplanned_one(
    pieces: list[tuple[int, str]],
) -> None:
    page = whole_page()
    spots = [found.start() for found in BETWEEN.finditer(page)]
    for spot, text in sorted(((spots[at % len(spots)], text) for at, text in pieces), reverse=True):
        if page.count("<table", 0, spot) == page.count("</table>", 0, spot):
            page = f"{page[:spot]}<p>{text}</p>{page[spot:]}"
    document = document_of(page)
    assert read_twice(PLANNER, document, 2021) == unplanned(document)


def test_pages_that_differ_in_figures_and_prose_share_a_plan() -> None:
    planner = Planner(CODEBOOK, CLASSIFY)
    page = whole_page()
    more = with_cells(page, {0: "41", 50: "17", 120: "3"}).replace("</body>", f"<p>{PROSE}</body>")
    page = page.replace("</body>", f"<p>{PROSE}<p>{PROSE * 2}</body>")
    structures = []
    for text in (page, more):
        found = planner.structure_of(document_of(text))
        assert found is not None
        structures.append(found[0])
        assert planner.read_by_plan(document_of(text)) == unplanned(document_of(text))
    assert structures[0] == structures[1]
    assert unplanned(document_of(page)) != unplanned(document_of(more))


@pytest.mark.parametrize(
    ("before", "words_count"),
    [
        ("", False),
        (f"<p>{PROSE}</p>", False),
        ("<p>五、存在的主要问题及改进情况</p>", False),
        ("<p>一、本年新收政府信息公开申请数量</p>", True),
        ("<p>自然人</p>", True),
        ("<p>5</p>", True),
    ],
)
def test_words_are_part_of_a_structure_where_a_row_or_header_may_be_open(
    before: str, words_count: bool
) -> None:
    table = "<table><tr><td>规章<td>5</table>"
    planner = Planner(CODEBOOK, CLASSIFY)
    bare, worded = (
        planner.structure_of(document_of(before + text + table)) for text in ("", "<p>见附件</p>")
    )
    assert bare is not None
    assert worded is not None
    assert (bare[0] != worded[0]) == words_count


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(page: str) -> str:
        assert old in page
        return page.replace(old, new)

    return change


def without_cell(page: str) -> str:
    cell = figures_of(page)[60]
    return page[: cell.start()] + page[cell.end() :]


def with_span(page: str) -> str:
    cell = figures_of(page)[60]
    return f'{page[: cell.start(1)]}<td colspan="2">{page[cell.end(1) :]}'


STRUCTURE_CHANGES: dict[str, Callable[[str], str]] = {
    "a label": replaced("行政许可", "行政处罚"),
    "an applicant": replaced("科研", "公益"),
    "a chapter's heading": replaced("三、收到和处理政府信息公开申请情况", ""),
    "a blank for a figure": lambda page: with_cells(page, {60: ""}),
    "a dash for a figure": lambda page: with_cells(page, {60: "-"}),
    "words for a figure": lambda page: with_cells(page, {60: "见附件"}),
    "a figure for a label": replaced("行政许可", "3"),
    "a cell less": without_cell,
    "a wider cell": with_span,
    "a row cut off": lambda page: page[: figures_of(page)[150].start()] + "</table>",
    "a figure between the grids": replaced("四、", "<p>5</p>四、"),
}


@pytest.mark.parametrize("change", STRUCTURE_CHANGES)
def test_a_changed_structure_is_never_served_the_plan_of_the_old_one(change: str) -> None:
    planner = Planner(CODEBOOK, CLASSIFY)
    page = whole_page()
    assert planner.read_by_plan(document_of(page)) is not None
    changed = document_of(STRUCTURE_CHANGES[change](page))
    known, found = planner.structure_of(document_of(page)), planner.structure_of(changed)
    assert known is not None
    assert found is None or found[0] != known[0]
    assert read_twice(planner, changed, 2021) == unplanned(changed)


@pytest.mark.parametrize("year", [2019, 2021, None])
def test_where_the_report_year_decides_there_is_no_plan(year: int | None) -> None:
    figures = figures_of(whole_page())
    page = f"{whole_page()[: figures[60].start()]}</table>"
    document = document_of(re.sub("第二十条第（一）项.*?(?=三、)", "", page, flags=re.DOTALL))
    planner = Planner(CODEBOOK, CLASSIFY)
    assert "template_unknown" in {i.check for t in unplanned(document, year).all() for i in t.issues}
    assert planner.read_by_plan(document) is None
    assert read_twice(planner, document, year) == unplanned(document, year)


@pytest.mark.parametrize("flag", ["cut_off", "damaged_bytes"])
def test_cut_and_damaged_pages_have_no_plan(flag: str) -> None:
    document = document_of(whole_page())
    flagged = Document(document.kind, document.title, document.meta, document.blocks, flags=frozenset({flag}))
    planner = Planner(CODEBOOK, CLASSIFY)
    assert read_twice(planner, document, 2021) == unplanned(document)
    assert planner.read_by_plan(flagged) is None
    assert read_twice(planner, flagged, 2021) == unplanned(flagged)


def test_a_row_that_a_finding_quotes_has_no_plan() -> None:
    page = whole_page().replace("</tr>", "</tr><tr><td>从未见过的一行</td><td>5</td></tr>", 400)
    document = document_of(page)
    planner = Planner(CODEBOOK, CLASSIFY)
    assert planner.read_by_plan(document) is None
    assert read_twice(planner, document, 2021) == unplanned(document)


LOOKS: dict[str, Callable[[Any], object]] = {
    **{take.__name__: take for take in (str, repr, hash, bool, len, iter, int, float, list)},
    "==": lambda text: text == "5",
    "!=": lambda text: text != "5",
    "<": lambda text: text < 2,
    "in a set": lambda text: text in {"5"},
    "in a tuple": lambda text: text in ("5",),
    "quoted": lambda text: f"{text}",
    "quoted apart": lambda text: f"{text!r}",
    "first character": lambda text: text[0],
    "+": lambda text: text + 1,
    "sum": lambda text: sum([text]),
    "strip": lambda text: text.strip(),
    "sorted": lambda text: sorted([text, text]),
}
UNREAD_TEXTS: dict[str, Unread] = {"text": UNREAD, "figure": UnreadFigure(3), "put off": PutOff(3, str, ())}


@pytest.mark.parametrize("kind", UNREAD_TEXTS)
@pytest.mark.parametrize("look", LOOKS)
def test_whoever_looks_at_an_unread_text_is_stopped(look: str, kind: str) -> None:
    with pytest.raises(Looked):
        LOOKS[look](UNREAD_TEXTS[kind])


def test_what_takes_texts_alone_takes_no_unread_one() -> None:
    text: Any = UNREAD
    with pytest.raises(TypeError):
        "".join([text])
    with pytest.raises(TypeError):
        re.match("5", text)
