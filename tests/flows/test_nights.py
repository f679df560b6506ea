"""Nights through the real flows: held and let through, backfilled beside them, rebuilt and shown."""

from __future__ import annotations

import io
import json
import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
import yaml
from crawl_configs import configuration
from rich.console import Console
from webhook import Webhook, webhook

from crawlers.archive import Archive
from crawlers.crawl import crawl
from crawlers.events import CrawlSummary
from flows.cli import _run
from flows.crawl_policy import policy_of
from flows.errors import UnusableArgument
from flows.operations.backfill_wish import sites_of, years_of
from flows.operations.runs import records
from flows.operations.standing import read_standing
from flows.sample_server import SampleServer, serve
from flows.settings import load_known_settings, site_of
from warehouse.held import held_state
from warehouse.publish import publish, read_reports, read_table
from warehouse.snapshots import current

pytestmark = [pytest.mark.xdist_group("nights"), pytest.mark.timeout(600)]

SITE = Path(__file__).parents[2] / "data" / "sample_site"
PAGE = Path("art") / "2023" / "1" / "13" / "art_1203_553601.html"
NOTICE = (
    '<html><head><meta charset="utf-8"><title>关于报送政府信息公开工作年度报告的通知</title></head><body>'
    "<h1>关于报送政府信息公开工作年度报告的通知</h1>"
    + "<p>各乡镇人民政府、区直各单位：请于一月二十日前报送本单位政府信息公开工作年度报告，并在门户网站发布。</p>"
    * 6
    + "</body></html>"
)


def configured(folder: Path, port: int, hook: Webhook | None = None, **sections: object) -> Path:
    path = configuration(folder, here=port)
    more = {"guards": {"least_reports": 5}, "backfill": {"delay_seconds": 0.0}, **sections}
    if hook is not None:
        more["telling"] = {"to": [hook.address]}
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) | more
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return path


def night(path: Path) -> tuple[int, str]:
    from flows.operations.commands import night_and_tell

    printed = io.StringIO()
    return night_and_tell(Console(file=printed, width=200), path), printed.getvalue()


def pages_of(server: SampleServer) -> Counter[str]:
    return Counter({path: count for path, count in server.asked.items() if path.startswith("/art/")})


