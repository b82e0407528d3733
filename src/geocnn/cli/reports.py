"""What ``geocnn train`` says and draws at the end; a recipe names its report, see :class:`geocnn.training.Recipe`."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from geocnn.cli.text import score, table

if TYPE_CHECKING:
    from geocnn.training import Run

__all__ = ["REPORTS"]


def _learning(run: "Run", folder: Path) -> Iterator[str]:
    """Scores and the learning curve."""
    known = run.card.metrics["validation"]
    names = [name for name in run.history[-1] if name.startswith("validation_")]
    scores = {name.removeprefix("validation_").replace("_", " "): known.get(name, math.nan) for name in names}
    yield ", ".join(
        f"{name} {score(name, value, 3) if math.isfinite(value) else '-'}" for name, value in scores.items()
    )
    yield _curve(run, folder)
    if not run.recipe.applies_to:
        yield f"next: geocnn evaluate {folder}"
        return
    data = Path(run.recipe.applies_to)
    yield _next(run, folder, data)


def _next(run: "Run", folder: Path, data: Path) -> str:
    """The command that applies the network to data."""
    return f"next: geocnn predict {folder} {data} --out {run.recipe.name}{data.suffix}"


def _traces(run: "Run", folder: Path) -> Iterator[str]:
    """What the textbook example claims."""
    from geocnn.figures import save
    from geocnn.figures.traces import picture
    from geocnn.recipes.traces_report import report

    result = report(run)
    yield from result.lines()
    yield f"picture {save(picture(result), folder / 'traces.png')}"


def _segmentation(run: "Run", folder: Path) -> Iterator[str]:
    """Scores by class, where the network is right and wrong, and how to apply it."""
    from geocnn.figures import save
    from geocnn.figures.segmentation_report import confusion_matrix, precision_recall, windows
    from geocnn.recipes.segment.report import report

    result = report(run)
    yield from table(result.rows())
    yield from result.lines()
    yield _curve(run, folder)
    if result.curve is not None:
        curve = result.curve
        drawn = precision_recall(curve.thresholds, curve.precision, curve.recall, curve.best)
        yield f"picture {save(drawn, folder / 'precision-recall.png')}"
    else:
        yield f"picture {save(confusion_matrix(result.counts, result.classes), folder / 'confusion.png')}"
    if result.worst:
        yield f"picture {save(windows(result.worst, result.best, result.classes), folder / 'windows.png')}"
    yield f"next: {result.command(folder)}"


def _membranes(run: "Run", folder: Path) -> Iterator[str]:
    """Scores, the learning curve, and the test section with the middling score."""
    from geocnn.figures import save
    from geocnn.figures.membranes import membranes
    from geocnn.recipes.membranes import example, save_section

    *lines, _ = _learning(run, folder)
    yield from lines
    section = example(run)
    drawn = membranes(section.image, section.truth, section.probability, title=f"{run.card.name}, a test section")
    yield f"picture {save(drawn, folder / 'section.png')}"
    yield _next(run, folder, save_section(section, folder))


def _digits(run: "Run", folder: Path) -> Iterator[str]:
    """As of any windows, with digits to apply the network to."""
    from geocnn.recipes.digits import save_test

    yield from _classification(run, folder, save_test(run, folder))


def _convnetquake(run: "Run", folder: Path) -> Iterator[str]:
    """As of any windows, with what is detected and located, and a map of it."""
    from geocnn.figures import save
    from geocnn.figures.region import region_map
    from geocnn.recipes.convnetquake.data import RATE
    from geocnn.recipes.convnetquake.report import report, save_windows

    result = report(run)
    yield from result.lines()
    drawn = region_map(result.epicentres, result.centres, result.judged, (result.truth, result.found), result.station)
    yield f"picture {save(drawn, folder / 'map.png')}"
    yield from _classification(run, folder, save_windows(run, folder), RATE)


def _classification(run: "Run", folder: Path, data: Path | None = None, rate: float | None = None) -> Iterator[str]:
    """Scores by class, what is taken for what, the worst and best windows, and how to apply it."""
    from geocnn.figures import save
    from geocnn.figures.classification_report import windows
    from geocnn.figures.segmentation_report import confusion_matrix
    from geocnn.recipes.classify.report import report

    result = report(run, data)
    yield from table(result.rows())
    yield from result.lines()
    yield _curve(run, folder)
    matrix = confusion_matrix(result.counts, result.classes, unit="windows")
    yield f"picture {save(matrix, folder / 'confusion.png')}"
    drawn = windows(result.worst, result.best, result.axes, channels=result.channels, rate=rate)
    yield f"picture {save(drawn, folder / 'windows.png')}"
    yield f"next: {result.command(folder)}"


def _curve(run: "Run", folder: Path) -> str:
    """Draw the learning curve; the line that names the picture."""
    from geocnn.figures import save
    from geocnn.figures.learning import learning_curve

    made = learning_curve(run.history, title=run.card.name, best=run.card.training.get("best_epoch"))
    return f"picture {save(made, folder / 'learning.png')}"


REPORTS: dict[str, Callable[["Run", Path], Iterator[str]]] = {
    "learning": _learning,
    "membranes": _membranes,
    "traces": _traces,
    "segmentation": _segmentation,
    "classification": _classification,
    "digits": _digits,
    "convnetquake": _convnetquake,
}
"""Name in the recipe -> lines of the report, which draws its pictures into the folder of the run."""
