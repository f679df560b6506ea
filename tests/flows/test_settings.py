"""The configuration: every mistake is one line that names file, line and key."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from crawlers.archive import ArchivePlace
from flows.crawl_policy import policy_of
from flows.errors import ConfigError, UnusableArgument
from flows.settings import load_settings, site_of

FAMILIES = frozenset({"auto", "trs", "hanweb", "plain"})
COMMITTED = Path(__file__).parents[2] / "config.yaml"

GOOD = """\
contact: "mailto:someone@example.org"
data:
  archive: archive
  datasets: parquet
  state: state
crawl:
  delay_seconds: 2.0
schedule:
  cron: "30 2 * * *"
sites:
  - id: one
    name: 某市人民政府
    region: "110000"
    family: trs
    lists: [http://one.example/nb/]
    status: unverified
  - id: two
    name: 某县人民政府
    region: "110101"
    family: plain
    lists: [http://two.example/nb/]
    status: unverified
"""


def config(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problem(folder: Path, text: str) -> str:
    path = config(folder, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, FAMILIES)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message.removeprefix(str(folder) + "/")


def test_good_settings_are_typed_and_folders_absolute(tmp_path: Path) -> None:
    settings = load_settings(config(tmp_path, GOOD), FAMILIES)
    assert [site.id for site in settings.sites] == ["one", "two"]
    assert settings.sites[1].region == "110101"
    assert settings.data.archive == ArchivePlace.in_folder(tmp_path.resolve() / "archive")
    assert settings.schedule.timezone == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    family: plain", "    dealy: 3\n    family: plain", "20: unknown key 'dealy' in sites[1] (did"),
        ("crawl:", "crwal:", "6: unknown key 'crwal' at the top of the file (did you mean 'crawl'?)"),
        ('contact: "mailto:someone@example.org"\n', "", " missing key 'contact' at the top of the file"),
        ("    region: \"110101\"\n", "", "17: missing key 'region' in sites[1]"),
        ('"110101"', "010000", "19: sites[1].region: Input should be a valid string, found 4096"),
        ('"110101"', '"1101"', "19: sites[1].region:"),
        ("30 2 * * *", "61 2 * * *", "8: schedule: cron '61 2 * * *' is not a schedule"),
        ('"30 2 * * *"', '"30 2 * * *"\n  timezone: Asia/Shangai', "10: schedule.timezone: unknown"),
        ("family: plain", "family: trx", "20: sites[1]: unknown list family 'trx' (known: auto, h"),
        ("id: two", "id: one", "17: sites[1]: the id 'one' is taken by sites[0]"),
        ("delay_seconds: 2.0", "delay_seconds: 2.0\n  delay_seconds: 9", "8: duplicate key 'delay_sec"),
        ("delay_seconds: 2.0", "delay_seconds: '2'", "7: crawl.delay_seconds: Input should be a"),
        ("delay_seconds: 2.0", "delay_seconds: -1", "7: crawl.delay_seconds:"),
        ("http://two.example/nb/", "ftp://two.example/", "21: sites[1].lists[0]: an address"),
        ("  archive: archive", "  archive: &a archive\n  x: [1, 2", "is not YAML"),
        ("delay_seconds: 2.0", "proxy: 127.0.0.1:3128", "7: crawl.proxy: an address starts with http://"),
        ("delay_seconds: 2.0", "revalidate_days: -1", "7: crawl.revalidate_days:"),
        ("family: plain", "family: plain\n    ca_file: ca.pem", "21: sites[1]: no file at "),
        ("data:", "homepage: example.org\ndata:", "2: homepage: an address starts with http://"),
        ("status: unverified\n  - id: two", "status: fine\n  - id: two", "16: sites[0].status:"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_line_with_line_and_key(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in GOOD
    assert expected in problem(tmp_path, GOOD.replace(old, new, 1)).removeprefix("config.yaml:")


def test_what_is_set_reaches_the_crawler(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    crawl = "crawl:\n  proxy: http://127.0.0.1:3128\n  revalidate_days: 3.0\n  resume_hours: 5.0"
    site = 'ca_file: ca.pem\n    tls: compat\n    titles: any\n    window: "22:00-06:00"\n    family: plain'
    text = GOOD.replace("crawl:", crawl).replace("family: plain", site)
    settings = load_settings(config(tmp_path, text), FAMILIES)
    policy = policy_of(settings)
    assert (policy.proxy, policy.revalidate_days, policy.resume_hours) == ("http://127.0.0.1:3128", 3.0, 5.0)
    made = site_of(settings.sites[1], settings)
    assert made.ca_file == tmp_path.resolve() / "ca.pem"
    assert (made.tls, made.titles, made.window) == ("compat", "any", (time(22), time(6)))
    assert settings.data.releases == tmp_path.resolve() / "data" / "releases"


def test_anchors_empty_and_missing_files_are_named(tmp_path: Path) -> None:
    assert "anchors" in problem(tmp_path, "a: &x {b: 1}\nc: *x\n")
    assert "is empty" in problem(tmp_path, "# nothing\n")
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read"):
        load_settings(tmp_path / "nowhere.yaml", FAMILIES)
    (tmp_path / "gbk.yaml").write_bytes("name: 某市".encode("gb18030"))
    with pytest.raises(ConfigError, match=r"gbk\.yaml: is not UTF-8"):
        load_settings(tmp_path / "gbk.yaml", FAMILIES)


def test_sites_are_selected_by_id_and_unknown_ids_refused(tmp_path: Path) -> None:
    settings = load_settings(config(tmp_path, GOOD), FAMILIES)
    assert [site.id for site in settings.select(["two"])] == ["two"]
    assert len(settings.select([])) == 2
    with pytest.raises(UnusableArgument, match=r"--site tow: no such site in the configuration"):
        settings.select(["tow"])


def test_the_committed_configuration_holds_thirty_unverified_real_columns() -> None:
    settings = load_settings(COMMITTED, FAMILIES)
    assert len(settings.sites) >= 30
    assert {site.status for site in settings.sites} == {"unverified"}
    assert all(".gov.cn/" in address for site in settings.sites for address in site.lists)
    regions = [site.region for site in settings.sites]
    national = [region for region in regions if region == "000000"]
    provinces = [region for region in regions if region.endswith("0000") and region != "000000"]
    cities = [region for region in regions if region.endswith("00") and not region.endswith("0000")]
    counties = [region for region in regions if not region.endswith("00")]
    assert min(len(national), len(provinces), len(cities), len(counties)) >= 4
