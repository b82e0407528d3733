"""How well a network learns from someone's own labels: faults of the Great South Basin, facies of Penobscot.

    python benchmarks/segment.py faults [--data ../shared/data] [--epochs 50]
    python benchmarks/segment.py facies [--data ../shared/data] [--epochs 30]
    python benchmarks/segment.py horizons [--data ../shared/data] [--epochs 30] [--inlines 1075 1086 1098 1110]

Faults: the 2-D network that ships goes on with one crossline whose faults were picked by hand; the two others, 100
crosslines away and more, are the test. Scores are those of `benchmarks/faults.py`, a tolerance of two pixels at the
best threshold of the test sections, before and after.

Facies: eight intervals between horizons, learnt from four inlines of a slab of 36; the others are the test.

Horizons: the same seven horizons as text files with picks on some inlines, and as text files of all inlines in the end;
errors on the others, beside those of interpolation from picked inline to picked inline.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import geocnn
from geocnn.checkpoints import Trained
from geocnn.evaluation import scores
from geocnn.grid import Axis, Grid
from geocnn.interpretation.horizons import find_horizons
from geocnn.io import ArraySource
from geocnn.io.horizons import Horizon, write_horizon

CROSSLINES = (2700, 2800, 2900)
LABELLED = (1075, 1086, 1098, 1110)


def tolerant(network: str | Trained, sections: list[tuple[NDArray[np.float32], NDArray[np.bool_]]]) -> dict[str, float]:
    """Scores at the best threshold of all sections together."""
    found, truth = [], []
    for seismic, fault in sections:
        result = geocnn.predict(network, seismic, show_progress=False)
        if result.array is None:
            raise RuntimeError("predict without out gives an array")
        # Sections side by side, apart by more than the tolerance, so that one call scores them all.
        found.append(np.pad(result.array, ((0, 8), (0, 0))))
        truth.append(np.pad(fault, ((0, 8), (0, 0))))
    probability, mask = np.concatenate(found), np.concatenate(truth)
    rows = {t: scores(probability, mask, threshold=t) for t in np.arange(0.05, 1, 0.05).round(2)}
    best = max(rows, key=lambda t: rows[t]["tolerant_f1"])
    return {"threshold": float(best)} | rows[best]


def faults(folder: Path, work: Path, options: dict[str, Any]) -> None:
    """One row for each crossline to learn from, before and after."""
    lines = {}
    for number in CROSSLINES:
        with np.load(folder / "faults_gsb" / f"crl_{number}.npz") as file:
            seismic, fault = np.ascontiguousarray(file["seismic"].T, np.float32), file["fault"].T > 0
        lines[number] = (seismic, fault)
        np.save(work / f"{number}.npy", seismic)
        np.save(work / f"{number}-faults.npy", fault.astype(np.uint8))
    keys = ("threshold", "tolerant_precision", "tolerant_recall", "tolerant_f1")
    print("| network | tested on crosslines | " + " | ".join(k.replace("_", " ") for k in keys) + " | seconds |")
    print("|---" * (len(keys) + 3) + "|")
    for number in CROSSLINES:
        start = time.perf_counter()
        data, labels = work / f"{number}.npy", work / f"{number}-faults.npy"
        run = geocnn.fit(
            "segment",
            data=(data,),
            labels=(labels,),
            classes=("fault",),
            from_="faults",
            show_progress=False,
            **dict[str, Any]({"elastic": 4.0} | options),  # one small section is soon known by heart
        )
        seconds = time.perf_counter() - start
        test = {n: line for n, line in lines.items() if n != number}
        names, where = ("faults", f"went on with {number}"), ", ".join(map(str, test))
        networks: tuple[str | Trained, ...] = ("faults", run)
        for name, network, took in zip(names, networks, (0, seconds), strict=True):
            found = tolerant(network, list(test.values()))
            cells = " | ".join(f"{found[k]:.3f}" for k in keys)
            print(f"| {name} | {where} | {cells} | {took:.0f} |", flush=True)


def facies(folder: Path, work: Path, options: dict[str, Any]) -> None:
    """IoU of every class on the inlines that were not labelled."""
    with np.load(folder / "horizons_penobscot" / "inlines_1075_1110.npz") as file:
        seismic, truth, inlines = file["seis"], file["facies"], file["inline"]
    labelled = [int(np.flatnonzero(inlines == n)[0]) for n in LABELLED]
    np.save(work / "seismic.npy", seismic)  # .npy knows no line numbers: its inlines are 0, 1, 2 ...
    np.save(work / "facies.npy", truth)
    start = time.perf_counter()
    run = geocnn.fit(
        "segment",
        data=(work / "seismic.npy",),
        labels=(work / "facies.npy",),
        inlines=tuple(labelled),
        show_progress=False,
        **dict[str, Any]({"crop": (128, 256), "epochs": 30} | options),
    )
    seconds = time.perf_counter() - start
    result = geocnn.predict(run, work / "seismic.npy", show_progress=False).array
    if result is None:
        raise RuntimeError("predict without out gives an array")
    rest = np.setdiff1d(np.arange(len(inlines)), labelled)
    found, true = result[rest].astype(np.int64).ravel(), truth[rest].astype(np.int64).ravel()
    counts = np.bincount(8 * true + found, minlength=64).reshape(8, 8)
    iou = counts.diagonal() / (counts.sum(0) + counts.sum(1) - counts.diagonal())
    print("| tested on | " + " | ".join(f"IoU {k}" for k in range(8)) + " | mean IoU | accuracy | epochs | seconds |")
    print("|---" * 13 + "|")
    cells = " | ".join(f"{v:.3f}" for v in (*iou, iou.mean(), counts.trace() / counts.sum()))
    print(
        f"| {len(rest)} inlines beside {len(labelled)} labelled ones | {cells} | {len(run.history)} | {seconds:.0f} |"
    )


def horizons(folder: Path, work: Path, options: dict[str, Any]) -> None:
    """Errors of each horizon on the inlines without picks."""
    with np.load(folder / "horizons_penobscot" / "inlines_1075_1110.npz") as file:
        seismic, facies, inlines = file["seis"].astype(np.float32), file["facies"], file["inline"]
    lines, traces, samples = seismic.shape
    axes = Axis("inline", lines, float(inlines[0])), Axis("crossline", traces, 1000), Axis("time", samples, 0, 4, "ms")
    grid = Grid(axes)
    chosen = options.pop("inlines", LABELLED)
    picked = np.isin(inlines, chosen)
    known = find_horizons(ArraySource(facies, grid))
    for horizon in known:
        on_lines = np.where(picked[:, None], horizon.values, np.nan)
        write_horizon(Horizon(horizon.name, on_lines), work / f"{horizon.name}.dat", grid)
    start = time.perf_counter()
    run = geocnn.fit(
        "segment",
        data=(ArraySource(seismic, grid),),
        horizons=tuple(work / f"{horizon.name}.dat" for horizon in known),
        show_progress=False,
        **dict[str, Any]({"crop": (128, 256), "epochs": 30} | options),
    )
    seconds = time.perf_counter() - start
    result = geocnn.predict(run, ArraySource(seismic, grid), show_progress=False).array
    if result is None:
        raise RuntimeError("predict without out gives an array")
    found = find_horizons(ArraySource(result, grid))
    print(f"picks on inlines {', '.join(map(str, chosen))}; {len(run.history)} epochs, {seconds:.0f} s")
    print("| horizon | known at, ms | mean error, ms | median | within 8 ms | interpolated: mean error | within 8 ms |")
    print("|---" * 7 + "|")
    for number, (truth, horizon) in enumerate(zip(known, found, strict=True), start=1):
        between = np.empty_like(truth.values)
        for trace in range(traces):
            between[:, trace] = np.interp(inlines, inlines[picked], truth.values[picked, trace])
        own, other = (np.abs(one - truth.values)[~picked] for one in (horizon.values, between))
        where = f"{np.median(truth.values):.0f}"
        cells = f"{np.nanmean(own):.1f} | {np.nanmedian(own):.1f} | {np.nanmean(own <= 8):.3f}"
        print(f"| {number} | {where} | {cells} | {np.nanmean(other):.1f} | {np.nanmean(other <= 8):.3f} |")


def main() -> None:
    """Print the table of one of the three."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("what", choices=("faults", "facies", "horizons"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    for name in ("epochs", "samples", "patience", "width", "seed"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--crop", type=int, nargs=2)
    parser.add_argument("--inlines", type=int, nargs="+")
    given = vars(parser.parse_args())
    what, folder = given.pop("what"), given.pop("data")
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items() if v is not None}
    with tempfile.TemporaryDirectory() as work:
        {"faults": faults, "facies": facies, "horizons": horizons}[what](folder, Path(work), options)


if __name__ == "__main__":
    main()
