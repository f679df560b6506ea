"""The host queues: one worker a host, the earliest host first, and no wake-up lost."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

from crawlers.queues import HostQueues


@dataclass(frozen=True)
class Task:
    host: str
    number: int


def test_jobs_of_a_host_keep_their_order_and_hosts_take_turns() -> None:
    queues: HostQueues[Task] = HostQueues()
    for number in range(3):
        queues.put(Task("a", number))
        queues.put(Task("b", number))
    taken = []
    while (task := queues.take()) is not None:
        taken.append(task)
        queues.done(task.host, 0.0)
    assert [task.number for task in taken if task.host == "a"] == [0, 1, 2]
    assert [task.host for task in taken[:2]] == ["a", "b"]


def test_a_job_that_waits_lets_others_of_its_host_pass() -> None:
    queues: HostQueues[Task] = HostQueues()
    queues.put(Task("a", 1), wait=0.05)
    queues.put(Task("a", 2))
    first = queues.take()
    assert first is not None
    assert first.number == 2
    queues.done("a", 0.0)
    began = time.monotonic()
    second = queues.take()
    assert second is not None
    assert second.number == 1
    assert time.monotonic() - began >= 0.04


def test_a_drained_host_has_nothing_left() -> None:
    queues: HostQueues[Task] = HostQueues()
    for number in range(3):
        queues.put(Task("a", number))
    task = queues.take()
    assert task is not None
    assert [left.number for left in queues.drain("a")] == [1, 2]
    queues.done("a", 10.0)
    assert queues.take() is None


def test_stop_frees_every_worker() -> None:
    queues: HostQueues[Task] = HostQueues()
    queues.put(Task("a", 1), wait=60)
    threads = [threading.Thread(target=queues.take) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    queues.stop()
    for thread in threads:
        thread.join(1)
        assert not thread.is_alive()


def test_an_earlier_job_is_not_slept_over() -> None:
    """A worker sleeps for a late host while another, which waits without a time, hears of an earlier one."""
    queues: HostQueues[Task] = HostQueues()
    queues.put(Task("busy", 0))
    assert queues.take() is not None
    taken: list[tuple[str, float]] = []

    def work() -> None:
        if (task := queues.take()) is not None:
            taken.append((task.host, time.monotonic()))

    threads = []
    for late in ("late", "later"):
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        time.sleep(0.05)
        # Wakes the first worker in line, which goes back to the end of it.
        queues.put(Task(late, 0), wait=3.0)
        time.sleep(0.05)
    began = time.monotonic()
    queues.put(Task("early", 0), wait=0.05)
    while not taken and time.monotonic() - began < 5:
        time.sleep(0.01)
    assert taken[0][0] == "early"
    assert taken[0][1] - began < 1.5
    queues.stop()
    for thread in threads:
        thread.join(1)


def test_whoever_takes_a_job_leaves_the_time_to_another() -> None:
    """Two hosts get ready one after the other; the worker that slept for the first is busy when the second is due."""
    queues: HostQueues[Task] = HostQueues()
    for number, host in enumerate(("first", "second", "third")):
        queues.put(Task(host, 0), wait=0.1 + 0.05 * number)
    taken: list[str] = []
    held = threading.Event()

    def work() -> None:
        if (task := queues.take()) is not None:
            taken.append(task.host)
            held.wait(10)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    while len(taken) < 3 and time.monotonic() - began < 5:
        time.sleep(0.01)
    held.set()
    queues.stop()
    for thread in threads:
        thread.join(5)
    assert taken == ["first", "second", "third"]


def test_the_last_job_done_frees_those_who_wait() -> None:
    queues: HostQueues[Task] = HostQueues()
    queues.put(Task("a", 1))
    assert queues.take() is not None
    threads = [threading.Thread(target=queues.take, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    queues.done("a", 0.0)
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def test_many_workers_lose_no_wakeup_and_keep_every_pause() -> None:
    """Four hundred jobs at forty hosts, added while others run; the whole takes little longer than the
    pauses."""
    queues: HostQueues[Task] = HostQueues()
    pause, hosts, each = 0.02, 40, 10
    ended: dict[str, float] = {}
    seen: Counter[str] = Counter()
    violations: list[str] = []
    lock = threading.Lock()

    def work() -> None:
        while (task := queues.take()) is not None:
            now = time.monotonic()
            with lock:
                if now - ended.get(task.host, 0.0) < pause:
                    violations.append(task.host)
                seen[task.host] += 1
            time.sleep(random.uniform(0, 0.002))
            if task.number < each:
                queues.put(Task(task.host, task.number + 1), wait=random.choice([0.0, 0.005, 0.03]))
            with lock:
                ended[task.host] = time.monotonic()
            queues.done(task.host, pause)

    for number in range(hosts):
        queues.put(Task(f"h{number}", 1))
    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert violations == []
    assert set(seen.values()) == {each}
    assert time.monotonic() - began < 10.0
