"""The cells of a table's line."""

import csv

SEPARATORS = "\t,;"


def cells_of(line: str, separator: str) -> list[str]:
    """The cells of a line: quoted as in CSV, or, between tabs, as they stand."""
    return line.split("\t") if separator == "\t" else quoted_cells(line, separator)


def quoted_cells(line: str, separator: str) -> list[str]:
    """The cells of a line, some of them in quotation marks."""
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error:  # a cell is longer than 128 kB
        return [line]
