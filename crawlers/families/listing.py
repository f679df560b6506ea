"""What every list family gives: links as the page prints them, and the requests that lead further."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from bs4.filter import SoupStrainer

from crawlers.addresses import fetch_address
from crawlers.errors import BadAddress, ListUnreadable

_DATE = re.compile(r"(?<!\d)(20\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*日?")
# A day and its month in two elements, either first: `25 2022-01`, `2022.01 25`.
_SPLIT_DATE = re.compile(
    r"(?<!\d)(?P<d1>\d{1,2})日?\s+(?P<y1>20\d{2})\s*[-/.年]\s*(?P<m1>\d{1,2})月?(?![\d-])"
    r"|(?<!\d)(?P<y2>20\d{2})\s*[-/.年]\s*(?P<m2>\d{1,2})月?\s+(?P<d2>\d{1,2})日?(?!\d)"
)
MOST_PAGES = 1000
"""No list is leafed through further, whatever number of pages it claims."""
_LINK_OPENED, _LINK_CLOSED = re.compile(r"<a(?=[\s>])", re.IGNORECASE), re.compile(r"</a", re.IGNORECASE)
_OPTION_OPENED = re.compile(r"<option(?=[\s>])", re.IGNORECASE)
_LEFT_OPEN_AT_MOST = 50
_LINKS_AT_MOST = 20_000
# A `<` that another follows before any `>`. A few stand in texts and attributes; Python's parser looks to the page's
# end for each.
_NEVER_ENDED = re.compile(r"<(?=[^<>]*<)")
_NEVER_ENDED_AT_MOST = 500
# Comments and marked sections with the sign of their end, for which Python's parser looks to the page's end, too.
_SECTIONS = (("<!--", re.compile(r"--\s{0,9}>")), ("<![", re.compile(r"\]\s{0,9}>")))
# Marked sections that Python's parser knows; it gives up on a page with any other.
_UNKNOWN_SECTION = re.compile(
    r"<!\[(?!(?:temp|cdata|ignore|include|rcdata|if|else|endif)(?![-_.a-z0-9]))", re.IGNORECASE | re.ASCII
)
_SCRIPT_READ = 2000
_NEAR = 40
_LINKS_OF_A_ROW, _PARTS_OF_A_ROW = 3, 2000
_CUT_SHORT = ("...", "…", "..")
_ROWS = ("li", "tr", "dd", "dl", "p")
_SCRIPTED_ADDRESS = re.compile(
    r"""(?:\b(?:open|href|location|replace|assign|navigate)\b|\b\w*(?:url|link|page|detail|info)\w*)\s*[=(]\s*"""
    r"""["']([^"'+{}<>\s]*[./][^"'+{}<>\s]*)["']""",
    re.IGNORECASE,
)
_WRITTEN_LINK = re.compile(
    r"<a\s(?=[^<>]{0,900}?href)[^<>]{0,1800}>.{0,600}?</a\s{0,9}>", re.IGNORECASE | re.DOTALL
)
_WRITERS = ("script", "textarea", "xmp", "template")
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

    `pages` is how many list pages it says there are. `blocked_pager` says that the page shows a pager which only a
    script can work. `frames` are the pages shown inside this one: where this one names no report, they may.
    """

    links: tuple[Link, ...]
    more: tuple[ListRequest, ...] = ()
    total: int | None = None
    rows: int | None = None
    blocked_pager: bool = False
    pages: int | None = None
    frames: tuple[ListRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """A list adapter. `recognises(url, text)` is asked in the registry's order; `first` makes the first
    request."""

    name: str
    recognises: Callable[[str, str], bool]
    read: Callable[[ListRequest, str], ListPage]
    first: Callable[[str], ListRequest] = lambda address: ListRequest(fetch_address(address))


# Below, elements are looked for by their name, or all of them: BeautifulSoup matches any other description element by
# element, which takes ten times as long.


def soup_of(text: str, only: SoupStrainer | None = None) -> BeautifulSoup:
    """The page as BeautifulSoup reads it: lenient, and deep nesting loses nothing.

    A link and an entry of a menu end where the next one begins, as in a browser; where many are left open, they are
    closed before parsing, since each would otherwise hold all that follow, and take a time that grows with their
    square. `only` are the elements to read. Raises ListUnreadable for more links than any list shows, and for markup
    that cannot be parsed.
    """
    links = len(_LINK_OPENED.findall(text))
    if links > _LINKS_AT_MOST:
        raise ListUnreadable(f"{links} links on one page")
    if links > len(_LINK_CLOSED.findall(text)) + _LEFT_OPEN_AT_MOST:
        text = _LINK_OPENED.sub("</a><a", text)
    if "<option" in text.lower() and len(_OPTION_OPENED.findall(text)) > _LEFT_OPEN_AT_MOST:
        text = _OPTION_OPENED.sub("</option><option", text)
    if len(_NEVER_ENDED.findall(text)) > _NEVER_ENDED_AT_MOST:
        text = _NEVER_ENDED.sub("&lt;", text)
    for opening, ending in _SECTIONS:
        if text.count(opening) > _NEVER_ENDED_AT_MOST:
            end = max((found.end() for found in ending.finditer(text)), default=0)
            text = text[:end] + text[end:].replace(opening, f"&lt;{opening[1:]}")
    try:
        return BeautifulSoup(text, "html.parser", parse_only=only)
    except ParserRejectedMarkup:
        # A browser takes an unknown section for a comment that ends at the next `>`; so does the parser behind a space.
        text = _UNKNOWN_SECTION.sub("<! [", text)
    try:
        return BeautifulSoup(text, "html.parser", parse_only=only)
    except ParserRejectedMarkup as error:
        raise ListUnreadable(f"markup that cannot be parsed: {error}") from error


def near_parents(tag: Tag) -> Iterator[Tag]:
    """The innermost elements around a tag. Hostile or Word-made pages nest thousands."""
    return itertools.islice(tag.parents, _NEAR)


def read_links(soup: BeautifulSoup | Tag, base: str) -> tuple[Link, ...]:
    """Every link of the page that leads to an http(s) address, in order; `<base href>` is honoured."""
    declared = next((tag for tag in soup.find_all("base") if tag.has_attr("href")), None)
    if declared is not None:
        base = absolute(str(declared["href"]), base) or base
    found = []
    for anchor in (*soup.find_all("a"), *_written(soup)):
        url = address_of(anchor, base)
        if url is None:
            continue
        text = anchor.get_text(" ", strip=True)
        row = next((parent for parent in near_parents(anchor) if parent.name in _ROWS), None)
        printed = _date_in(text) or _date_beside(anchor, row)
        in_row = printed is not None or _ARTICLE.search(url) is not None
        found.append(Link(url, _title(anchor, text), printed, in_row))
    return tuple(found)


def _written(soup: BeautifulSoup | Tag) -> list[Tag]:
    """Links that a script writes into the page as they stand: `document.write('<li><a href="/x.html">…')`, and those
    of a template. An address with a gap for a variable is none."""
    found: list[Tag] = []
    for writer in soup.find_all(True):
        if writer.name not in _WRITERS:
            continue
        text = writer.string or writer.get_text()
        if "<a" in text.lower():
            text = text.replace('\\"', '"').replace("\\'", "'").replace("\\/", "/")
            pieces = _WRITTEN_LINK.findall(text)
            found.extend(
                anchor
                for anchor in soup_of("".join(pieces)).find_all("a", href=True)
                if not set("+{}$<>'\"") & set(str(anchor["href"]))
            )
    return found


def address_of(anchor: Tag, base: str) -> str | None:
    """Where a link leads, absolute; also one whose script names the address: `onclick="window.open('/x.html')"`."""
    href = str(anchor.get("href") or "").strip()
    if href and not href.lower().startswith(("javascript:", "mailto:", "tel:", "#", "data:")):
        return absolute(href, base)
    script = href.partition(":")[2] if href.lower().startswith("javascript:") else ""
    named = _SCRIPTED_ADDRESS.search(f"{script};{anchor.get('onclick') or ''}"[:_SCRIPT_READ])
    return absolute(named.group(1), base) if named else None


def absolute(href: str, base: str) -> str | None:
    """Where an href of a list page leads; None where nothing can be asked there, as with `javascript:`."""
    try:
        url = fetch_address(href, base)
    except BadAddress:
        return None
    # The one system whose fragments name a list: see crawlers.families.gkmlpt.
    fragment = urlsplit(href).fragment if "/gkmlpt/" in url else ""
    return f"{url}#{fragment}" if fragment.isdigit() else url


def read_options(soup: BeautifulSoup, base: str) -> tuple[Link, ...]:
    """The entries of menus whose values are addresses, as links."""
    found = []
    for option in soup.find_all("option"):
        if not option.has_attr("value"):
            continue
        value = str(option["value"]).strip()
        url = absolute(value, base) if set("./?") & set(value) else None
        if url is not None:
            found.append(Link(url, option.get_text(" ", strip=True), None, False))
    return tuple(found)


def frames_of(soup: BeautifulSoup, base: str) -> tuple[ListRequest, ...]:
    """The pages that this one shows in frames."""
    found = []
    for frame in soup.find_all(True):
        if frame.name not in {"frame", "iframe"} or not frame.has_attr("src"):
            continue
        url = absolute(str(frame["src"]), base)
        if url is not None and url != fetch_address(base):
            found.append(ListRequest(url))
    return unique(found)


def _title(anchor: Tag, text: str) -> str:
    """The link's text without the date some templates put inside it; the title attribute where that says
    more."""
    shown = _DATE.sub("", text).strip(" []()【】·•\t")
    # Most links hold a text and no element; looking for elements takes longer than all else here.
    holds_more = any(isinstance(part, Tag) for part in anchor.contents)
    inside = anchor.find_all(True) if holds_more else ()
    inner = (tag.get(name) for tag in inside for name in ("title", "alt"))
    attributes = [str(value).strip() for value in (anchor.get("title"), *inner) if value]
    longest = max(attributes, key=len, default="")
    if longest and (shown.endswith(_CUT_SHORT) or len(longest) > len(shown)):
        return longest
    return shown


def _date_beside(anchor: Tag, row: Tag | None) -> date | None:
    """The date printed in the link's own row, or behind it; a row with many links says nothing about one of them, and
    what holds a link behind this one speaks of that."""
    if row is not None and not _holds_links(row, beyond=_LINKS_OF_A_ROW):
        return _date_in(row.get_text(" ", strip=True))
    sibling = anchor.find_next_sibling()
    if not isinstance(sibling, Tag) or sibling.name == "a" or _holds_links(sibling, beyond=0):
        return None
    return _date_in(sibling.get_text(" ", strip=True))


def _holds_links(row: Tag, beyond: int) -> bool:
    """Whether more than so many links stand in an element, or more than a row holds: one whose end is missing holds all
    that follows. No more of it is looked at than that takes; BeautifulSoup's `descendants` looks for the end first."""
    links = parts = 0
    within = [iter(row.contents)]
    while within:
        part = next(within[-1], None)
        if part is None:
            within.pop()
            continue
        parts += 1
        if isinstance(part, Tag):
            links += part.name == "a" and "href" in part.attrs
            within.append(iter(part.contents))
        if links > beyond or parts > _PARTS_OF_A_ROW:
            return True
    return False


