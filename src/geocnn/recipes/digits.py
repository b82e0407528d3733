"""Handwritten digits, the example of the LeNet papers; also shows the effect of depth."""

import gzip
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geocnn.checkpoints import Card
    from geocnn.datasets import TensorSamples
    from geocnn.schedule import Schedule
    from geocnn.training import Recipe, Run

__all__ = ["digits", "save_test"]

WHERE = (
    "MNIST (LeCun, Cortes, Burges) is a folder with train-images-idx3-ubyte, train-labels-idx1-ubyte, "
    "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, packed with gzip or not, or with two .npz files, one with "
    "train and one with test in its name, each with the arrays images (number, rows, columns) and labels"
)
_IDX = {"train": "train", "test": "t10k"}
_FORMS: dict[str, tuple[int, float, float]] = {"lenet1989": (16, 127.5, 127.5), "lenet5": (32, 20.0, 200.0)}
"""Window, grey value that becomes 0, and step that becomes 1, as in the papers: ranges -1 to 1 and -0.1 to 1.175."""

_WIDTH = 16
"""Usual number of channels of the first stage of a residual network."""
_KEPT = 1000
"""Largest number of test digits that are written to the folder of a run."""


class _Digits(NamedTuple):
    """Images with grey values 0 to 255, ``(number, rows, columns)``, and their digits."""

    images: "NDArray[np.uint8]"
    labels: "NDArray[np.int64]"


def digits(
    *,
    data: Path | None = None,
    model: Literal["lenet1989", "lenet5", "lenet", "resnet20", "resnet32", "resnet56", "resnet110"] = "lenet5",
    residual: bool = True,
    width: int | None = None,
    train: int | None = None,
    test: int | None = None,
    epochs: int | None = None,
    batch_size: int = 64,
    learning_rate: float = 2e-3,
    shift: int = 1,
    seed: int = 0,
) -> "Recipe":
    """Read handwritten digits: the example of the LeNet papers, on MNIST or on the small digits of scikit-learn.

    LeCun et al. (1989) report 5.0 % errors with 7,291 digits to learn from and 2,007 for testing, LeCun et al. (1998)
    0.95 % on MNIST. The residual networks (He et al. 2016), with --no-residual the plain ones, show what depth does.
    MNIST is not ours to ship: its four files are at LeCun's page (yann.lecun.com/exdb/mnist) and in many mirrors.

    Args:
        data: folder with MNIST; without it the 1,797 digits of scikit-learn, which pip installs with geocnn[digits].
        model: architecture.
        residual: leave the shortcuts of a residual network in.
        width: channels of the first stage of a residual network; default 16.
        train: learn from that many digits only.
        test: test on that many digits only.
        epochs: number of epochs; default 20 for the LeNets with MNIST, 60 without, 10 for residual networks.
        batch_size: digits per step.
        learning_rate: peak learning rate.
        shift: move each digit to learn from by up to so many pixels along each axis, in every epoch anew.
        seed: of the weights and the order.

    Raises:
        DataError: no data, or numbers that do not fit.
        FormatError: damaged files.
    """
    given = {k: str(v) if isinstance(v, Path) else v for k, v in locals().items()}  # all arguments, for the card
    from geocnn.augmentation import Augmentation
    from geocnn.datasets import Augmented
    from geocnn.hardware import seeded
    from geocnn.losses import cross_entropy
    from geocnn.metrics import accuracies, confusion
    from geocnn.models import build
    from geocnn.training import Recipe

    small = model.startswith("resnet")
    window, mean, std = _FORMS.get(model, (28, 33.0, 79.0))
    sets = _chosen(*_read(data), train, test)
    arguments = {"in_channels": 1, "out_channels": 10} | _residual(model, width, residual=residual)
    given["width"] = arguments.get("width")
    with seeded(seed):
        network = build(model, ndim=2, **arguments)
    learnt, tested = (_samples(part, window, mean, std) for part in sets)
    epochs = (10 if small else 20 if data else 60) if epochs is None else epochs
    said = f"{len(learnt)} digits of {'MNIST' if data else 'scikit-learn'}, tested on {len(tested)} others"
    called = _called(model, arguments)
    card = _card(model, arguments, window, said).replace(
        name=f"digits-{called}",
        normalisation={"kind": "fixed", "mean": mean, "std": std},
        training={"arguments": given},
    )
    return Recipe(
        name="digits",
        model=network,
        card=card,
        train=Augmented(learnt, Augmentation(shift=shift), seed) if shift else learnt,
        validation=tested,
        loss=cross_entropy,
        metrics=confusion,
        summary=partial(accuracies, classes=card.classes),
        schedule=_schedule(len(learnt), epochs, batch_size, learning_rate, small=small, fresh=shift > 0),
        seed=seed,
        report="digits",
        applies_to="test.npz",
        plan=(
            f"data: {card.data}; windows of {window} x {window} grey values, 0 (paper) to 255 (ink)",
            f"network: {called}, {sum(p.numel() for p in network.parameters()):,} parameters",
        ),
    )


