"""Connections that cannot be led astray: every address vetted and pinned, every read under one deadline.

urllib3 resolves and connects in one step, and its timeouts start anew with each byte. Here the name is
resolved once, refused if any of its addresses is not public, and connected to at that very address; and each
operation of the socket gets only what is left of the exchange's budget.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import BadStatusLine, RemoteDisconnected
from http.client import HTTPResponse as PlainResponse
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.response import HTTPResponse

from crawlers.errors import BadSite, BlockedAddress, DeadlineExceeded, ResolveFailed, StaleConnection

USUAL_PORTS = frozenset({80, 443})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_INTERIM_AT_MOST = 20
_LONGEST_LINE = 65536
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Everything this thread does on guarded sockets inside the block ends within `seconds`, or raises
    DeadlineExceeded."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _left(at_most: float | None) -> float | None:
    ends = _deadline.get()
    if ends is None:
        return at_most
    left = ends - time.monotonic()
    if left <= 0:
        raise DeadlineExceeded("the time for this exchange is used up")
    return left if at_most is None else min(left, at_most)


@dataclass(frozen=True, slots=True)
class Opening:
    """A non-public network that someone opened on purpose, for one port."""

    network: IPNetwork
    port: int

    def covers(self, address: IPAddress, port: int) -> bool:
        """Whether it opens that address and port."""
        return port == self.port and address.version == self.network.version and address in self.network


def parse_openings(entries: tuple[str, ...]) -> tuple[Opening, ...]:
    """Read "127.0.0.1:8123" or "127.0.0.0/8:8123". Raises BadSite for anything else."""
    found = []
    for entry in entries:
        network, _, port = entry.rpartition(":")
        try:
            found.append(Opening(ipaddress.ip_network(network.strip("[]")), int(port)))
        except ValueError as error:
            raise BadSite(f"allow: {entry!r} is not ADDRESS:PORT or NETWORK:PORT ({error})") from error
    return tuple(found)


def is_public(address: IPAddress) -> bool:
    """Whether an address is globally routable, looking through every way of writing IPv4 inside IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None:
            return is_public(address.sixtofour)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.teredo is not None or address.is_site_local or address in _LOCAL_NAT64:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def vetted_addresses(
    host: str, port: int, openings: tuple[Opening, ...]
) -> list[tuple[int, tuple[Any, ...]]]:
    """(family, socket address) of a host, in the resolver's order.

    Raises BlockedAddress if *any* of them is neither public nor opened: a name with one private address
    among public ones is a rebinding attempt or a mistake, and either is refused. Raises ResolveFailed.
    """
    found = _resolve(host.strip("[]"), port)
    for _, sockaddr in found:
        address = ipaddress.ip_address(str(sockaddr[0]).partition("%")[0])
        if any(opening.covers(address, port) for opening in openings):
            continue
        if not is_public(address):
            raise BlockedAddress(f"{host} is at {address}, which is not a public address")
        if port not in USUAL_PORTS:
            raise BlockedAddress(f"{host}: port {port} is not open to the crawler")
    return found


def vet_beyond_a_proxy(url: str, openings: tuple[Opening, ...]) -> None:
    """A proxy resolves names itself, so only what is known here can be refused: private addresses, by name or number.

    Raises BlockedAddress.
    """
    parts = urlsplit(url)
    with suppress(ResolveFailed):
        vetted_addresses(
            parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80), openings
        )


def _resolve(host: str, port: int) -> list[tuple[int, tuple[Any, ...]]]:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _resolve_name(host, port)
    return _look_up(host, port)


def _look_up(host: str, port: int) -> list[tuple[int, tuple[Any, ...]]]:
    try:
        infos = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ResolveFailed(f"{host}: {error}") from error
    return [(int(info[0]), info[4]) for info in infos]


def _resolve_name(host: str, port: int) -> list[tuple[int, tuple[Any, ...]]]:
    """getaddrinfo takes no timeout, so it runs in a thread of its own that is left behind when it is late."""
    answer: list[list[tuple[int, tuple[Any, ...]]] | ResolveFailed] = []

    def ask() -> None:
        try:
            answer.append(_look_up(host, port))
        except ResolveFailed as error:
            answer.append(error)

    thread = threading.Thread(target=ask, daemon=True, name=f"resolve {host}")
    thread.start()
    thread.join(_left(None))
    if not answer:
        raise DeadlineExceeded(f"{host}: its name did not resolve in time")
    if isinstance(answer[0], ResolveFailed):
        raise answer[0]
    return answer[0]


class _GuardedOperations:
    """Gives each receive and send no more than what is left of the budget; mixed into both kinds of
    socket."""

    def recv_into(self, *args: Any, **keywords: Any) -> int:
        self.settimeout(_left(None))  # type: ignore[attr-defined]
        return super().recv_into(*args, **keywords)  # type: ignore[misc,no-any-return]

    def sendall(self, *args: Any, **keywords: Any) -> None:
        self.settimeout(_left(None))  # type: ignore[attr-defined]
        super().sendall(*args, **keywords)  # type: ignore[misc]


