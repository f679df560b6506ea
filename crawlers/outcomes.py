"""What one request came to: a closed set of outcomes, and the record of the attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """Every way an attempt can end. The names are what the ledger stores and never change meaning."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    GONE = "gone"
    SOFT404 = "soft404"
    CHALLENGE = "challenge"
    BLOCKED = "blocked"
    THROTTLED = "throttled"
    MAINTENANCE = "maintenance"
    REDIRECT_SHELL = "redirect_shell"
    SCRIPT_SHELL = "script_shell"
    EMPTY = "empty"
    REDIRECTED = "redirected"
    REDIRECT_LOOP = "redirect_loop"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    DEADLINE = "deadline"
    TLS = "tls"
    WRONG_TYPE = "wrong_type"
    SERVER_ERROR = "server_error"
    CLIENT_ERROR = "client_error"
    CONNECT_FAILED = "connect_failed"
    PROTOCOL_ERROR = "protocol_error"
    BAD_ADDRESS = "bad_address"
    BLOCKED_ADDRESS = "blocked_address"
    OUT_OF_SCOPE = "out_of_scope"
    ROBOTS_DISALLOWED = "robots_disallowed"
    ROBOTS_UNREACHABLE = "robots_unreachable"


RETRIED = frozenset(
    {
        Outcome.TRUNCATED,
        Outcome.DEADLINE,
        Outcome.SERVER_ERROR,
        Outcome.CONNECT_FAILED,
        Outcome.PROTOCOL_ERROR,
        Outcome.MAINTENANCE,
        Outcome.EMPTY,
    }
)
"""Outcomes that a later try may mend. The others are an answer, and asking again would be rude."""

REFUSALS = frozenset(
    {
        Outcome.CHALLENGE,
        Outcome.BLOCKED,
        Outcome.THROTTLED,
        Outcome.ROBOTS_DISALLOWED,
        Outcome.ROBOTS_UNREACHABLE,
        Outcome.BLOCKED_ADDRESS,
        Outcome.OUT_OF_SCOPE,
        Outcome.BAD_ADDRESS,
    }
)
"""Outcomes where someone said no: the host, its robots.txt or our own rules."""

MISSING = frozenset({Outcome.GONE, Outcome.SOFT404})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A classified response: the outcome, what it was recognised by, and remarks on a body that is still
    good."""

    outcome: Outcome
    detail: str = ""
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and its end. `body` is the decoded body, kept for refusals as evidence; None if none came.

    `url` is the address asked for, `final_url` the one that answered after redirects on the same origin;
    `target` the address a redirect or shell points to when it was not followed. `complete` is False when
    nothing shows that the body is whole. `seconds` is the latency of the last hop.
    """

    url: str
    final_url: str
    outcome: Outcome
    detail: str
    started_at: datetime
    seconds: float
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    wire_bytes: int = 0
    complete: bool = False
    flags: frozenset[str] = frozenset()
    tls_profile: str | None = None
    target: str | None = None
    hops: tuple[str, ...] = ()

    @property
    def content_type(self) -> str | None:
        """The media type the server declared, lower case, without parameters."""
        declared = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return declared or None

    @property
    def declared_charset(self) -> str | None:
        """The charset parameter of Content-Type, if the server gave one."""
        for parameter in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset" and value.strip():
                return value.strip().strip("\"'").lower()
        return None
