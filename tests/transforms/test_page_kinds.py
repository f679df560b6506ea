"""Reports and the pages that only look like one."""

from __future__ import annotations

import pytest

from extractors.document import Attachment, Block, Document, Grid, Image, Paragraph, Stream
from extractors.grids import build_grid
from transforms.metadata import read_metadata
from transforms.page import Page
from transforms.page_kinds import page_kind, split_reports

PAGE = Page("http://www.yunchuan.gov.cn/a.html")
TITLE = "云川市审计局2021年度政府信息公开工作年度报告"
HEADINGS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)
LABELS = ("规章", "行政规范性文件", "行政许可", "行政处罚", "行政强制", "行政事业性收费")
PROSE = "全年认真做好政府信息公开工作，按时答复申请，做好平台建设和监督保障。" * 12


def table(figure: str = "0") -> Grid:
    return build_grid([[(label, 1, 1), (figure, 1, 1)] for label in LABELS])


def chapters(*tables: Block, prose: str = "全年主动公开信息。") -> tuple[Block, ...]:
    blocks: list[Block] = []
    for heading in HEADINGS:
        blocks += [Paragraph(heading), Paragraph(prose)]
        if heading.startswith("二"):
            blocks += tables
    return tuple(blocks)


def kind_of(*blocks: Block | str, title: str | None = None, page: Page = PAGE) -> str:
    made = tuple(Paragraph(block) if isinstance(block, str) else block for block in blocks)
    kind, reason = page_kind(Document("html", title=title, blocks=made), page)
    assert (reason is None) == (kind == "report")
    return kind


@pytest.mark.parametrize(
    "title",
    [
        TITLE,
        "关于公布年度报告的通知",
        "无标题文档",
        None,
        "页面不存在",
        "2021年政府信息公开工作年度报告编制工作的通知",
    ],
)
def test_labels_with_figures_are_a_report_whatever_the_title(title: str | None) -> None:
    assert kind_of(*chapters(table()), title=title) == "report"


def test_tables_as_text() -> None:
    pieces = tuple(piece for label in LABELS for piece in (label, "０"))
    assert kind_of(*chapters(Stream(pieces))) == "report"
    assert kind_of(*(Paragraph(piece) for piece in pieces)) == "report"
    assert kind_of(*chapters(table("12.5万元"))) == "report"


def test_report_whose_cells_are_all_blank() -> None:
    assert kind_of(*chapters(table(""), prose=PROSE), title=TITLE) == "report"


def test_old_report_without_tables() -> None:
    assert kind_of(*chapters(prose=PROSE)) == "report"
    assert kind_of(PROSE, title=TITLE) == "report"


def test_notice_with_the_blank_form() -> None:
    notice = "云川市人民政府办公室关于做好2021年政府信息公开工作年度报告编制发布工作的通知"
    assert kind_of(notice, "现就有关事项通知如下：", *chapters(table(""))) == "notice"
    assert kind_of("现就有关事项通知如下：", *chapters(table(""))) == "notice"
    assert kind_of(*chapters(prose=PROSE), title=notice) == "notice"
    assert kind_of(PROSE, page=Page("a", list_title=notice)) == "notice"


def test_blank_form() -> None:
    assert kind_of("××市××局20××年政府信息公开工作年度报告", *chapters(table(""))) == "blank_form"
    assert kind_of(table("")) == "blank_form"
    assert kind_of("政府信息公开工作年度报告格式", table("")) in ("notice", "blank_form")


def test_list_page() -> None:
    organs = ("审计局", "教育局", "水务局", "财政局", "统计局")
    links = [f"云川市{organ}2021年政府信息公开工作年度报告" for organ in organs]
    assert kind_of("政府信息公开年报", *links, "下一页") == "list_page"
    dated = [text for link in links for text in (link, "2022-01-25")]
    assert kind_of(*dated, title="政府信息公开年报-云川市人民政府") == "list_page"


