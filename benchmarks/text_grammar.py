"""Texts whose tables are written by a drawn grammar, rather than in a layout that was ever seen.

`python -m benchmarks.text_grammar --seed 11 --count 3000` draws for each report how rows open, close and end, what
parts cells, which blanks are dropped, whether a cell is printed once for each column that it spans, and whether the
text is cut into lines of one width; reads it; and prints what went wrong. No bar is set on it: many grammars belong to
no tool. It is where to look for silent errors that the catalogue's layouts do not show.
"""

from __future__ import annotations

import argparse
import textwrap
from collections import Counter
from dataclasses import asdict, dataclass
from random import Random

from benchmarks.accuracy import read_documents
from benchmarks.corpus.build import as_document, draw_for_text
from benchmarks.corpus.documents import CorpusDocument, survey
from benchmarks.corpus.shapes import PrintedCell, PrintedTable
from benchmarks.judge import judge

FAULTS = ("silent", "invented", "absent")
PAD = "pad"
"""Stands in `Grammar.close` for as many pipes as the row lacks of its table's width."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """How rows are written: `blanks` says which empty cells are left out, `spans` what stands for spanned columns."""

    open: str
    part: str
    close: str
    end: str
    blanks: str
    inside_header: str
    spans: str
    width: int


def draw_grammar(rng: Random) -> Grammar:
    """A grammar; three in five print nothing for spanned columns, and as many cut no lines."""
    return Grammar(
        rng.choice(("", "", "| ", "|\n", "|", " | ", "\n")),
        rng.choice(
            (" | ", "\n|\n", " |\n", "\n", "\n\n", "\t", "   ", "|", " |\n\n", "\n\n|\n\n", "  |  ", "\n| ")
        ),
        rng.choice(("", " |", PAD, f"\n{PAD}", "\n|", "|", " | |")),
        rng.choice(("\n", "\n", "\n\n")),
        rng.choice(("kept", "dropped", "trimmed")),
        rng.choice(("", " ", "\n")),
        rng.choice(("none", "none", "none", "empty", "repeated")),
        rng.choice((0, 0, 0, 30, 60)),
    )


def write_table(grammar: Grammar, table: PrintedTable) -> str:
    """The table's visible rows."""
    rows = []
    for row in (row for index, row in enumerate(table.rows) if index not in table.hidden):
        cells = [text for cell in _left(grammar, row) for text in _spelt(grammar, cell)]
        pad = "|" * max(0, table.width - len(cells))
        close = grammar.close.replace(PAD, f" {pad}" if pad else "")
        rows.append(grammar.open + grammar.part.join(cells) + close)
    return grammar.end.join(rows)


def _left(grammar: Grammar, row: tuple[PrintedCell, ...]) -> list[PrintedCell]:
    if grammar.blanks == "dropped":
        return [cell for cell in row if cell.text.strip()] or [row[0]]
    last = max((at for at, cell in enumerate(row) if cell.text.strip()), default=0)
    return list(row if grammar.blanks == "kept" else row[: last + 1])


def _spelt(grammar: Grammar, cell: PrintedCell) -> list[str]:
    text = grammar.inside_header.join(" ".join(line.split()) for line in cell.text.split("\n"))
    again = {"none": [], "empty": [""], "repeated": [text]}[grammar.spans]
    return [text, *again * (cell.columns - 1)]


def grammar_document(seed: int, number: int) -> tuple[Grammar, CorpusDocument]:
    """A report in a drawn grammar; the same seed and number give the same document."""
    rng = Random(f"grammar:{seed}:{number}")
    report, grammar = draw_for_text(rng), draw_grammar(rng)
    pieces = [report.content.title or ""]
    pieces += [
        write_table(grammar, piece) if isinstance(piece, PrintedTable) else piece[1]
        for piece in report.content.body
    ]
    text = rng.choice(("\n", "\n\n")).join(pieces) + "\n"
    retention = survey(
        text, report.tables, keeps_blanks=grammar.blanks == "kept" and bool(grammar.part.strip())
    )
    if grammar.width:
        text = "\n".join(
            line[at : at + grammar.width]
            for line in text.split("\n")
            for at in range(0, max(len(line), 1), grammar.width)
        )
    return grammar, as_document(f"text-grammar-{number:05d}", "lossy", text, report, retention)


def main() -> None:
    """Draw, read, and print the documents that went wrong, and the counts."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--examples", type=int, default=10)
    arguments = parser.parse_args()
    drawn = [grammar_document(arguments.seed, number) for number in range(arguments.count)]
    counts: Counter[str] = Counter()
    shown = 0
    for (grammar, _), (document, page) in zip(
        drawn, read_documents([each for _, each in drawn]), strict=True
    ):
        verdict = judge(document, page)
        counts += verdict.counts
        faults = [fault for fault in verdict.faults if fault[0] in FAULTS]
        if faults and shown < arguments.examples:
            shown += 1
            print(document.name, asdict(grammar))
            print(textwrap.indent("\n".join(map(str, faults[:3])), "    "))
    for name in ("documents", "cells", "right", "flagged", "wrong", *FAULTS):
        print(f"{name:<10} {counts[name]:>8}")


if __name__ == "__main__":
    main()
