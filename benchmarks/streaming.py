"""Streaming against whole-volume inference and sliding windows: speed, memory, and distance from the true answer.

``python benchmarks/streaming.py`` prints the table of benchmarks/README.md: the network that ships for cubes on a
synthetic volume, every way in a process of its own, all in the same run. The peers are no part of geocnn; what is not
installed is left out (``pip install openvino monai``).
"""

import argparse
import importlib
import importlib.util
import json
import math
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

import geocnn
from geocnn.hardware import keep_memory
from geocnn.layers import Conv, UpsampleConcatConv
from geocnn.streaming import StreamedNetwork
from geocnn.streaming.graph import Graph, Node
from geocnn.streaming.maps import Block
from geocnn.streaming.operations import Convolution, Operation
from geocnn.synthetic.structure import structure

Way = Callable[[nn.Module, Tensor], Callable[[], Tensor]]
"""Makes of a network and data the function that is timed; it returns logits."""


def eager(dtype: torch.dtype | None) -> Way:
    """The network called on the whole volume, as anybody would."""

    def make(model: nn.Module, x: Tensor) -> Callable[[], Tensor]:
        def run() -> Tensor:
            with torch.autocast("cpu", dtype=dtype or torch.bfloat16, enabled=dtype is not None):
                logits: Tensor = model(x)
            return logits

        return run

    return make


def streamed(precision: str, slab: int) -> Way:
    """The executor; a slab of all planes is the whole volume at once."""

    def make(model: nn.Module, x: Tensor) -> Callable[[], Tensor]:
        keep_memory()
        network = StreamedNetwork.of(model, x.shape[1:], precision=precision)  # type: ignore[arg-type]
        thickness = min(slab, x.shape[2])
        return lambda: torch.cat([p for _, p in network.slabs(lambda a, b: x[:, :, a:b], thickness)], 1)[None]

    return make


def openvino(precision: str) -> Way:
    """Intel's engine on the whole volume."""

    def make(model: nn.Module, x: Tensor) -> Callable[[], Tensor]:
        ov: Any = importlib.import_module("openvino")
        converted = ov.convert_model(model, example_input=x[:, :, :16, :16, :16], input=list(x.shape))
        hints = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": torch.get_num_threads()}
        compiled = ov.Core().compile_model(converted, "CPU", {**hints, "PERFORMANCE_HINT": "LATENCY"})
        return lambda: torch.from_numpy(compiled(x.numpy())[0])

    return make


def windows(overlap: float) -> Way:
    """MONAI's sliding window of 128^3 with Gaussian weights, as its users run it."""

    def make(model: nn.Module, x: Tensor) -> Callable[[], Tensor]:
        inferers: Any = importlib.import_module("monai.inferers")
        return lambda: inferers.sliding_window_inference(x, (128,) * 3, 1, model, overlap=overlap, mode="gaussian")

    return make


def as_published(way: Way) -> Way:
    """The same with the decoder as the paper draws it: up-sample, concatenate, convolve, one after the other."""

    def make(model: nn.Module, x: Tensor) -> Callable[[], Tensor]:
        def plainly(self: UpsampleConcatConv, coarse: Tensor, skip: Tensor) -> Tensor:
            return Conv.forward(self, torch.cat((F.interpolate(coarse, scale_factor=2, mode="nearest"), skip), 1))

        UpsampleConcatConv.forward = plainly  # type: ignore[method-assign]
        return way(model, x)

    return make


WAYS: dict[str, tuple[str, Way]] = {
    "eager float32, whole volume": ("", eager(None)),
    "eager float32, decoder as published": ("", as_published(eager(None))),
    "eager bf16, whole volume": ("", eager(torch.bfloat16)),
    "OpenVINO float32, whole volume": ("openvino", openvino("f32")),
    "OpenVINO bf16, whole volume": ("openvino", openvino("bf16")),
    "OpenVINO bf16, decoder as published": ("openvino", as_published(openvino("bf16"))),
    "MONAI sliding window, overlap 0.25": ("monai", windows(0.25)),
    "MONAI sliding window, overlap 0.5": ("monai", windows(0.5)),
    "geocnn float32, whole volume": ("", streamed("float32", sys.maxsize)),
    "geocnn bf16, whole volume": ("", streamed("bf16", sys.maxsize)),
    "geocnn float32, streamed": ("", streamed("float32", 16)),
    "geocnn bf16, streamed": ("", streamed("bf16", 16)),
    "geocnn bf16, streamed, decoder as published": ("", as_published(streamed("bf16", 16))),
}


def measure(name: str, size: int, threads: int, repeats: int, out: Path) -> None:
    """Time one way and leave its answer; called in a process of its own."""
    torch.set_num_threads(threads)
    model = geocnn.load("faults", ndim=3).model.eval()
    seismic = torch.from_numpy(np.load(out / "seismic.npy"))[None, None]
    assert seismic.shape[2:] == (size,) * 3
    taken, used = [], []
    with torch.inference_mode():
        run = WAYS[name][1](model, seismic)
        for _ in range(repeats + 1):
            start, begun = time.perf_counter(), time.process_time()
            logits = run()
            taken.append(time.perf_counter() - start)
            used.append(time.process_time() - begun)
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    peak = int(found[1]) * 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    np.save(out / "answer.npy", torch.sigmoid(logits.float())[0, 0].numpy())
    print(json.dumps([statistics.median(taken[1:]), statistics.median(used[1:]), peak]))


