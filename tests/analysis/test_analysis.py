"""docs/analysis is true: pandas, DuckDB and Polars answer alike, and as was counted by hand.

Two datasets: the sample site, whose figures are known, and the golden pages, which hold every state that a table can
be read in and every status of a cell. Table coverage, which the nightly build makes, is added to both.
"""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from transforms.history import coverage_of
from warehouse.publish import publish, read_table
from warehouse.release import About, make_release
from warehouse.wide import make_wide

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "analysis"
PAGES = sorted(DOCS.glob("*.md"))
QUESTIONS = sorted(file.stem for file in DOCS.glob("*.sql") if file.stem != "tables")
SOURCES = {"sample site": ROOT / "data" / "sample_site", "golden pages": ROOT / "tests" / "golden"}
TRAPS = re.findall(
    r"^```sql wrong\n(.+?)^```\n+^```sql right\n(.+?)^```",
    (DOCS / "traps.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)

# A report of text alone, which does not say its year.
UNDATED = (
    "<html><head><meta charset='utf-8'><title>本局政府信息公开工作年度报告</title></head><body>"
    + "<p>全年按时答复申请，主动公开各类信息，健全工作制度，加强平台建设和监督保障。</p>" * 12
    + "</body></html>"
)

pytestmark = pytest.mark.xdist_group("analysis")
Row = tuple[Any, ...]


def told(columns: list[str], rows: list[Row]) -> list[dict[str, Any]]:
    """Rows by column name, in one order; each tool's null is None, each tool's number Python's."""
    plain = [
        {
            name: None if pd.isna(value) else value.item() if hasattr(value, "item") else value
            for name, value in sorted(zip(columns, row, strict=True))
        }
        for row in rows
    ]
    return sorted(plain, key=in_order)


def in_order(row: dict[str, Any]) -> list[tuple[bool, str]]:
    """Figures with a fraction may differ in the last digit, so they decide no order."""
    return [(value is not None, str(value)) for value in row.values() if not isinstance(value, float)]


def near(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows to compare with: figures with a fraction are summed in an order that threads decide."""
    return [
        {
            name: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in rows
    ]


class Answers:
    """What each of the three tools answers about one dataset."""

    def __init__(self, dataset: Path) -> None:
        self.dataset = dataset
        self.database = duckdb.connect()
        self.database.execute("set variable dataset = $folder", {"folder": str(dataset)})
        self.database.execute((DOCS / "tables.sql").read_text(encoding="utf-8"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GONGKAI_DATASET", str(dataset))
            self.frames = runpy.run_path(str(DOCS / "with_pandas.py"))["answers"]
            polars = runpy.run_path(str(DOCS / "with_polars.py"))["answers"]
            self.polars = {name: answer.collect() for name, answer in polars.items()}

    def pandas_rows(self, question: str) -> list[dict[str, Any]]:
        frame = self.frames[question]
        return told(list(frame.columns), list(frame.itertuples(index=False, name=None)))

    def polars_rows(self, question: str) -> list[dict[str, Any]]:
        return told(self.polars[question].columns, self.polars[question].rows())

    def duckdb_rows(self, question: str) -> list[dict[str, Any]]:
        found = self.database.sql((DOCS / f"{question}.sql").read_text(encoding="utf-8"))
        return told(list(found.columns), found.fetchall())

    def figure(self, query: str) -> Any:
        return self.database.sql(query).fetchall()[0][0]


@pytest.fixture(scope="session")
def all_answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answers]:
    found = {}
    for name, source in SOURCES.items():
        folder = tmp_path_factory.mktemp("analysis")
        dataset, pages = folder / "dataset", folder / source.name
        shutil.copytree(source, pages)
        for page in pages.rglob("*.*htm*"):
            # Some organs are to stay unknown: analyses must bear that.
            page.write_bytes(page.read_bytes().replace(b"SiteIDCode", b"SiteNumber"))
        (pages / "undated.html").write_text(UNDATED, encoding="utf-8")
        command = [sys.executable, "-m", "flows.cli", "extract", str(pages), "--out", str(dataset)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=60)
        assert (dataset / "reports").exists(), done.stderr
        publish(dataset, {"coverage": coverage_of(read_table(dataset, "reports"))})
        found[name] = Answers(dataset)
    return found


@pytest.fixture
def sample(all_answers: dict[str, Answers]) -> Answers:
    return all_answers["sample site"]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_three_tools_give_the_same_answer(
    question: str, source: str, all_answers: dict[str, Answers]
) -> None:
    answers = all_answers[source]
    expected = near(answers.duckdb_rows(question))
    assert answers.pandas_rows(question) == expected
    assert answers.polars_rows(question) == expected


def test_no_question_goes_unanswered(all_answers: dict[str, Answers]) -> None:
    """Equal answers that are all empty would show nothing."""
    for question in QUESTIONS:
        assert any(answers.duckdb_rows(question) for answers in all_answers.values()), question
    golden = all_answers["golden pages"]
    assert {row["state"] for row in golden.duckdb_rows("states")} == {
        "exact", "inferred", "partial", "absent", "refused",
    }  # fmt: skip
    assert {row["status"] for row in golden.duckdb_rows("statuses")} == {
        "reported", "blank", "dash", "unreadable", "missing",
    }  # fmt: skip


def test_trends_and_outcomes_are_those_of_the_truth(sample: Answers) -> None:
    """Sums over tests/sample_site/truth/requests.csv: total of received, of granted, of group other."""
    received: dict[int, int] = {}
    for row in sample.duckdb_rows("trends"):
        received[row["report_year"]] = received.get(row["report_year"], 0) + (row["received"] or 0)
    assert [received[year] for year in (2019, 2020, 2023)] == [2787, 1772, 2384]
    outcomes = {
        (row["report_year"], row["item_group"]): row for row in sample.duckdb_rows("outcomes_by_year")
    }
    assert [outcomes[year, "granted"]["outcomes"] for year in (2019, 2020, 2023)] == [1280, 815, 1012]
    assert outcomes[2019, "other"]["outcomes"] == 58
    assert outcomes[2023, "other"]["outcomes"] == 46 + 39 + 44
    assert outcomes[2020, "granted"]["share"] == pytest.approx(815 / 1741)


def test_growth_follows_only_organs_of_both_years(sample: Answers) -> None:
    """2019 to 2020: the city, its water, audit and natural resources bureaus, and 慈利县. 永定区 stands for two
    regions on its own site, 农业农村局 begins in 2020."""
    growth = next(row for row in sample.duckdb_rows("growth") if row["report_year"] == 2020)
    assert (growth["organs"], growth["before"], growth["after"]) == (
        5, 2503 + 16 + 6 + 62 + 68, 1376 + 21 + 6 + 93 + 85,
    )  # fmt: skip


def test_reconsiderations_are_those_of_the_truth(sample: Answers) -> None:
    routes = {(row["report_year"], row["route"]): row for row in sample.duckdb_rows("challenges")}
    first, last = routes[2019, "reconsideration"], routes[2023, "reconsideration"]
    assert (first["total"], first["decided"], first["corrected"]) == (109, 10 + 7 + 82, 7)
    assert (last["total"], last["decided"], last["corrected"]) == (139, 12 + 49 + 62, 49)
    assert last["share"] == pytest.approx(49 / 123)


def test_the_report_that_does_not_add_up_is_found_in_the_wide_view(sample: Answers) -> None:
    """永定区教育局 printed for 2022: received 8, carried in 0, outcomes 5, carried forward 1."""
    (row,) = sample.duckdb_rows("balance")
    figures = row["received"], row["carried_in"], row["outcome_total"], row["carried_forward"]
    assert (row["report_year"], figures) == (2022, (8, 0, 5, 1))


def test_duplicates_are_found_with_and_without_an_organ(sample: Answers) -> None:
    """慈利县交通运输局 printed 2022 twice on one list; 永定区's report of 2021 stands on two sites, and only the
    city's resolves its organ."""
    sources = dict(sample.database.sql("select report_id, source from reports").fetchall())
    pairs = {
        (row["how"], frozenset(Path(sources[row[end]]).stem for end in ("report_id", "same_as")))
        for row in sample.duckdb_rows("duplicates")
    }
    assert ("named", frozenset({"content_72075", "content_76708"})) in pairs
    assert ("suspected", frozenset({"art_1203_890802", "t20220222_1504079"})) in pairs


def test_gaps_are_what_coverage_calls_missing(sample: Answers) -> None:
    """永定区 printed a report for 2020, but on its own site the name stands for two regions."""
    missing = sample.database.sql(
        "select agency_id, report_year from coverage where state = 'missing' order by all"
    )
    gaps = sample.duckdb_rows("gaps")
    assert [(row["agency_id"], row["report_year"]) for row in gaps] == missing.fetchall()
    assert ("永定区人民政府", 2020, 2) in {
        (row["agency_name"], row["report_year"], row["unresolved"]) for row in gaps
    }


@pytest.mark.parametrize("trap", range(len(TRAPS)))
def test_a_trap_is_one(trap: int, sample: Answers) -> None:
    wrong, right = (sample.figure(query) for query in TRAPS[trap])
    assert wrong is not None and right is not None
    assert wrong != right


def test_all_traps_are_read() -> None:
    """A pair with a misspelt mark would be left out of the test above without a word."""
    text = (DOCS / "traps.md").read_text(encoding="utf-8")
    assert len(TRAPS) * 2 == len(re.findall(r"^```\w", text, re.MULTILINE)) > 20


def test_the_readmes_python_runs(
    sample: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "parquet").symlink_to(sample.dataset)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(
        r"^```python\n(.+?)^```", (DOCS / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    tidy: dict[str, Any] = {}
    wide: dict[str, Any] = {}
    exec(compile(blocks[0], "README.md", "exec"), tidy)
    exec(compile(blocks[1], "README.md", "exec"), wide)
    assert len(blocks) == 2
    assert len(tidy["trends"].fetchall()) == len(sample.duckdb_rows("trends"))
    # Neither duplicates, nor list pages taken for reports: those that count.
    assert len(wide["wide"]) == sum(row["printed"] for row in sample.duckdb_rows("trends"))


def test_the_wide_view_and_the_tidy_tables_find_the_same_reports(sample: Answers) -> None:
    wide = make_wide(sample.dataset)
    received, carried_in, outcomes, carried_forward = (
        wide[f"requests.{item}.total"]
        for item in ("received", "carried_in", "outcome_total", "carried_forward")
    )
    differ = (received + carried_in != outcomes + carried_forward).fillna(False)
    assert set(wide.loc[differ, "report_id"]) == {row["report_id"] for row in sample.duckdb_rows("balance")}


def test_a_release_is_read_as_the_dataset_is(sample: Answers, tmp_path: Path) -> None:
    release = make_release(sample.dataset, tmp_path, date(2024, 2, 1), About(homepage="https://example.org"))
    released = Answers(release.path)
    for question in QUESTIONS:
        expected = near(sample.duckdb_rows(question))
        assert released.duckdb_rows(question) == expected
        assert released.pandas_rows(question) == expected
        assert released.polars_rows(question) == expected


@pytest.mark.parametrize("script", ["with_pandas.py", "with_polars.py"])
def test_the_scripts_print_every_answer(
    script: str, sample: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGKAI_DATASET", str(sample.dataset))
    command = [sys.executable, str(DOCS / script)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert [name for name in QUESTIONS if name not in done.stdout.split()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_lists_every_question() -> None:
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    assert [name for name in QUESTIONS if f"({name}.sql)" not in text] == []
