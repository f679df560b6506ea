"""Rows that a page prints twice: a blank one is a copy that differs from one with figures, a bare label is none."""

from __future__ import annotations

import pytest
from golden_cases import books

from extractors.read import read_document
from transforms.readings import TableReading
from transforms.tables import Tables, read_tables
from transforms.tokens import classifier

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)

DISCLOSURES = "二、主动公开政府信息情况"
REQUESTS = "三、收到和处理政府信息公开申请情况"
CHALLENGES = "四、政府信息公开行政复议、行政诉讼情况"
APPLICANTS = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
RESULTS = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
BLANKS = [""] * 7
THREE = ["3", "0", "0", "0", "0", "0", "3"]
NONE = ["0"] * 7
FIFTEEN = [str(figure) for figure in (*range(1, 15), 1)]
Line = list[str]


def read(text: str) -> Tables:
    return read_tables(read_document(text.encode()), CODEBOOK, classify, 2021)


def html(chapter: str, *tables: list[Line]) -> str:
    """A page with one table of the form in several copies, each a grid."""
    grids = "".join("<table>" + "".join(map(_row, lines)) + "</table><p>上年：</p>" for lines in tables)
    return f"<html><body><p>{chapter}</p>{grids}<p>五、存在的主要问题及改进情况</p></body></html>"


def _row(line: Line) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>"


def pipes(chapter: str, *tables: list[Line]) -> str:
    lines = ["| " + " | ".join(line) + " |" for table in tables for line in table]
    return "\n".join([chapter, *lines, "五、存在的主要问题及改进情况"])


def values(reading: TableReading, item: str) -> list[object]:
    return [cell.value for key, cell in zip(reading.keys, reading.cells, strict=True) if key[0] == item]


def statuses(reading: TableReading, item: str) -> set[str]:
    return {cell.status for key, cell in zip(reading.keys, reading.cells, strict=True) if key[0] == item}


def twice(reading: TableReading) -> set[str | None]:
    return {issue.item for issue in reading.issues if (issue.check, issue.severity) == ("row_twice", "error")}


def licences(figure: str) -> list[Line]:
    return [["第二十条第（五）项"], ["信息内容", "本年处理决定数量"], ["行政许可", figure]]


def penalties(*figures: str) -> list[Line]:
    labels = ["行政处罚", "行政强制"]
    rows = [[label, figure] for label, figure in zip(labels, figures, strict=True)]
    return [["第二十条第（六）项"], ["信息内容", "本年处理决定数量"], *rows]


@pytest.mark.parametrize("layout", [html, pipes])
def test_last_years_figure_is_not_read_for_this_years_blank(layout: object) -> None:
    assert callable(layout)
    found = read(layout(DISCLOSURES, licences("") + penalties("4", "5"), licences("17"))).disclosures
    assert statuses(found, "licensing") == {"unreadable"}
    assert twice(found) == {"licensing"}
    assert values(found, "penalty") == [4]


def test_a_blank_table_above_another_gives_none_of_its_rows() -> None:
    rules = [
        ["第二十条第（一）项"],
        ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"],
        ["规章", "", "", ""],
        ["行政规范性文件", "", "", ""],
    ]
    printed = [*rules[:2], ["规章", "1", "2", "3"], ["行政规范性文件", "4", "5", "6"]]
    found = read(
        html(
            DISCLOSURES,
            rules + licences("") + penalties("", "7"),
            printed + licences("8") + penalties("9", "7"),
        )
    ).disclosures
    items = ["regulations", "normative_documents", "licensing", "penalty", "coercion"]
    assert all(statuses(found, item) == {"unreadable"} for item in items)
    assert twice(found) == set(items)


def test_a_row_that_is_blank_below_its_figures_or_printed_alike_is_read() -> None:
    assert values(read(html(DISCLOSURES, licences("17"), licences(""))).disclosures, "licensing") == [17]
    assert values(read(html(DISCLOSURES, licences("17"), licences("17"))).disclosures, "licensing") == [17]
    blank = read(html(DISCLOSURES, licences(""), licences(""))).disclosures
    assert statuses(blank, "licensing") == {"blank"}
    assert not twice(blank)


def requests(granted: Line, *between: Line, received: Line = THREE, carried: Line = NONE) -> list[Line]:
    return [
        ["项目", *APPLICANTS],
        ["一、本年新收政府信息公开申请数量", *received],
        ["二、上年结转政府信息公开申请数量", *carried],
        ["（一）予以公开", *granted],
        *between,
        ["（七）总计", *granted],
        ["四、结转下年度继续办理", *carried],
    ]


