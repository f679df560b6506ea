"""HTML pages to Documents: what a reader of the page sees, in reading order, and nothing that he does not."""

from __future__ import annotations

import pytest

from extractors.document import Attachment, Document, Grid, Image, Paragraph, Stream
from extractors.grids import PROSE_LENGTH
from extractors.html import html_document
from extractors.read import read_document
from extractors.text import text_document


def read(markup: str) -> Document:
    return read_document(markup.encode())


def the_grid(markup: str) -> Grid:
    grids = [block for block in read(markup).blocks if isinstance(block, Grid)]
    assert len(grids) == 1
    return grids[0]


def texts(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows]


def slots(grid: Grid) -> list[list[tuple[str, int, int, int]]]:
    return [[(cell.text, cell.column, cell.row_span, cell.column_span) for cell in row] for row in grid.rows]


def test_tags_end_where_a_browser_ends_them() -> None:
    grid = the_grid("<table><tr><td>规章<td>3<tr><td><p>许可<p>甲<td><font>4</table><p>完")
    assert texts(grid) == [["规章", "3"], ["许可\n甲", "4"]]


def test_fonts_left_open_by_the_thousand_lose_no_row() -> None:
    unclosed = "<td>" + "<font><span>" * 2000
    grid = the_grid(f"<table><tr>{unclosed}规章<td>3<tr>{unclosed}许可<td>4</table>")
    assert texts(grid) == [["规章", "3"], ["许可", "4"]]


def test_head_cells_are_cells() -> None:
    grid = the_grid("<table><thead><tr><th>信息内容<th>数量<tbody><tr><td>规章<td>2</table>")
    assert texts(grid) == [["信息内容", "数量"], ["规章", "2"]]


def test_spans_place_the_cells_that_follow() -> None:
    grid = the_grid(
        "<table><tr><td rowspan=2>（三）<td colspan=2>1.属于国家秘密<td>0<tr><td>2.<td>其他<td>5</table>"
    )
    assert slots(grid) == [
        [("（三）", 0, 2, 1), ("1.属于国家秘密", 1, 1, 2), ("0", 3, 1, 1)],
        [("2.", 1, 1, 1), ("其他", 2, 1, 1), ("5", 3, 1, 1)],
    ]


@pytest.mark.parametrize(
    ("declared", "meant"), [("2 ", 2), (" 3px", 3), ("x", 1), ("-3", 1), ("0", 1), ("", 1), ("5000", 100)]
)
def test_a_damaged_span_is_read_as_html_reads_it_but_bounded(declared: str, meant: int) -> None:
    assert the_grid(f'<table><tr><td colspan="{declared}">1</table>').rows[0][0].column_span == meant


@pytest.mark.parametrize(
    "hidden",
    [
        'style="display:none"',
        'style="color:red; DISPLAY : none"',
        'style="visibility:hidden"',
        "style='mso-hide:all'",
        "hidden",
    ],
)
def test_hidden_rows_and_texts_are_not_read(hidden: str) -> None:
    grid = the_grid(
        f"<table><tr><td>规章<td>1<tr {hidden}><td>规章<td>9<tr><td>许可<td><b {hidden}>8</b>2</table>"
    )
    assert texts(grid) == [["规章", "1"], ["许可", "2"]]


@pytest.mark.parametrize("before", [0, 1 << 15, 1 << 16, 1 << 20])
def test_what_hides_is_seen_wherever_it_stands(before: int) -> None:
    start = "<table><tr><td>1<tr style='color:red;"
    padding = "<p>" + "x" * max(before - len(start) - len("<p>") - 3, 0)
    assert texts(the_grid(f"{padding}{start}display:none'><td>9</table>")) == [["1"]]


