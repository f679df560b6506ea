"""`gongkai extract` without a crawl: the real sample, reports given twice, many pages in worker processes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from concurrent.futures import Executor, Future
from pathlib import Path

import pandas as pd
import pytest

from flows.cli import _run
from flows.errors import WorkerLost
from flows.page_reading import PageKey
from flows.plan import write_batches
from flows.reading import staged
from flows.settings import BuildSettings
from flows.workers import read_with, workers
from warehouse.publish import read_table

SITE = Path(__file__).parents[2] / "data" / "sample_site"
SAMPLE = next((Path(__file__).parents[1] / "golden" / "sample_2021").glob("source.*"))
REPORT = SITE / "zwgk" / "zfxxgknb" / "202103" / "t20210322_1561579.html"
CELLS = 22 + 161 + 15
FACTS = ("requests", "challenges", "disclosures")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_real_sample_gives_its_whole_form_and_invents_no_organ(here: Path) -> None:
    assert _run(["extract", str(SAMPLE), "--out", "out"]) == 0
    cells = {name: read_table(Path("out"), name) for name in FACTS}
    assert {name: len(frame) for name, frame in cells.items()} == {
        "requests": 175, "challenges": 15, "disclosures": 10,
    }  # fmt: skip
    for frame in cells.values():
        assert set(frame["status"]) == {"reported"}
        assert set(frame["value"]) == {0}
    report = read_table(Path("out"), "reports").iloc[0]
    assert (report["report_year"], report["template"], report["source"]) == (2021, "2021", str(SAMPLE))
    assert pd.isna(report["agency_id"]) and pd.isna(report["agency_name"])
    issues = read_table(Path("out"), "issues")
    assert "organ_unknown" in set(issues["check"])
    assert report["issue_count"] == len(issues)


def facts_of(out: Path, source: str) -> int:
    reports = read_table(out, "reports").set_index("source")
    return sum(
        (read_table(out, name)["report_id"] == reports.at[source, "report_id"]).sum() for name in FACTS
    )


def test_a_report_given_twice_counts_once_in_whatever_order(here: Path) -> None:
    for name in ("a.html", "longer-name.html"):
        shutil.copy(REPORT, name)
    for order in (["a.html", "longer-name.html"], ["longer-name.html", "a.html"]):
        out = Path("-".join(order))
        for name in order:
            assert _run(["extract", name, "--out", str(out)]) == 0
        reports = read_table(out, "reports").set_index("source")
        assert pd.isna(reports.at["a.html", "duplicate_of"])
        assert reports.at["longer-name.html", "duplicate_of"] == reports.at["a.html", "report_id"]
        assert facts_of(out, "a.html") == CELLS
        assert facts_of(out, "longer-name.html") == 0
        issues = read_table(out, "issues")
        found = issues[issues["check"].str.startswith("duplicate")]
        assert found[["check", "report_id"]].to_numpy().tolist() == [
            ["duplicate", reports.at["longer-name.html", "report_id"]]
        ]
        counted = issues["report_id"].value_counts()
        assert all(counted.get(row.report_id, 0) == row.issue_count for row in reports.itertuples())


def test_a_duplicate_is_read_again_when_the_report_kept_is_no_more(here: Path) -> None:
    shutil.copy(REPORT, "a.html")
    shutil.copy(REPORT, "longer-name.html")
    assert _run(["extract", "a.html", "longer-name.html", "--out", "out"]) == 0
    assert facts_of(Path("out"), "longer-name.html") == 0
    Path("a.html").write_bytes(b"")
    assert _run(["extract", "a.html", "--out", "out"]) == 1
    reports = read_table(Path("out"), "reports")
    assert reports["source"].tolist() == ["longer-name.html"]
    assert reports["duplicate_of"].isna().all()
    assert facts_of(Path("out"), "longer-name.html") == CELLS
    assert not read_table(Path("out"), "issues")["check"].str.startswith("duplicate").any()


def test_two_editions_that_disagree_are_a_warning(here: Path) -> None:
    shutil.copy(REPORT, "a.html")
    page = REPORT.read_text(encoding="utf-8")
    other, changed = re.subn(r"(<td[^>]*>)(\d+)<", r"\g<1>1\g<2><", page, count=1)
    assert changed == 1
    Path("longer-name.html").write_text(other, encoding="utf-8")
    assert _run(["extract", "a.html", "longer-name.html", "--out", "out"]) == 0
    issues = read_table(Path("out"), "issues")
    found = issues[issues["check"] == "duplicate_differs"]
    assert found["observed"].tolist() == ["1 cells differ"]
    assert found["severity"].tolist() == ["warning"]


def pages(folder: Path) -> list[PageKey]:
    return [PageKey(str(file)) for file in sorted((SITE / "art").rglob("*.html"))]


def test_worker_processes_give_what_one_process_gives(tmp_path: Path) -> None:
    keys = pages(SITE)
    frames = {}
    for processes, pages_below in ((1, 0), (2, 0)):
        spread = BuildSettings(processes=processes, in_process_below=pages_below)
        batches = write_batches(keys, tmp_path / str(processes), spread)
        assert len(batches) == processes
        seen: list[int] = []
        with workers(spread, len(keys)) as pool:
            assert isinstance(pool, Executor) == (processes > 1)
            results = [read_with(pool, batch, None, seen.append) for batch in batches]
        assert sum(seen) == len(keys)
        read = [staged(result.folder) for result in results]
        frames[processes] = {
            name: pd.concat([part[name] for part in read]).reset_index(drop=True) for name in FACTS
        }
    for name in FACTS:
        pd.testing.assert_frame_equal(frames[1][name], frames[2][name])


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_is_named_and_nothing_hangs(tmp_path: Path) -> None:
    spread = BuildSettings(processes=2, in_process_below=0)
    (batch,) = write_batches(pages(SITE)[:1], tmp_path, spread)
    with workers(spread, 1000) as pool:
        assert pool is not None
        with pytest.raises(BaseException, match="terminated abruptly"):
            pool.submit(_die).result()
        with pytest.raises(WorkerLost, match="died while it read batch-00000"):
            read_with(pool, batch, None, lambda _: None)


def test_what_waits_to_be_read_is_let_go_when_a_build_ends_before_its_time() -> None:
    waiting: list[Future[None]] = []
    spread = BuildSettings(processes=2, in_process_below=0)
    with pytest.raises(KeyboardInterrupt), workers(spread, 1000) as pool:
        assert isinstance(pool, Executor)
        waiting += [pool.submit(time.sleep, 0.05) for _ in range(100)]
        waiting[0].result()
        raise KeyboardInterrupt
    assert sum(future.cancelled() for future in waiting) > 80


def test_the_sites_code_in_its_meta_tags_places_its_organs(here: Path) -> None:
    page = SITE / "art" / "2023" / "1" / "13" / "art_1203_553601.html"
    text = page.read_text(encoding="utf-8")
    (here / "saved").mkdir()
    (here / "saved" / "code.html").write_text(text, encoding="utf-8")
    without = text.replace("SiteIDCode", "Other").replace("4308020001", "").replace("SiteName", "Other2")
    (here / "saved" / "none.html").write_text(without, encoding="utf-8")
    assert _run(["extract", "saved", "--out", "out"]) == 0
    reports = read_table(Path("out"), "reports").set_index("source")
    assert reports.at["saved/code.html", "region_code"] == "430802"
    assert reports["region_code"].isna().sum() == 1
    issues = read_table(Path("out"), "issues")
    ambiguous = set(issues[issues["check"] == "organ_ambiguous"]["report_id"])
    assert ambiguous == {reports.at["saved/none.html", "report_id"]}
