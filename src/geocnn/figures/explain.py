"""Figure of one network: what it has learnt, effects of shifts, how far it sees, and sharing."""

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from cmcrameri import cm
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, NullLocator
from numpy.typing import NDArray

from geocnn.figures.lanes import lanes
from geocnn.figures.style import INK, figure
from geocnn.words import number_of, size_text

if TYPE_CHECKING:
    from geocnn.explanation import Explanation, FeatureMaps
    from geocnn.properties import EffectiveField

__all__ = ["explain"]

_SHARED, _UNSHARED, _DENSE = "#2f6690", "#e0a458", "#c8553d"
_FIELD, _EFFECTIVE = "#2f6690", "#c8553d"


def explain(made: "Explanation") -> Figure:
    """Draw the measurements of :func:`geocnn.explanation.explanation`.

    Args:
        made: measurements of a network; of a 3-D network the slices in the middle of the first axis are shown.
    """
    picture = figure(15, 12.5)
    state = "trained" if made.trained else "untrained, random weights"
    picture.suptitle(f"{made.name}, {made.ndim}-D, {made.parameters:,} parameters, {state}", fontsize=14)
    top, middle, low = _parts(picture.subfigures(3, 1, height_ratios=(1.0, 1.15, 1.25), hspace=0.04))
    left, right = _parts(top.subfigures(1, 2, width_ratios=(0.8, 1) if made.ndim > 1 else (1.1, 1)))
    _input(left, made)
    _kernels(right, made)
    for part, maps in zip(_parts(middle.subfigures(1, len(made.maps))), made.maps, strict=True):
        _maps(part, maps, made)
    places = low.subplots(1, 3, width_ratios=(1.25, 1, 0.9))
    _shifts(places[0], made)
    _field(places[1], made)
    _sharing(places[2], made)
    return picture


def _parts(made: object) -> list[SubFigure]:
    """Sub-figures as a list, whether there are one or several."""
    return list(np.ravel(np.asarray(made, dtype=object)))


def _axes_names(made: "Explanation") -> tuple[str, str]:
    """Names of the axes to the right and downward in a slice."""
    if made.upright:
        return "column", "row"
    return {1: ("sample", "amplitude"), 2: ("trace", "sample"), 3: ("crossline", "sample")}[made.ndim]


def _downward(values: NDArray[np.float32], made: "Explanation") -> NDArray[np.float32]:
    """Slice as an image, with its last axis downward; pictures have rows and columns already."""
    return values if made.upright else values.T


def _input(part: SubFigure, made: "Explanation") -> None:
    """Draw the input of the network."""
    axes = part.subplots()
    across, down = _axes_names(made)
    axes.set(xlabel=across, ylabel=down)
    axes.set_title(f"Input: {made.source}" + (", middle inline" if made.ndim == 3 else ""), fontsize=11)
    values = made.input
    _count(axes.xaxis, *[axes.yaxis] * (made.ndim > 1))
    if made.ndim == 1:
        sample = np.arange(values.shape[1])
        if len(values) > 1:
            lanes(axes, sample, values, made.channels, linewidth=0.5)
            axes.set_ylabel("")
        else:
            axes.plot(sample, values[0], linewidth=0.9, color=INK)
        axes.set_xlim(0, values.shape[1] - 1)
        axes.spines[["top", "right"]].set_visible(False)
        return
    limit = float(np.percentile(np.abs(values[0]), 99)) or 1.0
    image = axes.imshow(
        _downward(values[0], made), cmap="gray", norm=Normalize(-limit, limit), aspect=_aspect(values[0])
    )
    name = "input, normalised" if len(values) == 1 else f"{made.channels[0]}, normalised"
    part.colorbar(image, ax=axes, label=name, shrink=0.9, pad=0.02, extend="both")


def _count(*axes: Axis, bins: int = 7) -> None:
    """Put ticks only at samples; a single one if there is only one sample."""
    for axis in axes:
        axis.set_major_locator(MaxNLocator(bins, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))


def _aspect(values: NDArray[np.float32]) -> Literal["equal", "auto"]:
    """Equal scales, unless one side is far longer."""
    across, down = values.shape
    return "equal" if 0.3 < across / down < 3 else "auto"


