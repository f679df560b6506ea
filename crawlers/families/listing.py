"""What every list family gives: links as the page prints them, and the requests that lead further."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from crawlers.addresses import fetch_address
from crawlers.errors import BadAddress

_DATE = re.compile(r"(?<!\d)(20\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*日?")
_CUT_SHORT = ("...", "…", "..")
_ROWS = ("li", "tr", "dd", "dl", "p")
_ARTICLE = re.compile(
    r"t\d{8}_\d+|/art[_/]|post_\d+|/content[/_-]|/show/|/[0-9a-f]{24,32}\.|/c\d+_\d+|/i\d{6,}|/info/\d|"
    r"_\d{5,}\.|/\d{6,}\.|Content-\d+|doc_[0-9a-f]+|[?&](?:id|objectId)=",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A list page to ask for. `form` makes it a POST; `context` is what an earlier page taught the
    adapter."""

    url: str
    form: tuple[tuple[str, str], ...] = ()
    context: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What makes two requests the same."""
        return self.url, self.form


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a list page: absolute address, full title, the date printed beside it, whether a row of the
    list, and whether the address alone says that it is an annual report."""

    url: str
    title: str
    published_on: date | None
    in_row: bool
    by_address: bool = False


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list page as read. `total` counts the whole list's entries, or None; `rows` this page's own, where
    known.

    `blocked_pager` says that the page shows a pager which only a script can work.
    """

    links: tuple[Link, ...]
    more: tuple[ListRequest, ...] = ()
    total: int | None = None
    rows: int | None = None
    blocked_pager: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """A list adapter. `recognises(url, text)` is asked in the registry's order; `first` makes the first
    request."""

    name: str
    recognises: Callable[[str, str], bool]
    read: Callable[[ListRequest, str], ListPage]
    first: Callable[[str], ListRequest] = lambda address: ListRequest(fetch_address(address))


def soup_of(text: str) -> BeautifulSoup:
    """The page as BeautifulSoup reads it: lenient, and deep nesting loses nothing."""
    return BeautifulSoup(text, "html.parser")


def read_links(soup: BeautifulSoup | Tag, base: str) -> tuple[Link, ...]:
    """Every link of the page that leads to an http(s) address, in order; `<base href>` is honoured."""
    declared = soup.find("base", href=True)
    if isinstance(declared, Tag):
        base = _absolute(str(declared["href"]), base) or base
    found = []
    for anchor in soup.find_all("a", href=True):
        url = _absolute(str(anchor["href"]), base)
        if url is None:
            continue
        text = anchor.get_text(" ", strip=True)
        row = anchor.find_parent(_ROWS)
        printed = _date_in(text) or _date_beside(anchor, row)
        in_row = printed is not None or _ARTICLE.search(url) is not None
        found.append(Link(url, _title(anchor, text), printed, in_row))
    return tuple(found)


def _absolute(href: str, base: str) -> str | None:
    if href.strip().lower().startswith(("javascript:", "mailto:", "tel:", "#", "data:")):
        return None
    try:
        return fetch_address(href, base)
    except BadAddress:
        return None


def _title(anchor: Tag, text: str) -> str:
    """The link's text without the date some templates put inside it; the title attribute where that says
    more."""
    shown = _DATE.sub("", text).strip(" []()【】·•\t")
    attribute = str(anchor.get("title") or "").strip()
    if attribute and (shown.endswith(_CUT_SHORT) or len(attribute) > len(shown)):
        return attribute
    return shown


def _date_beside(anchor: Tag, row: Tag | None) -> date | None:
    """The date printed in the link's own row; a row with many links says nothing about one of them."""
    if row is not None and len(row.find_all("a", href=True, limit=4)) <= 3:
        return _date_in(row.get_text(" ", strip=True))
    sibling = anchor.find_next_sibling()
    return (
        _date_in(sibling.get_text(" ", strip=True))
        if isinstance(sibling, Tag) and sibling.name != "a"
        else None
    )


def _date_in(text: str) -> date | None:
    for year, month, day in _DATE.findall(text):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def parse_date(text: str) -> date | None:
    """The first real date in a text such as `2022-01-25` or `2022年1月25日`."""
    return _date_in(text)


def is_folder(url: str) -> bool:
    """Whether an address looks like a column rather than an article: a folder, or its index page."""
    path = urlsplit(url).path
    name = path.rpartition("/")[2]
    return _ARTICLE.search(url) is None and (not name or name.lower().startswith(("index", "list", "nlist")))


def unique(requests: Iterable[ListRequest]) -> tuple[ListRequest, ...]:
    """The requests without repetitions, in order."""
    return tuple({request.key: request for request in requests}.values())
