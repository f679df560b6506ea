"""Addresses in the configuration: archives in folders and buckets, ledgers, and who reads."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from crawlers.archive import ArchivePlace
from crawlers.database import check_address
from crawlers.errors import LedgerError
from crawlers.stores import S3, StorePlace

PROCESSES = "processes"
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/@:?#]+)+")
_SCHEDULER = re.compile(r"(tcp|tls)://[^/@\s]+:\d{1,5}")


class Storage(Protocol):
    """The store behind `s3://` addresses."""

    @property
    def endpoint(self) -> str | None:
        """Where it answers; None for Amazon's own."""

    @property
    def region(self) -> str | None:
        """Its region; None for the environment's."""


def as_archive(value: object) -> object:
    """What stands under `data.archive`, not yet settled; anything but text is left for pydantic to refuse."""
    if not isinstance(value, str):
        return value
    return ArchivePlace(StorePlace(as_bucket(value) if "://" in value else value), "")


def as_bucket(value: str) -> str:
    """An S3 address with a prefix. Raises ValueError."""
    if not _BUCKET.fullmatch(value):
        raise ValueError("such an address is s3://bucket/prefix; credentials come from the environment")
    return value


def ledger_address(value: str) -> str:
    """An SQLAlchemy URL of a database that a ledger can be kept in. Raises ValueError, without its password."""
    try:
        check_address(value)
    except LedgerError as error:
        raise ValueError(str(error)) from error
    return value


def runner_address(value: str) -> str:
    """`processes`, or a Dask scheduler's address. Raises ValueError."""
    if value != PROCESSES and not _SCHEDULER.fullmatch(value):
        raise ValueError("reading runs on `processes`, or on a Dask scheduler at tcp://host:port")
    return value


def settled(archive: ArchivePlace, ledger: str | None, base: Path, storage: Storage) -> ArchivePlace:
    """The archive with its folder made absolute, or its store's endpoint, and its ledger. Raises ValueError."""
    if archive.objects.address.startswith(S3):
        if ledger is None:
            raise ValueError(f"an archive at {archive.objects} needs data.ledger, an address of PostgreSQL")
        place = replace(archive.objects, endpoint=storage.endpoint, region=storage.region)
        return ArchivePlace(place, ledger)
    here = ArchivePlace.in_folder((base / archive.objects.address).resolve())
    return here if ledger is None else replace(here, ledger=ledger)
