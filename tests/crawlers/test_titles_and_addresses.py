"""Titles are judged and addresses unified before anything is fetched."""

from __future__ import annotations

import random
from datetime import date

import pytest

from crawlers.addresses import (
    canonical_key,
    fetch_address,
    host_key,
    in_scope,
    names_a_file,
    registrable_domain,
)
from crawlers.errors import BadAddress, BadSite
from crawlers.sites import Site
from crawlers.titles import (
    carries_phrase,
    in_report_column,
    lead_rank,
    names_the_column,
    passing_reason,
    report_years,
)

REPORTS = [
    "贵阳市人民政府(市人民政府办公厅)2021年政府信息公开工作年度报告",
    "2022年上海市教育委员会政府信息公开工作年度报告",
    "2018年建新镇政府信息公开年度报告",
    "市审计局2019年信息公开年度报告",
    "海关总署(本级机关)2020年政府信息公开工作报告",
    "政务信息公开年度报告",
    "2016年政府信息公开工作年报",
    "政府信息公开年度工作报告",
    "关于2021年度政府信息公开工作的年度报告",
    "政府信息公开2021年度报告",
    "2021 年 度 政 府 信 息 公 开 工 作 年 度 报 告",
    "政府信息公开工作告年度报",
    "2023年度报告(政府信息公开)",
    "国家统计局汉中调查队2021年政府信息公开工作年度报告",
    "县委县政府督查室2020年政府信息公开工作年度报告",
    "市绩效管理办公室2019年政府信息公开工作年度报告",
    "市财政预算评审中心2021年政府信息公开工作年度报告",
    "省标准化研究院2020年政府信息公开工作年度报告",
    "关于公布2019年政府信息公开工作年度报告的公告",
    "某县\n2021年政府信息公开工作年度报告",
    "2020年度政府 信息公开工作 年度报告",
    "2023年下各镇政府信息公开工作年度报告",
    "关区2021年政府信息公开工作年度报告",
    "市水务局2021年政府信息主动公开年度报告",
    "二〇二一年政府信息公开工作总结报告",
]
PASSED = {
    "关于做好2022年政府信息公开工作年度报告编制发布工作的通知": "notice",
    "关于报送政府信息公开工作年度报告的函": "notice",
    "政府信息公开工作年度报告格式": "form",
    "政府信息公开工作年度报告制度": "rules",
    "政府信息公开年度报告统计表": "statistics",
    "2021年部门决算信息公开报告": "finance",
    "2021年政府信息公开工作年度报告解读": "interpretation",
    "政府信息公开工作年度报告考核情况": "assessment",
    "2021年政府信息公开工作社会评议报告": "assessment",
    "市政府办公厅关于印发政府信息公开工作年度报告格式的通知": "notice",
    "某镇召开政府信息公开工作年度报告编制会议": "news",
    "2021年上半年政府信息公开工作报告": "half_year",
}


@pytest.mark.parametrize("title", REPORTS)
def test_report_titles_pass(title: str) -> None:
    assert carries_phrase(title)
    assert passing_reason(title) is None
    assert not names_the_column(title) or "20" not in title


@pytest.mark.parametrize("title", PASSED)
def test_titles_that_carry_the_phrase_and_are_no_reports_have_a_reason(title: str) -> None:
    assert carries_phrase(title)
    assert passing_reason(title) == PASSED[title]


@pytest.mark.parametrize(
    "title", ["领导之窗", "2021年政府工作报告", "政府网站工作年度报表", "信息公开指南", ""]
)
def test_other_titles_do_not_carry_the_phrase(title: str) -> None:
    assert not carries_phrase(title)


@pytest.mark.parametrize(
    "title", ["政府信息公开年报", "政府信息公开工作年度报告", "信息公开年度报告", "法定主动公开信息公开年报"]
)
def test_the_columns_own_name_is_known(title: str) -> None:
    assert names_the_column(title)


def test_years_come_from_the_title_and_else_from_the_date() -> None:
    assert report_years("市审计局２０２１年年度报告", None) == {2021}
    assert report_years("二〇二一年度报告", None) == {2021}
    assert report_years("市审计局年度报告", date(2022, 1, 20)) == {2021, 2022}
    assert report_years("市审计局年度报告", None) == frozenset()


def test_leads_and_column_addresses_are_known() -> None:
    assert lead_rank("公开年报") == 0
    assert lead_rank("政府信息公开") == 1
    assert lead_rank("领导之窗") is None
    assert in_report_column("http://x.gov.cn/zwgk/zfxxgknb_73584/202101/t1.html")
    assert not in_report_column("http://x.gov.cn/zwgk/zfgb/t1.html")


