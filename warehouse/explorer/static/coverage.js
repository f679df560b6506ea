import { checkName, choices, data, el, keep, kindName, list, number, provinceName, provinceOptions, replace, reportLink, run, select, shade, words } from "./common.js";
import { coverageQuery, files } from "./queries.js";
import { table, tools } from "./tables.js";

const STATES = ["present", "missing", "refused"];

/** Expected, held, missing, refused by a key and year. */
function counted(rows, keyOf, test) {
  const counts = new Map();
  for (const [year, province, kind, state, n] of rows) {
    if (!test({ province, kind })) continue;
    const key = keyOf({ province, kind });
    if (!counts.has(key)) counts.set(key, new Map());
    const cell = counts.get(key).get(year) ?? { expected: 0, present: 0, missing: 0, refused: 0 };
    cell.expected += n;
    cell[state] += n;
    counts.get(key).set(year, cell);
  }
  return counts;
}

function cellOf(cell) {
  if (!cell) return el("td", { class: "off" }, "·");
  const held = cell.present / cell.expected;
  const style = { background: held ? shade(held) : "var(--flag-tint)" };
  const lacking = [cell.missing ? `${words.coverage.missing_mark}${number(cell.missing)}` : "", cell.refused ? `${words.coverage.refused_mark}${number(cell.refused)}` : ""].filter(Boolean).join(" ");
  return el("td", { style, title: STATES.map((state) => `${words.states[state]} ${number(cell[state])}`).join(", "), "data-present": cell.present, "data-expected": cell.expected },
    `${number(cell.present)} / ${number(cell.expected)}`, lacking ? el("small", {}, lacking) : null);
}

function heat(name, caption, key, counts, order, nameOf, query) {
  const years = [...new Set([...counts.values()].flatMap((cells) => [...cells.keys()]))].sort();
  const rows = order.filter((code) => counts.has(code));
  const exact = rows.flatMap((code) => years.filter((year) => counts.get(code).has(year)).map((year) => {
    const cell = counts.get(code).get(year);
    return [code, nameOf(code), year, cell.expected, cell.present, cell.missing, cell.refused];
  }));
  const columns = [{ key, type: "text" }, { key: "name", type: "text" }, ...["year", "expected", "present", "missing", "refused"].map((column) => ({ key: column, type: "int" }))];
  if (!rows.length) return [el("p", { class: "note" }, words.common.none)];
  return [el("div", { class: "data", id: `data-${name}` },
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, el("table", { class: "heat" }, el("caption", {}, caption),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, words.common[key === "kind" ? "kind" : "province"]), years.map((year) => el("th", { scope: "col" }, String(year))))),
      el("tbody", {}, rows.map((code) => el("tr", { "data-key": code }, el("th", { scope: "row" }, nameOf(code)), years.map((year) => cellOf(counts.get(code).get(year)))))))),
    tools(name, columns, exact, query))];
}

