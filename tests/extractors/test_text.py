"""Text to Documents, layout by layout: which pieces stand between the separators, and which blanks are proven.

In expectations "" is an empty piece, a cell or padding, and B an empty cell that the layout proves to be one.
"""

from __future__ import annotations

import pytest

from extractors.document import EMPTY_CELL as B
from extractors.document import WRAPPED, Block, Document, Grid, Paragraph, Stream
from extractors.read import read_document
from extractors.text import PROSE_LENGTH
from extractors.wire import as_document, as_json

P = Paragraph


def read(*lines: str) -> Document:
    return read_document("".join(f"{line}\n" for line in lines).encode())


def shown(*lines: str) -> list[str | list[str] | list[list[str]]]:
    """A paragraph as its text, a stream as its pieces, a grid as its rows."""
    return [_shown(block) for block in read(*lines).blocks]


def _shown(block: Block) -> str | list[str] | list[list[str]]:
    if isinstance(block, Stream):
        return list(block.pieces)
    if isinstance(block, Grid):
        return [[cell.text for cell in row] for row in block.rows]
    assert isinstance(block, Paragraph)
    return block.text


def test_plain_lines_are_paragraphs_blank_lines_nothing() -> None:
    assert shown("规章", "", "3", "", "0", "　", "本年新", "制作数量") == [
        "规章",
        "3",
        "0",
        "本年新",
        "制作数量",
    ]


def test_a_lone_pipe_parts_two_cells() -> None:
    assert shown("规章", "|", "3", "|", "0", "|", "许可", "|", "5", "|") == [
        "规章",
        ["3", "0", "许可", "5"],
    ]


def test_two_lone_pipes_in_a_row_may_be_a_blank_cell_and_prove_none() -> None:
    assert shown("规章", "|", "3", "|", "|", "7", "|") == ["规章", ["3", "", "7"]]


def test_rows_opened_by_a_pipe_and_padded_by_pipes_alone() -> None:
    assert shown("| 规章", "|", "3", "|", "0", "|", "| 许可", "|", "5", "|||", "| 处罚", "|", "6", "|||") == [
        ["规章", "3", "0", "", "许可", "5", "", "", "", "处罚", "6", "", ""]
    ]


def test_one_cell_a_line_with_padding_on_a_line_of_its_own() -> None:
    assert shown("信息内容 |", "|||", "规章 |", "3 |", "0 |", "7 |", "许可 |", "5 |", "|||") == [
        ["信息内容", "", "", "", "规章", "3", "0", "7", "许可", "5", "", "", ""]
    ]


def test_one_cell_a_line_with_padding_on_the_same_line() -> None:
    assert shown("许可 |", "5 | ||", "处罚 |", "6 | ||") == [["许可", "5", "", "", "处罚", "6", "", ""]]


def test_one_cell_a_line_each_row_closed_by_a_pipe() -> None:
    assert shown("规章 |", "3 |", "7 |", "|", "许可 |", "5 |", "1 |", "|") == [
        ["规章", "3", "7", "", "许可", "5", "1", ""]
    ]


def test_a_label_that_lost_its_pipe_to_the_next_line_keeps_its_place() -> None:
    assert shown("行政规范性文件", "|", "0 |", "1 |", "规章 |", "2 |") == [
        "行政规范性文件",
        ["0", "1", "规章", "2"],
    ]


def test_a_row_opening_lone_pipe() -> None:
    assert shown("|", "规章 |", "3 |", "7 |", "|", "许可 |", "5 |") == [["规章", "3", "7", "", "许可", "5"]]


def test_indented_cells_between_pipes() -> None:
    assert shown("| ", "  规章  | ", "  3  | ", "| ", "  许可  | ", "  5  | ") == [
        ["规章", "3", "", "许可", "5"]
    ]


def test_rows_in_pipes_with_padding_prove_no_blank() -> None:
    assert shown("| 规章 | 3 | 0 | 7 |", "| 许可 | 5 | |||", "| 强制 | 5 | | 2 |") == [
        ["规章", "3", "0", "7"],
        ["许可", "5", "", "", ""],
        ["强制", "5", "", "2"],
    ]


def test_rows_without_an_opening_pipe() -> None:
    assert shown("规章 | 3 | 0 | 7 |", "许可 | 5 | |||", "处罚 | 6 | |||") == [
        ["规章", "3", "0", "7", "许可", "5", "", "", "", "处罚", "6", "", "", ""]
    ]


