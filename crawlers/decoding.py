"""Reading a body off the wire and undoing its content encodings, with caps on both sides.

requests accepts half a gzip stream as a whole one and inflates the body of a redirect without limit; both are
why the raw bytes are read here and inflated by hand, to the end of the stream or not at all.
"""

from __future__ import annotations

import zlib
from typing import Protocol

from crawlers.errors import TooLarge, Truncated

ACCEPTED = "gzip, deflate"
_GZIP_MAGIC = b"\x1f\x8b"
_STEP, _PIECE = 1 << 18, 1 << 16
_MOST_MEMBERS = 4096
_RAW_DEFLATE, _ZLIB, _GZIP = -15, 15, 31


class Wire(Protocol):
    """The part of urllib3's response that is read here."""

    def read1(self, amt: int, decode_content: bool) -> bytes:
        """Up to `amt` bytes after transfer decoding."""


def read_wire(raw: Wire, cap: int) -> bytes:
    """The body as sent, transfer coding undone. Raises TooLarge beyond `cap` bytes."""
    received = bytearray()
    while piece := raw.read1(1 << 16, decode_content=False):
        received += piece
        if len(received) > cap:
            raise TooLarge(f"more than {cap} bytes on the wire")
    return bytes(received)


def decode_body(wire: bytes, content_encoding: str, cap: int) -> tuple[bytes, frozenset[str]]:
    """(body, flags) with every declared encoding undone, at most two of them.

    Flags: `encoding_lie` (declared compressed, is none), `undeclared_gzip`, `trailing_junk`, `unknown_encoding`.
    Raises Truncated when a stream ends early or is corrupt, TooLarge beyond `cap` bytes or two encodings.
    """
    declared = [name.strip().lower() for name in content_encoding.split(",")]
    encodings = [name for name in declared if name and name != "identity"]
    if len(encodings) > 2:
        raise TooLarge(f"{len(encodings)} content encodings: {content_encoding!r}")
    flags: set[str] = set()
    body = wire
    if not encodings and body.startswith(_GZIP_MAGIC):
        # No format that is wanted here begins so: a server forgot to say what it did.
        encodings = ["gzip"]
        flags.add("undeclared_gzip")
    for encoding in reversed(encodings):
        if encoding not in {"gzip", "x-gzip", "deflate"}:
            flags.add("unknown_encoding")
            break
        if not body.startswith(_GZIP_MAGIC) if encoding != "deflate" else body.lstrip().startswith(b"<"):
            flags.add("encoding_lie")
            break
        body, junk = _inflate(body, encoding, cap)
        if junk:
            flags.add("trailing_junk")
    return body, frozenset(flags)


def _inflate(body: bytes, encoding: str, cap: int) -> tuple[bytes, bool]:
    if encoding != "deflate":
        return _inflate_stream(body, _GZIP, cap)
    # RFC 9110 8.4.1.2 means the zlib format; some servers send the bare stream.
    window = _ZLIB if body[:1] and body[0] & 0x0F == 8 else _RAW_DEFLATE
    return _inflate_stream(body, window, cap)


def _inflate_stream(body: bytes, window: int, cap: int) -> tuple[bytes, bool]:
    """(inflated, whether junk followed the end). A gzip body may be several members in a row (RFC 1952,
    2.2)."""
    inflated = bytearray()
    view, at = memoryview(body), 0
    for _ in range(_MOST_MEMBERS):
        stream = zlib.decompressobj(window)
        while at < len(body) and not stream.eof:
            # What zlib leaves of its input it copies: by pieces, many members cost no more than their own length.
            piece = view[at : at + _PIECE]
            try:
                inflated += stream.decompress(piece, _STEP)
            except zlib.error as error:
                raise Truncated(f"corrupt compressed stream: {error}") from error
            at += len(piece) - len(stream.unconsumed_tail) - len(stream.unused_data)
            if len(inflated) > cap:
                raise TooLarge(f"more than {cap} bytes inflated from {len(body)}")
        if not stream.eof:
            raise Truncated(f"the compressed stream ends early, after {len(inflated)} bytes")
        if window != _GZIP or not body.startswith(_GZIP_MAGIC, at):
            return bytes(inflated), at < len(body)
    raise TooLarge(f"more than {_MOST_MEMBERS} gzip members in {len(body)} bytes")