class GuardedSocket(_GuardedOperations, socket.socket):
    """A TCP socket under the exchange's deadline."""


class GuardedTLSSocket(_GuardedOperations, ssl.SSLSocket):
    """A TLS socket under the exchange's deadline."""


class _FinalResponse(PlainResponse):
    """The response that counts. http.client takes an early hint (103) for the answer itself, leaves the true one on
    the connection for whoever asks next, and waits through any number of 100s."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_INTERIM_AT_MOST):
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if not 100 <= found[1] < 200:
                return found
            while self.fp.readline(_LONGEST_LINE + 1) not in {b"\r\n", b"\n", b""}:
                pass
        raise BadStatusLine(f"more than {_INTERIM_AT_MOST} interim responses")


class _GuardedConnecting:
    """Connects to vetted addresses only, and tells a stale connection from one that never answered."""

    openings: tuple[Opening, ...] = ()
    trusted: tuple[str, int] | None = None
    response_class = _FinalResponse
    _answers = 0

    def _new_conn(self) -> socket.socket:
        host, port = self._dns_host, self.port  # type: ignore[attr-defined]
        patience = self.timeout if isinstance(self.timeout, (int, float)) else None  # type: ignore[attr-defined]
        self._answers = 0
        last: OSError = OSError(f"{host}: no address")
        trusted = (host, port) == self.trusted
        for family, sockaddr in (
            _resolve(host, port) if trusted else vetted_addresses(host, port, self.openings)
        ):
            sock = GuardedSocket(family, socket.SOCK_STREAM)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(_left(patience))
                sock.connect(sockaddr)
            except OSError as error:
                last = error
                sock.close()
            except DeadlineExceeded:
                sock.close()
                raise
            else:
                return sock
        if isinstance(last, TimeoutError):
            raise ConnectTimeoutError(self, f"connecting to {host} timed out") from last
        raise NewConnectionError(self, f"{last}") from last  # type: ignore[arg-type]

    def getresponse(self) -> HTTPResponse:
        """The response's head. Raises StaleConnection when a connection that answered before is closed."""
        try:
            response: HTTPResponse = super().getresponse()  # type: ignore[misc]
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            if self._answers:
                raise StaleConnection(f"{self.host}: {error}") from error  # type: ignore[attr-defined]
            raise
        self._answers += 1
        return response


def _pools(
    openings: tuple[Opening, ...], trusted: tuple[str, int] | None = None
) -> dict[str, type[HTTPConnectionPool]]:
    """Pool classes whose connections know the openings; urllib3 takes classes here, not instances."""
    opened, named = openings, trusted

    class Plain(_GuardedConnecting, HTTPConnection):  # type: ignore[misc]
        openings = opened
        trusted = named

    class Secure(_GuardedConnecting, HTTPSConnection):  # type: ignore[misc]
        openings = opened
        trusted = named

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class GuardedAdapter(HTTPAdapter):
    """requests' transport over guarded connections with one TLS context."""

    def __init__(self, context: ssl.SSLContext, openings: tuple[Opening, ...], pools: int) -> None:
        context.sslsocket_class = GuardedTLSSocket
        self._context = context
        self._openings = openings
        self._most_pools = pools
        self._pools: dict[tuple[str, str], Any] = {}
        self._finding = threading.Lock()
        super().__init__(pool_connections=pools, pool_maxsize=2, max_retries=0)

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        """Build the pool manager with guarded pools."""
        super().init_poolmanager(*args, ssl_context=self._context, **keywords)
        self.poolmanager.pool_classes_by_scheme = _pools(self._openings)

    def close(self) -> None:
        """Close every kept connection."""
        with self._finding:
            self._pools.clear()
        super().close()

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Mapping[str, str] | None = None, cert: Any = None
    ) -> Any:
        """The pool of a request's origin. TLS settings never differ within this adapter, so that without a proxy the
        origin alone tells the pool; the manager would lay out all settings of both, for each request."""
        if proxies:
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        parts = urlsplit(request.url)
        origin = (parts.scheme, parts.netloc)
        with self._finding:
            pool = self._pools.pop(origin, None)
            if pool is None:
                pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            self._pools[origin] = pool
            if len(self._pools) > self._most_pools:
                # The one that was not used for the longest time.
                del self._pools[next(iter(self._pools))]
        return pool

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """The response without its cookies: none are kept."""
        response = requests.Response()
        response.status_code = resp.status
        response.headers = CaseInsensitiveDict(resp.headers)
        response.raw = resp
        response.url = str(req.url)
        response.request = req
        return response

    def proxy_manager_for(self, proxy: str, **keywords: Any) -> Any:
        """Connections that go to the proxy and nowhere else. The configuration names it, so it may be at a private
        address, as proxies are; what is asked of it is vetted before."""
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **keywords)
        parts = urlsplit(proxy)
        trusted = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        manager.pool_classes_by_scheme = _pools(self._openings, trusted)
        return manager
