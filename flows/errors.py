"""What can be wrong with what the user gave: one line each, naming the file, the key or the path."""

from __future__ import annotations

from pathlib import Path


class FlowsError(Exception):
    """Base of the errors that the command line prints in one line before it ends with exit code 2."""


class ConfigError(FlowsError):
    """A configuration that cannot be used; `line` counts from 1, 0 where the file as a whole is meant."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        self.path = path
        self.line = line
        self.problem = problem
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")


class UnusableArgument(FlowsError):
    """An argument of a command that cannot be used: a path that is not there, an unknown site."""

    def __init__(self, argument: str, problem: str) -> None:
        self.argument = argument
        super().__init__(f"{argument}: {problem}")


class NothingArchived(FlowsError):
    """A build without anything to build from."""

    def __init__(self, archive: object) -> None:
        super().__init__(f"{archive}: no page is archived here; `gongkai crawl` comes first")


class WorkerLost(FlowsError):
    """A reading process died (killed, out of memory) in the midst of a batch; the batch was not published."""

    def __init__(self, batch: str) -> None:
        super().__init__(f"a reading process died while it read {batch}: nothing of this run was published")


class SchedulerUnreachable(FlowsError):
    """The Dask cluster that the configuration names cannot be used."""

    def __init__(self, scheduler: str, problem: str) -> None:
        super().__init__(f"build.runner {scheduler}: no cluster answers ({problem})")


class ReaderOutdated(FlowsError):
    """A machine of the cluster has another extractor or codebook: its figures would not be this machine's."""

    def __init__(self, asked: tuple[str, str], found: tuple[str, str]) -> None:
        super().__init__(asked, found)
        self.asked, self.found = asked, found

    def __str__(self) -> str:
        """Both versions."""
        return f"a reading machine has extractor and codebook {self.found}, not {self.asked}: update it"


class StorageFailed(FlowsError):
    """The store of the published tables did not do its part; the state before stays in force there."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
