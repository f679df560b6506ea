"""Bytes to text and to visible text, well enough to recognise a page or read a list; reports are read
elsewhere."""

from __future__ import annotations

import codecs
import re

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]{2,20})", re.IGNORECASE)
_HIDDEN_START = re.compile(r"<!--|<(?:script|style|noscript|head)\b", re.IGNORECASE)
_HIDDEN = {"<!--": re.compile("-->")} | {
    f"<{name}": re.compile(rf"</{name}\b[^<>]*>", re.IGNORECASE)
    for name in ("script", "style", "noscript", "head")
}
# A tag ends before the next one begins: without that bound a row of bare `<` would take quadratic time.
_UNSEEN = re.compile(r"<[^<>]*>|&#?\w{1,8};|\s+")
_SLICE = 16_384
# GB2312 and GBK are subsets of GB 18030, and pages that declare the former use the latter's characters.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "iso-8859-1": ""}


def text_of(body: bytes, declared_charset: str | None) -> str:
    """The page's text. Order of trust: BOM, strict UTF-8, the declared charset, GB 18030.

    A page that fits none keeps what GB 18030 makes of it: the text here only steers the crawl, while the
    archive keeps the bytes.
    """
    if body.startswith(codecs.BOM_UTF8):
        return body[3:].decode("utf-8", "replace")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    found = _META_CHARSET.search(body[:4096])
    declared = [declared_charset or "", found.group(1).decode("ascii") if found else ""]
    for name in ("utf-8", *(_WIDER.get(name.lower(), name) for name in declared), "gb18030"):
        try:
            return body.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("gb18030", "replace")


def visible_text(markup: str, enough: int) -> str:
    """What a reader sees, white space removed, at least `enough` characters if there are; linear in the page's
    length."""
    kept: list[str] = []
    size = position = 0
    unclosed: set[str] = set()
    while size < enough and position < len(markup):
        hidden = _HIDDEN_START.search(markup, position)
        end = hidden.start() if hidden else len(markup)
        while size < enough and position < end:
            piece = _UNSEEN.sub("", markup[position : min(end, position + _SLICE)])
            kept.append(piece)
            size += len(piece)
            position += _SLICE
        position = _after_hidden(markup, hidden, unclosed) if hidden else len(markup)
    return "".join(kept)


def _after_hidden(markup: str, opening: re.Match[str], unclosed: set[str]) -> int:
    """Where text goes on after an element that hides its own. What is never closed is looked for once."""
    name = opening.group().lower()
    closing = None if name in unclosed else _HIDDEN[name].search(markup, opening.end())
    if closing:
        return closing.end()
    unclosed.add(name)
    # A browser takes all that follows an unclosed script or comment for its content; a head just ends.
    return opening.end() if name in {"<head", "<noscript"} else len(markup)
