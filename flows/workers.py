"""Who reads: plain processes, started only where there are enough pages to pay for their start; or a Dask cluster."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from crawlers.stores import StorePlace
from flows.dask_readers import DaskReaders, dask_readers
from flows.errors import WorkerLost
from flows.places import PROCESSES
from flows.reading import BatchResult, read_batch
from flows.settings import BuildSettings

Readers = Executor | DaskReaders | None
"""Processes of this machine, a cluster, or nobody but the caller."""


@contextmanager
def workers(spread: BuildSettings, pages: int) -> Iterator[Readers]:
    """Readers for so many pages; None where they are quicker read by the caller itself."""
    if pages < spread.in_process_below or (spread.runner == PROCESSES and spread.processes == 1):
        yield None
        return
    if spread.runner != PROCESSES:
        with dask_readers(spread.runner) as cluster:
            yield cluster
        return
    # spawn: a fork would copy Prefect's threads and locks in whatever state they are.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(spread.processes, mp_context=spawn)
    try:
        yield pool
    except BaseException:
        # A build that failed, or was told to stop, must not read the thousand batches that wait before it says so.
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def read_with(
    pool: Readers, batch: Path, objects: StorePlace | None, on_pages: Callable[[int], None]
) -> BatchResult:
    """Read a batch in a worker, or here; frames are left beside it. Raises WorkerLost where a worker died."""
    folder = batch.with_suffix("")
    if pool is None:
        return read_batch(batch, objects, folder, lambda: on_pages(1))
    if isinstance(pool, DaskReaders):
        assert objects is not None, "a cluster reads what an archive holds"
        result = pool.read(batch, objects, folder)
        on_pages(result.outcomes.total())
        return result
    try:
        result = pool.submit(read_batch, batch, objects, folder).result()
    except BrokenProcessPool as error:
        raise WorkerLost(batch.stem) from error
    on_pages(result.outcomes.total())
    return result
