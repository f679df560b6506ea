"""Where a tool dropped cells, the form's own identities decide between the possible readings, or nobody does.

The search is over placings: the figures of a row keep their order, the blanks go wherever they may. A placing
counts only if every identity that it touches holds with blanks as nothing, and it counts as read only if every
solution agrees on it. Rows that lost nearly all cells are not searched: a lone figure fits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations

Placing = tuple[int, ...]
"""For each figure of a row, in order, the number of the column that it stands in."""

Vector = tuple[Decimal, ...]

FEWEST_FIGURES = 2
LARGEST_SEARCH = 20_000
"""Combinations tried before the search gives up and the cells stay null."""


def placings(figures: Sequence[Decimal], columns: int, holds: Callable[[Vector], bool]) -> list[Placing]:
    """All ways to set the figures, in order, into the columns so that the row's own identity holds.

    The last column, a total, must be printed: without it the row confirms nothing.
    """
    if not FEWEST_FIGURES <= len(figures) <= columns:
        return []
    found = []
    for places in combinations(range(columns - 1), len(figures) - 1):
        placing = (*places, columns - 1)
        if holds(spread(figures, placing, columns)):
            found.append(placing)
    return found


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
