"""Prefect's server and UI as a child of `gongkai serve`: `python -m flows.operations.server_process PORT`.

It ends with its parent, even one that was killed: a server left behind would hold the port.
"""

from __future__ import annotations

import sys

import uvicorn

from flows.tethered import end_with_parent

HOST = "127.0.0.1"


def main() -> None:
    """Serve until SIGTERM, or until the parent is gone."""
    end_with_parent()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host=HOST,
        port=int(sys.argv[1]),
        log_level="error",
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
