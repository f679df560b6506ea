# ruff: noqa: T201
"""Questions to a dataset of disclosure reports, answered in pandas; each answer is named as its SQL file.

Run it as it is (`python docs/analysis/with_pandas.py`), or cell by cell in an editor that knows `# %%`. The dataset is
`data/parquet`, or the folder that the environment variable GONGKAI_DATASET names: a working dataset or a release.
"""

# %% The tables
import os
from pathlib import Path

import pandas as pd

DATASET = Path(os.environ.get("GONGKAI_DATASET", "data/parquet"))


def table(name: str) -> pd.DataFrame:
    """A table with numbers for years and provinces.

    pandas makes categories of what folder names hold, which cannot be compared by < and >, and the folders say 0
    for unknown: here it is null.
    """
    frame = pd.read_parquet(DATASET / name)
    for key in frame.columns.intersection(["report_year", "region"]):
        year_or_region = frame[key].astype("Int64")
        frame[key] = year_or_region.mask(year_or_region == 0)
    return frame


def shares(frame: pd.DataFrame, count: str, within: list[str]) -> pd.DataFrame:
    """The frame with `share`: its `count` of the sum over all rows with equal `within`; null where that is 0."""
    whole = frame.groupby(within, dropna=False)[count].transform("sum")
    return frame.assign(share=frame[count] / whole.where(whole > 0))


reports, requests, challenges, disclosures, issues, agencies, coverage = map(
    table, ["reports", "requests", "challenges", "disclosures", "issues", "agencies", "coverage"]
)
answers: dict[str, pd.DataFrame] = {}

# %% [markdown]
# Reports to count with: one an organ and year. A duplicate has a row in `reports` and no figures, so sums are right
# without this line and means are not. The join is a left one, and every groupby below says dropna=False: organs that
# could not be resolved have figures all the same, and pandas would leave them out without a word.

# %%
kept = reports[reports["duplicate_of"].isna()].merge(
    agencies[["agency_id", "kind"]], on="agency_id", how="left"
)
kept["layer"] = (
    kept["kind"].where(kept["kind"] == "government", "organ").where(kept["kind"].notna(), "unresolved")
)
totals = requests[requests["applicant"] == "total"]
received = totals.loc[totals["item"] == "received", ["report_id", "value"]]

# %% [markdown]
# ## Requests by year
# Apart for governments and other organs of each level: a government's report may cover its bureaus, and a city's its
# counties, so the layers never add up. min_count=1: a sum of nothing but nulls is null, not 0. `printed` counts the
# reports with a figure; a mean over all of them would take a blank for none.

# %%
trends = (
    kept.merge(received, on="report_id", how="left")
    .groupby(["report_year", "level", "layer"], dropna=False)["value"]
    .agg(reports="size", printed="count", received=lambda value: value.sum(min_count=1))
    .reset_index()
)
trends["per_report"] = trends["received"] / trends["printed"].where(trends["printed"] > 0)
answers["trends"] = trends

# %% [markdown]
# Growth over the same organs. Sums over all reports grow because more organs are in the dataset.

# %%
followed = kept.loc[kept["agency_id"].notna(), ["report_id", "agency_id", "report_year"]].merge(
    received.dropna(), on="report_id"
)
past = followed.assign(report_year=followed["report_year"] + 1)
pairs = followed.merge(past, on=["agency_id", "report_year"], suffixes=("_after", "_before"))
growth = (
    pairs.groupby("report_year")
    .agg(organs=("agency_id", "size"), before=("value_before", "sum"), after=("value_after", "sum"))
    .reset_index()
)
growth["change"] = growth["after"] / growth["before"].where(growth["before"] > 0) - 1
answers["growth"] = growth

# %% [markdown]
# ## Outcomes
# Rows with an item_group are the outcomes; outcome_total is their sum and has none. Shares are of the outcomes printed,
# since an organ's own total can be false (issue outcomes_total).

# %%
outcomes = totals[totals["item_group"].notna()]
place = ["region_code", "region_name", "kind"]
answers["outcomes"] = shares(
    kept[["report_id", *place]]
    .merge(outcomes, on="report_id")
    .groupby([*place, "item_group"], dropna=False)["value"]
    .sum(min_count=1)
    .reset_index(name="outcomes"),
    "outcomes",
    within=place,
)

# %% [markdown]
# Groups, not items, run through the years: the form of 2019 has one row under 其他处理 (`other_handling`), that of 2021
# three, and a year may hold reports on both forms, or a `hybrid` of them.

# %%
answers["outcomes_by_year"] = shares(
    outcomes.groupby(["report_year", "item_group"], dropna=False)["value"]
    .sum(min_count=1)
    .reset_index(name="outcomes"),
    "outcomes",
    within=["report_year"],
)

# %% [markdown]
# ## What was disclosed
# `unit` stands in the key: amounts are in 10,000 yuan. Of the columns only `decisions` run through both forms;
# `issued` is not what `newly_made` was. `items_change` is signed; `in_force` and `disclosed_total` are stocks.

# %%
answers["disclosures"] = (
    disclosures.groupby(["report_year", "item", "measure", "unit"], dropna=False)["value"]
    .agg(printed="count", value=lambda value: value.sum(min_count=1))
    .reset_index()
)

# %% [markdown]
# ## Reconsiderations and lawsuits
# `result` has its own total; pending matters are not decided. The share of those corrected takes only reports in which
# all three decided results were printed. A lawsuit after reconsideration was a reconsideration before: do not add
# routes.

