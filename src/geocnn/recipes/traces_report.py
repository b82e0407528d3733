"""Measure the claims of the textbook example: numbers, positions, sharing, and shifts."""

import inspect
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geocnn.recipes.traces import traces
from geocnn.textbook import PRINTED, Examples, Head, PositionTest, Report, ShiftTest

if TYPE_CHECKING:
    from torch import Tensor, nn

    from geocnn.models.trace_classifier import TraceClassifier
    from geocnn.training import Run

__all__ = ["report"]


def report(run: "Run") -> Report:
    """Measure the claims of the example; this trains three more networks of its kind in a tenth of a second each.

    Args:
        run: a finished run of the recipe traces, from :func:`geocnn.fit`.

    Raises:
        TypeError: the run is of another recipe.
    """
    from geocnn.hardware import threads
    from geocnn.models.trace_classifier import TraceClassifier
    from geocnn.properties import parameter_sharing

    model, (holdout_traces, _) = run.model, run.recipe.validation[range(len(run.recipe.validation))]
    if not isinstance(model, TraceClassifier):
        raise TypeError(f"report is for the recipe traces; this is a run of {run.recipe.name}.")
    last = run.history[-1]
    holdout = {name: last[f"validation_{name}"] for name in ("loss", "accuracy")}
    for name in (name.replace(" ", "_") for name in run.card.classes):  # one that the holdout lacks has no score
        holdout[name.removesuffix("_arrival")] = last.get(f"validation_accuracy_{name}", math.nan)
    sharing = parameter_sharing(model.conv, model.window)
    with threads(run.recipe.schedule.threads):
        return Report(
            losses=tuple(row["loss"] for row in run.history),
            printed=PRINTED if _is_textbook(run) else {},
            holdout=holdout,
            positions=tuple(_position_tests(run)),
            sharing=(sharing.convolution, sharing.unshared, sharing.dense),
            shifts=tuple(_shift_tests(model, holdout_traces.to(model.output.weight.device))),
            examples=_examples(run),
        )


def _examples(run: "Run") -> Examples:
    """The first holdout trace of each class, with the answer of the network."""
    x, y = run.recipe.validation[range(len(run.recipe.validation))]
    predicted = _classify(run.model, x.numpy())
    first = [int(i) for i in np.unique(y.numpy(), return_index=True)[1]]
    return Examples(
        samples=x.numpy()[first, 0],
        true=tuple(int(y[i]) for i in first),
        predicted=tuple(int(predicted[i]) for i in first),
        classes=run.card.classes,
    )


def _arguments(run: "Run") -> dict[str, Any]:
    """The keyword arguments that made the run's recipe."""
    given = dict(run.card.training["arguments"])
    return given | {"centres": tuple(given["centres"]), "seed": run.recipe.seed, "epochs": run.recipe.schedule.epochs}


def _is_textbook(run: "Run") -> bool:
    """Whether the settings, apart from the number of epochs, are those behind the printed numbers."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(traces).parameters.items()}
    return all(value == defaults[name] for name, value in _arguments(run).items() if name != "epochs")


def _position_tests(run: "Run") -> Iterator[PositionTest]:
    """Position tests of both heads, trained on the run's positions and on the first half of them."""
    from geocnn.synthetic.traces import moving_arrival
    from geocnn.training import fit

    arguments = _arguments(run)
    head: Head = run.card.arguments["head"]
    low, high = run.card.training["arguments"]["centres"]
    moved, truth = moving_arrival(size=run.card.window[0], noise=run.card.training["arguments"]["noise"])
    other: Head = "pool" if head == "flatten" else "flatten"
    for centres in ((low, high), (low, (low + high) // 2)):
        for kind in (head, other):
            own = kind == head and centres == (low, high)
            changed = arguments | {"head": kind, "centres": centres}
            model = run.model if own else fit(traces(**changed), show_progress=False, device="cpu").model
            right = _classify(model, moved.reshape(-1, 1, moved.shape[-1])).reshape(moved.shape[:2]) == truth
            yield PositionTest(kind, centres, right.mean(axis=1))


def _classify(model: "nn.Module", x: NDArray[np.float32]) -> NDArray[np.int64]:
    """Class of each trace; ``x`` is ``(traces, channels, size)``."""
    import torch

    place = next(model.parameters()).device
    with torch.no_grad():
        return np.asarray(model(torch.from_numpy(x).to(place)).argmax(1).cpu().numpy())


def _shift_tests(model: "TraceClassifier", holdout: "Tensor") -> Iterator[ShiftTest]:
    """Shift tests of the layers, one after another, on traces, and of poolings alone on rectified white noise."""
    import torch

    from geocnn.layers import Conv, MaxPool
    from geocnn.properties import shift_error

    noise = torch.randn(64, 8, 256, generator=torch.Generator().manual_seed(0)).relu()
    # Zhang 2019, Making convolutional networks shift-invariant again: maximum at every sample, smooth, subsample.
    with torch.random.fork_rng(devices=[]):  # of the caller's random numbers none is used up
        smooth = Conv(1, in_channels=8, out_channels=8, kernel_size=5, stride=2, padding=2, groups=8, bias=False)
    with torch.no_grad():
        smooth.weight[:] = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    rectified = torch.nn.Sequential(model.conv, torch.nn.ReLU())
    tests: tuple[tuple[str, torch.nn.Module, Tensor, int], ...] = (
        ("convolution + ReLU, traces", rectified, holdout, 1),
        ("convolution + ReLU + pooling, traces", torch.nn.Sequential(rectified, model.pool), holdout, 2),
        ("max pooling, noise", MaxPool(1, 2), noise, 2),
        ("max pooling, smoothed, noise", torch.nn.Sequential(MaxPool(1, 2, stride=1), smooth), noise, 2),
    )
    for name, layer, x, stride in tests:
        one, two, three, four = (shift_error(layer, x, n, stride=stride, border=4) for n in (1, 2, 3, 4))
        yield ShiftTest(name, (one, two, three, four))
