"""The heads of table 四: which places of the form the cells below them are, in whatever order organs print them.

In a grid the columns tell, if every head is there. Elsewhere the cells run in the form's order, and heads that are
seen in another order contradict that. Heads that a tool broke or lost say less and contradict nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from transforms.codebook import Codebook
from transforms.readings import Key
from transforms.table_row import Header, TableRow

SHORTEST_PIECE = 2
"""Characters of a broken head that may tell which it was."""


def places_below(row: TableRow, routes: Sequence[str], codebook: Codebook) -> Sequence[Key] | None:
    """The places of a row's cells in the order in which they stand; None where its heads leave that open.

    `routes` are the routes of its cells in the form's order. Heads that name none of them leave them as they are.
    """
    form = [(route, result) for route in routes for result in codebook.codes("challenges", "result")]
    if row.header is None:
        return form
    by_column = _by_column(row, len(form), len(form) // len(routes))
    if by_column is None:
        in_order = _results_in_order(row.header, len(routes), codebook)
    else:
        named = [(route, result) for route, result in by_column if route is not None]
        if len(named) == len(form):
            return named if sorted(named) == sorted(form) else None
        in_order = all(
            result == there and route in (None, over)
            for (route, result), (over, there) in zip(by_column, form, strict=True)
        )
    return form if in_order and routes_in_order([row.header], codebook) else None


def routes_in_order(headers: Iterable[Header], codebook: Codebook) -> bool:
    """Whether the heads, in reading order, name no route out of the form's order.

    行政诉讼 names the two routes behind 行政复议 together, unless one cell or title holds both words.
    """
    statutory = codebook.codes("challenges", "route")
    first = codebook.key(codebook.of("challenges", "route")[0].label_zh)
    named: list[str] = []
    for header in headers:
        for token, mark in header.words:
            if mark is None or mark.kind not in ("route", "litigation"):
                continue
            both = mark.kind == "litigation" and first in token.sense.word
            code = mark.code if mark.kind == "route" else mark.kind
            if not both and code not in named:
                named.append(code)
    order = [statutory[0], "litigation", *statutory[1:]]
    return named == [code for code in order if code in named]


def _by_column(row: TableRow, places: int, results: int) -> list[tuple[str | None, str]] | None:
    """Route and result over each of a row's cells, by the columns of its grid; None unless each has its own head.

    A route counts where it stands over as many heads as it has results: another has lost its span.
    """
    if not row.gridded or row.header is None or not row.cells:
        return None
    block = row.cells[0].block
    heads = [(token, mark) for token, mark in row.header.words if mark is not None and token.block == block]
    leaves = sorted(((token.column, token.span, mark.code) for token, mark in heads if mark.kind == "result"))
    apart = all(left + span <= right for (left, span, _), (right, _, _) in pairwise(leaves))
    if len(leaves) != places or not apart:
        return None
    over: dict[int, str] = {}
    for token, mark in heads:
        end = token.column + token.span
        below = [at for at, (column, _, _) in enumerate(leaves) if token.column <= column < end]
        if mark.kind == "route" and len(below) == results:
            over.update(dict.fromkeys(below, mark.code))
    return [(over.get(at), code) for at, (_, _, code) in enumerate(leaves)]


def _results_in_order(header: Header, routes: int, codebook: Codebook) -> bool:
    """Whether the results over a row may be the form's, route by route, in reading order.

    Some may be lost, so a result may follow any before it. One that comes earlier begins the next route, and
    where no broken head stands between, it is the first of that route or the other is the last of its own.
    """
    order = {code: at for at, code in enumerate(codebook.codes("challenges", "result"))}
    seen = _results_seen(header, codebook)
    begun = 1
    for before, after in pairwise(seen):
        if before is None or after is None or order[before] < order[after]:
            continue
        begun += 1
        if order[before] != len(order) - 1 and order[after] != 0:
            return False
    if None in seen:
        return order.get(seen[0] or "") != len(order) - 1
    return begun <= routes


def _results_seen(header: Header, codebook: Codebook) -> list[str | None]:
    """The results that heads name in reading order, whole or broken; None for other words."""
    pieces = _pieces(codebook)
    return [
        mark.code if mark is not None else pieces.get(token.sense.word)
        for token, mark in header.words
        if mark is None or mark.kind == "result"
    ]


@lru_cache(maxsize=4)
def _pieces(codebook: Codebook) -> dict[str, str]:
    """The beginnings and ends of results' labels that are of one label only: 尚未 is of one, 结果 is of three."""
    found: dict[str, set[str]] = {}
    for entry in codebook.of("challenges", "result"):
        word = codebook.key(entry.label_zh)
        for at in range(SHORTEST_PIECE, len(word) - SHORTEST_PIECE + 1):
            for piece in (word[:at], word[at:]):
                found.setdefault(piece, set()).add(entry.code)
    return {piece: codes.pop() for piece, codes in found.items() if len(codes) == 1}
