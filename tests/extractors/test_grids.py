"""Row and column spans: which slot each printed cell stands in."""

from __future__ import annotations

from extractors.document import Cell
from extractors.grids import build_grid


def test_cells_without_spans_stand_side_by_side() -> None:
    grid = build_grid([[("规章", 1, 1), ("3", 1, 1)], [("许可", 1, 1), ("4", 1, 1)]])
    assert grid.width == 2
    assert grid.rows == (
        (Cell("规章", 0, 0), Cell("3", 0, 1)),
        (Cell("许可", 1, 0), Cell("4", 1, 1)),
    )


def test_a_column_span_moves_what_follows() -> None:
    grid = build_grid([[("一、本年新收", 1, 3), ("9", 1, 1)]])
    assert grid.rows == ((Cell("一、本年新收", 0, 0, 1, 3), Cell("9", 0, 3)),)
    assert grid.width == 4


def test_a_row_span_covers_its_column_in_the_rows_below_and_no_further() -> None:
    grid = build_grid(
        [
            [("（三）", 2, 1), ("1", 1, 1)],
            [("2", 1, 1)],
            [("3", 1, 1), ("4", 1, 1)],
        ]
    )
    assert [[(cell.text, cell.column) for cell in row] for row in grid.rows] == [
        [("（三）", 0), ("1", 1)],
        [("2", 1)],
        [("3", 0), ("4", 1)],
    ]


def test_spans_both_ways_cover_a_block() -> None:
    grid = build_grid([[("申请人", 2, 2), ("总计", 1, 1)], [("自然人", 1, 1)], [("1", 1, 1)]])
    assert grid.rows[1] == (Cell("自然人", 1, 2),)
    assert grid.rows[2] == (Cell("1", 2, 0),)
    assert grid.width == 3


def test_a_cell_between_two_spans_falls_into_the_gap() -> None:
    grid = build_grid([[("甲", 2, 1), ("1", 1, 1), ("乙", 2, 1)], [("2", 1, 1), ("3", 1, 1)]])
    assert grid.rows[1] == (Cell("2", 1, 1), Cell("3", 1, 3))


def test_a_row_without_cells_keeps_its_number_and_ends_a_span() -> None:
    grid = build_grid([[("甲", 2, 1), ("1", 1, 1)], [], [("2", 1, 1)]])
    assert grid.rows == ((Cell("甲", 0, 0, 2), Cell("1", 0, 1)), (), (Cell("2", 2, 0),))


def test_a_span_beyond_the_last_row_is_harmless() -> None:
    grid = build_grid([[("甲", 9, 1), ("1", 1, 1)], [("2", 1, 1)]])
    assert grid.rows[1] == (Cell("2", 1, 1),)
    assert grid.width == 2
