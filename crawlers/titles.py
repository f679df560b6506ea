"""Judging a link by its title, before anything is fetched: a report, something passed over with a reason, or
neither."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from urllib.parse import urlsplit

import yaml

_YEAR = re.compile(r"(?<!\d)(20[0-3]\d)年?")
_CHINESE_YEAR = re.compile(r"二[〇○零oO0][〇○零oO0一二三][〇○零oO0一二三四五六七八九]年")
_DIGITS = str.maketrans("〇○零oO一二三四五六七八九", "00000123456789")


@dataclass(frozen=True, slots=True)
class TitleRules:
    """The patterns of titles.yaml, compiled."""

    phrase: re.Pattern[str]
    passed_over: tuple[tuple[str, re.Pattern[str]], ...]
    column: re.Pattern[str]
    paths: tuple[str, ...]
    leads: tuple[re.Pattern[str], ...]


@cache
def title_rules() -> TitleRules:
    """The rules as committed."""
    data = yaml.safe_load(files("crawlers").joinpath("titles.yaml").read_text("utf-8"))
    return TitleRules(
        re.compile("|".join(f"(?:{pattern})" for pattern in data["phrase"])),
        tuple((row["reason"], re.compile(row["title"])) for row in data["passed_over"]),
        re.compile(data["column"]),
        tuple(data["paths"]),
        tuple(re.compile(pattern) for pattern in data["leads"]),
    )


@lru_cache(maxsize=1024)
def plain_title(title: str) -> str:
    """A title as it is compared: NFKC, no white space."""
    return "".join(unicodedata.normalize("NFKC", title).split())


def carries_phrase(title: str) -> bool:
    """Whether the title names an annual report on disclosure, or something about one."""
    return title_rules().phrase.search(plain_title(title)) is not None


def passing_reason(title: str) -> str | None:
    """Why a title that carries the phrase is no report (notice, form, rules …); None if it may be one."""
    plain = plain_title(title)
    return next((reason for reason, pattern in title_rules().passed_over if pattern.search(plain)), None)


def names_the_column(title: str) -> bool:
    """Whether the title is no more than the column's name: no organ, no year."""
    return title_rules().column.fullmatch(plain_title(title)) is not None


def lead_rank(title: str) -> int | None:
    """How promising a link is that may lead to the column: 0 is best; None if its title does not say so."""
    plain = plain_title(title)
    return next((rank for rank, lead in enumerate(title_rules().leads) if lead.fullmatch(plain)), None)


def in_report_column(address: str) -> bool:
    """Whether an address lies in a folder named like an annual-report column, `…/zfxxgknb/202201/…`."""
    path = urlsplit(address).path.lower()
    return any(part.startswith(title_rules().paths) for part in path.split("/"))


def report_years(title: str, published_on: date | None) -> frozenset[int]:
    """The years that a report listed so may be about, for narrowing a crawl; empty if nothing tells.

    A title's year decides; without one, a report published in a year is about the year before, or that year.
    """
    plain = plain_title(title)
    years = {int(found) for found in _YEAR.findall(plain)}
    years |= {int(found[:-1].translate(_DIGITS)) for found in _CHINESE_YEAR.findall(plain)}
    if years:
        return frozenset(years)
    return frozenset({published_on.year - 1, published_on.year}) if published_on else frozenset()
