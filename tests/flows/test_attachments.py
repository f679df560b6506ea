"""A report whose tables stand in an attached file: read as the page's report, both addresses named."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image as Picture

from benchmarks.corpus.formats import draw_report, write_docx, write_html
from crawlers.archive import Archive, ArchivePlace
from crawlers.attached_files import note_attached
from crawlers.outcomes import Attempt, Outcome
from crawlers.records import Entry
from crawlers.sites import Site
from extractors import ocr
from extractors.document import Document, Grid, Image
from extractors.isolated import close_reader
from extractors.read import EXTRACTOR_VERSION, read_document
from flows.attached_reading import with_pictures
from flows.page_reading import books
from flows.plan import plan_build
from flows.publishing import Standards, publish_batches, writing
from flows.reading import read_batch, staged
from flows.settings import BuildSettings, ThresholdSettings
from flows.settling import settle
from flows.versions import is_outdated, version_of
from transforms.findings import Issue
from transforms.page import Page
from transforms.report import PageReading, read_page
from warehouse.publish import read_table

PAGE = "http://www.yunchuan.gov.cn/zwgk/t1.html"
FILE = "http://www.yunchuan.gov.cn/zwgk/P1.docx"
REPORT = draw_report(9, 0)
TITLE = "云川市人民政府2023年政府信息公开工作年度报告"
MARKUP = (
    f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1><a href='P1.docx'>附件</a></body></html>"
)


def archived(folder: Path, **bodies: bytes) -> ArchivePlace:
    """An archive as a crawl leaves it: a page, and the file that belongs to it."""
    place = ArchivePlace.in_folder(folder)
    with Archive(place) as archive:
        ledger = archive.ledger
        run = ledger.open_run(None, 1.0)
        site = Site("yunchuan", "云川市人民政府", (PAGE,), "520100")
        ledger.note_sites([site])
        (page,) = ledger.note_list_page(run, site.id, [Entry(PAGE, PAGE, TITLE, date(2024, 1, 20))], [])
        keys = {"page": page.key, "file": note_attached(ledger, page.key, [FILE])[0].key}
        for name, body in bodies.items():
            address = {"page": PAGE, "file": FILE}[name]
            attempt = Attempt(
                address, address, Outcome.OK, "", datetime.now(UTC), 0.1, 200, {}, body, complete=True
            )
            ledger.note_page(run, site.id, keys[name], attempt, archive.put(body))
    return place


def read(place: ArchivePlace, folder: Path) -> dict[str, pd.DataFrame]:
    plan = plan_build(place, folder / "none", folder / "batches", BuildSettings(processes=1))
    (batch,) = plan.batches
    read_batch(batch, place.objects, folder / "frames")
    return staged(folder / "frames")


def test_the_attached_file_gives_the_pages_report(tmp_path: Path) -> None:
    content = write_docx(REPORT)
    frames = read(archived(tmp_path / "archive", page=MARKUP.encode(), file=content), tmp_path)
    (report,) = frames["reports"].to_dict("records")
    assert (report["source"], report["title"], report["report_year"]) == (PAGE, TITLE, 2023)
    assert report["content_type"].endswith("wordprocessingml.document")
    assert report["requests_state"] == "exact"
    named = frames["issues"].set_index("check").loc["attachment"]
    assert named["observed"] == FILE and PAGE in named["message"]
    printed = frames["requests"].set_index(["item", "applicant"])["value"]
    for (table, item, column), cell in REPORT.truth.cells.items():
        if table == "requests" and cell.value is not None:
            assert printed[item, column] == cell.value
    (page,) = frames["pages"].to_dict("records")
    assert page["sha256"] not in (report["sha256"], "")


def test_a_file_that_cannot_be_read_leaves_the_report_refused_with_the_reason(tmp_path: Path) -> None:
    frames = read(
        archived(tmp_path / "archive", page=MARKUP.encode(), file=b"PK\x03\x04" + bytes(50)), tmp_path
    )
    (report,) = frames["reports"].to_dict("records")
    assert report["requests_state"] == "refused"
    issues = frames["issues"].set_index("check")
    assert FILE in issues.loc["damaged_file", "message"]
    assert "attachment_only" in issues.index


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name, body in members.items():
            package.writestr(name.replace("_", "."), body)
    return stream.getvalue()


def test_a_zip_file_that_a_page_links_gives_the_report_of_its_member(tmp_path: Path) -> None:
    content = zipped(a_txt="附件说明".encode(), b_docx=write_docx(REPORT), c_rar=b"Rar!\x1a\x07\x01\x00")
    frames = read(archived(tmp_path / "archive", page=MARKUP.encode(), file=content), tmp_path)
    (report,) = frames["reports"].to_dict("records")
    assert (report["source"], report["title"], report["requests_state"]) == (PAGE, TITLE, "exact")
    assert (report["sha256"], report["content_type"]) == (
        hashlib.sha256(content).hexdigest(), "application/zip"
    )  # fmt: skip
    assert frames["issues"].set_index("check").loc["attachment", "observed"] == f"{FILE}!/b.docx"


def test_a_zip_file_without_a_report_tells_why_of_each_member(tmp_path: Path) -> None:
    content = zipped(b_docx=b"PK\x03\x04" + bytes(50), c_rar=b"Rar!\x1a\x07\x01\x00")
    frames = read(archived(tmp_path / "archive", page=MARKUP.encode(), file=content), tmp_path)
    assert list(frames["reports"]["requests_state"]) == ["refused"]
    told = frames["issues"].set_index("check")["observed"]
    assert told["unsupported_kind"] == f"{FILE}!/c.rar" and told["damaged_file"] == f"{FILE}!/b.docx"
    many = zipped(**{f"{n}_txt": b"1" for n in range(100)})
    frames = read(archived(tmp_path / "many", page=MARKUP.encode(), file=many), tmp_path / "again")
    assert "100 members" in frames["issues"].set_index("check").loc["compression_bomb", "message"]


def test_a_zip_file_that_a_list_links_in_a_reports_stead_gives_it(tmp_path: Path) -> None:
    frames = read(archived(tmp_path / "archive", page=zipped(b_html=write_html(REPORT))), tmp_path)
    (report,) = frames["reports"].to_dict("records")
    assert (report["source"], report["requests_state"]) == (PAGE, "exact")


def published(place: ArchivePlace, folder: Path) -> None:
    """Read all of an archive and publish it."""
    (batch,) = plan_build(place, folder / "datasets", folder / "batches", BuildSettings(processes=1)).batches
    result = read_batch(batch, place.objects, folder / "frames")
    with writing(folder / "datasets", "test") as run:
        publish_batches(
            run, [result], settle(folder / "datasets", [result]), 0, Standards(ThresholdSettings())
        )


def test_what_lacked_a_tool_is_read_again_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_reader()
    monkeypatch.setattr("shutil.which", lambda _program: None)
    monkeypatch.setenv("PATH", "/nowhere")
    place = archived(tmp_path / "archive", page=MARKUP.encode(), file=b"{\\rtf1 1}")
    published(place, tmp_path)
    (version,) = read_table(tmp_path / "datasets", "pages")["extractor_version"]
    assert version == f"{EXTRACTOR_VERSION}-libreoffice"
    again = plan_build(place, tmp_path / "datasets", tmp_path / "again", BuildSettings(processes=1))
    assert (again.pages, again.unchanged) == (0, 1)
    monkeypatch.undo()
    monkeypatch.setattr("extractors.office.is_installed", lambda: True)
    assert plan_build(place, tmp_path / "datasets", tmp_path / "later", BuildSettings(processes=1)).pages == 1
    close_reader()


def test_a_version_tells_the_tools_that_a_page_lacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractors.ocr.is_installed", lambda: False)
    monkeypatch.setattr("extractors.office.is_installed", lambda: False)
    refusal = PageReading("needs_ocr", "pictures", (), (Issue("needs_ocr", "error", "pictures"),))
    lacking = version_of(refusal, None)
    assert lacking == f"{EXTRACTOR_VERSION}-ocr"
    recognised = version_of(refusal, Document("pdf", flags=frozenset({"ocr"})))
    assert not any(
        map(
            is_outdated,
            (EXTRACTOR_VERSION, f"{EXTRACTOR_VERSION}+ocr", lacking, recognised, f"{lacking}-libreoffice"),
        )
    )
    assert is_outdated("0") and is_outdated("0+ocr")
    monkeypatch.setattr("extractors.ocr.is_installed", lambda: True)
    assert is_outdated(lacking) and not is_outdated(f"{EXTRACTOR_VERSION}-libreoffice")


def test_a_revised_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    place = archived(tmp_path / "archive", page=MARKUP.encode(), file=write_docx(REPORT))
    spread, datasets = BuildSettings(processes=1), tmp_path / "datasets"
    published(place, tmp_path)
    again = plan_build(place, datasets, tmp_path / "again", spread)
    assert (again.pages, again.unchanged) == (0, 1)
    archived(tmp_path / "archive", file=write_docx(draw_report(9, 1)))
    assert plan_build(place, datasets, tmp_path / "revised", spread).pages == 1


SHOWING = (
    f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1><p>一、总体情况</p><p>依法办理。</p>"
    "<p>二、主动公开政府信息情况</p><img src='P1.docx'><p>五、存在的主要问题及改进情况</p><p>无。</p></body></html>"
)


def test_a_page_is_read_with_the_tables_of_its_pictures_and_believes_what_their_sums_confirm() -> None:
    page = read_document(SHOWING.encode())
    picture = replace(read_document(write_html(REPORT)), kind="png", flags=frozenset({"ocr"}))
    tables = tuple(block for block in picture.blocks if isinstance(block, Grid))
    whole = with_pictures(page, {FILE: replace(picture, blocks=tables)})
    at = next(at for at, block in enumerate(page.blocks) if isinstance(block, Image))
    assert whole.blocks == (*page.blocks[:at], *tables, *page.blocks[at + 1 :])
    (report,) = read_page(whole, Page(PAGE), *books()).reports
    assert report.metadata.title is not None and report.metadata.title.value == TITLE
    assert [section.number for section in report.sections] == [1, 2, 5]
    requests = dict(zip(report.tables.requests.keys, report.tables.requests.cells, strict=True))
    printed = {place[1:]: cell.value for place, cell in REPORT.truth.cells.items() if place[0] == "requests"}
    confirmed = {place for place, cell in requests.items() if cell.value is not None}
    assert len(confirmed) > len(printed) / 2
    assert all(requests[place].value == printed[place] for place in confirmed)
    assert {cell.value for cell in report.tables.disclosures.cells} == {None}
    # An address that the page does not show is a picture behind its end.
    moved = with_pictures(page, {"http://www.yunchuan.gov.cn/p2.png": replace(picture, blocks=tables)})
    assert moved.blocks == (*page.blocks, *tables)


def test_pictures_without_a_table_leave_the_report_refused_with_the_reason(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Picture.new("L", (400, 300), 255).save(stream, "PNG")
    place = archived(tmp_path / "archive", page=SHOWING.encode(), file=stream.getvalue())
    frames = read(place, tmp_path)
    (report,) = frames["reports"].to_dict("records")
    assert (report["requests_state"], report["content_type"]) == ("refused", "text/html")
    told = frames["issues"].set_index("check")["observed"]
    assert "image_tables" in told.index
    assert told["attachment_unread" if ocr.is_installed() else "needs_ocr"] == FILE
    lacking = "" if ocr.is_installed() else "-ocr"
    assert report["extractor_version"] == f"{EXTRACTOR_VERSION}{lacking}"
