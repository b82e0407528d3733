"""Removal of random noise learnt from synthetic structure."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from geocnn.training import Recipe

__all__ = ["denoise"]

_SERIES = 2_000_000
"""First series of volumes; training takes even numbers from here on, validation odd ones. Those of the recipe faults
are smaller, except for seeds of half a million and more."""


def denoise(
    *,
    ndim: Literal[2, 3] = 3,
    crop: tuple[int, ...] | None = None,
    samples: int = 1600,
    epochs: int = 20,
    batch_size: int | None = None,
    learning_rate: float = 1e-3,
    snr: tuple[float, float] = (-6.0, 26.0),
    start: str | None = None,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Remove random noise from seismic cubes (3-D) or sections (2-D), learnt from synthetic volumes alone.

    A residual encoder-decoder without biases (after Zhang et al. 2022), whose result scales with the survey, in 3-D two
    of them, which look at inlines and at crosslines, on folded and faulted layers that are made while it learns; no
    volume is shown twice. The noise is white or in a band, with dips as migration leaves them, and changes with depth
    and from trace to trace. What is alike along layers stays, and so do arcs and diffractions. The loss is the ratio of
    noise to signal that is left, in dB, of each volume.

    Args:
        ndim: 3 for cubes, 2 for sections.
        crop: samples per axis of a training volume, multiples of 4; default 64 64 64, or 128 128 in 2-D.
        samples: volumes per epoch.
        epochs: number of epochs.
        batch_size: volumes per step; default 4, or 16 in 2-D.
        learning_rate: peak learning rate.
        snr: least and largest ratio of signal to noise, dB of their standard deviations.
        start: network whose weights to start from: denoise, or a run folder, in 3-D also one for sections.
        workers: processes that make volumes.
        seed: of the weights and the volumes.

    Raises:
        DataError: a number that does not fit the others or the network.
    """
    given = dict(locals())  # all arguments, for the card
    from geocnn.datasets import NoisyStructures
    from geocnn.recipes.restoration import restoration

    what = "preset field without its noise, with that of geocnn.synthetic.noise"
    return restoration("denoise", NoisyStructures, _SERIES, what, given)
