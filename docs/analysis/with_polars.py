# ruff: noqa: T201
"""The questions of `with_pandas.py`, answered in Polars; each answer is named as its SQL file.

Run it as it is (`python docs/analysis/with_polars.py`), or cell by cell. Why a question is put in just this way stands
in `with_pandas.py`; what follows says only where Polars has ways of its own.
"""

# %% The tables
import os
from pathlib import Path

import polars as pl

DATASET = Path(os.environ.get("GONGKAI_DATASET", "data/parquet"))


def table(name: str) -> pl.LazyFrame:
    """A table that is read when it is needed; 0, which stands for unknown in the folder names, is null."""
    frame = pl.scan_parquet(DATASET / name)
    keys = [key for key in ("report_year", "region") if key in frame.collect_schema().names()]
    return frame.with_columns(pl.when(pl.col(key) != 0).then(pl.col(key)).alias(key) for key in keys)


def total(name: str) -> pl.Expr:
    """The sum of a column, null if nothing was printed: Polars' own sum would be 0."""
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum())


def share(count: str, within: list[str]) -> pl.Expr:
    """`count` of its sum over all rows with equal `within`; null where that is 0."""
    whole = pl.col(count).sum().over(within)
    return pl.when(whole > 0).then(pl.col(count) / whole).alias("share")


reports, requests, challenges, disclosures, issues, agencies, coverage = map(
    table, ["reports", "requests", "challenges", "disclosures", "issues", "agencies", "coverage"]
)
answers: dict[str, pl.LazyFrame] = {}

# %% Reports to count with. Polars keeps null keys in group_by, and never matches them in joins.
kind = pl.col("kind")
kept = (
    reports.filter(pl.col("duplicate_of").is_null())
    .join(agencies.select("agency_id", "kind"), on="agency_id", how="left")
    .with_columns(
        layer=pl.when(kind.is_null())
        .then(pl.lit("unresolved"))
        .when(kind == "government")
        .then(pl.lit("government"))
        .otherwise(pl.lit("organ"))
    )
)
totals = requests.filter(pl.col("applicant") == "total")
received = totals.filter(pl.col("item") == "received").select("report_id", "value")

# %% Requests by year
printed = pl.col("value").count()
answers["trends"] = (
    kept.join(received, on="report_id", how="left")
    .group_by("report_year", "level", "layer")
    .agg(reports=pl.len(), printed=printed, received=total("value"))
    .with_columns(per_report=pl.col("received") / pl.col("printed"))
)
followed = (
    kept.filter(pl.col("agency_id").is_not_null())
    .select("report_id", "agency_id", "report_year")
    .join(received.drop_nulls(), on="report_id")
)
past = followed.with_columns(pl.col("report_year") + 1)
before, after = pl.col("before"), pl.col("after")
answers["growth"] = (
    followed.join(past, on=["agency_id", "report_year"], suffix="_before")
    .group_by("report_year")
    .agg(organs=pl.len(), before=pl.col("value_before").sum(), after=pl.col("value").sum())
    .with_columns(change=pl.when(before > 0).then(after / before - 1))
)

# %% Outcomes
outcomes = totals.filter(pl.col("item_group").is_not_null())
place = ["region_code", "region_name", "kind"]
answers["outcomes"] = (
    kept.select("report_id", *place)
    .join(outcomes, on="report_id")
    .group_by(*place, "item_group")
    .agg(outcomes=total("value"))
    .with_columns(share("outcomes", within=place))
)
answers["outcomes_by_year"] = (
    outcomes.group_by("report_year", "item_group")
    .agg(outcomes=total("value"))
    .with_columns(share("outcomes", within=["report_year"]))
)

# %% What was disclosed
answers["disclosures"] = disclosures.group_by("report_year", "item", "measure", "unit").agg(
    printed=printed, value=total("value")
)

