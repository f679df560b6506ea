"""What a page is, before any table is read: a report, or a page that is passed over under a name.

A page with the statutory tables' labels *and* figures is a report, whatever its title. Without figures the
wording decides, and the wording is data (`data/codebook/page_kinds.yaml`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from extractors.document import Attachment, Block, Document, Grid, Image, Paragraph
from transforms.codebook_files import CODEBOOK_FOLDER, alternation, compact, phrase_table
from transforms.headlines import TITLE_LIMIT, find_headlines
from transforms.outline import SHORT_LINE, Outline, cell_texts, read_outline
from transforms.page import Page
from transforms.titles import TitleParts, parse_title

_KEYS = frozenset(
    (
        "table_labels",
        "notice_phrases",
        "blank_form_phrases",
        "challenge_phrases",
        "soft_404_phrases",
        "footer_phrases",
        "pager_phrases",
        "column_tags",
        "article_tags",
    )
)
_ENOUGH_LABELS = 4
_ENOUGH_FIGURES = 3
_SHORT_PAGE = 1500
"""Characters: an error or challenge page says little more than its message."""
_PROSE = 300
"""Characters of text that make a report of a page titled as one, even without chapters and tables."""
_LIST_TITLES = 4
_BEFORE_OPENING = 8
_FIGURE = re.compile(r"[+-]?\d[\d,.]*(?:件|万?元|条)?")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for tables in some blocks: distinct row labels, cells that hold a figure, text length."""

    labels: int
    figures: int
    characters: int

    @property
    def has_tables(self) -> bool:
        """Labels with figures: something that must be read."""
        return self.labels >= _ENOUGH_LABELS and self.figures >= _ENOUGH_FIGURES

    @property
    def is_blank_form(self) -> bool:
        """The form's labels without any figure."""
        return self.labels >= _ENOUGH_LABELS and self.figures == 0


@dataclass(frozen=True, slots=True)
class _KindLexicon:
    labels: tuple[str, ...]
    notice: re.Pattern[str]
    blank_form: re.Pattern[str]
    challenge: re.Pattern[str]
    soft_404: re.Pattern[str]
    footer: re.Pattern[str]
    pager: re.Pattern[str]
    column_tags: frozenset[str]
    article_tags: frozenset[str]


@cache
def kind_lexicon() -> _KindLexicon:
    """The wording in `data/codebook/page_kinds.yaml`. Raises CodebookError where it is not as expected."""
    table = phrase_table(CODEBOOK_FOLDER / "page_kinds.yaml", _KEYS)

    def pattern(key: str) -> re.Pattern[str]:
        return re.compile(alternation(table[key]))

    return _KindLexicon(
        labels=table["table_labels"],
        notice=pattern("notice_phrases"),
        blank_form=pattern("blank_form_phrases"),
        challenge=pattern("challenge_phrases"),
        soft_404=pattern("soft_404_phrases"),
        footer=pattern("footer_phrases"),
        pager=pattern("pager_phrases"),
        column_tags=frozenset(table["column_tags"]),
        article_tags=frozenset(table["article_tags"]),
    )


def page_kind(document: Document, page: Page, outline: Outline | None = None) -> tuple[str, str | None]:
    """("report", None), or the name under which the page is passed over and the reason in words.

    Names: empty, needs_ocr, challenge, soft_404, list_page, notice, blank_form, attachment_only, image_tables,
    several_reports (only where `split_reports` cannot part them), other.
    """
    outline = outline or read_outline(document)
    if _one_grid_is_evidence(document.blocks):
        return _one_or_several(document, outline)
    evidence = read_evidence(document.blocks)
    if evidence.has_tables:
        return _one_or_several(document, outline)
    if "needs_ocr" in document.flags:
        return "needs_ocr", "its pages are pictures, and the extra gongkai[ocr] is not installed"
    if evidence.characters == 0 and not any(
        isinstance(block, Attachment | Image) for block in document.blocks
    ):
        return "empty", "the page has no text, picture or attachment"
    message = _message_page(document, evidence, outline)
    return message or _without_figures(document, page, outline, evidence)


