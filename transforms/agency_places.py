"""The place at the beginning of an organ's name: which regions it can mean, and what is left of the name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import takewhile

from transforms.agency_names import name_lexicon
from transforms.gazetteer import NATION, Gazetteer, Region, short_name

Places = tuple[tuple[Region, ...], str]
"""The regions that the places at a name's beginning can mean, and the name without them."""

RECENT = 2019
"""Of regions that share a name, those abolished before this year speak only through their own sites."""
_FOREIGN_PLACE = re.compile(r"^.{1,8}?(?:自治州|自治县|省|市|县|区|旗|州|盟)(?=.)")
_BASE = re.compile(r"(?:新区|[县区市旗])$")
_BY_SHORT_NAME = re.compile(r"(?:海关|海事局|边防检查站|边检总站)$")


def named_place(name: str, gazetteer: Gazetteer) -> Places:
    """As `place_of`; customs and their like leave the ending of their place out (昆明海关)."""
    regions, rest = place_of(name, gazetteer)
    if not regions and _BY_SHORT_NAME.search(name):
        return by_short_name(name, gazetteer)
    return regions, rest


@lru_cache(maxsize=16384)
def place_of(name: str, gazetteer: Gazetteer) -> Places:
    """The regions that the places at a name's beginning can mean, and the name without them."""
    regions, rest = _named_at_start(name, gazetteer)
    if not regions:
        regions, rest = _after_short_name(name, gazetteer)
    while regions:
        inner, after = _named_at_start(rest, gazetteer)
        inner = tuple(
            region for region in inner if any(gazetteer.within(region.code, outer.code) for outer in regions)
        )
        inner = tuple(region for region in inner if region not in regions)
        if not inner:
            break
        regions, rest = inner, after
    if regions and regions[0].name.endswith("市") and rest.startswith("场监"):
        # 临沧市场监督管理局: one 市 stands for two.
        rest = f"市{rest}"
    return regions, rest


def _named_at_start(name: str, gazetteer: Gazetteer) -> Places:
    for length in range(min(gazetteer.longest_name, len(name)), 1, -1):
        regions = gazetteer.by_name.get(name[:length])
        if regions:
            return regions, name[length:]
    return (), name


def _after_short_name(name: str, gazetteer: Gazetteer) -> Places:
    """云南临沧市审计局: a place's short name says something where the full name of a place in it follows."""
    outer, rest = by_short_name(name, gazetteer)
    inner, after = _named_at_start(rest, gazetteer)
    inner = tuple(region for region in inner if any(gazetteer.within(region.code, o.code) for o in outer))
    return (inner, after) if inner else ((), name)


def by_short_name(name: str, gazetteer: Gazetteer) -> Places:
    """The provinces and cities whose short name a name begins with."""
    for length in range(min(gazetteer.longest_name, len(name) - 1), 1, -1):
        regions = gazetteer.by_short_name.get(name[:length])
        if regions:
            return regions, name[length:]
    return (), name


def without_vertical(name: str, gazetteer: Gazetteer) -> tuple[str, str]:
    """国家税务总局云溪县税务局 → 国家税务总局, 云溪县税务局; nothing is parted where no place follows."""
    prefix, local = vertical_part(name)
    if prefix and (place_of(local, gazetteer)[0] or by_short_name(local, gazetteer)[0]):
        return prefix, local
    return "", name


def vertical_part(name: str) -> tuple[str, str]:
    """The organ of the centre that a name begins with, and what follows; "" where none or nothing does."""
    for prefix in name_lexicon().vertical:
        if name.startswith(prefix) and len(name) > len(prefix):
            return prefix, name[len(prefix) :]
    return "", name


def chosen(
    regions: tuple[Region, ...], site: str | None, year: int | None, gazetteer: Gazetteer
) -> Region | None:
    """The one region meant: by the site where several bear the name, else by the year, or by being of late.

    The year decides only between levels (毕节市, of a county's rank until 2011): a code that changed while the
    place stayed must not part an organ's reports.
    """
    by_code = {region.code: region for region in regions}
    if len(by_code) > 1 and site is not None and site != NATION:
        by_code = {code: region for code, region in by_code.items() if near(code, site, gazetteer)} or by_code
    if len(by_code) > 1 and year is not None and len({region.level for region in by_code.values()}) > 1:
        then = {code: region for code, region in by_code.items() if _in_force(region, year)}
        by_code = then or by_code
    if len(by_code) > 1:
        by_code = {code: region for code, region in by_code.items() if _is_recent(region)}
        by_code = _without_former_codes(by_code)
    return next(iter(by_code.values())) if len(by_code) == 1 else None


