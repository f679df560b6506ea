"""Each list family against a saved page of its kind: links, titles, dates, and the requests that lead
further."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawlers.errors import ListUnreadable, UnknownFamily
from crawlers.families.listing import MOST_PAGES, ListPage, ListRequest
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
    "trs_one_based.html": ("http://www.lingshang.gov.cn/lsx/c2021/ndbglist.shtml", "trs"),
    "trs_pager_object.html": ("http://hs.beidu.gov.cn/zfxxgk/nb/", "trs"),
    "plain_menu.html": ("http://www.donggang.gov.cn/xxgk/nb/index.jhtml", "plain"),
    "framed.html": ("http://www.fangcun.gov.cn/gk/nb/", "plain"),
    "ucap.html": ("http://www.shahe.gov.cn/shq/nb/list.shtml", "json"),
    "ucap_api.json": (
        "http://www.shahe.gov.cn/common/search/0c3f5f1b?_isJson=true&_pageSize=50&page=1",
        "json",
    ),
    "year_menu.html": ("http://www.beidu.gov.cn/zwgk/nb/2023nb/", "year_folders"),
    "hanweb_script.html": ("http://www.qingxi.gov.cn/col/col1229300111/index.html", "hanweb"),
    "gkmlpt_annual.html": ("http://www.dongtang.gov.cn/gkmlpt/annualreport", "gkmlpt"),
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
    text = (SAVED / "gkmlpt_index.html").read_text("utf-8").replace("政府信息公开年报", "法规")
    with pytest.raises(ListUnreadable, match="category"):
        FAMILIES["gkmlpt"].read(ListRequest(CASES["gkmlpt_index.html"][0]), text)
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


def paths(page: ListPage) -> list[str]:
    """Where the page leads further: paths with their queries."""
    return [urlsplit(request.url)._replace(scheme="", netloc="").geturl() for request in page.more]


def test_a_pager_named_after_an_element_counts_from_one() -> None:
    page = read("trs_one_based.html")
    assert reports(page)[0] == (
        "/lsx/c2021/202301/5f0c1f7ad0f84a0f9f55a8d3c0f0aa01.shtml",
        "岭上县2022年政府信息公开工作年度报告",
        date(2023, 1, 18),
    )
    assert paths(page) == ["/lsx/c2021/ndbglist_2.shtml", "/lsx/c2021/ndbglist_3.shtml"]
    assert page.pages == 3
    later = replace(
        ListRequest(CASES["trs_one_based.html"][0]), url="http://x.gov.cn/lsx/c2021/ndbglist_3.shtml"
    )
    text = (SAVED / "trs_one_based.html").read_text("utf-8").replace(",3, 1,", ",3, 3,")
    assert family_named("trs").read(later, text).more == ()


def test_a_pager_object_is_read_as_its_function_is() -> None:
    page = read("trs_pager_object.html")
    assert paths(page) == [f"/zfxxgk/nb/index_{number}.html" for number in (1, 2, 3)]
    assert [printed for _, _, printed in reports(page)] == [date(2023, 1, 19)]


def test_a_claimed_number_of_pages_is_bounded() -> None:
    text = 'createPageHTML(999999999, 0, "index", "html")'
    page = family_named("trs").read(ListRequest("http://x.gov.cn/nb/"), text)
    assert (len(page.more), page.pages) == (MOST_PAGES - 1, 999999999)
    answer = '{"articles": [], "total": 999999999999}'
    asked = ListRequest("http://x.gov.cn/gkmlpt/api/all/1?page=1&sid=2")
    assert len(family_named("gkmlpt").read(asked, answer).more) == MOST_PAGES - 1


def test_plain_lists_hide_links_dates_and_pages_in_scripts_pictures_and_menus() -> None:
    page = read("plain_menu.html")
    assert [(link.url.rpartition("/")[2], link.title, link.published_on) for link in page.links[2:]] == [
        ("28817.jhtml", "东岗镇2022年政府信息公开年度报告", date(2023, 1, 12)),
        ("28111.jhtml", "东岗镇2021年政府信息公开年度报告", date(2022, 1, 9)),
        ("27001.jhtml", "东岗镇2020年政府信息公开年度报告", None),
    ]
    # The calendar's own arrows and days are no pages of the list.
    assert paths(page) == ["/xxgk/nb/index_2.jhtml", "/xxgk/nb/index_3.jhtml"]
    assert page.pages == 3


def test_frames_are_offered_where_the_list_may_be() -> None:
    assert [urlsplit(frame.url).path for frame in read("framed.html").frames] == [
        "/inc/weather.html",
        "/gk/nb/nb_list.html",
    ]


def test_ucap_pages_lead_to_their_interface_and_its_pages() -> None:
    page = read("ucap.html")
    channel = "0c3f5f1b7cb24a14b7f5e1cf02a3d9e4"
    assert paths(page) == [
        f"/common/search/{channel}?_isAgg=true&_isJson=true&_pageSize=50&_template=index&page=1"
    ]
    listed = read("ucap_api.json")
    assert reports(listed) == [
        (
            "/shq/c105/202301/9be1b8a7c2714d5c8a07d7a1e3c40001.shtml",
            "沙河区人民政府2022年政府信息公开工作年度报告",
            date(2023, 1, 30),
        ),
        (
            "/shq/c105/202301/9be1b8a7c2714d5c8a07d7a1e3c40002.shtml",
            "沙河区审计局2022年政府信息公开工作年度报告",
            date(2023, 1, 24),
        ),
    ]
    assert (listed.total, listed.rows, len(listed.more), listed.blocked_pager) == (5, 2, 2, False)
    assert read("ucap_api.json", context=(("page", "2"),)).more == ()


def test_json_in_a_callback_is_read_and_a_page_that_cannot_be_turned_is_told() -> None:
    answer = 'cb({"docs": [{"docTitle": "市审计局2021年政府信息公开年报", "docPubUrl": "/a.html"}], "count": "9"});'
    page = family_named("json").read(ListRequest("http://x.gov.cn/was5/web/search?channelid=1"), answer)
    assert ([link.url for link in page.links], page.total) == (["http://x.gov.cn/a.html"], 9)
    assert page.blocked_pager


def test_years_in_a_menu_are_folders_and_a_year_that_is_an_article_is_the_report() -> None:
    assert paths(read("year_menu.html")) == ["/zwgk/nb/2022nb/", "/zwgk/nb/2021nb/"]
    links = '<a href="n2022n.htm">2022年</a><a href="2021/">2021年</a><a href="/zfgb/2020/">2020年</a>'
    page = family_named("year_folders").read(ListRequest("http://x.gov.cn/gk/nb/index.htm"), links)
    assert [(link.title, link.by_address) for link in page.links] == [("2022年", True), ("2020年", False)]
    assert [dict(request.context) for request in page.more] == [{"title": "2021年"}]


def test_hanweb_keeps_its_records_in_a_script_too() -> None:
    page = read("hanweb_script.html")
    assert [title for _, title, _ in reports(page)] == ["青溪县财政局2022年政府信息公开工作年度报告"]
    assert [urlsplit(request.url).path for request in page.more] == ["/module/web/jpage/dataproxy.jsp"]


def test_gkmlpt_finds_the_category_in_its_tree_and_keeps_it_in_links() -> None:
    page = read("gkmlpt_annual.html")
    assert paths(page) == ["/gkmlpt/api/all/1234?page=1&sid=752044"]
    home = '<a href="/gkmlpt/annualreport#1234">政府信息公开年报</a><a href="/xw/index.html#1">新闻</a>'
    links = family_named("plain").read(ListRequest("http://www.dongtang.gov.cn/"), home).links
    assert [link.url.partition("gov.cn")[2] for link in links] == [
        "/gkmlpt/annualreport#1234",
        "/xw/index.html",
    ]