run(async (site) => {
  const { rows, reasons, passed_over: passed } = await data("coverage");
  const chosen = { province: "", kind: "", gaps: "", ...choices() };
  const change = (key) => (value) => { chosen[key] = value; keep(chosen); show(); };
  const kinds = [...new Set(rows.map((row) => row[2]))];
  const size = new Map();
  for (const row of rows) size.set(row[2], (size.get(row[2]) ?? 0) + row[4]);
  kinds.sort((a, b) => size.get(b) - size.get(a) || (a < b ? -1 : 1));
  const places = site.provinces.map((entry) => entry.code);

  async function showGaps() {
    const pickable = Object.keys(site.gap_files);
    if (!pickable.length) { replace("gaps", el("p", { class: "note" }, words.coverage.gaps_none)); return; }
    const code = pickable.includes(chosen.gaps) ? chosen.gaps : pickable.includes(chosen.province) ? chosen.province : pickable[0];
    const found = (await list(`gaps/${code}`, site.gap_files[code])).filter((row) => !chosen.kind || row[1] === chosen.kind);
    const caption = `${words.coverage.gaps}: ${provinceName(site, code)}`;
    replace("gaps", el("form", { class: "filters" }, select(words.coverage.pick, pickable.map((held) => [held, provinceName(site, held)]), code, change("gaps"), "gaps-province")), table({
      name: `gaps-${code}`, caption, rows: found,
      columns: [{ key: "organ", label: words.common.organ }, { key: "kind", label: words.common.kind, show: kindName }, { key: "year", label: words.common.year, type: "int", plain: true },
        { key: "state", label: words.common.state, show: (state) => words.states[state] },
        { key: "report_id", label: words.views.report, show: (id) => (id ? reportLink(id, id) : null) },
        { key: "reasons", label: words.common.reason, show: (given) => (given ? given.split(" ").map(checkName).join(words.site.language === "English" ? "; " : "；") : null) }],
      query: {
        duckdb: `select c.*, a.agency_name\nfrom ${files(site.root, "coverage")} as c\njoin ${files(site.root, "agencies")} as a using (agency_id)\nwhere c.state <> 'present' and coalesce(left(a.region_code, 2), '--') = '${code}'`,
        pandas: `import pandas as pd\n\nroot = ${JSON.stringify(site.root)}\ncoverage = pd.read_parquet(f"{root}/coverage").merge(pd.read_parquet(f"{root}/agencies"), on="agency_id")\nprovince = coverage["region_code"].str[:2].fillna("--")\nprint(coverage[(coverage["state"] != "present") & (province == "${code}")])`,
      },
    }));
  }

  function showReasons() {
    const columns = (what) => [{ key: what, label: words.common.reason, show: checkName }];
    replace("refused", reasons.length ? table({
      name: "refused", caption: words.coverage.refused, rows: reasons,
      columns: [...columns("check"), { key: "year", label: words.common.year, type: "int", plain: true }, { key: "reports", label: words.common.reports, type: "int" }],
      query: {
        duckdb: `select i."check", r.report_year as year, count(distinct c.report_id) as reports\nfrom ${files(site.root, "coverage")} as c\njoin ${files(site.root, "reports")} as r using (report_id)\njoin ${files(site.root, "issues")} as i using (report_id)\nwhere c.state = 'refused' and i.severity = 'error'\ngroup by all`,
        pandas: `import pandas as pd\n\nroot = ${JSON.stringify(site.root)}\ncoverage = pd.read_parquet(f"{root}/coverage")\nrefused = coverage[coverage["state"] == "refused"]\nissues = pd.read_parquet(f"{root}/issues").drop(columns=["agency_id", "report_year"])\nfound = refused.merge(issues[issues["severity"] == "error"], on="report_id")\nprint(found.groupby(["check", "report_year"])["report_id"].nunique())`,
      },
    }) : el("p", { class: "note" }, words.coverage.refused_none));
    replace("passed", passed.length ? table({
      name: "passed-over", caption: words.coverage.passed, rows: passed,
      columns: [...columns("outcome"), { key: "pages", label: words.common.count, type: "int" }],
      query: {
        duckdb: `select outcome, count(*) as pages\nfrom ${files(site.root, "pages")}\nwhere outcome <> 'report'\ngroup by all`,
        pandas: `import pandas as pd\n\npages = pd.read_parquet(${JSON.stringify(`${site.root}/pages`)})\nprint(pages.loc[pages["outcome"] != "report", "outcome"].value_counts())`,
      },
    }) : el("p", { class: "note" }, words.coverage.passed_none));
  }

  function show() {
    const all = ["", words.common.all];
    replace("filters",
      select(words.common.province, [all, ...provinceOptions(site)], chosen.province, change("province"), "province"),
      select(words.common.kind, [all, ...kinds.map((kind) => [kind, kindName(kind)])], chosen.kind, change("kind"), "kind"));
    const inProvince = ({ province }) => !chosen.province || province === chosen.province;
    const ofKind = ({ kind }) => !chosen.kind || kind === chosen.kind;
    const both = (entry) => inProvince(entry) && ofKind(entry);
    replace("kinds", heat("coverage-kinds", words.coverage.by_kind, "kind", counted(rows, (entry) => entry.kind, both), kinds, kindName, coverageQuery(site, "kind", chosen)));
    replace("regions", heat("coverage-regions", words.coverage.by_region, "province", counted(rows, (entry) => entry.province, both), places, (code) => provinceName(site, code), coverageQuery(site, "province", chosen)));
    return showGaps();
  }
  showReasons();
  await show();
});
