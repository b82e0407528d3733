"""Colour tables of the page: 256 colours with opacity, the same as those of figures."""

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
    """Colours of each table in base64, by name of the table.

    Grey and two tables with a colour for each sign are for amplitudes, batlow is for values of one sign, and fault for
    probabilities. In classes each number from 0 on has its colour.
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
    """Bytes of ``count`` colours of a colour map."""
    return np.asarray(colours(np.linspace(0, 1, count), bytes=True), np.uint8)
