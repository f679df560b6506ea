"""Lists are read apart from asking: no host waits for another's list, and no error of a reading is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from conftest import quick_policy, site_of
from fault_server import FaultServer, link_list, page, report, report_title

from crawlers.archive import Archive
from crawlers.crawl import crawl
from crawlers.events import Event, Listed, PageDone
from crawlers.list_reading import READERS, ListReading


@pytest.fixture
def other() -> Iterator[FaultServer]:
    server = FaultServer("127.0.0.2")
    yield server
    server.close()


def test_no_host_waits_while_anothers_list_is_read(
    server: FaultServer, other: FaultServer, archive: Archive
) -> None:
    """One worker, a list of thousands of links, and a host whose list comes later and is read before it."""
    links = [(f"/x{n}.html", f"通知{n}") for n in range(12_000)]
    server.pages["/list.html"] = link_list([*links, ("/r1.html", report_title(1))])
    server.pages["/r1.html"] = page(report("1"))
    other.pages["/list.html"] = link_list([(f"/r{n}.html", report_title(n)) for n in (1, 2, 3)])
    for n in (1, 2, 3):
        other.pages[f"/r{n}.html"] = page(report(f"of the other {n}"))
    seen: list[Event] = []
    sites = [site_of(server, id="long"), site_of(other, id="short")]
    summary = crawl(sites, archive, quick_policy(workers=1), seen.append)
    assert [source.figures.state for source in summary.sources] == ["complete", "complete"]
    told = [event.site_id for event in seen if isinstance(event, (Listed, PageDone))]
    assert told[0] == "short"
    assert sorted(told) == ["long"] * 2 + ["short"] * 4


@pytest.mark.parametrize("workers", [1, 4])
def test_an_error_while_a_list_is_read_ends_the_crawl(
    workers: int, server: FaultServer, archive: Archive
) -> None:
    server.pages["/list.html"] = link_list([("/r1.html", report_title(1))])
    readers = []

    def fail(event: Event) -> None:
        if isinstance(event, Listed):
            readers.append(threading.current_thread())
            raise ZeroDivisionError("while a list is read")

    with pytest.raises(ZeroDivisionError, match="while a list is read"):
        crawl([site_of(server)], archive, quick_policy(workers=workers), fail)
    assert len(readers) == 1
    assert server.asked("/r1.html") == []


def test_lists_beyond_the_room_are_left_to_whoever_fetched_them() -> None:
    reading, read = ListReading(), []
    assert reading.take_over(20 << 20, lambda: read.append(1))
    assert not reading.take_over(20 << 20, lambda: read.append(2))
    assert reading.take_over(5 << 20, lambda: read.append(3))
    threads = [threading.Thread(target=reading.work) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    done = threading.Event()
    assert reading.take_over(1, done.set)
    assert done.wait(10)
    reading.end()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert sorted(read) == [1, 3]
    assert reading.take_over(30 << 20, done.set)
