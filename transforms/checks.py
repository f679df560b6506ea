"""The identities of the form, checked over a whole batch at once. What was printed stays as printed.

A check whose operands are not all printed is skipped, not passed: a blank is no zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from transforms.codebook import Codebook
from transforms.requests_table import BALANCE

KEYS = ["report_id", "agency_id", "report_year"]
ISSUE_COLUMNS = [
    *KEYS, "table", "check", "severity", "item", "column", "expected", "observed", "message",
]  # fmt: skip
BROKEN = "error"
"""The severity of a broken identity: either the organ's sum is false, or a figure is not what it seems."""


def identity_issues(requests: pd.DataFrame, challenges: pd.DataFrame, codebook: Codebook) -> list[pd.DataFrame]:
    """The issues of all identities, one frame a check, with the columns of the `issues` dataset.

    applicants_total: six applicants = 总计, for each row. outcomes_total: the outcomes = （七）总计, for each
    applicant. balance: 新收 + 结转 = 总计 + 结转下年, for each applicant. results_total: four results = 总计, for
    each route. Sources: the printed rule in the corner of table 三, and the headings 总计 of the form.
    """
    found = []
    if len(requests):
        cube = _Cube(requests, "item", "applicant", codebook.codes("requests", "item"), _applicants(codebook))
        found.append(cube.sums("requests", "applicants_total"))
        found.extend(_column_checks(cube, codebook))
    if len(challenges):
        routes, results = codebook.codes("challenges", "route"), codebook.codes("challenges", "result")
        cube = _Cube(challenges, "route", "result", routes, results)
        found.append(cube.sums("challenges", "results_total"))
    return [frame for frame in found if len(frame)]


def _applicants(codebook: Codebook) -> Sequence[str]:
    return codebook.codes("requests", "applicant")


def _column_checks(cube: _Cube, codebook: Codebook) -> Iterator[pd.DataFrame]:
    rows = {code: at for at, code in enumerate(cube.rows)}
    for template in ("2019", "2021"):
        items = [code for code in codebook.codes("requests", "item", template) if code not in BALANCE]
        # A report has the rows of one form; those of the other form are no operands of its sums.
        own = cube.has[:, rows["other_handling"], :].any(axis=1) == (template == "2019")
        total = cube.values[:, [rows[code] for code in items], :].sum(axis=1)
        printed = cube.values[:, rows["outcome_total"], :]
        yield cube.columns_issue("outcomes_total", total, printed, own, "outcome_total")
    sides = [
        sum(cube.values[:, rows[code], :] for code, sign in BALANCE.items() if sign == side) for side in (1, -1)
    ]
    every = np.ones(len(cube.reports), dtype=bool)
    yield cube.columns_issue("balance", sides[0], sides[1], every, "received")


class _Cube:
    """The facts of a batch as reports × rows × columns; NaN where nothing is printed."""

    def __init__(
        self, facts: pd.DataFrame, row: str, column: str, rows: Sequence[str], columns: Sequence[str]
    ) -> None:
        self.rows, self.columns = rows, columns
        self.reports = facts[KEYS].drop_duplicates("report_id").reset_index(drop=True)
        shape = (len(self.reports), len(rows), len(columns))
        report_at = pd.Index(self.reports["report_id"]).get_indexer(facts["report_id"])
        row_at = pd.Index(rows).get_indexer(facts[row])
        column_at = pd.Index(columns).get_indexer(facts[column])
        self.values = np.full(shape, np.nan)
        self.values[report_at, row_at, column_at] = facts["value"].to_numpy(dtype="float64", na_value=np.nan)
        self.has = np.zeros(shape, dtype=bool)
        self.has[report_at, row_at, column_at] = True

    def sums(self, table: str, check: str) -> pd.DataFrame:
        """Rows whose last column, a total, is not the sum of the others."""
        total, printed = self.values[:, :, :-1].sum(axis=2), self.values[:, :, -1]
        broken = _differ(total, printed)
        reports, rows = np.nonzero(broken)
        items = [self.rows[at] for at in rows]
        return self._issues(
            table, check, reports, items, [self.columns[-1]] * len(items), total[broken], printed[broken]
        )

    def columns_issue(
        self, check: str, total: np.ndarray, printed: np.ndarray, own: np.ndarray, item: str
    ) -> pd.DataFrame:
        """Columns in which two sums of rows differ."""
        broken = _differ(total, printed) & own[:, None]
        reports, columns = np.nonzero(broken)
        names = [self.columns[at] for at in columns]
        return self._issues(
            "requests", check, reports, [item] * len(names), names, total[broken], printed[broken]
        )

    def _issues(
        self,
        table: str,
        check: str,
        reports: np.ndarray,
        items: Sequence[str],
        columns: Sequence[str],
        expected: np.ndarray,
        observed: np.ndarray,
    ) -> pd.DataFrame:
        frame = self.reports.iloc[reports].reset_index(drop=True)
        wanted, printed = [f"{value:.0f}" for value in expected], [f"{value:.0f}" for value in observed]
        frame["table"], frame["check"], frame["severity"] = table, check, BROKEN
        frame["item"], frame["column"] = list(items), list(columns)
        frame["expected"], frame["observed"] = wanted, printed
        frame["message"] = [
            f"{item} / {column}: the parts give {want}, printed is {got}"
            for item, column, want, got in zip(items, columns, wanted, printed, strict=True)
        ]
        return frame[ISSUE_COLUMNS]


def _differ(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Where both are known and unlike; NaN, from any operand that is not printed, skips the check."""
    with np.errstate(invalid="ignore"):
        return ~np.isnan(left) & ~np.isnan(right) & (left != right)
