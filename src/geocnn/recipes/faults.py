"""Fault segmentation learnt from synthetic structure."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import nn

    from geocnn.checkpoints import Card
    from geocnn.schedule import Schedule
    from geocnn.training import Recipe

__all__ = ["faults"]

_NORMALISATION = {"kind": "zscore", "clip": 4.0}
_SERIES = 1_000_000
"""Training takes the even and validation the odd series from here on: neither meets the other, whatever the seed, nor
what users make themselves with small seeds."""


def faults(
    *,
    ndim: Literal[2, 3] = 3,
    crop: tuple[int, ...] | None = None,
    samples: int = 200,
    epochs: int = 25,
    batch_size: int | None = None,
    learning_rate: float = 1e-3,
    bottleneck: int = 128,
    loss: Literal["dice", "balanced"] = "dice",
    structure: Literal["plain", "field"] = "plain",
    start: str | None = None,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Segment faults in seismic cubes (3-D) or sections (2-D), learnt from synthetic volumes alone.

    The FaultSeg3D network (Wu et al. 2019) on folded and faulted layers that are made while it learns; no volume is
    shown twice. Binary cross-entropy plus Dice, AdamW with warm-up and cosine decay, averaged weights.

    Args:
        ndim: 3 for cubes, 2 for sections.
        crop: samples per axis of a training volume, multiples of 8; default 96 96 96, or 192 192 in 2-D.
        samples: volumes per epoch.
        epochs: number of epochs.
        batch_size: volumes per step; default 1, or 8 in 2-D.
        learning_rate: peak learning rate.
        bottleneck: channels at the coarsest level; 512 is the published network, 128 the authors' later one.
        loss: cross-entropy with Dice, or the class-balanced cross-entropy of the paper.
        structure: ranges of the synthetic structure; "field" also has clean, smeared and low-frequency volumes.
        start: network whose weights to start from: faults, or a run folder.
        workers: processes that make volumes.
        seed: of the weights and the volumes.

    Raises:
        DataError: a number that does not fit the others or the network.
    """
    given = dict(locals())  # all arguments, for the card
    import torch

    from geocnn.datasets import FaultStructures
    from geocnn.layers import one_of
    from geocnn.losses import balanced_bce, dice_bce
    from geocnn.metrics import overlap
    from geocnn.models.faultseg import FaultSeg
    from geocnn.synthetic.structure import FIELD, StructureRanges
    from geocnn.training import Recipe

    one_of(loss, ("dice", "balanced"), "loss")
    one_of(structure, ("plain", "field"), "structure")
    crop = _checked(ndim, crop, samples, bottleneck, seed)
    schedule = _schedule(crop, samples, epochs, batch_size, learning_rate, workers)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = FaultSeg(ndim, bottleneck=bottleneck) if start is None else _started(start, ndim, bottleneck)
    ranges = FIELD if structure == "field" else StructureRanges()
    return Recipe(
        name="faults",
        model=model,
        card=_card(ndim, crop, samples, bottleneck).replace(training={"arguments": given}),
        train=FaultStructures(samples, crop, _SERIES + 2 * seed, ranges, _NORMALISATION),
        validation=FaultStructures(16 if ndim == 3 else 64, crop, _SERIES + 2 * seed + 1, ranges, _NORMALISATION),
        loss=balanced_bce if loss == "balanced" else dice_bce,
        metrics=overlap,
        schedule=schedule,
        seed=seed,
    )


def _schedule(
    crop: tuple[int, ...], samples: int, epochs: int, batch_size: int | None, learning_rate: float, workers: int
) -> "Schedule":
    """AdamW with warm-up and cosine decay, averaged weights, bf16 where the machine has it."""
    from geocnn.models.faultseg import FaultSeg
    from geocnn.schedule import Schedule

    ndim = len(crop)
    batch_size = (1 if ndim == 3 else 8) if batch_size is None else batch_size
    return Schedule.of_windows(
        samples,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        ema=0.995,
        workers=workers,
        # With two planes at the bottom the library's bf16 gradient of a 3-D kernel reads beyond its memory.
        precision="float32" if ndim == 3 and crop[0] < 3 * FaultSeg.size_multiple else "auto",
    )


def _started(name: str, ndim: int, bottleneck: int) -> "nn.Module":
    """A trained network to go on with.

    Raises:
        DataError: it is of another kind or size.
    """
    from geocnn.checkpoints import load
    from geocnn.errors import DataError

    trained = load(name, ndim=ndim)
    wanted = ("faultseg", {"ndim": ndim, "in_channels": 1, "out_channels": 1, "bottleneck": bottleneck})
    if (trained.card.architecture, trained.card.arguments) != wanted:
        raise DataError(
            f"--start {name} is {trained.card.architecture} with {trained.card.arguments}; it must have the same "
            "--ndim and --bottleneck."
        )
    return trained.model.requires_grad_(requires_grad=True)


def _checked(ndim: int, crop: tuple[int, ...] | None, samples: int, bottleneck: int, seed: int) -> tuple[int, ...]:
    """The crop, after a look at the numbers."""
    from geocnn.errors import DataError
    from geocnn.models.faultseg import FaultSeg

    crop = crop or ((96,) * 3 if ndim == 3 else (192,) * 2)
    if len(crop) != ndim or any(n % FaultSeg.size_multiple or n < 16 for n in crop):
        raise DataError(
            f"--crop is {' '.join(map(str, crop))}; {ndim}-D needs {ndim} multiples of 8, 16 or more, such as "
            f"--crop {' '.join(['96'] * ndim)}."
        )
    if min(samples, bottleneck) < 1 or seed < 0:
        raise DataError(
            f"--samples is {samples}, --bottleneck {bottleneck} and --seed {seed}; needed are 1 or more samples and "
            "channels, and a seed of 0 or more."
        )
    return crop


def _card(ndim: int, crop: tuple[int, ...], samples: int, bottleneck: int) -> "Card":
    """What is known before training."""
    from geocnn.checkpoints import Card
    from geocnn.models.faultseg import FaultSeg

    what, size = ("volumes" if ndim == 3 else "sections"), " x ".join(map(str, crop))
    return Card(
        name=f"faults-{ndim}d",
        task="segmentation",
        architecture="faultseg",
        arguments={"ndim": ndim, "in_channels": 1, "out_channels": 1, "bottleneck": bottleneck},
        classes=("fault",),
        channels=("amplitude",),
        axes=("inline", "crossline", "time") if ndim == 3 else ("trace", "time"),
        window=crop,
        normalisation=_NORMALISATION,
        size_multiple=FaultSeg.size_multiple,
        reach=FaultSeg.reach,
        data=f"synthetic structure of geocnn.synthetic.structure, {samples} new {what} of {size} samples an epoch",
    )
