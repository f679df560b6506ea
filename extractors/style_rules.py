"""What styles say of a table's figures: hidden by the page's own style sheet, struck through, or raised.

`.gone {display: none}` takes a row away as the attribute `hidden` does. A small part of CSS is
enough: rules of plain selectors that apply on every screen, of which the last that matches wins.
Only rows, cells and what stands in cells are taken away. Larger parts are often hidden until a script shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from selectolax.lexbor import LexborNode

from extractors.cells import CELL_TAGS, RAISED, SELECTOR, STRUCK, WHITE_SPACE, is_beside_text
from extractors.letters import Letters, Word, may_hold

HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all", re.IGNORECASE
)
"""Declarations, in a rule or an attribute, of what no reader sees."""

# Looking for these words first is many times cheaper.
HIDING_WORDS = (Word(b"display", rare=3), Word(b"visibility", rare=4), Word(b"mso-hide", rare=3))

_SHOWING = re.compile(r"display\s*:|visibility\s*:", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_RULE = re.compile(r"(?P<selectors>[^{};]+)\{(?P<declarations>[^{}]*)\}")
_GROUPED = re.compile(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
"""Rules within `@media` and its kin, which apply here and not there."""
_NAME = r"-?[^\W\d][\w\-]*"
_COMPOUND = rf"(?:\*|[.#]?{_NAME})(?:[.#]{_NAME})*"
_PLAIN = re.compile(rf"{_COMPOUND}(?:(?:[{WHITE_SPACE}]*+>[{WHITE_SPACE}]*+|[{WHITE_SPACE}]++){_COMPOUND})*")
"""Selectors (Selectors 3, section 5) of types, classes and names, one within another."""
_ROW_PARTS = CELL_TAGS | {"tr"}


def hides(sheet: bytes) -> bool:
    """Whether a style sheet, or what may be one, declares anything hidden."""
    lowered = sheet.lower()
    return any(text in lowered for text, _ in HIDING_WORDS) and HIDING.search(sheet.decode()) is not None


def tells(attributes: str) -> bool:
    """Whether a tag's attributes may hide, strike or raise what it holds; `attributes` as they stand in the page."""
    return _TELLING.search(attributes) is not None


def hidden_by_rules(sheets: Iterable[str], root: LexborNode) -> list[LexborNode]:
    """The rows, cells and parts of cells below `root` that the style sheets hide and no attribute shows."""
    hidden: dict[int, LexborNode] = {}
    for sheet in sheets:
        if HIDING.search(sheet):
            for selector, hides in _rules(sheet):
                for node in SELECTOR.find(selector, root):
                    if not hides:
                        hidden.pop(node.mem_id, None)
                    elif _is_of_a_table(node) and not _SHOWING.search(node.attributes.get("style") or ""):
                        hidden[node.mem_id] = node
    return list(hidden.values())


@lru_cache(maxsize=256)
def _rules(sheet: str) -> tuple[tuple[str, bool], ...]:
    """(selector, whether it hides) of each plain rule that says anything of it, in order. Sites repeat their sheets."""
    return tuple(_rules_in(_GROUPED.sub("", _COMMENT.sub("", sheet))))


def _rules_in(sheet: str) -> Iterator[tuple[str, bool]]:
    for rule in _RULE.finditer(sheet):
        hides = HIDING.search(rule["declarations"]) is not None
        if hides or _SHOWING.search(rule["declarations"]):
            for selector in rule["selectors"].split(","):
                if _PLAIN.fullmatch(selector.strip(WHITE_SPACE)):
                    yield selector.strip(WHITE_SPACE), hides


def mark_styled(root: LexborNode, letters: Letters) -> None:
    """Put marks beside what is no part of a cell's figure by its style: struck through (`~`), a raised note (`^`)."""
    if may_hold(letters, _STRIKING):
        for node in SELECTOR.find('[style*="line-through" i]', root):
            _mark_struck(node)
    if may_hold(letters, _RAISING):
        for node in SELECTOR.find('[style*="vertical-align" i]', root):
            cell = _cell_around(node)
            if (
                cell is not None
                and _RAISED.search(node.attributes.get("style") or "")
                and is_beside_text(node, cell)
            ):
                node.insert_child(RAISED)


_RAISED = re.compile(r"vertical-align\s*:\s*(?:super|sub|text-top|text-bottom|[-+.\d])", re.IGNORECASE)
# In a reference (dis&#112;lay) any word may stand.
_TELLING = re.compile(
    rf"{HIDING.pattern}|{_RAISED.pattern}|line-through|\shidden(?![^\s=/])|&", re.IGNORECASE
)
_STRIKING, _RAISING = Word(b"line-through", rare=9), Word(b"vertical-align", rare=0)


def _mark_struck(node: LexborNode) -> None:
    if node.tag == "tr":
        struck = [cell for cell in node.iter() if cell.tag in CELL_TAGS]
    else:
        struck = [node] if _is_of_a_table(node) else []
    for part in struck:
        # Alone, the mark would be a dash.
        if part.text().strip():
            part.insert_child(STRUCK)


def _is_of_a_table(node: LexborNode) -> bool:
    return node.tag in _ROW_PARTS or _cell_around(node) is not None


def _cell_around(node: LexborNode) -> LexborNode | None:
    """The cell that a node without tables in it stands in."""
    around = node.parent
    while around is not None and around.tag not in CELL_TAGS:
        around = around.parent
    return around if around is not None and node.css_first("table") is None else None
