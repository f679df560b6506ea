"""Any list with links and a pager: 下一页, page numbers, a menu of pages. The family of last resort."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

from crawlers.addresses import fetch_address
from crawlers.families.listing import (
    Family,
    ListPage,
    ListRequest,
    address_of,
    frames_of,
    near_parents,
    read_links,
    read_options,
    soup_of,
    unique,
)

_NEXT = frozenset(
    {
        "下一页",
        "下页",
        "后一页",
        "后页",
        "下一頁",
        "下一页>",
        "下一页>>",
        "下页>",
        ">",
        ">>",
        "›",
        "»",
        "next",
    }
)
_LAST = frozenset({"尾页", "末页", "最后一页", "尾頁", "最后页"})
_NUMBER = re.compile(r"[\[【]?\s*(\d{1,4})\s*[\]】]?")
_PAGE_OPTION = re.compile(r"第?\s*\d{1,4}\s*页?")
_PAGER_WORDS = re.compile(r"pag(?:e|ing|er|ination)|fenye|fanye|yema", re.IGNORECASE)
_CALENDAR_WORDS = re.compile(r"calendar|datepicker|rili|riqi", re.IGNORECASE)
_TOTAL = re.compile(r"共\s*(\d{1,6})\s*(?:条|篇|项)")
_PAGES = re.compile(r"共\s*(\d{1,4})\s*页|(?:第\s*)?\d{1,4}\s*/\s*(\d{1,4})\s*页")


def read(request: ListRequest, text: str) -> ListPage:
    """Read a list page: all its links, and the pages its pager links to."""
    soup = soup_of(text)
    more, blocked = pager(soup, request.url)
    shown = soup.get_text(" ", strip=True)
    total, pages = _TOTAL.search(shown), _PAGES.search(shown)
    return ListPage(
        read_links(soup, request.url),
        more,
        total=int(total.group(1)) if total else None,
        blocked_pager=blocked,
        pages=int(pages.group(1) or pages.group(2)) if pages else None,
        frames=frames_of(soup, request.url),
    )


def pager(soup: BeautifulSoup, base: str) -> tuple[tuple[ListRequest, ...], bool]:
    """(further pages, whether 下一页 exists but only a script could follow it)."""
    here = fetch_address(base)
    more: list[ListRequest] = []
    blocked = False
    labels = [(anchor, _label(anchor)) for anchor in soup.find_all("a")]
    around_next = {
        id(parent) for anchor, label in labels if label in _NEXT for parent in near_parents(anchor)
    }
    for anchor, label in labels:
        is_next = label in _NEXT
        numbered = _NUMBER.fullmatch(label) or label in _LAST
        if not (is_next and not _in_calendar(anchor)) and not (numbered and _in_pager(anchor, around_next)):
            continue
        address = address_of(anchor, base)
        if address is None:
            blocked |= is_next and not _disabled(anchor)
        elif address != here:
            more.append(ListRequest(address))
    options = (option for option in read_options(soup, base) if _PAGE_OPTION.fullmatch(option.title))
    more.extend(ListRequest(option.url) for option in options if option.url != here)
    return unique(more), blocked and not more


def _label(anchor: Tag) -> str:
    """What the link says; a pager of pictures says it in their texts."""
    shown = "".join(anchor.get_text().split()).lower()
    if shown:
        return shown
    picture = anchor.find("img", alt=True)
    told = picture["alt"] if isinstance(picture, Tag) else anchor.get("title") or ""
    return "".join(str(told).split())


def _in_pager(anchor: Tag, around_next: set[int]) -> bool:
    """Whether a number stands among the pages: in an element named so, or with 下一页 in the same block."""
    for parent in near_parents(anchor):
        if _CALENDAR_WORDS.search(_names(parent)):
            return False
        if _PAGER_WORDS.search(_names(parent)) or id(parent) in around_next:
            return True
        if parent.name in {"div", "ul", "table", "body"}:
            return False
    return False


def _in_calendar(anchor: Tag) -> bool:
    return any(_CALENDAR_WORDS.search(_names(parent)) for parent in near_parents(anchor))


def _names(tag: Tag) -> str:
    return f"{tag.get('id') or ''} {tag.get('class') or ''}"


def _disabled(anchor: Tag) -> bool:
    """On the last page the link is dead on purpose: a bare `#`, no handler, or a class that says so."""
    classes = " ".join(anchor.get_attribute_list("class") or [""] if anchor.get("class") else [""])
    href = str(anchor.get("href") or "")
    dead = href in {"", "#", "javascript:;", "javascript:void(0)", "javascript:void(0);"}
    return re.search("disab|dead|noclick", classes) is not None or (dead and not anchor.get("onclick"))


PLAIN = Family("plain", lambda _url, _text: True, read)
