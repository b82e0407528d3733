"""Apply a network to many surveys: one after the other, or with one process per survey."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from geocnn import budget, io
from geocnn.checkpoints import Trained, versions
from geocnn.errors import DataError, GeocnnError
from geocnn.hardware import Precision, autocast, choose_device
from geocnn.io.partial import forget_partial
from geocnn.io.source import Source
from geocnn.io.system import reason
from geocnn.prediction import predict
from geocnn.prediction.job import check_versions
from geocnn.prediction.mirrored import predict_mirrored
from geocnn.prediction.results import Samples
from geocnn.prediction.stretched import predict_stretched
from geocnn.prediction.workers import Workers

__all__ = ["Outcome", "predict_files"]


@dataclass(frozen=True)
class Outcome:
    """Result of predicting one file.

    Attributes:
        file: path of the survey.
        out: path of its result.
        plan: how the network went through the survey.
        notes: what a user should know.
        seconds: time it took.
        error: why there is no result; empty if there is one.
        skipped: whether a result existed before and was left as it is.
    """

    file: Path
    out: Path
    plan: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str = ""
    skipped: bool = False


def predict_files(
    network: str | Path | Trained,
    files: Sequence[tuple[str | Path, str | Path]],
    *,
    tile: tuple[int, ...] | None = None,
    memory: str | None = None,
    overwrite: bool = False,
    device: str = "auto",
    precision: Precision = "float32",
    samples: Samples = "float32",
    log: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    tta: bool = False,
    stretch: Sequence[float] | str = "auto",
    opened: Callable[[Path], Source] = io.open,
    show_progress: bool = True,
) -> Iterator[Outcome]:
    """Apply a network to many surveys; if one fails, the others still get their results.

    Existing results are left as they are, so that the same call goes on where an earlier one was stopped. With at least
    as many files as workers each worker takes a file at a time; with fewer they share the work on each file.

    Args:
        network: as for :func:`geocnn.predict`; so are all arguments that are not listed here.
        files: pairs of a survey and the path of its result.
        overwrite: replace results that are there.
        tta: the mean over mirror images, see :func:`geocnn.prediction.mirrored.predict_mirrored`.
        stretch: how surveys are resampled for the network, see :func:`geocnn.prediction.stretched.predict_stretched`.
        opened: opens a survey; workers need to be able to import it, if it is not :func:`geocnn.open`.
        show_progress: show a live line where the files are done one after the other.

    Yields:
        Outcome of a file as soon as it is known; with workers in the order in which they finish.

    Raises:
        DataError: ``files`` are no pairs, two results have the same name, or options fit no file; nothing has been done
            then.
        MissingError: workers are asked for, and Dask is not installed.
    """
    pairs = _pairs(files)
    _check_names([out for _, out in pairs])
    place = choose_device(device)
    autocast(precision, place)
    options: dict[str, Any] = {"tile": tile, "overwrite": overwrite, "device": device, "precision": precision}
    options["samples"] = samples
    options |= {"log": None if log is None else Path(log).absolute(), "memory": memory}
    if memory is not None:
        budget.bytes_of(memory)
    waiting = {out: file for file, out in pairs if overwrite or not out.exists()}
    yield from (Outcome(file, out, skipped=True) for file, out in pairs if out not in waiting)
    alone = {"workers": workers, "scheduler": scheduler, "show_progress": show_progress}
    try:
        with _team(workers, scheduler) as team:
            if team is None or len(waiting) < team.size:
                one = _Prediction(network, opened, options | alone, tta, stretch)
                outcomes: Iterator[Outcome] = (one(file, out) for out, file in list(waiting.items()))
            else:
                options |= {"memory": memory or str(team.memory(place)), "show_progress": False}
                outcomes = _by_workers(team, _Prediction(network, opened, options, tta, stretch), waiting)
            for outcome in outcomes:
                del waiting[outcome.out]
                yield outcome
    except BaseException as error:
        for out in waiting:
            forget_partial(out.resolve(), unless_marked=True)
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(
                f"stopped; {len(pairs) - len(waiting)} of {len(pairs)} files are done, and the same command goes on "
                "with the others."
            ) from None
        raise


def _pairs(files: Sequence[Any]) -> list[tuple[Path, Path]]:
    """Paths of surveys and their results.

    Raises:
        DataError: there is something else than pairs of paths.
    """
    given: list[Any] = [files] if isinstance(files, str | Path) else list(files)
    for pair in given:
        if not isinstance(pair, tuple | list) or [isinstance(path, str | Path) for path in pair] != [True, True]:
            raise DataError(
                f"among the files is {pair!r}; needed are pairs of a survey and its result, such as "
                '[("survey.sgy", "faults.sgy")].'
            )
    return [(Path(file).absolute(), Path(out).absolute()) for file, out in given]


@dataclass(frozen=True)
class _Prediction:
    """The task for each file, in this process or in a worker."""

    network: str | Path | Trained
    opened: Callable[[Path], Source]
    options: dict[str, Any]
    tta: bool
    stretch: Sequence[float] | str

    def __call__(self, file: Path, out: Path) -> Outcome:
        """Predict a file; an error that concerns this file alone is returned as a sentence."""
        try:
            run = predict_mirrored if self.tta else predict
            made = predict_stretched(
                self.network, self.opened(file), out, stretch=self.stretch, run=run, **self.options
            )
        except (GeocnnError, OSError, MemoryError, RuntimeError) as error:
            if not (why := _why(error, file)):
                raise
            return Outcome(file, out, error=why)
        return Outcome(file, out, str(made.plan), tuple(made.notes), made.seconds)


def _why(error: Exception, file: Path) -> str:
    """Why a file has no result, if the others can still be done; empty for a fault of the program, which is raised."""
    if isinstance(error, GeocnnError):
        return str(error)
    if isinstance(error, OSError):
        return f"the system refuses {error.filename or file.name}: {reason(error)}; check its name and permissions."
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):  # GPU, CPU
        return "the machine ran out of memory; give less, with --memory 2GB or a smaller --tile."
    return ""


def _team(workers: int | None, scheduler: str | None) -> AbstractContextManager[Workers | None]:
    """The processes that do the work; None if this process does it."""
    return nullcontext() if workers is None and scheduler is None else Workers(workers, scheduler)


def _by_workers(team: Workers, prediction: _Prediction, waiting: dict[Path, Path]) -> Iterator[Outcome]:
    """Give each file to a worker. If a worker dies, only its file is lost, and another worker takes the next one."""
    packed = pickle.dumps((versions(), pickle.dumps(prediction)))
    files = list(waiting.items())
    for number, found in team.each(_unpack_and_do, packed, [(file, out, team.threads) for out, file in files]):
        out, file = files[number]
        yield found if isinstance(found, Outcome) else Outcome(file, out, error=str(found))


def _unpack_and_do(packed: bytes, file: Path, out: Path, threads: int) -> Outcome:
    """Task that runs in a worker."""
    wanted, prediction = pickle.loads(packed)
    check_versions(wanted)
    torch.set_num_threads(threads)
    made: Outcome = pickle.loads(prediction)(file, out)
    return made


def _check_names(outs: Sequence[Path]) -> None:
    """Refuse two results with the same name.

    Raises:
        DataError: there are two.
    """
    twice = [out for out, count in Counter(outs).items() if count > 1]
    if twice:
        raise DataError(
            f"two of the files would have the same result {twice[0].name}; give one of them a call of its own, with "
            "another --out."
        )
