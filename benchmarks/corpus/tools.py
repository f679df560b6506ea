"""Real text extractors over generated HTML: those of this environment in-process, old ones in environments of
their own.

`trafilatura` flattens tables differently in every generation, so four versions run, each installed by name
in `benchmarks/.cache/<tool>-<version>` and fed a batch through one subprocess. A version that cannot be
installed is skipped with a line that says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import html2text
from inscriptis import get_text
from markdownify import markdownify

CACHE = Path(__file__).resolve().parents[1] / ".cache"
OLD_TRAFILATURA = ("1.6.4", "1.8.1", "1.12.2", "2.3.1")
"""Generations by what they do to a table; 2.0.0 is pinned in the project's own environment."""

TOOLS = (
    *(f"trafilatura-{version}" for version in (*OLD_TRAFILATURA[:3], "2.0.0", OLD_TRAFILATURA[3])),
    "inscriptis",
    "html2text",
    "html2text-unwrapped",
    "markdownify",
)
KEEPS_BLANKS = frozenset({"trafilatura-2.3.1", "html2text", "html2text-unwrapped", "markdownify"})
"""Tools whose output has a place for every blank cell. Any other closes up, or leaves only spaces."""

_BATCH = """
import json, sys
import trafilatura
for line in sys.stdin:
    print(json.dumps(trafilatura.extract(json.loads(line), include_tables=True)), flush=True)
"""


def convert(tool: str, pages: Sequence[str]) -> list[str | None] | None:
    """Each page's text as `tool` leaves it (None: nothing), or None when the tool is not to be had."""
    if tool.startswith("trafilatura-"):
        python = _python_of(tool)
        return None if python is None else _run_batch(python, pages)
    return [_in_process(tool, page) for page in pages]


def _in_process(tool: str, page: str) -> str | None:
    if tool == "inscriptis":
        return get_text(page)
    if tool == "markdownify":
        try:
            return str(markdownify(page))
        except RecursionError:  # html.parser nests every unclosed tag in the one before
            return None
    writer = html2text.HTML2Text(bodywidth=0 if tool == "html2text-unwrapped" else 78)
    return writer.handle(page)


def _python_of(tool: str) -> Path | None:
    version = tool.removeprefix("trafilatura-")
    if version not in OLD_TRAFILATURA:
        return Path(sys.executable)
    home = CACHE / tool
    python = home / "bin" / "python"
    if (home / ".ready").exists():
        return python
    try:
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
        subprocess.run(
            [
                *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *(f"trafilatura=={version}", "lxml_html_clean"),
            ],
            check=True,
            capture_output=True,
            timeout=600,
        )
    except (OSError, subprocess.SubprocessError) as error:
        print(f"skipped {tool}: its environment could not be made ({error})", file=sys.stderr)
        return None
    (home / ".ready").touch()
    return python


def _run_batch(python: Path, pages: Sequence[str]) -> list[str | None]:
    feed = "".join(json.dumps(page) + "\n" for page in pages)
    done = subprocess.run(
        [str(python), "-c", _BATCH], input=feed, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    texts: list[str | None] = [json.loads(line) for line in done.stdout.splitlines()]
    if len(texts) != len(pages):
        raise RuntimeError(f"{python}: {len(texts)} texts for {len(pages)} pages")
    return texts
