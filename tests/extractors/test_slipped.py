"""A header repeated within row spans moves all cells below it; the grid is laid out again without it."""

from __future__ import annotations

from extractors.document import Grid
from extractors.grids import build_grid
from extractors.slipped import without_slipped_header

HEAD = [[("项目", 2, 2), ("申请人", 1, 2)], [("自然人", 1, 1), ("总计", 1, 1)]]
BEFORE = [
    [("办理结果", 4, 1), ("甲", 1, 1), ("1", 1, 1), ("2", 1, 1)],
    [("乙", 1, 1), ("3", 1, 1), ("4", 1, 1)],
]
AFTER = [[("丙", 1, 1), ("5", 1, 1), ("6", 1, 1)], [("丁", 1, 1), ("7", 1, 1), ("8", 1, 1)]]


def placed(grid: Grid) -> dict[str, int]:
    return {cell.text: cell.column for row in grid.rows for cell in row}


def test_figures_below_a_slipped_header_stand_under_the_first() -> None:
    slipped = build_grid([*HEAD, *BEFORE, *HEAD, *AFTER])
    assert placed(slipped)["自然人"] == 3 and placed(slipped)["5"] == 1
    mended = without_slipped_header(slipped)
    assert mended.rows == build_grid([*HEAD, *BEFORE, *AFTER]).rows
    assert [placed(mended)[figure] for figure in "13572468"] == [2] * 4 + [3] * 4
    assert len(mended.rows) == 6


def test_the_header_may_stand_under_the_title_of_the_table() -> None:
    title = [("申请情况", 1, 4)]
    mended = without_slipped_header(build_grid([title, *HEAD, *BEFORE, *HEAD, *AFTER]))
    assert mended.rows == build_grid([title, *HEAD, *BEFORE, *AFTER]).rows
    twice = build_grid([title, title, *HEAD, *BEFORE, *HEAD, *AFTER])
    assert without_slipped_header(twice) is twice


def test_what_fills_the_rows_up_to_the_repeated_header_goes_with_it() -> None:
    rows = [*HEAD, *BEFORE, *HEAD, *AFTER]
    wide = build_grid(
        [[*row, *[("", 1, 1)] * pads] for row, pads in zip(rows, (1, 1, 1, 1, 0, 0, 2, 2), strict=True)]
    )
    assert without_slipped_header(wide).width == 4
    filled = build_grid([*rows[:-1], [*rows[-1], ("9", 1, 1), ("9", 1, 1)]])
    assert without_slipped_header(filled) is filled


def test_a_header_repeated_in_its_place_stays() -> None:
    ended = [[("办理结果", 2, 1), *BEFORE[0][1:]], BEFORE[1], *HEAD, [("", 2, 1), *AFTER[0]], AFTER[1]]
    for rows in ([*HEAD, *ended], [*HEAD, *BEFORE, *AFTER], [], [[("甲", 1, 1)]]):
        grid = build_grid(rows)
        assert without_slipped_header(grid) is grid
