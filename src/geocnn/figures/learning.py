"""How a run went."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from geocnn.figures.style import INK, figure

__all__ = ["learning_curve"]

_WIDE = 30
"""Largest loss over smallest from which a logarithmic axis shows more."""
_LINES = 6
"""Scores whose names find room in the picture."""


def learning_curve(history: list[dict[str, float]], *, title: str = "", best: int | None = None) -> Figure:
    """Loss and validation scores against the epoch.

    Args:
        history: rows of metrics.csv.
        title: name of the network.
        best: epoch whose weights were kept, if it was not simply the last.
    """
    made = figure(9, 3.6)
    left, right = made.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    for key, label in (("loss", "training"), ("validation_loss", "validation")):
        left.plot(epochs, [row[key] for row in history], label=label, marker="o", markersize=3)
    left.set(xlabel="epoch", ylabel="loss", title=title)
    losses = [row[key] for row in history for key in ("loss", "validation_loss")]
    if max(losses) > _WIDE * min(losses) > 0:  # the first epochs must not flatten the others
        left.set_yscale("log")
    scores = [k for k in history[-1] if k.startswith("validation_") and k != "validation_loss"]
    for key in scores:
        right.plot(
            epochs,
            [row[key] for row in history],
            label=key.removeprefix("validation_").replace("_", " "),
            marker="o",
            markersize=3,
        )
    right.set(xlabel="epoch", ylabel="score on validation samples", ylim=(0, 1.02))
    for axes in (left, right):
        if best is not None:
            axes.axvline(best, color=INK, linewidth=0.8, linestyle=":", label=f"kept: epoch {best}")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            beside = len(axes.lines) > _LINES  # else it would lie over them
            place = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "fontsize": 8} if beside else {}
            axes.legend(frameon=False, **place)
    return made
