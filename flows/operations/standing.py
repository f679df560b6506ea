"""What stands from night to night: conditions that a person was told of, what is held, what was accepted.

The whole of it is one file, `data/state/standing.json`, changed under its lock; what was accepted is kept
for good in `data/state/accepted.jsonl`.
"""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.operations.state_files import DamagedState, append_json, read_json, write_json
from warehouse.locks import hold

NAME = "standing.json"


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is not as it should be, since when, for how many nights, and whether a person knows."""

    since: str
    reason: str
    nights: int = 1
    told: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Tables that wait for a person: which run made them, why they wait, what the sources listed then."""

    run: str
    at: str
    reasons: tuple[str, ...]
    listed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """`conditions` by name; `ended` are told ones that are over, until that is told; `measures`: reports
    listed by source when tables were last published; `digest`: the ISO week of the last digest."""

    conditions: Mapping[str, Condition] = field(default_factory=dict)
    ended: Mapping[str, Condition] = field(default_factory=dict)
    hold: Hold | None = None
    measures: Mapping[str, int] = field(default_factory=dict)
    digest: str = ""


def read_standing(state: Path) -> Standing:
    """What stands now. Raises DamagedState."""
    content = read_json(state / NAME)
    if content is None:
        return Standing()
    try:
        return _standing_of(content)
    except (TypeError, KeyError, AttributeError) as error:
        raise DamagedState(state / NAME, str(error)) from error


def _standing_of(content: dict[str, Any]) -> Standing:
    held = content["hold"]
    return Standing(
        conditions={name: Condition(**fields) for name, fields in content["conditions"].items()},
        ended={name: Condition(**fields) for name, fields in content["ended"].items()},
        hold=Hold(**{**held, "reasons": tuple(held["reasons"])}) if held else None,
        measures=content["measures"],
        digest=content["digest"],
    )


class Changing:
    """The standing state in hand; `value` is what will be written."""

    def __init__(self, value: Standing) -> None:
        self.value = value

    def set(self, **fields: Any) -> None:
        """Change some of its fields."""
        self.value = replace(self.value, **fields)


@contextmanager
def changing(state: Path) -> Iterator[Changing]:
    """Read it, let the block change it, write it: one process at a time."""
    with hold(state / "standing.lock", "standing"):
        change = Changing(read_standing(state))
        before = change.value
        yield change
        if change.value != before:
            write_json(state / NAME, asdict(change.value))


def noted(standing: Standing, present: Mapping[str, str], moment: datetime, prefix: str = "") -> Standing:
    """The conditions after a run found these to be so, by name with their reason.

    A condition that lasts keeps its beginning and counts its nights; one that is gone, if it was told of,
    waits in `ended` until its end is told. Names that do not begin with `prefix` are not this run's matter.
    """
    conditions = {name: c for name, c in standing.conditions.items() if not name.startswith(prefix)}
    ended = dict(standing.ended)
    for name, reason in present.items():
        before = standing.conditions.get(name)
        if before is None and name in ended:
            # It came back before anybody was told that it had gone.
            before = ended.pop(name)
        if before is None:
            conditions[name] = Condition(moment.isoformat(timespec="minutes"), reason)
        else:
            conditions[name] = replace(before, reason=reason, nights=before.nights + 1)
    ended |= {
        name: condition
        for name, condition in standing.conditions.items()
        if name not in conditions and condition.told
    }
    return replace(standing, conditions=conditions, ended=ended)


def accept(state: Path, reason: str, moment: datetime, in_force: int, held: Hold | None) -> dict[str, Any]:
    """Keep for good who let what through, when and why."""
    line = {
        "at": moment.isoformat(timespec="seconds"),
        "who": f"{getpass.getuser()}@{socket.gethostname()}",
        "uid": os.getuid(),
        "reason": reason,
        "crossed": list(held.reasons) if held else [],
        "run": held.run if held else None,
        "state": in_force,
    }
    append_json(state / "accepted.jsonl", line)
    return line
