"""Where a tool dropped cells, the form's own identities decide between the possible readings, or nobody does.

The search is over placings: the figures of a row keep their order, the blanks go wherever they may. A placing
counts only if every identity that it touches holds with blanks as nothing, and it counts as read only if every
solution agrees on it. Every total that takes part must be printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations

Placing = tuple[int, ...]
"""For each figure of a row, in order, the number of the column that it stands in."""

Vector = tuple[Decimal, ...]

LARGEST_SEARCH = 20_000
"""Combinations tried before the search gives up and the cells stay null."""


def placings(
    figures: Sequence[Decimal], columns: int, totals: Sequence[int], holds: Callable[[Vector], bool]
) -> list[Placing]:
    """All ways to set the figures, in order, into the columns so that the row's own identities hold.

    The columns of `totals` must be printed: without its total a sum confirms nothing.
    """
    return [
        placing
        for placing in combinations(range(columns), len(figures))
        if set(totals) <= set(placing) and holds(spread(figures, placing, columns))
    ]


def spread(figures: Sequence[Decimal], placing: Placing, columns: int) -> Vector:
    """The row as numbers, nothing where no figure stands."""
    row = [Decimal(0)] * columns
    for figure, at in zip(figures, placing, strict=True):
        row[at] = figure
    return tuple(row)


def agreed_placings(
    candidates: Mapping[str, list[Placing]], consistent: Callable[[Mapping[str, Placing]], bool]
) -> dict[str, Placing]:
    """The placing of each row on which all consistent combinations agree; rows in dispute are left out."""
    size = 1
    for options in candidates.values():
        size *= len(options)
        if not 0 < size <= LARGEST_SEARCH:
            return {}
    solutions = [choice for choice in _choices(candidates) if consistent(choice)]
    return {
        row: placed.pop() for row in candidates if len(placed := {choice[row] for choice in solutions}) == 1
    }


def _choices(candidates: Mapping[str, list[Placing]]) -> list[dict[str, Placing]]:
    choices: list[dict[str, Placing]] = [{}]
    for row, options in candidates.items():
        choices = [{**choice, row: option} for choice in choices for option in options]
    return choices
