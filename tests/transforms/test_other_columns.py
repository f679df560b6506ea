"""Columns that the form does not have: remarks, last year's figures, spacers, tables turned or printed twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from golden_cases import books

from extractors.read import read_document
from transforms.readings import TableReading
from transforms.tables import Tables, read_tables
from transforms.tokens import classifier

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)

Cell = str | tuple[str, int]
"""A cell's text, with the columns that it spans if they are several."""
KINDS = ["商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他"]
APPLICANTS: list[Cell] = ["自然人", *KINDS, "总计"]
RESULTS = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
RECEIVED, GRANTED = "一、本年新收政府信息公开申请数量", "（一）予以公开"
ZEROS: list[Cell] = ["0"] * 7


LICENCES: list[list[Cell]] = [[("第二十条第（五）项", 3)], ["信息内容", ("本年处理决定数量", 2)]]
"""Clause and heads of a block whose one measure spans two columns."""


def table(*rows: Sequence[Cell]) -> str:
    def cell(printed: Cell) -> str:
        text, columns = printed if isinstance(printed, tuple) else (printed, 1)
        return f'<td colspan="{columns}">{text}</td>' if columns > 1 else f"<td>{text}</td>"

    return "<table>" + "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows) + "</table>"


def read(*tables: str) -> Tables:
    page = "<html><body><p>三、收到和处理政府信息公开申请情况</p>" + "".join(tables) + "</body></html>"
    return read_tables(read_document(page.encode()), CODEBOOK, classify, 2020)


def cells(reading: TableReading, item: str) -> list[tuple[float | None, str]]:
    found = zip(reading.keys, reading.cells, strict=True)
    return [(cell.value, cell.status) for key, cell in found if key[0] == item]


def told(reading: TableReading) -> set[tuple[str, str | None]]:
    return {(issue.check, issue.item) for issue in reading.issues if issue.severity == "error"}


BLANK, ZERO, UNREAD = (None, "blank"), (0, "reported"), (None, "unreadable")


def test_remarks_behind_the_total_of_table_three_are_none_of_its_cells() -> None:
    requests = read(
        table(
            ["项目", *APPLICANTS, "备注"],
            [RECEIVED, *ZEROS, ""],
            [GRANTED, "", *["0"] * 6, "无"],
        )
    ).requests
    assert cells(requests, "received") == [ZERO] * 7
    assert cells(requests, "granted") == [BLANK, *[ZERO] * 6]


def test_remarks_are_told_by_the_spans_of_a_header_that_does_not_name_them_again() -> None:
    requests = read(
        table(
            [("项目", 1), "自然人", ("法人或其他组织", 5), "总计", ""],
            ["", "", *KINDS, "", ""],
            [RECEIVED, *ZEROS, ""],
            [GRANTED, "", *["0"] * 6, "见附件"],
        )
    ).requests
    assert cells(requests, "granted") == [BLANK, *[ZERO] * 6]


def test_remarks_below_a_header_that_has_slipped_leave_the_row_null() -> None:
    requests = read(
        table(
            ["项目", "", *APPLICANTS, "备注"],
            [RECEIVED, "", *ZEROS, ""],
            ["项目", "", "", *APPLICANTS],
            [GRANTED, "", *["0"] * 6, "无", ""],
            ["（二）部分公开", "", *ZEROS, ""],
        )
    ).requests
    assert set(cells(requests, "granted")) == {UNREAD}


def test_a_row_that_begins_before_its_first_head_is_null_whatever_remark_stands_behind_it() -> None:
    row: list[Cell] = [RECEIVED, "5", *["0"] * 5, ("5", 2), "无"]
    requests = read(table(["项目", "", *APPLICANTS, "备注"], row)).requests
    assert cells(requests, "received") == [UNREAD] * 7


def test_remarks_of_table_two_are_told_by_the_head_beside_its_first_clause() -> None:
    disclosures = read(
        table(
            [("第二十条第（一）项", 4), "备注"],
            ["信息内容", "本年新制作数量", "本年新公开数量", "对外公开总数量", ""],
            ["规章", "", "17", "10", "无"],
            ["规范性文件", "1", "2", "3", ""],
            [("第二十条第（六）项", 4), ""],
            ["信息内容", "上一年项目数量", "本年增/减", "处理决定数量", ""],
            ["行政处罚", "", "2", "3", "1"],
        )
    ).disclosures
    assert cells(disclosures, "regulations") == [BLANK, (17, "reported"), (10, "reported")]
    assert cells(disclosures, "normative_documents") == [(n, "reported") for n in (1, 2, 3)]
    assert cells(disclosures, "penalty") == [BLANK, (2, "reported"), (3, "reported")]


def test_a_row_with_a_merged_cell_and_a_remark_is_as_wide_as_the_form_and_null() -> None:
    requests = read(
        table(
            ["项目", *APPLICANTS, "备注"],
            [RECEIVED, *ZEROS, "无"],
            [GRANTED, "3", "0", ("0", 2), "3", "0", "6", "1"],
        )
    ).requests
    assert cells(requests, "granted") == [UNREAD] * 7
    assert ("ambiguous_reading", "granted") in told(requests)


def test_this_years_figures_beside_last_years_are_null() -> None:
    heads: list[Cell] = [(head, 2) for head in ["自然人", *KINDS, "总计"]]
    requests = read(
        table(
            ["项目", *heads],
            ["", *["本年", "上年"] * 7],
            [RECEIVED, *[cell for _ in range(7) for cell in ("", "8")]],
            [GRANTED, *["0"] * 7, *[""] * 7],
        )
    ).requests
    assert {*cells(requests, "received"), *cells(requests, "granted")} == {UNREAD}
    assert told(requests) >= {("ambiguous_reading", "received"), ("ambiguous_reading", "granted")}