def test_rows_without_padding() -> None:
    assert shown("信息内容 | 本年制发件数 |", "规章 | 3 | 0 | 7 |", "许可 | 5 |") == [
        ["信息内容", "本年制发件数", "规章", "3", "0", "7", "许可", "5"]
    ]


def test_a_page_of_layout_tables_opens_with_hundreds_of_pipes() -> None:
    assert shown("|" * 300 + " 报告 | 规章 | 3 |", "|" * 20 + "许可 | 4 | 5 |") == [
        ["报告", "规章", "3", "许可", "4", "5"]
    ]


def test_a_long_run_of_pipes_behind_a_cell_leaves_one_empty_piece() -> None:
    assert shown("|第一项|" + "|" * 14, "|信息内容|数量|" + "|" * 13, "|规章|3|" + "|" * 13) == [
        ["第一项", ""],
        ["信息内容", "数量", "", "规章", "3", ""],
    ]
    assert shown("第一项 |", "|" * 14, "规章 |", "3 |") == [["第一项", "", "", "规章", "3"]]


def test_markdown_that_spells_out_blanks_is_a_grid() -> None:
    rule = "| --- | --- | --- | --- |"
    head = "| 内容 | 制发 |  | 现行 |"
    assert shown(head, "| 规章 |  | 0 | 7 |", rule, "| **许可** | 5 |  |  |") == [
        [["内容", "制发", "", "现行"], ["规章", "", "0", "7"], ["许可", "5", "", ""]]
    ]


def test_blanks_of_one_space_in_equally_long_rows_may_be_padding() -> None:
    assert shown("| 规章 | 3 | 0 | 7 |", "| 许可 | 5 | 2 | |") == [
        ["规章", "3", "0", "7", "许可", "5", "2", ""]
    ]


def test_wide_blanks_beside_narrow_ones_are_proven_one_by_one() -> None:
    rows = ("| 内容 | 制发 |  | 现行 |", "| 规章 | 3 | | 7 |", "| 许可 | 5 | 2 |  |", "| 强制 | 5 | 2 | |")
    pieces = ["规章", "3", "", "7", "许可", "5", "2", B, "强制", "5", "2", ""]
    assert shown(*rows, "| 收费 |  | 2 | 1 |")[0][4:16] == pieces


def test_wide_blanks_at_the_ends_of_rows_alone_prove_nothing() -> None:
    assert shown("| 规章 | 3 | 0 | 7 |", "| 许可 | 5 | 2 |  |", "| 强制 | 5 |  |  |") == [
        ["规章", "3", "0", "7", "许可", "5", "2", "", "强制", "5", "", ""]
    ]


def test_a_blank_corner_spells_out_no_span() -> None:
    rows = ("|  | 制发 | 废止 | 现行 |", "| 规章 | 3 |  | 7 |", "| 许可 | 5 | 2 |  |")
    assert shown(*rows) == [["", "制发", "废止", "现行", "规章", "3", "", "7", "许可", "5", "2", ""]]


def test_pipes_that_only_part_cells_prove_blanks_but_not_behind_the_last_pipe() -> None:
    lines = ("规章 | 3 | 0 | 7", "---|---|---|---", "许可 | 5 |  | 7", "强制 | | 1 | 2", "收费 | 5 | 1 |  ")
    proven = ["规章", "3", "0", "7", "许可", "5", B, "7", "强制", B, "1", "2", "收费", "5", "1", B]
    assert shown(*lines) == [proven]
    assert shown(*lines, "合计 | 5 | 1 |") == [[*proven, "合计", "5", "1", ""]]


def test_a_table_written_into_a_cell_of_another_proves_nothing() -> None:
    row = "| 规章  3  0 | 7 |  | 9 |"
    pieces = ["规章", "3", "0", "7", "", "9"]
    assert shown(row, row) == [[*pieces, *pieces]]


def test_marks_of_markdown_are_no_text() -> None:
    assert shown("# 二、主动公开", "**规章**", "1\\.属于国家秘密") == [
        "二、主动公开",
        "规章",
        "1.属于国家秘密",
    ]


