import { choices, el, english, filled, keep, measureName, measureOptions, number, provinceName, provinceOptions, replace, run, select, shade, share, short, unitOf, words } from "./common.js";
import { chart, draw, panels, trend } from "./charts.js";
import { cube } from "./cube.js";
import { measureQuery } from "./queries.js";
import { exactly } from "./tables.js";

const LEVELS = ["national", "province", "city", "county", "township", "--"];

function totals(site) {
  const { reports, organs, regions, years, received, received_reports: from } = site.totals;
  const span = years.length ? (years.length > 1 ? `${years[0]}–${years.at(-1)}` : String(years[0])) : "—";
  const entry = (value, text, note) => el("div", {}, el("dt", {}, text, note ? el("small", {}, note) : null), el("dd", {}, value));
  replace("totals",
    entry(number(reports), words.overview.reports), entry(number(organs), words.overview.organs),
    entry(number(regions), words.overview.regions), entry(span, words.overview.years),
    entry(received === null ? "—" : number(received), words.overview.received, filled(words.overview.received_note, { n: number(from) })));
}

run(async (site) => {
  totals(site);
  const sums = await cube(site);
  const chosen = { measure: "received", year: "", province: "", level: "", who: "", ...choices() };
  const measureOf = (code) => site.measures.find((measure) => measure.code === code) ?? site.measures[0];
  const latest = () => chosen.year || String(sums.years.at(-1) ?? "");
  const change = (key) => (value) => { chosen[key] = value; keep(chosen); show(); };

  function filters() {
    const all = ["", words.common.all];
    replace("filters",
      select(words.common.measure, measureOptions(site), chosen.measure, change("measure"), "measure"),
      select(words.common.province, [all, ...provinceOptions(site)], chosen.province, change("province"), "province"),
      select(words.common.level, [all, ...LEVELS.filter((level) => sums.levels.includes(level)).map((level) => [level, words.levels[level]])], chosen.level, change("level"), "level"),
      select(words.common.who, [all, ...Object.entries(words.whos)], chosen.who, change("who"), "who"),
      select(words.common.year + (english ? " (map)" : "（地图）"), sums.years.map((year) => [String(year), String(year)]), latest(), change("year"), "year"));
  }

  const passes = ({ province, level, who }) => (!chosen.province || province === chosen.province) && (!chosen.level || level === chosen.level) && (!chosen.who || who === chosen.who);
  const asked = () => ({ province: chosen.province, level: chosen.level, who: chosen.who });
  const figureColumns = (measure) => [
    { key: "value", label: `${words.common.value}${english ? `, ${unitOf(measure)}` : `（${unitOf(measure)}）`}`, type: "float" },
    { key: "reports", label: words.common.from_reports, type: "int" }];

  function showTrend(measure) {
    const found = [...sums.by(measure, "year", passes)];
    const rows = found.map(([year, sum]) => [year, sum.value, sum.reports]);
    const picture = chart();
    replace("trend", el("figure", {}, el("figcaption", {}, `${measureName(measure)}${english ? `, ${unitOf(measure)}` : `（${unitOf(measure)}）`}`), picture), exactly({
      name: `trend-${measure.code}`, caption: measureName(measure), rows,
      columns: [{ key: "year", label: words.common.year, type: "int", plain: true }, ...figureColumns(measure)],
      query: measureQuery(site, measure, { by: ["year"], ...asked() }),
    }, true));
    const values = found.map(([year, sum]) => ({ year, value: sum.value, shown: sum.value === null ? "" : short(sum.value) }));
    draw(picture, measureName(measure), trend(values, ",~f"));
  }

  /** One query an outcome: together they give the whole table. */
  function mixQuery() {
    const each = site.outcomes.map(measureOf).map((measure) =>
      [measureName(measure), measureQuery(site, measure, { by: ["year"], whole: measureOf(measure.share_of), ...asked() })]);
    return {
      duckdb: each.map(([name, query]) => `-- ${name}\n${query.duckdb};`).join("\n\n"),
      pandas: each.map(([name, query]) => `# ${name}\n${query.pandas}`).join("\n\n"),
    };
  }

  function showMix() {
    const rows = [], values = [];
    for (const code of site.outcomes) {
      const measure = measureOf(code);
      for (const [year, sum] of sums.by(measure, "year", passes)) {
        rows.push([measureName(measure), year, sum.value, sum.reports, sum.share]);
        values.push({ year, group: measureName(measure), value: sum.share, shown: sum.share === null ? "" : share(sum.share) });
      }
    }
    const picture = chart();
    replace("mix", picture, exactly({
      name: "outcome-mix", caption: words.overview.mix, rows,
      columns: [{ key: "outcome", label: words.common.measure, type: "text" }, { key: "year", label: words.common.year, type: "int", plain: true },
        { key: "value", label: words.common.value, type: "float" }, { key: "reports", label: words.common.from_reports, type: "int" },
        { key: "share", label: words.common.share, type: "float", show: (value) => (value === null ? null : share(value)) }],
      query: mixQuery(),
    }));
    draw(picture, words.overview.mix, panels(values, "%"));
  }

  function showMap(measure) {
    const year = Number(latest());
    const test = (entry) => entry.year === year && (!chosen.level || entry.level === chosen.level) && (!chosen.who || entry.who === chosen.who);
    const found = sums.by(measure, "province", test);
    const largest = Math.max(0, ...[...found].filter(([code]) => code !== "00" && code !== "--").map(([, sum]) => sum.value ?? 0));
    const tile = (entry) => {
      const value = found.get(entry.code)?.value ?? null;
      const strength = value === null || largest === 0 ? 0 : Math.max(0, value) / largest;
      const style = entry.column === undefined ? {} : { gridColumn: entry.column - 1, gridRow: entry.row + 1 };
      if (value !== null) {
        style.background = shade(0.06 + strength * 0.94);
      }
      const name = entry[english ? "en" : "zh"];
      const figure = value === null ? "—" : short(value);
      return el("button", { type: "button", class: value === null ? "tile empty" : "tile", style, "data-province": entry.code, "data-value": value,
        "aria-pressed": String(chosen.province === entry.code), "aria-label": `${name}: ${value === null ? words.common.unknown : number(value)}`,
        onclick: () => { change("province")(chosen.province === entry.code ? "" : entry.code); document.querySelector(`.tile[data-province="${entry.code}"]`)?.focus(); } },
      el("b", { class: "long" }, name), el("b", { class: "iso", "aria-hidden": "true" }, english ? entry.iso : name), el("span", {}, figure));
    };
    const placed = site.provinces.filter((entry) => entry.column !== undefined);
    const rows = [...found].map(([code, sum]) => [code, provinceName(site, code), sum.value, sum.reports]);
    replace("map", el("figure", {}, el("figcaption", {}, `${measureName(measure)}, ${year}`), el("div", { class: "tiles" }, placed.map(tile))),
      chosen.province ? el("p", { class: "aside" }, el("button", { type: "button", class: "quiet", onclick: () => change("province")("") }, words.overview.clear)) : null,
      exactly({
        name: `provinces-${measure.code}-${year}`, caption: `${measureName(measure)}, ${year}`, rows,
        columns: [{ key: "province", label: words.common.province, hide: true }, { key: "name", label: words.common.province }, ...figureColumns(measure)],
        query: measureQuery(site, measure, { by: ["province"], year, level: chosen.level, who: chosen.who }),
      }));
  }

  function show() {
    filters();
    const measure = measureOf(chosen.measure);
    showMap(measure);
    showTrend(measure);
    showMix();
  }
  show();
});
