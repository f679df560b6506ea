"""What a cell holds: a figure, a dash, nothing, or something that is no figure. Nothing is ever guessed.

NFKC is not used here: it would read the footnote mark of "5①" as a digit and make 51 of it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from extractors.document import WRAPPED
from transforms.labels import CACHED_TEXTS

REPORTED, BLANK, DASH, UNREADABLE, MISSING = "reported", "blank", "dash", "unreadable", "missing"

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SIMPLIFIED = str.maketrans("無萬億圓減個項條", "无万亿元减个项条")
_PLAIN: dict[int, int | None] = {**_INVISIBLE, **_FULL_WIDTH, **_SIMPLIFIED}
_DASH = re.compile(r"[-‐‑‒–—―─━−_/\\~]+|无")
_UNIT = "百万元|千万元|亿元|万元|千元|元|件|条|个|项|宗|起|次|份|人次|人|部"
_UNIT_ALONE = re.compile(rf"\s*(?:{_UNIT})\s*")
_FIGURE = re.compile(
    r"(?P<sign>\+|-|−|增加?|减少?|↑|↓)?"
    r"(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?P<fraction>\.[0-9]+)?"
    rf"(?P<unit>{_UNIT})?"
)
# Most texts that are no figure hold one of the characters that no figure does, nor its traditional forms.
_WORDS = re.compile("[㐀-鿿](?<![増增加减減少百千万萬亿億元圓件条條个個项項宗起次份人部无無])")
# A line break between two digits may part two figures as well as break one, and a dash above a figure be its sign as
# well as a cell's own: nobody can tell.
_BROKEN_ON_LINES = re.compile(rf"[0-9.,\-−]\s*[\n{WRAPPED}]\s*[0-9.,]")
_DOWN = frozenset({"-", "−", "减", "减少", "↓"})

YUAN_PER_UNIT = {
    "元": Decimal(1),
    "千元": Decimal(1_000),
    "万元": Decimal(10_000),
    "百万元": Decimal(1_000_000),
    "千万元": Decimal(10_000_000),
    "亿元": Decimal(100_000_000),
}


class Figure(NamedTuple):
    """A cell's content: `number` is null unless `status` is reported; `unit` is the word printed behind it."""

    status: str
    number: Decimal | None = None
    unit: str | None = None


_BLANK = Figure(BLANK)
_DASHED = Figure(DASH)
_NO_FIGURE = Figure(UNREADABLE)


@lru_cache(maxsize=CACHED_TEXTS)
def figure(text: str) -> Figure:
    """The figure that a cell's text prints.

    Read: full-width digits, thousands separators, decimals, signs (+10, 减3, 增5), a unit behind the figure,
    white space inside it. A dash, a slash or 无 is `dash`, white space alone `blank`, all else `unreadable`.
    """
    # What most cells print, and most prose, is known at once; all else takes the long way round.
    if text.isascii() and text.isdigit():
        return _of_digits(text)
    return _NO_FIGURE if _WORDS.search(text) else _figure_in(text)


def _figure_in(text: str) -> Figure:
    plain = text if text.isascii() else text.translate(_PLAIN)
    word = "".join(plain.split())
    if not word:
        return _BLANK
    if _DASH.fullmatch(word):
        return _DASHED
    match = _FIGURE.fullmatch(word)
    if match is None or _BROKEN_ON_LINES.search(plain):
        return _NO_FIGURE
    digits = match["digits"].replace(",", "")
    if _lost_their_border(digits):
        return _NO_FIGURE
    number = Decimal(digits + (match["fraction"] or ""))
    number = -number if match["sign"] in _DOWN else number
    return Figure(REPORTED, number, match["unit"])


def _of_digits(digits: str) -> Figure:
    return _NO_FIGURE if _lost_their_border(digits) else Figure(REPORTED, Decimal(digits))


def _lost_their_border(digits: str) -> bool:
    """Whether digits are no way to print a number ("007", "0 5"), but more likely two figures."""
    return len(digits) > 1 and digits[0] == "0"


def is_unit(text: str) -> bool:
    """Whether a text is the unit of a figure and nothing else: 件."""
    return _UNIT_ALONE.fullmatch(text) is not None


def in_ten_thousand_yuan(number: Decimal, unit: str) -> Decimal:
    """An amount of money, printed in a unit of `YUAN_PER_UNIT`, in 10,000 yuan. Raises KeyError for another unit."""
    return number * YUAN_PER_UNIT[unit] / YUAN_PER_UNIT["万元"]
