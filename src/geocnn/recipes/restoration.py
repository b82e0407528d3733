"""Common parts of the recipes for networks that restore amplitudes: network, card and schedule."""

from typing import TYPE_CHECKING, Any

from geocnn.words import size_text

if TYPE_CHECKING:
    from torch import nn

    from geocnn.checkpoints import Card
    from geocnn.datasets import FinerStructures, NoisyStructures
    from geocnn.schedule import Schedule
    from geocnn.training import Recipe

__all__ = ["network", "restoration"]

_ARCHITECTURES = {2: "denoiser", 3: "sections_denoiser"}
"""Architectures by number of dimensions."""
_SIZES = {"width": 32, "depth": 2, "blocks": 2}
_NORMALISATION = {"kind": "zscore", "clip": 100.0}
"""Normalisation by a scale only: the network works the same at any scale, and nothing is clipped."""


def network(name: str, ndim: int, seed: int, start: str | None) -> "tuple[nn.Module, Card]":
    """Network with its first weights, and its card before training.

    Args:
        name: name of the recipe.
        ndim: 2 or 3.
        seed: of the weights.
        start: shipped network or run folder whose weights to start from; in 3-D also a network for sections, whose
            weights are used in both directions.

    Raises:
        DataError: the network to start from is of another kind or size.
    """
    from geocnn.checkpoints import Card, load
    from geocnn.errors import DataError
    from geocnn.hardware import seeded
    from geocnn.models import build
    from geocnn.models.sections_denoiser import SectionsDenoiser
    from geocnn.tracing import reach_of

    arguments: dict[str, Any] = {"ndim": ndim, "in_channels": 1, "out_channels": 1, **_SIZES}
    architecture = _ARCHITECTURES[ndim]
    with seeded(seed):
        made = build(architecture, **arguments)
    if start is not None:
        trained = load(start, ndim=ndim)
        known = trained.card.architecture, trained.card.arguments
        if known == (architecture, arguments):
            made.load_state_dict(trained.model.state_dict())
        elif isinstance(made, SectionsDenoiser) and known == ("denoiser", arguments | {"ndim": 2}):
            made.take(trained.model.state_dict())
        else:
            raise DataError(
                f"--start {start} is {known[0]} with {known[1]}; needed is {architecture} with {arguments}: {name}, or "
                f"a folder of geocnn train {name} --ndim {ndim}."
            )
    return made, Card(
        name=f"{name}-{ndim}d",
        task="restoration",
        architecture=architecture,
        arguments=arguments,
        classes=("amplitude",),
        channels=("amplitude",),
        axes=("inline", "crossline", "time") if ndim == 3 else ("trace", "time"),
        window=(),
        normalisation=_NORMALISATION,
        size_multiple=made.sizes.step,
        reach=reach_of(made),
    )


def _checked(ndim: int, crop: tuple[int, ...] | None, samples: int, seed: int) -> tuple[int, ...]:
    """Check numbers, and return the crop.

    Raises:
        DataError: a number does not fit.
    """
    from geocnn.errors import DataError

    step = 2 ** _SIZES["depth"]
    crop = crop or ((64,) * 3 if ndim == 3 else (128,) * 2)
    crop = crop * ndim if len(crop) == 1 else crop
    if len(crop) != ndim or any(n % step or n < 16 for n in crop):
        raise DataError(
            f"--crop is {' '.join(map(str, crop))}; needed are {ndim} multiples of {step}, 16 or more, such as "
            f"--crop {' '.join(['64'] * ndim)}."
        )
    if samples < 1 or seed < 0:
        raise DataError(f"--samples is {samples} and --seed {seed}; needed are 1 or more samples and a seed from 0 up.")
    return crop


def _schedule(
    ndim: int, samples: int, epochs: int, batch_size: int | None, learning_rate: float, workers: int
) -> "Schedule":
    """AdamW with warm-up and cosine decay, averaged weights, bf16 where the machine has it."""
    from geocnn.schedule import Schedule

    return Schedule.of_windows(
        samples,
        epochs=epochs,
        batch_size=batch_size or (4 if ndim == 3 else 16),
        learning_rate=learning_rate,
        ema=0.995,
        workers=workers,
        precision="auto",
    )


def restoration(
    name: str, made: "type[NoisyStructures | FinerStructures]", series: int, what: str, given: dict[str, Any]
) -> "Recipe":
    """Make a recipe for a network that restores amplitudes.

    Args:
        name: name of the recipe.
        made: class of the training samples.
        series: training takes this series and validation the next; each seed is two further on.
        what: description of the samples.
        given: all arguments of the recipe.

    Raises:
        DataError: a number that does not fit the others or the network.
    """
    from geocnn.losses import noise_left
    from geocnn.metrics import signal_to_noise
    from geocnn.synthetic.noise import NoiseRanges
    from geocnn.synthetic.structure import QUIET
    from geocnn.training import Recipe

    ndim, samples, seed = given["ndim"], given["samples"], given["seed"]
    crop = _checked(ndim, given["crop"], samples, seed)
    model, card = network(name, ndim, seed, given["start"])
    train, validation = (
        made(count, crop, series + 2 * seed + k, QUIET, NoiseRanges(snr=given["snr"]), _NORMALISATION)
        for k, count in enumerate((samples, 32 if ndim == 3 else 128))
    )
    size, kind = size_text(crop), "volumes" if ndim == 3 else "sections"
    data = f"synthetic structure of geocnn.synthetic.structure, {what}: {samples} new {kind} of {size} samples an epoch"
    lengths = (given[key] for key in ("epochs", "batch_size", "learning_rate", "workers"))
    return Recipe(
        name=name,
        model=model,
        card=card.replace(window=crop, data=data, training={"arguments": given}),
        train=train,
        validation=validation,
        loss=noise_left,
        metrics=signal_to_noise,
        schedule=_schedule(ndim, samples, *lengths),
        seed=seed,
    )
