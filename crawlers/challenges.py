"""Telling a page from what stands in its place: challenges, blocks, error pages dressed as 200, shells.

Nothing is solved here: no script is run and no cookie computed. The signatures are data, in challenges.yaml.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from crawlers.markup import text_of, visible_text
from crawlers.outcomes import Outcome, Verdict

THIN = 200
"""Fewer visible characters than this is no report page, but may be a shell, a challenge or a page of
images."""
SHORT = 1500
"""Error and block pages are shorter than this; beyond it, their phrases may be a report's own words."""
BARE = 20
DOCUMENT = "document"
"""The flag of a document file, by its first bytes."""
THIN_PAGE = "thin"
"""The flag of a page that shows little text but holds images, frames or links."""
_SCAN = 200_000

_FILE_MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
)
_META_REFRESH = re.compile(
    r"<meta(?=[^>]{0,300}?http-equiv\s*=\s*[\"']?refresh\b)[^>]{0,600}>", re.IGNORECASE
)
_REFRESH_TARGET = re.compile(
    r"content\s*=\s*[\"']?\s*[\d.]*\s*[;,]?\s*url\s*=\s*['\"]?\s*([^\"'>\s]+)", re.IGNORECASE
)
# A literal with a plus behind it is only the beginning of an address.
_SCRIPT_MOVE = re.compile(
    r"\blocation(?:\.href|\.replace|\.assign)?\s*(?:=(?!=)|\()\s*[\"']([^\"']{1,500})[\"'](?!\s*\+)",
    re.IGNORECASE,
)
_MEDIA_TAG = re.compile(r"<(?:img|embed|object|iframe|frame|video)\b", re.IGNORECASE)
_LINK_TAG = re.compile(r"<a\s[^>]{0,300}?href", re.IGNORECASE)
# A nearly empty page that links a document file is a report's: nothing that stands in a page's place does so.
_FILE_LINK = re.compile(
    r"<a\s[^<>]{0,300}?href\s*=\s*[\"']?[^\"'<>\s]{1,300}\.(?:pdf|docx?|wps|ofd|rtf|xlsx?|et|zip|rar)\b",
    re.IGNORECASE,
)
_HEADING = re.compile(r"<(?:title|h1|h2)\b[^<>]{0,300}>([^\0]{0,300}?)</(?:title|h1|h2)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_MOUNT_POINT = re.compile(r"<div[^>]{1,100}?\bid\s*=\s*[\"']?(?:app|root)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Signatures:
    challenges: tuple[tuple[str, re.Pattern[str]], ...]
    statuses: Mapping[int, str]
    markers: tuple[tuple[str, re.Pattern[str]], ...]
    blocks: tuple[tuple[str, re.Pattern[str]], ...]
    soft404: re.Pattern[str]
    maintenance: re.Pattern[str]


@cache
def _signatures() -> _Signatures:
    data = yaml.safe_load(files("crawlers").joinpath("challenges.yaml").read_text("utf-8"))
    return _Signatures(
        tuple((row["vendor"], re.compile(row["body"])) for row in data["challenges"]),
        {int(status): str(vendor) for status, vendor in data["challenge_statuses"].items()},
        tuple((row["vendor"], re.compile(row["body"])) for row in data["block_markers"]),
        tuple((row["vendor"], re.compile(row["text"], re.MULTILINE)) for row in data["blocks"]),
        re.compile("|".join(data["soft404"]), re.MULTILINE),
        re.compile("|".join(data["maintenance"]), re.MULTILINE),
    )


def file_kind(body: bytes) -> str | None:
    """The kind of a binary document by its first bytes (pdf, zip, ole, rtf, image …), None for text and
    markup."""
    return next((kind for magic, kind in _FILE_MAGICS if body.startswith(magic)), None)


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """What a response is. `headers` has lower-case names; `body` is decoded. Never raises on any input.

    A page is `ok` with the flag `thin` when it shows little text but holds images, frames or links: its
    content may be an attachment.
    """
    if status == 304:
        return Verdict(Outcome.NOT_MODIFIED)
    kind = file_kind(body)
    if kind is not None and status < 300:
        return Verdict(Outcome.OK, kind, frozenset() if kind == "image" else frozenset({DOCUMENT}))
    text = text_of(body[:_SCAN], _charset(headers))
    seen = visible_text(text, SHORT)
    if status < 300 and len(seen) < THIN and _FILE_LINK.search(text):
        return Verdict(Outcome.OK, "html", frozenset({THIN_PAGE}))
    words = _telling_words(status, text, seen)
    return (
        _refusal(status, text, seen, words)
        or _by_status(status, headers)
        or _stand_in(text, seen, words)
        or Verdict(Outcome.OK, "html")
    )


def _telling_words(status: int, text: str, seen: str) -> str:
    """The words that may say what stands in a page's place, a heading a line: all that an error or a nearly empty page
    shows, but only the headings of one with text, which may speak of missing pages and firewalls itself."""
    if len(seen) >= SHORT:
        return ""
    headings = [_TAG.sub("", found[1]).strip() for found in _HEADING.finditer(text)]
    return "\n".join([*headings, seen] if status >= 300 or len(seen) < THIN else headings)


def _charset(headers: Mapping[str, str]) -> str | None:
    _, found, name = headers.get("content-type", "").lower().partition("charset=")
    return name.split(";")[0].strip().strip("\"'") if found else None


def _refusal(status: int, text: str, seen: str, words: str) -> Verdict | None:
    """Challenges, blocks and maintenance: someone answered in the page's stead."""
    signatures = _signatures()
    thin = len(seen) < THIN
    if thin or status in signatures.statuses or status in {202, 403, 503}:
        for vendor, pattern in signatures.challenges:
            if pattern.search(text):
                return Verdict(Outcome.CHALLENGE, vendor)
    if thin:
        for vendor, pattern in signatures.markers:
            if pattern.search(text):
                return Verdict(Outcome.BLOCKED, vendor)
    for vendor, pattern in signatures.blocks:
        # What asks for a script stands in a noscript, and counts where nothing else is to be seen.
        if pattern.search(text if vendor == "js_required" and len(seen) < BARE else words):
            return Verdict(Outcome.BLOCKED, vendor)
    if thin and status in signatures.statuses:
        return Verdict(Outcome.CHALLENGE, signatures.statuses[status])
    return Verdict(Outcome.MAINTENANCE) if signatures.maintenance.search(words) else None


def _by_status(status: int, headers: Mapping[str, str]) -> Verdict | None:
    if 200 <= status < 300:
        return None
    if status == 429 or (status == 503 and "retry-after" in headers):
        return Verdict(Outcome.THROTTLED, headers.get("retry-after", str(status)))
    if status in {404, 410}:
        return Verdict(Outcome.GONE, str(status))
    if status in {401, 403, 451}:
        return Verdict(Outcome.BLOCKED, str(status))
    if status >= 500:
        return Verdict(Outcome.SERVER_ERROR, str(status))
    return Verdict(Outcome.CLIENT_ERROR, str(status))


def _stand_in(text: str, seen: str, words: str) -> Verdict | None:
    """A 200 that is no page: an error in words, a shell that moves on or waits for a script, nothing at
    all."""
    if _signatures().soft404.search(words):
        return Verdict(Outcome.SOFT404)
    if len(seen) >= THIN:
        return None
    target = shell_target(text)
    if target:
        return Verdict(Outcome.REDIRECT_SHELL, target)
    offers = _MEDIA_TAG.search(text) or _LINK_TAG.search(text)
    if not offers and _MOUNT_POINT.search(text):
        return Verdict(Outcome.SCRIPT_SHELL)
    if not offers and len(seen) < BARE:
        return Verdict(Outcome.EMPTY)
    return Verdict(Outcome.OK, "html", frozenset({THIN_PAGE}))


def offers_content(body: bytes, declared_charset: str | None) -> bool:
    """Whether a page links a document file, or shows pictures or frames."""
    text = text_of(body, declared_charset)
    return bool(_FILE_LINK.search(text) or _MEDIA_TAG.search(text))


def shell_target(text: str) -> str | None:
    """Where a nearly empty page moves its reader by meta refresh or script, as written; None if it does not.

    A script's move counts only where nothing else is offered: pages with pictures or several links have such
    lines in their menus.
    """
    meta = _META_REFRESH.search(text)
    target = _REFRESH_TARGET.search(meta.group()) if meta else None
    if target:
        return html.unescape(target.group(1))
    if _MEDIA_TAG.search(text) or len(_LINK_TAG.findall(text)) > 2:
        return None
    moved = _SCRIPT_MOVE.search(text)
    return moved.group(1).strip() if moved else None
