"""A line between tables is no cell: page numbers, captions and words below a row neither fill it nor move figures."""

from __future__ import annotations

import pytest
from golden_cases import books

from extractors.read import read_document
from transforms.tables import Tables, read_tables
from transforms.tokens import classifier

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)

RULES = [
    "二、主动公开政府信息情况",
    "| 第二十条第（一）项 | |||",
    "| 信息内容 | 本年制发件数 | 本年废止件数 | 现行有效件数 |",
]
ROWS_OF_RULES = ["| 规章 | 0 | 0 | 0 |", "| 行政规范性文件 | 1 | 2 | 3 |"]
LICENSING = [
    "| 第二十条第（五）项 | |||",
    "| 信息内容 | 本年处理决定数量 | ||",
    "| 行政许可 | 5 | ||",
]
RESULTS = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
ROUTES = ["未经复议直接起诉", "复议后起诉"]
CHALLENGES = [
    "四、政府信息公开行政复议、行政诉讼情况",
    "| 行政复议 | 行政诉讼 | |||||||||||||",
    f"| {' | '.join([*RESULTS, *ROUTES])} | ||||||||",
    f"| {' | '.join(RESULTS * 2)} | |||||",
]
WHOLE = ["0", "0", "7", "0", "7", "0", "0", "0", "7", "7", "1", "8", "6", "8", "23"]
WITHOUT_ONE = [*WHOLE[:4], *WHOLE[5:]]
"""The same with the first 总计 blank, which the tool dropped."""
LAST_CHAPTER = "五、存在的主要问题及改进情况"
UNREAD = (None, "unreadable")
LOOSE = ["12", "无", "—", "4/9", "表3", "附件1", "单位：件", "（续表）", "第4页", "· 4 ·", "详见附件"]


def read(*lines: str) -> Tables:
    text = "\n".join(["甲县乙局2021年政府信息公开工作年度报告", "一、总体情况", *lines, LAST_CHAPTER, ""])
    return read_tables(read_document(text.encode()), CODEBOOK, classify, 2021)


def read_html(*lines: str) -> Tables:
    page = "".join(f"<p>{line}</p>" for line in lines)
    return read_tables(read_document(f"<html><body>{page}</body></html>".encode()), CODEBOOK, classify, 2021)


def disclosed(tables: Tables, item: str) -> list[tuple[object, str]]:
    reading = tables.disclosures
    cells = zip(reading.keys, reading.cells, strict=True)
    return [(cell.value, cell.status) for (code, _), cell in cells if code == item]


def challenged(tables: Tables) -> list[tuple[object, str]]:
    return [(cell.value, cell.status) for cell in tables.challenges.cells]


def checks(tables: Tables) -> set[tuple[str, str, str | None]]:
    return {
        (issue.check, issue.severity, issue.item)
        for table in tables.all()
        for issue in table.issues
        if issue.check not in ("missing_rows", "table_absent")
    }


def reported(*figures: int) -> list[tuple[object, str]]:
    return [(figure, "reported") for figure in figures]


@pytest.mark.parametrize("gap", [[], [""]])
@pytest.mark.parametrize("loose", LOOSE)
def test_a_line_below_a_row_of_pipes_is_no_cell_of_it(loose: str, gap: list[str]) -> None:
    tables = read(*RULES, "| 行政规范性文件 | 3 | 7 | |", *gap, loose, *gap, *LICENSING)
    assert disclosed(tables, "normative_documents") == [UNREAD] * 3
    assert ("ambiguous_reading", "error", "normative_documents") in checks(tables)
    assert disclosed(tables, "licensing") == reported(5)


@pytest.mark.parametrize("loose", LOOSE)
def test_a_line_below_a_whole_row_of_pipes_takes_nothing_from_it(loose: str) -> None:
    tables = read(*RULES, "| 行政规范性文件 | 3 | 7 | 4 |", "", loose, "", *LICENSING)
    assert disclosed(tables, "normative_documents") == reported(3, 7, 4)
    assert checks(tables) == set()


