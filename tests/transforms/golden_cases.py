"""The golden cases as tests use them: a saved page, what a person reads on it, and what the project reads."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from extractors.read import EXTRACTOR_VERSION, read_document
from transforms.codebook import Codebook, load_codebook
from transforms.frames import Provenance, frames_of
from transforms.gazetteer import Gazetteer, load_gazetteer
from transforms.page import Page
from transforms.report import PageReading, read_page

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/expected.yaml"))
COLUMNS = {
    "disclosures": ("item", "measure"),
    "requests": ("item", "applicant"),
    "challenges": ("route", "result"),
}

Cells = dict[tuple[str, str, str], tuple[float | None, str]]
"""(table, item, column) → (value, status)."""


@dataclass(frozen=True)
class Case:
    name: str
    content: bytes
    expected: dict[str, Any]
    cells: Cells


@dataclass(frozen=True)
class Reading:
    page: PageReading
    frames: dict[str, pd.DataFrame]
    cells: Cells


@cache
def books() -> tuple[Codebook, Gazetteer]:
    folder = ROOT / "data" / "codebook"
    return load_codebook(folder), load_gazetteer(folder)


@cache
def load_case(name: str) -> Case:
    folder = GOLDEN / name
    source = next(folder.glob("source.*"))
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as rows:
        cells = {
            (row["table"], row["item"], row["column"]): (
                float(row["value"]) if row["value"] else None,
                row["status"],
            )
            for row in csv.DictReader(rows)
        }
    expected = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))
    return Case(name, source.read_bytes(), expected, cells)


def read(content: bytes, source: str = "page") -> Reading:
    """Read bytes through the whole chain, as a build does."""
    codebook, gazetteer = books()
    page = read_page(read_document(content), Page(source), codebook, gazetteer)
    provenance = Provenance(source, None, "0" * 64, "text/html", EXTRACTOR_VERSION)
    frames = frames_of([(provenance, page)], codebook)
    cells: Cells = {}
    for table, (item, column) in COLUMNS.items():
        for row in frames[table].to_dict("records"):
            value = None if pd.isna(row["value"]) else float(row["value"])
            cells[table, row[item], row[column]] = (value, row["status"])
    return Reading(page, frames, cells)


@cache
def read_case(name: str) -> Reading:
    """The reading of a golden case, made once a session."""
    return read(load_case(name).content)
