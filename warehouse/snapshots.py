"""States of a dataset root, switched as a whole: readers see one state or the next, all tables together.

    <root>/requests            -> .current/requests        what readers open
    <root>/.current            -> .snapshots/000007        the switch: replaced by one rename
    <root>/.snapshots/000007/    manifest.json, requests/report_year=2021/region=11/part-….parquet, …
    <root>/.staging/             states in the making
    <root>/.lock                 the one writer

Partitions that did not change are hard links to the files of the state before: no bytes are copied,
modification times stay.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from warehouse.contract import fingerprint
from warehouse.errors import DamagedDataset, OutdatedDataset
from warehouse.partitions import PartitionFile
from warehouse.schemas import TABLES

LOCK = ".lock"
CURRENT = ".current"
SNAPSHOTS = ".snapshots"
STAGING = ".staging"
MANIFEST = "manifest.json"
KEEP = 3
"""States kept, the current one among them, so that who reads an older one can end in peace."""

UNBORN_SECONDS = 3600.0
"""Age at which a staging folder that was never locked counts as left behind."""

SYNCS = 8
"""Files synced at a time: one by one, 900 small files took twenty times as long."""

NO_HARD_LINKS = frozenset({errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP})

CONTRACT = fingerprint(TABLES.values())

Files = Mapping[str, Mapping[str, PartitionFile]]
"""Table → folder → file."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One complete state: its folder, its number and its files."""

    path: Path
    number: int
    files: Files = field(repr=False)
    contract: str = CONTRACT
    """Fingerprint of the contract under which it was written."""

    def file(self, table: str, folder: str) -> Path:
        """Path of a partition's file."""
        return self.path / table / self.files[table][folder].path


def current(root: Path) -> Snapshot | None:
    """The state in force, pinned: its path stays when another run switches. None before the first run.

    Raises DamagedDataset if the manifest cannot be read.
    """
    try:
        target = (root / CURRENT).readlink()
    except FileNotFoundError:
        return None
    return read_snapshot(root / target, int(target.name))


def read_snapshot(path: Path, number: int = 0) -> Snapshot:
    """The state in a folder with a manifest; releases have no number. Raises DamagedDataset."""
    try:
        text = (path / MANIFEST).read_text(encoding="utf-8")
    except OSError as error:
        raise DamagedDataset(path / MANIFEST, f"unreadable manifest: {error}") from error
    files, contract = parse_manifest(text, path / MANIFEST)
    return Snapshot(path, number, files, contract)


def parse_manifest(text: str, path: Path | str) -> tuple[Files, str]:
    """Files by table and folder, and the contract, from a manifest's text; raises DamagedDataset naming `path`."""
    try:
        listed = json.loads(text)
        files = {
            table: {entry["folder"]: PartitionFile(**entry) for entry in entries}
            for table, entries in listed["tables"].items()
        }
        return files, str(listed["contract"])
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise DamagedDataset(path, f"unreadable manifest: {error}") from error


def write_manifest(path: Path, files: Files, contract: str = CONTRACT) -> None:
    """Write the list of files in a fixed order; nothing in it depends on when or where it was made."""
    tables = {
        table: [asdict(files[table][folder]) for folder in sorted(files[table])] for table in sorted(files)
    }
    with path.open("w", encoding="utf-8") as file:
        json.dump(
            {"contract": contract, "tables": tables}, file, ensure_ascii=False, indent=0, sort_keys=True
        )
        file.write("\n")


def check_contract(state: Snapshot | None) -> None:
    """Refuse to go on from a state of another contract; raises OutdatedDataset."""
    if state is not None and state.contract != CONTRACT:
        raise OutdatedDataset(state.path, state.contract, CONTRACT)


def link_or_copy(source: Path, target: Path) -> None:
    """Hard-link a file; on file systems without hard links copy it, modification time included."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        shutil.copy2(source, target)


def install(root: Path, staged: Path, base: Snapshot | None) -> Snapshot:
    """Put a complete staged state in force. To be called under the writer's lock only.

    Everything is on disk before the one rename that switches; a crash before it leaves the old state, a crash
    after it the new one.
    """
    number = base.number + 1 if base else 1
    fresh = [path for path in staged.rglob("*.parquet") if path.stat().st_nlink == 1]
    with ThreadPoolExecutor(SYNCS) as pool:
        list(pool.map(_sync, [*fresh, staged / MANIFEST]))
    place = root / SNAPSHOTS / f"{number:06d}"
    place.parent.mkdir(exist_ok=True)
    staged.rename(place)
    _sync(place.parent)
    for table in TABLES:
        if not (root / table).is_symlink():
            (root / table).symlink_to(f"{CURRENT}/{table}")
    _switch(root, place)
    return read_snapshot(place, number)


def _switch(root: Path, place: Path) -> None:
    fresh = root / STAGING / "current"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(f"{SNAPSHOTS}/{place.name}")
    fresh.replace(root / CURRENT)
    _sync(root)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(root: Path) -> int:
    """Remove what dead runs left and states long replaced; return how many. Under the lock only."""
    removed = 0
    state = current(root)
    newest = state.number if state else 0
    for path in (root / SNAPSHOTS).glob("[0-9]*"):
        if not newest - KEEP < int(path.name) <= newest:
            shutil.rmtree(path)
            removed += 1
    for path in (root / STAGING).glob("run-*"):
        removed += _remove_if_dead(path)
    for path in (root / STAGING).glob("new-*"):
        if time.time() - path.stat().st_mtime > UNBORN_SECONDS:
            shutil.rmtree(path)
            removed += 1
    return removed


def open_staging(root: Path) -> tuple[Path, FileLock]:
    """A staging folder of one's own, and the lock that tells sweepers that its run lives.

    The folder takes its final name when the lock is held already: no sweeper meets it unlocked.
    """
    token = uuid.uuid4().hex
    unborn = root / STAGING / f"new-{token}"
    unborn.mkdir(parents=True)
    alive = FileLock(unborn / LOCK, is_singleton=False)
    alive.acquire()
    return unborn.rename(root / STAGING / f"run-{token}"), alive


def _remove_if_dead(staging: Path) -> bool:
    """A run holds a lock inside its staging folder as long as it lives."""
    alive = FileLock(staging / LOCK, timeout=0, is_singleton=False)
    try:
        with alive:
            shutil.rmtree(staging)
    except Timeout:
        return False
    return True
