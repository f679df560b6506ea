"""The TLS matrix against `openssl s_server`: what each profile opens, what stays shut, and what provenance
says."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests.adapters
from conftest import quick_policy
from fault_server import report, report_title
from isolated_server import may_isolate
from sqlalchemy import select

from crawlers import ledger_schema as schema
from crawlers.archive import Archive
from crawlers.crawl import crawl
from crawlers.fetch import Access, Fetcher, Request
from crawlers.outcomes import Outcome
from crawlers.policy import Limits
from crawlers.records import SourceFigures
from crawlers.sites import Site
from crawlers.tls import COMPAT, COMPAT_CA, STRICT, next_profile

pytestmark = pytest.mark.needs("openssl")


def openssl(folder: Path, *arguments: str, stdin: str | None = None) -> None:
    subprocess.run(
        ["openssl", *arguments], cwd=folder, input=stdin, text=True, check=True, capture_output=True
    )


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root, an intermediate, and leaves good and bad; names are file stems."""
    folder = tmp_path_factory.mktemp("pki")
    (folder / "ca.ext").write_text("basicConstraints=critical,CA:TRUE\n")
    (folder / "leaf.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    (folder / "other.ext").write_text("subjectAltName=DNS:other.gov.cn\n")
    openssl(
        folder,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "root.key",
        "-out",
        "root.pem",
        "-subj",
        "/CN=test root",
        "-days",
        "30",
    )

    def issue(name: str, issuer: str, extensions: str, bits: int = 2048, days: int = 30) -> None:
        openssl(
            folder,
            "req",
            "-newkey",
            f"rsa:{bits}",
            "-nodes",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}",
        )
        openssl(
            folder,
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-CA",
            f"{issuer}.pem",
            "-CAkey",
            f"{issuer}.key",
            "-CAcreateserial",
            "-out",
            f"{name}.pem",
            "-days",
            str(days),
            "-extfile",
            extensions,
        )

    issue("middle", "root", "ca.ext")
    issue("good", "root", "leaf.ext")
    issue("under_middle", "middle", "leaf.ext")
    issue("weak", "root", "leaf.ext", bits=1024)
    issue("misnamed", "root", "other.ext")
    issue("expired", "root", "leaf.ext", days=-1)
    openssl(
        folder,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "alone.key",
        "-out",
        "alone.pem",
        "-subj",
        "/CN=alone",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-days",
        "30",
    )
    openssl(
        folder, "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "dh_rfc5114:1", "-out", "dh1024.pem"
    )
    return folder


@pytest.fixture(autouse=True)
def trust_the_root(pki: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(pki / "root.pem"))


