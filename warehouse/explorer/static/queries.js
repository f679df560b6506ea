// The queries that give the figures of a table, in DuckDB and pandas, as a reader of the Parquet files would write them.

const GOVERNMENTS = ["government", "government_office"];
const quoted = (text) => `'${String(text).replaceAll("'", "''")}'`;
const literal = (text) => JSON.stringify(String(text));
export const files = (root, table) =>
  ["agencies", "coverage", "codebook", "pages"].includes(table)
    ? `read_parquet(${quoted(`${root}/${table}/*.parquet`)})`
    : `read_parquet(${quoted(`${root}/${table}/**/*.parquet`)}, hive_partitioning = true)`;

const cte = (site, name, measure) => `${name} as (
    select report_id, case when count(*) = count(value) then sum(value) end as value
    from ${files(site.root, measure.table)}
    where ${Object.entries(measure.where).map(([column, code]) => `${column} = ${quoted(code)}`).join(" and ")}
    group by report_id
)`;

const call = (measure) => `figure(${[literal(measure.table), ...Object.entries(measure.where).map(([column, code]) => `${column}=${literal(code)}`)].join(", ")})`;

/** Conditions on a report r and its organ a, in both languages. */
function conditions({ province, provinces, level, who, organs }) {
  const sql = [], frames = [];
  const places = provinces ?? (province ? [province] : []);
  if (places.length) {
    sql.push(`coalesce(left(r.region_code, 2), '--') in (${places.map(quoted).join(", ")})`);
    frames.push(`reports["province"].isin([${places.map(literal).join(", ")}])`);
  }
  if (level) { sql.push(`coalesce(r.level, '--') = ${quoted(level)}`); frames.push(`(reports["level"].fillna("--") == ${literal(level)})`); }
  if (who) {
    const not = who === "government" ? "" : "not ";
    sql.push(`${not}coalesce(a.kind in (${GOVERNMENTS.map(quoted).join(", ")}), false)`);
    frames.push(`${not ? "~" : ""}reports["kind"].isin([${GOVERNMENTS.map(literal).join(", ")}])`);
  }
  if (organs) { sql.push(`r.agency_id in (${organs.map(quoted).join(", ")})`); frames.push(`reports["agency_id"].isin([${organs.map(literal).join(", ")}])`); }
  return { sql, frames };
}

/** Sums of a measure by the keys (year, province, agency_id), and its share of its whole where one is asked for. */
export function measureQuery(site, measure, { by, whole = null, year = null, ...filters }) {
  const { sql, frames } = conditions(filters);
  if (year) { sql.unshift(`r.report_year = ${year}`); frames.unshift(`(reports["year"] == ${year})`); }
  else { sql.unshift("r.report_year > 0"); frames.unshift('(reports["year"] > 0)'); }
  const keys = { year: "r.report_year as year", province: "coalesce(left(r.region_code, 2), '--') as province", agency_id: "r.agency_id" };
  const shareSql = whole ? `,
    sum(figure.value) filter (whole.value is not null)
        / nullif(sum(whole.value) filter (figure.value is not null), 0) as share` : "";
  const duckdb = `with ${cte(site, "figure", measure)}${whole ? `, ${cte(site, "whole", whole)}` : ""}
select ${by.map((key) => keys[key]).join(", ")},
    sum(figure.value) as value, count(figure.value) as reports${shareSql}
from ${files(site.root, "reports")} as r
join figure using (report_id)${whole ? "\nleft join whole using (report_id)" : ""}${filters.who ? `
left join ${files(site.root, "agencies")} as a using (agency_id)` : ""}
where ${sql.join("\n    and ")}
group by all
order by all`;
  const pandas = `import pandas as pd

root = ${literal(site.root)}


def figure(table, **codes):
    cells = pd.read_parquet(f"{root}/{table}")
    for column, code in codes.items():
        cells = cells[cells[column] == code]
    values = cells.groupby("report_id")["value"]
    # A sum over a cell that holds no figure would be a guess.
    return values.sum().where(values.count() == values.size()).astype("Float64")


reports = pd.read_parquet(f"{root}/reports").set_index("report_id")
reports["year"] = reports["report_year"].astype(int)
reports["province"] = reports["region_code"].str[:2].fillna("--")${filters.who ? `
kinds = pd.read_parquet(f"{root}/agencies").set_index("agency_id")["kind"]
reports["kind"] = reports["agency_id"].map(kinds)` : ""}
reports = reports[
    ${frames.join("\n    & ")}
]
figures = reports.join(${call(measure)}, how="inner")${whole ? `
figures = figures.join(${call(whole)}.rename("whole"))
both = figures["value"].notna() & figures["whole"].notna()
figures["part_of_both"] = figures["value"].where(both)
figures["whole_of_both"] = figures["whole"].where(both)` : ""}
by = figures.groupby([${by.map(literal).join(", ")}])
table = by["value"].sum(min_count=1).to_frame().assign(reports=by["value"].count())${whole ? `
table["share"] = by["part_of_both"].sum() / by["whole_of_both"].sum()` : ""}
print(table)`;
  return { duckdb, pandas };
}