def test_marks_of_markdown_may_stand_around_a_broken_cell_and_no_further() -> None:
    rows = ("**规章**| **3** | **10007", "件**| **4**", "许可| 5**| 6", "处罚| 7", "强制| 8**| 9")
    pieces = [piece for block in shown(*rows) for piece in block]
    assert [piece for piece in pieces if "0" in piece or "件" in piece or "4" in piece] == [
        "10007",
        "件",
        "4",
    ]
    assert "5**" in pieces and "8**" in pieces


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            ("规章              3   0   7", "许可              5   0   2", "行政规范性文件        1   2"),
            id="aligned on a screen, where a Chinese character is two wide",
        ),
        pytest.param(
            (
                "规章                3   0   7",
                "许可                5   0   2",
                "行政规范性文件               1   2",
            ),
            id="aligned by characters",
        ),
    ],
)
def test_aligned_columns_show_where_one_was_left_out(lines: tuple[str, ...]) -> None:
    assert shown(*lines) == [["规章", "3", "0", "7", "许可", "5", "0", "2", "行政规范性文件", "", "1", "2"]]


def test_columns_on_which_the_two_measures_disagree_show_no_gap() -> None:
    lines = ("规章  3    0    7", "行政许可    5    0    2", "强制       1    2")
    assert shown(*lines) == [["规章", "3", "0", "7", "行政许可", "5", "0", "2", "强制", "1", "2"]]


def test_one_full_row_tells_no_columns() -> None:
    assert shown("规章      3    0    7", "强制           1    2") == [
        ["规章", "3", "0", "7", "强制", "1", "2"]
    ]


def test_columns_that_overlap_are_pieces_in_their_order() -> None:
    assert shown("规章  3  100000", "行政许可事项  5  2", "强制  2") == [
        ["规章", "3", "100000", "行政许可事项", "5", "2", "强制", "2"]
    ]


def test_tabs_are_borders() -> None:
    assert shown("规章\t3\t0\t7", "许可\t5\t\t2", "强制\t\t\t") == [
        [["规章", "3", "0", "7"], ["许可", "5", "", "2"], ["强制", "", "", ""]]
    ]


def test_rows_of_different_numbers_of_tabs_are_different_grids() -> None:
    assert shown("规章\t3\t0", "许可\t5", "收费\t6") == [[["规章", "3", "0"]], [["许可", "5"], ["收费", "6"]]]


def test_words_of_hard_wrapped_lines_stay_together() -> None:
    assert shown("规章 3 0 7", "行政许可 5") == ["规章 3 0 7", "行政许可 5"]


def test_lines_without_a_pipe_may_stand_within_a_table() -> None:
    assert shown("规章 | 3 |", "", "- 4 -", "许可 | 5 |") == [["规章", "3", "- 4 -", "许可", "5"]]


@pytest.mark.parametrize(("length", "blocks"), [(PROSE_LENGTH, 1), (PROSE_LENGTH + 1, 3)])
def test_prose_ends_a_table(length: int, blocks: int) -> None:
    assert len(read("规章 | 3 |", "字" * length, "许可 | 5 |").blocks) == blocks


@pytest.mark.parametrize(("lines", "blocks"), [(5, 1), (6, 8)])
def test_many_lines_without_a_pipe_end_a_table(lines: int, blocks: int) -> None:
    assert len(read("规章 | 3 |", *["字"] * lines, "许可 | 5 |").blocks) == blocks


@pytest.mark.parametrize(
    ("content", "cut_off"),
    [("规章\r\n3\r\n", False), ("规章\r3\r", False), ("规章\n3\n  ", False), ("规章\n3", True)],
)
def test_line_ends_of_any_system_and_a_missing_one(content: str, cut_off: bool) -> None:
    document = read_document(content.encode())
    assert document.blocks == (P("规章"), P("3"))
    assert ("cut_off" in document.flags) == cut_off


# Padding is written as one run of pipes here: a blank cell has a line, or a pipe, of its own.
RUNS_ON_THE_LINE = ("条 | |||", "|", "信息内容 |", "数量 | ||", "|")
RUNS_BELOW = ("条 |", "|||", "信息内容 |", "数量 |", "||")


@pytest.mark.parametrize(
    ("lines", "pieces"),
    [
        (
            (*RUNS_ON_THE_LINE, "规章 |", "3 |", "| |", "|", "许可 |"),
            ["规章", "3", B, "", "", "许可"],
        ),
        ((*RUNS_ON_THE_LINE, "规章 |", "3 | ||", "|", "许可 |"), ["规章", "3", "", "", "", "许可"]),
        (
            (*RUNS_ON_THE_LINE, "规章 |", "3 |", "|", "0 | |", "|", "许可 |"),
            ["3", B, "0", "", "", "许可"],
        ),
        ((*RUNS_BELOW, "规章 |", "3 |", "|", "||", "许可 |"), ["规章", "3", B, "", "", "许可"]),
        ((*RUNS_BELOW, "规章 |", "3 |", "|||", "许可 |"), ["规章", "3", "", "", "", "许可"]),
        ((*RUNS_BELOW, "规章 |", "3 |", "|", "许可 |"), ["规章", "3", "", "许可"]),
    ],
)
def test_what_stands_before_a_run_of_pipes_is_a_cell(lines: tuple[str, ...], pieces: list[str]) -> None:
    stream = shown(*lines)[0]
    assert stream[-len(pieces) :] == pieces


