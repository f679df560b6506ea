"""Columns of table 三 stand where their heads stand; where a text leaves their order open, nothing is read."""

from __future__ import annotations

import pytest
from golden_cases import books

from extractors.read import read_document
from transforms.readings import TableReading
from transforms.tables import read_tables
from transforms.tokens import classifier

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)

KINDS = ["商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他"]
TOTAL_FIRST = ["总计", "自然人", *KINDS]
OTHER_FIRST = ["其他", "总计", "自然人", *KINDS[:-1]]
RECEIVED = ["7", "5", "0", "0", "0", "0", "2"]
"""总计 7, 自然人 5, 其他 2, in the order of TOTAL_FIRST. Read in the form's order, no sum would hold."""
TWO_ENDS = ["5", "0", "0", "0", "0", "0", "5"]
"""总计 5, 其他 5, in the order of TOTAL_FIRST: this row adds up in the form's order too."""


def read(text: str) -> TableReading:
    return read_tables(read_document(text.encode()), CODEBOOK, classify, 2022).requests


def values(reading: TableReading, item: str) -> dict[str, object]:
    return {
        key[1]: cell.value for key, cell in zip(reading.keys, reading.cells, strict=True) if key[0] == item
    }


def html(heads: list[str], *rows: list[str]) -> str:
    lines = [["项目", *heads], *rows]
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in lines)
    return f"<html><body><p>三、收到和处理政府信息公开申请情况</p><table>{cells}</table></body></html>"


def plain_lines(heads: list[str], received: list[str]) -> str:
    """The first rows of table 三, a cell a line."""
    zeros = ["0"] * len(received)
    rows = {"一、本年新收政府信息公开申请数量": received, "二、上年结转政府信息公开申请数量": zeros}
    rows |= {
        "（一）予以公开": received,
        "（二）部分公开": zeros,
        "（七）总计": received,
        "四、结转下年度继续办理": zeros,
    }
    lines = ["三、收到和处理政府信息公开申请情况", "申请人情况", *heads]
    return "\n".join([*lines, *(text for label, cells in rows.items() for text in (label, *cells))])


def test_a_line_of_heads_names_its_columns_in_any_order() -> None:
    label = "一、本年新收政府信息公开申请数量"
    found = values(read(html(TOTAL_FIRST, [label, *RECEIVED])), "received")
    assert (found["total"], found["natural_person"], found["other_organization"]) == (7, 5, 2)
    assert found["commercial_enterprise"] == 0


def test_shared_heads_before_all_others_are_heads() -> None:
    label = "一、本年新收政府信息公开申请数量"
    found = values(read(html(OTHER_FIRST, [label, "2", "7", "5", "0", "0", "0", "0"])), "received")
    assert (found["total"], found["natural_person"], found["other_organization"]) == (7, 5, 2)


@pytest.mark.parametrize("printed", [RECEIVED, TWO_ENDS])
@pytest.mark.parametrize(
    "heads",
    [TOTAL_FIRST, ["总计", "自然人", "法人或其他组织", *KINDS], ["自然人", "总计", *KINDS]],
)
def test_a_text_whose_heads_are_read_in_another_order_is_not_read(
    heads: list[str], printed: list[str]
) -> None:
    lines = ["三、收到和处理政府信息公开申请情况", "申请人情况", *heads]
    text = "\n".join(
        [*lines, "一、本年新收政府信息公开申请数量", *printed, "四、结转下年度继续办理", *["0"] * 7]
    )
    reading = read(text)
    assert set(values(reading, "received").values()) == {None}
    assert any(issue.severity == "error" and issue.item == "received" for issue in reading.issues)


@pytest.mark.parametrize(
    "heads",
    [
        ["自然人", *KINDS, "总计"],
        ["自然人", "法人或其他组织", "总计", *KINDS],
        ["自然人", "法人", "总计", *KINDS],
    ],
)
def test_the_orders_of_the_form_are_read(heads: list[str]) -> None:
    assert values(read(plain_lines(heads, ["5", "0", "0", "0", "0", "2", "7"])), "received")["total"] == 7


