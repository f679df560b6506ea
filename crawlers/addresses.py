"""Addresses: the spelling we fetch, the key under which all spellings of one page meet, and who may be
asked."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from url_normalize import url_normalize

from crawlers.errors import BadAddress

_SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
_SESSION_PARAMETERS = frozenset({"jsessionid", "phpsessid", "aspsessionid", "sessionid"})
_INDEX_NAME = re.compile(r"/(?:index|default)\.(?:s?html?|jsp|aspx?|php)$", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]")
# What url_normalize would leave as it is: most addresses, and it takes half a millisecond to say so.
_NORMAL = re.compile(
    r"https?://[a-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*/?(?:\?[A-Za-z0-9_=&.-]*)?"
)
# Hrefs that a browser would join as they stand, too: no dots to resolve, nothing to escape, no session.
_PLAIN_PATH = "[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*/?"
_PLAIN_FROM_ROOT = re.compile(rf"(https?://[a-z0-9.-]+(?::\d+)?)?(/(?:{_PLAIN_PATH})?)")
_PLAIN_FROM_FOLDER = re.compile(rf"(?:\./)?({_PLAIN_PATH})")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?")
_ERROR_PAGE = re.compile(
    r"/(?:(?:error|err|page)?[_-]?(?:404|403|500)|error|not[_-]?found)(?:\.\w+|/)?$|/error/[^/]*$",
    re.IGNORECASE,
)
_TWO_LABEL_SUFFIXES = frozenset({"gov.cn", "org.cn", "com.cn", "edu.cn", "net.cn", "ac.cn"})
FILE_SUFFIXES = frozenset(
    {"pdf", "doc", "docx", "wps", "rtf", "xls", "xlsx", "et", "ofd", "zip", "rar", "7z", "txt", "ceb"}
)


PICTURE_SUFFIXES = frozenset({"jpg", "jpeg", "png"})


def fetch_address(href: str, base: str | None = None) -> str:
    """The absolute address of a link as it is to be asked for: no fragment, no session id, unsafe bytes
    escaped.

    Raises BadAddress for anything but http(s) with a host and without user information.
    """
    return _joined_plainly(href, base) or _joined(href, base)


def _joined_plainly(href: str, base: str | None) -> str | None:
    """What `_joined` gives for most hrefs of a list, in a fifth of the time; None for any other."""
    if base is not None and not _NORMAL.fullmatch(base):
        return None
    from_root = _PLAIN_FROM_ROOT.fullmatch(href)
    if from_root:
        start, path = from_root.groups()
        if start is None and base is None:
            return None
        return _normal_origin(start or origin(base or "")) + path
    from_folder = _PLAIN_FROM_FOLDER.fullmatch(href) if base is not None else None
    if from_folder is None or base is None:
        return None
    folder = urlsplit(base).path.rpartition("/")[0]
    return f"{_normal_origin(origin(base))}{folder}/{from_folder.group(1)}"


@lru_cache(maxsize=8192)
def _normal_origin(start: str) -> str:
    """Scheme, host and port as they are asked for. Raises BadAddress."""
    return _joined(start, None).removesuffix("/")


def _joined(href: str, base: str | None) -> str:
    try:
        absolute = urljoin(base, href.strip()) if base else href.strip()
        parts = urlsplit(absolute)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadAddress(f"{href!r}: {error}") from error
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        raise BadAddress(f"{href!r} is no plain http(s) address")
    host = _ascii_host(host, href)
    if len(host) > 253 or any(not 0 < len(label) <= 63 for label in host.rstrip(".").split(".")):
        raise BadAddress(f"{href!r}: {host!r} is no valid host name")
    netloc = f"[{host}]" if ":" in host else host
    if port and port != _default_port(parts.scheme):
        netloc = f"{netloc}:{port}"
    path = _SESSION_PATH.sub("", parts.path) or "/"
    return urlunsplit((parts.scheme, netloc, _escaped(path), _escaped(_without_session(parts.query)), ""))


def _ascii_host(host: str, href: str) -> str:
    """A host as it is looked up: escapes undone, Chinese names in their ASCII form, wide digits and dots narrow."""
    plain = unquote(host)
    try:
        plain = plain if plain.isascii() else plain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise BadAddress(f"{href!r}: {error}") from error
    if not _HOST.fullmatch(plain):
        raise BadAddress(f"{href!r}: {plain!r} is no host name")
    return plain


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda found: quote(found.group()), text)


def _without_session(query: str) -> str:
    kept = [pair for pair in query.split("&") if pair.partition("=")[0].lower() not in _SESSION_PARAMETERS]
    return "&".join(kept)


@lru_cache(maxsize=8192)
def canonical_key(address: str) -> str:
    """The key of a page: equal for http/https, www, index.html, session ids, default ports, percent-case.

    Percent-escapes of other charsets (GBK) are kept as they are; the order of parameters is kept, too.
    """
    plain = fetch_address(address)
    if not _NORMAL.fullmatch(plain):
        plain = url_normalize(plain) or plain
    parts = urlsplit(plain)
    host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    if ":" in host:
        host = f"[{host}]"
    if parts.port and parts.port not in {80, 443}:
        host = f"{host}:{parts.port}"
    path = _INDEX_NAME.sub("/", parts.path)
    query = "&".join(pair for pair in parts.query.split("&") if pair)
    return f"{host}{path}" + (f"?{query}" if query else "")


def host_key(address: str) -> str:
    """The host whose patience a request spends: its name, and its port where that is not the usual one."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port
    # One text for all jobs of a host: a night has tens of thousands.
    return sys.intern(host if port in {None, 80, 443} else f"{host}:{port}")


