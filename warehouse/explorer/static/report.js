import { choices, data, el, filled, keep, list, number, outward, provinceName, replace, run, select, words } from "./common.js";
import { reportSections } from "./form.js";

const LISTED = 300;

run(async (site) => {
  const held = Object.keys(site.list_files).sort();
  const wanted = new URLSearchParams(location.search).get("id");
  const chosen = { province: "", year: "", text: "", ...choices() };
  if (!held.includes(chosen.province)) chosen.province = held.find((code) => code !== "--") ?? held[0] ?? "";
  const yearsOf = (code) => Object.keys(site.list_files[code] ?? {}).sort().reverse();

  async function results() {
    if (!chosen.province) { replace("results", el("p", { class: "note" }, words.common.none)); return; }
    const rows = await list(`lists/${chosen.province}-${chosen.year}`, site.list_files[chosen.province][chosen.year]);
    const found = rows.filter(([, title, organ]) => !chosen.text || `${title ?? ""} ${organ ?? ""}`.includes(chosen.text));
    const entry = ([id, title, organ, level, , , , , issues, duplicate]) => el("li", {},
      el("a", { href: `?id=${encodeURIComponent(id)}${location.hash}` }, title || words.report.untitled),
      el("small", {}, [organ, words.levels[level] ?? level].filter(Boolean).join(" · "),
        duplicate ? el("span", { class: "badge" }, words.checks.duplicate) : null,
        issues ? el("span", { class: "badge flag" }, `${words.report.issues_column} ${number(issues)}`) : null));
    replace("results", el("ul", { class: "list", "aria-label": words.report.results, tabindex: "0" }, found.slice(0, LISTED).map(entry)),
      found.length ? null : el("p", { class: "note" }, words.common.none),
      found.length > LISTED ? el("p", { class: "note" }, filled(words.report.more, { n: LISTED })) : null);
    for (const empty of document.querySelectorAll("#results > .list:empty")) empty.remove();
  }

  /** The filters, and the list below them; a report that was asked for stands first, without a list above it. */
  function finder(first = false) {
    const years = yearsOf(chosen.province);
    if (!years.includes(chosen.year)) chosen.year = years[0] ?? "";
    const change = (key) => (value) => { chosen[key] = value; keep(chosen); return finder(); };
    const search = el("input", { type: "search", id: "text", value: chosen.text, oninput: () => { chosen.text = search.value.trim(); keep(chosen); results(); } });
    replace("filters",
      select(words.common.province, held.map((code) => [code, provinceName(site, code)]), chosen.province, change("province"), "province"),
      select(words.common.year, years.map((year) => [year, year === "0" ? words.common.undated : year]), chosen.year, change("year"), "year"),
      el("label", { for: "text" }, words.compare.search, search));
    return first && wanted ? null : results();
  }

  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  const finding = finder(true);
  if (wanted) {
    const beginning = wanted.slice(0, 2);
    const places = site.id_files.includes(beginning) ? await data(`ids/${beginning}`) : {};
    const place = Object.hasOwn(places, wanted) ? places[wanted] : null;
    if (place === null) replace("report", el("p", { class: "notice" }, filled(words.report.unknown, { id: wanted })));
    else {
      const report = (await data(`reports/${place}`))[wanted];
      document.title = `${report.title || words.report.untitled} · ${words.site.name}`;
      replace("report", reportSections(site, report, outward));
    }
  }
  await finding;
});
