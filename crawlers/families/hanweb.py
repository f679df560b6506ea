"""Hanweb jcms: records in a `<datastore>` inside the page, further ones from dataproxy.jsp as XML of the same
form."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawlers.families import plain
from crawlers.families.listing import (
    MOST_PAGES,
    Family,
    Link,
    ListPage,
    ListRequest,
    absolute,
    read_links,
    soup_of,
    unique,
)

_HREF = re.compile(r"href\s*=\s*[\"']([^\"']+)[\"']", re.IGNORECASE)
_TOTAL = re.compile(
    r"<totalrecord>\s*(\d+)\s*</totalrecord>|[\"']?\btotalrecord[\"']?\s*[:=]\s*[\"']?(\d+)", re.IGNORECASE
)
_PER_PAGE = re.compile(
    r"<perpage>\s*(\d+)\s*</perpage>|[\"']?\bperpage[\"']?\s*[:=]\s*[\"']?(\d+)", re.IGNORECASE
)
_PROXY = re.compile(r"[\"'(]([^\"'()\s]*?dataproxy\.jsp(?:\?[^\"'()\s]*)?)[\"')]", re.IGNORECASE)
_PARAMETER = re.compile(
    r"[\"']?\b(col|appid|webid|path|columnid|unitid|webname|permissiontype|sourceContentType)[\"']?\s*:\s*"
    r"[\"']?([^\"',}\s]*)",
)
_GROUP_SIZE = 100


def recognises(url: str, text: str) -> bool:
    """jcms pages carry a datastore, call dataproxy.jsp, or are the annual-report module."""
    return "<datastore>" in text or "dataproxy.jsp" in text or "xxgkAnnualReport.jsp" in url


def read(request: ListRequest, text: str) -> ListPage:
    """Read a column page or an answer of dataproxy.jsp. A page without records is read as a plain list."""
    records = _records(text)
    links = _record_links(records, request.url) if records else read_links(soup_of(text), request.url)
    total = _number(_TOTAL, text)
    more = unique([*_further(request, text, len(records), total), *_other_years(links)])
    links = tuple(link for link in links if "xxgkAnnualReport.jsp" not in link.url)
    if not records and not more:
        return plain.read(request, text)
    return ListPage(links, more, total=total, rows=len(records) or None)


def _records(text: str) -> list[str]:
    """The markup of each record, from CDATA or escaped."""
    parts = (part.partition("</record>") for part in text.split("<record>")[1:])
    return [_content(part) for part, closing, _ in parts if closing]


def _content(element: str) -> str:
    plain_text = element.strip()
    inner = plain_text.removeprefix("<![CDATA[")
    return html.unescape(plain_text) if inner == plain_text else inner.removesuffix("]]>").strip()


def _record_links(records: list[str], base: str) -> tuple[Link, ...]:
    found: list[Link] = []
    for record in records:
        found.extend(
            Link(link.url, link.title, link.published_on, True) for link in read_links(soup_of(record), base)
        )
    return tuple(found)


def _other_years(links: tuple[Link, ...]) -> list[ListRequest]:
    """The annual-report module shows one year at a time (`fbtime=2022`) and links to the others."""
    return [ListRequest(link.url) for link in links if "xxgkAnnualReport.jsp" in link.url]


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(next(group for group in found.groups() if group)) if found else None


def _further(request: ListRequest, text: str, records: int, total: int | None) -> tuple[ListRequest, ...]:
    """Requests for the records that the page does not hold itself."""
    group = text.partition("<nextgroup>")[2].partition("</nextgroup>")[0]
    linked = _HREF.search(html.unescape(_content(group)))
    following = absolute(html.unescape(linked.group(1)), request.url) if linked else None
    if following is not None:
        return (ListRequest(following),)
    if request.context or "startrecord" in request.url:
        return ()
    named = _PROXY.search(html.unescape(text))
    proxy = absolute(named.group(1), request.url) if named else None
    if proxy is None:
        return tuple(plain.pager(soup_of(text), request.url)[0])
    if total is not None and records >= total:
        return ()
    return unique(_ranges(proxy, text, total))


def _ranges(proxy: str, text: str, total: int | None) -> list[ListRequest]:
    """The list in groups of records. The parameters stand in the proxy's address or in the page's script."""
    parts = urlsplit(proxy)
    known = dict(_PARAMETER.findall(text)) | dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in ("startrecord", "endrecord", "perpage", "page"):
        known.pop(name, None)
    size = min(_GROUP_SIZE, (_number(_PER_PAGE, text) or 15) * 3)
    bare = parts._replace(query="").geturl()
    found = []
    for start in range(1, min(total or size, MOST_PAGES * size) + 1, size):
        window = {
            "startrecord": str(start),
            "endrecord": str(min(start + size - 1, total or size)),
            "perpage": str(size),
        }
        query = urlencode(window)
        found.append(ListRequest(f"{bare}?{query}", tuple(sorted(known.items())), (("group", str(start)),)))
    return found


HANWEB = Family("hanweb", recognises, read)
