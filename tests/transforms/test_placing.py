"""Which cell of a row is whose, on hand-made rows: what the layout proves is placed, what it does not is null.

In rows "" is an empty piece, a cell or padding, and B an empty cell that the layout proves to be one.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from golden_cases import books

from extractors.document import EMPTY_CELL as B
from transforms.geometry import HeadGaps
from transforms.placing import Calibration, GridShape, Trust, calibrate, grid_shapes, place
from transforms.table_row import Header, TableRow
from transforms.tokens import Token, classifier
from transforms.under_heads import place_under

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)
UNTAUGHT = Calibration({}, seems_to=False)
Cells = Sequence[str]


def token(text: str, column: int = -1, *, line: int = -1, span: int = 1, block: int = 0) -> Token:
    return Token(text, classify(text), block, line, column, span)


def stream_row(cells: Cells) -> TableRow:
    return TableRow("requests", "granted", "", None, [token(text) for text in cells])


def grid_row(cells: Cells, line: int = 1) -> TableRow:
    tokens = [token(text, column, line=line) for column, text in enumerate(cells, start=1)]
    return TableRow("requests", "granted", "", None, tokens, line)


def taught_by(*rows: tuple[Cells, int], columns: int = 3) -> Calibration:
    return calibrate([(stream_row(cells), columns, depth) for cells, depth in rows], {})


def texts(cells: Sequence[Token] | None) -> list[str] | None:
    return None if cells is None else [cell.text for cell in cells]


def placed(
    cells: Cells, learnt: Calibration = UNTAUGHT, *, depth: int = 2, trust: Trust = Trust.PROOF
) -> object:
    return texts(place(stream_row(cells), 3, depth, learnt, trust))


@pytest.mark.parametrize("cells", [["3", "0", "7"], ["3", "0", "7", "", ""], ["3", "", "0", "", "7"]])
def test_as_many_figures_as_columns_tell_by_themselves(cells: list[str]) -> None:
    assert placed(cells) == ["3", "0", "7"]


@pytest.mark.parametrize("cells", [["3", "7"], ["3"], ["3", "7", "", ""], ["3", "0", "7", "1"]])
def test_too_few_figures_or_too_many_tell_nothing(cells: list[str]) -> None:
    assert placed(cells) is None


def test_a_dash_is_a_cell() -> None:
    assert placed(["3", "-", "无"]) == ["3", "-", "无"]


@pytest.mark.parametrize("cells", [["12", "", "1"], ["", "", "1"]])
def test_a_row_as_wide_as_the_form_that_ends_with_a_figure_has_its_blanks(cells: list[str]) -> None:
    assert placed(cells) == cells


def test_a_dropped_blank_and_padding_look_like_a_last_blank_and_are_not_placed() -> None:
    """12, blank, 1 leaves some tools as 12 | 1 | | : the 1 is no second column's."""
    teachers = [(["12", "3", "15"], depth) for depth in (0, 1, 2)]
    assert placed(["12", "1", ""], taught_by(*teachers)) is None
    assert placed(["12", "1", ""]) is None


@pytest.mark.parametrize(
    ("cells", "whole"),
    [(["12", "1", B], ["12", "1", B]), (["12", "", "1", B], ["12", "1", B]), ([B] * 3, [B] * 3)],
)
def test_proven_blanks_are_cells_and_others_beside_them_are_padding(
    cells: list[str], whole: list[str]
) -> None:
    assert placed(cells) == whole


def test_rows_wider_than_the_form_need_a_complete_row_of_their_width() -> None:
    learnt = taught_by((["3", "0", "7", ""], 2))
    assert placed(["3", "", "7", ""], learnt) == ["3", "", "7"]
    assert placed(["3", "", "7", ""]) is None
    assert placed(["3", "", "7", "", ""], learnt) is None


def test_a_figure_where_complete_rows_have_padding_is_not_placed() -> None:
    learnt = taught_by((["3", "0", "7", ""], 2))
    assert placed(["3", "", "", "7"], learnt) is None
    assert placed(["3", "7", "", ""], learnt) is None
    assert placed(["", "", "5", "7"], taught_by((["3", "0", "", "7"], 2))) is None


