"""The picker as it runs on processors beside the network as it learns: milliseconds of eleven minutes of records.

    python benchmarks/picker.py [--repeats 30]

One thread, medians of runs in turn: the network, its form in phases, and the inverse hyperbolic sine of both scales.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

import geocnn
from geocnn.layers import FastScale, LocalScale
from geocnn.models.picker import Picker
from geocnn.models.picker_phases import PickerInPhases


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=30)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = geocnn.load("quakes", ndim=1).model.eval()
    assert isinstance(model, Picker)
    fast, slow_scale, fast_scale = PickerInPhases(model), LocalScale(1), FastScale()
    x = torch.from_numpy(np.random.default_rng(0).normal(0, 100, (1, 3, 65_536)).astype(np.float32))
    ways: dict[str, Callable[[], object]] = {
        "network": lambda: model(x),
        "network in phases": lambda: fast(x),
        "scale": lambda: slow_scale(x),
        "scale of the form in phases": lambda: fast_scale(x),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    with torch.inference_mode():
        print(f"largest difference of the logits: {float((model(x) - fast(x)).abs().max()):.1e}\n")
        for _ in range(options.repeats):
            for name, way in ways.items():
                begun = time.perf_counter()
                way()
                found[name].append(1000 * (time.perf_counter() - begun))
    print("| what | ms |\n| --- | --- |")
    for name, times in found.items():
        print(f"| {name} | {np.median(times):.1f} |")


if __name__ == "__main__":
    main()
