"""Table 四: the reviews and lawsuits that followed, fifteen figures under three routes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from extractors.document import EMPTY_CELL, UNSEEN
from transforms.challenge_heads import places_below, routes_in_order
from transforms.codebook import Codebook
from transforms.findings import Issue
from transforms.numbers import DASH, figure
from transforms.placing import Calibration, filled, fits_its_grid, place
from transforms.readings import (
    BLANK_CELL,
    UNPLACED_CELL,
    CellReading,
    Key,
    TableReading,
    count_cell,
    ends_with_its_sum,
    state_of,
    unreadable_issues,
)
from transforms.table_row import TableRow
from transforms.tokens import Token
from transforms.under_heads import place_under

LEAST_HEADS = 3
"""Words of the form above a row of figures that make it table 四 and no menu or paging."""
PLACES = 15
RESULTS = 5
DEPTH = 1
"""Table 四 has no row labels, hence no label that spans columns."""


@lru_cache(maxsize=4)
def challenge_keys(codebook: Codebook) -> tuple[Key, ...]:
    """The fifteen places of table 四 in the form's order."""
    results = codebook.codes("challenges", "result")
    return tuple((route, result) for route in codebook.codes("challenges", "route") for result in results)


def challenge_rows(rows: Sequence[TableRow]) -> list[TableRow]:
    """The rows of figures that stand under heads of table 四."""
    return [
        row
        for row in rows
        if row.table == "challenges" and row.header is not None and _heads(row) >= LEAST_HEADS
        # Empty pieces behind the heads that are fewer than the cells may all pad the heads' own rows.
        if row.cells or len(row.lead) >= PLACES
    ]


def _heads(row: TableRow) -> int:
    return sum(mark is not None for _, mark in row.header.words) if row.header is not None else 0


def read_challenges(
    rows: Sequence[TableRow], tokens: Sequence[Token], codebook: Codebook, learnt: Calibration
) -> TableReading:
    """Table 四 from its rows of figures, which stand among `tokens`: one row of fifteen, or one for each route or two.

    Cells stand under their heads. Where only their order tells, heads of another order than the form's leave
    the cells null.
    """
    keys = challenge_keys(codebook)
    issues: list[Issue] = []
    whole = _whole_rows(rows)
    by_place = (
        _one_row(whole[0], keys, codebook, learnt, issues)
        if len(whole) == 1
        else _several_rows(whole, codebook, learnt)
    )
    if _stands_blank_above(rows) or _stands_twice(rows, whole) or _stands_unread(rows, tokens):
        message = "the table stands twice, with other cells"
        issues.append(Issue("row_twice", "error", message, "challenges"))
        cells = [UNPLACED_CELL] * len(keys)
    elif not whole[0].has_figures and (glued := _figures_in_words(rows, tokens)) is not None:
        cells = [UNPLACED_CELL] * len(keys)
        message = f"its figures stand in texts, and nobody can say which cell is whose ({glued})"
        issues.append(Issue("ambiguous_reading", "error", message, "challenges", observed=glued))
    elif by_place is not None:
        cells = [by_place[key] for key in keys]
    else:
        cells = [UNPLACED_CELL] * len(keys)
        printed = " / ".join(" ".join(cell.text for cell in filled(row.cells)) for row in whole)
        message = f"nobody can say which cell is whose ({printed})"
        issues.append(Issue("ambiguous_reading", "error", message, "challenges", observed=printed))
    issues.extend(unreadable_issues("challenges", keys, cells))
    return TableReading("challenges", state_of(cells, inferred=False), None, keys, cells, issues)


