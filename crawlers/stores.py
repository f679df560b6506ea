"""Where bytes lie under names: a folder of this machine, or a bucket of an S3-compatible store.

Both keep one promise: `put` makes the whole of the bytes appear under the name, or nothing, and when it returns
they are safe. A folder does it with a temporary file, fsync and a rename. A bucket does it by itself: an object
comes into being when its upload is complete, and one request completes it. Pyarrow can not ask for "only if
absent", and need not: an object's name is the hash of what is in it, so that two crawls that put one name at once
put bytes of one meaning, and whichever is last changes nothing. Where a name is not a hash (batches on their way
to reading machines), its first part is a run's own random one.
"""

from __future__ import annotations

import errno
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pyarrow import fs

from crawlers.errors import ArchiveError, ArchiveFull, UnknownObject

S3 = "s3://"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CONNECT_SECONDS, _REQUEST_SECONDS, _ATTEMPTS = 10.0, 60.0, 4


@dataclass(frozen=True, slots=True)
class StorePlace:
    """`address` is an absolute folder or `s3://bucket/prefix`. `endpoint` (http://host:port) is for stores other
    than Amazon's; credentials come from the environment or AWS's own files, and stand nowhere here."""

    address: str
    endpoint: str | None = None
    region: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder, or None for a bucket."""
        return None if self.address.startswith(S3) else Path(self.address)

    def __str__(self) -> str:
        """The address alone."""
        return self.address


@dataclass(frozen=True, slots=True)
class Stored:
    """A name in a store, and when its bytes were put (seconds since 1970)."""

    name: str
    modified: float


class Store(Protocol):
    """Bytes under names with slashes. Every method raises ArchiveError where the store does not do its part."""

    reads_at_once: int
    """Reads worth having under way: a bucket answers late, a disk at once."""

    def put(self, name: str, data: bytes) -> None:
        """Store for good, whole or not at all. Raises ArchiveFull."""

    def get(self, name: str) -> bytes:
        """The bytes. Raises UnknownObject."""

    def holds(self, name: str) -> bool:
        """Whether there is such a name."""

    def stored(self, below: str) -> Iterator[Stored]:
        """Every name below a folder, in no order; none where there is no such folder."""

    def remove(self, name: str) -> None:
        """Take a name away; a name that is not there is none to complain about."""

    def move(self, name: str, target: str) -> None:
        """Put the bytes under another name. Raises UnknownObject."""


def open_store(place: StorePlace) -> Store:
    """The store at a place; a folder is made, a bucket must be there. Raises ArchiveError."""
    return FolderStore(place.folder) if place.folder else BucketStore(place)


class FolderStore:
    """A folder of this machine; temporary files lie in its `tmp/`."""

    reads_at_once = 1

    def __init__(self, root: Path) -> None:
        """Open or create. Raises ArchiveError."""
        self._root = root
        self._tmp = root / "tmp"
        # Folders whose own entry is surely on the disk; whoever made them may not have synced it yet.
        self._safe_folders: set[Path] = {root}
        try:
            self._tmp.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _as_archive_error(error, root) from error

    def put(self, name: str, data: bytes) -> None:
        """As the protocol says."""
        path = self._root / name
        temporary = self._tmp / f"{os.getpid()}-{uuid.uuid4().hex}"
        try:
            _write_through(temporary, data)
            self._make_safe(path.parent)
            temporary.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _as_archive_error(error, path) from error

    def get(self, name: str) -> bytes:
        """As the protocol says."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            raise UnknownObject(f"{self._root}: no {name}") from None
        except OSError as error:
            raise _as_archive_error(error, self._root / name) from error

    def holds(self, name: str) -> bool:
        """As the protocol says."""
        return (self._root / name).exists()

    def stored(self, below: str) -> Iterator[Stored]:
        """As the protocol says."""
        for folder, _, names in os.walk(self._root / below):
            for name in names:
                path = Path(folder, name)
                try:
                    modified = path.stat().st_mtime
                except FileNotFoundError:
                    continue
                yield Stored(path.relative_to(self._root).as_posix(), modified)

    def remove(self, name: str) -> None:
        """As the protocol says."""
        (self._root / name).unlink(missing_ok=True)

    def move(self, name: str, target: str) -> None:
        """As the protocol says."""
        (self._root / target).parent.mkdir(parents=True, exist_ok=True)
        try:
            (self._root / name).replace(self._root / target)
        except FileNotFoundError:
            raise UnknownObject(f"{self._root}: no {name}") from None

    def _make_safe(self, folder: Path) -> None:
        if folder not in self._safe_folders:
            self._make_safe(folder.parent)
            folder.mkdir(exist_ok=True)
            _sync_folder(folder.parent)
            self._safe_folders.add(folder)


