"""The codebook: codes, labels, aliases and forms, loaded from `data/codebook/` and checked against itself.

Codes never change meaning; labels are matched by their key (`transforms.labels`), never by similarity.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from transforms.codebook_files import load_yaml
from transforms.errors import CodebookError
from transforms.labels import MAY_BE_LEFT_OUT, foreign_to, key_function, without_brackets

TEMPLATES = ("2019", "2021")
DIMENSIONS = {
    "requests": ("item", "applicant"),
    "challenges": ("route", "result"),
    "disclosures": ("item", "measure"),
    "*": ("status",),
}
FILES = {
    "requests": "requests.yaml",
    "challenges": "challenges.yaml",
    "disclosures": "disclosures.yaml",
    "*": "statuses.yaml",
}
WORD_ROLES = {
    "header", "clause", "corner", "organizations", "subtotal", "results", "group", "litigation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: its official label, its place in the form, and the spellings seen in the wild."""

    table: str
    dimension: str
    code: str
    label_zh: str
    label_en: str
    group: str | None
    order: int
    templates: tuple[str, ...]
    aliases: tuple[str, ...]


class Mark(NamedTuple):
    """What a label says to a reader. `kind` is a dimension (item, applicant …), a word's role, or "chapter"."""

    table: str
    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One block of table 二: the items and measures that a clause of article 20 asks for in one template."""

    template: str
    clause: str
    items: tuple[str, ...]
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Codebook:
    """All codes and forms. Built by `load_codebook`; equal within one run, so compared by identity."""

    version: str
    entries: tuple[Entry, ...]
    clauses: tuple[Clause, ...]
    units: Mapping[str, str]
    marks: Mapping[str, tuple[Mark, ...]]
    prefixes: frozenset[str]
    key: Callable[[str], str]
    foreign: re.Pattern[str]
    """Finds a character that stands in no label: see `foreign_to`."""

    @lru_cache(maxsize=64)  # noqa: B019 — a codebook lives as long as its process
    def of(self, table: str, dimension: str, template: str | None = None) -> tuple[Entry, ...]:
        """The entries of a dimension in the form's order, of one template or of all."""
        return tuple(
            entry
            for entry in self.entries
            if entry.table == table
            and entry.dimension == dimension
            and (template is None or template in entry.templates)
        )

    @lru_cache(maxsize=64)  # noqa: B019
    def codes(self, table: str, dimension: str, template: str | None = None) -> tuple[str, ...]:
        """The codes of a dimension in the form's order, of one template or of all."""
        return tuple(entry.code for entry in self.of(table, dimension, template))

    def unit(self, measure: str) -> str:
        """The unit of a measure of table 二: `count`, or `CNY_10k` for money."""
        return self.units.get(measure, "count")

    def may_know(self, text: str) -> bool:
        """Whether a text may be a label or a part of one; where it cannot, its key need not be asked for."""
        return self.foreign.search(text) is None or MAY_BE_LEFT_OUT.search(text) is not None

    def marks_of(self, text: str) -> tuple[Mark, ...]:
        """What the codebook knows under a printed label; without its bracketed additions if need be."""
        found = self.marks.get(self.key(text), ())
        if not found and ("(" in text or "（" in text):
            found = self.marks.get(self.key(without_brackets(text)), ())
        return found


def load_codebook(folder: Path) -> Codebook:
    """The codebook of a folder (`codebook.yaml`, `forms.yaml` and a file a table).

    Raises CodebookError when a code or label stands twice, a form names an unknown code, an alias says not
    where it was seen, or a key is unknown or missing.
    """
    identity = folder / "codebook.yaml"
    head = take(identity, load_yaml(identity), {"version", "templates"}, set())
    if tuple(head["templates"]) != TEMPLATES:
        raise CodebookError(
            f"{identity.name}: templates {head['templates']!r}, and the code knows {TEMPLATES}"
        )
    forms = folder / "forms.yaml"
    form = take(forms, load_yaml(forms), {"disclosures", "units", "words", "chapters", "alike"}, set())
    entries = tuple(entry for table in DIMENSIONS for entry in _entries(folder / FILES[table], table))
    clauses = tuple(_clauses(forms, form["disclosures"], entries))
    for measure in form["units"]:
        _known(forms, entries, "disclosures", "measure", measure)
    key = key_function(_folding(forms, form["alike"]))
    marks = _marks(forms, form, entries, key)
    return Codebook(
        version=str(head["version"]),
        entries=entries,
        clauses=clauses,
        units=dict(form["units"]),
        marks=marks,
        prefixes=frozenset(word[:end] for word in marks for end in range(1, len(word))),
        key=key,
        foreign=foreign_to(marks, form["alike"]),
    )


