from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import frictionless
import numpy as np
import pandas as pd
import pytest
import yaml
from warehouse_frames import Made, codebook, frames_of, pages_of

from warehouse.diff import RowCounts, compare, state_of
from warehouse.errors import DamagedDataset, NoDataset, ReleaseProblem
from warehouse.publish import publish, read_table
from warehouse.release import About, latest_release, make_release, releases, verify_release
from warehouse.schemas import TABLES
from warehouse.wide import make_wide

ABOUT = About(homepage="https://example.org/gongkai")
DAY = date(2024, 2, 1)
RELEASING = Path(__file__).with_name("releasing_process.py")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = [Made(number) for number in range(7)]
    root = tmp_path_factory.mktemp("published") / "parquet"
    publish(root, frames_of(made) | {"pages": pages_of(made), "codebook": codebook()})
    return root


@pytest.fixture
def root(published: Path, tmp_path: Path) -> Path:
    """A dataset of one's own, with twelve reports."""
    return Path(shutil.copytree(published, tmp_path / "parquet", symlinks=True))


def revise(root: Path) -> None:
    """One report revised, one withdrawn, one added."""
    publish(root, frames_of([Made(3, revision=1), Made(40)]), {Made(5).report_id})


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_release_holds_all_rows_and_its_own_proof(root: Path, tmp_path: Path) -> None:
    release = make_release(root, tmp_path / "releases", DAY, ABOUT)
    assert release.made and release.path.name == "2024-02-01.1"
    for table in TABLES:
        assert len(pd.read_parquet(release.path / table)) == len(read_table(root, table))
    assert verify_release(release.path) == len(content_of(release.path)) - 1
    sums = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=release.path, check=False)
    assert sums.returncode == 0


def test_unchanged_files_are_links_and_nothing_can_be_written(root: Path, tmp_path: Path) -> None:
    release = make_release(root, tmp_path / "releases", DAY, ABOUT)
    for path in (release.path / "requests").rglob("*.parquet"):
        assert path.samefile(root / path.relative_to(release.path))
    assert {path.stat().st_mode & 0o222 for path in release.path.rglob("*") if path.is_file()} == {0}


def test_releases_stay_as_they_are_when_the_dataset_goes_on(root: Path, tmp_path: Path) -> None:
    first = make_release(root, tmp_path / "releases", DAY, ABOUT)
    before = content_of(first.path)
    for revision in range(1, 4):
        publish(root, frames_of([Made(3, revision=revision)]))
    second = make_release(root, tmp_path / "releases", DAY, ABOUT)
    third = make_release(root, tmp_path / "releases", date(2024, 2, 2), ABOUT)
    assert second.path.name == "2024-02-01.2" and (third.made, third.path) == (False, second.path)
    assert content_of(first.path) == before
    assert releases(tmp_path / "releases") == [first.path, second.path]
    with pytest.raises(ReleaseProblem, match="2024-02-01"):
        revise(root)
        make_release(root, tmp_path / "releases", date(2024, 1, 31), ABOUT)


def test_the_tenth_release_of_a_day_comes_after_the_ninth(tmp_path: Path) -> None:
    for name in ("2024-02-01.9", "2024-02-01.10", "2023-12-01.11", "notes"):
        (tmp_path / name).mkdir()
    assert latest_release(tmp_path) == tmp_path / "2024-02-01.10"


def test_the_data_package_is_valid_by_its_own_validator(root: Path, tmp_path: Path) -> None:
    release = make_release(root, tmp_path / "releases", DAY, ABOUT)
    report = frictionless.validate(str(release.path / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])[:3]
    package = json.loads((release.path / "datapackage.json").read_text())
    assert [resource["name"] for resource in package["resources"]] == list(TABLES)
    requests = next(resource for resource in package["resources"] if resource["name"] == "requests")
    assert requests["rowCount"] == 7 * 175 and package["licenses"][0]["name"] == "CC-BY-4.0"
    for entry in requests["files"]:
        assert (release.path / entry["path"]).stat().st_size == entry["bytes"]


