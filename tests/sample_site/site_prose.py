"""The six chapters of a report, in our own words, with its own figures in them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from site_figures import Figures
from site_plan import ReportPlan, load_yaml

PROSE = load_yaml("prose.yaml")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A numbered chapter; `paragraphs` leave out its tables, a true flag marks a heading within it."""

    number: int
    heading: str
    paragraphs: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        return "\n".join(text for text, _ in self.paragraphs)


def opening(report: ReportPlan) -> str:
    """The sentence that stands before the first chapter."""
    choices = PROSE["opening"]
    pattern: str = choices[Random(f"{report.key} opening").randrange(len(choices))]
    return pattern.format(organ=report.organ_name, year=report.year)


def chapters(report: ReportPlan, figures: Figures) -> list[Chapter]:
    """Chapters 1–6; those of the three tables have no text of their own."""
    rng = Random(f"{report.key} prose")
    words = _words(report, figures, rng)
    written = []
    for number, chapter in enumerate(PROSE["chapters"], start=1):
        paragraphs = [line for part in chapter["parts"] for line in _part(part, words, rng)]
        if number == 6 and any(special.startswith("gbk") for special in report.special):
            paragraphs.append((PROSE["rare_character"], False))
        written.append(Chapter(number, chapter["heading"], tuple(paragraphs)))
    return written


def _part(part: dict[str, Any], words: dict[str, Any], rng: Random) -> list[tuple[str, bool]]:
    sentences = list(part["from"])
    while len(sentences) > part["pick"] + rng.randrange(2):
        sentences.pop(rng.randrange(len(sentences)))
    lines = [(sentence.format(**words), False) for sentence in sentences]
    return [(part["heading"], True), *lines] if part["heading"] else lines


def _words(report: ReportPlan, figures: Figures, rng: Random) -> dict[str, Any]:
    news = rng.randrange(20, 400)
    return {
        "organ": report.organ_name,
        "we": report.we,
        "year": report.year,
        "next": report.year + 1,
        "received": figures["requests", "received", "total"].value,
        "answered": figures["requests", "outcome_total", "total"].value,
        "news": news,
        "pages": news + rng.randrange(10, 300),
        "posts": rng.randrange(12, 500),
        "meetings": rng.randrange(4, 9),
        "staff": rng.randrange(1, 8),
    }
