"""The sample site is what its generator makes, its truth is sound, and its pages print that truth."""

from __future__ import annotations

import csv
import posixpath
import re
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cache
from urllib.parse import urljoin

import pytest
import yaml
from bs4 import BeautifulSoup
from make_site import SITE, TRUTH, committed_files, make_site
from site_plan import SPECIALS, STYLES

Row = dict[str, str]

GBK = {"gbk_declared", "gbk_as_utf8", "gbk_undeclared"}
ROWS = {"2019": 23, "2021": 25}


@cache
def made() -> tuple[dict[str, bytes], dict[str, str]]:
    return make_site()


@cache
def truth(name: str) -> list[Row]:
    with (TRUTH / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def cells(name: str) -> dict[tuple[str, str], list[Row]]:
    found = defaultdict(list)
    for row in truth(name):
        found[row["source"], row["revision"]].append(row)
    return found


def page_bytes(report: Row) -> bytes:
    folder = SITE / "revised" if report["revision"] == "1" else SITE
    return (folder / report["source"].lstrip("/")).read_bytes()


@cache
def page_text(source: str, revision: str) -> str:
    """The page decoded by the truth's word on its charset."""
    report = next(r for r in truth("reports") if (r["source"], r["revision"]) == (source, revision))
    return page_bytes(report).decode("gbk" if GBK & set(report["special"].split()) else "utf-8")


def original_reports() -> list[Row]:
    return [report for report in truth("reports") if not report["same_as"]]


def with_special(name: str) -> Row:
    return next(report for report in original_reports() if name in report["special"].split())


def test_committed_site_is_what_the_generator_makes() -> None:
    pages, _ = made()
    committed = committed_files()
    assert sorted(committed) == sorted(pages)
    assert [name for name in pages if committed[name] != pages[name]] == []


def test_committed_truth_is_what_the_generator_makes() -> None:
    _, files = made()
    assert {path.name: path.read_text(encoding="utf-8") for path in TRUTH.iterdir()} == files


def test_site_stays_small() -> None:
    sizes = [len(content) for content in committed_files().values()]
    assert sum(sizes) <= 6_000_000
    assert max(sizes) <= 1_000_000


def test_reports_span_years_organs_and_both_forms() -> None:
    reports = [report for report in original_reports() if report["revision"] == "0"]
    assert len(reports) >= 48
    assert len({report["organ_id"] for report in reports}) >= 12
    assert {report["report_year"] for report in reports} == {"2019", "2020", "2021", "2022", "2023"}
    assert {report["level"] for report in reports} == {"city", "county", "township"}
    forms = {(report["report_year"], report["template"]) for report in reports}
    assert ("2021", "2019") in forms
    assert {form for year, form in forms if year in {"2019", "2020"}} == {"2019"}
    assert {form for year, form in forms if year in {"2022", "2023"}} == {"2021"}


def test_every_report_has_the_cells_of_its_whole_form() -> None:
    for report in original_reports():
        key = (report["source"], report["revision"])
        assert len(cells("requests")[key]) == 7 * ROWS[report["template"]]
        assert len(cells("challenges")[key]) == 15
        assert len(cells("disclosures")[key]) == {"2019": 22, "2021": 10}[report["template"]]
        assert len(cells("sections")[key]) == 6


def test_every_style_and_special_is_published() -> None:
    assert {report["style"] for report in original_reports()} == STYLES
    assert {name for report in original_reports() for name in report["special"].split()} == SPECIALS


def holds(report: Row) -> bool:
    """The form's identities over the truth's values, computed apart from the generator's own check."""
    key = (report["source"], report["revision"])
    table = {(r["item"], r["applicant"]): Decimal(r["value"]) for r in cells("requests")[key] if r["value"]}
    items = list(dict.fromkeys(r["item"] for r in cells("requests")[key]))
    applicants = list(dict.fromkeys(r["applicant"] for r in cells("requests")[key]))
    sums = [([(i, a) for a in applicants[:-1]], [(i, applicants[-1])]) for i in items]
    for applicant in applicants:
        outcomes = [(i, applicant) for i in items[2:-2]]
        sums.append((outcomes, [("outcome_total", applicant)]))
        carried = [("outcome_total", applicant), ("carried_forward", applicant)]
        sums.append(([("received", applicant), ("carried_in", applicant)], carried))
    full = [(left, right) for left, right in sums if all(part in table for part in (*left, *right))]
    if any(sum(table[p] for p in left) != sum(table[p] for p in right) for left, right in full):
        return False
    routes = defaultdict(list)
    for row in cells("challenges")[key]:
        routes[row["route"]].append(row["value"])
    whole = [list(map(Decimal, values)) for values in routes.values() if all(values)]
    return all(sum(values[:-1]) == values[-1] for values in whole)


def test_identities_hold_but_in_the_report_with_false_sums() -> None:
    broken = {report["source"] for report in original_reports() if not holds(report)}
    assert broken == {with_special("false_sums")["source"]}
    assert {row["source"] for row in truth("broken_identities")} == broken
    assert {row["check"] for row in truth("broken_identities")} == {
        "applicants",
        "outcomes",
        "balance",
        "results",
    }


def test_statuses_follow_from_what_is_printed() -> None:
    for name in ("requests", "challenges", "disclosures"):
        for row in truth(name):
            assert (row["status"] == "reported") == bool(row["value"])
            assert (row["status"] == "blank") == (row["printed"] == "")
    assert Counter(row["status"] for row in truth("requests")).keys() == {"reported", "blank", "dash"}


def grid_rows(report: Row) -> list[list[str]]:
    """Every innermost table row that prints anything, as its cells' text, read with BeautifulSoup."""
    soup = BeautifulSoup(page_text(report["source"], report["revision"]), "lxml")
    found = [row.find_all("td", recursive=False) for row in soup.find_all("tr") if row.find("table") is None]
    rows = [["".join(cell.get_text().split()) for cell in row] for row in found]
    return [row for row in rows if any(row)]


def pipe_rows(report: Row) -> list[list[str]]:
    """Rows of a page whose tables are pipe text. None of them has a blank cell: empty pieces are padding."""
    soup = BeautifulSoup(page_text(report["source"], report["revision"]), "lxml")
    for tag in soup.find_all(["br", "p"]):
        tag.insert_after("\n")
    lines = [line.strip() for line in soup.get_text().splitlines() if line.strip()]
    if report["style"] == "pipes_c":
        start = lines.index("二、主动公开政府信息情况")
        lines = re.split(r"\n(?=\| |[一二三四五六]、)", "\n".join(lines[start:]))
    rows = [["".join(piece.split()) for piece in line.split("|")] for line in lines if "|" in line]
    return [[piece for piece in row if piece] for row in rows]


def printed(report: Row, name: str) -> list[str]:
    return [row["printed"] for row in cells(name)[report["source"], report["revision"]]]


def is_requests_row(row: list[str]) -> bool:
    """A row of table 三 opens with a numbered label, or with the empty rest of a parted one."""
    return 7 < len(row) < 12 and re.match(r"[一二三四（(]|\d[.．]|$", row[0]) is not None


ITEMS = ("规章", "规范性文件", "行政规范性文件", "行政许可", "其他对外管理服务事项", "行政处罚", "行政强制")
DISCLOSED = (*ITEMS, "行政事业性收费", "政府集中采购")


@pytest.mark.parametrize("report", original_reports(), ids=lambda r: f"{r['organ_id']}-{r['report_year']}")
def test_page_prints_its_truth(report: Row) -> None:
    rows = pipe_rows(report) if report["style"].startswith("pipes") else grid_rows(report)
    start = next(n for n, row in enumerate(rows) if re.fullmatch("第二十条第[（(]一[）)]项", row[0]))
    rows = rows[start:]
    figures = [row for row in rows if is_requests_row(row)]
    subtotal = "subtotal_column" in report["special"]
    values = [row[-8:-2] + row[-1:] if subtotal else row[-7:] for row in figures]
    assert [value for row in values for value in row] == printed(report, "requests")
    disclosed = [value for row in rows if row[0] in DISCLOSED for value in row[1:]]
    assert disclosed == printed(report, "disclosures")
    assert next(row for row in rows if len(row) == 15) == printed(report, "challenges")


def test_twins_repeat_their_report() -> None:
    twins = {r["special"]: r for r in truth("reports") if r["same_as"]}
    same = twins["twin_same_list"]
    assert page_bytes(same) == (SITE / same["same_as"].lstrip("/")).read_bytes()
    other = twins["twin_other_list"]
    original = next(r for r in original_reports() if r["source"] == other["same_as"])
    assert page_bytes(other) != page_bytes(original)
    assert other["list"] != original["list"]
    first, second = grid_rows(other), grid_rows(original)
    assert first[-len(second) :] == second


def test_revision_changes_figures_at_the_same_address() -> None:
    before, after = (r for r in original_reports() if "revised" in r["special"])
    assert (before["source"], before["revision"], after["revision"]) == (after["source"], "0", "1")
    old, new = (cells("requests")[r["source"], r["revision"]] for r in (before, after))
    assert 0 < sum(a["value"] != b["value"] for a, b in zip(old, new, strict=True)) < 20


def test_gbk_pages_declare_what_the_plan_says() -> None:
    declared = {"gbk_declared": b"gb2312", "gbk_as_utf8": b"charset=utf-8", "gbk_undeclared": b""}
    for special, charset in declared.items():
        content = page_bytes(with_special(special))
        found = re.search(rb"charset=[\w-]+", content)
        assert (charset in found[0]) if charset and found else (found is None)
        with pytest.raises(UnicodeDecodeError):
            content.decode("utf-8")
        with pytest.raises(UnicodeDecodeError):
            content.decode("gb2312")


def test_lists_name_every_page() -> None:
    expected = {report["source"] for report in truth("reports")} | {
        row["source"] for row in truth("not_reports")
    }
    listed = []
    for site in yaml.safe_load((SITE / "site.yaml").read_text(encoding="utf-8"))["sites"]:
        pages = sorted(SITE.joinpath(posixpath.dirname(site["list"]).lstrip("/")).glob("*.html"))
        hrefs = []
        for page in pages:
            base = "/" + page.relative_to(SITE).as_posix()
            hrefs += [
                urljoin(base, href)
                for href in re.findall(r'href="([^"]+)"', page.read_text(encoding="utf-8"))
            ]
        articles = [href for href in hrefs if href in expected]
        assert len(articles) == site["entries"]
        assert (
            sum(href not in {r["source"] for r in truth("not_reports")} for href in articles)
            == site["reports"]
        )
        listed += articles
    assert sorted(listed) == sorted(expected)


def test_links_stay_on_the_site_and_lead_somewhere() -> None:
    for name, content in committed_files().items():
        if not name.endswith(("html", "shtml")):
            continue
        base = "/" + name.removeprefix("revised/")
        for href in re.findall(rb'(?:href|src)="([^"]+)"', content):
            target = urljoin(base, href.decode("utf-8").partition("?")[0])
            assert target.startswith("/"), (name, href)
            assert target.startswith("/search/") or (SITE / target.lstrip("/")).is_file(), (name, href)


def test_two_pages_only_look_like_reports() -> None:
    assert {row["outcome"] for row in truth("not_reports")} == {"notice", "blank_form"}
    for row in truth("not_reports"):
        assert "政府信息公开工作年度报告" in row["title"]
        assert row["title"] in (SITE / row["source"].lstrip("/")).read_text(encoding="utf-8")


def test_readme_names_every_special_page() -> None:
    readme = (SITE / "README.md").read_text(encoding="utf-8")
    special = [
        r
        for r in truth("reports")
        if r["special"] or r["style"] in {"bare", "pipes_c", "pipes_g0", "pipes_g1"}
    ]
    assert [r["source"] for r in special if f"`{r['source']}`" not in readme] == []
    assert [row["source"] for row in truth("not_reports") if row["source"] not in readme] == []