def test_wide_blanks_are_cells_where_padding_is_narrow() -> None:
    rows = ("| 条 | |||", "| 规章 | 3 | 0 |  | ||", "| 许可 | 5 |  |  | ||", "| 处罚 | 1 | ||")
    pieces = [piece for block in shown(*rows) for piece in block]
    assert pieces[pieces.index("规章") :][:12] == ["规章", "3", "0", B, "", "", "许可", "5", B, B, "", ""]


def test_wide_blanks_prove_nothing_where_rows_may_be_filled_up_with_them() -> None:
    rows = ("| 条 |  |  |  |", "| 规章 |  | 3 |  |", "| 许可 | 5 |  |  |")
    assert shown(*rows) == [["条", "", "", "", "规章", "", "3", "", "许可", "5", "", ""]]


def test_a_pipe_before_the_first_cell_of_an_unopened_row_stands_behind_a_blank_one() -> None:
    assert shown("维持 | 纠正 | 总计 |", " | 0 | 3 |") == [["维持", "纠正", "总计", B, "0", "3"]]


def test_a_pipe_behind_a_space_opens_rows_where_most_begin_so() -> None:
    rows = (" | 维持 | 纠正 | 总计 |", " | 1 | 2 | 3 |", " | 4 | 5 | 6 |")
    assert shown(*rows) == [["维持", "纠正", "总计", *"123456"]]


def test_a_line_of_pipes_alone_pads_the_row_above_it() -> None:
    assert shown("维持|纠正|总计", "4|5|6", " |||") == [
        ["维持", "纠正", "总计", "4", "5", "6", "", "", "", ""]
    ]


def test_rows_that_pipes_do_not_end_are_no_grid_where_a_last_blank_leaves_one() -> None:
    rows = ("| 办理  |    |  公开  |  部分", "| 公开  |    |  0  |  5", "| 不予  |    |  0  |  ")
    assert not any(isinstance(block, Grid) for block in read(*rows, "").blocks)
    assert any(isinstance(block, Grid) for block in read(*[f"{row}  |" for row in rows], "").blocks)


def test_white_space_of_two_kinds_parts_cells() -> None:
    assert shown("| 规章 \u30003 |", "| 许可 \u30005 |") == [["规章", "3", "", "许可", "5"]]


def test_a_row_cut_within_a_figure_is_read_whole() -> None:
    rows = [
        f"{'行政许可事项'[number % 5 :]} | {number * 12345} | {number} | 0 | 980 |" for number in range(1, 30)
    ]
    pieces = [row[at : at + 22] for row in rows for at in range(0, len(row), 22)]
    assert shown(*pieces) == shown(*rows)


def test_blanks_of_a_table_within_a_cell_are_counted_by_the_spaces_between_its_cells() -> None:
    cell = "条   规章  3  0  7   许可  5    1   处罚  2  4     强制  0  0  6   收费  1  1  1"
    assert shown(f"| {cell} |  |  |", "| 其他 |  |  |")[0][:20] == [
        *("条", "规章", "3", "0", "7", "许可", "5", B, "1", "处罚", "2", "4", B),
        *("强制", "0", "0", "6", "收费", "1", "1"),
    ]


def test_the_empty_head_above_a_rule_of_markdown_is_no_row() -> None:
    rows = ("| 规章 | 3 |", "", "|  |  |", "| --- | --- |", "| 许可 | 5 |")
    assert [piece for block in shown(*rows) for piece in block] == ["规章", "3", "许可", "5"]


NESTED = (
    "|  | 标题  正文 |  |  |  | | --- | --- | --- | | 条 | | | | 许可 | 5 |  | | 处罚 | | 1 | | 强制 |  | 6 |  结尾 |",
)


def test_wide_blanks_of_a_markdown_table_on_one_line_are_cells() -> None:
    pieces = [piece for block in shown(*NESTED) for piece in block]
    assert pieces[pieces.index("许可") :][:10] == ["许可", "5", B, "", "处罚", "", "1", "", "强制", B]


