// A report in the statutory form: what the page printed, cell by cell, with what is known of each.

import { checkName, el, english, filled, label, language, number, reportLink, words } from "./common.js";
import { reportQuery } from "./queries.js";
import { table, tools } from "./tables.js";

const TABLES = { disclosures: ["item", "measure"], requests: ["item", "applicant"], challenges: ["route", "result"] };
const TITLES = { disclosures: "table_2", requests: "table_3", challenges: "table_4" };

/** A cell as it lies in the file: a figure alone, or [status, what was printed, the figure]. */
const opened = (cell) => (Array.isArray(cell) ? { status: cell[0], raw: cell[1], value: cell[2] } : { status: "reported", raw: null, value: cell });

function issuesByPlace(report) {
  const places = new Map();
  report.issues.forEach(([, , name, row, column], n) => {
    const key = [name, row, column].map((part) => part ?? "").join("|");
    places.set(key, [...(places.get(key) ?? []), n]);
  });
  return places;
}

/** A cell of the form; what is taken out of `left` is shown. */
function cellMaker(report, name, left) {
  const places = issuesByPlace(report);
  return (row, column) => {
    const found = left[row]?.[column];
    if (found === undefined) return el("td", { class: "off" });
    delete left[row][column];
    const { status, raw, value } = opened(found);
    const issues = places.get(`${name}|${row}|${column}`) ?? [];
    const notes = [];
    let printed = raw;
    if (status === "reported" && raw === null) printed = number(value);
    else if (status === "reported") notes.push(english ? `= ${number(value)}` : `即 ${number(value)}`);
    else notes.push(words.statuses[status] ?? label({ codebook: [] }, "*", "status", status));
    const kind = { blank: "void", dash: "void", unreadable: "lost", missing: "lost" }[status] ?? "";
    const shown = printed === null || printed === "" ? "" : printed;
    const content = issues.length ? el("a", { href: `#finding-${issues[0]}`, title: issues.map((n) => checkName(report.issues[n][1])).join("; ") }, shown || "⁠") : shown;
    return el("td", { class: `${kind} ${issues.length ? "flagged" : ""}`.trim() || null, "data-row": row, "data-column": column, "data-status": status, "data-value": value }, content, notes.map((note) => el("small", {}, note)));
  };
}

const head = (text, attributes = {}) => el("th", { scope: "col", ...attributes }, text);
const framed = (caption, ...parts) => el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, el("table", { class: "form" }, el("caption", {}, caption), parts));

function disclosuresForm(site, report, name, cell) {
  const own = site.forms.disclosures[report.template] ?? site.forms.disclosures[report.report_year && report.report_year < 2021 ? "2019" : "2021"];
  const blocks = report.template === "hybrid" ? Object.values(site.forms.disclosures).flat().filter((block) => block.items.some((item) => block.measures.some((measure) => report.tables[name][item]?.[measure] !== undefined))) : own;
  return blocks.map((block) => {
    const span = 6 / block.measures.length;
    return el("tbody", {},
      el("tr", {}, el("th", { class: "head", colspan: 7, scope: "rowgroup" }, block.clause[language])),
      el("tr", {}, el("th", { class: "head label", scope: "col" }, english ? "subject" : "信息内容"), block.measures.map((measure) => el("th", { class: "head", colspan: span, scope: "col" }, label(site, name, "measure", measure)))),
      block.items.map((item) => el("tr", {}, el("th", { scope: "row" }, label(site, name, "item", item)), block.measures.map((measure) => {
        const made = cell(item, measure);
        made.setAttribute("colspan", span);
        return made;
      }))));
  });
}

function requestsForm(site, report, name, cell) {
  const { applicants, organizations, applicant, corner, results, groups } = site.forms.requests;
  const codes = site.codebook.filter((entry) => entry.table === name && entry.dimension === "item" && report.tables[name][entry.code] !== undefined);
  const before = codes.findIndex((entry) => entry.group !== null);
  const within = (n) => codes[n].group !== null || codes[n].code === "outcome_total";
  const inside = codes.map((_, n) => n).filter((n) => within(n) && before >= 0);
  const rows = codes.map((entry, n) => {
    const parts = [];
    const grouped = groups[entry.group] && codes.filter((other) => other.group === entry.group).length > 1;
    if (n === inside[0]) parts.push(el("th", { class: "head", rowspan: inside.length, scope: "rowgroup" }, results[language]));
    if (grouped && codes.findIndex((other) => other.group === entry.group) === n) {
      parts.push(el("th", { class: "label", rowspan: codes.filter((other) => other.group === entry.group).length, scope: "rowgroup" }, groups[entry.group][language]));
    }
    parts.push(el("th", { scope: "row", colspan: grouped ? 1 : within(n) && before >= 0 ? 2 : 3 }, entry[language]));
    return el("tr", {}, parts, applicants.map((code) => cell(entry.code, code)));
  });
  const some = applicants.slice(1, -1);
  return [el("thead", {},
    el("tr", {}, head(corner[language], { rowspan: 3, colspan: 3, class: "label" }), head(applicant[language], { colspan: applicants.length })),
    el("tr", {}, head(label(site, name, "applicant", applicants[0]), { rowspan: 2 }), head(organizations[language], { colspan: some.length }), head(label(site, name, "applicant", applicants.at(-1)), { rowspan: 2 })),
    el("tr", {}, some.map((code) => head(label(site, name, "applicant", code))))), el("tbody", {}, rows)];
}

