"""The codebook: its codes never change meaning, each official label is found, and a file in error is refused."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from golden_cases import ROOT, books

from transforms.codebook import Mark, load_codebook
from transforms.errors import CodebookError

FOLDER = ROOT / "data" / "codebook"
CODEBOOK, _ = books()

REQUESTS_2019 = (
    "received", "carried_in", "granted", "partially_granted", "denied_state_secret", "denied_prohibited_by_law",
    "denied_security_and_stability", "denied_third_party_rights", "denied_internal_affairs",
    "denied_process_information", "denied_enforcement_file", "denied_administrative_inquiry",
    "unavailable_not_held", "unavailable_needs_creation", "unavailable_still_unclear", "not_processed_petition",
    "not_processed_repeat", "not_processed_publication", "not_processed_abusive",
    "not_processed_reconfirmation", "other_handling", "outcome_total", "carried_forward",
)  # fmt: skip
REQUESTS_2021 = (
    *REQUESTS_2019[:20], "other_not_corrected", "other_fee_unpaid", "other_other", "outcome_total", "carried_forward",
)  # fmt: skip
FORM = {
    ("requests", "item", "2019"): REQUESTS_2019,
    ("requests", "item", "2021"): REQUESTS_2021,
    ("requests", "applicant", None): (
        "natural_person", "commercial_enterprise", "research_institution", "public_interest_organization",
        "legal_service_organization", "other_organization", "total",
    ),
    ("challenges", "route", None): ("reconsideration", "litigation_direct", "litigation_after_reconsideration"),
    ("challenges", "result", None): ("upheld", "corrected", "other_result", "pending", "total"),
    ("disclosures", "item", "2019"): (
        "regulations", "normative_documents", "licensing", "other_services", "penalty", "coercion", "fees",
        "procurement",
    ),
    ("disclosures", "item", "2021"): (
        "regulations", "normative_documents", "licensing", "penalty", "coercion", "fees",
    ),
    ("disclosures", "measure", "2019"): (
        "decisions", "newly_made", "newly_disclosed", "disclosed_total", "items_last_year", "items_change", "items",
        "amount",
    ),
    ("disclosures", "measure", "2021"): ("issued", "repealed", "in_force", "decisions", "amount"),
    ("*", "status", None): ("reported", "blank", "dash", "unreadable", "missing"),
}  # fmt: skip

MEANINGS = {
    "received": "一、本年新收政府信息公开申请数量",
    "carried_in": "二、上年结转政府信息公开申请数量",
    "granted": "（一）予以公开",
    "partially_granted": "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
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
    "other_not_corrected": "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "other_fee_unpaid": "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "other_other": "3.其他",
    "outcome_total": "（七）总计",
    "carried_forward": "四、结转下年度继续办理",
    "natural_person": "自然人",
    "commercial_enterprise": "商业企业",
    "research_institution": "科研机构",
    "public_interest_organization": "社会公益组织",
    "legal_service_organization": "法律服务机构",
    "other_organization": "其他",
    "reconsideration": "行政复议",
    "litigation_direct": "未经复议直接起诉",
    "litigation_after_reconsideration": "复议后起诉",
    "upheld": "结果维持",
    "corrected": "结果纠正",
    "other_result": "其他结果",
    "pending": "尚未审结",
    "regulations": "规章",
    "normative_documents": "行政规范性文件",
    "licensing": "行政许可",
    "other_services": "其他对外管理服务事项",
    "penalty": "行政处罚",
    "coercion": "行政强制",
    "fees": "行政事业性收费",
    "procurement": "政府集中采购",
    "issued": "本年制发件数",
    "repealed": "本年废止件数",
    "in_force": "现行有效件数",
    "decisions": "本年处理决定数量",
    "newly_made": "本年新制作数量",
    "newly_disclosed": "本年新公开数量",
    "disclosed_total": "对外公开总数量",
    "items_last_year": "上一年项目数量",
    "items_change": "本年增/减",
    "items": "采购项目数量",
    "amount": "本年收费金额（单位：万元）",
}
"""What the forms print for each code: a code that came to mean another row would fail here."""


@pytest.mark.parametrize(("dimension", "codes"), FORM.items(), ids=lambda value: str(value[:3]))
def test_codes_and_their_order_are_those_of_the_form(
    dimension: tuple[str, str, str | None], codes: tuple[str, ...]
) -> None:
    assert CODEBOOK.codes(*dimension) == codes


def test_every_code_is_in_the_lists_of_this_test() -> None:
    assert {entry.code for entry in CODEBOOK.entries} == {code for codes in FORM.values() for code in codes}


@pytest.mark.parametrize(("code", "label"), MEANINGS.items())
def test_the_label_that_a_form_prints_names_its_code(code: str, label: str) -> None:
    assert code in {mark.code for mark in CODEBOOK.marks_of(label)}


def test_every_label_and_alias_of_the_files_finds_its_own_mark() -> None:
    for entry in CODEBOOK.entries:
        for label in (entry.label_zh, *entry.aliases) if entry.table != "*" else ():
            assert Mark(entry.table, entry.dimension, entry.code) in CODEBOOK.marks_of(label), label


def test_no_label_names_two_codes_of_a_dimension() -> None:
    for word, marks in CODEBOOK.marks.items():
        dimensions = [(mark.table, mark.kind) for mark in marks]
        assert len(dimensions) == len(set(dimensions)), word


def test_the_blocks_of_table_two_are_those_of_the_forms() -> None:
    blocks = [(block.template, block.clause, block.items, block.measures) for block in CODEBOOK.clauses]
    assert blocks == [
        ("2019", "第二十条第（一）项", ("regulations", "normative_documents"),
         ("newly_made", "newly_disclosed", "disclosed_total")),
        ("2019", "第二十条第（五）项", ("licensing", "other_services"),
         ("items_last_year", "items_change", "decisions")),
        ("2019", "第二十条第（六）项", ("penalty", "coercion"), ("items_last_year", "items_change", "decisions")),
        ("2019", "第二十条第（八）项", ("fees",), ("items_last_year", "items_change")),
        ("2019", "第二十条第（九）项", ("procurement",), ("items", "amount")),
        ("2021", "第二十条第（一）项", ("regulations", "normative_documents"), ("issued", "repealed", "in_force")),
        ("2021", "第二十条第（五）项", ("licensing",), ("decisions",)),
        ("2021", "第二十条第（六）项", ("penalty", "coercion"), ("decisions",)),
        ("2021", "第二十条第（八）项", ("fees",), ("amount",)),
    ]  # fmt: skip


def test_money_is_the_only_measure_that_does_not_count() -> None:
    units = {measure: CODEBOOK.unit(measure) for measure in CODEBOOK.codes("disclosures", "measure")}
    assert {measure for measure, unit in units.items() if unit != "count"} == {"amount"}
    assert units["amount"] == "CNY_10k"


def broken(folder: Path, file: str, old: str, new: str) -> str:
    """The refusal of a copy of the codebook in which the first `old` of a file is `new`."""
    for path in FOLDER.glob("*.yaml"):
        shutil.copy(path, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CodebookError) as refusal:
        load_codebook(folder)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        pytest.param(
            "requests.yaml", 'code: "carried_in"', 'code: "received"', "'received' stands twice", id="code twice"
        ),
        pytest.param(
            "disclosures.yaml",
            ', seen: "the first codebook lists it"}',
            "}",
            r"lacks \['seen'\]",
            id="alias without source",
        ),
        pytest.param(
            "disclosures.yaml", 'seen: "the first codebook lists it"', 'seen: ""', "where it was seen",
            id="alias with an empty source",
        ),
        pytest.param(
            "challenges.yaml", "label_en:", "label_fr:", r"lacks \['label_en'\]", id="key missing"
        ),
        pytest.param(
            "challenges.yaml", '    label_en: "upheld"', '    label_en: "upheld"\n    note: "x"',
            r"unknown keys \['note'\]", id="key unknown",
        ),
        pytest.param(
            "statuses.yaml", '    label_zh: "空白"', '    label_zh: "空白"\n    label_zh: "空"',
            "'label_zh' is given twice", id="key twice",
        ),
        pytest.param(
            "statuses.yaml", "status:", "state:", r"lacks \['status'\]", id="dimension unknown"
        ),
        pytest.param(
            "forms.yaml", '"normative_documents"', '"decrees"', "no item 'decrees'", id="form names an unknown item"
        ),
        pytest.param(
            "forms.yaml", '"disclosed_total"', '"total"', "no measure 'total'", id="form names an unknown measure"
        ),
        pytest.param("forms.yaml", '"amount": "CNY', '"sum": "CNY', "no measure 'sum'", id="unit of nothing"),
        pytest.param("forms.yaml", '"2019":', '"2018":', "2018", id="form unknown"),
        pytest.param(
            "forms.yaml", 'role: "corner"', 'role: "edge"', "unknown table or role", id="role unknown"
        ),
        pytest.param("forms.yaml", '"它": "他"', '"它": "他的"', "no pair of characters", id="folding unequal"),
        pytest.param("forms.yaml", '"申请人情况"', '"（）"', "no word in it", id="label without a word"),
        pytest.param(
            "codebook.yaml", '["2019", "2021"]', '["2019"]', "the code knows", id="templates that the code lacks"
        ),
        pytest.param(
            "requests.yaml", 'templates: ["2019", "2021"]', 'templates: ["2020"]', "2020", id="template unknown"
        ),
        pytest.param("requests.yaml", 'templates: ["2019", "2021"]', "templates: []", r"\[\]", id="no template"),
        pytest.param("codebook.yaml", "version:", "version", "not YAML|mapping", id="no mapping"),
    ],
)  # fmt: skip
def test_a_file_in_error_is_refused_by_name(
    tmp_path: Path, file: str, old: str, new: str, named: str
) -> None:
    message = broken(tmp_path, file, old, new)
    assert file in message
    assert re.search(named, message)


@pytest.mark.parametrize(
    ("file", "old", "new", "codes"),
    [
        (
            "requests.yaml",
            '"2.重复申请"',
            '"1.属于国家秘密"',
            {"not_processed_repeat", "denied_state_secret"},
        ),
        ("disclosures.yaml", '"规范性文件数"', '"规 章"', {"normative_documents", "regulations"}),
        ("challenges.yaml", '"结果纠正"', '"1.结果维持"', {"upheld", "corrected"}),
    ],
)
def test_a_label_of_two_codes_is_refused_with_both(
    tmp_path: Path, file: str, old: str, new: str, codes: set[str]
) -> None:
    message = broken(tmp_path, file, old, new)
    assert "names both" in message
    assert codes <= set(re.findall(r"\w+", message))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CodebookError, match=r"codebook\.yaml: cannot be read"):
        load_codebook(tmp_path)
