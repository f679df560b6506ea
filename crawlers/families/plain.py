"""Any list with links and a pager of links: 下一页, or page numbers. The family of last resort."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

from crawlers.addresses import fetch_address
from crawlers.errors import BadAddress
from crawlers.families.listing import Family, ListPage, ListRequest, read_links, soup_of, unique

_NEXT = frozenset(
    {"下一页", "下页", "后一页", "下一頁", "下一页>", "下一页>>", "下页>", ">", "›", "»", "next"}
)
_NUMBER = re.compile(r"[\[【]?\s*(\d{1,4})\s*[\]】]?")
_PAGER_WORDS = re.compile(r"pag(?:e|ing|er|ination)|fenye|fanye|yema", re.IGNORECASE)
_TOTAL = re.compile(r"共\s*(\d{1,6})\s*(?:条|篇|项)")


def read(request: ListRequest, text: str) -> ListPage:
    """Read a list page: all its links, and the pages its pager links to."""
    soup = soup_of(text)
    more, blocked = pager(soup, request.url)
    found = _TOTAL.search(soup.get_text(" ", strip=True))
    return ListPage(
        read_links(soup, request.url),
        more,
        total=int(found.group(1)) if found else None,
        blocked_pager=blocked,
    )


def pager(soup: BeautifulSoup, base: str) -> tuple[tuple[ListRequest, ...], bool]:
    """(further pages, whether 下一页 exists but only a script could follow it)."""
    more: list[ListRequest] = []
    blocked = False
    for anchor in soup.find_all("a"):
        label = "".join(anchor.get_text().split()).lower()
        is_next = label in _NEXT
        if not is_next and not (_NUMBER.fullmatch(label) and _in_pager(anchor)):
            continue
        href = str(anchor.get("href") or "").strip()
        if not href or href.lower().startswith("javascript:") or href == "#":
            blocked |= is_next and not _disabled(anchor)
            continue
        try:
            address = fetch_address(href, base)
        except BadAddress:
            continue
        if address != fetch_address(base):
            more.append(ListRequest(address))
    return unique(more), blocked and not more


def _in_pager(anchor: Tag) -> bool:
    for parent in anchor.parents:
        names = f"{parent.get('id') or ''} {parent.get('class') or ''}"
        if _PAGER_WORDS.search(names):
            return True
        if any(
            "".join(other.get_text().split()).lower() in _NEXT for other in parent.find_all("a", limit=30)
        ):
            return True
        if parent.name in {"div", "ul", "table", "body"}:
            return False
    return False


def _disabled(anchor: Tag) -> bool:
    """On the last page the link is dead on purpose: a bare `#`, no handler, or a class that says so."""
    classes = " ".join(anchor.get_attribute_list("class") or [""] if anchor.get("class") else [""])
    href = str(anchor.get("href") or "")
    dead = href in {"", "#", "javascript:;", "javascript:void(0)", "javascript:void(0);"}
    return re.search("disab|dead|noclick", classes) is not None or (dead and not anchor.get("onclick"))


PLAIN = Family("plain", lambda _url, _text: True, read)
