"""A dataset for the explorer: the sample site's pages as read by `extract`, one of them made hostile, some gone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.console import Console

from flows.extract import run_extract
from warehouse.publish import publish, read_table
from warehouse.schemas import TABLES

ROOT = Path(__file__).parents[2]
SAMPLE_SITE = ROOT / "data" / "sample_site"
TITLE = "<script>document.documentElement.dataset.owned = 1</script><img src=x onerror=alert(1)>"
ORGAN = '=HYPERLINK("http://198.51.100.7/","永定区教育局")'
SOURCE = "javascript:document.documentElement.dataset.owned=2//"
TEXT = "<b onmouseover=alert(3)>粗体</b></script><script>document.documentElement.dataset.owned = 4</script>"


def make_dataset(folder: Path) -> Path:
    """Publish the dataset below `folder` and return its root."""
    read = folder / "read"
    with (folder / "printed.txt").open("w", encoding="utf-8") as screen:
        run_extract(Console(file=screen), [SAMPLE_SITE], read)
    frames = {name: read_table(read, name) for name in TABLES}
    hostile = frames["issues"].loc[frames["issues"]["check"] == "balance", "report_id"].iloc[0]
    reports = frames["reports"]
    row = reports["report_id"] == hostile
    reports.loc[row, ["title", "agency_name", "source"]] = [TITLE, ORGAN, SOURCE]
    sections = frames["sections"]
    sections.loc[(sections["report_id"] == hostile) & (sections["section"] == 1), "text"] = TEXT
    organ = frames["agencies"]["agency_id"] == reports.loc[row, "agency_id"].iloc[0]
    frames["agencies"].loc[organ, "agency_name"] = ORGAN
    frames["coverage"] = _with_gaps(frames["coverage"], hostile)
    root = folder / "parquet"
    publish(root, frames)
    return root


def _with_gaps(coverage: pd.DataFrame, refused: str) -> pd.DataFrame:
    """One organ-year gone, one refused: the sample site has neither."""
    coverage = coverage.copy()
    coverage.loc[coverage["report_id"] == refused, "state"] = "refused"
    gone = coverage.index[coverage["state"] == "present"][3]
    coverage.loc[gone, "state"] = "missing"
    coverage.loc[gone, "report_id"] = None
    return coverage


def hostile_report(root: Path) -> str:
    """The report_id of the hostile report."""
    reports = read_table(root, "reports")
    return str(reports.loc[reports["title"] == TITLE, "report_id"].iloc[0])
