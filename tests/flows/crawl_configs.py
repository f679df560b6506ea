"""Configurations for sources on loopback."""

from __future__ import annotations

from pathlib import Path

import yaml

LIST = "/col/col1203/index.html"


def configuration(folder: Path, crawl: dict[str, object] | None = None, /, **sites: int) -> Path:
    """A config.yaml in `folder`: for each id, the sample site's district list at that port."""
    path = folder / "config.yaml"
    settings = {
        "contact": "tests, on loopback",
        "data": {"archive": "archive", "datasets": "parquet", "state": "state", "releases": "releases"},
        "crawl": {"delay_seconds": 0.0, "backoff_seconds": 0.01, **(crawl or {})},
        "schedule": {"cron": "30 2 * * *"},
        "sites": [
            {
                "id": name, "name": "永定区人民政府", "region": "430802", "family": "hanweb",
                "status": "unverified",
                "lists": [f"http://127.0.0.1:{port}{LIST}"], "allow": [f"127.0.0.1:{port}"],
            }
            for name, port in sites.items()
        ],
    }  # fmt: skip
    path.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path
