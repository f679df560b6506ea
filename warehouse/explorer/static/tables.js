// Tables with their downloads and queries: what stands under every picture.

import { el, filled, number, words } from "./common.js";
import { parquet } from "./parquet.js";

const SHOWN = 200;

/** A text that a spreadsheet would take for a formula is led by an apostrophe; numbers stay numbers. */
function csvCell(value, type) {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (type === "text" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv(columns, rows) {
  const lines = [columns.map((column) => csvCell(column.key, "text")),
    ...rows.map((row) => columns.map((column, n) => csvCell(row[n], column.type)))];
  // The mark at the beginning tells spreadsheets that this is UTF-8.
  return new Blob(["\ufeff", ...lines.map((line) => `${line.join(",")}\r\n`)], { type: "text/csv;charset=utf-8" });
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function queries(query) {
  return el("details", {}, el("summary", {}, words.common.query),
    el("pre", { "data-name": "pandas", tabindex: "0" }, el("code", { class: "pandas" }, query.pandas)),
    el("pre", { "data-name": "DuckDB", tabindex: "0" }, el("code", { class: "duckdb" }, query.duckdb)));
}

/** The buttons that save rows as CSV and Parquet, and the query that gives them. */
export function tools(name, columns, rows, query) {
  const types = columns.map(({ key, type = "text" }) => ({ key, type }));
  const plain = () => rows.map((row) => types.map(({ type }, n) => (type === "int" || type === "float" ? (typeof row[n] === "number" ? row[n] : null) : row[n] ?? null)));
  return el("div", { class: "tools" },
    el("button", { type: "button", class: "quiet csv", onclick: () => save(csv(types, plain()), `${name}.csv`) }, words.common.csv),
    el("button", { type: "button", class: "quiet parquet", onclick: () => save(parquet(types, plain()), `${name}.parquet`) }, words.common.parquet),
    query ? queries(query) : null);
}

/**
 * A table: columns are {key, label, type, show?, hide?}; rows arrays in their order. `show(value, row)` gives what
 * stands in a cell; `hide` columns are in the downloads only.
 */
export function table({ name, caption, columns, rows, query }) {
  const seen = columns.map((column, n) => [column, n]).filter(([column]) => !column.hide);
  const cell = (row, [column, n], first) => {
    const value = row[n];
    const numeric = column.type === "int" || column.type === "float";
    let content = column.show ? column.show(value, row) : value;
    const lacking = content === null || content === undefined || content === "";
    if (!column.show && typeof value === "number" && !column.plain) content = number(value);
    const classes = [numeric ? "num" : "", lacking ? "null" : ""].join(" ").trim() || null;
    return el(first ? "th" : "td", { class: classes, scope: first ? "row" : null, "data-value": numeric && typeof value === "number" ? value : null }, lacking ? "—" : content instanceof Node ? content : String(content));
  };
  const line = (row) => el("tr", {}, seen.map((column, n) => cell(row, column, n === 0)));
  const body = el("tbody", {}, rows.slice(0, SHOWN).map(line));
  const more = rows.length > SHOWN ? el("button", { type: "button", class: "quiet", onclick: () => { body.append(...rows.slice(SHOWN).map(line)); more.remove(); } }, filled(words.common.show_rows, { n: number(rows.length) })) : null;
  const head = el("thead", {}, el("tr", {}, seen.map(([column]) => el("th", { scope: "col", class: column.type === "int" || column.type === "float" ? "num" : null }, column.label))));
  const content = rows.length
    ? el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, el("table", {}, el("caption", {}, caption), head, body))
    : el("p", { class: "note" }, words.common.none);
  return el("div", { class: "data", id: `data-${name}` }, content, more, tools(name, columns, rows, query));
}

/** A table that is opened under its picture. */
export function exactly(given, open = false) {
  return el("details", { class: "exact", open }, el("summary", {}, words.common.exact), table(given));
}