@pytest.mark.parametrize(
    ("sheet", "hides"),
    [
        (".gone { display: none }", True),
        ("<!-- tr.gone,b.gone{color:red;mso-hide:all;} -->", True),
        ("/* .seen{} */ table .gone {VISIBILITY : HIDDEN}", True),
        (".gone {display:none} .gone {display:table-row}", False),
        ("@media print { .other {color:red} .gone {display:none} }", False),
        (".gone:hover {display:none}", False),
        (".other {display:none} .gone {color:red}", False),
        ("td.\none, tr.1, td > .gone, .gone {display:none}", True),
        ("tr  >  td.gone, .\u3000gone {display:none}", False),
    ],
)
def test_a_style_sheet_hides_rows_and_texts_of_cells(sheet: str, hides: bool) -> None:
    grid = the_grid(
        f"<style>{sheet}</style>"
        "<table><tr><td>规章<td>1<tr class='a gone'><td>规章<td>9<tr><td>许可<td><b class=gone>8</b>2</table>"
    )
    hidden = [["规章", "1"], ["许可", "2"]]
    assert texts(grid) == (hidden if hides else [["规章", "1"], ["规章", "9"], ["许可", "82"]])


@pytest.mark.parametrize(
    ("row", "texts_of_row"),
    [
        ("<tr><td>规章<td><span style='text-decoration:line-through'>5</span>6<td>7", ["规章", "5~6", "7"]),
        ("<tr><td>规章<td><p style='TEXT-DECORATION: LINE-THROUGH'>5</p><td>7", ["规章", "5~", "7"]),
        ("<tr><td>规章<td style='text-decoration: line-through'>5<td>7", ["规章", "5~", "7"]),
        ("<tr style='text-decoration: line-through'><td>规章<td>5<td>7", ["规章~", "5~", "7~"]),
        ("<tr><td>规章<td style='text-decoration: line-through'> <td><s> </s>", ["规章", "", ""]),
        ("<tr><td>规章<td style='text-decoration: underline'>5<td>7", ["规章", "5", "7"]),
    ],
)
def test_what_a_style_strikes_through_is_no_figure(row: str, texts_of_row: list[str]) -> None:
    assert texts(the_grid(f"<div style='text-decoration:line-through'><table>{row}</table></div>")) == [
        texts_of_row
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("5<span style='vertical-align: super'>1</span>", "51^"),
        ("5<font style='VERTICAL-ALIGN:Text-Top'>1</font>", "51^"),
        ("5<span style='vertical-align:3pt'>1</span>", "51^"),
        ("<span style='vertical-align:middle'>5</span>1", "51"),
        ("<span style='vertical-align:super'>51</span>", "51"),
        ("5<a href='#_ftn1'>1</a>", "5^1"),
        ("<a href='#'>51</a>", "51"),
        ("5<a href='/51.html'>1</a>", "51"),
        ("<ruby>5<rt>1</rt></ruby>", "5^1"),
        ("5<i style='visibility:collapse'>1</i>", "5"),
        ("5<button>1</button>", "5\n1"),
        ("<details><summary>5</summary>1</details>", "5\n1"),
        ("<menu>5</menu>1", "5\n1"),
    ],
)
def test_raised_notes_are_no_part_of_a_figure(cell: str, text: str) -> None:
    assert texts(the_grid(f"<table><tr><td>规章<td>{cell}<td>7</table>")) == [["规章", text, "7"]]


def test_the_lines_of_preformatted_text_are_those_of_a_text() -> None:
    lines = "规章\n\n3\n\n0\n\n行政规范性文件    7    2\n信息内容 | 本年制发件数 |\n| 规章 | 4 |"
    page = html_document(f"<p>二、主动公开<pre>{lines}</pre><p>完".encode(), "utf-8")
    assert page.blocks == (Paragraph("二、主动公开"), *text_document(lines, "utf-8").blocks, Paragraph("完"))


def test_a_style_sheet_hides_no_more_than_parts_of_a_table() -> None:
    page = "<style>.tab{display:none}</style><div class=tab><table class=tab><tr><td>规章<td>1</table></div>"
    assert texts(the_grid(page)) == [["规章", "1"]]


def test_an_attribute_shows_what_a_style_sheet_hides() -> None:
    page = "<style>tr{display:none}</style><table><tr style='display:table-row'><td>规章<td>1<tr><td>许可<td>2</table>"
    assert texts(the_grid(page)) == [["规章", "1"]]


def test_another_display_hides_nothing() -> None:
    assert texts(the_grid('<table><tr style="display:table-row"><td>1</table>')) == [["1"]]


def test_a_page_hidden_until_a_script_shows_it_is_read() -> None:
    assert read('<body style="display:none"><p>规章</p></body>').blocks == (Paragraph("规章"),)


