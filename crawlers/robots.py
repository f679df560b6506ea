"""robots.txt as RFC 9309 has it: 4xx allows everything, 5xx or silence forbids everything, else protego
decides."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from protego import Protego

from crawlers.outcomes import Attempt, Outcome

_PARSED_BYTES = 500 * 1024
"""RFC 9309, 2.5: a parser must read at least 500 KiB; what follows is ignored here."""
_PRODUCT = "gongkai"


@dataclass(frozen=True, slots=True)
class Rules:
    """What one origin lets us do. `state`: rules, absent, unreachable; `blocked` if it was our own guard that
    did not reach it."""

    state: str
    detail: str = ""
    parsed: Protego | None = None
    blocked: bool = False

    def permits(self, url: str) -> bool:
        """Whether the address may be fetched."""
        if self.parsed is not None:
            return bool(self.parsed.can_fetch(url, _PRODUCT))
        return self.state == "absent"

    @property
    def crawl_delay(self) -> float:
        """Seconds asked for between requests; 0 if none, or no number."""
        delay = self.parsed.crawl_delay(_PRODUCT) if self.parsed is not None else None
        return max(0.0, float(delay)) if delay else 0.0

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Sitemap addresses that the file names."""
        return tuple(self.parsed.sitemaps) if self.parsed is not None else ()


ABSENT = frozenset(
    {
        Outcome.GONE,
        Outcome.CLIENT_ERROR,
        Outcome.REDIRECT_LOOP,
        Outcome.BLOCKED,
        Outcome.EMPTY,
        Outcome.SOFT404,
    }
)
"""Unavailable in the RFC's sense (2.3.1.3, and 2.3.1.2 for redirects): access is not restricted.

A 403 for robots.txt counts as unavailable, too; a block that means us shows on the pages themselves.
"""


def read_rules(attempt: Attempt) -> Rules:
    """The rules of an origin by the answer for its robots.txt.

    A web page instead of a robots file holds no rule and so forbids nothing. The BOM must go before parsing,
    or the first group is lost.
    """
    arrived = attempt.status is not None and 200 <= attempt.status < 300 and attempt.body is not None
    if arrived and attempt.outcome is not Outcome.CHALLENGE:
        body = (attempt.body or b"").removeprefix(codecs.BOM_UTF8)[:_PARSED_BYTES]
        if body.lstrip()[:1] == b"<":
            return Rules("absent", "a web page stands in its place")
        return Rules("rules", parsed=Protego.parse(body.decode("utf-8", "replace")))
    if attempt.outcome in ABSENT:
        return Rules("absent", f"{attempt.outcome}: {attempt.detail}")
    blocked = attempt.outcome is Outcome.BLOCKED_ADDRESS
    return Rules("unreachable", f"{attempt.outcome}: {attempt.detail}", blocked=blocked)
