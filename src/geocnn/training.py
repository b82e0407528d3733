"""The one training loop: read it from top to bottom in :func:`fit`."""

import csv
import io
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from geocnn import checkpoints
from geocnn.checkpoints import Card
from geocnn.datasets import Samples
from geocnn.errors import DataError, MissingError, TargetError
from geocnn.hardware import Precision, autocast, channels_last, choose_device, keep_memory, machine
from geocnn.optimiser import AdamW
from geocnn.progress import progress

__all__ = ["Recipe", "Run", "Schedule", "fit"]

STATE, METRICS = "state.safetensors", "metrics.csv"


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        epochs: passes over the training samples.
        batch_size: samples per step.
        learning_rate: peak learning rate of AdamW.
        warmup: steps over which the learning rate rises from zero.
        decay: "constant", or "cosine" down to 1 % of the peak at the last step.
        weight_decay: decoupled weight decay.
        clip: largest gradient norm.
        ema: decay of the exponential moving average of the weights, which is then validated and saved.
        shuffle: a new order in every epoch.
        fresh: epoch ``e`` takes the samples ``e * n`` to ``(e + 1) * n``: a generator never repeats itself.
        workers: processes that prepare batches.
        precision: "float32", "bf16", or "auto": bf16 where the machine has it.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: int = 0
    decay: str = "constant"
    weight_decay: float = 0.0
    clip: float | None = None
    ema: float | None = None
    shuffle: bool = True
    fresh: bool = False
    workers: int = 0
    precision: Precision = "float32"

    def rate(self, step: int, total: int) -> float:
        """Learning rate of step ``step`` (from 0) of ``total``."""
        rise = min(1.0, (step + 1) / (self.warmup + 1))
        if self.decay == "constant":
            return self.learning_rate * rise
        done = max(0.0, (step - self.warmup) / max(1, total - self.warmup))
        return self.learning_rate * rise * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


@dataclass(frozen=True)
class Recipe:
    """A job: what learns what from which data; made by the functions in :mod:`geocnn.recipes`."""

    name: str
    model: nn.Module
    card: Card
    train: Samples
    validation: Samples
    loss: Callable[[Tensor, Tensor], Tensor]
    metrics: Callable[[Tensor, Tensor], dict[str, float]]
    schedule: Schedule
    seed: int


@dataclass(frozen=True)
class Run:
    """A finished training run.

    Attributes:
        model: the network in evaluation mode.
        card: what card.json holds.
        history: one row an epoch, as in metrics.csv.
        folder: where it was written, None if it was not.
        recipe: what was run.
    """

    model: nn.Module
    card: Card
    history: list[dict[str, float]]
    folder: Path | None
    recipe: Recipe


