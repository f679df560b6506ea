"""The same reports as files: PDF by three producers, DOCX, XLSX, and what LibreOffice makes of them; scans.

A truth is drawn and laid out once; every writer prints the same title, prose and tables. LibreOffice,
Chromium and pdftoppm are run for many files at once where they can.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import docx
import openpyxl
from docx.shared import Pt
from openpyxl.utils import get_column_letter
from PIL import Image
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from benchmarks.corpus.build import is_sound
from benchmarks.corpus.content import Content, write_content
from benchmarks.corpus.documents import CorpusDocument
from benchmarks.corpus.pages import Dress, encode_page, write_page
from benchmarks.corpus.shapes import PrintedCell, PrintedTable, Shape, draw_shape, lay_out
from benchmarks.corpus.truths import Truth, draw_truth

_FONT = "STSong-Light"


@dataclass(frozen=True, slots=True)
class Report:
    """A report before it is written in any format."""

    name: str
    truth: Truth
    shape: Shape
    content: Content


def draw_report(seed: int, number: int) -> Report:
    """A report whose shape every format can carry; in every third, table 三 is torn in two as by a page break."""
    rng = Random(f"{seed}:file:{number}")
    truth, drawn = draw_truth(rng), draw_shape(rng, tame=True)
    shape = Shape(
        disclosures_in_blocks=drawn.disclosures_in_blocks,
        broken_headers=drawn.broken_headers,
        damaged=drawn.damaged,
        heading_rows=drawn.heading_rows,
        cut=("", "label", "row")[number % 3],
        repeated_header=number % 2 == 1,
    )
    tables = lay_out(rng, truth, shape)
    return Report(f"{number:05d}", truth, shape, write_content(rng, truth, tables))


def corpus_document(report: Report, kind: str, content: bytes) -> CorpusDocument:
    """A file with its truth, judged in the group of its kind."""
    truth = report.truth
    return CorpusDocument(
        f"{kind}-{report.name}",
        kind,
        kind,
        content,
        (truth,),
        f"saved/{kind}-{report.name}",
        names_organ=report.content.names_organ,
        sound=is_sound(truth, report.shape),
        retention=dict.fromkeys(("disclosures", "requests", "challenges"), "kept"),
        traits=truth.traits | report.shape.traits,
    )


# Writers without programs


def write_html(report: Report) -> bytes:
    """The report as a bare page."""
    rng = Random(report.name)
    dress = Dress(meta_tags=False, navigation=False, footer=False)
    page = write_page(rng, report.truth, report.content, "plain", dress)
    return encode_page(page, "utf-8")[0]


def write_docx(report: Report) -> bytes:
    """The report by python-docx, its spans as merged cells."""
    document = docx.Document()
    document.styles["Normal"].font.size = Pt(10)
    for line in (report.content.title or "").split("\n"):
        document.add_paragraph(line)
    for piece in report.content.body:
        if isinstance(piece, PrintedTable):
            _docx_table(document, piece)
        else:
            document.add_paragraph(piece[1])
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _docx_table(document: docx.document.Document, table: PrintedTable) -> None:
    cells = list(_placed(table))
    width = max(column + cell.columns for _, column, cell in cells)
    made = document.add_table(len(table.rows), width, style="Table Grid")
    grid = [list(row.cells) for row in made.rows]
    for row, column, cell in cells:
        last = min(row + cell.rows, len(table.rows)) - 1
        target = grid[row][column]
        if cell.rows > 1 or cell.columns > 1:
            target = target.merge(grid[last][column + cell.columns - 1])
        target.text = cell.text


def write_xlsx(report: Report) -> bytes:
    """The report on one sheet by openpyxl; plain figures are numbers."""
    book = openpyxl.Workbook()
    sheet = book.active
    row = 1
    for line in ((report.content.title or "").replace("\n", ""),):
        sheet.cell(row, 1, line)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=10)
        row += 1
    for piece in report.content.body:
        if not isinstance(piece, PrintedTable):
            sheet.cell(row, 1, piece[1])
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=10)
            row += 1
            continue
        for at, column, cell in _placed(piece):
            place = sheet.cell(row + at, column + 1)
            place.value = int(cell.text) if _is_plain(cell.text) else cell.text or None
            if isinstance(place.value, str):
                # "=" and "+1" are text here, not formulas.
                place.data_type = "s"
            if cell.rows > 1 or cell.columns > 1:
                end = get_column_letter(column + cell.columns)
                sheet.merge_cells(f"{place.coordinate}:{end}{row + at + cell.rows - 1}")
        row += len(piece.rows)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text == "0" or not text.startswith("0"))


def write_reportlab(report: Report) -> bytes:
    """The report by reportlab, whose tables split over pages, inside merged cells as well."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    body = ParagraphStyle(
        "body", fontName=_FONT, fontSize=10.5, leading=16, firstLineIndent=21, wordWrap="CJK"
    )
    head = ParagraphStyle("head", fontName=_FONT, fontSize=16, leading=24, alignment=1, wordWrap="CJK")
    flow: list[Flowable] = [
        Paragraph(_escaped(line), head) for line in (report.content.title or "").split("\n")
    ]
    before: object = None
    for piece in report.content.body:
        if isinstance(piece, PrintedTable):
            torn = isinstance(before, PrintedTable) and before.table == piece.table == "requests"
            flow += [PageBreak() if torn else Spacer(1, 8), _reportlab_table(piece)]
        else:
            flow.append(Paragraph(_escaped(piece[1]), body))
        before = piece
    stream = io.BytesIO()
    rng = Random(report.name)
    # Another page height breaks the tables at other rows.
    size = (A4[0], A4[1] - rng.choice((0, 25, 50, 75)))
    SimpleDocTemplate(
        stream, pagesize=size, leftMargin=50, rightMargin=50, topMargin=50, bottomMargin=50
    ).build(flow, onFirstPage=_page_number, onLaterPages=_page_number)
    return stream.getvalue()