def origin(address: str) -> str:
    """Scheme, host and port: the unit to which a robots.txt applies (RFC 9309, 2.3)."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def registrable_domain(host: str) -> str:
    """The part of a host name that its owner registered: `jw.taojiang.gov.cn` → `taojiang.gov.cn`."""
    labels = host.rstrip(".").lower().split(".")
    if labels[-1].isdigit():
        return host
    size = 3 if ".".join(labels[-2:]) in _TWO_LABEL_SUFFIXES else 2
    return ".".join(labels[-size:])


def in_scope(address: str, homes: tuple[str, ...], further_hosts: tuple[str, ...] = ()) -> bool:
    """Whether a page may be fetched for a site whose lists are `homes`: own domain, any .gov.cn, or a named
    host."""
    host = (urlsplit(address).hostname or "").lower()
    if host.endswith(".gov.cn") or host in further_hosts:
        return True
    own = {registrable_domain((urlsplit(home).hostname or "").lower()) for home in homes}
    return registrable_domain(host) in own


def location_target(raw: str, base: str) -> str:
    """The address a Location header names. Header bytes arrive as Latin-1; Chinese ones (UTF-8, GBK) keep
    their bytes.

    Raises BadAddress.
    """
    escaped = quote(raw.encode("latin-1"), safe="%/:?#[]@!$&'()*+,;=~-._")
    return fetch_address(escaped, base)


def is_front_page(address: str) -> bool:
    """Whether the address is a site's front page: no path, or the root's index page."""
    return canonical_key(address).partition("/")[2] == ""


def names_an_error(address: str) -> bool:
    """Whether the address itself says that it is an error page: `/404.htm`, `/error/notfound.html`."""
    return _ERROR_PAGE.search(urlsplit(address).path) is not None


def names_a_file(address: str) -> bool:
    """Whether the address's last part has the suffix of a document file, such as .pdf or .doc."""
    return _suffix(address) in FILE_SUFFIXES


def names_a_picture(address: str) -> bool:
    """Whether the address's last part has the suffix of a picture that a table may be in."""
    return _suffix(address) in PICTURE_SUFFIXES


def _suffix(address: str) -> str:
    last = urlsplit(address).path.rpartition("/")[2]
    return last.rpartition(".")[2].lower() if "." in last else ""
