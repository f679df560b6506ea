"""`gongkai archive verify` on a real archive whose files were damaged behind its back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from crawl_configs import configuration

from crawlers.archive import Archive
from crawlers.crawl import crawl
from flows.cli import _run
from flows.crawl_policy import policy_of
from flows.sample_server import serve
from flows.settings import load_known_settings, site_of

SITE = Path(__file__).parents[2] / "data" / "sample_site"


def crawled(path: Path) -> None:
    settings = load_known_settings(path)
    with Archive(settings.data.archive) as archive:
        crawl([site_of(site, settings) for site in settings.sites], archive, policy_of(settings))


def test_damage_is_named_set_aside_and_mended_by_the_next_crawl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def verify(*options: str) -> tuple[int, str]:
        code = _run(["archive", "verify", *options])
        return code, capsys.readouterr().out

    with serve(SITE) as server:
        path = configuration(tmp_path, here=server.port)
        assert _run(["archive", "verify"]) == 2
        assert "no page is archived here" in capsys.readouterr().err
        assert not (tmp_path / "archive").exists()
        crawled(path)
        assert verify() == (0, "15 objects read, 0 damaged, 0 that nothing names.\n")
        with Archive(tmp_path / "archive") as archive:
            spoilt, lost = list(archive.pages())[:2]
        objects = tmp_path / "archive" / "objects"
        file = objects / spoilt.sha256[:2] / f"{spoilt.sha256}.zst"
        file.write_bytes(file.read_bytes()[:-9])
        (objects / lost.sha256[:2] / f"{lost.sha256}.zst").unlink()
        with Archive(tmp_path / "archive") as archive:
            stray = archive.put(b"what a killed crawl left")
        old = objects / stray[:2] / f"{stray}.zst"
        os.utime(old, (0, 0))
        code, told = verify()
        assert code == 1
        assert told.startswith("15 objects read, 2 damaged, 1 that nothing names.\n")
        assert f"damaged: no object {lost.sha256}: {lost.source}\n" in told
        assert f"damaged: object {spoilt.sha256}: " in told
        assert old.exists()
        code, told = verify("--quarantine", "--sweep")
        assert code == 1
        assert "1 objects moved to " in told
        assert "1 left-over files removed." in told
        assert not old.exists()
        crawled(path)
        assert verify() == (0, "15 objects read, 0 damaged, 0 that nothing names.\n")
