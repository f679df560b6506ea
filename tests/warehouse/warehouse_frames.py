"""Frames of invented reports, fixed by their number: what tests and benchmarks of the warehouse publish."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

PROVINCES = tuple(
    int(code)
    for code in (
        [
            "11",
            "12",
            "13",
            "14",
            "15",
            "21",
            "22",
            "23",
            "31",
            "32",
            "33",
            "34",
            "35",
            "36",
            "37",
            "41",
            "42",
            "43",
            "44",
            "45",
            "46",
            "50",
            "51",
            "52",
            "53",
            "54",
            "61",
            "62",
            "63",
            "64",
            "65",
        ]
    )
)
YEARS = (2019, 2020, 2021, 2022, 2023)
APPLICANTS = (
    "natural_person",
    "commercial_enterprise",
    "research_institution",
    "public_interest_organization",
    "legal_service_organization",
    "other_organization",
    "total",
)
ITEMS = [
    "received",
    "carried_in",
    "granted",
    "partially_granted",
    "denied_state_secret",
    "denied_prohibited_by_law",
    "denied_security_and_stability",
    "denied_third_party_rights",
    "denied_internal_affairs",
    "denied_process_information",
    "denied_enforcement_file",
    "denied_administrative_inquiry",
    "unavailable_not_held",
    "unavailable_needs_creation",
    "unavailable_still_unclear",
    "not_processed_petition",
    "not_processed_repeat",
    "not_processed_publication",
    "not_processed_abusive",
    "not_processed_reconfirmation",
    "other_not_corrected",
    "other_not_paid",
    "other_further",
    "total",
    "carried_forward",
]
ROUTES = ("reconsideration", "litigation_direct", "litigation_after_reconsideration")
RESULTS = ("upheld", "corrected", "other_result", "pending", "total")
DISCLOSED = (
    ("regulations", "issued"),
    ("regulations", "repealed"),
    ("regulations", "in_force"),
    ("normative_documents", "issued"),
    ("normative_documents", "repealed"),
    ("normative_documents", "in_force"),
    ("licensing", "decisions"),
    ("penalty", "decisions"),
    ("coercion", "decisions"),
    ("fees", "amount"),
)
CHAPTERS = ("总体情况", "主动公开", "依申请公开", "复议诉讼", "问题及改进", "其他事项")
FETCHED = datetime(2024, 2, 1, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    """An invented report: `number` fixes everything but the figures, which `revision` changes."""

    number: int
    revision: int = 0

    @property
    def source(self) -> str:
        return f"http://www.city{self.number % 997}.gov.cn/xxgk/nb/t{self.number:07d}.html"

    @property
    def report_id(self) -> str:
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]

    @property
    def organ(self) -> int:
        return self.number // len(YEARS)

    @property
    def year(self) -> int:
        return YEARS[self.number % len(YEARS)]

    @property
    def province(self) -> int:
        return PROVINCES[self.organ % len(PROVINCES)]

    @property
    def agency_id(self) -> str:
        return f"{self.province}{self.organ % 99:02d}00-gov-{self.organ:06d}"


def frames_of(made: Sequence[Made]) -> dict[str, pd.DataFrame]:
    """All tables of these reports, `pages` and `agencies` left to the caller."""
    keys = {
        "report_id": np.array([m.report_id for m in made], dtype=object),
        "agency_id": np.array([m.agency_id for m in made], dtype=object),
        "report_year": np.array([m.year for m in made], dtype=np.int32),
    }
    seeds = np.array([m.number * 31 + m.revision * 7 for m in made], dtype=np.int64)
    return {
        "reports": _reports(made, keys),
        "requests": _requests(keys, seeds),
        "challenges": _challenges(keys, seeds),
        "disclosures": _disclosures(keys, seeds),
        "sections": _sections(made, keys),
        "issues": _issues(made, keys),
    }


def _spread(keys: dict[str, np.ndarray], cells: int) -> dict[str, pd.Series]:
    return {
        "report_id": pd.Series(np.repeat(keys["report_id"], cells), dtype="str"),
        "agency_id": pd.Series(np.repeat(keys["agency_id"], cells), dtype="str"),
        "report_year": pd.Series(np.repeat(keys["report_year"], cells), dtype="Int32"),
    }


def _tiled(values: Sequence[str | None], reports: int) -> pd.Series:
    return pd.Series(np.tile(np.array(values, dtype=object), reports), dtype="str")


def _figures(seeds: np.ndarray, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Figures skewed as the real ones are (most are 0), and which cells are blank (about one in fifty)."""
    mixed = (seeds[:, None] * 2654435761 + np.arange(cells)[None, :] * 40503) % 100_003
    values = np.where(mixed % 10 < 7, 0, np.where(mixed % 10 < 9, mixed % 50, mixed % 2000))
    return values.ravel(), (mixed % 53 == 0).ravel()


def _facts(seeds: np.ndarray, cells: int) -> dict[str, pd.Series]:
    values, blank = _figures(seeds, cells)
    figures = pd.Series(values, dtype="Int64").mask(blank)
    return {
        "value": figures,
        "status": pd.Series(np.where(blank, "blank", "reported"), dtype="str"),
        "raw": pd.Series(np.where(blank, "", None), dtype="str"),
    }


