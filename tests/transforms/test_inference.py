"""Where a tool dropped cells, the identities decide one placing or nobody does; a decided placing is the true one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal

import pytest
from golden_cases import books
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.read import read_document
from transforms.inference import LARGEST_SEARCH, agreed_placings, placings, spread
from transforms.readings import TableReading
from transforms.tables import read_tables
from transforms.tokens import classifier

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)

Key = tuple[str, str]
Figures = dict[Key, int]
Renderer = Callable[[Figures, Collection[Key]], str]

ROWS = {
    "received": "一、本年新收政府信息公开申请数量",
    "carried_in": "二、上年结转政府信息公开申请数量",
    "granted": "（一）予以公开",
    "partially_granted": "（二）部分公开",
    "denied_state_secret": "1.属于国家秘密",
    "denied_prohibited_by_law": "2.其他法律行政法规禁止公开",
    "denied_security_and_stability": "3.危及“三安全一稳定”",
    "denied_third_party_rights": "4.保护第三方合法权益",
    "denied_internal_affairs": "5.属于三类内部事务信息",
    "denied_process_information": "6.属于四类过程性信息",
    "denied_enforcement_file": "7.属于行政执法案卷",
    "denied_administrative_inquiry": "8.属于行政查询事项",
    "unavailable_not_held": "1.本机关不掌握相关政府信息",
    "unavailable_needs_creation": "2.没有现成信息需要另行制作",
    "unavailable_still_unclear": "3.补正后申请内容仍不明确",
    "not_processed_petition": "1.信访举报投诉类申请",
    "not_processed_repeat": "2.重复申请",
    "not_processed_publication": "3.要求提供公开出版物",
    "not_processed_abusive": "4.无正当理由大量反复申请",
    "not_processed_reconfirmation": "5.要求行政机关确认或重新出具已获取信息",
    "other_handling": "（六）其他处理",
    "outcome_total": "（七）总计",
    "carried_forward": "四、结转下年度继续办理",
}
"""Table 三 of the 2019 form: its （六）其他处理 is one row."""
COLUMNS = {
    "natural_person": "自然人",
    "commercial_enterprise": "商业企业",
    "research_institution": "科研机构",
    "public_interest_organization": "社会公益组织",
    "legal_service_organization": "法律服务机构",
    "other_organization": "其他",
    "total": "总计",
}
APPLICANTS = tuple(COLUMNS)[:-1]
OUTCOMES = tuple(ROWS)[2:-2]


def consistent(
    outcomes: Mapping[Key, int], carried_in: Mapping[str, int], pending: Mapping[str, int]
) -> Figures:
    """The whole table of some outcomes; what is not given is 0, received and totals are what they must be."""
    figures = {(item, who): outcomes.get((item, who), 0) for item in OUTCOMES for who in APPLICANTS}
    for who in APPLICANTS:
        settled = sum(figures[item, who] for item in OUTCOMES)
        figures["outcome_total", who] = settled
        figures["carried_forward", who] = pending.get(who, 0)
        figures["carried_in", who] = min(carried_in.get(who, 0), settled + pending.get(who, 0))
        figures["received", who] = settled + pending.get(who, 0) - figures["carried_in", who]
    for item in ROWS:
        figures[item, "total"] = sum(figures[item, who] for who in APPLICANTS)
    return figures


def plain_lines(figures: Mapping[Key, int], dropped: Collection[Key]) -> str:
    """One cell a line; dropped cells leave nothing."""
    lines = ["申请人情况", *COLUMNS.values()]
    for item, label in ROWS.items():
        lines.append(label)
        lines.extend(str(figures[item, who]) for who in COLUMNS if (item, who) not in dropped)
    return "\n".join(lines) + "\n"


def padded_rows(figures: Mapping[Key, int], dropped: Collection[Key]) -> str:
    """A row a line; dropped cells leave nothing, and empty pieces pad the row's end to the table's width."""
    rows = [["", *COLUMNS.values()]]
    for item, label in ROWS.items():
        kept = [str(figures[item, who]) for who in COLUMNS if (item, who) not in dropped]
        rows.append([label, *kept, *[""] * (len(COLUMNS) - len(kept))])
    return "".join("".join(f"| {cell} " if cell else "| " for cell in row) + "|\n" for row in rows)


def spaced_rows(figures: Mapping[Key, int], dropped: Collection[Key]) -> str:
    """A row a line, its cells parted by single spaces, as in the text of a PDF."""
    rows = [["申请人情况", *COLUMNS.values()]]
    for item, label in ROWS.items():
        rows.append([label, *(str(figures[item, who]) for who in COLUMNS if (item, who) not in dropped)])
    return "".join(" ".join(row) + "\n" for row in rows)


def read(text: str) -> TableReading:
    document = read_document(f"三、收到和处理政府信息公开申请情况\n{text}".encode())
    return read_tables(document, CODEBOOK, classify, 2019).requests


def cells_of(reading: TableReading) -> dict[Key, tuple[object, str]]:
    return {key: (cell.value, cell.status) for key, cell in zip(reading.keys, reading.cells, strict=True)}


def row_of(reading: TableReading, item: str) -> list[tuple[object, str]]:
    cells = cells_of(reading)
    return [cells[item, who] for who in COLUMNS]


def checks_of(reading: TableReading) -> set[str]:
    return {issue.check for issue in reading.issues}


BUSY = consistent(
    {
        ("granted", "natural_person"): 5,
        ("granted", "research_institution"): 2,
        ("granted", "legal_service_organization"): 1,
        ("not_processed_repeat", "natural_person"): 3,
        ("not_processed_repeat", "other_organization"): 4,
    },
    {"natural_person": 1},
    {"other_organization": 2},
)
NOBODY_KNOWS = [(None, "unreadable")] * 7


def test_a_whole_table_is_exact_in_each_layout() -> None:
    for render in (plain_lines, padded_rows, spaced_rows):
        reading = read(render(BUSY, ()))
        assert reading.state == "exact"
        assert cells_of(reading) == {key: (value, "reported") for key, value in BUSY.items()}
        assert reading.issues == []


@pytest.mark.parametrize("render", [plain_lines, padded_rows, spaced_rows])
def test_one_placing_that_satisfies_the_identities_is_read_and_told(render: Renderer) -> None:
    dropped = {("granted", who) for who in APPLICANTS if not BUSY["granted", who]}
    reading = read(render(BUSY, dropped))
    assert reading.state == "inferred"
    assert row_of(reading, "granted") == [
        (5, "reported"), (None, "blank"), (2, "reported"), (None, "blank"), (1, "reported"), (None, "blank"),
        (8, "reported"),
    ]  # fmt: skip
    assert [(issue.check, issue.severity, issue.item) for issue in reading.issues] == [
        ("inferred_reading", "info", "granted")
    ]


def test_the_balance_decides_where_the_outcomes_do_not_take_part() -> None:
    figures = consistent({("granted", who): 1 for who in APPLICANTS[:3]}, {}, {"other_organization": 1})
    reading = read(plain_lines(figures, {("received", who) for who in APPLICANTS[3:5]}))
    assert row_of(reading, "received") == [
        *[(1, "reported")] * 3, *[(None, "blank")] * 2, (1, "reported"), (4, "reported"),
    ]  # fmt: skip
    assert reading.state == "inferred"


def test_several_placings_leave_the_row_null() -> None:
    dropped = {("denied_state_secret", "research_institution")}
    reading = read(plain_lines(BUSY, dropped))
    assert reading.state == "partial"
    assert row_of(reading, "denied_state_secret") == NOBODY_KNOWS
    assert row_of(reading, "granted")[0] == (5, "reported")
    assert [(issue.check, issue.severity) for issue in reading.issues] == [("ambiguous_reading", "error")]


def test_no_placing_leaves_the_row_null() -> None:
    figures = {**BUSY, ("granted", "natural_person"): 6}
    reading = read(plain_lines(figures, {("granted", "commercial_enterprise")}))
    assert row_of(reading, "granted") == NOBODY_KNOWS
    assert checks_of(reading) == {"ambiguous_reading"}


def test_a_row_without_its_total_is_not_placed() -> None:
    reading = read(plain_lines(BUSY, {("granted", "total")}))
    assert row_of(reading, "granted") == NOBODY_KNOWS


def test_a_row_without_any_figure_is_blank_and_told() -> None:
    reading = read(plain_lines(BUSY, {("denied_state_secret", who) for who in COLUMNS}))
    assert row_of(reading, "denied_state_secret") == [(None, "blank")] * 7
    assert checks_of(reading) == {"cells_dropped"}


def test_figures_that_spaces_part_are_read_only_where_they_add_up() -> None:
    assert cells_of(read(spaced_rows(BUSY, ()))) == {key: (value, "reported") for key, value in BUSY.items()}
    reading = read(spaced_rows({**BUSY, ("granted", "natural_person"): 6}, ()))
    assert row_of(reading, "granted") == NOBODY_KNOWS
    assert row_of(reading, "received")[6] == (BUSY["received", "total"], "reported")
    assert "ambiguous_reading" in checks_of(reading)


def test_a_lone_figure_is_not_placed() -> None:
    reading = read(plain_lines(BUSY, {("denied_state_secret", who) for who in APPLICANTS}))
    assert row_of(reading, "denied_state_secret") == NOBODY_KNOWS


def test_a_table_that_lacks_a_row_decides_nothing() -> None:
    dropped = {("granted", who) for who in APPLICANTS if not BUSY["granted", who]}
    lines = plain_lines(BUSY, dropped).replace("1.属于国家秘密\n" + "0\n" * 7, "")
    reading = read(lines)
    assert row_of(reading, "granted") == NOBODY_KNOWS
    assert checks_of(reading) == {"ambiguous_reading", "missing_rows"}


def test_two_rows_are_decided_together() -> None:
    dropped = {
        (item, who)
        for item in ("granted", "not_processed_repeat")
        for who in APPLICANTS
        if not BUSY[item, who]
    }
    reading = read(plain_lines(BUSY, dropped))
    assert reading.state == "inferred"
    assert row_of(reading, "not_processed_repeat") == [
        (3, "reported"), *[(None, "blank")] * 4, (4, "reported"), (7, "reported"),
    ]  # fmt: skip


def with_rows(text: str, *rows: str) -> str:
    """A text of padded rows with some of them as they are given, told by their labels."""
    text = text.replace("| | 自然人", "| 申请人 | 自然人")
    given = {row.split("|")[1]: row for row in rows}
    lines = [given.pop(line.split("|")[1], line) for line in text.splitlines()]
    assert not given
    return "\n".join(lines) + "\n"


BLANK_INSIDE = "| 8.属于行政查询事项 | 0 |  | 0 | 0 | 0 | 0 | 0 |"
"""A row that shows that the tool keeps blanks, or at least some of them."""


def test_a_last_blank_is_believed_where_the_last_figure_is_no_total() -> None:
    text = with_rows(padded_rows(BUSY, ()), BLANK_INSIDE, "| （一）予以公开 | 5 | 0 | 2 | 0 | 1 | 0 |  |")
    cells = [(5, "reported"), (0, "reported"), (2, "reported"), (0, "reported"), (1, "reported")]
    assert row_of(read(text), "granted") == [*cells, (0, "reported"), (None, "blank")]


def test_a_last_blank_is_not_believed_of_zeros_beside_a_row_where_it_is() -> None:
    text = with_rows(
        padded_rows(BUSY, ()),
        BLANK_INSIDE,
        "| （一）予以公开 | 5 | 0 | 2 | 0 | 1 | 0 |  |",
        "| 1.属于国家秘密 | 0 | 0 | 0 | 0 | 0 | 0 |  |",
    )
    reading = read(text)
    assert row_of(reading, "granted")[0] == (5, "reported")
    assert row_of(reading, "denied_state_secret") == NOBODY_KNOWS
    assert [(issue.check, issue.item) for issue in reading.issues] == [
        ("ambiguous_reading", "denied_state_secret")
    ]


def test_last_blanks_are_not_believed_where_all_rows_lost_a_blank_of_the_same_column() -> None:
    figures = consistent({("granted", "natural_person"): 5}, {}, {})
    text = with_rows(
        padded_rows(figures, ()),
        BLANK_INSIDE,
        "| 一、本年新收政府信息公开申请数量 | 5 | 0 | 0 | 0 | 0 | 5 |  |",
        "| （一）予以公开 | 5 | 0 | 0 | 0 | 0 | 5 |  |",
        "| （七）总计 | 5 | 0 | 0 | 0 | 0 | 5 |  |",
    )
    reading = read(text)
    for item in ("received", "granted", "outcome_total"):
        assert row_of(reading, item) == NOBODY_KNOWS
    assert checks_of(reading) == {"ambiguous_reading"}


def test_a_last_blank_is_not_believed_where_another_of_the_row_may_be_dropped() -> None:
    text = with_rows(padded_rows(BUSY, ()), BLANK_INSIDE, "| （一）予以公开 | 5 | 0 | 2 | 0 | 1 |  |  |")
    assert row_of(read(text), "granted") == NOBODY_KNOWS


def numbers(*values: int) -> list[Decimal]:
    return [Decimal(value) for value in values]


def adds_up(row: Sequence[Decimal]) -> bool:
    return sum(row[:-1]) == row[-1]


def test_placings_keep_the_order_and_print_the_totals() -> None:
    assert placings(numbers(2, 3, 5), 4, (3,), adds_up) == [(0, 1, 3), (0, 2, 3), (1, 2, 3)]
    assert placings(numbers(0, 0), 3, (2,), adds_up) == [(0, 2), (1, 2)]
    assert placings(numbers(2, 3, 5), 4, (0, 3), adds_up) == [(0, 1, 3), (0, 2, 3)]
    assert placings(numbers(2, 5), 4, (3,), adds_up) == []


def test_a_row_is_spread_over_its_columns() -> None:
    assert spread(numbers(2, 5), (1, 3), 4) == tuple(numbers(0, 2, 0, 5))


def _never(choice: object) -> bool:
    return False


def _always(choice: object) -> bool:
    return True


def test_only_what_all_solutions_agree_on_is_decided() -> None:
    candidates = {"a": [(0,), (1,)], "b": [(0,), (1,)]}
    assert agreed_placings(candidates, lambda choice: choice["a"] == (0,)) == {"a": (0,)}
    assert agreed_placings(candidates, lambda choice: choice["a"] != choice["b"]) == {}
    assert agreed_placings(candidates, lambda choice: choice == {"a": (1,), "b": (0,)}) == {
        "a": (1,),
        "b": (0,),
    }
    assert agreed_placings(candidates, _never) == {}
    assert agreed_placings({"a": [(0,)], "b": []}, _always) == {}


def test_a_search_too_large_is_given_up() -> None:
    candidates = {str(row): [(0,), (1,)] for row in range(15)}
    assert LARGEST_SEARCH < 2**15
    with_one_solution = dict.fromkeys(candidates, (0,))
    assert agreed_placings(candidates, lambda choice: choice == with_one_solution) == {}
    fewer = {row: candidates[row] for row in list(candidates)[:3]}
    assert agreed_placings(fewer, lambda choice: set(choice.values()) == {(0,)}) == dict.fromkeys(fewer, (0,))


keys = st.tuples(st.sampled_from(OUTCOMES), st.sampled_from(APPLICANTS))
few = st.dictionaries(st.sampled_from(APPLICANTS), st.integers(0, 4), max_size=3)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    figures=st.builds(consistent, st.dictionaries(keys, st.integers(1, 9), max_size=12), few, few),
    blanked=st.lists(
        st.tuples(st.sampled_from(list(ROWS)), st.frozensets(st.sampled_from(list(COLUMNS)))), max_size=5
    ),
    without_total=st.lists(st.sampled_from(list(ROWS)), max_size=2),
    render=st.sampled_from([plain_lines, padded_rows, spaced_rows]),
)
def test_a_decided_placing_is_the_true_one(
    figures: Figures,
    blanked: list[tuple[str, frozenset[str]]],
    without_total: list[str],
    render: Renderer,
) -> None:
    """Organs leave cells blank for 0, and some totals altogether; the tool drops every blank."""
    dropped = {(item, who) for item, columns in blanked for who in columns if not figures[item, who]}
    dropped |= {(item, "total") for item in without_total}
    for key, (value, status) in cells_of(read(render(figures, dropped))).items():
        if value is not None:
            assert (key not in dropped, value) == (True, figures[key])
        elif status == "blank":
            assert key in dropped