def test_a_row_of_a_summary_is_not_read_for_a_blank_one() -> None:
    summary = [["项目", *APPLICANTS], ["（一）予以公开", *THREE]]
    table = requests(BLANKS)
    table[-2] = ["（七）总计", *THREE]
    found = read(html(REQUESTS, table, summary)).requests
    assert statuses(found, "granted") == {"unreadable"}
    assert twice(found) == {"granted"}
    assert values(found, "received") == [3, 0, 0, 0, 0, 0, 3]


def test_a_blank_table_of_requests_above_another_is_refused() -> None:
    blank = requests(BLANKS, received=BLANKS, carried=BLANKS)
    found = read(html(REQUESTS, blank, requests(THREE)))
    assert {reading.state for reading in found.all()} == {"refused"}
    assert not any(cell.value is not None for reading in found.all() for cell in reading.cells)
    assert "several_reports" in {issue.check for issue in found.disclosures.issues}


def test_a_label_without_cells_gives_way_to_the_row() -> None:
    found = read(html(DISCLOSURES, [*licences("17")[:2], ["行政许可"], *licences("17")])).disclosures
    assert values(found, "licensing") == [17]
    assert not twice(found)


def test_a_label_that_a_page_break_cuts_has_the_cells_of_the_row_below_it() -> None:
    halves = [
        ["（二）部分公开", *BLANKS],
        ["（二）部分公开（区分处理的，只计这一情形，不计其他情形）", *THREE],
    ]
    for layout in (html, pipes):
        found = read(layout(REQUESTS, requests(NONE, *halves))).requests
        assert values(found, "partially_granted") == [3, 0, 0, 0, 0, 0, 3]
        assert not twice(found)


def test_other_handling_as_heading_and_as_row_is_read() -> None:
    lines = [["（六）其他处理", *BLANKS], ["（六）其他处理", *THREE]]
    found = read(html(REQUESTS, requests(NONE, *lines))).requests
    assert values(found, "other_handling") == [3, 0, 0, 0, 0, 0, 3]
    assert not twice(found)


def test_a_total_among_heads_does_not_dispute_the_row_of_totals() -> None:
    found = read(html(REQUESTS, requests(THREE, ["总计", *BLANKS], ["（二）部分公开", *NONE]))).requests
    assert values(found, "outcome_total") == [3, 0, 0, 0, 0, 0, 3]
    assert not twice(found)


def challenged(printed: Line) -> list[Line]:
    return [
        ["行政复议", "行政诉讼"],
        [*RESULTS, "未经复议直接起诉", "复议后起诉"],
        RESULTS * 2,
        printed,
    ]


def parts(printed: Line) -> list[Line]:
    """Table 四 with its routes below each other."""
    routes = ["行政复议", "未经复议直接起诉", "复议后起诉"]
    figures = [printed[at : at + 5] for at in range(0, 15, 5)]
    return [line for route, row in zip(routes, figures, strict=True) for line in ([route], RESULTS, row)]


def figures(reading: TableReading) -> list[object]:
    return [cell.value for cell in reading.cells]


@pytest.mark.parametrize("form", [challenged, parts])
def test_last_years_challenges_are_not_read_for_this_years_blank_ones(form: object) -> None:
    assert callable(form)
    found = read(html(CHALLENGES, form([""] * 15), form(FIFTEEN))).challenges
    assert {cell.status for cell in found.cells} == {"unreadable"}
    assert twice(found) == {None}
    assert figures(read(html(CHALLENGES, form(FIFTEEN), form([""] * 15))).challenges) == list(
        map(int, FIFTEEN)
    )


def test_a_text_with_blank_challenges_above_others_is_not_read() -> None:
    found = read(pipes(CHALLENGES, challenged([""] * 15), challenged(FIFTEEN))).challenges
    assert {cell.status for cell in found.cells} == {"unreadable"}
    assert any(issue.severity == "error" for issue in found.issues)


def test_a_blank_line_between_heads_and_figures_is_no_copy() -> None:
    lines = challenged([""] * 15)
    found = read(html(CHALLENGES, [*lines, FIFTEEN])).challenges
    assert figures(found) == list(map(int, FIFTEEN))
    assert not twice(found)
