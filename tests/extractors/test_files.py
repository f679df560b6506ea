"""Files of every kind through the one entrance: the same report gives the same figures, whatever holds it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import docx
import openpyxl
import pdfplumber
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from benchmarks.attachments import measure, unequal
from benchmarks.corpus import formats
from benchmarks.corpus.formats import WRITERS, corpus_document, draw_report
from extractors.document import WRAPPED, Grid, Paragraph
from extractors.errors import DamagedFile, EncryptedFile
from extractors.printed import Box, Glyph, PrintedPage, blocks_of
from extractors.read import read_document
from transforms.numbers import figure

TORN = 4
"""A report whose table 三 is torn within a label by a page break."""
REPORTS = [draw_report(4, number) for number in (0, 1)]


def facts_agree(kinds: Sequence[str], count: int) -> None:
    documents = [
        corpus_document(report, kind, content)
        for kind in ("html", *kinds)
        for report, content in zip(REPORTS[:count], WRITERS[kind](REPORTS[:count]), strict=True)
    ]
    scores, read = measure(documents)
    total = scores.total()
    assert total["cells"] == total["right"] > 150 * len(documents)
    assert (total["silent"], total["invented"]) == (0, 0)
    assert unequal(read) == dict.fromkeys(("html", *kinds), 0)


def test_a_report_gives_the_same_figures_as_docx_xlsx_and_pdf() -> None:
    facts_agree(("docx", "xlsx", "pdf-reportlab"), 2)


@pytest.mark.needs("chromium")
def test_a_page_that_a_browser_prints_gives_the_figures_of_the_page() -> None:
    facts_agree(("pdf-chromium",), 1)


@pytest.mark.needs("soffice")
def test_what_libreoffice_writes_and_reads_gives_the_figures_of_the_page() -> None:
    facts_agree(("pdf-libreoffice", "doc"), 1)


def test_table_three_is_split_over_pages_inside_a_merged_label_and_stays_one_grid() -> None:
    report = draw_report(4, TORN)
    content = formats.write_reportlab(report)
    with pdfplumber.open(io.BytesIO(content)) as pdf:
        texts = [(page.extract_text() or "").replace("\n", "") for page in pdf.pages]
    assert not any("一、本年新收" in text and "四、结转" in text for text in texts)
    grids = [block for block in read_document(content).blocks if isinstance(block, Grid)]
    (whole,) = (grid for grid in grids if any("结转下年度" in cell.text for row in grid.rows for cell in row))
    assert any("上年结转" in cell.text for row in whole.rows for cell in row)
    assert len(whole.rows) > 20


def saved(document: docx.document.Document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_docx_shows_what_word_shows() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("一、")
    paragraph.add_run("隐藏").font.hidden = True
    paragraph.add_run("总体情况")
    deleted = f'<w:del {nsdecls("w")} w:id="1" w:author="a"><w:r><w:delText>旧</w:delText></w:r></w:del>'
    paragraph._p.append(parse_xml(deleted))
    inserted = f'<w:ins {nsdecls("w")} w:id="2" w:author="a"><w:r><w:t>新</w:t></w:r></w:ins>'
    paragraph._p.append(parse_xml(inserted))
    table = document.add_table(2, 3)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "三"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "规章"
    table.cell(1, 1).text = "12"
    table.cell(1, 1).paragraphs[0].add_run("1").font.superscript = True
    blocks = read_document(saved(document)).blocks
    assert blocks[0] == Paragraph("一、总体情况新")
    assert isinstance(blocks[1], Grid)
    cells = [
        (cell.text, cell.row, cell.column, cell.row_span, cell.column_span)
        for row in blocks[1].rows
        for cell in row
    ]
    assert cells == [("三", 0, 0, 2, 1), ("规章", 0, 1, 1, 2), ("12^1", 1, 1, 1, 1), ("", 1, 2, 1, 1)]


def test_docx_tables_in_tables_and_in_text_boxes_are_found_once() -> None:
    document = docx.Document()
    outer = document.add_table(1, 1)
    inner = outer.cell(0, 0).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "规章", "7"
    boxed = (
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>行政许可</w:t></w:r></w:p></w:tc>"
        "<w:tc><w:p><w:r><w:t>9</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    )
    box = f"<w:txbxContent>{boxed}</w:txbxContent>"
    namespaces = (
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="w" xmlns:v="v"'
    )
    run = (
        f'<w:r {nsdecls("w")} {namespaces}><mc:AlternateContent><mc:Choice Requires="wps">'
        f"<w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    document.add_paragraph()._p.append(parse_xml(run))
    grids = [block for block in read_document(saved(document)).blocks if isinstance(block, Grid)]
    assert [[cell.text for row in grid.rows for cell in row] for grid in grids] == [
        ["规章", "7"],
        ["行政许可", "9"],
    ]


def test_sheets_keep_their_merged_cells_and_leave_hidden_sheets_out() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "某局2023年政府信息公开工作年度报告"
    sheet["A2"], sheet["B2"], sheet["C2"] = "信息内容", "制发件数", "废止件数"
    sheet["A3"], sheet["C3"] = "规章", 160.5964
    sheet["A4"] = "行政规范性文件"
    book.create_sheet("旧").append(["规章", 99])
    book["旧"].sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    title, grid = read_document(stream.getvalue()).blocks
    assert title == Paragraph("某局2023年政府信息公开工作年度报告")
    assert isinstance(grid, Grid)
    assert [[cell.text for cell in row] for row in grid.rows] == [
        ["信息内容", "制发件数", "废止件数"], ["规章", "", "160.5964"], ["行政规范性文件", "", ""], ["", "", ""],
    ]  # fmt: skip


def drawn(draw: object) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    stream = io.BytesIO()
    canvas = Canvas(stream)
    draw(canvas)  # type: ignore[operator]
    canvas.save()
    return stream.getvalue()


def test_page_numbers_and_bold_print_leave_no_figures_behind() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", 10)
        for x in (100, 100.2):
            canvas.drawString(x, 700, "规章 12")
        canvas.drawString(300, 30, "- 4 -")

    assert read_document(drawn(draw)).blocks == (Paragraph("规章 12"),)


def test_radicals_become_the_characters_that_they_stand_for() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", 10)
        canvas.drawString(100, 700, "正文")

    from extractors.pdf import _mapped

    assert read_document(drawn(draw)).blocks == (Paragraph("正文"),)
    assert "".join(map(_mapped, "⾏政⻓官⺠")) == "行政长官民"
    assert _mapped("(cid:77)") == "\ufffd"


def test_columns_without_ruling_lines_keep_their_distance() -> None:
    rows = (("信息内容", "制发件数", "废止件数"), ("规章", "12", "3"), ("行政规范性文件", "4", "15"))
    glyphs = tuple(
        Glyph(character, x + 10 * at, 100 + 20 * line, x + 10 * at + 10, 110 + 20 * line)
        for line, row in enumerate(rows)
        for x, text in zip((50, 200, 350), row, strict=True)
        for at, character in enumerate(text)
    )
    blocks = blocks_of([PrintedPage(600, 800, glyphs, ())])
    pieces = [piece for block in blocks for piece in getattr(block, "pieces", ())]
    assert pieces == [text for row in rows for text in row]


def ruled(*cells: tuple[str, Box]) -> PrintedPage:
    """A page with one ruled table, each cell's text at its top left corner."""
    glyphs = (
        Glyph(character, box.x0 + 2 + 10 * at, box.top + 2, box.x0 + 12 + 10 * at, box.top + 12)
        for text, box in cells
        for at, character in enumerate(text)
    )
    return PrintedPage(600, 800, tuple(glyphs), (tuple(box for _, box in cells),))


