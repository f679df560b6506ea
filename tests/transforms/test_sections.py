"""The six chapters under any heading, and outlines of documents whose headings are damaged."""

from __future__ import annotations

import pytest

from extractors.document import Block, Document, Paragraph, Stream
from extractors.grids import build_grid
from transforms.outline import read_outline
from transforms.sections import read_sections

GRID = build_grid([[("行政许可", 1, 1), ("5", 1, 1)], [("说明。", 1, 1), ("", 1, 1)]])


def sections_of(*blocks: Block | str) -> dict[int, tuple[str, str]]:
    made = tuple(Paragraph(block) if isinstance(block, str) else block for block in blocks)
    return {
        section.number: (section.heading, section.text)
        for section in read_sections(Document("html", blocks=made))
    }


def numbers_of(*lines: str) -> list[int]:
    document = Document("text", blocks=tuple(Paragraph(line) for line in lines))
    return [heading.number for heading in read_outline(document).headings]


def test_text_between_headings_without_tables() -> None:
    assert sections_of(
        "云川市审计局年报", "一、总体情况", "全年公开信息。", "(一)主动公开情况", "- 4 -", "公开5条。",
        "二、主动公开政府信息情况", GRID, "三、收到和处理政府信息公开申请情况", GRID, "以上申请均已答复。",
        "四、政府信息公开行政复议、行政诉讼情况", GRID,
        "五、存在的主要问题及改进情况", "存在不足。", "六、其他需要报告的事项", "无",
    ) == {
        1: ("一、总体情况", "全年公开信息。\n(一)主动公开情况\n公开5条。"),
        2: ("二、主动公开政府信息情况", ""),
        3: ("三、收到和处理政府信息公开申请情况", "以上申请均已答复。"),
        4: ("四、政府信息公开行政复议、行政诉讼情况", ""),
        5: ("五、存在的主要问题及改进情况", "存在不足。"),
        6: ("六、其他需要报告的事项", "无"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "number"),
    [
        ("一、总体情况", 1),
        ("一 、总 体 情 况", 1),
        ("1.总体情况", 1),
        ("（一）总体情况", 1),
        ("第一部分 总体情况", 1),
        ("一．总体情况：", 1),
        ("总体情况", 1),
        ("一、概述", 1),
        ("一、工作总体情况", 1),
        ("## 一、总体情况", 1),
        ("**一、总体情况**", 1),
        ("一、總體情況", 1),
        ("二、主动公开政府信息情况表", 2),
        ("二、主动公开情况", 2),
        ("二、主动公开政府信息的情况", 2),
        ("三、收到和处理政府信息公开申请情况", 3),
        ("三、收到和處(chǔ)理政府信息公開申請情況", 3),
        ("二、收到和处理政府信息公开申请情况", 3),
        ("三、依申请公开情况", 3),
        ("四、因政府信息公开工作被申请行政复议、提起行政诉讼情况", 4),
        ("四、政府信息公开行政复议、行政诉讼情况（单位：件）", 4),
        ("五、政府信息公开工作存在的主要问题及改进情况", 5),
        ("三、存在的主要问题及改进情况", 5),
        ("六、其他需要报告的事项：", 6),
        ("七、需要报告的其他事项", 6),
    ],
)
def test_headings_by_their_words(heading: str, number: int) -> None:
    assert numbers_of(heading) == [number]


@pytest.mark.parametrize(
    "line",
    [
        "（一）主动公开情况",
        "（二）依申请公开情况",
        "(一)存在的主要问题",
        "主动公开情况",
        "一是总体情况良好",
        "总体情况较好，全年公开信息100条。",
        "1.行政许可",
        "存在的问题",
        "二、",
        "",
    ],
)
def test_lines_that_are_no_chapter(line: str) -> None:
    assert numbers_of(line) == []


