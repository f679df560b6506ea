"""The dataset on other storage, S3 above all: whole states under their own names, and one pointer to switch.

    <base>/snapshots/<16 hex of the manifest>/    manifest.json, requests/report_year=2021/region=11/…, …
    <base>/CURRENT                                the name of the snapshot in force, one small object

Object stores can neither link nor rename, but putting one object is atomic: readers follow the pointer and
see one whole state. What did not change is copied inside the store. The writing itself stays on local disk,
under its lock; the mirror is made from there (`push`). Another machine that is to write takes the state in force
to its own disk first (`pull`).

<root>/.mirrored holds the name of the state of the mirror that the local one stems from. A local state that was not
pushed is kept where the mirror did not move, and dropped where it did: what it held is read from the archive again.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from pyarrow import fs

from warehouse.checks import table_schema
from warehouse.errors import DamagedDataset, NoDataset, StateMoved
from warehouse.locks import hold
from warehouse.partitions import PartitionFile, file_digest
from warehouse.reading import pinned
from warehouse.snapshots import (
    LOCK,
    MANIFEST,
    Files,
    Snapshot,
    current,
    install,
    link_or_copy,
    open_staging,
    parse_manifest,
    write_manifest,
)

POINTER = "CURRENT"
SNAPSHOTS = "snapshots"
ORIGIN = ".mirrored"
KEEP_SECONDS = 3600.0
"""States replaced so long ago are removed. A state in the making has younger files: no push removes another's."""
TRANSFERS = 8
"""Transfers at a time: the store's latency, not this machine, is what takes the time."""


@dataclass(frozen=True, slots=True)
class MirrorSummary:
    """A push: the snapshot's name, files sent from here, files copied inside the store, old states gone."""

    name: str
    sent: int
    copied: int
    removed: int


def push(
    root: Path,
    filesystem: fs.FileSystem,
    base: str,
    check: Callable[[], None] = lambda: None,
    keep_seconds: float = KEEP_SECONDS,
) -> MirrorSummary:
    """Bring the state in force under `root` to `base` of another file system, and switch to it last.

    Interrupted, it leaves the state before in force; repeated, it completes. `check` is asked right before the
    switch and raises where it must not be. Raises NoDataset, DamagedDataset, and StateMoved where a state came in
    force at `base` that the local one does not stem from; OSError from the storage.
    """
    with hold(root / LOCK, "mirror"):
        state = pinned(root)
        before = _expected(root, filesystem, base)
        held = _manifest(filesystem, base, before) if before else {}
        name = name_of(state)
        if name == before:
            _note_origin(root, name)
            return MirrorSummary(name, 0, 0, 0)
        place = f"{base}/{SNAPSHOTS}/{name}"
        copied = _transfer(state, held, filesystem, f"{base}/{SNAPSHOTS}/{before}", place)
        _send(state.path / MANIFEST, filesystem, f"{place}/{MANIFEST}")
        _expected(root, filesystem, base)
        check()
        with filesystem.open_output_stream(f"{base}/{POINTER}") as pointer:
            pointer.write(name.encode())
        _note_origin(root, name)
        total = sum(len(files) for files in state.files.values())
        removed = _prune(filesystem, base, {name, before}, keep_seconds)
        return MirrorSummary(name, total - copied, copied, removed)


def pull(root: Path, filesystem: fs.FileSystem, base: str) -> bool:
    """Make the state in force at `base` that of `root`, unless the local one stems from it; whether it was done.

    Only files that the local state lacks travel, each held against the digest in its manifest. Raises
    DamagedDataset; OSError from the storage. What was in force under `root` stays until the whole is there.
    """
    with hold(root / LOCK, "mirror"):
        name = mirrored_name(filesystem, base)
        local = current(root)
        if name is None or (local is not None and name in {_origin(root), name_of(local)}):
            if name is not None:
                _note_origin(root, name)
            return False
        files = _manifest(filesystem, base, name)
        staging, alive = open_staging(root)
        with alive:
            staged = staging / "state"
            _fetch(files, local, filesystem, f"{base}/{SNAPSHOTS}/{name}", staged)
            write_manifest(staged / MANIFEST, files)
            install(root, staged, local)
            _note_origin(root, name)
        shutil.rmtree(staging)
        return True


def name_of(state: Snapshot) -> str:
    """The name of a state at its mirror: it tells the content."""
    return hashlib.sha256((state.path / MANIFEST).read_bytes()).hexdigest()[:16]


def _expected(root: Path, filesystem: fs.FileSystem, base: str) -> str | None:
    """The state in force at `base`, which has to be the one that the local state stems from."""
    found, origin = mirrored_name(filesystem, base), _origin(root)
    if found is not None and found not in {origin, name_of(pinned(root))}:
        raise StateMoved(base, origin, found)
    return found


def _origin(root: Path) -> str | None:
    try:
        return (root / ORIGIN).read_text(encoding="utf-8") or None
    except FileNotFoundError:
        return None