def test_a_tall_cell_that_a_page_break_cuts_stays_one_cell() -> None:
    below_the_break = (
        ("", Box(0, 0, 90, 80)),
        ("乙", Box(90, 0, 200, 20)),
        ("", Box(200, 0, 290, 20)),
        ("丙", Box(90, 20, 200, 80)),
        ("9", Box(200, 20, 290, 80)),
    )
    upper = ruled(
        ("办理结果", Box(0, 700, 90, 740)),
        ("甲", Box(90, 700, 200, 720)),
        ("7", Box(200, 700, 290, 720)),
        ("丁", Box(90, 720, 200, 740)),
        ("8", Box(200, 720, 290, 740)),
    )
    (grid,) = blocks_of([upper, ruled(*below_the_break)])
    assert isinstance(grid, Grid)
    assert [[(cell.text, cell.column, cell.row_span) for cell in row] for row in grid.rows] == [
        [("办理结果", 0, 4), ("甲", 1, 1), ("7", 2, 1)],
        [("丁", 1, 1), ("8", 2, 1)],
        [("乙", 1, 1), ("", 2, 1)],
        [("丙", 1, 1), ("9", 2, 1)],
    ]
    named = ruled(("其他", below_the_break[0][1]), *below_the_break[1:])
    (grid,) = blocks_of([upper, named])
    assert isinstance(grid, Grid)
    assert [(row[0].text, row[0].row_span) for row in grid.rows[::2]] == [("办理结果", 2), ("其他", 2)]


