"""Makes one release, and says when it begins. Arguments: dataset root, folder of releases."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from warehouse.release import About, make_release

if __name__ == "__main__":
    print("ready", flush=True)
    about = About(homepage="https://example.org/gongkai")
    make_release(Path(sys.argv[1]), Path(sys.argv[2]), date(2024, 2, 1), about)
