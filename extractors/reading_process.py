"""The process that reads files for `extractors.isolated`: a file comes in by standard input, JSON goes out."""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
from pathlib import Path
from typing import Any, BinaryIO

from extractors.errors import ExtractorError, MemoryLimit
from extractors.office import MEMORY
from extractors.read import read_document
from extractors.wire import as_json

LARGEST_WRITE = 256 << 20


def main() -> None:
    """Read files until standard input ends."""
    memory, scratch = int(sys.argv[1]), Path(sys.argv[2])
    # Only the soft limit is ours: LibreOffice, started from here, gets a higher one of its own.
    resource.setrlimit(resource.RLIMIT_AS, (memory, max(memory, MEMORY)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_WRITE, LARGEST_WRITE))
    # pdfminer remarks on every font that leaves something out.
    logging.disable(logging.CRITICAL)
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints must not be taken for an answer.
    os.dup2(2, 1)
    while head := sys.stdin.buffer.readline():
        answers.write(json.dumps(_answer(sys.stdin.buffer, json.loads(head), scratch)).encode() + b"\n")
        answers.flush()


def _answer(stream: BinaryIO, head: dict[str, Any], scratch: Path) -> dict[str, Any]:
    try:
        return as_json(read_document(stream.read(head["size"]), head["charset"], scratch))
    except ExtractorError as error:
        return {"state": error.state, "message": str(error)}
    except MemoryError:
        return {"state": MemoryLimit.state, "message": ""}


if __name__ == "__main__":
    main()
