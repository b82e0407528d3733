"""Several runs in one figure."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from geocnn.figures.style import figure

__all__ = ["depths"]

_COLOURS = ("#e09f3e", "#c8553d", "#540b0e", "#335c67", "#2f6690", "#7a5195")
History = Sequence[Mapping[str, float]]


def depths(plain: Mapping[int, History], residual: Mapping[int, History], *, title: str = "") -> Figure:
    """Draw training loss and test error against the epoch: plain networks on the left, residual ones on the right.

    This is the figure of He et al. (2016, Figure 6), with one colour per depth.

    Args:
        plain: number of layers -> rows of metrics.csv.
        residual: the same for networks with shortcuts.
        title: title of the figure.
    """
    made = figure(10, 7)
    places = made.subplots(2, 2, sharex=True, sharey="row")
    for column, (histories, name) in enumerate(((plain, "plain"), (residual, "residual"))):
        for colour, (layers, history) in zip(_COLOURS, histories.items(), strict=False):
            epochs = [row["epoch"] for row in history]
            error = [100 * (1 - row["validation_accuracy"]) for row in history]
            line = {"color": colour, "marker": "o", "markersize": 3}
            places[0, column].plot(epochs, [row["loss"] for row in history], **line)
            places[1, column].plot(epochs, error, label=f"{layers} layers: {error[-1]:.1f} %", **line)
        places[0, column].set(title=f"{name} networks", yscale="log")
        places[1, column].set(xlabel="epoch", ylim=(1, 100), yscale="log")
        places[1, column].set_yticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
        places[1, column].legend(frameon=False, title="test error at the end", loc="lower left" if column == 0 else 1)
    for place in places.flat:
        place.xaxis.set_major_locator(MaxNLocator(integer=True))
        place.grid(alpha=0.3)
    places[0, 0].set_ylabel("training loss")
    places[1, 0].set_ylabel("test error (%)")
    if title:
        made.suptitle(title, fontsize=12)
    return made
