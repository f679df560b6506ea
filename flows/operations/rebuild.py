"""A rebuild: what another version of the extractor or the codebook read is read again, and first shown.

Its tables are always set aside; `rebuild_flow` never changes those in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact

from flows.build import BuildOrder, build_flow
from flows.operations.aftermath import after_build
from flows.operations.clock import now
from flows.operations.runs import HELD, PUBLISHED, UNCHANGED, Turn, recorded
from flows.plan import OUTDATED
from flows.publishing import BuildReport
from flows.settings import load_known_settings

UNSEEN = "rebuilt, and not yet looked at"
"""Why every rebuild waits. The guards may give reasons of their own."""


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild read, and what would change."""

    run: str
    build: BuildReport

    @property
    def crossed(self) -> tuple[str, ...]:
        """The guards that it crossed."""
        return tuple(reason for reason in self.build.held if reason != UNSEEN)


@flow(name="rebuild")
def rebuild_flow(config: Path) -> RebuildReport:
    """Read what is outdated and set the tables aside. Raises LockTimeout where another rebuild is under way."""
    settings = load_known_settings(config)
    with recorded(settings.data.state, Turn("rebuild", partial(now, settings))) as run:
        build: BuildReport = build_flow(config, BuildOrder("rebuild", OUTDATED, (UNSEEN,)))
        create_markdown_artifact(key="rebuild", markdown=build.markdown(), description=run.id)
        run.note(rows=dict(build.rows), read=build.read, unchanged=build.unchanged)
        # Tables that are the first of all are in force at once: there is nothing to hold them against.
        ending = HELD if build.held else PUBLISHED if build.changed else UNCHANGED
        run.end(ending, build.held, now(settings))
        after_build(config, settings, run.id, build.held, tells=False)
    return RebuildReport(run.id, build)
