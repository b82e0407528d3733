"""The U-Net's own example: cell membranes in electron microscopy."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geocnn.checkpoints import Card
    from geocnn.models.base import Segmenter
    from geocnn.schedule import Schedule
    from geocnn.training import Recipe, Run

__all__ = ["example", "membranes", "named_arrays", "save_section"]


class Example(NamedTuple):
    """A section, (rows, columns): normalised grey values, True on membranes, and probability of a membrane."""

    image: "NDArray[np.float32]"
    truth: "NDArray[np.bool_]"
    probability: "NDArray[np.float32]"


SECTION = "section.npy"
"""Test section in the folder of a run, to apply the network to."""
WHERE = (
    "the data are those of the ISBI 2012 challenge (Cardona et al. 2010, PLoS Biology 8(10), e1000502): save the "
    "sections as image (sections, rows, columns) and what is no membrane as interior (same shape, True inside cells) "
    "with numpy.savez"
)


def membranes(
    *,
    data: Path | None = None,
    model: Literal["unet", "unet2015"] = "unet",
    width: int = 32,
    crop: int | None = None,
    test: int = 5,
    samples: int = 200,
    epochs: int = 100,
    batch_size: int = 4,
    learning_rate: float = 2e-3,
    elastic: float = 10.0,
    amplitude: float = 1.3,
    noise: float = 0.2,
    dropout: float = 0.5,
    offset: tuple[float, float] = (0.5, 0.25),
    border_weight: float = 0.0,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Find the membranes of cells in sections of a fly's nerve cord: the example of the U-Net paper.

    The last sections are for testing. Training takes random crops of the others, mirrored, turned and deformed
    elastically as in the paper (Ronneberger et al. 2015, section 3.1), which reports a pixel error of 6.1 % on hidden
    sections. The data, not ours to ship, are the training stack of the ISBI 2012 segmentation challenge (Cardona et
    al. 2010, doi:10.1371/journal.pbio.1000502), at the challenge's page and in many mirrors.

    Args:
        data: .npz file, image (sections, rows, columns) with grey values and interior, the same shape, True in cells.
        model: unet, padded and with batch normalisation, or unet2015, as published.
        width: channels of the first level; 64 in the paper.
        crop: samples per axis of a training crop; default 256, or 252 for unet2015.
        test: sections at the end that are kept for testing.
        samples: crops an epoch.
        epochs: number of epochs.
        batch_size: crops per step.
        learning_rate: the peak.
        elastic: standard deviation of the elastic displacements, in pixels, at 3 x 3 points of a crop.
        amplitude: scale grey values by up to this factor or its inverse, about their mean; 1 never.
        noise: largest standard deviation of white noise that is added, in standard deviations of the grey values.
        dropout: share of the features of the lowest level that is dropped while learning.
        offset: pixels by which the pictures are moved up and to the left, onto the known membranes: those of the
            challenge lie so far off the dark lines. 0 0 for other data.
        border_weight: weight w0 of narrow borders between cells, 10 in the paper; membranes become wider.
        workers: processes that make crops.
        seed: of the weights and the crops.

    Raises:
        DataError: no data, other arrays, or numbers that do not fit.
    """
    given = {k: str(v) if isinstance(v, Path) else v for k, v in locals().items()}  # all arguments, for the card
    from torch import from_numpy

    from geocnn.augmentation import Augmentation
    from geocnn.datasets import Crops
    from geocnn.losses import weighted_bce
    from geocnn.metrics import mask_confusion, pixel_scores
    from geocnn.training import Recipe

    crop = (252 if model == "unet2015" else 256) if crop is None else crop
    arguments = {"in_channels": 1, "out_channels": 1, "width": width, "dropout": dropout}
    network = _network(model, arguments, crop, seed)
    image, target = _sections(data, crop, test, offset, border_weight)
    card = _card(model, network, arguments, crop, test).replace(training={"arguments": given})
    x, y = from_numpy(image)[:, None], from_numpy(target)
    augmentation = Augmentation((0, 1), (0, 1), elastic, amplitude=amplitude, noise=noise)
    return Recipe(
        name="membranes",
        model=network,
        card=card,
        train=Crops(x[:-test], y[:-test], crop, samples, seed, augmentation, network.margin),
        validation=Crops.whole(x[-test:], y[-test:], network),
        loss=weighted_bce,
        metrics=mask_confusion,
        summary=pixel_scores,
        schedule=_schedule(samples, epochs, batch_size, learning_rate, workers),
        seed=seed,
        report="membranes",
        applies_to=SECTION,
    )


def _network(model: str, arguments: dict[str, Any], crop: int, seed: int) -> "Segmenter":
    """Network with fresh weights.

    Raises:
        DataError: it does not accept such crops, or the share to drop is invalid.
    """
    from geocnn.errors import DataError
    from geocnn.hardware import seeded
    from geocnn.models import build

    if not 0 <= arguments["dropout"] < 1:
        raise DataError(f"--dropout is {arguments['dropout']:g}; it is a share from 0 up and below 1, such as 0.5.")
    with seeded(seed):
        network: Segmenter = build(model, ndim=2, **arguments)  # type: ignore[assignment]
    network.sizes.check(f"--model {model}", (crop, crop))
    return network