def _one_grid_is_evidence(blocks: tuple[Block, ...]) -> bool:
    """Whether a single grid has labels and figures enough: then nothing else need be counted."""
    return any(isinstance(block, Grid) and read_evidence((block,)).has_tables for block in blocks)


def read_evidence(blocks: tuple[Block, ...]) -> Evidence:
    """Count table labels, figure cells and characters among some blocks."""
    texts = cell_texts(blocks)
    figures = sum(map(str.isdigit, texts))
    if figures < _ENOUGH_FIGURES:
        figures = sum(_FIGURE.fullmatch(compact(text)) is not None for text in texts if len(text) < 20)
    joined = "".join("".join(texts).split())
    long_text = sum(
        len(block.text) for block in blocks if isinstance(block, Paragraph) and len(block.text) > SHORT_LINE
    )
    return Evidence(
        labels=sum(label in joined for label in kind_lexicon().labels),
        figures=figures,
        characters=len(joined) + long_text,
    )


def _one_or_several(document: Document, outline: Outline) -> tuple[str, str | None]:
    openings = _openings_with_tables(document, outline)
    if len(openings) > 1 and not _split_points(document, outline):
        return (
            "several_reports",
            f"{len(openings)} reports in one page, and no title before each to part them",
        )
    return "report", None


def _message_page(document: Document, evidence: Evidence, outline: Outline) -> tuple[str, str] | None:
    if outline.headings or evidence.labels >= _ENOUGH_LABELS or evidence.characters > _SHORT_PAGE:
        return None
    text = compact(document.title or "") + "\n" + "\n".join(compact(line.text) for line in outline.lines)
    for kind, pattern in (("challenge", kind_lexicon().challenge), ("soft_404", kind_lexicon().soft_404)):
        found = pattern.search(text)
        if found:
            return kind, f"the page says {found.group()!r} and little else"
    return None


def _without_figures(
    document: Document, page: Page, outline: Outline, evidence: Evidence
) -> tuple[str, str | None]:
    titles = _titles_of(document, page, outline)
    notice = next((title for title in titles if title.is_notice), None)
    if evidence.is_blank_form and notice is not None and notice.is_form:
        return "blank_form", f"the form's labels without any figure: {notice.text}"
    if notice is not None and len(titles) < _LIST_TITLES:
        return "notice", f"its title speaks about reports: {notice.text}"
    wording = "\n".join(compact(line.text) for line in outline.lines)
    signs = _list_signs(document, titles, wording) if len(outline.headings) < 2 else None
    if signs is not None:
        return "list_page", f"{signs}, and no chapter"
    found = kind_lexicon().notice.search(wording)
    if found:
        return "notice", f"it says {found.group()!r} and has no figures"
    blank = kind_lexicon().blank_form.search(wording)
    if evidence.is_blank_form and (blank or not outline.headings):
        return "blank_form", "the form's labels without any figure"
    return _attached_or_prose(document, outline, evidence, titled=bool(titles))


def _attached_or_prose(
    document: Document, outline: Outline, evidence: Evidence, *, titled: bool
) -> tuple[str, str | None]:
    reads_as_report = titled or len(outline.headings) >= 2
    if reads_as_report and evidence.labels < _ENOUGH_LABELS:
        attachments = [block for block in document.blocks if isinstance(block, Attachment)]
        images = [block for block in document.blocks if isinstance(block, Image)]
        if attachments:
            return "attachment_only", f"no tables in the page, but {len(attachments)} attached files"
        if images:
            return "image_tables", f"no tables in the page, but {len(images)} pictures"
    if len(outline.headings) >= 2 or (titled and evidence.characters >= _PROSE):
        return "report", None
    column = _column_of(document)
    if column is not None:
        return "list_page", f"its meta tags name the column {column} and no article"
    return "other", "neither chapters nor tables of a report"


def _column_of(document: Document) -> str | None:
    """The column of reports that a page's meta tags name, if they name no article of it: then it is its list."""
    lexicon = kind_lexicon()
    named = {name.lower(): content for name, content in document.meta if content.strip()}
    if not lexicon.article_tags.isdisjoint(named):
        return None
    columns = [named[tag] for tag in sorted(lexicon.column_tags & named.keys())]
    return next((column for column in columns if parse_title(column) is not None), None)


