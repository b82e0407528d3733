"""Segmentation learnt from one's own labelled lines and cubes."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from geocnn.training import Recipe

__all__ = ["segment"]


def segment(
    *,
    data: tuple[Path, ...] | None = None,
    labels: tuple[Path, ...] | None = None,
    horizons: tuple[Path, ...] | None = None,
    classes: tuple[str, ...] | None = None,
    unknown: float | None = None,
    inlines: tuple[int, ...] | None = None,
    crosslines: tuple[int, ...] | None = None,
    ndim: Literal[2, 3] | None = None,
    from_: str | None = None,
    model: str | None = None,
    width: int | None = None,
    crop: tuple[int, ...] | None = None,
    validation: float = 0.2,
    samples: int = 200,
    epochs: int = 50,
    patience: int = 10,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    flip: bool = True,
    rotate: bool = True,
    amplitude: float = 1.3,
    noise: float = 0.1,
    elastic: float = 0.0,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Learn from your own labels where things are: faults, facies, salt, horizons, anything with a class a sample.

    Labels lie on the grid of their data and may be sparse: samples of unknown class count for nothing. Horizons that
    are interpreted on some lines do in their place: the intervals between them are the classes, and geocnn interpret
    --horizons turns what the network says of the other lines into horizons again. Training takes
    random windows, half of them around a class drawn at random. It ends when the validation score (Dice for two
    classes, mean IoU for more) gets no better, and keeps the best weights. Data are read into memory. In Python, data
    and labels may also be arrays, or lists of them.

    Args:
        data: surveys, SEG-Y, Zarr or .npy, all lines (trace, time) or all cubes (inline, crossline, time); the last
            axis is the vertical one, and .npy files must lie so.
        labels: for each of data a file on the same grid, its axes in the same order, with whole numbers from 0, a class
            for every sample; -1, 255 and NaN are unknown.
        horizons: text files of horizons, from top to bottom, in place of labels: columns inline, crossline and time (or
            depth), x, y and time, or all of them, as interpretation systems export them.
        classes: names of the classes 0, 1, 2 and so on.
        unknown: value of labels that means unknown, beside -1, 255 and NaN.
        inlines: numbers of the inlines that are interpreted; everything outside them and --crosslines is unknown.
        crosslines: numbers of the crosslines that are interpreted.
        ndim: 2 to learn from the sections of cubes, 3 from volumes; default 2 for lines, where few sections are
            labelled, and for cubes thinner than a window of volumes.
        from_: trained network to go on from, faults or a run folder; it brings its architecture.
        model: unet, unet2015 or faultseg; default unet.
        width: channels of the first level; default 16.
        crop: samples of a window per axis, or one number for all; default to suit the data, at most 128 in 2-D and 64
            in 3-D.
        validation: share of the data that is kept to judge by: the end of them, or of several files the last one.
        samples: windows an epoch.
        epochs: largest number of epochs.
        patience: epochs without a better score after which training ends.
        batch_size: windows per step; default 8 in 2-D and 2 in 3-D.
        learning_rate: peak learning rate; default 0.002, or 0.0003 with --from.
        flip: mirror windows along the horizontal axes.
        rotate: turn windows of volumes about the vertical by quarters, where they are as long as wide.
        amplitude: scale windows by up to this factor or its inverse; 1 never.
        noise: largest standard deviation of white noise that is added, in standard deviations of the survey.
        elastic: standard deviation of elastic displacements in samples, data and labels alike; 0 never.
        workers: processes that cut windows.
        seed: of the weights and the windows.

    Raises:
        DataError: data, labels or numbers that do not fit one another.
    """
    given = dict(locals())  # all arguments, for the card
    from geocnn.recipes.segment.job import recipe

    return recipe(given)
