"""Each list family against a saved page of its kind: links, titles, dates, and the requests that lead
further."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawlers.errors import ListUnreadable, UnknownFamily
from crawlers.families.listing import ListPage, ListRequest
from crawlers.families.registry import FAMILIES, family_named, recognise
from crawlers.markup import text_of
from crawlers.titles import carries_phrase, passing_reason

SAVED = Path(__file__).parent / "saved"

CASES: dict[str, tuple[str, str]] = {
    "trs.html": ("http://www.yunling.gov.cn/zwgk/zfxxgknb/", "trs"),
    "trs_count_page.html": ("http://jyj.yunling.gov.cn/xxgk/nb/index.htm", "trs"),
    "hanweb.html": ("http://www.qingxi.gov.cn/col/col1229214366/index.html", "hanweb"),
    "hanweb_dataproxy.xml": (
        "http://www.qingxi.gov.cn/module/web/jpage/dataproxy.jsp?startrecord=1",
        "hanweb",
    ),
    "hanweb_annual_module.html": (
        "http://www.qingxi.gov.cn/module/xxgk/xxgkAnnualReport.jsp?area=11330500MB0000000X",
        "hanweb",
    ),
    "gkmlpt_index.html": ("http://www.dongtang.gov.cn/gkmlpt/index", "gkmlpt"),
    "gkmlpt_api.json": ("http://www.dongtang.gov.cn/gkmlpt/api/all/1234?page=1&sid=752044", "gkmlpt"),
    "openness.html": ("http://www.anle.gov.cn/openness/OpennessAnnualReport/year/6/2022.html", "openness"),
    "year_folders.html": ("http://www.jinghu.gov.cn/zwgk/zfxxgk/gknb/", "year_folders"),
    "sitemap.xml": ("http://www.beishan.gov.cn/sitemap.xml", "sitemap"),
    "sitemap_index.xml": ("http://www.beishan.gov.cn/sitemap.xml", "sitemap"),
    "plain.html": ("http://www.hekou.gov.cn/ndbg/list.shtml", "plain"),
    "plain_last_page.html": ("http://www.hekou.gov.cn/ndbg/list_3.shtml", "plain"),
}


def read(name: str, **request: object) -> ListPage:
    url, family = CASES[name]
    asked = replace(ListRequest(url), **request)  # type: ignore[arg-type]
    return family_named(family).read(asked, text_of((SAVED / name).read_bytes(), None))


def reports(page: ListPage) -> list[tuple[str, str, date | None]]:
    """(path, title, date) of the links that are reports by their title or address."""
    return [
        (urlsplit(link.url).path, link.title, link.published_on)
        for link in page.links
        if link.by_address or (carries_phrase(link.title) and not passing_reason(link.title) and link.in_row)
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_page_is_recognised_as_its_family(name: str) -> None:
    url, family = CASES[name]
    assert recognise(url, text_of((SAVED / name).read_bytes(), None)).name == family


def test_trs_names_every_page_from_the_first() -> None:
    page = read("trs.html")
    assert reports(page) == [
        (
            "/zwgk/zfxxgknb/202201/t20220128_4471003.html",
            "云岭市人民政府2021年政府信息公开工作年度报告",
            date(2022, 1, 28),
        ),
        (
            "/zwgk/zfxxgknb/202201/t20220126_4470018.html",
            "云岭市水务局2021年政府信息公开工作年度报告",
            date(2022, 1, 26),
        ),
        (
            "/zwgk/zfxxgknb/202101/P020210128551234567890.pdf",
            "云岭市统计局2020年政府信息公开工作年度报告",
            date(2021, 1, 28),
        ),
    ]
    base = CASES["trs.html"][0]
    assert [request.url for request in page.more] == [f"{base}index_1.html", f"{base}index_2.html"]
    assert not page.blocked_pager


def test_trs_counts_pages_by_a_variable_too_and_declared_gb2312_is_read_as_gb18030() -> None:
    page = read("trs_count_page.html")
    assert [title for _, title, _ in reports(page)] == [
        "市教育局2018年政府信息公开年度报告",
        "市教育局2017年政府信息公开工作年报",
    ]
    assert [urlsplit(request.url).path for request in page.more] == [
        f"/xxgk/nb/index_{number}.htm" for number in (1, 2, 3)
    ]


def test_hanweb_reads_its_records_and_asks_the_proxy_for_the_rest() -> None:
    page = read("hanweb.html")
    assert len(reports(page)) == 4
    assert reports(page)[0] == (
        "/art/2022/1/21/art_12292021_59202111.html",
        "青溪县人民政府2021年政府信息公开工作年度报告",
        date(2022, 1, 21),
    )
    assert (page.total, page.rows) == (62, 4)
    windows = [dict(parse_qsl(urlsplit(request.url).query)) for request in page.more]
    assert windows[0] == {"startrecord": "1", "endrecord": "6", "perpage": "6"}
    assert (len(windows), windows[-1]["endrecord"]) == (11, "62")
    assert dict(page.more[0].form)["columnid"] == "1229214366"
    assert dict(page.more[0].form)["unitid"] == "5447961"


def test_hanweb_reads_what_the_proxy_answers() -> None:
    page = read("hanweb_dataproxy.xml", context=(("group", "1"),))
    assert [path for path, _, _ in reports(page)] == [
        "/art/2020/2/27/art_1229214366_1001.html",
        "/art/2020/1/21/art_1229214366_1002.html",
    ]
    assert (page.more, page.total) == ((), 62)


def test_hanwebs_annual_module_goes_from_year_to_year() -> None:
    page = read("hanweb_annual_module.html")
    assert [urlsplit(request.url).query for request in page.more] == [
        "area=11330500MB0000000X&fbtime=2022",
        "area=11330500MB0000000X&fbtime=2021",
        "fbtime=2020&area=11330500MB0000000X",
    ]
    assert [path for path, _, _ in reports(page)] == ["/art/2023/1/18/art_1229_4410.html"]


def test_gkmlpt_goes_from_its_page_to_the_interface() -> None:
    first = FAMILIES["gkmlpt"].first("http://www.dongtang.gov.cn/gkmlpt/index#1234")
    assert first == ListRequest("http://www.dongtang.gov.cn/gkmlpt/index", context=(("category", "1234"),))
    page = read("gkmlpt_index.html", context=first.context)
    assert [request.url for request in page.more] == [CASES["gkmlpt_api.json"][0]]
    listed = read("gkmlpt_api.json")
    assert reports(listed)[0] == (
        "/gkmlpt/content/8/700/post_700000.html",
        "东塘区人民政府2022年政府信息公开工作年度报告",
        date(2023, 1, 21),
    )
    assert (len(reports(listed)), listed.total, listed.rows) == (2, 103, 3)
    assert [request.url for request in listed.more] == [
        "http://www.dongtang.gov.cn/gkmlpt/api/all/1234?page=2&sid=752044"
    ]


def test_gkmlpt_without_a_category_is_unreadable() -> None:
    with pytest.raises(ListUnreadable, match="category"):
        read("gkmlpt_index.html")
    with pytest.raises(ListUnreadable, match="no article list"):
        FAMILIES["gkmlpt"].read(ListRequest(CASES["gkmlpt_api.json"][0]), '{"error": 1}')


def test_openness_takes_reports_by_address_and_leaves_their_downloads() -> None:
    page = read("openness.html")
    assert [(path, title) for path, title, _ in reports(page)] == [
        ("/openness/OpennessAnnualReport/show/3391.html", "县农业农村局"),
        ("/openness/OpennessAnnualReport/show/3388.html", "县住房和城乡建设局2022年政府信息公开工作年度报告"),
    ]
    further = {urlsplit(request.url)._replace(scheme="", netloc="").geturl() for request in page.more}
    assert "/openness/OpennessAnnualReport/year/6/2021.html" in further
    assert "/openness/OpennessAnnualReport/year/6/2022.html?page=2" in further


def test_year_folders_are_entered_but_not_those_of_other_columns() -> None:
    page = read("year_folders.html")
    assert [urlsplit(request.url).path for request in page.more] == [
        "/zwgk/zfxxgk/gknb/gknb2023/",
        "/zwgk/zfxxgk/gknb/gknb2022/",
        "/zwgk/zfxxgk/gknb/2021n52/index.html",
    ]
    assert len(reports(page)) == 1


def test_sitemaps_give_addresses_under_report_columns() -> None:
    page = read("sitemap.xml")
    assert [link.url for link in page.links] == [
        "http://www.beishan.gov.cn/zwgk/zfxxgknb/202301/t20230119_77120.html",
        "http://www.beishan.gov.cn/zfxxgkndbg/art?id=5&year=2021",
    ]
    assert page.links[0].published_on == date(2023, 1, 19)
    assert [request.url for request in read("sitemap_index.xml").more] == [
        "http://www.beishan.gov.cn/sitemap-1.xml",
        "http://www.beishan.gov.cn/sitemap-2.xml",
    ]


def test_plain_lists_follow_numbers_and_the_next_page() -> None:
    page = read("plain.html")
    assert [(title, printed) for _, title, printed in reports(page)] == [
        ("河口镇2022年政府信息公开工作年度报告", date(2023, 1, 9)),
        ("河口镇2021年政府信息公开工作年度报告", date(2022, 1, 11)),
    ]
    assert [urlsplit(request.url).path for request in page.more] == [
        "/ndbg/list_2.shtml",
        "/ndbg/list_3.shtml",
    ]
    assert page.total == 5


def test_the_last_page_has_no_next_one() -> None:
    page = read("plain_last_page.html")
    assert [urlsplit(request.url).path for request in page.more] == ["/ndbg/list.shtml"]
    assert not page.blocked_pager


def test_a_late_list_behind_unclosed_tags_is_whole() -> None:
    """Word-exported columns leave hundreds of tags open; readers with a depth limit lose what follows."""
    rows = "".join(
        f'<tr><td><font><p><a href="t{n}.html">第{n}镇政府信息公开工作年度报告</a>' for n in range(200)
    )
    page = FAMILIES["plain"].read(ListRequest("http://x.gov.cn/"), "<font>" * 200 + f"<table>{rows}</table>")
    assert len(page.links) == 200


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(UnknownFamily, match="'wordpress'"):
        family_named("wordpress")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "<",
        "<a href='http://['>x</a>" * 3,
        "<div>" * 3000,
        "<record><![CDATA[",
        '{"articles": 5}',
        "\0\ufffd",
    ],
)
def test_no_family_breaks_on_rubbish(family: str, text: str) -> None:
    try:
        page = FAMILIES[family].read(ListRequest("http://x.gov.cn/list.html"), text)
    except ListUnreadable:
        return
    assert isinstance(page, ListPage)
