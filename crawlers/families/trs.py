"""TRS WCM and systems that count pages as it does: `index.html`, `index_1.html` …; the number of pages stands in a
script, and the first page bears no number.

`createPageHTML(3, 0, "index", "html")` counts from 0: pages 1 and 2 follow. With the name of an element in front,
`createPageHTML("page_div", 3, 1, "list", "shtml", 45)`, it counts from 1: pages 2 and 3 follow, of 45 entries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawlers.families import plain
from crawlers.families.listing import MOST_PAGES, Family, ListPage, ListRequest, absolute, unique

_CREATE_PAGE = re.compile(
    r"createPage(?:HTML)?\s*\(\s*(?:[\"'][^\"']*[\"']\s*,\s*)?(\d+)\s*,\s*(\d+)\s*,\s*"
    r"[\"']([^\"']+)[\"']\s*,\s*[\"'](\w+)[\"']",
    re.IGNORECASE,
)
_PAGER = re.compile(
    r"\bPager\s*\(\s*\{(?=[^{}]*\bsize\s*:\s*[\"']?(\d+))(?=[^{}]*\bcurrent\s*:\s*[\"']?(\d+))"
    r"(?=[^{}]*\bprefix\s*:\s*[\"']([^\"']+)[\"'])(?=[^{}]*\bsuffix\s*:\s*[\"'](\w+)[\"'])"
)
_COUNT_PAGE = re.compile(r"\bcountPage\s*=\s*[\"']?(\d+)")
_CURRENT_PAGE = re.compile(r"\bcurrentPage\s*=\s*[\"']?(\d+)")
_PAGE_NAME = re.compile(r"([^/]*?)(?:_(\d+))?\.(s?html?)$")


@dataclass(frozen=True, slots=True)
class _Count:
    """What a page's script says: pages in all, this page's number as the script counts, how pages are named."""

    pages: int
    current: int
    stem: str
    suffix: str


def recognises(url: str, text: str) -> bool:
    """TRS pages call createPageHTML or Pager, or set countPage."""
    return _counted(url, text) is not None and "dataproxy.jsp" not in text + url


def read(request: ListRequest, text: str) -> ListPage:
    """Read a TRS list page. Every page is named from the first one; later pages add none."""
    page = plain.read(request, text)
    count = _counted(request.url, text)
    if count is None:
        return page
    return ListPage(
        page.links,
        unique([*_following(request.url, count), *page.more]),
        pages=max(count.pages, 1),
        frames=page.frames,
    )


def _counted(url: str, text: str) -> _Count | None:
    called = _CREATE_PAGE.search(text) or _PAGER.search(text)
    if called:
        return _Count(int(called.group(1)), int(called.group(2)), called.group(3), called.group(4))
    counted = _COUNT_PAGE.search(text)
    if not counted:
        return None
    now = _CURRENT_PAGE.search(text)
    named = _PAGE_NAME.search(url)
    stem, suffix = (named.group(1), named.group(3)) if named else ("index", "html")
    return _Count(int(counted.group(1)), int(now.group(1)) if now else 0, stem, suffix)


def _following(url: str, count: _Count) -> list[ListRequest]:
    """The pages after the first, from the first; nothing from a later one, which bears a number."""
    named = _PAGE_NAME.search(url)
    is_later = named is not None and named.group(1) == count.stem and named.group(2) is not None
    if is_later or count.current > 1:
        return []
    first = count.current + 1
    numbers = range(first, first + min(count.pages, MOST_PAGES) - 1)
    found = (absolute(f"{count.stem}_{number}.{count.suffix}", url) for number in numbers)
    return [ListRequest(address) for address in found if address is not None]


TRS = Family("trs", recognises, read)
