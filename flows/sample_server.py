"""The sample site on loopback: a plain web server as many county sites run it, validators and all.

It answers conditional requests (RFC 9110 §13) and sends `text/html` without a charset, which real sites do
and readers must survive. `overlay` is a second folder whose files replace those of the first.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flows.errors import UnusableArgument

HOST = "127.0.0.1"
_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".shtml": "text/html",
    ".txt": "text/plain",
    ".xml": "text/xml",
    ".js": "application/javascript",
    ".css": "text/css",
    ".png": "image/png",
}


@dataclass(frozen=True, slots=True)
class SampleServer:
    """A running server: its address, how often it gave each status, and how often it was asked for each path."""

    base: str
    port: int
    answers: Counter[int] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)


@contextmanager
def serve(root: Path, port: int = 0, overlay: Path | None = None) -> Iterator[SampleServer]:
    """Serve `root` until the block ends; port 0 takes a free one. UnusableArgument where it is taken."""
    folders = [folder.resolve() for folder in (overlay, root) if folder is not None]
    answers: Counter[int] = Counter()
    paths: Counter[str] = Counter()

    class Handler(_SiteHandler):
        site_folders = folders
        given = answers
        asked = paths

    try:
        server = ThreadingHTTPServer((HOST, port), Handler)
    except OSError as error:
        raise UnusableArgument(f"--port {port}", f"cannot be served on ({error.strerror})") from error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        taken = int(server.server_address[1])
        yield SampleServer(f"http://{HOST}:{taken}", taken, answers, paths)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _SiteHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sample"
    sys_version = ""
    site_folders: list[Path]
    given: Counter[int]
    asked: Counter[str]

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        self.asked[self.path] += 1
        path = self._file()
        if path is None:
            self._send(
                HTTPStatus.NOT_FOUND,
                {"Content-Type": "text/html"},
                b"<html><body>404</body></html>",
                with_body,
            )
            return
        body = path.read_bytes()
        validators = {
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
            "Last-Modified": formatdate(int(path.stat().st_mtime), usegmt=True),
        }
        if self._unchanged(validators):
            self._send(HTTPStatus.NOT_MODIFIED, validators, b"", with_body=False)
            return
        content_type = _TYPES.get(path.suffix.lower(), "application/octet-stream")
        self._send(HTTPStatus.OK, {"Content-Type": content_type, **validators}, body, with_body)

    def _file(self) -> Path | None:
        relative = unquote(urlsplit(self.path).path).lstrip("/")
        for folder in self.site_folders:
            path = (folder / relative).resolve()
            if path.is_dir():
                path /= "index.html"
            if path.is_relative_to(folder) and path.is_file():
                return path
        return None

    def _unchanged(self, validators: dict[str, str]) -> bool:
        # RFC 9110 §13.2.2: If-Modified-Since counts only where If-None-Match is absent.
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return validators["ETag"] in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        since = self.headers.get("If-Modified-Since")
        if since is None:
            return False
        try:
            return parsedate_to_datetime(since) >= parsedate_to_datetime(validators["Last-Modified"])
        except ValueError:
            return False

    def _send(self, status: HTTPStatus, headers: dict[str, str], body: bytes, with_body: bool) -> None:
        self.given[int(status)] += 1
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        """The counter tells enough; a line a request would break the progress bars."""
