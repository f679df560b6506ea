"""Guangdong's disclosure platform (gkmlpt): the column page holds a site number, the list itself is JSON.

`/gkmlpt/index#1234` (for annual reports also `/gkmlpt/annualreport#1234`) names category 1234, which never reaches the
server; without it the page's own tree of categories tells which one holds annual reports.
`/gkmlpt/api/all/1234?page=N&sid=SID` gives a hundred articles a page.
"""

from __future__ import annotations

import json
import re
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from crawlers.addresses import fetch_address
from crawlers.errors import BadAddress, ListUnreadable
from crawlers.families.listing import MOST_PAGES, Family, Link, ListPage, ListRequest, day_of
from crawlers.titles import names_the_column

_SID = re.compile(r"\bSID\s*[:=]\s*[\"']?(\d+)")
_API = "/gkmlpt/api/all/"
_BRANCH = re.compile(
    r"[\"']?\bid[\"']?\s*:\s*[\"']?(\d+)[^{}\[\]]{0,400}?[\"']?\bname[\"']?\s*:\s*[\"']([^\"']{1,60})[\"']"
    r"|[\"']?\bname[\"']?\s*:\s*[\"']([^\"']{1,60})[\"'][^{}\[\]]{0,400}?[\"']?\bid[\"']?\s*:\s*[\"']?(\d+)"
)
_PER_PAGE = 100
_DATES = ("display_publish_time", "first_publish_time", "date", "create_time", "created_at")


def first(address: str) -> ListRequest:
    """The column page; the category stands in the fragment, which never reaches the server."""
    category = urlsplit(address).fragment
    return ListRequest(fetch_address(address), context=(("category", category),) if category else ())


def recognises(url: str, text: str) -> bool:
    """The platform shows in the path."""
    return "/gkmlpt/" in url or (not url and "/gkmlpt/" in text)


def read(request: ListRequest, text: str) -> ListPage:
    """Read the column page (it leads to the first JSON page) or a JSON page. Raises ListUnreadable."""
    if _API in request.url:
        return _read_json(request, text)
    category = dict(request.context).get("category") or _category(text)
    sid = _SID.search(text)
    if not category or not sid:
        missing = "a category after #" if not category else "a SID"
        raise ListUnreadable(f"{request.url}: {missing} is missing")
    base = request.url.partition("/gkmlpt/")[0]
    return ListPage((), (ListRequest(f"{base}{_API}{category}?page=1&sid={sid.group(1)}"),))


def _category(text: str) -> str | None:
    """The category of the page's tree that bears the column's name."""
    for found in _BRANCH.finditer(text):
        number, name = found.group(1) or found.group(4), found.group(2) or found.group(3)
        if names_the_column(name):
            return str(number)
    return None


def _read_json(request: ListRequest, text: str) -> ListPage:
    try:
        data = json.loads(text)
        articles, total = data["articles"], int(data["total"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ListUnreadable(f"{request.url}: no article list ({error})") from error
    if not isinstance(articles, list) or not all(isinstance(article, dict) for article in articles):
        raise ListUnreadable(f"{request.url}: articles that are no list of articles: {str(articles)[:80]}")
    links = tuple(link for article in articles if (link := _link(article, request.url)) is not None)
    more: tuple[ListRequest, ...] = ()
    if "page=1&" in request.url:
        # Page 0 and page 1 are the same.
        pages = min(ceil(total / _PER_PAGE), MOST_PAGES)
        more = tuple(
            ListRequest(request.url.replace("page=1&", f"page={number}&")) for number in range(2, pages + 1)
        )
    return ListPage(links, more, total=total, rows=len(articles))


def _link(article: dict[str, Any], base: str) -> Link | None:
    address = article.get("url") or article.get("post_url")
    try:
        url = fetch_address(str(address), base) if address else None
    except BadAddress:
        url = None
    if url is None:
        return None
    printed = next((found for name in _DATES if (found := day_of(article.get(name))) is not None), None)
    return Link(url, str(article.get("title") or ""), printed, True)


GKMLPT = Family("gkmlpt", recognises, read, first)
