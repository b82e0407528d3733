"""Arrivals that somebody knows: at which station, which wave and when, from a table or QuakeML."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from geocnn.errors import DataError, FormatError
from geocnn.io.columns import check_number, read_columns
from geocnn.io.times import time_of
from geocnn.io.waveforms.catalogue_files import is_xml, read_catalogue

__all__ = ["KnownArrival", "read_arrivals"]

_NEEDED = "needed are the columns phase, P or S, time in UTC, and station, such as CX.PB01, or file"


@dataclass(frozen=True, slots=True)
class KnownArrival:
    """A known arrival: one line of a table, or a pick of a catalogue.

    Attributes:
        where: network and station, such as "CX.PB01", or "PB01" alone, or the name of the file of its record.
        phase: "P" or "S".
        time: nanoseconds since 1970.
        snr: signal-to-noise ratio; infinite where the table has none.
    """

    where: str
    phase: str
    time: int
    snr: float = math.inf


def read_arrivals(path: str | Path) -> list[KnownArrival]:
    """Read arrivals: the arrivals.csv of ``geocnn synth earthquakes``, or picks, a table or QuakeML.

    Args:
        path: QuakeML, of which only picks of P and S waves are taken; or a table with the columns phase, time (UTC, or
            seconds since 1970) or utc, and station or file, or id, as tables of picks have it; with snr where that is
            known. Pn and Pg are P waves, and so are small letters.

    Raises:
        MissingError: no such file.
        FormatError: no such table, no QuakeML, or a phase, a time or a number that is none.
        DataError: it has no arrivals.
    """
    path, found = Path(path), []
    if _holds_xml(path):
        return _of_catalogue(path)
    for line, words in read_columns(path, dict.fromkeys(("phase", "time")), "arrivals"):
        at, where = f"{path}, line {line}", _where(words)
        phase = words["phase"][:1].upper()
        if not where or phase not in ("P", "S"):
            raise FormatError(f"{at}: the phase is {words['phase']!r} and the station {where!r}; {_NEEDED}.")
        time = time_of(at, words.get("utc") or words["time"], seconds=True)
        snr = check_number(at, "snr", words["snr"], (0.0, math.inf)) if words.get("snr") else math.inf
        found.append(KnownArrival(where, phase, time, snr))
    return found


def _holds_xml(path: Path) -> bool:
    """Whether a file begins as XML; False if it cannot be read."""
    with suppress(OSError), path.open("rb") as file:
        return is_xml(file.read(64))
    return False


def _of_catalogue(path: Path) -> list[KnownArrival]:
    """Picks of P and S waves of a catalogue; those of amplitudes and of other phases are left out.

    Raises:
        DataError: it has none.
    """
    found = []
    for event in read_catalogue(path):
        for pick in event.picks:
            at, phase = pick.channel, pick.phase[:1].upper()
            codes = (at.network, at.station, at.location, at.code[:2]) if at.code else (at.network, at.station)
            if phase in ("P", "S") and at.station:
                found.append(KnownArrival(".".join(codes), phase, pick.time))
    if not found:
        raise DataError(f"{path} has no picks of P or S waves; needed is a catalogue with picks, or a table of them.")
    return found


def _where(words: Mapping[str, str]) -> str:
    """Network and station, or the file; empty where there is nothing."""
    if words.get("id"):
        network, station, *more = words["id"].split(".")
        return ".".join((network, station, more[0], more[1][:2]) if len(more) > 1 else (network, station))
    return words.get("station") or words.get("file") or ""
