"""The mirror against two real S3 servers on loopback, and against a local folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import fs
from warehouse_frames import Made, frames_of, pages_of

from warehouse import mirror
from warehouse.errors import NoDataset
from warehouse.mirror import mirrored_name, mirrored_table, push, read_mirrored
from warehouse.publish import publish, read_table

SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def moto() -> Iterator[fs.FileSystem]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"MOTO_ALLOW_NONEXISTENT_REGION": "true"},
    )
    assert process.stdout and process.stdin
    port = int(process.stdout.readline())
    yield fs.S3FileSystem(
        access_key="test",
        secret_key="test",
        endpoint_override=f"127.0.0.1:{port}",
        scheme="http",
        region="us-east-1",
        allow_bucket_creation=True,
    )
    process.stdin.close()
    process.wait(20)
    process.stdout.close()


@pytest.fixture(params=["moto", "gateway", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[fs.FileSystem, str]:
    """A file system and an empty base on it."""
    if request.param == "folder":
        return fs.LocalFileSystem(), str(tmp_path / "mirror")
    filesystem: fs.FileSystem = (
        request.getfixturevalue("moto") if request.param == "moto" else request.getfixturevalue("s3").files()
    )
    bucket = f"bucket-{abs(hash(request.node.name))}"
    filesystem.create_dir(bucket)
    return filesystem, f"{bucket}/gongkai"


def test_what_is_pushed_reads_back_equal_and_only_changes_travel(
    store: tuple[fs.FileSystem, str], tmp_path: Path
) -> None:
    filesystem, base = store
    root = tmp_path / "root"
    made = [Made(number) for number in range(3)]
    with pytest.raises(NoDataset):
        read_mirrored(filesystem, base, "requests")
    publish(root, frames_of(made) | {"pages": pages_of(made)})
    first = push(root, filesystem, base)
    assert first.copied == 0 and first.sent > 16
    publish(root, frames_of([Made(2, revision=1)]))
    second = push(root, filesystem, base)
    assert 1 <= second.sent <= 6 and second.sent + second.copied == first.sent
    third = push(root, filesystem, base)
    assert (third.name, third.sent, third.copied) == (second.name, 0, 0)
    for table in ("requests", "reports", "pages", "agencies"):
        assert len(read_mirrored(filesystem, base, table)) == len(read_table(root, table))
    remote = pd.read_parquet(mirrored_table(filesystem, base, "requests"), filesystem=filesystem)
    assert remote["value"].sum() == read_table(root, "requests")["value"].sum()


def test_interrupted_anywhere_the_state_before_stays_in_force_and_a_rerun_completes(
    store: tuple[fs.FileSystem, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filesystem, base = store
    root = tmp_path / "root"
    publish(root, frames_of([Made(1), Made(2)]))
    before = push(root, filesystem, base)
    total = read_mirrored(filesystem, base, "requests")["value"].sum()
    publish(root, frames_of([Made(1, revision=1), Made(9)]))
    send = mirror._send
    for breaking_at in (5, "manifest.json"):
        calls = 0

        def failing(path: Path, *target: object, at: int | str = breaking_at) -> None:
            nonlocal calls
            calls += 1
            if at in (calls, path.name):
                raise OSError("the line went dead")
            send(path, *target)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(mirror, "_send", failing)
            with pytest.raises(OSError, match="went dead"):
                push(root, filesystem, base)
        assert mirrored_name(filesystem, base) == before.name
        assert read_mirrored(filesystem, base, "requests")["value"].sum() == total
    push(root, filesystem, base)
    assert len(read_mirrored(filesystem, base, "requests")) == 3 * 175


def test_old_states_go_after_the_next_push(store: tuple[fs.FileSystem, str], tmp_path: Path) -> None:
    filesystem, base = store
    root = tmp_path / "root"
    for revision in range(3):
        publish(root, frames_of([Made(1, revision)]))
        push(root, filesystem, base, keep_seconds=-1)
    found = filesystem.get_file_info(fs.FileSelector(f"{base}/snapshots", recursive=True))
    names = {info.path.removeprefix(base).split("/")[2] for info in found if info.type == fs.FileType.File}
    assert len(names) == 2 and mirrored_name(filesystem, base) in names
    with filesystem.open_input_stream(
        f"{base}/snapshots/{mirrored_name(filesystem, base)}/manifest.json"
    ) as stream:
        assert "requests" in json.loads(stream.read())["tables"]
