"""Stores of bytes: a folder, and a bucket of a real S3 server, keep the same promises."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crawlers.archive import Archive, ArchivePlace
from crawlers.errors import ArchiveError, DamagedObject, LedgerError, UnknownObject
from crawlers.objects import name_of, open_objects
from crawlers.stores import Store, StorePlace, open_store
from deploy.services import S3Server, free_port

pytestmark = pytest.mark.xdist_group("s3")


@pytest.fixture(params=["folder", "s3"])
def kept_at(request: pytest.FixtureRequest, tmp_path: Path) -> StorePlace:
    if request.param == "folder":
        return StorePlace(str(tmp_path / "store"))
    server: S3Server = request.getfixturevalue("s3")
    return StorePlace(f"s3://{request.getfixturevalue('bucket')}/deep/below", server.endpoint)


def names(store: Store, below: str) -> list[str]:
    return sorted(found.name for found in store.stored(below))


def test_what_is_put_is_there_whole_and_goes_when_removed(kept_at: StorePlace) -> None:
    store = open_store(kept_at)
    large = os.urandom(12 << 20)
    store.put("objects/ab/one.zst", b"one")
    store.put("objects/cd/large.zst", large)
    store.put("objects/ab/one.zst", b"one again")
    again = open_store(kept_at)
    assert again.get("objects/ab/one.zst") == b"one again"
    assert again.get("objects/cd/large.zst") == large
    assert names(again, "objects") == ["objects/ab/one.zst", "objects/cd/large.zst"]
    assert names(again, "nothing") == []
    again.move("objects/ab/one.zst", "damaged/one.zst")
    again.remove("objects/cd/large.zst")
    again.remove("objects/cd/large.zst")
    assert (names(store, "objects"), names(store, "damaged")) == ([], ["damaged/one.zst"])
    assert store.holds("damaged/one.zst") and not store.holds("objects/ab/one.zst")
    with pytest.raises(UnknownObject, match="large"):
        store.get("objects/cd/large.zst")
    with pytest.raises(UnknownObject, match="one"):
        store.move("objects/ab/one.zst", "damaged/one.zst")


def test_objects_come_back_in_order_and_damage_is_named(kept_at: StorePlace) -> None:
    objects = open_objects(kept_at)
    bodies = [f"body {number}".encode() * number for number in range(1, 41)]
    hashes = [objects.put(body) for body in bodies]
    assert objects.put(bodies[3]) == hashes[3]
    assert len(list(objects.stored())) == 40
    objects.store.put(name_of(hashes[7]), objects.store.get(name_of(hashes[8])))
    objects.store.remove(name_of(hashes[9]))
    found = list(objects.read_each(hashes))
    assert isinstance(found[7], DamagedObject) and isinstance(found[9], UnknownObject)
    assert [body for number, body in enumerate(found) if number not in {7, 9}] == [
        body for number, body in enumerate(bodies) if number not in {7, 9}
    ]


def test_an_archive_in_a_bucket_verifies_quarantines_and_sweeps(
    s3: S3Server, bucket: str, tmp_path: Path
) -> None:
    place = ArchivePlace(
        StorePlace(f"s3://{bucket}/archive", s3.endpoint), f"sqlite:///{tmp_path / 'ledger'}"
    )
    with Archive(place) as archive:
        orphan = archive.put(b"orphan")
        assert archive.verify().orphans == (orphan,)
        assert archive.sweep() == 0
        assert archive.sweep(older_than_seconds=-1) == 1
        assert archive.verify().orphans == ()


UNUSABLE = {
    "unreachable": "NETWORK_CONNECTION",
    "no bucket": "no bucket not-there",
    "revoked": "ACCESS_DENIED",
}


@pytest.mark.parametrize("spoilt", UNUSABLE)
def test_a_store_that_cannot_be_used_is_one_clear_error(
    spoilt: str, s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}" if spoilt == "unreachable" else s3.endpoint
    place = StorePlace(f"s3://{'not-there' if spoilt == 'no bucket' else bucket}/archive", endpoint)
    if spoilt == "revoked":
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "revoked-in-the-meantime")
    with pytest.raises(ArchiveError, match=UNUSABLE[spoilt]) as caught:
        open_store(place)
    assert place.address in str(caught.value)
    assert "\n" not in str(caught.value) and "revoked-in" not in str(caught.value)


@pytest.mark.parametrize(
    ("ledger", "problem"),
    [
        ("postgresql+psycopg://who:hidden@127.0.0.1:9/x", "Connection refused|connection failed"),
        ("mysql://who:hidden@127.0.0.1/x", "SQLite or PostgreSQL"),
        ("postgresql+nothing://who:hidden@127.0.0.1/x", r"gongkai\[cluster\]"),
        ("rubbish", "no SQLAlchemy URL"),
    ],
)
def test_a_ledger_that_cannot_be_used_is_one_clear_error(ledger: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=problem) as caught:
        Archive(ArchivePlace(StorePlace(str(tmp_path)), ledger))
    assert "hidden" not in str(caught.value)