def test_a_part_of_a_table_whose_cells_span_the_other_parts_columns_is_joined_to_it() -> None:
    upper = ruled(("甲", Box(0, 700, 200, 720)), ("7", Box(200, 700, 290, 720)), ("丁", Box(0, 720, 200, 740)),
                  ("8", Box(200, 720, 290, 740)))  # fmt: skip
    lower = ruled(("乙", Box(0, 0, 90, 20)), ("丙", Box(90, 0, 200, 20)), ("9", Box(200, 0, 290, 20)))
    for pages, texts in (([upper, lower], "甲7丁8乙丙9"), ([lower, upper], "乙丙9甲7丁8")):
        (grid,) = blocks_of(pages)
        assert isinstance(grid, Grid)
        places = {cell.text: (cell.column, cell.column_span) for row in grid.rows for cell in row}
        assert "".join(places) == texts
        assert places["甲"] == places["丁"] == (0, 2)
        assert (places["乙"], places["丙"]) == ((0, 1), (1, 1))
        assert [places[figure] for figure in "789"] == [(2, 1)] * 3
    elsewhere = ruled(("乙", Box(0, 0, 90, 20)), ("丙", Box(90, 0, 180, 20)), ("9", Box(180, 0, 290, 20)))
    assert len(blocks_of([upper, elsewhere])) == 2
    assert len(blocks_of([upper, ruled(("乙", Box(0, 0, 200, 20)), ("9", Box(200, 0, 270, 20)))])) == 2


def part(top: float, *texts: str) -> PrintedPage:
    """A page with a table of one row."""
    boxes = [Box(90 * at, top, 90 * at + 90, top + 20) for at in range(4)]
    return ruled(*zip(texts, boxes, strict=True))


def test_a_row_that_a_page_break_cuts_is_one_row() -> None:
    cut = [part(780, "2.其他", "0", "7", ""), part(0, "法律规定", "", "", "9")]
    (grid,) = blocks_of(cut)
    assert isinstance(grid, Grid)
    assert grid.texts == (("2.其他法律规定", "0", "7", "9"),)
    for upper, lower in (("2.其他", "3.规定"), ("规章", "行政许可")):
        (grid,) = blocks_of([part(780, upper, "0", "7", "1"), part(0, lower, "", "", "")])
        assert isinstance(grid, Grid)
        assert [row[0] for row in grid.texts] == [upper, lower]


