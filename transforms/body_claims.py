"""What a report's text says of its own making: who made it, which year it is about, when it was signed.

Only sentences that speak of the report count. A year in a comparison (比2020年, 2019年相比), in a plan or in
a quoted title (《…2021年…》) is not the report's; 我局 is no name. The wording is data
(`data/codebook/body_claims.yaml`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import zip_longest

from transforms.codebook_files import CODEBOOK_FOLDER, alternation, compact, phrase_table
from transforms.metadata_pairs import is_a_day, read_date
from transforms.outline import Outline
from transforms.titles import FIRST_YEAR, LAST_YEAR, is_organ, parse_title

_KEYS = frozenset(("makers", "makes", "announces", "not_the_year"))
_OPENING_LINES = 4
_HEAD_LINES = 40
_TAIL_LINES = 15
_SIGNATURE_LIMIT = 60
_QUOTED = re.compile(r"《[^《》]*》")
_CLAUSES = re.compile(r"[,。;:]")
# 年, 月 and their digits get lost in some pages: 201711日至20171231日 is 2017年1月1日至2017年12月31日.
_PERIOD = re.compile(
    r"(20\d\d)年?0?1月?0?1日?(?:起|始|开始)?,?(?:至|到|-|—|–|~)+(?:(20\d\d)年?|同年|当年|本年)?12月?31日"
)
# Without any of these a line is a title, and read as one elsewhere.
_SENTENCE = re.compile(r"[，,。：:；;]")
# Contains 31 or ３１ whatever it matches: few lines do, and a look for two characters is cheap.
_LAST_DAY = re.compile(r"12\s*月?\s*31|３１|31\s*日")
_SUBJECT_YEAR = re.compile(r"(?:^|[。)）:：])[\s　]*(20\d\d)年(?!\d|\s*[1-9１-９])(?:度|来|以来)?(.{0,24})")
_SIGNATURE = re.compile(r"(.{4,30}?)((?:20\d\d|二[〇○零]..)[-年./].{3,9})")
_NAME = r"(?P<name>[㐀-鿿()、]{3,30}?)"


@dataclass(frozen=True, slots=True)
class BodyClaims:
    """Organs, years and days that the text claims, the clearest first; `other_years` are unclear."""

    organs: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    other_years: tuple[int, ...] = ()
    signed_on: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class _BodyLexicon:
    maker: re.Pattern[str]
    own_act: re.Pattern[str]
    not_the_year: re.Pattern[str]


@cache
def _lexicon() -> _BodyLexicon:
    table = phrase_table(CODEBOOK_FOLDER / "body_claims.yaml", _KEYS)
    makes = alternation(table["makes"])
    announces = alternation(table["announces"])
    return _BodyLexicon(
        maker=re.compile(rf"{alternation(table['makers'])}{_NAME}(?:具体|组织|负责)?{makes}"),
        own_act=re.compile(rf"{_NAME}{announces}(?:了|本|20|完成|$)"),
        not_the_year=re.compile(alternation(table["not_the_year"])),
    )


def read_body(outline: Outline) -> BodyClaims:
    """Read the opening lines, the first chapter and the signature."""
    head = (
        [line.text for line in outline.head()[-_HEAD_LINES:] if not line.in_table] if outline.headings else []
    )
    first = _first_chapter(outline)
    opening = [*head, *first[:_OPENING_LINES]]
    organs: dict[str, None] = {}
    years: dict[int, None] = {}
    unclear: dict[int, None] = {}
    _read_periods((line.text for line in outline.lines), years, unclear)
    for text in opening:
        if _SENTENCE.search(text) and ("编制" in text or "布" in text or "报告" in text):
            _read_sentence(text, organs, years)
    _read_subject_years([*head, *first], years, unclear)
    signed_on = _read_signature([line.text for line in outline.lines[-_TAIL_LINES:]], organs)
    return BodyClaims(tuple(organs), tuple(years), tuple(unclear), signed_on)


def _first_chapter(outline: Outline) -> list[str]:
    """The lines of chapter one; without chapters, the page's first lines."""
    headings = outline.headings
    if not headings:
        return [line.text for line in outline.lines[:_HEAD_LINES]]
    end = headings[1].first if len(headings) > 1 else len(outline.lines)
    rest = [headings[0].rest] if headings[0].rest else []
    return rest + [line.text for line in outline.lines[headings[0].after : end] if not line.in_table]


def _read_periods(texts: Iterable[str], years: dict[int, None], unclear: dict[int, None]) -> None:
    """The period that the figures cover: "统计期限自2021年1月1日起至2021年12月31日止"."""
    for text in texts:
        if ("31" not in text and "３１" not in text) or _LAST_DAY.search(text) is None:
            continue
        found = _PERIOD.search(compact(text))
        if found is None:
            continue
        begin, end = int(found[1]), int(found[2] or found[1])
        if begin == end:
            years[begin] = None
        else:
            unclear |= {begin: None, end: None}


def _read_sentence(text: str, organs: dict[str, None], years: dict[int, None]) -> None:
    """Who made the report, from "本报告由…编制" and "现将…2021年度政府信息公开工作情况报告如下"."""
    lexicon = _lexicon()
    for clause in _CLAUSES.split(_QUOTED.sub("", compact(text))):
        made = lexicon.maker.match(clause) or lexicon.own_act.match(clause)
        if made is not None and is_organ(made["name"]):
            organs[made["name"]] = None
        title = parse_title(clause) if len(clause) <= 60 else None
        if title is None or title.is_notice:
            continue
        if title.organ is not None and is_organ(title.organ):
            organs[title.organ] = None
        if title.year is not None:
            years[title.year] = None


def _read_subject_years(texts: list[str], years: dict[int, None], unclear: dict[int, None]) -> None:
    """Years that sentences begin with ("2021年，我局…"): one year, or one that most of them name first."""
    counted: Counter[int] = Counter()
    excluded = _lexicon().not_the_year
    for text in texts:
        if "年" not in text:
            continue
        for found in _SUBJECT_YEAR.finditer(text):
            year = int(found[1])
            if FIRST_YEAR <= year <= LAST_YEAR and not excluded.search(found[2]):
                counted[year] += 1
    if not counted:
        return
    first = next(iter(counted))
    if 2 * counted[first] > counted.total():
        years[first] = None
    else:
        unclear |= dict.fromkeys(counted)


def _read_signature(texts: list[str], organs: dict[str, None]) -> tuple[date, ...]:
    """The organ's name over the day, at the end of the text; in one line or in two."""
    for text, below in zip_longest(texts, texts[1:], fillvalue=""):
        if len(text) > _SIGNATURE_LIMIT:
            continue
        signed = _signature_in(text)
        if signed is not None:
            organs[signed[0]] = None
            return (signed[1],)
        day = read_date(below) if is_a_day(below) else None
        if day is not None:
            if is_organ(line := compact(text)):
                organs[line] = None
            return (day,)
    return ()


@lru_cache(maxsize=4096)
def _signature_in(text: str) -> tuple[str, date] | None:
    """The organ and the day that a short line holds, and nothing else."""
    together = _SIGNATURE.fullmatch(compact(text))
    day = read_date(together[2]) if together else None
    return (together[1], day) if together and day and is_organ(together[1]) else None