def _list_signs(document: Document, titles: list[TitleParts], wording: str) -> str | None:
    """What shows that a page without chapters lists reports: many titles, or two beside a pager."""
    listed = _listed(document, titles)
    if len(listed) >= _LIST_TITLES:
        return f"{len(listed)} titles of reports"
    pager = kind_lexicon().pager.search(wording) if len(listed) > 1 else None
    return f"{len(listed)} titles of reports, {pager.group()!r}" if pager else None


def _listed(document: Document, titles: list[TitleParts]) -> frozenset[str]:
    """The titles of reports that a page lists: those among its lines, and those in the cells of its tables.

    Where they are few, each stands for a report of its own: spellings of one title count once.
    """
    cells = cell_texts(block for block in document.blocks if not isinstance(block, Paragraph))
    in_cells = [parse_title(text) for text in cells if len(text) <= TITLE_LIMIT]
    found = [*titles, *(title for title in in_cells if title is not None and not title.is_notice)]
    texts = frozenset(title.text for title in found)
    if len(texts) >= _LIST_TITLES:
        return texts
    return frozenset(f"{title.organ} {title.year}" for title in found if title.organ and title.year)


def _titles_of(document: Document, page: Page, outline: Outline) -> list[TitleParts]:
    texts = [document.title, page.list_title, *(content for _, content in document.meta)]
    read = [parse_title(text) for text in texts if text and len(text) <= TITLE_LIMIT]
    read += [headline.title for headline in find_headlines([line.text for line in outline.head()])]
    return list({title.text: title for title in read if title is not None}.values())


def _openings_with_tables(document: Document, outline: Outline) -> list[int]:
    """First lines of first chapters that have tables with figures before the next first chapter."""
    starts = [heading for heading in outline.found if heading.number == 1]
    if len(starts) < 2:
        return [heading.first for heading in starts]
    blocks = [outline.lines[heading.first].block for heading in starts]
    ends = [*blocks[1:], len(document.blocks)]
    return [
        heading.first
        for heading, begin, end in zip(starts, blocks, ends, strict=True)
        if read_evidence(document.blocks[begin:end]).has_tables
    ]


def _split_points(document: Document, outline: Outline) -> tuple[tuple[int, TitleParts], ...]:
    """Where each of several reports begins: the block of its title. Empty where titles do not part them."""
    points: list[tuple[int, TitleParts]] = []
    for opening in _openings_with_tables(document, outline):
        point = _title_before(outline, opening)
        if point is None:
            return ()
        points.append(point)
    names = {(title.organ, title.year) for _, title in points}
    parted = len(names) == len(points) and all(title.organ or title.year for _, title in points)
    return tuple(points) if parted and len({block for block, _ in points}) == len(points) else ()


def _title_before(outline: Outline, opening: int) -> tuple[int, TitleParts] | None:
    begin = max(opening - _BEFORE_OPENING, 0)
    found = find_headlines([line.text for line in outline.lines[begin:opening]])
    titles = [headline for headline in found if not headline.title.is_notice]
    return (outline.lines[begin + titles[-1].first].block, titles[-1].title) if titles else None


def split_reports(document: Document, outline: Outline | None = None) -> tuple[Document, ...]:
    """The document itself, or one document for each of several organs' reports printed one after the other.

    Each part begins at the block of its own title, which becomes its `title`; meta tags speak for the whole
    page and are left out of the parts. What stands before the first title belongs to no part.
    """
    outline = outline or read_outline(document)
    if sum(heading.number == 1 for heading in outline.found) < 2:
        return (document,)
    points = _split_points(document, outline)
    if len(points) < 2:
        return (document,)
    ends = [block for block, _ in points[1:]] + [len(document.blocks)]
    return tuple(
        replace(document, title=title.text, meta=(), blocks=document.blocks[begin:end])
        for (begin, title), end in zip(points, ends, strict=True)
    )
