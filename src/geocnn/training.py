"""The training loop; read it from top to bottom in :func:`fit`."""

import copy
import csv
import hashlib
import io
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from geocnn import checkpoints
from geocnn.checkpoints import Card, Trained, maps_of
from geocnn.datasets import Augmented, Crops, Samples, TensorSamples, batches
from geocnn.distributed import Team
from geocnn.errors import DataError, TargetError
from geocnn.hardware import autocast, channels_last, choose_device, flushed, keep_memory, machine, seeded, threads
from geocnn.interruption import interrupts_held
from geocnn.io.system import claimed, make_folder, reason
from geocnn.losses import Pooled
from geocnn.optimiser import AdamW
from geocnn.progress import progress
from geocnn.schedule import Schedule
from geocnn.training_state import MAY_CHANGE, STATE, TrainingState, check_resumable
from geocnn.words import number_of

__all__ = ["Recipe", "Run", "Schedule", "check_folder", "fit"]

METRICS = "metrics.csv"
DIGITS = "test.npz"
"""What :func:`geocnn.recipes.digits.save_test` writes into the folder of a run."""
PICTURES = ("learning", "confusion", "precision-recall", "windows", "traces", "section", "map")
"""What :mod:`geocnn.cli.reports` draws into the folder of a run, as .png."""


@dataclass(frozen=True)
class Recipe:
    """A training job: a network with its data, loss and schedule; made by the functions in :mod:`geocnn.recipes`.

    Attributes:
        name: name that users type.
        model: the network with its initial weights; training works on a copy.
        card: card of the network before training.
        train: training samples.
        validation: samples on which the network is validated after every epoch.
        loss: function from logits (float32) and targets to one number. For validation that of all samples together is
            recorded if it is a :class:`geocnn.losses.Pooled`, else the mean over batches, weighted by samples.
        metrics: metrics of one batch, by name, the same names for every batch; their means over the validation
            batches, weighted by samples, are recorded.
        schedule: how long and how fast.
        seed: seed of the order of the samples and of everything random in the network.
        summary: function from these means to the scores that are recorded, for scores that are no means, such as IoU or
            the accuracy of a class.
        monitor: score whose best epoch gives the weights that are kept, such as "validation_dice"; with a leading "-"
            the smallest is best; None keeps the last weights.
        report: kind of the final report, a key of :data:`geocnn.cli.reports.REPORTS`.
        applies_to: file in the suggested command that applies the network; empty for no such command.
        plan: lines that a user should see before training begins: data, classes, training and validation.
        penalty: function of the network, added to the loss in training.
    """

    name: str
    model: nn.Module
    card: Card
    train: Samples
    validation: Samples
    loss: Callable[[Tensor, Tensor], Tensor]
    metrics: Callable[[Tensor, Tensor], dict[str, float]]
    schedule: Schedule
    seed: int
    summary: Callable[[dict[str, float]], dict[str, float]] | None = None
    monitor: str | None = None
    report: str = "learning"
    applies_to: str = "survey.sgy"
    plan: tuple[str, ...] = ()
    penalty: Callable[[nn.Module], Tensor] | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Run(Trained):
    """A finished training run: the trained network, and how it came about.

    Attributes:
        history: rows of metrics.csv, one per epoch.
        recipe: recipe that was run.
    """

    history: list[dict[str, float]]
    recipe: Recipe

    @property
    def ending(self) -> str:
        """Sentence on why training ended and which weights are kept; empty for the last ones of all epochs."""
        done, planned, patience = len(self.history), self.recipe.schedule.epochs, self.recipe.schedule.patience
        if self.recipe.monitor is None:
            return ""
        kept = f"weights of epoch {self.card.training['best_epoch']} kept"
        if done >= planned or patience is None:
            return f"{number_of(done, 'epoch')} done; {kept}"
        return f"stopped after epoch {done} of {planned}: no better for {number_of(patience, 'epoch')}; {kept}"


