"""The three tables of one Document, and the form they are printed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from extractors.document import Document, Paragraph
from transforms.alignment import MANY_ROWS, identify_damaged, one_row_each
from transforms.challenges_table import DEPTH, challenge_keys, challenge_rows, read_challenges
from transforms.codebook import Codebook
from transforms.disclosures_table import (
    Columns,
    DisclosuresReader,
    block_depth,
    disclosure_keys,
    measures_over,
)
from transforms.findings import Issue, Table
from transforms.geometry import head_gaps
from transforms.placing import calibrate, grid_shapes
from transforms.readings import MISSING_CELL, TableReading
from transforms.requests_table import (
    RequestsReader,
    columns_of,
    label_depth,
    request_items,
    request_keys,
    request_template,
)
from transforms.rows import table_rows
from transforms.table_row import TableRow
from transforms.tokens import Classifier, Token, runs_of, tokens_of

FIRST_YEAR_OF_2021_FORM = 2021
"""国办公开办函〔2021〕30号 is dated 24 September 2021: reports for 2021 were the first to use its form."""
FEWEST_LINES = 20
"""Lines of table text among which the form repeats some: fewer prove nothing about lost repetitions."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables as read; `template` is 2019, 2021, hybrid, or none where no table tells."""

    disclosures: TableReading
    requests: TableReading
    challenges: TableReading
    template: str

    def all(self) -> tuple[TableReading, TableReading, TableReading]:
        """The three in the form's order."""
        return self.disclosures, self.requests, self.challenges


def read_tables(
    document: Document, codebook: Codebook, classify: Classifier, report_year: int | None
) -> Tables:
    """Read the tables. A table that is not in the document is `absent`, its cells `missing`.

    The report year speaks only where a table was cut before the rows that tell its form, and with a finding.
    """
    tokens = tokens_of(runs_of(document, codebook, classify), classify)
    tokens, cut = _without_cut_figure(document, tokens)
    lost = partial(_labels_without_rows, document, codebook)
    return tables_of(tokens, codebook, report_year, [*cut, *_damage(document)], lost)


def tables_of(
    tokens: list[Token],
    codebook: Codebook,
    report_year: int | None,
    findings: list[Issue],
    labels_without_rows: Callable[[], list[Issue]],
) -> Tables:
    """The tables of a document's tokens.

    `findings` are those of the document as a whole; `labels_without_rows` looks for more where no table is found.
    """
    rows = table_rows(tokens, codebook)
    disclosed = [row for row in rows if row.table == "disclosures"]
    requested = [row for row in rows if row.table == "requests"]
    challenged = challenge_rows(rows)
    damage = identify_damaged("disclosures", disclosed, codebook.codes("disclosures", "item"), codebook)
    columns = {id(row): _measures(row, codebook) for row in disclosed}
    shown = {found.template for found in columns.values() if found is not None}
    template = request_template(requested)
    if _is_deduplicated(tokens):
        return refused_tables(
            codebook, template or _one_of(shown), "line_deduplicated", "each line stands once"
        )
    if len(one_row_each(requested, "requests")[1]) >= MANY_ROWS:
        reason = "rows of table 三 stand twice with different figures"
        return refused_tables(codebook, template or _one_of(shown), "several_reports", reason)
    if template is None and _has_items(requested):
        template, guess = _template_by_others(shown, report_year)
        findings.extend(guess)
    if template is not None:
        damage.extend(identify_damaged("requests", requested, request_items(codebook, template), codebook))
    known = list(_calibration_rows(disclosed, requested, challenged, columns, codebook))
    learnt = calibrate(known, grid_shapes(tokens), head_gaps(tokens))
    requests = (
        RequestsReader(requested, template, codebook, learnt).read()
        if template is not None and _has_items(requested)
        else None
    )
    disclosures = (
        DisclosuresReader(
            disclosed, columns, codebook, learnt, spaces_part_cells=_spaces_part_cells(requested, requests)
        ).read(template or _one_of(shown) or "2021")
        if _has_items(disclosed)
        else None
    )
    challenges = read_challenges(challenged, tokens, codebook, learnt) if challenged else None
    for reading in (disclosures, requests):
        if reading is not None:
            _tell_damage(reading, damage)
    if requests is None and disclosures is None and challenges is None:
        findings.extend(labels_without_rows())
    return _assembled(codebook, disclosures, requests, challenges, findings)


