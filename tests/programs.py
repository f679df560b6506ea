"""Programs of the machine that some tests drive, and what a run does where one is not there."""

from __future__ import annotations

import shutil
from pathlib import Path

LIST = Path(__file__).with_name("programs.txt")
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/sbin")
"""Where Debian puts programs that are not on every user's path."""


def known_programs() -> dict[str, list[str]]:
    """The programs of `programs.txt`, with the Debian packages that bring each."""
    lines = (line.split() for line in LIST.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    return {program: packages for program, *packages in filter(None, lines)}


def program(name: str) -> str | None:
    """The path of a program, or None where this machine lacks it. Raises KeyError for one that is not listed."""
    known_programs()[name]
    if found := shutil.which(name):
        return found
    for pattern in _PLACES:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (folder / name).is_file():
                return str(folder / name)
    return None
