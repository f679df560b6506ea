"""A webhook on loopback that keeps what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Webhook:
    """`messages` as (title, body); while `refuses` is set every message is answered with 500."""

    address: str = ""
    messages: list[tuple[str, str]] = field(default_factory=list)
    refuses: bool = False

    @property
    def titles(self) -> list[str]:
        return [title for title, _ in self.messages]


@contextmanager
def webhook() -> Iterator[Webhook]:
    kept = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not kept.refuses:
                kept.messages.append((said["title"], said["message"]))
            self.send_response(500 if kept.refuses else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    kept.address = f"json://127.0.0.1:{server.server_address[1]}/"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