def test_complete_rows_that_contradict_each_other_teach_nothing() -> None:
    learnt = taught_by((["3", "0", "7", ""], 2), (["", "3", "0", "7"], 2))
    assert placed(["3", "", "7", ""], learnt) is None
    assert placed(["", "3", "", "7"], learnt) is None


def test_a_width_is_learnt_for_the_depth_of_its_labels_alone() -> None:
    learnt = taught_by((["3", "0", "7", ""], 2))
    assert placed(["3", "", "7", ""], learnt, depth=0) is None


EQUALLY_WIDE = ((["1", "2", "3"], 0), (["1", "2", "3"], 2))


def test_last_blanks_are_not_proven_by_blanks_that_stayed() -> None:
    learnt = taught_by(*EQUALLY_WIDE, (["1", "", "1"], 2))
    assert learnt.seems_to
    assert placed(["1", "0", ""], learnt) is None


def test_last_blanks_do_not_seem_to_count_where_no_blank_was_seen_to_stay() -> None:
    assert not taught_by(*EQUALLY_WIDE).seems_to


def test_trust_places_a_last_blank_that_proof_does_not() -> None:
    learnt = taught_by((["1", "2", "3"], 2), (["1", "", "1"], 2))
    assert learnt.seems_to
    assert placed(["1", "0", ""], learnt) is None
    assert placed(["1", "0", ""], learnt, trust=Trust.BLANKS) == ["1", "0", ""]


def test_a_row_that_lost_cells_ends_the_trust() -> None:
    learnt = taught_by((["1", "2", "3"], 2), (["1", "", "1"], 2), (["1", "1"], 2))
    assert not learnt.seems_to


def test_in_a_grid_a_last_blank_is_a_cell() -> None:
    assert texts(place(grid_row(["3", "7", ""]), 3, 2, UNTAUGHT)) == ["3", "7", ""]


def test_in_a_grid_as_many_figures_as_columns_tell_by_themselves() -> None:
    assert texts(place(grid_row(["", "3", "0", "7", ""]), 3, 2, UNTAUGHT)) == ["3", "0", "7"]


def test_a_blank_between_as_many_figures_as_columns_is_a_cell_too_many() -> None:
    assert place(grid_row(["3", "", "0", "7"]), 3, 2, UNTAUGHT) is None
    learnt = taught_by(*[(["3", "", "0", "7"], 2)] * 3)
    assert placed(["3", "", "0", "7"], learnt) == ["3", "0", "7"]


def test_a_row_as_wide_as_the_form_has_lost_a_cell_where_all_others_have_a_spacer() -> None:
    spaced = [grid_row(["3", "0", "7", ""]) for _ in range(3)]
    learnt = calibrate([(row, 3, 2) for row in spaced], {})
    assert place(grid_row(["3", "7", ""]), 3, 2, learnt) is None
    assert texts(place(grid_row(["3", "7", ""]), 3, 2, UNTAUGHT)) == ["3", "7", ""]


def test_a_grid_row_wider_than_the_form_needs_its_spacer_known() -> None:
    row = grid_row(["3", "", "", "7"])
    head = token("自然人", 0, line=0)
    row.header = Header("requests", [(head, None)])
    assert place(row, 3, 2, UNTAUGHT) is None

    def known(block: int, *columns: int) -> Calibration:
        return Calibration({}, False, {block: GridShape(4, frozenset(columns))})

    assert texts(place(row, 3, 2, known(0, 2))) == ["3", "", "7"]
    assert place(row, 3, 2, known(0, 2, 3)) is None
    assert place(row, 3, 2, known(1, 2)) is None
    row.header = None
    assert place(row, 3, 2, known(0, 2)) is None


def test_a_spacer_is_a_column_in_which_nothing_is_printed() -> None:
    tokens = [
        *(token(text, column, line=0) for column, text in enumerate(["甲", "", "乙", ""])),
        *(token(text, column, line=1) for column, text in enumerate(["3", "", "", "1"])),
        token("", 5, line=3, span=2),
        token("", 0, line=2, block=1),
        token(""),
    ]
    assert grid_shapes(tokens) == {0: GridShape(4, frozenset({1})), 1: GridShape(1, frozenset({0}))}