def _schedule(samples: int, epochs: int, batch_size: int, learning_rate: float, workers: int) -> "Schedule":
    """AdamW with warm-up and cosine decay, averaged weights, bf16 where the machine has it."""
    from geocnn.schedule import Schedule

    return Schedule.of_windows(
        samples,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        ema=0.998,
        workers=workers,
        precision="auto",
    )


def example(run: "Run") -> Example:
    """The test section whose pixel error is the median, as the network sees it."""
    import torch

    from geocnn.layers import crop_to

    sections = run.recipe.validation
    margin, found = run.card.margin, []
    device = next(run.model.parameters()).device
    with torch.inference_mode():
        for index in range(len(sections)):
            x, y = sections[[index]]
            known = y[0, 1] > 0
            rows, columns = int(known.any(1).sum()), int(known.any(0).sum())
            probability = torch.sigmoid(run.model(x.to(device)).float().cpu())[0, 0, :rows, :columns]
            truth = y[0, 0, :rows, :columns] > 0.5
            grey = crop_to(x, [n - 2 * margin for n in x.shape[2:]])[0, 0, :rows, :columns]
            error = float(((probability > 0.5) != truth).float().mean())
            found.append((error, Example(grey.numpy(), truth.numpy(), probability.numpy())))
    return sorted(found, key=lambda pair: pair[0])[len(found) // 2][1]


def save_section(section: Example, folder: Path) -> Path:
    """Write the grey values of a section, as the network sees them, to the folder of a run.

    Raises:
        TargetError: the folder cannot be written.
    """
    from geocnn import io

    path = folder / SECTION
    with io.create(path, like=io.ArraySource(section.image), overwrite=True) as sink:
        sink.write((0, 0), section.image)
    return path


def _sections(
    data: str | Path | None, crop: int, test: int, offset: tuple[float, float], border_weight: float
) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
    """Normalised sections ``(sections, rows, columns)``, and membranes with weights ``(sections, 2, rows, columns)``.

    Raises:
        DataError: there are no data, arrays have other names or shapes, or numbers do not fit.
    """
    import numpy as np
    from scipy.ndimage import shift

    from geocnn.errors import DataError
    from geocnn.losses import border_weights
    from geocnn.normalisation import Normalisation

    if data is None:
        raise DataError(f"the recipe membranes needs --data FILE.npz; {WHERE}.")
    data = Path(data)  # a string if it comes from a card, and often from Python
    arrays = named_arrays(data, ("image", "interior"), WHERE)
    image, interior = arrays["image"], arrays["interior"]
    if image.ndim != 3 or image.shape != interior.shape:
        raise DataError(
            f"{data} has image {image.shape} and interior {interior.shape}; both must be (sections, rows, columns)."
        )
    if not 1 <= test < len(image):
        raise DataError(f"--test is {test} and {data} has {len(image)} sections; give 1 to {len(image) - 1}.")
    if border_weight < 0 or not all(abs(pixels) < min(image.shape[1:]) for pixels in offset):
        raise DataError(
            f"--border-weight is {border_weight:g} and --offset {offset[0]:g} {offset[1]:g}; needed are a weight of 0 "
            "or more and fewer pixels than the sections have."
        )
    if min(image.shape[1:]) < crop:
        raise DataError(
            f"--crop is {crop} and the sections have {image.shape[1]} x {image.shape[2]} pixels; less fits."
        )
    inside = interior.astype(np.bool_)
    weights = np.ones(image.shape, np.float32)
    if border_weight > 0:
        weights = np.stack([border_weights(cells, w0=border_weight) for cells in inside])
    grey = image.astype(np.float32)
    if any(offset):
        grey = shift(grey, (0, *(-pixels for pixels in offset)), order=3, mode="mirror")
    each = np.stack([Normalisation.fit(section).apply(section) for section in grey])  # sections differ in brightness
    return each, np.stack([(~inside).astype(np.float32), weights], 1)


def named_arrays(path: Path, names: tuple[str, ...], where: str) -> "dict[str, NDArray[np.generic]]":
    """Read arrays by name from an .npz file.

    Raises:
        MissingError: there is no such file.
        FormatError: it is no .npz file, or lacks these arrays.
    """
    from geocnn.errors import FormatError, MissingError
    from geocnn.io.window_files import read_npz

    if not path.is_file():
        raise MissingError(f"there is no file {path}; {where}.")
    try:
        found = read_npz(path)
    except FormatError:
        raise FormatError(f"{path} is no .npz file of plain arrays; {where}.") from None
    if missing := [name for name in names if name not in found]:
        raise FormatError(f"{path} has the arrays {', '.join(found)} and not {', '.join(missing)}; {where}.")
    return found


def _card(
    model: str,
    network: "Segmenter",
    arguments: dict[str, Any],
    crop: int,
    test: int,
) -> "Card":
    """Card of the network before training."""
    from geocnn.checkpoints import Card
    from geocnn.tracing import reach_of

    least, step = network.sizes.least, network.sizes.step
    return Card(
        name="membranes",
        task="segmentation",
        architecture=model,
        arguments={"ndim": 2, **arguments},
        classes=("membrane",),
        channels=("grey value",),
        axes=("row", "column"),
        window=(crop, crop),
        normalisation={"kind": "zscore"},
        size_multiple=step,
        least=least if isinstance(least, int) and network.margin else 0,
        margin=network.margin,
        reach=reach_of(network),
        data=f"electron microscopy of a fly's nerve cord (ISBI 2012), all sections but the last {test}",
    )
