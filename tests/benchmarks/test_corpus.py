"""The generator against independent readers: what it says it printed is what its pages hold."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from bs4 import BeautifulSoup

from benchmarks.corpus import forms
from benchmarks.corpus.build import build_documents
from benchmarks.corpus.content import write_content
from benchmarks.corpus.documents import survey
from benchmarks.corpus.markup import DIALECTS
from benchmarks.corpus.mutations import HTML_DAMAGES, TEXT_DAMAGES, mutate
from benchmarks.corpus.pages import Dress, encode_page, write_page
from benchmarks.corpus.shapes import Shape, lay_out
from benchmarks.corpus.texts import LAYOUTS, write_text
from benchmarks.corpus.truths import CellTruth, Truth, draw_truth
from transforms.codebook import load_codebook

CODEBOOK = Path(__file__).resolve().parents[2] / "data" / "codebook"

BARE = Dress(meta_tags=False, navigation=False, footer=False)


def _draw(seed: int) -> tuple[Truth, Random]:
    rng = Random(seed)
    return draw_truth(rng), rng


def _expand(table: object) -> list[list[str]]:
    """A table's full grid by the spans that BeautifulSoup sees; each spanned slot repeats the text."""
    grid: dict[tuple[int, int], str] = {}
    for row, line in enumerate(table.find_all("tr")):
        column = 0
        for cell in line.find_all(["td", "th"], recursive=False):
            while (row, column) in grid:
                column += 1
            for below in range(int(cell.get("rowspan", 1))):
                for right in range(int(cell.get("colspan", 1))):
                    grid[row + below, column + right] = "".join(cell.get_text().split())
            column += int(cell.get("colspan", 1))
    rows = 1 + max(row for row, _ in grid)
    width = 1 + max(column for _, column in grid)
    return [[grid.get((row, column), "") for column in range(width)] for row in range(rows)]


def _printed(truth: Truth, table: str, item: str, columns: tuple[str, ...]) -> list[str]:
    return ["".join(truth.cells[table, item, column].printed.split()) for column in columns]


@pytest.mark.parametrize("dialect", sorted(set(DIALECTS) - {"unclosed", "unclosed_td"}))
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_pages_print_the_truth_as_beautifulsoup_reads_them(dialect: str, seed: int) -> None:
    truth, rng = _draw(seed)
    content = write_content(rng, truth, lay_out(rng, truth, Shape()))
    soup = BeautifulSoup(write_page(rng, truth, content, dialect, BARE), "lxml")
    disclosures, requests, challenges = map(_expand, soup.find_all("table"))

    items = forms.request_items(truth.requests_form)
    assert [row[3:] for row in requests[3:]] == [
        _printed(truth, "requests", item, forms.APPLICANTS) for item in items
    ]
    results = tuple(code for code, _ in forms.RESULTS)
    expected = [text for route, _ in forms.ROUTES for text in _printed(truth, "challenges", route, results)]
    assert challenges[-1] == expected

    at = 0
    for block in forms.DISCLOSURES[truth.disclosures_form]:
        measures = tuple(code for code, _ in block.columns)
        for offset, (item, label) in enumerate(block.rows):
            row = disclosures[at + 2 + offset]
            assert row[0] == label
            assert row[1 : len(measures) + 1] == _printed(truth, "disclosures", item, measures)
        at += 2 + len(block.rows)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    once, again = build_documents(5, 60, use_tools=False), build_documents(5, 60, use_tools=False)
    assert [(d.name, d.content, d.truths) for d in once] == [(d.name, d.content, d.truths) for d in again]
    other = build_documents(6, 60, use_tools=False)
    assert not {d.content for d in once if d.truths} & {d.content for d in other if d.truths}


def test_no_two_documents_share_an_address() -> None:
    documents = build_documents(1, 400, use_tools=False)
    assert len({document.source for document in documents}) == len(documents)


