"""Numbers printed in the textbook and measured ones, as data and as text (NumPy only).

Figures use it too, so it needs nothing else.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["PRINTED", "Examples", "Head", "PositionTest", "Report", "ShiftTest"]

Head = Literal["flatten", "pool"]

PRINTED = {1: 1.1431, 15: 0.2116, 30: 0.0077, 45: 0.0013, 60: 0.0007}
"""Epoch -> training loss as printed in the textbook."""
PRINTED_HOLDOUT = {"loss": 0.0008, "accuracy": 1.0, "quiet": 1.0, "positive": 1.0, "negative": 1.0}
"""Scores that the textbook prints for the holdout."""


@dataclass(frozen=True)
class Examples:
    """One holdout trace of each class, with the network's answer.

    Attributes:
        samples: amplitudes, ``(classes, size)``.
        true: class of each trace.
        predicted: class that the network gives it.
        classes: names of the classes.
    """

    samples: NDArray[np.float32]
    true: tuple[int, ...]
    predicted: tuple[int, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True)
class PositionTest:
    """Accuracy of a network by the position of the arrival.

    Attributes:
        head: "flatten" or "pool".
        centres: first and last sample (1-based) at which arrivals peaked in training.
        accuracy: share of right answers for arrivals at samples 1, 2, ... of the trace.
    """

    head: Head
    centres: tuple[int, int]
    accuracy: NDArray[np.float64]

    def mean(self, first: int, last: int) -> float:
        """Mean accuracy for arrivals at samples ``first..last``; NaN for an empty range."""
        chosen = self.accuracy[max(first, 1) - 1 : last]
        return float(chosen.mean()) if chosen.size else float("nan")


@dataclass(frozen=True)
class ShiftTest:
    """Relative change of a layer's result, beyond moving along, when its input moves by 1, 2, 3, 4 samples."""

    layer: str
    errors: tuple[float, float, float, float]


@dataclass(frozen=True)
class Report:
    """All measured numbers of one run of the example.

    Attributes:
        losses: training loss of each epoch.
        printed: printed losses by epoch; empty if the settings are not those of the textbook.
        holdout: "loss", "accuracy" and the accuracy of each class, for the traces that were not trained on; NaN for a
            class of which there is none.
        positions: tests of this head and the other, trained on all positions, then on the first half of them.
        sharing: parameters of the convolution, of a kernel for each position, and of a dense layer, for the same
            outputs.
        shifts: tests under shifts, one per layer.
        examples: one holdout trace of each class.
    """

    losses: tuple[float, ...]
    printed: dict[int, float]
    holdout: dict[str, float]
    positions: tuple[PositionTest, ...]
    sharing: tuple[int, int, int]
    shifts: tuple[ShiftTest, ...]
    examples: Examples

    def rows(self) -> list[tuple[str, str, str]]:
        """Rows "epoch, printed, ours" of the table, with the holdout below."""
        epochs = sorted({e for e in self.printed or PRINTED if e < len(self.losses)} | {len(self.losses)})
        rows = [(f"epoch {e}", _digits(self.printed.get(e), 4), f"{self.losses[e - 1]:.4f}") for e in epochs]
        printed = PRINTED_HOLDOUT if max(PRINTED) in self.printed and len(self.losses) == max(PRINTED) else {}
        for name, value in self.holdout.items():
            digits = 4 if name == "loss" else 3
            ours = "-" if math.isnan(value) else f"{value:.{digits}f}"
            rows.append((f"holdout {name}", _digits(printed.get(name), digits), ours))
        return rows

    def lines(self) -> list[str]:
        """The whole report as text, line by line."""
        rows = self.rows()
        width = max(8, *(len(ours) for _, _, ours in rows))
        table = [f"{a:18} {b:>8} {c:>{width}}" for a, b, c in [("", "printed", "ours"), *rows]]
        if any(map(math.isnan, self.holdout.values())):
            table.append("-: no trace of this class is in the holdout")
        return [*table, "", *self._position_lines(), "", *self._sharing_lines(), "", *self._shift_lines()]

    def _position_lines(self) -> Iterator[str]:
        low, high = self.positions[0].centres
        size = len(self.positions[0].accuracy)
        zones = [(1, low - 5), (low, (low + high) // 2), ((low + high) // 2 + 8, high), (high + 4, size)]
        zones = [(a, b) for a, b in zones if a <= b]
        yield "Accuracy by position of the arrival"
        yield f"{'head':9} {'trained on':>11}" + "".join(f"{f'{a}..{b}':>9}" for a, b in zones)
        for test in self.positions:
            trained = f"{test.centres[0]}..{test.centres[1]}"
            yield f"{test.head:9} {trained:>11}" + "".join(f"{test.mean(a, b):9.3f}" for a, b in zones)

    def _sharing_lines(self) -> Iterator[str]:
        yield "Parameters from the trace to the same outputs"
        yield "one kernel {:,}, a kernel for each position {:,}, a dense layer {:,}".format(*self.sharing)

    def _shift_lines(self) -> Iterator[str]:
        yield "Change of the result when the input moves (0: it just moves along)"
        yield f"{'samples':38}" + "".join(f"{n:7d}" for n in range(1, 5))
        for test in self.shifts:
            yield f"{test.layer:38}" + "".join(f"{error:7.3f}" for error in test.errors)


def _digits(value: float | None, digits: int) -> str:
    """A printed number as text; empty if there is none."""
    return "" if value is None else f"{value:.{digits}f}"