@dataclass
class _State:
    """All that changes during training; what a resumed run needs."""

    model: nn.Module
    optimiser: AdamW
    average: dict[str, Tensor] | None
    epoch: int = 0
    step: int = 0  # within the epoch
    losses: list[float] = field(default_factory=list)  # of the steps of this epoch
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0

    def save(self, folder: Path) -> None:
        """Write everything; an interrupted write leaves the state before."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"optimiser.{k}": v for k, v in self.optimiser.state().items()}
        tensors |= {f"average.{k}": v for k, v in (self.average or {}).items()}
        tensors |= {"random.cpu": torch.get_rng_state()}
        if torch.cuda.is_initialized():
            tensors |= {"random.cuda": torch.cuda.get_rng_state()}
        plain = {k: getattr(self, k) for k in ("epoch", "step", "losses", "history", "seconds")}
        # One file holds both: the tensors and the position must never be of two different moments.
        tensors["position"] = torch.frombuffer(bytearray(json.dumps(plain).encode()), dtype=torch.uint8)
        checkpoints.write_atomically(folder / STATE, tensors)

    def load(self, folder: Path) -> None:
        """Continue from what :meth:`save` wrote."""
        path = folder / STATE
        if not path.is_file():
            raise MissingError(f"{folder} has no {STATE} to resume from; start without --resume")
        tensors = load_file(path)
        part = {
            kind: {k.split(".", 1)[1]: v for k, v in tensors.items() if k.startswith(f"{kind}.")}
            for kind in ("model", "optimiser", "average", "random")
        }
        self.model.load_state_dict(part["model"])
        self.optimiser.load_state(part["optimiser"])
        for name, value in part["average"].items():
            (self.average or {})[name].copy_(value)
        torch.set_rng_state(part["random"]["cpu"])
        if "cuda" in part["random"] and torch.cuda.is_available():
            torch.cuda.set_rng_state(part["random"]["cuda"])
        for key, value in json.loads(bytes(tensors["position"].tolist())).items():
            setattr(self, key, value)


def fit(
    recipe: Recipe,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    device: str = "auto",
    show_progress: bool = True,
) -> Run:
    """Train the network of a recipe.

    Args:
        recipe: what to do.
        out: run folder; nothing is written without one.
        resume: continue an interrupted run in ``out``, bit for bit on the same machine and thread count.
        overwrite: replace a run that is already in ``out``.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.

    Raises:
        DataError: NaN in the data or in the loss; the message names the batch.
        TargetError: ``out`` holds a run and neither ``resume`` nor ``overwrite`` is given.
        MissingError: nothing to resume from.
    """
    keep_memory()
    folder = _prepare(out, resume=resume, overwrite=overwrite)
    place, schedule, ndim = choose_device(device), recipe.schedule, recipe.card.ndim
    torch.manual_seed(recipe.seed)
    model = channels_last(recipe.model.to(place).train(), ndim)
    average = {k: v.detach().clone() for k, v in model.state_dict().items()} if schedule.ema else None
    state = _State(model, AdamW(model.named_parameters(), weight_decay=schedule.weight_decay), average)
    if resume and folder:
        state.load(folder)
    per_epoch = math.ceil(len(recipe.train) / schedule.batch_size)
    total = per_epoch * schedule.epochs
    started = time.perf_counter() - state.seconds
    with progress(f"train {recipe.name}", total, show=show_progress) as tick:
        tick(state.epoch * per_epoch + state.step)
        try:
            for epoch in range(state.epoch, schedule.epochs):
                state.epoch = epoch
                for indices, (x, y) in _batches(recipe, epoch, skip=state.step):
                    rate = schedule.rate(epoch * per_epoch + state.step, total)
                    loss = _step(state, recipe, indices, _place(x, place, ndim), y.to(place), rate)
                    state.losses.append(loss)
                    state.step += 1
                    tick(1, f"epoch {epoch + 1}/{schedule.epochs}  loss {loss:.4f}")
                row = {"epoch": epoch + 1, "learning_rate": rate, "loss": sum(state.losses) / len(state.losses)}
                with _averaged(state):
                    row |= {f"validation_{k}": v for k, v in _validate(recipe, model, place).items()}
                state.seconds = time.perf_counter() - started
                state.history.append(row | {"seconds": round(state.seconds, 3)})
                state.epoch, state.step, state.losses = epoch + 1, 0, []
                if folder:
                    _record(state, recipe, folder, place)
        except KeyboardInterrupt:
            if folder:
                state.seconds = time.perf_counter() - started
                state.save(folder)
            raise
    return _finish(state, recipe, folder, place)


def _prepare(out: str | Path | None, *, resume: bool, overwrite: bool) -> Path | None:
    """Check and make the run folder."""
    if out is None:
        return None
    folder = Path(out)
    if any((folder / name).exists() for name in (STATE, checkpoints.CARD)) and not (resume or overwrite):
        raise TargetError(f"{folder} already holds a run; continue it with --resume, or replace it with --overwrite")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TargetError(f"{folder} cannot be made ({error.strerror}); choose another folder with --out") from None
    return folder


def _batches(recipe: Recipe, epoch: int, *, skip: int) -> Iterator[tuple[list[int], tuple[Tensor, Tensor]]]:
    """Batches of an epoch in their order, which depends on seed and epoch alone."""
    n, schedule = len(recipe.train), recipe.schedule
    order = list(range(n))
    if schedule.shuffle:
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch)
        order = torch.randperm(n, generator=generator).tolist()
    if schedule.fresh:
        order = [epoch * n + i for i in order]
    size = schedule.batch_size
    chunks = [order[i : i + size] for i in range(0, n, size)][skip:]
    if not schedule.workers:
        yield from ((chunk, recipe.train[chunk]) for chunk in chunks)
        return
    from torch.utils.data import DataLoader

    # With batch_size=None each element of the sampler, a list of indices, goes to the samples as it is.
    loader = DataLoader(
        recipe.train,  # type: ignore[arg-type]
        batch_size=None,
        sampler=chunks,
        num_workers=schedule.workers,
    )
    yield from zip(chunks, loader, strict=True)


def _place(x: Tensor, device: torch.device, ndim: int) -> Tensor:
    """Move a batch to the device, channels innermost."""
    return channels_last(x.to(device, non_blocking=True), ndim)


def _step(state: _State, recipe: Recipe, indices: list[int], x: Tensor, y: Tensor, rate: float) -> float:
    """One step of gradient descent; returns the loss before it."""
    if not bool(torch.isfinite(x).all()):
        bad = [i for i, row in zip(indices, x, strict=True) if not bool(torch.isfinite(row).all())]
        raise DataError(
            f"training samples {', '.join(map(str, bad[:5]))} hold NaN or infinite values, and one of them ruins a "
            "whole run; replace them or leave the samples out"
        )
    with autocast(recipe.schedule.precision, x.device):
        logits = state.model(x)
    loss = recipe.loss(logits.float(), y)
    value = loss.item()
    if not math.isfinite(value):
        raise DataError(
            f"the loss became {value} in epoch {state.epoch + 1}, batch {state.step + 1} (samples "
            f"{', '.join(map(str, indices[:5]))}); use a smaller --learning-rate, and look at these samples"
        )
    loss.backward()
    if recipe.schedule.clip:
        state.optimiser.clip(recipe.schedule.clip)
    state.optimiser.step(rate)
    if state.average is not None and recipe.schedule.ema:
        _update_average(state.average, state.model, recipe.schedule.ema, state.optimiser.step_count)
    return value


@torch.no_grad()
def _update_average(average: dict[str, Tensor], model: nn.Module, decay: float, step: int) -> None:
    """Exponential moving average of the weights; shorter at the beginning, so that it forgets the random start."""
    decay = min(decay, (1 + step) / (10 + step))
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value, 1 - decay)
        else:
            average[name].copy_(value)


class _averaged:  # noqa: N801  (a context manager, used like a function)
    """Put the averaged weights into the network for a while."""

    def __init__(self, state: _State) -> None:
        self.state = state
        self.kept: dict[str, Tensor] = {}

    def __enter__(self) -> None:
        if self.state.average is not None:
            self.kept = {k: v.clone() for k, v in self.state.model.state_dict().items()}
            self.state.model.load_state_dict(self.state.average)

    def __exit__(self, *_: object) -> None:
        if self.kept:
            self.state.model.load_state_dict(self.kept)


@torch.no_grad()
def _validate(recipe: Recipe, model: nn.Module, device: torch.device) -> dict[str, float]:
    """Mean loss and metrics over the validation samples, weighted by the size of the batches."""
    model.eval()
    sums: dict[str, float] = {}
    n, size = len(recipe.validation), recipe.schedule.batch_size
    for start in range(0, n, size):
        x, y = recipe.validation[range(start, min(start + size, n))]
        y = y.to(device)
        with autocast(recipe.schedule.precision, device):
            logits = model(_place(x, device, recipe.card.ndim))
        row = {"loss": float(recipe.loss(logits.float(), y))} | recipe.metrics(logits.float(), y)
        for key, value in row.items():
            sums[key] = sums.get(key, 0.0) + value * len(x) / n
    model.train()
    return sums


def _card(state: _State, recipe: Recipe, device: torch.device) -> Card:
    """The recipe's card with what training adds."""
    training = recipe.card.training | {
        "recipe": recipe.name,
        "seed": recipe.seed,
        "schedule": asdict(recipe.schedule),
        "epochs_done": state.epoch,
        "seconds": round(state.seconds),
        "machine": machine(device),
    }
    last = {k: v for k, v in state.history[-1].items() if k.startswith("validation_")} if state.history else {}
    return recipe.card.replace(training=training, metrics=recipe.card.metrics | {"validation": last})


def _record(state: _State, recipe: Recipe, folder: Path, device: torch.device) -> None:
    """Write state, weights, card and metrics.csv at the end of an epoch."""
    state.save(folder)
    with _averaged(state):
        checkpoints.save(folder, state.model, _card(state, recipe, device))
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(state.history[-1]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: f"{v:.6g}" for k, v in row.items()} for row in state.history)
    checkpoints.write_atomically(folder / METRICS, text.getvalue())


def _finish(state: _State, recipe: Recipe, folder: Path | None, device: torch.device) -> Run:
    """Averaged weights into the network, evaluation mode, card."""
    if state.average is not None:
        state.model.load_state_dict(state.average)
    model = state.model.eval()
    card = _card(state, recipe, device)
    if folder:
        card = checkpoints.save(folder, model, card)
    return Run(model, card, state.history, folder, recipe)
