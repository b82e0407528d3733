"""Tables as text, line by line."""

import csv
from collections.abc import Iterable, Iterator

__all__ = ["csv_lines"]


class _Echo:
    """Target of a CSV writer that gives each line back."""

    @staticmethod
    def write(line: str) -> str:
        """Return the line, which the writer returns as well."""
        return line


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Comma-separated values, a line a row; the text of a long table takes more memory than what it tells of."""
    writer = csv.writer(_Echo(), lineterminator="\n")
    return map(writer.writerow, rows)
