"""Releases: immutable folders that hold the whole dataset, what describes it and what proves it.

<releases>/2024-02-01.1/
    reports/ requests/ …          the Parquet files, hard links where the file system has them
    manifest.json                 every file with rows, bytes and SHA-256
    datapackage.json              Frictionless Data Package (https://datapackage.org/standard/data-package/)
    croissant.json                Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html)
    CODEBOOK.md CHANGES.md CITATION.cff LICENSE.md SHA256SUMS
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from warehouse.descriptors import croissant, data_package
from warehouse.diff import Difference, compare, state_of
from warehouse.errors import DamagedDataset, ReleaseProblem
from warehouse.locks import hold
from warehouse.reading import pinned
from warehouse.release_texts import About, changes_text, citation_text, codebook_text, licence_text
from warehouse.snapshots import LOCK, MANIFEST, Snapshot, link_or_copy, write_manifest

NAME = re.compile(r"(\d{4}-\d{2}-\d{2})\.([1-9]\d*)")
SUMS = "SHA256SUMS"
STAGED = ".staged-release"
READ_ONLY = 0o444

__all__ = ["About", "Release", "latest_release", "make_release", "releases", "verify_release"]


@dataclass(frozen=True, slots=True)
class Release:
    """A release on disk, and what changed since the one before; `made` is false if nothing had."""

    path: Path
    made: bool
    difference: Difference


def releases(folder: Path) -> list[Path]:
    """All releases in a folder, oldest first."""
    named = [(match, path) for path in folder.glob("*") if (match := NAME.fullmatch(path.name))]
    return [path for match, path in sorted(named, key=lambda pair: (pair[0][1], int(pair[0][2])))]


def latest_release(folder: Path) -> Path | None:
    """The newest release in a folder, if there is one."""
    return next(reversed(releases(folder)), None)


def make_release(root: Path, folder: Path, day: date, about: About) -> Release:
    """Release the dataset under `root` as `folder`/<day>.<n>; or the last one, if nothing changed.

    The folder appears by one rename, complete and read-only. Everything in it follows from the dataset, the
    day, `about` and the release before: made again after a crash it has the same bytes. Raises NoDataset,
    ReleaseProblem (a day before the last release's), DamagedDataset.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with hold(folder / LOCK, "release"):
        staged = folder / STAGED
        if staged.exists():
            shutil.rmtree(staged)
        state = pinned(root)
        last = latest_release(folder)
        before = state_of(last) if last else None
        if last and before and before.files == state.files:
            return Release(last, made=False, difference=compare(before, state))
        path = folder / _next_name(folder, last, day)
        difference = compare(before, state)
        _link_files(staged, state)
        papers = {
            "datapackage.json": data_package(state, path.name, about),
            "croissant.json": croissant(state, path.name, about, _sha256(staged / MANIFEST)),
            "CODEBOOK.md": codebook_text(state, path.name),
            "CHANGES.md": changes_text(difference, path.name, last.name if last else None),
            "CITATION.cff": citation_text(about, path.name),
            "LICENSE.md": licence_text(about),
        }
        _write_papers(staged, state, papers)
        staged.rename(path)
        return Release(path, made=True, difference=difference)


def _next_name(folder: Path, last: Path | None, day: date) -> str:
    if last is None:
        return f"{day.isoformat()}.1"
    last_day, number = last.name.split(".")
    if day.isoformat() < last_day:
        raise ReleaseProblem(folder, f"the last release is of {last_day}, none can be made for {day}")
    return f"{day.isoformat()}.{int(number) + 1 if day.isoformat() == last_day else 1}"


def _link_files(staged: Path, state: Snapshot) -> None:
    for table, files in state.files.items():
        for folder, file in files.items():
            link_or_copy(state.file(table, folder), staged / table / file.path)
            (staged / table / file.path).chmod(READ_ONLY)
    write_manifest(staged / MANIFEST, state.files, state.contract)


def _write_papers(staged: Path, state: Snapshot, papers: Mapping[str, str]) -> None:
    for name, text in papers.items():
        (staged / name).write_text(text, encoding="utf-8")
    sums = {f"{t}/{file.path}": file.sha256 for t, files in state.files.items() for file in files.values()}
    sums |= {name: _sha256(staged / name) for name in (MANIFEST, *papers)}
    lines = [f"{digest}  {name}\n" for name, digest in sorted(sums.items())]
    (staged / SUMS).write_text("".join(lines), encoding="utf-8")
    for path in staged.iterdir():
        if path.is_file():
            path.chmod(READ_ONLY)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_release(path: Path) -> int:
    """Hold every file of a release against SHA256SUMS; return how many there are.

    Raises DamagedDataset, naming the first file that is missing, changed or not listed.
    """
    try:
        lines = (path / SUMS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DamagedDataset(path, f"no {SUMS}: {error}") from error
    listed = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    found = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()} - {SUMS}
    if odd := sorted(found ^ set(listed)):
        raise DamagedDataset(path / odd[0], f"is not both listed in {SUMS} and there")
    for name, digest in listed.items():
        if _sha256(path / name) != digest:
            raise DamagedDataset(path / name, f"does not have the checksum that {SUMS} gives")
    return len(listed)
