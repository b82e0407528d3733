"""Frame of a map: its extent, degrees at its edges, a scale bar and north."""

from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Num
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy import ndarray

from geocnn.figures.style import INK, round_down

__all__ = ["KM_PER_DEGREE", "View", "frame", "unwrapped", "view_of"]

KM_PER_DEGREE = 111.19
"""Kilometres of a degree of latitude, on a sphere of 6371 km radius."""
_MARGIN = 0.08
"""Margin beyond the outermost station or earthquake, as a share of the width."""
_SMALLEST = 20.0
"""Least extent of a map, km, also for a single station."""
_SLIMMEST = 0.6
"""Least ratio of the shorter to the longer side."""
_STRIP = 0.1
"""Height of the strip for scale bar and north at the bottom, as a share of the height."""


class View(NamedTuple):
    """Extent of a map, degrees; longitudes are near the middle one, so that none jumps at 180 degrees.

    Attributes:
        south: edge at the bottom.
        north: edge at the top.
        west: edge at the left.
        east: edge at the right.
    """

    south: float
    north: float
    west: float
    east: float

    @property
    def stretch(self) -> float:
        """Ratio of the length of a degree of latitude to that of longitude, in the middle."""
        return float(1 / np.cos(np.radians((self.south + self.north) / 2)))

    @property
    def width(self) -> float:
        """Width of the map in the middle, km."""
        return (self.east - self.west) * KM_PER_DEGREE / self.stretch


def unwrapped(longitudes: Num[ndarray, " places"]) -> Float64[ndarray, " places"]:
    """Longitudes within half a turn of their mean direction.

    Args:
        longitudes: degrees.
    """
    turned = np.exp(1j * np.radians(longitudes)).mean()
    middle = float(np.degrees(np.angle(turned)))
    near: Float64[ndarray, " places"] = middle + (longitudes - middle + 180) % 360 - 180
    return near


def view_of(latitudes: Float64[ndarray, " places"], longitudes: Float64[ndarray, " places"]) -> View:
    """Extent that shows all places with a margin, and a strip for the scale bar below; not extremely wide or tall.

    Args:
        latitudes: degrees.
        longitudes: degrees, :func:`unwrapped`.
    """
    middle = (latitudes.min() + latitudes.max()) / 2, (longitudes.min() + longitudes.max()) / 2
    narrow = float(np.cos(np.radians(middle[0])))
    tall = float(np.ptp(latitudes)) / 2
    wide = float(np.ptp(longitudes)) / 2 * narrow
    most = max(tall, wide, _SMALLEST / 2 / KM_PER_DEGREE)
    tall, wide = ((1 + 2 * _MARGIN) * max(half, _SLIMMEST * most) for half in (tall, wide))
    return View(
        float(middle[0] - (1 + 2 * _STRIP) * tall),
        float(middle[0] + tall),
        float(middle[1] - wide / narrow),
        float(middle[1] + wide / narrow),
    )


def frame(place: Axes, view: View) -> None:
    """Set equal scales, and draw degrees along the edges, a scale bar, and north.

    Args:
        place: axes to draw in.
        view: extent of the map.
    """
    place.set(xlim=(view.west, view.east), ylim=(view.south, view.north))
    place.set_aspect(view.stretch)
    for axis, letters in ((place.xaxis, "EW"), (place.yaxis, "NS")):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(partial(_degrees, letters)))
    place.tick_params(labelsize=9)
    place.grid(color="0.9", linewidth=0.6)
    place.set_axisbelow(True)
    length = round_down(view.width / 4)
    degrees = length / KM_PER_DEGREE * view.stretch
    x, y = view.west + 0.07 * (view.east - view.west), view.south + 0.04 * (view.north - view.south)
    halo = [withStroke(linewidth=3, foreground="white")]
    place.plot([x, x + degrees], [y, y], color=INK, linewidth=3, solid_capstyle="butt", gid="scale", zorder=7)
    place.annotate(
        f"{length:g} km",
        (x + degrees / 2, y),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=9,
        path_effects=halo,
        zorder=7,
    )
    place.annotate(
        "N",
        (0.035, 0.11),
        (0.035, 0.03),
        xycoords="axes fraction",
        ha="center",
        fontsize=11,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.2},
        path_effects=halo,
        zorder=7,
    )


def _degrees(letters: str, value: float, _: int | None = None) -> str:
    """An angle as text, for example 21.5° S."""
    turned = (value + 180) % 360 - 180 if letters == "EW" else value
    rounded = round(float(turned), 6)
    return f"{abs(rounded):g}\N{DEGREE SIGN}" + (f" {letters[int(rounded < 0)]}" if 0 < abs(rounded) < 180 else "")
