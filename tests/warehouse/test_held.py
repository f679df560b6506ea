"""A state that is not approved waits whole; it is put in force only over the state that it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest
from warehouse_frames import Made, codebook, frames_of, pages_of

from warehouse.diff import compare, state_of
from warehouse.errors import HeldOutdated, NothingHeld
from warehouse.held import held_state, publish_held
from warehouse.publish import PublishSummary, Run, publish, read_table
from warehouse.snapshots import Snapshot, current

FIRST = [Made(number) for number in range(6)]
MORE = [Made(number) for number in range(6, 9)]


def committed(root: Path, made: list[Made], approved: bool) -> PublishSummary:
    with Run(root) as run:
        run.add(frames_of(made) | {"pages": pages_of(made), "codebook": codebook()})
        return run.commit(lambda _base, _next: approved)


def reports(root: Path) -> int:
    return len(read_table(root, "reports"))


def test_what_is_not_approved_waits_beside_the_tables_in_force(tmp_path: Path) -> None:
    assert committed(tmp_path, FIRST, approved=False).held is None, (
        "the first state has nothing to be held to"
    )
    seen: list[tuple[int, int]] = []

    def judge(base: Snapshot, following: Snapshot) -> bool:
        seen.append((len(compare(base, following).added), len(compare(base, following).withdrawn)))
        return False

    with Run(tmp_path) as run:
        run.add(frames_of(MORE) | {"pages": pages_of(MORE)})
        summary = run.commit(judge)
    assert seen == [(3, 0)]
    assert summary.held is not None
    assert reports(tmp_path) == 6
    waiting = held_state(tmp_path)
    assert waiting is not None
    assert len(compare(current(tmp_path), waiting).added) == 3
    assert state_of(summary.held).files == waiting.files
    before = summary.rows["reports"]
    publish_held(tmp_path)
    assert reports(tmp_path) == before == 9
    assert held_state(tmp_path) is None
    with pytest.raises(NothingHeld):
        publish_held(tmp_path)


def test_a_held_state_never_undoes_what_was_published_since(tmp_path: Path) -> None:
    committed(tmp_path, FIRST, approved=True)
    committed(tmp_path, MORE, approved=False)
    kept = (tmp_path / ".held").rename(tmp_path / "kept")
    publish(tmp_path, frames_of([Made(20)]))
    kept.rename(tmp_path / ".held")
    with pytest.raises(HeldOutdated, match="made from state 1, and 2 is in force"):
        publish_held(tmp_path)
    assert reports(tmp_path) == 7


def test_the_next_state_in_force_takes_the_place_of_what_was_held(tmp_path: Path) -> None:
    committed(tmp_path, FIRST, approved=True)
    committed(tmp_path, MORE, approved=False)
    committed(tmp_path, MORE[:1], approved=False)
    waiting = held_state(tmp_path)
    assert waiting is not None
    assert sum(file.rows for file in waiting.files["reports"].values()) == 7
    committed(tmp_path, MORE, approved=True)
    assert held_state(tmp_path) is None
    assert reports(tmp_path) == 9
