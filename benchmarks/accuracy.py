"""How much of a generated corpus is read right, and whether anything is read wrong without saying so.

`python -m benchmarks.accuracy --count 2400 --seed 1` builds documents, reads each through the project's own
readers and frames in two processes, compares with the truth (definitions in `benchmarks.judge`), prints a
table by group and style, and ends with exit code 1 when a bar is missed. `--examples 20` shows what went
wrong, `--style`, `--keep DIR` narrow it down. Tests call `measure(documents)`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

import pandas as pd

from benchmarks.corpus.build import build_documents, write_corpus
from benchmarks.corpus.documents import CorpusDocument
from benchmarks.judge import ReadCell, ReadIssue, ReadPage, ReadReport, Verdict, judge
from extractors.errors import ExtractorError
from extractors.isolated import read_isolated
from transforms.codebook import Codebook, load_codebook
from transforms.frames import Provenance, frames_of
from transforms.gazetteer import Gazetteer, load_gazetteer
from transforms.page import Page
from transforms.report import read_page

CODEBOOK = Path(__file__).resolve().parents[1] / "data" / "codebook"
_FETCHED = datetime(2024, 1, 1, tzinfo=UTC)
_BATCH = 60
_FACTS = {
    "disclosures": ("item", "measure"),
    "requests": ("item", "applicant"),
    "challenges": ("route", "result"),
}
_SHOWN = ("documents", "cells", "right", "absent", "flagged", "misnamed", "wrong", "silent", "invented")
_LATER = ("sound", "false_alarms", "own_errors", "own_errors_caught", "refusals", "refusals_right")


@dataclass(frozen=True, slots=True)
class Scores:
    """Counts by (group, style), and every verdict with a fault."""

    counts: dict[tuple[str, str], Counter[str]]
    faulty: tuple[Verdict, ...] = field(default=())

    def total(self, *groups: str) -> Counter[str]:
        """Counts over the groups named, or over all."""
        total: Counter[str] = Counter()
        for (group, _), counts in self.counts.items():
            if not groups or group in groups:
                total.update(counts)
        return total


def measure(documents: Sequence[CorpusDocument]) -> Scores:
    """Read and judge documents in this process."""
    return gather(judge(document, read) for document, read in read_documents(documents))


def gather(verdicts: Iterable[Verdict]) -> Scores:
    """Add verdicts up."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    faulty = []
    for verdict in verdicts:
        counts[verdict.group, verdict.style].update(verdict.counts)
        if verdict.faults:
            faulty.append(verdict)
    return Scores(dict(counts), tuple(faulty))


def read_documents(documents: Sequence[CorpusDocument]) -> list[tuple[CorpusDocument, ReadPage]]:
    """Read documents as a build does: pages one by one, then frames for the batch."""
    codebook, gazetteer = _references()
    readings, outcomes = [], {}
    for document in documents:
        page = Page(document.source, document.site_name, None, document.list_title)
        try:
            content = read_isolated(document.content, document.declared_charset)
            reading = read_page(content, page, codebook, gazetteer)
        except ExtractorError as error:
            outcomes[document.source] = type(error).__name__
            continue
        outcomes[document.source] = reading.outcome
        digest = sha256(document.content).hexdigest()
        readings.append((Provenance(document.source, _FETCHED, digest, "text/html", "benchmark"), reading))
    frames = frames_of(readings, codebook)
    pages = _pages_of(frames)
    return [(document, _page_of(document, outcomes[document.source], pages)) for document in documents]