def take(path: Path, entry: dict[str, Any], required: set[str], optional: set[str]) -> dict[str, Any]:
    """The entry itself, if it has the required keys and no unknown ones; CodebookError names it otherwise."""
    keys = set(entry)
    if missing := required - keys:
        raise CodebookError(f"{path.name}: {entry!r} lacks {sorted(missing)}")
    if unknown := keys - required - optional:
        raise CodebookError(f"{path.name}: {entry!r} has unknown keys {sorted(unknown)}")
    return entry


def _entries(path: Path, table: str) -> Iterator[Entry]:
    content = take(path, load_yaml(path), set(DIMENSIONS[table]), set())
    for dimension in DIMENSIONS[table]:
        seen: set[str] = set()
        for order, raw in enumerate(content[dimension], start=1):
            entry = take(path, raw, {"code", "label_zh", "label_en", "templates"}, {"group", "aliases"})
            if entry["code"] in seen:
                raise CodebookError(f"{path.name}: {dimension} code {entry['code']!r} stands twice")
            seen.add(entry["code"])
            if not set(entry["templates"]) <= set(TEMPLATES) or not entry["templates"]:
                raise CodebookError(f"{path.name}: {entry['code']!r} has templates {entry['templates']!r}")
            yield Entry(
                table=table,
                dimension=dimension,
                code=entry["code"],
                label_zh=entry["label_zh"],
                label_en=entry["label_en"],
                group=entry.get("group"),
                order=order,
                templates=tuple(entry["templates"]),
                aliases=tuple(_alias(path, alias) for alias in entry.get("aliases", ())),
            )


def _alias(path: Path, raw: dict[str, Any]) -> str:
    alias = take(path, raw, {"label", "seen"}, set())
    if not alias["label"] or not alias["seen"]:
        raise CodebookError(f"{path.name}: alias {raw!r} must say its label and where it was seen")
    return str(alias["label"])


def _known(path: Path, entries: tuple[Entry, ...], table: str, dimension: str, code: str) -> None:
    if not any(e.table == table and e.dimension == dimension and e.code == code for e in entries):
        raise CodebookError(f"{path.name}: {table} has no {dimension} {code!r}")


def _clauses(path: Path, raw: dict[str, Any], entries: tuple[Entry, ...]) -> Iterator[Clause]:
    if set(raw) != set(TEMPLATES):
        raise CodebookError(f"{path.name}: disclosures has templates {sorted(raw)}")
    for template, blocks in raw.items():
        for block in blocks:
            take(path, block, {"clause", "items", "measures"}, set())
            for item in block["items"]:
                _known(path, entries, "disclosures", "item", item)
            for measure in block["measures"]:
                _known(path, entries, "disclosures", "measure", measure)
            yield Clause(template, block["clause"], tuple(block["items"]), tuple(block["measures"]))


def _folding(path: Path, raw: dict[str, str]) -> dict[str, str]:
    for printed, meant in raw.items():
        if len(printed) != 1 or len(meant) != 1:
            raise CodebookError(f"{path.name}: alike {printed!r}: {meant!r} is no pair of characters")
    return raw


def _marks(
    path: Path, form: dict[str, Any], entries: tuple[Entry, ...], key: Callable[[str], str]
) -> dict[str, tuple[Mark, ...]]:
    marks: defaultdict[str, set[Mark]] = defaultdict(set)

    def learn(label: str, mark: Mark) -> None:
        word = key(label)
        if not word:
            raise CodebookError(f"{path.name}: label {label!r} of {mark.code!r} has no word in it")
        rivals = {other for other in marks[word] if (other.table, other.kind) == (mark.table, mark.kind)}
        if rivals - {mark} and mark.kind != "clause":
            raise CodebookError(f"{path.name}: label {label!r} names both {mark.code!r} and {rivals!r}")
        marks[word].add(mark)

    for entry in entries:
        if entry.table == "*":
            continue
        for label in (entry.label_zh, without_brackets(entry.label_zh), *entry.aliases):
            learn(label, Mark(entry.table, entry.dimension, entry.code))
    for raw in form["words"]:
        word = take(path, raw, {"table", "role", "label"}, {"code"})
        if word["table"] not in DIMENSIONS or word["role"] not in WORD_ROLES:
            raise CodebookError(f"{path.name}: word {raw!r} names an unknown table or role")
        learn(word["label"], Mark(word["table"], word["role"], word.get("code", word["label"])))
    for raw in form["chapters"]:
        chapter = take(path, raw, {"number", "label"}, set())
        learn(chapter["label"], Mark("", "chapter", str(chapter["number"])))
    return {
        word: tuple(sorted(found, key=lambda m: (m.table, m.kind, m.code))) for word, found in marks.items()
    }
