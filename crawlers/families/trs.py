"""TRS WCM: index.html, index_1.html …; the number of pages stands in a script, the first page bears no
number."""

from __future__ import annotations

import re

from crawlers.addresses import fetch_address
from crawlers.families import plain
from crawlers.families.listing import Family, ListPage, ListRequest, read_links, soup_of, unique

_CREATE_PAGE = re.compile(
    r"createPage(?:HTML)?\s*\(\s*(?:['\"]?page_div['\"]?\s*,\s*)?(\d+)\s*,\s*(\d+)\s*,\s*"
    r"[\"']([^\"']+)[\"']\s*,\s*[\"'](\w+)[\"']",
    re.IGNORECASE,
)
_COUNT_PAGE = re.compile(r"\bcountPage\s*=\s*[\"']?(\d+)")
_CURRENT_PAGE = re.compile(r"\bcurrentPage\s*=\s*[\"']?(\d+)")
_PAGE_NAME = re.compile(r"([^/]*?)(?:_\d+)?\.(s?html?)$")


def recognises(url: str, text: str) -> bool:
    """TRS pages call createPageHTML, or set countPage, or list articles named t20220125_1234567."""
    return bool(_CREATE_PAGE.search(text) or _COUNT_PAGE.search(text)) and "dataproxy.jsp" not in text + url


def read(request: ListRequest, text: str) -> ListPage:
    """Read a TRS list page. Every page is named from the first one; later pages add none."""
    soup = soup_of(text)
    linked, blocked = plain.pager(soup, request.url)
    named = _pages(request.url, text)
    more = unique([*named, *linked])
    return ListPage(read_links(soup, request.url), more, blocked_pager=blocked and not _known_count(text))


def _known_count(text: str) -> bool:
    return bool(_CREATE_PAGE.search(text) or _COUNT_PAGE.search(text))


def _pages(url: str, text: str) -> list[ListRequest]:
    called = _CREATE_PAGE.search(text)
    if called:
        total, current, stem, suffix = (
            int(called.group(1)),
            int(called.group(2)),
            called.group(3),
            called.group(4),
        )
    else:
        counted = _COUNT_PAGE.search(text)
        if not counted:
            return []
        now = _CURRENT_PAGE.search(text)
        named = _PAGE_NAME.search(url)
        total, current = int(counted.group(1)), int(now.group(1)) if now else 0
        stem, suffix = (named.group(1), named.group(2)) if named else ("index", "html")
    if current > 0:
        return []
    return [ListRequest(fetch_address(f"{stem}_{number}.{suffix}", url)) for number in range(1, total)]


TRS = Family("trs", recognises, read)
