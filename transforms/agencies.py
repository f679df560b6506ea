"""Which organ a printed name means: its region, level, kind, and an id that stays over years and spellings.

A name is placed by the regions it begins with (临沧市临翔区审计局), by the site that published it
(区审计局, 审计局), or not at all: a name that several regions bear (鼓楼区教育局) is never guessed. The id is
the region's code and a hash of the name without its place, so 云南省临沧市审计局, 临沧市审计局 and the
site's own 市审计局 are one organ.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from transforms.agency_names import kind_of, name_lexicon, normal_name, spelled_out
from transforms.findings import Issue
from transforms.gazetteer import NATION, Gazetteer, Region, short_name
from transforms.page import Page

GOVERNMENT = "人民政府"
_RECENT = 2019
"""Of regions that share a name, those abolished before this year speak only through their own sites."""
_SITE_CODE_DIGITS = 10
_GENERIC = ("自治区", "自治州", "地区", "省", "市", "区", "县", "州", "盟", "旗")
_TOWNSHIP_OF_GOVERNMENT = re.compile(r"^人民政府(?=.{1,10}?(?:街道办事处|苏木|[镇乡]人民政府))")
_TOWNSHIP = re.compile(r"^(.{1,10}?(?:街道|苏木|镇|乡))(?:人民政府|办事处|党政|管理委员会|$)")
_FOREIGN_PLACE = re.compile(r"^.{1,8}?(?:自治州|自治县|省|市|县|区|旗|州|盟)(?=.)")
_ZONE = re.compile(r"(?:高新区|开发区|经开区|示范区|保税区|新区|园区|景区|试验区|合作区|产业区|风景区)$")
_NATIONAL = re.compile(r"^(?:国务院|国家|全国|中国).{2,}(?:局|部|委员会|署|院|会|总社|办公室|中心)$")
_BY_SHORT_NAME = re.compile(r"(?:海关|海事局|边防检查站|边检总站)$")


@dataclass(frozen=True, slots=True)
class Agency:
    """An organ. `level` is national, province, city, county or township; null where not known."""

    agency_id: str | None = None
    agency_name: str | None = None
    region_code: str | None = None
    region_name: str | None = None
    level: str | None = None
    kind: str | None = None


Resolution = tuple[Agency, tuple[Issue, ...]]


def resolve_agency(
    organ: str | None,
    page: Page,
    gazetteer: Gazetteer,
    site_name: str | None = None,
    site_code: str | None = None,
) -> Resolution:
    """The organ that a printed name means on a page; `site_name` and `site_code` are what the page calls its site.

    Issues: `organ_ambiguous` (several regions bear the name) and `region_unknown` (none does, and no site
    helps): then only name and kind are given; `organ_completed` (info) where the place came from the site.
    """
    if organ is None:
        return Agency(), ()
    site = page.site_region
    if site is None or site not in gazetteer.by_code:
        site = coded_region(site_code, gazetteer) or site_region(page.site_name or site_name, gazetteer)
    return _resolve(normal_name(organ), site, gazetteer)


def coded_region(site_code: str | None, gazetteer: Gazetteer) -> str | None:
    """The region in a government site's ten-digit code (网站标识码, 4308020001), if the gazetteer knows it."""
    region = site_code[:6] if site_code and len(site_code) == _SITE_CODE_DIGITS else None
    return region if region in gazetteer.by_code else None


@lru_cache(maxsize=4096)
def site_region(site_name: str | None, gazetteer: Gazetteer) -> str | None:
    """The region that a site's name begins with, if only one region bears it."""
    if not site_name:
        return None
    regions, _ = place_of(normal_name(site_name), gazetteer)
    return regions[0].code if len(regions) == 1 else None


@lru_cache(maxsize=16384)
def place_of(name: str, gazetteer: Gazetteer) -> tuple[tuple[Region, ...], str]:
    """The regions that the places at a name's beginning can mean, and the name without them."""
    regions, rest = _named_at_start(name, gazetteer)
    while regions:
        inner, after = _named_at_start(rest, gazetteer)
        inner = tuple(
            region for region in inner if any(gazetteer.within(region.code, outer.code) for outer in regions)
        )
        inner = tuple(region for region in inner if region not in regions)
        if not inner:
            break
        regions, rest = inner, after
    return regions, rest


def _named_at_start(name: str, gazetteer: Gazetteer) -> tuple[tuple[Region, ...], str]:
    for length in range(min(gazetteer.longest_name, len(name)), 1, -1):
        regions = gazetteer.by_name.get(name[:length])
        if regions:
            return regions, name[length:]
    return (), name


@lru_cache(maxsize=16384)
def _resolve(name: str, site: str | None, gazetteer: Gazetteer) -> Resolution:
    for override in name_lexicon().overrides:
        if override.name == name and override.site_region in (None, site):
            return _agency(name, name, gazetteer.by_code[override.region]), ()
    vertical, local = _without_vertical(name, gazetteer)
    regions, rest = place_of(local, gazetteer)
    if not regions and (vertical or _BY_SHORT_NAME.search(local)):
        regions, rest = _by_short_name(local, gazetteer)
    if regions:
        if vertical and kind_of(rest) != kind_of(vertical):
            rest = vertical + rest
        return _placed(name, rest, _chosen(regions, site, gazetteer), regions)
    if name in name_lexicon().national or _NATIONAL.match(name):
        return _agency(name, name, gazetteer.by_code[NATION]), ()
    return _by_site(name, site, gazetteer)


