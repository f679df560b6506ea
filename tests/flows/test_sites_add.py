"""`gongkai sites add` against a site on loopback: from its address to a line-true entry in the configuration."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml
from crawl_configs import configuration

from flows.cli import _run
from flows.errors import ConfigError, UnusableArgument
from flows.sample_server import serve
from flows.settings import SiteSettings, load_known_settings
from flows.site_entry import add_entry, entry_text, id_of

SITE = Path(__file__).parents[2] / "data" / "sample_site"
COMMITTED = SITE.parents[1] / "config.yaml"
LIST = "/cili/zfxxgk/ndbg/list.html"


def gongkai(line: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = _run(shlex.split(line))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def entry(**fields: object) -> SiteSettings:
    values = {
        "id": "cili", "name": "慈利县人民政府", "region": "430821", "family": "plain",
        "lists": ["https://www.cili.example/nb/?a=1&b=#x"], "status": "unverified",
    }  # fmt: skip
    return SiteSettings.model_validate(values | fields)


def test_a_column_is_found_shown_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = configuration(tmp_path, here=1)
    before = path.read_text(encoding="utf-8")
    with serve(SITE) as server:
        opened = f"--allow 127.0.0.1:{server.port}"
        add = f"sites add {server.base}{LIST} --id cili {opened}"
        code, out, errors = gongkai(f"{add} --region 430821", capsys)
        assert (code, errors) == (0, "")
        assert "plain" in out
        assert out.count("would crawl: ") == 6
        assert f"would crawl: {server.base}/cili/zfxxgk/ndbg/content_81189.shtml  慈利县人民政府2023年" in out
        assert "空白表" not in out
        assert "Not written" in out
        assert path.read_text(encoding="utf-8") == before
        code, out, _ = gongkai(f"{add} --region 430821 --name 慈利县人民政府 --write", capsys)
        assert code == 0
        written = path.read_text(encoding="utf-8")
        assert written.startswith(before)
        assert yaml.safe_load(written)["sites"][-1] == {
            "id": "cili", "name": "慈利县人民政府", "region": "430821", "family": "plain",
            "lists": [server.base + LIST], "status": "unverified", "allow": [f"127.0.0.1:{server.port}"],
        }  # fmt: skip
        code, _, errors = gongkai(f"{add} --region 430821", capsys)
        assert (code, errors) == (
            2,
            "gongkai: --id cili: the configuration has a site of this id; choose another\n",
        )
        code, _, errors = gongkai(f"sites add {server.base}{LIST} --id other {opened}", capsys)
        assert (code, errors) == (2, f"gongkai: {server.base}{LIST}: is a list of the site 'cili' already\n")


def test_the_region_comes_from_the_sites_name_or_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = configuration(tmp_path, here=1)
    before = path.read_text(encoding="utf-8")
    with serve(SITE) as server:
        opened = f"--id new --allow 127.0.0.1:{server.port} --write"
        code, out, _ = gongkai(f"sites add {server.base}{LIST} {opened} --name 鼓楼区人民政府", capsys)
        assert code == 1
        assert "does not tell its region" in out
        assert path.read_text(encoding="utf-8") == before
        code, out, _ = gongkai(
            f"sites add {server.base}{LIST} {opened} --name 慈利县人民政府门户网站", capsys
        )
        assert code == 0
    assert load_known_settings(path).sites[-1].region == "430821"


def test_no_column_no_contact_and_no_words_are_one_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = configuration(tmp_path, here=1)
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "index.html").write_text(
        "<html><body>" + "<p>本站新闻</p>" * 200 + "</body></html>", encoding="utf-8"
    )
    with serve(bare) as server:
        opened = f"--id new --allow 127.0.0.1:{server.port}"
        code, _, errors = gongkai(f"sites add {server.base}/ {opened}", capsys)
        assert code == 2
        assert "no annual-report column found" in errors
        assert len(errors.splitlines()) == 1
        asked = server.asked.total()
        code, _, errors = gongkai(f"sites add {server.base}{LIST}", capsys)
        assert errors == f"gongkai: {server.base}{LIST}: no name for an id in it; give one with --id\n"
        code, _, errors = gongkai(f"sites add {server.base}{LIST} {opened} --region 43082", capsys)
        assert errors == "gongkai: --region 43082: no code of GB/T 2260 that the gazetteer knows\n"
        code, _, errors = gongkai(f"sites add {server.base}{LIST} --id A_B", capsys)
        assert errors.startswith("gongkai: A_B: String should match")
        code, _, errors = gongkai("sites add www.example.gov.cn", capsys)
        assert errors == "gongkai: www.example.gov.cn: no name for an id in it; give one with --id\n"
        assert server.asked.total() == asked
        path.write_text(
            path.read_text(encoding="utf-8").replace("tests, on loopback", "''"), encoding="utf-8"
        )
        code, _, errors = gongkai(f"sites add {server.base}{LIST} {opened}", capsys)
        assert (code, server.asked.total()) == (2, asked)
        assert "contact is empty" in errors


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://rsj.sh.gov.cn/x", "sh-rsj"),
        ("http://www.bjdx.gov.cn/", "bjdx"),
        ("https://hb.yl.gov.cn/", "yl-hb"),
        ("http://WWW.Some_City.gov.cn", "some-city"),
    ],
)
def test_ids_come_from_hosts(address: str, expected: str) -> None:
    assert id_of(address) == expected


def test_an_entry_goes_behind_the_last_source_and_nothing_else_moves(tmp_path: Path) -> None:
    text = COMMITTED.read_text(encoding="utf-8")
    path = tmp_path / "config.yaml"
    path.write_text(text + "# the end\n", encoding="utf-8")
    add_entry(path, entry())
    assert path.read_text(encoding="utf-8") == text + entry_text(entry(), "  ") + "# the end\n"
    assert load_known_settings(path).sites[-1] == entry()
    assert list(tmp_path.iterdir()) == [path]


def test_an_entry_that_would_spoil_the_file_is_not_written(tmp_path: Path) -> None:
    path = configuration(tmp_path, here=1)
    before = path.read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown list family 'other'"):
        add_entry(path, entry(family="other"))
    assert path.read_text(encoding="utf-8") == before
    assert list(tmp_path.iterdir()) == [path]
    bracketed = yaml.safe_dump(yaml.safe_load(before), default_flow_style=True, allow_unicode=True)
    path.write_text(bracketed, encoding="utf-8")
    with pytest.raises(ConfigError, match="sites are in brackets"):
        add_entry(path, entry())
    assert path.read_text(encoding="utf-8") == bracketed


def test_a_bare_ip_address_makes_no_id() -> None:
    with pytest.raises(UnusableArgument, match="give one with --id"):
        id_of("http://192.0.2.1/nb/")
