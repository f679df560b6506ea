"""A log a run, in JSON lines: every line carries the run's id, which the ledger's row of the run carries, too."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

KEPT = 400
_logger = logging.getLogger("gongkai.run")
_logger.propagate = False
_logger.setLevel(logging.INFO)


class _Lines(logging.FileHandler):
    def __init__(self, path: Path, run: str) -> None:
        super().__init__(path, encoding="utf-8")
        self._run = run

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = getattr(record, "fields", {})
        line = {
            "at": moment,
            "run": self._run,
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        return json.dumps(line | fields, ensure_ascii=False, default=str)


def log(event: str, level: int = logging.INFO, **fields: object) -> None:
    """Write a line to the log of the run under way in this process; nothing where there is none."""
    if _logger.handlers:
        _logger.log(level, event, extra={"fields": fields})


@contextmanager
def logged(folder: Path, run: str) -> Iterator[Path]:
    """Keep the log of a run in `<folder>/<run>.jsonl` for the length of the block; the oldest logs go."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        path.unlink()
    handler = _Lines(folder / f"{run}.jsonl", run)
    _logger.addHandler(handler)
    try:
        yield folder / f"{run}.jsonl"
    finally:
        _logger.removeHandler(handler)
        handler.close()
