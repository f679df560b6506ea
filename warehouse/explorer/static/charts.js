// Pictures, drawn by Vega-Lite in the colours of the page. They carry no colour of their own meaning: position and
// length tell, and a table stands under each.

import { el, words } from "./common.js";

let loading = null;
const drawn = new Map();

async function embed() {
  loading ??= import("./vega.js");
  await loading;
  return window.vegaEmbed;
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["ink", "muted", "rule", "accent", "paper", "tint"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

function config() {
  const { ink, muted, rule, accent } = colours();
  const font = getComputedStyle(document.body).fontFamily;
  return {
    background: null, font,
    axis: { labelColor: muted, titleColor: muted, gridColor: rule, domainColor: rule, tickColor: rule, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelFont: font, titleFont: font },
    header: { labelColor: ink, labelFontSize: 13, labelFontWeight: 600, labelFont: font, title: null, labelAnchor: "start", labelPadding: 6, labelLimit: 260 },
    view: { stroke: null },
    bar: { color: accent }, line: { color: accent, strokeWidth: 2.2 }, point: { color: accent, filled: true, opacity: 1, size: 46 }, text: { color: ink, font, fontSize: 11.5 },
  };
}

/** Draw what `spec(width)` gives into a host, and again when its width or the colours change. */
export async function draw(host, description, spec) {
  drawn.set(host, { description, spec });
  host.setAttribute("role", "img");
  host.setAttribute("aria-label", words.common.chart + description);
  const vega = await embed();
  if (drawn.get(host)?.spec !== spec) return;
  const width = Math.max(240, Math.floor(host.clientWidth) || 600);
  const full = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", description, config: config(), ...spec(width) };
  await vega(host, full, { ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: false });
  host.setAttribute("data-drawn", "");
}

export const chart = () => el("div", { class: "chart" });

const again = () => {
  for (const [host, { description, spec }] of drawn) {
    if (host.isConnected) draw(host, description, spec);
    else drawn.delete(host);
  }
};
let waiting = 0;
let before = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth === before) return;
  before = window.innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(again, 150);
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);

const years = (rows) => ({ field: "year", type: "ordinal", title: null, axis: { labelAngle: 0, labelOverlap: true, ticks: false }, scale: { domain: [...new Set(rows.map((row) => row.year))].sort() } });
const amount = (rows, format) => {
  const values = rows.map((row) => row.value).filter((value) => value !== null);
  // A little above the highest, so that its label has room.
  const domain = [Math.min(0, ...values), Math.max(0, ...values) * 1.12 || 1];
  return { field: "value", type: "quantitative", title: null, axis: { tickCount: 4, format, domain: false, ticks: false }, scale: { domain, nice: false } };
};

/** Labels of points stand above them, below where the line comes down and goes up again. */
const labels = [["!datum.low", -11], ["datum.low", 16]].map(([filter, dy]) => ({ transform: [{ filter }], mark: { type: "text", dy }, encoding: { text: { field: "shown" } } }));
const withLows = (rows) => rows.map((row, n) => {
  const beside = [rows[n - 1], rows[n + 1]].filter((other) => other && other.group === row.group && other.value !== null);
  return { ...row, low: row.value !== null && beside.length > 0 && beside.every((other) => other.value > row.value) };
});

/** A line with a labelled point a year. */
export const trend = (rows, format) => (width) => ({
  width: width - 10, height: 250, autosize: { type: "fit", contains: "padding" }, data: { values: withLows(rows) },
  encoding: { x: years(rows), y: amount(rows, format) },
  layer: [{ mark: "line" }, { mark: "point" }, ...labels],
});

/** Small multiples: one panel a `group`, the same scale in all. */
export const panels = (rows, format, kind = "bar") => (width) => {
  const groups = new Set(rows.map((row) => row.group)).size;
  const fitting = Math.max(1, Math.min(groups, Math.floor(width / 215)));
  // As few rows as fit, and all of them as full as can be.
  const columns = Math.ceil(groups / Math.ceil(groups / fitting));
  const panel = Math.floor((width - 50) / columns) - 32;
  const axes = { x: years(rows), y: amount(rows, format) };
  const marks = kind === "bar"
    ? [{ mark: { type: "bar", width: { band: 0.62 }, cornerRadiusEnd: 2 } }, { mark: { type: "text", dy: -8 }, encoding: { text: { field: "shown" } } }]
    : [{ mark: "line" }, { mark: "point" }, ...labels];
  return {
    data: { values: withLows(rows) }, columns, resolve: { axis: { x: "independent" } }, spacing: { row: 26, column: 26 },
    facet: { field: "group", type: "nominal", sort: [...new Set(rows.map((row) => row.group))], title: null },
    spec: { width: Math.max(120, panel), height: 130, encoding: axes, layer: marks },
  };
};

/** Bars that lie, longest first, their figures at their ends. */
export const ranking = (rows) => (width) => ({
  width: width - 10, height: rows.length * 27 + 8, autosize: { type: "fit", contains: "padding" }, data: { values: rows },
  encoding: {
    y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelLimit: Math.max(110, width * 0.45), ticks: false, domain: false, labelPadding: 8 } },
    x: { field: "value", type: "quantitative", title: null, axis: null, scale: { range: [0, { expr: "width - 60" }] } },
  },
  layer: [{ mark: { type: "bar", height: { band: 0.62 }, cornerRadiusEnd: 2 } }, { mark: { type: "text", align: "left", dx: 6 }, encoding: { text: { field: "shown" } } }],
});

/** Standing bars, one a year. */
export const columns = (rows) => (width) => ({
  width: width - 10, height: 200, autosize: { type: "fit", contains: "padding" }, data: { values: rows },
  encoding: { x: years(rows), y: amount(rows, ",~f") },
  layer: [{ mark: { type: "bar", width: { band: 0.5 }, cornerRadiusEnd: 2 } }, { mark: { type: "text", dy: -8 }, encoding: { text: { field: "shown" } } }],
});
