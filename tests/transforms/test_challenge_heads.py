"""Figures of table 四 stand where their heads stand; where a text's heads show another order, nothing is read."""

from __future__ import annotations

from itertools import chain

import pytest
from golden_cases import books

from extractors.read import read_document
from transforms.plans import Planner
from transforms.readings import TableReading
from transforms.tables import read_tables
from transforms.tokens import classifier

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)

FORM = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
PENDING_FIRST = ["结果维持", "结果纠正", "尚未审结", "其他结果", "总计"]
TOTAL_FIRST = ["总计", "结果维持", "结果纠正", "其他结果", "尚未审结"]
CHAPTER = "四、政府信息公开行政复议、行政诉讼情况"
NEXT_CHAPTER = "五、存在的主要问题及改进情况"
PRINTED = [str(figure) for figure in (*range(1, 14), 1, 37)]
"""Figures in the order in which they stand. Two are alike: a text in which none are has lost lines.

The last is the sum of the four before it: else, a cell a line, it may be a page's number.
"""


def read(text: str) -> TableReading:
    return read_tables(read_document(text.encode()), CODEBOOK, classify, 2022).challenges


def routes(reading: TableReading) -> dict[str, dict[str, object]]:
    """The figures by result, route by route."""
    found: dict[str, dict[str, object]] = {}
    for (route, result), cell in zip(reading.keys, reading.cells, strict=True):
        found.setdefault(route, {})[result] = cell.value
    return found


def is_refused(reading: TableReading) -> bool:
    checks = {(issue.check, issue.severity) for issue in reading.issues}
    return {cell.status for cell in reading.cells} == {"unreadable"} and (
        "ambiguous_reading",
        "error",
    ) in checks


def page(*lines: list[str]) -> str:
    rows = "".join("<tr>" + "".join(line) + "</tr>" for line in lines)
    return f"<html><body><p>{CHAPTER}</p><table>{rows}</table><p>{NEXT_CHAPTER}</p></body></html>"


def cells(texts: list[str], spans: str = "") -> list[str]:
    return [f"<td {spans}>{text}</td>" for text in texts]


def statutory(results: list[str], spans: str = "rowspan=2") -> str:
    """The form's page: 行政复议 over five heads of two lines, 行政诉讼 over its two routes."""
    return page(
        cells(["行政复议"], "colspan=5") + cells(["行政诉讼"], "colspan=10"),
        cells(results, spans) + cells(["未经复议直接起诉", "复议后起诉"], "colspan=5"),
        cells(results * 2),
        cells(PRINTED),
    )


LITIGATION_FIRST = page(
    cells(["行政诉讼"], "colspan=10") + cells(["行政复议"], "colspan=5"),
    cells(["未经复议直接起诉", "复议后起诉"], "colspan=5") + cells(FORM, "rowspan=2"),
    cells(FORM * 2),
    cells(PRINTED),
)


def text(*lines: list[str]) -> str:
    return "\n".join([CHAPTER, *("| " + " | ".join(line) + " |" for line in lines), NEXT_CHAPTER])


def plain(*heads: str) -> str:
    """A cell a line."""
    return "\n".join([CHAPTER, *heads, *PRINTED, NEXT_CHAPTER])


def test_results_of_a_grid_are_read_below_their_heads() -> None:
    found = routes(read(statutory(PENDING_FIRST)))
    assert found["reconsideration"] == {
        "upheld": 1, "corrected": 2, "pending": 3, "other_result": 4, "total": 5,
    }  # fmt: skip
    assert found["litigation_after_reconsideration"] == {
        "upheld": 11, "corrected": 12, "pending": 13, "other_result": 1, "total": 37,
    }  # fmt: skip


def test_a_total_that_stands_first_is_read_below_its_head() -> None:
    found = routes(read(statutory(TOTAL_FIRST)))
    assert found["litigation_direct"] == {
        "total": 6, "upheld": 7, "corrected": 8, "other_result": 9, "pending": 10,
    }  # fmt: skip


def test_routes_of_a_grid_are_read_below_their_heads() -> None:
    found = routes(read(LITIGATION_FIRST))
    assert found["litigation_direct"] == dict(zip(CODE_ORDER, range(1, 6), strict=True))
    assert found["litigation_after_reconsideration"] == dict(zip(CODE_ORDER, range(6, 11), strict=True))
    assert found["reconsideration"] == dict(zip(CODE_ORDER, (11, 12, 13, 1, 37), strict=True))


CODE_ORDER = ["upheld", "corrected", "other_result", "pending", "total"]
IN_ORDER = {
    "reconsideration": dict(zip(CODE_ORDER, range(1, 6), strict=True)),
    "litigation_direct": dict(zip(CODE_ORDER, range(6, 11), strict=True)),
    "litigation_after_reconsideration": dict(zip(CODE_ORDER, (11, 12, 13, 1, 37), strict=True)),
}