TWINS = [
    "http://www.sz.gov.cn/zwgk/t1.html",
    "https://www.sz.gov.cn/zwgk/t1.html",
    "HTTP://SZ.gov.cn:80/zwgk/t1.html#top",
    "https://sz.gov.cn:443/zwgk/./t1.html",
    "http://sz.gov.cn/zwgk/t1.html;jsessionid=0A1B?",
    "http://sz.gov.cn./zwgk/t1.html?JSESSIONID=3",
]


@pytest.mark.parametrize("twin", TWINS)
def test_spellings_of_one_page_meet_in_its_key(twin: str) -> None:
    assert canonical_key(twin) == "sz.gov.cn/zwgk/t1.html"


def test_what_differs_keeps_its_own_key() -> None:
    keys = {
        canonical_key(address)
        for address in (
            "http://a.gov.cn/x?id=1&b=2",
            "http://a.gov.cn/x?id=2&b=2",
            "http://a.gov.cn/x?b=2&id=1",
            "http://a.gov.cn/%D6%D0",
            "http://a.gov.cn/%E4%B8%AD",
            "http://a.gov.cn:8080/x",
            "http://a.gov.cn/index_1.html",
        )
    }
    assert len(keys) == 7
    assert canonical_key("http://a.gov.cn/b/index.html") == canonical_key("http://a.gov.cn/b/")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a.gov.cn/",
        "file:///etc/passwd",
        "http://u:p@a.gov.cn/",
        "http://",
        "javascript:x",
        "//",
        "http://a..cn/",
    ],
)
def test_addresses_that_are_none_are_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        fetch_address(address)


def test_a_link_becomes_an_address() -> None:
    base = "http://a.gov.cn/x/index.html"
    assert fetch_address("../年 报/t.html?名=值#x", base) == "http://a.gov.cn/年%20报/t.html?名=值"
    assert fetch_address("//b.gov.cn", base) == "http://b.gov.cn/"
    assert host_key("http://a.gov.cn:8080/x") == "a.gov.cn:8080"
    assert names_a_file("http://a.gov.cn/P0202.PDF?x=1")
    assert not names_a_file("http://a.gov.cn/t.html")


BASES = [
    "http://a.gov.cn/x/index.html",
    "https://a.gov.cn",
    "http://a.gov.cn:80/x/",
    "http://a.gov.cn:8080/x/y/?id=1&jsessionid=3",
    "http://a.gov.cn./x",
    "http://a.gov.cn/x//y/z",
    "http://a.gov.cn/x/../y/z",
    "http://a.gov.cn/x;jsessionid=3/y",
    f"http://{'x' * 64}.cn/y",
    "http://a..cn/x",
    None,
]
PIECES = [
    *("a", "B9", "-", "_", ".", "..", "/", "./", "../", "//", "?", "=", "&", ";", ":", "@", "%20", " ", "年"),
    *("\\", "\n", "jsessionid=3", "t20220125_1.html", "http://", "HTTP://", "https://", "b.gov.cn", "B.cn"),
    *(":80", ":8080", ":99999"),
]


def test_the_short_way_to_an_address_ends_where_the_long_one_does() -> None:
    """A fragment changes nothing of an address, but no address with one is joined the short way."""

    def address(href: str, base: str | None) -> str | None:
        try:
            return fetch_address(href, base)
        except BadAddress:
            return None

    draw = random.Random(20220125)
    whole = ["./202201/t1.html", "/zfxxgknb/t1.html", "http://b.gov.cn:80/t1.html", "t1.html", "/"]
    for _ in range(15_000):
        base = draw.choice(BASES)
        href = draw.choice([*whole, "".join(draw.choices(PIECES, k=draw.randrange(7)))])
        assert address(href, base) == address(f"{href.strip()}#", base), (href, base)


def test_scope_is_the_sites_domain_and_any_government_host() -> None:
    homes = ("http://www.zjj.com.cn/nb/",)
    assert in_scope("http://jw.zjj.com.cn/r.html", homes)
    assert in_scope("http://www.hunan.gov.cn/r.html", homes)
    assert not in_scope("http://other.com.cn/r.html", homes)
    assert not in_scope("http://gov.cn.example.com/r.html", homes)
    assert in_scope("http://cdn.example.com/r.html", homes, ("cdn.example.com",))
    assert registrable_domain("jw.taojiang.gov.cn") == "taojiang.gov.cn"
    assert registrable_domain("127.0.0.1") == "127.0.0.1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lists": ()}, "at least one list"),
        ({"lists": ("ftp://x/",)}, "no http"),
        ({"delay_seconds": -1.0}, "negative"),
        ({"tls": "off"}, "'off'"),
        ({"titles": "all"}, "'all'"),
    ],
)
def test_a_site_that_contradicts_itself_is_refused(changes: dict[str, object], message: str) -> None:
    values: dict[str, object] = {"id": "a", "name": "a", "lists": ("http://a.gov.cn/",)} | changes
    with pytest.raises(BadSite, match=message):
        Site(**values)  # type: ignore[arg-type]
