"""Two crawls of one archive at once: they take turns by host and fetch nothing twice."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from conftest import quick_policy, site_of
from fault_server import Connection, FaultServer, link_list, page, report, report_title

from crawlers import ledger_schema as schema
from crawlers.archive import Archive, ArchivePlace
from crawlers.crawl import crawl
from crawlers.events import CrawlSummary, Event, HostChanged
from crawlers.leases import Leases


@pytest.fixture
def servers() -> list[FaultServer]:
    return [FaultServer() for _ in range(3)]


def publish(server: FaultServer, count: int) -> None:
    server.pages["/list.html"] = link_list((f"/r{n}.html", report_title(n)) for n in range(1, count + 1))
    for n in range(1, count + 1):
        server.pages[f"/r{n}.html"] = page(report(str(n)))


def test_two_crawls_at_once_share_the_work(servers: list[FaultServer], place: ArchivePlace) -> None:
    for server in servers:
        publish(server, 8)
    sites = [site_of(server, id=f"s{n}", delay_seconds=0.03) for n, server in enumerate(servers)]
    Archive(place).close()
    summaries: dict[int, CrawlSummary] = {}
    told: list[Event] = []

    def run(number: int) -> None:
        with Archive(place) as archive:
            order = sites if number == 0 else sites[::-1]
            summaries[number] = crawl(order, archive, quick_policy(workers=2), told.append)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for server in servers:
        pages = Counter(
            hit.path for hit in server.hits if hit.path.startswith("/r") and "robots" not in hit.path
        )
        assert pages == {f"/r{n}.html": 1 for n in range(1, 9)}
        times = [hit.at for hit in server.hits]
        assert min(later - earlier for earlier, later in pairwise(times)) >= 0.03
        server.close()
    assert summaries[0].run_id == summaries[1].run_id
    for summary in summaries.values():
        assert {source.figures.state for source in summary.sources} == {"complete"}
        assert {source.figures.new for source in summary.sources} == {8}
    assert any(isinstance(event, HostChanged) and event.state == "waiting" for event in told)


def test_only_one_request_is_under_way_at_a_host(server: FaultServer, place: ArchivePlace) -> None:
    at_once, most = [0], [0]

    def slowly(connection: Connection) -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        at_once[0] -= 1
        page(report())(connection)

    publish(server, 6)
    for n in range(1, 7):
        server.pages[f"/r{n}.html"] = slowly
    Archive(place).close()

    def run() -> None:
        with Archive(place) as archive:
            crawl([site_of(server)], archive, quick_policy())

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def lease_of(archive: Archive, name: str, owner: str, until: datetime) -> None:
    with archive.ledger.writing() as connection:
        connection.execute(schema.leases.insert().values(name=name, owner=owner, expires_at=until))


def test_leases_pass_on_when_given_back_run_out_or_orphaned(archive: Archive) -> None:
    first, second = Leases(archive.ledger), Leases(archive.ledger)
    assert first.hold("host a")
    assert first.hold("host a")
    assert not second.hold("host a")
    first.release("host a")
    assert second.hold("host a")
    now = datetime.now(UTC)
    lease_of(archive, "host elsewhere", "other-machine:1:x", now + timedelta(seconds=60))
    lease_of(archive, "host late", "other-machine:1:x", now - timedelta(seconds=1))
    lease_of(archive, "host dead", f"{socket.gethostname()}:4194303:x", now + timedelta(seconds=60))
    assert not first.hold("host elsewhere")
    assert first.hold("host late")
    assert first.hold("host dead")
    assert first.others("host e")
    assert not second.others("host z")


def test_a_lease_that_another_took_is_no_longer_held(archive: Archive) -> None:
    leases = Leases(archive.ledger)
    leases.hold("host a")
    with archive.ledger.writing() as connection:
        connection.execute(schema.leases.update().values(owner="other-machine:1:x"))
    leases._extend()
    assert not leases.holds("host a")