def test_a_figure_below_a_label_without_cells_may_be_its_own_or_not() -> None:
    tables = read(*RULES, *ROWS_OF_RULES, *LICENSING[:2], "| 行政许可 |", "", "12")
    assert disclosed(tables, "licensing") == [UNREAD]
    assert ("ambiguous_reading", "error", "licensing") in checks(tables)


@pytest.mark.parametrize("reader", [read, read_html])
@pytest.mark.parametrize("loose", [text for text in LOOSE if text != "详见附件"])
def test_a_line_below_table_four_does_not_replace_a_dropped_blank(loose: str, reader: type[Tables]) -> None:
    tables = reader(*CHALLENGES, f"| {' | '.join(WITHOUT_ONE)} | |", loose)
    assert challenged(tables) == [UNREAD] * 15
    assert ("ambiguous_reading", "error", None) in checks(tables)


@pytest.mark.parametrize("loose", LOOSE)
def test_a_line_below_a_whole_table_four_takes_nothing_from_it(loose: str) -> None:
    tables = read(*CHALLENGES, f"| {' | '.join(WHOLE)} |", "", loose)
    assert challenged(tables) == reported(*map(int, WHOLE))


def html2text_rows(*rows: list[str]) -> list[str]:
    return ["| ".join(row) for row in rows]


@pytest.mark.parametrize(("below", "last"), [(["0"], (0, "reported")), (["", "12"], (None, "blank"))])
def test_rows_without_an_outer_pipe_go_on_below_a_pipe_but_not_below_a_blank_line(
    below: list[str], last: tuple[object, str]
) -> None:
    """html2text breaks a long row behind a pipe, and ends a row whose last cell is blank with one."""
    rows = html2text_rows(
        ["第二十条第（一）项"],
        ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"],
        ["规章", "0", "0", "0"],
    )
    read_rows = read(
        RULES[0], *rows, "行政规范性文件| 3| 7|", *below, "", "三、收到和处理政府信息公开申请情况"
    )
    assert disclosed(read_rows, "regulations") == reported(0, 0, 0)
    assert disclosed(read_rows, "normative_documents") == [*reported(3, 7), last]


def plain_challenges(figures: list[str]) -> list[str]:
    heads = ["行政复议", "行政诉讼", *RESULTS, *ROUTES, *RESULTS, *RESULTS]
    return ["四、政府信息公开行政复议、行政诉讼情况", *heads, *figures]


@pytest.mark.parametrize("loose", ["3", "无"])
@pytest.mark.parametrize("reader", [read, read_html])
def test_a_cell_a_line_a_last_figure_that_is_no_sum_may_be_a_page_number(
    loose: str, reader: type[Tables]
) -> None:
    tables = reader(*plain_challenges([*WITHOUT_ONE, loose]))
    assert challenged(tables) == [UNREAD] * 15
    assert ("ambiguous_reading", "error", None) in checks(tables)


@pytest.mark.parametrize("figures", [WHOLE, ["0"] * 15, ["—"] * 15])
def test_a_cell_a_line_a_last_figure_that_is_the_sum_is_read(figures: list[str]) -> None:
    tables = read(*plain_challenges(figures))
    statuses = {"—": (None, "dash")}
    assert challenged(tables) == [statuses.get(text) or (int(text), "reported") for text in figures]


@pytest.mark.parametrize("loose", ["表3", "附件1", "单位：万元", "（续表）", "第4页", "· 4 ·", "- 4 -"])
def test_a_caption_or_page_number_between_cells_a_line_is_left_out(loose: str) -> None:
    tables = read(*plain_challenges([*WHOLE[:8], loose, *WHOLE[8:]]))
    assert challenged(tables) == reported(*map(int, WHOLE))


