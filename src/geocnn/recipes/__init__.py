"""Training recipes, one function each; their arguments are the options of ``geocnn train``."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocnn.errors import DataError, MissingError
from geocnn.recipes.again import arguments_again, arguments_on
from geocnn.recipes.arguments import check_arguments, texts
from geocnn.recipes.classify import classify
from geocnn.recipes.convnetquake import convnetquake
from geocnn.recipes.denoise import denoise
from geocnn.recipes.detector import detector
from geocnn.recipes.digits import digits
from geocnn.recipes.faults import faults
from geocnn.recipes.membranes import membranes
from geocnn.recipes.quakes import quakes
from geocnn.recipes.segment import segment
from geocnn.recipes.superres import superres
from geocnn.recipes.traces import traces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geocnn.checkpoints import Card, Trained
    from geocnn.classification import Classified
    from geocnn.hardware import Precision
    from geocnn.io.horizons import Horizon
    from geocnn.io.sites import Site
    from geocnn.io.source import Source
    from geocnn.io.window_files import Given
    from geocnn.prediction import Prediction
    from geocnn.prediction.results import Samples as StoredAs
    from geocnn.training import Recipe, Run

__all__ = ["RECIPES", "again", "build", "evaluate", "fit", "predict", "refuse_for_windows"]

RECIPES: dict[str, Callable[..., "Recipe"]] = {
    "traces": traces,
    "faults": faults,
    "denoise": denoise,
    "superres": superres,
    "quakes": quakes,
    "detector": detector,
    "convnetquake": convnetquake,
    "digits": digits,
    "membranes": membranes,
    "segment": segment,
    "classify": classify,
}
"""Function that makes each recipe, by the name that users type."""


_USUAL = {"stretch": "auto", "precision": "float32", "samples": "float32"}
"""Defaults of options that apply to surveys only."""


def build(name: str, **arguments: Any) -> "Recipe":  # noqa: ANN401  (each recipe has its own)
    """Make a recipe by its name.

    Raises:
        MissingError: there is no recipe of that name.
        DataError: the seed cannot be used for random numbers, or the recipe does not take such arguments.
    """
    if name not in RECIPES:
        near = get_close_matches(name, RECIPES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(RECIPES)}."
        raise MissingError(f"there is no recipe {name!r}; {hint}")
    arguments = {k: _plain(v) for k, v in arguments.items()}
    if not isinstance(seed := arguments.get("seed", 0), int) or not 0 <= seed < 2**63:
        raise DataError(f"seed is {seed}; it must be a whole number from 0 to 2^63 - 1, for example 42.")
    from geocnn.checkpoints import Card

    # a card stands for the network that a run started from, see geocnn.recipes.again
    check_arguments(name, RECIPES[name], {k: v for k, v in arguments.items() if not isinstance(v, Card)})
    return RECIPES[name](**texts(RECIPES[name], arguments))


def _plain(value: Any) -> Any:  # noqa: ANN401  (arguments have many types)
    """Convert numbers of NumPy, as loops over arrays give them, to those of Python, which a card can hold."""
    import numpy as np

    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value


def fit(
    recipe: "str | Recipe",
    *,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    device: str = "auto",
    show_progress: bool = True,
    announce: "Callable[[str], None] | None" = None,
    **arguments: Any,  # noqa: ANN401  (each recipe has its own)
) -> "Run":
    """Train a recipe by name, ``fit("traces", seed=42)``, or your own; under torchrun the processes share the work.

    Args:
        recipe: "traces", "faults", or a :class:`geocnn.training.Recipe`.
        out: run folder; nothing is written without one.
        resume: continue the interrupted run in ``out``.
        overwrite: replace the run in ``out``.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.
        announce: is called with lines on what is about to be done, such as ``print``.
        arguments: of the recipe, when it is given by name.

    Raises:
        MissingError: no recipe of that name.
        DataError: arguments beside a recipe of your own; and as :func:`geocnn.training.fit`.
    """
    from geocnn.distributed import Team
    from geocnn.hardware import choose_device
    from geocnn.progress import allowed
    from geocnn.training import check_folder
    from geocnn.training import fit as train

    if isinstance(recipe, str):
        choose_device(device)  # before the data are read, which can take minutes
        if out is not None:
            check_folder(Path(out), resume=resume, overwrite=overwrite)
            arguments = arguments_on(recipe, arguments, Path(out)) if resume else arguments
        with allowed(show=show_progress):  # a recipe has no argument for that, since all of its own are noted
            made = build(recipe, **arguments)
    elif not hasattr(recipe, "card"):
        raise DataError(
            f"a recipe is a name, such as traces, or a geocnn.training.Recipe, not {type(recipe).__name__}; give one "
            "of these."
        )
    elif arguments:
        raise DataError(f"the recipe is made already, and {', '.join(arguments)} would be lost; give it to the recipe.")
    else:  # the arguments in its card may be outdated
        training = {k: v for k, v in recipe.card.training.items() if k != "arguments"}
        made = replace(recipe, card=recipe.card.replace(training=training))
    return train(
        made,
        out=out,
        resume=resume,
        overwrite=overwrite,
        device=device,
        show_progress=show_progress,
        team=Team.of_torchrun(),
        announce=announce,
    )


def predict(
    network: "str | Path | Trained",
    data: "Given | Source",
    out: str | Path | None = None,
    *,
    tile: tuple[int, ...] | None = None,
    memory: str | None = None,
    stretch: "float | Sequence[float] | str | None" = None,
    overwrite: bool = False,
    device: str = "auto",
    precision: "Precision | None" = None,
    samples: "StoredAs | None" = None,
    log: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    threshold: float | None = None,
    channels: str | None = None,
    stations: "str | Path | Sequence[Site] | None" = None,
    detector: "str | Path | Trained | None" = "detector",
    show_progress: bool = True,
) -> "Prediction | Any":  # noqa: ANN401  (so that nobody needs isinstance to tell the two results apart)
    """Apply a network: segment or restore a survey, classify windows, or pick seismograms.

    Args:
        network: "faults", "quakes", a run folder, or what :func:`geocnn.load` or :func:`geocnn.fit` returned.
        data: survey: path, array or tensor ``(trace, time)`` or ``(inline, crossline, time)``, or an open source. For
            a classifier windows: path, array ``(windows, [channels,] *space)``, ``(x, y)``, or arrays by name. For a
            picker, :func:`geocnn.prediction.catalogue.pick_earthquakes`, seismograms: files, folders, an ObsPy Stream,
            or what :func:`geocnn.open` made of these. A network of ``geocnn train convnetquake`` takes them as well.
        out: file for the result, for a classifier .csv, for a picker .xml; without it the result is in memory alone.
        tile: samples of a tile per axis, of surveys.
        memory: such as "4GB", of surveys.
        stretch: of surveys, see :func:`geocnn.prediction.stretched.predict_stretched`; default "auto".
        overwrite: replace ``out`` if it exists.
        device: "auto", "cpu", "cuda" or "cuda:1".
        precision: "float32" (default), "bf16" or "auto", of surveys.
        samples: "float32" (default), or "int8", whole per cent, of surveys.
        log: file for lines of JSON, of surveys.
        workers: processes that share the work, of surveys.
        scheduler: address of a Dask scheduler whose workers do, of surveys.
        threshold: probability of an arrival, or of an earthquake in a window, of seismograms.
        channels: pattern for channels that are wanted, such as "CX.*.*.HH?", of seismograms.
        stations: where they are, for a picker: StationXML, a table, or a list of :class:`geocnn.io.sites.Site`.
        detector: network that tells where earthquakes are, for a picker; None for none.
        show_progress: show a live line.

    Returns:
        A ``Prediction`` for a survey, ``Classified`` for windows, a ``Catalogue`` or ``Detections`` for seismograms.

    Raises:
        DataError, MissingError, FormatError, TargetError: as of the two.
    """
    from geocnn.checkpoints import Trained, is_picker, judges_seismograms, read_card, refuse_detector
    from geocnn.io.source import Source
    from geocnn.io.window_files import are_windows
    from geocnn.prediction.catalogue import pick_earthquakes
    from geocnn.prediction.detect import detect_earthquakes
    from geocnn.prediction.stretched import predict_stretched

    others: dict[str, object] = {"tile": tile, "memory": memory, "precision": precision, "log": log}
    others |= {"samples": samples, "stretch": stretch, "workers": workers, "scheduler": scheduler}
    unfit = [name for name, value in others.items() if value is not None]
    heard: dict[str, Any] = {"threshold": threshold, "channels": channels or "*"}
    of_seismograms = ["threshold"] * (threshold is not None) + ["channels"] * (channels is not None)
    of_picks = ["stations"] * (stations is not None) + ["detector"] * (detector != "detector")
    common: dict[str, Any] = {"overwrite": overwrite, "device": device, "show_progress": show_progress}
    refuse_detector(card := network.card if isinstance(network, Trained) else read_card(network))
    if is_picker(card):
        refuse_for_others(unfit, "a picker takes seismograms")
        return pick_earthquakes(network, data, out, **heard, stations=stations, detector=detector, **common)
    if judges_seismograms(card) and not isinstance(data, Source) and not are_windows(data):
        refuse_for_others(unfit, "this network takes seismograms or windows of them")
        refuse_for_others(of_picks, "this network picks nothing", whose="pickers")
        return detect_earthquakes(network, data, out, **heard, **common)
    refuse_for_others(of_seismograms + of_picks, "this network takes none", whose="seismograms")
    if card.task != "classification" or isinstance(data, Source):
        known: Any = {name: _USUAL.get(name) if value is None else value for name, value in others.items()}
        return predict_stretched(network, data, out, **known, **common)  # type: ignore[arg-type]  # refused there
    refuse_for_windows(unfit)
    return _classify_windows(network, data, out, **common)


def _classify_windows(
    network: "str | Path | Trained",
    data: "Given",
    out: str | Path | None,
    *,
    overwrite: bool,
    device: str,
    show_progress: bool,
) -> "Classified":
    """Classify windows, and write the table if ``out`` is given."""
    from geocnn.classification import check_table, classify

    if out is not None:
        check_table(Path(out), overwrite=overwrite)
    result = classify(network, data, device=device, show_progress=show_progress)
    if out is not None:
        result.write(Path(out), overwrite=overwrite)
    return result


def refuse_for_windows(given: Sequence[str]) -> None:
    """Refuse arguments of :func:`predict` and :func:`evaluate` that apply to surveys only.

    Args:
        given: names of the given ones, as the user knows them.

    Raises:
        DataError: there are such arguments.
    """
    refuse_for_others(given, "a classifier judges windows")


def refuse_for_others(given: Sequence[str], what: str, *, whose: str = "surveys") -> None:
    """Refuse arguments that apply to other data.

    Args:
        given: names of the given ones, as the user knows them.
        what: what the network does instead.
        whose: data that the arguments apply to.

    Raises:
        DataError: there are such arguments.
    """
    if given:
        names, are, them = given[0], "is", "it"
        if len(given) > 1:
            names, are, them = f"{', '.join(given[:-1])} and {given[-1]}", "are", "them"
        raise DataError(f"{names} {are} for {whose}, and {what}; leave {them} out.")


def _between(
    data: object,
    labels: object,
    horizons: "Sequence[str | Path | Horizon]",
    announce: "Callable[[str], None] | None",
) -> "Source":
    """Labels for a survey, made from horizons: the intervals between them are the classes.

    Raises:
        DataError: there is no survey, or labels are given as well.
    """
    from geocnn.io import open as open_survey
    from geocnn.recipes.segment.intervals import intervals

    survey = [] if data is None else [open_survey(data)]  # type: ignore[arg-type]  # anything else is refused there
    made, _, told = intervals(survey, [] if labels is None else survey, horizons)
    if announce is not None:
        for line in told:
            announce(line)
    return open_survey(made[0])


def _refuse_without_samples(trained: "Trained") -> None:
    """Refuse a network whose card names no samples with which it could be evaluated.

    Raises:
        DataError: its recipe has no samples, or its data were not kept.
    """
    noted = trained.card.training
    try:
        inspect.signature(RECIPES[noted["recipe"]]).bind(**noted["arguments"])
    except (KeyError, TypeError):
        raise DataError(
            f"the card of {trained.folder or trained.card.name} names no recipe with samples to be judged by; give a "
            "survey with --data and its known answers with --labels."
        ) from None
    told = (noted["recipe"], noted["arguments"].get("data"))
    if told == ("segment", None) or (told == ("classify", "arrays") and not Path("arrays").exists()):
        raise DataError(
            f"{trained.folder or trained.card.name} was trained on arrays in memory, which are not kept; give "
            f"{'windows with --data' if told[1] else 'a survey with --data and its classes with --labels'}."
        )


def _refuse_other_data(card: "Card", now: "Card", who: str) -> None:
    """Refuse to judge a network by files that are no longer what it learnt from: training samples may be among these.

    The same windows may be divided otherwise by another version of geocnn; then their description differs.

    Args:
        card: card of the network.
        now: card of the recipe as made again from these files.
        who: name of the network, for the message.

    Raises:
        DataError: the data differ.
    """
    same = all(card.training.get(key) in (None, now.training.get(key)) for key in ("windows", "digest"))
    judges = card.task == "classification" and "windows" in card.training
    if same and (not judges or (card.classes, card.data) == (now.classes, now.data)):
        return
    if judges:
        raise DataError(
            f"{who} learnt from {card.training['arguments']['data']}, which has changed since, or another of this name "
            "lies there, or another version of geocnn divided it otherwise; bring back what it was, give windows with "
            "--data, their classes as the array y, or train again."
        )
    files = [name for key in ("data", "labels", "horizons") for name in card.training["arguments"].get(key) or ()]
    raise DataError(
        f"{who} learnt from {', '.join(files)}, which have changed since, or others of these names lie there, or "
        "another version of geocnn divided them otherwise; bring back what they were, give a survey with --data and "
        "its known answers with --labels, or train again."
    )


def again(card: "Card", who: str) -> "Recipe":
    """Make the recipe of a trained network again from its card, for the validation samples.

    Args:
        card: card of the network, which names the recipe and its arguments.
        who: name of the network, for the message.

    Raises:
        KeyError: the card names no recipe or no arguments.
        MissingError: files that it was trained on are no longer there.
        DataError: as raised by the recipe.
    """
    return build(card.training["recipe"], **arguments_again(card, who))


def evaluate(
    network: "str | Path | Trained",
    data: "Given | Source | None" = None,
    labels: "str | Path | NDArray[Any] | Source | None" = None,
    *,
    horizons: "Sequence[str | Path | Horizon] | None" = None,
    stretch: "float | Sequence[float] | str | None" = None,
    memory: str | None = None,
    device: str = "auto",
    show_progress: bool = True,
    announce: "Callable[[str], None] | None" = None,
) -> dict[str, float]:
    """Score a network on a survey with labels or, without data, on the validation samples of its recipe.

    Args:
        network: "faults", a run folder, or what :func:`geocnn.load` or :func:`geocnn.fit` returned.
        data: survey or windows with their classes, as for :func:`geocnn.predict`; of a picker seismograms.
        labels: on the same grid, 1 on the one class that the network finds, or numbers of classes; -1, 255 and NaN
            are unknown. Of a picker a table of all arrivals, see :func:`geocnn.evaluation.evaluate_picks`.
        horizons: text files, from top to bottom, in place of labels.
        stretch: of surveys, as for :func:`geocnn.predict`, whose result is scored; default "auto".
        memory: as for :func:`geocnn.predict`.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.
        announce: is called with lines on the data and the result that a user should know, such as ``print``.

    Raises:
        DataError: data without labels, or what does not fit; or files that have changed since the network learnt.
    """
    from geocnn.checkpoints import Trained, is_picker, load, read_card, refuse_detector
    from geocnn.evaluation import evaluate_picks, evaluate_samples, evaluate_survey
    from geocnn.io.source import Source
    from geocnn.recipes.segment.intervals import check_learnt

    who = str((network.folder or network.card.name) if isinstance(network, Trained) else network)
    of_surveys = ["--stretch"] * (stretch is not None)
    if data is not None or labels is not None or horizons is not None:
        card = network.card if isinstance(network, Trained) else read_card(network)
        refuse_detector(card)
        if horizons is not None:
            check_learnt(card, who, horizons)
            labels = _between(data, labels, horizons, announce)
        judges = card.task == "classification"
        if judges and labels is not None:
            raise DataError(
                "a classifier is judged by the classes that lie with the windows, as the array y in --data; leave "
                "--labels out."
            )
        if judges and data is not None and not isinstance(data, Source):
            refuse_for_windows(of_surveys)
            return _judge_windows(network, data, device=device, show_progress=show_progress, announce=announce)
    if (data is None) != (labels is None):
        raise DataError("evaluate needs both --data and --labels, or neither for the samples of the recipe.")
    if isinstance(labels, str | Path) and is_picker(card):
        refuse_for_others(of_surveys, "a picker takes seismograms")
        return evaluate_picks(network, data, labels, device=device, show_progress=show_progress, announce=announce)
    if data is not None and labels is not None:
        return evaluate_survey(
            network,
            data,  # type: ignore[arg-type]  # anything else is refused there
            labels,
            stretch="auto" if stretch is None else stretch,
            memory=memory,
            device=device,
            show_progress=show_progress,
            announce=announce,
        )
    refuse_for_others(of_surveys, "without data the samples of the recipe are judged")
    trained = network if isinstance(network, Trained) else load(network)
    _refuse_without_samples(trained)
    recipe = again(trained.card, who)
    _refuse_other_data(trained.card, recipe.card, who)
    return evaluate_samples(
        trained,
        recipe.validation,
        device=device,
        show_progress=show_progress,
        metrics=recipe.metrics,
        summary=recipe.summary,
    )


def _judge_windows(
    network: "str | Path | Trained",
    data: "Given",
    *,
    device: str,
    show_progress: bool,
    announce: "Callable[[str], None] | None",
) -> dict[str, float]:
    """Score a classifier on windows with known classes.

    Raises:
        DataError: their classes are not known.
    """
    from geocnn.classification import classify, confusion_table, scores

    result = classify(network, data, device=device, show_progress=show_progress)
    truth, found = result.judged()
    if not len(truth):
        name = data if isinstance(data, str | Path) else "the data"
        raise DataError(
            result.unfit
            or f"{name} has windows without classes to judge by; add the array y, the class of each window."
        )
    if announce is not None:
        for note in result.notes:
            announce(f"note: {note}")
    classes = result.card.classes
    return scores(confusion_table(truth, found, len(classes)), classes)
