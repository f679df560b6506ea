"""The operator's part of `gongkai status`: last nights, what stands, what waits, room on the disk, the schedule."""

from __future__ import annotations

import shutil
from pathlib import Path

from rich.console import Console
from rich.table import Table

from crawlers.archive import Archive
from flows.operations.clock import next_due, now
from flows.operations.runs import RUNNING, RunRecord, lock_of, records
from flows.operations.standing import read_standing
from flows.settings import Settings
from warehouse.errors import LockTimeout
from warehouse.locks import hold

NIGHTS = 7
GIB = 1 << 30


def show_nights(screen: Console, settings: Settings) -> None:
    """Print it; leaves no trace where nothing has run yet."""
    state = settings.data.state
    runs = records(state)
    if runs:
        screen.print(_runs(state, runs[-NIGHTS:]))
    standing = read_standing(state)
    for name, condition in standing.conditions.items():
        nights = f"{condition.nights} night{'s' if condition.nights > 1 else ''}"
        screen.print(
            f"stands: {name}: {condition.reason} (since {condition.since}, {nights})",
            highlight=False, soft_wrap=True, markup=False,
        )  # fmt: skip
    if standing.hold is not None:
        line = f"held: by {standing.hold.run}: {'; '.join(standing.hold.reasons)}"
        screen.print(line, highlight=False, soft_wrap=True, markup=False)
        screen.print(f"  look: gongkai diff {settings.data.datasets} held", highlight=False, soft_wrap=True)
        screen.print("  let it through: gongkai publish --accept REASON", highlight=False)
    _show_archive(screen, settings)
    schedule = settings.schedule
    due = next_due(schedule, now(settings))
    screen.print(
        f"Schedule: {schedule.cron} ({schedule.timezone}), next {due:%Y-%m-%d %H:%M}.", highlight=False
    )


def _runs(state: Path, runs: list[RunRecord]) -> Table:
    table = Table("run", "began", "state", title="Last runs", title_justify="left")
    for column in ("new", "changed", "refused", "failed"):
        table.add_column(column, justify="right")
    table.add_column("why")
    alive = {kind for kind in {record.kind for record in runs} if _alive(state, kind)}
    for record in runs:
        pages = record.figures.get("pages", {})
        counts = (
            f"{pages[name]:,}" if pages.get(name) else "" for name in ("new", "changed", "refused", "failed")
        )
        # What a kill left behind is marked by the next run; until then it is told here.
        dead = record.state == RUNNING and record.kind not in alive
        ending = "dead" if dead else record.state
        table.add_row(record.id, record.started[:16], ending, *counts, "; ".join(record.reasons)[:80])
    return table


def _alive(state: Path, kind: str) -> bool:
    try:
        with hold(lock_of(state, kind), "status", 0):
            return False
    except LockTimeout:
        return True


def _show_archive(screen: Console, settings: Settings) -> None:
    archive = settings.data.archive
    if not archive.is_there():
        return
    here = archive.objects.folder or settings.data.state
    if not here.is_dir():
        return
    free = shutil.disk_usage(here)
    screen.print(
        f"Disk: {free.free / GIB:,.1f} GiB free of {free.total / GIB:,.1f} under {here}.",
        highlight=False,
    )
    with Archive(archive) as opened:
        oldest = opened.oldest_unconfirmed()
    if oldest is not None:
        source, since = oldest
        line = f"Oldest unverified: {source}, last confirmed by its site {since:%Y-%m-%d}."
        screen.print(line, highlight=False, soft_wrap=True, markup=False)
