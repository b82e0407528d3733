"""Noise of real stations: windows of their records without anything that may be an earthquake."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

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
"""Least probability of picks that are considered."""
_SURE = 0.3
"""Least probability with which a single pick counts as an earthquake. Fainter single picks are mostly noise, and
exactly the noise that a network has to learn."""
_MOST = 2000
"""Largest number of windows."""
_BEFORE, _AFTER = 5.0, 60.0
"""Seconds before the first and after the last pick of an event that are left out; coda lasts long."""


def quiet_windows(
    trained: Trained, data: object, length: int, *, show_progress: bool = True
) -> list[Float32[ndarray, "3 length"]]:
    """Windows of seismograms without arrivals, spread evenly over all such windows.

    Args:
        trained: a picker, which decides what is an arrival.
        data: files, folders or an ObsPy Stream, see :func:`geocnn.io.waveforms.open_archive`.
        length: samples of a window, 100 a second.
        show_progress: show a live line.

    Returns:
        Components Z, N and E in the unit of the files; a component without data is 0 throughout.

    Raises:
        DataError: there is no window without arrivals.
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
    """First samples of windows without events."""
    busy = sorted(
        (station.index(event.picks[0].time), station.index(event.picks[-1].time))
        for event in events
        if len(event.picks) > 1 or (event.picks[0].probability or 0) >= _SURE
    )
    before, after = round(_BEFORE * station.rate), round(_AFTER * station.rate)
    ends = list(accumulate((end for _, end in busy), max))  # so far; a long event may end after the next one
    for first, last in station.runs():
        at = first
        # Earlier events have ended before this run, and later ones begin after it.
        near = slice(bisect_left(ends, first - after), bisect_left(busy, (last + before,)))
        for begin, end in [*busy[near], (last + before, last)]:
            stop = min(last, begin - before)
            while at + length <= stop:
                yield at
                at += length
            at = max(at, end + after)


def _window(station: Station, start: int, length: int) -> Float32[ndarray, "3 length"] | None:
    """A window, each component of which has data throughout or none at all; None where that is not so."""
    record = station.read(start, start + length)
    there = record.live.any(axis=1)
    whole = bool(there.any()) and bool((record.live.all(axis=1) == there).all())
    return record.waveform if whole else None
