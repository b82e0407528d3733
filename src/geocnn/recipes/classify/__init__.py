"""Classification learnt from one's own labelled windows."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from geocnn.training import Recipe

__all__ = ["classify"]


def classify(
    *,
    data: Path | None = None,
    ndim: Literal[1, 2, 3] | None = None,
    model: str | None = None,
    width: float | None = None,
    start: str | None = None,
    normalise: Literal["window", "data", "none"] = "window",
    validation: float = 0.2,
    balance: bool = True,
    epochs: int = 60,
    patience: int = 15,
    batch_size: int | None = None,
    learning_rate: float = 1e-3,
    flip: bool = False,
    shift: int = 0,
    amplitude: float = 1.0,
    noise: float = 0.0,
    elastic: float = 0.0,
    workers: int = 0,
    seed: int = 0,
) -> "Recipe":
    """Learn from your own windows which class each of them is of: traces, patches of sections, pictures, small cubes.

    Windows are all of one size. For validation whole groups are kept, or without groups the end of each class as it
    lies in the file: neighbours often show the same thing. Training ends when the loss of these windows gets no
    better, and keeps the best weights.

    Args:
        data: .npz or Zarr group with x (windows, [channels,] samples ...), y (windows), the class of each by number or
            name, and if you have them classes (names) and group (line, event or station of each window); or a folder
            for each class with pictures or .npy files. In x 2-D windows are (trace, time) and 3-D ones (inline,
            crossline, time), the last axis is the vertical one; pictures are (row, column). A class below 0 or NaN
            means that nobody labelled the window, which is left out, and so does 255 unless others are 100 or more.
            From Python also (x, y), or the arrays by name.
        ndim: dimensions of a window, where the axes of x do not tell.
        model: architecture, see geocnn models; default resnet20 for windows of fewer than 64 samples, else resnet18.
        width: of the network, as the architecture takes it: channels of the first stage, or a factor.
        start: weights to start from: a run folder, or a .safetensors or .pth of this architecture from elsewhere; the
            last layer goes by the names of the classes, and starts anew for those that it does not know.
        normalise: each window by itself, all with the numbers of the training data, or none.
        validation: share of the windows that is kept to judge by.
        balance: weigh classes so that rare ones count as much as frequent ones.
        epochs: largest number of epochs.
        patience: epochs without a smaller validation loss after which training ends.
        batch_size: windows per step; default 32, and no more than an eighth of the windows.
        learning_rate: peak learning rate.
        flip: mirror windows along all axes but the vertical one.
        shift: move windows by up to so many samples along each axis.
        amplitude: scale windows by up to this factor or its inverse; 1 never.
        noise: largest standard deviation of white noise that is added, in those of the normalised data.
        elastic: standard deviation of elastic displacements in samples; 0 never.
        workers: processes that prepare batches.
        seed: of the weights, the order and the choice of groups.

    Raises:
        DataError: windows, classes or numbers that do not fit one another.
        FormatError: no file of windows, or of weights.
        MissingError: no such file or architecture.
    """
    given = {k: str(v) if isinstance(v, Path) else v for k, v in locals().items()}  # all arguments, for the card
    from geocnn.recipes.classify.job import recipe

    return recipe(given)
