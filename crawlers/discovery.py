"""From a site's address to its annual-report column: a short, polite walk from the home page.

A handful of requests, one at a time, under the same guard, robots rules and pauses as a crawl.
"""

from __future__ import annotations

import heapq
import itertools
import time
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from crawlers.addresses import canonical_key, fetch_address, in_scope, origin
from crawlers.errors import BadAddress, ColumnNotFound, CrawlerError, ListUnreadable
from crawlers.families.listing import Family, Link, ListPage, ListRequest, is_folder, read_links, soup_of
from crawlers.families.registry import FAMILIES, recognise
from crawlers.fetch import Access, Fetcher, Request
from crawlers.markup import text_of
from crawlers.outcomes import Attempt, Outcome
from crawlers.policy import Policy
from crawlers.robots import Rules, read_rules
from crawlers.sites import Site
from crawlers.titles import carries_phrase, in_report_column, lead_rank, names_the_column, passing_reason
from crawlers.tls import STRICT, next_profile

_REQUESTS = 15
_FRAMES = 3
_FETCHED_BY_SCRIPT = frozenset({"gkmlpt", "hanweb", "json", "sitemap"})
_COLUMN_RANK, _ADDRESS_RANK, _LEAD_RANK, _SITEMAP_RANK = 0, 1, 2, 20