def _kernels(part: SubFigure, made: "Explanation") -> None:
    """Draw the first kernels, negative in blue and positive in red, all on the same scale."""
    kernels = made.kernels[:16]
    count, channels = made.kernels.shape[:2]
    some = f"{len(kernels)} of {count}" if len(kernels) < count else str(count)
    title = f"{some} kernels of the first layer, {made.kernels_of}"
    title += f", channel 1 of {channels}" * (channels > 1) + ", middle slice" * (made.ndim == 3)
    part.suptitle(title, fontsize=11)
    columns = 4 if len(kernels) <= 8 else 6
    places = part.subplots(-(-len(kernels) // columns), columns, squeeze=False)
    limit = float(np.abs(kernels[:, 0]).max()) or 1.0
    image = None
    for place in places.flat:
        place.axis("off")
    for number, (place, kernel) in enumerate(zip(places.flat, kernels[:, 0], strict=False)):
        place.axis("on")
        if made.ndim == 1:
            colours = ["#b5483a" if w > 0 else "#33679b" for w in kernel]
            place.bar(range(kernel.size), kernel, color=colours)
            place.axhline(0, color=INK, linewidth=0.6)
            place.set_ylim(-1.05 * limit, 1.05 * limit)
            place.tick_params(labelleft=number % columns == 0, labelsize=7)
            _count(place.xaxis, bins=4)
            continue
        image = place.imshow(_downward(kernel, made), cmap=cm.vik, norm=Normalize(-limit, limit), interpolation="none")
        place.set(xticks=[], yticks=[])
    if image is not None:
        part.colorbar(image, ax=list(places.flat), label="weight", shrink=0.9, pad=0.02)
    else:
        part.supylabel("weight", fontsize=9)
        part.supxlabel("sample of the kernel", fontsize=9)


def _maps(part: SubFigure, maps: "FeatureMaps", made: "Explanation") -> None:
    """Draw the maps of a layer that vary most, bright where they are large."""
    apart = "" if math.isnan(maps.stride) else f", {maps.stride:g} input samples apart" if maps.stride != 1 else ""
    shape = size_text(maps.values.shape[1:])
    few = len(maps.channels) < maps.count
    shown = f"the {len(maps.channels)} liveliest of {maps.count} maps" if few else number_of(maps.count, "map")
    part.suptitle(f"{maps.layer}\n{shown}, {shape} sample{'s' * (shape != '1')}{apart}", fontsize=10)
    if made.ndim == 1:
        axes = part.subplots()
        scaled = maps.values / np.maximum(np.abs(maps.values).max(1, keepdims=True), 1e-30)
        signed = bool((maps.values < 0).any())
        image = axes.imshow(
            scaled,
            aspect="auto",
            cmap=cm.vik if signed else cm.lapaz,
            norm=Normalize(-1.0 * signed, 1),
            interpolation="none",
        )
        axes.set(xlabel="sample of the map", ylabel="map", yticks=range(len(maps.channels)))
        axes.set_yticklabels([str(channel) for channel in maps.channels])
        _count(axes.xaxis)
        part.colorbar(image, ax=axes, label="value / largest of the map", shrink=0.9, pad=0.02)
        return
    part.supxlabel("from the 1st to the 99th percentile of each map: dark to bright", fontsize=8, color="#666666")
    rows = 1 if len(maps.channels) < 4 else 2
    places = part.subplots(rows, -(-len(maps.channels) // rows), squeeze=False)
    for place in places.flat:
        place.axis("off")
    for place, values, channel in zip(places.flat, maps.values, maps.channels, strict=False):
        low, high = np.percentile(values, (1, 99))
        norm = Normalize(low, high if high > low else low + 1)
        place.imshow(_downward(values, made), cmap=cm.lapaz, norm=norm, aspect=_aspect(values), interpolation="none")
        place.set_title(f"map {channel}", fontsize=8, pad=2)


def _shifts(axes: Axes, made: "Explanation") -> None:
    """Draw the change by shifts: layers downward, shifts to the right, as colour and number."""
    errors = np.array([row.errors for row in made.shifts])
    axes.imshow(np.ma.masked_invalid(errors), cmap="Oranges", norm=Normalize(0, 1), aspect="auto")
    axes.set_facecolor("#e8e8e8")
    for (row, column), error in np.ndenumerate(errors):
        text = "\N{EN DASH}" if math.isnan(error) else "0" if error < 5e-5 else f"{error:.2f}"
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color="white" if error > 0.6 else INK)
    axes.set(xticks=range(len(made.moves)), yticks=range(len(made.shifts)))
    axes.set_xticklabels([str(move) for move in made.moves])
    axes.set_yticklabels([f"{row.layer}  (stride {row.stride})" for row in made.shifts], fontsize=8)
    note = "\n\N{EN DASH}: the window is too short for a sample that sees none of its edges"
    axes.set_xlabel("input moved by ... samples" + note * made.has_gaps)
    axes.set_title("Change of the result beyond moving along\n(0: the layer just moves its result)", fontsize=11)


def _field(axes: Axes, made: "Explanation") -> None:
    """Draw where the samples that matter lie, with the receptive field around them."""
    effective, field = made.effective, made.field
    if effective is None or field is None:
        axes.text(
            0.5, 0.5, "each sample depends on\nall of the window", ha="center", va="center", transform=axes.transAxes
        )
        axes.set(xticks=[], yticks=[], title="Receptive field")
        return
    share = f"{effective.share:.0%} of the gradient"
    inside = f" inside {made.measured_in}\n" if made.measured_in else " "
    title = f"Receptive field {size_text([field.size] * made.ndim)}\n{share}{inside}within {made.effective_size}"
    axes.set_title(f"{title}, for white noise", fontsize=11)
    if made.ndim == 1:
        _profile(axes, effective, field.size)
        return
    shown, bounds = effective.gradient.sum(0) if made.ndim == 3 else effective.gradient, effective.bounds[-2:]
    if made.upright:
        shown, bounds = shown.T, bounds[::-1]
    shape = shown.shape
    strength = np.sqrt(shown / shown.max())  # makes the flanks visible
    centre = [n // 2 for n in shape[-2:]]
    extent = (-centre[0] - 0.5, shape[-2] - centre[0] - 0.5, shape[-1] - centre[1] - 0.5, -centre[1] - 0.5)
    image = axes.imshow(strength.T, cmap=cm.lapaz_r, norm=Normalize(0, 1), extent=extent, interpolation="none")
    box = [(first - c - 0.5, last - first + 1) for (first, last), c in zip(bounds, centre, strict=True)]
    axes.set(xlim=_wider(extent[:2]), ylim=_wider(extent[2:]))
    axes.add_patch(Rectangle((box[0][0], box[1][0]), box[0][1], box[1][1], fill=False, color=_EFFECTIVE, linewidth=1.8))
    half, middle, drawn = field.size / 2, _middle(effective), [(_EFFECTIVE, share)]
    if field.size <= min(shape[-2:]):  # otherwise it lies around the picture
        axes.add_patch(Rectangle((middle - half,) * 2, field.size, field.size, fill=False, color=_FIELD, linewidth=1.8))
        drawn.insert(0, (_FIELD, "receptive field"))
    across, down = _axes_names(made)
    axes.set(xlabel=f"{across}s from the middle", ylabel=f"{down}s from the middle")
    _count(axes.xaxis, axes.yaxis)
    part = axes.figure
    part.colorbar(image, ax=axes, label="root of the mean gradient / its largest", shrink=0.8, pad=0.02)
    for colour, name in drawn:
        axes.plot([], [], color=colour, linewidth=1.8, label=name)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False, fontsize=9)


def _wider(limits: tuple[float, float]) -> tuple[float, float]:
    """Limits with room for a frame at the edge."""
    more = 0.03 * (limits[1] - limits[0])
    return limits[0] - more, limits[1] + more


def _middle(effective: "EffectiveField") -> float:
    """Middle of the samples with a gradient, counted from the middle of the window."""
    touched = np.flatnonzero(effective.profile(effective.gradient.ndim - 1) > 0)
    first, last = int(touched[0]), int(touched[-1])
    return (first + last) / 2 - int(effective.gradient.shape[-1]) // 2


def _profile(axes: Axes, effective: "EffectiveField", size: int) -> None:
    """Draw the gradient of a 1-D network."""
    profile = effective.gradient
    start = profile.size // 2
    (first, last), middle = effective.bounds[0], _middle(effective)
    axes.axvspan(middle - size / 2, middle + size / 2, color=_FIELD, alpha=0.2, linewidth=0, label="receptive field")
    label = f"{effective.share:.0%} of the gradient"
    axes.axvspan(first - start - 0.5, last - start + 0.5, ymax=0.06, color=_EFFECTIVE, linewidth=0, label=label)
    axes.plot(np.arange(profile.size) - start, profile / profile.max(), color=INK, linewidth=1.2, drawstyle="steps-mid")
    axes.set(xlabel="samples from the middle", ylabel="mean gradient / its largest", ylim=(0, 1.05))
    _count(axes.xaxis)
    axes.set_xlim(max(-start, middle - 0.8 * size), min(profile.size - start, middle + 0.8 * size))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False, fontsize=9)


def _sharing(axes: Axes, made: "Explanation") -> None:
    """Draw the number of parameters of the convolutions, shared and unshared, on a logarithmic scale."""
    chosen = np.unique(np.linspace(0, len(made.sharing) - 1, 9, dtype=int))
    rows = [made.sharing[k] for k in chosen] + [("all convolutions", made.total())]
    places = np.arange(len(rows))
    kinds = (("dense layer", "dense", _DENSE), ("a kernel for each position", "unshared", _UNSHARED))
    for offset, (label, kind, colour) in enumerate((*kinds, ("shared kernel", "convolution", _SHARED))):
        counts = [getattr(sharing, kind) for _, sharing in rows]
        axes.barh(places + 0.27 * (1 - offset), counts, height=0.25, color=colour, label=label)
    axes.set(xscale="log", yticks=places, xlabel="parameters", title="Parameters to the same outputs")
    axes.set_yticklabels([name for name, _ in rows], fontsize=8)
    axes.invert_yaxis()
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles[::-1], labels[::-1], loc="upper center", bbox_to_anchor=(0.4, -0.13), ncols=3, frameon=False, fontsize=8
    )
