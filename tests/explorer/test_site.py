"""The site as files: small enough, closed to what is not its own, complete in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest
from explorer_data import TEXT, TITLE, hostile_report

from extractors.errors import ExtractorError
from flows.explore import make_server
from warehouse.errors import ExplorerProblem
from warehouse.explorer import plan, queries
from warehouse.explorer.pages import FILES
from warehouse.explorer.plan import FOLDER, LANGUAGES, Measure, measures, provinces, words
from warehouse.explorer.shards import FILE_LIMIT, SHARD_BYTES, Shards, write_json, write_lists
from warehouse.explorer.site import MARKER, Origin, build_site
from warehouse.publish import read_table
from warehouse.snapshots import current

SCRIPTS = sorted((FOLDER / "static").glob("*.js"))
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')


def leaves(entry: object, path: str = "") -> set[str]:
    if isinstance(entry, dict):
        return {leaf for key, inner in entry.items() for leaf in leaves(inner, f"{path}.{key}")}
    return {path}


def test_both_languages_have_the_same_words() -> None:
    assert leaves(words("zh")) == leaves(words("en"))
    assert not [text for text in json.dumps(words("zh"), ensure_ascii=False).split('"') if "TODO" in text]


def test_a_word_without_one_language_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "load", {"words.yaml": {"common": {"year": {"zh": "年度"}}}}.get)
    plan.words.cache_clear()
    with pytest.raises(ExplorerProblem, match=r"words.yaml: common.year: needs texts for zh and en"):
        plan.words("zh")
    monkeypatch.undo()
    plan.words.cache_clear()


def test_every_word_that_scripts_ask_for_is_there() -> None:
    asked = {
        tuple(match.split("."))
        for script in SCRIPTS
        for match in re.findall(r"\bwords\.([a-z_]+\.[a-z_0-9]+)\b(?!\()", script.read_text(encoding="utf-8"))
    }
    assert len(asked) > 80
    known = words("en")
    assert [pair for pair in sorted(asked) if pair[1] not in known[pair[0]]] == []


def test_what_the_dataset_holds_has_words(dataset: Path) -> None:
    known = words("zh")
    issues, pages = read_table(dataset, "issues"), read_table(dataset, "pages")
    assert set(issues["check"]) | set(pages["outcome"]) - {"report"} <= set(known["checks"])
    assert set(read_table(dataset, "agencies")["kind"].dropna()) <= set(known["kinds"])


def test_every_reason_why_a_file_is_not_read_has_words() -> None:
    families = [ExtractorError]
    for family in families:
        families += family.__subclasses__()
    states = {family.state for family in families if "state" in vars(family)}
    assert len(states) > 10
    assert states <= set(words("en")["checks"])


def test_the_measures_are_cells_of_the_codebook(dataset: Path) -> None:
    codebook = read_table(dataset, "codebook")
    groups = set(codebook["group"].dropna())
    for measure in measures():
        held = codebook[codebook["table"] == measure.table]
        for column, code in measure.where.items():
            known = groups if column == "item_group" else set(held.loc[held["dimension"] == column, "code"])
            assert code in known, measure
    assert Measure("x", "requests", {"item": "no"}).labels({}) == {"zh": "no", "en": "no"}


def test_the_provinces_are_those_of_the_census() -> None:
    assert sum("people" in entry for entry in provinces()) == 31
    assert len({entry["iso"] for entry in provinces() if "iso" in entry}) == 31


def test_no_file_is_large_and_every_report_is_found(site: Path, dataset: Path) -> None:
    files = [path for path in site.rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) < FILE_LIMIT
    for report_id in read_table(dataset, "reports")["report_id"]:
        place = json.loads((site / "data" / "ids" / f"{report_id[:2]}.json").read_text("utf-8"))[report_id]
        held = json.loads((site / "data" / "reports" / f"{place}.json").read_text("utf-8"))[report_id]
        assert held["report_id"] == report_id


def test_pages_let_nothing_in_but_their_own(site: Path) -> None:
    pages = [site / language / name for language in LANGUAGES for name in FILES.values()]
    for page in [*pages, site / "index.html"]:
        text = page.read_text(encoding="utf-8")
        policy = POLICY.search(text)
        assert policy is not None
        assert "default-src 'none'" in policy[1]
        assert "unsafe-eval" not in policy[1]
        assert not re.search(r"script-src[^;]*(unsafe-inline|http)", policy[1])
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
        assert not re.search(r"<[^>]+ on[a-z]+=", text)
        assert "<title>" in text
        assert re.search(r'<html lang="(zh-Hans|en)">', text)


def test_scripts_make_no_markup_from_text() -> None:
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
        ), script


def test_no_page_holds_what_reports_say(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert TITLE not in text
        assert TEXT not in text


def test_a_site_is_replaced_and_a_strange_folder_is_not(site: Path, dataset: Path, tmp_path: Path) -> None:
    strange = tmp_path / "mine"
    strange.mkdir()
    (strange / "letter.txt").write_text("keep me")
    state = current(dataset)
    assert state is not None
    with pytest.raises(ExplorerProblem, match="holds something that is no site"):
        build_site(state, strange, Origin("x", "x"))
    assert [path.name for path in strange.iterdir()] == ["letter.txt"]
    before = {path.relative_to(site): path.read_bytes() for path in site.rglob("*.json")}
    (strange / "letter.txt").unlink()
    # With the script bundle of the site before, another build takes no seconds for it.
    for name in (MARKER, "static/vega.js"):
        (strange / name).parent.mkdir(exist_ok=True)
        (strange / name).write_bytes((site / name).read_bytes())
    (strange / "left.json").write_text("{}")
    again = build_site(state, strange, Origin("2026-11-23.1", str(dataset)))
    after = {path.relative_to(strange): path.read_bytes() for path in strange.rglob("*.json")}
    assert {name for name in before if before[name] != after.get(name)} == {Path("data/quality.json")}
    assert Path("left.json") not in after
    assert again.reports == len(read_table(dataset, "reports"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_amounts_add_up_alike_whatever_order_the_rows_come_in() -> None:
    amounts = [0.1, 0.2, 0.3, 1e9, 12.34, 0.07, 5000.55]
    names = ", ".join(f'"{measure.code}"' for measure in measures())
    sums = set()
    for turn in range(len(amounts)):
        with duckdb.connect() as connection:
            nulls = names.replace('"fees_amount"', "value as fees_amount")
            nulls = ", ".join(
                f"null::bigint as {name}" if "value" not in name else name for name in nulls.split(", ")
            )
            connection.execute(
                f"create table figures as select 2023 as report_year, '11' as province, 'city' as level, "
                f"'government' as who, {nulls} from (select unnest(?) as value)",
                [amounts[turn:] + amounts[:turn]],
            )
            sums.add(json.dumps(queries.cube(connection)["rows"]))
    assert len(sums) == 1, sums


def test_shards_are_closed_when_full(tmp_path: Path) -> None:
    shards = Shards(tmp_path, "s")
    places = {f"k{n}": shards.add(f"k{n}", "字" * 50_000) for n in range(7)}
    shards.close()
    assert set(places.values()) == {"s-0", "s-1", "s-2", "s-3"}
    for key, place in places.items():
        path = tmp_path / f"{place}.json"
        assert path.stat().st_size < SHARD_BYTES + 10
        assert len(json.loads(path.read_text("utf-8"))[key]) == 50_000
    rows = [[n, "x" * 1000] for n in range(2500)]
    count = write_lists(tmp_path, "rows", rows)
    parts = [json.loads((tmp_path / f"rows-{n}.json").read_text("utf-8")) for n in range(count)]
    assert [row for part in parts for row in part] == rows
    assert count == 3
    with pytest.raises(ExplorerProblem, match="5,000,000 are allowed"):
        write_json(tmp_path / "big.json", "x" * FILE_LIMIT)


def test_the_hostile_report_keeps_its_words_as_data(site: Path, dataset: Path) -> None:
    report_id = hostile_report(dataset)
    place = json.loads((site / "data" / "ids" / f"{report_id[:2]}.json").read_text("utf-8"))[report_id]
    held = json.loads((site / "data" / "reports" / f"{place}.json").read_text("utf-8"))[report_id]
    assert held["title"] == TITLE


def test_the_server_is_on_loopback_only(site: Path) -> None:
    with make_server(site, 0) as server:
        assert server.server_address[0] == "127.0.0.1"