def test_a_cell_of_figures_that_a_page_break_cuts_shows_both_of_its_lines_in_one_row() -> None:
    """Else the lower half is a row, under the rest of a label or none, and 5 a figure that nobody printed."""
    for above, below, whole in (
        (("2.其他", "0件", "7", "1"), ("法律规定", "5件", "", ""), ("2.其他法律规定", "0件\n5件", "7", "1")),
        (("规章", "12", "7", "1"), ("", "", "34", ""), ("规章", "12", "7\n34", "1")),
        (("3", "12", "7", ""), ("", "", "34", "9"), ("3", "12", "7\n34", "9")),
    ):
        (grid,) = blocks_of([part(780, *above), part(0, *below)])
        assert isinstance(grid, Grid)
        assert grid.texts == (whole,)
    for above, below in (
        (("规章", "12", "7", "1"), ("", "", "", "")),
        (("维持", "纠正", "未结", "总计"), ("", "", "34", "34")),
        (("规章", "12", "7", "1"), ("行政许可", "", "34", "")),
        (("2.其他", "0", "7", "1"), ("四、结转", "5", "", "")),
    ):
        (grid,) = blocks_of([part(780, *above), part(0, *below)])
        assert isinstance(grid, Grid)
        assert grid.texts == (above, below)


def test_tall_cells_beside_a_row_that_a_page_break_cuts_are_cut_with_it() -> None:
    def cells(*placed: tuple[str, int, int, int]) -> PrintedPage:
        return ruled(*((text, Box(90 * at, top, 90 * at + 90, end)) for text, at, top, end in placed))

    first = (("3.甲", 2, 740, 760), ("4", 3, 740, 760), ("4", 4, 740, 760))
    second = (("4.无正", 2, 760, 780), ("5", 3, 760, 780), ("5", 4, 760, 780))
    upper = cells(("三、本年", 0, 740, 780), ("处理", 1, 740, 780), *first, *second)
    rest = (("当理由", 2, 0, 20), ("", 3, 0, 20), ("", 4, 0, 20))
    third = (("5.乙", 2, 20, 40), ("6", 3, 20, 40), ("6", 4, 20, 40))
    (grid,) = blocks_of([upper, cells(("度办理", 0, 0, 40), ("", 1, 0, 40), *rest, *third)])
    assert isinstance(grid, Grid)
    assert [[(cell.text, cell.column, cell.row_span) for cell in row] for row in grid.rows] == [
        [("三、本年度办理", 0, 3), ("处理", 1, 3), ("3.甲", 2, 1), ("4", 3, 1), ("4", 4, 1)],
        [("4.无正当理由", 2, 1), ("5", 3, 1), ("5", 4, 1)],
        [("5.乙", 2, 1), ("6", 3, 1), ("6", 4, 1)],
    ]
    alone = cells(("三、本年", 0, 760, 780), ("处理", 1, 760, 780), *second)
    (grid,) = blocks_of([alone, cells(("度办理", 0, 0, 40), ("", 1, 0, 40), *rest, *third)])
    assert isinstance(grid, Grid)
    assert [(cell.text, cell.row_span) for cell in grid.rows[0]][:3] == [
        ("三、本年度办理", 2),
        ("处理", 2),
        ("4.无正当理由", 1),
    ]


def test_lines_around_several_cells_are_no_cell() -> None:
    cells = [
        ("甲", Box(0, 0, 90, 20)),
        ("7", Box(90, 0, 200, 20)),
        ("乙", Box(0, 20, 90, 40)),
        ("8", Box(90, 20, 200, 40)),
    ]
    page = ruled(*cells)
    around = Box(90, 0, 200, 40)
    (grid,) = blocks_of([PrintedPage(page.width, page.height, page.glyphs, ((*page.tables[0], around),))])
    assert isinstance(grid, Grid)
    assert [[cell.text for cell in row] for row in grid.rows] == [["甲", "7"], ["乙", "8"]]