# %% Reconsiderations and lawsuits
is_decided = pl.col("result").is_in(["upheld", "corrected", "other_result"])
complete = pl.col("value").filter(is_decided).count() == 3
corrected, decided = pl.col("corrected"), pl.col("decided")
answers["challenges"] = (
    challenges.group_by("report_id", "report_year", "route")
    .agg(
        total=pl.col("value").filter(pl.col("result") == "total").first(),
        decided=pl.when(complete).then(pl.col("value").filter(is_decided).sum()),
        corrected=pl.when(complete).then(pl.col("value").filter(pl.col("result") == "corrected").first()),
    )
    .group_by("report_year", "route")
    .agg(
        printed=pl.col("total").count(),
        total=total("total"),
        decided=total("decided"),
        corrected=total("corrected"),
    )
    .with_columns(share=pl.when(decided > 0).then(corrected / decided))
)

# %% Can it be trusted?
facts = {"disclosures": disclosures, "requests": requests, "challenges": challenges}
answers["states"] = (
    kept.select(pl.col(f"{name}_state").alias(name) for name in facts)
    .unpivot(variable_name="table", value_name="state")
    .group_by("table", "state")
    .agg(reports=pl.len())
    .with_columns(share("reports", within=["table"]))
)
answers["statuses"] = (
    pl.concat([frame.select(pl.lit(name).alias("table"), "status") for name, frame in facts.items()])
    .group_by("table", "status")
    .agg(cells=pl.len())
    .with_columns(share("cells", within=["table"]))
)
of_report = pl.col("of_report").fill_null(False)
answers["issues"] = (
    issues.join(reports.select("report_id", of_report=True), on="report_id", how="left")
    .group_by("check", "severity")
    .agg(
        issues=pl.len(),
        reports=pl.col("report_id").filter(of_report).n_unique(),
        other_pages=pl.col("report_id").filter(~of_report).n_unique(),
    )
)

# %% What is not there
answers["coverage"] = coverage.group_by("report_year", "state").agg(organs=pl.len())
dated = kept.filter(pl.col("report_year").is_not_null())
held = dated.filter(pl.col("agency_id").is_not_null())
year = pl.col("report_year")
unresolved = dated.filter(pl.col("agency_id").is_null()).group_by("report_year").agg(unresolved=pl.len())
answers["gaps"] = (
    held.group_by("agency_id")
    .agg(pl.int_ranges(year.min(), year.max() + 1).alias("report_year"))
    .explode("report_year")
    .join(held, on=["agency_id", "report_year"], how="anti")
    .join(agencies.select("agency_id", "agency_name"), on="agency_id", how="left")
    .join(unresolved, on="report_year", how="left")
    .select("agency_id", "agency_name", "report_year", pl.col("unresolved").fill_null(0))
)

# %% What is there twice
named = reports.filter(pl.col("duplicate_of").is_not_null()).select(
    "report_id", "report_year", same_as="duplicate_of", how=pl.lit("named")
)
keys = {
    "disclosures": ("item", "measure"),
    "requests": ("item", "applicant"),
    "challenges": ("route", "result"),
}
cells = pl.concat(
    [
        facts[name].select(
            "report_id",
            "report_year",
            cell=pl.concat_str(
                pl.lit(name),
                *key,
                "status",
                pl.col("value").cast(pl.Float64),
                separator=" ",
                ignore_nulls=True,
            ),
        )
        for name, key in keys.items()
    ]
)
suspected = (
    cells.group_by("report_id", "report_year")
    .agg(pl.col("cell").sort().str.join(";").alias("print"))
    .join(received.filter(pl.col("value") > 0), on="report_id", how="semi")
    .with_columns(same_as=pl.col("report_id").min().over("report_year", "print"))
    .filter(pl.col("report_id") != pl.col("same_as"))
    .select("report_id", "report_year", "same_as", how=pl.lit("suspected"))
)
answers["duplicates"] = pl.concat([named, suspected])

# %% The wide view: a pivot needs its columns beforehand in a lazy frame, so the cells wanted are named.
balance = ["received", "carried_in", "outcome_total", "carried_forward"]
answers["balance"] = (
    totals.group_by("report_id", "report_year")
    .agg(pl.col("value").filter(pl.col("item") == item).first().alias(item) for item in balance)
    .filter(pl.col("received") + pl.col("carried_in") != pl.col("outcome_total") + pl.col("carried_forward"))
)

# %%
if __name__ == "__main__":
    with pl.Config(tbl_rows=-1, tbl_cols=-1):
        for name, answer in answers.items():
            print(name, answer.collect())
