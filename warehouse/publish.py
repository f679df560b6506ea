"""From frames to the dataset: replace the rows of some reports, touch only their partitions, switch once.

A run collects frames (`add`), then puts them in force as one new state (`commit`). Until then readers see the
state before; the writer's lock is held for the commit alone, so that runs may read and extract side by side. A run
that derives rows from the state in force (which reports are duplicates, which organs there are) takes the lock
before it looks (`begin`): another run's commit in between would be undone by what it derived.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.checks import check_codes, check_codes_kept, checked, table_schema, with_region
from warehouse.contract import TableSchema
from warehouse.errors import DuplicateRows, RunClosed
from warehouse.frame_contracts import check_frame
from warehouse.held import drop_held, set_aside
from warehouse.locks import Hold, Holder, hold
from warehouse.partitions import PartitionFile, folder_of, merged, read_file, without, write_file
from warehouse.reading import read_reports, read_table
from warehouse.schemas import TABLES
from warehouse.snapshots import (
    LOCK,
    MANIFEST,
    Snapshot,
    check_contract,
    current,
    install,
    link_or_copy,
    open_staging,
    read_snapshot,
    sweep,
    write_manifest,
)
from warehouse.spool import Spool

__all__ = ["PublishSummary", "Run", "publish", "publish_batches", "read_reports", "read_table"]

EMPTY_FOLDER = folder_of(0, 0)
"""A partitioned table without rows keeps one empty file here, so that every tool can open it."""


@dataclass(frozen=True, slots=True)
class PublishSummary:
    """What a run did. Folders are hive folders below their table; unpartitioned tables have the folder ""."""

    snapshot: int
    changed: bool
    rows: Mapping[str, int]
    """Rows in force by table, after the run."""
    written: Mapping[str, tuple[str, ...]]
    """Partitions whose content changed, by table."""
    removed: Mapping[str, tuple[str, ...]]
    """Partitions that lost their last row, by table."""
    kept: int
    """Files taken over as they were."""
    waited_seconds: float
    abandoned_by: Holder | None
    """The writer that died holding the lock before this run, if one did."""
    held: Path | None = None
    """Where the new state waits, complete, because it was not approved; the state before is then in force."""


Approve = Callable[[Snapshot, Snapshot], bool]
"""Given the state in force and the one that would follow it: whether it may."""


class Run:
    """Frames on their way into the dataset under `root`, in a `with` block; without `commit` nothing happens.

    `owner` names the run in the lock file ("nightly", "backfill"). Not for use by several threads at once.
    """

    def __init__(
        self,
        root: Path,
        owner: str = "publish",
        lock_timeout_seconds: float | None = None,
        on_wait: Callable[[Holder | None], None] | None = None,
    ) -> None:
        self._root = root
        self._owner = owner
        self._timeout = lock_timeout_seconds
        self._on_wait = on_wait
        self._held = ExitStack()
        self._taken: Hold | None = None
        self._staging, self._alive = open_staging(root)
        self._spool = Spool(self._staging)
        self._whole: dict[str, pa.Table] = {}
        self._replaced: dict[str, set[str]] = {"report_id": set(), "source": set()}
        self._added: set[str] = set()
        self._located: set[str] | None = None
        self._open = True

    @property
    def root(self) -> Path:
        """Where the dataset lies."""
        return self._root

    def __enter__(self) -> Run:
        """Hand out the run itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what was not committed."""
        self.close()

    def close(self) -> None:
        """Drop what was not committed; harmless when repeated."""
        if self._open:
            self._open = False
            shutil.rmtree(self._staging)
            self._alive.release()
            self._held.close()

    def begin(self) -> Hold:
        """Take the writer's lock now, not at `commit`, and keep it until the run is closed.

        The state in force stays as it is from here on. Waits for the lock; raises LockTimeout and RunClosed.
        """
        if not self._open:
            raise RunClosed(self._root)
        if self._taken is None:
            waiting = hold(self._root / LOCK, self._owner, self._timeout, self._on_wait)
            self._taken = self._held.enter_context(waiting)
        return self._taken

    def add(
        self,
        frames: Mapping[str, pd.DataFrame],
        replaces: Collection[str] = (),
        forgets: Collection[str] = (),
    ) -> None:
        """Check a batch of frames and take it in.

        `frames`: table → frame with exactly the contract's columns; any subset of the tables. Facts and
        sections need their report in the same batch. The unpartitioned `agencies`, `coverage` and `codebook`
        replace the whole table; `pages` replaces by `source`; all others replace by `report_id`: the rows of
        every report in the batch and in `replaces` go from all tables. `forgets`: sources whose `pages` rows
        go. Raises the ContractErrors of `warehouse.errors`, and RunClosed; nothing of a refused batch is in.
        """
        if not self._open:
            raise RunClosed(self._root)
        tables = with_region({name: _admitted(name, frame) for name, frame in frames.items()})
        reports = set(tables["reports"]["report_id"].to_pylist()) if "reports" in tables else set()
        if twice := sorted(self._added & reports):
            raise DuplicateRows("reports", twice[0])
        self._added |= reports
        self._replaced["report_id"].update(replaces, reports)
        self._replaced["source"].update(forgets)
        for name, table in tables.items():
            self._take(table_schema(name), table)

    def _take(self, schema: TableSchema, table: pa.Table) -> None:
        if schema.replaced_by is None:
            self._whole[schema.name] = table
            return
        self._replaced[schema.replaced_by].update(pc.unique(table[schema.replaced_by]).to_pylist())
        self._spool.add(schema, table)

    def commit(self, approve: Approve | None = None) -> PublishSummary:
        """Put the collected rows in force and end the run.

        Where there is a state in force and `approve` says no to the one that would follow, that one is set
        aside whole (`warehouse.held`) and nothing changes. Waits for the lock; raises LockTimeout,
        DuplicateRows, UnknownValue (a code that the codebook lacks), CodeReused, OutdatedDataset or
        DamagedDataset, each leaving the state before in force.
        """
        if not self._open:
            raise RunClosed(self._root)
        try:
            taken = self.begin()
            sweep(self._root)
            base = current(self._root)
            check_contract(base)
            built = self._build(base)
            changed = base is None or built.files != base.files
            state, held = self._settle(built, base, approve)
            return PublishSummary(
                snapshot=state.number,
                changed=changed,
                rows={name: sum(f.rows for f in files.values()) for name, files in state.files.items()},
                written=built.written,
                removed=built.removed,
                kept=built.kept,
                waited_seconds=taken.waited_seconds,
                abandoned_by=taken.abandoned_by,
                held=held,
            )
        finally:
            self.close()

    def _settle(
        self, built: _Built, base: Snapshot | None, approve: Approve | None
    ) -> tuple[Snapshot, Path | None]:
        """The state that counts from now on, in force or set aside, and where it was set aside."""
        if base is not None and built.files == base.files:
            # Who brought nothing has seen nothing that speaks against what waits.
            if any(self._replaced.values()):
                drop_held(self._root)
            return base, None
        self._complete(built, base)
        if base is None or approve is None or approve(base, read_snapshot(built.path)):
            drop_held(self._root)
            return install(self._root, built.path, base), None
        held = set_aside(self._root, built.path, base)
        return held, held.path

    def _build(self, base: Snapshot | None) -> _Built:
        built = _Built(self._staging / "state")
        codebook = self._codebook(base)
        for name, schema in TABLES.items():
            before = dict(base.files.get(name, {})) if base else {}
            folders = self._touched(schema, base)
            after = {folder: file for folder, file in before.items() if folder not in folders}
            for folder in sorted(folders):
                rows = self._rows(schema, folder, base)
                check_codes(schema, rows, codebook)
                if len(rows) or not schema.partitioned:
                    after[folder] = self._write(schema, folder, rows, before.get(folder), built)
            if schema.partitioned:
                self._keep_openable(schema, after, before, built)
            built.record(name, before, after)
        return built

    def _codebook(self, base: Snapshot | None) -> pa.Table | None:
        """The codebook in force after this run; refuses codes that came to mean something else."""
        held = (
            read_file(base.file("codebook", ""), TABLES["codebook"])
            if base and "codebook" in base.files
            else None
        )
        fresh = self._whole.get("codebook")
        if held is not None and fresh is not None:
            check_codes_kept(held, fresh)
        return fresh if fresh is not None else held

    def _touched(self, schema: TableSchema, base: Snapshot | None) -> set[str]:
        """Partitions of a table that this run may change."""
        held = base.files.get(schema.name) if base else None
        if not schema.partitioned:
            asked = schema.name in self._whole or (schema.replaced_by and self._replaced["source"])
            return {""} if asked or held is None else set()
        fresh = self._spool.folders(schema.name)
        if base is None or held is None or not self._replaced["report_id"]:
            return fresh
        return fresh | (self._replaced_folders(base) & set(held))

    def _replaced_folders(self, base: Snapshot) -> set[str]:
        """Where the replaced reports lie now. Facts lie where their report does; issues may lie alone."""
        if self._located is None:
            self._located = {
                folder
                for name in ("reports", "issues")
                for folder in base.files.get(name, {})
                if _holds_any(base.file(name, folder), TABLES[name], self._replaced["report_id"])
            }
        return self._located

    def _rows(self, schema: TableSchema, folder: str, base: Snapshot | None) -> pa.Table:
        """The rows of a partition after this run, sorted."""
        if schema.replaced_by is None:
            fresh = self._whole.get(schema.name)
            return merged([fresh if fresh is not None else _empty(schema)], schema)
        parts: Iterable[pa.Table] = self._spool.parts(schema.name, folder)
        if base and folder in base.files.get(schema.name, {}):
            old = read_file(base.file(schema.name, folder), schema)
            parts = chain([without(old, schema.replaced_by, self._replaced[schema.replaced_by])], parts)
        return merged(chain([_empty(schema)], parts), schema)

    def _write(
        self, schema: TableSchema, folder: str, rows: pa.Table, before: PartitionFile | None, built: _Built
    ) -> PartitionFile:
        written = write_file(rows, schema, folder, built.path / schema.name)
        if written == before:
            # Same bytes: the file in force is linked instead, so that its modification time stays.
            (built.path / schema.name / written.path).unlink()
        return written

    def _keep_openable(
        self,
        schema: TableSchema,
        after: dict[str, PartitionFile],
        before: Mapping[str, PartitionFile],
        built: _Built,
    ) -> None:
        if any(file.rows for file in after.values()):
            if EMPTY_FOLDER in after and not after[EMPTY_FOLDER].rows:
                del after[EMPTY_FOLDER]
        elif EMPTY_FOLDER not in after:
            empty = merged([_empty(schema)], schema)
            after[EMPTY_FOLDER] = self._write(schema, EMPTY_FOLDER, empty, before.get(EMPTY_FOLDER), built)

    def _complete(self, built: _Built, base: Snapshot | None) -> None:
        built.path.mkdir(exist_ok=True)
        if base is not None:
            for name, files in built.files.items():
                for folder, file in files.items():
                    if file == base.files.get(name, {}).get(folder):
                        link_or_copy(base.file(name, folder), built.path / name / file.path)
        write_manifest(built.path / MANIFEST, built.files)


class _Built:
    """A state under construction: which files it has, and how it differs from the one before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: dict[str, dict[str, PartitionFile]] = {}
        self.written: dict[str, tuple[str, ...]] = {}
        self.removed: dict[str, tuple[str, ...]] = {}
        self.kept = 0

    def record(
        self, name: str, before: Mapping[str, PartitionFile], after: Mapping[str, PartitionFile]
    ) -> None:
        self.files[name] = dict(after)
        changed = sorted(folder for folder, file in after.items() if before.get(folder) != file)
        gone = sorted(folder for folder in before if folder not in after)
        if changed:
            self.written[name] = tuple(changed)
        if gone:
            self.removed[name] = tuple(gone)
        self.kept += len(after) - len(changed)


