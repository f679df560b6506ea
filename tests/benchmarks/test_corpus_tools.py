"""The text tools behind the corpus: what they keep, and what happens when one cannot be had."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from benchmarks.corpus import tools
from benchmarks.corpus.content import write_content
from benchmarks.corpus.documents import survey
from benchmarks.corpus.pages import Dress, write_page
from benchmarks.corpus.shapes import Shape, lay_out
from benchmarks.corpus.truths import CellTruth, draw_truth


@pytest.mark.parametrize(
    ("tool", "requests"),
    [
        ("html2text", "kept"),
        ("markdownify", "kept"),
        ("inscriptis", "thinned"),
        ("trafilatura-2.0.0", "thinned"),
    ],
)
def test_a_blank_cell_keeps_its_place_or_not_as_the_tool_is_known_for(tool: str, requests: str) -> None:
    rng = Random(4)
    truth = draw_truth(rng)
    cells = {key: CellTruth(7, "reported", "7") for key in truth.cells}
    cells["requests", "granted", "research_institution"] = CellTruth(None, "blank", "")
    truth = truth.with_cells(cells)
    tables = lay_out(rng, truth, Shape(broken_headers=False))
    content = write_content(rng, truth, tables)
    page = write_page(rng, truth, content, "plain", Dress(navigation=False)).replace("{charset}", "")
    texts = tools.convert(tool, [page])
    assert texts is not None
    assert texts[0] is not None
    found = survey(texts[0], tables, keeps_blanks=tool in tools.KEEPS_BLANKS)
    assert found == {"disclosures": "kept", "requests": requests, "challenges": "kept"}


def test_a_version_that_cannot_be_installed_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder can stand here")
    monkeypatch.setattr(tools, "CACHE", blocked)
    assert tools.convert("trafilatura-1.6.4", ["<p>x</p>"]) is None
    assert "skipped trafilatura-1.6.4" in capsys.readouterr().err
