from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from warehouse_frames import Made, codebook, frames_of, pages_of

from warehouse.errors import CodeReused, DuplicateRows, NoDataset, RunClosed, StrayRows, UnknownValue
from warehouse.publish import Run, publish, publish_batches, read_reports, read_table
from warehouse.schemas import TABLES
from warehouse.snapshots import current, sweep

PARTITIONED = [name for name, schema in TABLES.items() if schema.partitioned]


def files_of(root: Path) -> dict[str, bytes]:
    """Every file that a reader can reach, by table path, with its bytes."""
    return {
        f"{table}/{path.relative_to(root / table)}": path.read_bytes()
        for table in TABLES
        for path in (root / table).rglob("*.parquet")
    }


def marks_of(root: Path) -> dict[str, tuple[int, int]]:
    return {
        f"{table}/{path.relative_to(root / table)}": (path.stat().st_mtime_ns, path.stat().st_ino)
        for table in TABLES
        for path in (root / table).rglob("*.parquet")
    }


def assert_same_rows(left: pd.DataFrame, right: pd.DataFrame, name: str) -> None:
    order = list(TABLES[name].sort)
    pd.testing.assert_frame_equal(
        left.sort_values(order).reset_index(drop=True)[list(TABLES[name].names)],
        right.sort_values(order).reset_index(drop=True)[list(TABLES[name].names)],
        check_dtype=False,
    )


def test_every_table_comes_back_as_it_went_in(tmp_path: Path) -> None:
    made = [Made(number) for number in range(12)]
    frames = frames_of(made) | {"pages": pages_of(made), "codebook": codebook()}
    summary = publish(tmp_path, frames)
    for name, frame in frames.items():
        back = read_table(tmp_path, name, check=True)
        assert summary.rows[name] == len(frame) > 0
        back_lists = back.map(lambda cell: list(cell) if hasattr(cell, "tolist") else cell)
        assert_same_rows(back_lists if name == "pages" else back, frame, name)
    assert read_table(tmp_path, "requests")["value"].dtype == "Int64"


def test_rows_stand_sorted_by_their_keys_whatever_order_they_came_in(tmp_path: Path) -> None:
    made = [Made(number) for number in range(0, 40, 5)]
    frames = {name: frame.sample(frac=1, random_state=4) for name, frame in frames_of(made).items()}
    publish(tmp_path, frames)
    for name in PARTITIONED:
        for path in (tmp_path / name).rglob("*.parquet"):
            keys = pq.read_table(path).select(list(TABLES[name].sort)[:3]).to_pylist()
            rows = [tuple(row.values()) for row in keys]
            assert rows == sorted(rows, key=lambda row: tuple((v is not None, v) for v in row))


def test_nulls_stand_before_all_texts(tmp_path: Path) -> None:
    issues = pd.concat([frames_of([Made(1)])["issues"]] * 3, ignore_index=True)
    issues["item"] = pd.Series(["b", None, "a"], dtype="str")
    publish(tmp_path, {"issues": issues})
    assert read_table(tmp_path, "issues")["item"].fillna("null").tolist() == ["null", "a", "b"]


def test_same_rows_give_the_same_bytes_in_any_order_and_in_any_batches(tmp_path: Path) -> None:
    made = [Made(number) for number in range(9)]
    publish(tmp_path / "one", frames_of(made))
    batches = [(frames_of([m for m in reversed(made) if m.number % 3 == k]), ()) for k in (2, 0, 1)]
    publish_batches(tmp_path / "many", batches)
    for batch, _ in batches:
        publish(tmp_path / "often", batch)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "many") == files_of(tmp_path / "often")


def test_spilling_to_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [(frames_of([Made(k), Made(k + 50)]), ()) for k in range(4)]
    publish_batches(tmp_path / "memory", batches)
    monkeypatch.setattr("warehouse.spool.SPILL_BYTES", 40_000)
    with Run(tmp_path / "disk") as run:
        for frames, _ in batches:
            run.add(frames)
        assert list((tmp_path / "disk" / ".staging").rglob("*.arrow"))
        run.commit()
    assert files_of(tmp_path / "memory") == files_of(tmp_path / "disk")
    assert not list((tmp_path / "disk").rglob("*.arrow"))


def test_publishing_the_same_again_changes_no_file_and_makes_no_new_state(tmp_path: Path) -> None:
    frames = frames_of([Made(1), Made(2)])
    first = publish(tmp_path, frames)
    marks = marks_of(tmp_path)
    again = publish(tmp_path, frames)
    assert (first.changed, again.changed, again.written, again.snapshot) == (True, False, {}, first.snapshot)
    assert marks_of(tmp_path) == marks


