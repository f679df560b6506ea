"""`gongkai status`: what each source last gave, what the tables hold, how the last nights went."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from crawlers.archive import Archive
from crawlers.records import SourceFigures
from flows.commands import SOURCE_FIGURES
from flows.operations.overview import show_nights
from flows.releases import show_releases
from flows.settings import Settings, load_known_settings
from flows.summary import show_held
from warehouse.snapshots import current


def show_status(screen: Console, config: Path) -> int:
    """Print the state of sources, tables, releases and schedule; always 0 where the configuration is good."""
    settings = load_known_settings(config)
    screen.print(_sources(settings))
    held = current(settings.data.datasets)
    if held is None:
        screen.print(f"No tables yet under {settings.data.datasets}.", highlight=False, soft_wrap=True)
    else:
        show_held(screen, settings.data.datasets, held)
    show_releases(screen, settings.data.releases)
    show_nights(screen, settings)
    return 0


def _sources(settings: Settings) -> Table:
    figures = _last_figures(settings)
    table = Table("source", "status", "last run", title="Sources", title_justify="left")
    for name in SOURCE_FIGURES:
        table.add_column(name.replace("_", " "), justify="right")
    table.add_column("reason")
    for site in settings.sites:
        last = figures[site.id]
        if last is None:
            table.add_row(site.id, site.status, "never")
            continue
        counts = (getattr(last, name) for name in SOURCE_FIGURES)
        table.add_row(
            site.id,
            site.status,
            last.state,
            *(f"{count:,}" if count else "" for count in counts),
            last.reason,
        )
    return table


def _last_figures(settings: Settings) -> dict[str, SourceFigures | None]:
    # Opening an archive would make one: status leaves no trace.
    if not settings.data.archive.is_there():
        return dict.fromkeys((site.id for site in settings.sites), None)
    with Archive(settings.data.archive) as archive:
        return {site.id: archive.ledger.last_source(site.id) for site in settings.sites}
