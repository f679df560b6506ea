"""Small JSON files under `data/state`: written whole or not at all, read with the offending file named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from flows.errors import FlowsError


class DamagedState(FlowsError):
    """A file of ours that cannot be read back."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: cannot be read back ({problem}); move it away to start afresh")


def write_json(path: Path, content: Any) -> None:
    """Replace the file by one rename, on the disk before it: a kill or a full disk leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # One writer at a time has the lock of what it writes; the process id keeps a dead one's leavings apart.
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_json(path: Path) -> Any:
    """The content, None where there is no file. Raises DamagedState."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DamagedState(path, str(error)) from error


def append_json(path: Path, content: Any) -> None:
    """Add one line, on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(content, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
