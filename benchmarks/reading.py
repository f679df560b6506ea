"""Pages per second of reading Word-exported reports, beside other readers of the same bytes in the same run.

`python -m benchmarks.reading` draws batches of pages of about 177 KB and times, in turn, on pages of one batch:

- `rows`: this project, bytes → validated rows, by the function that a build calls for a batch;
- `parse`: selectolax's lexbor building its tree and nothing more, the floor of any HTML reader;
- `beautifulsoup`: BeautifulSoup over lxml fetching the text of the same cells;
- `pandas`: `pandas.read_html` of the same page.

No two pages are alike: each has its own organ, title, figures and prose, and one in ten its own structure of
tables. No batch is read twice, so nothing that is timed was ever seen. Warm are the codebook, and what a build's
process remembers of earlier batches: spellings of labels and figures, and the plans of structures that came
before. `cold` is the first batch of the process, with nothing in memory but the codebook.

Times are the processor's, as of one core that does nothing else. Ratios of medians within one run are what
counts; seconds depend on the machine. A missed bar, or a batch that is
not read right: exit code 1.
"""

from __future__ import annotations

import argparse
import gc
import io
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from random import Random

import pandas as pd
from bs4 import BeautifulSoup
from selectolax.lexbor import LexborHTMLParser

from benchmarks.corpus.content import write_content
from benchmarks.corpus.pages import Dress, encode_page, write_page
from benchmarks.corpus.shapes import Shape, lay_out
from benchmarks.corpus.truths import draw_truth
from flows.page_reading import PageKey, books
from flows.reading import read_pages

BATCH = 200
"""Pages a measurement of `rows`: frames are made a batch at a time, as a build makes them."""
OWN_STRUCTURE = 10
"""One page in so many is laid out in a way of its own."""
PAGES = {"rows": BATCH, "parse": 100, "beautifulsoup": 5, "pandas": 10}
"""Pages a measurement, by reader."""
SIZE = 177_000
BARS = (
    ("rows ÷ lexbor's parse", "rows", "parse", "at most", 4.0),
    ("BeautifulSoup ÷ rows", "beautifulsoup", "rows", "at least", 15.0),
    ("pandas.read_html ÷ rows", "pandas", "rows", "at least", 4.0),
)


@dataclass(frozen=True, slots=True)
class WordPage:
    """A drawn page and how many figures it prints."""

    key: PageKey
    content: bytes
    figures: int


def word_page(number: int) -> WordPage:
    """A page of the 2021 form as Word exports it, about 177 KB; the same number gives the same page."""
    rng = Random(f"page {number}")
    while True:
        truth = draw_truth(rng)
        if truth.form == "2021" and not truth.traits - {"money_unit_in_header"} and not truth.broken:
            break
    shape = Shape(broken_headers=True)
    if number % OWN_STRUCTURE == 0:
        at = rng.sample(
            ("disclosures_in_blocks", "spacer_rows", "hidden_rows", "repeated_header", "subtotal"), 2
        )
        shape = replace(shape, **dict.fromkeys(at, True))
    content = write_content(rng, truth, lay_out(rng, truth, shape))
    page = write_page(rng, truth, content, "word", Dress(metadata_table=True))
    rule = "p.MsoNormal{mso-style-unhide:no;margin:0cm;font-size:10.5pt}\n"
    missing = max(SIZE - len(page.encode()), 0)
    page = page.replace("</head>", f"<style>{rule * (missing // len(rule))}</style></head>")
    markup = encode_page(page, "utf-8")[0]
    source = f"http://www.example.org.cn/zfxxgknb/t2022012{number}.html"
    key = PageKey(source, sha256(markup).hexdigest(), datetime(2022, 1, 25, tzinfo=UTC), "text/html")
    return WordPage(key, markup, sum(cell.value is not None for cell in truth.cells.values()))


def batch_of(number: int) -> list[WordPage]:
    """The pages of one batch."""
    return [word_page(page) for page in range(number * BATCH, (number + 1) * BATCH)]


def read_rows(pages: list[WordPage]) -> int:
    """Read a batch as a build does; how many figures the rows hold."""
    frames = read_pages((page.key, page.content) for page in pages)
    return sum(int(frames[name]["value"].notna().sum()) for name in ("disclosures", "requests", "challenges"))


def _parse(pages: list[WordPage]) -> int:
    return sum(LexborHTMLParser(page.content).root is not None for page in pages)


def _beautifulsoup(pages: list[WordPage]) -> int:
    return sum(
        len([cell.get_text(strip=True) for cell in BeautifulSoup(page.content, "lxml").find_all("td")])
        for page in pages
    )


def _pandas(pages: list[WordPage]) -> int:
    return sum(table.size for page in pages for table in pd.read_html(io.StringIO(page.content.decode())))


READERS: dict[str, Callable[[list[WordPage]], int]] = {
    "rows": read_rows,
    "parse": _parse,
    "beautifulsoup": _beautifulsoup,
    "pandas": _pandas,
}


class MisreadError(Exception):
    """A batch whose rows do not hold the figures that its pages print: no timing of it counts."""


def time_batch(pages: list[WordPage]) -> dict[str, float]:
    """The processor's seconds a page of each reader. Raises MisreadError."""
    seconds = {}
    for name, reader in READERS.items():
        gc.collect()
        start = time.process_time()
        seen = reader(pages[: PAGES[name]])
        seconds[name] = (time.process_time() - start) / PAGES[name]
        printed = sum(page.figures for page in pages)
        if name == "rows" and seen != printed:
            raise MisreadError(f"read {seen} figures where the pages print {printed}")
    return seconds


def main() -> int:
    """Time, print, and compare with the bars."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repetitions", type=int, default=8)
    arguments = parser.parse_args()
    books()
    pages = batch_of(0)
    print(f"pages of {statistics.mean(len(page.content) for page in pages) / 1000:.0f} KB, {BATCH} a batch")
    try:
        cold = time_batch(pages)
        rounds = [time_batch(batch_of(number)) for number in range(1, arguments.repetitions + 1)]
    except MisreadError as error:
        print(f"{error}: not a timing of right readings")
        return 1
    medians = {name: statistics.median(seconds[name] for seconds in rounds) for name in READERS}
    for name, seconds in {**medians, "cold rows": cold["rows"]}.items():
        print(f"{name:<14} {seconds * 1000:>9.3f} ms a page {1 / seconds:>9.0f} pages/s")
    print(f"cold rows ÷ parse {cold['rows'] / cold['parse']:.2f}")
    missed = 0
    for label, slow, fast, sense, bound in BARS:
        ratio = medians[slow] / medians[fast]
        met = ratio <= bound if sense == "at most" else ratio >= bound
        missed += not met
        print(f"{label:<26} {ratio:>7.2f}  {sense} {bound:g}: {'met' if met else 'MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
