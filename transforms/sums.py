"""The identities of the form by the places of their figures, for the tables of one report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from transforms.findings import Table
from transforms.readings import Key
from transforms.requests_table import BALANCE

TOTAL = "total"
Figures = Mapping[Key, int | float | None]
Sum = tuple[tuple[Key, ...], tuple[Key, ...]]
"""The places on both sides of an identity."""


def sum_of(places: Sequence[Key], figures: Figures) -> float | None:
    """The sum of the figures at these places; null where one of them prints none, for a blank is no zero."""
    values = [figures[place] for place in places]
    return None if any(value is None for value in values) else sum(value or 0 for value in values)


def holds(identity: Sum, figures: Figures) -> bool | None:
    """Whether both sides are equal; null where a figure is wanting."""
    one, other = (sum_of(side, figures) for side in identity)
    return None if one is None or other is None else one == other


def sums_of(table: Table, keys: Sequence[Key]) -> list[Sum]:
    """All identities of a table: none in 二, the rows of 三 and 四, and the columns of 三."""
    if table == "disclosures":
        return []
    down = totals_down(keys) if table == "requests" else ()
    return [*totals_across(keys), *down]


def totals_across(keys: Sequence[Key]) -> Iterator[Sum]:
    """In each row, the parts add up to 总计."""
    for item in dict.fromkeys(item for item, _ in keys):
        row = tuple(key for key in keys if key[0] == item)
        yield tuple(key for key in row if key[1] != TOTAL), tuple(key for key in row if key[1] == TOTAL)


def totals_down(keys: Sequence[Key]) -> Iterator[Sum]:
    """For each applicant, the outcomes add up to （七）总计, and 新收 + 结转 = 总计 + 结转下年."""
    for who in dict.fromkeys(who for _, who in keys):
        column = [key for key in keys if key[1] == who]
        yield tuple(key for key in column if key[0] not in BALANCE), (("outcome_total", who),)
        gained, spent = (
            tuple((item, who) for item, sign in BALANCE.items() if sign == side) for side in (1, -1)
        )
        yield gained, spent
