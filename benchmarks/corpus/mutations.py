"""Damage to a real document's tables, with what can still be known of every cell.

For property tests over golden cases: `mutate` applies one damage of `HTML_DAMAGES` or `TEXT_DAMAGES` at a
place that a seed chooses. The rule for a reading of the mutant: every cell is what the original printed, or
null, or flagged by an issue. Swapped rows keep their labels and repeated headers hold no figure, so these two
damages change nothing for a reader of labels. A cut may tear a figure in two: `Mutant.touched` then names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from selectolax.lexbor import LexborHTMLParser, LexborNode

_FIGURE = re.compile(r"[+\-－＋]?[0-9０-９][0-9０-９.,，]*")
_PIPE_ROW = re.compile(r"^[^\n]*\|[^\n]*\|[^\n]*$")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged document: which damage, and the texts of the cells it blanked, dropped, moved or tore."""

    damage: str
    content: bytes
    touched: tuple[str, ...] = ()


def mutate(content: bytes, damage: str, seed: int, *, encoding: str = "utf-8") -> Mutant | None:
    """Apply one damage of `HTML_DAMAGES` or `TEXT_DAMAGES`, by what the bytes are; None without a place.

    The seed chooses the place. `encoding` is that of the document's bytes.
    """
    text = content.decode(encoding)
    rng = Random(seed)
    is_html = text.lstrip("\ufeff \r\n\t").startswith("<")
    done = (HTML_DAMAGES if is_html else TEXT_DAMAGES)[damage](rng, text)
    if done is None:
        return None
    mutated, touched = done
    return Mutant(damage, mutated.encode(encoding, errors="xmlcharrefreplace"), touched)


Done = tuple[str, tuple[str, ...]] | None
Damage = Callable[[Random, str], Done]


def _text(node: LexborNode) -> str:
    return "".join((node.text() or "").split())


def _figure_cells(tree: LexborHTMLParser) -> list[LexborNode]:
    return [cell for cell in tree.css("td, th") if _FIGURE.fullmatch(_text(cell))]


def _innermost_rows(tree: LexborHTMLParser) -> list[LexborNode]:
    return [row for row in tree.css("tr") if row.css_first("table") is None]


def _cells(row: LexborNode) -> list[LexborNode]:
    return [node for node in row.iter() if node.tag in ("td", "th")]


def _figures(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in _cells(row) if _FIGURE.fullmatch(_text(cell))]


def _blank_html(rng: Random, markup: str) -> Done:
    tree = LexborHTMLParser(markup)
    cells = _figure_cells(tree)
    if not cells:
        return None
    cell = rng.choice(cells)
    touched = _text(cell)
    cell.inner_html = ""
    return tree.html or "", (touched,)


def _drop_html(rng: Random, markup: str) -> Done:
    tree = LexborHTMLParser(markup)
    cells = _figure_cells(tree)
    if not cells:
        return None
    cell = rng.choice(cells)
    touched = _text(cell)
    cell.decompose()
    return tree.html or "", (touched,)


def _swap_html(rng: Random, markup: str) -> Done:
    """Two whole rows change places, labels and figures together: nothing changes for a reader of labels."""
    tree = LexborHTMLParser(markup)
    rows = [
        row
        for row in _innermost_rows(tree)
        if _figures(row) and not any("rowspan" in cell.attributes for cell in _cells(row))
    ]
    if len(rows) < 2:
        return None
    at = rng.randrange(len(rows) - 1)
    one, other = rows[at], rows[at + 1]
    touched = tuple(_text(cell) for row in (one, other) for cell in _cells(row))
    upper, lower = one.inner_html or "", other.inner_html or ""
    one.inner_html, other.inner_html = lower, upper
    return tree.html or "", touched


def _shift_html(rng: Random, markup: str) -> Done:
    """An empty cell pushes a row's figures one column to the right, as a stray tab does in Word."""
    tree = LexborHTMLParser(markup)
    rows = [row for row in _innermost_rows(tree) if len(_figures(row)) > 2]
    if not rows:
        return None
    row = rng.choice(rows)
    first = _figures(row)[0]
    touched = tuple(_text(cell) for cell in _figures(row))
    first.insert_before(tree.create_node("td"))
    return tree.html or "", touched


