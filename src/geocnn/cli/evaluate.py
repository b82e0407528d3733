"""``geocnn evaluate NETWORK``."""

from math import isfinite
from pathlib import Path
from typing import Literal

from geocnn.cli.options import RunOptions, SurveyOptions

__all__ = ["evaluate"]


def evaluate(
    network: str,
    /,
    *,
    data: Path | None = None,
    labels: Path | None = None,
    horizons: tuple[Path, ...] | None = None,
    stretch: tuple[float | Literal["auto"], ...] | None = None,
    memory: str | None = None,
    device: str = "auto",
    quiet: bool = False,
    survey: SurveyOptions | None = None,
) -> None:
    """Score a network on a survey with known answers, or on the validation samples of its recipe.

    For one class precision, recall, Dice and IoU, of a survey at the threshold in the network's card, average precision
    and area under the ROC curve. In the scores called tolerant a sample is right within 2 samples of one that is true.
    For several classes the IoU of each, their mean over those that occur in the labels, and accuracy. For a picker
    recall, precision and mean error of P and of S waves, where a pick within 0.5 s is right. For denoise the ratio of
    signal to noise before and after, dB.

    What is scored of a survey is the result that geocnn predict gives, resampled for the network where that does so.

    Args:
        network: faults, denoise, or a folder written by geocnn train.
        data: survey; for a classifier windows with their classes, the array y; for a picker seismograms, a file or a
            folder.
        labels: on the same grid: for a network of one class, such as faults, 1 on it and 0 elsewhere; for several the
            number of the class, from 0; for denoise the survey without noise, for superres that on the finer grid.
            Samples of -1, 255 or NaN are unknown and do not count. For a picker a table of all arrivals with the
            columns phase, P or S, time, UTC, and station, such as CX.PB01, or file, as geocnn synth earthquakes writes
            it, or picks, a table or QuakeML.
        horizons: text files, from top to bottom, in place of labels, for a network that learnt such; there is a mean
            error of each as well, in the unit of the vertical axis.
        stretch: new samples per sample along each axis for the network, as in geocnn predict, with the same default;
            --stretch 1 leaves the survey as it is.
        memory: for the whole process, for example 4GB; default half of what the machine has.
        device: auto, cpu, cuda or cuda:1.
        quiet: no progress line.
        survey: what you know better than the headers of both.
    """
    from geocnn.checkpoints import is_picker, read_card
    from geocnn.cli.text import say, score
    from geocnn.io import Source
    from geocnn.recipes import evaluate as run

    survey = survey or SurveyOptions()
    card = read_card(network)
    plain = card.task not in ("segmentation", "restoration") or is_picker(card)  # no survey
    opened = data if data is None or plain else survey.open(data)
    scores = run(
        network,
        opened,
        labels if labels is None or plain else survey.open_result(labels),
        horizons=horizons,
        stretch=None if stretch is None else RunOptions(stretch=stretch).factors,
        memory=memory,
        device=device,
        show_progress=not quiet,
        announce=say,
    )
    shares = {key: scores.pop(key) for key in list(scores) if key.startswith("found_of_")}
    width = max(len(name) for name in scores)
    for key, value in scores.items():
        name = key.replace("_", " ")
        said = score(name, value, 4) if isfinite(value) else "undefined"
        if key.startswith("error_of_") and isinstance(opened, Source):
            said = f"{value:.1f} {opened.grid.axes[-1].unit}".strip() if isfinite(value) else "undefined"
            said += f", found on {shares[key.replace('error', 'found', 1)]:.0%} of its picks"
        say(f"{name:<{width}} {said}")
    absent = [k for k, value in scores.items() if k.startswith("iou_") and not isfinite(value)]
    if absent:
        names = ", ".join(k.removeprefix("iou_").replace("_", " ") for k in absent)
        say(f"nowhere in the labels, and not counted in mean IoU: {names}")
