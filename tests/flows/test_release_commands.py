"""Releases by command: made once a change, listed, compared; the demo's figures are never released."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from crawl_configs import configuration

from flows.cli import _run
from flows.sample_marker import mark_as_sample
from warehouse.release import verify_release

COLUMN = Path(__file__).parents[2] / "data" / "sample_site" / "cili" / "zfxxgk" / "ndbg"
PAGE = "content_10195.shtml"


def gongkai(line: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = _run(shlex.split(line))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = configuration(tmp_path, here=1)
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) | {"homepage": "https://data.example/gongkai"}
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    (tmp_path / "saved").mkdir()
    for name in (PAGE, "content_14953.shtml"):
        shutil.copy(COLUMN / name, "saved")
    return tmp_path


def test_a_release_is_made_listed_and_compared(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No release yet under" in gongkai("status", capsys)[1]
    assert gongkai("release", capsys)[0] == 2
    gongkai("extract saved --out parquet", capsys)
    code, out, errors = gongkai("release", capsys)
    assert (code, errors) == (0, "")
    first = re.match(r"Release (\d{4}-\d\d-\d\d\.1): ", out)
    assert first is not None
    assert "2 reports added, 0 revised, 0 withdrawn, 0 figures changed." in out
    folder = workplace / "releases" / first[1]
    assert verify_release(folder) > 10
    assert "https://data.example/gongkai" in (folder / "CITATION.cff").read_text(encoding="utf-8")
    code, out, _ = gongkai("release", capsys)
    assert (code, out) == (0, f"Nothing changed since release {first[1]}: none was made.\n")

    page = (COLUMN / PAGE).read_text(encoding="utf-8")
    row = re.search(r"结转下年度继续办理.*?</tr>", page, re.DOTALL)
    assert row is not None
    revised = page.replace(row[0], row[0].replace('<td align="center">4</td>', '<td align="center">5</td>'))
    Path("saved", PAGE).write_text(revised, encoding="utf-8")
    gongkai(f"extract saved/{PAGE} --out parquet", capsys)
    code, out, _ = gongkai(f"diff {first[1]} parquet", capsys)
    assert code == 0
    assert re.search(r"\| requests \| `[0-9a-f]{16}` \| 2022 \| carried_forward \| total \| 4 \| 5 \|", out)
    code, out, _ = gongkai("release", capsys)
    assert "0 reports added, 1 revised, 0 withdrawn, 1 figures changed." in out
    second = first[1].removesuffix("1") + "2"
    assert gongkai(f"diff {second} parquet", capsys)[1] == f"parquet holds what {second} holds.\n"
    assert "carried_forward | total | 4 | 5" in gongkai(f"diff {first[1]} {second}", capsys)[1]
    shown = gongkai("status", capsys)[1]
    assert first[1] in shown
    assert second in shown


def test_unusable_releases_are_one_line(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = gongkai("diff 2020-01-01.1 parquet", capsys)
    assert code == 2
    assert errors.startswith("gongkai: 2020-01-01.1: neither a folder nor a release under ")
    code, _, errors = gongkai("diff saved saved", capsys)
    assert code == 2
    assert len(errors.splitlines()) == 1
    mark_as_sample(workplace / "parquet")
    code, _, errors = gongkai("release", capsys)
    assert (code, errors.count("invented figures")) == (2, 1)
    path = configuration(workplace, here=1)
    code, _, errors = gongkai("release", capsys)
    assert (code, errors) == (
        2, f"gongkai: {path.name}: homepage is missing: name the address where your releases can be had\n",
    )  # fmt: skip
