"""ZIP files of reports: the members that may be reports, within limits, also in a ZIP file within one.

A member's path follows its file's after `MARK`: `saved/2023.zip!/town/report.docx`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from extractors.errors import CompressionBomb, DamagedFile, EncryptedFile, ExtractorError
from extractors.kinds import kind_of
from extractors.packages import ZIP_DAMAGES, check_members

MARK = "!/"
DEEPEST = 2
"""ZIP files within each other."""
LARGEST_MEMBER = 64 << 20
MOST_FILES = 60
"""Members of a ZIP file that stands for one report; `extract` takes as many as a package may have."""


def member_paths(content: bytes, depth: int = 1) -> Iterator[str]:
    """The paths of the members of a ZIP file, those of ZIP files within it among them, folders left out.

    A member that cannot be unpacked is named like any other: reading it tells why. Raises DamagedFile,
    CompressionBomb.
    """
    with _opened(content) as package:
        for member in _members(package):
            inner = _inner_paths(package, member, depth) if member.filename.lower().endswith(".zip") else None
            if inner is None:
                yield member.filename
            else:
                yield from (f"{member.filename}{MARK}{path}" for path in inner)


def _inner_paths(package: zipfile.ZipFile, member: zipfile.ZipInfo, depth: int) -> list[str] | None:
    if depth >= DEEPEST:
        return None
    try:
        return list(member_paths(_unpacked(package, member), depth + 1))
    except ExtractorError:
        return None


def read_member(content: bytes, path: str, depth: int = 1) -> bytes:
    """The bytes of a member. Raises DamagedFile, EncryptedFile, CompressionBomb."""
    name, _, inner = path.partition(MARK)
    if depth > DEEPEST:
        raise CompressionBomb("zip", f"more than {DEEPEST} ZIP files within each other")
    with _opened(content) as package:
        found = next((member for member in _members(package) if member.filename == name), None)
        if found is None:
            raise DamagedFile("zip", f"no member {name!r}")
        body = _unpacked(package, found)
    if inner:
        return read_member(body, inner, depth + 1)
    if kind_of(body) == "zip":
        # Its directory tells what is wrong with it, or that it is one too deep.
        list(member_paths(body, depth))
        raise CompressionBomb("zip", f"more than {DEEPEST} ZIP files within each other")
    return body


def files_in(name: str, content: bytes) -> Iterator[tuple[str, bytes | ExtractorError]]:
    """A file under its name; of a ZIP file, each member under its path. What cannot be unpacked comes as its error."""
    if kind_of(content) != "zip":
        yield name, content
        return
    try:
        paths = list(member_paths(content))
        if len(paths) > MOST_FILES:
            raise CompressionBomb("zip", f"{len(paths)} members, more than {MOST_FILES} for one report")
    except ExtractorError as error:
        yield name, error
        return
    for path in paths:
        try:
            yield f"{name}{MARK}{path}", read_member(content, path)
        except ExtractorError as error:
            yield f"{name}{MARK}{path}", error


def _opened(content: bytes) -> zipfile.ZipFile:
    try:
        # Windows programs write names in GBK and do not say so.
        return zipfile.ZipFile(io.BytesIO(content), metadata_encoding="gbk")
    except UnicodeDecodeError:
        return zipfile.ZipFile(io.BytesIO(content))
    except ZIP_DAMAGES as error:
        raise DamagedFile("zip", f"{type(error).__name__}: {error}") from error


def _members(package: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = package.infolist()
    check_members(members, "zip")
    return [member for member in members if not member.is_dir() and "__MACOSX" not in member.filename]


def _unpacked(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > LARGEST_MEMBER:
        raise CompressionBomb(
            "zip", f"{member.filename}: {member.file_size} bytes, more than {LARGEST_MEMBER}"
        )
    if member.flag_bits & 1:
        raise EncryptedFile("zip")
    try:
        return package.read(member)
    except ZIP_DAMAGES as error:
        raise DamagedFile("zip", f"{member.filename}: {type(error).__name__}: {error}") from error
    except RuntimeError as error:
        raise EncryptedFile("zip") from error
