"""Inputs for the explanation of a network: part of a survey, synthetic structure, or noise."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geocnn.checkpoints import flat_axis
from geocnn.errors import DataError
from geocnn.io.scan import scanned
from geocnn.io.source import Source
from geocnn.normalisation import Normalisation
from geocnn.overview import Named
from geocnn.words import number_of, size_text

__all__ = ["from_survey", "synthetic"]

_LEAST = 16
"""Least number of samples per axis of synthetic structure."""


def synthetic(found: Named) -> tuple[Tensor, str]:
    """Synthetic structure for networks of one channel, otherwise white noise; and a description."""
    from geocnn.synthetic.structure import structure

    model, space = found.model, found.window
    if model.in_channels == 1 and min(space) >= _LEAST:
        shape = space if model.ndim > 1 else (_LEAST, *space)
        seismic = structure(0, seed=0, shape=shape).seismic.numpy()
        values = seismic if model.ndim > 1 else seismic[_LEAST // 2]
        return torch.from_numpy(Normalisation.fit(values).apply(values))[None, None], "synthetic structure"
    noise = torch.randn((1, model.in_channels, *space), generator=torch.Generator().manual_seed(0))
    return noise, "white noise"


def from_survey(found: Named, source: Source) -> tuple[Tensor, str]:
    """Middle of a survey as the network sees it, and which that is, in words.

    It is normalised as for prediction and as large as the window of the network, filled up where data are smaller. For
    a network for sections it lies in the middle section of a cube, along the axis along which predictions go.

    Raises:
        DataError: the number of axes differs, or the network has several channels.
    """
    model, grid, window = found.model, source.grid, list(found.window)
    across = None
    if (model.ndim, grid.ndim) == (2, 3):
        across = flat_axis(grid, found.card) if found.card else 0
    if across is not None:
        window.insert(across, 1)
    if grid.ndim != len(window) or model.in_channels != 1:
        raise DataError(
            f"{source.path or 'the array'} has {number_of(grid.ndim, 'axis', 'axes')} and 1 channel, but "
            f"{found.name} takes {model.ndim}-D data of {number_of(model.in_channels, 'channel')}; give such "
            "data, or leave --data out."
        )
    starts = [max(0, (have - n) // 2) for have, n in zip(grid.shape, window, strict=True)]
    sizes = [min(have, n) for have, n in zip(grid.shape, window, strict=True)]
    block = source.read(tuple(slice(a, a + n) for a, n in zip(starts, sizes, strict=True)))
    where = "the middle"
    if across is not None:
        axis, block = grid.axes[across], block.squeeze(across)
        where = f"the middle of {axis.name} {axis.values[starts[across]]:g}"
    # With a card use statistics of the whole survey, as in prediction.
    samples, rule = (scanned(source).sample, found.card.normalisation) if found.card else (block, {})
    values = Normalisation.fit(samples, **rule).apply(block)
    values, how = _filled_up(values, found)
    return torch.from_numpy(values)[None, None], where + how


def _filled_up(values: NDArray[np.float32], found: Named) -> tuple[NDArray[np.float32], str]:
    """Normalised samples, as many as the window has, and what was put around them, in words; nothing if none lack.

    Digits lie on paper, of grey value 0, as in training; anything else is mirrored at its end.
    """
    missing = [n - have for have, n in zip(values.shape, found.window, strict=True)]
    if not any(missing):
        return values, ""
    if found.card is not None and found.card.training.get("recipe") == "digits":
        paper = float(Normalisation.fit(values, **found.card.normalisation).apply(np.zeros(1, np.float32))[0])
        around = [(n // 2, n - n // 2) for n in missing]
        return np.pad(values, around, constant_values=paper), f", with paper around it to {size_text(found.window)},"
    ends = [(0, n) for n in missing]
    return np.pad(values, ends, mode="symmetric"), f", mirrored to {size_text(found.window)} samples,"
