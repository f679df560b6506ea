"""How a benchmark ends: every missed bar by its name."""

from __future__ import annotations


def verdict(missed: dict[str, bool]) -> int:
    """Print the bars that were missed; the exit code, 1 if there are any."""
    names = [name for name, is_missed in missed.items() if is_missed]
    print("missed: " + "; ".join(names) if names else "all bars met")
    return 1 if names else 0
