"""Whether a page's bytes hold a word, in letters of either case.

All places of the page are compared with one letter of the word at a time, and two or three letters rule nearly every
page out. That is four times faster than to search a copy of the page in lower case.
"""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Letters = npt.NDArray[np.uint8]
"""The bytes of a page, its letters in lower case; other bytes may be others than they were."""


class Word(NamedTuple):
    """A word of small letters and hyphens; `rare` is where in it letters begin that stand in few other words."""

    text: bytes
    rare: int


def letters_of(markup: bytes) -> Letters:
    """The bytes to look for words in."""
    # Bit 5 tells a small letter from a capital, and is set in a hyphen.
    return np.frombuffer(markup, np.uint8) | np.uint8(0x20)


def may_hold(letters: Letters, word: Word) -> bool:
    """Whether a word stands anywhere. Where it does not, bytes that are no letters may still look like its hyphens."""
    text, rare = word
    places = max(len(letters) - len(text) + 1, 0)
    fits = letters[rare : rare + places] == text[rare]
    for at in chain(range(rare + 1, len(text)), range(rare)):
        fits &= letters[at : at + places] == text[at]
        if not fits.any():
            return False
    return True