def _whole_rows(rows: Sequence[TableRow]) -> list[TableRow]:
    """The rows with figures, copies of the same table once; an empty row only where it is the only one."""
    printed: dict[tuple[int, tuple[str, ...]], TableRow] = {}
    with_figures = [row for row in rows if row.has_figures]
    if len(with_figures) == 1:
        return with_figures
    for row in with_figures:
        texts = _texts(row)
        # Rows of five may repeat each other's figures; a row of fifteen twice is the table printed twice.
        copy = 0 if len(texts) > RESULTS else len(printed)
        printed.setdefault((copy, texts), row)
    whole = [row for row in printed.values() if len(filled(row.cells)) == PLACES]
    # Behind a whole table, a page's number or another table of figures under the same heads is none of it.
    return whole or list(printed.values()) or list(rows[:1])


def _figures_in_words(rows: Sequence[TableRow], tokens: Sequence[Token]) -> str | None:
    """What stands behind the heads and holds their figures, though none is one by itself.

    That is a text with the figures of a route or more, as a tool leaves a table within a cell, or cells of the
    heads' own grid that hold a figure and something else, such as a note's mark, or show what no text tells.
    """
    headers = {id(row.header): row.header for row in rows if row.header is not None}.values()
    heads = {id(token) for header in headers for token, mark in header.words if mark is not None}
    last = max((at for at, token in enumerate(tokens) if id(token) in heads), default=len(tokens))
    grid = tokens[last].block if last < len(tokens) else -1
    noted: list[str] = []
    for token in tokens[last + 1 :]:
        if any(mark.kind == "chapter" for mark in token.sense.marks):
            break
        if token.sense.kind == "text":
            found = sum(figure(word).number is not None for word in token.text.split())
            if found >= RESULTS:
                return token.text
            if token.line >= 0 and token.block == grid and _holds_a_figure(token.text):
                noted.append(token.text)
    return " ".join(noted) or None


def _holds_a_figure(text: str) -> bool:
    return len(text) <= LONGEST_CELL and any(character.isdigit() or character == UNSEEN for character in text)


LONGEST_CELL = 20
"""Characters: a longer text is a note of words."""


def _stands_twice(rows: Sequence[TableRow], whole: Sequence[TableRow]) -> bool:
    """Whether another row under heads of its own, as wide as the one whole row, is no copy of it."""
    if len(whole) != 1 or not whole[0].has_figures:
        return False
    chosen = whole[0]
    return any(
        row.has_figures
        and row.header is not chosen.header
        and (len(row.cells) == PLACES or (row.gridded and len(row.cells) > PLACES))
        and _texts(row) != _texts(chosen)
        for row in rows
    )


def _stands_unread(rows: Sequence[TableRow], tokens: Sequence[Token]) -> bool:
    """Whether another grid has the heads of a whole table, and below them no row, but cells that are no figures."""
    heads = Counter(
        token.block
        for token in tokens
        if token.line >= 0 and any(mark.kind == "result" for mark in token.sense.marks)
    )
    read = {cell.block for row in rows for cell in row.cells}
    unread = {block for block, count in heads.items() if count >= PLACES and block not in read}
    return any(
        token.block in unread and token.sense.kind == "text" and _holds_a_figure(token.text)
        for token in tokens
    )


def _texts(row: TableRow) -> tuple[str, ...]:
    return tuple(cell.text.strip() for cell in row.cells if cell.text.strip())


def _stands_blank_above(rows: Sequence[TableRow]) -> bool:
    """Whether a row of figures is a later copy of a blank row under heads of its own: last year's, below this year's.

    A blank row under the same heads only parts them from the figures.
    """
    return any(
        _is_copy(blank, row)
        for at, blank in enumerate(rows)
        if not blank.has_figures
        for row in rows[at + 1 :]
        if row.has_figures
    )


def _is_copy(blank: TableRow, row: TableRow) -> bool:
    if blank.header is None or row.header is None or blank.header is row.header:
        return False
    routes, later = blank.header.codes("route"), row.header.codes("route")
    has_cells = len(blank.lead) + len(blank.cells) >= RESULTS * max(1, len(routes))
    return has_cells and (not routes or not later or bool(set(routes) & set(later)))


