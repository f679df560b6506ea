"""DOC, WPS and RTF through LibreOffice, one conversion at a time, with a profile of its own and limits."""

from __future__ import annotations

import resource
import shutil
import subprocess
from pathlib import Path

from extractors.document import Document
from extractors.docx import docx_document
from extractors.errors import ConversionFailed, NeedsLibreOffice

SECONDS = 50.0
MEMORY = 3 << 30
"""LibreOffice maps about 1.5 GiB before it reads anything."""
LARGEST_FILE = 64 << 20


def is_installed() -> bool:
    """Whether LibreOffice is there."""
    return shutil.which("soffice") is not None


def office_document(content: bytes, kind: str, scratch: Path) -> Document:
    """The Document of a file that LibreOffice turns into DOCX; `scratch` is a folder for it alone.

    Raises NeedsLibreOffice where there is no soffice, ConversionFailed, and what `docx_document` raises.
    """
    program = shutil.which("soffice")
    if program is None:
        raise NeedsLibreOffice(kind)
    work = scratch / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    source = work / f"in.{kind}"
    source.write_bytes(content)
    profile = (scratch / "profile").resolve().as_uri()
    command = [
        *(program, f"-env:UserInstallation={profile}", "--headless", "--norestore"),
        *("--convert-to", "docx:MS Word 2007 XML", "--outdir", str(work / "out"), str(source)),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=SECONDS, check=False, preexec_fn=_limit, cwd=work
        )
    except subprocess.TimeoutExpired as error:
        raise ConversionFailed(kind, f"no answer in {SECONDS:g} s") from error
    made = work / "out" / "in.docx"
    if not made.is_file():
        words = " ".join((done.stderr or done.stdout).decode("utf-8", "backslashreplace").split())
        raise ConversionFailed(kind, words[-200:] or f"it ended with code {done.returncode}")
    document = docx_document(made.read_bytes())
    shutil.rmtree(work)
    return Document(kind, document.title, document.meta, document.blocks)


def _limit() -> None:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
