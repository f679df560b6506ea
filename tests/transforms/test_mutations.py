"""Real structure, broken on purpose: a cell is read as printed, or is null, or its table says why not."""

from __future__ import annotations

import pytest
from golden_cases import CASES, load_case, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.corpus.mutations import HTML_DAMAGES, TEXT_DAMAGES, mutate
from extractors.charset import decode
from extractors.errors import ExtractorError

READABLE = [
    name
    for name in CASES
    if load_case(name).expected["outcome"] == "report" and load_case(name).expected["template"] != "none"
]
DAMAGES = sorted({*HTML_DAMAGES, *TEXT_DAMAGES})


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(name=st.sampled_from(READABLE), damage=st.sampled_from(DAMAGES), seed=st.integers(0, 10_000))
def test_a_broken_page_is_read_right_or_flagged(name: str, damage: str, seed: int) -> None:
    case = load_case(name)
    known = HTML_DAMAGES if case.content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else TEXT_DAMAGES
    if damage not in known:
        return
    mutant = mutate(case.content, damage, seed, encoding=decode(case.content).charset)
    if mutant is None:
        return
    try:
        reading = read(mutant.content)
    except ExtractorError:
        return
    issues = reading.frames["issues"]
    told = set(issues.loc[issues["severity"].isin(["error", "warning"]), "table"].dropna())
    wrong = {
        key: (cell, case.cells.get(key))
        for key, cell in reading.cells.items()
        if cell[0] is not None and key[0] not in told and cell[0] != case.cells.get(key, (None, ""))[0]
    }
    assert not wrong, (name, mutant.damage, mutant.touched, wrong)


@pytest.mark.parametrize(
    "name", ["html_word_export", "c_row_pipes_2019", "a_plain_lines", "g0_rows_both_pipes"]
)
def test_a_page_cut_anywhere_never_gives_a_figure_that_it_does_not_print(name: str) -> None:
    case = load_case(name)
    for share in range(1, 24):
        content = case.content[: len(case.content) * share // 24]
        try:
            reading = read(content)
        except ExtractorError:
            continue
        for key, (value, _) in reading.cells.items():
            assert value is None or value == case.cells[key][0], (share, key)
