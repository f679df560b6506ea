"""What a page says of itself: organ, report year, title, date of publication, index number, site.

Sources in order of trust: meta tags, metadata tables, title, list, body, address. For the organ, a title
anywhere comes before a mere publisher (ContentSource, 发布机构): sites publish for others, and a title says
whose report it is. Every field knows its origin; sources that disagree, and what no source says, are issues.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from extractors.document import Document
from transforms.body_claims import BodyClaims, read_body
from transforms.codebook_files import compact
from transforms.findings import Issue, Severity
from transforms.headlines import find_headlines
from transforms.metadata_pairs import Pair, meta_pairs, read_date, table_pairs
from transforms.outline import Outline, read_outline
from transforms.page import Page
from transforms.titles import TitleParts, is_organ, is_web_team, parse_title

T = TypeVar("T")

_HEAD_LINES = 60
_ADDRESS_DATE = re.compile(
    r"/t((?:19|20)\d{6})_|/((?:20)\d\d/\d{1,2}/\d{1,2})/|/((?:20)\d\d[01]\d/[0-3]\d)/|/((?:20)\d\d[01]\d[0-3]\d)/"
)
_ADDRESS_YEAR = re.compile(
    r"[?&](?:year|timeFrame)=(20\d\d)(?!\d)|/(?:gknb|nb|zfxxgknb_?|ndbg)?(20\d\d)n?(?:nb|d|zfxxgk\w*)?/(?=.)"
)
_INDEX_NUMBER = re.compile(r"(?=.*\d.*\d.*\d)[^\s,。;:|]{4,60}")
_OFFICE = re.compile(r"(?:办公室|办公厅)$")


class Field(NamedTuple, Generic[T]):
    """A value and where it stands: `meta:ArticleTitle`, `table:发布机构`, `title`, `heading`, `body` …"""

    value: T
    origin: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the page says of itself; null where it says nothing, or nothing certain."""

    title: Field[str] | None = None
    organ: Field[str] | None = None
    report_year: Field[int] | None = None
    published_on: Field[date] | None = None
    index_number: Field[str] | None = None
    site_name: Field[str] | None = None
    site_code: Field[str] | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(slots=True)
class _Claims:
    """What each source states, the most trusted first."""

    titles: list[Field[TitleParts]] = field(default_factory=list)
    publishers: list[Field[str]] = field(default_factory=list)
    published: list[Field[date]] = field(default_factory=list)
    signed: list[Field[date]] = field(default_factory=list)
    index_numbers: list[Field[str]] = field(default_factory=list)
    site_names: list[Field[str]] = field(default_factory=list)
    site_codes: list[Field[str]] = field(default_factory=list)


def read_metadata(document: Document, page: Page, outline: Outline | None = None) -> Metadata:
    """Read a report's metadata.

    Issues: `metadata_conflict` (warning; info where a mere publisher differs), `organ_unknown` and
    `year_unknown` (warning), `title_unknown` and `date_unknown` (info) where nothing is said.
    """
    outline = outline or read_outline(document)
    claims = _claims_of(document, page, outline)
    body = read_body(outline)
    issues: list[Issue] = []
    organ = _organ(claims, body, issues)
    year = _report_year(claims, body, page, issues)
    title = Field(claims.titles[0].value.text, claims.titles[0].origin) if claims.titles else None
    if title is None:
        issues.append(Issue("title_unknown", "info", "no title of a report found"))
    return Metadata(
        title=title,
        organ=organ,
        report_year=year,
        published_on=_published_on(claims, body, page, year, issues),
        index_number=claims.index_numbers[0] if claims.index_numbers else None,
        site_name=claims.site_names[0] if claims.site_names else None,
        site_code=claims.site_codes[0] if claims.site_codes else None,
        issues=tuple(issues),
    )


