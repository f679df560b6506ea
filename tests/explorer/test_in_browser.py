"""The explorer in a real browser: what it shows is what the dataset holds, and nothing leaves the machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pandas as pd
import pytest
from explorer_data import ORGAN, ROOT, TEXT, TITLE, hostile_report
from playwright.sync_api import Browser, Page, sync_playwright

from flows.explore import make_server
from warehouse.explorer.plan import words
from warehouse.publish import read_table

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]

CHROMIUM = "/usr/bin/chromium"
SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
SCREENSHOTS = ROOT / "build" / "screenshots"
VIEWS = ("index", "coverage", "compare", "report", "quality")
FACTS = {
    "disclosures": ("item", "measure"),
    "requests": ("item", "applicant"),
    "challenges": ("route", "result"),
}


@dataclass
class Visit:
    """A tab, the address of the site, and what went wrong or away in it."""

    page: Page
    base: str
    problems: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto("about:blank")
        self.page.goto(f"{self.base}/{path}")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Until the data are in and every picture is drawn."""
        self.until("!document.querySelector('[aria-busy]')")
        self.until("[...document.querySelectorAll('.chart')].every((host) => 'drawn' in host.dataset)")

    def until(self, expression: str) -> None:
        """Wait for an expression to hold. Playwright's own wait needs `eval`, which the pages forbid."""
        deadline = time.monotonic() + 30
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.02)


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with make_server(site, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        yield chromium
        chromium.close()


def visiting(browser: Browser, address: str, size: str) -> Iterator[Visit]:
    context = browser.new_context(viewport=SIZES[size], accept_downloads=True)  # type: ignore[arg-type]
    visit = Visit(context.new_page(), address)

    def passing(route: object, request: object) -> None:
        url = str(request.url)  # type: ignore[attr-defined]
        if urlsplit(url).hostname != "127.0.0.1" and not url.startswith(("data:", "blob:")):
            visit.outside.append(url)
        route.continue_()  # type: ignore[attr-defined]

    context.route("**/*", passing)
    visit.page.on(
        "console", lambda m: visit.problems.append(m.text) if m.type in {"error", "warning"} else None
    )
    visit.page.on("pageerror", lambda error: visit.problems.append(str(error)))
    visit.page.on("dialog", lambda dialog: (visit.problems.append("a dialog"), dialog.dismiss()))
    yield visit
    context.close()
    assert visit.problems == []
    assert visit.outside == []


@pytest.fixture
def desktop(browser: Browser, address: str) -> Iterator[Visit]:
    yield from visiting(browser, address, "desktop")


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Visit]:
    yield from visiting(browser, address, "phone")


def kept(dataset: Path) -> pd.DataFrame:
    reports = read_table(dataset, "reports")
    return reports[reports["duplicate_of"].isna()].set_index("report_id")


def figures(dataset: Path, item: str) -> pd.DataFrame:
    """Figures of table 三's last column with their reports' columns."""
    cells = read_table(dataset, "requests")
    cells = cells[(cells["item"] == item) & (cells["applicant"] == "total")].set_index("report_id")
    return kept(dataset).join(cells[["value", "status"]], how="inner")


def rows_of(page: Page, table: str) -> list[list[str]]:
    """The texts of a table's rows, whether it is unfolded or not."""
    script = (
        "(rows) => rows.map((row) => [...row.children].map((cell) => cell.dataset.value ?? cell.textContent))"
    )
    found: list[list[str]] = page.eval_on_selector_all(f"#data-{table} tbody tr", script)
    return found


def shot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def check_page(page: Page, view: str, language: str) -> None:
    name = "overview" if view == "index" else view
    assert page.locator("h1").inner_text() == words(language)["views"][name]
    assert page.locator("html").get_attribute("lang") == ("zh-Hans" if language == "zh" else "en")
    assert page.locator("nav [aria-current]").count() == 1
    text = page.locator("main").inner_text()
    assert not [odd for odd in ("undefined", "NaN", "[object", "null\n") if odd in text]
    unnamed = page.evaluate(
        "[...document.querySelectorAll('select, input, button, a')].filter((box) => !(box.labels?.length"
        " || box.textContent.trim() || box.getAttribute('aria-label'))).map((box) => box.outerHTML)"
    )
    assert unnamed == []
    charts = "[...document.querySelectorAll('.chart')]"
    assert page.evaluate(
        f"{charts}.every((host) => host.getAttribute('aria-label') && host.querySelector('svg'))"
    )
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def test_every_view_on_a_desktop_in_chinese(desktop: Visit, dataset: Path) -> None:
    for view in VIEWS:
        query = f"?id={hostile_report(dataset)}" if view == "report" else ""
        page = desktop.open(f"zh/{view}.html{query}")
        check_page(page, view, "zh")
        shot(page, f"desktop-{view}")


