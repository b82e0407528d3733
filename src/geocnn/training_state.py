"""State of a training, and its way to a file and back."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from geocnn.checkpoints import CARD, plain_number, write_atomically
from geocnn.distributed import Team
from geocnn.errors import DataError, FormatError, MissingError
from geocnn.optimiser import AdamW
from geocnn.schedule import Schedule
from geocnn.weights_files import misfit
from geocnn.words import number_of

__all__ = ["MAY_CHANGE", "STATE", "TrainingState", "check_resumable"]

STATE = "state.safetensors"
MAY_CHANGE = ("epochs", "warmup", "workers", "patience")
"""Arguments in which a resumed run may differ; the warm-up often depends on the number of epochs."""
_DIGESTS = ("windows", "digest")
_FILES = ("data", "labels", "horizons")
"""Arguments that name files, which may have been moved where a digest tells that they are the same."""
_PLAIN = ("epoch", "step", "losses", "history", "seconds")


def check_resumable(folder: Path) -> None:
    """Check that a run can be resumed.

    Raises:
        MissingError: the folder holds no state.
    """
    if not (folder / STATE).is_file():
        raise MissingError(f"{folder} has no {STATE} to resume from; start without --resume.")


@dataclass
class TrainingState:
    """Everything that a resumed run needs.

    Attributes:
        model: the network in training.
        optimiser: the optimiser with its moments.
        average: moving average of the state of ``model``, or None.
        job: settings that must be the same when the run is resumed, by name.
        team: the processes that share the work.
        monitor: score by which epochs are compared, see :class:`geocnn.training.Recipe`.
        best: weights after the best epoch (averaged ones, if there are any); None without a monitor.
        epoch: number of finished epochs.
        step: number of finished steps in the epoch after them.
        losses: losses of these steps.
        history: one row per epoch.
        seconds: time spent so far.
        between_steps: False while weights, moments and averages are changing and belong to different moments.
    """

    model: nn.Module
    optimiser: AdamW
    average: dict[str, Tensor] | None
    job: dict[str, Any]
    team: Team
    monitor: str | None = None
    best: dict[str, Tensor] | None = None
    epoch: int = 0
    step: int = 0
    losses: list[float] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    between_steps: bool = True

    @property
    def best_epoch(self) -> int:
        """Number, from 1, of the epoch with the first best score; of the last epoch without a monitor.

        Raises:
            DataError: the monitored score is none of this run's.
        """
        if self.monitor is None or not self.history:
            return len(self.history)
        name = self.monitor.removeprefix("-")
        if name not in self.history[-1]:
            raise DataError(f"the recipe monitors {name!r}; its scores are {', '.join(self.history[-1])}.")
        sign = 1 if name == self.monitor else -1
        values = [-math.inf if math.isnan(row[name]) else sign * row[name] for row in self.history]
        return 1 + values.index(max(values))

    def is_stale(self, patience: int | None) -> bool:
        """Whether so many epochs have passed without a better score."""
        return patience is not None and self.epoch - self.best_epoch >= patience

    def resumed(self, folder: Path, schedule: Schedule, *, over: bool) -> str:
        """Sentence on where the run in ``folder`` goes on; ``over`` if it is finished."""
        done, epochs = f"{number_of(self.epoch, 'epoch')} done", schedule.epochs
        if over:
            larger = "--epochs" if schedule.patience is None else "--epochs or --patience"
            return f"{folder} is finished already: {done}; a larger {larger} goes on from there"
        try:
            before = int(json.loads((folder / CARD).read_text(encoding="utf-8"))["training"]["schedule"]["epochs"])
        except (OSError, ValueError, KeyError, TypeError):  # no epoch is finished yet
            before = epochs
        follows = "; the learning rate follows the new number" * (schedule.decay != "constant" or schedule.warmup > 0)
        longer = f" (it was to end after {before}{follows})" if before != epochs else ""
        return f"{folder} goes on: {done} of {epochs}{longer}"

    @property
    def kept(self) -> dict[str, Tensor] | None:
        """Weights that the run returns: the best, otherwise averaged ones; None for the current ones."""
        return self.average if self.best is None else self.best

    def keep(self) -> None:
        """Keep the current weights as the best; without a monitor nothing needs to be kept."""
        if self.monitor is not None:
            source = self.model.state_dict() if self.average is None else self.average
            self.best = {k: v.detach().clone() for k, v in source.items()}

    def save(self, folder: Path) -> None:
        """Write the state; an interrupted write leaves the previous state.

        Raises:
            TargetError: there is no permission, or the disk is full.
        """
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"optimiser.{k}": v for k, v in self.optimiser.state().items()}
        tensors |= {f"average.{k}": v for k, v in (self.average or {}).items()}
        tensors |= {f"best.{k}": v for k, v in (self.best or {}).items()}
        tensors |= {"random.cpu": torch.get_rng_state()}
        if next(self.model.parameters()).is_cuda:
            tensors |= {"random.cuda": torch.cuda.get_rng_state()}
        plain = {"job": self.job} | {k: getattr(self, k) for k in _PLAIN}
        # One file holds tensors and position, so that they can never be of different moments.
        tensors["position"] = torch.frombuffer(
            bytearray(json.dumps(plain, default=plain_number).encode()), dtype=torch.uint8
        )
        write_atomically(folder / STATE, tensors)

    @torch.no_grad()
    def load(self, folder: Path, epochs: int) -> None:
        """Continue from what :meth:`save` wrote, up to ``epochs`` epochs.

        Raises:
            MissingError: nothing was written.
            FormatError: the file is damaged.
            DataError: it belongs to a run of another recipe or network, or has more epochs already.
        """
        check_resumable(folder)
        path = folder / STATE
        try:
            tensors = load_file(path)
            plain = json.loads(bytes(tensors["position"].tolist()))
        except (SafetensorError, ValueError, KeyError) as error:
            raise FormatError(f"{path} is damaged ({error}); start again with --overwrite.") from None
        self._check_job(plain, folder)
        part = {
            kind: {k.split(".", 1)[1]: v for k, v in tensors.items() if k.startswith(f"{kind}.")}
            for kind in ("model", "optimiser", "average", "best", "random")
        }
        if (difference := misfit(self.model.state_dict(), part["model"])) is not None:
            raise DataError(
                f"the run in {folder} has another network ({difference}); give the one that it was started with, or "
                "start again with --overwrite."
            )
        self.model.load_state_dict(part["model"])
        self.optimiser.load_state(part["optimiser"])
        if self.average is not None:
            for name, value in self.average.items():
                value.copy_(part["average"][name])
        own = self.model.state_dict()
        self.best = {k: v.to(own[k].device) for k, v in part["best"].items()} or None
        torch.set_rng_state(part["random"]["cpu"])
        if "cuda" in part["random"] and next(self.model.parameters()).is_cuda:
            torch.cuda.set_rng_state(part["random"]["cuda"])
        for key in _PLAIN:
            setattr(self, key, plain[key])
        if self.epoch > epochs:
            raise DataError(
                f"the run in {folder} has done {self.epoch} epochs and {epochs} are asked for; give --epochs "
                f"{self.epoch} or more."
            )

    def _check_job(self, plain: dict[str, Any], folder: Path) -> None:
        """Raise DataError if the run in ``folder`` had another recipe, other data or other arguments."""
        job: dict[str, Any] = json.loads(
            json.dumps(self.job, default=plain_number)
        )  # tuples become lists, as in the file
        before = plain["job"]
        if (was := before.get("recipe")) != (now := job["recipe"]):
            raise DataError(
                f"the run in {folder} is one of the recipe {was}, and {now} cannot go on with it; give {was}, another "
                "--out, or start again with --overwrite."
            )
        may = (*MAY_CHANGE, *(_FILES if before.keys() & job.keys() & set(_DIGESTS) else ()))
        other = {k: v for k, v in before.items() if k not in may and v != job.get(k)}
        if other and other.keys() <= set(_DIGESTS):
            raise DataError(
                f"the data that the run in {folder} learns from have changed since it began; bring back what they "
                "were, or start again with --overwrite."
            )
        if other:
            raise DataError(
                f"the run in {folder} was started with {', '.join(f'{k} {v}' for k, v in other.items())}, and this one "
                f"has {', '.join(f'{k} {job.get(k)}' for k in other)}; give the same arguments, or start again with "
                "--overwrite."
            )

    @contextmanager
    def holding(self, weights: dict[str, Tensor] | None) -> Iterator[nn.Module]:
        """Network with the given weights (None for its own) in evaluation mode, while the block runs."""
        own = {k: v.clone() for k, v in self.model.state_dict().items()} if weights is not None else None
        self.between_steps = False
        try:
            if weights is not None:
                self.model.load_state_dict(weights)
            yield self.model.eval()
        finally:
            if own is not None:
                self.model.load_state_dict(own)
            self.model.train()
            self.between_steps = True

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        """Update the exponential moving average of the weights; it is shorter at first, to forget the random start."""
        if self.average is None:
            return
        count = self.optimiser.step_count
        decay = min(decay, (1 + count) / (10 + count))
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)
            else:
                self.average[name].copy_(value)