@contextmanager
def s_server(pki: Path, leaf: str, *options: str) -> Iterator[int]:
    """An `openssl s_server` that serves a list of two reports; yields its port."""
    pages = pki / "pages"
    pages.mkdir(exist_ok=True)
    rows = "".join(
        f'<li><a href="/r{n}.html">{report_title(n)}</a><span>2022-01-25</span></li>' for n in (1, 2)
    )
    (pages / "list.html").write_text(f"<html><body>{'公开' * 200}<ul>{rows}</ul></body></html>")
    (pages / "robots.txt").write_text("User-agent: *\nAllow: /\n")
    for n in (1, 2):
        (pages / f"r{n}.html").write_bytes(report(str(n)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "openssl",
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        "-cert",
        f"../{leaf}.pem",
        "-key",
        f"../{leaf}.key",
        "-WWW",
        "-quiet",
        *options,
    ]
    process = subprocess.Popen(command, cwd=pages, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise AssertionError(f"nothing listens on {port}")


SERVERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sound": ("good", ()),
    "DHE with 1024 bits": (
        "good",
        ("-tls1_2", "-cipher", "DHE-RSA-AES128-SHA:@SECLEVEL=0", "-dhparam", "../dh1024.pem"),
    ),
    "RSA key exchange": ("good", ("-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0")),
    "RSA-1024 leaf": ("weak", ("-cipher", "DEFAULT:@SECLEVEL=0")),
    "missing intermediate": ("under_middle", ()),
    "TLS 1.0": ("good", ("-tls1", "-cipher", "ALL:@SECLEVEL=0")),
    "expired": ("expired", ()),
    "wrong host": ("misnamed", ()),
    "self-signed": ("alone", ()),
}
PROFILES = {
    "sound": STRICT,
    "DHE with 1024 bits": COMPAT,
    "RSA key exchange": COMPAT,
    "RSA-1024 leaf": COMPAT,
    "missing intermediate": COMPAT_CA,
}
REASONS = {
    "TLS 1.0": "PROTOCOL_VERSION",
    "expired": "expired",
    "wrong host": "IP address mismatch",
    "self-signed": "self-signed certificate",
}


def tls_site(port: int, ca_file: Path | None) -> Site:
    return Site(
        "tls",
        "市政府",
        (f"https://127.0.0.1:{port}/list.html",),
        delay_seconds=0.0,
        ca_file=ca_file,
        allow=(f"127.0.0.1:{port}",),
    )


def crawl_tls(port: int, archive: Archive, ca_file: Path | None) -> SourceFigures:
    return crawl([tls_site(port, ca_file)], archive, quick_policy()).sources[0].figures


@pytest.mark.parametrize("name", PROFILES)
def test_an_old_server_is_read_with_the_profile_it_needs_and_no_weaker(
    name: str, pki: Path, archive: Archive
) -> None:
    leaf, options = SERVERS[name]
    ca_file = pki / "middle.pem" if name == "missing intermediate" else None
    with s_server(pki, leaf, *options) as port:
        assert crawl_tls(port, archive, ca_file) == SourceFigures("complete", "", listed=2, new=2)
        assert archive.ledger.host(f"127.0.0.1:{port}").tls_profile in {PROFILES[name], None}
        # The profile that worked is remembered: the second night does not fail first.
        again = crawl([tls_site(port, ca_file)], archive, quick_policy())
    assert "tls" not in again.outcomes
    assert {page.tls_profile for page in archive.pages()} == {PROFILES[name]}


@pytest.mark.parametrize("name", REASONS)
def test_a_bad_certificate_is_reported_in_every_profile(name: str, pki: Path, archive: Archive) -> None:
    leaf, options = SERVERS[name]
    with s_server(pki, leaf, *options) as port:
        figures = crawl_tls(port, archive, pki / "middle.pem")
    assert figures.state == "failed"
    assert "tls" in figures.reason
    assert REASONS[name].lower() in figures.reason.lower()
    assert list(archive.pages()) == []


def test_no_profile_but_the_last_knows_the_missing_intermediate(pki: Path) -> None:
    fetcher = Fetcher("test", Limits(page_seconds=2))
    with s_server(pki, "under_middle") as port:
        found = {
            profile: fetcher.fetch(
                Request(f"https://127.0.0.1:{port}/r1.html"),
                Access((f"127.0.0.1:{port}",), profile, pki / "middle.pem"),
            ).outcome
            for profile in (STRICT, COMPAT, COMPAT_CA)
        }
    fetcher.close()
    assert found == {STRICT: Outcome.TLS, COMPAT: Outcome.TLS, COMPAT_CA: Outcome.OK}


HELLO_WITHOUT_RENEGOTIATION_INFO = (
    b"\x03\x03"
    + bytes(32)
    + b"\x00"
    + b"\xc0\x2f"
    + b"\x00"  # TLS 1.2, random, no session, ECDHE-RSA-AES128-GCM
)


@pytest.fixture
def legacy_port() -> Iterator[int]:
    """A server whose ServerHello lacks RFC 5746's extension; what follows it does not matter here."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                handshake = b"\x02" + len(HELLO_WITHOUT_RENEGOTIATION_INFO).to_bytes(3, "big")
                handshake += HELLO_WITHOUT_RENEGOTIATION_INFO
                connection.sendall(b"\x16\x03\x03" + len(handshake).to_bytes(2, "big") + handshake)
                connection.recv(4096)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def test_a_server_without_secure_renegotiation_needs_compat(legacy_port: int) -> None:
    fetcher = Fetcher("test", Limits(page_seconds=0.5))

    def ask(profile: str) -> str:
        access = Access((f"127.0.0.1:{legacy_port}",), profile)
        return fetcher.fetch(Request(f"https://127.0.0.1:{legacy_port}/"), access).detail

    refused = ask(STRICT)
    assert "UNSAFE_LEGACY_RENEGOTIATION_DISABLED" in refused
    assert next_profile(STRICT, refused, None) == COMPAT
    # compat goes past the ServerHello and only misses the rest of the handshake.
    assert "LEGACY" not in ask(COMPAT)
    fetcher.close()


if may_isolate():

    @pytest.mark.needs("gnutls-serv")
    def test_a_true_server_without_secure_renegotiation_is_read_with_compat(
        pki: Path, archive: Archive
    ) -> None:
        """It gives the same list for every address, its own reports included."""
        links = "".join(f'<li><a href="/r{n}.html">{report_title(n)}</a></li>' for n in (1, 2))
        (pki / "list.html").write_text(f"<html><body>{'公开' * 200}<ul>{links}</ul></body></html>")
        with gnutls_server(pki, "NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION") as port:
            assert crawl_tls(port, archive, None) == SourceFigures("complete", "", listed=2, new=2)
            again = crawl([tls_site(port, None)], archive, quick_policy())
        with archive.ledger.reading() as connection:
            failed = select(schema.attempts.c.detail).where(schema.attempts.c.outcome == "tls")
            assert connection.execute(failed).scalars().all() == ["UNSAFE_LEGACY_RENEGOTIATION_DISABLED"]
        assert "tls" not in again.outcomes
        assert {page.tls_profile for page in archive.pages()} == {COMPAT}


@contextmanager
def gnutls_server(pki: Path, priority: str) -> Iterator[int]:
    """A `gnutls-serv` that serves list.html; yields the loopback port that leads to it."""
    files = {"x509certfile": "good.pem", "x509keyfile": "good.key", "httpdata": "list.html"}
    command = [
        *(sys.executable, str(Path(__file__).with_name("isolated_server.py")), "4433"),
        *("gnutls-serv", "--quiet", "--http", "--port", "4433", "--priority", priority),
        *(f"--{name}={pki / file}" for name, file in files.items()),
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
