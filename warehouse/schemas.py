"""The data contract: every table and column, with type, unit, meaning and closed lists of values.

All else in this package derives from `TABLES`: the checks, the Parquet schemas with their field metadata, the
data dictionary, the descriptors of a release. To change the contract, change it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from warehouse.contract import Column, TableSchema

STATUSES = ("reported", "blank", "dash", "unreadable", "missing")
STATES = ("exact", "inferred", "partial", "absent", "refused")
SEVERITIES = ("error", "warning", "info")
TEMPLATES = ("2019", "2021", "hybrid", "none")
LEVELS = ("national", "province", "city", "county", "township")
UNITS = ("count", "CNY_10k")
FACT_TABLES = ("disclosures", "requests", "challenges")
COVERAGE_STATES = ("present", "missing", "refused")

REPORT_ID_PATTERN = r"[0-9a-f]{16}(#[0-9]+)?$"
SHA256_PATTERN = r"[0-9a-f]{64}$"
_EXTRACTOR_VERSION = (
    "Version of the extraction code; behind it +ocr where figures were recognised in pictures, -ocr or -libreoffice "
    "where that was needed and not installed"
)
REGION_PATTERN = r"[0-9]{2}([0-9]{2}){0,5}$"
YEARS = (2000, 2100)
"""The duty to report began with the regulations of 2007; a year outside this span was misread."""

STRING = pa.string()
INSTANT = pa.timestamp("us", tz="UTC")

REPORT_ID = Column(
    "report_id",
    STRING,
    "Stable identifier of a published report: the first 16 hex digits of the SHA-256 of its source",
    required=True,
    pattern=REPORT_ID_PATTERN,
)
KEYS = (
    REPORT_ID,
    Column("agency_id", STRING, "Stable identifier of the organ; null where it could not be resolved"),
    Column(
        "report_year",
        pa.int32(),
        "Year that the report covers; null (folder 0) where it is unknown",
        unit="year",
        range=YEARS,
    ),
)
STATUS = Column(
    "status",
    STRING,
    "How the cell was found; missing: the form has it, the document does not",
    required=True,
    values=STATUSES,
)
RAW = Column("raw", STRING, "The text as printed, kept where it is not simply the figure")
COUNT = Column("value", pa.int64(), "The figure as printed; null unless status is reported", unit="count")


def _state(table: str, numeral: str) -> Column:
    text = f"How table {numeral} was read; inferred: by its own identities, where the layout was lost"
    return Column(f"{table}_state", STRING, text, required=True, values=STATES)


REPORTS = TableSchema(
    "reports",
    "a published report: an organ's year",
    (
        *KEYS,
        Column("agency_name", STRING, "The organ's name"),
        Column("region_code", STRING, "GB/T 2260 code of the organ's region", pattern=REGION_PATTERN),
        Column("region_name", STRING, "Name of the organ's region"),
        Column("level", STRING, "Administrative level of the organ", values=LEVELS),
        Column("title", STRING, "The report's title as printed"),
        Column("published_on", pa.date32(), "Day of publication"),
        Column("template", STRING, "Statutory form that the tables follow", required=True, values=TEMPLATES),
        Column("source", STRING, "Address of the page, or the path given to extract", required=True),
        Column("fetched_at", INSTANT, "When the page was fetched; null for files given by hand"),
        Column(
            "sha256", STRING, "SHA-256 of the bytes that were read", required=True, pattern=SHA256_PATTERN
        ),
        Column("content_type", STRING, "Media type of those bytes", required=True),
        Column("extractor_version", STRING, _EXTRACTOR_VERSION, required=True),
        Column("codebook_version", STRING, "Version of the codebook", required=True),
        _state("disclosures", "二"),
        _state("requests", "三"),
        _state("challenges", "四"),
        Column(
            "duplicate_of", STRING, "report_id of the report kept instead; the facts of this one are left out"
        ),
        Column(
            "issue_count",
            pa.int32(),
            "Number of rows about this report in issues",
            required=True,
            unit="count",
        ),
    ),
    sort=("report_id",),
    unique=("report_id",),
)

DISCLOSURES = TableSchema(
    "disclosures",
    "a cell of table 二: what the organ disclosed on its own initiative",
    (
        *KEYS,
        Column("item", STRING, "Row of the table, a code of the codebook", required=True),
        Column("measure", STRING, "Column of the table, a code of the codebook", required=True),
        Column(
            "value",
            pa.float64(),
            "The figure as printed, in `unit`; null unless status is reported",
            unit="see unit",
        ),
        Column("unit", STRING, "Unit of value: a count, or 10,000 yuan", required=True, values=UNITS),
        STATUS,
        RAW,
    ),
    sort=("report_id", "item", "measure"),
    unique=("report_id", "item", "measure"),
)

REQUESTS = TableSchema(
    "requests",
    "a cell of table 三: information requests, by outcome and kind of applicant",
    (
        *KEYS,
        Column("item", STRING, "Row of the table, a code of the codebook", required=True),
        Column(
            "item_group",
            STRING,
            "Group of outcomes that the row belongs to; null for rows outside the outcomes",
        ),
        Column(
            "applicant",
            STRING,
            "Column of the table: kind of applicant, a code of the codebook",
            required=True,
        ),
        COUNT,
        STATUS,
        RAW,
    ),
    sort=("report_id", "item", "applicant"),
    unique=("report_id", "item", "applicant"),
)

CHALLENGES = TableSchema(
    "challenges",
    "a cell of table 四: reviews and lawsuits that followed",
    (
        *KEYS,
        Column(
            "route",
            STRING,
            "Administrative reconsideration, or litigation without or after it",
            required=True,
        ),
        Column("result", STRING, "How the matter ended, a code of the codebook", required=True),
        COUNT,
        STATUS,
        RAW,
    ),
    sort=("report_id", "route", "result"),
    unique=("report_id", "route", "result"),
)

SECTIONS = TableSchema(
    "sections",
    "the text of one of a report's six chapters",
    (
        *KEYS,
        Column("section", pa.int8(), "Number of the chapter", required=True, range=(1, 6)),
        Column("heading", STRING, "The chapter's heading as printed"),
        Column("text", STRING, "The chapter's text, tables left out", required=True),
    ),
    sort=("report_id", "section", "heading", "text"),
)

ISSUES = TableSchema(
    "issues",
    "a finding about a report or page",
    (
        *KEYS,
        Column(
            "table",
            STRING,
            "Table that the finding is about; null for the page as a whole",
            values=FACT_TABLES,
        ),
        Column("check", STRING, "Name of the check", required=True),
        Column("severity", STRING, "How much it matters", required=True, values=SEVERITIES),
        Column("item", STRING, "Row that the finding is about, a code of the codebook"),
        Column("column", STRING, "Column that the finding is about, a code of the codebook"),
        Column("expected", STRING, "What the check expected"),
        Column("observed", STRING, "What it found"),
        Column("message", STRING, "The finding in one sentence", required=True),
    ),
    sort=("report_id", "check", "table", "item", "column", "severity", "expected", "observed", "message"),
)

AGENCIES = TableSchema(
    "agencies",
    "an organ",
    (
        Column("agency_id", STRING, "Stable identifier of the organ", required=True),
        Column("agency_name", STRING, "The organ's name in its newest report", required=True),
        Column("names_seen", pa.list_(STRING), "All names under which its reports appeared"),
        Column("region_code", STRING, "GB/T 2260 code of its region", pattern=REGION_PATTERN),
        Column("region_name", STRING, "Name of its region"),
        Column(
            "region_chain",
            pa.list_(STRING),
            "Names of its region and of those above it, the province first; empty for national organs",
        ),
        Column("level", STRING, "Administrative level", values=LEVELS),
        Column("kind", STRING, "Kind of organ: government, or a bureau by its function"),
        Column("first_year", pa.int32(), "First year with a report", unit="year"),
        Column("last_year", pa.int32(), "Last year with a report", unit="year"),
        Column("reports", pa.int32(), "Number of reports, duplicates left out", required=True, unit="count"),
    ),
    sort=("agency_id",),
    unique=("agency_id",),
    partitioned=False,
    replaced_by=None,
)

COVERAGE = TableSchema(
    "coverage",
    "an organ's expected year: whether its report is there",
    (
        Column("agency_id", STRING, "Stable identifier of the organ", required=True),
        Column("report_year", pa.int32(), "The year expected", required=True, unit="year", range=YEARS),
        Column(
            "state", STRING, "Whether a report of that year is held", required=True, values=COVERAGE_STATES
        ),
        Column("report_id", STRING, "The report kept for that year; null where none is"),
    ),
    sort=("agency_id", "report_year"),
    unique=("agency_id", "report_year"),
    partitioned=False,
    replaced_by=None,
)

CODEBOOK = TableSchema(
    "codebook",
    "a code, with its official and English label",
    (
        Column("table", STRING, "Table that uses the code; * for all", required=True),
        Column("dimension", STRING, "Column that holds the code", required=True),
        Column("code", STRING, "The code", required=True),
        Column("label_zh", STRING, "Official label on the form"),
        Column("label_en", STRING, "English label"),
        Column("group", STRING, "Group of codes that this one belongs to"),
        Column("order", pa.int32(), "Position on the form", unit="position"),
        Column("template_2019", pa.bool_(), "Whether the form of 2019 has it", required=True),
        Column("template_2021", pa.bool_(), "Whether the form of 2021 has it", required=True),
    ),
    sort=("table", "dimension", "order", "code"),
    unique=("table", "dimension", "code"),
    partitioned=False,
    replaced_by=None,
)

PAGES = TableSchema(
    "pages",
    "a page or file that was read, whether it gave a report or was passed over",
    (
        Column("source", STRING, "Address of the page, or the path given to extract", required=True),
        Column(
            "sha256",
            STRING,
            "SHA-256 of the page; where files belong to it, of the lines of its own and their hashes",
            required=True,
            pattern=SHA256_PATTERN,
        ),
        Column("fetched_at", INSTANT, "When the page was fetched; null for files given by hand"),
        Column("outcome", STRING, "report, or the named reason why the page gave none", required=True),
        Column("reason", STRING, "What the outcome was seen by"),
        Column("report_ids", pa.list_(STRING), "The reports that the page gave"),
        Column("extractor_version", STRING, _EXTRACTOR_VERSION, required=True),
        Column("codebook_version", STRING, "Version of the codebook", required=True),
    ),
    sort=("source",),
    unique=("source",),
    partitioned=False,
    replaced_by="source",
)

TABLES: Mapping[str, TableSchema] = MappingProxyType(
    {
        schema.name: schema
        for schema in (
            REPORTS,
            DISCLOSURES,
            REQUESTS,
            CHALLENGES,
            SECTIONS,
            ISSUES,
            AGENCIES,
            COVERAGE,
            CODEBOOK,
            PAGES,
        )
    }
)
