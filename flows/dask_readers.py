"""Reading on a Dask cluster: batches go out as names in the archive's store, frames come back the same way.

The machines of the cluster need the archive's store and this software, no disk in common with this one, no ledger
and no Prefect. A machine that dies has its batch read by another; what it left is overwritten by the same bytes.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from crawlers.archive import EXCHANGE
from crawlers.stores import Store, StorePlace, open_store
from extractors.read import EXTRACTOR_VERSION
from flows.errors import ReaderOutdated, SchedulerUnreachable, WorkerLost
from flows.reading import BatchResult, codebook_version, read_batch

CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class DaskReaders:
    """A cluster's client, and the folder of the exchange that this run has to itself."""

    client: Any
    run: str

    def read(self, batch: Path, objects: StorePlace, folder: Path) -> BatchResult:
        """Have a batch read, and leave its frames in `folder`. Raises WorkerLost, ReaderOutdated, ArchiveError."""
        from distributed import KilledWorker  # noqa: PLC0415 (an extra)

        store = open_store(objects)
        name = f"{EXCHANGE}/{self.run}/{batch.parent.name}-{batch.stem}"
        store.put(f"{name}/{batch.name}", batch.read_bytes())
        try:
            future = self.client.submit(read_away, f"{name}/{batch.name}", objects, versions(), pure=False)
            result, files = future.result()
        except (KilledWorker, CancelledError, TimeoutError) as error:
            raise WorkerLost(batch.stem) from error
        assert isinstance(result, BatchResult)
        folder.mkdir(parents=True)
        for file in files:
            (folder / file).write_bytes(store.get(f"{name}/{file}"))
        for file in (*files, batch.name):
            store.remove(f"{name}/{file}")
        return replace(result, folder=folder)


@contextmanager
def dask_readers(scheduler: str) -> Iterator[DaskReaders]:
    """The cluster behind a scheduler's address. Raises SchedulerUnreachable."""
    try:
        from distributed import Client  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise SchedulerUnreachable(scheduler, "install gongkai[cluster]") from error
    try:
        client: Any = cast(Any, Client)(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise SchedulerUnreachable(scheduler, str(error)) from error
    with client:
        yield DaskReaders(client, uuid.uuid4().hex)


def versions() -> tuple[str, str]:
    """What two machines must have in common to read a page alike."""
    return EXTRACTOR_VERSION, codebook_version("report")


def read_away(name: str, objects: StorePlace, asked: tuple[str, str]) -> tuple[BatchResult, tuple[str, ...]]:
    """Read the batch of that name in the store, on a machine of the cluster; the names of the frames' files.

    Raises ReaderOutdated where this machine's software would read otherwise than the asking one's.
    """
    if versions() != asked:
        raise ReaderOutdated(asked, versions())
    store = open_store(objects)
    place, _, file = name.rpartition("/")
    with tempfile.TemporaryDirectory(prefix="gongkai-") as here:
        batch, folder = Path(here, file), Path(here, "frames")
        batch.write_bytes(store.get(name))
        result = read_batch(batch, objects, folder)
        return result, tuple(_put_all(folder, store, place))


def _put_all(folder: Path, store: Store, place: str) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        store.put(f"{place}/{path.name}", path.read_bytes())
        yield path.name