def _repeat_header_html(rng: Random, markup: str) -> Done:
    """A row without figures is printed once more further down, as after a page break."""
    tree = LexborHTMLParser(markup)
    rows = _innermost_rows(tree)
    headers = [row for row in rows if len(_cells(row)) > 2 and not _figures(row)]
    bodies = [row for row in rows if _figures(row)]
    if not headers or not bodies:
        return None
    header, target = rng.choice(headers), rng.choice(bodies)
    copy = LexborHTMLParser(f"<table><tbody>{header.html}</tbody></table>").css_first("tr")
    if copy is None:
        return None
    target.insert_before(copy)
    return tree.html or "", ()


def _cut(rng: Random, text: str) -> Done:
    """The document ends anywhere, as after a broken transfer; a figure torn in two is touched."""
    at = rng.randrange(len(text))
    torn = next((match.group() for match in _FIGURE.finditer(text) if match.start() < at < match.end()), None)
    return text[:at], (torn,) if torn else ()


def _lines_with_figures(lines: list[str]) -> list[int]:
    return [
        index for index, line in enumerate(lines) if _FIGURE.fullmatch(line.strip().strip("|").strip() or "x")
    ]


def _blank_text(rng: Random, text: str) -> Done:
    """A figure vanishes, its separators stay."""
    return _without_figure(rng, text, keep_separator=True)


def _drop_text(rng: Random, text: str) -> Done:
    """A figure vanishes with its separator, as tools drop empty cells."""
    return _without_figure(rng, text, keep_separator=False)


def _without_figure(rng: Random, text: str, *, keep_separator: bool) -> Done:
    lines = text.split("\n")
    places = [(index, match) for index, line in enumerate(lines) for match in _pipe_figures(line)] or [
        (index, None) for index in _lines_with_figures(lines)
    ]
    if not places:
        return None
    index, match = rng.choice(places)
    if match is None:
        touched = lines[index].strip().strip("|").strip()
        if keep_separator:
            lines[index] = lines[index].replace(touched, "", 1)
        else:
            del lines[index]
    else:
        touched = match.group(1)
        start, end = match.span(1) if keep_separator else match.span(0)
        lines[index] = lines[index][:start] + lines[index][end:]
    return "\n".join(lines), (touched,)


_PIPED = re.compile(r"[ ]*([+\-－＋]?[0-9０-９][0-9０-９.,，]*)[ ]*\|")


def _pipe_figures(line: str) -> list[re.Match[str]]:
    return list(_PIPED.finditer(line)) if _PIPE_ROW.match(line) else []


def _swap_text(rng: Random, text: str) -> Done:
    """Two neighbouring lines with pipes and figures change places; plain lines swap two figures' lines."""
    lines = text.split("\n")
    rows = [index for index, line in enumerate(lines) if len(_pipe_figures(line)) > 1]
    pairs = [(one, other) for one, other in pairwise(rows) if other == one + 1]
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    touched = (lines[one].strip(), lines[other].strip())
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines), touched


def _shift_text(rng: Random, text: str) -> Done:
    """An empty cell before a row's first figure."""
    lines = text.split("\n")
    rows = [index for index, line in enumerate(lines) if len(_pipe_figures(line)) > 1]
    if not rows:
        return None
    index = rng.choice(rows)
    figures = _pipe_figures(lines[index])
    start = figures[0].start(0)
    lines[index] = f"{lines[index][:start]} |{lines[index][start:]}"
    return "\n".join(lines), tuple(match.group(1) for match in figures)


def _repeat_header_text(rng: Random, text: str) -> Done:
    """The line with 信息内容 or 自然人 is printed once more further down."""
    lines = text.split("\n")
    headers = [index for index, line in enumerate(lines) if "信息内容" in line or "自然人" in line]
    if not headers:
        return None
    header = rng.choice(headers)
    end = header
    while end + 1 < len(lines) and not _FIGURE.search(lines[end]) and end - header < 6:
        end += 1
    at = rng.randrange(end, len(lines))
    return "\n".join([*lines[:at], lines[header], *lines[at:]]), ()


HTML_DAMAGES: dict[str, Damage] = {
    "blank_cell": _blank_html,
    "drop_cell": _drop_html,
    "swap_rows": _swap_html,
    "shift_row": _shift_html,
    "repeat_header": _repeat_header_html,
    "cut": _cut,
}
TEXT_DAMAGES: dict[str, Damage] = {
    "blank_cell": _blank_text,
    "drop_cell": _drop_text,
    "swap_rows": _swap_text,
    "shift_row": _shift_text,
    "repeat_header": _repeat_header_text,
    "cut": _cut,
}