def test_a_word_among_cells_a_line_places_none_of_them() -> None:
    """详见附件 is a cell there, or a note beside a cell that was dropped."""
    header = ["二、主动公开政府信息情况", "第二十条第（一）项"]
    heads = ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"]
    tables = read(*header, *heads, "规章", "3", "详见附件", "7", "行政规范性文件", "1", "2", "3")
    assert disclosed(tables, "regulations") == [UNREAD] * 3
    assert ("ambiguous_reading", "error", "regulations") in checks(tables)
    assert disclosed(tables, "normative_documents") == reported(1, 2, 3)


HEADS = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]


@pytest.mark.parametrize(("total", "placed"), [("33", True), ("4", False)])
def test_a_word_is_a_cell_of_its_row_where_the_total_says_that_it_stands_for_a_figure(
    total: str, placed: bool
) -> None:
    lines = ["三、收到和处理政府信息公开申请情况", "申请人情况", *HEADS]
    row = ["（一）予以公开", "若干", "3", "0", "0", "1", "0", total]
    tables = read(*lines, *row, "四、结转下年度继续办理", *["0"] * 7)
    cells = [
        cell
        for key, cell in zip(tables.requests.keys, tables.requests.cells, strict=True)
        if key[0] == "granted"
    ]
    assert [cell.value for cell in cells] == ([None, 3, 0, 0, 1, 0, 33] if placed else [None] * 7)
    assert ("unreadable_cell" if placed else "ambiguous_reading", "error", "granted") in checks(tables)


def test_a_lone_number_below_a_row_of_columns_is_no_cell_of_it() -> None:
    lines = [
        "二、主动公开政府信息情况",
        "第二十条第（一）项",
        "信息内容       本年制发件数  本年废止件数  现行有效件数",
        "规章         962    0       0",
        "行政规范性文件    5       267",
        "",
        "12",
        "",
        "第二十条第（五）项",
        "信息内容       本年处理决定数量",
        "行政许可       5",
    ]
    tables = read(*lines)
    assert disclosed(tables, "regulations") == reported(962, 0, 0)
    assert disclosed(tables, "normative_documents") == [UNREAD] * 3
    assert ("ambiguous_reading", "error", "normative_documents") in checks(tables)
    assert disclosed(tables, "licensing") == reported(5)


@pytest.mark.parametrize(
    ("figures", "is_read"),
    [
        (["—"] * 14 + ["3件"], True),
        (["—"] * 14 + ["3"], False),
        (["0"] * 7 + ["无"] + ["0"] * 6 + ["无"], True),
        (["0"] * 14 + ["无"], False),
    ],
)
def test_a_unit_or_the_organs_own_mark_is_no_line_below_table_four(figures: list[str], is_read: bool) -> None:
    cells = challenged(read(*plain_challenges(figures)))
    assert all((status == "unreadable") != is_read for _, status in cells)


def test_a_last_figure_that_is_no_sum_is_told_as_a_false_total_too() -> None:
    """Nobody can say whether it is a page's number or the organ's own wrong sum: an analyst must see both."""
    tables = read(*plain_challenges([*WHOLE[:-1], "3"]))
    found = [issue for issue in tables.challenges.issues if issue.check == "results_total"]
    assert challenged(tables) == [UNREAD] * 15
    assert [(issue.item, issue.column, issue.expected, issue.observed) for issue in found] == [
        ("litigation_after_reconsideration", "total", "23", "3")
    ]


@pytest.mark.parametrize("figures", ["０ 0件 ０ 0 0 0件 0 1件 0 1 0 0件 0 0件 0 件", "共 0 0 7 0 7 件"])
def test_figures_of_table_four_in_one_text_are_unread_and_no_blanks(figures: str) -> None:
    """As markdownify leaves a table within a cell: empty pieces behind the heads, and all figures in one."""
    heads = (
        "| 行政复议 | 行政诉讼 |"
        + "  |" * 40
        + " 结果维持 | 结果纠正 | 其他结果 | 尚未审结 | 总计 |"
        + "  |" * 40
    )
    tables = read(CHALLENGES[0], f"{heads} {figures} |" + "  |" * 40, LAST_CHAPTER)
    assert challenged(tables) == [UNREAD] * 15
    assert ("ambiguous_reading", "error", None) in checks(tables)
