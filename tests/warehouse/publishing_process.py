"""Publishes until it is done or killed. Arguments: root, owner, then `number.revision` per report.

`batch=N` among the arguments commits every N reports on their own; `pause=SECONDS` waits before each commit.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from warehouse_frames import Made, frames_of, pages_of

from warehouse.publish import Run


def main(arguments: list[str]) -> None:
    root, owner = Path(arguments[0]), arguments[1]
    settings = dict(word.split("=") for word in arguments[2:] if "=" in word)
    made = [Made(*map(int, word.split("."))) for word in arguments[2:] if "=" not in word]
    step = int(settings.get("batch", len(made)))
    print("ready", flush=True)
    for start in range(0, len(made), step):
        with Run(root, owner) as run:
            batch = made[start : start + step]
            run.add(frames_of(batch) | {"pages": pages_of(batch)})
            time.sleep(float(settings.get("pause", "0")))
            run.commit()
            print("committed", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
