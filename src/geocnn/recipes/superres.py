"""Finer sampling learnt from synthetic structure."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from geocnn.training import Recipe

__all__ = ["superres"]

_SERIES = 3_000_000
"""First series of volumes; training takes even numbers from here on, validation odd ones."""


def superres(
    *,
    ndim: Literal[2, 3] = 2,
    crop: tuple[int, ...] | None = None,
    samples: int = 1600,
    epochs: int = 20,
    batch_size: int | None = None,
    learning_rate: float = 1e-3,
    snr: tuple[float, float] = (0.0, 40.0),
    start: str | None = None,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Sample seismic sections (2-D) or cubes (3-D) twice as finely, learnt from synthetic volumes alone.

    Super-resolution: folded and faulted layers with noise are made while it learns, and every second trace and sample
    is taken, with what that folds into steep dips; a residual encoder-decoder without biases, that of the recipe
    denoise, makes the fine section from the interpolated coarse one. Noise is part of the survey and stays, as far as
    it can be known. No volume is shown twice. The loss is the ratio of what is wrong to the signal, in dB, of each
    volume.

    Args:
        ndim: 2 for sections, 3 for cubes.
        crop: samples per axis of a training volume, multiples of 4; default 128 128, or 64 64 64 in 3-D.
        samples: volumes per epoch.
        epochs: number of epochs.
        batch_size: volumes per step; default 16, or 4 in 3-D.
        learning_rate: peak learning rate.
        snr: least and largest ratio of signal to noise, dB of their standard deviations.
        start: network whose weights to start from: superres, denoise, or a run folder.
        workers: processes that make volumes.
        seed: of the weights and the volumes.

    Raises:
        DataError: a number that does not fit the others or the network.
    """
    given = dict(locals())  # all arguments, for the card
    from geocnn.datasets import FinerStructures
    from geocnn.recipes.restoration import restoration

    what = "preset field, with noise of geocnn.synthetic.noise, every second trace and sample"
    recipe = restoration("superres", FinerStructures, _SERIES, what, given)
    return replace(recipe, card=recipe.card.replace(finer=2))