def _claims_of(document: Document, page: Page, outline: Outline) -> _Claims:
    claims = _Claims()
    for pair in meta_pairs(document.meta):
        _claim(claims, pair, f"meta:{pair.key}")
    head = outline.head()[-_HEAD_LINES:]
    last_block = head[-1].block + 1 if head else 0
    if outline.headings:
        last_block = outline.lines[outline.headings[0].first].block
    for pair in table_pairs(document.blocks[max(last_block - 2 * _HEAD_LINES, 0) : last_block]):
        _claim(claims, pair, f"table:{pair.key}")
    _claim_title(claims, document.title, "title")
    headlines = [headline.title for headline in find_headlines([line.text for line in head])]
    headlines = [title for title in headlines if title.says_whose] or headlines
    if headlines:
        # Menus and lists of other reports stand above the article; where no chapter ends its head, below.
        claims.titles.append(Field(headlines[-1 if outline.headings else 0], "heading"))
    _claim_title(claims, page.list_title, "list")
    claims.titles = [claim for claim in claims.titles if not claim.value.is_notice] or claims.titles
    claims.titles = [claim for claim in claims.titles if claim.value.says_whose] or claims.titles
    if page.site_name:
        claims.site_names.append(Field(page.site_name, "site"))
    return claims


def _claim_title(claims: _Claims, text: str | None, origin: str) -> None:
    parts = parse_title(text) if text else None
    if parts is not None:
        claims.titles.append(Field(parts, origin))


def _claim(claims: _Claims, pair: Pair, origin: str) -> None:
    """File one metadata pair under its field, if its text is a value of that field."""
    if pair.field == "title":
        _claim_title(claims, pair.text, origin)
    elif pair.field == "organ":
        name = compact(pair.text)
        if is_organ(name) and not is_web_team(name):
            claims.publishers.append(Field(name, origin))
    elif pair.field in ("published_on", "signed_on"):
        day = read_date(pair.text)
        if day is not None:
            (claims.published if pair.field == "published_on" else claims.signed).append(Field(day, origin))
    elif pair.field == "index_number":
        if _INDEX_NUMBER.fullmatch(pair.text):
            claims.index_numbers.append(Field(pair.text, origin))
    elif pair.field in ("site_name", "site_code"):
        (claims.site_names if pair.field == "site_name" else claims.site_codes).append(
            Field(pair.text, origin)
        )


def _organ(claims: _Claims, body: BodyClaims, issues: list[Issue]) -> Field[str] | None:
    named = [Field(claim.value.organ, claim.origin) for claim in claims.titles if claim.value.organ]
    named += [Field(name, "body") for name in body.organs]
    sites = {_site_key(claim.value) for claim in claims.site_names}
    # A publisher that is only the site's owner says nothing of whose report this is, unless a title agrees.
    publishers = [claim for claim in claims.publishers if _site_key(claim.value) not in sites]
    rivals = [*named, *publishers] if named else publishers
    if not rivals:
        seen = "、".join(dict.fromkeys(claim.value for claim in claims.publishers)) or None
        issues.append(
            Issue("organ_unknown", "warning", "the page names no organ as its author", observed=seen)
        )
        return None
    chosen = rivals[0]
    for rival in [*rivals[1:], *(claims.publishers if named else ())]:
        if _same_organ(chosen.value, rival.value) and len(rival.value) > len(chosen.value):
            chosen = rival
    _organ_conflicts(chosen, rivals, issues)
    return chosen


def _organ_conflicts(chosen: Field[str], rivals: list[Field[str]], issues: list[Issue]) -> None:
    seen: set[str] = set()
    for rival in rivals:
        if _same_organ(chosen.value, rival.value) or rival.value in seen:
            continue
        seen.add(rival.value)
        mere_publisher = rival.origin.startswith(("meta:ContentSource", "table:")) and _governs(rival.value)
        office = _OFFICE.sub("", rival.value) == _OFFICE.sub("", chosen.value)
        severity: Severity = "info" if mere_publisher or office else "warning"
        issues.append(_conflict("organ", chosen, rival, severity))