def test_list_page_whose_titles_stand_in_a_table() -> None:
    organs = ("审计局", "教育局", "水务局", "财政局")
    rows = [
        [(f"云川市{organ}2021年政府信息公开工作年度报告", 1, 1), ("2022-01-25", 1, 1)] for organ in organs
    ]
    prose = "云川市人民政府门户网站" * 40
    assert kind_of(build_grid(rows), prose, title="政府信息公开年度报告_云川市人民政府") == "list_page"
    assert (
        kind_of(build_grid(rows[:2]), "共2条 首页 上一页 下一页 尾页", prose, title="政府信息公开年报")
        == "list_page"
    )
    # A report that is read page by page has a pager, too, and one title, however it is spelt.
    spelt = (TITLE, "云川市审计局政府信息公开年报")
    assert kind_of(*spelt, PROSE, "上一页 1 2 下一页") == "report"


def test_a_column_named_without_an_article_is_its_list() -> None:
    column, article = ("ColumnName", "政府信息公开年报"), ("ArticleTitle", TITLE)
    text = (Paragraph("云川市人民政府"),)
    assert page_kind(Document("html", meta=(column,), blocks=text), PAGE)[0] == "list_page"
    assert page_kind(Document("html", meta=(column, article), blocks=text), PAGE)[0] == "other"
    assert page_kind(Document("html", meta=(("ColumnName", "通知公告"),), blocks=text), PAGE)[0] == "other"
    file = Attachment("/2021.pdf", "云川市审计局2021年年报.pdf")
    assert page_kind(Document("html", meta=(column,), blocks=(*text, file)), PAGE)[0] == "attachment_only"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("请开启JavaScript并刷新该页。", "challenge"),
        ("您的访问过于频繁，请输入验证码继续访问", "challenge"),
        ("抱歉，您访问的页面不存在或已被删除", "soft_404"),
        ("404 Not Found", "soft_404"),
        ("云川市举行义务植树活动。", "other"),
    ],
)
def test_messages(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_empty() -> None:
    assert kind_of() == "empty"
    assert kind_of("", " ") == "empty"


def test_a_report_that_speaks_of_verification_is_no_challenge() -> None:
    assert kind_of(*chapters(table(), prose="完善安全验证，杜绝页面不存在等错链。")) == "report"
    assert kind_of(*chapters(prose="完善安全验证。" * 3)) == "report"


def test_tables_elsewhere() -> None:
    file = Attachment("/2021.pdf", "云川市审计局2021年年报.pdf")
    picture = Image("/捕获2.PNG")
    assert kind_of(*chapters(prose=""), file) == "attachment_only"
    assert kind_of(TITLE, file) == "attachment_only"
    assert kind_of(*chapters(picture, prose="")) == "image_tables"
    assert kind_of(*chapters(table(), picture), file) == "report"
    assert kind_of(*chapters(table(""), file, prose=PROSE), title=TITLE) == "report"


def test_several_reports_are_split_at_their_titles() -> None:
    organs = ("云川市审计局", "云川市教育局")
    blocks: list[Block] = [Paragraph("汇编")]
    for organ in organs:
        blocks += [Paragraph(organ), Paragraph("2021年政府信息公开工作年度报告"), *chapters(table())]
    document = Document(
        "html", title="汇编", meta=(("ArticleTitle", "云川市2021年政府信息公开年报"),), blocks=tuple(blocks)
    )
    assert page_kind(document, PAGE) == ("report", None)
    parts = split_reports(document)
    read = [read_metadata(part, PAGE) for part in parts]
    assert [metadata.organ.value if metadata.organ else None for metadata in read] == list(organs)
    assert [len([block for block in part.blocks if isinstance(block, Grid)]) for part in parts] == [1, 1]
    assert parts[0].blocks[0] == Paragraph("云川市审计局")


def test_several_reports_without_titles_are_refused() -> None:
    document = Document("html", blocks=chapters(table()) + chapters(table()))
    kind, reason = page_kind(document, PAGE)
    assert kind == "several_reports"
    assert reason is not None and reason.startswith("2 reports")
    same = (Paragraph(TITLE), *chapters(table()))
    assert page_kind(Document("html", blocks=same + same), PAGE)[0] == "several_reports"


def test_a_table_of_contents_is_not_a_second_report() -> None:
    contents = tuple(Paragraph(heading) for heading in HEADINGS)
    document = Document("html", blocks=(Paragraph(TITLE), *contents, *chapters(table())))
    assert page_kind(document, PAGE) == ("report", None)
    assert split_reports(document) == (document,)