@pytest.mark.parametrize("form", ["2019", "2021"])
def test_forms_typed_here_hold_the_codebook_s_cells_and_no_other(form: str) -> None:
    codebook = load_codebook(CODEBOOK)
    disclosures = [
        ("disclosures", item, measure)
        for clause in codebook.clauses
        if clause.template == form
        for item in clause.items
        for measure in clause.measures
    ]
    crossed = [
        (table, item, column)
        for table, rows, columns in (("requests", "item", "applicant"), ("challenges", "route", "result"))
        for item in codebook.codes(table, rows, form)
        for column in codebook.codes(table, columns, form)
    ]
    assert sorted(forms.keys_of(form, form)) == sorted([*disclosures, *crossed])


def test_a_truth_without_a_broken_sum_satisfies_every_identity() -> None:
    for seed in range(80):
        truth, _ = _draw(seed)
        value = {key: cell.value for key, cell in truth.cells.items()}
        items = forms.request_items(truth.requests_form)
        for item in items:
            row = [value["requests", item, who] for who in forms.APPLICANTS]
            named = any(b.identity == "applicants" and b.item == item for b in truth.broken)
            assert (None not in row and sum(row[:-1]) != row[-1]) == named


def test_an_error_put_into_a_sum_is_recorded_on_every_identity_it_breaks() -> None:
    truth = next(truth for truth, _ in map(_draw, range(50)) if not truth.broken and not truth.traits)
    key = ("requests", "granted", "natural_person")
    spoilt = CellTruth((truth.cells[key].value or 0) + 1, "reported", "7")
    broken = truth.with_cells({**truth.cells, key: spoilt}).broken
    assert {(b.identity, b.item, b.column) for b in broken} == {
        ("outcomes", None, "natural_person"),
        ("applicants", "granted", None),
    }


@pytest.mark.parametrize("charset", ["gbk", "utf-8 said gb2312", "gbk said utf-8", "utf-8 bom"])
def test_charsets_keep_every_character(charset: str) -> None:
    codec = "gbk" if charset.startswith("gbk") else "utf-8-sig"
    page, _ = encode_page("<html><head>{charset}</head>规章 “三安全” 増</html>", charset)
    assert "规章 “三安全”" in page.decode(codec)


def test_survey_tells_a_kept_table_from_a_thinned_and_a_lost_one() -> None:
    truth, rng = _draw(11)
    blanked = {key: CellTruth(0, "reported", "0") for key in truth.cells}
    blanked["requests", "granted", "total"] = CellTruth(None, "blank", "")
    truth = truth.with_cells(blanked)
    tables = lay_out(rng, truth, Shape())
    content = write_content(rng, truth, tables)
    text = write_text(rng, content, LAYOUTS["A"])
    found = survey(text, tables, keeps_blanks=False)
    assert found == {"disclosures": "kept", "requests": "thinned", "challenges": "kept"}
    head = text[: text.index("四、政府信息公开行政复议")]
    assert survey(head, tables, keeps_blanks=False)["challenges"] == "lost"


@pytest.mark.parametrize("damage", sorted(HTML_DAMAGES))
def test_every_damage_finds_a_place_in_a_page_and_changes_it(damage: str) -> None:
    truth, rng = _draw(2)
    content = write_content(rng, truth, lay_out(rng, truth, Shape()))
    page = write_page(rng, truth, content, "plain_spaced", BARE).encode()
    first, second = mutate(page, damage, 1), mutate(page, damage, 1)
    assert first is not None
    assert first == second
    assert first.content != page


@pytest.mark.parametrize("damage", sorted(TEXT_DAMAGES))
def test_every_damage_finds_a_place_in_a_text_and_changes_it(damage: str) -> None:
    truth, rng = _draw(2)
    content = write_content(rng, truth, lay_out(rng, truth, Shape()))
    text = write_text(rng, content, LAYOUTS["G1"]).encode()
    mutant = mutate(text, damage, 4)
    assert mutant is not None
    assert mutant.content != text


def test_a_dropped_cell_is_gone_and_no_other() -> None:
    page = b"<table><tr><td>A</td><td>1</td><td>2</td></tr></table>"
    mutant = mutate(page, "drop_cell", 3)
    assert mutant is not None
    left = [cell.get_text() for cell in BeautifulSoup(mutant.content, "lxml").find_all("td")]
    assert sorted([*left, *mutant.touched]) == ["1", "2", "A"]