def test_a_revision_rewrites_its_own_partition_and_no_other(tmp_path: Path) -> None:
    made = [Made(number) for number in range(9)]
    publish(tmp_path, frames_of(made) | {"pages": pages_of(made)})
    marks = marks_of(tmp_path)
    summary = publish(tmp_path, frames_of([Made(7, revision=1)]), {Made(7).report_id})
    folder = f"report_year={Made(7).year}/region={Made(7).province}"
    assert summary.written["requests"] == (folder,)
    after = marks_of(tmp_path)
    changed = {path for path in after if marks.get(path) != after[path]}
    assert changed and all(folder in path for path in changed)
    mine = read_table(tmp_path, "requests").query("report_id == @Made(7).report_id")
    assert_same_rows(mine, frames_of([Made(7, revision=1)])["requests"], "requests")
    assert len(read_table(tmp_path, "requests")) == 9 * 175


def test_replaced_reports_vanish_from_every_table_and_emptied_partitions_go(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(3), Made(4)]))
    summary = publish(tmp_path, {}, {Made(3).report_id, "0000000000000000"})
    for name in PARTITIONED:
        assert set(read_table(tmp_path, name)["report_id"]) == {Made(4).report_id}
    assert summary.removed["requests"] == (f"report_year={Made(3).year}/region={Made(3).province}",)
    assert not (tmp_path / "requests" / summary.removed["requests"][0]).exists()


def test_a_report_that_moves_to_another_year_and_province_leaves_nothing_behind(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(3), Made(8)]))
    moved = {name: frame.assign(report_year=2015) for name, frame in frames_of([Made(3)]).items()}
    moved["reports"] = moved["reports"].assign(region_code="540000")
    publish(tmp_path, moved)
    for name in PARTITIONED:
        frame = read_table(tmp_path, name, ["report_id", "report_year", "region"])
        mine = frame[frame["report_id"] == Made(3).report_id]
        assert set(mine["report_year"]) == {2015} and set(mine["region"]) == {54}
        assert set(frame["report_id"]) == {Made(3).report_id, Made(8).report_id}


def test_unknown_year_and_region_are_folder_0_and_come_back_as_null(tmp_path: Path) -> None:
    frames = {name: frame.assign(report_year=pd.NA) for name, frame in frames_of([Made(3)]).items()}
    frames = {name: frame.astype({"report_year": "Int32"}) for name, frame in frames.items()}
    frames["reports"] = frames["reports"].assign(region_code=pd.Series([None], dtype="str"))
    publish(tmp_path, frames_of([Made(4)]))
    publish(tmp_path, frames)
    assert (tmp_path / "requests" / "report_year=0" / "region=0").is_dir()
    back = read_table(tmp_path, "requests")
    assert back.loc[back["report_id"] == Made(3).report_id, "report_year"].isna().all()
    assert len(pd.read_parquet(tmp_path / "requests")) == 350


def test_issues_may_stand_without_a_report_and_are_replaced_like_others(tmp_path: Path) -> None:
    alone = frames_of([Made(5)])["issues"].assign(report_year=pd.NA, agency_id=pd.NA)
    alone = alone.astype({"report_year": "Int32", "agency_id": "str"})
    publish(tmp_path, {"issues": alone})
    publish(tmp_path, frames_of([Made(5)]))
    issues = read_table(tmp_path, "issues")
    assert issues["report_year"].tolist() == [Made(5).year]


def test_facts_need_their_report_and_its_keys(tmp_path: Path) -> None:
    frames = frames_of([Made(5)])
    with pytest.raises(StrayRows, match=Made(5).report_id):
        publish(tmp_path, {"requests": frames["requests"]})
    with pytest.raises(StrayRows, match="report_year"):
        publish(tmp_path, frames | {"challenges": frames["challenges"].assign(report_year=2001)})
    with pytest.raises(StrayRows, match="agency_id"):
        publish(tmp_path, frames | {"sections": frames["sections"].assign(agency_id="another")})
    assert current(tmp_path) is None


def test_pages_are_replaced_by_source_and_forgotten_on_request(tmp_path: Path) -> None:
    made = [Made(1), Made(2), Made(3)]
    publish(tmp_path, {"pages": pages_of(made)})
    publish(tmp_path, {"pages": pages_of([Made(2, revision=9)])}, forgets=[Made(3).source])
    pages = read_table(tmp_path, "pages").set_index("source")["sha256"]
    assert dict(pages) == {
        Made(1).source: pages_of([Made(1)])["sha256"][0],
        Made(2).source: pages_of([Made(2, revision=9)])["sha256"][0],
    }


def test_whole_tables_are_replaced_whole_and_kept_when_not_given(tmp_path: Path) -> None:
    publish(tmp_path, {"codebook": codebook()})
    publish(tmp_path, {"codebook": codebook().iloc[:-1]})
    publish(tmp_path, frames_of([Made(1)]) | {"disclosures": frames_of([Made(1)])["disclosures"].iloc[:3]})
    assert len(read_table(tmp_path, "codebook")) == len(codebook()) - 1


