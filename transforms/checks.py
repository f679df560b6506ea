"""The identities of the form, checked over a whole batch at once. What was printed stays as printed.

A check whose operands are not all printed is skipped, not passed: a blank is no zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transforms.codebook import Codebook
from transforms.requests_table import BALANCE

Grid = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

KEYS = ["report_id", "agency_id", "report_year"]
ISSUE_COLUMNS = [
    *KEYS, "table", "check", "severity", "item", "column", "expected", "observed", "message",
]  # fmt: skip
BROKEN = "error"
"""The severity of a broken identity: either the organ's sum is false, or a figure is not what it seems."""


_NO_ISSUES = pd.DataFrame(columns=ISSUE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Facts:
    """The cells of one table over a batch, as arrays of equal length; `values` is NaN where nothing is printed.

    `report` counts rows of `reports` (the columns `KEYS`), `row` and `column` codes of the codebook.
    """

    reports: pd.DataFrame
    report: Positions
    row: Positions
    column: Positions
    values: Grid


def identity_issues(requests: Facts, challenges: Facts, codebook: Codebook) -> list[pd.DataFrame]:
    """The issues of all identities, one frame a check, with the columns of the `issues` dataset.

    applicants_total: six applicants = 总计, for each row. outcomes_total: the outcomes = （七）总计, for each
    applicant. balance: 新收 + 结转 = 总计 + 结转下年, for each applicant. results_total: four results = 总计, for
    each route. Sources: the printed rule in the corner of table 三, and the headings 总计 of the form.
    """
    found = []
    if len(requests.values):
        cube = _Cube(requests, codebook.codes("requests", "item"), codebook.codes("requests", "applicant"))
        found.append(cube.sums("requests", "applicants_total"))
        found.extend(_column_checks(cube, codebook))
    if len(challenges.values):
        cube = _Cube(
            challenges, codebook.codes("challenges", "route"), codebook.codes("challenges", "result")
        )
        found.append(cube.sums("challenges", "results_total"))
    return [frame for frame in found if len(frame)]


def _column_checks(cube: _Cube, codebook: Codebook) -> Iterator[pd.DataFrame]:
    rows = {code: at for at, code in enumerate(cube.rows)}
    for template in ("2019", "2021"):
        items = [code for code in codebook.codes("requests", "item", template) if code not in BALANCE]
        # A report has the rows of one form; those of the other form are no operands of its sums.
        own = cube.has[:, rows["other_handling"], :].any(axis=1) == (template == "2019")
        total = cube.values[:, [rows[code] for code in items], :].sum(axis=1)
        printed = np.where(own[:, None], cube.values[:, rows["outcome_total"], :], np.nan)
        yield cube.issues("requests", "outcomes_total", total, printed, "outcome_total")
    gained, spent = (
        cube.values[:, [rows[code] for code, sign in BALANCE.items() if sign == side], :].sum(axis=1)
        for side in (1, -1)
    )
    yield cube.issues("requests", "balance", gained, spent, "received")


class _Cube:
    """The facts of a batch as reports × rows × columns; NaN where nothing is printed."""

    def __init__(self, facts: Facts, rows: Sequence[str], columns: Sequence[str]) -> None:
        self.rows, self.columns = list(rows), list(columns)
        self.reports = facts.reports
        shape = (len(self.reports), len(rows), len(columns))
        places = (facts.report, facts.row, facts.column)
        self.values = np.full(shape, np.nan)
        self.values[places] = facts.values
        self.has = np.zeros(shape, dtype=bool)
        self.has[places] = True

    def sums(self, table: str, check: str) -> pd.DataFrame:
        """Rows whose last column, a total, is not the sum of the others."""
        return self.issues(table, check, self.values[:, :, :-1].sum(axis=2), self.values[:, :, -1], None)

    def issues(self, table: str, check: str, sums: Grid, printed: Grid, item: str | None) -> pd.DataFrame:
        """The issues of one identity, from two grids of reports × rows (`item` null) or reports × columns.

        NaN, from any operand that is not printed, skips the check.
        """
        broken = ~np.isnan(sums) & ~np.isnan(printed) & (sums != printed)
        if not broken.any():
            return _NO_ISSUES
        reports, at = np.nonzero(broken)
        items = [self.rows[row] for row in at.tolist()] if item is None else [item] * len(at)
        columns = (
            [self.columns[-1]] * len(at) if item is None else [self.columns[column] for column in at.tolist()]
        )
        wanted, got = ([f"{value:.0f}" for value in grid[broken].tolist()] for grid in (sums, printed))
        frame = self.reports.iloc[reports].reset_index(drop=True)
        frame["table"], frame["check"], frame["severity"] = table, check, BROKEN
        frame["item"], frame["column"], frame["expected"], frame["observed"] = items, columns, wanted, got
        frame["message"] = [
            f"{row} / {column}: the parts give {want}, printed is {have}"
            for row, column, want, have in zip(items, columns, wanted, got, strict=True)
        ]
        return frame[ISSUE_COLUMNS]
