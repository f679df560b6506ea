"""`nightly` and `publish` as the command line runs them."""

# ruff: noqa: PLC0415 (Prefect is imported after its settings are decided)

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from flows.commands import DONE, DONE_WITH_GAPS, tell_build, tell_sources
from flows.crawl_policy import require_contact
from flows.errors import UnusableArgument
from flows.operations.clock import now
from flows.operations.metrics import write_metrics
from flows.operations.standing import accept, changing, noted
from flows.operations.telling import HELD, tell_changes
from flows.progress import shown_on
from flows.runtime import prepare_prefect
from flows.sample_marker import refuse_sample
from flows.settings import load_known_settings
from flows.sharing import shared_tables
from warehouse.diff import compare
from warehouse.errors import NothingHeld
from warehouse.held import held_state, publish_held
from warehouse.reading import pinned
from warehouse.release_texts import changes_in_short


def run_nightly(screen: Console, config: Path) -> int:
    """`gongkai nightly`: the exit code, 1 where the night has gaps or its tables are held."""
    settings = load_known_settings(config)
    require_contact(settings, config)
    if not settings.on_loopback:
        refuse_sample(settings.data.datasets, "`make clean` removes them")
    prepare_prefect(settings.data.state)
    return night_and_tell(screen, config)


def night_and_tell(screen: Console, config: Path) -> int:
    """Run the night with progress bars, print what it did; the exit code."""
    from flows.operations.nightly import nightly_flow

    with shown_on(screen):
        report = nightly_flow(config.resolve())
    settings = load_known_settings(config)
    code = tell_sources(screen, report.sources, settings.thresholds.sources_complete_share)
    code = max(code, tell_build(screen, report.build, settings.data.datasets))
    if report.release is not None:
        screen.print(f"Release {report.release.name}: {report.release}", highlight=False, soft_wrap=True)
    screen.print(f"Night {report.run}: {report.state}.", highlight=False)
    return DONE_WITH_GAPS if report.gaps else code


def run_publish(screen: Console, config: Path, reason: str) -> int:
    """`gongkai publish --accept REASON`: put the held tables in force; the exit code.

    Raises UnusableArgument for a blank reason, NothingHeld, HeldOutdated and warehouse's other errors.
    """
    settings = load_known_settings(config)
    if not reason.strip():
        raise UnusableArgument("--accept", "say why: whoever asks later reads this line")
    root, state = settings.data.datasets, settings.data.state
    waiting = held_state(root)
    if waiting is None:
        raise NothingHeld(root)
    before = pinned(root)
    with shared_tables(settings, "publish") as share, changing(state) as change:
        held = change.value.hold
        line = accept(state, reason.strip(), now(settings), before.number + 1, held)
        published = publish_held(root)
        listed = held.listed if held else {}
        change.set(hold=None, measures={**change.value.measures, **listed})
        change.value = noted(change.value, {}, now(settings), prefix=HELD)
        change.value = tell_changes(change.value, settings.telling, config)
        share()
    write_metrics(settings)
    for crossed in line["crossed"]:
        screen.print(f"let through: {crossed}", highlight=False, soft_wrap=True, markup=False)
    screen.print(changes_in_short(compare(before, published)), highlight=False)
    screen.print(f"Published as {line['who']} wanted: {line['reason']}", highlight=False, markup=False)
    return DONE
