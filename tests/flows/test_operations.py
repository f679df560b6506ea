"""The parts of nights, without Prefect: records, what stands, guards, telling, the clock, metrics."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import yaml
from crawl_configs import configuration
from prometheus_client.parser import text_string_to_metric_families
from webhook import webhook

from flows.errors import ConfigError
from flows.operation_settings import GuardSettings, ScheduleSettings, TellingSettings
from flows.operations.clock import last_due, next_due, now
from flows.operations.guards import SourceCount, fewer_reports, judge
from flows.operations.metrics import write_metrics
from flows.operations.run_log import log
from flows.operations.runs import AlreadyDone, RunRecord, Turn, recorded, records, sweep
from flows.operations.standing import Standing, changing, noted, read_standing
from flows.operations.state_files import DamagedState
from flows.operations.telling import digest, tell_changes
from flows.settings import load_known_settings
from transforms.codebook_files import CODEBOOK_FOLDER, PARTS, fingerprint
from warehouse.errors import LockTimeout
from warehouse.publish import Run, read_table
from warehouse.snapshots import Snapshot

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 2, 30, tzinfo=SHANGHAI)


def test_the_night_that_is_due_is_the_newest_one_begun() -> None:
    schedule = ScheduleSettings(cron="30 2 * * *")
    assert last_due(schedule, MONDAY) == MONDAY
    assert last_due(schedule, MONDAY.replace(minute=29)) == MONDAY.replace(day=22)
    assert last_due(schedule, MONDAY.replace(hour=23)) == MONDAY
    assert next_due(schedule, MONDAY) == MONDAY.replace(day=24)


def test_the_clock_of_the_configuration_is_believed(tmp_path: Path) -> None:
    path = configuration(tmp_path, here=1)
    path.write_text(path.read_text() + "clock: 2026-11-23T02:30:00+08:00\n")
    assert now(load_known_settings(path)) == MONDAY
    path.write_text(path.read_text().replace("+08:00", ""))
    with pytest.raises(ConfigError, match="clock"):
        load_known_settings(path)


# Records


def turn(night: datetime = MONDAY, **fields: bool) -> Turn:
    return Turn("nightly", lambda: night, night, **fields)


def test_a_run_that_a_kill_left_running_is_marked_by_the_next(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from datetime import datetime; from pathlib import Path\n"
        "from flows.operations.runs import Turn, recorded\n"
        f"night = datetime.fromisoformat('{MONDAY.isoformat()}')\n"
        f"with recorded(Path({str(tmp_path)!r}), Turn('nightly', lambda: night, night)):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    assert [record.state for record in records(tmp_path)] == ["running"]
    assert [record.state for record in sweep(tmp_path, MONDAY)] == ["running"]
    (crashed,) = records(tmp_path)
    assert crashed.state == "crashed"
    assert "died without a word" in crashed.reasons[0]
    with recorded(tmp_path, turn(once=True)) as run:
        run.end("published", (), MONDAY)
    assert [record.state for record in records(tmp_path)] == ["crashed", "published"]


def test_a_living_run_is_no_crashed_one_and_excludes_its_like(tmp_path: Path) -> None:
    with recorded(tmp_path, turn()) as run:
        assert sweep(tmp_path, MONDAY) == []
        with pytest.raises(LockTimeout, match="nightly"), recorded(tmp_path, turn()):
            pass
        with recorded(tmp_path, Turn("backfill", lambda: MONDAY)) as other:
            other.end("unchanged", (), MONDAY)
        assert run.record.state == "running"
        run.end("published", (), MONDAY)
    with pytest.raises(AlreadyDone, match="is published by"), recorded(tmp_path, turn(once=True)):
        pass
    assert len(records(tmp_path, "nightly")) == 1


def test_a_run_that_fails_says_why_and_its_log_carries_its_id(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too bad"), recorded(tmp_path, turn()):
        log("something", page="p")
        raise ValueError("too bad")
    (record,) = records(tmp_path)
    assert (record.state, record.reasons) == ("failed", ("ValueError: too bad",))
    lines = [json.loads(line) for line in (tmp_path / "logs" / f"{record.id}.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["run started", "something", "run ended"]
    assert {line["run"] for line in lines} == {record.id}
    assert lines[1]["page"] == "p"
    log("nobody listens")


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "x.json").write_text("{")
    with pytest.raises(DamagedState, match=r"x\.json"):
        records(tmp_path)
    (tmp_path / "standing.json").write_text('{"conditions": 3}')
    with pytest.raises(DamagedState, match=r"standing\.json"):
        read_standing(tmp_path)


# Telling


def night(state: Path, present: dict[str, str], to: TellingSettings, day: int) -> Standing:
    with changing(state) as change:
        change.value = noted(change.value, present, MONDAY.replace(day=day))
        change.value = tell_changes(change.value, to, Path("config.yaml"))
    return read_standing(state)


def test_an_outage_of_three_nights_is_told_once_and_its_end_once(tmp_path: Path) -> None:
    with webhook() as hook:
        to = TellingSettings(to=[hook.address])
        for day in (1, 2, 3):
            night(tmp_path, {"source mva": f"no answer on day {day}"}, to, day)
        assert hook.titles == ["gongkai: 1 source out"]
        assert "source mva: no answer on day 1" in hook.messages[0][1]
        assert "gongkai status --config config.yaml" in hook.messages[0][1]
        for day in (4, 5):
            night(tmp_path, {}, to, day)
        assert hook.titles == ["gongkai: 1 source out", "gongkai: recovered"]
        assert "since 2026-11-01T02:30" in hook.messages[1][1]


def test_what_could_not_be_sent_is_sent_by_the_next_night(tmp_path: Path) -> None:
    with webhook() as hook:
        to = TellingSettings(to=[hook.address])
        hook.refuses = True
        assert not night(tmp_path, {"held": "rows lost"}, to, 1).conditions["held"].told
        hook.refuses = False
        assert night(tmp_path, {"held": "rows lost"}, to, 2).conditions["held"].told
        hook.refuses = True
        assert night(tmp_path, {}, to, 3).ended
        hook.refuses = False
        assert not night(tmp_path, {}, to, 4).ended
    assert hook.titles == ["gongkai: held", "gongkai: recovered"]
    assert "gongkai publish --accept REASON" in hook.messages[0][1]


def test_a_source_that_fails_for_less_than_its_nights_is_not_told(tmp_path: Path) -> None:
    with webhook() as hook:
        to = TellingSettings(to=[hook.address], source_nights=2)
        night(tmp_path, {"source a": "x"}, to, 1)
        night(tmp_path, {"source b": "x"}, to, 2)
        night(tmp_path, {"source b": "x"}, to, 3)
    assert hook.titles == ["gongkai: 1 source out"]
    assert "source b" in hook.messages[0][1]


def test_a_failed_night_leaves_what_it_did_not_look_at() -> None:
    standing = noted(Standing(), {"source a": "x", "held": "y"}, MONDAY)
    standing = noted(standing, {"night": "disk full"}, MONDAY, prefix="night")
    assert set(standing.conditions) == {"source a", "held", "night"}
    assert set(noted(standing, {"source a": "x"}, MONDAY).conditions) == {"source a"}


def test_the_digest_counts_a_week() -> None:
    nights = [
        RunRecord(f"n{day}", "nightly", MONDAY.replace(day=day).isoformat(), state, figures={"pages": {"new": day}})
        for day, state in ((10, "published"), (17, "unchanged"), (18, "failed"), (22, "unchanged"))
    ]  # fmt: skip
    standing = noted(Standing(), {"source a": "x"}, MONDAY)
    message = digest(nights, standing, MONDAY.replace(day=16))
    assert message.lines[0] == "3 nights: 1 failed, 2 unchanged"
    assert "pages new: 57" in message.lines
    assert any("source a" in line for line in message.lines)


def test_an_address_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGKAI_MAIL", "mailto://a:b@example.org")
    assert TellingSettings(to=["env:GONGKAI_MAIL"]).to == ["mailto://a:b@example.org"]
    for wrong in ("env:GONGKAI_NOTHING", "nobody"):
        with pytest.raises(ValueError, match=r"no variable|address to tell"):
            TellingSettings(to=[wrong])


# Guards


def counts(**listed: int) -> list[SourceCount]:
    return [SourceCount(name, "complete", count) for name, count in listed.items()]


def test_a_source_that_gave_fewer_is_named_and_an_outage_is_none() -> None:
    guards = GuardSettings()
    assert fewer_reports(counts(a=89, b=50), {"a": 100, "b": 50}, guards) == (
        "source a gave 89 reports, 100 before",
    )
    assert fewer_reports(counts(a=90, b=50, c=0, d=5), {"a": 100, "b": 50, "c": 70}, guards) == ()
    lenient = guards.model_copy(update={"sources_fewer_share": 0.5})
    assert fewer_reports(counts(a=10, b=50), {"a": 100, "b": 50}, lenient) == ()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, pd.DataFrame]]:
    """Tables of 15 reports of the sample site, read from saved pages."""
    from rich.console import Console

    from flows.extract import run_extract

    root = tmp_path_factory.mktemp("guards") / "parquet"
    site = Path(__file__).parents[2] / "data" / "sample_site" / "art"
    run_extract(Console(quiet=True), [site], root)
    tables = ("reports", "requests", "challenges", "disclosures", "sections", "issues", "pages", "codebook")
    return root, {name: read_table(root, name) for name in tables}


def judged(root: Path, frames: dict[str, pd.DataFrame], guards: GuardSettings) -> list[str]:
    """What the guards say to the state that would follow; it is never put in force."""
    lines: list[str] = []
    changed = frames | {"pages": frames["pages"].assign(reason="changed")}

    def approve(before: Snapshot, after: Snapshot) -> bool:
        lines.extend(judge(before, after, set(frames["reports"]["report_id"]), guards))
        return False

    with Run(root) as run:
        run.add(changed)
        run.commit(approve)
    return lines


FEW = GuardSettings(least_reports=5)


def test_nothing_worse_crosses_no_guard(published: tuple[Path, dict[str, pd.DataFrame]]) -> None:
    assert judged(*published, FEW) == []


def spoilt(frames: dict[str, pd.DataFrame], column: str, value: object) -> dict[str, pd.DataFrame]:
    """The frames with a column of four reports changed, wherever it stands."""
    ids = set(frames["reports"]["report_id"].iloc[:4])
    changed = {}
    for name, frame in frames.items():
        changed[name] = frame.copy()
        if {"report_id", column} <= set(frame):
            changed[name].loc[frame["report_id"].isin(ids), column] = value
    return changed


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("requests_state", "partial", "tables read exactly"),
        ("agency_id", None, "reports whose organ is known"),
    ],
)
def test_a_fall_in_a_share_is_named(
    published: tuple[Path, dict[str, pd.DataFrame]], column: str, value: object, said: str
) -> None:
    root, frames = published
    worse = spoilt(frames, column, value)
    assert [line.split(":")[0] for line in judged(root, worse, FEW)] == [said] * 2
    assert judged(root, worse, FEW.model_copy(update={"least_reports": 500})) == []


def test_sums_that_stop_adding_up_are_named(published: tuple[Path, dict[str, pd.DataFrame]]) -> None:
    root, frames = published
    reports = frames["reports"]
    whole = reports[~reports["report_id"].isin(frames["issues"]["report_id"])].iloc[:3]
    issues = pd.concat([frames["issues"].iloc[[0]]] * 3, ignore_index=True).assign(check="balance")
    for key in ("report_id", "agency_id", "report_year"):
        issues[key] = whole[key].to_numpy()
    broken = pd.concat([frames["issues"], issues.astype(frames["issues"].dtypes)], ignore_index=True)
    lines = judged(root, frames | {"issues": broken}, FEW)
    assert [line.split(":")[0] for line in lines] == ["reports whose sums add up"] * 2


def test_lost_rows_are_named(published: tuple[Path, dict[str, pd.DataFrame]], tmp_path: Path) -> None:
    root, frames = published
    lost = frames["reports"]["report_id"].iloc[0]
    lines: list[str] = []

    def approve(before: Snapshot, after: Snapshot) -> bool:
        lines.extend(judge(before, after, (), GuardSettings()))
        return False

    with Run(root) as run:
        run.add({}, replaces=[lost])
        run.commit(approve)
    assert lines[0].startswith("table reports would lose 1 of 15 rows")
    assert len(lines) == 4


# The codebook's parts


def test_a_parts_fingerprint_follows_what_it_says_alone(tmp_path: Path) -> None:
    for path in CODEBOOK_FOLDER.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())

    def prints() -> dict[str, str]:
        fingerprint.cache_clear()
        return {part: fingerprint((part,), tmp_path) for part in PARTS}

    before = prints()
    labels = tmp_path / "requests.yaml"
    labels.write_text("# a remark\n" + labels.read_text(encoding="utf-8"), encoding="utf-8")
    version = tmp_path / "codebook.yaml"
    version.write_text(
        version.read_text(encoding="utf-8").replace("version: ", "version: 9"), encoding="utf-8"
    )
    assert prints() == before
    content = yaml.safe_load(labels.read_text(encoding="utf-8"))
    content["item"][0]["aliases"] = [*content["item"][0].get("aliases", []), {"label": "新", "seen": "x"}]
    labels.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    assert [part for part, found in prints().items() if found != before[part]] == ["labels"]
    (tmp_path / "new.yaml").write_text("a: 1\n")
    assert all(found != before[part] for part, found in prints().items())
    fingerprint.cache_clear()


# Metrics


def test_metrics_are_what_prometheus_reads(tmp_path: Path) -> None:
    settings = load_known_settings(configuration(tmp_path, here=1))
    with recorded(settings.data.state, turn()) as run:
        run.note(pages={"new": 3, "failed": 1}, listed={"here": 15}, rows={"reports": 15})
        run.end("published", (), MONDAY)
    with changing(settings.data.state) as change:
        change.value = noted(change.value, {"source here": "x"}, MONDAY)
    text = write_metrics(settings).read_text(encoding="utf-8")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["gongkai_night_pages", "new"] == 3
    assert samples["gongkai_nightly_last_end_seconds", "published"] == MONDAY.timestamp()
    assert samples["gongkai_condition_nights", "source here"] == 1
    assert samples["gongkai_held",] == 0
    assert samples["gongkai_disk_free_bytes",] > 0
