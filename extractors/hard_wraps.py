"""Tables of pipes in a text that was cut into lines of one width, within labels and within figures, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

_FEWEST_CUT = 8
"""Lines with pipes, of the greatest width, that show that a text was cut there: rows have lengths of their own."""
_NARROWEST = 20


def whole_lines(lines: list[str]) -> list[str]:
    """The lines as they were before the cut; the same ones, where no width shows that a table with pipes was cut.

    A line as wide as the cut goes on in the next. Rows filled up to one width are not cut: their pipes stand at the
    same places.
    """
    width = max(map(len, lines), default=0)
    cut = [line for line in lines if len(line) == width and "|" in line]
    if width < _NARROWEST or len(cut) < _FEWEST_CUT:
        return lines
    pipes = Counter(tuple(at for at, character in enumerate(line) if character == "|") for line in cut)
    places, alike = pipes.most_common(1)[0]
    is_filled_up = len(places) > 1 and 4 * alike > 3 * len(cut)
    return lines if is_filled_up else list(_joined(lines, width))


def _joined(lines: list[str], width: int) -> Iterator[str]:
    begun = ""
    for line in lines:
        if len(line) == width:
            begun += line
        else:
            yield begun + line
            begun = ""
    if begun:
        yield begun