def test_the_croissant_file_names_every_column_and_files_that_exist(root: Path, tmp_path: Path) -> None:
    """The Croissant validator itself weighs 200 MB; what it checks of structure is checked here by hand."""
    release = make_release(root, tmp_path / "releases", DAY, ABOUT)
    described = json.loads((release.path / "croissant.json").read_text())
    sets = {entry["@id"]: entry for entry in described["distribution"]}
    assert described["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    for key in ("name", "description", "license", "url", "version", "datePublished", "creator", "citeAs"):
        assert described[key]
    for records in described["recordSet"]:
        fields = [field["name"] for field in records["field"]]
        assert fields == [column.name for column in TABLES[records["name"]].stored]
        for field in records["field"]:
            files = sets[field["source"]["fileSet"]["@id"]]
            assert list(release.path.glob(files["includes"]))
            assert field["dataType"].startswith("sc:") and field["description"]


def test_codebook_citation_and_changes_say_what_the_data_say(root: Path, tmp_path: Path) -> None:
    first = make_release(root, tmp_path / "releases", DAY, ABOUT)
    text = (first.path / "CODEBOOK.md").read_text()
    assert all(
        f"| `{row.code}` | {row.label_zh} | {row.label_en} |" in text for row in codebook().itertuples()
    )
    citation = yaml.safe_load((first.path / "CITATION.cff").read_text())
    assert citation["version"] == "2024-02-01.1" and citation["license"] == "CC-BY-4.0"
    assert "the first release" in (first.path / "CHANGES.md").read_text()
    revise(root)
    changes = (make_release(root, tmp_path / "releases", DAY, ABOUT).path / "CHANGES.md").read_text()
    assert "since release 2024-02-01.1" in changes
    for heading, made in (("added", Made(40)), ("revised", Made(3)), ("withdrawn", Made(5))):
        assert f"## Reports {heading}\n\n`{made.report_id}`\n" in changes
        assert f"| {heading} | 1 |" in changes


def test_a_damaged_release_is_found_out(root: Path, tmp_path: Path) -> None:
    path = make_release(root, tmp_path / "releases", DAY, ABOUT).path
    target = next((path / "requests").rglob("*.parquet"))
    content = target.read_bytes()
    target.unlink()
    with pytest.raises(DamagedDataset, match=target.name):
        verify_release(path)
    target.write_bytes(content[:-1] + b"X")
    with pytest.raises(DamagedDataset, match=f"{target.name}.*checksum"):
        verify_release(path)
    target.write_bytes(content)
    (path / "requests" / "more.parquet").write_bytes(b"")
    with pytest.raises(DamagedDataset, match=r"more\.parquet"):
        verify_release(path)


def test_killed_while_releasing_there_is_no_half_release_and_a_rerun_gives_the_same_bytes(
    root: Path, tmp_path: Path
) -> None:
    undisturbed = make_release(root, tmp_path / "undisturbed", DAY, ABOUT).path
    path = os.pathsep.join([str(RELEASING.parents[2]), str(RELEASING.parent)])
    for round_ in range(3):
        process = subprocess.Popen(
            [sys.executable, str(RELEASING), str(root), str(tmp_path / "releases")],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
        )
        assert process.stdout and process.stdout.readline() == b"ready\n"
        time.sleep(0.02 * round_)
        process.kill()
        process.wait()
        process.stdout.close()
        for release in releases(tmp_path / "releases"):
            assert content_of(release) == content_of(undisturbed)
    assert content_of(make_release(root, tmp_path / "releases", DAY, ABOUT).path) == content_of(undisturbed)
    assert [path.name for path in releases(tmp_path / "releases")] == ["2024-02-01.1"]


def test_the_difference_names_reports_and_figures(root: Path, tmp_path: Path) -> None:
    release = make_release(root, tmp_path / "releases", DAY, ABOUT).path
    revise(root)
    found = compare(state_of(release), state_of(root))
    assert (found.added, found.revised, found.withdrawn) == (
        (Made(40).report_id,),
        (Made(3).report_id,),
        (Made(5).report_id,),
    )
    assert found.rows["reports"] == RowCounts(added=1, removed=1, changed=1)
    old, new = (frames_of([Made(3, r)])["requests"].set_index(["item", "applicant"]) for r in (0, 1))
    changed = {
        key: (old["value"][key], new["value"][key])
        for key in old.index
        if not (old["value"][key] is pd.NA and new["value"][key] is pd.NA)
        and (
            old["value"][key] is pd.NA or new["value"][key] is pd.NA or old["value"][key] != new["value"][key]
        )
    }
    figures = found.figures.query("table == 'requests'")
    assert {(f.row, f.column): (f.value_before, f.value_after) for f in figures.itertuples()} == changed
    assert set(found.figures["report_id"]) == {Made(3).report_id}


def test_a_report_that_moved_is_revised_not_withdrawn_and_its_figures_unchanged(root: Path) -> None:
    before = state_of(root)
    moved = frames_of([Made(4)])
    moved["reports"] = moved["reports"].assign(region_code="650000")
    publish(root, moved)
    found = compare(before, state_of(root))
    assert (found.added, found.revised, found.withdrawn) == ((), (Made(4).report_id,), ())
    assert not len(found.figures)


def test_reading_pages_again_revises_nothing(root: Path) -> None:
    before = state_of(root)
    again = frames_of([Made(4)])
    again["reports"] = again["reports"].assign(extractor_version="9.9")
    publish(root, again)
    found = compare(before, state_of(root))
    assert found.revised == () and found.rows == {"reports": RowCounts(0, 0, 1)}
    assert compare(before, before).empty


def test_states_are_found_by_path_or_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(NoDataset):
        state_of(tmp_path)


def test_the_wide_view_has_every_cell_of_every_report_once(root: Path) -> None:
    wide = make_wide(root).set_index("report_id")
    assert len(wide) == 7
    for table in ("requests", "challenges", "disclosures"):
        _, row, column = TABLES[table].unique
        tidy = read_table(root, table)
        for cell in tidy.sample(300, random_state=1, replace=True).to_dict("records"):
            value = wide.loc[cell["report_id"], f"{table}.{cell[row]}.{cell[column]}"]
            assert (pd.isna(value) and pd.isna(cell["value"])) or value == cell["value"]
        cells = wide[[name for name in wide.columns if name.startswith(f"{table}.")]]
        assert int(cells.notna().sum().sum()) == int(tidy["value"].notna().sum())
        assert cells.shape[1] == len(tidy.groupby([row, column]))
    assert wide["requests.received.total"].dtype == "Int64"
    assert wide["disclosures.fees.amount"].dtype == np.float64


def test_a_release_is_widened_like_the_dataset_it_was_made_of(root: Path, tmp_path: Path) -> None:
    release = make_release(root, tmp_path / "releases", DAY, ABOUT).path
    before = make_wide(root)
    revise(root)
    pd.testing.assert_frame_equal(make_wide(release), before)
    with pytest.raises(NoDataset):
        make_wide(tmp_path)


def test_the_wide_view_follows_the_form_and_can_be_limited_to_years(root: Path) -> None:
    wide = make_wide(root, years=(Made(3).year,))
    assert set(wide["report_year"]) == {Made(3).year}
    cells = [name for name in wide.columns if name.startswith("requests.")]
    assert cells[:2] == ["requests.received.natural_person", "requests.received.commercial_enterprise"]
    assert cells[-1] == "requests.carried_forward.total"
    with pytest.raises(NoDataset, match="1999"):
        make_wide(root, years=(1999,))