# %%
DECIDED = ["upheld", "corrected", "other_result"]
matters = challenges.pivot(index=["report_id", "report_year", "route"], columns="result", values="value")
complete = matters[DECIDED].notna().all(axis="columns")
matters["decided"] = matters[DECIDED].sum(axis="columns").where(complete)
matters["corrected"] = matters["corrected"].where(complete)
by_route = matters.groupby(["report_year", "route"], dropna=False)
routes = by_route[["total", "decided", "corrected"]].sum(min_count=1)
routes.insert(0, "printed", by_route["total"].count())
routes["share"] = routes["corrected"] / routes["decided"].where(routes["decided"] > 0)
answers["challenges"] = routes.reset_index()

# %% [markdown]
# ## Can it be trusted?
# A state says how a table was read: an `exact` one may hold blanks, a `partial` one mostly good cells. A status says
# what a cell held. Tables that are absent or refused may have no cells at all: states shows them, statuses does not.

# %%
facts = {"disclosures": disclosures, "requests": requests, "challenges": challenges}
states = kept.melt(value_vars=[f"{name}_state" for name in facts], var_name="table", value_name="state")
states["table"] = states["table"].str.removesuffix("_state")
answers["states"] = shares(
    states.groupby(["table", "state"]).size().reset_index(name="reports"), "reports", within=["table"]
)
statuses = pd.concat(frame[["status"]].assign(table=name) for name, frame in facts.items())
answers["statuses"] = shares(
    statuses.groupby(["table", "status"]).size().reset_index(name="cells"), "cells", within=["table"]
)

# %% [markdown]
# Findings. Pages that gave no report (lists, notices) have issues under a report_id of their own.

# %%
of_report = issues["report_id"].isin(reports["report_id"])
ids = issues.assign(
    reports=issues["report_id"].where(of_report), other_pages=issues["report_id"].where(~of_report)
)
answers["issues"] = (
    ids.groupby(["check", "severity"])
    .agg(issues=("report_id", "size"), reports=("reports", "nunique"), other_pages=("other_pages", "nunique"))
    .reset_index()
)

# %% [markdown]
# ## What is not there
# `coverage` has every year from an organ's first report to its last. Gaps by the
# reports alone: `unresolved` counts that year's reports of unknown organs, any of which may be the one missed.

# %%
answers["coverage"] = coverage.groupby(["report_year", "state"]).size().reset_index(name="organs")
dated = kept[kept["report_year"].notna()]
held = dated[dated["agency_id"].notna()]
spans = held.groupby("agency_id")["report_year"].agg(["min", "max"])
years = [range(first, last + 1) for first, last in zip(spans["min"], spans["max"], strict=True)]
expected = spans.index.to_frame(index=False).assign(report_year=years).explode("report_year")
expected["report_year"] = expected["report_year"].astype("Int64")
gaps = expected.merge(
    held[["agency_id", "report_year", "report_id"]], on=["agency_id", "report_year"], how="left"
)
gaps = gaps.loc[gaps["report_id"].isna(), ["agency_id", "report_year"]]
gaps.insert(1, "agency_name", gaps["agency_id"].map(agencies.set_index("agency_id")["agency_name"]))
unresolved = dated[dated["agency_id"].isna()].groupby("report_year").size()
gaps["unresolved"] = gaps["report_year"].map(unresolved).fillna(0).astype("int64")
answers["gaps"] = gaps

# %% [markdown]
# ## What is there twice
# `duplicate_of` names a duplicate. Nothing names the pair where an organ could be resolved on one site and not on the
# other: both are summed. Suspected are reports of a year with the same figures in all three tables and a request.

# %%
named = reports.loc[reports["duplicate_of"].notna(), ["report_id", "report_year", "duplicate_of"]]
named = named.rename(columns={"duplicate_of": "same_as"}).assign(how="named")
keys = {
    "disclosures": ["item", "measure"],
    "requests": ["item", "applicant"],
    "challenges": ["route", "result"],
}
cells = pd.concat(
    facts[name]
    .rename(columns=dict(zip(key, "ab", strict=True)))
    .assign(table=name)
    .astype({"value": "Float64"})
    for name, key in keys.items()
)[["report_id", "report_year", "table", "a", "b", "status", "value"]]
cells = cells.sort_values(["report_id", "table", "a", "b"])
cells["print"] = pd.util.hash_pandas_object(
    cells[["table", "a", "b", "status", "value"]].astype("str"), index=False
)
prints = cells.groupby(["report_id", "report_year"], dropna=False)["print"].agg(tuple).reset_index()
prints = prints[prints["report_id"].isin(received.loc[received["value"] > 0, "report_id"])]
prints["same_as"] = prints.groupby(["report_year", "print"], dropna=False)["report_id"].transform("min")
suspected = prints[prints["report_id"] != prints["same_as"]].drop(columns="print").assign(how="suspected")
answers["duplicates"] = pd.concat([named, suspected], ignore_index=True)

# %% [markdown]
# ## The wide view
# One row a report, one column a cell: good for identities and regressions. Blank, dash, unreadable and missing are all
# null in it. The form's own sum, received + carried in = outcomes + carried forward, where it fails as printed:

# %%
balance = ["received", "carried_in", "outcome_total", "carried_forward"]
sums = totals[totals["item"].isin(balance)].pivot(
    index=["report_id", "report_year"], columns="item", values="value"
)
differ = sums["received"] + sums["carried_in"] != sums["outcome_total"] + sums["carried_forward"]
answers["balance"] = sums.loc[differ.fillna(False), balance].reset_index()

# %% [markdown]
# All cells of all three tables beside what `reports` says.

# %%
from warehouse.wide import make_wide  # noqa: E402

wide = make_wide(DATASET)
granted, outcome_total = wide["requests.granted.total"], wide["requests.outcome_total.total"]
wide["granted_share"] = granted / outcome_total.where(outcome_total > 0)

# %%
if __name__ == "__main__":
    for name, answer in answers.items():
        print(f"\n{name}\n{answer.to_string(index=False)}")