def refused_tables(codebook: Codebook, template: str | None, check: str, reason: str) -> Tables:
    """Three refused tables under one named error; their cells are `missing` where the form is known."""
    issue = Issue(check, "error", f"the tables are not read: {reason}")
    readings = [_empty(codebook, table, "refused", template) for table in _TABLES]
    readings[0].issues.append(issue)
    return Tables(readings[0], readings[1], readings[2], template or "none")


_TABLES: tuple[Table, Table, Table] = ("disclosures", "requests", "challenges")


def _without_cut_figure(document: Document, tokens: list[Token]) -> tuple[list[Token], list[Issue]]:
    """A figure at the very end of a page that breaks off may be the head of a longer one: it is not read."""
    if "cut_off" not in document.flags or not tokens:
        return tokens, []
    last = max((at for at, token in enumerate(tokens) if token.sense.kind != "empty"), default=0)
    token = tokens[last]
    if token.sense.kind != "figure":
        return tokens, []
    unread = token.sense._replace(kind="text")
    cut = token._replace(text=f"{token.text}…", sense=unread)
    issue = Issue("cut_off", "error", f"the document breaks off at {token.text!r}", observed=token.text)
    return [*tokens[:last], cut, *tokens[last + 1 :]], [issue]


def _spaces_part_cells(rows: Sequence[TableRow], requests: TableReading | None) -> bool:
    """Whether rows whose figures only spaces part are all read in table 三, where sums confirm them."""
    fragile = [row for row in rows if row.fragile]
    return requests is not None and bool(fragile) and requests.state == "exact"


def _labels_without_rows(document: Document, codebook: Codebook) -> list[Issue]:
    """An error where the text holds the form's labels, and no row was made of any of them."""
    text = codebook.key("".join(block.text for block in document.blocks if isinstance(block, Paragraph)))
    labels = sum(codebook.key(entry.label_zh) in text for entry in codebook.of("requests", "item"))
    if labels < FEWEST_LOST_LABELS:
        return []
    message = f"{labels} labels of table 三 stand in the text, and none of them makes a row"
    return [Issue("labels_without_rows", "error", message, "requests")]


FEWEST_LOST_LABELS = 8


def _tell_damage(reading: TableReading, damage: Sequence[Issue]) -> None:
    """Add the findings about damaged labels; a label known by its place alone makes the reading an inference."""
    own = [issue for issue in damage if issue.table == reading.table]
    reading.issues.extend(own)
    if reading.state == "exact" and any(issue.check == "label_by_position" for issue in own):
        reading.state = "inferred"


def _damage(document: Document) -> list[Issue]:
    found = []
    if "damaged_bytes" in document.flags:
        message = "some bytes are no text in any charset: cells that hold them are unreadable"
        found.append(Issue("damaged_bytes", "warning", message))
    if "needs_ocr" in document.flags:
        message = (
            "some pages are pictures, and the extra gongkai[ocr] is not installed: what they hold is not read"
        )
        found.append(Issue("needs_ocr", "error", message))
    return found


def _measures(row: TableRow, codebook: Codebook) -> Columns | None:
    return measures_over(row.code, row.header, codebook) if row.code is not None else None


def _has_items(rows: Iterable[TableRow]) -> bool:
    return any(row.code is not None for row in rows)


def _one_of(templates: set[str]) -> str | None:
    return min(templates) if len(templates) == 1 else None