def _admitted(name: str, frame: pd.DataFrame) -> pa.Table:
    table = checked(name, frame)
    check_frame(name, frame)
    return table


def _holds_any(path: Path, schema: TableSchema, wanted: Set[str]) -> bool:
    held = read_file(path, schema, ["report_id"])["report_id"]
    return not wanted.isdisjoint(pc.unique(held).to_pylist())


def _empty(schema: TableSchema) -> pa.Table:
    return pa.schema([(column.name, column.type) for column in schema.stored]).empty_table()


def publish(
    root: Path,
    frames: Mapping[str, pd.DataFrame],
    replaces: Collection[str] = (),
    *,
    forgets: Collection[str] = (),
    owner: str = "publish",
) -> PublishSummary:
    """One run with one batch: see `Run.add` and `Run.commit` for the arguments and errors."""
    return publish_batches(root, [(frames, replaces)], forgets=forgets, owner=owner)


def publish_batches(
    root: Path,
    batches: Iterable[tuple[Mapping[str, pd.DataFrame], Collection[str]]],
    *,
    forgets: Collection[str] = (),
    owner: str = "publish",
) -> PublishSummary:
    """One run with many batches of (frames, replaces), put in force together; memory holds one at a time."""
    with Run(root, owner) as run:
        for frames, replaces in batches:
            run.add(frames, replaces)
        run.add({}, (), forgets)
        return run.commit()