def near(code: str, site: str, gazetteer: Gazetteer) -> bool:
    """Whether one of the two regions is, or lies in, the other."""
    return gazetteer.within(code, site) or gazetteer.within(site, code)


def _in_force(region: Region, year: int) -> bool:
    return (region.first_year or 0) <= year <= (region.last_year or 9999)


def _without_former_codes(by_code: Mapping[str, Region]) -> dict[str, Region]:
    """The regions but for those that go on under another code, with the same name, rank and region above.

    弋江区 of 芜湖市 was 340203 until 2019.
    """
    going_on = {
        (region.name, region.parent, region.level) for region in by_code.values() if not region.last_year
    }
    return {
        code: region
        for code, region in by_code.items()
        if not region.last_year or (region.name, region.parent, region.level) not in going_on
    }


def _is_recent(region: Region) -> bool:
    return region.last_year is None or region.last_year >= RECENT


def is_loose(name: str, rest: str, region: Region, site: str | None, gazetteer: Gazetteer) -> bool:
    """Whether a district's name alone does not tell where it is: 东区, or any of another region than the site's.

    Names of districts are words (新城区, 开发区's 东区), which places outside the standard bear as well.
    """
    place = name[: len(name) - len(rest)]
    if region.level != "county" or not place.endswith("区") or place != region.name:
        return False
    if site is None or site == NATION:
        return len(place) == 2
    return not near(region.code, site, gazetteer)


def has_foreign_place(rest: str) -> bool:
    """Whether a name (without its known places) begins with a place that is in no list; zones are none."""
    if name_lexicon().words.match(rest):
        return False
    found = _FOREIGN_PLACE.match(rest)
    return found is not None and not found.group().endswith(name_lexicon().zones)


Bases = Mapping[str, tuple[Region, ...]]
_NONE: Bases = {}


def bases_within(code: str, gazetteer: Gazetteer) -> Bases:
    """The regions below one by their names without 县, 区, 市, 旗 (临翔 → 临翔区)."""
    return _bases(gazetteer).get(code, _NONE)


@lru_cache(maxsize=4)
def _bases(gazetteer: Gazetteer) -> Mapping[str, Bases]:
    below: dict[str, dict[str, tuple[Region, ...]]] = {}
    for name, bearers in gazetteer.by_name.items():
        base = _BASE.sub("", name)
        for region in bearers:
            for outer in gazetteer.chain(region.code)[:-1] if region.last_year is None else ():
                held = below.setdefault(outer.code, {})
                held[base] = (*held.get(base, ()), region)
    return below


def own_names(region: Region) -> tuple[str, ...]:
    """How a region's organs may call it, the longest first: 云南省, 云南; 桓台县, 桓台. The nation is not named."""
    if region.code == NATION:
        return ()
    return tuple(
        name for name in dict.fromkeys((region.name, short_name(region.name), _BASE.sub("", region.name)))
    )


def begins_with(rest: str, names: Iterable[str]) -> str | None:
    """The first of the names that a name begins with; after one character a kind of organ must follow (萧审计局)."""
    return next(
        (
            name
            for name in names
            if rest.startswith(name) and (len(name) >= 2 or _is_organ(rest[len(name) :]))
        ),
        None,
    )


def is_partly_named(name: str, own: str, region: Region, *, township: bool) -> bool:
    """Whether more of the region's name stands at a name's beginning than `own`, what it is called, and not all of it.

    Of 阿拉善盟, 阿拉善审计局 may be an organ or one of a place below; 固镇人民政府 may be a county's or a town's.
    """
    if township:
        return own not in ("", region.name) and _is_organ(name[len(own) :])
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, region.name, strict=False)))
    return max(len(own) + 1, 2) <= shared < len(region.name)


def _is_organ(rest: str) -> bool:
    lexicon = name_lexicon()
    return lexicon.words.match(rest) is not None or rest.startswith(tuple(lexicon.by_ending))
