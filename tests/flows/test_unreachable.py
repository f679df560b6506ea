"""What other machines keep is away, or refuses us: one clear line, exit code 2, nothing begun and nothing half-done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from crawl_configs import configuration

from deploy.services import Postgres, S3Server, free_port
from flows.cli import _run
from warehouse.publish import read_table
from warehouse.snapshots import current

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.xdist_group("postgres")]

COLUMN = Path(__file__).parents[2] / "data" / "sample_site" / "cili" / "zfxxgk" / "ndbg"
COMMANDS = (("crawl",), ("build",), ("backfill",), ("rebuild",))


def configured(folder: Path, endpoint: str | None = None, **data: str) -> Path:
    """A configuration with an archive that was begun in a folder, unless `data` says otherwise."""
    path = configuration(folder, here=1)
    (folder / "archive").mkdir()
    values = yaml.safe_load(path.read_text("utf-8"))
    values["data"] |= data
    if endpoint is not None:
        values["storage"] = {"endpoint": endpoint}
    path.write_text(yaml.safe_dump(values, allow_unicode=True), "utf-8")
    return path


def refused(path: Path, *words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a command that was refused before anything began."""
    assert _run([*words, "--config", str(path)]) == 2, words
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert printed.out == ""
    assert not (path.parent / "state").exists(), "Prefect and the records are begun only where a run can be"
    assert not (path.parent / "parquet").exists()
    return line


@pytest.mark.parametrize("words", [*COMMANDS, ("status",)], ids=lambda words: words[0])
def test_a_database_that_is_away(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    path = configured(tmp_path, ledger=f"postgresql+psycopg://a:hidden@127.0.0.1:{port}/x")
    line = refused(path, *words, capsys=capsys)
    assert line.startswith("gongkai: ledger: connection failed: ")
    assert f"port {port}" in line
    assert "hidden" not in line


def test_a_store_that_is_away(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    path = configured(tmp_path, nowhere, archive="s3://bucket/archive", ledger=database)
    assert refused(path, "build", capsys=capsys).startswith("gongkai: s3://bucket/archive: ")
    shutil.rmtree(tmp_path / "archive")
    path = configured(tmp_path, nowhere, published="s3://bucket/tables", ledger=database)
    assert refused(path, "build", capsys=capsys).startswith("gongkai: s3://bucket/tables: ")


@pytest.fixture
def granted(
    s3: S3Server, bucket: str, database_server: Postgres, database: str, tmp_path: Path
) -> Iterator[Path]:
    """A configuration of buckets and a database that open to this process's key and to a role of its own."""
    database_server.execute("postgres", "CREATE ROLE crawler LOGIN SUPERUSER")
    yield configured(
        tmp_path,
        s3.endpoint,
        archive=f"s3://{bucket}/archive",
        published=f"s3://{bucket}/tables",
        ledger=database.replace("postgres@", "crawler@"),
    )
    database_server.execute(
        database.rpartition("/")[2], "REASSIGN OWNED BY crawler TO postgres; DROP ROLE crawler"
    )


def test_a_key_that_was_revoked(
    granted: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["status", "--config", str(granted)]) == 0
    capsys.readouterr()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another one")
    line = refused(granted, "build", capsys=capsys)
    assert "ACCESS_DENIED" in line
    assert "another one" not in line


def test_a_role_that_was_revoked(
    granted: Path, database_server: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    database_server.execute("postgres", "ALTER ROLE crawler NOLOGIN")
    assert "not permitted to log in" in refused(granted, "build", capsys=capsys)


def test_a_disk_that_is_full_leaves_the_tables_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A limit on the size of files makes writes fail as a full disk does."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(COLUMN / "content_52392.shtml", "one.html")
    shutil.copy(COLUMN / "content_81189.shtml", "two.html")
    assert _run(["extract", "one.html", "--out", "out"]) == 0
    state, before = current(Path("out")), read_table(Path("out"), "requests")
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000));"
        "from flows.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, "extract", "two.html", "--out", "out"],
        capture_output=True, text=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert "File too large" in line
    assert current(Path("out")) == state
    assert read_table(Path("out"), "requests").equals(before)
    assert _run(["extract", "two.html", "--out", "out"]) == 0
    assert len(read_table(Path("out"), "reports")) == 2
