from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from test_publish import files_of
from warehouse_frames import Made, frames_of, pages_of

from warehouse.errors import DamagedDataset, LockTimeout, OutdatedDataset
from warehouse.locks import hold, read_holder
from warehouse.publish import Run, publish, read_table
from warehouse.snapshots import current

PROCESS = Path(__file__).with_name("publishing_process.py")


def start(root: Path, owner: str, *words: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(PROCESS.parents[2]), str(PROCESS.parent)])
    return subprocess.Popen(
        [sys.executable, str(PROCESS), str(root), owner, *words],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def words_of(made: list[Made]) -> list[str]:
    return [f"{m.number}.{m.revision}" for m in made]


def test_killed_at_any_moment_the_dataset_is_the_old_or_the_new_and_a_rerun_completes_it(
    tmp_path: Path,
) -> None:
    old = [Made(number) for number in range(12)]
    new = [Made(number, revision=1) for number in range(0, 24, 2)]
    publish(tmp_path / "old", frames_of(old) | {"pages": pages_of(old)})
    publish(tmp_path / "new", frames_of(old) | {"pages": pages_of(old)})
    publish(tmp_path / "new", frames_of(new) | {"pages": pages_of(new)})
    allowed = {"old": files_of(tmp_path / "old"), "new": files_of(tmp_path / "new")}
    chance = random.Random(20)
    for round_ in range(5):
        root = tmp_path / f"root-{round_}"
        shutil.copytree(tmp_path / "old", root, symlinks=True)
        with ended(start(root, "killed", *words_of(new))) as process:
            assert line_of(process) == "ready"
            time.sleep(chance.uniform(0.0, 0.35))
        state = files_of(root)
        assert state in allowed.values()
        assert len(read_table(root, "reports")) == (18 if state == allowed["new"] else 12)
    publish(root, frames_of(new) | {"pages": pages_of(new)})
    assert files_of(root) == allowed["new"]
    assert not list((root / ".staging").glob("run-*"))


@pytest.mark.parametrize("step", ["write_manifest", "install", "_switch"])
def test_a_crash_at_any_step_of_a_commit_leaves_the_state_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    publish(tmp_path, frames_of([Made(1)]))
    before = files_of(tmp_path)
    module = "warehouse.snapshots" if step == "_switch" else "warehouse.publish"

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"{module}.{step}", crash)
        with pytest.raises(KeyboardInterrupt):
            publish(tmp_path, frames_of([Made(1, revision=1), Made(2)]))
    assert files_of(tmp_path) == before
    publish(tmp_path, frames_of([Made(1, revision=1), Made(2)]))
    publish(tmp_path / "undisturbed", frames_of([Made(1, revision=1), Made(2)]))
    assert files_of(tmp_path) == files_of(tmp_path / "undisturbed")


def test_two_writers_at_once_wait_for_each_other_and_lose_nothing(tmp_path: Path) -> None:
    nightly = [Made(number, revision=1) for number in range(8)]
    backfill = [Made(number) for number in range(8, 16)]
    root = tmp_path / "root"
    publish(root, frames_of([Made(number) for number in range(4)]))
    with (
        ended(start(root, "nightly", *words_of(nightly), "batch=2")) as one,
        ended(start(root, "backfill", *words_of(backfill), "batch=2")) as two,
    ):
        assert one.wait(60) == two.wait(60) == 0
    publish(tmp_path / "alone", frames_of(nightly + backfill) | {"pages": pages_of(nightly + backfill)})
    assert files_of(root) == files_of(tmp_path / "alone")
    assert read_table(root, "requests").duplicated(["report_id", "item", "applicant"]).sum() == 0


