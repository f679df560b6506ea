"""Records of runs: one JSON file each under `data/state/runs`, the truth about what ran and how it ended.

A run holds its kind's OS lock while it lives. A record that says `running` while nobody holds the lock is of
a run that was killed: whoever takes the lock next marks it as crashed.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from flows.errors import FlowsError
from flows.operations.run_log import log, logged
from flows.operations.state_files import DamagedState, read_json, write_json
from warehouse.errors import LockTimeout
from warehouse.locks import hold

Kind = Literal["nightly", "backfill", "rebuild"]
KINDS: tuple[Kind, ...] = ("nightly", "backfill", "rebuild")
RUNNING, PUBLISHED, UNCHANGED, HELD = "running", "published", "unchanged", "held"
FAILED, CRASHED, INTERRUPTED = "failed", "crashed", "interrupted"
DONE = frozenset({PUBLISHED, UNCHANGED, HELD})
"""States of a run that did what it was to do: its night is not caught up."""
KEPT = 1000


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run. Times are ISO 8601; `night` is the time at which the schedule asked for it."""

    id: str
    kind: str
    started: str
    state: str = RUNNING
    night: str | None = None
    ended: str | None = None
    reasons: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    pid: int = 0
    wall: str = ""
    """When it began by the machine's own clock, in UTC, whatever `clock` the configuration sets."""


class AlreadyDone(FlowsError):
    """A night that another run did already."""

    def __init__(self, record: RunRecord) -> None:
        super().__init__(f"the night of {record.night} is {record.state} by {record.id}")


class RunUnderWay:
    """The record of the run that this process does; each change is on the disk when it returns."""

    def __init__(self, folder: Path, record: RunRecord) -> None:
        self._folder = folder
        self.record = record
        self.save()

    @property
    def id(self) -> str:
        """The run's id."""
        return self.record.id

    def note(self, **figures: Any) -> None:
        """Add figures to the record."""
        self.record = replace(self.record, figures={**self.record.figures, **figures})
        self.save()

    def end(self, state: str, reasons: tuple[str, ...], moment: datetime) -> None:
        """Close the record."""
        ended = moment.isoformat(timespec="seconds")
        self.record = replace(self.record, state=state, reasons=reasons, ended=ended)
        self.save()
        log("run ended", state=state, reasons=list(reasons))

    def save(self) -> None:
        """Write the record."""
        write_json(self._folder / f"{self.record.id}.json", asdict(self.record))


def runs_folder(state: Path) -> Path:
    """Where the records lie."""
    return state / "runs"


def lock_of(state: Path, kind: str) -> Path:
    """The file whose lock a run of this kind holds."""
    return state / f"{kind}.lock"


def records(state: Path, kind: str | None = None) -> list[RunRecord]:
    """All records, or those of a kind, oldest first. Raises DamagedState."""
    found = []
    for path in runs_folder(state).glob("*.json"):
        content = read_json(path)
        try:
            record = RunRecord(**content)
        except TypeError as error:
            raise DamagedState(path, str(error)) from error
        found.append(replace(record, reasons=tuple(record.reasons)))
    return sorted(
        (record for record in found if kind in {None, record.kind}), key=lambda r: (r.started, r.wall, r.id)
    )


@dataclass(frozen=True, slots=True)
class Turn:
    """What kind of run wants its turn, by which clock, for which night.

    `waits`: for the run of its kind that is under way, if there is one. `once`: not if the night was done.
    """

    kind: Kind
    clock: Callable[[], datetime]
    night: datetime | None = None
    waits: bool = False
    once: bool = False


@contextmanager
def recorded(state: Path, turn: Turn) -> Iterator[RunUnderWay]:
    """Hold the kind's lock, keep a record and a log of what the block does.

    The block closes the record; where it raises, the record says failed, or interrupted by Ctrl-C and SIGTERM.
    Raises LockTimeout where another run of the kind is under way and this one does not wait, AlreadyDone.
    """
    kind, night = turn.kind, turn.night
    with hold(lock_of(state, kind), kind, None if turn.waits else 0):
        moment = turn.clock()
        crashed = mark_crashed(state, kind, moment)
        if turn.once and night and (done := done_night(state, night)):
            raise AlreadyDone(done)
        run_id = f"{kind}-{moment:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
        record = RunRecord(
            id=run_id,
            kind=kind,
            started=moment.isoformat(timespec="microseconds"),
            wall=datetime.now(UTC).isoformat(),
            night=night.isoformat(timespec="minutes") if night else None,
            pid=os.getpid(),
        )
        with logged(state / "logs", run_id):
            run = RunUnderWay(runs_folder(state), record)
            log("run started", kind=kind, night=record.night, crashed_before=[lost.id for lost in crashed])
            try:
                yield run
            except Exception as error:
                run.end(FAILED, (_line(error),), turn.clock())
                raise
            except BaseException as error:
                run.end(INTERRUPTED, (_line(error),), turn.clock())
                raise


def _line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def mark_crashed(state: Path, kind: str, moment: datetime) -> list[RunRecord]:
    """Mark what a kill left running as crashed, and let old records go. To be called under the kind's lock."""
    all_of_kind = records(state, kind)
    lost = [record for record in all_of_kind if record.state == RUNNING]
    for record in lost:
        reason = f"process {record.pid} died without a word; found at {moment:%Y-%m-%d %H:%M}"
        crashed = replace(
            record, state=CRASHED, reasons=(reason,), ended=moment.isoformat(timespec="seconds")
        )
        write_json(runs_folder(state) / f"{record.id}.json", asdict(crashed))
    for record in all_of_kind[:-KEPT]:
        (runs_folder(state) / f"{record.id}.json").unlink()
    return lost


def sweep(state: Path, moment: datetime) -> list[RunRecord]:
    """Mark the runs of every kind that died; kinds whose lock is held are alive and left alone."""
    lost: list[RunRecord] = []
    for kind in KINDS:
        try:
            with hold(lock_of(state, kind), "sweep", 0):
                lost += mark_crashed(state, kind, moment)
        except LockTimeout:
            continue
    return lost


def done_night(state: Path, night: datetime) -> RunRecord | None:
    """The run that did this night already, if one did."""
    wanted = night.isoformat(timespec="minutes")
    done = [r for r in records(state, "nightly") if r.night == wanted and r.state in DONE]
    return done[-1] if done else None


def running_since(state: Path, kind: str) -> datetime | None:
    """When the run of a kind that is under way began, by the machine's clock; None where none is."""
    try:
        with hold(lock_of(state, kind), "look", 0):
            return None
    except LockTimeout:
        begun = [datetime.fromisoformat(r.wall) for r in records(state, kind) if r.state == RUNNING]
        return max(begun, default=None)
