"""A day of a station through networks for waveforms: streamed, in one piece, and window by window.

``python benchmarks/waveforms.py`` prints the table of benchmarks/README.md: three components at 100 Hz, 8,640,000
samples, through a 1-D U-Net that picks arrivals and through a stack of strided convolutions as in ConvNetQuake (Perol
et al. 2018, doi:10.1126/sciadv.1700578, whose dense layer is here a convolution, so that it answers everywhere).
Processor seconds, every way in a process of its own.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from geocnn.hardware import keep_memory
from geocnn.layers import Conv
from geocnn.models import build
from geocnn.streaming import StreamedNetwork

DAY = 8_640_000
SLAB = 65_536
BATCH = 64


def picker() -> nn.Module:
    """A U-Net for P, S and noise, of about the size of PhaseNet: 170,523 parameters, windows of 3,008 samples."""
    return build("unet", ndim=1, in_channels=3, out_channels=3, width=8, depth=4)


def detector() -> nn.Module:
    """Eight convolutions of 32 channels with stride 2, then six classes for every 256 samples."""
    layers: list[nn.Module] = []
    for number in range(8):
        layers += [
            Conv(1, in_channels=32 if number else 3, out_channels=32, kernel_size=3, stride=2, padding=1),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers, Conv(1, in_channels=32, out_channels=6, kernel_size=1))


NETWORKS = {"U-Net picker": (picker, 3_008), "strided detector": (detector, 1_024)}
"""Name -> what makes it, and samples of a window."""


def windows(model: nn.Module, x: Tensor, size: int) -> Callable[[], Tensor]:
    """Windows that overlap by half, in batches; the middle half of each answer is kept."""

    def run() -> Tensor:
        step, parts = size // 2, []
        starts = list(range(0, x.shape[2] - size + 1, step))
        for first in range(0, len(starts), BATCH):
            batch = torch.stack([x[0, :, s : s + size] for s in starts[first : first + BATCH]])
            logits = model(batch)
            quarter = logits.shape[2] // 4
            parts.append(logits[:, :, quarter : 3 * quarter].transpose(0, 1).flatten(1))
        return torch.cat(parts, 1)[None]

    return run


def streamed(precision: str) -> Callable[[nn.Module, Tensor, int], Callable[[], Tensor]]:
    """The executor."""

    def make(model: nn.Module, x: Tensor, _: int) -> Callable[[], Tensor]:
        keep_memory()
        network = StreamedNetwork.of(model, x.shape[1:], precision=precision)  # type: ignore[arg-type]
        return lambda: torch.cat([part for _, part in network.slabs(lambda a, b: x[:, :, a:b], SLAB)], 1)[None]

    return make


WAYS: dict[str, Callable[[nn.Module, Tensor, int], Callable[[], Tensor]]] = {
    "in one piece, eager float32": lambda model, x, _: lambda: model(x),
    "windows with 50 % overlap, eager float32": windows,
    "streamed, float32": streamed("float32"),
    "streamed, bf16": streamed("bf16"),
}


def measure(network: str, way: str, repeats: int, out: Path) -> None:
    """Time one way and leave its answer; called in a process of its own."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    make, size = NETWORKS[network]
    model, x = make().eval(), torch.randn(1, 3, DAY, generator=torch.Generator().manual_seed(1))
    taken = []
    with torch.inference_mode():
        run = WAYS[way](model, x, size)
        for _ in range(repeats + 1):
            start = time.process_time()
            answer = run()
            taken.append(time.process_time() - start)
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    np.save(out / "answer.npy", answer.numpy())
    print(json.dumps([statistics.median(taken[1:]), int(found[1]) * 1024]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        network, way = given.one
        measure(network, way, given.repeats, given.out)
        return
    print("| network | way | seconds a station-day | times faster than windows | peak GB | largest difference |")
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for network in NETWORKS:
            rows, truth = [], None
            for way in WAYS:
                command = [sys.executable, __file__, "--one", network, way, "--out", folder]
                done = subprocess.run(
                    [*command, f"--repeats={given.repeats}"], capture_output=True, text=True, check=True
                )
                seconds, peak = json.loads(done.stdout.strip().splitlines()[-1])
                answer = np.load(Path(folder) / "answer.npy")
                truth = answer if truth is None else truth
                same = answer.shape == truth.shape
                rows.append((way, seconds, peak, f"{np.abs(answer - truth).max():.1g}" if same else ""))
            base = next(seconds for way, seconds, *_ in rows if way.startswith("windows"))
            for way, seconds, peak, apart in rows:
                print(f"| {network} | {way} | {seconds:.2f} | {base / seconds:.1f} | {peak / 1e9:.2f} | {apart} |")


if __name__ == "__main__":
    main()
