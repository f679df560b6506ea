"""List pages of the three families, the portal's home page and what lies beside them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from datetime import date
from html import escape

from site_pages import TEMPLATES
from site_plan import ListPlan

ROBOTS = """User-agent: *
Disallow: /search/
Disallow: /module/
Allow: /zwgk/
Allow: /col/
Allow: /art/
Allow: /cili/
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a list: the article's address, full title and the date the list shows."""

    path: str
    title: str
    published: date


def list_pages(place: ListPlan, entries: list[Entry]) -> dict[str, str]:
    """The pages of a list by address, newest entry first."""
    newest_first = sorted(entries, key=lambda entry: (entry.published, entry.path), reverse=True)
    return _FAMILIES[place.family](place, newest_first)


def _chunks(entries: list[Entry], size: int) -> list[list[Entry]]:
    return [entries[start : start + size] for start in range(0, len(entries), size)]


def _trs(place: ListPlan, entries: list[Entry]) -> dict[str, str]:
    """index.html, index_1.html …; the link's text is cut short, its title attribute is not."""
    folder = posixpath.dirname(place.start)
    chunks = _chunks(entries, place.per_page)
    pages = {}
    for index, chunk in enumerate(chunks):
        records = "\n".join(
            f'<li><a href="./{posixpath.relpath(entry.path, folder)}" target="_blank"'
            f' title="{escape(entry.title)}">'
            f"{escape(_shortened(entry.title))}</a><span>{entry.published.isoformat()}</span></li>"
            for entry in chunk
        )
        name = "index.html" if index == 0 else f"index_{index}.html"
        pages[f"{folder}/{name}"] = TEMPLATES["trs_list"].substitute(
            site_name=place.site_name,
            site_code=place.site_code,
            column=place.column,
            records=records,
            page_count=len(chunks),
            page_index=index,
        )
    return pages


def _shortened(title: str) -> str:
    return title if len(title) <= 24 else f"{title[:23]}…"


def _hanweb(place: ListPlan, entries: list[Entry]) -> dict[str, str]:
    """One page with every record in a CDATA section of its datastore; a script lays them out."""
    records = "\n".join(
        f'<record><![CDATA[<li><a href="{entry.path}" title="{escape(entry.title)}" target="_blank">'
        f"{escape(entry.title)}</a><span>[{entry.published.isoformat()}]</span></li>]]></record>"
        for entry in entries
    )
    html = TEMPLATES["hanweb_list"].substitute(
        site_name=place.site_name,
        site_code=place.site_code,
        column=place.column,
        records=records,
        total=len(entries),
        per_page=place.per_page,
    )
    return {place.start: html}


def _plain(place: ListPlan, entries: list[Entry]) -> dict[str, str]:
    """list.html, list_2.html … joined by 下一页, which is no link on the last page."""
    folder = posixpath.dirname(place.start)
    chunks = _chunks(entries, place.per_page)
    names = ["list.html", *(f"list_{number}.html" for number in range(2, len(chunks) + 1))]
    pages = {}
    for index, chunk in enumerate(chunks):
        records = "\n".join(
            f'<tr><td>·<a href="{posixpath.relpath(entry.path, folder)}">{escape(entry.title)}</a></td>'
            f"<td>{entry.published.isoformat()}</td></tr>"
            for entry in chunk
        )
        pages[f"{folder}/{names[index]}"] = TEMPLATES["plain_list"].substitute(
            site_name=place.site_name,
            site_code=place.site_code,
            column=place.column,
            records=records,
            total=len(entries),
            page_number=index + 1,
            page_count=len(chunks),
            pager=_pager(names, index),
        )
    return pages


def _pager(names: list[str], index: int) -> str:
    steps = [("首页", 0), ("上一页", index - 1), ("下一页", index + 1), ("尾页", len(names) - 1)]
    return " ".join(
        f'<a href="{names[to]}">{label}</a>'
        if 0 <= to < len(names) and to != index
        else f"<span>{label}</span>"
        for label, to in steps
    )


_FAMILIES = {"trs": _trs, "hanweb": _hanweb, "plain": _plain}


def other_pages() -> dict[str, str]:
    """The home page, robots.txt, and the neighbours that menus link to."""
    guide = "<p>　　市民可以当面、邮寄或者在网上提出政府信息公开申请，受理机构在政务服务中心二楼。</p>"
    rules = "<p>　　本栏目收录规章和行政规范性文件，行政许可事项另见办事大厅。</p>"
    return {
        "/index.html": TEMPLATES["home"].substitute(),
        "/robots.txt": ROBOTS,
        "/zwgk/zfxxgkzn/index.html": TEMPLATES["guide"].substitute(title="政府信息公开指南", body=guide),
        "/zwgk/gz/index.html": TEMPLATES["guide"].substitute(title="规章和行政规范性文件", body=rules),
        "/images/site.css": "ul.nav li{display:inline}\n",
        "/images/count.js": "var visits = 0;\n",
    }
