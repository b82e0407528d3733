"""Tables as text, line by line."""

import csv
from collections.abc import Iterable, Iterator

__all__ = ["csv_lines"]


class _Echo:
    """Where a writer writes that is asked for its lines."""

    @staticmethod
    def write(line: str) -> str:
        """The line again, which a writer returns."""
        return line


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Comma-separated values, a line a row; the text of a long table takes more memory than what it tells of."""
    writer = csv.writer(_Echo(), lineterminator="\n")
    return map(writer.writerow, rows)
