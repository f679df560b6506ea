"""Draw a whole corpus: every style in turn, seeded, so that the same seed and count give the same bytes.

`python -m benchmarks.corpus.build --seed 1 --count 60 --out DIR` writes documents and their truths for the
eye.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from opencc import OpenCC

from benchmarks.corpus import tools
from benchmarks.corpus.content import Content, write_content
from benchmarks.corpus.documents import CorpusDocument, Retention, survey
from benchmarks.corpus.markup import DIALECTS
from benchmarks.corpus.pages import CHARSETS, draw_dress, encode_page, write_page
from benchmarks.corpus.refusals import draw_refusal
from benchmarks.corpus.shapes import PrintedTable, Shape, draw_shape, lay_out
from benchmarks.corpus.texts import LAYOUTS, mirror_text, write_text
from benchmarks.corpus.truths import Truth, draw_truth

_GRID_TOOLS = (
    "trafilatura-1.12.2",
    "trafilatura-2.0.0",
    "trafilatura-2.3.1",
    "html2text",
    "html2text-unwrapped",
    "markdownify",
)
_TO_TRADITIONAL = OpenCC("s2t")
_CATALOGUE = (*LAYOUTS, "I", "K")
_UNSOUND_TRAITS = frozenset({"unreadable", "unit_unknown", "damaged", "unseen_label"})


def build_documents(seed: int, count: int, *, use_tools: bool = True) -> list[CorpusDocument]:
    """About two fifths HTML, three tenths catalogue texts, a quarter tool texts, the rest pages to refuse.

    Without `use_tools` only the tools of this environment run (no installation, no subprocess).
    """
    documents: list[CorpusDocument] = []
    for number in range(count):
        part = number % 20
        if part < 8:
            documents.append(html_document(seed, number))
        elif part < 14:
            documents.append(text_document(seed, number))
        elif part == 19:
            documents.append(draw_refusal(Random(f"{seed}:{number}"), number // 20))
    names = tools.TOOLS if use_tools else ("inscriptis", "html2text", "markdownify")
    numbers = [number for number in range(count) if 14 <= number % 20 < 19]
    for index, tool in enumerate(names):
        documents += tool_documents(seed, numbers[index :: len(names)], tool)
    return documents


@dataclass(frozen=True, slots=True)
class Drawn:
    """A report drawn for a text: truth, shape, tables and what stands around them."""

    truth: Truth
    shape: Shape
    tables: tuple[PrintedTable, ...]
    content: Content


def draw_for_text(rng: Random, *, title: bool = True) -> Drawn:
    """A report in a shape that a text can carry."""
    truth, shape = draw_truth(rng), draw_shape(rng, tame=True)
    tables = lay_out(rng, truth, shape)
    return Drawn(truth, shape, tables, write_content(rng, truth, tables, title=title))


def fixed_sample() -> list[CorpusDocument]:
    """The documents of the test suite's floor: every style a few times, nothing installed, about 200."""
    return build_documents(7, 200, use_tools=False)


def html_document(seed: int, number: int) -> CorpusDocument:
    """A page in one dialect, dress, shape and charset; one in twelve in traditional characters."""
    rng = Random(f"{seed}:html:{number}")
    turn = number // 20 * 8 + number % 20
    dialect = list(DIALECTS)[turn % len(DIALECTS)]
    truth, shape = draw_truth(rng), draw_shape(rng)
    tables = lay_out(rng, truth, shape)
    content = write_content(rng, truth, tables)
    dress = draw_dress(rng)
    markup = write_page(rng, truth, content, dialect, dress)
    charset = rng.choice(CHARSETS)
    traits = truth.traits | shape.traits | {charset}
    traits |= {f"layout_tables_{dress.layout_tables}"} if dress.layout_tables else set()
    if rng.random() < 1 / 12:
        markup, charset = _TO_TRADITIONAL.convert(markup), "utf-8"
        traits |= {"traditional"}
    page, declared = encode_page(markup, charset)
    return CorpusDocument(
        f"html-{dialect}-{number:05d}",
        "unseen-label" if shape.unseen_label else dialect,
        "lossy" if shape.unseen_label else "html",
        page,
        (truth,),
        f"http://www.yunchuan.gov.cn/zwgk/zfxxgknb/{truth.year + 1}01/t{number:08d}_{truth.year}.html",
        declared,
        truth.organ.site_name,
        (content.title or "").replace("\n", "") if rng.random() < 0.5 else None,
        content.names_organ,
        is_sound(truth, shape),
        retention=dict.fromkeys(
            ("disclosures", "requests", "challenges"), "thinned" if shape.unseen_label else "kept"
        ),
        traits=frozenset(traits),
    )


def text_document(seed: int, number: int) -> CorpusDocument:
    """A text in one layout of the catalogue; I and K dress another layout up."""
    rng = Random(f"{seed}:text:{number}")
    turn = number // 20 * 6 + number % 20 - 8
    style = _CATALOGUE[turn % len(_CATALOGUE)]
    layout = LAYOUTS[{"I": "G1-dropped", "K": rng.choice(("G0", "A1", "B"))}.get(style, style)]
    drawn = draw_for_text(rng, title=rng.random() < 0.85)
    text = plain = write_text(rng, drawn.content, layout)
    group = layout.group
    if style == "K":
        text, group = mirror_text(rng, _TO_TRADITIONAL.convert(text)), "lossy"
    if style == "I":
        text = _layout_page(rng, drawn.content, text)
    retention = survey(plain, drawn.tables, keeps_blanks=layout.keeps_blanks)
    return as_document(f"text-{style}-{number:05d}", group, text, drawn, retention)


