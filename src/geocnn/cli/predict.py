"""``geocnn predict NETWORK FILE``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from cyclopts import Parameter

from geocnn.cli.options import RESULTS, SurveyOptions

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["predict"]


class _Options(TypedDict):
    """Of a prediction, for one file and for many."""

    tile: tuple[int, ...] | None
    memory: str | None
    overwrite: bool
    device: str
    precision: Literal["float32", "bf16", "auto"]
    log: Path | None
    workers: int | None
    scheduler: str | None
    show_progress: bool


def predict(
    network: str,
    file: Path,
    /,
    *more: Path,
    out: Path | None = None,
    overwrite: bool = False,
    tile: tuple[int, ...] | None = None,
    memory: str | None = None,
    precision: Literal["float32", "bf16", "auto"] = "float32",
    tta: bool = False,
    uncertainty: Path | None = None,
    device: str = "auto",
    log: Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    picture: Annotated[bool, Parameter(negative="--no-picture")] = True,
    quiet: bool = False,
    survey: SurveyOptions | None = None,
) -> None:
    """Apply a network to a survey, or to many; a result has the survey's own headers and geometry.

    Of many files those whose results are there are left as they are, so that the same command goes on where it was
    stopped, and one that fails does not keep the others from their results.

    A classifier is applied to windows instead, .npz, Zarr group, .npy or a folder of pictures, and writes a table. It
    takes none of the options that are for surveys: --tile, --memory, --precision, --tta, --uncertainty, --log,
    --workers, --scheduler, and those of their headers.

    Args:
        network: faults, or a folder written by geocnn train.
        file: SEG-Y line or cube, Zarr array, or .npy; for a classifier windows.
        more: other files, for example all of lines/*.sgy.
        out: result, .sgy, .zarr or .npy, for a classifier .csv, or a folder; default FILE with the network's name.
        overwrite: replace results.
        tile: samples of a tile per axis, for example --tile 128 128 128; default as large as --memory allows.
        memory: for the whole process, for example 4GB, with --workers for each of them; default half of what the
            machine has.
        precision: bf16 is faster where the processor has it, float32 does not depend on the tile size.
        tta: the mean of a line and its mirror image, of a cube and its three, which takes two or four times as long.
        uncertainty: file for their standard deviation, for one survey; with --tta.
        device: auto, cpu, cuda or cuda:1.
        log: file to which a line of JSON is appended for every part that is finished, with rate, time left and memory.
        workers: processes of this machine that share the work, or take a file each where there are as many; needs
            pip install 'geocnn[dask]'.
        scheduler: address of a Dask cluster whose workers share the work instead; they need the same files.
        picture: save a picture of a section with the result over it.
        quiet: no progress line.
        survey: what you know better than the headers.
    """
    from geocnn.checkpoints import is_classifier
    from geocnn.cli.text import named
    from geocnn.errors import DataError

    survey = survey or SurveyOptions()
    file = named(file)
    if is_classifier(network):
        others: dict[str, object] = {"tile": tile, "memory": memory, "log": log, "workers": workers}
        others |= {"tta": tta or None, "uncertainty": uncertainty}
        others |= {"scheduler": scheduler, "precision": None if precision == "float32" else precision}
        _no_survey(survey, others, more)
        _classify(network, file, _target(network, file, out, ".csv"), overwrite=overwrite, device=device, quiet=quiet)
        return
    options: _Options = {
        "tile": tile,
        "memory": memory,
        "overwrite": overwrite,
        "device": device,
        "precision": precision,
        "log": log,
        "workers": workers,
        "scheduler": scheduler,
        "show_progress": not quiet,
    }
    if uncertainty is not None and (more or not tta):
        raise DataError("--uncertainty is the standard deviation over mirror images of one survey; give --tta as well.")
    if more:
        _many(network, (file, *map(named, more)), out, survey, options, tta=tta, picture=picture)
    else:
        _one(network, file, out, survey, options, mirrored=(tta, uncertainty), picture=picture)


def _one(
    network: str,
    file: Path,
    out: Path | None,
    survey: SurveyOptions,
    options: "_Options",
    *,
    mirrored: tuple[bool, Path | None],
    picture: bool,
) -> None:
    """Predict a survey."""
    from geocnn.checkpoints import load
    from geocnn.cli.text import say
    from geocnn.prediction import predict as run
    from geocnn.prediction.mirrored import predict_mirrored

    source = survey.open(file)
    trained, target = load(network, ndim=source.grid.ndim), _target(network, file, out)
    if options["show_progress"]:
        for label, text in source.describe():
            say(f"{label:<14} {text}")
    tta, uncertainty = mirrored
    if tta:
        result = predict_mirrored(trained, source, target, uncertainty=uncertainty, **options)
    else:
        result = run(trained, source, target, **options)
    for note in result.notes:
        say(f"note: {note}")
    say(f"{result.plan}; {result.seconds:.1f} s")
    say(f"result  {target}")
    if uncertainty is not None:
        say(f"spread  {uncertainty}")
    if picture:
        _picture(source, survey.open_result(target), trained.card.classes, target, overwrite=options["overwrite"])


def _many(
    network: str,
    files: Sequence[Path],
    out: Path | None,
    survey: SurveyOptions,
    options: "_Options",
    *,
    tta: bool,
    picture: bool,
) -> None:
    """Predict many surveys, and say at the end which have failed."""
    from geocnn.checkpoints import load
    from geocnn.cli.text import say
    from geocnn.errors import DataError, TargetError
    from geocnn.prediction.many import predict_files

    if out is not None and not out.is_dir():
        if out.suffix.lower() in RESULTS or out.exists():
            raise TargetError(f"--out is {out}, but {len(files)} files have {len(files)} results; give a folder.")
        out.mkdir(parents=True)
    targets = {_target(network, file, out).absolute(): file for file in files}
    pairs = [(file, _target(network, file, out)) for file in files]
    failed = []
    for count, outcome in enumerate(predict_files(network, pairs, opened=survey.open, tta=tta, **options), start=1):
        file, target = targets[outcome.out], _target(network, targets[outcome.out], out)
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
                classes = load(network, ndim=source.grid.ndim).card.classes
                _picture(source, survey.open_result(target), classes, target, overwrite=options["overwrite"])
    if failed:
        raise DataError(f"{len(failed)} of {len(files)} files failed: {', '.join(map(str, failed))}.")


def _picture(source: "Source", result: "Source", classes: tuple[str, ...], target: Path, *, overwrite: bool) -> None:
    """Draw a section with the result over it, beside the result."""
    from geocnn.cli.text import free, say
    from geocnn.figures import save
    from geocnn.figures.section import section

    label = f"probability of {classes[0]}" if classes != ("fault",) else "fault probability"
    drawn = target.with_suffix(".png")
    drawn = drawn if overwrite else free(drawn)
    say(f"picture {save(section(source, result, label=label, classes=classes), drawn)}")


def _no_survey(survey: SurveyOptions, others: dict[str, object], more: Sequence[Path]) -> None:
    """Refuse for a classifier what surveys have."""
    from geocnn.errors import DataError
    from geocnn.recipes import refuse_for_windows

    if more:
        raise DataError(
            f"a classifier takes one file of windows a call, not also {more[0]}; give it a call of its own."
        )
    given = [name for name, value in others.items() if value is not None]
    given += [name for name, value in vars(survey).items() if value != getattr(SurveyOptions, name)]
    refuse_for_windows([f"--{name.replace('_', '-')}" for name in given])


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
    say(f"{len(result.names)} windows: " + ", ".join(f"{name} ({count})" for name, count in counts))
    truth, found = result.judged()
    if len(truth):
        which = "them" if len(truth) == len(result.names) else f"the {len(truth)} that have a label"
        say(f"{(found == truth).mean():.3f} of {which} as their own labels say")
    say(f"result  {target}")


def _target(network: str, file: Path, out: Path | None, suffix: str = "") -> Path:
    """Where the result goes: in the form of FILE, under its name, where the user does not tell."""
    if out is not None and not (out.is_dir() and out.suffix.lower() != ".zarr"):
        return out
    suffix = suffix or (".zarr" if file.is_dir() else file.suffix)
    suffix = suffix if suffix.lower() in (*RESULTS, ".csv") else ".sgy"
    name = f"{file.stem}-{Path(network).resolve().name}{suffix}"
    return out / name if out is not None else Path(name)
