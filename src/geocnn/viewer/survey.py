"""Page of a survey with results over it: answers to its requests."""

import builtins
import json
import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from jaxtyping import Bool, Float32
from numpy import ndarray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from geocnn.errors import DataError
from geocnn.grid import Axis, Grid
from geocnn.io.horizons import Horizon
from geocnn.io.panel import Panel, read_panel
from geocnn.io.same_place import difference
from geocnn.io.source import Source
from geocnn.viewer.colours import colour_tables
from geocnn.viewer.horizon_picks import HorizonPicks
from geocnn.viewer.layers import Layer, layer, network_layer
from geocnn.viewer.networks import SectionNetwork, offered
from geocnn.viewer.points import LEAST, points
from geocnn.viewer.query import Query

__all__ = ["SurveyPage"]

_LIMIT = 2200
"""Largest number of pixels of a slice along an axis; more than a screen has."""
_MANY = 250_000
"""Number of traces of a cube above which maps are made from only some of its samples."""
_LOUD = 50.0
"""Largest amplitude that can be read under the pointer, relative to the last colour."""
_STEPS = 32766
"""Largest of the 16-bit numbers as which a slice is sent; the least possible one stands for no data."""
_SHOWN = {2: {"line": (0, 1)}, 3: {"inline": (1, 2), "crossline": (0, 2), "map": (1, 0)}}
"""Slices of a line and of a cube: axes to the right and downward; a cube is cut across the remaining axis."""


class SurveyPage:
    """A line or a cube, with layers on the same grid.

    Args:
        sources: the survey, then its layers.
        names: names of the survey and the layers.
        horizons: horizons of the survey.
        networks: applied to its sections when these are shown; networks that ship can be switched on as well.

    Raises:
        DataError: the grid has not two or three axes, layers have other sizes, or a horizon is of another survey.
    """

    name = "survey.html"

    def __init__(
        self,
        sources: Sequence[Source],
        names: Sequence[str],
        horizons: Sequence[Horizon] = (),
        networks: Sequence[SectionNetwork] = (),
    ) -> None:
        grid = sources[0].grid
        if grid.ndim not in _SHOWN:
            raise DataError(
                f"{names[0]} has {grid.ndim} axes, and geocnn view shows lines of two and cubes of three"
                f"{'; geocnn info has a curve of one' if grid.ndim == 1 else '; cut one of these out of it'}."
            )
        for source, name in zip(sources[1:], names[1:], strict=True):
            if source.grid.shape != grid.shape:
                raise DataError(
                    f"{name} has {_size(source.grid)} and {names[0]} {_size(grid)}; layers lie on one grid, give "
                    "geocnn view each of these by itself."
                )
        for horizon in horizons:
            horizon.check(grid)
        apart = [(name, difference(source.grid, grid)) for source, name in zip(sources, names, strict=True)]
        self._displaced = [
            f"{name} has {own[0]}, and {names[0]} {own[1]}; it is shown as if it lay there."
            for name, own in apart
            if own is not None
        ]
        self.grid, self.horizons = grid, tuple(horizons)
        self._points: dict[int, Float32[ndarray, "points 4"]] = {}
        self.layers: list[Layer] = [layer(*pair) for pair in zip(sources, names, strict=True)]
        survey = self.layers[0]
        if networks and survey.kind != "amplitude":
            raise DataError(f"{names[0]} has {survey.kind} samples; a network is applied to amplitudes.")
        self.layers += [network_layer(survey, one, on=True) for one in networks]
        if survey.kind == "amplitude":
            others = [one for one in offered(sources[0]) if one.name not in [known.name for known in networks]]
            self.layers += [network_layer(survey, one, on=False) for one in others]
        self.picks = HorizonPicks(self.layers, horizons)

    @property
    def title(self) -> str:
        """Title of the page."""
        return self.layers[0].name

    @property
    def notes(self) -> list[str]:
        """What a user should know about the data."""
        of_horizons = [f"horizon {horizon.name}: {horizon.told}" for horizon in self.horizons if horizon.told]
        return [*self._displaced, *of_horizons, *(one.note for one in self.layers if one.note)]

    @property
    def routes(self) -> list[Route]:
        """Addresses that the page reads from and posts to."""
        endpoints = (self.about, self.slice, self.points)
        return [*(Route(f"/{endpoint.__name__}", endpoint) for endpoint in endpoints), *self.picks.routes]

    def stop(self) -> None:
        """Stop all networks."""
        for one in self.layers:
            if one.network is not None:
                one.network.close()

    def close(self) -> str:
        """Write unsaved horizons to files; returns sentences on where they are."""
        return "\n".join(self.picks.close())

    def about(self, _request: Request) -> Response:
        """Axes, layers, colours, and facts about the file."""
        grid = self.grid
        found: dict[str, Any] = {
            "title": self.title,
            "axes": [_axis(axis) for axis in grid.axes],
            "layers": [one.as_json() for one in self.layers],
            "facts": self.layers[0].source.describe(),
            "spacing": list(grid.spacing),
            "map": _map(grid),
            "colours": colour_tables(),
        }
        return JSONResponse(found)

    def slice(self, request: Request) -> Response:
        """A slice of a layer, or a window of it, at the resolution of the screen.

        The query has ``layer``, ``view`` (line, inline, crossline or map), ``at`` (index of the slice), ``left``,
        ``right``, ``top`` and ``bottom`` (samples of the window), ``width`` and ``height`` (pixels). The answer
        consists of rows of 16-bit integers, in which -32768 means no data. Headers are ``scale``, the factor from
        integers to samples; ``width`` and ``height``; the number of samples per pixel ``across`` and ``down``; and
        ``notes`` on how a network was applied, a JSON list.
        """
        asked = Query(request)
        one = self.layers[asked.whole("layer", 0, len(self.layers) - 1)]
        view = asked.one_of("view", list(_SHOWN[self.grid.ndim]))
        across, down = _SHOWN[self.grid.ndim][view]
        shape = self.grid.shape
        cut = {k: asked.whole("at", 0, shape[k] - 1) for k in range(self.grid.ndim) if k not in (across, down)}
        window = asked.span("left", "right", shape[across]), asked.span("top", "bottom", shape[down])
        pixels = asked.whole("width", 1, _LIMIT), asked.whole("height", 1, _LIMIT)
        if one.network is not None and view == "map":
            raise DataError(f"{one.name} is a network for sections; it has nothing to say of a map.")
        source, shown = one.source, (across, down)
        notes: tuple[str, ...] = ()
        if one.network is not None:
            source, notes = one.network(*next(iter(cut.items()), (0, 0)))
            shown, cut = (0, 1), {}
        panel = read_panel(
            source,
            shown,
            cut,
            live=getattr(source, "present", None),
            peaks=one.kind != "amplitude",
            window=window,
            pixels=pixels,
            # Reading one sample of every trace of a large cube takes seconds, and neighbouring traces are alike.
            sparse=one.kind == "amplitude" and view == "map" and math.prod(shape[:2]) > _MANY,
        )
        if one.kind == "amplitude" and view != "map":
            panel = _blanked(panel, _dead(panel, source, shown, cut, window))
        axes = self.grid.axes[across], self.grid.axes[down]
        return _sent(panel, axes, _LOUD * max(abs(one.low), abs(one.high)), notes)

    def points(self, request: Request) -> Response:
        """Points of large probability for the view in space, see :func:`geocnn.viewer.points.points`."""
        number = Query(request).whole("layer", 0, len(self.layers) - 1)
        one = self.layers[number]
        if self.grid.ndim != 3 or one.kind != "probability" or one.network is not None:
            raise DataError("points are those of a probability in a cube.")
        if number not in self._points:
            self._points[number] = points(one.source, min(LEAST, one.threshold))
        return Response(self._points[number].tobytes(), media_type="application/octet-stream")


