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

from transforms.agency_names import (
    in_brackets,
    kind_of,
    name_lexicon,
    normal_name,
    says_no_organ,
    spelled_out,
    without_government,
)
from transforms.agency_places import (
    bases_within,
    begins_with,
    by_short_name,
    chosen,
    has_foreign_place,
    is_loose,
    is_partly_named,
    named_place,
    own_names,
    place_of,
    vertical_part,
    without_vertical,
)
from transforms.findings import Issue
from transforms.gazetteer import NATION, Gazetteer, Region
from transforms.page import Page

GOVERNMENT = "人民政府"
_SITE_CODE_DIGITS = 10
_GENERIC = (
    "自治区", "自治州", "地区", "新区", "林区", "特区", "省", "市", "区", "县", "州", "盟", "旗",
)  # fmt: skip
_TOWNSHIP_OF_GOVERNMENT = re.compile(r"^人民政府(?=.{1,10}?(?:街道办事处|苏木|[镇乡]人民政府))")
_TOWNSHIP = re.compile(r"^(.{1,10}?(?:街道|苏木|镇|乡))(?:人民政府|政府|办事处|办$|党政|管理委员会|$)")
_TOWNSHIP_ENDING = re.compile(r"^(?:街道|镇|乡)(?:人民政府|政府|办事处|办|党政|$)")
_BRANCH = re.compile(r"(\w{2,})分局$")


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


def resolve_agency(  # noqa: PLR0913 -- what the page, its site and its report each say of the organ
    organ: str | None,
    page: Page,
    gazetteer: Gazetteer,
    site_name: str | None = None,
    site_code: str | None = None,
    *,
    year: int | None = None,
) -> Resolution:
    """The organ that a printed name means on a page; `site_name` and `site_code` are what the page calls its site.

    `year` is the report's: it tells a region from another of its name that followed it, of another level.
    Issues: `organ_ambiguous` (several regions, or several organs of one, bear the name) and `region_unknown`
    (none does, and no site helps): then only name and kind are given; `organ_completed` (info) where the place
    came from the site.
    """
    if organ is None:
        return Agency(), ()
    site = page.site_region
    if site is None or site not in gazetteer.by_code:
        site = coded_region(site_code, gazetteer) or site_region(page.site_name or site_name, gazetteer)
    return _resolve(_with_bracketed_place(organ, gazetteer), site, year, gazetteer)


def _with_bracketed_place(organ: str, gazetteer: Gazetteer) -> str:
    """审计局（临沧市） is 临沧市审计局, on whatever site it stands."""
    name = normal_name(organ)
    for inner in in_brackets(organ):
        regions, rest = place_of(inner, gazetteer)
        if regions and not rest and not named_place(name, gazetteer)[0]:
            own = begins_with(name, own_names(regions[0])) or ""
            if is_partly_named(name, own, regions[0], township=False):
                own = ""
            return inner + name[len(own) :]
    return name


def coded_region(site_code: str | None, gazetteer: Gazetteer) -> str | None:
    """The region in a government site's ten-digit code (网站标识码, 4308020001), if the gazetteer knows it."""
    region = site_code[:6] if site_code and len(site_code) == _SITE_CODE_DIGITS else None
    return region if region in gazetteer.by_code else None


@lru_cache(maxsize=4096)
def site_region(site_name: str | None, gazetteer: Gazetteer) -> str | None:
    """The region that a site's name begins with, if only one region bears it."""
    if not site_name:
        return None
    name = normal_name(site_name)
    regions, rest = place_of(name, gazetteer)
    if len(regions) != 1 or is_loose(name, rest, regions[0], None, gazetteer):
        return None
    return regions[0].code


@lru_cache(maxsize=16384)
def _resolve(name: str, site: str | None, year: int | None, gazetteer: Gazetteer) -> Resolution:
    for override in name_lexicon().overrides:
        if override.name == name and override.site_region in (None, site):
            return _agency(name, name, gazetteer.by_code[override.region]), ()
    if name in name_lexicon().national or spelled_out(name) in name_lexicon().national:
        return _agency(name, name, gazetteer.by_code[NATION]), ()
    if name.startswith(name_lexicon().placeless):
        return _unplaced("region_unknown", name, "bodies of this name lie in no region of the standard")
    vertical, local = without_vertical(name, gazetteer)
    regions, rest = named_place(local, gazetteer)
    if not regions and vertical:
        regions, rest = by_short_name(local, gazetteer)
    if regions and not (_TOWNSHIP_ENDING.match(rest) and local == regions[0].name + rest):
        region = chosen(regions, site, year, gazetteer)
        if region is None:
            seen = "、".join(f"{bearer.code} {bearer.name}" for bearer in regions)
            doubt = "several regions bear the name, and no site decides"
            return _unplaced("organ_ambiguous", name, doubt, seen)
        return _placed(name, (vertical, local, rest), region, site, gazetteer)
    return _without_place(name, site, gazetteer)


