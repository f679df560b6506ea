"""JSON files that stay small, however much there is: what does not fit into one goes on in the next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse.errors import ExplorerProblem

FILE_LIMIT = 5_000_000
"""No file of a site is larger, in bytes."""
SHARD_BYTES = 400_000
"""A shard is closed once it holds so much: a page fetches one or two of them."""


def as_json(value: Any) -> str:
    """Compact JSON; NaN is no JSON and refused with ValueError."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_json(path: Path, value: Any) -> int:
    """Write a value as JSON and return its bytes; ExplorerProblem where it is larger than FILE_LIMIT."""
    return write_bytes(path, as_json(value).encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> int:
    """Write a file of the site and return its bytes; ExplorerProblem where it is larger than FILE_LIMIT."""
    if len(content) > FILE_LIMIT:
        raise ExplorerProblem(path, f"would be {len(content):,} bytes, {FILE_LIMIT:,} are allowed")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return len(content)


@dataclass(slots=True)
class Shards:
    """Entries spread over `<folder>/<name>-0.json`, `-1`, …: a JSON object each, key → entry."""

    folder: Path
    name: str
    entries: list[str] = field(default_factory=list)
    size: int = 0
    number: int = 0

    def add(self, key: str, entry: Any) -> str:
        """Add an entry; return the name of the shard that holds it."""
        text = f"{as_json(key)}:{as_json(entry)}"
        length = len(text.encode("utf-8"))
        if self.entries and self.size + length > SHARD_BYTES:
            self.close()
        self.entries.append(text)
        self.size += length
        return f"{self.name}-{self.number}"

    def close(self) -> None:
        """Write the shard in hand, if it holds anything; the next entry begins another."""
        if not self.entries:
            return
        content = "{" + ",\n".join(self.entries) + "}"
        write_bytes(self.folder / f"{self.name}-{self.number}.json", content.encode("utf-8"))
        self.entries, self.size, self.number = [], 0, self.number + 1


def write_lists(folder: Path, name: str, rows: Iterable[Any]) -> int:
    """Rows as JSON arrays in `<name>-0.json`, `-1`, …; how many files there are, 0 without a row."""
    number, size = 0, 0
    lines: list[str] = []
    for row in rows:
        line = as_json(row)
        length = len(line.encode("utf-8")) + 2
        if lines and size + length > FILE_LIMIT // 5:
            _write_list(folder / f"{name}-{number}.json", lines)
            number, lines, size = number + 1, [], 0
        lines.append(line)
        size += length
    if lines:
        _write_list(folder / f"{name}-{number}.json", lines)
        number += 1
    return number


def _write_list(path: Path, lines: list[str]) -> None:
    write_bytes(path, ("[" + ",\n".join(lines) + "]").encode("utf-8"))


def write_index(folder: Path, places: Mapping[str, str]) -> list[str]:
    """Where each key is held, in one file for each beginning of two characters; the beginnings there are."""
    beginnings: dict[str, dict[str, str]] = {}
    for key, place in places.items():
        beginnings.setdefault(key[:2], {})[key] = place
    for beginning, held in beginnings.items():
        write_json(folder / f"{beginning}.json", held)
    return sorted(beginnings)