function challengesForm(site, report, name, cell) {
  const { routes, results, litigation } = site.forms.challenges;
  const [first, ...lawsuits] = routes;
  const own = (route) => label(site, name, "route", route).replace(/^.*：/, "");
  const columns = routes.flatMap((route) => results.map((result) => [route, result]));
  return [el("thead", {},
    el("tr", {}, head(label(site, name, "route", first), { colspan: results.length, rowspan: 2 }), head(litigation[language], { colspan: results.length * lawsuits.length })),
    el("tr", {}, lawsuits.map((route) => head(own(route), { colspan: results.length }))),
    el("tr", {}, columns.map(([, result]) => head(label(site, name, "result", result))))),
  el("tbody", {}, el("tr", {}, columns.map(([route, result]) => cell(route, result))))];
}

const FORMS = { disclosures: disclosuresForm, requests: requestsForm, challenges: challengesForm };

function formSection(site, report, name) {
  const state = report[`${name}_state`];
  const title = words.report[TITLES[name]];
  const intro = el("p", { class: "note" }, `${words.report.read_as}: ${words.states[state] ?? state}`);
  if (!Object.keys(report.tables[name]).length) return el("section", { "data-table": name }, el("h3", {}, title), intro, el("p", { class: "note" }, words.report.no_cells));
  const left = structuredClone(report.tables[name]);
  const form = framed(title, FORMS[name](site, report, name, cellMaker(report, name, left)));
  const rest = Object.entries(left).flatMap(([row, cells]) => Object.keys(cells).map((column) => [row, column]));
  const [rowName, columnName] = TABLES[name];
  const cell = cellMaker(report, name, structuredClone(report.tables[name]));
  const outside = rest.length ? framed(words.report.outside, el("tbody", {}, rest.map(([row, column]) => el("tr", {},
    el("th", { scope: "row" }, `${label(site, name, rowName, row)} · ${label(site, name, columnName, column)}`), cell(row, column))))) : null;
  return el("section", { "data-table": name }, el("h3", {}, title), intro, form, outside);
}

const key = () => el("ul", { class: "key", "aria-label": words.report.legend },
  el("li", {}, el("i", { class: "void" }), `${words.statuses.blank}, ${words.statuses.dash}`),
  el("li", {}, el("i", { class: "lost" }), `${words.statuses.unreadable}, ${words.statuses.missing}`),
  el("li", {}, el("span", { class: "flagged" }, words.report.flagged)));

function findings(site, report) {
  if (!report.issues.length) return el("p", { class: "note" }, words.report.no_findings);
  return el("ol", { class: "findings" }, report.issues.map(([severity, check, name, row, column, expected, observed, message], n) => {
    const [rowName, columnName] = TABLES[name] ?? [null, null];
    const where = [name ? words.tables[name] : words.report.whole_page, name && row ? label(site, name, rowName, row) : row, name && column ? label(site, name, columnName, column) : column].filter(Boolean).join(" · ");
    const said = [expected !== null ? `${words.report.expected} ${expected}` : null, observed !== null ? `${words.report.observed} ${observed}` : null].filter(Boolean).join(english ? ", " : "，");
    return el("li", { class: severity, id: `finding-${n}`, tabindex: "-1" }, el("b", {}, checkName(check)), el("span", { class: `badge ${severity}` }, words.severities[severity]),
      el("span", { class: "where" }, where), said ? el("span", {}, said) : null, el("span", { class: "message", lang: "en" }, message));
  }));
}