def _placed(
    name: str, parts: tuple[str, str, str], region: Region, site: str | None, gazetteer: Gazetteer
) -> Resolution:
    """A name that begins with a place, if no doubt is left which organ of which place it is.

    `parts`: the organ of the centre that comes first, the name without it, and that without its place.
    """
    vertical, local, rest = parts
    rest = _without_doubled_kind(rest, region)
    if is_loose(local, rest, region, site, gazetteer):
        doubt = "a district's name alone does not say where it is, and the site does not lie there"
        return _unplaced("organ_ambiguous", name, doubt, f"{region.code} {region.name}")
    township = _TOWNSHIP.match(_TOWNSHIP_OF_GOVERNMENT.sub("", rest)) is not None
    if not township and is_partly_named(
        rest, begins_with(rest, own_names(region)) or "", region, township=False
    ):
        return _unplaced("organ_ambiguous", name, f"names a part of the name {region.name} as well")
    if township and not _holds_townships(region, gazetteer):
        county = gazetteer.by_code.get(site or "")
        if county is None or county.level != "county" or not gazetteer.within(county.code, region.code):
            return _unplaced("organ_ambiguous", name, f"townships of {region.name} can bear the same name")
        region = county
    elif not township and has_foreign_place(rest):
        return _unplaced("region_unknown", name, f"names a place in {region.name} that is in no list")
    if rest != "管理委员会" and says_no_organ(rest):
        return _unplaced("organ_ambiguous", name, "says where the organ is, but not which organ")
    if vertical and kind_of(rest) != kind_of(vertical):
        rest = vertical + rest
    return _agency(name, rest, _of_branch(rest, region, gazetteer)), ()


def _without_doubled_kind(rest: str, region: Region) -> str:
    """临沧市市审计局 is 临沧市审计局; 市政, 市场 and their like are fields, not places."""
    word = next((word for word in _GENERIC if rest.startswith(word) and region.name.endswith(word)), "")
    bare = rest[len(word) :]
    fields = name_lexicon().words
    is_doubled = word and not fields.match(rest) and (bare.startswith(GOVERNMENT) or fields.match(bare))
    return bare if is_doubled else rest


def _of_branch(rest: str, region: Region, gazetteer: Gazetteer) -> Region:
    """公安局临翔分局 works in 临翔区, if one region alone below its own has that name; else in its own."""
    branch = _BRANCH.search(rest)
    if branch is None:
        return region
    found = {
        bearer.code: bearer
        for base, bearers in bases_within(region.code, gazetteer).items()
        if len(base) >= 2 and branch.group(1).endswith(base)
        for bearer in bearers
    }
    return next(iter(found.values())) if len(found) == 1 else region


def _holds_townships(region: Region, gazetteer: Gazetteer) -> bool:
    """Whether townships lie right below a region: counties, and the few cities that have none (东莞市)."""
    return region.level == "county" or (region.level == "city" and not bases_within(region.code, gazetteer))


def _without_place(name: str, site: str | None, gazetteer: Gazetteer) -> Resolution:
    """A name without a place of its own, or an organ of the centre with something added to its name."""
    vertical, added = vertical_part(name)
    if not vertical:
        return _by_site(name, site, gazetteer)
    if added.startswith(name_lexicon().wide) or added in ("办公厅", "办公室"):
        return _agency(name, name, gazetteer.by_code[NATION]), ()
    if name_lexicon().words.match(added) and site != NATION:
        found = _by_site(added, site, gazetteer)
        if found[0].agency_id is not None:
            return found
    return _unplaced("region_unknown", name, "an organ of the centre somewhere: in no region that is listed")


def _by_site(name: str, site: str | None, gazetteer: Gazetteer) -> Resolution:
    """A name without a place of its own: the site's region, if the name does not speak of another."""
    if site is None:
        return _unplaced("region_unknown", name, "neither its name nor its site says where it is")
    region = gazetteer.by_code[site]
    township = _TOWNSHIP.match(name) is not None
    generic = next((word for word in _GENERIC if name.startswith(word) and len(name) > len(word) + 1), None)
    if name_lexicon().words.match(name):
        generic = None
    elif generic is None and not township and has_foreign_place(name):
        return _unplaced("region_unknown", name, "its name begins with a place that is in no list")
    if township and not _holds_townships(region, gazetteer):
        return _unplaced("organ_ambiguous", name, f"townships of {region.name} can bear the same name")
    if generic is not None and not region.name.endswith(generic):
        return _unplaced("organ_ambiguous", name, f"{generic} is not what the site's region is", region.name)
    rest = name[len(generic) :] if generic is not None else name
    return _of_site(name, rest, region, gazetteer, township=township)


def _of_site(name: str, rest: str, region: Region, gazetteer: Gazetteer, *, township: bool) -> Resolution:
    """An organ of the site's region or of a township in it; `rest` is its name without 市, 县 and their like."""
    own = begins_with(rest, own_names(region))
    if is_partly_named(rest, own or "", region, township=township):
        return _unplaced("organ_ambiguous", name, f"begins with a part of the name {region.name}")
    if own is not None and not township:
        rest = rest[len(own) :]
    if says_no_organ(rest):
        return _unplaced("organ_ambiguous", name, "does not say which of the region's organs it is")
    if own is None and not township and begins_with(rest, bases_within(region.code, gazetteer)):
        return _unplaced("organ_ambiguous", name, f"begins like a place in {region.name}")
    return _completed(name, rest, region, named=own is not None and township)


def _completed(name: str, rest: str, region: Region, *, named: bool) -> Resolution:
    """The organ `rest` of the site's region; `named` where it bears the region's name already."""
    full_name = rest if region.code == NATION or named else region.name + rest
    completed = Issue(
        "organ_completed", "info", "its place comes from the site", None, "organ", None, full_name, name
    )
    return _agency(full_name, rest, region), (completed,)


def _unplaced(check: str, name: str, message: str, observed: str | None = None) -> Resolution:
    issue = Issue(check, "warning", f"{name}: {message}", None, "organ", None, None, observed or name)
    return Agency(agency_name=name, kind=kind_of(name)), (issue,)


def _agency(name: str, rest: str, region: Region) -> Agency:
    """The organ of a region; `rest` is its name without the place, empty for the place's own government."""
    rest = _TOWNSHIP_OF_GOVERNMENT.sub("", rest)
    function = without_government(spelled_out(rest)) if rest else GOVERNMENT
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