def in_a_cell(width: float, *lines: str) -> str:
    """What a cell of that inner width reads as; its characters are 10 points wide."""
    glyphs = [
        Glyph(character, 2 + 10 * at, 2 + 12 * number, 12 + 10 * at, 12 + 12 * number)
        for number, line in enumerate(lines)
        for at, character in enumerate(line)
    ]
    boxes = (Box(0, 0, width + 4, 60), Box(width + 4, 0, width + 90, 60))
    full = [Glyph("甲", width + 6, 2, width + 88, 12)]
    (grid,) = blocks_of([PrintedPage(600, 800, (*glyphs, *full), (boxes,))])
    assert isinstance(grid, Grid)
    return grid.texts[0][0]


def test_a_line_break_between_digits_is_never_taken_away() -> None:
    assert in_a_cell(20, "规章", "制定") == "规章制定"
    assert in_a_cell(40, "规章", "制定") == "规章\n制定"
    assert in_a_cell(20, "12", "件") == "12件"
    assert in_a_cell(20, "12", "34") == f"12{WRAPPED}34"
    assert in_a_cell(30, "12", "34") == f"12{WRAPPED}34"
    assert in_a_cell(40, "12", "34") == f"12{WRAPPED}34"
    assert in_a_cell(30, "1,", "２3", "45") == f"1,{WRAPPED}２3{WRAPPED}45"
    assert in_a_cell(60, "12", "34") == "12\n34"


@pytest.mark.needs("chromium")
def test_narrow_and_flat_cells_of_a_page_that_a_browser_prints() -> None:
    """Two figures that fill a column stay two; a row of empty cells is one, the gap of a double line is none."""
    style = "table{border-collapse:collapse}td{border:1px solid}.full td{padding:0;font-size:20px}"
    double = ".double td{border:3px double}.foot tr:last-child td{border-bottom:3px double}.thick td{border:3px solid}"
    rows = "<tr><td>甲<td>12<br>34<td>7<br>8</tr><tr><td>乙<td>5<td>6</tr>"
    flat = "<tr><td>规章<td>行政许可<td>行政处罚</tr><tr><td></td><td></td><td></td></tr>"
    tables = [f"<table class=full>{rows}</table>", f"<table>{flat}</table>"]
    tables += [
        f"<table class={name}>{flat[: flat.index('</tr>')]}</table>" for name in ("double", "foot", "thick")
    ]
    page = f"<meta charset=utf-8><head><style>{style}{double}</style></head>{'<p>文</p>'.join([*tables, ''])}"
    (content,) = formats.print_by_chromium([page.encode()])
    narrow, blank, *others = (block for block in read_document(content).blocks if isinstance(block, Grid))
    assert ["".join(text.split()) for row in narrow.texts for text in row] == [
        "甲",
        "1234",
        "78",
        "乙",
        "5",
        "6",
    ]
    assert {figure(text).status for text in narrow.texts[0][1:]} == {"unreadable"}
    assert blank.texts == (("规章", "行政许可", "行政处罚"), ("", "", ""))
    assert [grid.texts for grid in others] == [blank.texts[:1]] * 3


def test_an_encrypted_and_a_broken_file_have_names() -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream, encrypt="secret")
    canvas.drawString(100, 100, "1")
    canvas.save()
    with pytest.raises(EncryptedFile):
        read_document(stream.getvalue())
    for content in (b"%PDF-1.7\n", formats.write_reportlab(REPORTS[0])[:3000]):
        with pytest.raises(DamagedFile):
            read_document(content)
    whole = formats.write_docx(REPORTS[0])
    with pytest.raises(DamagedFile):
        read_document(whole[: len(whole) // 2] + bytes(400) + whole[len(whole) // 2 + 400 :])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("word/document.xml", "<nothing/>")
    with pytest.raises(DamagedFile):
        read_document(stream.getvalue())
