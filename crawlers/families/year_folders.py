"""Columns kept as a tree: one folder a year (`gknb2022/`, `2021n/`), linked or in a menu, each with a list of its own
inside."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from crawlers.families.listing import (
    Family,
    Link,
    ListPage,
    ListRequest,
    is_folder,
    read_options,
    soup_of,
    unique,
)
from crawlers.families.plain import PLAIN
from crawlers.families.trs import TRS
from crawlers.titles import plain_title

_YEAR = re.compile(r"(?:20[0-3]\d)年?(?:度|年度)?(?:(?:政府)?信息公开)?(?:工作)?(?:年报|年度报告|报告)?")
_YEAR_LINK = re.compile(
    r"<(a|option)\s[^<>]*>(?:\s|<[^<>]*>){0,12}20[0-3]\d\s*年?(?:度|年度)?(?:年报|年度报告|报告)?(?:\s|<(?!/\1)[^<>]*>){0,12}</\1",
    re.IGNORECASE,
)


def recognises(_url: str, text: str) -> bool:
    """At least two links whose text is no more than a year."""
    return len(_YEAR_LINK.findall(text)) >= 2


def read(request: ListRequest, text: str) -> ListPage:
    """Read a page of the tree: its own list, and the folders of single years below the column."""
    inner = TRS if TRS.recognises(request.url, text) else PLAIN
    page = inner.read(request, text)
    options = read_options(soup_of(text), request.url)
    folders = [link for link in (*page.links, *options) if _is_year_folder(link, request.url)]
    links = tuple(_as_report(link, request.url) for link in page.links if link not in folders)
    years = (ListRequest(link.url, context=(("title", link.title),)) for link in folders)
    return replace(page, links=links, more=unique([*page.more, *years]))


def _as_report(link: Link, column: str) -> Link:
    """A year that leads to an article and not to a folder leads to the report itself."""
    return replace(link, in_row=True, by_address=True) if _is_of_a_year(link, column) else link


def _is_year_folder(link: Link, column: str) -> bool:
    return is_folder(link.url) and _is_of_a_year(link, column)


def _is_of_a_year(link: Link, column: str) -> bool:
    """A link titled with a year beside or below the column; elsewhere a year may be a gazette's, or a plan's."""
    here, there = urlsplit(column), urlsplit(link.url)
    parent = here.path.rpartition("/")[0].rpartition("/")[0] + "/"
    return (
        there.netloc == here.netloc
        and there.path.startswith(parent)
        and _YEAR.fullmatch(plain_title(link.title)) is not None
    )


YEAR_FOLDERS = Family("year_folders", recognises, read)
