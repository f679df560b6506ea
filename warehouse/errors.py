"""What can be wrong with a frame, a dataset, a lock or a release: one family, each naming the value."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SHOWN = 5
"""So many offending values stand in a message; the rest are counted."""


def shown(values: Iterable[object]) -> str:
    """The first few values, and how many more there are."""
    listed = list(values)
    text = ", ".join(repr(value) for value in listed[:SHOWN])
    return text if len(listed) <= SHOWN else f"{text} and {len(listed) - SHOWN} more"


class WarehouseError(Exception):
    """Base of every error that `warehouse` raises on purpose."""


class ContractError(WarehouseError):
    """A frame breaks the contract of its table."""

    def __init__(self, table: str, finding: str) -> None:
        super().__init__(f"table {table}: {finding}")
        self.table = table


class UnknownTable(WarehouseError):
    """A frame was given for a table that the contract does not have."""

    def __init__(self, table: str, known: Iterable[str]) -> None:
        super().__init__(f"no table is called {table!r}; there are {', '.join(known)}")
        self.table = table


class UnexpectedColumns(ContractError):
    """The frame has columns that the table does not."""

    def __init__(self, table: str, columns: Iterable[object]) -> None:
        super().__init__(table, f"unexpected columns {shown(columns)}")


class MissingColumns(ContractError):
    """The table has columns that the frame does not."""

    def __init__(self, table: str, columns: Iterable[object]) -> None:
        super().__init__(table, f"missing columns {shown(columns)}")


class WrongType(ContractError):
    """A column cannot be held in its type without loss."""

    def __init__(self, table: str, column: str, wanted: object, reason: object) -> None:
        super().__init__(table, f"column {column} cannot be {wanted}: {reason}")
        self.column = column


class NullInRequired(ContractError):
    """A required column holds nulls."""

    def __init__(self, table: str, column: str, rows: int) -> None:
        super().__init__(table, f"column {column} is required and null in {rows} rows")
        self.column = column


class UnknownValue(ContractError):
    """A column with a closed list of values holds another one."""

    def __init__(self, table: str, column: str, values: Iterable[object]) -> None:
        super().__init__(table, f"column {column} holds unknown values {shown(values)}")
        self.column = column


class ContradictoryStatus(ContractError):
    """A figure is there without the status `reported`, or `reported` without a figure."""

    def __init__(self, table: str, status: object, value: object, rows: int) -> None:
        super().__init__(table, f"status {status!r} stands beside value {value!r} in {rows} rows")


class RuleBroken(ContractError):
    """A value is of the right type and yet impossible: a pattern, range or uniqueness rule refuses it."""

    def __init__(self, table: str, column: object, rule: object, values: Iterable[object]) -> None:
        super().__init__(table, f"column {column} breaks the rule {rule}: {shown(values)}")
        self.column = column


class DuplicateRows(ContractError):
    """Two rows have the same key."""

    def __init__(self, table: str, key: object) -> None:
        super().__init__(table, f"more than one row has the key {key!r}")


class StrayRows(ContractError):
    """Rows belong to a report that is not in `reports`, or disagree with it about year or organ."""

    def __init__(self, table: str, column: str, report_ids: Iterable[object]) -> None:
        super().__init__(table, f"{column} does not agree with table reports for reports {shown(report_ids)}")
        self.column = column


class CodeReused(ContractError):
    """A code of the codebook came to mean something else: both of its labels changed."""

    def __init__(self, code: object, before: object, after: object) -> None:
        super().__init__("codebook", f"code {code!r} meant {before!r} and is to mean {after!r}")


class LockTimeout(WarehouseError):
    """Another writer held the lock for longer than the caller would wait."""

    def __init__(self, path: Path, holder: str, seconds: float) -> None:
        super().__init__(f"{path} is held by {holder}; gave up after {seconds:g} s")


class DamagedDataset(WarehouseError):
    """A dataset or release on disk is not what its manifest says."""

    def __init__(self, path: Path | str, finding: str) -> None:
        super().__init__(f"{path}: {finding}")
        self.path = path


class OutdatedDataset(WarehouseError):
    """The dataset in force was written under another contract: old and new files must not stand side by side."""

    def __init__(self, path: Path | str, held: str, wanted: str) -> None:
        super().__init__(
            f"{path}: written under contract {held}, this is contract {wanted}; build it anew in an empty folder"
        )


class NothingHeld(WarehouseError):
    """No state waits to be put in force."""

    def __init__(self, root: Path) -> None:
        super().__init__(f"{root}: nothing is held here")


class HeldOutdated(WarehouseError):
    """The held state was made from tables that are no longer in force: what changed since would be lost."""

    def __init__(self, root: Path, made_from: int, in_force: int) -> None:
        super().__init__(
            f"{root}: what is held was made from state {made_from}, and {in_force} is in force: build again"
        )


class NoDataset(WarehouseError):
    """Nothing has been published under this root yet."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(f"{path}: nothing has been published here")


class RunClosed(WarehouseError):
    """Frames were added to a run that has been committed or abandoned."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: this run is over")


class ReleaseProblem(WarehouseError):
    """A release cannot be made or read."""

    def __init__(self, path: Path | str, finding: str) -> None:
        super().__init__(f"{path}: {finding}")


class LockUnavailable(WarehouseError):
    """The database that keeps writers apart cannot be asked; nothing was published."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: the writer's lock cannot be had: {problem}")


class LockLost(WarehouseError):
    """The session that held the writer's lock is gone: another may be writing, so this one must not."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: the writer's lock was lost, the state before stays in force: {problem}")


class StateMoved(WarehouseError):
    """Another state came in force elsewhere since this machine last looked; publishing would undo it."""

    def __init__(self, base: str, expected: str | None, found: str | None) -> None:
        super().__init__(f"{base}: state {found} is in force, not {expected} from which this one was made")


class ExplorerProblem(WarehouseError):
    """The explorer's site cannot be made: its own data contradicts itself, or a folder is not its own."""

    def __init__(self, path: Path | str, finding: str) -> None:
        super().__init__(f"{path}: {finding}")