class BucketStore:
    """A prefix of a bucket."""

    reads_at_once = 16

    def __init__(self, place: StorePlace) -> None:
        """Ask once whether the bucket is there. Raises ArchiveError."""
        self._place = place
        self._base = place.address.removeprefix(S3).strip("/")
        bucket = self._base.partition("/")[0]
        try:
            self._files = s3_files(place)
            found = self._files.get_file_info(bucket).type is not fs.FileType.NotFound
        except OSError as error:
            raise self._error(error) from error
        if not found:
            # A store says of an object in a bucket that is not there that the object is not there.
            raise ArchiveError(f"{place}: there is no bucket {bucket}")

    def put(self, name: str, data: bytes) -> None:
        """As the protocol says."""
        try:
            # compression: pyarrow would go by the name's ending and pack what is packed.
            with self._files.open_output_stream(self._path(name), compression=None) as stream:
                # In one piece: a part of it that could not be sent fails the closing, which completes the object.
                stream.write(data)
        except OSError as error:
            raise self._error(error) from error

    def get(self, name: str) -> bytes:
        """As the protocol says."""
        try:
            with self._files.open_input_file(self._path(name)) as stream:
                return bytes(stream.read())
        except FileNotFoundError:
            raise UnknownObject(f"{self._place}: no {name}") from None
        except OSError as error:
            raise self._error(error) from error

    def holds(self, name: str) -> bool:
        """As the protocol says."""
        try:
            return bool(self._files.get_file_info(self._path(name)).type is fs.FileType.File)
        except OSError as error:
            raise self._error(error) from error

    def stored(self, below: str) -> Iterator[Stored]:
        """As the protocol says."""
        selector = fs.FileSelector(self._path(below), allow_not_found=True, recursive=True)
        try:
            found = self._files.get_file_info(selector)
        except OSError as error:
            raise self._error(error) from error
        for info in found:
            if info.type is fs.FileType.File:
                yield Stored(info.path.removeprefix(f"{self._base}/"), info.mtime.timestamp())

    def remove(self, name: str) -> None:
        """As the protocol says."""
        try:
            self._files.delete_file(self._path(name))
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._error(error) from error

    def move(self, name: str, target: str) -> None:
        """As the protocol says."""
        self.put(target, self.get(name))
        self.remove(name)

    def _path(self, name: str) -> str:
        return f"{self._base}/{name}".rstrip("/")

    def _error(self, error: OSError) -> ArchiveError:
        return ArchiveError(f"{self._place}: {storage_problem(error)}")


def s3_files(place: StorePlace) -> fs.FileSystem:
    """Pyarrow's file system for an S3 place; paths below it begin with the bucket. Raises OSError."""
    # Amazon's library otherwise sends bodies in chunks with a checksum behind them, which many other stores
    # refuse (411). What is stored here carries hashes of its own.
    os.environ.setdefault("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    return fs.S3FileSystem(
        region=place.region
        or os.environ.get("AWS_REGION")
        or os.environ.get("AWS_DEFAULT_REGION")
        or "us-east-1",
        endpoint_override=place.endpoint or os.environ.get("AWS_ENDPOINT_URL"),
        connect_timeout=_CONNECT_SECONDS,
        request_timeout=_REQUEST_SECONDS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        # One request for a small object instead of three.
        allow_delayed_open=True,
    )


def storage_problem(error: OSError) -> str:
    """What a store said, in one line."""
    return " ".join(str(error).split())


def older_than(found: Iterator[Stored], seconds: float) -> Iterator[str]:
    """The names whose bytes were put so long ago."""
    before = time.time() - seconds
    return (stored.name for stored in found if stored.modified < before)


def _write_through(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _as_archive_error(error: OSError, path: Path) -> ArchiveError:
    kind = ArchiveFull if error.errno in _FULL else ArchiveError
    return kind(f"{path}: {error.strerror}")