def _card(model: str, arguments: dict[str, Any], window: int, data: str) -> "Card":
    """Card of the network before training."""
    from geocnn.checkpoints import Card

    return Card(
        name=f"digits-{model}",
        task="classification",
        architecture=model,
        arguments={"ndim": 2, **arguments},
        classes=tuple(str(k) for k in range(10)),
        channels=("grey value",),
        axes=("row", "column"),
        window=(window, window),
        data=data,
    )


def _called(model: str, arguments: dict[str, Any]) -> str:
    """Name of a network: without shortcuts it is plain, as He et al. (2016) call it, and another width is told."""
    name = model if arguments.get("residual", True) else model.replace("resnet", "plain")
    width = arguments.get("width", _WIDTH)
    return name if width == _WIDTH else f"{name}-width{width}"


def _residual(model: str, width: int | None, *, residual: bool) -> dict[str, Any]:
    """Arguments that only residual networks have.

    Raises:
        DataError: they are given for another network, or the width is invalid.
    """
    from geocnn.errors import DataError
    from geocnn.recipes.classify.network import check_width

    if model.startswith("resnet"):
        return {"width": check_width(model, _WIDTH if width is None else width, _WIDTH), "residual": residual}
    if width is not None:
        check_width(model, width, None)
    if not residual:
        raise DataError(
            f"--model {model} has no shortcuts; give no --no-residual, or choose a residual network, such as --model "
            "resnet20."
        )
    return {}


def save_test(run: "Run", folder: Path) -> Path:
    """Write up to 1,000 of the test digits as test.npz, with grey values x and classes y.

    Raises:
        TargetError: the folder cannot be written.
    """
    from geocnn.io.window_files import write_windows

    x, y = run.recipe.validation[range(min(_KEPT, len(run.recipe.validation)))]
    known = run.card.normalisation
    return write_windows(folder / "test.npz", (x[:, 0] * known["std"] + known["mean"]).numpy(), y.numpy())


def _schedule(
    samples: int, epochs: int, batch_size: int, learning_rate: float, *, small: bool, fresh: bool
) -> "Schedule":
    """AdamW with warm-up and cosine decay; the LeNets are too thin to gain from bf16."""
    from geocnn.schedule import Schedule

    return Schedule.annealed(
        samples,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        weight_decay=1e-2,
        clip=5.0,
        fresh=fresh,
        precision="auto" if small else "float32",
    )


def _chosen(learnt: _Digits, tested: _Digits, train: int | None, test: int | None) -> tuple[_Digits, _Digits]:
    """The first so many training and test digits.

    Raises:
        DataError: there are fewer.
    """
    from geocnn.errors import DataError

    for option, asked, have in (("train", train, learnt), ("test", test, tested)):
        if asked is not None and not 1 <= asked <= len(have.labels):
            raise DataError(
                f"--{option} is {asked} and there are {len(have.labels)} digits; give 1 to {len(have.labels)}."
            )
    return (
        _Digits(learnt.images[:train], learnt.labels[:train]),
        _Digits(tested.images[:test], tested.labels[:test]),
    )


