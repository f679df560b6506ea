"""Regions: the codes of GB/T 2260 with names, levels and parents, those abolished since 2008 included.

The table is data (`data/codebook/regions.csv`); where it comes from stands in `regions.yaml` beside it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transforms.codebook_files import expect_keys, load_yaml, phrases_of
from transforms.errors import CodebookError

NATION = "000000"
LEVELS = ("national", "province", "city", "county")
_COLUMNS = ["code", "name", "level", "parent", "first_year", "last_year"]
_SOURCE_KEYS = frozenset(
    (
        "package",
        "version",
        "published",
        "licence",
        "copyright",
        "edition",
        "script",
        "first_year",
        "last_year",
        "rows",
        "in_force",
        "note",
        "peoples",
    )
)
# Longest first: what a name drops in speech (云南省 → 云南, 广西壮族自治区 → 广西).
_ENDINGS = ("维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "省", "市")


@dataclass(frozen=True, slots=True)
class Region:
    """A region under one code and name; `last_year` is null while in force, `first_year` if before 2009."""

    code: str
    name: str
    level: str
    parent: str
    first_year: int | None = None
    last_year: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Gazetteer:
    """All regions. Compared by identity: one is loaded a process."""

    regions: tuple[Region, ...]
    by_code: Mapping[str, Region]
    by_name: Mapping[str, tuple[Region, ...]]
    by_short_name: Mapping[str, tuple[Region, ...]]
    longest_name: int

    def chain(self, code: str) -> tuple[Region, ...]:
        """The region and those above it, the widest first; empty for an unknown code."""
        found: list[Region] = []
        while code in self.by_code:
            found.append(self.by_code[code])
            code = self.by_code[code].parent
        return tuple(reversed(found))

    def within(self, code: str, outer: str) -> bool:
        """Whether the region of `code` is that of `outer`, or lies in it."""
        return any(region.code == outer for region in self.chain(code))


def load_gazetteer(folder: Path) -> Gazetteer:
    """The regions of a codebook folder.

    Raises CodebookError: a column, code, level or year that is not as expected, a code and name twice, two
    regions in force under one code, a parent that is no region, or other counts than `regions.yaml` states.
    """
    path = folder / "regions.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != _COLUMNS:
                raise CodebookError(f"{path}: columns {reader.fieldnames!r}, expected {_COLUMNS!r}")
            regions = tuple(_region(path, row) for row in reader)
    except OSError as error:
        raise CodebookError(f"{path}: cannot be read: {error.strerror}") from error
    _check(path, regions)
    return gazetteer_of(regions, _checked_source(folder / "regions.yaml", regions))


def gazetteer_of(regions: tuple[Region, ...], peoples: tuple[str, ...] = ()) -> Gazetteer:
    """Index regions by code (the one in force, else the latest), name and short name.

    Autonomous places are found by the name without their peoples as well: 黔南州, 禄劝县.
    """
    by_code: dict[str, Region] = {}
    for region in sorted(regions, key=lambda region: region.last_year or 9999):
        by_code[region.code] = region
    return Gazetteer(
        regions=regions,
        by_code=by_code,
        by_name=_grouped(
            (name, region)
            for region in regions
            for name in dict.fromkeys((region.name, spoken_name(region.name, peoples)))
        ),
        by_short_name=_grouped(
            (short_name(region.name), region) for region in regions if region.level in ("province", "city")
        ),
        longest_name=max(len(region.name) for region in regions),
    )


def _grouped(pairs: Iterable[tuple[str, Region]]) -> dict[str, tuple[Region, ...]]:
    groups: dict[str, tuple[Region, ...]] = {}
    for name, region in pairs:
        groups[name] = (*groups.get(name, ()), region)
    return groups


def short_name(name: str) -> str:
    """A region's name as other names use it: 云南省 → 云南; a county keeps its 县, a district its 区."""
    for ending in _ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name[: -len(ending)]
    return name


def _region(path: Path, row: Mapping[str, str]) -> Region:
    code, name, level = row["code"], row["name"], row["level"]
    if len(code) != 6 or not code.isdigit() or not name or level not in LEVELS:
        raise CodebookError(f"{path}: {dict(row)!r} is no region")
    years = (row["first_year"], row["last_year"])
    if any(year and not (year.isdigit() and len(year) == 4) for year in years):
        raise CodebookError(f"{path}: {code} {name}: {years!r} are no years")
    first, last = (int(year) if year else None for year in years)
    return Region(code, name, level, row["parent"], first, last)


def _check(path: Path, regions: tuple[Region, ...]) -> None:
    codes = {region.code for region in regions}
    seen: set[tuple[str, str]] = set()
    in_force: set[str] = set()
    for region in regions:
        if (region.code, region.name) in seen:
            raise CodebookError(f"{path}: {region.code} {region.name} stands twice")
        seen.add((region.code, region.name))
        if region.last_year is None and region.code in in_force:
            raise CodebookError(f"{path}: two regions in force have the code {region.code}")
        in_force |= {region.code} if region.last_year is None else set()
        if region.level != "national" and region.parent not in codes:
            raise CodebookError(f"{path}: {region.code} {region.name}: parent {region.parent!r} is no region")
    if NATION not in codes:
        raise CodebookError(f"{path}: {NATION} is missing")


def _checked_source(path: Path, regions: tuple[Region, ...]) -> tuple[str, ...]:
    """The names of peoples, the longest first, once the table is what the file says of it."""
    source = load_yaml(path)
    expect_keys(source, _SOURCE_KEYS, str(path))
    counted = (len(regions), sum(region.last_year is None for region in regions))
    if counted != (source["rows"], source["in_force"]):
        stated = f"{source['rows']} rows, {source['in_force']} in force"
        raise CodebookError(f"{path}: says {stated}; found {counted}")
    peoples = phrases_of(source["peoples"], f"{path}: peoples")
    return tuple(sorted(peoples, key=len, reverse=True))


def spoken_name(name: str, peoples: tuple[str, ...]) -> str:
    """黔南布依族苗族自治州 → 黔南州, 禄劝彝族苗族自治县 → 禄劝县; other names, and bare peoples' names, stay."""
    base, autonomous, kind = name[:-3], name[-3:-1], name[-1:]
    if autonomous != "自治" or kind not in ("州", "县", "旗"):
        return name
    while stripped := next((base.removesuffix(people) for people in peoples if base.endswith(people)), ""):
        base = stripped
    return base + kind if len(base) >= 2 and base != name[:-3] else name
