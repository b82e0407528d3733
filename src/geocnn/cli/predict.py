"""``geocnn predict NETWORK FILE``."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from geocnn.cli.options import CatalogueOptions, FaultOptions, RunOptions, SurveyOptions, given
from geocnn.words import number_of

if TYPE_CHECKING:
    from geocnn.checkpoints import Card
    from geocnn.io.source import Source

__all__ = ["predict"]


def predict(
    network: str,
    file: Path,
    /,
    *more: Path,
    out: Path | None = None,
    overwrite: bool = False,
    device: str = "auto",
    picture: Annotated[bool, Parameter(negative="--no-picture")] = True,
    page: Path | None = None,
    quiet: bool = False,
    run: RunOptions | None = None,
    picks: CatalogueOptions | None = None,
    faults: FaultOptions | None = None,
    survey: SurveyOptions | None = None,
) -> None:
    """Apply a network to a survey, or to many, or to seismograms; a result has the survey's own geometry.

    Of many files those whose results are there are left as they are, so that the same command goes on where it was
    stopped, and one that fails does not keep the others from their results. The network denoise writes the survey
    without random noise, and a picture of what was removed; superres writes it with twice as many traces and samples,
    of a cube crosslines and samples.

    Fault probabilities become faults where a file of them is asked for with --thin, --table, --sticks or --page; geocnn
    interpret does that later, with another --threshold perhaps.

    A classifier judges windows, .npz, Zarr group, .npy or a folder of pictures, and writes a table.

    A picker takes seismograms, miniSEED and what else ObsPy reads, files or a folder with all under it, and writes a
    catalogue in QuakeML, a table of the picks, and a picture of each day and each station. Stopped or killed, the same
    command goes on where it was. It takes --out, --overwrite, --device, --quiet, --no-picture, --threshold, --channels,
    --detector, --probabilities, for places --stations, --crust, --velocity-model, --associate.

    A network of geocnn train convnetquake judges a window of seismograms every 0.64 s; those with an earthquake that
    follow one another are a row of a table, with QuakeML beside it. It takes --threshold and --channels as well.

    Args:
        network: faults, denoise, superres, quakes, or a folder written by geocnn train.
        file: SEG-Y line or cube, Zarr array, or .npy; for a classifier windows; for quakes, and what geocnn train
            convnetquake wrote, seismograms or a folder.
        more: other files, for example all of lines/*.sgy.
        out: result, .sgy, .zarr or .npy, for a classifier .csv, for a picker .xml, or a folder; default
            FILE with the network's name.
        overwrite: replace results.
        device: auto, cpu, cuda or cuda:1.
        picture: save a picture of a section with the result over it, of seismograms one a day and one a station.
        page: .html or .pdf with sections, maps, strikes and dips, and a table of the faults of one survey.
        quiet: no progress line.
        run: how it is done.
        picks: how seismograms are picked.
        faults: what becomes of fault probabilities.
        survey: what you know better than the headers.
    """
    from geocnn.checkpoints import is_picker, judges_seismograms, read_card, refuse_detector
    from geocnn.cli.text import named
    from geocnn.errors import DataError
    from geocnn.io.window_files import are_windows

    run, faults, survey = run or RunOptions(), faults or FaultOptions(), survey or SurveyOptions()
    file, card = named(file), read_card(network)
    common: dict[str, Any] = {"overwrite": overwrite, "device": device, "quiet": quiet}
    if is_picker(card) or (judges_seismograms(card) and not are_windows(file)):
        others = run, faults, survey, page
        _records(network, card, (file, *more), out, picks or CatalogueOptions(), others, common, picture=picture)
        return
    refuse_detector(card)
    if picks is not None and (asked := given(picks)):
        raise DataError(f"{asked[0]} is for seismograms, and {network} takes surveys; leave it out.")
    if card.task == "classification":
        _no_survey(more, [*given(run), *given(faults), *given(survey), *["--page"] * (page is not None)])
        _classify(network, file, _target(network, file, out, ".csv"), **common)
        return
    _check(network, card, run, faults, more, page)
    options = {**vars(run), "overwrite": overwrite, "device": device, "show_progress": not quiet}
    options["stretch"] = run.factors
    if more:
        options.pop("uncertainty")
        _many(network, (file, *map(named, more)), out, survey, options, picture=picture)
    else:
        _one(network, file, out, survey, options, faults, picture=picture, page=page)


def _records(
    network: str,
    card: "Card",
    paths: Sequence[Path],
    out: Path | None,
    picks: CatalogueOptions,
    others: tuple[RunOptions, FaultOptions, SurveyOptions, Path | None],
    common: dict[str, Any],
    *,
    picture: bool,
) -> None:
    """Apply a network to seismograms."""
    from geocnn.checkpoints import is_picker
    from geocnn.cli.detections import detect, refuse_for_detections
    from geocnn.cli.picks import pick, refuse_for_records

    threshold = others[1].threshold
    if is_picker(card):
        refuse_for_records(*others)
        pick(network, paths, out, picks, threshold, picture=picture, **common)
    else:
        refuse_for_detections(*others, picks)
        detect(network, paths, out, picks.channels, threshold, **common)


def _check(
    network: str, card: "Card", run: RunOptions, faults: FaultOptions, more: Sequence[Path], page: Path | None
) -> None:
    """Refuse options that say nothing without others, for many surveys, or for this network.

    Raises:
        DataError: there are some.
    """
    from geocnn.checkpoints import restores
    from geocnn.errors import DataError

    if run.uncertainty is not None and (more or not run.tta):
        raise DataError("--uncertainty is the standard deviation over mirror images of one survey; give --tta as well.")
    asked = [*given(faults), *["--page"] * (page is not None)]
    if asked and restores(card):
        raise DataError(f"{asked[0]} is for the faults of a survey, and {network} gives amplitudes; leave it out.")
    if asked and (more or not (faults.files or page)):
        raise DataError(
            f"{asked[0]} is for the faults of one survey; give one file, and --thin, --table, --sticks or --page for "
            "what is to be written."
        )


def _one(
    network: str,
    file: Path,
    out: Path | None,
    survey: SurveyOptions,
    options: dict[str, Any],
    faults: FaultOptions,
    *,
    picture: bool,
    page: Path | None,
) -> None:
    """Predict a survey."""
    from geocnn.checkpoints import load
    from geocnn.cli.text import say
    from geocnn.prediction import predict as plain
    from geocnn.prediction.mirrored import predict_mirrored
    from geocnn.prediction.stretched import predict_stretched

    source = survey.open(file)
    if out is not None and not out.suffix and not out.exists():
        out.mkdir(parents=True)  # a folder, as for several files
    trained = load(network, ndim=source.grid.ndim)
    target = _target(network, file, out, finer=trained.card.finer > 1)
    overwrite, show_progress = options["overwrite"], options["show_progress"]
    results = [target, *([options["uncertainty"]] if options["uncertainty"] is not None else [])]
    faults.check(source, trained.card.classes, results, page, overwrite=overwrite)
    _check_room(trained.card, source, results, faults.thin, options)
    if show_progress:
        for label, text in source.describe():
            say(f"{label:<14} {text}")
    run = predict_mirrored if options.pop("tta") else plain
    result = predict_stretched(trained, source, target, run=run, **options)
    for note in result.notes:
        say(f"note: {note}")
    say(f"{result.plan}; {result.seconds:.1f} s")
    say(f"result  {target}")
    if options["uncertainty"] is not None:
        say(f"spread  {options['uncertainty']}")
    if faults.files or page:
        spread = options["uncertainty"] and survey.open_result(options["uncertainty"], source)
        pair = source, survey.open_result(target, source)
        name = f"{network} ({trained.card.name})"
        if faults.threshold is None:
            faults = replace(faults, threshold=trained.card.threshold)
        _faults(pair, spread, faults, page, name, overwrite=overwrite, show_progress=show_progress)
    if picture:
        threshold = trained.card.threshold if faults.threshold is None else faults.threshold
        _picture(source, survey.open_result(target), trained.card, threshold, target, overwrite=overwrite)


def _check_room(
    card: "Card", source: "Source", results: Sequence[Path], thin: Path | None, options: dict[str, Any]
) -> None:
    """Find out before any work whether all surveys that are to be written have room together, with steps on the way.

    Raises:
        TargetError: they have not.
    """
    from geocnn.io.room import check_room, size_of
    from geocnn.prediction.sampling import stretch_of
    from geocnn.prediction.steps import sizes_of_steps
    from geocnn.prediction.stretched import finer

    source, factors = finer(source, card), options["stretch"]
    itemsize = 1 if options["samples"] == "int8" else 4
    sizes = {path: size_of(path, source, itemsize=itemsize) for path in results}
    if thin is not None:
        sizes[thin] = size_of(thin, source)
    if not all(path.resolve().parent.is_dir() for path in sizes):
        return
    if factors == "auto" and card.training.get("recipe") == "faults":
        factors = stretch_of(source)[0]
    if len(factors) != source.grid.ndim or factors == "auto":  # 1 alone, or what is refused later
        factors = (1.0,) * source.grid.ndim
    steps = sizes_of_steps(
        results[0], source.grid.shape, factors, mirrored=options["tta"], spread=options["uncertainty"] is not None
    )
    if len(sizes) + len(steps) > 1:  # one by itself is checked where it is made, with its folder
        check_room(sizes, steps)


def _faults(
    pair: "tuple[Source, Source]",
    spread: "Source | None",
    faults: FaultOptions,
    page: Path | None,
    network: str,
    *,
    overwrite: bool,
    show_progress: bool,
) -> None:
    """Find faults in the result of a survey, write what is asked for, and say which there are."""
    from geocnn.cli.interpret import say_doubts, told
    from geocnn.cli.text import say
    from geocnn.figures.page import page as write

    survey, result = pair
    say_doubts(survey)
    found = faults.interpret(result, overwrite=overwrite, show_progress=show_progress)
    told(found, faults, survey.grid)
    if page is not None:
        facts = [("network", network), *faults.facts(found)]
        write(
            page,
            survey,
            result,
            spread=spread,
            objects=found.objects,
            facts=facts,
            threshold=found.threshold,
            overwrite=overwrite,
        )
        say(f"page    {page}")


def _many(
    network: str,
    files: Sequence[Path],
    out: Path | None,
    survey: SurveyOptions,
    options: dict[str, Any],
    *,
    picture: bool,
) -> None:
    """Predict many surveys, and say at the end which have failed."""
    from geocnn.checkpoints import load, read_card
    from geocnn.cli.text import say
    from geocnn.errors import DataError, TargetError
    from geocnn.io import SURVEYS
    from geocnn.prediction.many import predict_files

    if out is not None and not out.is_dir():
        if out.suffix.lower() in SURVEYS or out.exists():
            raise TargetError(f"--out is {out}, but {len(files)} files have {len(files)} results; give a folder.")
        out.mkdir(parents=True)
    finer = read_card(network).finer > 1
    pairs = [(file, _target(network, file, out, finer=finer)) for file in files]
    targets = {target.absolute(): (file, target) for file, target in pairs}
    failed = []
    for count, outcome in enumerate(predict_files(network, pairs, opened=survey.open, **options), start=1):
        file, target = targets[outcome.out]
        say(f"{file}  ({count} of {len(files)})")
        if outcome.error:
            failed.append(file)
            say(f"failed: {outcome.error}")
        elif outcome.skipped:
            say(f"result  {target} exists already, and is left as it is; --overwrite makes it again")
        else:
            for note in outcome.notes:
                say(f"note: {note}")
            say(f"{outcome.plan}; {outcome.seconds:.1f} s")
            say(f"result  {target}")
            if picture:
                source = survey.open(file)
                card, result = load(network, ndim=source.grid.ndim).card, survey.open_result(target)
                _picture(source, result, card, card.threshold, target, overwrite=options["overwrite"])
    if failed:
        raise DataError(f"{len(failed)} of {len(files)} files failed: {', '.join(map(str, failed))}.")


def _picture(
    source: "Source", result: "Source", card: "Card", threshold: float, target: Path, *, overwrite: bool
) -> None:
    """Draw a section with the result over it, beside the result; a failure is a note, for nobody has asked for it."""
    from geocnn.checkpoints import restores
    from geocnn.cli.text import free, say
    from geocnn.errors import TargetError
    from geocnn.figures import save
    from geocnn.figures.restoration import restored
    from geocnn.figures.section import section
    from geocnn.io import SURVEYS
    from geocnn.io.percent import probabilities
    from geocnn.io.source import as_picture
    from geocnn.prediction.stretched import finer

    source = as_picture(source, card.axes)
    # Of results that differ in their form alone each has a picture of its own, which the next one replaces.
    others = {target.with_suffix(suffix) for suffix in SURVEYS} - {target}
    name = f"{target.stem}-{target.suffix[1:]}" if any(other.exists() for other in others) else target.stem
    drawn = target.with_name(f"{name}.png")
    drawn = drawn if overwrite else free(drawn)
    if restores(card):
        made = restored(finer(source, card), result, interpolated=card.finer > 1)
    else:
        classes = card.classes
        label = f"probability of {classes[0]}" if classes != ("fault",) else "fault probability"
        probability = probabilities(result) if len(classes) == 1 else result
        made = section(source, probability, label=label, classes=classes, threshold=threshold)
    try:
        say(f"picture {save(made, drawn)}")
    except TargetError as error:
        say(f"note: there is no picture, {error}")


def _no_survey(more: Sequence[Path], options: list[str]) -> None:
    """Refuse for a classifier what surveys have."""
    from geocnn.errors import DataError
    from geocnn.recipes import refuse_for_windows

    if more:
        raise DataError(
            f"a classifier takes one file of windows a call, not also {more[0]}; give it a call of its own."
        )
    refuse_for_windows(options)


def _classify(network: str, file: Path, target: Path, *, overwrite: bool, device: str, quiet: bool) -> None:
    """Judge windows: a table, and how many there are of each class."""
    from geocnn.classification import check_table, classify
    from geocnn.cli.text import say

    check_table(target, overwrite=overwrite)
    result = classify(network, file, device=device, show_progress=not quiet)
    result.write(target, overwrite=overwrite)
    for note in result.notes:
        say(f"note: {note}")
    counts = [(name, int((result.found == k).sum())) for k, name in enumerate(result.card.classes)]
    say(f"{number_of(len(result.names), 'window')}: " + ", ".join(f"{name} ({count})" for name, count in counts))
    truth, found = result.judged()
    if len(truth):
        which = "them" if len(truth) == len(result.names) else f"the {len(truth)} that have a label"
        say(f"{(found == truth).mean():.3f} of {which} as their own labels say")
    say(f"result  {target}")


def _target(network: str, file: Path, out: Path | None, suffix: str = "", *, finer: bool = False) -> Path:
    """Where the result goes: in the form of FILE, under its name, where the user does not tell.

    A finer grid has line numbers and coordinates of its own, and SU, whose headers are those of FILE, has none.
    """
    from geocnn.io import SURVEYS

    if out is not None and not (out.is_dir() and out.suffix.lower() != ".zarr"):
        return out
    suffix = suffix or (".zarr" if file.is_dir() else file.suffix)
    forms = {*SURVEYS, ".csv"} - ({".su"} if finer else set())
    suffix = suffix if suffix.lower() in forms else ".sgy"
    name = f"{file.stem}-{Path(network).resolve().name}{suffix}"
    return out / name if out is not None else Path(name)
