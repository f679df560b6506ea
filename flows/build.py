"""The build as a Prefect flow: archive → documents → tidy frames → Parquet. A task is a batch of pages.

Batches are read by plain worker processes, which know nothing of Prefect; between tasks go paths. Nothing is
published before the last batch is read, and then everything at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, cast

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from crawlers.stores import StorePlace
from flows.endings import ended
from flows.operations.guards import judge
from flows.operations.run_log import log
from flows.plan import OUTDATED, BuildPlan, Selection, keys_of, plan_build, write_batches
from flows.progress import Step, tell
from flows.publishing import BuildReport, Standards, publish_batches, writing
from flows.reading import BatchResult
from flows.reported_step import ReportedStep
from flows.settings import Settings, load_known_settings
from flows.settling import Settled, completed
from flows.sharing import shared_tables
from flows.workers import Readers, read_with, workers
from warehouse.locks import Holder, hold
from warehouse.mirror import MirrorSummary
from warehouse.publish import Run
from warehouse.snapshots import Snapshot

MOST_PROCESSES = 64


@dataclass(frozen=True)
class BuildOrder:
    """For whom a build reads, what, and why its tables must wait for a person in any case."""

    owner: str = "build"
    selection: Selection = OUTDATED
    hold: tuple[str, ...] = ()


PLAIN = BuildOrder()


@task(name="plan", cache_policy=NO_CACHE)
def plan_task(settings: Settings, folder: Path, selection: Selection) -> BuildPlan:
    """Which pages to read, written down in batches."""
    plan = plan_build(settings.data.archive, settings.data.datasets, folder, settings.build, selection)
    log("task", name="plan", pages=plan.pages, unchanged=plan.unchanged, outdated=plan.outdated)
    return plan


@task(name="read", task_run_name="read {batch.stem}", cache_policy=NO_CACHE)
def read_task(batch: Path, objects: StorePlace, pool: Readers, step: Step) -> BatchResult:
    """Read one batch, in a worker process where there is a pool."""
    result = read_with(pool, batch, objects, step.done)
    log("task", name=f"read {batch.stem}", outcomes=dict(result.outcomes))
    return result


@task(name="publish", cache_policy=NO_CACHE)
def publish_task(
    run: Run, settings: Settings, read: tuple[list[BatchResult], Settled], plan: BuildPlan, order: BuildOrder
) -> BuildReport:
    """Put what was read in force, all tables at once; set it aside where a guard says so."""

    def judged(before: Snapshot, after: Snapshot, fresh: frozenset[str]) -> Sequence[str]:
        return (*order.hold, *judge(before, after, fresh, settings.guards))

    batches, settled = read
    standards = Standards(settings.thresholds, judged)
    report = publish_batches(run, batches, settled, plan.unchanged, standards)
    log("task", name="publish", changed=report.changed, held=list(report.held), rows=dict(report.rows))
    return report


@task(name="share", cache_policy=NO_CACHE)
def share_task(share: Callable[[], MirrorSummary | None]) -> None:
    """Put this machine's tables in force for the others, where there are others."""
    summary = share()
    if summary is not None:
        log("task", name="share", state=summary.name, sent=summary.sent, copied=summary.copied)


THREADS = cast("TaskRunner[PrefectFuture[Any]]", ThreadPoolTaskRunner(max_workers=MOST_PROCESSES))
"""Its tasks only wait for worker processes. Prefect's own type for a flow's runner is too narrow for it."""


@flow(name="build", task_runner=THREADS)
def build_flow(config: Path, order: BuildOrder = PLAIN) -> BuildReport:
    """Read what is new in the archive and publish it, or hold it where a guard says so.

    Ends as `CompletedWithGaps` where a report was refused, or the tables wait for a person.
    """
    settings = load_known_settings(config)
    with (
        _staging(settings.data.state / "build", order.owner) as folder,
        shared_tables(settings, order.owner) as share,
    ):
        plan = plan_task(settings, folder, order.selection)
        step = ReportedStep("reading", plan.pages)
        with workers(settings.build, plan.pages) as pool:
            read = partial(_read_all, settings.data.archive.objects, pool, step)

            def read_again(sources: list[str]) -> list[BatchResult]:
                step.more(len(sources))
                keys = keys_of(settings.data.archive, sources)
                again = Path(mkdtemp(prefix="again-", dir=folder))
                return read(write_batches(keys, again, settings.build))

            batches = read(plan.batches)
            with writing(settings.data.datasets, order.owner) as run:
                whole = completed(settings.data.datasets, batches, read_again)
                step.end()
                report = publish_task(run, settings, whole, plan, order)
        share_task(share)
    create_markdown_artifact(key="build", markdown=report.markdown(), description="What this build did")
    gaps = f"{len(report.refused)} refused, {len(report.incomplete)} incomplete" if report.flawed else ""
    gaps = "; ".join([gaps, *(f"held: {reason}" for reason in report.held)]) if gaps else ""
    return ended(report, gaps)


def _read_all(objects: StorePlace, pool: Readers, step: Step, batches: Sequence[Path]) -> list[BatchResult]:
    waiting = [read_task.submit(batch, objects, pool, step) for batch in batches]
    return [future.result() for future in waiting]


@contextmanager
def _staging(folder: Path, owner: str) -> Iterator[Path]:
    """An empty folder for this build alone; whatever a killed build left in it goes first.

    Another build of the same archive is waited for: it may be reading the very pages that this one would read.
    """

    def told(holder: Holder | None) -> None:
        tell(f"waiting for {holder or 'another build'}")

    folder.parent.mkdir(parents=True, exist_ok=True)
    with hold(folder.with_suffix(".lock"), owner, on_wait=told):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder)
