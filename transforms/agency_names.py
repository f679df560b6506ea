"""Words of organs' names: what an organ does, its spellings, and the names that a person has placed.

All of it is data: `data/codebook/agency_kinds.yaml` and `agency_overrides.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from transforms.codebook_files import (
    CODEBOOK_FOLDER,
    alternation,
    compact,
    expect_keys,
    load_yaml,
    phrases_of,
    simplified,
)
from transforms.errors import CodebookError

_KEYS = frozenset(
    (
        "by_ending",
        "by_word",
        "by_default",
        "vertical",
        "wide",
        "national",
        "placeless",
        "zones",
        "nameless",
        "parts",
        "units",
        "abbreviations",
        "scopes",
    )
)
_PART_LENGTH = 5
"""A longer name that ends like a part of an organ is an organ of its own (风景名胜区管理处)."""
_BRACKETED = re.compile(r"\([^()]*\)|〔[^〕]*〕|【[^】]*】|\[[^\]]*\]")
_STATE = "中华人民共和国"


@dataclass(frozen=True, slots=True)
class Override:
    """A name placed by a person, on sites of one region or anywhere."""

    name: str
    site_region: str | None
    region: str
    reason: str


@dataclass(frozen=True, slots=True)
class NameLexicon:
    """The words of organs' names, compiled."""

    by_ending: Mapping[str, str]
    by_word: Mapping[str, str]
    by_default: Mapping[str, str]
    words: re.Pattern[str]
    vertical: tuple[str, ...]
    national: frozenset[str]
    abbreviations: Mapping[str, str]
    wide: tuple[str, ...]
    placeless: tuple[str, ...]
    zones: tuple[str, ...]
    nameless: frozenset[str]
    parts: tuple[str, ...]
    units: tuple[str, ...]
    scopes: tuple[str, ...]
    overrides: tuple[Override, ...]


@cache
def name_lexicon() -> NameLexicon:
    """The committed words. Raises CodebookError: unknown keys, a word of two kinds, no reason given."""
    return load_names(CODEBOOK_FOLDER)


def load_names(folder: Path) -> NameLexicon:
    """The words of a codebook folder. Raises CodebookError."""
    path = folder / "agency_kinds.yaml"
    loaded = load_yaml(path)
    expect_keys(loaded, _KEYS, str(path))
    by_ending, by_word, by_default = (
        _kinds(path, key, loaded[key]) for key in ("by_ending", "by_word", "by_default")
    )
    return NameLexicon(
        by_ending=by_ending,
        by_word=by_word,
        by_default=by_default,
        words=re.compile(alternation(tuple(by_word))),
        vertical=phrases_of(loaded["vertical"], f"{path}: vertical"),
        national=frozenset(phrases_of(loaded["national"], f"{path}: national")),
        abbreviations=_abbreviations(path, loaded["abbreviations"]),
        wide=phrases_of(loaded["wide"], f"{path}: wide"),
        placeless=phrases_of(loaded["placeless"], f"{path}: placeless"),
        zones=phrases_of(loaded["zones"], f"{path}: zones"),
        nameless=frozenset(phrases_of(loaded["nameless"], f"{path}: nameless")),
        parts=phrases_of(loaded["parts"], f"{path}: parts"),
        units=phrases_of(loaded["units"], f"{path}: units"),
        scopes=phrases_of(loaded["scopes"], f"{path}: scopes"),
        overrides=_overrides(folder / "agency_overrides.yaml"),
    )


def _kinds(path: Path, key: str, table: Mapping[str, object]) -> dict[str, str]:
    kind_of: dict[str, str] = {}
    for kind, words in table.items():
        for word in phrases_of(words, f"{path}: {key}: {kind}"):
            if word in kind_of:
                raise CodebookError(f"{path}: {key}: {word!r} stands under {kind_of[word]} and {kind}")
            kind_of[word] = kind
    return kind_of


def _abbreviations(path: Path, table: Mapping[str, str]) -> dict[str, str]:
    for short, long in table.items():
        if not short or not long or short == long or long in table:
            raise CodebookError(f"{path}: abbreviations: {short!r}: {long!r} leads nowhere")
    return dict(sorted(table.items(), key=lambda pair: -len(pair[0])))


def _overrides(path: Path) -> tuple[Override, ...]:
    loaded = load_yaml(path)
    expect_keys(loaded, frozenset({"overrides"}), str(path))
    found: dict[tuple[str, str | None], Override] = {}
    for entry in loaded["overrides"]:
        expect_keys(
            entry, frozenset({"name", "region", "reason"} | (entry.keys() & {"site_region"})), str(path)
        )
        override = Override(
            compact(entry["name"]), entry.get("site_region"), entry["region"], entry["reason"]
        )
        if not override.name or not override.reason:
            raise CodebookError(f"{path}: an override without a name or a reason: {entry!r}")
        if (override.name, override.site_region) in found:
            raise CodebookError(f"{path}: {override.name!r} stands twice")
        found[override.name, override.site_region] = override
    return tuple(found.values())


@lru_cache(maxsize=8192)
def normal_name(organ: str) -> str:
    """An organ's name in simplified characters, without brackets, the state's name and scope (关区)."""
    name = _BRACKETED.sub(_kept_in_brackets, simplified(compact(organ)))
    if name.startswith(_STATE) and len(name) > len(_STATE) + 1:
        name = name[len(_STATE) :]
    for scope in name_lexicon().scopes:
        if name.endswith(scope) and len(name) - len(scope) > 2:
            return name[: -len(scope)]
    return name


@lru_cache(maxsize=8192)
def in_brackets(organ: str) -> tuple[str, ...]:
    """What stands in a name's brackets, in simplified characters."""
    return tuple(found[1:-1] for found in _BRACKETED.findall(simplified(compact(organ))))


def _kept_in_brackets(found: re.Match[str]) -> str:
    """公安局(交通警察支队) is not the 公安局; second names and scopes in brackets change nothing."""
    return found.group()[1:-1] if found.group()[:-1].endswith(name_lexicon().units) else ""


@lru_cache(maxsize=8192)
def spelled_out(function: str) -> str:
    """A function's name with its abbreviation written out: 住建局 → 住房和城乡建设局."""
    for short, long in name_lexicon().abbreviations.items():
        if function.endswith(short) and not function.endswith(long):
            return function[: -len(short)] + long
    return function


def without_government(function: str) -> str:
    """人民政府外事办公室 is the 外事办公室; the government's own office keeps its name."""
    own = function.removeprefix("人民政府")
    return (
        own if own != function and kind_of(own) not in (None, "government", "government_office") else function
    )


@lru_cache(maxsize=8192)
def says_no_organ(function: str) -> bool:
    """Whether a name without its place could be any organ's: 办公室, 市局, 分局, 信息科."""
    lexicon = name_lexicon()
    if function in lexicon.nameless:
        return True
    if not function or kind_of(function) is not None:
        return False
    return function.endswith("分局") or (
        len(function) <= _PART_LENGTH and function.endswith(lexicon.parts) and not function.endswith("办事处")
    )


@lru_cache(maxsize=8192)
def kind_of(name: str) -> str | None:
    """What an organ does, by its name; null where no word of the table stands in it."""
    lexicon = name_lexicon()
    for ending, kind in lexicon.by_ending.items():
        if name.endswith(ending):
            return kind
    for words in (lexicon.by_word, lexicon.by_default):
        held = [(len(word), name.rfind(word), word) for word in words if word in name]
        if held:
            return words[max(held)[2]]
    return None
