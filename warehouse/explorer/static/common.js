// What every view stands on: words, data, elements made without markup, the state in the address, numbers.

export const words = JSON.parse(document.getElementById("words").textContent);
export const english = document.documentElement.lang === "en";
export const language = english ? "en" : "zh";
export const UNKNOWN = "--";

const whole = new Intl.NumberFormat(english ? "en" : "zh-Hans", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(english ? "en" : "zh-Hans", { maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(english ? "en" : "zh-Hans", { style: "percent", maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(english ? "en" : "zh-Hans", { notation: "compact", maximumFractionDigits: 1 });

export const number = (value) => (Number.isInteger(value) ? whole : fine).format(value);
export const share = (value) => percent.format(value);
export const short = (value) => (Math.abs(value) < 10000 ? number(value) : compact.format(value));

/** A text of words with {name} filled in. */
export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

/** An element; strings among the children become text nodes, never markup. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** A link to an address that came from outside: only to the web, anything else stays text. */
export function outward(address) {
  let protocol = "";
  try { protocol = new URL(address).protocol; } catch { protocol = ""; }
  if (protocol !== "http:" && protocol !== "https:") return el("span", {}, address);
  return el("a", { href: address, rel: "noopener noreferrer nofollow", target: "_blank" }, address);
}

/** A shade of the accent between nothing (0) and the deepest (1) on which the page's ink is still easy to read. */
export const shade = (strength) => `color-mix(in oklab, var(--accent) calc(var(--deepest) * ${strength.toFixed(3)}), var(--card))`;

const fetched = new Map();

/** A file of the site's data; raises an Error that names it. */
export function data(name) {
  if (!fetched.has(name)) {
    fetched.set(name, fetch(`../data/${name.split("/").map(encodeURIComponent).join("/")}.json`).then((answer) => {
      if (!answer.ok) throw new Error(`${name}.json: ${answer.status}`);
      return answer.json();
    }));
  }
  return fetched.get(name);
}

/** Rows of a list that lies in so many files. */
export async function list(name, files) {
  const parts = await Promise.all(Array.from({ length: files }, (_, n) => data(`${name}-${n}`)));
  return parts.flat();
}

/** Run a view; what goes wrong is said on the page. */
export async function run(view) {
  try {
    await view(await data("site"));
  } catch (error) {
    document.getElementById("problem").textContent = words.common.failed + error.message;
    throw error;
  } finally {
    for (const waiting of document.querySelectorAll("[aria-busy]")) waiting.removeAttribute("aria-busy");
  }
}

/** The choices that stand in the address after #: they survive a reload and can be passed on. */
export function choices() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

export function keep(chosen) {
  const given = Object.entries(chosen).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  history.replaceState(null, "", `#${new URLSearchParams(given)}`);
  followLanguage();
}

/** The other language's page opens with the same choices. */
export function followLanguage() {
  const other = document.getElementById("other-language");
  other.hash = location.hash;
  other.search = location.search;
}

/** A labelled select; options are [value, label] or, grouped, [group, [[value, label], …]]. */
export function select(label, options, value, changed, id) {
  const option = ([code, text]) => el("option", { value: code }, text);
  const parts = options.map(([first, second]) =>
    Array.isArray(second) ? el("optgroup", { label: first }, second.map(option)) : option([first, second]));
  const box = el("select", { id, onchange: () => changed(box.value) }, parts);
  box.value = value;
  return el("label", { for: id }, label, box);
}

export function radios(legend, name, options, value, changed) {
  return el("fieldset", {}, el("legend", {}, legend), el("div", { class: "radios" }, options.map(([code, text]) =>
    el("label", {}, el("input", { type: "radio", name, value: code, checked: code === value, onchange: () => changed(code) }), text))));
}

/** What the plan says of a code of the codebook. */
export function label(site, table, dimension, code) {
  const entry = site.codebook.find((held) => held.table === table && held.dimension === dimension && held.code === code);
  return entry ? entry[language] : code;
}

/** A measure's name for reading: the form's numbering and remarks in brackets left out. */
export function measureName(measure) {
  const name = measure[language].split(" · ").map((part) =>
    part.replace(/^(?:[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\d+\.)/, "").replace(/（[^（）]*）$/, "")).join(" · ");
  return english ? name.charAt(0).toUpperCase() + name.slice(1) : name;
}

export const measureOptions = (site) => ["requests", "challenges", "disclosures"].map((table) =>
  [words.tables[table], site.measures.filter((m) => m.table === table).map((m) => [m.code, measureName(m)])]);

export const provinceName = (site, code) => site.provinces.find((entry) => entry.code === code)?.[language] ?? code;
export const provinceOptions = (site) => site.held.map((code) => [code, provinceName(site, code)]);
export const kindName = (code) => words.kinds[code] ?? code;
export const checkName = (code) => words.checks[code] ?? code;
export const unitOf = (measure) => (Object.values(measure.where).includes("amount") ? words.common.unit_money : words.common.unit_count);
export const reportLink = (id, text) => el("a", { href: `report.html?id=${encodeURIComponent(id)}` }, text);
export const replace = (id, ...children) => 
  document.getElementById(id).replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));

window.addEventListener("hashchange", followLanguage);
followLanguage();
