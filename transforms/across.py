"""What only many reports together can tell: which are published twice, and which organs there are."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from transforms.agency_names import kind_of
from transforms.gazetteer import Gazetteer

STATES = ("disclosures_state", "requests_state", "challenges_state")
READ = ("exact", "inferred")
FACTS: Mapping[str, tuple[str, ...]] = {
    "disclosures": ("item", "measure"),
    "requests": ("item", "applicant"),
    "challenges": ("route", "result"),
}
LEFT_OUT = (*FACTS, "sections")
"""Tables in which a duplicate has no rows: whoever adds up or counts words must not count them twice."""
ACROSS_CHECKS = (
    "duplicate", "duplicate_differs", "carried_over", "zero_against_history", "jump", "region_total",
)  # fmt: skip
"""Checks that hold a report against others: they are made when reports are published, not when they are read."""
ISSUE_COLUMNS = (
    "report_id", "agency_id", "report_year", "table", "check", "severity", "item", "column",
    "expected", "observed", "message",
)  # fmt: skip
ISSUE_TYPES = {name: "Int32" if name == "report_year" else "str" for name in ISSUE_COLUMNS}


def duplicates_of(reports: pd.DataFrame) -> dict[str, str]:
    """report_id of each duplicate → report_id of the report kept for the same organ and year.

    Kept is the one with the most tables read, then the newest, then the one at the shortest and first
    address: a rule that gives the same answer in whatever order the reports came. Reports whose organ or year
    is unknown are nobody's duplicates.
    """
    known = reports[reports["agency_id"].notna() & reports["report_year"].notna()]
    known = known[known.duplicated(["agency_id", "report_year"], keep=False)]
    ranked = known.assign(
        tables=known[list(STATES)].isin(READ).sum(axis=1),
        published=pd.to_datetime(known["published_on"]),
        length=known["source"].str.len(),
    ).sort_values(
        ["tables", "published", "length", "source", "report_id"],
        ascending=[False, False, True, True, True],
        na_position="last",
        kind="stable",
    )
    kept = ranked.groupby(["agency_id", "report_year"])["report_id"].transform("first")
    left_out = ranked["report_id"] != kept
    return dict(zip(ranked["report_id"][left_out], kept[left_out], strict=True))


def duplicate_issues(
    duplicates: Mapping[str, str], reports: pd.DataFrame, facts: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """An issue for each duplicate: `duplicate` (info), or `duplicate_differs` (warning) where cells disagree.

    `facts` hold the cells of both reports of each pair, by table; `reports` has a row for each of them.
    """
    by_id = reports.set_index("report_id")
    places = by_id["source"].to_dict()
    differing = dict.fromkeys(duplicates, 0)
    for table, codes in FACTS.items():
        for left_out, count in _differing_cells(duplicates, facts[table], codes).items():
            differing[left_out] += count
    rows = []
    for left_out, kept in duplicates.items():
        count = differing[left_out]
        rows.append(
            {
                "report_id": left_out,
                "agency_id": by_id.at[left_out, "agency_id"],
                "report_year": by_id.at[left_out, "report_year"],
                "check": "duplicate_differs" if count else "duplicate",
                "severity": "warning" if count else "info",
                "expected": kept,
                "observed": f"{count} cells differ" if count else None,
                "message": f"the same organ's report of the year is kept from {places[kept]}",
            }
        )
    return pd.DataFrame(rows, columns=ISSUE_COLUMNS).astype(ISSUE_TYPES)


def _differing_cells(
    duplicates: Mapping[str, str], cells: pd.DataFrame, codes: tuple[str, ...]
) -> Mapping[str, int]:
    left_out = cells[cells["report_id"].isin(duplicates)]
    if left_out.empty:
        return {}
    left_out = left_out.assign(kept=left_out["report_id"].map(duplicates))
    pairs = left_out.merge(
        cells, left_on=["kept", *codes], right_on=["report_id", *codes], how="outer", suffixes=("", "_kept")
    )
    pairs = pairs[pairs["report_id"].isin(duplicates)]
    figures = pairs["value"].fillna(0) != pairs["value_kept"].fillna(0)
    differ = figures | (pairs["status"] != pairs["status_kept"]).fillna(True)
    counts = pairs[differ]["report_id"].value_counts()
    return {str(left_out): int(count) for left_out, count in counts.items()}


def marked(
    frames: Mapping[str, pd.DataFrame], duplicates: Mapping[str, str], findings: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """The frames of a batch with `duplicate_of` set, the facts of duplicates left out and `findings` added.

    `findings` are all issues of `ACROSS_CHECKS` on these reports; older ones go, and `issue_count` is counted
    anew. A report that is a duplicate no more must have been read again: its facts are not here.
    """
    ids = frames["reports"]["report_id"]
    issues = frames["issues"]
    issues = issues[~issues["check"].isin(ACROSS_CHECKS)]
    here = findings[findings["report_id"].isin(ids)]
    if len(here):
        issues = pd.concat([issues, here], ignore_index=True)
    counts = ids.map(issues["report_id"].value_counts()).fillna(0).astype("int32")
    result = dict(frames)
    result["issues"] = issues
    result["reports"] = frames["reports"].assign(
        duplicate_of=ids.map(duplicates).astype("str"), issue_count=counts
    )
    for name in LEFT_OUT:
        result[name] = frames[name][~frames[name]["report_id"].isin(duplicates)]
    return result


def agencies_of(reports: pd.DataFrame, gazetteer: Gazetteer) -> pd.DataFrame:
    """Table `agencies` from all reports in force (duplicates left out): one row an organ.

    Name, region and level are those of its newest report.
    """
    known = reports[reports["agency_id"].notna()].sort_values(
        ["agency_id", "report_year", "source"], na_position="first"
    )
    grouped = known.groupby("agency_id", sort=True)
    newest = grouped[["agency_name", "region_code", "region_name", "level"]].last()
    names = _names_seen(known).reindex(newest.index)
    years = grouped["report_year"].agg(["min", "max"]).astype("Int32")
    return pd.DataFrame(
        {
            "agency_id": newest.index.astype("str"),
            "agency_name": newest["agency_name"].to_numpy(),
            "names_seen": names.to_numpy(),
            "region_code": newest["region_code"].to_numpy(),
            "region_name": newest["region_name"].to_numpy(),
            "region_chain": pd.Series(
                [[region.name for region in gazetteer.chain(code)[1:]] for code in newest["region_code"]],
                dtype="object",
            ).to_numpy(),
            "level": newest["level"].to_numpy(),
            "kind": [kind_of(name) for name in newest["agency_name"]],
            "first_year": years["min"].to_numpy(),
            "last_year": years["max"].to_numpy(),
            "reports": grouped.size().astype("int32").to_numpy(),
        }
    )


def _names_seen(reports: pd.DataFrame) -> pd.Series:
    """agency_id → its names in order. Calling back for each organ took longer than all the rest of the table."""
    pairs = reports[["agency_id", "agency_name"]].drop_duplicates()
    seen: dict[str, list[str]] = {}
    for organ, name in pairs.itertuples(index=False, name=None):
        seen.setdefault(organ, []).extend([] if pd.isna(name) else [name])
    return pd.Series({organ: sorted(names) for organ, names in seen.items()}, dtype="object")


def expected_through(reports: pd.DataFrame) -> int | None:
    """The latest year of which every organ's report can be expected; None where there is none.

    It is the latest of which at least half of the organs known by then have one: reports come in over weeks
    each January, and a single misread year must not make a debtor of every organ.
    """
    known = reports[reports["agency_id"].notna() & reports["report_year"].notna()]
    organs = known.groupby("report_year")["agency_id"].nunique().sort_index()
    first = known.groupby("agency_id")["report_year"].min().value_counts().sort_index()
    so_far = first.reindex(organs.index, fill_value=0).cumsum()
    published = organs.index[2 * organs >= so_far]
    return int(published.max()) if len(published) else None