@cache
def _references() -> tuple[Codebook, Gazetteer]:
    return load_codebook(CODEBOOK), load_gazetteer(CODEBOOK)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The frames as plain rows by report, and reports by source."""

    reports: dict[str, list[tuple[str, ReadReport]]]
    issues: dict[str, list[ReadIssue]]


def _text(value: object) -> str | None:
    return None if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124 - NaN


def _pages_of(frames: dict[str, pd.DataFrame]) -> _Rows:
    cells: dict[str, dict] = defaultdict(dict)
    for table, (item, column) in _FACTS.items():
        frame = frames[table]
        rows = zip(
            *(frame[name].tolist() for name in ("report_id", item, column, "value", "status")), strict=True
        )
        for report_id, first, second, value, status in rows:
            figure = None if _text(value) is None else float(value)
            if (table, first, second) in cells[report_id]:
                raise ValueError(f"{report_id} has two rows for {table}/{first}/{second}")
            cells[report_id][table, first, second] = ReadCell(figure, status)
    reports: dict[str, list[tuple[str, ReadReport]]] = defaultdict(list)
    for row in frames["reports"].to_dict("records"):
        year = None if _text(row["report_year"]) is None else int(row["report_year"])
        states = {table: row[f"{table}_state"] for table in _FACTS}
        name, template = _text(row["agency_name"]), _text(row["template"])
        report = ReadReport(name, year, template, states, cells[row["report_id"]])
        reports[str(row["source"]).split("#")[0]].append((row["report_id"], report))
    issues: dict[str, list[ReadIssue]] = defaultdict(list)
    names = ("report_id", "check", "severity", "table", "item", "column", "message")
    frame = frames["issues"]
    for report_id, check, severity, *rest in zip(*(frame[name].tolist() for name in names), strict=True):
        table, item, column, message = map(_text, rest)
        issues[report_id].append(ReadIssue(check, severity, table, item, column, message or ""))
    return _Rows(reports, issues)


def _page_of(document: CorpusDocument, outcome: str, rows: _Rows) -> ReadPage:
    reports = rows.reports.get(document.source, [])
    own = sha256(document.source.encode()).hexdigest()[:16]
    identities = dict.fromkeys([own, *(report_id for report_id, _ in reports)])
    issues = [issue for report_id in identities for issue in rows.issues.get(report_id, [])]
    return ReadPage(outcome, tuple(report for _, report in reports), tuple(issues))


Bar = tuple[str, Callable[[Scores], float], str, float]


def _share(scores: Scores, part: str, whole: str, *groups: str) -> float:
    total = scores.total(*groups)
    return total[part] / total[whole] if total[whole] else float("nan")


BARS: tuple[Bar, ...] = (
    ("silent errors", lambda s: s.total()["silent"], "<=", 0),
    ("wrong figures, flagged or not", lambda s: s.total()["wrong"], "<=", 0),
    ("invented cells", lambda s: s.total()["invented"], "<=", 0),
    ("HTML: cells right", lambda s: _share(s, "right", "cells", "html"), ">=", 0.999),
    (
        "text that kept its grid: cells right",
        lambda s: _share(s, "kept_right", "kept_cells", "grid"),
        ">=",
        0.995,
    ),
    (
        "plain lines, columns: cells right",
        lambda s: _share(s, "kept_right", "kept_cells", "plain"),
        ">=",
        0.99,
    ),
    ("lone pipes: cells right", lambda s: _share(s, "kept_right", "kept_cells", "pipes"), ">=", 0.99),
    ("dropped cells: null without an issue", lambda s: s.total()["thinned_unflagged"], "<=", 0),
    ("sound documents with an error", lambda s: _share(s, "false_alarms", "sound"), "<=", 0.005),
    ("own errors reported", lambda s: _share(s, "own_errors_caught", "own_errors"), ">=", 1),
    ("refused by name", lambda s: _share(s, "refusals_right", "refusals"), ">=", 1),
    ("year right", lambda s: _share(s, "year_right", "reports"), ">=", 0.995),
    ("form right", lambda s: _share(s, "form_right", "forms"), ">=", 0.995),
    ("organ right where named", lambda s: _share(s, "organ_right", "organs"), ">=", 0.995),
)


def missed_bars(scores: Scores) -> list[str]:
    """The names of the bars that these scores miss; a bar without documents is not judged."""
    missed = []
    for name, value_of, sense, bound in BARS:
        value = value_of(scores)
        if (sense == "<=" and value > bound) or (sense == ">=" and value < bound):
            missed.append(name)
    return missed


def _row(group: str, style: str, counts: Counter[str]) -> tuple[str, ...]:
    kept = f"{counts['kept_right'] / counts['kept_cells']:.2%}" if counts["kept_cells"] else "-"
    shown, later = ([str(counts[name]) for name in names] for names in (_SHOWN, _LATER))
    return (group, style, *shown, kept, *later)


def print_scores(scores: Scores) -> None:
    """A table by group and style, then the bars."""
    head = ("group", "style", *_SHOWN, "right of kept", *_LATER)
    rows = [_row(group, style, counts) for (group, style), counts in sorted(scores.counts.items())]
    rows.append(_row("all", "", scores.total()))
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    for row in (head, *rows):
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    missed = missed_bars(scores)
    print()
    for name, value_of, sense, bound in BARS:
        verdict = "MISSED" if name in missed else "met"
        print(f"{name:<42} {value_of(scores):>10.5g}  {sense} {bound:<6g} {verdict}")


def print_examples(scores: Scores, count: int) -> None:
    """The first faults of each name: what was expected, what was read."""
    shown: Counter[str] = Counter()
    per_document: Counter[tuple[str, str]] = Counter()
    for verdict in scores.faulty:
        for name, where, expected, got in verdict.faults:
            per_document[verdict.name, name] += 1
            if shown[name] >= count or per_document[verdict.name, name] > 2:
                continue
            shown[name] += 1
            print(f"{name:<16} {verdict.name:<40} {where:<44} expected {expected:<28} got {got}")


def _measure_batch(documents: list[CorpusDocument]) -> list[Verdict]:
    return [judge(document, read) for document, read in read_documents(documents)]


def measure_in_two(documents: Sequence[CorpusDocument]) -> Scores:
    """The same as `measure`, in two processes."""
    batches = [list(documents[start : start + _BATCH]) for start in range(0, len(documents), _BATCH)]
    with multiprocessing.Pool(2) as pool:
        return gather(verdict for verdicts in pool.imap(_measure_batch, batches) for verdict in verdicts)


def main() -> int:
    """Build, read, judge, print; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2400)
    parser.add_argument("--no-tools", action="store_true", help="only the tools of this environment")
    parser.add_argument("--style", help="only documents whose name contains this")
    parser.add_argument("--examples", type=int, default=0, help="faults of each kind to show")
    parser.add_argument("--keep", type=Path, help="write faulty documents and their truths here")
    arguments = parser.parse_args()
    start = time.perf_counter()
    documents = build_documents(arguments.seed, arguments.count, use_tools=not arguments.no_tools)
    if arguments.style:
        documents = [document for document in documents if arguments.style in document.name]
    built = time.perf_counter()
    scores = measure_in_two(documents)
    print_scores(scores)
    done = time.perf_counter()
    print(f"\n{len(documents)} documents, built in {built - start:.0f} s, read in {done - built:.0f} s")
    if arguments.examples:
        print_examples(scores, arguments.examples)
    if arguments.keep:
        names = {verdict.name for verdict in scores.faulty}
        write_corpus([document for document in documents if document.name in names], arguments.keep)
    return 1 if missed_bars(scores) else 0


if __name__ == "__main__":
    sys.exit(main())
