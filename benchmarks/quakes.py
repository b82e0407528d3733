"""A picker on real seismograms with known arrivals: recall, errors, false picks.

    pip install h5py obspy
    python benchmarks/quakes.py [RUN] [--threshold 0.2 0.3] [--alone 3] [--data ../shared/data] [--curve curve.png]

One row a source and threshold. Recall is the share of the known arrivals with a pick within 0.5 s, and within 0.1 s;
errors are means over those within 0.5 s. False picks are those of P and S together in the records up to a second before
the first arrival; in swarms many of these are earthquakes that nobody picked: in brackets those that are no P with an S
0.2 to 10 s behind it. With --card the figures go into the card of the network. With --synthetic the factor of the odds
of waves that nothing confirms is tried on synthetic records and on synthetic noise. With --curve recall of P is drawn
against false picks of P an hour, beside what the recursive STA/LTA of the vertical component (R. Allen, 1978; 0.5 s
over 10 s, 1 to 20 Hz; needs ObsPy) reaches.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import scipy.signal
import torch
from jaxtyping import Float32
from numpy import ndarray
from obspy.signal.trigger import recursive_sta_lta, trigger_onset

import geocnn
from cards import note
from geocnn.checkpoints import Trained
from geocnn.datasets import EarthquakeRecords
from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.pieces import SECOND, spans
from geocnn.picking import find_arrivals, find_picks, residuals
from geocnn.prediction.arrivals import pick_station
from geocnn.synthetic.earthquakes import EarthquakeRanges

RATE = 100
SIZE, HELD_OUT = 3072, 1001
"""Samples of a synthetic record, and a series that no training takes."""
CALIFORNIA = ("deepdenoiser_train", "phasenet_train")
"""Sources that are both of Northern California, and have a row together."""
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


def picked(trained: Trained, record: Labelled, threshold: float, alone: float = 3.0) -> dict[str, list[float]]:
    """Samples of the picks of each phase, as ``geocnn predict quakes`` finds them; a second of zeros is a gap."""
    pieces = []
    for code, samples in zip(("HHZ", "HHN", "HHE"), record.waveform, strict=True):
        live = np.ones(len(samples), bool)
        for first, last in spans(samples == 0):
            live[first:last] = last - first < RATE
        for first, last in spans(live):
            start = START + first * SECOND // RATE
            pieces.append(ArrayPiece.of(Channel("XX", "AAA", "", code), start, RATE, samples[first:last]))
    station = open_archive(pieces).stations[0] if pieces else None
    found = (
        [] if station is None else [a.pick for a in pick_station(trained, station, threshold=threshold, alone=alone)]
    )
    return {phase: [(p.time - START) * RATE / SECOND for p in found if p.phase == phase] for phase in "PS"}


def judged(records: list[Labelled], found: list[dict[str, list[float]]]) -> dict[str, float]:
    """Recall and error of both phases, and false picks a minute, all and without pairs."""
    scores: dict[str, float] = {}
    for row, phase in enumerate("PS"):
        errors: list[float] = []
        count = 0
        for record, picks in zip(records, found, strict=True):
            true = record.known[row]
            count += true is not None
            errors += [] if true is None else residuals(picks[phase], [true], 0.5 * RATE).tolist()
        size = np.abs(errors) / RATE
        if count:
            name = phase.lower()
            scores[f"recall_{name}"], scores[f"recall_{name}_0.1s"] = len(size) / count, np.sum(size <= 0.1) / count
            scores[f"error_{name}"] = float(size.mean()) if len(size) else 0.0
    false, lonely, minutes = 0, 0, 0.0
    for record, picks in zip(records, found, strict=True):
        if record.known[0] is not None:
            end = min(t for t in record.known if t is not None) - RATE
            early = [[t for t in picks[phase] if t < end] for phase in "PS"]
            false += sum(map(len, early))
            lonely += len(unpaired(*early))
            minutes += max(0.0, end) / RATE / 60
    return scores | {"false_a_minute": false / minutes, "false_a_minute_no_pair": lonely / minutes}


def cells(scores: dict[str, float]) -> str:
    """Those of a row."""
    both = (
        f"{scores[f'recall_{p}']:.3f} ({scores[f'recall_{p}_0.1s']:.3f}), {scores[f'error_{p}']:.3f}"
        if f"recall_{p}" in scores
        else "-"
        for p in "ps"
    )
    return f"{' | '.join(both)} | {scores['false_a_minute']:.2f} ({scores['false_a_minute_no_pair']:.2f})"


def unpaired(p: list[float], s: list[float]) -> list[float]:
    """Samples of picks of both phases that are no P with the first S 0.2 to 10 s behind it."""
    left, waiting = sorted(s), []
    for at in sorted(p, reverse=True):  # an S belongs to the last P in front of it
        later = [t for t in left if 0.2 * RATE <= t - at <= 10 * RATE]
        if later:
            left.remove(later[0])
        else:
            waiting.append(at)
    return waiting + left


def triggered(record: Labelled, threshold: float) -> list[float]:
    """Samples at which STA/LTA begins to exceed a threshold, from the end of the first long window on."""
    live = np.any(record.waveform != 0, axis=0)
    first = int(np.argmax(live))
    trace = next((w for w in record.waveform if np.any(w)), record.waveform[0])[first:].astype(float)
    band = scipy.signal.butter(4, (1, 20), "bandpass", fs=RATE, output="sos")
    ratio = recursive_sta_lta(scipy.signal.sosfilt(band, trace - trace[0]), RATE // 2, 10 * RATE)
    return [on + first for on, _ in trigger_onset(ratio, threshold, threshold / 2) if on > 10 * RATE]


def operating(records: list[Labelled], found: list[list[float]]) -> tuple[float, float]:
    """Recall of P within 0.5 s, and false picks of P an hour, of picks at some samples."""
    hits = count = false = 0
    hours = 0.0
    for record, picks in zip(records, found, strict=True):
        known = record.known[0]
        if known is None:
            continue
        count += 1
        hits += len(residuals(picks, [known], 0.5 * RATE))
        begin = int(np.argmax(np.any(record.waveform != 0, axis=0))) + 10 * RATE  # STA/LTA says nothing before
        end = min(t for t in record.known if t is not None) - RATE
        false += sum(begin <= at < end for at in picks)
        hours += max(0.0, end - begin) / RATE / 3600
    return hits / count, false / hours


def curve(trained: Trained, folder: Path, out: Path) -> None:
    """Draw recall against false picks of both, a panel a source."""
    from geocnn.figures.style import figure, save

    sources = list(labelled(folder))
    made = figure(4.2 * len(sources), 4.4)
    places = made.subplots(1, len(sources), sharey=True)
    for place, (source, records) in zip(places, sources, strict=True):
        ours = [
            operating(records, [picked(trained, record, threshold)["P"] for record in records])
            for threshold in (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
        ]
        theirs = [
            operating(records, [triggered(record, threshold) for record in records])
            for threshold in (2, 2.5, 3, 3.5, 4, 5, 6, 8, 12)
        ]
        for name, points, style in (("geocnn quakes", ours, "o-"), ("STA/LTA", theirs, "s--")):
            place.plot([f for _, f in points], [r for r, _ in points], style, markersize=4, label=name)
            rows = ", ".join(f"{r:.3f} at {f:.0f}" for r, f in points)
            print(f"{source}: {name}: recall of P at false picks an hour: {rows}", flush=True)
        place.set(title=source, xlabel="false P picks an hour", xscale="symlog", ylim=(0, 1), xlim=(0, None))
        place.grid(alpha=0.3)
    places[0].set_ylabel("recall of P within 0.5 s")
    places[0].legend(loc="lower right", frameon=False)
    save(made, out)


def synthetic(trained: Trained, threshold: float, count: int = 1024) -> None:
    """Print what waves that nothing confirms cost and bring on synthetic records and on synthetic noise."""
    told = []
    for quiet, number in ((EarthquakeRanges().quiet, count), (1.0, 2 * count)):
        samples = EarthquakeRecords(number, SIZE, HELD_OUT, RATE, EarthquakeRanges(quiet=quiet))
        told.append([one for first in range(0, number, 32) for one in _said(trained, samples, first)])
    minutes = len(told[1]) * SIZE / RATE / 60
    print("| factor | recall of P | of S | right of P | of S | false a minute of noise: P | S |\n" + "| --- " * 7 + "|")
    for alone in (1.0, 2.0, 3.0, 4.0):
        found = [[find_arrivals(p, threshold=threshold, alone=alone) for p, _ in some] for some in told]
        cells: list[str] = []
        for share in ("recall", "right"):
            for row, phase in enumerate("PS"):
                hits = wanted = made = 0
                for picks, (_, known) in zip(found[0], told[0], strict=True):
                    own = [pick.sample for pick, of in picks if of == phase]
                    true = [pick.sample for pick in find_picks(known[row], threshold=0.5)]
                    hits, wanted, made = (
                        hits + len(residuals(own, true, 0.5 * RATE)),
                        wanted + len(true),
                        made + len(own),
                    )
                cells.append(f"{hits / (wanted if share == 'recall' else made):.3f}")
        false = [sum(of == phase for picks in found[1] for _, of in picks) for phase in "PS"]
        print(f"| {alone:g} | {' | '.join(cells)} | {' | '.join(f'{n / minutes:.3f}' for n in false)} |", flush=True)


def _said(trained: Trained, samples: EarthquakeRecords, first: int) -> list[tuple[ndarray, ndarray]]:
    """Probabilities of P and S, told and true, of 32 records."""
    x, y = samples[range(first, first + 32)]
    with torch.inference_mode():
        told = torch.softmax(trained.model(x), 1)[:, :2]
    return list(zip(told.numpy(), y[:, :2].numpy(), strict=True))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("run", nargs="?", default="quakes", help="run folder; default the picker that ships")
    parser.add_argument("--threshold", type=float, nargs="+", default=[0.2, 0.3])
    parser.add_argument("--alone", type=float, default=3.0, help="factor of the odds of picks that nothing confirms")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--card", action="store_true", help="put the figures into the card of the network")
    parser.add_argument("--synthetic", action="store_true", help="the factor, on synthetic records and noise instead")
    parser.add_argument("--curve", type=Path, help="picture, .png")
    options = parser.parse_args()
    trained = geocnn.load(options.run, ndim=1)
    if options.synthetic:
        synthetic(trained, trained.card.threshold)
        return
    if options.curve is not None:
        curve(trained, options.data, options.curve)
        return
    print(
        "| source | records | threshold | P: recall 0.5 s (0.1 s), error s | S: the same | false a minute (no pair) |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    together: dict[float, tuple[list[Labelled], list[dict[str, list[float]]]]] = {
        t: ([], []) for t in options.threshold
    }
    figures: dict[tuple[str, int, float], dict[str, float]] = {}
    for source, records in labelled(options.data):
        for threshold, (all_records, all_found) in together.items():
            found = [picked(trained, record, threshold, options.alone) for record in records]
            figures[source, len(records), threshold] = judged(records, found)
            if source in CALIFORNIA:
                all_records += records
                all_found += found
    for threshold, both in together.items():
        figures["Northern California", len(both[0]), threshold] = judged(*both)
    for (source, count, threshold), scores in figures.items():
        print(f"| {source} | {count} | {threshold:g} | {cells(scores)} |")
    if options.card:
        note(trained, {f"{n} real records, {source}, threshold {t:g}": v for (source, n, t), v in figures.items()})


if __name__ == "__main__":
    main()
