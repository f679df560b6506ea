"""A step whose progress also stands on Prefect's page of the run, for whoever looks from elsewhere."""

from __future__ import annotations

import threading
import time

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from flows.progress import Step

SECONDS = 5.0
"""Between two updates of the page: each is a call to Prefect's server."""


class ReportedStep(Step):
    """A bar, and a progress artifact of the task or flow run that begins it."""

    def __init__(self, name: str, total: int | None = None) -> None:
        super().__init__(name, total)
        self._waiting, self._done = total or 0, 0
        self._telling = threading.Lock()
        self._artifact = create_progress_artifact(progress=0.0, key=name, description=f"{name}: pages")
        self._due = time.monotonic() + SECONDS

    def more(self, count: int) -> None:
        """`count` more things turned out to be waiting."""
        super().more(count)
        with self._telling:
            self._waiting += count

    def done(self, count: int = 1) -> None:
        """`count` more things are done."""
        super().done(count)
        with self._telling:
            self._done += count
            due = time.monotonic() >= self._due
            if due:
                self._due = time.monotonic() + SECONDS
        if due:
            self._report()

    def end(self) -> None:
        """Nothing more is to come."""
        super().end()
        self._waiting = self._done = max(self._done, 1)
        self._report()

    def _report(self) -> None:
        share = self._done / max(self._waiting, self._done, 1)
        update_progress_artifact(self._artifact, progress=round(100 * share, 1))  # type: ignore[arg-type]
