"""How a run went."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from geocnn.figures.style import figure

__all__ = ["learning_curve"]


def learning_curve(history: list[dict[str, float]], *, title: str = "") -> Figure:
    """Loss and validation scores against the epoch.

    Args:
        history: rows of metrics.csv.
        title: name of the network.
    """
    made = figure(9, 3.6)
    left, right = made.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    for key, label in (("loss", "training"), ("validation_loss", "validation")):
        left.plot(epochs, [row[key] for row in history], label=label, marker="o", markersize=3)
    left.set(xlabel="epoch", ylabel="loss", title=title)
    left.legend(frameon=False)
    scores = [k for k in history[-1] if k.startswith("validation_") and k != "validation_loss"]
    for key in scores:
        right.plot(
            epochs, [row[key] for row in history], label=key.removeprefix("validation_"), marker="o", markersize=3
        )
    right.set(xlabel="epoch", ylabel="score on validation samples", ylim=(0, 1.02))
    if scores:
        right.legend(frameon=False)
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    return made
