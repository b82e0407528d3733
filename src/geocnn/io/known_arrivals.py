"""Arrivals that somebody knows: at which station, which wave and when, from a table."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geocnn.errors import FormatError
from geocnn.io.columns import check_number, read_columns

__all__ = ["KnownArrival", "read_arrivals"]

_NEEDED = "needed are the columns phase, P or S, time in UTC, and station, such as CX.PB01, or file"

_NEVER = int(np.iinfo(np.int64).min)
"""What numpy makes of no time."""


@dataclass(frozen=True, slots=True)
class KnownArrival:
    """One line.

    Attributes:
        where: network and station, such as "CX.PB01", or the name of the file in which it is.
        phase: "P" or "S".
        time: nanoseconds since 1970.
        snr: signal-to-noise ratio; infinite where the table has none.
    """

    where: str
    phase: str
    time: int
    snr: float = math.inf


def read_arrivals(path: str | Path) -> list[KnownArrival]:
    """Read a table of arrivals, such as the arrivals.csv of ``geocnn synth earthquakes``.

    Args:
        path: table with the columns phase, time, and station or file; with snr where that is known.

    Raises:
        MissingError: no such file.
        FormatError: no such table, or a phase, a time or a number that is none.
        DataError: it has no arrivals.
    """
    path, found = Path(path), []
    for line, words in read_columns(path, dict.fromkeys(("phase", "time")), "arrivals"):
        at, where = f"{path}, line {line}", words.get("station") or words.get("file")
        try:
            time = int(np.datetime64(words["time"].removesuffix("Z"), "ns").astype(np.int64))
        except ValueError:
            time = _NEVER
        if not where or words["phase"] not in ("P", "S") or time == _NEVER:
            raise FormatError(f"{at}: this is no arrival; {_NEEDED}.")
        snr = check_number(at, "snr", words["snr"], (0.0, math.inf)) if words.get("snr") else math.inf
        found.append(KnownArrival(where, words["phase"], time, snr))
    return found