def test_a_night_that_would_lose_rows_is_held_told_and_let_through(
    prefect_server: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    shutil.copytree(SITE, site)
    with serve(site) as server, webhook() as hook:
        path = configured(tmp_path, server.port, hook)
        assert night(path)[0] == 0
        before = len(read_table(tmp_path / "parquet", "reports"))
        (site / PAGE).write_text(NOTICE, encoding="utf-8")
        code, printed = night(path)
        assert code == 1
        assert "held: table reports would lose 1 of 15 rows" in printed
        assert "gongkai publish --accept REASON" in printed
        assert night(path)[0] == 1
        assert len(read_table(tmp_path / "parquet", "reports")) == before
        assert hook.titles == ["gongkai: held"]
        assert _run(["status", "--config", str(path)]) == 0
        assert "held: by nightly-" in capsys.readouterr().out
        assert _run(["publish", "--accept", " ", "--config", str(path)]) == 2
        assert _run(["publish", "--accept", "the organ withdrew it", "--config", str(path)]) == 0
        assert "let through: table reports would lose 1 of 15 rows" in capsys.readouterr().out
        assert len(read_table(tmp_path / "parquet", "reports")) == before - 1
        assert _run(["publish", "--accept", "again", "--config", str(path)]) == 2
        assert "nothing is held here" in capsys.readouterr().err
        assert hook.titles == ["gongkai: held", "gongkai: recovered"]
        assert night(path)[0] == 0
    accepted = [json.loads(line) for line in (tmp_path / "state" / "accepted.jsonl").read_text().splitlines()]
    assert [(line["reason"], line["state"]) for line in accepted] == [("the organ withdrew it", 2)]
    assert [run.state for run in records(tmp_path / "state")] == ["published", "held", "held", "unchanged"]
    assert read_standing(tmp_path / "state").hold is None


def test_a_backfill_and_nights_give_the_union_and_fetch_nothing_twice(
    prefect_server: None, tmp_path: Path
) -> None:
    from flows.operations.backfill_wish import BackfillOrder
    from flows.operations.commands import backfill_and_tell

    printed = io.StringIO()
    screen = Console(file=printed, width=200)
    with serve(SITE) as server:
        path = configured(tmp_path, server.port)
        some = BackfillOrder(("here",), (2021, 2022))
        assert backfill_and_tell(screen, path, some, dry_run=True) == 0
        planned = printed.getvalue().count("would fetch: ")
        assert planned
        assert not pages_of(server)
        assert backfill_and_tell(screen, path, some) == 0
        assert pages_of(server).total() == planned < 15
        years = set(read_table(tmp_path / "parquet", "reports")["report_year"])
        assert years == {2021, 2022}
        assert backfill_and_tell(screen, path, some) == 0
        assert pages_of(server).total() == planned
        # A night asks each page that is known whether it changed; it gets none in full again.
        full = server.answers[200]
        assert night(path)[0] == 0
        assert server.answers[304] == planned
        assert server.answers[200] - full == 15 - planned + 2
        before = pages_of(server)
        assert backfill_and_tell(screen, path, BackfillOrder(("here",))) == 0
        assert backfill_and_tell(screen, path, BackfillOrder(("here",), (2022,), from_archive=True)) == 0
        assert pages_of(server) == before
    assert len(read_table(tmp_path / "parquet", "reports")) == 15
    of_ledger = [run.kind for run in records(tmp_path / "state") if run.figures.get("ledger_runs")]
    assert of_ledger == ["backfill", "backfill", "nightly", "backfill"]


def test_a_rebuild_reads_what_is_outdated_and_shows_before_it_publishes(
    prefect_server: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.operations.commands import rebuild_and_tell

    root = tmp_path / "parquet"
    with serve(SITE) as server:
        path = configured(tmp_path, server.port)
        assert night(path)[0] == 0
    good = read_table(root, "requests")
    # Two reports as an older reader would have left them: one with a figure wrong, one that is right.
    ids = sorted(read_table(root, "reports")["report_id"])[:2]
    rows = read_reports(root, ids)
    requests = rows["requests"].copy()
    at = requests.index[(requests["report_id"] == ids[0]) & requests["value"].notna()][0]
    requests.loc[at, "value"] += 1
    pages = read_table(root, "pages")
    old = pages[pages["report_ids"].map(lambda found: bool(set(found) & set(ids)))]
    old = old.assign(report_ids=old["report_ids"].map(list), codebook_version="2020.1+00000000")
    publish(root, rows | {"requests": requests, "pages": old})
    state = current(root)
    assert night(path)[0] == 1, "the site is away; what another version read is left to a rebuild"
    assert current(root) == state
    printed = io.StringIO()
    screen = Console(file=printed, width=200)
    assert rebuild_and_tell(screen, path, publishes=False) == 1
    assert "Pages: 2 read again, 13 left as they are." in printed.getvalue()
    assert f"| requests | `{ids[0]}` |" in printed.getvalue()
    assert ids[1] not in printed.getvalue()
    assert current(root) == state
    assert night(path)[0] == 1
    assert held_state(root) is not None, "a night that reads nothing leaves what waits"
    assert read_standing(tmp_path / "state").hold is not None
    assert rebuild_and_tell(screen, path, publishes=True) == 0
    pd.testing.assert_frame_equal(read_table(root, "requests"), good)
    printed.truncate(0)
    assert rebuild_and_tell(screen, path, publishes=True) == 0
    assert "Pages: 0 read again, 15 left as they are." in printed.getvalue()
    assert "Nothing changed." in printed.getvalue()


def test_what_another_run_fetches_before_a_night_comes_to_crawl_is_not_asked_for_again(
    prefect_server: None, tmp_path: Path
) -> None:
    with serve(SITE) as server:
        path = configured(tmp_path, server.port)
        settings = load_known_settings(path)

        def crawl_once_the_night_began() -> CrawlSummary:
            while not records(settings.data.state):
                time.sleep(0.002)
            with Archive(settings.data.archive) as archive:
                return crawl([site_of(site, settings) for site in settings.select(["here"])], archive, policy)

        policy = policy_of(settings)
        with ThreadPoolExecutor() as beside:
            crawled = beside.submit(crawl_once_the_night_began)
            assert night(path)[0] == 0
            assert crawled.result().complete
        assert pages_of(server) == dict.fromkeys(pages_of(server), 1)
    assert len(read_table(tmp_path / "parquet", "reports")) == 15


def test_a_backfill_takes_web_archives(
    prefect_server: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.operations.backfill_wish import BackfillOrder, with_warc
    from flows.operations.commands import backfill_and_tell

    with serve(SITE) as server:
        path = configured(tmp_path, server.port)
        assert backfill_and_tell(Console(quiet=True), path, BackfillOrder(("here",), (2022,))) == 0
    warc = tmp_path / "saved.warc.gz"
    assert _run(["archive", "export", "--warc", str(warc), "--config", str(path)]) == 0
    other = tmp_path / "other"
    other.mkdir()
    elsewhere = configured(other, 1)
    order = with_warc(BackfillOrder(("here",)), [warc], dry_run=False)
    assert backfill_and_tell(Console(quiet=True), elsewhere, order) == 0
    held, taken = (read_table(root / "parquet", "requests") for root in (tmp_path, other))
    assert len(taken) > 0
    pd.testing.assert_frame_equal(taken[["report_id", "item", "value"]], held[["report_id", "item", "value"]])
    with pytest.raises(UnusableArgument, match="no such file"):
        with_warc(BackfillOrder(("here",)), [tmp_path / "nothing.warc"], dry_run=False)
    with pytest.raises(UnusableArgument, match="takes all pages"):
        with_warc(BackfillOrder(("here",), (2022,)), [warc], dry_run=False)


def test_a_backfills_wish_is_checked(tmp_path: Path) -> None:
    assert years_of("2019-2021,2023") == (2019, 2020, 2021, 2023)
    assert years_of(None) == ()
    for wrong in ("2019-", "1999", "2023-2019", "all"):
        with pytest.raises(UnusableArgument, match="--years"):
            years_of(wrong)
    settings = load_known_settings(configuration(tmp_path, a=1, b=2))
    assert sites_of(settings, [], []) == ("a", "b")
    assert sites_of(settings, ["b"], []) == ("b",)
    assert sites_of(settings, [], ["430000"]) == ("a", "b")
    assert sites_of(settings, [], ["4308"]) == ("a", "b")
    for region in ("44", "430900", "xx"):
        with pytest.raises(UnusableArgument, match=f"--region {region}"):
            sites_of(settings, [], [region])


def test_a_second_night_ends_and_names_the_first(prefect_server: None, tmp_path: Path) -> None:
    from flows.operations.nightly import nightly_flow
    from warehouse.errors import LockTimeout
    from warehouse.locks import hold

    path = configured(tmp_path, 1)
    with hold(tmp_path / "state" / "nightly.lock", "nightly"):
        with pytest.raises(LockTimeout, match=r"nightly\.lock is held by nightly \(process \d+"):
            nightly_flow(path)
        assert nightly_flow(path, scheduled=True, return_state=True).is_cancelled()


def test_a_night_that_fails_is_told_once_and_its_end_once(prefect_server: None, tmp_path: Path) -> None:
    from crawlers.errors import CrawlerError, LedgerError

    with serve(SITE) as server, webhook() as hook:
        path = configured(tmp_path, server.port, hook)
        (tmp_path / "archive").write_text("in the way")
        with pytest.raises(CrawlerError):
            night(path)
        (tmp_path / "archive").unlink()
        whole, away = path.read_text(encoding="utf-8"), yaml.safe_load(path.read_text(encoding="utf-8"))
        away["data"]["ledger"] = "postgresql+psycopg://a:hidden@127.0.0.1:9/x"
        path.write_text(yaml.safe_dump(away, allow_unicode=True), encoding="utf-8")
        with pytest.raises(LedgerError, match="connection failed"):
            night(path)
        assert hook.titles == ["gongkai: failed"]
        assert "archive" in hook.messages[0][1]
        path.write_text(whole, encoding="utf-8")
        assert night(path)[0] == 0
        assert hook.titles == ["gongkai: failed", "gongkai: recovered"]
    assert [run.state for run in records(tmp_path / "state")] == ["failed", "failed", "published"]
