"""The plan of the sample site: which organ publishes which report, in which form, style and place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zlib import crc32

import yaml

HERE = Path(__file__).parent
SPECIALS = frozenset(
    [
        *("blanks", "dashes", "false_sums", "five_columns", "full_width", "gbk_as_utf8", "gbk_declared"),
        *(
            "gbk_undeclared",
            "layout_tables",
            "revised",
            "separate_tables",
            "signs",
            "spacer_row",
            "split_table",
        ),
        *("subtotal_column", "twin_other_list", "twin_same_list", "unit_ten_thousand", "unit_yuan"),
    ]
)
STYLES = frozenset({"word", "plain", "wps", "ueditor", "bare", "pipes_c", "pipes_g0", "pipes_g1"})


@dataclass(frozen=True, slots=True)
class ListPlan:
    """One list of reports: its family decides the markup of list and article pages."""

    id: str
    family: str
    region: str
    site_name: str
    site_code: str
    start: str
    column: str
    per_page: int


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """One report as an organ publishes it; `organ_name` is the full name, a title may print `organ_short`."""

    organ_id: str
    organ_name: str
    organ_short: str
    we: str
    level: str
    scale: int
    makes_regulations: bool
    list_id: str
    year: int
    form: str
    style: str
    published: date
    title: str
    without: tuple[str, ...]
    special: frozenset[str]

    @property
    def key(self) -> str:
        return f"{self.organ_id}-{self.year}"


def load_yaml(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def load_lists() -> dict[str, ListPlan]:
    lists = load_yaml("organs.yaml")["lists"]
    return {key: ListPlan(id=key, **fields) for key, fields in lists.items()}


def load_reports() -> list[ReportPlan]:
    """Every planned report, organ by organ and year by year; an unknown style or special is a KeyError."""
    return [
        _report(organ, fields) for organ in load_yaml("organs.yaml")["organs"] for fields in organ["reports"]
    ]


def _report(organ: dict[str, Any], fields: dict[str, Any]) -> ReportPlan:
    special = frozenset(fields.get("special", ()))
    if unknown := (special - SPECIALS) | ({fields["style"]} - STYLES):
        raise KeyError(f"{organ['id']} {fields['year']}: unknown {sorted(unknown)}")
    short = organ.get("short", organ["name"])
    pattern = fields.get("title") or organ.get("title", "{name}{year}年政府信息公开工作年度报告")
    return ReportPlan(
        organ_id=organ["id"],
        organ_name=organ["name"],
        organ_short=short,
        we=organ["we"],
        level=organ["level"],
        scale=organ["scale"],
        makes_regulations=organ.get("regulations", False),
        list_id=organ["list"],
        year=fields["year"],
        form=fields["form"],
        style=fields["style"],
        published=date.fromisoformat(fields["published"]),
        title=pattern.format(name=organ["name"], short=short, year=fields["year"]),
        without=tuple(fields.get("without", ())),
        special=special,
    )


def article_path(family: str, key: str, published: date) -> str:
    """The site-absolute address of an article, in its list family's manner; `key` fixes the number in it."""
    number = crc32(key.encode())
    if family == "trs":
        return f"/zwgk/zfxxgknb/{published:%Y%m}/t{published:%Y%m%d}_{1_000_000 + number % 1_000_000}.html"
    if family == "hanweb":
        day = f"{published.year}/{published.month}/{published.day}"
        return f"/art/{day}/art_1203_{100_000 + number % 900_000}.html"
    if family == "plain":
        return f"/cili/zfxxgk/ndbg/content_{10_000 + number % 90_000}.shtml"
    raise KeyError(f"unknown family {family!r}")
