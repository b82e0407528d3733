"""Noise of real stations: what is left of their records when everything that may be an earthquake is taken out."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float32
from numpy import ndarray

from geocnn.checkpoints import Trained
from geocnn.errors import DataError
from geocnn.io.waveforms import Station, open_archive
from geocnn.io.waveforms.quakeml import Event
from geocnn.prediction.arrivals import pick_station, station_events
from geocnn.prediction.picker import RATE, parts
from geocnn.progress import progress, time_unit

__all__ = ["quiet_windows"]

_FAINT = 0.1
"""Probability from which on picks are looked at."""
_SURE = 0.3
"""Probability from which on a single pick is taken for an earthquake; a fainter one without another is mostly noise,
and just what a network has to learn of it."""
_MOST = 2000
"""Windows at most."""
_BEFORE, _AFTER = 5.0, 60.0
"""Seconds about picks that are left out: coda goes on."""


def quiet_windows(
    trained: Trained, data: object, length: int, *, show_progress: bool = True
) -> list[Float32[ndarray, "3 length"]]:
    """Windows of seismograms without arrivals, evenly from all that there are.

    Args:
        trained: a picker that says what is an arrival.
        data: files, folders or an ObsPy Stream, see :func:`geocnn.io.waveforms.open_archive`.
        length: samples of a window, 100 a second.
        show_progress: show a live line.

    Returns:
        Components Z, N and E in the unit of the files; a component without data is 0 throughout.

    Raises:
        DataError: no window without arrivals.
        MissingError: no such file.
    """
    archive = open_archive(data)
    samples = sum(part.last - part.first for station in archive.stations for part in parts(station))
    unit, seconds = time_unit(samples / RATE)
    places: list[tuple[Station, int]] = []
    with progress(f"looking for noise, {unit}", samples / RATE / seconds, show=show_progress) as tick:
        for station in archive.stations:
            heard = pick_station(trained, station, threshold=_FAINT, alone=1, tick=lambda n: tick(n / RATE / seconds))
            found = station_events(list(heard))
            places += [(station, start) for start in _between(station, found, length)]
    even = np.unique(np.linspace(0, len(places) - 1, min(_MOST, len(places))).round().astype(int))
    chosen = [places[i] for i in even]
    windows = [w for station, start in chosen if (w := _window(station, start, length)) is not None]
    if not windows:
        raise DataError(
            f"there are no {length / 100:.0f} s without arrivals in {data}; needed are seismograms with noise in them."
        )
    return windows


def _between(station: Station, events: Sequence[Event], length: int) -> Iterator[int]:
    """First samples of windows in which nothing happens."""
    busy = sorted(
        (station.index(event.picks[0].time), station.index(event.picks[-1].time))
        for event in events
        if len(event.picks) > 1 or (event.picks[0].probability or 0) >= _SURE
    )
    for first, last in station.runs():
        at = first
        for begin, end in [*busy, (last + round(_BEFORE * station.rate), last)]:
            stop = min(last, begin - round(_BEFORE * station.rate))
            while at + length <= stop:
                yield at
                at += length
            at = max(at, end + round(_AFTER * station.rate))


def _window(station: Station, start: int, length: int) -> Float32[ndarray, "3 length"] | None:
    """A window whose components have data throughout or not at all; None where there is none such."""
    record = station.read(start, start + length)
    there = record.live.any(axis=1)
    whole = bool(there.any()) and bool((record.live.all(axis=1) == there).all())
    return record.waveform if whole else None
