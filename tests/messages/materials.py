"""Surveys, networks and other materials for mistakes."""

import contextlib
import os
import resource
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import segyio

from geocnn import checkpoints, training
from geocnn.checkpoints import Card
from geocnn.cli import main
from geocnn.models import build
from geocnn.recipes import build as recipe
from geocnn.training import Recipe

fit = partial(training.fit, device="cpu", show_progress=False)


def segy(name: str, headers: list[dict[int, int]] | None = None, traces: int = 12) -> Path:
    """A SEG-Y file of 12 traces x 10 samples, a cube of 4 x 3 unless headers are given."""
    spec = segyio.spec()
    spec.samples, spec.tracecount, spec.format = np.arange(10) * 4.0, traces, 5
    with segyio.create(name, spec) as file:
        file.bin[segyio.BinField.Interval] = 4000
        for number in range(traces):
            file.trace[number] = np.full(10, number, np.float32)
            file.header[number].update((headers or [{189: 1 + i // 3, 193: 1 + i % 3} for i in range(12)])[number])
    return Path(name)


def patched(name: str, at: int, form: str, value: int) -> Path:
    """A SEG-Y file with one number of its headers replaced."""
    raw = bytearray(segy(name).read_bytes())
    struct.pack_into(form, raw, at, value)
    Path(name).write_bytes(raw)
    return Path(name)


def run(*arguments: object) -> int:
    """Run a command that must leave everything as it was; return its exit code."""
    before = {p: p.is_file() and p.read_bytes() for p in Path().rglob("*")}
    code = main([str(word) for word in arguments])
    assert {p: p.is_file() and p.read_bytes() for p in Path().rglob("*")} == before
    return code


def predict(file: object, *options: str, make: bool = True) -> int:
    """Predict with a tiny network."""
    return run("predict", network() if make else "net", file, "--quiet", *options)


def network(folder: str = "net", *, ndim: int = 2, width: int = 2, channels: tuple[str, ...] = ("amplitude",)) -> str:
    """A run folder with a tiny network of random weights."""
    arguments = {"ndim": ndim, "in_channels": len(channels), "width": width, "bottleneck": 2}
    axes = ("inline", "crossline", "time")[3 - ndim :]
    known = {"window": (16,) * ndim, "size_multiple": 8, "reach": 51, "normalisation": {"clip": 4.0}}
    card = Card("tiny", "segmentation", "faultseg", arguments, ("fault",), channels, axes, **known)
    checkpoints.save(Path(folder), build("faultseg", **arguments), card)
    return folder


def line() -> str:
    """A line of 20 traces x 30 samples."""
    np.save("line.npy", np.random.default_rng(0).standard_normal((20, 30)))
    return "line.npy"


def job(**changes: Any) -> Recipe:
    """The worked example for an epoch on 10 traces."""
    made = recipe("traces", count=12, centres=(12, 40))
    return replace(made, schedule=replace(made.schedule, epochs=1, **changes))


def refusing(number: int) -> Callable[..., None]:
    """A write that the system refuses."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to let any file grow beyond ``size`` bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
