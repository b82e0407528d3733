"""How a run went."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from geocnn.figures.style import INK, figure

__all__ = ["learning_curve"]

_WIDE = 30
"""Largest loss over smallest from which a logarithmic axis shows more."""
_LINES = 8
"""Scores that are told apart in one picture."""
_MEANS = ("mean_iou", "dice", "iou", "accuracy", "balanced_accuracy", "precision", "recall", "pixel_error")
"""Scores of everything, which go before those of single classes."""


def learning_curve(history: list[dict[str, float]], *, title: str = "", best: int | None = None) -> Figure:
    """Loss and validation scores against the epoch.

    Args:
        history: rows of metrics.csv.
        title: name of the network.
        best: epoch whose weights were kept, if it was not simply the last.
    """
    made = figure(11, 3.6)
    left, right = made.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    style = {"marker": "o", "markersize": 3}
    for key, label in (("loss", "training"), ("validation_loss", "validation")):
        left.plot(epochs, [row[key] for row in history], label=label, **style)
    left.set(xlabel="epoch", ylabel="loss", title=title)
    losses = [row[key] for row in history for key in ("loss", "validation_loss")]
    if max(losses) > _WIDE * min(losses) > 0:  # the first epochs must not flatten the others
        left.set_yscale("log")
    scores, count = _scores(history[-1])
    for key in scores:
        label = key.removeprefix("validation_").replace("_", " ")
        right.plot(epochs, [row[key] for row in history], label=label, **style)
    right.set(xlabel="epoch", ylabel="score on validation samples", ylim=(0, 1.02))
    for axes in (left, right):
        if best is not None:
            axes.axvline(best, color=INK, linewidth=0.8, linestyle=":", label=f"kept: epoch {best}")
        if len(epochs) == 1:
            axes.set_xticks(epochs)
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:  # beside the points, never over them
            axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    if len(scores) < count:
        right.get_legend().set_title(f"{len(scores)} of {count} scores", {"size": 8})
    return made


def _scores(row: dict[str, float]) -> tuple[list[str], int]:
    """Names of the scores to draw, those of everything first, and how many there are."""
    found = [k for k in row if k.startswith("validation_") and k != "validation_loss"]
    found.sort(key=lambda k: k.removeprefix("validation_") not in _MEANS)
    return found[:_LINES], len(found)
