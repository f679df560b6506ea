"""A fixed sample of the corpus: no wrong figure ever, and no fewer right ones than `corpus_floor.json` records."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.accuracy import Scores, measure
from benchmarks.corpus.build import fixed_sample

FLOOR = Path(__file__).with_name("corpus_floor.json")


@pytest.fixture(scope="module")
def scores() -> Scores:
    return measure(fixed_sample())


def _faults(scores: Scores, *names: str) -> list[tuple[str, str, str, str, str]]:
    return [(v.name, *fault) for v in scores.faulty for fault in v.faults if fault[0] in names]


def test_no_figure_is_wrong_or_invented(scores: Scores) -> None:
    assert _faults(scores, "silent", "wrong", "invented") == []


def test_every_page_that_is_no_report_is_refused_and_every_own_error_reported(scores: Scores) -> None:
    assert _faults(scores, "not_refused", "own_error_missed") == []


def test_years_and_forms_are_right(scores: Scores) -> None:
    assert _faults(scores, "year_wrong", "form_wrong") == []


def test_a_null_where_cells_were_dropped_never_stands_without_an_issue(scores: Scores) -> None:
    assert scores.total()["thinned_unflagged"] == 0


def test_right_cells_may_only_rise(scores: Scores) -> None:
    """Raise the floor when a change reads more: the figures are cells right, by the bars' groups."""
    right: Counter[str] = Counter()
    for (group, _), counts in scores.counts.items():
        right[group] += counts["right"]
    floor = json.loads(FLOOR.read_text(encoding="utf-8"))
    assert {group: right[group] for group in floor if right[group] < floor[group]} == {}
