"""Prediction of a survey that is sampled otherwise than what networks learn from: resampled, and brought back."""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geocnn import io
from geocnn.checkpoints import Card, Trained, load, restores
from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.io.scan import SLAB_BYTES, slabs
from geocnn.io.source import Sink, Source
from geocnn.io.stretched import StretchedSource
from geocnn.prediction import Prediction, predict
from geocnn.prediction.log import Log, opened
from geocnn.prediction.results import Samples, Stored
from geocnn.prediction.sampling import MOST, resampling, stretch_of
from geocnn.prediction.steps import steps

__all__ = ["finer", "predict_stretched"]


def predict_stretched(
    network: str | Path | Trained,
    data: str | Path | NDArray[np.generic] | Source,
    out: str | Path | None = None,
    *,
    stretch: float | Sequence[float] | str = "auto",
    run: Callable[..., Prediction] = predict,
    uncertainty: str | Path | None = None,
    overwrite: bool = False,
    samples: Samples = "float32",
    log: str | Path | Log | None = None,
    **options: Any,  # noqa: ANN401  (those of run)
) -> Prediction:
    """Predict a survey resampled to what networks learn from, and bring the result back onto the survey's own grid.

    The result is interpolated linearly, that of a network of several classes taken from the nearest sample. In dead
    traces, mutes and NaN samples it is what it is in that of :func:`geocnn.prediction.predict`.

    A network that makes surveys finer is given the survey interpolated, see :func:`finer`, and its result stays on that
    grid.

    Args:
        network: as for :func:`geocnn.prediction.predict`.
        data: survey.
        out: file for the result; without it the result is in memory alone.
        stretch: new samples per old sample, one number an axis, 1/16 to 16, or 1 alone for no change; "auto" leaves
            them to :func:`geocnn.prediction.sampling.stretch_of` for a network of the recipe faults, which knows the
            frequencies of its structure, and changes nothing for others. Where all are 1 nothing but ``run`` is called.
        run: what predicts: :func:`geocnn.prediction.predict` or
            :func:`geocnn.prediction.mirrored.predict_mirrored`.
        uncertainty: file for the standard deviation over mirror images, for the latter.
        overwrite: replace files that exist.
        samples: of the files, as those of :func:`geocnn.prediction.predict`.
        log: as that of :func:`geocnn.prediction.predict`.
        options: of ``run``.

    Returns:
        That of the stretched survey, with the survey's grid, the time of everything, and a note on what was resampled.

    Raises:
        DataError: numbers that do not fit the axes, or a network that gives amplitudes, which resampling would change;
            and as ``run``.
        TargetError: a file cannot be written.
    """
    started = time.perf_counter()
    source = io.open(data)
    trained = network if isinstance(network, Trained) else load(network, ndim=source.grid.ndim)
    if isinstance(stretch, str) and stretch == "auto":
        synthetic = trained.card.training.get("recipe") == "faults"
        factors, why = stretch_of(source) if synthetic else ((1.0,) * source.grid.ndim, "")
    else:
        factors, why = _asked(stretch, source.grid)
    spread = {} if uncertainty is None else {"uncertainty": uncertainty}
    known, source = source, finer(source, trained.card)
    if all(factor == 1 for factor in factors):
        made = run(trained, source, out, overwrite=overwrite, samples=samples, log=log, **spread, **options)
        more = [] if source is known else [*_without_places(source.grid), _how_fine(source.grid, known.grid)]
        return replace(made, notes=[*made.notes, *more])
    if restores(trained.card):
        raise DataError(
            f"stretch is {', '.join(f'{factor:g}' for factor in factors)}, and {trained.card.name} gives amplitudes, "
            "which resampling there and back would change; leave it out."
        )
    stretched, nearest = StretchedSource(source, factors), len(trained.card.classes) > 1
    named = opened(log, (source.path, out, uncertainty), output=None if out is None else str(out))
    with named as record, ExitStack() as stack:
        form, targets = Stored.of(samples, trained.card), [path for path in (out, uncertainty) if path is not None]
        stored = {"overwrite": overwrite, **form._asdict()}
        sinks = [stack.enter_context(io.create(path, like=source, **stored)) for path in targets]
        folder = stack.enter_context(steps(out, beside=uncertainty))
        files = [folder / name for name in ("result.npy", "spread.npy")]
        spread = {} if uncertainty is None else {"uncertainty": files[1]}
        made = run(trained, stretched, files[0], log=record, step=True, **spread, **options)
        for sink, file in zip(sinks, files, strict=False):
            _write_back(stretched, io.open(file), sink, form.nothing, nearest=nearest)
        whole = (slice(None),) * source.grid.ndim
        array = None if out is not None else stretched.restore(io.open(files[0]), nearest=nearest).read(whole)
    notes = [*form.told(made.notes), f"{why}; the result is on the survey's own grid."]
    path, seconds = None if out is None else Path(out), time.perf_counter() - started
    return replace(made, path=path, array=array, grid=source.grid, notes=notes, seconds=seconds)


