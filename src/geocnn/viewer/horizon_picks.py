"""Horizons picked on the page along the sections that are shown; every step can be undone."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Float32, Float64, Int64
from numpy import ndarray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from geocnn.errors import DataError
from geocnn.horizon_tracking import follow, snapped
from geocnn.io.horizons import Horizon, write_horizon
from geocnn.io.system import reason, write_new
from geocnn.viewer.layers import Layer
from geocnn.viewer.posted import Posted, posted
from geocnn.viewer.query import Query
from geocnn.viewer.steps import Steps

__all__ = ["HorizonPicks"]

_MOST = 40
"""Largest number of horizons on a page."""


@dataclass(eq=False)
class _Picked:
    """A horizon that is being picked.

    Attributes:
        name: its name.
        index: fractional sample of each trace, in the order of the traces; NaN where it is not picked.
        saved: last step that is in a file; None for the state at the beginning.
    """

    name: str
    index: Float64[ndarray, " traces"]
    saved: "_Step | None" = None


@dataclass(frozen=True, eq=False)
class _Step:
    """A change of a horizon: numbers of traces, and their samples before and after."""

    number: int
    where: Int64[ndarray, " some"]
    before: Float64[ndarray, " some"]
    after: Float64[ndarray, " some"]
    words: str


class HorizonPicks:
    """The horizons of a survey: those of files, and new ones.

    Args:
        layers: layers of the survey; horizons follow their reflections.
        horizons: horizons from files.
    """

    def __init__(self, layers: Sequence[Layer], horizons: Sequence[Horizon]) -> None:
        self._layers, self._grid = layers, layers[0].source.grid
        down = self._grid.axes[-1]
        self._horizons = [_Picked(one.name, ((one.values - down.start) / down.step).ravel()) for one in horizons]
        self._steps: Steps[_Step] = Steps()
        self._version = 0  # grows with every change, so that a page notices changes made in another
        self._lock = threading.Lock()  # requests come in several threads

    @property
    def routes(self) -> list[Route]:
        """Addresses that the page reads from and posts to."""
        paths = ("new", "line", "erase", "undo", "redo", "save")
        return [
            Route("/horizons", self.horizons),
            Route("/horizon", self.horizon),
            *(posted(f"/horizon/{path}", getattr(self, path)) for path in paths),
        ]

    def horizons(self, _request: Request) -> Response:
        """Names of the horizons, and the state of the picking."""
        with self._lock:
            return self._state()

    def horizon(self, request: Request) -> Response:
        """Fractional sample of a horizon on each trace, as float32; NaN where it is not known."""
        with self._lock:
            index = self._horizons[Query(request).whole("number", 0, len(self._horizons) - 1)].index
            content = index.astype("<f4").tobytes()
        return Response(content, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})

    def new(self, asked: Posted) -> Response:
        """Make a horizon without picks, with a ``name``."""
        name = _plain(asked.text("name", 60))
        with self._lock:
            if not name or any(one.name == name for one in self._horizons):
                raise DataError(
                    f"there is a horizon {name} already; give another name." if name else "give the horizon a name."
                )
            if len(self._horizons) >= _MOST:
                raise DataError(f"there are {_MOST} horizons already; save some, and give them another time.")
            self._horizons.append(_Picked(name, np.full(int(np.prod(self._grid.shape[:-1])), np.nan)))
            self._version += 1
            return self._state(number=len(self._horizons) - 1)

    def line(self, asked: Posted) -> Response:
        """Pick a horizon (``number``) along a section (``view`` and ``at``) between two places.

        The first place is ``trace`` and ``sample``, the second ``to_trace`` and ``to_sample``. ``way`` tells how to get
        from the first to the second: straight; crest, along the peak or trough next to the second place, with the sign
        that the first has; or waveform, along similar waveforms. Reflections are followed in ``layer``, which the user
        sees.
        """
        number, (axis, traces) = self._number(asked), self._section(asked)
        size = self._grid.shape[-1]
        first, last = (asked.whole(name, 0, len(traces) - 1) for name in ("trace", "to_trace"))
        begin, end = (asked.number(name, -0.5, size - 0.5) for name in ("sample", "to_sample"))
        way = asked.one_of("way", ["crest", "waveform", "straight"])
        step = 1 if first <= last else -1
        where = np.arange(first, last + step, step)
        sign = 0.0
        if way != "straight":
            samples = self._samples(asked, axis, slice(min(first, last), max(first, last) + 1))[::step]
        if way == "crest":
            known = samples[0, round(min(max(begin, 0), size - 1))]
            end, sign = snapped(np.nan_to_num(samples[-1]), end, None if first == last else -1.0 if known < 0 else 1.0)
        if first == last:
            index = np.array([end])
        elif way == "straight":
            index = np.linspace(begin, end, len(where))
        else:
            index = np.asarray(follow(samples, begin, end, sign=sign), np.float64)
        with self._lock:
            return self._do(number, traces[where], index.clip(0, size - 1), "picked")

    def erase(self, asked: Posted) -> Response:
        """Remove the picks of a horizon (``number``) along a section, from ``trace`` to ``to_trace``."""
        number, (_, traces) = self._number(asked), self._section(asked)
        first, last = sorted(asked.whole(name, 0, len(traces) - 1) for name in ("trace", "to_trace"))
        where = traces[first : last + 1]
        with self._lock:
            if not np.isfinite(self._horizons[number].index[where]).any():
                raise DataError(f"{self._horizons[number].name} has no picks there.")
            return self._do(number, where, np.full(len(where), np.nan), "erased")

    def undo(self, _asked: Posted) -> Response:
        """Undo the last step."""
        with self._lock:
            step = self._steps.undo()
            return self._put(step, step.before)

    def redo(self, _asked: Posted) -> Response:
        """Redo the step that was undone last."""
        with self._lock:
            step = self._steps.redo()
            return self._put(step, step.after)

    def save(self, asked: Posted) -> Response:
        """A horizon (``number``) as a text file."""
        number = self._number(asked)
        with self._lock:
            one = self._horizons[number]
            text = self._text(one)
            one.saved = self._latest(number)
        return Response(text, media_type="text/plain")

    def close(self) -> list[str]:
        """Write unsaved horizons to the current folder; returns sentences on where they are."""
        with self._lock:
            return [line for number in self._unsaved() if (line := self._keep(number))]

    def _keep(self, number: int) -> str:
        """Write a horizon to the current folder; returns a sentence on it, or nothing if it has no picks."""
        one = self._horizons[number]
        if not np.isfinite(one.index).any():
            return ""
        try:
            path = write_new(Path(f"{_plain(one.name)}.dat"), self._text(one))
        except (OSError, DataError) as error:
            why = reason(error) if isinstance(error, OSError) else str(error)
            return f"picks of {one.name} were not saved, and cannot be written here ({why})."
        one.saved = self._latest(number)
        return f"picks of {one.name} that were not saved are in {path}."

    def _text(self, one: _Picked) -> str:
        """Text of a horizon in a form that interpretation systems can read."""
        if not np.isfinite(one.index).any():
            raise DataError(f"{one.name} has no picks; click along a reflection first.")
        down = self._grid.axes[-1]
        values = (down.start + down.step * one.index).reshape(self._grid.shape[:-1])
        with TemporaryDirectory() as folder:
            path = Path(folder) / "horizon.dat"
            write_horizon(Horizon(one.name, values), path, self._grid)
            return path.read_text(encoding="utf-8")

    def _number(self, asked: Query) -> int:
        if not self._horizons:
            raise DataError("there is no horizon yet; give a name for a new one.")
        return asked.whole("number", 0, len(self._horizons) - 1)

    def _section(self, asked: Posted) -> tuple[int | None, Int64[ndarray, " traces"]]:
        """Axis that a section is perpendicular to, None for a line; and the numbers of its traces in the survey."""
        shape = self._grid.shape[:-1]
        if len(shape) == 1:
            return None, np.arange(shape[0])
        axis = 0 if asked.one_of("view", ["inline", "crossline"]) == "inline" else 1
        at = asked.whole("at", 0, shape[axis] - 1)
        return axis, np.take(np.arange(shape[0] * shape[1]).reshape(shape), at, axis)

    def _samples(self, asked: Posted, axis: int | None, span: slice) -> Float32[ndarray, "traces samples"]:
        """Traces of a section in the layer that the user sees."""
        one = self._layers[asked.whole("layer", 0, len(self._layers) - 1)]
        at = 0 if axis is None else asked.whole("at", 0, self._grid.shape[axis] - 1)
        if one.network is not None:
            return one.network(axis or 0, at).source.read((span, slice(None)))
        box = [span, slice(None)]
        if axis is not None:
            box.insert(axis, slice(at, at + 1))
        return one.source.read(tuple(box)).reshape(-1, self._grid.shape[-1])

    def _do(
        self, number: int, where: Int64[ndarray, " some"], index: Float64[ndarray, " some"], words: str
    ) -> Response:
        """Do a step that sets samples of a horizon."""
        one = self._horizons[number]
        step = _Step(number, where, one.index[where], index, f"{one.name} {words}")
        self._steps.add(step)
        return self._put(step, index)

    def _put(self, step: _Step, index: Float64[ndarray, " some"]) -> Response:
        """Set the samples of a step, and answer with the new state."""
        one = self._horizons[step.number]
        one.index[step.where] = index
        self._version += 1
        values = [None if np.isnan(value) else round(float(value), 4) for value in index]
        return self._state(number=step.number, where=step.where.tolist(), index=values)

    def _latest(self, number: int) -> _Step | None:
        """Last step that changed a horizon."""
        return next((step for step in reversed(self._steps.done) if step.number == number), None)

    def _unsaved(self) -> list[int]:
        """Numbers of horizons that have unsaved changes."""
        return [number for number, one in enumerate(self._horizons) if self._latest(number) is not one.saved]

    def _state(self, **more: object) -> Response:
        """Answer with the state of the picking and further entries."""
        latest, following = self._steps.latest, self._steps.following
        known = {
            "version": self._version,
            "undo": latest and latest.words,
            "redo": following and following.words,
            "horizons": [one.name for one in self._horizons],
            "unsaved": self._unsaved(),
        }
        return JSONResponse(known | more, headers={"Cache-Control": "no-store"})


def _plain(name: str) -> str:
    """A name without characters that file names may not have."""
    return re.sub(r"[^\w .+-]+", "-", name).strip(" .")
