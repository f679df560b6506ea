"""The build as a Prefect flow: archive → documents → tidy frames → Parquet. A task is a batch of pages.

Batches are read by plain worker processes, which know nothing of Prefect; between tasks go paths. Nothing is
published before the last batch is read, and then everything at once.
"""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.errors import WorkerLost
from flows.plan import BuildPlan, plan_build
from flows.progress import Step
from flows.publishing import BuildReport, publish_batches
from flows.reading import BatchResult, read_batch
from flows.settings import Settings, load_known_settings
from warehouse.locks import hold

MOST_PROCESSES = 64


@task(name="plan", cache_policy=NO_CACHE)
def plan_task(settings: Settings, folder: Path) -> BuildPlan:
    """Which pages to read, written down in batches."""
    return plan_build(
        settings.data.archive,
        settings.data.datasets,
        folder,
        settings.build.pages_per_task,
        settings.build.processes,
    )


@task(name="read", task_run_name="read {batch.stem}", cache_policy=NO_CACHE)
def read_task(batch: Path, archive: Path, pool: Executor | None, step: Step) -> BatchResult:
    """Read one batch, in a worker process where there is a pool."""
    folder = batch.with_suffix("")
    if pool is None:
        return read_batch(batch, archive, folder, step.done)
    try:
        result = pool.submit(read_batch, batch, archive, folder).result()
    except BrokenProcessPool as error:
        raise WorkerLost(batch.stem) from error
    step.done(result.outcomes.total())
    return result


@task(name="publish", cache_policy=NO_CACHE)
def publish_task(settings: Settings, batches: list[BatchResult], plan: BuildPlan) -> BuildReport:
    """Put what was read in force, all tables at once."""
    return publish_batches(settings.data.datasets, batches, plan.unchanged, settings.thresholds)


@flow(name="build", task_runner=ThreadPoolTaskRunner(max_workers=MOST_PROCESSES))
def build_flow(config: Path) -> State[BuildReport]:
    """Read what is new in the archive and publish it; `CompletedWithGaps` where a report was refused."""
    settings = load_known_settings(config)
    with _staging(settings.data.state / "build") as folder:
        plan = plan_task(settings, folder)
        step = Step("reading", plan.pages)
        with _workers(settings, plan.pages) as pool:
            waiting = [read_task.submit(batch, settings.data.archive, pool, step) for batch in plan.batches]
            batches = [future.result() for future in waiting]
        step.end()
        report = publish_task(settings, batches, plan)
    create_markdown_artifact(key="build", markdown=report.markdown(), description="What this build read and wrote")
    if report.refused or report.crossed:
        return Completed(name="CompletedWithGaps", message=f"{len(report.refused)} refused", data=report)
    return Completed(data=report)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """An empty folder for this build alone; whatever a killed build left in it goes first."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with hold(folder.with_suffix(".lock"), "build", timeout_seconds=0):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


@contextmanager
def _workers(settings: Settings, pages: int) -> Iterator[Executor | None]:
    """Worker processes for one build; none where so few pages are quicker read here."""
    if pages < settings.build.in_process_below or settings.build.processes == 1:
        yield None
        return
    # spawn: a fork would copy Prefect's threads and locks in whatever state they are.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(settings.build.processes, mp_context=spawn) as pool:
        yield pool
