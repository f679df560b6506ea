"""Which links of a page lead to files, and which of its pictures are content."""

from __future__ import annotations

import re
from collections.abc import Mapping

from extractors.document import Image

_FILE = re.compile(r"\.(pdf|docx?|wps|rtf|xlsx?|et|ofd|zip|rar|7z)(?:[?#]|$)", re.IGNORECASE)
_ICON = re.compile(
    r"icon|logo|qrcode|ewm|wechat|weixin|weibo|print|share|arrow|banner|\.gif(?:\?|$)", re.IGNORECASE
)
_LAZY = ("data-src", "data-original", "src")
"""Where a picture's address stands: sites that load pictures late put a placeholder under `src`."""


def is_file(href: str) -> bool:
    """Whether a link leads to a file (PDF, DOC, DOCX, WPS, XLS, OFD, ZIP …), by its name."""
    return _FILE.search(href) is not None


def content_image(attributes: Mapping[str, str | None]) -> Image | None:
    """The picture of an `<img>` with these attributes; None for an icon."""
    source = next((found for name in _LAZY if (found := attributes.get(name))), "")
    return Image(source, attributes.get("alt") or "") if source and not _ICON.search(source) else None
