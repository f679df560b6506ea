"""A fault server for each test, and a way to crawl it with short patience."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fault_server import FaultServer

from crawlers.archive import Archive, ArchivePlace
from crawlers.crawl import crawl
from crawlers.events import CrawlSummary
from crawlers.policy import Limits, Patience, Policy
from crawlers.sites import Site

ON_BOTH_DATABASES = frozenset({"test_archive", "test_two_crawls"})
"""Modules whose tests of an archive run twice: with the ledger in SQLite, and in PostgreSQL."""

QUICK = Patience(
    backoff=0.02, backoff_ceiling=0.05, latency_factor=0.0, circuit_seconds=0.0, crawl_delay_ceiling=0.05
)
LIMITS = Limits(
    page_seconds=1.0, file_seconds=1.0, connect_seconds=1.0, page_bytes=1 << 20, file_bytes=2 << 20
)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    server = FaultServer()
    yield server
    server.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames and metafunc.module.__name__ in ON_BOTH_DATABASES:
        needs = (pytest.mark.needs("postgres"), pytest.mark.xdist_group("postgres"))
        metafunc.parametrize("place", ["sqlite", pytest.param("postgres", marks=needs)], indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> ArchivePlace:
    """An archive in a folder; its ledger beside it, or in a database of its own."""
    here = ArchivePlace.in_folder(tmp_path / "archive")
    if getattr(request, "param", "sqlite") == "sqlite":
        return here
    return ArchivePlace(here.objects, request.getfixturevalue("database"))


@pytest.fixture
def archive(place: ArchivePlace) -> Iterator[Archive]:
    with Archive(place) as archive:
        yield archive


def as_code(place: ArchivePlace) -> str:
    """The place as a program writes it down that imports ArchivePlace and StorePlace."""
    return f"ArchivePlace({place.objects!r}, {place.ledger!r})"


def quick_policy(**changes: object) -> Policy:
    values: dict[str, object] = {"workers": 4, "patience": QUICK, "limits": LIMITS} | changes
    return Policy(**values)  # type: ignore[arg-type]


def site_of(server: FaultServer, path: str = "/list.html", **changes: object) -> Site:
    values: dict[str, object] = {"delay_seconds": 0.0, "allow": (server.opening,)} | changes
    name = str(values.pop("id", "city"))
    return Site(name, "市政府", (server.url(path),), **values)  # type: ignore[arg-type]


@pytest.fixture
def crawl_it(server: FaultServer, archive: Archive) -> Callable[..., CrawlSummary]:
    """Crawl the fault server's /list.html once; keywords of Site under `site`, of Policy as they are."""

    def run(site: dict[str, object] | None = None, **policy: object) -> CrawlSummary:
        return crawl([site_of(server, **(site or {}))], archive, quick_policy(**policy))

    return run
