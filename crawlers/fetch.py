"""One request, one typed outcome: redirects by hand, caps, a deadline, and no exception that escapes
untyped."""

from __future__ import annotations

import http.client
import re
import resource
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import requests
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    InvalidChunkLength,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from crawlers.addresses import fetch_address, location_target, names_a_file, origin
from crawlers.challenges import classify, file_kind
from crawlers.decoding import ACCEPTED, decode_body, read_wire
from crawlers.errors import (
    BadAddress,
    BadSite,
    BlockedAddress,
    CrawlerError,
    DeadlineExceeded,
    RedirectLoop,
    ResolveFailed,
    StaleConnection,
    TooLarge,
    Truncated,
)
from crawlers.guarded import GuardedAdapter, deadline, parse_openings, vet_beyond_a_proxy
from crawlers.markup import is_text
from crawlers.outcomes import Attempt, Outcome, Verdict
from crawlers.policy import Limits
from crawlers.tls import STRICT, make_context, reason_of

_URLLIB3 = version("urllib3")
_POOLS_AT_MOST = 4096
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEPT_HEADERS = frozenset(
    {
        "content-type",
        "content-length",
        "content-encoding",
        "content-disposition",
        "transfer-encoding",
        "etag",
        "last-modified",
        "date",
        "server",
        "retry-after",
        "location",
    }
)
_END_OF_HTML = re.compile(rb"</html\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask. `form` makes it a POST. Validators make it conditional. `is_file` sets the larger
    limits; `is_picture` takes a picture for an answer, and nothing else."""

    url: str
    form: tuple[tuple[str, str], ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    is_file: bool = False
    is_picture: bool = False
    across_hosts: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """How a host may be reached: openings of the guard, TLS profile, CA file."""

    allow: tuple[str, ...] = ()
    tls_profile: str = STRICT
    ca_file: Path | None = None


class Fetcher:
    """Performs requests; safe to share between threads. One transport for each way of access.

    requests' Session stays out of it: it would read, and inflate, a redirect's body even when told not to follow it,
    and what it merges, keeps and looks up anew for each request (settings, cookies, hooks) is the same for all here.
    """

    def __init__(self, user_agent: str, limits: Limits, proxy: str | None = None) -> None:
        if _URLLIB3.split(".")[0] != "2" or hasattr(urllib3, "AsyncPoolManager"):
            raise BadSite(f"urllib3 {_URLLIB3} is not the library this guard was made for")
        self._headers = {
            "User-Agent": user_agent,
            "Accept-Encoding": ACCEPTED,
            "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.5",
            "Connection": "keep-alive",
            "Accept-Language": "zh-CN,zh;q=0.9",
        }
        self._limits = limits
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._transports: dict[Access, GuardedAdapter] = {}
        self._lock = threading.Lock()

    def fetch(
        self, request: Request, access: Access, permitted: Callable[[str], bool] = lambda _: True
    ) -> Attempt:
        """Ask once and classify the answer; redirects within the origin are followed, each hop asked of
        `permitted`.

        Never raises for anything that the other side does. Raises BadSite for a site that is set up wrongly.
        """
        attempt = Attempt(request.url, request.url, Outcome.PROTOCOL_ERROR, "", datetime.now(UTC), 0.0)
        seconds = self._limits.file_seconds if request.is_file else self._limits.page_seconds
        journey = _Journey(request, attempt)
        began = time.monotonic()
        try:
            with deadline(seconds):
                return self._follow(journey, access, permitted)
        except (
            CrawlerError,
            requests.RequestException,
            HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            if isinstance(error, BadSite):
                raise
            outcome, detail = outcome_of(error)
            return journey.ended(outcome, detail, began, access)

    def close(self) -> None:
        """Close every kept connection."""
        with self._lock:
            for transport in self._transports.values():
                transport.close()
            self._transports.clear()

    def _transport(self, access: Access) -> GuardedAdapter:
        with self._lock:
            transport = self._transports.get(access)
            if transport is None:
                transport = self._transports[access] = GuardedAdapter(
                    make_context(access.tls_profile, access.ca_file),
                    parse_openings(access.allow),
                    _pools_kept(),
                )
            return transport

    def _follow(self, journey: _Journey, access: Access, permitted: Callable[[str], bool]) -> Attempt:
        url = fetch_address(journey.request.url)
        while True:
            if not permitted(url):
                return journey.ended(Outcome.ROBOTS_DISALLOWED, url, time.monotonic(), access)
            journey.url = url
            began = time.monotonic()
            target = self._exchange(journey, access)
            if target is None:
                return journey.judged(began, access)
            if origin(target) != origin(url) and not journey.request.across_hosts:
                return journey.ended(Outcome.REDIRECTED, target, began, access, target)
            if target in journey.hops or len(journey.hops) >= self._limits.redirects:
                raise RedirectLoop(f"{len(journey.hops) + 1} redirects, the last to {target}")
            url = target

    def _exchange(self, journey: _Journey, access: Access) -> str | None:
        """One hop: the redirect's target, or None with the answer noted in the journey."""
        try:
            response = self._send(journey, access)
        except StaleConnection:
            journey.note_stale()
            response = self._send(journey, access)
        with response:
            journey.note_head(response)
            if response.status_code in _REDIRECTS and "location" in response.headers:
                journey.hops.append(journey.url)
                return location_target(response.headers["location"], journey.url)
            cap = self._limits.file_bytes if journey.request.is_file else self._limits.page_bytes
            if response.status_code == 304 and not journey.is_conditional:
                raise http.client.HTTPException("304 to a request that was not conditional")
            if response.status_code == 206:
                raise Truncated("206: a part of what was asked for as a whole")
            if response.status_code != 304:
                wire = read_wire(response.raw, cap)
                journey.note_body(wire, cap)
        return None

    def _send(self, journey: _Journey, access: Access) -> requests.Response:
        request = journey.request
        if self._proxies:
            vet_beyond_a_proxy(journey.url, parse_openings(access.allow))
        headers = dict(self._headers)
        if request.etag:
            headers["If-None-Match"] = request.etag
        if request.last_modified:
            headers["If-Modified-Since"] = request.last_modified
        # All that `prepare` does, but for cookies and credentials: none are ever sent.
        prepared = requests.PreparedRequest()
        prepared.prepare_method("POST" if request.form else "GET")
        prepared.prepare_url(journey.url, None)
        prepared.prepare_headers(headers)
        prepared.prepare_body(request.form or None, None)
        timeout = (self._limits.connect_seconds, None)
        transport = self._transport(access)
        return transport.send(prepared, stream=True, timeout=timeout, proxies=self._proxies)


def _pools_kept() -> int:
    """Hosts whose connection is kept for their next request, so that neither side begins a new one each time: up to a
    quarter of the files that this process may have open, for each of a few ways of access."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _POOLS_AT_MOST if files == resource.RLIM_INFINITY else min(_POOLS_AT_MOST, max(1, files // 4))


class _Journey:
    """What is known of one request while it is under way; becomes an Attempt at its end."""

    def __init__(self, request: Request, blank: Attempt) -> None:
        self.request = request
        self.url = request.url
        self.hops: list[str] = []
        self._blank = blank
        self._status: int | None = None
        self._headers: Mapping[str, str] = {}
        self._body: bytes | None = None
        self._wire_bytes = 0
        self._flags: frozenset[str] = frozenset()
        self._stale = False

    @property
    def is_conditional(self) -> bool:
        """Whether the request named a version that we hold."""
        return bool(self.request.etag or self.request.last_modified)

    def note_head(self, response: requests.Response) -> None:
        """Keep the status and the headers that matter, with lower-case names."""
        self._status = response.status_code
        self._headers = {
            name.lower(): value for name, value in response.headers.items() if name.lower() in _KEPT_HEADERS
        }

    def note_stale(self) -> None:
        """A kept connection was found closed, and the request sent again on a fresh one."""
        self._stale = True

    def note_body(self, wire: bytes, cap: int) -> None:
        """Undo the content encodings. Raises Truncated, TooLarge."""
        self._wire_bytes = len(wire)
        self._body, self._flags = decode_body(wire, self._headers.get("content-encoding", ""), cap)

    def judged(self, began: float, access: Access) -> Attempt:
        """The attempt, classified by what came."""
        assert self._status is not None
        verdict = classify(self._status, self._headers, self._body or b"")
        if verdict.outcome is Outcome.OK:
            verdict = self._typed(verdict)
        target = None
        if verdict.outcome is Outcome.REDIRECT_SHELL:
            try:
                target = fetch_address(verdict.detail, self.url)
            except BadAddress:
                verdict = Verdict(Outcome.EMPTY, verdict.detail)
        self._flags |= verdict.flags
        return self.ended(verdict.outcome, verdict.detail, began, access, target)

    def _typed(self, verdict: Verdict) -> Verdict:
        """A document must be one by its content: a .pdf address that gives a web page is refused, not filed, and so
        is what is compressed in a way that was not asked for."""
        if verdict.detail == "html" and "unknown_encoding" in self._flags and not is_text(self._body or b""):
            return Verdict(Outcome.WRONG_TYPE, f"content-encoding {self._headers.get('content-encoding')}")
        if (verdict.detail == "image") != self.request.is_picture:
            return Verdict(Outcome.WRONG_TYPE, verdict.detail)
        if names_a_file(self.url) and verdict.detail == "html" and not self.url.lower().endswith(".txt"):
            return Verdict(Outcome.WRONG_TYPE, "html")
        return verdict

    def ended(
        self, outcome: Outcome, detail: str, began: float, access: Access, target: str | None = None
    ) -> Attempt:
        """The attempt with everything noted so far."""
        return replace(
            self._blank,
            final_url=self.url,
            outcome=outcome,
            detail=detail,
            seconds=time.monotonic() - began,
            status=self._status,
            headers=self._headers,
            body=self._body,
            wire_bytes=self._wire_bytes,
            complete=self._complete(),
            flags=self._flags | {"stale_connection"} if self._stale else self._flags,
            tls_profile=access.tls_profile if self.url.startswith("https:") else None,
            target=target,
            hops=tuple(self.hops),
        )

    def _complete(self) -> bool:
        """Whether something shows that the body is whole: the markup's end, or the framing of a file.

        A web page's Content-Length proves little, since a proxy that cut it wrote that header, too.
        """
        if not self._body:
            return False
        if file_kind(self._body) is None:
            size = len(self._body)
            ends = (_END_OF_HTML.search(self._body, max(0, size - tail)) for tail in (256, 65536))
            return any(ends)
        framed = "content-length" in self._headers or "transfer-encoding" in self._headers
        return framed or bool(self._headers.get("content-encoding"))


_OUTCOMES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Outcome], ...] = (
    (DeadlineExceeded, Outcome.DEADLINE),
    (BlockedAddress, Outcome.BLOCKED_ADDRESS),
    (BadAddress, Outcome.BAD_ADDRESS),
    (RedirectLoop, Outcome.REDIRECT_LOOP),
    (TooLarge, Outcome.TOO_LARGE),
    (Truncated, Outcome.TRUNCATED),
    (ResolveFailed, Outcome.CONNECT_FAILED),
    ((requests.exceptions.SSLError, urllib3.exceptions.SSLError), Outcome.TLS),
    ((IncompleteRead, InvalidChunkLength, http.client.IncompleteRead), Outcome.TRUNCATED),
    ((requests.exceptions.ConnectTimeout, ConnectTimeoutError, NameResolutionError), Outcome.CONNECT_FAILED),
    ((requests.exceptions.ReadTimeout, ReadTimeoutError, TimeoutError), Outcome.DEADLINE),
    ((requests.exceptions.InvalidURL, LocationParseError, UnicodeError), Outcome.BAD_ADDRESS),
)


def outcome_of(error: BaseException) -> tuple[Outcome, str]:
    """The outcome and detail of an exception of requests, urllib3, http.client or this package."""
    for cause in _causes(error):
        for kinds, outcome in _OUTCOMES:
            if isinstance(cause, kinds):
                return outcome, reason_of(cause) if outcome is Outcome.TLS else _in_words(error)
    text = _in_words(error)
    refused = any(isinstance(cause, (NewConnectionError, ConnectionRefusedError)) for cause in _causes(error))
    return (Outcome.CONNECT_FAILED if refused else Outcome.PROTOCOL_ERROR), text


def _causes(error: BaseException) -> list[BaseException]:
    """An error and what it wraps, outermost first: libraries keep the cause as an argument or in the
    chain."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting.extend([*cause.args, getattr(cause, "reason", None), cause.__cause__])
    return found


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
