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
    carried_in = [*reported(12, 0, 0), (None, "dash"), (None, "blank"), *reported(0, 12)]
    assert requested(tables, "carried_in") == carried_in


RULES = "信息内容", "本年制发件数", "本年废止件数", "现行有效件数"
PENALTIES = "信息内容", "上一年项目数量", "本年增/减", "处理决定数量"


@pytest.mark.parametrize(
    ("lines", "item"),
    [
        # 本年制发件数 was blank and dropped, and the row padded; a heading printed once for each column hides that.
        (
            (
                f"| {' | '.join(['第二十条第（一）项'] * 4)} |",
                f"| {' | '.join(RULES)} |",
                "| 规章 | 1 | 2 | 3 |",
                "| 行政规范性文件 | 8 | 9 ||",
            ),
            "normative_documents",
        ),
        # 处理决定数量 spans two columns and is printed twice.
        (
            (
                "|".join(["第二十条第（五）项"] * 5),
                "|".join([*PENALTIES, PENALTIES[-1]]),
                "行政许可|20|-4|16|16",
                "其他对外管理服务事项||-1504|10684|10684",
            ),
            "other_services",
        ),
        # Runs of pipes are blank cells, and pad nothing.
        (
            (
                "|\n第二十条第（六）项|||\n|",
                f"|\n{'|'.join(PENALTIES)}\n|",
                "|\n行政许可|||7\n|",
                "|\n其他对外管理服务事项|||8\n|",
                "|\n行政处罚||+4|35\n|",
                "|\n行政强制|||0\n|",
            ),
            "penalty",
        ),
        # Line breaks part the cells, and pipes pad the rows.
        (
            (
                " | " + "\n".join(["第二十条第（一）项"] * 4),
                " | " + "\n".join(RULES),
                " | 规章\n1\n2\n3\n",
                " | 行政规范性文件\n8\n9\n |",
            ),
            "normative_documents",
        ),
        # The pipe behind a space opens the next row: the dropped blank is not behind 5.
        (
            (
                " | 第二十条第（一）项 |||",
                f" | {'|'.join(RULES)}",
                " | 规章|34||5",
                " | 行政规范性文件|9||10",
            ),
            "regulations",
        ),
    ],
)
def test_what_may_as_well_be_padding_or_a_spanned_column_tells_no_column(
    lines: tuple[str, ...], item: str
) -> None:
    tables = read("二、主动公开政府信息情况", *lines, "三、收到和处理政府信息公开申请情况")
    assert disclosed(tables, item) == UNREAD[:3]
    assert told(tables, item) == {("ambiguous_reading", "error")}


def test_complete_rows_beside_such_a_row_are_read() -> None:
    heading = f"| {' | '.join(['第二十条第（一）项'] * 4)} |"
    row = "| 行政规范性文件 | 8 | 9 ||"
    tables = read(
        "二、主动公开政府信息情况", heading, f"| {' | '.join(RULES)} |", "| 规章 | 1 | 2 | 3 |", row
    )
    assert disclosed(tables, "regulations") == reported(1, 2, 3)
