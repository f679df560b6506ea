"""Bytes to text and to visible text, well enough to recognise a page or read a list; reports are read
elsewhere."""

from __future__ import annotations

import codecs
import re

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]{2,20})", re.IGNORECASE)
# Patterns begin with a bare `<`, and only names take either case: Python then looks for the sign alone, several times
# as fast.
_HIDDEN_START = re.compile(r"<(?:!--|(?i:script|style|noscript|head)\b)")
_HIDDEN = {"<!--": re.compile("-->")} | {
    f"<{name}": re.compile(rf"</(?i:{name})\b[^<>]*>") for name in ("script", "style", "noscript", "head")
}
# A tag ends before the next one begins: without that bound a row of bare `<` would take quadratic time.
_UNSEEN = re.compile(r"<[^<>]*>|&#?\w{1,8};|\s+")
_SLICE = 2560
# The charsets that a page may declare, and what they are read as. GB2312 and GBK are subsets of GB 18030, and pages
# that declare the former use the latter's characters. No other name reaches Python: it knows codecs that no browser
# does, some of them slow, some of them raising what no reader of a page expects.
_CHARSETS = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "x-gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "big5-hkscs": "big5hkscs",
    "utf-16": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "windows-1252": "cp1252",
    "euc-kr": "euc_kr",
    "shift_jis": "shift_jis",
}


def text_of(body: bytes, declared_charset: str | None) -> str:
    """The page's text. Order of trust: BOM, the pattern of UTF-16, strict UTF-8, the declared charset, GB 18030.

    A page that fits none keeps what GB 18030 makes of it: the text here only steers the crawl, while the
    archive keeps the bytes.
    """
    if body.startswith(codecs.BOM_UTF8):
        return body[3:].decode("utf-8", "replace")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    # Markup begins with ASCII: in UTF-16 every other byte of it is NUL, and in no other charset.
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if body[offset:64:2].count(0) > 16:
            return body.decode(name, "replace")
    found = _META_CHARSET.search(body[:4096])
    declared = [declared_charset or "", found.group(1).decode("ascii") if found else ""]
    for name in ("utf-8", *filter(None, (_CHARSETS.get(name.lower()) for name in declared)), "gb18030"):
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return body.decode("gb18030", "replace")


def is_text(body: bytes) -> bool:
    """Whether a body is text in one of the charsets of Chinese pages: no control characters, no stray bytes."""
    if any(byte < 9 for byte in body[:4096]):
        return False
    for name in ("utf-8", "gb18030", "big5"):
        try:
            body.decode(name)
        except UnicodeDecodeError:
            continue
        return True
    return False


def visible_text(markup: str, enough: int) -> str:
    """What a reader sees, white space removed, at least `enough` characters if there are; linear in the page's
    length."""
    kept: list[str] = []
    size = position = 0
    unclosed: set[str] = set()
    while size < enough and position < len(markup):
        # A slice ends where a tag begins, so that none is cut in two and taken for text.
        end = markup.find("<", position + _SLICE)
        end = len(markup) if end < 0 else end
        hidden = _HIDDEN_START.search(markup, position, end)
        piece = _UNSEEN.sub("", markup[position : hidden.start() if hidden else end])
        kept.append(piece)
        size += len(piece)
        position = _after_hidden(markup, hidden, unclosed) if hidden else end
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
