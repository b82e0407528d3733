"""The days of a station, one drum each, while its record is read from begin to end."""

from collections.abc import Iterator

import numpy as np

from geocnn.io.waveforms.drum import DAY, Drum
from geocnn.io.waveforms.station import Record, Station

__all__ = ["Drums"]


_LEAST = 5.0
"""Seconds of data that make a day: what records often have beyond midnight makes none."""


class Drums:
    """The days of a station, begun when their first sample comes and handed over when their last has come.

    Args:
        station: whose records come.
    """

    def __init__(self, station: Station) -> None:
        self.station = station
        self._runs = station.runs()
        self._open: dict[int, Drum] = {}

    def add(self, record: Record, halo: int) -> list[Drum]:
        """Take a part of the record, the parts in their order; return the days that are over.

        Args:
            record: the part.
            halo: samples on each side of it that belong to its neighbours, see :meth:`Drum.add`.

        Raises:
            ValueError: the halo is smaller than the filter needs.
        """
        rate = self.station.rate
        begin, end = (
            (record.start + at) / rate // DAY for at in (halo, max(halo, record.waveform.shape[1] - halo - 1))
        )
        for number in range(int(begin), int(end) + 1):
            drum = self._open.get(number)
            if drum is None:
                drum = self._open[number] = Drum(self.station, np.datetime64(number, "D"), self._runs)
            drum.add(record, halo)
        over = [self._open.pop(number) for number in sorted(self._open) if number < begin]
        return [drum for drum in over if drum.seconds >= _LEAST]

    def rest(self) -> Iterator[Drum]:
        """The days that are not over when the records are."""
        while self._open:
            drum = self._open.pop(min(self._open))
            if drum.seconds >= _LEAST:
                yield drum
