"""Pages per second of reading a Word-exported report, beside other readers of the same bytes in the same run.

`python -m benchmarks.reading` times, in turn and many times over, one page of about 177 KB:

- `rows`: this project, bytes → validated rows (document, forms, a batch of frames with their checks);
- `parse`: selectolax's lexbor building its tree and nothing more, the floor of any HTML reader;
- `beautifulsoup`: BeautifulSoup over lxml fetching the text of the same cells;
- `pandas`: `pandas.read_html` of the same page.

Ratios of medians within one run are what counts; seconds depend on the machine. A missed bar: exit code 1.
"""

from __future__ import annotations

import argparse
import gc
import io
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random

import pandas as pd
from bs4 import BeautifulSoup
from selectolax.lexbor import LexborHTMLParser

from benchmarks.corpus.content import write_content
from benchmarks.corpus.pages import Dress, encode_page, write_page
from benchmarks.corpus.shapes import Shape, lay_out
from benchmarks.corpus.truths import Truth, draw_truth
from extractors.read import read_document
from transforms.codebook import load_codebook
from transforms.frames import Provenance, frames_of
from transforms.gazetteer import load_gazetteer
from transforms.page import Page
from transforms.report import read_page

CODEBOOK = Path(__file__).resolve().parents[1] / "data" / "codebook"
BATCH = 200
"""Pages a measurement of `rows`: frames are made a batch at a time, as a build makes them."""
PAGES = {"rows": BATCH, "parse": 100, "beautifulsoup": 5, "pandas": 10}
"""Pages a measurement, by reader."""
BARS = (
    ("rows ÷ lexbor's parse", "rows", "parse", "at most", 4.0),
    ("BeautifulSoup ÷ rows", "beautifulsoup", "rows", "at least", 15.0),
    ("pandas.read_html ÷ rows", "pandas", "rows", "at least", 4.0),
)


def word_page() -> tuple[bytes, Truth]:
    """A page of the 2021 form as Word exports it, about 177 KB, the same in every run."""
    for seed in range(1000):
        rng = Random(seed)
        truth = draw_truth(rng)
        if truth.form == "2021" and not truth.traits - {"money_unit_in_header"} and not truth.broken:
            break
    shape = Shape(broken_headers=True)
    content = write_content(rng, truth, lay_out(rng, truth, shape))
    page = write_page(rng, truth, content, "word", Dress(metadata_table=True))
    style = "<style>" + "p.MsoNormal{mso-style-unhide:no;margin:0cm;font-size:10.5pt}\n" * 155 + "</style>"
    return encode_page(page.replace("</head>", f"{style}</head>"), "utf-8")[0], truth


def _readers(content: bytes) -> dict[str, Callable[[], int]]:
    """Each reader as a call that reads its `PAGES` and says how many cells it saw."""
    codebook, gazetteer = load_codebook(CODEBOOK), load_gazetteer(CODEBOOK)
    digest, fetched = sha256(content).hexdigest(), datetime(2022, 1, 25, tzinfo=UTC)

    def rows() -> int:
        readings = []
        for number in range(BATCH):
            source = f"http://www.example.org.cn/zfxxgknb/t2022012{number}.html"
            reading = read_page(read_document(content), Page(source), codebook, gazetteer)
            readings.append((Provenance(source, fetched, digest, "text/html", "bench"), reading))
        frames = frames_of(readings, codebook)
        return sum(
            int(frames[name]["value"].notna().sum()) for name in ("disclosures", "requests", "challenges")
        )

    def parse() -> int:
        return sum(LexborHTMLParser(content).root is not None for _ in range(PAGES["parse"]))

    def beautifulsoup() -> int:
        return sum(
            len([cell.get_text(strip=True) for cell in BeautifulSoup(content, "lxml").find_all("td")])
            for _ in range(PAGES["beautifulsoup"])
        )

    def pandas() -> int:
        text = content.decode()
        return sum(table.size for _ in range(PAGES["pandas"]) for table in pd.read_html(io.StringIO(text)))

    return {"rows": rows, "parse": parse, "beautifulsoup": beautifulsoup, "pandas": pandas}


def time_readers(content: bytes, repetitions: int) -> dict[str, float]:
    """Median seconds a page of each reader; they take turns, so that a noisy moment hits them alike."""
    readers = _readers(content)
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    for reader in readers.values():
        reader()
    for _ in range(repetitions):
        for name, reader in readers.items():
            gc.collect()
            start = time.perf_counter()
            reader()
            seconds[name].append((time.perf_counter() - start) / PAGES[name])
    return {name: statistics.median(values) for name, values in seconds.items()}


def main() -> int:
    """Time, print, and compare with the bars."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repetitions", type=int, default=12)
    arguments = parser.parse_args()
    content, truth = word_page()
    figures = sum(cell.value is not None for cell in truth.cells.values())
    print(f"one page of {len(content) / 1000:.0f} KB, {len(truth.cells)} cells")
    seen = _readers(content)["rows"]()
    if seen != figures * BATCH:
        print(
            f"read {seen} figures where {BATCH} pages print {figures * BATCH}: not a timing of right readings"
        )
        return 1
    medians = time_readers(content, arguments.repetitions)
    for name, seconds in medians.items():
        print(f"{name:<14} {seconds * 1000:>9.3f} ms a page {1 / seconds:>9.0f} pages/s")
    missed = 0
    for label, slow, fast, sense, bound in BARS:
        ratio = medians[slow] / medians[fast]
        met = ratio <= bound if sense == "at most" else ratio >= bound
        missed += not met
        print(f"{label:<26} {ratio:>7.2f}  {sense} {bound:g}: {'met' if met else 'MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
