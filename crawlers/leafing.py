"""Leafing through a source's lists: what was asked and shown so far, and whether an answer is the whole list page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from crawlers.outcomes import Attempt

_FRAMES = ("content-length", "transfer-encoding", "content-encoding")
_DOCUMENT = re.compile(rb"<(?i:html|urlset|sitemapindex)\b")
_DOCUMENT_ENDS = re.compile(rb"</(?i:html|urlset|sitemapindex)\s{0,9}>")


@dataclass(slots=True)
class Lists:
    """How leafing through a source's lists went."""

    asked: set[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=set)
    read: int = 0
    open: int = 0
    failures: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    total: int | None = None
    pages: int | None = None
    framed: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    shown: dict[frozenset[str], str] = field(default_factory=dict)
    barren: dict[str, int] = field(default_factory=dict)

    def forget_links(self) -> None:
        """After the last list page: for thousands of sources, what leafing alone needs would fill memory for hours."""
        self.seen.clear()
        self.shown.clear()
        self.barren.clear()


def may_be_cut(attempt: Attempt) -> bool:
    """Whether an answer just ends with its connection, in the midst of a document whose end is missing: a list cut so
    reads like a shorter one."""
    if any(name in attempt.headers for name in _FRAMES) or not attempt.body:
        return False
    return _DOCUMENT.search(attempt.body[:4096]) is not None and _DOCUMENT_ENDS.search(attempt.body) is None
