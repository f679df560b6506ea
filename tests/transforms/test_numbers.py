"""What cells print: figures, dashes, nothing, or what is no figure; and what a count or an amount may be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from transforms.numbers import figure, in_ten_thousand_yuan
from transforms.readings import CellReading, change_cell, count_cell, money_cell, state_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("12", "12"),
        ("１２", "12"),
        ("1,234", "1234"),
        ("１，２３４", "1234"),
        ("12,345,678", "12345678"),
        ("190.457379", "190.457379"),
        ("0.37", "0.37"),
        ("1,234.5", "1234.5"),
        (" 12\u3000", "12"),
        ("1 2", "12"),
        ("1\u200b2", "12"),
        ("+10", "10"),
        ("-8", "-8"),
        ("－8", "-8"),
        ("−8", "-8"),
        ("增5", "5"),
        ("增加 5", "5"),
        ("减3", "-3"),
        ("減少3", "-3"),
        ("↑4", "4"),
        ("↓4", "-4"),
    ],
)
def test_figures_as_organs_print_them(text: str, number: str) -> None:
    assert figure(text) == ("reported", Decimal(number), None)


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("8件", "8", "件"),
        ("12\n件", "12", "件"),
        ("3人次", "3", "人次"),
        ("7個", "7", "个"),
        ("160.5964万元", "160.5964", "万元"),
        ("251000元", "251000", "元"),
        ("1.5億圓", "1.5", "亿元"),
    ],
)
def test_units_behind_a_figure(text: str, number: str, unit: str) -> None:
    assert figure(text) == ("reported", Decimal(number), unit)


@pytest.mark.parametrize(
    "text", ["-", "－", "—", "——", "–", "−", "/", "／", "\\", "_", "~", "无", "無", " - - "]
)
def test_dashes_say_that_there_is_nothing(text: str) -> None:
    assert figure(text) == ("dash", None, None)


@pytest.mark.parametrize("text", ["", " ", "\xa0", "\u3000\n", "\u200b"])
def test_white_space_is_blank_and_never_zero(text: str) -> None:
    assert figure(text) == ("blank", None, None)


@pytest.mark.parametrize(
    "text",
    [
        "详见附件",
        "一",
        "5①",
        "⑤",
        "5^1",
        "~3",
        "\ufffd",
        "1\ufffd",
        "\ufffc",
        "1\n2",
        "-\n12",
        "−\u202812",
        "1,\n234",
        "1\u20282",
        "1,23",
        "1234,567",
        "1.234,5",
        ".5",
        "5.",
        "007",
        "00",
        "0 5",
        "5%",
        "1e3",
        "٣",
        "（3）",
        "10万",
        "共3件",
        "3件5",
        "-无",
        "增",
    ],
)
def test_all_else_is_no_figure(text: str) -> None:
    assert figure(text) == ("unreadable", None, None)


@pytest.mark.parametrize(
    ("number", "unit", "converted"),
    [
        ("251000", "元", "25.1"),
        ("2779", "千元", "277.9"),
        ("63.2", "万元", "63.2"),
        ("3", "百万元", "300"),
        ("3", "千万元", "3000"),
        ("1.5", "亿元", "15000"),
    ],
)
def test_money_in_ten_thousand_yuan(number: str, unit: str, converted: str) -> None:
    assert in_ten_thousand_yuan(Decimal(number), unit) == Decimal(converted)


def test_money_in_another_unit_is_an_error() -> None:
    with pytest.raises(KeyError, match="件"):
        in_ten_thousand_yuan(Decimal(1), "件")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("5", CellReading(5, "reported")),
        ("5件", CellReading(5, "reported")),
        ("5.0", CellReading(5, "reported")),
        ("999999999999", CellReading(999999999999, "reported")),
        ("1000000000000", CellReading(None, "unreadable", "1000000000000")),
        ("5.5", CellReading(None, "unreadable", "5.5")),
        ("5元", CellReading(None, "unreadable", "5元")),
        ("-5", CellReading(None, "unreadable", "-5")),
        ("无", CellReading(None, "dash", "无")),
        ("详见附件", CellReading(None, "unreadable", "详见附件")),
        (" ", CellReading(None, "blank")),
    ],
)
def test_counts_are_whole_and_not_negative(text: str, cell: CellReading) -> None:
    assert count_cell(text) == cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("减3", CellReading(-3, "reported")),
        ("+10", CellReading(10, "reported")),
        ("-8.5", CellReading(None, "unreadable", "-8.5")),
        ("-8元", CellReading(None, "unreadable", "-8元")),
        ("/", CellReading(None, "dash", "/")),
    ],
)
def test_changes_may_be_negative(text: str, cell: CellReading) -> None:
    assert change_cell(text) == cell


@pytest.mark.parametrize(
    ("text", "header_unit", "cell"),
    [
        ("36.62", "万元", CellReading(36.62, "reported")),
        ("36.62", None, CellReading(36.62, "reported")),
        ("8040", "元", CellReading(0.804, "reported", "8040")),
        ("251000元", "万元", CellReading(25.1, "reported", "251000元")),
        ("43.788万元", "元", CellReading(43.788, "reported")),
        ("2779", "千元", CellReading(277.9, "reported", "2779")),
        ("5千元", "万元", CellReading(0.5, "reported", "5千元")),
        ("2779", "万美元", CellReading(None, "unreadable", "2779")),
        ("1.5亿元", None, CellReading(15000.0, "reported", "1.5亿元")),
        ("5件", "万元", CellReading(None, "unreadable", "5件")),
        ("-5", "万元", CellReading(None, "unreadable", "-5")),
        ("无", "元", CellReading(None, "dash", "无")),
        ("", None, CellReading(None, "blank")),
    ],
)
def test_the_unit_in_the_cell_goes_before_that_of_the_header(
    text: str, header_unit: str | None, cell: CellReading
) -> None:
    assert money_cell(text, header_unit) == cell


REPORTED = CellReading(5, "reported")


@pytest.mark.parametrize(
    ("cells", "inferred", "state"),
    [
        ([REPORTED, CellReading(None, "blank"), CellReading(None, "dash", "-")], False, "exact"),
        ([REPORTED], True, "inferred"),
        ([REPORTED, CellReading(None, "unreadable")], False, "partial"),
        ([REPORTED, CellReading(None, "missing")], True, "partial"),
    ],
)
def test_one_cell_that_nobody_knows_makes_a_table_partial(
    cells: list[CellReading], inferred: bool, state: str
) -> None:
    assert state_of(cells, inferred) == state
