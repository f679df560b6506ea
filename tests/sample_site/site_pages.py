"""Article pages: a report's body in the frame of its site, and the two pages that only look like reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape
from string import Template
from zlib import crc32

from site_figures import FORMS, Figure, Figures, outcome_codes
from site_markup import Style, style_named
from site_plan import HERE, ListPlan, ReportPlan
from site_prose import Chapter, opening
from site_tables import printed_tables

TEMPLATES = {
    path.stem: Template(path.read_text(encoding="utf-8")) for path in (HERE / "templates").glob("*.html")
}
META_ORDER = ("SiteName", "SiteIDCode", "ColumnName", "ArticleTitle", "PubDate", "ContentSource")

_GBK_PAGES = {
    "gbk_declared": '<meta http-equiv="Content-Type" content="text/html; charset=gb2312"/>',
    "gbk_as_utf8": '<meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>',
    "gbk_undeclared": '<meta http-equiv="X-UA-Compatible" content="IE=edge"/>',
}


@dataclass(frozen=True, slots=True)
class Article:
    """What a page's frame needs to know of the article in it."""

    path: str
    title: str
    organ: str
    published: date
    body: str
    heading: str
    without: tuple[str, ...] = ()
    special: frozenset[str] = frozenset()


def report_article(report: ReportPlan, figures: Figures, chapters: list[Chapter], path: str) -> Article:
    """A report as an article; the heading of some breaks in two lines, as narrow pages make it do."""
    style = style_named(report.style, spacer_row="spacer_row" in report.special)
    name = report.organ_name if report.organ_name in report.title else report.organ_short
    breaks = report.title.startswith(name) and report.style in {"word", "ueditor"}
    heading = f"{name}<br/>{report.title.removeprefix(name)}" if breaks else report.title
    body = "\n".join(_report_body(report, figures, chapters, style))
    return Article(
        path,
        report.title,
        report.organ_short,
        report.published,
        body,
        heading,
        report.without,
        report.special,
    )


def _report_body(report: ReportPlan, figures: Figures, chapters: list[Chapter], style: Style) -> list[str]:
    tables = printed_tables(report, figures)
    blocks = [style.paragraph(opening(report), False)]
    for chapter in chapters:
        blocks.append(style.paragraph(chapter.heading, True))
        blocks += [style.paragraph(text, heading) for text, heading in chapter.paragraphs]
        blocks += [style.table(table) for table in tables.get(chapter.number, [])]
    signed = report.published
    blocks.append(style.paragraph(report.organ_name, False))
    blocks.append(style.paragraph(f"{signed.year}年{signed.month}月{signed.day}日", False))
    return blocks


def page_bytes(article: Article, place: ListPlan) -> bytes:
    """The whole page in its site's frame, in the bytes and with the declared charset its specials ask for."""
    frame = "layout_article" if "layout_tables" in article.special else f"{place.family}_article"
    gbk = sorted(article.special & _GBK_PAGES.keys())
    html = TEMPLATES[frame].substitute(
        charset=_GBK_PAGES[gbk[0]] if gbk else '<meta charset="utf-8"/>',
        meta=_meta_tags(article, place),
        title=escape(article.title),
        site_name=place.site_name,
        site_code=place.site_code,
        number=article.path.rpartition("_")[2].partition(".")[0],
        index_number=f"{place.site_code}/{article.published.year}-{_digits(article.path, 100_000):05d}",
        organ=article.organ,
        source=place.site_name,
        published=article.published.isoformat(),
        heading=article.heading,
        body=article.body,
    )
    return html.encode("gbk" if gbk else "utf-8")


def _digits(text: str, below: int) -> int:
    """A number that looks arbitrary and is the same in every run."""
    return crc32(text.encode()) % below


