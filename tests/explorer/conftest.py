"""One dataset and one site for all tests of the explorer, whichever worker runs them: building costs most."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from explorer_data import make_dataset
from filelock import FileLock

from warehouse.explorer.site import Night, Origin, build_site
from warehouse.snapshots import current

NIGHTS = (
    Night("whole", "完成的来源", "complete", "", 12, 0),
    Night("broken", "失败的来源", "failed", "tls", 0, 3),
)


@pytest.fixture(scope="session")
def shared(only_loopback: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share, with `parquet` and `site`, made by the first that asks."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "explorer"
    with FileLock(f"{folder}.lock"):
        if not (folder / "site").is_dir():
            folder.mkdir()
            root = make_dataset(folder)
            state = current(root)
            assert state is not None
            build_site(state, folder / "site", Origin("2026-11-23.1", str(root), nights=NIGHTS))
    return folder


@pytest.fixture(scope="session")
def dataset(shared: Path) -> Path:
    return shared / "parquet"


@pytest.fixture(scope="session")
def site(shared: Path) -> Path:
    return shared / "site"
