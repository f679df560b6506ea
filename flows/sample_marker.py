"""Which tables hold the sample site's invented figures: a file beside them says so; writers ask it first."""

from __future__ import annotations

from pathlib import Path

from flows.errors import UnusableArgument
from warehouse.snapshots import CURRENT

MARKER = "_sample_site.txt"
"""Readers of Parquet folders pass over names that begin with an underscore."""

_TEXT = """\
These tables were made by `gongkai demo` from data/sample_site. The organs bear real names; all figures are
invented.
"""


def mark_as_sample(datasets: Path) -> None:
    """Claim a folder for the demo; UnusableArgument where real tables lie in it."""
    if (datasets / CURRENT).exists() and not (datasets / MARKER).exists():
        raise UnusableArgument(
            str(datasets), "holds tables that no demo made; give the demo a folder of its own (--data DIR)"
        )
    datasets.mkdir(parents=True, exist_ok=True)
    (datasets / MARKER).write_text(_TEXT, encoding="utf-8")


def refuse_sample(datasets: Path, remedy: str) -> None:
    """UnusableArgument where the folder holds the demo's invented figures."""
    if (datasets / MARKER).exists():
        raise UnusableArgument(str(datasets), f"holds the demo's invented figures; {remedy}")
