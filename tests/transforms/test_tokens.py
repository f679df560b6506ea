"""Texts to tokens: what a tool broke over lines is one cell again, what it did not break stays apart."""

from __future__ import annotations

import pytest
from golden_cases import books

from extractors.document import Document, Stream
from transforms.requests_table import request_template
from transforms.table_row import TableRow
from transforms.tokens import Token, classifier, runs_of, tokens_of

CODEBOOK, _ = books()
classify = classifier(CODEBOOK)


def texts(*pieces: str) -> list[str]:
    document = Document("text", None, (), (Stream(pieces),), "utf-8")
    return [token.text for token in tokens_of(runs_of(document, CODEBOOK, classify), classify)]


@pytest.mark.parametrize(
    ("pieces", "joined"),
    [
        (("10007", "件", "54908件"), ["10007件", "54908件"]),
        (("160.5", "万元"), ["160.5万元"]),
        (("7件", "件"), ["7件", "件"]),
        (("规章", "件"), ["规章", "件"]),
        (("7", "件数"), ["7", "件数"]),
        (("7", "", "件"), ["7", "", "件"]),
    ],
)
def test_a_unit_that_a_line_break_parted_stands_behind_its_figure(
    pieces: tuple[str, ...], joined: list[str]
) -> None:
    assert texts(*pieces) == joined


@pytest.mark.parametrize(
    ("rows", "form"),
    [
        ((("other_handling", "0"),), "2019"),
        ((("other_handling", ""),), "2019"),
        ((("other_handling", None),), None),
        ((("other_handling", None), ("other_other", "0")), "2021"),
        ((("granted", "0"),), None),
    ],
)
def test_a_label_of_a_group_without_cells_tells_no_form(
    rows: tuple[tuple[str, str | None], ...], form: str | None
) -> None:
    """In the 2019 form （六）其他处理 is a row, in that of 2021 the label of three."""
    made = [
        TableRow("requests", code, "", None, [] if cell is None else [Token(cell, classify(cell))])
        for code, cell in rows
    ]
    assert request_template(made) == form
