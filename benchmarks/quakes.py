"""A picker on real seismograms with known arrivals: recall, errors, false picks.

    pip install h5py
    python benchmarks/quakes.py [RUN] [--threshold 0.2 0.3] [--data ../shared/data]

One row a source and threshold. Recall is the share of the known arrivals with a pick within 0.5 s, and within 0.1 s;
errors are means over those within 0.5 s. False picks are those of P and S together in the records up to a second before
the first arrival; in swarms many of these are earthquakes that nobody picked.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import torch
from jaxtyping import Float32
from numpy import ndarray

import geocnn
from geocnn.checkpoints import Trained
from geocnn.picking import find_picks, residuals

RATE = 100


class Labelled(NamedTuple):
    """A record of three components, ``(3, samples)``, and the samples of its known arrivals, P and S."""

    waveform: Float32[ndarray, "3 samples"]
    known: tuple[float | None, float | None]


def labelled(folder: Path) -> Iterator[tuple[str, list[Labelled]]]:
    """Records by source."""
    with (folder / "waveforms" / "labelled.csv").open() as file:
        rows = list(csv.DictReader(file))
    with h5py.File(folder / "waveforms" / "labelled.h5") as file:
        for source in file:
            records = []
            for row in (r for r in rows if r["source"] == source):
                p, s = (None if float(row[phase]) < 0 else float(row[phase]) for phase in ("p", "s"))
                waveform = file[source][int(row["index"]), :, : int(row["nsamp"])]
                records.append(Labelled(np.asarray(waveform, np.float32), (p, s)))
            yield source, records


def probabilities(trained: Trained, record: Labelled) -> Float32[ndarray, "2 samples"]:
    """Of P and S."""
    x = torch.from_numpy(record.waveform)[None]
    size, step = x.shape[2], trained.card.size_multiple
    padded = torch.nn.functional.pad(x, (0, -size % step))
    with torch.inference_mode():
        found = torch.softmax(trained.model.eval()(padded).float(), 1)
    return found[0, :2, :size].numpy()


def judged(records: list[Labelled], found: list[Float32[ndarray, "2 samples"]], threshold: float) -> list[str]:
    """Cells of a row."""
    cells, false, minutes = [], 0, 0.0
    for phase in (0, 1):
        errors: list[float] = []
        count = 0
        for record, probability in zip(records, found, strict=True):
            picks = [pick.sample for pick in find_picks(probability[phase], threshold=threshold)]
            true = record.known[phase]
            count += true is not None
            errors += [] if true is None else residuals(picks, [true], 0.5 * RATE).tolist()
            if record.known[0] is not None:
                end = min(t for t in record.known if t is not None) - RATE
                false += sum(pick < end for pick in picks)
                minutes += max(0.0, end) / RATE / 60 / 2
        size = np.abs(errors) / RATE
        mean = float(size.mean()) if len(size) else 0.0
        within = f"{len(size) / count:.3f} ({np.sum(size <= 0.1) / count:.3f}), {mean:.3f}" if count else "-"
        cells.append(within)
    return [*cells, f"{false / minutes:.2f}"]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("run", nargs="?", default="quakes", help="run folder; default the picker that ships")
    parser.add_argument("--threshold", type=float, nargs="+", default=[0.2, 0.3])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    trained = geocnn.load(options.run)
    print("| source | records | threshold | P: recall 0.5 s (0.1 s), error s | S: the same | false a minute |")
    print("| --- | --- | --- | --- | --- | --- |")
    for source, records in labelled(options.data):
        found = [probabilities(trained, record) for record in records]
        for threshold in options.threshold:
            cells = judged(records, found, threshold)
            print(f"| {source} | {len(records)} | {threshold:g} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