def test_every_view_on_a_phone_in_english(phone: Visit, dataset: Path) -> None:
    for view in VIEWS:
        query = f"?id={hostile_report(dataset)}" if view == "report" else ""
        page = phone.open(f"en/{view}.html{query}")
        check_page(page, view, "en")
        shot(page, f"phone-{view}")


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = (colour, under) => {
    canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
    return `rgb(${r},${g},${b})`;
  };
  const light = (rgb) => rgb.match(/\\d+/g).map((n) => n / 255)
    .map((n) => (n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4))
    .reduce((sum, n, i) => sum + n * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => (e ? over(getComputedStyle(e).backgroundColor, ground(e.parentElement)) : "rgb(255,255,255)");
  const weak = [];
  for (const e of document.querySelectorAll("body *:not(svg *):not(script):not(option)")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
    const under = ground(e);
    const [a, b] = [light(over(getComputedStyle(e).color, under)), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) weak.push(`${e.tagName} ${e.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return weak;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: str, desktop: Visit, dataset: Path) -> None:
    desktop.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in ("index.html", "coverage.html", f"report.html?id={hostile_report(dataset)}"):
        assert desktop.open(f"en/{path}").evaluate(CONTRAST) == []
        shot(desktop.page, f"{scheme}-{path.partition('.')[0]}")


def test_the_entrance_leads_to_both_languages(desktop: Visit) -> None:
    page = desktop.page
    page.goto(f"{desktop.base}/")
    assert page.eval_on_selector_all("a.button", "(links) => links.map((a) => a.getAttribute('href'))") == [
        "zh/index.html", "en/index.html",
    ]  # fmt: skip


def test_the_overviews_figures_are_the_datasets(desktop: Visit, dataset: Path) -> None:
    page = desktop.open("en/index.html")
    reports, received = kept(dataset), figures(dataset, "received")
    totals = page.locator("#totals dd").all_inner_texts()
    assert totals[:3] == [
        str(len(reports)), str(reports["agency_id"].nunique()), str(reports["region_code"].nunique()),
    ]  # fmt: skip
    assert totals[4].replace(",", "") == str(received["value"].sum())
    by_year = received.groupby("report_year")["value"].agg(["sum", "count"])
    expected = [[str(year), str(row["sum"]), str(row["count"])] for year, row in by_year.iterrows()]
    assert rows_of(page, "trend-received") == [[year, *rest] for year, *rest in expected]

    page.select_option("#level", "county")
    page.select_option("#measure", "granted")
    desktop.settle()
    granted = figures(dataset, "granted")
    county = granted[granted["level"] == "county"].groupby("report_year")["value"].sum()
    assert [row[:2] for row in rows_of(page, "trend-granted")] == [
        [str(y), str(v)] for y, v in county.items()
    ]
    page.reload()
    desktop.settle()
    assert page.locator("#level").input_value() == "county"
    assert "/zh/index.html#" in str(page.locator("#other-language").get_attribute("href"))
    assert "level=county" in page.evaluate("document.getElementById('other-language').hash")


def test_a_tile_is_chosen_by_keyboard(desktop: Visit, dataset: Path) -> None:
    page = desktop.open("en/index.html#year=2022")
    tile = page.locator(".tile[data-province='43']")
    received = figures(dataset, "received")
    hunan = received["region_code"].str.startswith("43") & (received["report_year"] == 2022)
    assert tile.get_attribute("data-value") == str(received.loc[hunan, "value"].sum())
    tile.focus()
    page.keyboard.press("Enter")
    desktop.settle()
    assert page.locator("#province").input_value() == "43"
    assert page.evaluate("document.activeElement.dataset.province") == "43"
    assert page.locator(".tile[data-province='43']").get_attribute("aria-pressed") == "true"


def run_pandas(code: str) -> pd.DataFrame:
    scope: dict[str, object] = {"print": lambda *_: None}
    exec(compile(code, "shown", "exec"), scope)
    table = scope["table"]
    assert isinstance(table, pd.DataFrame)
    return table


def test_compare_downloads_what_it_shows_and_what_its_queries_give(
    desktop: Visit, dataset: Path, tmp_path: Path
) -> None:
    page = desktop.open("en/compare.html#regions=43&measures=denied&view=shares")
    saved = {}
    for kind in ("csv", "parquet"):
        with page.expect_download() as download:
            page.click(f"#data-compare-denied button.{kind}")
        saved[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[kind])
    sheet = pd.read_csv(saved["csv"], encoding="utf-8-sig", dtype={"province": "str"})
    frame = pd.read_parquet(saved["parquet"])
    pd.testing.assert_frame_equal(frame, sheet, check_dtype=False)
    assert [row[1:4] for row in rows_of(page, "compare-denied")] == [
        [str(row.year), f"{row.value:g}", str(row.reports)] for row in frame.itertuples()
    ]
    cells = read_table(dataset, "requests")
    cells = cells[(cells["item_group"] == "denied") & (cells["applicant"] == "total")]
    whole = cells.groupby("report_id")["value"].agg(["sum", "count", "size"])
    whole = whole[whole["count"] == whole["size"]].join(
        kept(dataset)[["report_year", "region_code"]], how="inner"
    )
    truth = whole[whole["region_code"].str.startswith("43")].groupby("report_year")["sum"].sum()
    assert dict(zip(frame["year"], frame["value"], strict=True)) == truth.to_dict()

    shown = duckdb.sql(page.text_content("#data-compare-denied .duckdb") or "").fetchall()
    assert [(year, value, reports) for _, year, value, reports, _ in shown] == list(
        frame[["year", "value", "reports"]].itertuples(index=False, name=None)
    )
    assert [row[4] for row in shown] == pytest.approx(frame["share"].tolist())
    table = run_pandas(page.text_content("#data-compare-denied .pandas") or "")
    assert table["value"].tolist() == frame["value"].tolist()
    assert table["share"].tolist() == pytest.approx(frame["share"].tolist())


def test_every_query_that_is_shown_runs(desktop: Visit, dataset: Path) -> None:
    paths = [
        "index.html#province=43&level=county&who=government", "coverage.html#province=43&kind=education",
        "compare.html#subject=organs&measures=received,denied&view=shares", "quality.html#severity=error&province=43",
        f"report.html?id={hostile_report(dataset)}",
    ]  # fmt: skip
    ran = 0
    for path in paths:
        page = desktop.open(f"en/{path}")
        shown = {kind: page.locator(f"code.{kind}").all_text_contents() for kind in ("duckdb", "pandas")}
        for text in shown["duckdb"]:
            duckdb.connect().execute(text)
        for text in shown["pandas"]:
            exec(compile(text, path, "exec"), {"print": lambda *_: None})
        assert len(shown["duckdb"]) == len(shown["pandas"]) > 0
        ran += len(shown["pandas"])
    assert ran >= 14


def test_organs_are_compared_with_their_status(desktop: Visit, dataset: Path) -> None:
    reports = kept(dataset)
    blank = figures(dataset, "granted")
    blank = blank[blank["status"] != "reported"].iloc[0]
    page = desktop.open("en/compare.html#measures=granted&subject=organs&organs=&in=43")
    page.fill("#search", str(blank["agency_name"]))
    desktop.until("document.querySelectorAll('#organ option').length === 1")
    page.locator("label[for=organ] .add").click()
    page.wait_for_selector("#data-compare-granted tbody tr")
    desktop.settle()
    rows = {row[1]: row for row in rows_of(page, "compare-granted")}
    mine = figures(dataset, "granted")
    mine = mine[mine["agency_id"] == blank["agency_id"]]
    assert len(rows) == len(mine) == len(reports[reports["agency_id"] == blank["agency_id"]])
    for report in mine.itertuples():
        row = rows[str(report.report_year)]
        assert row[2] == ("—" if pd.isna(report.value) else str(report.value))
        assert row[3] == words("en")["statuses"][report.status]
    page.click(f".chip button[aria-label*='{blank['agency_name']}']")
    desktop.until("document.querySelectorAll('.picture').length === 0")


def test_per_capita_is_for_regions(desktop: Visit, dataset: Path) -> None:
    page = desktop.open("en/compare.html#regions=43&measures=received&view=per_capita")
    received = figures(dataset, "received")
    sums = received[received["region_code"].str.startswith("43")].groupby("report_year")["value"].sum()
    rates = [float(row[-1]) for row in rows_of(page, "compare-received")]
    assert rates == pytest.approx([total / 66444864 * 1e6 for total in sums])
    page.locator("input[name=subject][value=organs]").check()
    page.get_by_text(words("en")["compare"]["no_people"]).first.wait_for()


@pytest.mark.parametrize("template", ["2019", "2021"])
def test_a_reports_cells_are_the_datasets(template: str, desktop: Visit, dataset: Path) -> None:
    reports, issues = kept(dataset), read_table(dataset, "issues")
    cells = pd.concat([read_table(dataset, name) for name in FACTS])
    odd = cells[cells["status"] != "reported"]["report_id"].value_counts()
    mine = reports[reports["template"] == template].index
    report_id = next((found for found in odd.index if found in set(mine)), mine[0])
    page = desktop.open(f"zh/report.html?id={report_id}")
    for name, (row, column) in FACTS.items():
        facts = read_table(dataset, name)
        facts = facts[facts["report_id"] == report_id]
        held = page.eval_on_selector_all(
            f"section[data-table={name}] td[data-row]",
            "(cells) => cells.map((c) => [c.dataset.row, c.dataset.column, c.dataset.status, c.dataset.value ?? null])",
        )
        assert len(held) == len(facts)
        shown = {(r, c): (status, None if value is None else float(value)) for r, c, status, value in held}
        assert shown == {
            (getattr(f, row), getattr(f, column)): (f.status, None if pd.isna(f.value) else float(f.value))
            for f in facts.itertuples()
        }
        flagged = issues[
            (issues["report_id"] == report_id) & (issues["table"] == name) & issues["column"].notna()
        ]
        marks = page.locator(f"section[data-table={name}] td.flagged").count()
        assert marks == len(flagged.drop_duplicates(["item", "column"]))
    report = reports.loc[report_id]
    text = page.locator("#report").inner_text()
    assert report["sha256"] in text
    assert report["source"] in text
    sections = read_table(dataset, "sections")
    for line in sections.loc[sections["report_id"] == report_id, "text"].str.split("\n").explode():
        assert str(line).strip() in text


def test_findings_are_in_words_and_mark_their_cells(desktop: Visit, dataset: Path) -> None:
    issues = read_table(dataset, "issues")
    report_id = hostile_report(dataset)
    mine = issues[issues["report_id"] == report_id]
    page = desktop.open(f"zh/report.html?id={report_id}")
    assert page.locator(".findings li").count() == len(mine)
    assert set(page.locator(".findings li b").all_inner_texts()) == {
        words("zh")["checks"][check] for check in mine["check"]
    }
    cells = set(
        mine.dropna(subset=["table", "item", "column"])[["item", "column"]].itertuples(index=False, name=None)
    )
    marked = page.eval_on_selector_all(
        "td.flagged", "(cells) => cells.map((c) => [c.dataset.row, c.dataset.column])"
    )
    assert {tuple(pair) for pair in marked} == cells
    page.locator("td.flagged a").first.click()
    assert page.locator(".findings li:target").count() == 1


def test_a_hostile_report_stays_text(desktop: Visit, dataset: Path, tmp_path: Path) -> None:
    report_id = hostile_report(dataset)
    page = desktop.open(f"en/report.html?id={report_id}")
    assert page.locator(".report-title").inner_text() == TITLE
    assert TEXT in page.locator(".chapter").inner_text()
    assert page.evaluate("document.documentElement.dataset.owned ?? null") is None
    assert page.locator("a[href^='javascript' i]").count() == 0
    assert page.locator("main script, main img, main b[onmouseover]").count() == 0

    page = desktop.open("en/quality.html")
    assert ORGAN in page.locator("#by-organ").inner_text()
    with page.expect_download() as download:
        page.click("#data-issues-by-organ button.csv")
    download.value.save_as(tmp_path / "organs.csv")
    sheet = pd.read_csv(tmp_path / "organs.csv", encoding="utf-8-sig")
    assert f"'{ORGAN}" in set(sheet["organ"])
    assert not sheet["organ"].str.startswith(("=", "+", "-", "@")).any()
    page = desktop.open(f"en/report.html?id={'f' * 16}")
    page.get_by_text("f" * 16).wait_for()


def test_reports_are_found_by_place_year_and_name(desktop: Visit, dataset: Path) -> None:
    reports = read_table(dataset, "reports")
    page = desktop.open("en/report.html#province=43&year=2021")
    mine = reports[reports["region_code"].str.startswith("43", na=False) & (reports["report_year"] == 2021)]
    assert page.locator("#results li").count() == len(mine)
    name = str(mine["agency_name"].iloc[0])
    page.fill("#text", name)
    expected = (mine["agency_name"].str.contains(name) | mine["title"].str.contains(name)).sum()
    desktop.until(f"document.querySelectorAll('#results li').length === {expected}")
    page.locator("#results a").first.click()
    page.wait_for_selector(".report-title")
    desktop.settle()


def test_coverage_counts_what_is_there_missing_and_refused(desktop: Visit, dataset: Path) -> None:
    coverage = read_table(dataset, "coverage").merge(read_table(dataset, "agencies"), on="agency_id")
    page = desktop.open("en/coverage.html")
    cells = page.eval_on_selector_all(
        "#kinds tr[data-key] td[data-expected]",
        "(cells) => cells.map((c) => [c.parentElement.dataset.key, +c.dataset.present, +c.dataset.expected])",
    )
    found = pd.DataFrame(cells, columns=["kind", "present", "expected"]).groupby("kind").sum()
    coverage["present"] = coverage["state"] == "present"
    truth = coverage.fillna({"kind": "--"}).groupby("kind")["present"].agg(["sum", "size"])
    assert found["present"].to_dict() == truth["sum"].to_dict()
    assert found["expected"].to_dict() == truth["size"].to_dict()
    gaps = coverage[~coverage["present"]]
    places = set(gaps["region_code"].str[:2].fillna("--"))
    listed = []
    for place in sorted(places):
        page.select_option("#gaps-province", place)
        page.wait_for_selector(f"#data-gaps-{place}")
        listed += [(row[0], row[2]) for row in rows_of(page, f"gaps-{place}")]
    assert sorted(listed) == sorted(zip(gaps["agency_name"], gaps["report_year"].astype(str), strict=True))
    assert page.locator("#data-refused tbody tr").count() > 0
    passed = read_table(dataset, "pages")["outcome"]
    counts = [int(row[1]) for row in rows_of(page, "passed-over")]
    assert sorted(counts) == sorted(passed[passed != "report"].value_counts())


def test_qualitys_figures_are_the_datasets(desktop: Visit, dataset: Path) -> None:
    issues = read_table(dataset, "issues")
    page = desktop.open("zh/quality.html")
    known = words("zh")
    counts = issues.groupby(["check", "severity"]).size()
    expected = sorted([known["checks"][c], known["severities"][s], str(n)] for (c, s), n in counts.items())
    assert sorted(rows_of(page, "issues-by-check")) == expected
    page.select_option("#severity", "error")
    desktop.settle()
    errors = issues[issues["severity"] == "error"]
    assert sum(int(row[-1]) for row in rows_of(page, "issues-by-check")) == len(errors)
    assert {row[0] for row in rows_of(page, "issues-by-check")} == {
        known["checks"][c] for c in errors["check"]
    }
    cells = sum(len(read_table(dataset, name)) for name in FACTS)
    assert sum(int(row[-1]) for row in rows_of(page, "cells")) == cells
    blank = sum((read_table(dataset, name)["status"] == "blank").sum() for name in FACTS)
    named = known["statuses"]["blank"]
    assert sum(int(row[-1]) for row in rows_of(page, "cells") if row[3] == named) == blank
    assert [row[0] for row in rows_of(page, "failed-sources")] == ["broken"]
    shown = duckdb.sql(page.text_content("#data-issues-by-check .duckdb") or "").fetchall()
    assert sum(row[-1] for row in shown) == len(errors)