def _without_vertical(name: str, gazetteer: Gazetteer) -> tuple[str, str]:
    """国家税务总局云溪县税务局 → 国家税务总局, 云溪县税务局; nothing is parted where no place follows."""
    for prefix in name_lexicon().vertical:
        local = name[len(prefix) :]
        if name.startswith(prefix) and local:
            placed = place_of(local, gazetteer)[0] or _by_short_name(local, gazetteer)[0]
            if placed:
                return prefix, local
    return "", name


def _by_short_name(name: str, gazetteer: Gazetteer) -> tuple[tuple[Region, ...], str]:
    for length in range(min(gazetteer.longest_name, len(name) - 1), 1, -1):
        regions = gazetteer.by_short_name.get(name[:length])
        if regions:
            return regions, name[length:]
    return (), name


def _chosen(regions: tuple[Region, ...], site: str | None, gazetteer: Gazetteer) -> Region | None:
    """The one region meant: by the site where several bear the name, else the only one of late years."""
    by_code = {region.code: region for region in regions}
    if len(by_code) > 1 and site is not None and site != NATION:
        near = {
            code: region
            for code, region in by_code.items()
            if gazetteer.within(code, site) or gazetteer.within(site, code)
        }
        by_code = near or by_code
    if len(by_code) > 1:
        by_code = {code: region for code, region in by_code.items() if _is_recent(region)}
    return next(iter(by_code.values())) if len(by_code) == 1 else None


def _is_recent(region: Region) -> bool:
    return region.last_year is None or region.last_year >= _RECENT


def _placed(name: str, rest: str, region: Region | None, regions: tuple[Region, ...]) -> Resolution:
    if region is None:
        seen = "、".join(f"{bearer.code} {bearer.name}" for bearer in regions)
        return _unplaced("organ_ambiguous", name, "several regions bear the name, and no site decides", seen)
    return _agency(name, rest, region), ()


def _by_site(name: str, site: str | None, gazetteer: Gazetteer) -> Resolution:
    """A name without a place of its own: the site's region, if the name does not speak of another."""
    region = gazetteer.by_code[site] if site is not None else None
    township = _TOWNSHIP.match(name) is not None
    generic = next((word for word in _GENERIC if name.startswith(word) and len(name) > len(word) + 1), None)
    if name_lexicon().words.match(name):
        generic = None
    elif generic is None and not township and _has_foreign_place(name):
        return _unplaced("region_unknown", name, "its name begins with a place that is in no list")
    if region is None:
        return _unplaced("region_unknown", name, "neither its name nor its site says where it is")
    if township and region.level != "county":
        return _unplaced("organ_ambiguous", name, f"townships of {region.name} can bear the same name")
    if generic is not None and not region.name.endswith(generic):
        return _unplaced("organ_ambiguous", name, f"{generic} is not what the site's region is", region.name)
    rest = name[len(generic) :] if generic is not None else name
    says_place = region.code == NATION or rest.startswith(short_name(region.name))
    full_name = rest if says_place else region.name + rest
    completed = Issue(
        "organ_completed", "info", "its place comes from the site", None, "organ", None, full_name, name
    )
    return _agency(full_name, rest, region), (completed,)


def _has_foreign_place(name: str) -> bool:
    found = _FOREIGN_PLACE.match(name)
    return found is not None and _ZONE.search(found.group()) is None


def _unplaced(check: str, name: str, message: str, observed: str | None = None) -> Resolution:
    issue = Issue(check, "warning", f"{name}: {message}", None, "organ", None, None, observed or name)
    return Agency(agency_name=name, kind=kind_of(name)), (issue,)


def _agency(name: str, rest: str, region: Region) -> Agency:
    """The organ of a region; `rest` is its name without the place, empty for the place's own government."""
    rest = _TOWNSHIP_OF_GOVERNMENT.sub("", rest)
    function = spelled_out(rest) if rest else GOVERNMENT
    township = _TOWNSHIP.match(function)
    if township is not None and township.group(1) == function:
        function += "办事处" if function.endswith("街道") else GOVERNMENT
    full_name = name if rest == function or name.endswith(function) else _with_function(name, rest, function)
    return Agency(
        agency_id=f"{region.code}-{hashlib.sha256(function.encode()).hexdigest()[:8]}",
        agency_name=full_name,
        region_code=region.code,
        region_name=region.name,
        level="township" if township is not None else region.level,
        kind=kind_of(function),
    )


def _with_function(name: str, rest: str, function: str) -> str:
    """A place named for its government gets the government's name; abbreviations stay as printed."""
    if not rest or function.startswith(rest):
        return name + function[len(rest) :]
    return name