@pytest.mark.parametrize(
    "source",
    [statutory(PENDING_FIRST), statutory(TOTAL_FIRST), LITIGATION_FIRST],
    ids=["pending first", "total first", "litigation first"],
)
def test_a_plan_reads_other_orders_as_the_reader_does(source: str) -> None:
    planned = Planner(CODEBOOK, classify).read_by_plan(read_document(source.encode()))
    assert planned is not None
    assert routes(planned.challenges) == routes(read(source))


def test_heads_that_lost_their_spans_are_read_in_their_order() -> None:
    assert routes(read(statutory(FORM, spans=""))) == IN_ORDER
    assert is_refused(read(statutory(PENDING_FIRST, spans="")))


@pytest.mark.parametrize("lost", ["行政复议", "结果纠正"])
def test_a_grid_with_a_lost_head_is_read_only_in_the_order_of_the_form(lost: str) -> None:
    assert routes(read(statutory(FORM).replace(f">{lost}<", "><", 1))) == IN_ORDER
    for source in (statutory(PENDING_FIRST), statutory(TOTAL_FIRST), LITIGATION_FIRST):
        assert is_refused(read(source.replace(f">{lost}<", "><", 1)))


def heads_of(results: list[str]) -> list[list[str]]:
    return [["行政复议", "行政诉讼"], [*results, "未经复议直接起诉", "复议后起诉"], results * 2]


@pytest.mark.parametrize("results", [PENDING_FIRST, TOTAL_FIRST])
def test_a_text_whose_results_stand_in_another_order_is_not_read(results: list[str]) -> None:
    assert is_refused(read(text(*heads_of(results), PRINTED)))
    assert is_refused(read(plain(*chain(*heads_of(results)))))
    assert routes(read(text(*heads_of(FORM), PRINTED))) == IN_ORDER
    assert routes(read(plain(*chain(*heads_of(FORM))))) == IN_ORDER


def test_one_route_of_a_text_in_another_order_leaves_all_three_unread() -> None:
    heads = heads_of(FORM)
    heads[1][2:4] = heads[1][3:1:-1]
    assert is_refused(read(text(*heads, PRINTED)))


def test_a_text_that_names_litigation_first_is_not_read() -> None:
    heads = [["行政诉讼", "行政复议"], ["未经复议直接起诉", "复议后起诉"], FORM * 3]
    assert is_refused(read(text(*heads, PRINTED)))
    assert routes(read(text(["行政复议", "行政诉讼"], *heads[1:], PRINTED))) == IN_ORDER
    assert routes(read(text(["行政复议、行政诉讼"], *heads[1:], PRINTED))) == IN_ORDER


BROKEN = [["结果", "结果", "其他", "尚未", "总计"], ["维持", "纠正", "结果", "审结"]]
"""Heads of two lines, first all first lines and then all second ones."""


def broken(first: list[str], second: list[str]) -> str:
    return plain(
        "行政复议", "行政诉讼", *first, "未经复议直接起诉", "复议后起诉", *second, *(first + second) * 2
    )


def test_broken_heads_are_read_unless_another_order_is_seen() -> None:
    first, second = BROKEN
    assert routes(read(broken(first, second))) == IN_ORDER
    assert is_refused(
        read(broken(["结果", "结果", "尚未", "其他", "总计"], ["维持", "纠正", "审结", "结果"]))
    )
    assert is_refused(read(broken(["总计", "结果", "结果", "其他", "尚未"], second)))


@pytest.mark.parametrize("lost", [0, 1, 2, 3, 4])
def test_heads_that_a_tool_lost_do_not_matter(lost: int) -> None:
    first, *others = heads_of(FORM)
    kept = [head for line in others for head in line if head != FORM[lost]]
    assert routes(read(plain(*first, *kept))) == IN_ORDER


def test_a_table_in_parts_is_read_by_the_heads_of_each() -> None:
    parts = [("行政复议", PRINTED[:5]), ("未经复议直接起诉", PRINTED[5:10]), ("复议后起诉", PRINTED[10:])]
    in_form = [
        line
        for route, printed in parts
        for line in (cells([route], "colspan=5"), cells(FORM), cells(printed))
    ]
    assert routes(read(page(*in_form))) == IN_ORDER
    mixed = [cells(PENDING_FIRST) if line == cells(FORM) else line for line in in_form]
    assert routes(read(page(*mixed)))["litigation_direct"] == {
        "upheld": 6, "corrected": 7, "pending": 8, "other_result": 9, "total": 10,
    }  # fmt: skip