def _samples(part: _Digits, window: int, mean: float, std: float) -> "TensorSamples":
    """Images ``(number, 1, window, window)`` with background around the digits.

    Digits of scikit-learn, which are 8 x 8 without a border, are enlarged to 20 x 20 as in MNIST, or fill a small
    window.
    """
    import torch
    import torch.nn.functional as F  # noqa: N812

    from geocnn.datasets import TensorSamples

    x = torch.from_numpy(part.images)[:, None].float()
    size = x.shape[-1] if x.shape[-1] > 16 else 20
    if min(size, window) != x.shape[-1]:
        x = F.interpolate(x, (min(size, window),) * 2, mode="bilinear", antialias=x.shape[-1] > window)
    more = window - x.shape[-1]
    x = F.pad(x, [more // 2, more - more // 2] * 2)
    return TensorSamples((x - mean) / std, torch.from_numpy(part.labels))


def _read(data: str | Path | None) -> tuple[_Digits, _Digits]:
    """Training and test digits of MNIST or, without a folder, the first four fifths and the rest of scikit-learn's.

    Raises:
        DataError: scikit-learn is not installed, or the folder holds no MNIST.
    """
    import numpy as np

    from geocnn.errors import DataError

    if data is not None:
        folder = Path(data)  # a string if it comes from a card, and often from Python
        return _mnist(folder, "train"), _mnist(folder, "test")
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise DataError(
            f"without --data the digits are those of scikit-learn: pip install 'geocnn[digits]'. Else give a folder; "
            f"{WHERE}."
        ) from None
    found = load_digits()
    images = np.rint(found.images * (255 / 16)).astype(np.uint8)
    labels = found.target.astype(np.int64)
    cut = len(labels) * 4 // 5  # the writers of the last digits wrote none of the first
    return _Digits(images[:cut], labels[:cut]), _Digits(images[cut:], labels[cut:])


def _mnist(folder: Path, part: str) -> _Digits:
    """Read one of the two sets of MNIST.

    Raises:
        DataError: it is not in the folder.
        FormatError: it is damaged.
    """
    import numpy as np

    from geocnn.errors import DataError, FormatError
    from geocnn.recipes.membranes import named_arrays

    archives = sorted(folder.glob(f"*{part}*.npz")) if folder.is_dir() else []
    if archives:
        found = named_arrays(archives[0], ("images", "labels"), WHERE)
        images, labels = found["images"], found["labels"]
    else:
        images, labels = (_idx(folder, f"{_IDX[part]}-{kind}", WHERE) for kind in ("images-idx3", "labels-idx1"))
    if images.ndim != 3 or images.shape[:1] != labels.shape or images.dtype != np.uint8 or labels.max(initial=0) > 9:
        raise FormatError(
            f"{folder} has images {images.shape} of {images.dtype} and labels {labels.shape} for {part}; {WHERE}."
        )
    if not len(labels):
        raise DataError(f"{folder} has no digits for {part}; {WHERE}.")
    return _Digits(images.astype(np.uint8), labels.astype(np.int64))


def _idx(folder: Path, name: str, where: str) -> "NDArray[np.uint8]":
    """Array of an IDX file: two zeros, type 8 (bytes), number of axes, sizes (big-endian), bytes.

    Raises:
        DataError: it is not in the folder.
        FormatError: it is damaged.
    """
    import numpy as np

    from geocnn.errors import DataError, FormatError

    for path in (folder / f"{name}-ubyte", folder / f"{name}-ubyte.gz"):
        if path.is_file():
            break
    else:
        raise DataError(f"there is no {name}-ubyte in {folder}; {where}.")
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        axes = raw[3] if raw[:3] == b"\0\0\x08" else 0
        shape = tuple(np.frombuffer(raw, ">u4", axes, 4).tolist())
        return np.frombuffer(bytearray(raw), np.uint8, offset=4 + 4 * axes).reshape(shape)
    except (ValueError, OSError, EOFError, IndexError):
        raise FormatError(f"{path} is damaged or no IDX file of bytes; copy it again.") from None
