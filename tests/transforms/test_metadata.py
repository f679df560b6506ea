"""Metadata of hand-written documents: each source, the order of trust, conflicts, and what is not said."""

from __future__ import annotations

from datetime import date

import pytest

from extractors.document import Block, Document, Grid, Image, Paragraph, Stream
from extractors.grids import build_grid
from transforms.metadata import Metadata, read_metadata
from transforms.metadata_pairs import read_date
from transforms.page import Page

PAGE = Page("http://www.yunchuan.gov.cn/zfxxgk/202201/t20220125_1234567.html")
TITLE = "云川市审计局2021年度政府信息公开工作年度报告"
BODY = (
    Paragraph("一、总体情况"),
    Paragraph("全年主动公开信息235条，比2020年增长10%，与2019年相比有所减少。"),
    Paragraph("二、主动公开政府信息情况"),
    Paragraph("六、其他需要报告的事项"),
    Paragraph("无。"),
)


def read(
    *head: str | Block, title: str | None = None, meta: dict[str, str] | None = None, page: Page = PAGE
) -> Metadata:
    blocks = tuple(Paragraph(block) if isinstance(block, str) else block for block in head)
    return read_metadata(
        Document("html", title=title, meta=tuple((meta or {}).items()), blocks=blocks + BODY), page
    )


def grid(*rows: tuple[str, ...]) -> Grid:
    return build_grid([[(text, 1, 1) for text in row] for row in rows])


def checks(metadata: Metadata, check: str) -> list[tuple[str, str | None, str | None]]:
    return [
        (issue.severity, issue.expected, issue.observed) for issue in metadata.issues if issue.check == check
    ]


def values(metadata: Metadata) -> tuple[object, ...]:
    fields = (
        metadata.organ,
        metadata.report_year,
        metadata.published_on,
        metadata.index_number,
        metadata.site_name,
    )
    return tuple(field.value if field else None for field in fields)


def test_meta_tags() -> None:
    metadata = read(
        meta={
            "SiteName": "云川市人民政府",
            "ArticleTitle": TITLE,
            "PubDate": "2022-01-25 10:30",
            "ContentSource": "云川市审计局",
        }
    )
    assert values(metadata) == ("云川市审计局", 2021, date(2022, 1, 25), None, "云川市人民政府")
    assert metadata.organ and metadata.organ.origin == "meta:ArticleTitle"
    assert metadata.published_on and metadata.published_on.origin == "meta:PubDate"
    assert metadata.title and metadata.title.value == TITLE
    assert metadata.issues == ()


def test_metadata_table_as_a_grid() -> None:
    table = grid(
        ("索 引 号", "000014349/2022-74857", "分　　类", "政府信息公开年报"),
        ("发布机构", "云川市审计局", "发文日期", "2022年1月25日"),
        ("名　　称", TITLE, "文　　号", ""),
    )
    metadata = read(table)
    assert values(metadata)[:4] == ("云川市审计局", 2021, date(2022, 1, 25), "000014349/2022-74857")
    assert metadata.organ and metadata.organ.origin == "table:名称"
    assert metadata.index_number and metadata.index_number.origin == "table:索引号"


def test_keys_over_their_values() -> None:
    metadata = read(grid(("索引号", "发布机构", "发布日期"), ("A1/2022-7", "云川市审计局", "2022-01-25")))
    assert values(metadata)[0] == "云川市审计局"
    assert values(metadata)[2:4] == (date(2022, 1, 25), "A1/2022-7")


@pytest.mark.parametrize(
    "head",
    [
        ("索引号: 000014349/2022-74857 | 发文机关: 云川市审计局 | 文 号: | 发布日期: 2022-01-25 |",),
        ("索引号：000014349/2022-74857", "发布机构：云川市审计局", "发布日期：2022-01-25"),
        ("索引号: 000014349/2022-74857 文号: 无文号/发文日期:2022-01-25/发布机构:云川市审计局",),
        ("索引号000014349/2022-74857组配分类年报发文机关云川市审计局发布日期2022年1月25日",),
        ("索 引 号", "000014349/2022-74857", "分 类", "发布机构", "云川市审计局", "发布日期", "2022-01-25"),
        (
            Stream(
                (
                    "索引号",
                    "",
                    "000014349/2022-74857",
                    "发布机构",
                    "",
                    "云川市审计局",
                    "发布日期",
                    "2022-01-25",
                )
            ),
        ),
        (Stream(("索引号: 000014349/2022-74857", "发布机构: 云川市审计局", "发布日期: 2022-01-25", "")),),
        (
            grid(
                ("索引号：", "000014349/2022-74857"),
                ("发布机构：", "云川市审计局"),
                ("发布日期：", "2022-01-25"),
            ),
        ),
    ],
)
def test_every_shape_of_a_metadata_block(head: tuple[str | Block, ...]) -> None:
    metadata = read(*head)
    assert values(metadata)[:1] == ("云川市审计局",)
    assert values(metadata)[2:4] == (date(2022, 1, 25), "000014349/2022-74857")