def fit(
    recipe: Recipe,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    device: str = "auto",
    show_progress: bool = True,
    team: Team | None = None,
    announce: Callable[[str], None] | None = None,
) -> Run:
    """Train the network of a recipe.

    Ctrl-C ends it after the current step, with everything written that ``resume`` needs.

    Args:
        recipe: recipe to run.
        out: run folder; nothing is written without one.
        resume: continue an interrupted run in ``out``; on a processor with the same number of threads the result is bit
            for bit that of an uninterrupted run. The number of epochs, and with it the warm-up, of workers and the
            patience may change, and data may not; but of sample sets of your own nothing is compared but their length.
        overwrite: replace a run that is already in ``out``; its files are removed before the first step.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.
        team: processes that share the work, each of which calls this function; default this process alone.
        announce: is called before the first step with each line of the plan, and with where a run is resumed.

    Raises:
        DataError: there are no samples, or NaN in the data, the loss or the gradients; the message names the batch. Or
            the run to be resumed had other arguments.
        TargetError: ``out`` holds a run and neither ``resume`` nor ``overwrite`` is given, cannot be written, or is
            being written by another process.
        MissingError: there is nothing to resume.
    """
    keep_memory()
    place, team = choose_device(device), team or Team()
    _check_team(recipe, team)
    with _prepared(recipe, out, team, resume=resume, overwrite=overwrite) as folder, seeded(recipe.seed, place):
        state = _start(recipe, place, team)
        state.job |= _digests(recipe) if out is not None else {}
        if resume and out is not None:
            state.load(Path(out), recipe.schedule.epochs)
        elif folder:
            _clear(folder)
        per_epoch, epochs = recipe.schedule.steps(len(recipe.train)), recipe.schedule.epochs
        over = state.epoch >= epochs or state.is_stale(recipe.schedule.patience)
        if announce is not None and team.is_first:
            _announce(announce, state, recipe, Path(out) if resume and out else None, over=over)
        started = time.perf_counter() - state.seconds
        with (
            threads(recipe.schedule.threads),
            flushed(),
            team.connected(place),
            interrupts_held() as stop,
            progress(
                f"train {recipe.name}", per_epoch * epochs, show=show_progress and team.is_first and not over
            ) as tick,
        ):
            tick(state.epoch * per_epoch + state.step)
            try:
                while state.epoch < epochs and not state.is_stale(recipe.schedule.patience):
                    for (indices, count), (x, y) in batches(
                        recipe.train, recipe.schedule, team, seed=recipe.seed, epoch=state.epoch, skip=state.step
                    ):
                        loss = _step(state, recipe, indices, count, _place(x, place, recipe.card.ndim), y.to(place))
                        tick(1, f"epoch {state.epoch + 1}/{epochs}  loss {loss:.4f}")
                        stop()
                    scores = team.agree(_validate(state, recipe, place, stop), place)
                    state.seconds = time.perf_counter() - started
                    _close_epoch(state, recipe, scores)
                    if folder:
                        _record(state, recipe, folder, place)
                    stop()
            except KeyboardInterrupt:
                if folder and state.between_steps:
                    state.seconds = time.perf_counter() - started
                    state.save(folder)
                raise
            return _finish(state, recipe, folder, place)


