"""The list families by name, in the order in which they are asked whether a page is theirs."""

from __future__ import annotations

from crawlers.errors import UnknownFamily
from crawlers.families.gkmlpt import GKMLPT
from crawlers.families.hanweb import HANWEB
from crawlers.families.json_lists import JSON_LISTS
from crawlers.families.listing import Family
from crawlers.families.openness import OPENNESS
from crawlers.families.plain import PLAIN
from crawlers.families.sitemap import SITEMAP
from crawlers.families.trs import TRS
from crawlers.families.year_folders import YEAR_FOLDERS

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (GKMLPT, SITEMAP, HANWEB, JSON_LISTS, OPENNESS, YEAR_FOLDERS, TRS, PLAIN)
}


def family_named(name: str) -> Family:
    """The family of that name. Raises UnknownFamily."""
    try:
        return FAMILIES[name]
    except KeyError:
        raise UnknownFamily(f"list family {name!r} is none of {', '.join(FAMILIES)}, auto") from None


def recognise(url: str, text: str) -> Family:
    """The first family that recognises a list page; the plain list takes what no other wants."""
    return next(family for family in FAMILIES.values() if family.recognises(url, text))