def _page_number(canvas: object, template: object) -> None:
    canvas.setFont(_FONT, 9)  # type: ignore[attr-defined]
    canvas.drawCentredString(template.pagesize[0] / 2, 40, f"- {template.page} -")  # type: ignore[attr-defined]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _reportlab_table(table: PrintedTable) -> Table:
    cells = list(_placed(table))
    width = max(column + cell.columns for _, column, cell in cells)
    style = ParagraphStyle("cell", fontName=_FONT, fontSize=8, leading=10, alignment=1, wordWrap="CJK")
    widths = [495 / width] * width
    if table.table == "requests" and width > 8:
        widths = [46, 56, 118, *([(495 - 220) / (width - 3)] * (width - 3))]
    rows: list[list[object]] = [[""] * width for _ in table.rows]
    spans = []
    for row, column, cell in cells:
        if cell.rows > 1 and cell.columns == 1:
            # A tall cell's text must not be a paragraph: reportlab would not split the table within it.
            rows[row][column] = _stacked(cell.text, max(int((widths[column] - 12) / 8), 1))
        else:
            rows[row][column] = Paragraph(_escaped(cell.text).replace("\n", "<br/>"), style)
        if cell.rows > 1 or cell.columns > 1:
            spans.append(("SPAN", (column, row), (column + cell.columns - 1, row + cell.rows - 1)))
    plain = [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
        ("FONT", (0, 0), (-1, -1), _FONT, 8),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    return Table(rows, colWidths=widths, style=[*plain, *spans], splitByRow=1)


def _stacked(text: str, room: int) -> str:
    """A label in a narrow cell, so many characters a line."""
    bare = text.replace("\n", "")
    return "\n".join(bare[at : at + room] for at in range(0, len(bare), room))


def _placed(table: PrintedTable) -> Iterator[tuple[int, int, PrintedCell]]:
    """Each cell with its row and column, spans from above taken into account."""
    covered: dict[int, int] = {}
    for number, row in enumerate(table.rows):
        column = 0
        after = {place: left - 1 for place, left in covered.items() if left > 1}
        for cell in row:
            while column in covered:
                column += 1
            yield number, column, cell
            if cell.rows > 1:
                after.update(dict.fromkeys(range(column, column + cell.columns), cell.rows - 1))
            column += cell.columns
        covered = after


# Writers that are programs


def print_by_chromium(pages: Sequence[bytes]) -> list[bytes]:
    """Pages printed to PDF by a real browser."""
    made = []
    style = b"<style>@page{size:A4;margin:18mm}table{border-collapse:collapse;width:100%}td{font-size:11px}</style>"
    with tempfile.TemporaryDirectory() as folder:
        for number, page in enumerate(pages):
            source, target = Path(folder, f"{number}.html"), Path(folder, f"{number}.pdf")
            source.write_bytes(page.replace(b"</head>", style + b"</head>", 1))
            command = [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={folder}/profile",
            ]
            command += ["--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri()]
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            made.append(target.read_bytes())
    return made


def convert_by_libreoffice(files: Sequence[bytes], suffix: str, wanted: str) -> list[bytes]:
    """Files turned into another format by one run of LibreOffice; `wanted` is what follows --convert-to."""
    with tempfile.TemporaryDirectory() as folder:
        sources = [Path(folder, f"{number}.{suffix}") for number in range(len(files))]
        for source, content in zip(sources, files, strict=True):
            source.write_bytes(content)
        command = [
            "soffice",
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            wanted,
        ]
        command += ["--outdir", f"{folder}/out", *map(str, sources)]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        ending = wanted.split(":", maxsplit=1)[0]
        return [Path(folder, "out", f"{number}.{ending}").read_bytes() for number in range(len(files))]


def scan(pdf: bytes, dpi: int) -> bytes:
    """A PDF as a scanner gives it: a grey picture a page, no text."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in.pdf").write_bytes(pdf)
        subprocess.run(
            ["pdftoppm", "-r", str(dpi), "-gray", "-png", f"{folder}/in.pdf", f"{folder}/page"],
            check=True,
            timeout=120,
        )
        pages = [Image.open(path) for path in sorted(Path(folder).glob("page*.png"))]
        stream = io.BytesIO()
        pages[0].save(stream, "PDF", resolution=dpi, save_all=True, append_images=pages[1:])
        return stream.getvalue()


Writer = Callable[[Sequence[Report]], list[bytes]]


def _each(write: Callable[[Report], bytes]) -> Writer:
    return lambda reports: [write(report) for report in reports]


WRITERS: dict[str, Writer] = {
    "html": _each(write_html),
    "pdf-reportlab": _each(write_reportlab),
    "pdf-chromium": lambda reports: print_by_chromium([write_html(report) for report in reports]),
    "pdf-libreoffice": lambda reports: convert_by_libreoffice(
        [write_docx(report) for report in reports], "docx", "pdf"
    ),
    "docx": _each(write_docx),
    "xlsx": _each(write_xlsx),
    "xls": lambda reports: convert_by_libreoffice([write_xlsx(report) for report in reports], "xlsx", "xls"),
    "doc": lambda reports: convert_by_libreoffice(
        [write_docx(report) for report in reports], "docx", "doc:MS Word 97"
    ),
    "rtf": lambda reports: convert_by_libreoffice([write_docx(report) for report in reports], "docx", "rtf"),
    "scan-150": lambda reports: [scan(write_reportlab(report), 150) for report in reports],
    "scan-300": lambda reports: [scan(write_reportlab(report), 300) for report in reports],
}
"""How each kind of file is made."""


def build_files(seed: int, count: int, kinds: Sequence[str]) -> list[CorpusDocument]:
    """The same reports in every kind."""
    reports = [draw_report(seed, number) for number in range(count)]
    return [
        corpus_document(report, kind, content)
        for kind in kinds
        for report, content in zip(reports, WRITERS[kind](reports), strict=True)
    ]
