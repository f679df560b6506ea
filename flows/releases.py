"""`gongkai release` and `gongkai diff`: the dataset as it stands, kept for good, and what changed between two."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flows.commands import DONE
from flows.errors import ConfigError, UnusableArgument
from flows.operations.clock import now
from flows.sample_marker import refuse_sample
from flows.settings import Settings, load_known_settings
from warehouse.diff import compare, state_of
from warehouse.held import held_state
from warehouse.release import About, Release, make_release, releases
from warehouse.release_texts import changes_in_short, changes_text

SHOWN = 10


def run_release(screen: Console, config: Path) -> int:
    """Make a release of the tables in force, or say that nothing changed since the last; the exit code.

    Raises ConfigError without a homepage, UnusableArgument for the demo's figures, and warehouse's errors.
    """
    settings = load_known_settings(config)
    made = released(settings, config, now(settings).date())
    if made.made:
        screen.print(f"Release {made.path.name}: {made.path}", highlight=False, soft_wrap=True, markup=False)
        screen.print(changes_in_short(made.difference), highlight=False)
    else:
        screen.print(f"Nothing changed since release {made.path.name}: none was made.", highlight=False)
    return DONE


def released(settings: Settings, config: Path, today: date) -> Release:
    """The release of the tables in force: a new one, or the last where nothing changed. Errors: see `run_release`."""
    if settings.homepage is None:
        raise ConfigError(config, 0, "homepage is missing: name the address where your releases can be had")
    refuse_sample(settings.data.datasets, "they are not to be released")
    return make_release(
        settings.data.datasets, settings.data.releases, today, About(homepage=settings.homepage)
    )


def run_diff(screen: Console, config: Path, earlier: str, later: str) -> int:
    """Print what changed from one release, or dataset, to another, as in a release's CHANGES.md; the exit code."""
    before, after = place_of(config, earlier), place_of(config, later)
    difference = compare(state_of(before), state_of(after))
    if difference.empty:
        screen.print(f"{after.name} holds what {before.name} holds.", highlight=False, markup=False)
    else:
        text = changes_text(difference, after.name, before.name)
        screen.print(text, highlight=False, soft_wrap=True, markup=False, end="")
    return DONE


def show_releases(screen: Console, folder: Path) -> None:
    """The latest releases with their reports and rows, the newest last; a line where there is none."""
    made = releases(folder) if folder.is_dir() else []
    if not made:
        screen.print(f"No release yet under {folder}.", highlight=False, soft_wrap=True, markup=False)
        return
    table = Table("release", title="Releases", title_justify="left")
    for column in ("reports", "rows"):
        table.add_column(column, justify="right")
    for path in made[-SHOWN:]:
        rows = {name: sum(f.rows for f in files.values()) for name, files in state_of(path).files.items()}
        table.add_row(path.name, f"{rows['reports']:,}", f"{sum(rows.values()):,}")
    screen.print(table)
    if len(made) > SHOWN:
        screen.print(f"{len(made) - SHOWN:,} older ones under {folder}.", highlight=False, soft_wrap=True)


def place_of(config: Path, named: str) -> Path:
    """A path as given, `held`, or a release by its name in the configuration's folder of releases."""
    path = Path(named)
    if path.is_dir():
        return path
    settings = load_known_settings(config)
    if named == "held" and (waiting := held_state(settings.data.datasets)) is not None:
        return waiting.path
    folder = settings.data.releases
    if (folder / named).is_dir():
        return folder / named
    raise UnusableArgument(named, f"neither a folder nor a release under {folder}")
