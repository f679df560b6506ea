"""Labels as printed, brought to one spelling: the key under which the codebook knows them.

A label's key leaves out what organs and their tools vary freely (white space, brackets, quotes, numbering,
full or half width, traditional characters) and keeps what carries meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from transforms.codebook_files import compact, simplified

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


def without_brackets(text: str) -> str:
    """The label without its bracketed additions: guidance such as （单位：万元） or （指2019年事项数）."""
    word = compact(text)
    while (shorter := _BRACKETED.sub("", word)) != word:
        word = shorter
    return word