class Timed:
    """An operation that notes how long it takes."""

    def __init__(self, operation: Operation) -> None:
        self.operation, self.windows, self.align, self.seconds = operation, operation.windows, operation.align, 0.0

    def __call__(self, blocks: Sequence[Block], start: int, stop: int) -> Tensor:
        """Result planes ``start`` to ``stop``."""
        begun = time.perf_counter()
        made = self.operation(blocks, start, stop)
        self.seconds += time.perf_counter() - begun
        return made


def ceiling(dtype: torch.dtype, size: int = 2048) -> float:
    """Floating-point operations per second of a matrix product, the best of ten."""
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    taken = []
    for _ in range(10):
        start = time.perf_counter()
        _ = a @ b
        taken.append(time.perf_counter() - start)
    return 2 * size**3 / min(taken)


def layers(size: int, precision: str, slab: int) -> None:
    """Print where the time goes, and the share of the machine's ceiling that each layer reaches."""
    keep_memory()
    x = torch.randn(1, 1, size, size, size)
    model = geocnn.load("faults", ndim=3).model.eval()
    network = StreamedNetwork.of(model, x.shape[1:], precision=precision)  # type: ignore[arg-type]
    timed = {k: replace(n, operation=Timed(n.operation)) for k, n in network.graph.nodes.items()}  # type: ignore[arg-type]
    network = replace(network, graph=replace(network.graph, nodes=timed))
    with torch.inference_mode():
        for _ in range(2):
            for node in timed.values():
                node.operation.seconds = 0.0  # type: ignore[attr-defined]
            start = time.perf_counter()
            for _ in network.slabs(lambda a, b: x[:, :, a:b], slab):
                pass
            total = time.perf_counter() - start
    most, spent = ceiling(network.graph.dtype), 0.0
    print(f"ceiling: {most / 1e9:.0f} GFLOP/s ({precision} matrix product); {size**3 / total / 1e6:.2f} Mvoxel/s")
    print("| layer | time | GFLOP/s | of the ceiling |")
    print("|---|---|---|---|")
    for node in timed.values():
        seconds, work = node.operation.seconds, flops(network.graph, node)  # type: ignore[attr-defined]
        spent += seconds if work else 0.0
        speed = f"{work / seconds / 1e9:.0f} | {100 * work / seconds / most:.0f} %" if work else " | "
        print(f"| {node.layer or 'decoder'} | {100 * seconds / total:.1f} % | {speed} |")
    print(f"| all but convolutions | {100 * (1 - spent / total):.1f} % | | |")


def flops(graph: Graph, node: Node) -> int:
    """Floating-point operations of a convolution for the whole volume; 0 for anything else."""
    operation = node.operation.operation  # type: ignore[attr-defined]
    if not isinstance(operation, Convolution):
        return 0
    made = 0
    for term, source in zip(operation.terms, node.inputs, strict=False):
        at = graph.map_shape(source) if term.transposed else node.shape
        made += 2 * term.weight.numel() * math.prod(at[1:])
    return made


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--size", type=int, default=256, help="samples per axis")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="part of the names of the ways to measure")
    parser.add_argument("--layers", action="store_true", help="where the time of the streamed network goes instead")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        measure(given.way, given.size, given.threads, given.repeats, given.out)
        return
    if given.layers:
        torch.set_num_threads(given.threads)
        layers(given.size, "bf16", 8)
        return
    print("| way | seconds | Mvoxel / s | Mvoxel / core-s | peak GB | largest difference | above 0.005 | above 0.1 |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        out, truth = Path(folder), None
        seismic = structure(0, shape=(given.size,) * 3).seismic.numpy()
        np.save(out / "seismic.npy", (seismic - seismic.mean()) / seismic.std())
        for name, (package, _) in WAYS.items():
            if given.only not in name or (package and importlib.util.find_spec(package) is None):
                continue
            options = ["--way", name, "--out", str(out)]
            options += [f"--{k}={getattr(given, k)}" for k in ("size", "threads", "repeats")]
            done = subprocess.run([sys.executable, __file__, *options], capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"| {name} | failed: {(done.stderr.strip().splitlines() or ['?'])[-1]} |", flush=True)
                continue
            seconds, used, peak = json.loads(done.stdout.strip().splitlines()[-1])
            answer = np.load(out / "answer.npy")
            truth = answer if truth is None else truth
            apart = np.abs(answer - truth)
            voxels = given.size**3 / 1e6
            print(
                f"| {name} | {seconds:.1f} | {voxels / seconds:.2f} | {voxels / used:.2f} | {peak / 1e9:.2f} | "
                f"{apart.max():.1g} | {100 * (apart > 0.005).mean():.2g} % | {100 * (apart > 0.1).mean():.2g} % |",
                flush=True,
            )


if __name__ == "__main__":
    main()
