"""A row of the three tables as found, with the heads that stand above it."""

from __future__ import annotations

from dataclasses import dataclass, field

from transforms.codebook import Mark
from transforms.findings import Table
from transforms.tokens import Token


@dataclass(slots=True)
class Header:
    """The column heads above a row, in reading order; words that the codebook does not know have no mark.

    `above` are such words of the table's headers before: 备注 beside the first clause of table 二, 上年 and 本年.
    """

    table: Table
    words: list[tuple[Token, Mark | None]] = field(default_factory=list)
    above: list[Token] = field(default_factory=list)

    def unknown(self) -> list[Token]:
        """The words that the codebook does not know."""
        return [token for token, mark in self.words if mark is None]

    def codes(self, kind: str) -> list[str]:
        """The codes of one kind of mark, in reading order."""
        return [mark.code for _, mark in self.words if mark is not None and mark.kind == kind]


@dataclass(slots=True)
class TableRow:
    """A row as found: `code` is null where no label, or no known one, stands before the cells.

    `lead` are the empty pieces between heads and first figure of table 四, which has no labels to begin a row.
    `disputed`: a figure stands below the line of its label, and nobody can say whether it is the row's.
    """

    table: Table
    code: str | None
    label: str
    header: Header | None
    cells: list[Token] = field(default_factory=list)
    line: int = -1
    clause: str | None = None
    lead: list[Token] = field(default_factory=list)
    disputed: bool = False

    @property
    def ends_bare(self) -> bool:
        """Whether the last cell is a line of text, as a page's number below the row would be."""
        return bool(self.cells) and self.cells[-1].bare

    @property
    def gridded(self) -> bool:
        """Whether the cells come from a grid, where an empty cell is a cell and not padding."""
        return self.line >= 0

    @property
    def fragile(self) -> bool:
        """Whether figures are parted by spaces alone, which also stand within figures: 1 792 is one or two."""
        return self.line < 0 and any(cell.parted for cell in self.cells)

    @property
    def has_figures(self) -> bool:
        """Whether anything but nothing stands in the cells."""
        return any(cell.sense.kind != "empty" for cell in self.cells)
