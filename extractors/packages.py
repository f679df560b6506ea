"""Office files are ZIP files of XML: looked over before any library opens them, within limits."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from extractors.errors import CompressionBomb, DamagedFile, EncryptedFile, XmlEntities

ZIP_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
"""What `zipfile` raises where a ZIP file is broken, or packed in a way that nobody here unpacks."""
MOST_UNPACKED = 200 << 20
MOST_MEMBERS = 5000
HIGHEST_RATIO = 200
"""Packed tighter than this and larger than `RATIO_MATTERS_FROM`, a member is a bomb: Word's own XML reaches 30."""
RATIO_MATTERS_FROM = 4 << 20
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_MARKUP = (".xml", ".rels", ".vml")


def check_package(content: bytes, kind: str) -> None:
    """Raise what is wrong with an office file: DamagedFile, EncryptedFile, CompressionBomb, XmlEntities.

    Every member is unpacked once: one that is larger than the directory says fails its checksum here, before a
    library that goes by the packed size unpacks it without end.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            check_members(members, kind)
            for member in members:
                part = package.read(member)
                # Without its null bytes, UTF-16 shows the word as well. In text it is written with &lt;.
                if member.filename.lower().endswith(_MARKUP) and _DOCTYPE.search(part.replace(b"\0", b"")):
                    raise XmlEntities(member.filename)
    except ZIP_DAMAGES as error:
        raise DamagedFile(kind, f"{type(error).__name__}: {error}") from error
    except RuntimeError as error:
        raise EncryptedFile(kind) from error


def check_members(members: list[zipfile.ZipInfo], kind: str) -> None:
    """Raise CompressionBomb where a ZIP file's members are too many, too large, or packed too tightly."""
    if len(members) > MOST_MEMBERS:
        raise CompressionBomb(kind, f"{len(members)} members, more than {MOST_MEMBERS}")
    total = sum(member.file_size for member in members)
    if total > MOST_UNPACKED:
        raise CompressionBomb(kind, f"{total} bytes unpacked, more than {MOST_UNPACKED}")
    for member in members:
        large = member.file_size > RATIO_MATTERS_FROM
        if large and member.file_size > HIGHEST_RATIO * max(member.compress_size, 1):
            raise CompressionBomb(
                kind, f"{member.filename}: {member.file_size} bytes from {member.compress_size}"
            )