def test_empty_cells_shift_no_value_to_another_key() -> None:
    metadata = read(
        grid(("文 号", "有 效 性", ""), ("成文日期", "发布日期", "2022-04-06"), ("发布机构", "名称", ""))
    )
    assert metadata.published_on and metadata.published_on.origin == "table:发布日期"
    assert values(metadata)[2] == date(2022, 4, 6)
    assert metadata.organ is None


def test_doubled_pipes_for_empty_values() -> None:
    metadata = read(Stream(("索引号", "", "", "分类", "年报", "", "发布机构", "", "", "文号", "")))
    assert values(metadata)[3] is None
    assert metadata.organ is None


def test_day_of_signing_only_without_a_day_of_publication() -> None:
    both = read("成文日期：2022-01-20 发布日期：2022-01-25")
    assert values(both)[2] == date(2022, 1, 25)
    assert checks(both, "metadata_conflict") == []
    assert values(read("成文日期：2022-01-20"))[2] == date(2022, 1, 20)


def test_title_over_publisher() -> None:
    metadata = read(TITLE, meta={"ContentSource": "云川市人民政府办公室"})
    assert metadata.organ and (metadata.organ.value, metadata.organ.origin) == ("云川市审计局", "heading")
    assert checks(metadata, "metadata_conflict") == [("info", "云川市审计局", "云川市人民政府办公室")]


def test_two_organs_named_is_a_conflict() -> None:
    metadata = read("云溪县教育局2021年政府信息公开工作年度报告", meta={"ArticleTitle": TITLE})
    assert metadata.organ and metadata.organ.value == "云川市审计局"
    assert checks(metadata, "metadata_conflict") == [("warning", "云川市审计局", "云溪县教育局")]


def test_the_fuller_name_of_one_organ_is_taken() -> None:
    metadata = read("市审计局2021年政府信息公开工作年度报告", meta={"ContentSource": "云川市审计局"})
    assert metadata.organ and (metadata.organ.value, metadata.organ.origin) == (
        "云川市审计局",
        "meta:ContentSource",
    )
    assert checks(metadata, "metadata_conflict") == []
    place = read("云溪县2021年政府信息公开工作年度报告", "发布机构：云溪县人民政府")
    assert place.organ and place.organ.value == "云溪县人民政府"


@pytest.mark.parametrize(
    "source", ["云川市人民政府网", "云川市信息中心", "市政府办公室编辑", "本站", "云川日报", "admin", ""]
)
def test_web_teams_are_no_organs(source: str) -> None:
    metadata = read("2021年政府信息公开工作年度报告", meta={"ContentSource": source})
    assert metadata.organ is None
    assert checks(metadata, "organ_unknown") == [("warning", None, None)]


def test_the_owner_of_the_site_is_not_the_organ() -> None:
    metadata = read(
        "2021年政府信息公开工作年度报告",
        meta={"SiteName": "云川市人民政府门户网站", "ContentSource": "云川市人民政府"},
    )
    assert metadata.organ is None
    assert checks(metadata, "organ_unknown") == [("warning", None, "云川市人民政府")]
    own = read(
        "云川市2021年政府信息公开工作年度报告",
        meta={"SiteName": "云川市人民政府", "ContentSource": "云川市人民政府"},
    )
    assert own.organ and own.organ.value == "云川市人民政府"


@pytest.mark.parametrize(
    "sentence",
    [
        "本报告由云川市审计局编制。",
        "本年度报告由云川市审计局根据《中华人民共和国政府信息公开条例》编制。",
        "根据《条例》和《云川市人民政府办公室关于2021年年度报告编制的通知》要求，云川市审计局编制了本报告。",
        "根据有关规定，现将云川市审计局2021年度政府信息公开工作情况报告如下：",
        "根据规定，特向社会公布云川市审计局2021年政府信息公开工作年度报告。",
    ],
)
def test_the_text_introduces_its_maker(sentence: str) -> None:
    metadata = read(sentence)
    assert metadata.organ and (metadata.organ.value, metadata.organ.origin) == ("云川市审计局", "body")