def _note_origin(root: Path, name: str) -> None:
    fresh = root / f"{ORIGIN}.new"
    fresh.write_text(name, encoding="utf-8")
    fresh.replace(root / ORIGIN)


def mirrored_name(filesystem: fs.FileSystem, base: str) -> str | None:
    """Name of the snapshot in force at `base`; None before the first push."""
    try:
        with filesystem.open_input_stream(f"{base}/{POINTER}") as pointer:
            return str(pointer.read().decode())
    except FileNotFoundError:
        return None


def mirrored_table(filesystem: fs.FileSystem, base: str, table: str) -> str:
    """Path of a table of the state in force, for any reader of hive-partitioned Parquet; raises NoDataset."""
    name = mirrored_name(filesystem, base)
    if name is None:
        raise NoDataset(base)
    return f"{base}/{SNAPSHOTS}/{name}/{table_schema(table).name}"


def read_mirrored(filesystem: fs.FileSystem, base: str, table: str) -> pd.DataFrame:
    """A table of the mirrored state in force, as `pd.read_parquet` gives it."""
    frame: pd.DataFrame = pq.read_table(
        mirrored_table(filesystem, base, table), filesystem=filesystem
    ).to_pandas()
    return frame


def _manifest(filesystem: fs.FileSystem, base: str, name: str) -> Files:
    path = f"{base}/{SNAPSHOTS}/{name}/{MANIFEST}"
    try:
        with filesystem.open_input_stream(path) as stream:
            return parse_manifest(stream.read().decode(), path)[0]
    except OSError as error:
        raise DamagedDataset(path, str(error)) from error


def _transfer(state: Snapshot, held: Files, filesystem: fs.FileSystem, old: str, new: str) -> int:
    """Bring every file of the state to `new`; return how many came from `old` inside the store."""

    def bring(table: str, folder: str) -> bool:
        file = state.files[table][folder]
        path = f"{table}/{file.path}"
        if filesystem.type_name == "local":
            # A bucket has no folders, and would get an empty object for each.
            filesystem.create_dir(f"{new}/{path.rsplit('/', 1)[0]}", recursive=True)
        if held.get(table, {}).get(folder) == file:
            filesystem.copy_file(f"{old}/{path}", f"{new}/{path}")
            return True
        _send(state.path / path, filesystem, f"{new}/{path}")
        return False

    with ThreadPoolExecutor(TRANSFERS) as pool:
        return sum(pool.map(bring, *zip(*_places(state), strict=True)))


def _places(state: Snapshot) -> Iterator[tuple[str, str]]:
    for table, files in state.files.items():
        for folder in files:
            yield table, folder


def _send(path: Path, filesystem: fs.FileSystem, target: str) -> None:
    with path.open("rb") as source, filesystem.open_output_stream(target) as sink:
        while block := source.read(1 << 20):
            sink.write(block)


def _fetch(files: Files, local: Snapshot | None, filesystem: fs.FileSystem, place: str, staged: Path) -> None:
    """Make a state's files under `staged`: linked where the local state has them, else brought from the mirror."""

    def bring(table: str, file: PartitionFile) -> None:
        target = staged / table / file.path
        if local is not None and local.files.get(table, {}).get(file.folder) == file:
            link_or_copy(local.file(table, file.folder), target)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        source = f"{place}/{table}/{file.path}"
        with filesystem.open_input_file(source) as stream, target.open("wb") as sink:
            while block := stream.read(1 << 20):
                sink.write(block)
        if file_digest(target) != file.sha256:
            raise DamagedDataset(source, "its bytes are not those that the manifest tells of")

    listed = [(table, file) for table, folders in files.items() for file in folders.values()]
    with ThreadPoolExecutor(TRANSFERS) as pool:
        list(pool.map(lambda item: bring(*item), listed))


def _prune(filesystem: fs.FileSystem, base: str, keep: set[str | None], keep_seconds: float) -> int:
    """Remove states that nobody follows any more, and what broken pushes left."""
    before = time.time() - keep_seconds
    removed = 0
    for state in filesystem.get_file_info(fs.FileSelector(f"{base}/{SNAPSHOTS}")):
        if state.base_name in keep:
            continue
        found = filesystem.get_file_info(fs.FileSelector(state.path, recursive=True))
        files = [info for info in found if info.type == fs.FileType.File]
        if not files or max(info.mtime.timestamp() for info in files) >= before:
            continue
        _remove(filesystem, state.path, [info.path for info in files])
        removed += 1
    return removed


def _remove(filesystem: fs.FileSystem, folder: str, files: list[str]) -> None:
    try:
        filesystem.delete_dir(folder)
    except OSError:
        # Not every store knows the request that removes many. One by one leaves empty names of folders behind.
        with ThreadPoolExecutor(TRANSFERS) as pool:
            list(pool.map(filesystem.delete_file, files))
