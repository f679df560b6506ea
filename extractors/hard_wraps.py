"""Tables of pipes in a text that was cut into lines of one width, within labels and within figures, too."""

from __future__ import annotations

from collections.abc import Iterator

_FEWEST_CUT = 8
"""Lines of the greatest width that show that a text was cut there: rows and prose have lengths of their own."""
_NARROWEST = 20


def whole_lines(lines: list[str]) -> list[str]:
    """The lines as they were before the cut; the same ones, where no width shows that a table with pipes was cut.

    A line as wide as the cut goes on in the next. Rows filled up to one width are not cut: those all end in a pipe.
    """
    width = max(map(len, lines), default=0)
    cut = [line for line in lines if len(line) == width]
    piped = sum("|" in line for line in cut)
    ended = sum(line.endswith("|") for line in cut)
    if width < _NARROWEST or min(len(cut), piped) < _FEWEST_CUT or 10 * ended > 9 * len(cut):
        return lines
    return list(_joined(lines, width))


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