@pytest.mark.parametrize(
    "lines",
    [
        ("三、", "收到和处理政府信息公开申请情况"),
        ("三、收到和处理政府信息公开", "申请情况"),
        ("三、收到和处理", "政府信息公开", "申请情况"),
        ("三、收到和处理政府信息公开申请", "情况"),
    ],
)
def test_headings_split_over_paragraphs(lines: tuple[str, ...]) -> None:
    read = sections_of(
        "二、主动公开政府信息情况", *lines, "以上申请均已答复。", "五、存在的主要问题及改进情况"
    )
    assert read[3] == ("".join(lines), "以上申请均已答复。")


def test_misnumbered_chapters() -> None:
    assert numbers_of(
        "一、总体情况", "二、主动公开政府信息情况", "二、收到和处理政府信息公开申请情况",
        "三、政府信息公开行政复议、行政诉讼情况", "四、存在的主要问题及改进情况", "五、其他需要报告的事项",
    ) == [1, 2, 3, 4, 5, 6]  # fmt: skip


def test_text_glued_to_its_heading() -> None:
    assert sections_of("一、总体情况 2021年，公开信息。", "六、其他需要报告的事项：无。", "七、附件") == {
        1: ("一、总体情况", "2021年，公开信息。"),
        6: ("六、其他需要报告的事项", "无。\n七、附件"),
    }
    assert sections_of("六、其他需要报告的事项无")[6] == ("六、其他需要报告的事项", "无")
    assert sections_of("一、总体情况\n公开信息。\n再公开。")[1] == ("一、总体情况", "公开信息。\n再公开。")


def test_headings_inside_a_line() -> None:
    line = "一、总体情况 2022年，本镇公开信息64条。 二、主动公开政府信息情况"
    assert sections_of(Stream((line, "", "行政许可", "5")), "三、收到和处理政府信息公开申请情况") == {
        1: ("一、总体情况", "2022年，本镇公开信息64条。"),
        2: ("二、主动公开政府信息情况", ""),
        3: ("三、收到和处理政府信息公开申请情况", ""),
    }


def test_tables_of_one_cell_a_line_are_no_text() -> None:
    read = sections_of(
        "二、主动公开政府信息情况", "第二十条第（一）项", "规章", "0", "行政规范性文件", "12",
        "三、收到和处理政府信息公开申请情况",
        "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）",
        "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
        "0", "－ 4 －", "以上申请均已答复。",
    )  # fmt: skip
    assert read[2][1] == ""
    assert read[3][1] == "以上申请均已答复。"


def test_stream_pieces_are_no_text_but_sentences_are() -> None:
    prose = "本年度收到申请5件，均按时答复，结转下年度继续办理0件，未发生投诉举报情形。"
    read = sections_of("三、收到和处理政府信息公开申请情况", Stream(("规章", "0", prose)), "单位：件", "无")
    assert read[3][1] == f"{prose}\n无"


def test_the_last_chapter_ends_before_signature_and_footer() -> None:
    for tail in (
        ("云川市审计局", "2022年1月20日"),
        ("上一篇：没有了", "版权所有"),
        ("【打印】【关闭】",),
        (),
    ):
        assert sections_of("六、其他需要报告的事项", "无。", *tail)[6][1] == "无。"
    assert sections_of("五、存在的主要问题及改进情况", "附件：表")[5][1] == ""


def test_a_table_of_contents_gives_way_to_the_chapters() -> None:
    first, second, third = "一、总体情况", "二、主动公开政府信息情况", "三、收到和处理政府信息公开申请情况"
    read = sections_of(first, second, third, first, "甲。", second, "乙。", third, "丙。")
    assert [text for _, text in read.values()] == ["甲。", "乙。", "丙。"]


def test_a_heading_repeated_below_itself_is_text() -> None:
    read = sections_of("一、总体情况", "（一）总体情况", "甲。", "二、主动公开政府信息情况")
    assert read[1] == ("一、总体情况", "（一）总体情况\n甲。")


def test_no_chapters() -> None:
    assert sections_of("全年公开信息。") == {}
    assert sections_of() == {}
