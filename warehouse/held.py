"""A state that was built and not put in force: it waits beside the others until a person lets it through.

    <root>/.held/000007/    a complete state, made from state 7

It is a state like any other (`state_of` reads it, `compare` compares it). A later run that publishes, or that read
anything and found nothing to change, drops it: what it held is then either in force or read again. A run that read
nothing leaves it: a rebuild that waits outlasts quiet nights.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.errors import HeldOutdated, NothingHeld
from warehouse.locks import hold
from warehouse.snapshots import LOCK, Snapshot, current, install, read_snapshot

HELD = ".held"


def set_aside(root: Path, staged: Path, base: Snapshot) -> Snapshot:
    """Keep a complete state as the held one. Under the writer's lock only."""
    drop_held(root)
    place = root / HELD / f"{base.number:06d}"
    place.parent.mkdir()
    staged.rename(place)
    return read_snapshot(place, base.number)


def drop_held(root: Path) -> None:
    """Forget the held state, if there is one. Under the writer's lock only."""
    if (root / HELD).is_dir():
        shutil.rmtree(root / HELD)


def held_state(root: Path) -> Snapshot | None:
    """The held state, if there is one; its number is that of the state it was made from."""
    places = sorted((root / HELD).glob("[0-9]*"))
    return read_snapshot(places[0], int(places[0].name)) if places else None


def publish_held(root: Path, owner: str = "publish") -> Snapshot:
    """Put the held state in force. Raises NothingHeld, HeldOutdated, LockTimeout, DamagedDataset."""
    with hold(root / LOCK, owner):
        waiting = held_state(root)
        if waiting is None:
            raise NothingHeld(root)
        base = current(root)
        if base is None or base.number != waiting.number:
            raise HeldOutdated(root, waiting.number, base.number if base else 0)
        state = install(root, waiting.path, base)
        drop_held(root)
        return state
