"""Figure of the textbook example: what the network sees, its losses, and where it is right."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, NullLocator

from geocnn.figures.style import INK, figure
from geocnn.textbook import PositionTest, Report

__all__ = ["picture"]

_POSITIVE, _NEGATIVE, _QUIET = "#c8553d", "#2f6690", "#9a9a9a"
_HEADS = {"flatten": "#c8553d", "pool": "#2f6690"}


def picture(report: Report) -> Figure:
    """Draw one trace of each class, the losses beside the printed ones, and accuracy by position of the arrival.

    Args:
        report: of a run of the recipe traces.
    """
    made = figure(11, 6.6)
    shown = len(report.examples.true)
    made.set_layout_engine("none")  # fixed margins: finding them takes as long as drawing
    top = made.add_gridspec(1, shown, left=0.065, right=0.985, top=0.945, bottom=0.60, wspace=0.08)
    low = made.add_gridspec(2, 2, left=0.065, right=0.985, top=0.485, bottom=0.08, width_ratios=(1, 1.9), wspace=0.18)
    traces = [made.add_subplot(top[i]) for i in range(shown)]
    for i, axes in enumerate(traces):
        _trace(axes, report, i)
    traces[0].set_ylabel("amplitude")
    for axes in traces[1:]:
        axes.tick_params(labelleft=False)
    losses, above, below = (made.add_subplot(cell) for cell in (low[:, 0], low[0, 1], low[1, 1]))
    _losses(losses, report)
    _positions(above, report.positions[:2])
    _positions(below, report.positions[2:])
    above.set_title("Where in the trace is an arrival recognised?")
    above.tick_params(labelbottom=False)
    below.legend(frameon=False, loc="center right")
    below.set_xlabel("sample at which the arrival peaks")
    for axes in (*traces, losses, above, below):
        axes.spines[["top", "right"]].set_visible(False)
    return made


def _trace(axes: Axes, report: Report, index: int) -> None:
    """One trace, filled to its zero line as on a seismic section; the title says true -> predicted."""
    example = report.examples
    samples = example.samples[index]
    position = np.arange(1, samples.size + 1)
    for side, colour in ((samples > 0, _POSITIVE), (samples < 0, _NEGATIVE)):
        axes.fill_between(position, samples, 0, where=side, color=colour, alpha=0.55, linewidth=0, interpolate=True)
    axes.plot(position, samples, color=INK, linewidth=1.1)
    axes.axhline(0, color=_QUIET, linewidth=0.6, zorder=0)
    true, predicted = (example.classes[k] for k in (example.true[index], example.predicted[index]))
    wrong = true != predicted
    axes.set_title(f"{true} \N{RIGHTWARDS ARROW} {predicted}", color="#b00020" if wrong else INK, fontsize=11)
    axes.set(xlabel="sample", xlim=(1, samples.size), ylim=(-1.08, 1.08))
    axes.xaxis.set_major_locator(MultipleLocator(16))


def _losses(axes: Axes, report: Report) -> None:
    """Training loss on a logarithmic axis, with the printed values as rings."""
    axes.semilogy(range(1, len(report.losses) + 1), report.losses, color=INK, linewidth=1.6, label="ours")
    printed = {epoch: loss for epoch, loss in report.printed.items() if epoch <= len(report.losses)}
    if printed:
        rings = {"marker": "o", "markersize": 8, "markerfacecolor": "none", "markeredgewidth": 1.6, "linestyle": "none"}
        axes.plot(list(printed), list(printed.values()), color=_POSITIVE, label="printed", **rings)  # type: ignore[arg-type]
    axes.set(xlabel="epoch", ylabel="training loss", title="Learning")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.legend(frameon=False)
    axes.grid(alpha=0.25)


def _positions(axes: Axes, tests: tuple[PositionTest, ...]) -> None:
    """Accuracy of both heads against the arrival's sample; the trained samples are shaded."""
    first, last = tests[0].centres
    axes.axvspan(first, last, color=_QUIET, alpha=0.2, linewidth=0)
    axes.text(
        (first + last) / 2, 0.5, f"trained on {first}\N{EN DASH}{last}", ha="center", va="center", color="#666666"
    )
    for test in tests:
        position = np.arange(1, test.accuracy.size + 1)
        style = "--" if test.head == "pool" else "-"  # where both are right, both must be seen
        axes.plot(position, test.accuracy, style, color=_HEADS[test.head], linewidth=1.8, label=test.head)
    axes.set(ylabel="accuracy", xlim=(1, tests[0].accuracy.size), ylim=(-0.06, 1.08))
    axes.xaxis.set_major_locator(MultipleLocator(8))
    axes.grid(alpha=0.25)