def check_folder(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse to begin a run in the folder of another, or to resume one that does not exist; nothing is written.

    Raises:
        TargetError: the folder holds a run, and neither ``resume`` nor ``overwrite`` is given.
        MissingError: there is nothing to resume.
    """
    if resume:
        check_resumable(folder)
    elif not overwrite and any((folder / name).exists() for name in (STATE, checkpoints.CARD)):
        raise TargetError(f"{folder} already holds a run; continue it with --resume, or replace it with --overwrite.")


def _check_team(recipe: Recipe, team: Team) -> None:
    """Raise DataError if some processes would have no sample of a batch."""
    if recipe.schedule.batch_size < team.size:
        raise DataError(
            f"a batch of {recipe.schedule.batch_size} cannot be shared by {team.size} processes; give --batch-size "
            f"{team.size} or more."
        )


@contextmanager
def _prepared(
    recipe: Recipe, out: str | Path | None, team: Team, *, resume: bool, overwrite: bool
) -> Iterator[Path | None]:
    """Check the request and make the run folder, which is of this process alone while the block runs.

    Of several processes that share the work the first one writes; the others get None.
    """
    for name, samples in (("train", recipe.train), ("validation", recipe.validation)):
        if not len(samples):
            raise DataError(f"there are 0 {name} samples; at least one is needed.")
    if out is None and resume:
        raise DataError("--resume is given without a run folder; name it with --out.")
    if out is None or not team.is_first:
        yield None
        return
    folder = Path(out)
    check_folder(folder, resume=resume, overwrite=overwrite)
    make_folder(folder)
    with claimed(folder):
        yield folder


def _clear(folder: Path) -> None:
    """Remove the run that is to be replaced, so that a folder never holds files of two runs.

    Otherwise, if the new one were interrupted in its first epoch, the old network could be taken for its own. State and
    card, by which a run is known, come last: whatever stops this, the rest is replaced with --overwrite again.
    """
    if not any((folder / name).exists() for name in (STATE, checkpoints.CARD)):
        return
    pictures = tuple(f"{name}.png" for name in PICTURES)
    digits = (DIGITS,) if _has_digits(folder) else ()
    for name in (*pictures, *digits, METRICS, checkpoints.WEIGHTS, STATE, checkpoints.CARD):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise TargetError(
                f"{folder / name} cannot be removed ({reason(error)}); choose another folder with --out."
            ) from None


def _has_digits(folder: Path) -> bool:
    """Whether the card of a run tells that it wrote test digits; else a file of that name is somebody's own."""
    try:
        return bool(json.loads((folder / checkpoints.CARD).read_bytes())["training"]["recipe"] == "digits")
    except (OSError, ValueError, LookupError, TypeError, RecursionError):  # none is there yet, or it is damaged
        return False


def _start(recipe: Recipe, place: torch.device, team: Team) -> TrainingState:
    """State before the first step; the recipe is not changed, so that it can be run again."""
    schedule, card = recipe.schedule, recipe.card
    model = channels_last(copy.deepcopy(recipe.model).to(place).train(), card.ndim)
    average = {k: v.detach().clone() for k, v in model.state_dict().items()} if schedule.ema is not None else None
    job = {"recipe": recipe.name, "seed": recipe.seed, "architecture": card.architecture} | card.arguments
    job |= {"window": card.window, "samples": len(recipe.train)} | card.training.get("arguments", {}) | asdict(schedule)
    job = {k: v for k, v in job.items() if k not in MAY_CHANGE} | {"monitor": recipe.monitor}
    optimiser = AdamW(model.named_parameters(), weight_decay=schedule.weight_decay)
    return TrainingState(model, optimiser, average, job, team, recipe.monitor)


def _digests(recipe: Recipe) -> dict[str, str]:
    """Digests of the data, of which a resumed run must have the same; none where arguments tell all, or nobody knows.

    Earlier versions wrote "windows" alone.
    """
    told = recipe.card.training
    if "arguments" in told:
        return {key: told[key] for key in ("windows", "digest") if key in told}
    tensors = [tensor for samples in (recipe.train, recipe.validation) for tensor in _tensors(samples)]
    found = hashlib.sha256()
    for tensor in tensors:
        found.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.detach().cpu().flatten().view(torch.uint8).numpy().data)
    return {"windows": found.hexdigest()[:16]} if tensors else {}


def _tensors(samples: Samples) -> tuple[Tensor, ...]:
    """Samples in memory; nothing of those that are made or read when they are asked for."""
    if isinstance(samples, Augmented):
        samples = samples.samples
    return (samples.inputs, samples.targets) if isinstance(samples, TensorSamples | Crops) else ()


