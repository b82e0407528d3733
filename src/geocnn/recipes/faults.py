"""Fault segmentation learnt from synthetic structure."""

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from geocnn.words import size_text

if TYPE_CHECKING:
    from torch import nn

    from geocnn.checkpoints import Card
    from geocnn.schedule import Schedule
    from geocnn.training import Recipe

__all__ = ["faults"]

_UNET = {"width": 16, "norm": "batch", "up": "nearest", "residual": True}
"""Arguments of the U-Net; batch normalisation is a fixed scale in prediction, so that it streams."""
_DEPTH = {2: 4, 3: 3}
"""Number of poolings of the U-Net, by dimensions."""
_BOTTLENECK = 128
"""Default number of channels of FaultSeg at its coarsest level."""
_NORMALISATION = {"kind": "zscore", "clip": 4.0}
_SERIES = 1_000_000
"""First series of volumes: training takes even numbers from here on, validation odd ones. They never coincide, whatever
the seed, nor do they with volumes that users make with small seeds."""


def faults(
    *,
    ndim: Literal[2, 3] = 3,
    crop: tuple[int, ...] | None = None,
    samples: int = 200,
    epochs: int = 25,
    batch_size: int | None = None,
    learning_rate: float = 2e-3,
    model: Literal["unet", "faultseg"] = "unet",
    bottleneck: int = _BOTTLENECK,
    residual: int = 0,
    loss: Literal["dice", "balanced", "bce"] = "dice",
    structure: tuple[Literal["faultseg3d", "plain", "field"], ...] = ("field",),
    start: str | None = None,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Segment faults in seismic cubes (3-D) or sections (2-D), learnt from synthetic volumes alone.

    A residual U-Net, or the FaultSeg3D network (Wu et al. 2019), on folded and faulted layers that are made while it
    learns; no volume is shown twice. Binary cross-entropy plus Dice, AdamW with warm-up and cosine decay, averaged
    weights.

    Args:
        ndim: 3 for cubes, 2 for sections.
        crop: samples per axis of a training volume, multiples of 8, in 2-D of 16; default 96 96 96, or 192 192
            in 2-D.
        samples: volumes per epoch.
        epochs: number of epochs.
        batch_size: volumes per step; default 1, or 8 in 2-D.
        learning_rate: peak learning rate.
        model: unet, with residual blocks, batch normalisation and in 2-D a reach of 107 samples, or faultseg as
            published, with one of 51.
        bottleneck: of faultseg, channels at the coarsest level; 512 is the published network, 128 the authors' later
            one.
        residual: of faultseg, residual blocks after each of its coarse stages; none is the published network. A
            network without them can be the --start of one with them.
        loss: cross-entropy with Dice; the class-balanced cross-entropy of the paper; or, to end with, cross-entropy
            alone, the only one of them whose probabilities mean what they say.
        structure: presets, taken in turn: the published workflow, wider ranges, or the variation of real data.
        start: network whose weights to start from: faults, or a run folder.
        workers: processes that make volumes.
        seed: of the weights and the volumes.

    Raises:
        DataError: a number that does not fit the others or the network.
    """
    given = dict(locals())  # all arguments, for the card
    from geocnn.datasets import FaultStructures
    from geocnn.layers import one_of
    from geocnn.losses import balanced_bce, bce, dice_bce
    from geocnn.metrics import mask_confusion, overlaps
    from geocnn.synthetic.structure import PRESETS
    from geocnn.training import Recipe

    losses = {"dice": dice_bce, "balanced": balanced_bce, "bce": bce}
    one_of(loss, tuple(losses), "loss")
    for preset in structure:
        one_of(preset, tuple(PRESETS), "structure")
    _check_model(model, bottleneck, residual)
    step = 2 ** (_DEPTH[ndim] if model == "unet" else 3)
    crop = _checked(ndim, crop, step, samples, bottleneck, residual, seed)
    network, card = _network(model, ndim, step, bottleneck, residual, seed, start)
    ranges, what = tuple(PRESETS[preset] for preset in structure), "volumes" if ndim == 3 else "sections"
    data = (
        f"synthetic structure of geocnn.synthetic.structure, preset {' and '.join(structure)}: {samples} new {what} of "
        f"{size_text(crop)} samples"
    )
    return Recipe(
        name="faults",
        model=network,
        card=card.replace(window=crop, data=f"{data} an epoch", training={"arguments": given}),
        train=FaultStructures(samples, crop, _SERIES + 2 * seed, ranges, _NORMALISATION),
        validation=FaultStructures(16 if ndim == 3 else 64, crop, _SERIES + 2 * seed + 1, ranges, _NORMALISATION),
        loss=losses[loss],
        metrics=mask_confusion,
        summary=partial(overlaps, classes=("other", *card.classes)),
        schedule=_schedule(crop, step, samples, epochs, batch_size, learning_rate, workers),
        seed=seed,
    )


def _schedule(
    crop: tuple[int, ...],
    step: int,
    samples: int,
    epochs: int,
    batch_size: int | None,
    learning_rate: float,
    workers: int,
) -> "Schedule":
    """AdamW with warm-up and cosine decay, averaged weights, bf16 where the machine has it."""
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
        # With two planes at the coarsest level the library's bf16 gradient of a 3-D kernel reads beyond its memory.
        precision="float32" if ndim == 3 and crop[0] < 3 * step else "auto",
    )


def _network(
    name: str, ndim: int, step: int, bottleneck: int, residual: int, seed: int, start: str | None
) -> "tuple[nn.Module, Card]":
    """Network with its first weights, and its card before training.

    Raises:
        DataError: the network to start from is of another kind or size.
    """
    from geocnn.checkpoints import Card, load
    from geocnn.errors import DataError
    from geocnn.hardware import seeded
    from geocnn.models import build
    from geocnn.tracing import reach_of

    own: dict[str, Any] = _UNET | {"depth": _DEPTH[ndim]}
    if name == "faultseg":
        own = {"bottleneck": bottleneck} | ({"residual": residual} if residual else {})
    arguments = {"ndim": ndim, "in_channels": 1, "out_channels": 1, **own}
    with seeded(seed):
        network = build(name, **arguments)
    if start is not None:
        trained = load(start, ndim=ndim)
        old = trained.card.arguments
        fewer = name == "faultseg" and old.get("residual", 0) <= residual  # additional blocks have no effect at first
        more = {"residual": residual} if fewer else {}
        if (trained.card.architecture, old | more) != (name, arguments | more):
            needed = [f"--{key} {old[key]}" for key in ("bottleneck", "residual") if key in old]
            raise DataError(
                f"--start {start} is another network than the one asked for; it needs --model "
                f"{' '.join([trained.card.architecture, f'--ndim {ndim}', *needed])}, or more --residual blocks."
            )
        network.load_state_dict(trained.model.state_dict(), strict=False)  # additional blocks start as the identity
    return network, Card(
        name=f"faults-{ndim}d",
        task="segmentation",
        architecture=name,
        arguments=arguments,
        classes=("fault",),
        channels=("amplitude",),
        axes=("inline", "crossline", "time") if ndim == 3 else ("trace", "time"),
        window=(),
        normalisation=_NORMALISATION,
        size_multiple=step,
        reach=reach_of(network),
    )


def _check_model(model: str, bottleneck: int, residual: int) -> None:
    """Refuse an unknown model, and arguments of another model.

    Raises:
        DataError: the model is unknown, or an argument is of another one.
    """
    from geocnn.errors import DataError
    from geocnn.layers import one_of

    one_of(model, ("unet", "faultseg"), "model")
    if model == "unet" and (bottleneck, residual) != (_BOTTLENECK, 0):
        raise DataError(
            f"--bottleneck is {bottleneck} and --residual {residual}, which --model unet does not have; leave them "
            "out, or give --model faultseg."
        )


def _checked(
    ndim: int, crop: tuple[int, ...] | None, step: int, samples: int, bottleneck: int, residual: int, seed: int
) -> tuple[int, ...]:
    """Check numbers, and return the crop."""
    from geocnn.errors import DataError

    crop = crop or ((96,) * 3 if ndim == 3 else (192,) * 2)
    crop = crop * ndim if len(crop) == 1 else crop
    if len(crop) != ndim or any(n % step or n < 2 * step for n in crop):
        raise DataError(
            f"--crop is {' '.join(map(str, crop))}; needed are {ndim} multiples of {step}, {2 * step} or more, such as "
            f"--crop {' '.join(['96'] * ndim)}."
        )
    if min(samples, bottleneck) < 1 or min(residual, seed) < 0:
        raise DataError(
            f"--samples is {samples}, --bottleneck {bottleneck}, --residual {residual} and --seed {seed}; needed are 1 "
            "or more samples and channels, and blocks and a seed of 0 or more."
        )
    return crop