def _date_in(text: str) -> date | None:
    for year, month, day in _DATE.findall(text):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    split = _SPLIT_DATE.search(text)
    if split:
        parts = (split["y1"] or split["y2"], split["m1"] or split["m2"], split["d1"] or split["d2"])
        try:
            return date(*(int(part) for part in parts))
        except ValueError:
            return None
    return None


def parse_date(text: str) -> date | None:
    """The first real date in a text such as `2022-01-25` or `2022年1月25日`."""
    return _date_in(text)


def day_of(value: object) -> date | None:
    """The day that data give as text, or as seconds or milliseconds since 1970: in Beijing, as pages show it.

    None for a number that is neither.
    """
    if isinstance(value, str):
        return parse_date(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**14:
        return None
    seconds = value / 1000 if value > 10**11 else value
    return (datetime.fromtimestamp(seconds, UTC) + _BEIJING).date()


_BEIJING = timedelta(hours=8)


def is_folder(url: str) -> bool:
    """Whether an address looks like a column rather than an article: a folder, or its index page."""
    path = urlsplit(url).path
    name = path.rpartition("/")[2]
    return _ARTICLE.search(url) is None and (not name or name.lower().startswith(("index", "list", "nlist")))


def unique(requests: Iterable[ListRequest]) -> tuple[ListRequest, ...]:
    """The requests without repetitions, in order."""
    return tuple({request.key: request for request in requests}.values())
