"""The statutory tables of the 2019 and 2021 forms, typed from printed reports and apart from `data/codebook`.

国办公开办函〔2019〕60号 and 国办公开办函〔2021〕30号 fix the forms. Codes are the codebook's; labels the
official ones. A hybrid prints table 二 (一) of 2019 with the other blocks of 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

Key = tuple[str, str, str]
"""(table, item, column). The column is 二's measure, 三's applicant, 四's result; 四's item is a route."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of table 二: its article line, its columns (code, label) and its rows (code, label)."""

    article: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OutcomeGroup:
    """A numbered group under 三、本年度办理结果; a group without rows of its own is itself the row `code`."""

    label: str
    code: str | None = None
    rows: tuple[tuple[str, str], ...] = ()


_STOCK_2019 = (
    ("newly_made", "本年新制作数量"),
    ("newly_disclosed", "本年新公开数量"),
    ("disclosed_total", "对外公开总数量"),
)
_STOCK_2021 = (("issued", "本年制发件数"), ("repealed", "本年废止件数"), ("in_force", "现行有效件数"))
_MATTERS_2019 = (
    ("items_last_year", "上一年项目数量"),
    ("items_change", "本年增/减"),
    ("decisions", "处理决定数量"),
)
_DECISIONS = (("decisions", "本年处理决定数量"),)

DISCLOSURES: dict[str, tuple[Block, ...]] = {
    "2019": (
        Block(
            "第二十条第（一）项",
            _STOCK_2019,
            (("regulations", "规章"), ("normative_documents", "规范性文件")),
        ),
        Block(
            "第二十条第（五）项",
            _MATTERS_2019,
            (("licensing", "行政许可"), ("other_services", "其他对外管理服务事项")),
        ),
        Block("第二十条第（六）项", _MATTERS_2019, (("penalty", "行政处罚"), ("coercion", "行政强制"))),
        Block("第二十条第（八）项", _MATTERS_2019[:2], (("fees", "行政事业性收费"),)),
        Block(
            "第二十条第（九）项",
            (("items", "采购项目数量"), ("amount", "采购总金额")),
            (("procurement", "政府集中采购"),),
        ),
    ),
    "2021": (
        Block(
            "第二十条第（一）项",
            _STOCK_2021,
            (("regulations", "规章"), ("normative_documents", "行政规范性文件")),
        ),
        Block("第二十条第（五）项", _DECISIONS, (("licensing", "行政许可"),)),
        Block("第二十条第（六）项", _DECISIONS, (("penalty", "行政处罚"), ("coercion", "行政强制"))),
        Block(
            "第二十条第（八）项", (("amount", "本年收费金额（单位：万元）"),), (("fees", "行政事业性收费"),)
        ),
    ),
}
DISCLOSURES["hybrid"] = (DISCLOSURES["2019"][0], *DISCLOSURES["2021"][1:])

ORGANISATIONS = (
    ("commercial_enterprise", "商业企业"),
    ("research_institution", "科研机构"),
    ("public_interest_organization", "社会公益组织"),
    ("legal_service_organization", "法律服务机构"),
    ("other_organization", "其他"),
)
APPLICANTS = ("natural_person", *(code for code, _ in ORGANISATIONS), "total")

_GROUPS = (
    OutcomeGroup("（一）予以公开", "granted"),
    OutcomeGroup("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "partially_granted"),
    OutcomeGroup(
        "（三）不予公开",
        rows=(
            ("denied_state_secret", "1.属于国家秘密"),
            ("denied_prohibited_by_law", "2.其他法律行政法规禁止公开"),
            ("denied_security_and_stability", "3.危及“三安全一稳定”"),
            ("denied_third_party_rights", "4.保护第三方合法权益"),
            ("denied_internal_affairs", "5.属于三类内部事务信息"),
            ("denied_process_information", "6.属于四类过程性信息"),
            ("denied_enforcement_file", "7.属于行政执法案卷"),
            ("denied_administrative_inquiry", "8.属于行政查询事项"),
        ),
    ),
    OutcomeGroup(
        "（四）无法提供",
        rows=(
            ("unavailable_not_held", "1.本机关不掌握相关政府信息"),
            ("unavailable_needs_creation", "2.没有现成信息需要另行制作"),
            ("unavailable_still_unclear", "3.补正后申请内容仍不明确"),
        ),
    ),
    OutcomeGroup(
        "（五）不予处理",
        rows=(
            ("not_processed_petition", "1.信访举报投诉类申请"),
            ("not_processed_repeat", "2.重复申请"),
            ("not_processed_publication", "3.要求提供公开出版物"),
            ("not_processed_abusive", "4.无正当理由大量反复申请"),
            ("not_processed_reconfirmation", "5.要求行政机关确认或重新出具已获取信息"),
        ),
    ),
)
_OTHER_2021 = OutcomeGroup(
    "（六）其他处理",
    rows=(
        ("other_not_corrected", "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"),
        ("other_fee_unpaid", "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"),
        ("other_other", "3.其他"),
    ),
)
OUTCOMES: dict[str, tuple[OutcomeGroup, ...]] = {
    "2019": (*_GROUPS, OutcomeGroup("（六）其他处理", "other_handling")),
    "2021": (*_GROUPS, _OTHER_2021),
}

ROUTES = (
    ("reconsideration", "行政复议"),
    ("litigation_direct", "未经复议直接起诉"),
    ("litigation_after_reconsideration", "复议后起诉"),
)
RESULTS = (
    ("upheld", "结果维持"),
    ("corrected", "结果纠正"),
    ("other_result", "其他结果"),
    ("pending", "尚未审结"),
    ("total", "总计"),
)


def outcome_codes(form: str) -> tuple[str, ...]:
    """The codes of the outcome rows that add up to （七）总计, in the form's order."""
    return tuple(
        code
        for group in OUTCOMES[form]
        for code in ([group.code] if group.code else [row[0] for row in group.rows])
    )


def request_items(form: str) -> tuple[str, ...]:
    """Every row of table 三, in the form's order."""
    return ("received", "carried_in", *outcome_codes(form), "outcome_total", "carried_forward")


def keys_of(disclosures_form: str, requests_form: str) -> tuple[Key, ...]:
    """Every cell that a document of these forms prints, in reading order."""
    disclosures = (
        ("disclosures", item, measure)
        for block in DISCLOSURES[disclosures_form]
        for item, _ in block.rows
        for measure, _ in block.columns
    )
    requests = (("requests", item, who) for item in request_items(requests_form) for who in APPLICANTS)
    challenges = (("challenges", route, result) for route, _ in ROUTES for result, _ in RESULTS)
    return (*disclosures, *requests, *challenges)
