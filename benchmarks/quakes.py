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
from jaxtyping import Float32
from numpy import ndarray

import geocnn
from geocnn.checkpoints import Trained
from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.pieces import SECOND, spans
from geocnn.picking import residuals
from geocnn.prediction.arrivals import pick_station

RATE = 100
START = 1_700_000_000 * SECOND


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


def picked(trained: Trained, record: Labelled, threshold: float) -> dict[str, list[float]]:
    """Samples of the picks of each phase, as ``geocnn predict quakes`` finds them; a second of zeros is a gap."""
    pieces = []
    for code, samples in zip(("HHZ", "HHN", "HHE"), record.waveform, strict=True):
        live = np.ones(len(samples), bool)
        for first, last in spans(samples == 0):
            live[first:last] = last - first < RATE
        for first, last in spans(live):
            start = START + first * SECOND // RATE
            pieces.append(ArrayPiece.of(Channel("XX", "AAA", "", code), start, RATE, samples[first:last]))
    found: dict[str, list[float]] = {"P": [], "S": []}
    if pieces:
        for arrival in pick_station(trained, open_archive(pieces).stations[0], threshold=threshold):
            found[arrival.pick.phase].append((arrival.pick.time - START) * RATE / SECOND)
    return found


def judged(records: list[Labelled], found: list[dict[str, list[float]]]) -> list[str]:
    """Cells of a row."""
    cells, false, minutes = [], 0, 0.0
    for phase in (0, 1):
        errors: list[float] = []
        count = 0
        for record, picks in zip(records, found, strict=True):
            true = record.known[phase]
            count += true is not None
            errors += [] if true is None else residuals(picks["PS"[phase]], [true], 0.5 * RATE).tolist()
            if record.known[0] is not None:
                end = min(t for t in record.known if t is not None) - RATE
                false += sum(pick < end for pick in picks["PS"[phase]])
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
    trained = geocnn.load(options.run, ndim=1)
    print("| source | records | threshold | P: recall 0.5 s (0.1 s), error s | S: the same | false a minute |")
    print("| --- | --- | --- | --- | --- | --- |")
    for source, records in labelled(options.data):
        for threshold in options.threshold:
            cells = judged(records, [picked(trained, record, threshold) for record in records])
            print(f"| {source} | {len(records)} | {threshold:g} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
