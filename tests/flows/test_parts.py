"""The parts that the flows are wired from, one by one."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pandas as pd
import pytest
import yaml

from flows.errors import UnusableArgument
from flows.page_reading import PageKey
from flows.plan import write_batches
from flows.publishing import crossed
from flows.reading import read_keys, write_keys
from flows.runtime import prepare_prefect
from flows.sample_marker import MARKER, mark_as_sample, refuse_sample
from flows.sample_server import serve
from flows.settings import BuildSettings, SiteSettings, ThresholdSettings, load_known_settings
from transforms.across import duplicates_of

COMMITTED = Path(__file__).parents[2] / "config.yaml"
SITE = Path(__file__).parents[2] / "data" / "sample_site"


def report(report_id: str, **fields: object) -> dict[str, object]:
    return {
        "report_id": report_id, "agency_id": "a", "report_year": 2021, "source": report_id, "published_on": None,
        "disclosures_state": "exact", "requests_state": "exact", "challenges_state": "exact", **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        ({"requests_state": "partial"}, {"source": "much-longer"}, "other"),
        ({"published_on": pd.Timestamp("2022-01-20")}, {"published_on": pd.Timestamp("2022-03-01")}, "other"),
        ({"published_on": pd.Timestamp("2022-01-20")}, {}, "one"),
        ({"source": "http://b/"}, {"source": "http://longer/"}, "one"),
        ({"source": "http://b/"}, {"source": "http://a/"}, "other"),
    ],
)
def test_the_report_kept_does_not_depend_on_order(one: dict, other: dict, kept: str) -> None:  # type: ignore[type-arg]
    rows = [report("one", **one), report("other", **other)]
    left_out = "other" if kept == "one" else "one"
    for order in (rows, rows[::-1]):
        assert duplicates_of(pd.DataFrame(order)) == {left_out: kept}


def test_reports_of_unknown_organ_or_year_are_nobodys_duplicates() -> None:
    rows = [
        report("one", agency_id=None),
        report("two", agency_id=None),
        report("x"),
        report("y", report_year=None),
    ]
    assert duplicates_of(pd.DataFrame(rows)) == {}


def test_shares_below_a_threshold_are_named() -> None:
    reports = pd.DataFrame(
        [report("one"), report("two", requests_state="partial", challenges_state="absent", agency_id=None)]
    )
    lines = list(crossed(reports, ThresholdSettings(tables_read_share=0.9, organs_known_share=0.5)))
    assert lines == ["tables_read_share is 0.800 in this run, 0.9 is asked for"]
    assert list(crossed(reports[:0], ThresholdSettings())) == []


def site(name: str, address: str) -> SiteSettings:
    return SiteSettings(
        id=name, name="x", region="110000", family="trs", lists=[address], status="unverified"
    )


@pytest.mark.xdist_group("prefect")
def test_sources_of_one_host_stay_in_one_shard(prefect_server: None) -> None:
    from flows.crawl import shards

    sites = [site(f"s{n}", f"http://h{n % 5}.example/") for n in range(10)]
    made = [[one.id for one in shard] for shard in shards(sites, 4)]
    assert made == [["s0", "s5", "s1", "s6"], ["s2", "s7", "s3", "s8"], ["s4", "s9"]]
    assert [one.id for one in next(shards(sites, 1))] == ["s0", "s5"]


def test_batches_are_even_whole_and_read_back(tmp_path: Path) -> None:
    keys = [PageKey(f"http://x/\u2028{n}", list_title="题\n目") for n in range(2500)]
    batches = write_batches(keys, tmp_path, BuildSettings(pages_per_task=1000, processes=4))
    assert [len(read_keys(batch)) for batch in batches] == [625] * 4
    assert [key for batch in batches for key in read_keys(batch)] == keys
    few = write_batches(keys[:150], tmp_path / "few", BuildSettings(in_process_below=200, processes=4))
    assert len(few) == 1


def test_page_keys_keep_their_dates(tmp_path: Path) -> None:
    stamp = pd.Timestamp("2026-01-02T03:04:05.678901+00:00").to_pydatetime()
    keys = [PageKey("x", "ab", stamp, list_date=stamp.date())]
    write_keys(keys, tmp_path / "keys")
    assert read_keys(tmp_path / "keys") == keys


def get(address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(
        address, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_the_sample_server_validates_overlays_and_stays_inside(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "revised").mkdir()
    (tmp_path / "root" / "a.html").write_bytes(b"one")
    (tmp_path / "root" / "b.html").write_bytes(b"two")
    (tmp_path / "revised" / "a.html").write_bytes(b"new")
    (tmp_path / "secret.html").write_bytes(b"no")
    with serve(tmp_path / "root", overlay=tmp_path / "revised") as server:
        assert get(f"{server.base}/a.html")[2] == b"new"
        status, headers, body = get(f"{server.base}/b.html?x=1")
        assert (status, headers["Content-Type"], body) == (200, "text/html", b"two")
        assert get(f"{server.base}/b.html", If_None_Match=headers["ETag"])[0] == 304
        assert get(f"{server.base}/b.html", If_Modified_Since=headers["Last-Modified"])[0] == 304
        both = {"If_None_Match": '"other"', "If_Modified_Since": headers["Last-Modified"]}
        assert get(f"{server.base}/b.html", **both)[0] == 200
        assert get(f"{server.base}/../secret.html")[0] == 404
        assert get(f"{server.base}/%2e%2e/secret.html")[0] == 404
        with pytest.raises(UnusableArgument, match=f"--port {server.port}: cannot be served on"):
            serve(tmp_path / "root", server.port).__enter__()
        assert server.answers == {200: 3, 304: 2, 404: 2}


def test_invented_and_real_figures_never_mix(tmp_path: Path) -> None:
    mark_as_sample(tmp_path / "fresh")
    mark_as_sample(tmp_path / "fresh")
    with pytest.raises(UnusableArgument, match="invented figures"):
        refuse_sample(tmp_path / "fresh", "…")
    real = tmp_path / "real"
    (real / ".current").mkdir(parents=True)
    refuse_sample(real, "…")
    with pytest.raises(UnusableArgument, match="no demo made"):
        mark_as_sample(real)
    assert not (real / MARKER).exists()


def test_regions_of_the_committed_sites_are_in_force() -> None:
    from flows.page_reading import books

    gazetteer = books()[1]
    sites = load_known_settings(COMMITTED).sites
    unknown = [site.id for site in sites if site.region not in gazetteer.by_code]
    assert unknown == []


def test_the_schedule_may_be_any_cron_but_no_nonsense(tmp_path: Path) -> None:
    values = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))
    for cron in ("*/5 1-4 * * 1", "0 3 1 * *"):
        values["schedule"]["cron"] = cron
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(values, allow_unicode=True))
        assert load_known_settings(tmp_path / "config.yaml").schedule.cron == cron


def test_prefect_is_prepared_before_it_is_imported(tmp_path: Path) -> None:
    lines = (
        "import sys; from pathlib import Path; from flows.runtime import prepare_prefect\n"
        "import flows.cli, flows.extract, flows.status, flows.reading\n"
        "assert 'prefect' not in sys.modules\n"
        "prepare_prefect(Path(sys.argv[1]))\n"
        "import prefect.settings as s\n"
        "print(s.PREFECT_HOME.value(), s.PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS.value())\n"
        "print(s.PREFECT_SERVER_ANALYTICS_ENABLED.value())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", lines, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home")},
    )  # fmt: skip
    assert done.stdout.split() == [str(tmp_path / "prefect"), "300", "False"]
    sys.modules.setdefault("prefect", sys)
    try:
        with pytest.raises(RuntimeError, match="before the first import"):
            prepare_prefect(tmp_path)
    finally:
        if sys.modules["prefect"] is sys:
            del sys.modules["prefect"]
