"""Colour tables of the page, the same as those of pictures: 256 colours of red, green, blue and opacity."""

from base64 import b64encode

import numpy as np
from cmcrameri import cm
from jaxtyping import UInt8
from matplotlib import colormaps
from matplotlib.colors import Colormap
from numpy import ndarray

from geocnn.figures.style import FAULT, class_colours

__all__ = ["colour_tables"]


def colour_tables() -> dict[str, str]:
    """Name and colours of each table, in base64.

    Grey and two with a colour for either sign are for amplitudes, batlow is for values of one sign, fault for
    probabilities; classes has a colour for each number from 0 on.
    """
    maps: dict[str, Colormap] = {
        "grey": colormaps["gray"],
        "red white blue": colormaps["RdBu_r"],
        "vik": cm.vik,
        "batlow": cm.batlow,
        "fault": FAULT,
    }
    tables = {name: _table(colours) for name, colours in maps.items()}
    tables["classes"] = np.resize(_table(class_colours(10), 10), (256, 4))
    return {name: b64encode(np.ascontiguousarray(table).tobytes()).decode() for name, table in tables.items()}


def _table(colours: Colormap, count: int = 256) -> UInt8[ndarray, "count 4"]:
    """Bytes of so many colours."""
    return np.asarray(colours(np.linspace(0, 1, count), bytes=True), np.uint8)
