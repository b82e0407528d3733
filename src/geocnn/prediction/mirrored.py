"""Prediction of a survey and its mirror images: their mean, and how far they agree."""

import itertools
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geocnn import io
from geocnn.checkpoints import Trained, load
from geocnn.errors import DataError
from geocnn.io.mirrored import MirroredSource
from geocnn.io.scan import slabs
from geocnn.io.source import Sink, Source
from geocnn.prediction import Prediction, predict
from geocnn.prediction.log import Log, opened
from geocnn.prediction.results import Samples, Stored
from geocnn.prediction.steps import steps

__all__ = ["predict_mirrored"]


def predict_mirrored(
    network: str | Path | Trained,
    data: str | Path | NDArray[np.generic] | Source,
    out: str | Path,
    *,
    uncertainty: str | Path | None = None,
    overwrite: bool = False,
    samples: Samples = "float32",
    log: str | Path | Log | None = None,
    step: bool = False,
    **options: Any,  # noqa: ANN401  (those of predict)
) -> Prediction:
    """Predict a survey as it is and mirrored along each of its horizontal axes, and average (test-time augmentation).

    Geology has no handedness, so a network should say the same of a mirror image. Where it does not, it is unsure: the
    standard deviation of the two (a line) or four (a cube) probabilities is a measure of that.

    Args:
        network: of one class, as for :func:`geocnn.predict`.
        data: survey.
        out: file for the mean.
        uncertainty: file for the standard deviation.
        overwrite: replace files that exist.
        samples: of the files, as those of :func:`geocnn.prediction.predict`.
        log: as that of :func:`geocnn.prediction.predict`, one for all passes.
        step: ``out`` is a step on the way to a result, and lies in a folder that is removed at the end.
        options: of :func:`geocnn.prediction.predict`.

    Returns:
        That of the survey as it is, with the path of the mean and the time of all passes.

    Raises:
        DataError: a network of several classes, whose numbers have no mean; and as :func:`geocnn.prediction.predict`.
        TargetError: a file cannot be written.
    """
    started = time.perf_counter()
    source = io.open(data)
    trained = network if isinstance(network, Trained) else load(network, ndim=source.grid.ndim)
    if len(trained.card.classes) > 1:
        raise DataError(f"{trained.card.name} gives numbers of classes, which have no mean; leave --tta out.")
    horizontal = range(source.grid.ndim - 1)
    mirrors = [axes for n in range(len(horizontal) + 1) for axes in itertools.combinations(horizontal, n)]
    named = opened(log, (source.path, out, uncertainty), output=str(out))
    with named as record, ExitStack() as stack:
        record.passes = len(mirrors)
        form = Stored.of(samples, trained.card)
        stored = form._asdict()
        overwrite |= step
        mean = stack.enter_context(io.create(out, like=source, overwrite=overwrite, **stored))
        spread = None
        if uncertainty is not None:
            spread = stack.enter_context(io.create(uncertainty, like=source, overwrite=overwrite, **stored))
        folder = stack.enter_context(steps(out, keep=step, beside=uncertainty))
        made: list[Prediction] = []
        results: list[Source] = []
        for number, axes in enumerate(mirrors):
            target = folder / f"{number}.npy"
            mirrored = MirroredSource(source, axes) if axes else source
            made.append(predict(trained, mirrored, target, log=record, step=True, **options))
            results.append(MirroredSource(io.open(target), axes) if axes else io.open(target))
        _combine(results, mean, spread, np.float32(form.nothing))
    plain, seconds = made[0], time.perf_counter() - started
    notes = list(dict.fromkeys([*form.told(plain.notes), *[record.trouble] * bool(record.trouble)]))
    return Prediction(Path(out), None, source.grid, plain.plan, notes, seconds, trained.card)


def _combine(results: list[Source], mean: Sink, spread: Sink | None, nothing: np.float32) -> None:
    """Write mean and standard deviation, slab by slab; ``nothing`` where there are no data."""
    for where in slabs(results[0].grid.shape, mean.rows):
        blocks = np.stack([result.read(where) for result in results])
        start = tuple(span.start for span in where)
        known = blocks.any(0)  # a probability of 0 is where there are no data
        mean.write(start, np.where(known, blocks.mean(0), nothing))
        if spread is not None:
            spread.write(start, np.where(known, blocks.std(0), nothing))
