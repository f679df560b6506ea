"""Progress on the terminal: flows say what they have done; whether anyone watches is decided here.

A worker without a terminal shows nothing: the same flow code runs there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_shown: Progress | None = None


@contextmanager
def shown_on(console: Console) -> Iterator[None]:
    """Show a bar for every `Step` begun inside the block. Without a terminal nothing is drawn."""
    global _shown  # noqa: PLW0603
    columns = (TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[note]}"), console=console) as progress:
        _shown = progress
        try:
            yield
        finally:
            _shown = None


def tell(line: str) -> None:
    """A line of its own above the bars, for what will still matter when they have moved on."""
    if _shown is not None:
        _shown.console.print(line, highlight=False, soft_wrap=True, markup=False)


class Step:
    """One bar: `total` things to do, None while the number is not known. Safe to use from several threads."""

    def __init__(self, name: str, total: int | None = None) -> None:
        self._progress = _shown
        self._task = self._progress.add_task(name, total=total, note="") if self._progress else None

    def more(self, count: int) -> None:
        """`count` more things turned out to be waiting."""
        if self._progress is not None and self._task is not None:
            total = self._progress.tasks[self._progress.task_ids.index(self._task)].total or 0
            self._progress.update(self._task, total=total + count)

    def done(self, count: int = 1) -> None:
        """`count` more things are done."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=count)

    def note(self, text: str) -> None:
        """What stands beside the bar from now on."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, note=text)

    def end(self) -> None:
        """Nothing more is to come: an open total becomes what was done."""
        if self._progress is not None and self._task is not None:
            done = self._progress.tasks[self._progress.task_ids.index(self._task)].completed
            self._progress.update(self._task, total=done, note="")