def test_one_line_without_a_rule_within_it_proves_no_wide_blank() -> None:
    (line,) = NESTED
    pieces = [piece for block in shown(line.replace("--- | --- | ---", "甲 | 乙 | 丙")) for piece in block]
    assert B not in pieces[pieces.index("许可") :]


def test_a_rule_with_rows_parted_by_line_breaks_holds_no_table_in_its_line() -> None:
    rows = ("| 条 | 件 |  |", "| --- | --- | --- |", "| 许可 | 5 |  |", "| 处罚 |  |  |", "| 强制 | 6 |  |")
    assert all(B not in block for block in shown(*rows) if isinstance(block, list))


def test_a_line_below_a_row_that_its_own_line_ended_is_loose() -> None:
    rows = ("| 规章 | 3 | 0 | 7 |", "", "12", "", "| 许可 | 1 | 2 | 3 |")
    document = read(*rows, "")
    assert as_document(as_json(document)) == document
    assert document.blocks == (
        Stream(("规章", "3", "0", "7"), closed=True),
        Stream(("12",), loose=(0,), closed=True),
        Stream(("许可", "1", "2", "3"), closed=True),
    )
    cells_a_line = ("规章 |", "3 |", "12", "7 |")
    assert read(*cells_a_line).blocks == (Stream(("规章", "3", "12", "7")),)


@pytest.mark.parametrize(("below", "closed"), [(("", "12"), True), (("12",), False)])
def test_a_row_without_outer_pipes_goes_on_behind_a_pipe_unless_a_blank_line_follows(
    below: tuple[str, ...], closed: bool
) -> None:
    blocks = read("规章| 3| 0| 7", "处罚| 1| 2| 3", "许可| 1| 2|", *below).blocks
    assert blocks[0] == Stream(
        ("规章", "3", "0", "7", "处罚", "1", "2", "3", "许可", "1", "2", ""), closed=closed
    )


BROKEN = (
    ("规章| 7| 8| 9| 24  ", ["规章", "7", "8", "9", "24"]),
    ("办法| 5| 5| 5| 15  ", ["办法", "5", "5", "5", "15"]),
    ("一、本年新收| 1 285| 9 62| 1| 12 91  ", ["一、本年新收", "1 285", "9 62", "1", "12 91"]),
    ("二、上年结转| 8 10| 6 26| -| 1\n930  ", ["二、上年结转", "8 10", "6 26", "-", "1 930"]),
    ("（一）予以公开| 1| -|\n2 543| 2 544  ", ["（一）予以公开", "1", "-", "2 543", "2 544"]),
    ("（二）部分\n公开| 1| 2| 3| 6  ", ["（二）部分", "公开", "1", "2", "3", "6"]),
    ("四、结转下年| 4 63| -| -| 1\n824  ", ["四、结转下年", "4 63", "-", "-", "1 824"]),
)


def test_lines_that_html2text_broke_for_their_length_are_whole_again() -> None:
    """It ends whole lines with two spaces, and breaks long ones at a single space, within a figure too."""
    lines = "\n".join(text for text, _ in BROKEN).split("\n")
    assert shown(*lines, "", "五、问题") == [[piece for _, pieces in BROKEN for piece in pieces], "五、问题"]


def test_lines_that_html2text_broke_within_bold_text_are_whole_again() -> None:
    bold = [
        "| ".join(f"**{cell}**" for cell in text.strip().split("| ")) + "  "
        for text, _ in BROKEN
        if "|\n" not in text
    ]
    lines = "\n".join(bold).split("\n")
    wanted = [piece for text, pieces in BROKEN if "|\n" not in text for piece in pieces]
    assert shown(*lines, "", "五、问题") == [wanted, "五、问题"]


def test_a_line_break_of_the_page_between_bold_digits_stays_in_their_cell() -> None:
    rows = ["**规章**| **1**| **2**  ", "**办法**| **3**| **1  ", "930**  ", "**细则**| **4**| **5**  "]
    assert shown(*rows)[0] == ["规章", "1", "2", "办法", "3", f"1{WRAPPED}930", "细则", "4", "5"]


def test_lines_that_no_tool_marked_as_whole_are_not_joined() -> None:
    rows = ["规章| 1| 2", "办法| 3| 1", "930", "细则| 4| 5"]
    assert "1 930" not in shown(*rows)[0]