def _meta_tags(article: Article, place: ListPlan) -> str:
    hour, minute = 8 + _digits(article.title, 10), _digits(article.path, 60)
    contents = {
        "SiteName": place.site_name,
        "SiteIDCode": place.site_code,
        "ColumnName": place.column,
        "ArticleTitle": article.title,
        "PubDate": f"{article.published.isoformat()} {hour:02d}:{minute:02d}",
        "ContentSource": article.organ,
    }
    names = [name for name in META_ORDER if name not in article.without]
    return "\n".join(f'<meta name="{name}" content="{escape(contents[name])}"/>' for name in names)


def notice_article(path: str) -> Article:
    """The notice about preparing the reports: its title has the phrase, its text names rows."""
    title = "张家界市人民政府办公室关于做好2022年度政府信息公开工作年度报告编制发布工作的通知"
    lines = [
        "各区县人民政府，市直各单位：",
        "为做好2022年度政府信息公开工作年度报告的编制和发布，现将有关事项通知如下。",
        "一、内容要求。年度报告须含总体情况、主动公开政府信息情况、收到和处理政府信息公开申请情况等六个部分，表格不得改动。",
        "二、数据要求。“规章”一行由市人民政府填报，乡镇填0；“行政许可”“行政处罚”只计处理决定数量。"
        "表三第一项加第二项之和，须等于第三项加第四项之和，各列相加须等于总计。",
        "三、时间要求。各单位于2023年1月31日前发布，发布情况按下表报送。",
    ]
    table = (
        '<table border="1"><tr><td>单位</td><td>应发布数量</td><td>联系电话</td></tr>'
        "<tr><td>市直单位</td><td>36</td><td>0744-0000000</td></tr>"
        "<tr><td>区县</td><td>4</td><td>0744-0000000</td></tr><tr><td>总计</td><td>40</td><td></td></tr></table>"
    )
    style = style_named("plain")
    body = "\n".join([*(style.paragraph(line, False) for line in lines), table])
    return Article(path, title, "张家界市人民政府办公室", date(2022, 12, 12), body, title)


def blank_form_article(path: str, report: ReportPlan) -> Article:
    """The form itself, every cell empty, published in the same list as the reports."""
    title = "政府信息公开工作年度报告格式（2023年度空白表）"
    style = style_named("plain")
    instructions = {
        1: ["（填写主动公开、依申请公开、政府信息管理、平台建设、监督保障五个方面的情况）"],
        5: ["（填写存在的主要问题和改进情况）"],
        6: ["（填写收取信息处理费的情况以及其他需要报告的事项）"],
    }
    tables = printed_tables(report, _empty_figures())
    headings = ["总体情况", "主动公开政府信息情况", "收到和处理政府信息公开申请情况"]
    headings += ["政府信息公开行政复议、行政诉讼情况", "存在的主要问题及改进情况", "其他需要报告的事项"]
    blocks = [style.paragraph("××（单位）××年政府信息公开工作年度报告", False)]
    for number, (ordinal, heading) in enumerate(zip("一二三四五六", headings, strict=True), start=1):
        blocks.append(style.paragraph(f"{ordinal}、{heading}", True))
        blocks += [style.paragraph(text, False) for text in instructions.get(number, [])]
        blocks += [style.table(table) for table in tables.get(number, [])]
    return Article(path, title, "慈利县人民政府办公室", date(2023, 12, 20), "\n".join(blocks), title)


def _empty_figures() -> Figures:
    empty = Figure("", None, "blank")
    applicants = [code for code, _ in FORMS["applicants"]]
    items = ("received", "carried_in", *outcome_codes("2021"), "outcome_total", "carried_forward")
    figures = {("requests", item, applicant): empty for item in items for applicant in applicants}
    form = FORMS["challenges"]
    figures |= {
        ("challenges", route, res): empty for route, _ in form["routes"] for res, _ in form["results"]
    }
    for block in FORMS["disclosures"]["2021"]:
        pairs = [(item, measure) for item, _ in block["items"] for measure, _ in block["measures"]]
        figures |= {("disclosures", item, measure): empty for item, measure in pairs}
    return figures
