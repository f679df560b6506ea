"""Texts that may be moved about but not looked at: what a plan of a table is made with.

Whoever looks at one (its length, a character, a comparison, a hash, a message that quotes it) raises `Looked`.
What a reader does without an error therefore depends on none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeGuard


class Looked(Exception):
    """The reading depends on a text that it was not to look at."""


class Unread:
    """A text, or a figure, that nothing may depend on."""

    __slots__ = ()

    def _look(self, *_: object) -> NoReturn:
        raise Looked

    def __getattr__(self, name: str) -> NoReturn:
        """No attribute is there to be looked at."""
        raise Looked

    __hash__ = __bool__ = __len__ = __iter__ = __getitem__ = __contains__ = _look
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _look
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = __abs__ = _look
    __int__ = __float__ = __index__ = __str__ = __repr__ = __format__ = _look


class UnreadFigure(Unread):
    """The figure of one cell, by the cell's number among those of all grids; what it is read as can be put off."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class PutOff(Unread):
    """What a conversion will make of an unread figure."""

    __slots__ = ("arguments", "convert", "number")

    def __init__(self, number: int, convert: Callable[..., Any], arguments: tuple[str | None, ...]) -> None:
        self.number, self.convert, self.arguments = number, convert, arguments


UNREAD = Unread()


def is_unread(value: object) -> TypeGuard[Unread]:
    """Whether a text or value may not be looked at."""
    return isinstance(value, Unread)


def is_unread_figure(text: object) -> TypeGuard[UnreadFigure]:
    """Whether a text is a figure that may not be looked at."""
    return isinstance(text, UnreadFigure)
