"""The worked example of the textbook, to every printed digit."""

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geocnn.checkpoints import Card
    from geocnn.datasets import TensorSamples
    from geocnn.synthetic.traces import Traces
    from geocnn.training import Recipe

__all__ = ["traces"]


def traces(
    *,
    seed: int = 42,
    head: Literal["flatten", "pool"] = "flatten",
    epochs: int = 60,
    learning_rate: float = 5e-3,
    count: int = 180,
    centres: tuple[int, int] = (12, 52),
    noise: float = 0.03,
    true_convolution: bool = True,
) -> "Recipe":
    """Classify synthetic traces: quiet, positive or negative arrival. The textbook example, same numbers.

    A network of 4,211 parameters learns 144 traces of 64 samples in 60 steps and is tested on 36 others. With the
    defaults data, split, initial weights and losses are those behind the printed ones (1.1431 0.2116 0.0077 0.0013
    0.0007; holdout 0.0008, all classes 1.000). The loss is log-softmax, where the textbook takes log(p + 1e-7): that
    is the same to the printed digits, and does not go dead on large amplitudes.

    Args:
        seed: of the data and the initial weights; 42 is the printed example.
        head: "flatten" as printed, or "pool", which knows an arrival at any position.
        epochs: steps, each over all training traces.
        learning_rate: of Adam.
        count: traces, four fifths of them for training.
        centres: first and last sample (1-based) at which arrivals peak.
        noise: standard deviation of the noise; arrivals are about 1.
        true_convolution: flip the kernel as the printed example's framework does; without, formula 8.1 as written.

    Raises:
        DataError: a number out of its range.
    """
    given = dict(locals())  # all arguments, for the card
    import torch

    from geocnn.losses import cross_entropy
    from geocnn.metrics import accuracies, confusion
    from geocnn.models.trace_classifier import TraceClassifier, initialise
    from geocnn.synthetic.random import Xoshiro
    from geocnn.synthetic.traces import CLASSES
    from geocnn.synthetic.traces import traces as generate
    from geocnn.training import Recipe, Schedule

    _check(epochs, learning_rate)
    first, last = centres  # a list if it comes from a card
    data = generate(seed, count=count, centres=(first, last), noise=noise)
    window = data.samples.shape[1]
    arguments = {"out_channels": len(CLASSES), "window": window, "head": head, "true_convolution": true_convolution}
    with torch.random.fork_rng(devices=[]):  # the first weights, which are replaced, are drawn at random
        model = TraceClassifier(1, in_channels=1, **arguments)
    initialise(model, Xoshiro.from_state(data.state).fill)
    card = _card(arguments, given, len(data.train))
    return Recipe(
        name="traces",
        model=model,
        card=card,
        train=_samples(data, data.train),
        validation=_samples(data, data.holdout),
        loss=cross_entropy,
        metrics=confusion,
        summary=partial(accuracies, classes=CLASSES),
        # Full batch in the order of the split; AdamW without weight decay is Adam.
        schedule=Schedule(
            epochs=epochs, batch_size=len(data.train), learning_rate=learning_rate, shuffle=False, threads=1
        ),
        seed=seed,
        report="traces",
    )


def _card(arguments: dict[str, Any], given: dict[str, Any], learnt: int) -> "Card":
    """Card of the network before training, which learns from so many traces."""
    from geocnn.checkpoints import Card
    from geocnn.synthetic.traces import CLASSES

    (first, last), window = given["centres"], arguments["window"]
    return Card(
        name="traces",
        task="classification",
        architecture="trace_classifier",
        arguments={"ndim": 1, "in_channels": 1} | arguments,
        classes=CLASSES,
        channels=("amplitude",),
        axes=("time",),
        window=(window,),
        normalisation={"kind": "none"},
        data=f"{learnt} of {given['count']} traces of geocnn.synthetic.traces, arrivals at samples {first}..{last} of "
        f"{window}",
        training={"arguments": given},
        notes="A teaching example on synthetic traces; not made for field data.",
    )


def _check(epochs: int, learning_rate: float) -> None:
    """Refuse numbers for which there is no schedule.

    Raises:
        DataError: a number is out of its range.
    """
    from geocnn.errors import DataError

    if epochs < 1 or not 0 < learning_rate < math.inf:
        raise DataError(
            f"--epochs is {epochs} and --learning-rate {learning_rate:g}; needed are 1 or more epochs and a learning "
            "rate above 0."
        )


def _samples(data: "Traces", chosen: "NDArray[np.int64]") -> "TensorSamples":
    """The chosen traces as tensors: ``(traces, 1, size)`` and their classes."""
    import torch

    from geocnn.datasets import TensorSamples

    return TensorSamples(torch.from_numpy(data.samples[chosen, None]), torch.from_numpy(data.labels[chosen]))
