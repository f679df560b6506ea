import { choices, data, el, english, filled, keep, kindName, list, measureName, measureOptions, number, provinceName, provinceOptions, radios, replace, reportLink, run, select, share, short, unitOf, words } from "./common.js";
import { chart, draw, panels } from "./charts.js";
import { cube } from "./cube.js";
import { measureQuery } from "./queries.js";
import { table } from "./tables.js";

const MOST = 12;
const LISTED = 200;
const MILLION = 1_000_000;

run(async (site) => {
  const sums = await cube(site);
  const given = choices();
  const chosen = { subject: given.subject === "organs" ? "organs" : "regions", view: ["shares", "per_capita"].includes(given.view) ? given.view : "figures", in: given.in ?? site.held[0] ?? "" };
  const known = (code) => site.measures.some((measure) => measure.code === code);
  let regions = (given.regions ?? "").split(",").filter((code) => site.held.includes(code));
  let organs = (given.organs ?? "").split(",").filter(Boolean).map((text) => text.split("~"));
  let picked = (given.measures ?? "").split(",").filter(known);
  if (!given.measures) picked = ["received", "granted"].filter(known);
  if (given.regions === undefined) regions = site.held.filter((code) => code !== "--").slice(0, 6);
  let names = new Map();
  let typed = "";

  const organsIn = (province) => list(`organs/${province}`, site.organ_files[province] ?? 0);
  const save = () => keep({ ...chosen, regions: regions.join(","), organs: organs.map((parts) => parts.join("~")).join(","), measures: picked.join(",") });
  const redraw = () => { save(); filters(); return show(); };
  const set = (key) => (value) => { chosen[key] = value; return redraw(); };
  const adder = (box, add) => el("div", { class: "pair" }, box, el("button", { type: "button", class: "add", onclick: add }, words.common.add));

  function addTo(held, code) {
    return code && !held.includes(code) && held.length < MOST ? [...held, code] : held;
  }

  async function organPicker() {
    const box = el("select", { id: "organ" });
    const rest = el("span", {});
    const fill = async () => {
      const found = (await organsIn(chosen.in)).filter(([, name]) => !typed || (name ?? "").includes(typed));
      box.replaceChildren(...found.slice(0, LISTED).map(([id, name, , , kind, , shard]) => el("option", { value: `${id}~${shard}` }, `${name ?? id} · ${kindName(kind)}`)));
      rest.textContent = found.length > LISTED ? filled(words.compare.more, { n: number(found.length - LISTED) }) : "";
    };
    await fill();
    const search = el("input", { type: "search", id: "search", value: typed, oninput: () => { typed = search.value.trim(); fill(); } });
    return [
      select(words.common.province, Object.keys(site.organ_files).map((code) => [code, provinceName(site, code)]), chosen.in, set("in"), "in"),
      el("label", { for: "search" }, words.compare.search, search),
      el("label", { for: "organ" }, words.compare.matches, adder(box, () => {
        const parts = box.value.split("~");
        if (box.value && organs.length < MOST && !organs.some(([id]) => id === parts[0])) organs = [...organs, parts];
        redraw();
      }), rest)];
  }

  async function filters() {
    const subject = radios(words.compare.subject, "subject", [["regions", words.compare.regions], ["organs", words.compare.organs]], chosen.subject, set("subject"));
    const view = radios(words.compare.view, "view", ["figures", "shares", "per_capita"].map((code) => [code, words.compare[code]]), chosen.view, set("view"));
    let picker;
    if (chosen.subject === "organs") picker = await organPicker();
    else {
      const label = select(words.common.province, provinceOptions(site), site.held.find((code) => !regions.includes(code)) ?? site.held[0], () => {}, "region");
      const box = label.querySelector("select");
      box.replaceWith(adder(box.cloneNode(true), () => { regions = addTo(regions, document.getElementById("region").value); redraw(); }));
      picker = [label];
    }
    const label = select(words.common.measure, measureOptions(site), site.measures.find((measure) => !picked.includes(measure.code))?.code, () => {}, "measure");
    const box = label.querySelector("select");
    const holder = el("span", {});
    box.replaceWith(holder);
    holder.replaceWith(adder(box, () => { picked = addTo(picked, box.value); redraw(); }));
    replace("filters", subject, picker, label, view);
  }

  const chip = (kind, text, drop) => el("span", { class: `chip ${kind}` }, text, el("button", { type: "button", "aria-label": `${words.common.remove}: ${text}`, onclick: drop }, "×"));

  function chips() {
    const subjects = chosen.subject === "regions"
      ? regions.map((code) => chip("subject", provinceName(site, code), () => { regions = regions.filter((held) => held !== code); redraw(); }))
      : organs.map(([id]) => chip("subject", names.get(id) ?? id, () => { organs = organs.filter(([held]) => held !== id); redraw(); }));
    replace("chosen", subjects, picked.map((code) => {
      const name = measureName(site.measures.find((measure) => measure.code === code));
      return chip("measure", name, () => { picked = picked.filter((held) => held !== code); redraw(); });
    }));
  }

  /** Rows of {key, name, year, value, reports, status, whole, share, people, id} of a measure. */
  function ofRegions(measure) {
    return regions.flatMap((code) => {
      const people = site.provinces.find((entry) => entry.code === code)?.people ?? null;
      return [...sums.by(measure, "year", (entry) => entry.province === code)].map(([year, sum]) => ({
        key: code, name: provinceName(site, code), year, value: sum.value, reports: sum.reports, part: sum.part, whole: sum.whole, share: sum.share, people,
        rate: people && sum.value !== null ? (sum.value / people) * MILLION : null }));
    });
  }

  async function ofOrgans(measure, whole) {
    const at = site.measures.indexOf(measure) + 1, wholeAt = site.measures.indexOf(whole) + 1;
    const parts = await Promise.all(organs.map(async ([id, shard]) => Object.entries((await data(`series/${shard}`))[id] ?? {}).map(([year, held]) => {
      const figure = typeof held[at] === "number" ? held[at] : null;
      const total = whole && typeof held[wholeAt] === "number" ? held[wholeAt] : null;
      return { key: id, name: names.get(id) ?? id, year: Number(year), value: figure, status: figure === null ? held[at] : "reported", id: held[0],
        whole: total, share: figure !== null && total > 0 ? figure / total : null };
    })));
    return parts.flat();
  }

  function columnsOf(measure, whole) {
    const value = { key: "value", label: `${words.common.value}${english ? `, ${unitOf(measure)}` : `（${unitOf(measure)}）`}`, type: "float", of: "value" };
    const shares = whole && chosen.view === "shares" ? [{ key: "whole", label: measureName(whole), type: "float", of: "whole" },
      { key: "share", label: words.common.share, type: "float", of: "share", show: (held) => (held === null ? null : share(held)) }] : [];
    const rates = chosen.view === "per_capita" && chosen.subject === "regions" ? [{ key: "residents", label: words.compare.people, type: "int", of: "people" }, { key: "per_million", label: words.compare.per_million, type: "float", of: "rate" }] : [];
    const year = { key: "year", label: words.common.year, type: "int", plain: true, of: "year" };
    return chosen.subject === "regions"
      ? [{ key: "province", hide: true, of: "key" }, { key: "name", label: words.common.province, of: "name" }, year, value, { key: "reports", label: words.common.from_reports, type: "int", of: "reports" }, ...shares, ...rates]
      : [{ key: "agency_id", hide: true, of: "key" }, { key: "name", label: words.common.organ, of: "name" }, year, value, { key: "status", label: words.common.state, of: "status", show: (code) => words.statuses[code] ?? code }, ...shares,
        { key: "report_id", label: words.views.report, of: "id", show: (id) => reportLink(id, id) }];
  }

  async function picture(measure) {
    const whole = site.measures.find((held) => held.code === measure.share_of) ?? null;
    const name = measureName(measure);
    const lacking = chosen.view === "shares" && !whole ? words.compare.no_share : chosen.view === "per_capita" && chosen.subject === "organs" ? words.compare.no_people : null;
    if (lacking) return el("section", { class: "picture" }, el("h2", {}, name), el("p", { class: "note" }, lacking));
    const rows = chosen.subject === "regions" ? ofRegions(measure) : await ofOrgans(measure, whole);
    const columns = columnsOf(measure, whole);
    const shown = { figures: "value", shares: "share", per_capita: "rate" }[chosen.view];
    const format = chosen.view === "shares" ? share : short;
    const values = rows.filter((row) => row[shown] !== null && row[shown] !== undefined).map((row) => ({ group: row.name, year: row.year, value: row[shown], shown: format(row[shown]) }));
    const host = chart();
    const keys = chosen.subject === "regions" ? { by: ["province", "year"], provinces: regions } : { by: ["agency_id", "year"], organs: organs.map(([id]) => id) };
    const said = chosen.view === "shares" ? filled(words.compare.share_note, { whole: measureName(whole) }) : chosen.view === "per_capita" ? words.compare.per_capita_note : unitOf(measure);
    const section = el("section", { class: "picture", "data-measure": measure.code }, el("h2", {}, name), el("p", { class: "note" }, said), host, table({
      name: `compare-${measure.code}`, caption: name, columns, rows: rows.map((row) => columns.map(({ of }) => row[of] ?? null)),
      query: measureQuery(site, measure, { ...keys, whole: chosen.view === "shares" ? whole : null }),
    }));
    return [section, () => (values.length ? draw(host, name, panels(values, chosen.view === "shares" ? "%" : ",~f", "line")) : null)];
  }

  async function show() {
    const provinces = new Set(organs.map(([, shard]) => (shard ?? "").replace(/-\d+$/, "")).filter((code) => code in site.organ_files));
    names = new Map((await Promise.all([...provinces].map(organsIn))).flat().map(([id, name]) => [id, name ?? id]));
    chips();
    const subjects = chosen.subject === "regions" ? regions : organs;
    document.getElementById("note").textContent = subjects.length && picked.length ? "" : words.compare.nothing;
    if (subjects.length >= MOST) document.getElementById("note").textContent = filled(words.compare.limit, { n: MOST });
    if (!subjects.length || !picked.length) { replace("pictures"); return; }
    const made = await Promise.all(picked.map((code) => picture(site.measures.find((measure) => measure.code === code))));
    replace("pictures", made.map((held) => (Array.isArray(held) ? held[0] : held)));
    for (const held of made) if (Array.isArray(held)) held[1]();
  }

  if (given.organs === undefined) {
    organs = (await organsIn(Object.hasOwn(site.organ_files, chosen.in) ? chosen.in : Object.keys(site.organ_files)[0])).slice(0, 3).map((entry) => [entry[0], entry[6]]);
  }
  await filters();
  await show();
});