def _one_row(
    row: TableRow, keys: Sequence[Key], codebook: Codebook, learnt: Calibration, issues: list[Issue]
) -> dict[Key, CellReading] | None:
    """The fifteen cells, or None in doubt: sums along the row alone cannot tell where a dropped cell was."""
    if not row.has_figures:
        return dict.fromkeys(keys, BLANK_CELL)
    places = places_below(row, codebook.codes("challenges", "route"), codebook)
    placed = (
        place(row, len(keys), DEPTH, learnt)
        or _under_heads(row, len(keys), learnt)
        or _with_lead(row, len(keys), learnt)
    )
    if places is None or placed is None:
        return None
    cells = [count_cell(token.text) for token in placed]
    if row.ends_bare and _may_stand_below(placed) and not ends_with_its_sum(cells[-RESULTS:]):
        # One cell may have been blank, and a page's number below the table its last figure.
        issues.extend(_false_total(places[-1], cells[-RESULTS:]))
        return None
    if row.fragile and not (all(cell.value is not None for cell in cells) and _routes_add_up(cells)):
        return None
    return dict(zip(places, cells, strict=True))


def _false_total(place: Key, cells: Sequence[CellReading]) -> Iterator[Issue]:
    """The finding that the last figure is not the sum of those before, in case that it is the organ's total."""
    *parts, total = (cell.value for cell in cells)
    if total is not None:
        want = sum(part or 0 for part in parts)
        message = f"the parts give {want}, printed is {total}, unless that stands below the table"
        yield Issue("results_total", "error", message, "challenges", *place, str(want), str(total))


def _may_stand_below(placed: Sequence[Token]) -> bool:
    """Whether the last of the cells may be none, but what stands below the table.

    No unit stands behind a page's number, and a mark for nothing that the organ sets in other cells, too, is its own.
    """
    *others, last = placed
    if last.sense.kind != "figure":
        return True
    if last.sense.figure.status == DASH:
        return all(cell.text != last.text for cell in others)
    return last.sense.figure.unit is None


def _with_lead(row: TableRow, places: int, learnt: Calibration) -> list[Token] | None:
    """The row with its first cells blank, where the layout proves these to be cells and they complete it."""
    lead = [cell for cell in row.lead if cell.text == EMPTY_CELL or learnt.unpadded]
    whole = [*lead, *row.cells]
    proven = learnt.unpadded or all(cell.sense.kind != "empty" or cell.text == EMPTY_CELL for cell in whole)
    return whole if lead and proven and len(whole) == places else None


def _under_heads(row: TableRow, places: int, learnt: Calibration) -> list[Token] | None:
    if row.header is None or not fits_its_grid(row, learnt):
        return None
    # The five heads of 行政复议 stand a line above the ten of 行政诉讼: the columns give the order.
    heads = [token for token, mark in row.header.words if mark is not None and mark.kind == "result"]
    leaves = sorted(heads, key=lambda token: token.column)
    return place_under(row.header, leaves, row) if len(leaves) == places else None


def _routes_add_up(cells: Sequence[CellReading]) -> bool:
    values = [cell.value or 0 for cell in cells]
    return all(
        sum(values[start : start + RESULTS - 1]) == values[start + RESULTS - 1]
        for start in range(0, len(values), RESULTS)
    )


def _several_rows(
    rows: Sequence[TableRow], codebook: Codebook, learnt: Calibration
) -> dict[Key, CellReading] | None:
    """A table printed in parts, each with its own heads: five figures a route, the routes in the form's order."""
    headers = [row.header for row in rows if row.header is not None]
    if not routes_in_order(headers, codebook):
        return None
    cells: dict[Key, CellReading] = {}
    for row in rows:
        named = row.header.codes("route") if row.header is not None else []
        routes = [code for code in codebook.codes("challenges", "route") if code in named]
        placed = place(row, RESULTS * len(routes), DEPTH, learnt) if routes else None
        places = places_below(row, routes, codebook) if routes else None
        if placed is None or places is None or any(key in cells for key in places):
            return None
        cells.update(zip(places, (count_cell(token.text) for token in placed), strict=True))
    return cells if len(cells) == PLACES else None
