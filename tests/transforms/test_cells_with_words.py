"""What an organ printed in a cell is that cell, however long: it is never blank because it is no figure."""

from __future__ import annotations

import pytest
from golden_cases import books

from extractors.read import read_document
from transforms.readings import TableReading
from transforms.tables import read_tables
from transforms.tokens import classifier

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)

LICENSING = ["二、主动公开政府信息情况", "| 第二十条第（五）项 | |||", "| 信息内容 | 本年处理决定数量 | ||"]
LAST_CHAPTER = "五、存在的主要问题及改进情况"


def read(*lines: str) -> TableReading:
    text = "\n".join(["甲县乙局2021年政府信息公开工作年度报告", "一、总体情况", *lines, LAST_CHAPTER, ""])
    return read_tables(read_document(text.encode()), CODEBOOK, classify, 2021).disclosures


def cells(reading: TableReading, item: str) -> list[tuple[object, str, str | None]]:
    read_cells = zip(reading.keys, reading.cells, strict=True)
    return [(cell.value, cell.status, cell.raw) for (code, _), cell in read_cells if code == item]


def checks(reading: TableReading, item: str) -> set[tuple[str, str]]:
    return {(issue.check, issue.severity) for issue in reading.issues if issue.item == item}


@pytest.mark.parametrize(
    "printed", ["5件（其中变更4件）", "5千元", "160.5万", "5家", "５家", "12次以上（含线上办理）"]
)
def test_a_text_that_begins_with_digits_is_the_cell_behind_its_label(printed: str) -> None:
    reading = read(*LICENSING, f"| 行政许可 | {printed} | ||")
    assert cells(reading, "licensing") == [(None, "unreadable", printed)]
    assert checks(reading, "licensing") == {("unreadable_cell", "error")}


def test_a_figure_that_a_tool_glued_to_the_next_heading_is_not_blank() -> None:
    heads = "第二十条第（九）项 | 信息内容| 采购项目数量| 采购总金额（万元） | 政府集中采购| \u200b| "
    glued = "219.9554三、收到和处理政府信息公开申请情况"
    reading = read("二、主动公开政府信息情况", f"{heads}{glued}| 申请人情况 | 自然人")
    assert cells(reading, "procurement")[1] == (None, "unreadable", glued)
    assert ("unreadable_cell", "error") in checks(reading, "procurement")


@pytest.mark.parametrize(
    "behind", ["1.要求提供公开出版物", "2021年，我局共办理行政许可若干", "3、其他事项说明"]
)
def test_numbering_and_years_are_no_cells(behind: str) -> None:
    reading = read(*LICENSING, "| 行政许可 | ||", "| 行政处罚 | 7 | ||", behind)
    assert cells(reading, "penalty") == [(7, "reported", None)]
    bare = read(
        "二、主动公开政府信息情况", "第二十条第（五）项", "信息内容", "本年处理决定数量", "行政许可", behind
    )
    assert cells(bare, "licensing") == [(None, "blank", None)]
    assert checks(bare, "licensing") == {("cells_dropped", "warning")}


def test_a_row_of_padding_alone_is_not_said_to_be_blank_without_a_finding() -> None:
    """The pieces behind the label may stand for the columns that a cell spans, or for nothing."""
    reading = read(
        "二、主动公开政府信息情况",
        "| 第二十条第（一）项 | |||",
        "| 信息内容 | 本年制发件数 | 本年废止件数 | 现行有效件数 |",
        "| 规章 | 0 | 0 | 0 |",
        "| 行政规范性文件 | ||",
        *LICENSING[1:],
        "| 行政许可 | 5 | ||",
    )
    assert cells(reading, "normative_documents") == [(None, "blank", None)] * 3
    assert checks(reading, "normative_documents") == {("cells_dropped", "warning")}


def test_blank_cells_of_a_grid_are_blank_without_a_finding() -> None:
    rows = [["信息内容", "本年处理决定数量"], ["行政许可", ""]]
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    page = f"<html><body><table><tr><td colspan=2>第二十条第（五）项</td></tr>{table}</table></body></html>"
    reading = read_tables(read_document(page.encode()), CODEBOOK, classify, 2021).disclosures
    assert cells(reading, "licensing") == [(None, "blank", None)]
    assert checks(reading, "licensing") == set()
