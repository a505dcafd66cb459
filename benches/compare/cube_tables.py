"""The tables of a cube, and the form in which all tools write them.

One file has all cells: the column `table` names the table, a column for each dimension has its code, and `count` the
number of records.
"""

import itertools

DIMENSIONS = [
    "area",
    "year",
    "sex",
    "age",
    "form",
    "labour_sector",
    "citizenship",
    "migratory_status",
    "disability",
    "income",
    "location",
]

# The code in the column of a dimension that a table does not have.
TOTAL = "_T"


def tables(dimensions, order):
    """All sets of up to so many dimensions, the empty one included."""
    return [table for size in range(order + 1) for table in itertools.combinations(dimensions, size)]


def title(table):
    return "*".join(table) or TOTAL
