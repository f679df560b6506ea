"""Telling a person: once when something begins to need one, once when it is over, and a quiet line a week.

Messages go through apprise (mail, webhooks, DingTalk, WeCom, Feishu and others). One that could not be sent
is tried again by the next run: a condition counts as told only when every address took it.
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from apprise import Apprise, NotifyType

from flows.operation_settings import TellingSettings
from flows.operations.run_log import log
from flows.operations.runs import RunRecord
from flows.operations.standing import Condition, Standing

SHOWN = 10
NIGHT, HELD, SOURCE = "night", "held", "source "
"""Names of conditions: a night that failed, tables that wait, `source <id>`: one that gave nothing."""


@dataclass(frozen=True, slots=True)
class Message:
    """A title and lines of text; `kind` is apprise's: failure, warning, success or info."""

    title: str
    lines: tuple[str, ...]
    kind: NotifyType


def tell(settings: TellingSettings, message: Message, config: Path) -> bool:
    """Send a message to everybody; whether all of them took it. Nobody to tell counts as told."""
    if not settings.to:
        return True
    told = Apprise()
    unknown = [address for address in settings.to if not told.add(address)]
    more = f"More: gongkai status --config {shlex.quote(str(config))}"
    body = "\n".join([*message.lines, "", more])
    # Apprise says on its own logger why an address did not take a message.
    with _Heard(logging.getLogger("apprise")) as heard:
        sent = bool(told.notify(body=body, title=message.title, notify_type=message.kind)) and not unknown
    log("told" if sent else "not told", logging.INFO if sent else logging.WARNING,
        title=message.title, lines=list(message.lines), said=heard.lines)  # fmt: skip
    return sent


class _Heard(logging.Handler):
    """What a logger says for the length of a block."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def __enter__(self) -> _Heard:
        self._logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)


def tell_changes(standing: Standing, settings: TellingSettings, config: Path) -> Standing:
    """Tell what is new and what is over, each once, in at most one message of either kind; what stands then."""
    conditions, ended = dict(standing.conditions), dict(standing.ended)
    fresh = {name: c for name, c in conditions.items() if not c.told and _lasts(name, c, settings)}
    if fresh and tell(settings, begun(fresh), config):
        conditions |= {name: replace(condition, told=True) for name, condition in fresh.items()}
    if ended and tell(settings, over(ended), config):
        ended = {}
    return replace(standing, conditions=conditions, ended=ended)


def _lasts(name: str, condition: Condition, settings: TellingSettings) -> bool:
    return condition.nights >= settings.source_nights or not name.startswith(SOURCE)


def begun(conditions: Mapping[str, Condition]) -> Message:
    """What began to need a person."""
    words = []
    if NIGHT in conditions:
        words.append("failed")
    if HELD in conditions:
        words.append("held")
    sources = [name for name in conditions if name.startswith(SOURCE)]
    if sources:
        words.append(f"{len(sources)} source{'s' if len(sources) > 1 else ''} out")
    lines = [f"{name}: {condition.reason}" for name, condition in conditions.items()]
    if HELD in conditions:
        lines.append("The tables in force stay. Let them through with: gongkai publish --accept REASON")
    kind = NotifyType.FAILURE if NIGHT in conditions else NotifyType.WARNING
    return Message(f"gongkai: {', '.join(words)}", _short(lines), kind)


def over(conditions: Mapping[str, Condition]) -> Message:
    """What is well again."""
    lines = [f"{name}: over; it had been so since {c.since} ({c.reason})" for name, c in conditions.items()]
    return Message("gongkai: recovered", _short(lines), NotifyType.SUCCESS)


def digest(records: Iterable[RunRecord], standing: Standing, since: datetime) -> Message:
    """A week in a few lines: how its nights ended, what they brought, what still stands."""
    week = [record for record in records if record.started >= since.isoformat()]
    ends: dict[str, int] = {}
    for record in week:
        ends[record.state] = ends.get(record.state, 0) + 1
    lines = [
        f"{len(week)} nights: " + (", ".join(f"{n} {state}" for state, n in sorted(ends.items())) or "none")
    ]
    for name in ("new", "changed", "unchanged", "failed"):
        count = sum(record.figures.get("pages", {}).get(name, 0) for record in week)
        lines.append(f"pages {name}: {count:,}")
    lines += [f"still: {name} since {c.since}: {c.reason}" for name, c in standing.conditions.items()]
    return Message("gongkai: the week", _short(lines), NotifyType.INFO)


def _short(lines: list[str]) -> tuple[str, ...]:
    if len(lines) <= SHOWN:
        return tuple(lines)
    return (*lines[:SHOWN], f"and {len(lines) - SHOWN} more")