def _announce(
    announce: Callable[[str], None], state: TrainingState, recipe: Recipe, folder: Path | None, *, over: bool
) -> None:
    """Announce what is about to be done, and where a run in a folder is resumed."""
    for line in recipe.plan:
        announce(line)
    if folder is not None:
        announce(state.resumed(folder, recipe.schedule, over=over))


def _place(x: Tensor, device: torch.device, ndim: int) -> Tensor:
    """Move a batch to the device, channels innermost."""
    return channels_last(x.to(device, non_blocking=True), ndim)


def _step(state: TrainingState, recipe: Recipe, indices: list[int], count: int, x: Tensor, y: Tensor) -> float:
    """One step of gradient descent; returns the loss before it."""
    schedule, per_epoch = recipe.schedule, recipe.schedule.steps(len(recipe.train))
    if not bool(torch.isfinite(x).all()):
        raise DataError(_bad_samples(indices, x))
    state.between_steps = False
    with autocast(schedule.precision, x.device):
        logits = maps_of(recipe.card, state.model(x))
    _check_size(recipe.card, logits, y)
    loss = recipe.loss(logits.float(), y)
    if recipe.penalty is not None:
        loss = loss + recipe.penalty(state.model)
    torch.autograd.backward(loss)
    value = state.team.average(state.optimiser.parameters, loss.item(), count)
    if not math.isfinite(value) or not math.isfinite(state.optimiser.clip(schedule.clip)):
        what = "the gradients became infinite" if math.isfinite(value) else f"the loss became {value}"
        raise DataError(
            f"{what} in epoch {state.epoch + 1}, batch {state.step + 1} (samples {', '.join(map(str, indices[:5]))}); "
            "use a smaller --learning-rate, and look at these samples."
        )
    state.optimiser.step(schedule.rate(state.epoch * per_epoch + state.step, per_epoch * schedule.epochs))
    if schedule.ema is not None:
        state.update_average(schedule.ema)
    state.losses.append(value)
    state.step += 1
    state.between_steps = True
    return value


def _check_size(card: Card, logits: Tensor, y: Tensor) -> None:
    """Raise DataError if a network that answers for every sample does not give as many answers as there are labels."""
    answers, labels = logits.shape[2:], y.shape[y.ndim - card.ndim :]
    if card.task in ("segmentation", "restoration") and answers != labels:
        raise DataError(
            f"the network answers for {' x '.join(map(str, answers)) or 'no'} samples and the labels have "
            f"{' x '.join(map(str, labels))}; give its convolutions a padding, or labels of the inner samples alone "
            "and the card their distance from the edge (margin)."
        )


def _bad_samples(indices: list[int], x: Tensor) -> str:
    """Sentence on which samples have values that are not finite, and where the first one is."""
    bad = (~torch.isfinite(x)).nonzero()
    rows = [indices[row] for row in sorted(set(bad[:, 0].tolist()))]
    names = ", ".join(map(str, rows[:5])) + ", ..." * (len(rows) > 5)
    values = "1 value is" if len(bad) == 1 else f"{len(bad)} values are"
    return (
        f"training sample{'s' * (len(rows) > 1)} {names}: {values} NaN or infinite, the first at index "
        f"{', '.join(map(str, bad[0, 2:].tolist()))} of sample {rows[0]}, and one of them ruins a whole run; replace "
        "them or leave the samples out."
    )