def test_readers_see_whole_states_while_a_writer_writes(tmp_path: Path) -> None:
    """A revision moves figures in two partitions together: a reader must never see one alone."""
    sums = {}
    for revision in range(4):
        frames = frames_of([Made(1, revision), Made(2, revision)])
        publish(tmp_path / "each", frames)
        sums[revision] = int(read_table(tmp_path / "each", "requests")["value"].sum())
    publish(tmp_path / "root", frames_of([Made(1), Made(2)]))
    stop = threading.Event()
    seen: list[int] = []
    gone = absent = 0

    def read() -> None:
        nonlocal gone, absent
        while not stop.is_set():
            try:
                seen.append(int(pd.read_parquet(tmp_path / "root" / "requests")["value"].sum()))
            except FileNotFoundError:
                gone += 1
            absent += sum(not (tmp_path / "root" / "requests").exists() for _ in range(300))

    reader = threading.Thread(target=read)
    reader.start()
    for round_ in range(8):
        publish(tmp_path / "root", frames_of([Made(1, round_ % 4), Made(2, round_ % 4)]))
    stop.set()
    reader.join()
    assert len(set(sums.values())) == 4
    assert set(seen) <= set(sums.values())
    assert len(set(seen)) > 1 and absent == 0


def test_the_lock_names_its_holder_and_a_waiter_gives_up_in_time(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(1)]))
    with hold(tmp_path / ".lock", "backfill"):
        holder = read_holder(tmp_path / ".lock")
        assert holder is not None and (holder.owner, holder.pid) == ("backfill", os.getpid())
        began = time.monotonic()
        with Run(tmp_path, "nightly", lock_timeout_seconds=0.3) as run:
            run.add(frames_of([Made(2)]))
            with pytest.raises(LockTimeout, match=f"backfill .process {os.getpid()}"):
                run.commit()
        assert 0.3 <= time.monotonic() - began < 3
    assert read_holder(tmp_path / ".lock") is None
    assert set(read_table(tmp_path, "reports")["report_id"]) == {Made(1).report_id}


def test_a_holder_that_died_is_told_of_and_stops_nobody(tmp_path: Path) -> None:
    with ended(start(tmp_path, "backfill", *words_of([Made(number) for number in range(60)]))):
        for _ in range(2000):
            if (holder := read_holder(tmp_path / ".lock")) is not None:
                break
            time.sleep(0.005)
        assert holder is not None
    summary = publish(tmp_path, frames_of([Made(1)]))
    assert summary.abandoned_by is not None and summary.abandoned_by.owner == "backfill"
    assert publish(tmp_path, frames_of([Made(1, revision=1)])).abandoned_by is None


def test_a_living_run_is_not_swept_away_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.spool.SPILL_BYTES", 1)
    with Run(tmp_path, "slow") as slow:
        slow.add(frames_of([Made(1)]))
        publish(tmp_path, frames_of([Made(2)]))
        assert list((tmp_path / ".staging").rglob("*.arrow"))
        slow.commit()
    assert set(read_table(tmp_path, "reports")["report_id"]) == {Made(1).report_id, Made(2).report_id}


def test_a_broken_manifest_is_named(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(1)]))
    state = current(tmp_path)
    assert state is not None
    (state.path / "manifest.json").write_text("{")
    with pytest.raises(DamagedDataset, match=r"manifest\.json"):
        read_table(tmp_path, "reports")


def test_a_flipped_bit_anywhere_in_a_file_is_found_before_it_is_read_or_copied_on(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(1)]))
    state = current(tmp_path)
    assert state is not None
    path = state.file("requests", f"report_year={Made(1).year}/region={Made(1).province}")
    content = path.read_bytes()
    for position in range(0, len(content), len(content) // 12):
        damaged = bytearray(content)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(DamagedDataset, match=path.name):
            read_table(tmp_path, "requests")
    with pytest.raises(DamagedDataset, match=path.name):
        publish(tmp_path, frames_of([Made(1, revision=1)]))
    path.write_bytes(content)
    assert publish(tmp_path, frames_of([Made(1, revision=1)])).changed


def test_a_dataset_of_another_contract_is_not_mixed_with_this_one(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(1)]))
    state = current(tmp_path)
    assert state is not None
    manifest = state.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace(state.contract, "0123456789ab"))
    with pytest.raises(OutdatedDataset, match="0123456789ab"):
        publish(tmp_path, frames_of([Made(2)]))
