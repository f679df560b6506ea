"""Files are read in a process of their own, with limits on time and memory: a malicious one costs one record.

The process is kept for the next file and replaced when it overran, died, or has read many. Only JSON comes
back from it. HTML and text are read here: their parsers take any bytes in proportionate time and memory.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from extractors.document import Document
from extractors.errors import MemoryLimit, ReaderDied, TimeLimit, told
from extractors.read import MARKUP, check, markup_document
from extractors.wire import as_document

_FRUGAL = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Each thread of a library reserves address space, which the limit counts."""
MOST_FILES = 40
"""Files that one process reads before the next takes over: what libraries leak ends with it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: seconds, and bytes of address space."""

    seconds: float = 60.0
    memory: int = 1 << 30


def read_isolated(
    content: bytes, declared_charset: str | None = None, limits: Limits | None = None
) -> Document:
    """What `read_document` gives, with files read in a process with limits.

    Raises an ExtractorError; TimeLimit, MemoryLimit and ReaderDied are those of the process.
    """
    kind = check(content)
    if kind in MARKUP:
        return markup_document(content, kind, declared_charset)
    with _LOCK:
        return _reader(limits or Limits()).read(content, declared_charset)


class _Reader:
    """One reading process and the folder it may write to."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.owner = os.getpid()
        self.files = 0
        self._scratch = Path(tempfile.mkdtemp(prefix="gongkai-reader-"))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "extractors.reading_process", str(limits.memory), str(self._scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # A group of its own, so that what it started (soffice) ends with it.
            start_new_session=True,
            cwd=Path(__file__).resolve().parents[1],
            env=os.environ | _FRUGAL,
        )

    @property
    def alive(self) -> bool:
        """Whether it can take another file."""
        return self._process.poll() is None and self.files < MOST_FILES and self.owner == os.getpid()

    def read(self, content: bytes, declared_charset: str | None) -> Document:
        """Have it read one file. Raises what it raised, or what ended it; it is gone then."""
        self.files += 1
        deadline = time.monotonic() + self.limits.seconds
        head = json.dumps({"size": len(content), "charset": declared_charset}).encode() + b"\n"
        try:
            self._send(head + content, deadline)
            answer = json.loads(self._receive(deadline))
        except TimeLimit:
            self.close()
            raise
        except (BrokenPipeError, EOFError):
            code = self._ended()
            self.close()
            raise ReaderDied(code) from None
        if "state" not in answer:
            return as_document(answer)
        if answer["state"] == MemoryLimit.state:
            self.close()
            raise MemoryLimit(self.limits.memory)
        raise told(answer["state"], answer["message"])

    def _ended(self) -> int | None:
        try:
            return self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return None

    def _send(self, data: bytes, deadline: float) -> None:
        pipe = self._process.stdin
        if pipe is None:
            raise BrokenPipeError
        view = memoryview(data)
        os.set_blocking(pipe.fileno(), False)
        while view:
            self._wait([], [pipe.fileno()], deadline)
            view = view[os.write(pipe.fileno(), view[: 1 << 16]) :]

    def _receive(self, deadline: float) -> bytes:
        """The next line that the process prints."""
        pipe = self._process.stdout
        if pipe is None:
            raise EOFError
        parts: list[bytes] = []
        while not (parts and parts[-1].endswith(b"\n")):
            self._wait([pipe.fileno()], [], deadline)
            part = os.read(pipe.fileno(), 1 << 20)
            if not part:
                raise EOFError
            parts.append(part)
        return b"".join(parts)

    def _wait(self, reading: list[int], writing: list[int], deadline: float) -> None:
        left = deadline - time.monotonic()
        ready = select.select(reading, writing, [], max(left, 0)) if left > 0 else ([], [], [])
        if not ready[0] and not ready[1]:
            raise TimeLimit(self.limits.seconds)

    def close(self) -> None:
        """End the process with all that it started, and remove its folder."""
        if self.owner != os.getpid():
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)


_LOCK = threading.Lock()
_KEPT: list[_Reader] = []


def _reader(limits: Limits) -> _Reader:
    """The process that is there, or a new one."""
    if _KEPT and (not _KEPT[0].alive or _KEPT[0].limits != limits):
        _KEPT.pop().close()
    if not _KEPT:
        _KEPT.append(_Reader(limits))
    return _KEPT[0]


@atexit.register
def close_reader() -> None:
    """End the reading process, if there is one."""
    while _KEPT:
        _KEPT.pop().close()
