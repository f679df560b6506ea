"""An archive of any number of report pages, made in seconds: some hundred pages, each under many organs' names.

Figures, sums and layout are the corpus's; organ and year differ from page to page, so that nothing is a duplicate.
The archive is written without waiting for the disk: what is measured begins after it.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import zstandard
from sqlalchemy import insert

from benchmarks.corpus.content import write_content
from benchmarks.corpus.pages import Dress, encode_page, write_page
from benchmarks.corpus.places import Organ
from benchmarks.corpus.shapes import Shape, lay_out
from benchmarks.corpus.truths import draw_truth
from crawlers import ledger_schema as schema
from crawlers.ledger import Ledger
from crawlers.objects import name_of
from flows.page_reading import books

BASES, YEARS = 75, (2021, 2022, 2023, 2024)
STAND_IN = "无名县民政局"
BUREAUS = (
    "财政局",
    "教育局",
    "民政局",
    "审计局",
    "水利局",
    "统计局",
    "公安局",
    "司法局",
    "卫生健康局",
    "应急管理局",
)
PAGE_BYTES = 60_000
ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class MadePage:
    """A page of an organ's year, and where it would have been found."""

    site_id: str
    site_name: str
    region: str
    organ: str
    year: int
    content: bytes

    @property
    def source(self) -> str:
        """Its address."""
        return f"http://{self.site_id}.example.org.cn/zfxxgknb/{self.organ}-{self.year}.html"


def made_pages(count: int) -> Iterator[MadePage]:
    """So many pages, the same ones in every run; a larger number begins with those of a smaller one."""
    bases = {(base, year): _base(base, year) for base in range(BASES) for year in YEARS}
    counties = [r for r in books()[1].regions if r.level == "county" and r.last_year is None]
    names = itertools.product(BUREAUS, counties, YEARS)
    for number, (bureau, county, year) in enumerate(itertools.islice(names, count)):
        organ = f"{county.name}{bureau}"
        content = bases[number // len(YEARS) % BASES, year].replace(STAND_IN.encode(), organ.encode())
        yield MadePage(f"c{county.code}", f"{county.name}人民政府", county.code, organ, year, content)


def _base(number: int, year: int) -> bytes:
    for attempt in itertools.count():
        rng = Random(f"{number}:{attempt}")
        truth = draw_truth(rng)
        if truth.form == "2021" and not truth.traits and not truth.broken:
            break
    truth = replace(truth, organ=Organ(STAND_IN, "无名县人民政府"), year=year)
    content = write_content(rng, truth, lay_out(rng, truth, Shape()))
    page = write_page(rng, truth, content, "word", Dress(metadata_table=True))
    missing = PAGE_BYTES - len(page.encode())
    style = (
        "<style>"
        + "p.MsoNormal{mso-style-unhide:no;margin:0cm;font-size:10.5pt}\n" * (missing // 60)
        + "</style>"
    )
    return encode_page(page.replace("</head>", f"{style}</head>"), "utf-8")[0]


def write_archive(objects: Path, sizes: list[int]) -> dict[int, str]:
    """The objects of the largest size, and a ledger for each; the ledgers' addresses."""
    ledgers = {size: f"sqlite:///{objects.parent / f'ledger-{size}.sqlite'}" for size in sizes}
    opened = {size: Ledger(address) for size, address in ledgers.items()}
    packer = zstandard.ZstdCompressor(level=1, write_checksum=True)
    for start in range(256):
        (objects / "objects" / f"{start:02x}").mkdir(parents=True, exist_ok=True)
    rows: list[tuple[MadePage, str]] = []
    for number, page in enumerate(made_pages(max(sizes)), 1):
        sha256 = hashlib.sha256(page.content).hexdigest()
        (objects / name_of(sha256)).write_bytes(packer.compress(page.content))
        rows.append((replace(page, content=b""), sha256))
        if len(rows) == ROWS_AT_ONCE or number in sizes:
            for size, ledger in opened.items():
                if number <= size:
                    _note(ledger, rows)
            rows = []
    for ledger in opened.values():
        ledger.close()
    return ledgers


def _note(ledger: Ledger, rows: list[tuple[MadePage, str]]) -> None:
    at, day = datetime(2025, 2, 1, tzinfo=UTC), date(2025, 1, 20)
    pages, versions, listings, sites = [], [], [], {}
    for page, sha256 in rows:
        sites[page.site_id] = {"id": page.site_id, "name": page.site_name, "region": page.region}
        pages.append({"key": page.source, "source": page.source, "first_listed_at": at})
        title = f"{page.organ}{page.year}年政府信息公开工作年度报告"
        listings.append(
            {"site_id": page.site_id, "key": page.source, "title": title, "published_on": day,
             "first_listed_at": at, "last_run": 1}
        )  # fmt: skip
        versions.append(
            {"key": page.source, "version": 1, "sha256": sha256, "fetched_at": at, "fetched_url": page.source,
             "content_type": "text/html", "flags": frozenset(), "complete": True, "current": True, "run_id": 1}
        )  # fmt: skip
    with ledger.writing() as connection:
        connection.execute(insert(schema.sites).prefix_with("OR IGNORE"), list(sites.values()))
        for table, values in (
            (schema.pages, pages),
            (schema.listings, listings),
            (schema.versions, versions),
        ):
            connection.execute(insert(table), values)