@lru_cache(maxsize=4096)
def _same_organ(one: str, other: str) -> bool:
    """Whether two printed names are one, the shorter lacking the place or a bracketed addition."""
    short, long = sorted((_bare(one), _bare(other)), key=len)
    return long.endswith(short) or long == f"{short}人民政府"


def _bare(name: str) -> str:
    return re.sub(r"\([^()]*\)", "", name)


@lru_cache(maxsize=4096)
def _site_key(name: str) -> str:
    return re.sub(r"(?:门户)?(?:网站|网)$", "", compact(name))


def _governs(name: str) -> bool:
    return _OFFICE.sub("", name).endswith(("人民政府", "政府", "管理委员会", "管委会"))


def _report_year(claims: _Claims, body: BodyClaims, page: Page, issues: list[Issue]) -> Field[int] | None:
    stated = [Field(claim.value.year, claim.origin) for claim in claims.titles if claim.value.year]
    stated += [Field(year, "body") for year in body.years]
    if not stated:
        stated = _year_by_address(claims, page, issues)
    if not stated:
        seen = sorted({year for claim in claims.titles for year in claim.value.years} | set(body.other_years))
        observed = "、".join(map(str, seen)) or None
        issues.append(
            Issue(
                "year_unknown", "warning", "the page does not say which year it reports on", observed=observed
            )
        )
        return None
    chosen = stated[0]
    rivals = {claim.value: claim for claim in reversed(stated) if claim.value != chosen.value}
    issues.extend(_conflict("report_year", chosen, rival, "warning") for rival in rivals.values())
    return chosen


def _year_by_address(claims: _Claims, page: Page, issues: list[Issue]) -> list[Field[int]]:
    """The address's year, if the page was published in the year after it: many folders are of other years."""
    found = _ADDRESS_YEAR.search(page.source)
    days = [*claims.published, *claims.signed]
    published = days[0].value if days else page.list_date or _address_date(page.source)
    if found is None or published is None:
        return []
    year = int(found[1] or found[2])
    if published.year != year + 1:
        return []
    issues.append(Issue("year_from_address", "warning", "only the address says the year", observed=str(year)))
    return [Field(year, "address")]


def _published_on(
    claims: _Claims, body: BodyClaims, page: Page, year: Field[int] | None, issues: list[Issue]
) -> Field[date] | None:
    stated = list(claims.published)
    for rival in stated[1:]:
        if rival.value != stated[0].value:
            issues.append(_conflict("published_on", stated[0], rival, "warning"))
            break
    stated += claims.signed
    if page.list_date is not None:
        stated.append(Field(page.list_date, "list"))
    stated += [Field(day, "body") for day in body.signed_on]
    by_address = _address_date(page.source)
    if by_address is not None:
        stated.append(Field(by_address, "address"))
    if not stated:
        issues.append(Issue("date_unknown", "info", "the page does not say when it was published"))
        return None
    chosen = stated[0]
    if year is not None and chosen.value.year < year.value:
        issues.append(_conflict("published_on", Field(f"after {year.value}", year.origin), chosen, "warning"))
    return chosen


@lru_cache(maxsize=4096)
def _address_date(source: str) -> date | None:
    found = _ADDRESS_DATE.search(source)
    if found is None:
        return None
    digits = re.sub(r"(?<=\d)/(?=\d/|\d$)", "/0", found[1] or found[2] or found[3] or found[4]).replace(
        "/", ""
    )
    return read_date(digits)


def _conflict(name: str, chosen: Field[Any], rival: Field[Any], severity: Severity) -> Issue:
    return Issue(
        check="metadata_conflict",
        severity=severity,
        message=f"{name}: {chosen.origin} says {chosen.value}, {rival.origin} says {rival.value}",
        item=name,
        expected=str(chosen.value),
        observed=str(rival.value),
    )
