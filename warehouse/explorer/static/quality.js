import { checkName, choices, data, el, filled, keep, label, number, provinceName, replace, run, select, share, words } from "./common.js";
import { chart, columns, draw, ranking } from "./charts.js";
import { cellsQuery, issuesQuery } from "./queries.js";
import { exactly, table } from "./tables.js";

const BARS = 15;

function showNights(nights) {
  if (nights === null) { replace("nights", el("p", { class: "notice" }, words.quality.nights_unknown)); return; }
  const failed = nights.filter(([, , state]) => state !== "complete");
  if (!nights.length || !failed.length) { replace("nights", el("p", { class: "note" }, nights.length ? words.quality.nights_none : words.quality.nights_never)); return; }
  replace("nights", table({
    name: "failed-sources", caption: words.quality.nights, rows: failed,
    columns: [{ key: "source", label: words.quality.source }, { key: "name", label: words.common.organ }, { key: "state", label: words.common.state, show: (state) => words.states[state] ?? state },
      { key: "reason", label: words.common.reason }, { key: "listed", label: words.quality.listed, type: "int" }, { key: "failed", label: words.quality.failed, type: "int" }],
  }));
}

/** How a cell's figure came about: the table's state where there is a figure, else the status that says why not. */
function wayOf(site, state, status) {
  if (status === "reported") return words.quality[{ exact: "exact", inferred: "inferred", partial: "partial" }[state] ?? "other"];
  return filled(words.quality.null_of, { status: words.statuses[status] ?? label(site, "*", "status", status) });
}

function showShares(site, cells) {
  const sums = new Map();
  const totals = new Map();
  for (const [name, year, state, status, n] of cells) {
    const way = wayOf(site, state, status);
    sums.set(`${name}|${way}`, { name, way, n: (sums.get(`${name}|${way}`)?.n ?? 0) + n });
    totals.set(name, (totals.get(name) ?? 0) + n);
  }
  const hosts = Object.keys(words.tables).filter((name) => totals.has(name)).map((name) => {
    const host = chart();
    const bars = [...sums.values()].filter((sum) => sum.name === name).sort((a, b) => b.n - a.n)
      .map((sum) => ({ name: sum.way, value: sum.n, shown: `${share(sum.n / totals.get(name))} · ${number(sum.n)}` }));
    return [el("figure", {}, el("figcaption", {}, words.tables[name]), host), () => draw(host, `${words.quality.shares}: ${words.tables[name]}`, ranking(bars))];
  });
  replace("shares", el("div", { class: "split" }, hosts.map(([figure]) => figure)), exactly({
    name: "cells", caption: words.quality.shares,
    rows: cells.map(([name, year, state, status, n]) => [name, year, state, status, wayOf(site, state, status), n]),
    columns: [{ key: "table", label: words.common.table, show: (name) => words.tables[name] }, { key: "year", label: words.common.year, type: "int", plain: true },
      { key: "state", label: words.report.read_as, show: (state) => words.states[state] ?? state }, { key: "status", label: words.common.state, show: (status) => words.statuses[status] ?? status },
      { key: "how", label: words.quality.how }, { key: "cells", label: words.common.count, type: "int" }],
    query: cellsQuery(site),
  }));
  for (const [, paint] of hosts) paint();
}

run(async (site) => {
  const { issues, organs, cells, nights } = await data("quality");
  showNights(nights);
  showShares(site, cells);
  const chosen = { severity: "", check: "", year: "", province: "", ...choices() };
  const change = (key) => (value) => { chosen[key] = value; keep(chosen); show(); };
  const rows = issues.map(([check, severity, name, year, province, n]) => ({ check, severity, table: name, year, province, n }));
  const distinct = (key) => [...new Set(rows.map((row) => row[key]))].filter((value) => value !== null).sort();

  function summed(keys, held) {
    const sums = new Map();
    for (const row of held) {
      const key = keys.map((name) => row[name]).join("|");
      sums.set(key, [...keys.map((name) => row[name]), (sums.get(key)?.at(-1) ?? 0) + row.n]);
    }
    return [...sums.values()];
  }

  function drawn(id, name, caption, keys, found, nameOf, by, byYear = false) {
    const host = chart();
    const biggest = [...found].sort((a, b) => b.at(-1) - a.at(-1)).slice(0, BARS);
    const bars = byYear
      ? found.map((row) => ({ year: row[0] ?? words.common.undated, value: row.at(-1), shown: number(row.at(-1)) }))
      : biggest.map((row) => ({ name: nameOf(row), value: row.at(-1), shown: number(row.at(-1)) }));
    replace(id, found.length ? host : el("p", { class: "note" }, words.quality.none), exactly({
      name, caption, rows: byYear ? found : [...found].sort((a, b) => b.at(-1) - a.at(-1)), columns: [...keys, { key: "issues", label: words.quality.issues, type: "int" }],
      query: issuesQuery(site, by, chosen) }, byYear ? false : id === "checks"));
    if (found.length) draw(host, caption, byYear ? columns(bars) : ranking(bars));
  }

  function show() {
    const all = ["", words.common.all];
    replace("filters",
      select(words.quality.severity, [all, ...Object.entries(words.severities)], chosen.severity, change("severity"), "severity"),
      select(words.quality.check, [all, ...distinct("check").map((check) => [check, checkName(check)])], chosen.check, change("check"), "check"),
      select(words.common.year, [all, ...distinct("year").map((year) => [String(year), String(year)])], chosen.year, change("year"), "year"),
      select(words.common.province, [all, ...distinct("province").map((code) => [code, provinceName(site, code)])], chosen.province, change("province"), "province"));
    const held = rows.filter((row) => (!chosen.severity || row.severity === chosen.severity) && (!chosen.check || row.check === chosen.check)
      && (!chosen.year || String(row.year) === chosen.year) && (!chosen.province || row.province === chosen.province));
    drawn("checks", "issues-by-check", words.quality.checks,
      [{ key: "check", label: words.quality.check, show: checkName }, { key: "severity", label: words.quality.severity, show: (code) => words.severities[code] }],
      summed(["check", "severity"], held), ([check, severity]) => `${checkName(check)} (${words.severities[severity]})`, "check");
    drawn("by-year", "issues-by-year", words.quality.by_year, [{ key: "year", label: words.common.year, type: "int", plain: true }],
      summed(["year"], held).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)), null, "year", true);
    drawn("by-region", "issues-by-region", words.quality.by_region, [{ key: "province", label: words.common.province, show: (code) => provinceName(site, code) }],
      summed(["province"], held), ([code]) => provinceName(site, code), "province");
  }
  show();
  replace("by-organ", table({
    name: "issues-by-organ", caption: words.quality.by_organ, rows: organs,
    columns: [{ key: "agency_id", hide: true }, { key: "organ", label: words.common.organ }, { key: "province", label: words.common.province, show: (code) => provinceName(site, code) },
      ...["error", "warning", "info"].map((severity) => ({ key: severity, label: words.severities[severity], type: "int" })), { key: "reports", label: words.common.reports, type: "int" }],
    query: issuesQuery(site, "agency_id", {}),
  }));
});
