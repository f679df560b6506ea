"""What the user of `gongkai backfill` asked for, checked before anything starts."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from flows.errors import UnusableArgument
from flows.settings import Settings, load_known_settings

FIRST_YEAR, LAST_YEAR = 2007, 2100
"""The Regulation on disclosure took effect in May 2008."""


@dataclass(frozen=True)
class BackfillOrder:
    """What to fill in: reports of these years (none: any) from these sources; from the archive alone, or from WARC
    files, if asked."""

    sites: tuple[str, ...]
    years: tuple[int, ...] = ()
    from_archive: bool = False
    warc: tuple[str, ...] = ()
    """Web archives that are taken into the archive instead of crawling."""

    @property
    def key(self) -> str:
        """The same for the same wish: under it the ledger knows a backfill that was killed."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:8]


def years_of(text: str | None) -> tuple[int, ...]:
    """`2019-2023`, `2020` or `2019,2021-2022` as years in order; none where nothing was asked. UnusableArgument."""
    if text is None:
        return ()
    years: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{4})(?:\s*-\s*(\d{4}))?\s*", part)
        if match is None:
            raise UnusableArgument(f"--years {text}", "years are like 2019-2023 or 2019,2021")
        first, last = int(match[1]), int(match[2] or match[1])
        if not FIRST_YEAR <= first <= last <= LAST_YEAR:
            raise UnusableArgument(
                f"--years {text}", f"{part.strip()} is no span of years from {FIRST_YEAR} on"
            )
        years.update(range(first, last + 1))
    return tuple(sorted(years))


def sites_of(settings: Settings, sites: Sequence[str], regions: Sequence[str]) -> tuple[str, ...]:
    """Ids of the sources that were named or lie in the regions; all where neither is given. UnusableArgument."""
    chosen = {site.id for site in settings.select(list(sites))} if sites or not regions else set()
    for region in regions:
        if re.fullmatch(r"\d{2}|\d{4}|\d{6}", region) is None:
            raise UnusableArgument(f"--region {region}", "a region is a GB/T 2260 code, like 430000 or 4308")
        within = re.sub(r"(00)+$", "", region) or "00"
        found = {site.id for site in settings.sites if site.region.startswith(within)}
        if not found:
            raise UnusableArgument(f"--region {region}", "no source of the configuration lies there")
        chosen |= found
    return tuple(site.id for site in settings.sites if site.id in chosen)


def ordered(
    config: Path, years: str | None, sites: Sequence[str], regions: Sequence[str], from_archive: bool
) -> BackfillOrder:
    """The wish as an order. Raises ConfigError, UnusableArgument."""
    settings = load_known_settings(config)
    return BackfillOrder(sites_of(settings, sites, regions), years_of(years), from_archive)


def with_warc(order: BackfillOrder, files: Sequence[Path], dry_run: bool) -> BackfillOrder:
    """The order with web archives to take; they hold what they hold, so it may ask for nothing else.

    Raises UnusableArgument.
    """
    if not files:
        return order
    if order.from_archive or order.years or dry_run:
        raise UnusableArgument(
            "--warc", "takes all pages of its files: no --years, --from-archive or --dry-run"
        )
    for file in files:
        if not file.is_file():
            raise UnusableArgument(f"--warc {file}", "no such file")
    return replace(order, warc=tuple(str(file.resolve()) for file in files))