def test_last_years_figure_alone_below_a_head_of_table_two_is_null() -> None:
    disclosures = read(
        table(
            *LICENCES,
            ["", "上年", "本年"],
            ["行政许可", "80", ""],
        )
    ).disclosures
    assert cells(disclosures, "licensing") == [UNREAD]


def test_words_that_part_the_columns_of_one_clause_part_those_of_the_next() -> None:
    disclosures = read(
        table(
            *LICENCES,
            ["", "上年", "本年"],
            ["行政许可", "8", "9"],
            [("第二十条第（六）项", 3)],
            ["信息内容", ("本年处理决定数量", 2)],
            ["行政处罚", "80", ""],
        )
    ).disclosures
    assert cells(disclosures, "licensing") == cells(disclosures, "penalty") == [UNREAD]


def test_a_figure_beside_an_empty_cell_that_was_not_merged_with_it_is_read() -> None:
    disclosures = read(
        table(
            *LICENCES,
            ["行政许可", "80", ""],
            [("第二十条第（八）项", 3)],
            ["信息内容", "上一年项目数量", "本年增/减"],
            ["行政事业性收费", "3", "4"],
        )
    ).disclosures
    assert cells(disclosures, "licensing") == [(80, "reported")]
    assert cells(disclosures, "fees") == [(3, "reported"), (4, "reported")]


def test_two_figures_below_one_head_beside_a_blank_are_null() -> None:
    disclosures = read(
        table(
            [("第二十条第（一）项", 5)],
            ["信息内容", ("本年新制作数量", 2), "本年新公开数量", "对外公开总数量"],
            ["规章", "5", "6", "", "3"],
            ["规范性文件", "", "1", "2", "3"],
        )
    ).disclosures
    assert cells(disclosures, "regulations") == [UNREAD] * 3
    assert cells(disclosures, "normative_documents") == [(n, "reported") for n in (1, 2, 3)]


def challenge_heads(first: list[Cell]) -> list[list[Cell]]:
    return [
        [*first, ("行政复议", 5), ("未经复议直接起诉", 5), ("复议后起诉", 5)],
        [*first, *RESULTS, *RESULTS, *RESULTS],
    ]


def test_a_figure_that_two_columns_of_table_four_share_moves_none_into_a_spacer() -> None:
    row: list[Cell] = ["", "2", "3", ("0", 2), "5", *["0"] * 10]
    challenges = read(table(*challenge_heads([""]), row)).challenges
    assert {(cell.value, cell.status) for cell in challenges.cells} == {UNREAD}
    assert ("ambiguous_reading", None) in told(challenges)


WHOLE: list[Cell] = ["1", "0", "0", "0", "1", *["0"] * 10]
PARTLY: list[Cell] = ["2", "", "", "", "2", *["0"] * 10]
NOTED: list[Cell] = [f"{n}①" for n in range(15)]


@pytest.mark.parametrize("second", [PARTLY, NOTED, ["\ufffc"] * 15])
@pytest.mark.parametrize("turned", [False, True])
def test_a_whole_table_four_beside_another_that_is_blank_in_part_or_unread_is_null(
    second: list[Cell], turned: bool
) -> None:
    tables = [table(*challenge_heads([]), WHOLE), table(*challenge_heads([]), second)]
    challenges = read(*(reversed(tables) if turned else tables)).challenges
    assert {(cell.value, cell.status) for cell in challenges.cells} == {UNREAD}
    assert ("row_twice", None) in told(challenges)


def test_a_table_four_printed_twice_alike_is_read() -> None:
    one = table(*challenge_heads([]), PARTLY)
    assert [cell.value for cell in read(one, one).challenges.cells][:5] == [2, None, None, None, 2]


@pytest.mark.parametrize("row", [NOTED, ["\ufffc"] * 15, ["3①", *[""] * 14]])
def test_a_blank_row_above_cells_that_are_no_figures_is_not_table_four(row: list[Cell]) -> None:
    challenges = read(table(*challenge_heads([]), [""] * 15, row)).challenges
    assert {cell.status for cell in challenges.cells} == {"unreadable"}
    assert ("ambiguous_reading", None) in told(challenges)


RULES: list[list[Cell]] = [
    [("第二十条第（一）项", 4)],
    ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"],
    ["规章", "1", "2", "3"],
    ["行政规范性文件", "4", "5", "6"],
]


@pytest.mark.parametrize("before", ["", "信息内容"])
def test_labels_that_blank_cells_part_in_one_line_head_columns_and_are_no_blank_rows(before: str) -> None:
    disclosures = read(
        table(*RULES),
        table(
            [("第二十条第（六）项", 7)],
            [before, "行政许可", "", "行政处罚", "", "行政强制", ""],
            ["本年处理决定数量", "1", "", "2", "", "3", ""],
        ),
    ).disclosures
    assert cells(disclosures, "regulations") == [(1, "reported"), (2, "reported"), (3, "reported")]
    for item in ("licensing", "penalty", "coercion"):
        assert not {status for _, status in cells(disclosures, item)} & {"blank", "reported"}, item


def test_a_label_behind_the_head_of_labels_heads_a_column_too() -> None:
    disclosures = read(
        table(*RULES),
        table(
            ["第二十条第（八）项", "信息内容", "行政事业性收费", ""],
            ["本年收费金额", "0元", ""],
        ),
    ).disclosures
    assert not {status for _, status in cells(disclosures, "fees")} & {"blank", "reported"}