@pytest.mark.parametrize(
    "sentence",
    [
        "根据《条例》和《云溪县人民政府办公室关于2021年度政府信息公开工作年度报告编制工作的通知》，现将2021年度工作报告如下：",
        "按照云溪县人民政府办公室关于做好2021年政府信息公开工作年度报告编制工作的通知要求，编制本报告。",
        "现将我局2021年度政府信息公开工作情况报告如下：",
        "本报告由我局编制。",
        "按照《云溪县教育局2020年政府信息公开工作年度报告》的体例，编制本报告。",
        "2021年，云川市委市政府高度重视政府信息公开工作。",
    ],
)
def test_no_organ_is_invented_from_prose(sentence: str) -> None:
    assert read(sentence).organ is None


def test_signature() -> None:
    for tail in (
        ("云川市审计局", "2022年1月20日"),
        ("云川市审计局　2022年1月20日",),
        ("云川市审计局", "二〇二二年一月二十日"),
    ):
        document = Document("text", blocks=BODY + tuple(Paragraph(text) for text in tail))
        metadata = read_metadata(document, Page("saved.txt"))
        assert metadata.organ and (metadata.organ.value, metadata.organ.origin) == ("云川市审计局", "body")
        assert metadata.published_on and metadata.published_on.value == date(2022, 1, 20)


@pytest.mark.parametrize(
    ("sentence", "year"),
    [
        ("本报告所列数据的统计期限自2021年1月1日起至2021年12月31日止。", 2021),
        ("数据统计期限为201711日至20171231日。", 2017),
        ("所列数据的统计期限为20201月1日至202012月31日。", 2020),
        ("统计期限自２０２１年１月１日起至同年１２月３１日止。", 2021),
        ("2021年，我局认真落实各项要求。", 2021),
        ("根据要求，现将2021年度政府信息公开工作情况报告如下：", 2021),
    ],
)
def test_year_from_the_text(sentence: str, year: int) -> None:
    metadata = read(sentence)
    assert metadata.report_year and (metadata.report_year.value, metadata.report_year.origin) == (
        year,
        "body",
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "与2020年相比，主动公开数量增长10%。",
        "2022年，我局将继续做好政府信息公开工作。",
        "贯彻《国务院办公厅关于印发2021年政务公开工作要点的通知》（国办发〔2021〕12号）精神。",
        "2020年1月至2021年3月期间开展培训。",
        "统计期限自2020年1月1日起至2021年12月31日止。",
        "我局于2022年1月25日公布。",
    ],
)
def test_other_years_in_prose_are_not_the_report_year(sentence: str) -> None:
    metadata = read(sentence)
    assert metadata.report_year is None
    assert len(checks(metadata, "year_unknown")) == 1


def test_title_over_text_with_an_issue() -> None:
    metadata = read(TITLE, "统计期限自2020年1月1日起至2020年12月31日止。")
    assert metadata.report_year and (metadata.report_year.value, metadata.report_year.origin) == (
        2021,
        "heading",
    )
    assert checks(metadata, "metadata_conflict") == [("warning", "2021", "2020")]


def test_prose_of_another_year_is_no_conflict() -> None:
    assert checks(read(TITLE, "2021年，我局公开信息100条，比2020年多10条。"), "metadata_conflict") == []


def test_year_of_publication_is_not_the_report_year() -> None:
    metadata = read("云川市审计局政府信息公开工作年度报告", "发布日期：2022-05-23")
    assert metadata.report_year is None
    late = read("云川市审计局2020年政府信息公开工作年度报告", "发布日期：2022-05-23")
    assert values(late)[1:3] == (2020, date(2022, 5, 23))
    assert late.issues == ()


def test_published_before_the_year_is_a_conflict() -> None:
    metadata = read(TITLE, "发布日期：2020-01-25")
    assert checks(metadata, "metadata_conflict") == [("warning", "after 2021", "2020-01-25")]


