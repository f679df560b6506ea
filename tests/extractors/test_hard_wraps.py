"""A text of pipe rows cut into lines of one width is whole again; texts that are not cut stay as they are."""

from __future__ import annotations

from itertools import pairwise

import pytest

from extractors.hard_wraps import whole_lines

ROWS = [
    f"{'属于行政许可' * (1 + number % 3)}{'类' * (number % 4)} | {number * 12345} | {number} | 0 | 980 |"
    for number in range(1, 30)
]


def cut(lines: list[str], width: int) -> list[str]:
    return [line[at : at + width] for line in lines for at in range(0, max(len(line), 1), width)]


@pytest.mark.parametrize("width", [25, 30])
def test_rows_cut_within_figures_are_whole_again(width: int) -> None:
    pieces = cut(ROWS, width)
    assert any(a[-1].isdigit() and b[0].isdigit() for a, b in pairwise(pieces))
    assert whole_lines(pieces) == ROWS


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ROWS,
        [f"| {number:>10} | {number:>10} |" for number in range(40)],
        [f"行政许可事项 | {number:>10} | {number * 12345:>10}" for number in range(40)],
        cut(["这一年公开了很多信息" * 30], 30),
        cut(ROWS, 12),
        [f"{number:>40}" for number in range(40)],
    ],
)
def test_other_lines_stay(lines: list[str]) -> None:
    assert whole_lines(lines) == lines
