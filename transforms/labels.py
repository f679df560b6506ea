"""Labels as printed, brought to one spelling: the key under which the codebook knows them.

A label's key leaves out what organs and their tools vary freely (white space, brackets, quotes, numbering,
full or half width, traditional characters) and keeps what carries meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from transforms.codebook_files import CONDITIONAL, compact, simplified

# Mirror sites annotate a traditional character with its reading: 件數(shù).
_READING = re.compile(r"\([A-Za-zÀ-ɏ]{1,8}\)")
# "?。ㄒ唬" and its kin are the bytes of "（一）" in GBK, read wrongly: the numbering of mirror pages.
_NUMBERING = re.compile(
    r"^(?:\(?[一二三四五六七八九十]{1,2}\)[、.:]?|[一二三四五六七八九十]{1,2}[、.,:]|\(?\d{1,2}\)?[、.,:]?(?=[^\d])"
    r"|\?。[ㄒㄈㄋㄎㄆǘ唬模澹撸]*)"
)
_BRACKETED = re.compile(r"\([^()]*\)")
_NOT_A_WORD = re.compile(r"[^0-9A-Za-z㐀-鿿]+")

CACHED_TEXTS = 1 << 15
"""Label and value texts repeat over pages without end; so many distinct ones are kept normalised."""


def key_function(alike: Mapping[str, str]) -> Callable[[str], str]:
    """A function from a printed label to its key; `alike` folds characters that organs use for each other."""
    fold = str.maketrans(dict(alike))

    @lru_cache(maxsize=CACHED_TEXTS)
    def key(text: str) -> str:
        word = simplified(_READING.sub("", compact(text))).translate(fold)
        bare = _NOT_A_WORD.sub("", _NUMBERING.sub("", word, count=1))
        return bare or _NOT_A_WORD.sub("", word)

    return key


def foreign_to(keys: Iterable[str], alike: Mapping[str, str]) -> re.Pattern[str]:
    """Finds a Han character that stands in none of the keys, however their labels print it.

    A text that holds one is no label, and no part of any; unless that stands in brackets, or in damaged numbering
    (`MAY_BE_LEFT_OUT`), which keys leave out.
    """
    fold = str.maketrans(dict(alike))
    printed = [chr(point) for point in range(*_HAN)]
    meant = simplified("\n".join(printed)).translate(fold).split("\n")
    own = {*"".join(keys), *_NUMERALS}
    # Some characters' simplified forms are so rare that keys leave them out.
    known = (
        was
        for was, now in zip(printed, meant, strict=True)
        if was in own or now in own or _NOT_A_WORD.match(now)
    )
    return re.compile(f"[㐀-鿿](?<![{''.join(known)}{CONDITIONAL}])")


_HAN = (0x3400, 0xA000)
_NUMERALS = "一二三四五六七八九十"
MAY_BE_LEFT_OUT = re.compile("[(（⁽₍︵﹙?？⁇⁈﹖]")


def without_brackets(text: str) -> str:
    """The label without its bracketed additions: guidance such as （单位：万元） or （指2019年事项数）."""
    word = compact(text)
    while (shorter := _BRACKETED.sub("", word)) != word:
        word = shorter
    return word