@dataclass(frozen=True, slots=True)
class Column:
    """A column found: its first list page, family, and the reports on that page. `pages` counts the list
    pages that the first one leads to, itself included."""

    url: str
    family: str
    reports: tuple[Link, ...]
    pages: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a walk found. `columns` are ordered by what they list, best first; `asked` is every request and
    its end."""

    home: str
    site_name: str | None
    columns: tuple[Column, ...]
    asked: tuple[tuple[str, Outcome], ...]

    def as_site(self, site_id: str) -> Site:
        """The best column as a site to crawl."""
        best = self.columns[0]
        return Site(site_id, self.site_name or site_id, (best.url,), family=best.family)


def propose(address: str, policy: Policy, pause: float = 2.0) -> Proposal:
    """Walk from `address` (a home page, or the column itself) to the site's annual-report columns.

    Waits `pause` seconds, or what robots.txt asks for, between requests. Raises ColumnNotFound with what was
    tried, BadAddress when `address` is none.
    """
    return _Walk(fetch_address(address), address, policy, pause).run()


class _Walk:
    def __init__(self, home: str, written: str, policy: Policy, pause: float) -> None:
        self._home = home
        self._written = written
        self._policy = policy
        self._pause = pause
        self._access = Access(policy.allow, STRICT)
        self._fetcher = Fetcher(policy.user_agent, policy.limits, policy.proxy)
        self._rules: dict[str, Rules] = {}
        self._asked: list[tuple[str, Outcome]] = []
        self._queue: list[tuple[int, int, str]] = []
        self._numbers = itertools.count()
        self._seen: set[str] = set()
        self._columns: list[Column] = []
        self._name: str | None = None

    def run(self) -> Proposal:
        self._offer(_COLUMN_RANK, self._written)
        try:
            while self._queue and len(self._asked) < _REQUESTS and not self._enough():
                rank, _, address = heapq.heappop(self._queue)
                self._visit(rank, address)
        finally:
            self._fetcher.close()
        columns = sorted(self._columns, key=lambda column: -len(column.reports) * column.pages)
        if len(columns) > 1:
            # A home page shows its newest reports, too.
            columns = [column for column in columns if column.url != self._home]
        if not columns:
            tried = "; ".join(f"{url} {outcome}" for url, outcome in self._asked)
            raise ColumnNotFound(f"{self._home}: no annual-report column found ({tried})")
        return Proposal(self._home, self._name, tuple(columns), tuple(self._asked))

    def _enough(self) -> bool:
        """A column under its own name has been found, and what is left only might lead to another."""
        return bool(self._columns) and self._queue[0][0] > _COLUMN_RANK

    def _offer(self, rank: int, address: str) -> None:
        try:
            key = canonical_key(address) + urlsplit(address).fragment
        except BadAddress:
            return
        if key in self._seen or not in_scope(address, (self._home,)):
            return
        self._seen.add(key)
        heapq.heappush(self._queue, (rank, next(self._numbers), address))

    def _visit(self, rank: int, address: str) -> None:
        request = recognise(address, "").first(address)
        attempt = self._ask(request)
        if attempt is None or attempt.body is None:
            return
        text = text_of(attempt.body, attempt.declared_charset)
        try:
            soup = soup_of(text)
        except ListUnreadable:
            return
        if self._name is None:
            self._name = _site_name(soup)
        for link in read_links(soup, attempt.final_url):
            following = _rank(link)
            if following is not None:
                self._offer(following + (rank if following >= _LEAD_RANK else 0), link.url)
        column = self._column(replace(request, url=attempt.final_url), text)
        if column is not None:
            fragment = urlsplit(address).fragment
            self._columns.append(replace(column, url=f"{column.url}#{fragment}" if fragment else column.url))
        elif rank == _COLUMN_RANK and canonical_key(address) == canonical_key(self._home):
            self._offer_sitemaps()

    def _column(self, request: ListRequest, text: str) -> Column | None:
        """The page as a column, if it lists reports."""
        family = recognise(request.url, text)
        try:
            page = family.read(request, text)
            for further in self._where_the_list_may_be(request, page, family):
                if not any(_is_report(link) for link in page.links):
                    page = self._data_page(page, further)
        except (CrawlerError, ValueError, LookupError, RecursionError):
            return None
        reports = tuple(link for link in page.links if _is_report(link))
        if len(reports) < 2 and not (reports and in_report_column(request.url)):
            return None
        return Column(request.url, family.name, reports, 1 + len(page.more))

    def _where_the_list_may_be(
        self, request: ListRequest, page: ListPage, family: Family
    ) -> tuple[ListRequest, ...]:
        """Some columns hold no list themselves: a script fetches it, or a frame shows it."""
        if family.name in _FETCHED_BY_SCRIPT and page.more:
            return page.more[:1]
        if request.url == self._home and page.links:
            return ()
        within = [frame for frame in page.frames if in_scope(frame.url, (self._home,))]
        return tuple(within[:_FRAMES])

    def _data_page(self, page: ListPage, request: ListRequest) -> ListPage:
        """What that place holds, if it is a list; else the page as it was."""
        attempt = self._ask(request)
        if attempt is None or attempt.body is None:
            return page
        text = text_of(attempt.body, attempt.declared_charset)
        found = FAMILIES[recognise(request.url, text).name].read(request, text)
        return found if found.links else page

    def _offer_sitemaps(self) -> None:
        rules = self._rules.get(origin(self._home))
        for sitemap in rules.sitemaps if rules is not None else ():
            self._offer(_SITEMAP_RANK, sitemap)

    def _ask(self, request: ListRequest) -> Attempt | None:
        """Ask politely: the origin's rules first, a pause before each further request. None for a refusal."""
        base = origin(request.url)
        if base not in self._rules:
            self._rules[base] = read_rules(self._fetch(Request(f"{base}/robots.txt", across_hosts=True)))
        if not self._rules[base].permits(request.url):
            self._asked.append((request.url, Outcome.ROBOTS_DISALLOWED))
            return None
        attempt = self._fetch(Request(request.url, form=request.form))
        if attempt.outcome in {Outcome.REDIRECTED, Outcome.REDIRECT_SHELL} and attempt.target:
            self._offer(_COLUMN_RANK, attempt.target)
        return attempt if attempt.outcome in {Outcome.OK, Outcome.SCRIPT_SHELL} else None

    def _fetch(self, request: Request) -> Attempt:
        if self._asked:
            asked_for = max((rules.crawl_delay for rules in self._rules.values()), default=0.0)
            time.sleep(max(self._pause, min(asked_for, self._policy.patience.crawl_delay_ceiling)))
        attempt = self._fetcher.fetch(request, self._access)
        self._asked.append((request.url, attempt.outcome))
        profile = next_profile(self._access.tls_profile, attempt.detail, None)
        if attempt.outcome is Outcome.TLS and profile is not None:
            self._access = replace(self._access, tls_profile=profile)
            return self._fetch(request)
        return attempt


def _rank(link: Link) -> int | None:
    """How promising a link of a page is: the column by name, by address, a page that leads there, or None."""
    if names_the_column(link.title) or (
        carries_phrase(link.title) and is_folder(link.url) and not passing_reason(link.title)
    ):
        return _COLUMN_RANK
    if in_report_column(link.url) and is_folder(link.url):
        return _ADDRESS_RANK
    lead = lead_rank(link.title)
    return None if lead is None else _LEAD_RANK + lead


def _is_report(link: Link) -> bool:
    speaks = link.by_address or carries_phrase(link.title)
    return speaks and passing_reason(link.title) is None and not names_the_column(link.title)


def _site_name(soup: BeautifulSoup) -> str | None:
    """The site's own name: its SiteName meta tag, or what stands first or last in the title."""
    for tag in soup.find_all("meta"):
        if str(tag.get("name") or "").lower() == "sitename" and tag.get("content"):
            return str(tag["content"]).strip()
    title = soup.find("title")
    return title.get_text(strip=True) or None if isinstance(title, Tag) else None
