"""Where one station says that real earthquakes are, beside where a catalogue has them.

    pip install h5py
    python benchmarks/locations.py [RUN] [--data ../shared/data] [--map map.png] [--velocity-models NZ.csv ICELAND.csv]

Records of New Zealand and Iceland with a known P wave that the picker finds within 0.5 s; the window begins 5 s before
its pick. Distances are those of the epicentre. Beside the detector: the constant that is the middle of the distances,
on a logarithmic scale, that it has learnt from, and the rule of thumb of 8 km for each second from P to S, with the
known arrivals, where both are known (in the same line the detector on these records alone). The last lines are
epicentres from all stations of an earthquake, whose records begin at the same time, from the known arrivals and from
the records alone; the middle of the stations is the constant there. With velocity models, as ``geocnn predict quakes``
takes them, the known arrivals are located in those layers as well.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import torch
from jaxtyping import Float, Float32
from numpy import ndarray
from numpy.typing import NDArray

import geocnn
from cards import note
from geocnn.checkpoints import Trained
from geocnn.delays import Delays, delay_after
from geocnn.geodesy import Plane, offsets
from geocnn.io.sites import Site
from geocnn.io.velocity_models import read_layers
from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick
from geocnn.location import HEADS, Crust, Place, asked, place_of
from geocnn.metrics import head_probabilities
from geocnn.picking import find_picks
from geocnn.prediction.catalogue import pick_earthquakes
from geocnn.prediction.epicentres import epicentres

RATE, BEFORE = 100, 500
Grid = NDArray[np.float64]
STATIONS = {
    "EORO": (-43.424, 170.175),
    "FRAN": (-43.379, 170.167),
    "GCSZ": (-43.316, 170.327),
    "LABE": (-43.542, 170.247),
    "MTFO": (-43.509, 170.011),
    "WHYM": (-43.441, 170.371),
    "WV01": (-43.284, 170.393),
    "WV02": (-43.284, 170.414),
    "WV03": (-43.294, 170.406),
    "WV04": (-43.302, 170.412),
    "WZ02": (-43.349, 170.482),
    "WZ04": (-43.271, 170.329),
    "WZ07": (-43.175, 170.369),
    "WZ08": (-43.139, 170.415),
    "WZ10": (-43.194, 170.520),
    "WZ11": (-43.296, 170.410),
    "WZ14": (-43.115, 170.818),
    "WZ16": (-43.347, 170.534),
    "WZ20": (-43.215, 170.556),
}
"""Of New Zealand, whose records come without coordinates, within some 0.5 km: from distances (whole km) and azimuths of
up to ten earthquakes each in the bulletin (Nordic files among the test data of the EQcorrscan repository)."""


@dataclass(frozen=True)
class Case:
    """A record of an earthquake, ``(5, samples)`` with P at sample 500, and what a catalogue has of it."""

    record: Float32[ndarray, "5 samples"]
    event: str
    station: tuple[float, float]
    epicentre: tuple[float, float]
    depth: float
    delay: float | None
    oriented: bool

    @property
    def seen(self) -> Plane:
        """Distance and azimuth from the station."""
        return seen_from(self.station, self.epicentre)


def rows_of(folder: Path, source: str) -> list[dict[str, str]]:
    """What is known of the records of a source."""
    with (folder / "waveforms" / "labelled.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["source"] == source]


def seen_from(here: tuple[float, float], there: tuple[float, float]) -> Plane:
    """Distance and azimuth of a place."""
    return offsets(*here, (np.array([there[0]]), np.array([there[1]])))


def cases(picker: Trained, folder: Path, source: str, size: int) -> Iterator[Case]:
    """Records of a source."""
    rows = [row for row in rows_of(folder, source) if float(row["p"]) >= 0]
    with h5py.File(folder / "waveforms" / "labelled.h5") as file:
        for row in rows:
            place = station_of(row)
            waveform = np.asarray(file[source][int(row["index"]), :, : int(row["nsamp"])], np.float32)
            known, s = float(row["p"]), float(row["s"])
            waveform = np.pad(waveform, ((0, 0), (BEFORE, size)))  # no data beyond the ends
            waveform = waveform[:, : waveform.shape[1] // 256 * 256]
            with torch.inference_mode():
                phases = torch.softmax(picker.model(torch.from_numpy(waveform)[None]), 1)[0, :2].numpy()
            picks = [pick.sample for pick in find_picks(phases[0], threshold=picker.card.threshold)]
            onset = min(picks, key=lambda at: abs(at - BEFORE - known), default=-1e9)
            if place is None or abs(onset - BEFORE - known) > 0.5 * RATE:
                continue
            first = round(onset) - BEFORE
            record = np.concatenate((waveform, phases))[:, first : first + size]
            record[3:] = asked(record[3:], BEFORE)
            epicentre = float(row["event_lat"]), float(row["event_lon"])
            delay = (s - known) / RATE if s >= 0 else None
            yield Case(
                record, row["event_id"], place, epicentre, float(row["event_depth_km"]), delay, row["channels"] == "ZNE"
            )


def said(trained: Trained, records: list[Case], threshold: float) -> list[Place]:
    """What a detector says, with the S waves that the picker finds."""
    with torch.inference_mode():
        logits = trained.model(torch.from_numpy(np.stack([r.record for r in records])))
    delays, found = Delays.of(trained.card.training), []
    for record, probability in zip(records, head_probabilities(logits, HEADS).numpy(), strict=True):
        delay = delay_after(record.record[4], BEFORE, threshold=threshold, deviation=0.1)
        found.append(place_of(probability, None if delay is None else delays.likelihood(delay)))
    return found


def turned(a: float, b: float) -> float:
    """Degrees between two directions."""
    return abs((a - b + 180) % 360 - 180)


def errors(apart: Float[ndarray, " records"]) -> str:
    """Mean and median."""
    return f"{np.abs(apart).mean():.1f} ({np.median(np.abs(apart)):.1f})"


def alone(records: list[Case], places: list[Place], constants: tuple[float, ...]) -> dict[str, float]:
    """Errors station by station; the constants are of distance and depth."""
    seen = [(float(r.seen.distance[0]), float(r.seen.azimuth[0])) for r in records]
    true = np.array([d for d, _ in seen])
    found = np.array([p.distance.value for p in places])
    both = np.array([r.delay is not None for r in records])
    rule = np.array([8 * (r.delay or 0) for r in records])
    inside = [p.distance.low <= d <= p.distance.high for p, d in zip(places, true, strict=True)]
    known = [(w, a) for r, p, (_, a) in zip(records, places, seen, strict=True) if r.oriented and (w := p.azimuth)]
    angle = np.array([turned(way.value, a) for way, a in known])
    wide = np.array([way.half for way, _ in known])
    depth = np.array([r.depth for r in records])
    made = {
        "records": len(records),
        "called_earthquakes": np.mean([p.probability > 0.5 for p in places]),
        "distance_within_68": np.mean(inside),
        "records_p_and_s": both.sum(),
        "records_zne": len(angle),
        "azimuth_median": np.median(angle),
        "azimuth_median_surer_half": np.median(angle[wide <= np.median(wide)]),
        "azimuth_within_45": np.mean(angle < 45),
        "depth_error": np.abs(np.array([p.depth.value for p in places]) - depth).mean(),
        "depth_error_constant": np.abs(depth - constants[1]).mean(),
    }
    for name, apart in (
        ("distance", found - true),
        ("distance_constant", constants[0] - true),
        ("distance_p_and_s", (found - true)[both]),
        ("distance_rule", (rule - true)[both]),
    ):
        made |= {f"{name}_error": np.abs(apart).mean(), f"{name}_median": np.median(np.abs(apart))}
    return {name: float(value) for name, value in made.items()}


def told(f: dict[str, float], constants: tuple[float, ...]) -> Iterator[str]:
    """The same in words."""

    def both(name: str) -> str:
        return f"{f[f'{name}_error']:.1f} ({f[f'{name}_median']:.1f})"

    yield f"records {f['records']:.0f}, called an earthquake {f['called_earthquakes']:.3f}"
    yield (
        f"distance, mean (median) error, km: detector {both('distance')}, constant {constants[0]:.0f} km "
        f"{both('distance_constant')}, within its 68 % {f['distance_within_68']:.2f}"
    )
    yield (
        f"    P and S known ({f['records_p_and_s']:.0f}): detector {both('distance_p_and_s')}, "
        f"8 km/s {both('distance_rule')}"
    )
    yield (
        f"azimuth ({f['records_zne']:.0f} records of Z, N, E), median error, degrees: {f['azimuth_median']:.0f}, of "
        f"the surer half {f['azimuth_median_surer_half']:.0f}; guessing 90; within 45 degrees "
        f"{f['azimuth_within_45']:.2f}"
    )
    constant = f"constant {constants[1]:.1f} km {f['depth_error_constant']:.1f}"
    yield f"depth, mean error, km: {f['depth_error']:.1f}, {constant}"


class Together(NamedTuple):
    """Epicentres from all stations: a line, stations, and true and found places, km from the middle of the stations."""

    line: str
    stations: Grid
    true: Grid
    found: Grid


def together(
    folder: Path,
    source: str,
    *,
    picker: Trained | None = None,
    detector: Trained | None = None,
    crust: Crust | None = None,
) -> Together:
    """Epicentres from all stations of an earthquake, as ``geocnn predict quakes --stations`` finds them.

    Args:
        folder: of the data.
        source: of the records.
        picker: finds the arrivals; None takes the known ones.
        detector: tells what it can of each.
        crust: velocities; default the mean of the crust.
    """
    rows = [row for row in rows_of(folder, source) if station_of(row)]
    places = {row["station"]: station_of(row) or (0.0, 0.0) for row in rows}
    sites = [Site("XX", name, *place) for name, place in places.items()]
    middle = tuple(np.mean(list(places.values()), axis=0).tolist())
    earthquakes: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        earthquakes[row["event_id"].partition("_")[0]].append(row)
    if picker is None:
        events = [event_of(row, k) for k, known in enumerate(earthquakes.values()) for row in known]
    else:
        archive = open_archive(list(pieces_of(folder, source, list(earthquakes.values()))))
        events = list(pick_earthquakes(picker, archive, detector=detector, show_progress=False).events)
    made = [(e, e.origin) for e in epicentres(events, sites, crust=crust) if e.origin is not None]
    true, found, deep = [], [], []
    for k, known in enumerate(earthquakes.values()):
        arrivals = [float(row[phase]) / RATE for row in known for phase in "ps" if float(row[phase]) >= 0]
        first = (3600 * k + 60 + min(arrivals, default=0.0)) * SECOND
        same = [(len(e.picks), o) for e, o in made if abs(e.picks[0].time - first) < 2 * SECOND]  # of a swarm
        if same:
            best = max(same, key=lambda pair: pair[0])[1]
            true.append((float(known[0]["event_lat"]), float(known[0]["event_lon"])))
            found.append((best.latitude, best.longitude))
            deep.append((best.depth or 0.0) - float(known[0]["event_depth_km"]))
    apart = np.array([seen_from(a, b).distance[0] for a, b in zip(true, found, strict=True)])
    constant = np.array([seen_from(middle, a).distance[0] for a in true])
    return Together(
        f"{'picked' if picker else 'known'} arrivals of all stations: {len(found)} of {len(earthquakes)} earthquakes "
        f"located{' in layers' if crust else ''}, mean (median) error, km: epicentre {errors(apart)}, the middle of "
        f"the stations {errors(constant)}, depth {errors(np.array(deep))}",
        *(plane(middle, some) for some in (list(places.values()), true, found)),
    )


def station_of(row: dict[str, str]) -> tuple[float, float] | None:
    """Its place."""
    return (float(row["sta_lat"]), float(row["sta_lon"])) if row["sta_lat"] else STATIONS.get(row["station"])


def event_of(row: dict[str, str], hour: int) -> Event:
    """The known arrivals of a record."""
    known = {phase: 60 * RATE + float(row[phase.lower()]) for phase in "PS" if float(row[phase.lower()]) >= 0}
    channel, begin = Channel("XX", row["station"], "", "HHZ"), 3600 * hour * SECOND
    return Event(tuple(PhasePick(channel, phase, begin + round(at * SECOND / RATE)) for phase, at in known.items()))


def pieces_of(folder: Path, source: str, earthquakes: list[list[dict[str, str]]]) -> Iterator[ArrayPiece]:
    """The records of earthquakes, an hour apart; all of one begin at the same time, a minute after the hour."""
    with h5py.File(folder / "waveforms" / "labelled.h5") as file:
        for hour, rows in enumerate(earthquakes):
            for row in rows:
                waveform = np.asarray(file[source][int(row["index"]), :, : int(row["nsamp"])], np.float32)
                for component, samples in zip("ZNE" if row["channels"] == "ZNE" else "Z12", waveform, strict=True):
                    channel = Channel("XX", row["station"], "", f"HH{component}")
                    yield ArrayPiece.of(channel, (3600 * hour + 60) * SECOND, RATE, samples)


def plane(middle: tuple[float, float], places: list[tuple[float, float]]) -> Grid:
    """East and north of a place, km, of some places."""
    seen = [seen_from(middle, place) for place in places]
    return np.array([(float(at.east[0]), float(at.north[0])) for at in seen])


def wadati(folder: Path, source: str) -> str:
    """P velocity over S velocity: S minus P grows with the time of P from station to station (K. Wadati, 1933)."""
    earthquakes: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows_of(folder, source):
        p, s = float(row["p"]), float(row["s"])
        if p >= 0 and s >= 0:
            earthquakes[row["event_id"].partition("_")[0]].append((p, s - p))
    apart = [np.array(pairs) - np.mean(pairs, axis=0) for pairs in earthquakes.values() if len(pairs) > 1]
    p, delay = np.concatenate(apart).T
    least, most = np.dot(p, delay) / np.dot(p, p), np.dot(delay, delay) / np.dot(p, delay)
    return f"P over S velocity from {len(p)} pairs of known arrivals: {1 + least:.2f} to {1 + most:.2f}"


def draw(maps: dict[str, Together], out: Path) -> None:
    """A map of each source."""
    from geocnn.figures.style import INK, figure, save

    made = figure(6.2 * len(maps), 6.4)
    places = np.atleast_1d(made.subplots(1, len(maps)))
    for place, (name, shown) in zip(places, maps.items(), strict=True):
        place.plot(*np.stack([shown.true, shown.found]).transpose(2, 0, 1), color="0.6", linewidth=0.8, zorder=1)
        place.scatter(*shown.stations.T, 90, marker="^", color=INK, edgecolor="white", zorder=2, label="station")
        place.scatter(*shown.true.T, 45, color="#cc6677", edgecolor=INK, linewidth=0.5, zorder=4, label="catalogue")
        place.scatter(*shown.found.T, 45, marker="X", color="#88ccee", edgecolor=INK, linewidth=0.5, zorder=3)
        place.scatter([], [], 45, marker="X", color="#88ccee", edgecolor=INK, linewidth=0.5, label="located")
        error = np.hypot(*(shown.found - shown.true).T)
        place.set_title(f"{name}: {len(error)} earthquakes, median error {np.median(error):.1f} km", loc="left")
        place.set(xlabel="east, km", ylabel="north, km", aspect="equal")
        place.grid(color="0.9")
    made.legend(*places[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    save(made, out)


def main() -> None:
    """Print the errors."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("run", nargs="?", default="detector", help="run folder; default the detector that ships")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--map", type=Path, help="picture, .png")
    parser.add_argument("--card", action="store_true", help="put the figures of single stations into the card")
    parser.add_argument("--velocity-models", type=Path, nargs=2, help="tables of layers, of New Zealand and of Iceland")
    options = parser.parse_args()
    trained, picker = geocnn.load(options.run, ndim=1), geocnn.load("quakes", ndim=1)
    ranges = trained.card.training["arguments"]
    constants = tuple(float(np.sqrt(np.prod(ranges[name]))) for name in ("distance", "depth"))
    maps: dict[str, Together] = {}
    figures: dict[str, dict[str, float]] = {}
    models = options.velocity_models or (None, None)
    for (source, name), model in zip((("dfdp", "New Zealand"), ("iceland_vt", "Iceland")), models, strict=True):
        records = list(cases(picker, options.data, source, trained.card.window[0]))
        places = said(trained, records, picker.card.threshold)
        print(source)
        known = together(options.data, source)
        maps[name] = together(options.data, source, picker=picker, detector=trained)
        measured = alone(records, places, constants)
        figures[f"{len(records)} real records, {name}, distances in km, azimuths in degrees"] = measured
        lines = [wadati(options.data, source), *told(measured, constants), known.line, maps[name].line]
        if model is not None:
            lines.append(together(options.data, source, crust=Crust.of(read_layers(model))).line)
        print(*(f"  {line}" for line in lines), sep="\n", flush=True)
    if options.card:
        note(trained, figures)
    if options.map is not None:
        draw(maps, options.map)


if __name__ == "__main__":
    main()
