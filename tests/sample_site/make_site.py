"""Make data/sample_site/ and its truth anew: `python tests/sample_site/make_site.py`.

Everything is drawn from seeds that name the organ and the year, so that a second run gives the same bytes.
README.md and site.yaml in data/sample_site/ are written by hand and left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from site_figures import Figures, draw_organ, print_figures, revise
from site_lists import Entry, list_pages, other_pages
from site_pages import Article, blank_form_article, notice_article, page_bytes, report_article
from site_plan import HERE, ListPlan, ReportPlan, article_path, load_lists, load_reports
from site_prose import chapters
from site_truth import Told, truth_files

SITE = HERE.parents[1] / "data" / "sample_site"
TRUTH = HERE / "truth"
BY_HAND = frozenset({"README.md", "site.yaml"})


@dataclass(slots=True)
class Site:
    """The site while it grows: pages by address, revised pages by address, list entries, the truth."""

    lists: dict[str, ListPlan]
    pages: dict[str, bytes] = field(default_factory=dict)
    revised: dict[str, bytes] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    not_reports: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, article: Article, place: ListPlan, content: bytes) -> None:
        if article.path in self.pages:
            raise ValueError(f"two articles at {article.path}")
        self.pages[article.path] = content
        self.entries.setdefault(place.id, []).append(Entry(article.path, article.title, article.published))


def make_site() -> tuple[dict[str, bytes], dict[str, str]]:
    """All generated files: those of the site and those of the truth, by path under their folders."""
    site = Site(load_lists())
    reports = load_reports()
    for _, of_organ in groupby(reports, key=lambda report: report.organ_id):
        organ_reports = list(of_organ)
        drawn = draw_organ(organ_reports)
        for report in organ_reports:
            _publish(site, report, print_figures(report, drawn[report.key]))
    _publish_others(site, reports[-1])
    pages = dict(site.pages)
    for place in site.lists.values():
        pages |= {path: html.encode() for path, html in list_pages(place, site.entries[place.id]).items()}
    pages |= {path: text.encode() for path, text in other_pages().items()}
    files = {path.lstrip("/"): content for path, content in pages.items()}
    files |= {f"revised{path}": content for path, content in site.revised.items()}
    return files, truth_files(site.told, site.not_reports)


def _publish(site: Site, report: ReportPlan, figures: Figures) -> None:
    place = site.lists[report.list_id]
    path = article_path(place.family, report.key, report.published)
    told = Told(report, place, place.region, path, figures, tuple(chapters(report, figures)))
    article = report_article(report, figures, list(told.chapters), path)
    content = page_bytes(article, place)
    site.add(article, place, content)
    site.told.append(told)
    if "twin_same_list" in report.special:
        _publish_twin(site, told, place, content)
    if "twin_other_list" in report.special:
        _publish_twin(site, told, site.lists["city"], None)
    if "revised" in report.special:
        _revise(site, told)


def _publish_twin(site: Site, told: Told, place: ListPlan, content: bytes | None) -> None:
    """The report once more at another address: the same bytes, or its body in the frame of another list."""
    report = told.report
    path = article_path(place.family, f"{report.key} twin", report.published)
    article = report_article(report, told.figures, list(told.chapters), path)
    site.add(article, place, page_bytes(article, place) if content is None else content)
    twin = Told(report, place, told.region, path, told.figures, told.chapters, same_as=told.source)
    site.told.append(twin)


def _revise(site: Site, told: Told) -> None:
    """The page that later stands at the report's address, with some figures corrected."""
    report = told.report
    figures = revise(told.figures)
    corrected = tuple(chapters(report, figures))
    article = report_article(report, figures, list(corrected), told.source)
    site.revised[told.source] = page_bytes(article, told.place)
    site.told.append(Told(report, told.place, told.region, told.source, figures, corrected, revision=1))


def _publish_others(site: Site, pattern: ReportPlan) -> None:
    """The notice in the city's list, the blank form in the county's."""
    city, county = site.lists["city"], site.lists["county"]
    notice = notice_article("/zwgk/zfxxgknb/202212/t20221212_1990001.html")
    form = blank_form_article("/cili/zfxxgk/ndbg/content_99001.shtml", pattern)
    for article, place, outcome in ((notice, city, "notice"), (form, county, "blank_form")):
        site.add(article, place, page_bytes(article, place))
        site.not_reports.append((article.path, outcome, article.title))


def committed_files() -> dict[str, bytes]:
    """What the folder of the site holds now, the hand-written files left out."""
    found = {path.relative_to(SITE).as_posix(): path for path in SITE.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name not in BY_HAND}


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main() -> None:
    pages, truth = make_site()
    for name in committed_files().keys() - pages.keys():
        (SITE / name).unlink()
    _write(SITE, pages)
    _write(TRUTH, {name: text.encode() for name, text in truth.items()})
    cells = sum(truth[f"{table}.csv"].count("\n") - 1 for table in ("requests", "challenges", "disclosures"))
    size = sum(map(len, pages.values()))
    print(f"{len(pages)} files, {size / 1e6:.2f} MB, {cells} cells in the truth")


if __name__ == "__main__":
    main()
