"""Labelled traces of the textbook example: quiet, or with one positive or one negative arrival.

Per trace, all in float32: noise of standard deviation 0.03, a slow oscillation ``0.04 sin(2 pi (2.5 t + phase))``,
and for an arrival the pulse ``+-a exp(-d^2 / 2)``, ``d = (i - centre) / width``. The mean is removed, then the trace
is clipped to [-1, 1]. With ``seed=42`` and the defaults every sample equals the one behind the printed numbers.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64
from numpy import ndarray

from geocnn.errors import DataError
from geocnn.synthetic.random import State, Xoshiro

__all__ = ["CLASSES", "Traces", "moving_arrival", "traces"]

CLASSES = ("quiet", "positive arrival", "negative arrival")
_SIGNS = (0.0, 1.0, -1.0)


@dataclass(frozen=True, eq=False)
class Traces:
    """Labelled traces and their division into training and holdout.

    Attributes:
        samples: amplitudes in [-1, 1], no unit.
        labels: class of each trace, an index into :data:`CLASSES`.
        centres: 1-based sample of the arrival's peak; 0 for quiet traces.
        train: indices of the training traces, in the order of the permutation.
        holdout: indices of the others.
        state: state of the random stream after the permutation; initial weights are drawn from there.
    """

    samples: Float32[ndarray, "traces size"]
    labels: Int64[ndarray, " traces"]
    centres: Int64[ndarray, " traces"]
    train: Int64[ndarray, " train"]
    holdout: Int64[ndarray, " holdout"]
    state: State


@dataclass(frozen=True, eq=False)
class _Draws:
    """Random properties of each trace, before any arithmetic."""

    phase: Float32[ndarray, " traces"]
    noise: Float32[ndarray, "traces size"]
    width: Float32[ndarray, " traces"]
    amplitude: Float32[ndarray, " traces"]
    centre: Int64[ndarray, " traces"]
    label: Int64[ndarray, " traces"]


def traces(
    seed: int = 42,
    *,
    count: int = 180,
    size: int = 64,
    centres: tuple[int, int] = (12, 52),
    noise: float = 0.03,
    train: float = 0.8,
) -> Traces:
    """Generate labelled traces; classes take turns, trace 0 is quiet.

    Args:
        seed: start of the random stream, 0 or larger.
        count: number of traces.
        size: samples per trace.
        centres: first and last sample (1-based) at which arrivals may peak.
        noise: standard deviation of the noise.
        train: share of the traces for training, rounded to whole traces.

    Raises:
        DataError: fewer than 3 traces, an arrival outside the trace, a noise that is below 0 or no number, a negative
            seed, or a share that leaves training or holdout empty.
    """
    low, high = centres
    if count < len(CLASSES) or size < 2 or not 1 <= low <= high <= size:
        raise DataError(
            f"count is {count} and arrivals peak at samples {low}..{high} of {size}; needed are {len(CLASSES)} traces "
            f"or more and arrivals within 1..{size}, first number not above the second."
        )
    training = round(train * count)
    if not 0 <= noise < math.inf or not 0 < training < count:
        raise DataError(
            f"noise is {noise:g} and {training} of {count} traces are for training; noise must be 0 or larger and "
            "training must leave some traces for the holdout, for example noise 0.03 and train 0.8."
        )
    stream = Xoshiro(seed)
    draws = _draw(stream, np.arange(count, dtype=np.int64) % len(CLASSES), size, (low, high))
    order = stream.permutation(count)
    return Traces(
        samples=_assemble(draws, noise),
        labels=draws.label,
        centres=draws.centre,
        train=order[:training],
        holdout=order[training:],
        state=stream.state,
    )


def moving_arrival(
    seed: int = 0, *, backgrounds: int = 12, size: int = 64, noise: float = 0.03
) -> tuple[Float32[ndarray, "centres traces size"], Int64[ndarray, " traces"]]:
    """The same arrivals over the same backgrounds, moved to every sample of the trace in turn.

    Returns:
        Traces whose arrival peaks at sample ``i`` (0-based along the first axis), and their classes; positive and
        negative arrivals take turns, none is quiet.
    """
    label = np.arange(backgrounds, dtype=np.int64) % 2 + 1
    drawn = _draw(Xoshiro(seed), label, size, (1, size))
    moved = [
        _assemble(_Draws(drawn.phase, drawn.noise, drawn.width, drawn.amplitude, np.full_like(label, i), label), noise)
        for i in range(1, size + 1)
    ]
    return np.stack(moved), label


def _draw(stream: Xoshiro, label: Int64[ndarray, " traces"], size: int, centres: tuple[int, int]) -> _Draws:
    """Draw in the order of the textbook: phase, noise, then centre, width and amplitude of an arrival."""
    uniform = np.zeros((3, label.size), dtype=np.float32)  # phase, width, amplitude
    noise = np.empty((label.size, size), dtype=np.float32)
    centre = np.zeros(label.size, dtype=np.int64)
    for i, kind in enumerate(label.tolist()):
        uniform[0, i] = stream.single()
        noise[i] = [stream.normal() for _ in range(size)]
        if kind:
            centre[i] = stream.integer(*centres)
            uniform[1:, i] = stream.single(), stream.single()
    width = np.float32(2.6) + np.float32(0.8) * uniform[1]
    amplitude = np.float32(0.9) + np.float32(0.1) * uniform[2]
    return _Draws(uniform[0], noise, width, amplitude, centre, label)


def _assemble(draws: _Draws, noise: float) -> Float32[ndarray, "traces size"]:
    """Noise + oscillation + arrival - mean, clipped; every step rounds to float32 where the textbook does."""
    size = draws.noise.shape[1]
    time = np.linspace(0, 1, size).astype(np.float32)
    angle = np.float32(2 * np.pi) * (np.float32(2.5) * time + draws.phase[:, None])
    x = np.float32(noise) * draws.noise + np.float32(0.04) * _rounded(np.sin, angle)
    sample = np.arange(1, size + 1, dtype=np.float32)
    distance = (sample - draws.centre[:, None].astype(np.float32)) / draws.width[:, None]
    height = draws.amplitude * np.array(_SIGNS, dtype=np.float32)[draws.label]
    x += height[:, None] * _rounded(np.exp, -(distance * distance) / 2)
    x -= _sum(x)[:, None] / np.float32(size)
    return np.clip(x, -1, 1)


def _rounded(function: np.ufunc, x: Float32[ndarray, "..."]) -> Float32[ndarray, "..."]:
    """A float32 function correct to the last bit on any machine: computed in double, rounded once."""
    return np.asarray(function(x.astype(np.float64)), dtype=np.float32)


def _sum(x: Float32[ndarray, "traces size"]) -> Float32[ndarray, " traces"]:
    """Sum along each trace in the order of a loop over four vectors of four lanes, which fixes the last bit.

    The loop starts from ``x[0] + x[1]`` and takes 16 samples a turn; the vectors are added in order, their lanes in
    pairs, and the samples left over one by one.
    """
    total: Float32[ndarray, " traces"] = x[:, 0] + x[:, 1]
    turns = (x.shape[1] - 2) // 16
    if turns:
        lanes = np.zeros((x.shape[0], 4, 4), dtype=np.float32)
        lanes[:, 0, 0] = total
        for k in range(turns):
            lanes += x[:, 2 + 16 * k : 18 + 16 * k].reshape(-1, 4, 4)
        vector = lanes[:, 0] + lanes[:, 1] + lanes[:, 2] + lanes[:, 3]
        total = (vector[:, 0] + vector[:, 1]) + (vector[:, 2] + vector[:, 3])
    for k in range(2 + 16 * turns, x.shape[1]):
        total = total + x[:, k]
    return total
