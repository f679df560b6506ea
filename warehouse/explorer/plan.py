"""What the explorer draws, as data: measures, the tile grid, the printed forms and the words of both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from warehouse.errors import ExplorerProblem
from warehouse.schemas import FACT_TABLES, TABLES

LANGUAGES = ("zh", "en")
FOLDER = Path(__file__).parent
COUNTRY, UNKNOWN = "00", "--"
"""Province codes of organs of the whole country, and of organs whose region is not known."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A cell of a statutory table, or the sum of a group's cells; `where` maps columns to codes."""

    code: str
    table: str
    where: Mapping[str, str]
    share_of: str | None = None
    name: Mapping[str, str] | None = None

    def labels(self, labels: Mapping[tuple[str, str, str], Mapping[str, str]]) -> dict[str, str]:
        """Its name in each language: its own, or the codebook's labels of its codes, totals left unsaid."""
        if self.name:
            return dict(self.name)
        said = [item for item in self.where.items() if item[1] != "total"] or list(self.where.items())
        return {
            language: " · ".join(
                labels[self.table, column, code][language] if (self.table, column, code) in labels else code
                for column, code in said
            )
            for language in LANGUAGES
        }


@cache
def load(name: str) -> Any:
    """The content of one of this package's YAML files."""
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


@cache
def measures() -> tuple[Measure, ...]:
    """All measures in the order of the forms; raises ExplorerProblem where one contradicts the data contract."""
    listed = tuple(Measure(**entry) for entry in load("measures.yaml")["measures"])
    known = [measure.code for measure in listed]
    if twice := [code for code in known if known.count(code) > 1]:
        raise ExplorerProblem("measures.yaml", f"measure {twice[0]!r} is listed twice")
    for measure in listed:
        if measure.table not in FACT_TABLES:
            raise ExplorerProblem("measures.yaml", f"{measure.code}: no table of facts is {measure.table!r}")
        if odd := set(measure.where) - set(TABLES[measure.table].names):
            raise ExplorerProblem(
                "measures.yaml", f"{measure.code}: {measure.table} has no column {min(odd)!r}"
            )
        if measure.share_of is not None and measure.share_of not in known:
            raise ExplorerProblem("measures.yaml", f"{measure.code}: share_of {measure.share_of!r} is none")
    return listed


@cache
def outcomes() -> tuple[str, ...]:
    """The measures that make up the outcome mix; raises ExplorerProblem for an unknown one."""
    listed = tuple(load("measures.yaml")["outcomes"])
    if odd := set(listed) - {measure.code for measure in measures()}:
        raise ExplorerProblem("measures.yaml", f"outcomes: no measure is called {min(odd)!r}")
    return listed


@cache
def provinces() -> tuple[Mapping[str, Any], ...]:
    """Code, names, place on the grid and people of each province; the census's total is checked."""
    content = load("provinces.yaml")
    listed = tuple(content["provinces"])
    tiles = [(entry["column"], entry["row"]) for entry in listed if "column" in entry]
    if len(set(tiles)) < len(tiles):
        raise ExplorerProblem("provinces.yaml", "two provinces share a tile")
    people = sum(entry.get("people", 0) for entry in listed)
    if people != content["census_total"]:
        raise ExplorerProblem("provinces.yaml", f"the provinces' people add up to {people}")
    if missing := {COUNTRY, UNKNOWN} - {entry["code"] for entry in listed}:
        raise ExplorerProblem("provinces.yaml", f"no entry for {min(missing)!r}")
    return listed


@cache
def words(language: str) -> Mapping[str, Any]:
    """The explorer's own words in one language, nested as in words.yaml.

    Every entry there has all languages; raises ExplorerProblem naming the first that has not.
    """
    return dict(_in_language(load("words.yaml"), language, ()))


def _in_language(entries: Mapping[str, Any], language: str, path: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for key, entry in entries.items():
        place = ".".join([*path, str(key)])
        if not isinstance(entry, dict):
            raise ExplorerProblem("words.yaml", f"{place}: neither languages nor further keys")
        if not set(LANGUAGES) & set(entry):
            yield key, dict(_in_language(entry, language, [*path, str(key)]))
        elif set(entry) == set(LANGUAGES) and all(isinstance(text, str) for text in entry.values()):
            yield key, entry[language]
        else:
            raise ExplorerProblem("words.yaml", f"{place}: needs texts for {' and '.join(LANGUAGES)}")