def test_the_list_names_the_report_where_the_page_does_not() -> None:
    page = Page("http://www.yunchuan.gov.cn/a.html", list_title=TITLE, list_date=date(2022, 1, 25))
    metadata = read(page=page)
    assert values(metadata)[:3] == ("云川市审计局", 2021, date(2022, 1, 25))
    assert metadata.organ and metadata.organ.origin == "list"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("http://a.gov.cn/x/202201/t20220125_88.html", date(2022, 1, 25)),
        ("http://a.gov.cn/art/2022/1/5/art_1_2.html", date(2022, 1, 5)),
        ("http://a.gov.cn/columns/x/202301/30/y.html", date(2023, 1, 30)),
        ("http://a.gov.cn/nw12344/20230331/abc.html", date(2023, 3, 31)),
        ("http://a.gov.cn/x/t19700101_88.html", None),
        ("http://a.gov.cn/content/post_9472698.html", None),
    ],
)
def test_day_from_the_address(source: str, expected: date | None) -> None:
    metadata = read(TITLE, page=Page(source))
    assert values(metadata)[2] == expected
    if expected is None:
        assert len(checks(metadata, "date_unknown")) == 1


def test_year_from_the_address_only_if_published_the_year_after() -> None:
    agreed = read(page=Page("http://a.gov.cn/zfxxgk/gknb2021/t20220125_88.html"))
    assert agreed.report_year and (agreed.report_year.value, agreed.report_year.origin) == (2021, "address")
    assert checks(agreed, "year_from_address") == [("warning", None, "2021")]
    other = read(page=Page("http://a.gov.cn/zfxxgk/2022n/t20220125_88.html"))
    assert other.report_year is None
    titled = read(TITLE, page=Page("http://a.gov.cn/zfxxgk/xxgknb_2014/t20220125_88.html"))
    assert values(titled)[1] == 2021
    assert titled.issues == ()


def test_what_no_source_says_is_an_issue() -> None:
    metadata = read(page=Page("saved/page.html"))
    assert values(metadata) == (None, None, None, None, None)
    assert {issue.check for issue in metadata.issues} == {
        "organ_unknown",
        "year_unknown",
        "title_unknown",
        "date_unknown",
    }


def test_a_columns_name_is_no_title_beside_a_title() -> None:
    metadata = read(meta={"ArticleTitle": "政府信息公开年报"}, page=Page("a.html", list_title=TITLE))
    assert metadata.title and (metadata.title.value, metadata.title.origin) == (TITLE, "list")
    alone = read(meta={"ArticleTitle": "政府信息公开年报"})
    assert alone.title and alone.title.value == "政府信息公开年报"


def test_a_value_that_says_there_is_none() -> None:
    assert read(grid(("索引号", "无文号"), ("发布机构", "无"))).index_number is None


def test_menus_and_other_reports_above_the_article() -> None:
    metadata = read(
        "* [政府信息公开年报](/7/)",
        "云溪县教育局2020年政府信息公开年度报告",
        "云川市审计局2021年信息公开年报",
    )
    assert values(metadata)[:2] == ("云川市审计局", 2021)
    assert metadata.title and metadata.title.value == "云川市审计局2021年信息公开年报"
    assert checks(metadata, "metadata_conflict") == []


def test_a_broken_title_and_a_site_name_from_the_page() -> None:
    page = Page(PAGE.source, site_name="云川市人民政府")
    metadata = read(
        "云川市审计局", "2021年度政府", "信息公开工作年度报告", title="云川市人民政府门户网站", page=page
    )
    assert values(metadata) == ("云川市审计局", 2021, date(2022, 1, 25), None, "云川市人民政府")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-01-25 10:11:12", date(2022, 1, 25)),
        ("2022/1/5", date(2022, 1, 5)),
        ("2022 年 1 月 25 日", date(2022, 1, 25)),
        ("20220125", date(2022, 1, 25)),
        ("二〇二二年一月二十五日", date(2022, 1, 25)),
        ("二○二二年十二月十日", date(2022, 12, 10)),
        ("1970-01-01", None),
        ("2022-13-41", None),
        ("", None),
    ],
)
def test_dates(text: str, expected: date | None) -> None:
    assert read_date(text) == expected


def test_a_page_of_pictures_alone_has_the_title_it_gives() -> None:
    metadata = read_metadata(Document("html", title=TITLE, blocks=(Image("1.png"),)), PAGE)
    assert values(metadata)[:2] == ("云川市审计局", 2021)
