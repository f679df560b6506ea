"""What is known of a page before it is read: its address, and what the site and its list said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Page:
    """`source` is the address, or the path given to `extract`. The rest is null where no crawl knew it."""

    source: str
    site_name: str | None = None
    site_region: str | None = None
    """GB/T 2260 code of the region whose government runs the site."""
    list_title: str | None = None
    list_date: date | None = None
