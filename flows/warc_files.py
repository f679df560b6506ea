"""Web archives by command: WARC files into the archive, and the archive into one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from crawlers.archive import Archive, ArchivePlace
from crawlers.web_archives import Imported, export_warc, import_warc
from flows.commands import DONE, DONE_WITH_GAPS
from flows.errors import NothingArchived, UnusableArgument
from flows.settings import load_known_settings

PIPED = Path("-")
"""The file that stands for standard input."""


def take_warc_files(screen: Console, place: ArchivePlace, files: Sequence[Path]) -> int:
    """Read WARC files into an archive, telling what each gave; the exit code, 1 where one broke off.

    Raises UnusableArgument for a file that is not there.
    """
    for file in files:
        if file != PIPED and not file.is_file():
            raise UnusableArgument(str(file), "no such file")
    broken = False
    with Archive(place) as archive:
        for file in files:
            told = _taken(archive, file)
            broken |= bool(told.torn)
            for line in lines_of(file, told):
                screen.print(line, highlight=False, soft_wrap=True, markup=False)
    return DONE_WITH_GAPS if broken else DONE


def _taken(archive: Archive, file: Path) -> Imported:
    if file == PIPED:
        return import_warc(archive, sys.stdin.buffer, "standard input")
    with file.open("rb") as stream:
        return import_warc(archive, stream, file.name)


def lines_of(file: Path, told: Imported) -> list[str]:
    """What a web archive gave, in words."""
    results = ", ".join(f"{count:,} {name}" for name, count in sorted(told.results.items())) or "no page"
    lines = [f"{file}: {results}"]
    if told.passed_over:
        passed = ", ".join(f"{count:,} × {reason}" for reason, count in sorted(told.passed_over.items()))
        lines.append(f"{file}: passed over: {passed}")
    if told.torn:
        lines.append(f"{file}: breaks off: {told.torn}")
    return lines


def run_import(screen: Console, config: Path, files: Sequence[Path]) -> int:
    """`gongkai archive import`: the exit code, 1 where a file broke off."""
    return take_warc_files(screen, load_known_settings(config).data.archive, files)


def run_export(screen: Console, config: Path, out: Path) -> int:
    """`gongkai archive export --warc`: the exit code. Raises NothingArchived where there is no archive."""
    place = load_known_settings(config).data.archive
    if not place.is_there():
        raise NothingArchived(place)
    unfinished = out.with_name(out.name + ".part")
    with Archive(place) as archive, unfinished.open("wb") as stream:
        written = export_warc(archive, stream)
    unfinished.replace(out)
    screen.print(f"{written:,} versions written to {out}.", highlight=False, soft_wrap=True)
    return DONE
