"""Sitemaps (sitemaps.org): addresses without titles, of which those under an annual-report column are
taken."""

from __future__ import annotations

import html
import re

from crawlers.addresses import fetch_address
from crawlers.errors import BadAddress, ListUnreadable
from crawlers.families.listing import Family, Link, ListPage, ListRequest, is_folder, parse_date
from crawlers.titles import in_report_column

_OPENING = re.compile(r"<(url|sitemap)\b[^<>]*>", re.IGNORECASE)
_CLOSING = re.compile(r"</(?:url|sitemap)\s{0,9}>", re.IGNORECASE)
_LOC = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*(.*?)\s*(?:\]\]>)?\s*</loc>", re.DOTALL | re.IGNORECASE)
_MODIFIED = re.compile(r"<lastmod>\s*(.*?)\s*</lastmod>", re.DOTALL | re.IGNORECASE)


def recognises(_url: str, text: str) -> bool:
    """A urlset or a sitemapindex."""
    return "<urlset" in text[:2000] or "<sitemapindex" in text[:2000]


def read(request: ListRequest, text: str) -> ListPage:
    """Read a sitemap or an index of sitemaps. Raises ListUnreadable when it is neither."""
    if not recognises(request.url, text):
        raise ListUnreadable(f"{request.url}: neither urlset nor sitemapindex")
    links: list[Link] = []
    more: list[ListRequest] = []
    for piece in _CLOSING.split(text)[:-1]:
        opened = _OPENING.search(piece)
        location = _LOC.search(piece, opened.end()) if opened else None
        if opened is None or location is None:
            continue
        try:
            url = fetch_address(html.unescape(location.group(1)), request.url)
        except BadAddress:
            continue
        if opened.group(1).lower() == "sitemap":
            more.append(ListRequest(url))
        elif in_report_column(url) and not is_folder(url):
            modified = _MODIFIED.search(piece)
            links.append(Link(url, "", parse_date(modified.group(1)) if modified else None, True, True))
    return ListPage(tuple(links), tuple(more))


SITEMAP = Family("sitemap", recognises, read)