@torch.no_grad()
def _validate(state: TrainingState, recipe: Recipe, device: torch.device, stop: Callable[[], None]) -> dict[str, float]:
    """Loss and metrics: means over validation batches, weighted by size, converted by the recipe's summary.

    The loss is that of all samples together, where it follows from sums over them.
    """
    sums, whole = dict[str, float](), torch.zeros((), dtype=torch.float64)
    n, size = len(recipe.validation), recipe.schedule.batch_size
    with state.holding(state.average) as model:
        for start in range(0, n, size):
            x, y = recipe.validation[range(start, min(start + size, n))]
            y = y.to(device)
            with autocast(recipe.schedule.precision, device):
                logits = model(_place(x, device, recipe.card.ndim)).float()
            if isinstance(recipe.loss, Pooled):
                part = recipe.loss.sums(logits, y).cpu().double()
                loss, whole = recipe.loss.of(part), whole + part
            else:
                loss = recipe.loss(logits, y)
            row = {"loss": float(loss)} | recipe.metrics(logits, y)
            if not math.isfinite(row["loss"]):
                raise DataError(
                    f"the loss of the validation samples {start} to {start + len(x) - 1} is {row['loss']} after epoch "
                    f"{state.epoch + 1}; look at these samples for NaN, or use a smaller --learning-rate."
                )
            for key, value in row.items():
                sums[key] = sums.get(key, 0.0) + value * len(x) / n
            stop()
    mean = sums.pop("loss")
    total = float(recipe.loss.of(whole)) if isinstance(recipe.loss, Pooled) else mean
    return {"loss": total} | (sums if recipe.summary is None else recipe.summary(sums))


def _close_epoch(state: TrainingState, recipe: Recipe, scores: dict[str, float]) -> None:
    """Add a row to the history, keep the weights if they are the best so far, and go on to the next epoch."""
    per_epoch = recipe.schedule.steps(len(recipe.train))
    rate = recipe.schedule.rate((state.epoch + 1) * per_epoch - 1, per_epoch * recipe.schedule.epochs)
    row = {"epoch": state.epoch + 1, "learning_rate": rate, "loss": sum(state.losses) / len(state.losses)}
    row |= {f"validation_{k}": v for k, v in scores.items()}
    state.history.append(row | {"seconds": round(state.seconds, 3)})
    state.epoch, state.step, state.losses = state.epoch + 1, 0, []
    if state.best_epoch == state.epoch:
        state.keep()


def _card(state: TrainingState, recipe: Recipe, device: torch.device) -> Card:
    """The recipe's card, completed with results of the training."""
    training = recipe.card.training | {
        "recipe": recipe.name,
        "seed": recipe.seed,
        "schedule": asdict(recipe.schedule),
        "epochs_done": state.epoch,
        "seconds": round(state.seconds),
        "machine": machine(device),
    }
    if recipe.monitor is not None:
        training["best_epoch"] = state.best_epoch
    row = state.history[state.best_epoch - 1] if state.history else {}
    # JSON has no NaN, so undefined scores are left out.
    scores = {k: v for k, v in row.items() if k.startswith("validation_") and not math.isnan(v)}
    return recipe.card.replace(training=training, metrics=recipe.card.metrics | {"validation": scores})


def _record(state: TrainingState, recipe: Recipe, folder: Path, device: torch.device) -> None:
    """Write state, weights, card and metrics.csv at the end of an epoch."""
    state.save(folder)
    with state.holding(state.kept) as model:
        checkpoints.save(folder, model, _card(state, recipe, device))
    _write_table(state, folder)


def _write_table(state: TrainingState, folder: Path) -> None:
    """Write metrics.csv."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(state.history[-1]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: f"{v:.6g}" for k, v in row.items()} for row in state.history)
    checkpoints.write_atomically(folder / METRICS, text.getvalue())


def _finish(state: TrainingState, recipe: Recipe, folder: Path | None, device: torch.device) -> Run:
    """Put the weights that are kept into the network, and complete the card."""
    if state.kept is not None:
        state.model.load_state_dict(state.kept)
    model = state.model.eval()
    card = _card(state, recipe, device)
    if folder:  # also of a run that was finished before, and of which files may have been lost
        card = checkpoints.save(folder, model, card)
        _write_table(state, folder)
    return Run(model, card, folder, history=state.history, recipe=recipe)
