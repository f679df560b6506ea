"""A Document as JSON and back: what comes from a process that read a hostile file is data and nothing more."""

from __future__ import annotations

from typing import Any

from extractors.document import Attachment, Block, Cell, Document, Image, Paragraph, Stream
from extractors.grids import grid_of


def as_json(document: Document) -> dict[str, Any]:
    """A Document as plain lists and texts."""
    return {
        "kind": document.kind,
        "title": document.title,
        "meta": [list(pair) for pair in document.meta],
        "blocks": [_block_json(block) for block in document.blocks],
        "charset": document.charset,
        "flags": sorted(document.flags),
    }


def as_document(told: dict[str, Any]) -> Document:
    """The Document that `as_json` wrote."""
    return Document(
        told["kind"],
        told["title"],
        tuple((name, content) for name, content in told["meta"]),
        tuple(_block(block) for block in told["blocks"]),
        told["charset"],
        frozenset(told["flags"]),
    )


def _block_json(block: Block) -> list[Any]:
    if isinstance(block, Paragraph):
        return ["paragraph", block.text]
    if isinstance(block, Stream):
        return ["stream", list(block.pieces), list(block.loose), block.closed]
    if isinstance(block, Image):
        return ["image", block.source, block.alt]
    if isinstance(block, Attachment):
        return ["attachment", block.href, block.label]
    return ["grid", block.width, [[list(cell) for cell in row] for row in block.rows]]


def _block(told: list[Any]) -> Block:
    name, *values = told
    if name == "paragraph":
        return Paragraph(*values)
    if name == "stream":
        pieces, loose, closed = values
        return Stream(tuple(pieces), tuple(loose), closed)
    if name == "image":
        return Image(*values)
    if name == "attachment":
        return Attachment(*values)
    width, rows = values
    return grid_of([[Cell(*cell) for cell in row] for row in rows], width)
