"""Several runs in one picture."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from geocnn.figures.style import figure

__all__ = ["depths"]

_COLOURS = ("#e09f3e", "#c8553d", "#540b0e", "#335c67", "#2f6690", "#7a5195")
History = Sequence[Mapping[str, float]]


def depths(plain: Mapping[int, History], residual: Mapping[int, History], *, title: str = "") -> Figure:
    """Error against the epoch, plain networks on the left and residual ones on the right, one colour a depth.

    The picture of He et al. (2016, Figure 6): dashed on the samples learnt from, full on those for testing.

    Args:
        plain: number of layers -> rows of metrics.csv.
        residual: the same with shortcuts.
        title: what was learnt.
    """
    made = figure(10, 4)
    places = made.subplots(1, 2, sharey=True)
    for place, histories, name in zip(places, (plain, residual), ("plain", "residual"), strict=True):
        for colour, (layers, history) in zip(_COLOURS, histories.items(), strict=False):
            epochs = [row["epoch"] for row in history]
            error = [100 * (1 - row["validation_accuracy"]) for row in history]
            place.plot(epochs, error, color=colour, marker="o", markersize=3, label=f"{layers} layers")
            place.annotate(
                f"{error[-1]:.1f} %",
                (epochs[-1], error[-1]),
                xytext=(6, 0),
                textcoords="offset points",
                color=colour,
                va="center",
            )
        place.set(xlabel="epoch", title=f"{name} networks", ylim=(0.5, 100), yscale="log")
        place.set_yticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
        place.margins(x=0.12)
        place.xaxis.set_major_locator(MaxNLocator(integer=True))
        place.grid(alpha=0.3)
        place.legend(frameon=False)
    places[0].set_ylabel("test error (%)")
    if title:
        made.suptitle(title, fontsize=12)
    return made
