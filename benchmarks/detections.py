"""A day of a station through ConvNetQuake, a window every 0.64 s: seconds of the network alone and of the command.

    python benchmarks/detections.py [--repeats 5] [--parts 4] [--command]

Random weights, which take as long as others. Processor time of one thread, in turn, the scale of the record in all of
them: each window by itself in batches of 64 (the plain way, as ``geocnn predict RUN windows.npz`` does it), and along
the record, as ``geocnn predict RUN ARCHIVE`` does it, where each thread takes a part of seven minutes; of ``--parts``
parts, which are scaled to a day. The third row is the scale alone, the fourth as many multiply-adds as all windows
by themselves have, as fast as the machine does them at best. With --command a day of miniSEED is written, and a process
of its own goes from these files to the table.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from numpy import ndarray
from torch import nn

from geocnn import checkpoints
from geocnn.checkpoints import Card, Trained
from geocnn.classification import probabilities
from geocnn.hardware import keep_memory
from geocnn.io.waveforms import ArrayPiece, Channel, Record
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.models import build
from geocnn.models.convnetquake import scaled
from geocnn.prediction.judge import STEP, Judge
from geocnn.prediction.picker import Part

PART, DAY, SIZE = 40_960, 8_640_000, 1001
START = 1_767_225_600 * 1_000_000_000
COMMAND = """
import pathlib, re, sys
from geocnn.__main__ import main
sys.argv = ["geocnn", "predict", *sys.argv[1:], "--quiet"]
try:
    main()
finally:
    # Not what getrusage says, which is that of the program that started this one where that was larger.
    print(int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024)
"""


def network() -> Trained:
    """With random weights."""
    torch.manual_seed(0)
    arguments = {"ndim": 1, "in_channels": 3, "out_channels": 7}
    classes = ("noise", *(f"cluster {k}" for k in range(1, 7)))
    card = Card(
        "convnetquake",
        "classification",
        "convnetquake",
        arguments,
        classes,
        tuple("ZNE"),
        ("time",),
        (SIZE,),
        normalisation={"kind": "record"},
    )
    return Trained(build("convnetquake", **arguments).eval().requires_grad_(requires_grad=False), card)


def plain(trained: Trained, judge: Judge, record: Record) -> Float32[ndarray, "windows classes"]:
    """Each window by itself."""
    with torch.inference_mode():
        waveform = scaled(torch.from_numpy(record.waveform)).numpy()
    x = np.stack([waveform[:, at : at + SIZE] for at in range(judge.halo, judge.halo + PART, STEP)])
    return probabilities(trained, x, device="cpu", show_progress=False)


def alone(repeats: int, count: int) -> None:
    """Print the rows of the network alone."""
    trained = network()
    judge = Judge.of(trained, device="cpu")
    rng = np.random.default_rng(0)
    parts = []
    for number in range(count):
        waveform = rng.normal(0, 100, (3, PART + 2 * judge.halo)).astype(np.float32)
        record = Record(number * PART - judge.halo, waveform, np.ones(waveform.shape, bool))
        parts.append((Part(number * PART, (number + 1) * PART), record))
    torch.set_num_threads(1)
    keep_memory()
    wanted, found = plain(trained, judge, parts[0][1]), judge(*parts[0]).windows
    rows = [(window.start - parts[0][0].first) // STEP for window in found]
    apart = np.abs(np.array([window.probability for window in found]) - wanted[rows]).max()
    assert rows == np.flatnonzero(wanted.argmax(1) > 0).tolist()
    print(f"largest difference of probabilities: {apart:.1e}\n")
    ways: dict[str, Callable[[Part, Record], object]] = {
        "each window by itself": lambda _part, record: plain(trained, judge, record),
        "along the record": judge,
        "of that the scale": lambda _part, record: scaled(torch.from_numpy(record.waveform)),
        "as many multiply-adds, matrix products": lambda _part, _record: products(trained),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(repeats):
        for part, record in parts:
            for way, run in ways.items():
                begun = time.thread_time()
                run(part, record)
                times[way].append((time.thread_time() - begun) * DAY / PART)
    print("| way | seconds of a day, median | least |\n| --- | --- | --- |")
    for way, seconds in times.items():
        print(f"| {way} | {np.median(seconds):.1f} | {min(seconds):.1f} |")


def products(trained: Trained) -> None:
    """Products of matrices with as many multiply-adds as the windows of a part."""
    left, wanted = torch.ones(1024, 1024), PART / STEP * multiply_adds(trained)
    for _ in range(round(wanted / 1024**3)):
        left @ left


def multiply_adds(trained: Trained) -> int:
    """Of a window, at its edges as elsewhere."""
    size, total = SIZE, 0
    for layer in trained.model.get_submodule("features").children():
        if not isinstance(layer, nn.ReLU):
            size = -(-size // 2)
            total += size * layer.get_parameter("weight").numel()
    return total


def command(repeats: int) -> None:
    """Print what the whole command takes."""
    with tempfile.TemporaryDirectory() as name:
        run, days = Path(name) / "run", Path(name) / "days"
        trained = network()
        # To a trained network nearly all windows are noise, and few are kept.
        trained.model.get_parameter("classifier.bias")[0] += 9
        checkpoints.save(run, trained.model, trained.card)
        days.mkdir()
        rng = np.random.default_rng(0)
        for component in "ZNE":
            samples = rng.normal(0, 500, DAY).round().astype(np.int32)
            piece = ArrayPiece.of(Channel("OK", "AAA", "", f"HH{component}"), START, 100.0, samples)
            write_miniseed(days / f"{component}.mseed", [piece])
        found = []
        for number in range(repeats):
            words = [str(run), str(days), "--out", str(Path(name) / f"{number}.csv")]
            begun = time.perf_counter()
            done = subprocess.run([sys.executable, "-c", COMMAND, *words], capture_output=True, text=True, check=True)
            found.append((time.perf_counter() - begun, float(done.stdout.split()[-1])))
        seconds, peak = np.median(found, axis=0)
        print(f"\nthe command, from miniSEED to the table: {seconds:.1f} s, {peak:.0f} MB")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--parts", type=int, default=4)
    parser.add_argument("--command", action="store_true", help="the whole command as well")
    options = parser.parse_args()
    alone(options.repeats, options.parts)
    if options.command:
        command(options.repeats)


if __name__ == "__main__":
    main()
