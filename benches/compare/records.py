"""Records of eleven dimensions for counting, as CSV: `records.py KIND COUNT OUT`.

`hard`: every dimension is drawn on its own (Zipf, exponent 1.1), so that records hardly repeat.

`real`: records repeat as published ones do. Each record is one of many profiles, which has one code in each dimension;
profile r has a weight of (r + 900)^-1.75. Among the first 13,250 and 26,500 records are about as many different ones as in
CTDC's file of 26,513 records over eleven dimensions, in random order (2,281 and 3,474); the growth goes on from there.
"""

import csv
import os
import sys

import numpy
import polars

LISTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "schemas", "codelists")


def listed(name, count, leaves=False):
    with open(os.path.join(LISTS, f"{name}.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parents = {row.get("parent") for row in rows}
    codes = [row["code"] for row in rows if not (leaves and row["code"] in parents)]
    return codes[:count]


def dimensions():
    areas = [code for code in listed("CL_AREA@1", 400) if len(code) == 3 and code.isalpha()][:150]
    return {
        "area": areas,
        "year": [str(2001 + year) for year in range(20)],
        "sex": listed("CL_SEX@1", 3),
        "age": [str(10 + age) for age in range(20)],
        "form": listed("CL_FORM@1", 12, leaves=True),
        "labour_sector": listed("CL_LABOUR_SECTOR@1", 15, leaves=True),
        "citizenship": areas,
        "migratory_status": listed("CL_MIGRATORY@1", 6, leaves=True),
        "disability": listed("CL_DISABILITY@1", 3),
        "income": listed("CL_INCOME@1", 5, leaves=True),
        "location": listed("CL_LOCATION@1", 3),
    }


def zipf(count, uniform):
    """Codes 0, 1, 2, ... whose weights fall as 1/rank^1.1, from numbers between 0 and 1."""
    weights = numpy.cumsum(1.0 / numpy.arange(1, count + 1) ** 1.1)
    return numpy.searchsorted(weights / weights[-1], uniform, side="right").clip(0, count - 1)


def mixed(number, salt):
    """A number between 0 and 1 that seems drawn at random and is always the same for the same number."""
    state = (number.astype(numpy.uint64) + numpy.uint64(salt)) * numpy.uint64(0x9E3779B97F4A7C15)
    state ^= state >> numpy.uint64(29)
    state *= numpy.uint64(0xBF58476D1CE4E5B9)
    state ^= state >> numpy.uint64(32)
    return (state >> numpy.uint64(11)).astype(numpy.float64) / float(1 << 53)


def main():
    kind, count, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    random = numpy.random.default_rng(79154)
    with open(out, "w", encoding="utf-8", newline="") as file:
        for start in range(0, count, 1_000_000):
            size = min(1_000_000, count - start)
            profile = numpy.floor(900 * (random.random(size) ** (-1 / 0.75) - 1)).clip(0, 2**52)
            columns = {}
            for salt, (name, codes) in enumerate(dimensions().items()):
                uniform = random.random(size) if kind == "hard" else mixed(profile, 7919 * (salt + 1))
                columns[name] = numpy.array(codes)[zipf(len(codes), uniform)]
            text = polars.DataFrame(columns).write_csv(include_header=start == 0)
            file.write(text)


if __name__ == "__main__":
    main()
