"""Titles of annual reports: which organ, which year, and whether the title is one of a report at all.

The wording is data (`data/codebook/titles.yaml`); this module reads one title at a time. Every function is
pure on short strings, and cached: a site repeats its wording thousands of times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from transforms.codebook_files import CODEBOOK_FOLDER, alternation, compact, phrase_table, simplified

FIRST_YEAR, LAST_YEAR = 2007, 2049
"""The Regulation on disclosure took effect in May 2008: no report speaks of a year before 2007."""

_KEYS = frozenset(
    (
        "subjects",
        "fillers",
        "nouns",
        "leads",
        "tails",
        "notice_words",
        "form_words",
        "organ_suffixes",
        "region_suffixes",
        "pronouns",
        "not_in_organs",
        "web_teams",
    )
)
_HAN_DIGITS = ("〇○零oO0◯", "一", "二贰", "三", "四", "五", "六", "七", "八", "九")
_DIGITS = {character: value for value, row in enumerate(_HAN_DIGITS) for character in row}
_HAN_YEAR = r"[二贰][〇○零oO0◯][〇○零一二三四五六七八九oO0◯]{2}(?=年)"
_NUMBER = re.compile(rf"\d+|{_HAN_YEAR}")
_MONTH_FOLLOWS = re.compile(r"(?:年|[-/.])\d{1,2}[-/.月]")
_YEAR_RANGE = re.compile(r"20\d\d年?度?[-—–~至到]+20\d\d年")
_YEAR_SPAN = re.compile(rf"[(〔\[【<《]?(?:20\d\d|{_HAN_YEAR})(?:\d\d(?=年))?(?:年度|年|度)?[)〕\]】>》]?")
_BRACKETED = re.compile(r"\([^()]*\)|〔[^〕]*〕|【[^】]*】|\[[^\]]*\]")
_SEPARATORS = re.compile(r"[_|>»]|--+|——+|(?<=[^\d-])-(?=[^\d-])")
_SENTENCE = re.compile(r"[。;!?,:\"“”]")
_NAME_LIMIT = 40


@dataclass(frozen=True, slots=True)
class TitleParts:
    """What one title says. `organ` and `year` are null where it names none, or several years."""

    text: str
    organ: str | None
    year: int | None
    is_notice: bool
    is_form: bool = False
    years: tuple[int, ...] = ()

    @property
    def says_whose(self) -> bool:
        """Whether it names an organ or a year: a bare 政府信息公开年报 is a column's name as often as a title."""
        return self.organ is not None or bool(self.years)


@dataclass(frozen=True, slots=True)
class TitleLexicon:
    """The wording of titles and names, compiled."""

    phrase: re.Pattern[str]
    unfinished: re.Pattern[str]
    notice: re.Pattern[str]
    form: re.Pattern[str]
    lead: re.Pattern[str]
    tail: re.Pattern[str]
    organ_suffixes: tuple[str, ...]
    region_suffixes: tuple[str, ...]
    pronouns: tuple[str, ...]
    not_in_organs: re.Pattern[str]
    web_teams: tuple[str, ...]


@cache
def title_lexicon() -> TitleLexicon:
    """The wording in `data/codebook/titles.yaml`. Raises CodebookError where that file is not as expected."""
    table = phrase_table(CODEBOOK_FOLDER / "titles.yaml", _KEYS)
    between = f"(?:{alternation(table['fillers'])}|{_YEAR_SPAN.pattern})*?"
    return TitleLexicon(
        phrase=re.compile(alternation(table["subjects"]) + between + alternation(table["nouns"])),
        unfinished=re.compile(alternation(table["subjects"]) + between + "$"),
        notice=re.compile(alternation(table["notice_words"] + table["form_words"])),
        form=re.compile(alternation(table["form_words"]) + r"[)》]*$"),
        lead=re.compile(rf"(?:{alternation(table['leads'])}|[\d.、:·*《\"“-])+"),
        tail=re.compile(rf"(?:{alternation(table['tails'])}|[(《\"“])+$"),
        organ_suffixes=table["organ_suffixes"],
        region_suffixes=table["region_suffixes"],
        pronouns=table["pronouns"],
        not_in_organs=re.compile(alternation(table["not_in_organs"]) + r"|\d{4}|[<>=|/\\]"),
        web_teams=table["web_teams"],
    )


