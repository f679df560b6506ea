"""TLS profiles: all of them verify the certificate and the host's name; they differ in the age they put up
with.

strict    urllib3's default.
compat    OpenSSL's security level 1 and connections without RFC 5746, for servers with 1024-bit keys, key
          exchange by RSA alone or no secure renegotiation.
compat+ca compat with a file of intermediate certificates that the server forgets to send.

Expired, self-signed or misnamed certificates fail in every profile, and are reported.
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from urllib3.util.ssl_ import create_urllib3_context

from crawlers.errors import BadSite

STRICT, COMPAT, COMPAT_CA = "strict", "compat", "compat+ca"

_MENDED_BY_AGE = re.compile(
    r"UNSAFE_LEGACY_RENEGOTIATION_DISABLED|DH_KEY_TOO_SMALL|HANDSHAKE_FAILURE|EE_KEY_TOO_SMALL|"
    r"key too weak|CA_KEY_TOO_SMALL|CA_MD_TOO_WEAK|MD_TOO_WEAK|WRONG_SIGNATURE_TYPE|NO_PROTOCOLS|"
    r"digest algorithm too weak",
    re.IGNORECASE,
)
_MENDED_BY_CA = re.compile(r"unable to get (?:local )?issuer|unable to verify the first", re.IGNORECASE)
_CODE = re.compile(r"\[(?:SSL|X509)[^\]]*:\s*([A-Z0-9_]+)\]")
_VERIFY = re.compile(r"certificate verify failed:\s*([^(]+)", re.IGNORECASE)


def make_context(profile: str, ca_file: Path | None) -> ssl.SSLContext:
    """The TLS context of a profile. Raises BadSite when the profile is unknown or its CA file unreadable."""
    context = create_urllib3_context()
    if profile in {COMPAT, COMPAT_CA}:
        context.set_ciphers("DEFAULT:@SECLEVEL=1")
        context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    elif profile != STRICT:
        raise BadSite(f"no TLS profile {profile!r}")
    if profile == COMPAT_CA:
        try:
            context.load_verify_locations(cafile=None if ca_file is None else str(ca_file))
        except (OSError, TypeError) as error:
            raise BadSite(f"CA file {ca_file}: {error}") from error
    return context


def reason_of(error: BaseException) -> str:
    """OpenSSL's own name for what went wrong, or its sentence about the certificate."""
    text = str(error)
    verify = _VERIFY.search(text)
    if verify:
        return verify.group(1).strip()
    code = _CODE.search(text)
    return code.group(1) if code else text[:200]


def next_profile(profile: str, reason: str, ca_file: Path | None) -> str | None:
    """The profile to try after `reason`, or None: only age and a missing intermediate are met, never a bad
    certificate."""
    if profile == STRICT and _MENDED_BY_AGE.search(reason):
        return COMPAT_CA if ca_file is not None else COMPAT
    if ca_file is not None and profile != COMPAT_CA and _MENDED_BY_CA.search(reason):
        return COMPAT_CA
    return None


def first_profile(mode: str, ca_file: Path | None, remembered: str | None) -> str:
    """The profile to start with: the site's own, or under "auto" the one that worked last."""
    if mode == "auto":
        return remembered or STRICT
    if mode == COMPAT and ca_file is not None:
        return COMPAT_CA
    return mode
