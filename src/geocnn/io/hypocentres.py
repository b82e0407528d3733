"""Catalogues of earthquakes: where they were and how large, from a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from numpy.typing import NDArray

from geocnn.io.columns import check_number, read_columns

__all__ = ["Hypocentres", "read_hypocentres"]

_LIMITS = {
    "latitude": (-90.0, 90.0),
    "longitude": (-180.0, 360.0),
    "depth_km": (-9.0, 800.0),
    "magnitude": (-5.0, 10.0),
}


@dataclass(frozen=True, eq=False)
class Hypocentres:
    """Places and magnitudes of earthquakes, as arrays.

    Attributes:
        latitude: degrees, north is positive.
        longitude: degrees, east is positive.
        depth: below the sea, km.
        magnitude: moment magnitude, or what comes close.
    """

    latitude: Float[ndarray, " events"]
    longitude: Float[ndarray, " events"]
    depth: Float[ndarray, " events"]
    magnitude: Float[ndarray, " events"]

    def __len__(self) -> int:
        """Number of earthquakes."""
        return len(self.latitude)

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_] | Sequence[int]) -> "Hypocentres":
        """Hypocentres of some of the earthquakes."""
        return Hypocentres(self.latitude[chosen], self.longitude[chosen], self.depth[chosen], self.magnitude[chosen])


def read_hypocentres(path: str | Path) -> Hypocentres:
    """Read a catalogue.

    Args:
        path: table with the columns latitude, longitude, depth_km and magnitude; others are left aside.

    Raises:
        MissingError: no such file.
        FormatError: no such table, or a number that is none.
        DataError: it has no earthquakes.
    """
    path = Path(path)
    numbers = [
        [check_number(f"{path}, line {line}", name, words[name], limits) for name, limits in _LIMITS.items()]
        for line, words in read_columns(path, _LIMITS, "earthquakes")
    ]
    return Hypocentres(*np.array(numbers, np.float64).T)