const where = (tests) => (tests.length ? `\nwhere ${tests.join(" and ")}` : "");

/** Organ-years by a key and year: how many are expected, held, missing, refused. */
export function coverageQuery(site, by, { province, kind }) {
  const key = by === "kind" ? "coalesce(a.kind, '--')" : "coalesce(left(a.region_code, 2), '--')";
  const tests = [
    ...(province ? [`coalesce(left(a.region_code, 2), '--') = ${quoted(province)}`] : []),
    ...(kind ? [`coalesce(a.kind, '--') = ${quoted(kind)}`] : []),
  ];
  const frames = [
    ...(province ? [`coverage = coverage[coverage["province"] == ${literal(province)}]`] : []),
    ...(kind ? [`coverage = coverage[coverage["kind"] == ${literal(kind)}]`] : []),
  ];
  return {
    duckdb: `select ${key} as ${by}, c.report_year as year, count(*) as expected,
    count(*) filter (c.state = 'present') as present,
    count(*) filter (c.state = 'missing') as missing,
    count(*) filter (c.state = 'refused') as refused
from ${files(site.root, "coverage")} as c
left join ${files(site.root, "agencies")} as a using (agency_id)${where(tests)}
group by all
order by all`,
    pandas: `import pandas as pd

root = ${literal(site.root)}
coverage = pd.read_parquet(f"{root}/coverage").merge(pd.read_parquet(f"{root}/agencies"), on="agency_id", how="left")
coverage["kind"] = coverage["kind"].fillna("--")
coverage["province"] = coverage["region_code"].str[:2].fillna("--")
${frames.join("\n")}${frames.length ? "\n" : ""}print(coverage.pivot_table(index=[${literal(by)}, "report_year"], columns="state", aggfunc="size", fill_value=0))`,
  };
}

/** Findings by a key (check, year, province, agency_id). */
export function issuesQuery(site, by, { province, severity, check, year }) {
  const keys = {
    check: 'i."check", i.severity', year: "nullif(r.report_year, 0) as year",
    province: "coalesce(left(r.region_code, 2), '--') as province", agency_id: "r.agency_id",
  };
  const names = { check: ["check", "severity"], year: ["year"], province: ["province"], agency_id: ["agency_id"] };
  const tests = [
    ...(province ? [`coalesce(left(r.region_code, 2), '--') = ${quoted(province)}`] : []), ...(severity ? [`i.severity = ${quoted(severity)}`] : []),
    ...(check ? [`i."check" = ${quoted(check)}`] : []), ...(year ? [`r.report_year = ${year}`] : []),
  ];
  const frames = Object.entries({ province, severity, check }).filter(([, value]) => value)
    .map(([column, value]) => `issues = issues[issues[${literal(column)}] == ${literal(value)}]`);
  if (year) frames.push(`issues = issues[issues["year"] == ${year}]`);
  return {
    duckdb: `select ${keys[by]}, count(*) as issues
from ${files(site.root, "issues")} as i
left join ${files(site.root, "reports")} as r using (report_id)${where(tests)}
group by all
order by issues desc`,
    pandas: `import pandas as pd

root = ${literal(site.root)}
reports = pd.read_parquet(f"{root}/reports")[["report_id", "region_code", "report_year"]]
issues = pd.read_parquet(f"{root}/issues").drop(columns="report_year").merge(reports, on="report_id", how="left")
issues["province"] = issues["region_code"].str[:2].fillna("--")
issues["year"] = issues["report_year"].astype("Int64").replace(0, pd.NA)
${frames.join("\n")}${frames.length ? "\n" : ""}print(issues.groupby([${names[by].map(literal).join(", ")}], observed=True).size().sort_values(ascending=False))`,
  };
}

/** Cells by table, year, how the table was read, and status. */
export function cellsQuery(site) {
  const part = (table) => `select '${table}' as "table", r.report_year as year, r.${table}_state as state, f.status, count(*) as cells
from ${files(site.root, table)} as f
join ${files(site.root, "reports")} as r using (report_id)
group by all`;
  return {
    duckdb: ["disclosures", "requests", "challenges"].map(part).join("\nunion all\n") + "\norder by all",
    pandas: `import pandas as pd

root = ${literal(site.root)}
reports = pd.read_parquet(f"{root}/reports").set_index("report_id")
for table in ("disclosures", "requests", "challenges"):
    cells = pd.read_parquet(f"{root}/{table}").join(reports[f"{table}_state"], on="report_id")
    print(cells.groupby(["report_year", f"{table}_state", "status"], observed=True).size())`,
  };
}

/** All rows of one report. */
export function reportQuery(site, id) {
  return {
    duckdb: ["disclosures", "requests", "challenges"].map((table) => `from ${files(site.root, table)} where report_id = ${quoted(id)};`).join("\n"),
    pandas: `import pandas as pd

root = ${literal(site.root)}
for table in ("disclosures", "requests", "challenges"):
    print(pd.read_parquet(f"{root}/{table}", filters=[("report_id", "==", ${literal(id)})]))`,
  };
}