def heads(*places: tuple[str, int, int], block: int = 0) -> tuple[Header, list[Token]]:
    """A header whose words each have (text, column, span), and its words as the leaves."""
    words = [token(text, column, line=0, span=span, block=block) for text, column, span in places]
    return Header("requests", [(word, None) for word in words]), words


THREE = (("甲", 1, 1), ("乙", 2, 1), ("丙", 3, 1))


def under(places: Sequence[tuple[str, int, int]], *cells: tuple[str, int, int]) -> list[str] | None:
    header, leaves = heads(*places)
    tokens = [token(text, column, line=1, span=span) for text, column, span in cells]
    return texts(place_under(header, leaves, TableRow("requests", "granted", "", header, tokens, 1)))


def test_cells_stand_under_the_heads_of_their_columns() -> None:
    assert under(THREE, ("3", 1, 1), ("", 2, 1), ("7", 3, 1)) == ["3", "", "7"]
    wide = (("甲", 1, 2), ("乙", 3, 1), ("丙", 4, 2))
    assert under(wide, ("3", 1, 2), ("0", 3, 1), ("7", 4, 1)) == ["3", "0", "7"]


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param([("9", 1, 3)], id="one cell under all heads"),
        pytest.param([("3", 1, 2), ("7", 3, 1)], id="one cell under two heads"),
        pytest.param([("3", 1, 1), ("7", 2, 1)], id="no cell under a head"),
        pytest.param([("3", 1, 1), ("0", 2, 1), ("7", 3, 1), ("5", 4, 1)], id="a figure under no head"),
    ],
)
def test_a_row_whose_cells_do_not_fit_the_heads_is_not_placed(cells: list[tuple[str, int, int]]) -> None:
    assert under(THREE, *cells) is None


def test_a_column_with_a_head_of_its_own_is_left_out() -> None:
    header, leaves = heads(*THREE, ("小计", 4, 1))
    row = TableRow("requests", "granted", "", header, [token(str(at), at, line=1) for at in (1, 2, 3, 4)], 1)
    assert texts(place_under(header, leaves[:3], row)) == ["1", "2", "3"]


def test_heads_of_another_grid_or_of_none_place_nothing() -> None:
    header, leaves = heads(*THREE)
    figures = [token(str(at), at, line=1, block=1) for at in (1, 2, 3)]
    assert place_under(header, leaves, TableRow("requests", "granted", "", header, figures, 1)) is None
    assert place_under(header, leaves, stream_row(["1", "2", "3"])) is None
    assert place_under(header, [], grid_row(["1", "2", "3"])) is None


def test_a_blank_cell_behind_the_padding_is_of_the_next_row() -> None:
    assert place(stream_row(["5", B, "", B]), 3, 0, UNTAUGHT) is None
    placed = place(stream_row(["5", B, B, ""]), 3, 0, UNTAUGHT)
    assert placed is not None and [cell.text for cell in placed] == ["5", B, B]


def test_a_row_as_wide_as_the_form_has_lost_a_cell_where_labels_are_spelt_out() -> None:
    learnt = taught_by((["", "3", "0", "7"], 1), (["3", "0", "7"], 1))
    assert placed(["", "3", "7"], learnt, depth=1) is None
    assert placed(["", "3", "7"], depth=1) == ["", "3", "7"]


@pytest.mark.parametrize(("single", "read"), [(True, ["", "3", "7"]), (False, None)])
def test_what_all_labels_that_span_columns_are_followed_by_is_a_cell_where_heads_are_single(
    single: bool, read: list[str] | None
) -> None:
    heads = HeadGaps(unpadded=False, single=single, padded_alike=False)
    learnt = calibrate([(stream_row(["", "3", "7"]), 3, 1)], {}, heads)
    assert placed(["", "3", "7"], learnt, depth=1) == read


@pytest.mark.parametrize(("bare", "read"), [(True, None), (False, ["3", "7", ""])])
def test_a_pipe_beside_figures_that_line_breaks_part_is_no_cell(bare: bool, read: list[str] | None) -> None:
    row = stream_row(["3", "7", ""])
    row.cells = [cell._replace(bare=bare) for cell in row.cells]
    assert texts(place(row, 3, 2, Calibration({}, seems_to=False, unpadded=True))) == read
