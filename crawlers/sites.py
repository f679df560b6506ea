"""What the crawler knows of a source before it looks: where the lists are and how gently to ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from pathlib import Path
from urllib.parse import urlsplit

from crawlers.errors import BadSite

TLS_MODES = frozenset({"auto", "strict", "compat"})
TITLE_RULES = frozenset({"phrase", "any"})


@dataclass(frozen=True, slots=True)
class Site:
    """One source: an annual-report column, or several lists that belong together.

    `lists` are addresses of first list pages. `family` names a list adapter of `crawlers.families`, or
    "auto". `titles`: "phrase" follows only links whose title names an annual report; "any" follows every
    article of the list, for columns that print nothing but an organ's name. `hosts` are further hosts
    (`x.org.cn`) its pages may lie on, besides its own domain and any `.gov.cn`. `window` is (start, end) in
    Asia/Shanghai, outside of which the site is left alone. `tls` is a profile or "auto" (strict, then compat
    where only age forbids strict). `ca_file` holds intermediates that the server forgets to send. `allow`
    opens non-public addresses to this site alone: "127.0.0.1:8123", or "127.0.0.0/8:8123".
    """

    id: str
    name: str
    lists: tuple[str, ...]
    region: str | None = None
    family: str = "auto"
    delay_seconds: float = 2.0
    min_reports: int = 0
    titles: str = "phrase"
    hosts: tuple[str, ...] = ()
    window: tuple[time, time] | None = None
    tls: str = "auto"
    ca_file: Path | None = None
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could only fail later. Raises BadSite."""
        if not self.id or not self.lists:
            raise BadSite(f"site {self.id!r}: an id and at least one list address are needed")
        for address in self.lists:
            parts = urlsplit(address)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise BadSite(f"site {self.id}: list {address!r} is no http(s) address")
        if self.delay_seconds < 0 or self.min_reports < 0:
            raise BadSite(f"site {self.id}: delay_seconds and min_reports cannot be negative")
        if self.tls not in TLS_MODES:
            raise BadSite(f"site {self.id}: tls {self.tls!r} is none of {sorted(TLS_MODES)}")
        if self.titles not in TITLE_RULES:
            raise BadSite(f"site {self.id}: titles {self.titles!r} is none of {sorted(TITLE_RULES)}")