function facts(report, outward) {
  const when = (text) => (text ? text.replace("T", " ").replace("+00:00", " UTC") : null);
  const entries = [
    [words.report.organ, report.agency_name], [words.report.region, [report.region_name, report.region_code].filter(Boolean).join(" · ")], [words.common.level, words.levels[report.level]],
    [words.common.year, report.report_year ?? words.common.undated], [words.report.published, report.published_on], [words.report.form, words.templates[report.template] ?? report.template],
    [words.report.source, outward(report.source)], [words.report.fetched, when(report.fetched_at)], [words.report.sha256, el("span", { class: "mono" }, report.sha256)],
    [words.report.media, report.content_type], [words.report.id, el("span", { class: "mono" }, report.report_id)], [words.report.versions_of, `${report.extractor_version} / ${report.codebook_version}`]];
  return el("dl", { class: "facts" }, entries.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value === null || value === undefined || value === "" ? words.common.unknown : value instanceof Node ? value : String(value))]));
}

function chapters(report) {
  if (!report.chapters.length) return el("p", { class: "note" }, words.report.no_chapters);
  return el("div", { class: "chapter", lang: "zh-Hans" }, report.chapters.map(([number_, heading, text]) => [
    el("h4", {}, heading ?? String(number_)), text ? text.split(/\n+/).map((line) => el("p", {}, line)) : el("p", { class: "null", lang: language }, words.report.no_text)]),
  report.cut ? el("p", { class: "note", lang: language }, filled(words.report.cut, { n: number(report.cut) })) : null);
}

function history(site, report) {
  const parts = [];
  if (report.versions.length) {
    parts.push(table({ name: "versions", caption: words.report.version, rows: report.versions.map((held) => [held.version, held.fetched_at, held.sha256, held.sha256 === report.sha256 ? words.report.in_force : null]),
      columns: [{ key: "version", label: words.report.version, type: "int" }, { key: "fetched_at", label: words.report.fetched }, { key: "sha256", label: words.report.sha256 }, { key: "in_force", label: words.common.state }] }));
  } else parts.push(el("p", { class: "note" }, words.report.one_version));
  const earlier = site.earlier;
  if (earlier === null) parts.push(el("p", { class: "note" }, words.report.no_earlier));
  else if (!report.change) parts.push(el("p", { class: "note" }, filled(words.report.unchanged, { earlier })));
  else if (!report.change.figures.length) parts.push(el("p", { class: "note" }, filled(words.report[report.change.how], { earlier })));
  else {
    const state = (value) => (typeof value === "number" ? number(value) : value === null ? null : words.statuses[value] ?? value);
    parts.push(table({ name: "changes", caption: filled(words.report.since, { earlier }), rows: report.change.figures.map(([name, row, column, before, after]) => [name, row, column, before === null ? null : String(before), after === null ? null : String(after)]),
      columns: [{ key: "table", label: words.common.table, show: (name) => words.tables[name] }, { key: "row", label: words.report.row, show: (row, held) => label(site, held[0], TABLES[held[0]][0], row) },
        { key: "column", label: words.report.column, show: (column, held) => label(site, held[0], TABLES[held[0]][1], column) },
        { key: "before", label: words.report.before, show: (_, held) => state(/^-?[\d.]+$/.test(held[3] ?? "") ? Number(held[3]) : held[3]) }, { key: "after", label: words.report.after, show: (_, held) => state(/^-?[\d.]+$/.test(held[4] ?? "") ? Number(held[4]) : held[4]) }] }));
  }
  return parts;
}

function downloads(site, report) {
  const rows = Object.entries(report.tables).flatMap(([name, held]) => Object.entries(held).flatMap(([row, cells]) => Object.entries(cells).map(([column, cell]) => {
    const { status, raw, value } = opened(cell);
    return [report.report_id, name, row, column, value, status, raw];
  })));
  const columns = ["report_id", "table", "row", "column", "value", "status", "raw"].map((name) => ({ key: name, type: name === "value" ? "float" : "text" }));
  return el("div", { id: "data-report" }, tools(`report-${report.report_id}`, columns, rows, reportQuery(site, report.report_id)));
}

/** All of a report, as sections. */
export function reportSections(site, report, outward) {
  const section = (title, ...parts) => el("section", {}, el("h2", {}, title), parts.flat());
  const kept = report.duplicate_of ? el("p", { class: "notice" }, words.report.duplicate, " ", reportLink(report.duplicate_of, words.report.kept)) : null;
  return [
    el("h2", { class: "report-title", lang: "zh-Hans" }, report.title || words.report.untitled),
    ...(kept ? [kept] : []), facts(report, outward),
    section(words.report.findings, findings(site, report)), key(),
    ...Object.keys(TABLES).map((name) => formSection(site, report, name)), downloads(site, report),
    section(words.report.chapters, chapters(report)), section(words.report.history, history(site, report))];
}