def tool_documents(seed: int, numbers: list[int], tool: str) -> Iterator[CorpusDocument]:
    """Pages without a site's dress through one real tool; none when the tool is not to be had."""
    drawn: list[Drawn] = []
    pages: list[str] = []
    for turn, number in enumerate(numbers):
        rng = Random(f"{seed}:tool:{number}")
        dialect = list(DIALECTS)[turn % len(DIALECTS)]
        report = draw_for_text(rng)
        dress = draw_dress(rng, bare=rng.random() < 0.8)
        drawn.append(report)
        page = write_page(rng, report.truth, report.content, dialect, dress)
        pages.append(page.replace("{charset}", "", 1))
    texts = tools.convert(tool, pages)
    for turn, (number, report, text) in enumerate(
        zip(numbers, drawn, texts or [None] * len(drawn), strict=True)
    ):
        if text:
            group = _group_of(tool, list(DIALECTS)[turn % len(DIALECTS)])
            retention = survey(text, report.tables, keeps_blanks=tool in tools.KEEPS_BLANKS)
            yield as_document(f"tool-{tool}-{number:05d}", group, text, report, retention)


def _group_of(tool: str, dialect: str) -> str:
    """Which bar judges a tool's text. markdownify nests unclosed cells in one another, and the grid is gone."""
    if tool == "markdownify" and not DIALECTS[dialect].closes_cells:
        return "lossy"
    return "grid" if tool in _GRID_TOOLS else "plain"


def as_document(
    name: str, group: str, text: str, drawn: Drawn, retention: Mapping[str, Retention]
) -> CorpusDocument:
    """A text with its truth; in the group `lossy`, a blank may have any status."""
    truth, shape, content = drawn.truth, drawn.shape, drawn.content
    group = "lossy" if shape.unseen_label else group
    if group == "lossy":
        retention = dict.fromkeys(retention, "thinned")
    kept = set(retention.values()) == {"kept"}
    return CorpusDocument(
        name,
        "unseen-label" if shape.unseen_label else name.split("-", 1)[1].rsplit("-", 1)[0],
        group,
        text.encode(),
        (truth,),
        f"saved/{name}.txt",
        names_organ=content.names_organ and truth.organ.name in "".join(text.split()),
        sound=kept and is_sound(truth, shape) and content.names_organ,
        retention=retention,
        traits=truth.traits | shape.traits,
    )


def is_sound(truth: Truth, shape: Shape) -> bool:
    return not truth.broken and not (truth.traits | shape.traits) & _UNSOUND_TRAITS


def _layout_page(rng: Random, content: Content, text: str) -> str:
    """I: the first lines are an outer table's cells, padded by hundreds of pipes; prose in one line."""
    pipes = "|" * rng.randint(150, 420)
    head = (content.title or "").replace("\n", "")
    prose, mark, tables = text.partition("\n二")
    lines = (
        f"| {pipes}",
        f"{head} | {pipes}",
        f"发布时间：{content.published_on} | {pipes}",
        f"{' '.join(prose.split())} {mark.strip()}{tables}",
    )
    return "\n".join(lines)


def write_corpus(documents: list[CorpusDocument], folder: Path) -> None:
    """Each document as a file beside a JSON of what a right reading gives."""
    folder.mkdir(parents=True, exist_ok=True)
    for document in documents:
        suffix = ".html" if document.content.lstrip(b"\xef\xbb\xbf").lstrip().startswith(b"<") else ".txt"
        (folder / f"{document.name}{suffix}").write_bytes(document.content)
        facts = {
            **{name: getattr(document, name) for name in ("style", "group", "source", "declared_charset")},
            **{name: getattr(document, name) for name in ("site_name", "list_title", "names_organ", "sound")},
            "refusal": document.refusal,
            "retention": dict(document.retention),
            "traits": sorted(document.traits),
            "reports": [_truth_facts(truth) for truth in document.truths],
        }
        text = json.dumps(facts, ensure_ascii=False, indent=1)
        (folder / f"{document.name}.truth.json").write_text(text, encoding="utf-8")


def _truth_facts(truth: Truth) -> dict[str, object]:
    return {
        "organ": truth.organ.name,
        "year": truth.year,
        "template": truth.form,
        "broken": [[b.identity, b.table, b.item, b.column] for b in truth.broken],
        "cells": {
            "/".join(key): [cell.value, cell.status, cell.printed] for key, cell in truth.cells.items()
        },
    }


def main() -> None:
    """Write a corpus into a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--no-tools", action="store_true", help="only the tools of this environment")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    documents = build_documents(arguments.seed, arguments.count, use_tools=not arguments.no_tools)
    write_corpus(documents, arguments.out)
    print(f"{len(documents)} documents in {arguments.out}")


if __name__ == "__main__":
    main()
