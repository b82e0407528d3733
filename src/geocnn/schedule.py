"""How long and how fast a network learns."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from geocnn.errors import DataError
from geocnn.hardware import Precision, check_precision

__all__ = ["Schedule"]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        epochs: passes over the training samples.
        batch_size: samples per step.
        learning_rate: peak learning rate of AdamW.
        warmup: steps before the learning rate, rising in equal parts, reaches its peak.
        decay: "constant", or "cosine" down to 1 % of the peak at the last step.
        weight_decay: decoupled weight decay.
        clip: largest gradient norm.
        ema: decay of the exponential moving average of the weights, which is then what is validated and saved.
        shuffle: a new order in every epoch.
        fresh: epoch ``e`` takes the samples ``e * n`` to ``(e + 1) * n``: a generator never repeats itself.
        workers: processes that prepare batches.
        precision: "float32", "bf16", or "auto": bf16 where the machine has it.
        threads: processor threads; None for as many as torch takes. A network of a few thousand parameters learns
            fastest on one: on busy cores threads that wait for one another cost a hundredfold.
        patience: epochs without a better score of the kind that the recipe monitors after which training ends; None
            for never.

    Raises:
        DataError: a number that no training can have.
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
        """Warm-up over a tenth of all steps, 100 at most, then cosine decay.

        Args:
            samples: of an epoch.
            epochs: as the attribute, and so are the rest.
            batch_size: samples per step.
            learning_rate: peak learning rate.
            others: other attributes by name.
        """
        warmup = min(100, samples * epochs // max(1, batch_size) // 10)
        return cls(epochs, batch_size, learning_rate, warmup, "cosine", **others)

    @classmethod
    def of_windows(cls, samples: int, **others: Any) -> "Schedule":  # noqa: ANN401
        """The annealed one for windows that are made or cut anew in every epoch: nothing to shuffle, small steps.

        Args:
            samples: of an epoch.
            others: as for :meth:`annealed`.
        """
        fresh = {"weight_decay": 1e-4, "clip": 1.0, "shuffle": False, "fresh": True}
        return cls.annealed(samples, **fresh | others)

    def steps(self, samples: int) -> int:
        """Steps of an epoch of so many samples."""
        return math.ceil(samples / self.batch_size)

    def rate(self, step: int, total: int) -> float:
        """Learning rate of step ``step`` (from 0) of ``total``; cosine: Loshchilov & Hutter (2017, eq. 5)."""
        rise = min(1.0, (step + 1) / (self.warmup + 1))
        if self.decay == "constant":
            return self.learning_rate * rise
        done = max(0.0, (step - self.warmup) / max(1, total - 1 - self.warmup))
        return self.learning_rate * rise * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
