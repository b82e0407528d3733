"""Arrivals that somebody knows: at which station, which wave and when, from a table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from geocnn.errors import FormatError
from geocnn.io.columns import check_number, read_columns
from geocnn.io.times import time_of

__all__ = ["KnownArrival", "read_arrivals"]

_NEEDED = "needed are the columns phase, P or S, time in UTC, and station, such as CX.PB01, or file"


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
    """Read a table of arrivals: the arrivals.csv of ``geocnn synth earthquakes``, or picks as geocnn writes them.

    Args:
        path: table with the columns phase, time (UTC, or seconds since 1970) or utc, and station or file, or id, as
            tables of picks have it; with snr where that is known. Pn and Pg are P waves, and so are small letters.

    Raises:
        MissingError: no such file.
        FormatError: no such table, or a phase, a time or a number that is none.
        DataError: it has no arrivals.
    """
    path, found = Path(path), []
    for line, words in read_columns(path, dict.fromkeys(("phase", "time")), "arrivals"):
        at, where = f"{path}, line {line}", _where(words)
        phase = words["phase"][:1].upper()
        if not where or phase not in ("P", "S"):
            raise FormatError(f"{at}: the phase is {words['phase']!r} and the station {where!r}; {_NEEDED}.")
        time = time_of(at, words.get("utc") or words["time"], seconds=True)
        snr = check_number(at, "snr", words["snr"], (0.0, math.inf)) if words.get("snr") else math.inf
        found.append(KnownArrival(where, phase, time, snr))
    return found


def _where(words: Mapping[str, str]) -> str:
    """Network and station, or the file; empty where there is nothing."""
    if words.get("id"):
        network, station, *more = words["id"].split(".")
        return ".".join((network, station, more[0], more[1][:2]) if len(more) > 1 else (network, station))
    return words.get("station") or words.get("file") or ""
