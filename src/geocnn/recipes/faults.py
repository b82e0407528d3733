"""Fault segmentation learnt from synthetic structure."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from geocnn.checkpoints import Card
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
    from geocnn.synthetic.structure import StructureRanges
    from geocnn.training import Recipe, Schedule

    one_of(loss, ("dice", "balanced"), "loss")
    crop = _checked(ndim, crop, samples, bottleneck, seed)
    batch_size = (1 if ndim == 3 else 8) if batch_size is None else batch_size
    schedule = Schedule(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        warmup=min(100, samples * epochs // max(1, batch_size) // 10),
        decay="cosine",
        weight_decay=1e-4,
        clip=1.0,
        ema=0.995,
        shuffle=False,
        fresh=True,
        workers=workers,
        # With two planes at the bottom the library's bf16 gradient of a 3-D kernel reads beyond its memory.
        precision="float32" if ndim == 3 and crop[0] < 3 * FaultSeg.size_multiple else "auto",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = FaultSeg(ndim, bottleneck=bottleneck)
    return Recipe(
        name="faults",
        model=model,
        card=_card(ndim, crop, samples, bottleneck).replace(training={"arguments": given}),
        train=FaultStructures(samples, crop, _SERIES + 2 * seed, StructureRanges(), _NORMALISATION),
        validation=FaultStructures(
            16 if ndim == 3 else 64, crop, _SERIES + 2 * seed + 1, StructureRanges(), _NORMALISATION
        ),
        loss=balanced_bce if loss == "balanced" else dice_bce,
        metrics=overlap,
        schedule=schedule,
        seed=seed,
    )


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