def _requests(keys: dict[str, np.ndarray], seeds: np.ndarray) -> pd.DataFrame:
    count = len(seeds)
    cells = [(item, applicant) for item in ITEMS for applicant in APPLICANTS]
    groups = [item.split("_")[0] if "_" in item and "carried" not in item else None for item, _ in cells]
    return pd.DataFrame(
        _spread(keys, len(cells))
        | {
            "item": _tiled([item for item, _ in cells], count),
            "item_group": _tiled(groups, count),
            "applicant": _tiled([applicant for _, applicant in cells], count),
        }
        | _facts(seeds, len(cells))
    )


def _challenges(keys: dict[str, np.ndarray], seeds: np.ndarray) -> pd.DataFrame:
    cells = [(route, result) for route in ROUTES for result in RESULTS]
    return pd.DataFrame(
        _spread(keys, len(cells))
        | {
            "route": _tiled([route for route, _ in cells], len(seeds)),
            "result": _tiled([result for _, result in cells], len(seeds)),
        }
        | _facts(seeds + 1, len(cells))
    )


def _disclosures(keys: dict[str, np.ndarray], seeds: np.ndarray) -> pd.DataFrame:
    facts = _facts(seeds + 2, len(DISCLOSED))
    facts["value"] = facts["value"].astype("Float64").astype("float64") * 1.5
    return pd.DataFrame(
        _spread(keys, len(DISCLOSED))
        | {
            "item": _tiled([item for item, _ in DISCLOSED], len(seeds)),
            "measure": _tiled([measure for _, measure in DISCLOSED], len(seeds)),
            "unit": _tiled(["CNY_10k" if m == "amount" else "count" for _, m in DISCLOSED], len(seeds)),
        }
        | facts
    )


def _sections(made: Sequence[Made], keys: dict[str, np.ndarray]) -> pd.DataFrame:
    count = len(made)
    body = [f"第{m.number}号机关{CHAPTERS[s]}：本年度工作平稳推进。" * 6 for m in made for s in range(6)]
    return pd.DataFrame(
        _spread(keys, 6)
        | {
            "section": np.tile(np.arange(1, 7, dtype=np.int8), count),
            "heading": _tiled(CHAPTERS, count),
            "text": pd.Series(body, dtype="str"),
        }
    )


def _issues(made: Sequence[Made], keys: dict[str, np.ndarray]) -> pd.DataFrame:
    frame = pd.DataFrame(_spread(keys, 1))
    return frame.assign(
        table="requests",
        check="applicants_sum",
        severity="warning",
        item="granted",
        column="total",
        expected=[str(m.number % 7) for m in made],
        observed=[str(m.revision) for m in made],
        message=[f"report {m.number}: the kinds of applicant do not add up" for m in made],
    )


def _reports(made: Sequence[Made], keys: dict[str, np.ndarray]) -> pd.DataFrame:
    return pd.DataFrame(
        _spread(keys, 1)
        | {
            "agency_name": [f"第{m.organ}县人民政府" for m in made],
            "region_code": [f"{m.province}{m.organ % 99:02d}00" for m in made],
            "region_name": [f"第{m.organ}县" for m in made],
            "level": "county",
            "title": [f"第{m.organ}县{m.year}年政府信息公开工作年度报告" for m in made],
            "published_on": [datetime(m.year + 1, 1, 25, tzinfo=UTC).date() for m in made],
            "template": ["2019" if m.year < 2021 else "2021" for m in made],
            "source": [m.source for m in made],
            "fetched_at": pd.Series([FETCHED] * len(made), dtype="datetime64[us, UTC]"),
            "sha256": [hashlib.sha256(f"{m.number}.{m.revision}".encode()).hexdigest() for m in made],
            "content_type": "text/html",
            "extractor_version": "0.1.0",
            "codebook_version": "1",
            "disclosures_state": "exact",
            "requests_state": "exact",
            "challenges_state": "exact",
            "duplicate_of": pd.Series([None] * len(made), dtype="str"),
            "issue_count": np.ones(len(made), dtype=np.int32),
        }
    )


def pages_of(made: Sequence[Made]) -> pd.DataFrame:
    """The rows of `pages` that these reports have."""
    return pd.DataFrame(
        {
            "source": [m.source for m in made],
            "sha256": [hashlib.sha256(f"{m.number}.{m.revision}".encode()).hexdigest() for m in made],
            "fetched_at": pd.Series([FETCHED] * len(made), dtype="datetime64[us, UTC]"),
            "outcome": "report",
            "reason": pd.Series([None] * len(made), dtype="str"),
            "report_ids": [[m.report_id] for m in made],
            "extractor_version": "0.1.0",
            "codebook_version": "1",
        }
    )


def codebook() -> pd.DataFrame:
    """The codes that these reports use."""
    rows = [
        *(("requests", "item", code) for code in ITEMS),
        *(("requests", "applicant", code) for code in APPLICANTS),
        *(("challenges", "route", code) for code in ROUTES),
        *(("challenges", "result", code) for code in RESULTS),
        *(("disclosures", "item", code) for code in dict.fromkeys(item for item, _ in DISCLOSED)),
        *(("disclosures", "measure", code) for code in dict.fromkeys(measure for _, measure in DISCLOSED)),
        ("*", "status", "reported"),
    ]
    frame = pd.DataFrame(rows, columns=["table", "dimension", "code"], dtype="str")
    return frame.assign(
        label_zh="标签" + frame["code"],
        label_en="label of " + frame["code"],
        group=pd.Series([None] * len(frame), dtype="str"),
        order=pd.Series(range(len(frame)), dtype="Int32"),
        template_2019=True,
        template_2021=True,
    )
