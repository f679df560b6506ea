"""`nightly` and `publish` as the command line runs them."""

# ruff: noqa: PLC0415 (Prefect is imported after its settings are decided)

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from flows.commands import DONE, DONE_WITH_GAPS, crawl_and_tell, tell_build, tell_sources
from flows.crawl_policy import require_contact
from flows.errors import UnusableArgument
from flows.operations.backfill_wish import BackfillOrder
from flows.operations.clock import now
from flows.operations.metrics import write_metrics
from flows.operations.standing import accept, changing, noted
from flows.operations.telling import HELD, tell_changes
from flows.plan import Selection, selected_sources
from flows.progress import shown_on
from flows.runtime import prepare_prefect, prepare_server
from flows.sample_marker import refuse_sample
from flows.settings import load_known_settings
from flows.sharing import require_reach, shared_tables
from warehouse.diff import compare
from warehouse.errors import NothingHeld
from warehouse.held import held_state, publish_held
from warehouse.reading import arrow_table, frame_of, pinned
from warehouse.release_texts import changes_in_short, changes_text
from warehouse.snapshots import Snapshot


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


def run_backfill(screen: Console, config: Path, order: BackfillOrder, dry_run: bool) -> int:
    """`gongkai backfill`: the exit code, 1 where a source is not complete or the tables are held."""
    settings = load_known_settings(config)
    if not order.from_archive and not order.warc:
        require_contact(settings, config)
    if not settings.on_loopback:
        refuse_sample(settings.data.datasets, "`make clean` removes them")
    require_reach(settings)
    prepare_prefect(settings.data.state)
    return backfill_and_tell(screen, config, order, dry_run)


def backfill_and_tell(screen: Console, config: Path, order: BackfillOrder, dry_run: bool = False) -> int:
    """Run the backfill with progress bars, or only name its pages; print what it did; the exit code."""
    from flows.operations.backfill import backfill_flow, crawl_order, narrowing_of

    settings = load_known_settings(config)
    if dry_run and order.from_archive:
        selection = Selection("named", frozenset(order.sites), frozenset(order.years))
        for source in selected_sources(settings.data.archive, selection):
            screen.print(f"would read: {source}", highlight=False, soft_wrap=True, markup=False)
        return DONE
    if dry_run:
        return crawl_and_tell(screen, config, narrowing_of(order, dry_run=True), crawl_order(settings, order))
    with shown_on(screen):
        report = backfill_flow(config.resolve(), order)
    code = DONE
    if report.sources:
        code = tell_sources(screen, report.sources, settings.thresholds.sources_complete_share)
    code = max(code, tell_build(screen, report.build, settings.data.datasets))
    screen.print(f"Backfill {report.run}.", highlight=False)
    return DONE_WITH_GAPS if report.gaps else code


def run_rebuild(screen: Console, config: Path, publishes: bool) -> int:
    """`gongkai rebuild`: show what reading again would change; the exit code, 1 where tables wait."""
    settings = load_known_settings(config)
    if not settings.on_loopback:
        refuse_sample(settings.data.datasets, "`make clean` removes them")
    require_reach(settings)
    prepare_prefect(settings.data.state)
    return rebuild_and_tell(screen, config, publishes)


def rebuild_and_tell(screen: Console, config: Path, publishes: bool) -> int:
    """Run the rebuild with progress bars, print what would change, publish if asked and no guard is crossed."""
    from flows.operations.rebuild import rebuild_flow

    with shown_on(screen):
        report = rebuild_flow(config.resolve())
    root = load_known_settings(config).data.datasets
    screen.print(
        f"Pages: {report.build.read:,} read again, {report.build.unchanged:,} left as they are.",
        highlight=False,
    )
    waiting = held_state(root)
    if not report.build.held or waiting is None:
        screen.print("Nothing changed." if not report.build.changed else "The first tables.", highlight=False)
        return DONE
    show_changes(screen, pinned(root), waiting)
    for line in report.crossed:
        screen.print(f"held: {line}", highlight=False, soft_wrap=True, markup=False)
    if publishes and not report.crossed:
        return run_publish(screen, config, f"gongkai rebuild --publish ({report.run}), no guard crossed")
    screen.print(
        "Nothing is published yet. Publish it with: gongkai publish --accept REASON", highlight=False
    )
    return DONE_WITH_GAPS


def show_changes(screen: Console, before: Snapshot, after: Snapshot) -> None:
    """Figures, statuses and issues: what the second state has that is not as in the first."""
    difference = compare(before, after)
    # The first line speaks of releases; these are none.
    text = changes_text(difference, "", "").partition("\n")[2]
    screen.print("What would change:", text, highlight=False, soft_wrap=True, markup=False, end="")
    counts = [
        frame_of(arrow_table(state, "issues", ["check"]))["check"].value_counts() for state in (before, after)
    ]
    for check in sorted({*counts[0].index, *counts[1].index}):
        had, has = (int(count.get(check, 0)) for count in counts)
        if had != has:
            screen.print(f"issues {check}: {had:,} before, {has:,} then", highlight=False)


def run_serve(screen: Console, config: Path) -> int:
    """`gongkai serve`: the nights by schedule until SIGTERM; the exit code."""
    settings = load_known_settings(config)
    require_contact(settings, config)
    if not settings.on_loopback:
        refuse_sample(settings.data.datasets, "`make clean` removes them")
    prepare_server(settings.data.state, f"http://127.0.0.1:{settings.serve.port}")
    from flows.operations.serve import serve_nights

    def say(line: str) -> None:
        screen.print(line, highlight=False, soft_wrap=True, markup=False)

    serve_nights(settings, config.resolve(), say)
    return DONE
