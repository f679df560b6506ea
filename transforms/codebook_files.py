"""Strict reading of the files under `data/codebook/`: what is misspelt, empty or said twice is an error.

PyYAML keeps the last of two equal keys in silence, so a label typed twice would shadow the first; the loader
here refuses it. Phrases are compared compact (NFKC, no white space), the way page text is compared with them.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml
from opencc import OpenCC

from transforms.errors import CodebookError

CODEBOOK_FOLDER = Path(__file__).resolve().parent.parent / "data" / "codebook"


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses a mapping key given twice."""


def _strict_mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise CodebookError(f"{node.start_mark.name}: key {key!r} is given twice")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _strict_mapping)


def load_yaml(path: Path) -> dict[Any, Any]:
    """The mapping in a YAML file. Raises CodebookError: unreadable, not YAML, a key twice, not a mapping."""
    try:
        with path.open(encoding="utf-8") as file:
            loaded = yaml.load(file, Loader=_StrictLoader)
    except OSError as error:
        raise CodebookError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CodebookError(f"{path}: not YAML: {error}") from error
    if not isinstance(loaded, dict):
        raise CodebookError(f"{path}: expected a mapping, found {type(loaded).__name__}")
    return loaded


PARTS = ("kinds", "labels", "places")
"""The codebook's parts. What kind of page a page is depends on the first alone; a report depends on all."""
_FILES = {
    "kinds": ("page_kinds.yaml", "titles.yaml", "chapters.yaml", "metadata_keys.yaml", "body_claims.yaml"),
    "labels": ("codebook.yaml", "codes.csv", "forms.yaml", "requests.yaml", "challenges.yaml", "disclosures.yaml",
               "statuses.yaml"),
    "places": ("regions.yaml", "regions.csv", "agency_kinds.yaml", "agency_overrides.yaml"),
}  # fmt: skip


@cache
def fingerprint(parts: tuple[str, ...], folder: Path = CODEBOOK_FOLDER) -> str:
    """Eight hex digits that change with what the files of these parts say, and not with their comments or order.

    The version that `codebook.yaml` names is left out: it is for people. Raises CodebookError.
    """
    elsewhere = {name for part in PARTS if part not in parts for name in _FILES[part]}
    # A file that no part names counts for all of them.
    names = [path.name for path in folder.iterdir() if path.suffix in {".yaml", ".csv"}]
    content = {name: _said(folder / name) for name in names if name not in elsewhere}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _said(path: Path) -> object:
    if path.suffix == ".csv":
        return path.read_text(encoding="utf-8").splitlines()
    return {key: value for key, value in load_yaml(path).items() if key != "version"}


def expect_keys(found: Mapping[Any, Any], expected: frozenset[str], where: str) -> None:
    """Raises CodebookError unless `found` has exactly the keys of `expected`."""
    for key in found:
        if key not in expected:
            raise CodebookError(f"{where}: unknown key {key!r}")
    for key in sorted(expected):
        if key not in found:
            raise CodebookError(f"{where}: key {key!r} is missing")


def phrases_of(value: object, where: str) -> tuple[str, ...]:
    """A list of distinct non-empty phrases, each compact. Raises CodebookError for anything else."""
    if not isinstance(value, list) or not value:
        raise CodebookError(f"{where}: expected a list of phrases, found {value!r}")
    phrases: dict[str, None] = {}
    for phrase in value:
        if not isinstance(phrase, str) or not compact(phrase):
            raise CodebookError(f"{where}: expected a phrase, found {phrase!r}")
        if compact(phrase) in phrases:
            raise CodebookError(f"{where}: {phrase!r} stands twice")
        phrases[compact(phrase)] = None
    return tuple(phrases)


def phrase_table(path: Path, keys: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """A YAML file of named phrase lists with exactly these keys. Raises CodebookError."""
    loaded = load_yaml(path)
    expect_keys(loaded, keys, str(path))
    return {key: phrases_of(loaded[key], f"{path}: {key}") for key in loaded}


def alternation(phrases: tuple[str, ...]) -> str:
    """A regular expression group that matches any of the phrases, the longest first."""
    return "(?:" + "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True)) + ")"


@lru_cache(maxsize=8192)
def compact(text: str) -> str:
    """Text as it is compared: NFKC (full-width forms folded), no white space, nor zero-width characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = "".join(text.split())
    return _INVISIBLE.sub("", text) if _INVISIBLE.search(text) else text


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


@cache
def _convertible() -> re.Pattern[str]:
    """Finds a character that OpenCC may convert; a text without any is simplified as it stands."""
    printed = [chr(point) for point in range(0x3400, 0xA000)]
    meant = _simplifier().convert("\n".join(printed)).split("\n")
    changed = "".join(was for was, now in zip(printed, meant, strict=True) if was != now)
    return re.compile(f"[{changed}{CONDITIONAL}\uf900-\ufaff\U00010000-\U0010ffff]")


@lru_cache(maxsize=8192)
def simplified(text: str) -> str:
    """A short text in simplified characters, character for character: mirror sites print traditional ones."""
    if _convertible().search(text) is None:
        return text
    convert = _simplifier().convert
    folded = _QIAN.join(map(convert, text.split(_QIAN))) if _QIAN in text else convert(text)
    return folded if len(folded) == len(text) else text


CONDITIONAL = "么俱哩噁坏彷沈瞭藉衹覆逕鉅鍊鍾甦畫麼"
"""What OpenCC converts in another way, or only, within certain words (回覆); all else it converts alike everywhere."""

# 乾县 and 乾安县 keep the character that is otherwise the traditional form of 干.
_QIAN = "乾"
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