def slipped(times: int, row: list[str]) -> str:
    """Table 三 with its header repeated further right than it stood first; `row` is below the repetition."""
    zeros = ["0"] * 7
    heads = ["自然人", *KINDS, "总计"]
    lines = [["项目", *heads, ""], ["一、本年新收政府信息公开申请数量", *zeros, ""]]
    lines += [["项目", *[""] * times, *heads, *[""] * (1 - times)], ["（一）予以公开", *row]]
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in lines)
    return f"<html><body><p>三、收到和处理政府信息公开申请情况</p><table>{cells}</table></body></html>"


def test_a_header_repeated_at_other_columns_of_its_grid_gives_no_figures_to_them() -> None:
    printed = ["", "0", "", "", "", "", "0", ""]
    found = read(slipped(1, printed))
    assert set(values(found, "granted").values()) == {None}
    assert ("ambiguous_reading", "granted") in {(issue.check, issue.item) for issue in found.issues}
    in_place = values(read(slipped(0, printed)), "granted")
    assert (in_place["commercial_enterprise"], in_place["total"], in_place["natural_person"]) == (0, 0, None)


REPEATED = ["总计", "商业企业", "法律服务机构", "社会公益组织", "自然人", "其他", "科研机构"]
"""The heads in an order of their own, once more below a page break: 总计 first, which is a row's label, too."""
ENFORCEMENT = ["3", "0", "0", "0", "0", "0", "3"]


def test_a_repeated_line_of_heads_names_its_columns_in_any_order() -> None:
    page = html(
        REPEATED,
        ["一、本年新收政府信息公开申请数量", *ENFORCEMENT],
        ["项目", *REPEATED],
        ["（一）予以公开", *ENFORCEMENT],
    )
    for item in ("received", "granted"):
        found = values(read(page), item)
        assert (found["total"], found["research_institution"], found["natural_person"]) == (3, 3, 0)


def test_a_text_that_repeats_its_heads_in_another_order_is_not_read_below_them_either() -> None:
    rows = [
        ["一、本年新收政府信息公开申请数量", *ENFORCEMENT],
        ["项目", *REPEATED],
        ["（一）予以公开", *ENFORCEMENT],
    ]
    text = "\n".join(
        [
            "三、收到和处理政府信息公开申请情况",
            *(" | ".join(row) + " |" for row in [["项目", *REPEATED], *rows]),
            "四、结转下年度继续办理 | " + "0 | " * 7,
        ]
    )
    reading = read(text)
    for item in ("received", "granted"):
        assert set(values(reading, item).values()) == {None}
        assert ("ambiguous_reading", item) in {(issue.check, issue.item) for issue in reading.issues}
    assert set(values(reading, "outcome_total").values()) == {None}


def piped(kinds: list[str], printed: list[str]) -> str:
    rows = [
        ["申请人情况"],
        ["自然人", "法人或其他组织", "总计"],
        kinds,
        ["一、本年新收政府信息公开申请数量", *printed],
    ]
    zeros = ["四、结转下年度继续办理", *["0"] * 7]
    return "\n".join(
        ["三、收到和处理政府信息公开申请情况", *(" | ".join(row) + " |" for row in [*rows, zeros])]
    )


BROKEN = ["17", "29", "18", "30", "15", "31", "140"]


def test_broken_heads_are_read_in_the_forms_order_and_in_no_other() -> None:
    in_order = values(read(piped(["商业", "科研", "社会公益", "法律服务", "其他"], BROKEN)), "received")
    assert (in_order["research_institution"], in_order["other_organization"]) == (18, 31)
    reading = read(piped(["商业", "社会公益", "其他", "法律服务", "科研"], BROKEN))
    assert set(values(reading, "received").values()) == {None}
    assert ("ambiguous_reading", "received") in {(issue.check, issue.item) for issue in reading.issues}


def test_a_header_in_another_unit_of_money_is_no_header_in_ten_thousands() -> None:
    def fees(head: str) -> tuple[float | None, str]:
        page = f"<table><tr><td>第二十条第（八）项<td><tr><td>信息内容<td>{head}<tr><td>行政事业性收费<td>2779</table>"
        reading = read_tables(read_document(page.encode()), CODEBOOK, classify, 2022).disclosures
        (cell,) = [
            cell for key, cell in zip(reading.keys, reading.cells, strict=True) if key == ("fees", "amount")
        ]
        return cell.value, cell.status

    assert fees("本年收费金额（单位：千元）") == (277.9, "reported")
    assert fees("本年收费金额（单位：百万元）") == (277900, "reported")
    assert fees("本年收费金额（单位：万美元）") == (None, "unreadable")
