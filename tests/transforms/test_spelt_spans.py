"""Tools that print a cell once for each column it spans, and what such a text no longer tells once cells are lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from golden_cases import books

from extractors.read import read_document
from transforms.tables import Tables, read_tables
from transforms.tokens import classifier

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)

KINDS = ["商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他"]
LAST_CHAPTER = "五、存在的主要问题及改进情况"
UNREAD = [(None, "unreadable")] * 7
SPELT = [
    "三、收到和处理政府信息公开申请情况",
    "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和） |  |  | 申请人情况 |  |  |  |  |  |  |",
    "自然人 | 法人或其他组织 |  |  |  |  | 总计 |",
    " | ".join(KINDS) + " |",
]


def read(*lines: str) -> Tables:
    text = "\n".join(["甲县乙局2021年政府信息公开工作年度报告", "一、总体情况", *lines, LAST_CHAPTER, ""])
    return read_tables(read_document(text.encode()), CODEBOOK, classify, 2021)


def requested(tables: Tables, item: str) -> list[tuple[object, str]]:
    reading = tables.requests
    cells = zip(reading.keys, reading.cells, strict=True)
    return [(cell.value, cell.status) for (code, _), cell in cells if code == item]


def disclosed(tables: Tables, item: str) -> list[tuple[object, str]]:
    reading = tables.disclosures
    cells = zip(reading.keys, reading.cells, strict=True)
    return [(cell.value, cell.status) for (code, _), cell in cells if code == item]


def told(tables: Tables, item: str) -> set[tuple[str, str]]:
    issues = [*tables.requests.issues, *tables.disclosures.issues]
    return {(issue.check, issue.severity) for issue in issues if issue.item == item}


def reported(*figures: int) -> list[tuple[object, str]]:
    return [(figure, "reported") for figure in figures]


def spelt_row(label: str, spanned: int, figures: Sequence[str]) -> str:
    return " | ".join([label, *[""] * spanned, *figures]) + " |"


def test_complete_rows_behind_spelt_out_labels_are_read() -> None:
    figures = ["1", "2", "3", "4", "5", "6", "21"]
    tables = read(
        *SPELT,
        spelt_row("一、本年新收政府信息公开申请数量", 2, figures),
        spelt_row("三、本年度办理结果 | （一）予以公开", 1, figures),
    )
    for item in ("received", "granted"):
        assert requested(tables, item) == reported(1, 2, 3, 4, 5, 6, 21)


@pytest.mark.parametrize("complete", [True, False])
def test_the_last_blank_that_a_tool_trimmed_does_not_move_the_others(complete: bool) -> None:
    # （七）总计 spans two columns; trimmed, its row is as wide as the form, and begins with the spanned column.
    received = ["0", "0", "0", "0", "0", "0"] + ["0"] * complete
    tables = read(
        *SPELT,
        spelt_row("一、本年新收政府信息公开申请数量", 2, received),
        spelt_row("（七）总计", 1, ["0", "0", "0", "0", "0", "0"]),
    )
    assert requested(tables, "outcome_total") == UNREAD
    assert ("ambiguous_reading", "error") in told(tables, "outcome_total")


def test_a_piece_behind_a_spelt_out_label_is_no_proven_cell() -> None:
    # Lines end cells here. A dash stands before the blank: only the first piece behind the label seems to be proven.
    rows = ["12", "0", "0", "/", "", "0", "12"], ["16", "1", "0", "2", "38", "99", "156"]
    lines = [
        " | " + " |\n".join([label, "", "", *figures])
        for label, figures in zip(
            ("二、上年结转政府信息公开申请数量", "一、本年新收政府信息公开申请数量"), rows, strict=True
        )
    ]
    head = [line.replace(" | ", " |\n") for line in SPELT]
    tables = read(
        *head, *lines, " | 三、本年度办理结果 |\n（一）予以公开 |\n |\n0 |\n0 |\n0 |\n0 |\n0 |\n0 |||"
    )
    assert requested(tables, "received") == reported(16, 1, 0, 2, 38, 99, 156)
    values = [value for value, _ in requested(tables, "carried_in")]
    assert values in ([12, 0, 0, None, None, 0, 12], [None] * 7)


REPEATED = [
    "二、主动公开政府信息情况",
    "| 第二十条第（一）项 | 第二十条第（一）项 | 第二十条第（一）项 | 第二十条第（一）项 |",
    "| 信息内容 | 本年制发件数 | 本年废止件数 | 现行有效件数 |",
    "| 规章 | 1 | 2 | 3 |",
]


def test_a_heading_printed_once_for_each_column_does_not_show_that_rows_are_not_padded() -> None:
    # 本年制发件数 was blank and dropped; the row is padded at its end.
    tables = read(*REPEATED, "| 行政规范性文件 | 8 | 9 ||")
    assert disclosed(tables, "regulations") == reported(1, 2, 3)
    assert disclosed(tables, "normative_documents") == UNREAD[:3]
    assert ("ambiguous_reading", "error") in told(tables, "normative_documents")


def test_figures_printed_once_for_each_column_are_not_told_apart() -> None:
    tables = read(
        "二、主动公开政府信息情况",
        "第二十条第（五）项|第二十条第（五）项|第二十条第（五）项|第二十条第（五）项|第二十条第（五）项",
        "信息内容|上一年项目数量|本年增/减|处理决定数量|处理决定数量",
        "行政许可|20|-4|16|16",
        "其他对外管理服务事项||-1504|10684|10684",
    )
    assert disclosed(tables, "other_services") == UNREAD[:3]
    assert ("ambiguous_reading", "error") in told(tables, "other_services")


def test_a_pipe_behind_a_space_opens_rows_too_and_is_no_blank_cell_before_them() -> None:
    tables = read(
        "二、主动公开政府信息情况",
        " | 第二十条第（一）项 |||",
        " | 信息内容|本年制发件数|本年废止件数|现行有效件数",
        " | 规章|34||5",
        " | 行政规范性文件|9||10",
        "三、收到和处理政府信息公开申请情况",
    )
    for item, first, last in (("regulations", 34, 5), ("normative_documents", 9, 10)):
        assert disclosed(tables, item) in (
            UNREAD[:3],
            [(first, "reported"), (None, "blank"), (last, "reported")],
        )


def test_runs_of_pipes_before_figures_pad_nothing() -> None:
    tables = read(
        "二、主动公开政府信息情况",
        "|\n第二十条第（六）项|||\n|",
        "|\n信息内容|上一年项目数量|本年增/减|处理决定数量\n|",
        "|\n行政许可|||7\n|",
        "|\n其他对外管理服务事项|||8\n|",
        "|\n行政处罚||+4|35\n|",
        "|\n行政强制|||0\n|",
        "三、收到和处理政府信息公开申请情况",
    )
    assert disclosed(tables, "penalty") in (
        UNREAD[:3],
        [(None, "blank"), (4, "reported"), (35, "reported")],
    )


def test_pipes_beside_figures_on_lines_of_their_own_are_no_cells() -> None:
    tables = read(
        "二、主动公开政府信息情况",
        " | 第二十条第（一）项\n第二十条第（一）项\n第二十条第（一）项\n第二十条第（一）项",
        " | 信息内容\n本年制发件数\n本年废止件数\n现行有效件数",
        " | 规章\n1\n2\n3\n",
        " | 行政规范性文件\n8\n9\n |",
        "三、收到和处理政府信息公开申请情况",
    )
    assert disclosed(tables, "normative_documents") == UNREAD[:3]
    assert ("ambiguous_reading", "error") in told(tables, "normative_documents")