def test_codes_outside_the_codebook_and_codes_used_again_are_refused(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(1)]) | {"codebook": codebook()})
    wrong = frames_of([Made(2)])
    wrong["requests"] = wrong["requests"].replace({"item": {"granted": "gnarted"}})
    with pytest.raises(UnknownValue, match="gnarted"):
        publish(tmp_path, wrong)
    reused = codebook().assign(label_zh="别的", label_en="something else")
    with pytest.raises(CodeReused, match="something else"):
        publish(tmp_path, {"codebook": reused})
    publish(tmp_path, {"codebook": codebook().assign(label_en="better wording")})
    assert set(read_table(tmp_path, "reports")["report_id"]) == {Made(1).report_id}


def test_one_report_twice_in_a_run_is_refused(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        run.add(frames_of([Made(1)]))
        with pytest.raises(DuplicateRows, match=Made(1).report_id):
            run.add(frames_of([Made(1, revision=1)]))


def test_a_run_without_commit_leaves_nothing(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(1)]))
    before = marks_of(tmp_path)
    with Run(tmp_path) as run:
        run.add(frames_of([Made(2)]))
    assert marks_of(tmp_path) == before
    assert not list((tmp_path / ".staging").glob("*-*"))
    with pytest.raises(RunClosed):
        run.add(frames_of([Made(3)]))
    with pytest.raises(RunClosed):
        run.commit()


def test_rows_of_some_reports_can_be_read_changed_and_published_again(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(number) for number in range(6)]))
    before = files_of(tmp_path)
    frames = read_reports(tmp_path, [Made(4).report_id])
    assert {name: len(frame) for name, frame in frames.items()} == {
        "reports": 1,
        "issues": 1,
        "disclosures": 10,
        "requests": 175,
        "challenges": 15,
        "sections": 6,
    }
    assert not publish(tmp_path, frames).changed
    frames["reports"]["duplicate_of"] = Made(5).report_id
    assert publish(tmp_path, frames).written.keys() == {"reports"}
    assert before != files_of(tmp_path)


def test_older_states_stay_for_their_readers_and_go_in_the_end(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(1)]))
    pinned = current(tmp_path)
    assert pinned is not None
    publish(tmp_path, frames_of([Made(1, revision=1)]))
    path = next((pinned.path / "requests").rglob("*.parquet"))
    assert pq.read_table(path, partitioning=None).num_rows == 175
    for revision in range(2, 5):
        publish(tmp_path, frames_of([Made(1, revision=revision)]))
    sweep(tmp_path)
    assert len(list((tmp_path / ".snapshots").iterdir())) == 3


def test_a_file_listed_before_a_switch_cannot_be_mistaken_for_one_after_it(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(1)]))
    listed = list((tmp_path / "requests").rglob("*.parquet"))
    publish(tmp_path, frames_of([Made(1, revision=1)]))
    assert listed and not any(path.exists() for path in listed)


def test_reading_before_anything_was_published_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoDataset, match=str(tmp_path)):
        read_table(tmp_path, "requests")


def test_the_switch_is_one_link(tmp_path: Path) -> None:
    publish(tmp_path, frames_of([Made(1)]))
    for table in TABLES:
        assert str((tmp_path / table).readlink()) == f".current/{table}"


def test_a_batch_may_hold_empty_tables(tmp_path: Path) -> None:
    frames = frames_of([Made(1)])
    publish(tmp_path, frames | {"sections": frames["sections"].iloc[:0], "issues": frames["issues"].iloc[:0]})
    assert len(read_table(tmp_path, "sections")) == 0
    assert list(pd.read_parquet(tmp_path / "issues").columns)[:2] == ["report_id", "agency_id"]


def test_where_there_are_no_hard_links_files_are_copied_and_other_errors_are_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, frames_of([Made(1), Made(2)]))
    times = {path: mark[0] for path, mark in marks_of(tmp_path).items()}

    def refusing(number: int) -> Callable[[Path, Path], None]:
        def hardlink_to(_: Path, __: Path) -> None:
            raise OSError(number, os.strerror(number))

        return hardlink_to

    monkeypatch.setattr(Path, "hardlink_to", refusing(errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        publish(tmp_path, frames_of([Made(2, revision=1)]))
    monkeypatch.setattr(Path, "hardlink_to", refusing(errno.EPERM))
    publish(tmp_path, frames_of([Made(2, revision=1)]))
    after = marks_of(tmp_path)
    untouched = f"requests/report_year={Made(1).year}/region={Made(1).province}"
    assert [after[path][0] for path in after if path.startswith(untouched)] == [
        times[path] for path in times if path.startswith(untouched)
    ]
    assert len(read_table(tmp_path, "requests")) == 350
