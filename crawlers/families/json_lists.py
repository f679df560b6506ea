"""Lists that a page's script fetches as JSON, and the pages of 开普 (UCAP) systems that do so.

Such a page is a frame without entries. Its `<meta name="channelid">` and the path of the interface in its script
(`/common/search/`, `/searchList/`) make the address that the script would ask. The answer of any interface is read
by the names of its fields: whatever holds a title and an address is an entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from crawlers.addresses import fetch_address
from crawlers.errors import BadAddress, ListUnreadable
from crawlers.families.listing import (
    MOST_PAGES,
    Family,
    Link,
    ListPage,
    ListRequest,
    day_of,
    read_links,
    soup_of,
)

_TITLES = ("title", "doctitle", "infotitle", "subject", "name", "showtitle")
_ADDRESSES = (
    "url",
    "docpuburl",
    "pubUrl",
    "linkurl",
    "docurl",
    "href",
    "link",
    "articleurl",
    "post_url",
    "infourl",
)
_DATES = ("publishedtimestr", "publishedtime", "pubdate", "publishdate", "publishtime", "docreltime", "docpubtime",
          "releasetime", "date", "time", "createtime", "infodate")  # fmt: skip
_TOTALS = ("total", "totalcount", "totalelements", "recordcount", "totalrecord", "count")
_PAGE_PARAMETERS = (
    "page",
    "pageno",
    "pagenum",
    "pagenumber",
    "pageindex",
    "currpage",
    "currentpage",
    "p",
    "pn",
)
_CALLBACK = re.compile(r"[\w.$]{1,80}\((.*)\);?", re.DOTALL)
_CHANNEL = re.compile(
    r"<meta(?=[^<>]*\bname\s*=\s*[\"']channelid[\"'])[^<>]*\bcontent\s*=\s*[\"']([0-9A-Za-z]{8,40})[\"']",
    re.IGNORECASE,
)
_INTERFACE = re.compile(
    r"[\"']((?:https?:)?[^\"'\s]*/(?:common/search|searchList)/)([0-9A-Za-z]{8,40})?[\"'?]"
)
_PER_PAGE = 50
_DEEPEST = 12


def recognises(url: str, text: str) -> bool:
    """JSON with entries, or a page whose script asks a UCAP interface and that has no pager of its own."""
    if _INTERFACE.search(text) and "createPageHTML" not in text:
        return _interface(url, text) is not None
    return _is_data(text) and _loaded(text) is not None


def read(request: ListRequest, text: str) -> ListPage:
    """Read a page of the interface, or the page that asks it. Raises ListUnreadable where neither holds."""
    data = _loaded(text) if _is_data(text) else None
    if data is None:
        address = _interface(request.url, text)
        if address is None:
            raise ListUnreadable(f"{request.url}: neither JSON nor a page that asks for some")
        return ListPage(read_links(soup_of(text), request.url), (ListRequest(address),))
    links = tuple(_entries(data, request.url, _DEEPEST))
    total = _total(data)
    more = _further(request, len(links), total)
    stuck = not request.context and not more and total is not None and total > len(links)
    return ListPage(links, more, total=total, rows=len(links), blocked_pager=stuck)


def _is_data(text: str) -> bool:
    return text.lstrip()[:1] in {"{", "["} or _CALLBACK.fullmatch(text.strip()) is not None


def _loaded(text: str) -> Any:
    """The JSON of an answer, also inside a callback; None if it is none."""
    wrapped = _CALLBACK.fullmatch(text.strip())
    try:
        return json.loads(wrapped.group(1) if wrapped else text)
    except (ValueError, RecursionError):
        return None


def _interface(url: str, text: str) -> str | None:
    found, channel = _INTERFACE.search(text), _CHANNEL.search(text)
    if found is None:
        return None
    name = found.group(2) or (channel.group(1) if channel else None)
    if name is None:
        return None
    query = f"_isAgg=true&_isJson=true&_pageSize={_PER_PAGE}&_template=index&page=1"
    try:
        return fetch_address(f"{found.group(1)}{name}?{query}", url)
    except BadAddress:
        return None


def _entries(data: Any, base: str, depth: int) -> Iterator[Link]:
    """What has a title and an address, wherever it stands."""
    if isinstance(data, list) and depth:
        for item in data:
            yield from _entries(item, base, depth - 1)
    elif isinstance(data, dict) and depth:
        link = _entry({str(name).lower(): value for name, value in data.items()}, base)
        if link is not None:
            yield link
            return
        for item in data.values():
            yield from _entries(item, base, depth - 1)


def _entry(fields: Mapping[str, Any], base: str) -> Link | None:
    title, address = _first_text(fields, _TITLES), _first_text(fields, _ADDRESSES)
    if not title or not address:
        return None
    try:
        url = fetch_address(address, base)
    except BadAddress:
        return None
    printed = next((found for name in _DATES if (found := day_of(fields.get(name))) is not None), None)
    # Search interfaces mark the words that were looked for.
    return Link(url, soup_of(title).get_text().strip(), printed, True)


def _first_text(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next(
        (value for name in names if isinstance(value := fields.get(name.lower()), str) and value.strip()), ""
    )


def _total(data: Any, depth: int = 3) -> int | None:
    """How many entries the interface says there are."""
    if not isinstance(data, dict) or not depth:
        return None
    fields = {str(name).lower(): value for name, value in data.items()}
    for name in _TOTALS:
        value = fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
    return next((found for value in data.values() if (found := _total(value, depth - 1)) is not None), None)


def _further(request: ListRequest, rows: int, total: int | None) -> tuple[ListRequest, ...]:
    """From the first page: the others, by the page parameter of its address. Later pages add none."""
    if request.context or not rows or total is None or total <= rows:
        return ()
    parts = urlsplit(request.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    place = next((at for at, (name, _) in enumerate(pairs) if name.lower() in _PAGE_PARAMETERS), None)
    if place is None or not pairs[place][1].isdigit():
        return ()
    name, first = pairs[place][0], int(pairs[place][1])
    found = []
    for number in range(first + 1, first + min(ceil(total / rows), MOST_PAGES)):
        query = urlencode([*pairs[:place], (name, str(number)), *pairs[place + 1 :]])
        address = urlunsplit(parts._replace(query=query))
        found.append(ListRequest(address, context=(("page", str(number)),)))
    return tuple(found)


JSON_LISTS = Family("json", recognises, read)
