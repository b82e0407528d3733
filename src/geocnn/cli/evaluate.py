"""``geocnn evaluate NETWORK``."""

from math import isfinite
from pathlib import Path

from geocnn.cli.options import SurveyOptions

__all__ = ["evaluate"]


def evaluate(
    network: str,
    /,
    *,
    data: Path | None = None,
    labels: Path | None = None,
    memory: str | None = None,
    device: str = "auto",
    quiet: bool = False,
    survey: SurveyOptions | None = None,
) -> None:
    """Score a network on a survey with known answers, or on the validation samples of its recipe.

    Args:
        network: faults, or a folder written by geocnn train.
        data: survey; for a classifier windows with their classes.
        labels: mask on the same grid, above 0.5 on a fault.
        memory: for the whole process, for example 4GB; default half of what the machine has.
        device: auto, cpu, cuda or cuda:1.
        quiet: no progress line.
        survey: what you know better than the headers of both.
    """
    from geocnn.checkpoints import is_classifier
    from geocnn.cli.text import say
    from geocnn.recipes import evaluate as run

    survey = survey or SurveyOptions()
    scores = run(
        network,
        data if data is None or is_classifier(network) else survey.open(data),
        labels and survey.open_result(labels),
        memory=memory,
        device=device,
        show_progress=not quiet,
    )
    width = max(len(name) for name in scores)
    for name, value in scores.items():
        say(f"{name.replace('_', ' '):<{width}} {f'{value:.4f}' if isfinite(value) else 'undefined'}")
