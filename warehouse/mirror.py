"""The dataset on other storage, S3 above all: whole states under their own names, and one pointer to switch.

    <base>/snapshots/<16 hex of the manifest>/    manifest.json, requests/report_year=2021/region=11/…, …
    <base>/CURRENT                                the name of the snapshot in force, one small object

Object stores can neither link nor rename, but putting one object is atomic: readers follow the pointer and
see one whole state. What did not change is copied inside the store. The writing itself stays on local disk,
under its lock; the mirror is made from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from pyarrow import fs

from warehouse.checks import table_schema
from warehouse.errors import DamagedDataset, NoDataset
from warehouse.locks import hold
from warehouse.reading import pinned
from warehouse.snapshots import LOCK, MANIFEST, Files, Snapshot, parse_manifest

POINTER = "CURRENT"
SNAPSHOTS = "snapshots"
TRANSFERS = 8
"""Transfers at a time: the store's latency, not this machine, is what takes the time."""


@dataclass(frozen=True, slots=True)
class MirrorSummary:
    """A push: the snapshot's name, files sent from here, files copied inside the store, old states gone."""

    name: str
    sent: int
    copied: int
    removed: int


def push(root: Path, filesystem: fs.FileSystem, base: str) -> MirrorSummary:
    """Bring the state in force under `root` to `base` of another file system, and switch to it last.

    Interrupted, it leaves the state before in force; repeated, it completes. The state in force before stays
    for its readers until the next push. Raises NoDataset and DamagedDataset; OSError from the storage.
    """
    with hold(root / LOCK, "mirror"):
        state = pinned(root)
        before = mirrored_name(filesystem, base)
        held = _manifest(filesystem, base, before) if before else {}
        name = hashlib.sha256((state.path / MANIFEST).read_bytes()).hexdigest()[:16]
        if name == before:
            return MirrorSummary(name, 0, 0, 0)
        place = f"{base}/{SNAPSHOTS}/{name}"
        copied = _transfer(state, held, filesystem, f"{base}/{SNAPSHOTS}/{before}", place)
        _send(state.path / MANIFEST, filesystem, f"{place}/{MANIFEST}")
        with filesystem.open_output_stream(f"{base}/{POINTER}") as pointer:
            pointer.write(name.encode())
        total = sum(len(files) for files in state.files.values())
        return MirrorSummary(name, total - copied, copied, _prune(filesystem, base, {name, before}))


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


def _prune(filesystem: fs.FileSystem, base: str, keep: set[str | None]) -> int:
    found = filesystem.get_file_info(fs.FileSelector(f"{base}/{SNAPSHOTS}"))
    old = [info.path for info in found if info.type == fs.FileType.Directory and info.base_name not in keep]
    for path in old:
        filesystem.delete_dir(path)
    return len(old)