def _template_by_others(shown: set[str], report_year: int | None) -> tuple[str | None, list[Issue]]:
    template = _one_of(shown)
    if template is None and report_year is not None:
        template = "2021" if report_year >= FIRST_YEAR_OF_2021_FORM else "2019"
    message = "table 三 lacks the rows that tell its form"
    return template or "2021", [Issue("template_unknown", "warning", message, "requests", observed=template)]


def _calibration_rows(
    disclosed: Sequence[TableRow],
    requested: Sequence[TableRow],
    challenged: Sequence[TableRow],
    columns: dict[int, Columns | None],
    codebook: Codebook,
) -> Iterable[tuple[TableRow, int, int]]:
    for row in disclosed:
        found = columns[id(row)]
        if found is not None:
            yield row, len(found.measures), block_depth(len(found.measures))
    groups = {entry.code: entry.group for entry in codebook.of("requests", "item")}
    widths: dict[int, int] = {}
    for row in requested:
        if row.code is None:
            continue
        if id(row.header) not in widths:
            found_columns = columns_of(row.header, codebook)
            widths[id(row.header)] = len(found_columns.codes) if found_columns is not None else 0
        if width := widths[id(row.header)]:
            yield row, width, label_depth(row.code, groups)
    for row in challenged:
        yield row, len(challenge_keys(codebook)), DEPTH


def _is_deduplicated(tokens: Sequence[Token]) -> bool:
    """Whether a crawler removed every line that it had already seen: then no figure repeats, and hardly a label.

    A whole form prints 信息内容 four times or more, and no table's figures are all different. A few labels may
    stand twice all the same, in a menu and, with other words beside them, in the table.
    """
    loose = [token for token in tokens if token.line < 0]
    if len(loose) < FEWEST_LINES:
        return False
    labels = Counter(
        token.sense.word for token in loose if token.sense.kind == "label" and not token.sense.numbered
    )
    figures = Counter(token.text for token in loose if token.sense.kind == "figure")
    lines = sum(token.sense.kind in ("label", "figure") for token in loose)
    if lines < FEWEST_LINES or max(figures.values(), default=1) > 1 or labels["信息内容"] > 1:
        return False
    return sum(count > 1 for count in labels.values()) <= MOST_REPEATED_LABELS


MOST_REPEATED_LABELS = 3


def _empty(codebook: Codebook, table: Table, state: str, template: str | None) -> TableReading:
    if table == "challenges":
        keys = challenge_keys(codebook) if template is not None else ()
    elif template not in ("2019", "2021"):
        keys = ()
    elif table == "requests":
        keys = request_keys(codebook, template)
    else:
        clauses = tuple(clause for clause in codebook.clauses if clause.template == template)
        keys = disclosure_keys(clauses)
    name = template if table != "challenges" else None
    reading = TableReading(table, "refused" if state == "refused" else "absent", name, keys)
    reading.cells = [MISSING_CELL] * len(keys)
    return reading


def _assembled(
    codebook: Codebook,
    disclosures: TableReading | None,
    requests: TableReading | None,
    challenges: TableReading | None,
    findings: list[Issue],
) -> Tables:
    """All three tables, the absent ones with the cells of the form that the others show."""
    told = [reading.template for reading in (disclosures, requests) if reading is not None]
    whole = next((template for template in told if template in ("2019", "2021")), None)
    form = whole or ("2021" if challenges is not None and told else None)
    readings = []
    for table, found in zip(_TABLES, (disclosures, requests, challenges), strict=True):
        reading = found
        if reading is None:
            known = form or ("2021" if table == "challenges" and told else None)
            reading = _empty(codebook, table, "absent", known)
            message = f"table {table} is not in the document"
            reading.issues.append(Issue("table_absent", "warning", message, table))
        readings.append(reading)
    readings[0].issues.extend(findings)
    templates = {template for template in told if template is not None}
    template = templates.pop() if len(templates) == 1 else "hybrid" if templates else "none"
    return Tables(readings[0], readings[1], readings[2], template)
