"""A process that ends with the one that started it, however that one ended: kill -9 tells children nothing."""

from __future__ import annotations

import os
import signal
import threading
import time

_SECONDS = 0.5


def end_with_parent() -> None:
    """Send this process SIGTERM as soon as its parent is gone, and end it for good if that is not heeded."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(20 * _SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="tether", daemon=True).start()
