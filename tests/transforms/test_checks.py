"""The identities of the form over a batch: each is seen when broken, and skipped where an operand is not printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from golden_cases import books

from transforms.checks import ISSUE_COLUMNS, Facts, identity_issues

CODEBOOK, _ = books()
Figures = Mapping[tuple[str, str], int | None]

SOUND_2021 = {
    ("received", "natural_person"): 9, ("received", "other_organization"): 2, ("received", "total"): 11,
    ("carried_in", "natural_person"): 1, ("carried_in", "total"): 1,
    ("granted", "natural_person"): 4, ("granted", "other_organization"): 2, ("granted", "total"): 6,
    ("other_other", "natural_person"): 3, ("other_other", "total"): 3,
    ("outcome_total", "natural_person"): 7, ("outcome_total", "other_organization"): 2, ("outcome_total", "total"): 9,
    ("carried_forward", "natural_person"): 3, ("carried_forward", "total"): 3,
}  # fmt: skip
SOUND_2019 = {
    key if key[0] != "other_other" else ("other_handling", key[1]): value for key, value in SOUND_2021.items()
}
SOUND = {"2019": SOUND_2019, "2021": SOUND_2021}


def facts(table: str, row: str, column: str, reports: Sequence[tuple[Figures, str]]) -> Facts:
    """The cells of a table in some reports, each of a form; what is not given is 0, None is blank."""
    every, columns = CODEBOOK.codes(table, row), CODEBOOK.codes(table, column)
    cells = [
        (number, every.index(own), columns.index(head), figures.get((own, head), 0))
        for number, (figures, template) in enumerate(reports)
        for own in CODEBOOK.codes(table, row, template)
        for head in columns
    ]
    places = np.array([cell[:3] for cell in cells], dtype=np.intp).reshape(-1, 3).T
    values = np.array([np.nan if cell[3] is None else cell[3] for cell in cells], dtype=np.float64)
    names = [f"r{number}" for number in range(len(reports))]
    keys = pd.DataFrame({"report_id": names, "agency_id": "a1", "report_year": 2021})
    return Facts(keys, *places, values)


def requests(*reports: tuple[Figures, str]) -> Facts:
    return facts("requests", "item", "applicant", reports)


def challenges(*reports: Figures) -> Facts:
    return facts("challenges", "route", "result", [(figures, "2021") for figures in reports])


def issues(asked: Facts | None = None, fought: Facts | None = None) -> list[dict[str, Any]]:
    found = identity_issues(asked or requests(), fought or challenges(), CODEBOOK)
    return [row for frame in found for row in frame.to_dict("records")]


def told(found: list[dict[str, Any]]) -> set[tuple[str, str, str, str, str]]:
    fields = ("check", "item", "column", "expected", "observed")
    return {tuple(issue[field] for field in fields) for issue in found}  # type: ignore[misc]


@pytest.mark.parametrize("template", ["2019", "2021"])
def test_a_sound_table_breaks_nothing(template: str) -> None:
    assert issues(requests((SOUND[template], template))) == []


@pytest.mark.parametrize("template", ["2019", "2021"])
def test_applicants_that_do_not_add_up_in_a_row(template: str) -> None:
    figures = {
        **SOUND[template],
        ("granted", "total"): 7,
        ("outcome_total", "total"): 10,
        ("received", "total"): 12,
    }
    assert told(issues(requests((figures, template)))) == {
        ("applicants_total", "granted", "total", "6", "7"),
        ("applicants_total", "outcome_total", "total", "9", "10"),
        ("applicants_total", "received", "total", "11", "12"),
    }


@pytest.mark.parametrize(("template", "row"), [("2019", "other_handling"), ("2021", "other_other")])
def test_outcomes_that_do_not_add_up_for_an_applicant(template: str, row: str) -> None:
    figures = {**SOUND[template], (row, "natural_person"): 2, (row, "total"): 2}
    assert told(issues(requests((figures, template)))) == {
        ("outcomes_total", "outcome_total", "natural_person", "6", "7"),
        ("outcomes_total", "outcome_total", "total", "8", "9"),
    }


@pytest.mark.parametrize("template", ["2019", "2021"])
def test_a_balance_that_does_not_hold_for_an_applicant(template: str) -> None:
    figures = {**SOUND[template], ("carried_in", "natural_person"): 0, ("carried_in", "total"): 0}
    assert told(issues(requests((figures, template)))) == {
        ("balance", "received", "natural_person", "9", "10"),
        ("balance", "received", "total", "11", "12"),
    }


def test_results_that_do_not_add_up_on_a_route() -> None:
    sound = {
        ("litigation_direct", "upheld"): 3,
        ("litigation_direct", "pending"): 1,
        ("litigation_direct", "total"): 4,
    }
    assert issues(fought=challenges(sound)) == []
    assert told(issues(fought=challenges({**sound, ("litigation_direct", "total"): 5}))) == {
        ("results_total", "litigation_direct", "total", "4", "5")
    }


@pytest.mark.parametrize(
    ("broken", "blank"),
    [
        pytest.param({("granted", "total"): 9, ("outcome_total", "total"): None}, ("granted", "natural_person"),
                     id="an applicant of a row"),
        pytest.param({("granted", "total"): 9, ("outcome_total", "total"): None}, ("granted", "total"),
                     id="the total of a row"),
        pytest.param({("other_fee_unpaid", "natural_person"): 5, ("other_fee_unpaid", "total"): 5,
                      ("outcome_total", "total"): None}, ("denied_state_secret", "natural_person"), id="an outcome"),
        pytest.param({("carried_in", "natural_person"): 0, ("carried_in", "total"): 0, ("received", "total"): None},
                     ("carried_forward", "natural_person"), id="an operand of the balance"),
    ],
)  # fmt: skip
def test_a_check_with_a_blank_operand_is_skipped(
    broken: dict[tuple[str, str], int | None], blank: tuple[str, str]
) -> None:
    figures = {**SOUND_2021, **broken}
    assert len(issues(requests((figures, "2021")))) == 1
    assert issues(requests(({**figures, blank: None}, "2021"))) == []


def test_a_blank_result_skips_its_route_alone() -> None:
    figures = {
        ("reconsideration", "upheld"): None, ("reconsideration", "total"): 8, ("litigation_direct", "total"): 8,
    }  # fmt: skip
    assert told(issues(fought=challenges(figures))) == {
        ("results_total", "litigation_direct", "total", "0", "8")
    }


def test_rows_of_the_other_form_are_no_operands() -> None:
    assert issues(requests((SOUND_2019, "2019"), (SOUND_2021, "2021"))) == []


def test_each_issue_names_its_report_and_says_what_is_wrong() -> None:
    broken = {**SOUND_2021, ("carried_in", "total"): 2}
    found = issues(
        requests((SOUND_2021, "2021"), (broken, "2021")),
        challenges({}, {}, {("reconsideration", "total"): 1}),
    )
    assert {(issue["report_id"], issue["table"], issue["check"], issue["item"]) for issue in found} == {
        ("r1", "requests", "applicants_total", "carried_in"),
        ("r1", "requests", "balance", "received"),
        ("r2", "challenges", "results_total", "reconsideration"),
    }
    for issue in found:
        assert list(issue) == ISSUE_COLUMNS
        assert (issue["agency_id"], issue["report_year"], issue["severity"]) == ("a1", 2021, "error")
    assert "carried_in / total: the parts give 1, printed is 2" in {issue["message"] for issue in found}


def test_an_empty_batch_has_no_issues() -> None:
    assert identity_issues(requests(), challenges(), CODEBOOK) == []
