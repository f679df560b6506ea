"""Anhui's openness systems: `/OpennessAnnualReport/year/6/2022.html` lists,
`/OpennessAnnualReport/show/123.html` shows.

The address alone says that a page is an annual report, so that a title which is only an organ's name does no
harm.
"""

from __future__ import annotations

import re
from dataclasses import replace

from crawlers.families import plain
from crawlers.families.listing import Family, Link, ListPage, ListRequest, unique

_MODULE = re.compile(r"/(?:openness|xxgk)(?:annualreport|nb)/", re.IGNORECASE)
_SHOW = re.compile(r"/(?:openness|xxgk)(?:annualreport|nb)/show/|/yearReportDetail/", re.IGNORECASE)
_YEAR_LIST = re.compile(r"/(?:openness|xxgk)(?:annualreport|nb)/year/\d+/20\d\d\.html", re.IGNORECASE)
_DOWNLOAD = re.compile(r"/download/", re.IGNORECASE)
_UNIT_COLUMN = re.compile(r"/public/column/\d+\?.*\btype=3\b")
_DETAIL = re.compile(r"/public/(?:content|detail|column)/\d+.*\baction=detail\b|/public/content/\d+")


def recognises(url: str, text: str) -> bool:
    """The module's name stands in the list's own address, or in that of a unit's column of type 3."""
    return bool(_MODULE.search(url) or _UNIT_COLUMN.search(url)) and "<datastore>" not in text


def read(request: ListRequest, text: str) -> ListPage:
    """Read a list: its reports, its pager, and the lists of other years."""
    page = plain.read(request, text)
    links = tuple(_judged(link) for link in page.links if not _is_twin(link))
    years = [ListRequest(link.url) for link in page.links if _YEAR_LIST.search(link.url)]
    listed = tuple(link for link in links if not _YEAR_LIST.search(link.url))
    return replace(page, links=listed, more=unique([*page.more, *years]))


def _judged(link: Link) -> Link:
    named = _SHOW.search(link.url) or _DETAIL.search(link.url)
    return replace(link, in_row=True, by_address=True) if named else link


def _is_twin(link: Link) -> bool:
    """A report's download page repeats the report."""
    return bool(_MODULE.search(link.url) and _DOWNLOAD.search(link.url))


OPENNESS = Family("openness", recognises, read)
