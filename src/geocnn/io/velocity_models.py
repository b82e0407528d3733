"""Velocities of the crust below a network, layer by layer, from a table."""

from pathlib import Path

from geocnn.errors import DataError
from geocnn.io.columns import check_number, read_columns
from geocnn.travel import Layers

__all__ = ["read_layers"]

_LIMITS = {"depth_km": (0.0, 1000.0), "vp_km_s": (0.1, 20.0), "vs_km_s": (0.1, 20.0)}


def read_layers(path: str | Path) -> Layers:
    """Read a velocity model.

    Args:
        path: table with the columns depth_km, of the top of a layer, vp_km_s and vs_km_s, from the surface down;
            others are left aside.

    Raises:
        MissingError: no such file.
        FormatError: no such table, or a number that is none.
        DataError: no layers, or such as cannot be.
    """
    path = Path(path)
    rows = [
        [check_number(f"{path}, line {line}", name, words[name], limits) for name, limits in _LIMITS.items()]
        for line, words in read_columns(path, _LIMITS, "layers")
    ]
    tops, vp, vs = zip(*rows, strict=True)
    try:
        return Layers(tops, vp, vs)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
