"""The same reports as HTML, PDF, DOCX, XLSX, DOC, RTF, XLS and scans: read and judged by kind.

`python -m benchmarks.attachments --count 40 --kinds docx,pdf-reportlab` prints right, absent, flagged, silent
and invented by kind, compares each kind's figures with the HTML's, and ends with 1 where a bar is missed. Of scans
it prints the share of figures that their sums confirm, by table; they need `gongkai[ocr]`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from benchmarks.accuracy import Scores, gather, print_examples, read_documents
from benchmarks.corpus.documents import CorpusDocument
from benchmarks.corpus.formats import WRITERS, build_files
from benchmarks.judge import ReadPage, judge
from extractors.isolated import close_reader

SHOWN = ("documents", "cells", "right", "absent", "flagged", "misnamed", "wrong", "silent", "invented")
LEAST_RIGHT = {
    "pdf": 0.995,
    "docx": 0.999,
    "xlsx": 0.999,
    "xls": 0.999,
    "doc": 0.999,
    "rtf": 0.999,
    "html": 0.999,
}
"""Share of a kind's cells that must be read right, by the kind's first word."""


def measure(documents: Sequence[CorpusDocument]) -> tuple[Scores, list[tuple[CorpusDocument, ReadPage]]]:
    """Read every document and judge it."""
    read = read_documents(documents)
    return gather(judge(document, page) for document, page in read), read


def unequal(read: Sequence[tuple[CorpusDocument, ReadPage]]) -> dict[str, int]:
    """How many reports of each kind do not give the figures and statuses that their HTML gives."""
    base = {document.name.split("-")[-1]: page for document, page in read if document.style == "html"}
    differing: dict[str, int] = {}
    for document, page in read:
        other = base.get(document.name.split("-")[-1])
        if other is None:
            continue
        same = [_facts(report) for report in page.reports] == [_facts(report) for report in other.reports]
        differing[document.style] = differing.get(document.style, 0) + (not same)
    return differing


def _facts(report: object) -> object:
    return {name: getattr(report, name) for name in ("agency_name", "year", "template", "cells")}


def confirmed(read: Sequence[tuple[CorpusDocument, ReadPage]]) -> dict[tuple[str, str], tuple[int, int]]:
    """How many of the figures printed in a scan's tables were confirmed, and how many there are, by kind and table."""
    counted: dict[tuple[str, str], tuple[int, int]] = {}
    for document, page in read:
        if not document.style.startswith("scan"):
            continue
        for truth, report in zip(document.truths, page.reports, strict=False):
            for key, cell in truth.cells.items():
                if cell.value is not None:
                    found, printed = counted.get((document.style, key[0]), (0, 0))
                    # Where OCR is not installed, a page that is a picture does not tell its form.
                    taken = key in report.cells and report.cells[key].value is not None
                    counted[document.style, key[0]] = found + taken, printed + 1
    return counted


def missed(scores: Scores) -> list[str]:
    """The bars that these scores miss."""
    found = []
    for (_, kind), counts in sorted(scores.counts.items()):
        if counts["silent"] or counts["invented"]:
            found.append(f"{kind}: {counts['silent']} silent, {counts['invented']} invented")
        least = LEAST_RIGHT.get(kind.split("-")[0])
        if least is not None and counts["right"] < least * counts["cells"]:
            found.append(f"{kind}: {counts['right'] / counts['cells']:.3%} right, {least:.1%} wanted")
    return found


def print_scores(scores: Scores, differing: dict[str, int]) -> None:
    """A line a kind."""
    head = ("kind", *SHOWN, "share right", "unlike HTML")
    rows = [
        (
            kind,
            *(str(counts[name]) for name in SHOWN),
            f"{counts['right'] / counts['cells']:.3%}",
            str(differing.get(kind, "-")),
        )
        for (_, kind), counts in sorted(scores.counts.items())
    ]
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    for row in (head, *rows):
        print("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)))


def main() -> int:
    """Build, read, judge, print; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--kinds", default=",".join(WRITERS))
    parser.add_argument("--examples", type=int, default=0)
    arguments = parser.parse_args()
    start = time.perf_counter()
    documents = build_files(arguments.seed, arguments.count, arguments.kinds.split(","))
    built = time.perf_counter()
    scores, read = measure(documents)
    close_reader()
    print_scores(scores, unequal(read))
    print(
        f"\n{len(documents)} files, made in {built - start:.0f} s, read in {time.perf_counter() - built:.0f} s"
    )
    for (kind, table), (found, printed) in confirmed(read).items():
        print(f"{kind}: {found:,} of {printed:,} figures of {table} confirmed, {found / printed:.1%}")
    for bar in missed(scores):
        print(f"MISSED {bar}")
    if arguments.examples:
        print_examples(scores, arguments.examples)
    return 1 if missed(scores) else 0


if __name__ == "__main__":
    sys.exit(main())
