"""Networks at work on the sections that are looked at, one when it is looked at first."""

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
"""Networks that ship and give a section on the grid of the survey: name, and folder of the card."""
_KEPT = 1 << 28
"""Bytes of results that are remembered."""
_MOST = 50_000_000
"""Samples of a section at most, which a network looks at for half a minute."""

_ENDED = "geocnn view has ended."


class Section(NamedTuple):
    """What a network says of a section.

    Attributes:
        source: probability, number of the class or amplitude, on the grid of the section.
        notes: what a user should know of how the network was applied.
    """

    source: Source
    notes: tuple[str, ...]


class SectionNetwork:
    """A network for sections, applied to a line or to sections of a cube as if each were a line.

    PyTorch is loaded, and the network read, when the first section is asked for.

    Args:
        survey: of two or three axes.
        network: "faults", a run folder, or what :func:`geocnn.load` returned.
        card: of the network, as far as it is known beforehand.

    Attributes:
        name: of the network.
        classes: how many, of a network that tells classes apart; 0 of one that gives amplitudes.
        threshold: probability from which on a sample is called one of the class.
    """

    def __init__(self, survey: Source, network: "str | Path | Trained", card: dict[str, Any]) -> None:
        self.name: str = card["name"]
        self.classes = 0 if card["task"] == "restoration" else len(card["classes"])
        self.threshold: float = card["threshold"]
        self._survey, self._network = survey, network
        self._closed = threading.Event()
        # One section after the other, for each takes all processors; in a thread that Python waits for when it ends.
        self._pool = ThreadPoolExecutor(1, "geocnn-network")
        self._known: OrderedDict[tuple[int, int], tuple[NDArray[np.float32], tuple[str, ...]]] = OrderedDict()

    @classmethod
    def of(cls, survey: Source, network: "str | Path | Trained") -> "SectionNetwork":
        """For a network that the user names, which is read at once.

        Raises:
            GeocnnError: there is no such network.
            DataError: it is none that gives a section on the grid of the survey.
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
        # Those that ship are called as users call them.
        name = next((name for name, folder in _OFFERED.items() if folder == card.name), card.name)
        known = {"name": name, "task": card.task, "classes": card.classes, "threshold": card.threshold}
        return cls(survey, trained, known)

    def __call__(self, axis: int, index: int) -> Section:
        """The section at an index along a horizontal axis of a cube; of a line both are 0.

        Raises:
            DataError: it is too large to be looked at while one waits.
            GeocnnError: the survey cannot be read.
        """
        try:
            found = self._pool.submit(self._result, axis, index).result()
        except (CancelledError, RuntimeError):  # closed while it waited for its turn, or before
            raise DataError(_ENDED) from None
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        """Leave the section that is at work, which is soon."""
        self._closed.set()
        self._pool.shutdown(cancel_futures=True)

    def _result(self, axis: int, index: int) -> Section | Exception:
        """A section, or why there is none.

        An error keeps the frames that it came through, and those the tensors of the network; a thread of the server
        that gave these back while Python ends would abort it.
        """
        try:
            return self._section(axis, index)
        except Exception as error:
            error.__context__ = error.__cause__ = None
            return error.with_traceback(None)

    def _section(self, axis: int, index: int) -> Section:
        """A section, from memory where it has been looked at."""
        key, grid = (axis, index), self._survey.grid
        if key not in self._known:
            self._known[key] = self._applied(axis, index)
        self._known.move_to_end(key)
        array, notes = self._known[key]
        while len(self._known) > 1 and sum(values.nbytes for values, _ in self._known.values()) > _KEPT:
            self._known.popitem(last=False)
        return Section(ArraySource(array, grid if grid.ndim == 2 else grid.section(axis, index)), notes)

    def _applied(self, axis: int, index: int) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """The result of a section, and notes."""
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
    """A section that refuses to be read on when nobody waits for the result any more."""

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
    """Probability from which on the network for faults that ships for lines, or for cubes, calls a sample a fault."""
    return float(_card("faults-3d" if ndim == 3 else "faults-2d")["threshold"])


def _card(folder: str) -> dict[str, Any]:
    """The card of a network that ships."""
    found: dict[str, Any] = json.loads((files("geocnn") / "weights" / folder / "card.json").read_text("utf-8"))
    return found
