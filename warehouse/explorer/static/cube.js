// The cube of sums: year × province × level × who, with each measure's sum and the reports that it comes from.

import { data } from "./common.js";

const NOTHING = { value: null, reports: 0, part: null, whole: null };

/** Reads the cube; `sum(measure, test)` adds up the rows that pass, null where no report prints the figure. */
export async function cube(site) {
  const { rows } = await data("cube");
  const places = {};
  let at = 5;
  for (const measure of site.measures) {
    places[measure.code] = at;
    at += measure.share_of ? 4 : 2;
  }
  const named = rows.map((row) => ({ year: row[0], province: row[1], level: row[2], who: row[3], reports: row[4], row }));

  function add(measure, held) {
    const place = places[measure.code];
    const sum = { ...NOTHING };
    for (const { row } of held) {
      sum.reports += row[place + 1];
      if (row[place] !== null) sum.value = (sum.value ?? 0) + row[place];
      if (measure.share_of && row[place + 2] !== null) {
        sum.part = (sum.part ?? 0) + row[place + 2];
        sum.whole = (sum.whole ?? 0) + row[place + 3];
      }
    }
    sum.share = sum.part !== null && sum.whole > 0 ? sum.part / sum.whole : null;
    return sum;
  }

  /** Sums by a key: Map from its value to the sum, in the key's order. */
  function by(measure, key, test) {
    const groups = new Map();
    for (const entry of named) {
      if (!test(entry)) continue;
      if (!groups.has(entry[key])) groups.set(entry[key], []);
      groups.get(entry[key]).push(entry);
    }
    return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([value, held]) => [value, add(measure, held)]));
  }

  const levels = [...new Set(named.map((entry) => entry.level))];
  return { by, levels, years: [...new Set(named.map((entry) => entry.year))].sort() };
}
