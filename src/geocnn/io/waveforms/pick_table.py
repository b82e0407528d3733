"""Write catalogues as tables of picks (CSV with a header), as associators read them."""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from geocnn.io.csv_lines import csv_lines
from geocnn.io.waveforms.quakeml import PhasePick
from geocnn.location import plain

__all__ = ["pick_rows", "pick_table"]

_COLUMNS = (
    *("id", "station", "phase", "time", "utc", "uncertainty", "probability", "amplitude", "polarity", "event"),
    *("wood_anderson", "mode"),
)


def pick_table(picks: Iterable[tuple[str, PhasePick, int]]) -> str:
    """Table of picks as text, which :func:`geocnn.io.waveforms.catalogue_files.read_catalogue` can read.

    Args:
        picks: in the order of the lines: network.station.location.instrument, pick, and number of its event. Unknown
            values of a pick are left empty.
    """
    return "".join(pick_rows(picks))


def pick_rows(picks: Iterable[tuple[str, PhasePick, int]]) -> Iterator[str]:
    """Lines of :func:`pick_table`."""
    return csv_lines(chain([_COLUMNS], map(_row, picks)))


def _row(of: tuple[str, PhasePick, int]) -> tuple[object, ...]:
    """Cells of one pick."""
    identity, pick, event = of
    time = round(pick.time / 1000)  # for both columns: a table that is read and written again stays the same
    chance = ("" if number is None else f"{number:.3f}" for number in (pick.uncertainty, pick.probability))
    size = None if pick.amplitude is None else pick.amplitude.value
    measured, drawn = ("" if number is None else plain(number, 4) for number in (size, pick.wood_anderson))
    seen = measured, pick.polarity, event, drawn
    when = f"{time / 1e6:.4f}", f"{np.datetime64(time, 'us')}Z"
    return identity, pick.channel.station, pick.phase, *when, *chance, *seen, pick.mode or ""