@lru_cache(maxsize=4096)
def parse_title(text: str) -> TitleParts | None:
    """Read one title, or the piece of a `<title>` that is one; None where no piece speaks of a report.

    A piece that names organ or year comes before one that names neither, such as the column 政府信息公开年报.
    """
    pieces = [piece.strip("#*") for piece in _SEPARATORS.split(compact(text)) if piece]
    vague: TitleParts | None = None
    for position, piece in enumerate(pieces):
        title = _read_piece(piece, pieces[position - 1] if position else None)
        if title is not None and title.says_whose:
            return title
        vague = vague or title
    return vague


def _read_piece(printed: str, above: str | None) -> TitleParts | None:
    lexicon = title_lexicon()
    piece = simplified(printed)
    found = lexicon.phrase.search(piece)
    if found is None:
        return None
    before, after = piece[: found.start()], piece[found.end() :]
    organ = _organ_before(printed[: found.start()]) or _organ_in_brackets(printed[found.end() :])
    if organ is None and above is not None and not _YEAR_SPAN.sub("", before) and is_organ(above):
        organ = above
    years = years_in(piece)
    return TitleParts(
        text=printed,
        organ=organ,
        year=_one_year(piece, years),
        is_notice=lexicon.notice.search(after) is not None,
        is_form=lexicon.form.search(after) is not None,
        years=years,
    )


def _organ_before(before: str) -> str | None:
    """The name that stands before a title's wording, as printed; words are known in simplified characters."""
    lexicon = title_lexicon()
    printed = _YEAR_SPAN.sub("", before.rpartition("《")[2])
    name = simplified(printed)
    end = len(lexicon.tail.sub("", name))
    lead = lexicon.lead.match(name)
    printed = printed[lead.end() if lead else 0 : end]
    if printed.startswith(("【", "[")):
        printed = _BRACKETED.sub("", printed, count=1)
    return printed if is_organ(printed, place_counts=True) else None


def _organ_in_brackets(after: str) -> str | None:
    for bracket in _BRACKETED.findall(after):
        if is_organ(bracket[1:-1]):
            return str(bracket[1:-1])
    return None


@lru_cache(maxsize=4096)
def is_organ(name: str, *, place_counts: bool = False) -> bool:
    """Whether a compact text is an organ's name (`place_counts`: a place alone is one, as in a title)."""
    lexicon = title_lexicon()
    name = simplified(name)
    bare = _BRACKETED.sub("", name)
    if not 2 <= len(bare) <= _NAME_LIMIT or bare.startswith(lexicon.pronouns):
        return False
    if _SENTENCE.search(name) or lexicon.not_in_organs.search(name):
        return False
    if bare.endswith(lexicon.organ_suffixes):
        return len(bare) > 2
    return place_counts and bare.endswith(lexicon.region_suffixes)


def is_web_team(name: str) -> bool:
    """Whether a page's source is an editor, a web site or a newspaper, which is never the organ."""
    return compact(name).endswith(title_lexicon().web_teams)


@lru_cache(maxsize=4096)
def years_in(text: str) -> tuple[int, ...]:
    """The distinct years that a compact text writes, in order: 2021, 二〇二一年, and 202020年 (a doubled 20).

    Digits of a document number (〔2021〕30号, and 〔202130号 with its bracket lost), of a date, and runs that
    more than one reading fits are no years.
    """
    years: dict[int, None] = {}
    for found in _NUMBER.finditer(text):
        year = _year_of(found.group())
        after = text[found.end() : found.end() + 8]
        if year is None or after.startswith("号") or re.match(r"[〕\])]第?\d+号", after):
            continue
        if not _MONTH_FOLLOWS.match(after):
            years[year] = None
    return tuple(years)


def _year_of(run: str) -> int | None:
    if not run[0].isdigit():
        run = "".join(str(_DIGITS[character]) for character in run)
    if len(run) < 4 or (len(run) > 4 and run[:4] != run[-4:]) or len(run) > 8:
        return None
    return int(run[:4]) if FIRST_YEAR <= int(run[:4]) <= LAST_YEAR else None


def _one_year(title: str, years: tuple[int, ...]) -> int | None:
    if len(years) <= 1:
        return years[0] if years else None
    if _YEAR_RANGE.search(title):
        return None
    of_report = [year for year in years if f"{year}年度" in title]
    return of_report[0] if len(of_report) == 1 else None
