"""After a run: what stands from now on, who is told, the metrics, the week's digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from flows.operations.clock import now
from flows.operations.metrics import write_metrics
from flows.operations.runs import HELD as ENDED_HELD
from flows.operations.runs import RunRecord, records
from flows.operations.standing import Changing, Hold, changing, noted
from flows.operations.telling import HELD, NIGHT, SOURCE, digest, tell, tell_changes
from flows.settings import Settings
from warehouse.held import held_state


def after_run(config: Path, settings: Settings, record: RunRecord, failing: Mapping[str, str]) -> None:
    """Note how a night ended, tell what is new in it, and write the metrics.

    `failing`: the sources that gave nothing, with the reason.
    """
    moment, state = now(settings), settings.data.state
    present = {f"{SOURCE}{site_id}": reason for site_id, reason in failing.items()}
    with changing(state) as change:
        note_hold(change, record, held_state(settings.data.datasets) is not None)
        if record.state == ENDED_HELD:
            present[HELD] = "; ".join(record.reasons)
        change.value = noted(change.value, present, moment)
        change.value = tell_changes(change.value, settings.telling, config)
        _digest(change, config, settings, moment)
    write_metrics(settings)


def after_build(
    config: Path, settings: Settings, run: str, reasons: tuple[str, ...], tells: bool = True
) -> None:
    """Note whether the tables of a run other than a night wait, tell it if it `tells`, and write the metrics."""
    present = {HELD: "; ".join(reasons)} if reasons and tells else {}
    moment = now(settings)
    waiting = Hold(run, moment.isoformat(timespec="seconds"), reasons, {}) if reasons else None
    with changing(settings.data.state) as change:
        if waiting is not None or held_state(settings.data.datasets) is None:
            change.set(hold=waiting)
        change.value = noted(change.value, present, moment, prefix=HELD)
        change.value = tell_changes(change.value, settings.telling, config)
    write_metrics(settings)


def note_hold(change: Changing, record: RunRecord, waits: bool) -> None:
    """Keep what waits; or, where the night's tables do not, what the sources listed as the measure for later nights.

    `waits`: whether any tables wait, those of an earlier rebuild among them.
    """
    listed = {site_id: count for site_id, count in record.figures.get("listed", {}).items() if count}
    if record.state == ENDED_HELD:
        change.set(hold=Hold(record.id, record.started, record.reasons, listed))
    else:
        still = change.value.hold if waits else None
        change.set(hold=still, measures={**change.value.measures, **listed})


def after_failure(config: Path, settings: Settings, moment: datetime, error: Exception) -> None:
    """Note that a night failed, tell it once, and write the metrics. What stood before is left as it was."""
    reason = " ".join(f"{error}".split()) or type(error).__name__
    with changing(settings.data.state) as change:
        change.value = noted(change.value, {NIGHT: reason}, moment, prefix=NIGHT)
        change.value = tell_changes(change.value, settings.telling, config)
    write_metrics(settings)


def _digest(change: Changing, config: Path, settings: Settings, moment: datetime) -> None:
    year, week, _ = moment.isocalendar()
    name = f"{year}-W{week:02d}"
    if settings.telling.digest == "never" or change.value.digest == name:
        return
    # The first night of all has no week behind it.
    told = not change.value.digest or tell(
        settings.telling,
        digest(records(settings.data.state, "nightly"), change.value, moment - timedelta(days=7)),
        config,
    )
    if told:
        change.set(digest=name)
