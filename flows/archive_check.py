"""`gongkai archive verify`: is what the ledger names still there, and still what it was?"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from crawlers.archive import Archive
from flows.commands import DONE, DONE_WITH_GAPS
from flows.errors import NothingArchived
from flows.settings import load_known_settings


def run_verify(screen: Console, config: Path, quarantine: bool, sweep: bool) -> int:
    """Hash every object again; the exit code, 1 where one is damaged or missing.

    Raises NothingArchived where there is no archive: opening one would make it.
    """
    place = load_known_settings(config).data.archive
    if not place.is_there():
        raise NothingArchived(place)
    with Archive(place) as archive:
        report = archive.verify()
        screen.print(
            f"{report.checked:,} objects read, {len(report.damaged):,} damaged, "
            f"{len(report.orphans):,} that nothing names.",
            highlight=False,
        )
        for damage in report.damaged:
            pages = ", ".join(damage.sources)
            screen.print(f"damaged: {damage.reason}: {pages}", highlight=False, soft_wrap=True, markup=False)
        if quarantine and report.damaged:
            moved = archive.quarantine(report.damaged)
            told = f"{moved:,} objects moved to {place.objects}/damaged; the next crawl fetches their pages in full."
            screen.print(told, highlight=False, soft_wrap=True)
        if sweep:
            screen.print(f"{archive.sweep():,} left-over files removed.", highlight=False)
    return DONE_WITH_GAPS if report.damaged else DONE