def finer(source: Source, card: Card) -> Source:
    """A survey as a network that makes surveys finer is given it, interpolated; for other networks the survey itself.

    A network for sections goes through a cube inline by inline, and makes crosslines and samples finer.
    """
    if card.finer == 1:
        return source
    made = StretchedSource(source, [1.0] * (source.grid.ndim - card.ndim) + [float(card.finer)] * card.ndim)
    made.grid = Grid(made.grid.axes, made.grid.attributes | {"finer": card.name})  # who has done it, for the file
    return made


def _without_places(grid: Grid) -> list[str]:
    """That the map coordinates of a survey are lost on a grid of its own."""
    known = grid.attributes.get("coordinates")
    if not isinstance(known, dict) or grid.has_coordinates or "traces" in known:
        return []
    return ["the result has no map coordinates, for those of the survey are on no regular grid, and too many."]


def _how_fine(grid: Grid, before: Grid) -> str:
    """What has become of the axes."""
    changed = [(new, old) for new, old in zip(grid.axes, before.axes, strict=True) if new.size != old.size]
    sizes = ", ".join(f"{old.name} {old.size} to {new.size}" for new, old in changed)
    return f"the result is sampled more finely: {sizes}."


def _write_back(stretched: StretchedSource, result: Source, sink: Sink, nothing: float, *, nearest: bool) -> None:
    """Write a result on the survey's grid, slab by slab; a probability is ``nothing`` where there are no data."""
    restored = stretched.restore(result, nearest=nearest)
    if not nearest:
        restored.nothing = np.float32(nothing)
    more = math.prod(max(1.0, factor) for factor in stretched.factors)
    for where in slabs(restored.grid.shape, sink.rows, int(SLAB_BYTES / more)):
        sink.write(tuple(span.start for span in where), restored.read(where))


def _asked(stretch: float | Sequence[float] | str, grid: Grid) -> tuple[tuple[float, ...], str]:
    """Factors that the user gave, and a sentence that says so.

    Raises:
        DataError: not one for each axis, or beyond 1/16 to 16.
    """
    stretch = (stretch,) if isinstance(stretch, int | float) else stretch
    numbers = () if isinstance(stretch, str) else tuple(float(factor) for factor in stretch)
    numbers = numbers * grid.ndim if numbers == (1.0,) else numbers
    if len(numbers) != grid.ndim or not all(1 / MOST <= factor <= MOST for factor in numbers):
        given = repr(stretch) if isinstance(stretch, str) else ", ".join(f"{factor:g}" for factor in numbers) or "empty"
        example = "--stretch" + " 1" * (grid.ndim - 1) + " 0.25"
        raise DataError(
            f"stretch is {given}; needed is 'auto' or a number from 1/16 to 16 for each of {', '.join(grid.names)}, "
            f"such as {example}."
        )
    return numbers, f"resampled as asked for: {resampling(grid, numbers)}"
