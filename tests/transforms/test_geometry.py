"""What heads and spelt-out grids prove: no padding, no spanned column, one geometry; on small texts read whole."""

from __future__ import annotations

import pytest
from golden_cases import books

from extractors.read import read_document
from transforms.geometry import head_gaps
from transforms.readings import CellReading
from transforms.tables import read_tables
from transforms.tokens import classifier, runs_of, tokens_of

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)

HEAD = "| 信息内容 | 上一年项目数量 | 本年增/减 |  | 处理决定数量 |"
OVER = "| 第二十条第（五）项 |  |  |  |  |\n|  | 上年 |  | 今年 |  |\n"


def disclosed(text: str, item: str) -> list[tuple[float | None, str]]:
    tables = read_tables(read_document(text.encode(), None), CODEBOOK, classify, 2019)
    reading = tables.disclosures
    cells = dict(zip(reading.keys, reading.cells, strict=True))
    return [(cell.value, cell.status) for key, cell in cells.items() if key[0] == item]


def challenged(text: str) -> list[CellReading]:
    tables = read_tables(read_document(text.encode(), None), CODEBOOK, classify, 2021)
    return list(tables.challenges.cells)


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        ("| 7 |  |  | 9 |", [(7, "reported"), (None, "blank"), (9, "reported")]),
        ("| 7 | 8 |  |  |", [(7, "reported"), (8, "reported"), (None, "blank")]),
        ("| 7 |  |  |  |", [(7, "reported"), (None, "blank"), (None, "blank")]),
        ("|  | 8 |  |  |", [(None, "blank"), (8, "reported"), (None, "blank")]),
        ("| 7 |  | 8 |  |", [(None, "unreadable")] * 3),
        ("|  |  | 8 |  |", [(None, "unreadable")] * 3),
    ],
)
def test_a_row_with_a_spanned_column_is_read_where_every_geometry_agrees(
    cells: str, read: list[tuple[float | None, str]]
) -> None:
    rows = f"{OVER}{HEAD}\n| 行政许可 {cells}\n| 其他对外管理服务事项 | 1 | 2 |  | 3 |\n"
    assert disclosed(rows, "licensing") == read


def test_a_label_nobody_knows_keeps_the_blank_cell_behind_it() -> None:
    rows = f"{OVER}{HEAD}\n| 行政许可项 |  | 8 |  |  |\n| 其他对外管理服务事项 | 1 | 2 |  | 3 |\n"
    assert disclosed(rows, "licensing") == [(None, "blank"), (8, "reported"), (None, "blank")]


@pytest.mark.parametrize(
    ("text", "unpadded"),
    [
        ("二\n|\n第二十条第（五）项\n|\n信息内容\n|\n数量\n|\n行政许可\n|\n3\n|\n", True),
        ("二\n|\n第二十条第（五）项\n|\n|\n信息内容\n|\n数量\n|\n行政许可\n|\n3\n|\n", False),
        ("信息内容\n|\n数量\n|\n行政许可\n|\n3\n|\n", False),
        ("|第二十条第（五）项||||||||||||||\n|信息内容|数量|\n|行政许可|3|\n", False),
    ],
)
def test_rows_are_not_padded_where_the_shortest_is_not(text: str, unpadded: bool) -> None:
    tokens = tokens_of(runs_of(read_document(text.encode(), None), CODEBOOK, classify), classify)
    assert head_gaps(tokens).unpadded == unpadded


HEADS = (
    "行政复议 | 行政诉讼 |\n"
    + "结果维持 | 结果纠正 | 其他结果 | 尚未审结 | 总计 | 未经复议直接起诉 | 复议后起诉 |\n"
)
LEAVES = " | ".join(["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"] * 2) + " |\n"
CLAUSE = "第二十条第（五）项 |\n信息内容 | 本年处理决定数量 |\n行政许可 | 3 |\n"


def test_table_four_with_its_first_cells_blank_in_a_text_that_pads_nothing() -> None:
    row = " |  | 4 | " + " | ".join("0" for _ in range(11)) + " |  |\n"
    cells = challenged(CLAUSE + HEADS + LEAVES + row)
    assert [cell.value for cell in cells] == [None, None, 4, *[0] * 11, None]
    assert {cell.status for cell in cells if cell.value is None} == {"blank"}


def test_table_four_that_lost_a_blank_and_is_padded_to_its_width_is_null() -> None:
    text = (
        "|第二十条第（一）项|||||||||||||||\n|行政复议|行政诉讼||||||||||||||\n"
        "|结果维持|结果纠正|其他结果|尚未审结|总计|未经复议直接起诉|复议后起诉|||||||||\n"
        "|结果维持|结果纠正|其他结果|尚未审结|总计|结果维持|结果纠正|其他结果|尚未审结|总计||||||\n"
        "|0|0|5|0|5|0|1|0|1|0|0|0|0|0||\n"
    )
    assert {(cell.value, cell.status) for cell in challenged(text)} == {(None, "unreadable")}


def test_table_four_without_any_figure_is_blank_and_not_absent() -> None:
    cells = challenged(CLAUSE + HEADS + LEAVES + " |" * 15 + "\n五、存在的主要问题\n")
    assert [cell.status for cell in cells] == ["blank"] * 15


def test_a_last_figure_glued_to_the_next_chapter_is_read() -> None:
    row = " | ".join("0" for _ in range(14))
    cells = challenged(CLAUSE + HEADS + LEAVES + row + " | 7 五、存在的主要问题及改进情况 人员不足。\n")
    assert [cell.value for cell in cells] == [*[0] * 14, 7]


def test_heads_that_lost_their_ends_are_heads_all_the_same() -> None:
    text = "信息内容\n本年新 本年新 对外公开 规章\n3\n0\n7\n规范性文件\n1\n2\n4\n"
    assert disclosed(text, "regulations") == [(3, "reported"), (0, "reported"), (7, "reported")]


SPELT_OUT = """\
| 信息内容 | 本年处理决定数量 | | |
| 行政许可 | 10 | | |
| （本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和） | | | 申请人情况 | | | | | | |
| | | | 自然人 | 法人或其他组织 | | | | | 总计 |
| | | | | 商业企业 | 科研机构 | 社会公益组织 | 法律服务机构 | 其他 | |
| 二、上年结转政府信息公开申请数量 | | | | | 0 | | 0 | | |
| | | 6.属于四类过程性信息 | 8 | 0 | 0 | 0 | 39 | 0 | 47 |
| | | 7.属于行政执法案卷 | | | | 37 | | | |"""


@pytest.mark.parametrize("lines", [SPELT_OUT, "\n".join(SPELT_OUT.split("\n")[4:6])])
def test_the_width_of_one_tables_rows_says_nothing_of_anothers(lines: str) -> None:
    tables = read_tables(read_document(lines.encode()), CODEBOOK, classify, 2021)
    read = dict(zip(tables.requests.keys, tables.requests.cells, strict=True))
    carried = {who: cell.status for (item, who), cell in read.items() if item == "carried_in"}
    assert set(carried.values()) == {"unreadable"}
