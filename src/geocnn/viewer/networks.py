"""Apply networks to the sections that are shown, each section when it is first shown."""

import json
import math
import threading
from collections import OrderedDict
from concurrent.futures import CancelledError, ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.io import ArraySource
from geocnn.io.slices import Slices
from geocnn.io.source import Source

if TYPE_CHECKING:
    from geocnn.checkpoints import Trained

__all__ = ["Section", "SectionNetwork", "fault_threshold", "offered"]

_OFFERED = {"faults": "faults-2d", "denoise": "denoise-2d"}
"""Networks that ship and return a section on the grid of the survey: name -> folder of the card."""
_KEPT = 1 << 28
"""Bytes of results that are kept."""
_MOST = 50_000_000
"""Largest number of samples of a section; a network needs half a minute for these."""

_ENDED = "geocnn view has ended."


class Section(NamedTuple):
    """Result of a network for a section.

    Attributes:
        source: probability, number of the class or amplitude, on the grid of the section.
        notes: what a user should know about how the network was applied.
    """

    source: Source
    notes: tuple[str, ...]


class SectionNetwork:
    """A network for sections, applied to a line, or to sections of a cube as if each were a line.

    PyTorch and the network are loaded at the first request for a section.

    Args:
        survey: survey of two or three axes.
        network: "faults", a run folder, or what :func:`geocnn.load` returned.
        card: entries of the network's card that are known beforehand.

    Attributes:
        name: name of the network.
        classes: number of classes; 0 for a network that restores amplitudes.
        threshold: probability from which on a sample counts as one of the class.
    """

    def __init__(self, survey: Source, network: "str | Path | Trained", card: dict[str, Any]) -> None:
        self.name: str = card["name"]
        self.classes = 0 if card["task"] == "restoration" else len(card["classes"])
        self.threshold: float = card["threshold"]
        self._survey, self._network = survey, network
        self._closed = threading.Event()
        # One section at a time, because each uses all processors; Python waits for this thread when it ends.
        self._pool = ThreadPoolExecutor(1, "geocnn-network")
        self._known: OrderedDict[tuple[int, int], tuple[NDArray[np.float32], tuple[str, ...]]] = OrderedDict()

    @classmethod
    def of(cls, survey: Source, network: "str | Path | Trained") -> "SectionNetwork":
        """Load a network that the user names.

        Raises:
            GeocnnError: there is no such network.
            DataError: it does not return a section on the grid of the survey.
        """
        from geocnn.checkpoints import load

        trained = network if not isinstance(network, str | Path) else load(network, ndim=2)
        card = trained.card
        fits = card.task in ("segmentation", "restoration") and (card.ndim, card.finer, len(card.channels)) == (2, 1, 1)
        if not fits:
            raise DataError(
                f"{card.name} is a network for {card.task} of {card.ndim}-D data, {len(card.channels)} channel"
                f"{'s' * (len(card.channels) != 1)}{', and makes surveys finer' * (card.finer != 1)}; what is looked "
                "at takes one for sections: faults, denoise, or a 2-D run of geocnn train faults, segment or denoise."
            )
        # Networks that ship have the name by which users call them.
        name = next((name for name, folder in _OFFERED.items() if folder == card.name), card.name)
        known = {"name": name, "task": card.task, "classes": card.classes, "threshold": card.threshold}
        return cls(survey, trained, known)

    def __call__(self, axis: int, index: int) -> Section:
        """Result for the section at ``index`` along a horizontal axis of a cube; for a line both are 0.

        Raises:
            DataError: the section is too large to wait for.
            GeocnnError: the survey cannot be read.
        """
        try:
            found = self._pool.submit(self._result, axis, index).result()
        except (CancelledError, RuntimeError):  # closed before this section was processed
            raise DataError(_ENDED) from None
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        """Stop the section that is being processed, and wait for the end, which comes soon."""
        self._closed.set()
        self._pool.shutdown(cancel_futures=True)

    def _result(self, axis: int, index: int) -> Section | Exception:
        """Result for a section, or the error that prevented it.

        The error is returned without its traceback, which would keep tensors of the network alive: if a thread of the
        server freed these while Python ends, Python would abort.
        """
        try:
            return self._section(axis, index)
        except Exception as error:
            error.__context__ = error.__cause__ = None
            return error.with_traceback(None)

    def _section(self, axis: int, index: int) -> Section:
        """Result for a section, from memory if it has been shown before."""
        key, grid = (axis, index), self._survey.grid
        if key not in self._known:
            self._known[key] = self._applied(axis, index)
        self._known.move_to_end(key)
        array, notes = self._known[key]
        while len(self._known) > 1 and sum(values.nbytes for values, _ in self._known.values()) > _KEPT:
            self._known.popitem(last=False)
        return Section(ArraySource(array, grid if grid.ndim == 2 else grid.section(axis, index)), notes)

    def _applied(self, axis: int, index: int) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Apply the network to a section; returns its result and notes."""
        from geocnn.checkpoints import Trained, load
        from geocnn.prediction.stretched import predict_stretched

        survey = self._survey
        grid, box = survey.grid, [slice(None)] * survey.grid.ndim
        if grid.ndim == 3:
            grid, box[axis] = grid.section(axis, index), slice(index, index + 1)
        if (size := math.prod(grid.shape)) > _MOST:
            raise DataError(
                f"the section has {size / 1e6:.0f} million samples, and while one waits a network looks at "
                f"{_MOST / 1e6:.0f} million; give geocnn predict the file, and geocnn view its result."
            )
        if not isinstance(self._network, Trained):
            self._network = load(self._network, ndim=2)
        data = _Ending(survey.read(tuple(box)).reshape(grid.shape), grid, self._closed)
        made = predict_stretched(self._network, data, show_progress=False)
        assert made.array is not None, "no file was asked for"
        return made.array, tuple(made.notes)


class _Ending(ArraySource):
    """A section that can no longer be read once the page has been closed."""

    def __init__(self, array: NDArray[np.float32], grid: Grid, closed: threading.Event) -> None:
        super().__init__(array, grid)
        self._closed = closed

    def read(self, slices: Slices) -> NDArray[np.float32]:
        """Read a block."""
        if self._closed.is_set():
            raise DataError(_ENDED)
        return super().read(slices)


def offered(survey: Source) -> list[SectionNetwork]:
    """The networks that ship, for a survey of amplitudes."""
    cards = {name: _card(folder) for name, folder in _OFFERED.items()}
    return [SectionNetwork(survey, name, {**card, "name": name}) for name, card in cards.items()]


def fault_threshold(ndim: int) -> float:
    """Threshold of the network for faults that ships for lines (``ndim`` 2) or for cubes (3)."""
    return float(_card("faults-3d" if ndim == 3 else "faults-2d")["threshold"])


def _card(folder: str) -> dict[str, Any]:
    """The card of a network that ships."""
    found: dict[str, Any] = json.loads((files("geocnn") / "weights" / folder / "card.json").read_text("utf-8"))
    return found