def test_scripts_styles_comments_and_fields_print_nothing() -> None:
    markup = (
        "<p>甲<script>1</script><style>2</style><!-- 3 -->乙<textarea>4</textarea><noscript>5</noscript></p>"
    )
    assert read(markup).blocks == (Paragraph("甲乙"),)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<input value="5">', "5"),
        ('<p><input type="text" value=" 12 " readonly></p>', "12"),
        ('<input value="5"> 件', "5\n件"),
        ('<input value="5"><input value="6">', "5\n6"),
        ('1<INPUT VALUE="2">', "1\n2"),
        ('<input type="hidden" value="7">6', "6"),
        ('<input type="text">', ""),
        ("<textarea>8</textarea>", "8"),
        ('<input type="checkbox" value="1" checked>', "\ufffc"),
        ("<select><option>1<option selected>2</select>", "\ufffc"),
        ("<iframe src='figure.html'></iframe>", "\ufffc"),
        ("<svg><text>5</text></svg>", "\ufffc"),
        ("<script>document.write(figures[3])</script>", "\ufffc"),
        ("<script>count()</script>3", "3"),
    ],
)
def test_a_field_in_a_cell_prints_its_value_and_what_a_browser_would_draw_is_never_nothing(
    cell: str, text: str
) -> None:
    page = read(
        f"<input value='搜索'><table><tr><td>规章<td>{cell}</table><script>document.write(9)</script>"
    )
    assert [texts(block) for block in page.blocks if isinstance(block, Grid)] == [[["规章", text]]]
    assert not any(isinstance(block, Paragraph) for block in page.blocks)


def test_scripts_and_search_boxes_of_a_layout_table_print_nothing() -> None:
    page = read(
        "<table><tr><td><input value='搜索'><script>document.write(9)</script><table><tr><td>1</table>"
    )
    assert [type(block) for block in page.blocks] == [Grid]


def test_line_breaks_in_a_cell_are_the_pages_own() -> None:
    grid = the_grid("<table><tr><td>本年新<br>制作\n  数量<td><p>第一</p><p>第二</p></table>")
    assert texts(grid) == [["本年新\n制作 数量", "第一\n第二"]]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<span>1</span><span>2</span>", "12"),
        ("15<sup>1</sup>", "15^1"),
        ("<sup>1</sup>", "^1"),
        ("<del>3</del>", "~3"),
        ("3<img src=figure.png>", "3\ufffc"),
        ("H<sub>2</sub>", "H_2"),
        ("<del>17</del>18", "~1718"),
        ("<s>7</s>8", "~78"),
        ("<strike>4</strike>5", "~45"),
        ("<img src=figure.png>", "\ufffc"),
        ("13<img src=figure.png>", "13\ufffc"),
        ("1<!-- 2 -->3", "13"),
        ("<p></p>", ""),
        ("甲<p>乙", "甲\n乙"),
        ("&#49;2", "12"),
    ],
)
def test_a_cell_holds_what_it_prints_and_says_what_is_no_part_of_a_figure(cell: str, text: str) -> None:
    assert texts(the_grid(f"<table><tr><td>规章<td>{cell}</table>")) == [["规章", text]]


@pytest.mark.parametrize("around", ["div", "p", "td"])
@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("15<sup>1</sup>", "15^1"),
        ("<del>7</del>333", "~7333"),
        ("8<ruby>1<rt>2</rt></ruby>", "81^2"),
        ("占地15m<sup>2</sup>", "占地15m2"),
        ("15<sup>注</sup>", "15注"),
    ],
)
def test_a_figure_on_a_line_of_its_own_is_told_from_raised_and_struck_ones(
    around: str, markup: str, text: str
) -> None:
    nested = "<table><tr><td>甲</table>" if around == "td" else ""
    page = f"<p>规章</p><{around}>{markup}{nested}</{around}>"
    page = f"<table><tr>{page}</tr></table>" if around == "td" else page
    blocks = read_document(f"<html><body>{page}".encode()).blocks
    assert text in [block.text for block in blocks if isinstance(block, Paragraph)]


