"""Tables that many machines share: one writer among them, its disk brought up to date, its state handed out.

Where `data.published` is not set, the tables are this machine's alone and nothing here does anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyarrow import fs

from crawlers.archive import Archive
from crawlers.stores import S3, StorePlace, s3_files, storage_problem
from flows.errors import StorageFailed
from flows.progress import tell
from flows.settings import Settings
from warehouse.cluster_lock import hold_in_database
from warehouse.mirror import MirrorSummary, pull, push


def require_reach(settings: Settings) -> None:
    """Ask for the archive that was begun, and for the store of shared tables, before a run is begun on them.

    Raises the errors of `crawlers.errors` and StorageFailed: at once, not after Prefect's start.
    """
    if settings.data.archive.is_there():
        with Archive(settings.data.archive):
            pass
    if settings.data.published is not None:
        files, base = _store(settings, settings.data.published)
        with _translated(settings.data.published):
            files.get_file_info(base)


@contextmanager
def shared_tables(settings: Settings, owner: str) -> Iterator[Callable[[], MirrorSummary | None]]:
    """Be the one writer of the shared tables, starting from the state in force.

    Gives a function that puts this machine's state in force for all. Raises StorageFailed, and the errors of
    `warehouse.errors`; what was in force then stays.
    """
    published = settings.data.published
    if published is None:
        yield lambda: None
        return

    def told(holder: str) -> None:
        tell(f"waiting for {holder}, which is publishing at {published}")

    with hold_in_database(settings.data.archive.ledger, published, owner, told) as check:
        files, base = _store(settings, published)
        with _translated(published):
            pull(settings.data.datasets, files, base)

        def share() -> MirrorSummary:
            with _translated(published):
                return push(settings.data.datasets, files, base, check)

        yield share


def _store(settings: Settings, published: str) -> tuple[fs.FileSystem, str]:
    place = StorePlace(published, settings.storage.endpoint, settings.storage.region)
    with _translated(published):
        return s3_files(place), published.removeprefix(S3)


@contextmanager
def _translated(published: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # With a number it is this machine's own answer, a full disk say, which names its file.
        if error.errno is not None and not isinstance(error, FileNotFoundError):
            raise
        raise StorageFailed(published, storage_problem(error)) from error
