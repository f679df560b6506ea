"""Codes are never reused: each ever published is in a committed list, and what it meant stays what it means."""

from __future__ import annotations

import csv

from golden_cases import ROOT, books

CODEBOOK, _ = books()
HISTORY = ROOT / "data" / "codebook" / "codes.csv"


def history() -> list[dict[str, str]]:
    with HISTORY.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_code_is_in_the_history_under_its_first_meaning() -> None:
    told = {
        (row["table"], row["dimension"], row["code"]): row["label_zh"]
        for row in history()
        if not row["until"]
    }
    now = {(entry.table, entry.dimension, entry.code): entry.label_zh for entry in CODEBOOK.entries}
    assert told == now


def test_a_code_has_one_row_for_all_time_so_that_none_comes_back() -> None:
    rows = history()
    keys = [(row["table"], row["dimension"], row["code"]) for row in rows]
    assert len(keys) == len(set(keys))
    assert all(row["since"] and row["until"] != row["since"] for row in rows)
    retired = {key for key, row in zip(keys, rows, strict=True) if row["until"]}
    assert not retired & {(entry.table, entry.dimension, entry.code) for entry in CODEBOOK.entries}