def test_a_layout_table_dissolves_around_the_table_that_it_holds() -> None:
    markup = (
        "<table><tr><td>标题<tr><td><table><tr><td>菜单<td><table><tr><td>规章<td>1</table>"
        "</table><p>其后</p></table>"
    )
    blocks = read(markup).blocks
    assert [type(block) for block in blocks] == [Paragraph, Paragraph, Grid, Paragraph]
    assert [block.text for block in blocks if isinstance(block, Paragraph)] == ["标题", "菜单", "其后"]
    assert texts(the_grid(markup)) == [["规章", "1"]]


def test_tables_beside_each_other_are_several() -> None:
    blocks = read("<table><tr><td>1</table><p>甲</p><table><tr><td>2</table>").blocks
    assert [type(block) for block in blocks] == [Grid, Paragraph, Grid]


def test_a_table_that_holds_prose_is_layout_and_one_of_long_labels_is_not() -> None:
    assert isinstance(read(f"<table><tr><td>{'字' * PROSE_LENGTH}</table>").blocks[0], Grid)
    assert isinstance(read(f"<table><tr><td>{'字' * (PROSE_LENGTH + 1)}</table>").blocks[0], Paragraph)


def test_a_caption_stands_before_its_table() -> None:
    blocks = read("<table><caption>二、主动公开</caption><tr><td>1</table>").blocks
    assert blocks[0] == Paragraph("二、主动公开")
    assert isinstance(blocks[1], Grid)


def test_paragraphs_end_with_their_blocks_and_not_with_their_fonts() -> None:
    blocks = read("<p>一<br>二</p>三<div> 四 \n 五</div><b>六</b><span>七</span>\n").blocks
    assert blocks == (Paragraph("一\n二"), Paragraph("三"), Paragraph("四 五"), Paragraph("六七"))


def test_text_of_pipes_in_a_page_is_read_as_text_is() -> None:
    pieces = Stream(("规章", "3", "0", "7", "许可", "1", "", ""), closed=True)
    rows = ("规章 | 3 | 0 | 7 |", "许可 | 1 | | |")
    in_paragraphs = read(f"<p>前文</p><p>{rows[0]}</p><p>{rows[1]}</p><h1>标题</h1>").blocks
    assert in_paragraphs == (Paragraph("前文"), pieces, Paragraph("标题"))
    assert read(f"<div>{rows[0]}<br>{rows[1]}</div>").blocks == (pieces,)


def test_attachments_in_text_and_in_tables() -> None:
    markup = (
        '<p>见<a href="/f/报告.PDF?v=1">附件 1</a></p><a href="/index.html">首页</a><a name="top"></a>'
        "<table><tr><td><a href='b.docx'>附件 2</a></table>"
    )
    found = [block for block in read(markup).blocks if isinstance(block, Attachment)]
    assert found == [Attachment("/f/报告.PDF?v=1", "附件 1"), Attachment("b.docx", "附件 2")]


def test_pictures_of_the_page_but_not_its_icons() -> None:
    markup = '<div><img src="/upload/t.jpg" alt="表"><img src="/icon/top.png"><img src="x.gif"><img alt="无"></div>'
    assert read(markup).blocks == (Image("/upload/t.jpg", "表"),)


def test_title_and_meta_tags_in_page_order() -> None:
    document = read(
        "<html><head><meta charset=utf-8><title> 某局 报告 </title><meta name=ArticleTitle content=' 甲 '>"
        '<meta property="og:title" content="乙"><meta name="empty" content=" "></head><p>1</p></html>'
    )
    assert document.title == "某局 报告"
    assert document.meta == (("ArticleTitle", "甲"), ("og:title", "乙"))
    assert (document.kind, document.charset) == ("html", "utf-8")
    assert read("<title>某局\n 报告</title><p>1</p>").title == "某局 报告"
    assert read("<title> </title><p>1</p>").title is None


@pytest.mark.parametrize(
    ("end", "cut_off"),
    [("1", True), ("1</td>", False), ("1</t", False), ("</table></body></html>\n", False)],
)
def test_a_page_that_ends_inside_a_text_says_so(end: str, cut_off: bool) -> None:
    assert ("cut_off" in read(f"<table><tr><td>规章</td><td>{end}").flags) == cut_off
