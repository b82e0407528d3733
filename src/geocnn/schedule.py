"""Schedule of a training: how long and how fast a network learns."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from geocnn.errors import DataError
from geocnn.hardware import Precision, check_precision

__all__ = ["Schedule"]


@dataclass(frozen=True)
class Schedule:
    """Schedule of a training.

    Attributes:
        epochs: passes over the training samples.
        batch_size: samples per step.
        learning_rate: peak learning rate of AdamW.
        warmup: number of steps over which the learning rate rises linearly to its peak.
        decay: "constant", or "cosine" down to 1 % of the peak at the last step.
        weight_decay: decoupled weight decay.
        clip: largest gradient norm.
        ema: decay of the exponential moving average of the weights, which is then validated and saved.
        shuffle: whether every epoch has a new order.
        fresh: whether epoch ``e`` takes the samples ``e * n`` to ``(e + 1) * n``, so that a generator never repeats
            itself.
        workers: processes that prepare batches.
        precision: "float32", "bf16", or "auto": bf16 where the machine has it.
        threads: number of processor threads; None for torch's default. A network of a few thousand parameters learns
            fastest on one thread: on busy cores waiting threads can cost a factor of a hundred.
        patience: epochs without a better monitored score after which training ends; None for never.

    Raises:
        DataError: a number is impossible for a training.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: int = 0
    decay: Literal["constant", "cosine"] = "constant"
    weight_decay: float = 0.0
    clip: float | None = None
    ema: float | None = None
    shuffle: bool = True
    fresh: bool = False
    workers: int = 0
    precision: Precision = "float32"
    threads: int | None = None
    patience: int | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "warmup", "workers", "threads", "patience"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, int):
                raise DataError(f"{name} is {value!r}; needed is a whole number (int).")
        if min(self.epochs, self.batch_size) < 1 or not 0 < self.learning_rate < math.inf:
            raise DataError(
                f"epochs is {self.epochs}, batch_size {self.batch_size} and learning_rate {self.learning_rate:g}; "
                "needed are 1 or more epochs, 1 or more samples a batch and a learning rate above 0."
            )
        if self.workers < 0:
            raise DataError(f"workers is {self.workers}; needed are 0 (no process besides this one) or more.")
        if self.decay not in ("constant", "cosine"):
            raise DataError(f"decay is {self.decay!r}; it is constant or cosine.")
        check_precision(self.precision)
        if self.patience is not None and self.patience < 1:
            raise DataError(f"patience is {self.patience}; needed are 1 or more epochs.")
        if self.ema is not None and not 0 <= self.ema < 1:
            raise DataError(f"ema is {self.ema:g}; the decay of an average lies between 0 and 1, for example 0.995.")

    @classmethod
    def annealed(
        cls,
        samples: int,
        *,
        epochs: int,
        batch_size: int,
        learning_rate: float,
        **others: Any,  # noqa: ANN401  (the other attributes, of many types)
    ) -> "Schedule":
        """Schedule with warm-up over a tenth of all steps, at most 100, and cosine decay.

        Args:
            samples: samples per epoch.
            epochs: number of epochs.
            batch_size: samples per step.
            learning_rate: peak learning rate.
            others: other attributes by name.
        """
        warmup = min(100, samples * epochs // max(1, batch_size) // 10)
        return cls(epochs, batch_size, learning_rate, warmup, "cosine", **others)

    @classmethod
    def of_windows(cls, samples: int, **others: Any) -> "Schedule":  # noqa: ANN401
        """Annealed schedule for windows made or cut anew in every epoch: no shuffling, clipped gradients.

        Args:
            samples: samples per epoch.
            others: as for :meth:`annealed`.
        """
        fresh = {"weight_decay": 1e-4, "clip": 1.0, "shuffle": False, "fresh": True}
        return cls.annealed(samples, **fresh | others)

    def steps(self, samples: int) -> int:
        """Number of steps of an epoch with so many samples."""
        return math.ceil(samples / self.batch_size)

    def rate(self, step: int, total: int) -> float:
        """Learning rate of step ``step`` (from 0) of ``total``; cosine: Loshchilov & Hutter (2017, eq. 5)."""
        rise = min(1.0, (step + 1) / (self.warmup + 1))
        if self.decay == "constant":
            return self.learning_rate * rise
        done = max(0.0, (step - self.warmup) / max(1, total - 1 - self.warmup))
        return self.learning_rate * rise * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
