"""Arrivals that somebody knows: at which station, which wave and when, from a table or QuakeML."""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from geocnn.errors import DataError, FormatError
from geocnn.io.columns import check_number, read_columns
from geocnn.io.times import time_of
from geocnn.io.waveforms.catalogue_files import are_rejected, is_xml, read_catalogue

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
        mode: "manual" or "automatic"; None if it is not known who picked it.
    """

    where: str
    phase: str
    time: int
    snr: float = math.inf
    mode: str | None = None


def read_arrivals(path: str | Path, announce: Callable[[str], None] | None = None) -> list[KnownArrival]:
    """Read arrivals: the arrivals.csv of ``geocnn synth earthquakes``, or picks, a table or QuakeML.

    Args:
        path: QuakeML, of which only picks of P and S waves are taken; or a table with the columns phase, time (UTC, or
            seconds since 1970) or utc, and station or file, or id, as tables of picks have it; with snr where that is
            known, and mode. Pn and Pg are P waves, and so are small letters. Of QuakeML, picks are left out that are
            rejected, by themselves or with the preferred origin of their event, and those of events that are "not
            existing".
        announce: is called with a note on what is left out, such as ``print``.

    Raises:
        MissingError: no such file.
        FormatError: no such table, no QuakeML, or a phase, a time or a number that is none.
        DataError: it has no arrivals.
    """
    path, found = Path(path), []
    if _holds_xml(path):
        return _of_catalogue(path, announce)
    for line, words in read_columns(path, dict.fromkeys(("phase", "time")), "arrivals"):
        at, where = f"{path}, line {line}", _where(words)
        phase = words["phase"][:1].upper()
        if not where or phase not in ("P", "S"):
            raise FormatError(f"{at}: the phase is {words['phase']!r} and the station {where!r}; {_NEEDED}.")
        time = time_of(at, words.get("utc") or words["time"], seconds=True)
        snr = check_number(at, "snr", words["snr"], (0.0, math.inf)) if words.get("snr") else math.inf
        found.append(KnownArrival(where, phase, time, snr, words.get("mode") or None))
    return found


def _holds_xml(path: Path) -> bool:
    """Whether a file begins as XML; False if it cannot be read."""
    with suppress(OSError), path.open("rb") as file:
        return is_xml(file.read(64))
    return False


def _of_catalogue(path: Path, announce: Callable[[str], None] | None) -> list[KnownArrival]:
    """Picks of P and S waves of a catalogue; those of amplitudes, of other phases and rejected ones are left out.

    Raises:
        DataError: it has none.
    """
    found, rejected = [], 0
    for event in read_catalogue(path):
        for pick, gone in zip(event.picks, are_rejected(event), strict=True):
            at, phase = pick.channel, pick.phase[:1].upper()
            codes = (at.network, at.station, at.location, at.code[:2]) if at.code else (at.network, at.station)
            if phase not in ("P", "S") or not at.station:
                continue
            rejected += gone
            if not gone:
                found.append(KnownArrival(".".join(codes), phase, pick.time, mode=pick.mode))
    if not found and rejected:
        raise DataError(
            f"all picks of P and S waves in {path} are rejected, or of events that did not exist; give a catalogue "
            "with others."
        )
    if not found:
        raise DataError(f"{path} has no picks of P or S waves; needed is a catalogue with picks, or a table of them.")
    if rejected and announce is not None:
        announce(
            f"note: {rejected} of {rejected + len(found)} picks of P and S waves in {path} "
            f"{'is' if rejected == 1 else 'are'} rejected, or of events that did not exist; left out."
        )
    return found


def _where(words: Mapping[str, str]) -> str:
    """Network and station, or the file; empty where there is nothing. An id may be a mere number beside a station."""
    if "." in words.get("id", ""):
        network, station, *more = words["id"].split(".")
        return ".".join((network, station, more[0], more[1][:2]) if len(more) > 1 else (network, station))
    return words.get("station") or words.get("file") or words.get("id") or ""
