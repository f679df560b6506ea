"""`gongkai explore` over the demo's nights: what the ledger and an earlier state add to the tables."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from threading import Thread

import pytest
from demo_runs import REVISED, DemoRuns

from flows.cli import _run
from flows.explore import make_server

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(300)]


def test_explore_tells_versions_changes_and_sources(
    demo_runs: DemoRuns, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, out = demo_runs.data / "demo" / "config.yaml", tmp_path / "site"
    before = sorted((demo_runs.data / "parquet" / ".snapshots").iterdir())[0]
    assert _run(["explore", "--config", str(config), "--since", str(before), "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert f"{len(demo_runs.revised.tables['reports'])} reports" in printed.out

    site = json.loads((out / "data" / "site.json").read_text("utf-8"))
    assert site["invented"] is True
    assert site["earlier"] == before.name
    assert site["totals"]["reports"] == demo_runs.revised.tables["reports"]["duplicate_of"].isna().sum()
    nights = json.loads((out / "data" / "quality.json").read_text("utf-8"))["nights"]
    assert [night[2] for night in nights] == ["complete"] * 3

    reports = {}
    for path in (out / "data" / "reports").glob("*.json"):
        reports |= json.loads(path.read_text("utf-8"))
    revised = [report for report in reports.values() if report["source"].endswith(REVISED)]
    assert len(revised) == 1
    assert [version["version"] for version in revised[0]["versions"]] == [1, 2]
    assert revised[0]["versions"][1]["sha256"] == revised[0]["sha256"]
    figures = revised[0]["change"]["figures"]
    first, last = (night.facts("requests") for night in (demo_runs.first, demo_runs.revised))
    for table, row, column, earlier, now in figures:
        if table != "requests":
            continue
        for facts, value in ((first, earlier), (last, now)):
            mine = facts[
                (facts["address"] == REVISED) & (facts["item"] == row) & (facts["applicant"] == column)
            ]
            assert mine["value"].tolist() == [value]
    assert figures
    assert not [r for r in reports.values() if r is not revised[0] and (r["change"] or r["versions"])]

    with make_server(out, 0) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        with urllib.request.urlopen(f"{address}/static/common.js") as answer:
            assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/data/")
        server.shutdown()


def test_explore_says_what_it_cannot_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        _run(["explore", str(tmp_path / "none"), "--config", "config.yaml", "--out", str(tmp_path / "x")])
        == 2
    )
    assert "neither a folder nor a release" in capsys.readouterr().err
    assert _run(["explore", str(tmp_path), "--out", str(tmp_path / "x")]) == 2
    assert "nothing has been published here" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
