"""Bodies by their SHA-256, compressed, in a store: `objects/ab/abcdef….zst`. All that a reading worker needs."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import zstandard

from crawlers.errors import DamagedObject, UnknownObject
from crawlers.stores import Store, Stored, StorePlace, open_store

FOLDER = "objects"
DAMAGED = "damaged"
_LEVEL = 6
_MAX_OBJECT = 1 << 30


class Objects:
    """The bodies of an archive. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def put(self, body: bytes) -> str:
        """Store a body for good and return its SHA-256; safe when this returns. Raises ArchiveFull."""
        sha256 = hashlib.sha256(body).hexdigest()
        name = name_of(sha256)
        if not self.store.holds(name):
            packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(body)
            self.store.put(name, packed)
        return sha256

    def read(self, sha256: str) -> bytes:
        """The body of that hash, verified. Raises UnknownObject, DamagedObject, ArchiveError."""
        try:
            packed = self.store.get(name_of(sha256))
        except UnknownObject:
            raise UnknownObject(f"no object {sha256}") from None
        try:
            body = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MAX_OBJECT)
        except zstandard.ZstdError as error:
            raise DamagedObject(f"object {sha256}: {error}") from error
        if hashlib.sha256(body).hexdigest() != sha256:
            raise DamagedObject(f"object {sha256}: its bytes have another hash")
        return body

    def read_each(self, hashes: Iterable[str]) -> Iterator[bytes | UnknownObject | DamagedObject]:
        """The bodies in the order asked for, the next ones under way where the store answers late.

        A missing or damaged one comes as its error. Raises ArchiveError.
        """
        if self.store.reads_at_once == 1:
            yield from map(self._read_or_error, hashes)
            return
        with ThreadPoolExecutor(self.store.reads_at_once) as pool:
            waiting: deque[Future[bytes | UnknownObject | DamagedObject]] = deque()
            for sha256 in hashes:
                waiting.append(pool.submit(self._read_or_error, sha256))
                if len(waiting) > self.store.reads_at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _read_or_error(self, sha256: str) -> bytes | UnknownObject | DamagedObject:
        try:
            return self.read(sha256)
        except (UnknownObject, DamagedObject) as error:
            return error

    def stored(self) -> Iterator[Stored]:
        """Every object that is there; `hash_of` its name tells whose."""
        return (found for found in self.store.stored(FOLDER) if found.name.endswith(".zst"))


def open_objects(place: StorePlace) -> Objects:
    """The objects at a place. Raises ArchiveError."""
    return Objects(open_store(place))


def name_of(sha256: str) -> str:
    """Where a body lies in its store."""
    return f"{FOLDER}/{sha256[:2]}/{sha256}.zst"


def hash_of(name: str) -> str:
    """Whose body lies under this name."""
    return name.rpartition("/")[2].removesuffix(".zst")