def _dead(
    panel: Panel,
    source: Source,
    shown: tuple[int, int],
    cut: dict[int, int],
    window: "tuple[builtins.slice, builtins.slice]",
) -> Bool[ndarray, " across"]:
    """Which columns are dead traces: zero in the window and, if that is only a part of the trace, in all of it."""
    zero: Bool[ndarray, " across"] = ~np.any(panel.values != 0, axis=1)
    if zero.any() and window[1] != slice(0, source.grid.shape[-1]):
        whole = read_panel(source, shown, cut, window=(window[0], slice(None)), pixels=(len(zero), _LIMIT))
        zero &= ~np.any(whole.values != 0, axis=1)
    return zero


def _blanked(panel: Panel, columns: Bool[ndarray, " across"]) -> Panel:
    """The panel with NaN in some columns."""
    return panel._replace(values=np.where(columns[:, None], np.float32(np.nan), panel.values))


def _sent(panel: Panel, axes: tuple[Axis, Axis], most: float, notes: Sequence[str]) -> Response:
    """Send a panel as 16-bit integers.

    Args:
        panel: the slice; NaN where there are no data.
        axes: axes of the survey to the right and downward.
        most: larger amplitudes are clipped to this, so that a single spike does not make everything else zero.
        notes: what a user should know about it.
    """
    values = panel.values.T.astype(np.float64)  # rows of the screen
    known = np.isfinite(values)
    values = np.clip(np.where(known, values, 0), -most, most)
    scale = float(np.abs(values).max(initial=0.0)) / _STEPS or 1.0
    sent = np.where(known, np.rint(values / scale), -_STEPS - 2).astype("<i2")
    height, width = values.shape
    every = (round(panel.across.step / axes[0].step), round(panel.down.step / axes[1].step))
    headers = {"scale": repr(scale), "width": width, "height": height, "across": every[0], "down": every[1]}
    return Response(
        sent.tobytes(),
        media_type="application/octet-stream",
        headers={
            "Cache-Control": "no-store",
            "notes": json.dumps(list(notes)),  # ASCII, as headers must be
            **{name: str(value) for name, value in headers.items()},
        },
    )


def _size(grid: Grid) -> str:
    """Samples along each axis, in words."""
    return " x ".join(map(str, grid.shape)) + " samples"


def _axis(axis: Axis) -> dict[str, object]:
    """Properties of an axis for the page."""
    return {"name": axis.name, "size": axis.size, "start": axis.start, "step": axis.step, "unit": axis.unit}


def _map(grid: Grid) -> dict[str, object]:
    """Coefficients from which the page computes map coordinates of traces; empty if they are not known."""
    if not grid.has_coordinates:
        return {}
    unit = cast("dict[str, object]", grid.attributes["coordinates"]).get("unit", "m")
    if grid.is_crooked:
        places = np.arange(grid.shape[0], dtype=np.float64)[:, None]
        return {"points": grid.map_xy(places).tolist(), "unit": unit}
    origin, vectors = grid.regular
    near = {"near": True} if grid.is_irregular else {}  # to within a bin: too many to be sent one by one
    return {"origin": origin.tolist(), "vectors": vectors.tolist(), "unit": unit} | near
