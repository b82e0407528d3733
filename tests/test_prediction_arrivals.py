"""A picker on records of any length: the same picks however they are cut and scaled, none in gaps, files that open."""

import csv
from pathlib import Path

import numpy as np
import pytest

import geocnn
from geocnn.errors import DataError, TargetError
from geocnn.io.sites import Site
from geocnn.io.waveforms import ArrayPiece, Channel, Station, open_archive
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import PhasePick
from geocnn.prediction import picker
from geocnn.prediction.arrivals import Arrival, pick_station, station_events
from geocnn.prediction.catalogue import pick_earthquakes
from geocnn.prediction.quiet import quiet_windows

obspy = pytest.importorskip("obspy")
REAL = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
START = 1_700_000_000 * SECOND
STATION = Station("XX", "AAA", "", "HH", ((), (), ()))


def written(path, waveform, start=START, spans=None):
    size = waveform.shape[1]
    pieces = [
        ArrayPiece.of(Channel("XX", "AAA", "", f"HH{c}"), start + a * SECOND // 100, 100.0, w[a:b].copy())
        for c, w in zip("ZNE", waveform, strict=True)
        for a, b in (spans or [(0, size)])
    ]
    write_miniseed(path, pieces, overwrite=True)
    return open_archive(path).stations[0]


def picked(quakes, station):
    return [(a.pick.phase, a.pick.time, a.pick.probability) for a in pick_station(quakes, station)]


def test_most_clear_arrivals_are_picked_to_a_tenth_of_a_second(tmp_path, quakes, five_minutes):
    waveform, known = five_minutes
    found = picked(quakes, written(tmp_path / "a.mseed", waveform))
    hits = [
        any(p == phase and abs(t - START - time * SECOND) <= 0.1 * SECOND for p, t, _ in found)
        for phase, time in known
    ]  # fmt: skip
    assert len(known) >= 10
    assert np.mean(hits) >= 0.7
    assert len(found) <= 2 * len(known)


def test_picks_do_not_depend_on_how_a_record_is_cut_and_scaled(tmp_path, quakes, five_minutes, monkeypatch):
    waveform, _ = five_minutes
    whole = picked(quakes, written(tmp_path / "a.mseed", waveform))
    assert len(whole) > 8
    for factor in (1e-9, 1e9):
        other = picked(quakes, written(tmp_path / "b.mseed", waveform * np.float32(factor)))
        assert [(p, pytest.approx(t, abs=SECOND / 500)) for p, t, _ in whole] == [(p, t) for p, t, _ in other]
        np.testing.assert_allclose([q for *_, q in other], [q for *_, q in whole], atol=2e-3)
    later = picked(quakes, written(tmp_path / "c.mseed", waveform[:, 8777:], start=START + 87_770_000_000))
    away = START + (87.77 + 45) * SECOND
    assert [p for p in later if p[1] > away] == [
        (p, pytest.approx(t, abs=SECOND / 500), pytest.approx(q, abs=2e-3)) for p, t, q in whole if t > away
    ]
    monkeypatch.setattr(picker, "_CORE", 2048)
    parts = picked(quakes, written(tmp_path / "a.mseed", waveform))
    assert [(p, pytest.approx(t, abs=SECOND / 500), pytest.approx(q, abs=2e-3)) for p, t, q in whole] == parts


def test_a_part_knows_the_picks_of_its_neighbours_that_are_near(tmp_path, quakes, five_minutes, monkeypatch):
    station = written(tmp_path / "a.mseed", five_minutes[0])
    monkeypatch.setattr(picker, "_CORE", 2048)
    ready = picker.Picker.of(quakes)
    found = [ready(part, ready.read(station, part)) for part in picker.parts(station)]
    every, near = (
        [sorted((phase, round(own.record.start + pick.sample)) for pick, phase in picks) for own, picks in pairs]
        for pairs in ([(own, own.picks) for own in found], [(own, own.beyond) for own in found])
    )
    assert len(found) > 10
    for number, own in enumerate(found):
        others = [pick for other in (*every[:number], *every[number + 1 :]) for pick in other]
        # An S wave is known to be one from what is up to 20 s before it, and a P wave from 10 s after it.
        sure = [one for one in others if own.part.first - 100 <= one[1] < own.part.last + 1000]
        assert [one for one in near[number] if own.part.first - 100 <= one[1] < own.part.last + 1000] == sorted(sure)
    assert sum(map(len, near)) >= 10


def test_the_first_of_few_counts_is_no_gap(tmp_path, quakes, five_minutes):
    """Wherever a record begins, its first number is subtracted; what is equal to it then is still a sample."""
    waveform = np.round(five_minutes[0] / (2 * np.median(np.abs(five_minutes[0])))).astype(np.float32)
    assert np.mean(waveform == 0) > 0.3
    read = written(tmp_path / "a.mseed", waveform).read(START * 100 // SECOND - 99, START * 100 // SECOND + 30_001)
    assert np.array_equal(read.marked() != 0, read.live)
    assert np.array_equal(read.marked().round(), read.waveform)
    found = []
    for count in (0, 2):
        first = int(np.flatnonzero(waveform[0, :900] - waveform[0, 0] == count)[0])
        cut = written(tmp_path / "b.mseed", waveform[:, first:], start=START + first * SECOND // 100)
        found.append([p for p in picked(quakes, cut) if p[1] > START + 60 * SECOND])
    one, other = found
    assert len(one) > 4
    assert [p[:2] for p in one] == [(p, pytest.approx(t, abs=SECOND / 500)) for p, t, _ in other]
    np.testing.assert_allclose([q for *_, q in other], [q for *_, q in one], atol=2e-3)


def test_nothing_is_picked_in_gaps_or_beside_them(tmp_path, quakes, five_minutes):
    waveform, _ = five_minutes
    whole = picked(quakes, written(tmp_path / "a.mseed", waveform))
    first = (whole[0][1] - START) * 100 // SECOND
    gaps = [(int(first) - 20, int(first) + 200), (20_000, 24_500)]
    spans = [(0, gaps[0][0]), (gaps[0][1], gaps[1][0]), (gaps[1][1], 30_000)]
    found = picked(quakes, written(tmp_path / "b.mseed", waveform, spans=spans))
    assert found
    for _, time, _ in found:
        sample = (time - START) * 100 / SECOND
        assert all(sample < a - 49 or sample > b + 49 for a, b in gaps)


def test_quiet_windows_hold_no_clear_arrival(tmp_path, quakes, five_minutes):
    waveform, known = five_minutes
    noise = np.random.default_rng(0).normal(0, 3, (3, 60_000)).astype(np.float32)
    noise[:, :30_000] += waveform
    written(tmp_path / "a.mseed", noise)
    windows = quiet_windows(quakes, tmp_path, 2000, show_progress=False)
    at = []
    for window in windows:
        first = window[0, :50] + noise[0, 0]
        possible = np.flatnonzero(np.isclose(first[0], noise[0, :58_000], atol=1e-3))
        at.append(next(i for i in possible if np.allclose(first, noise[0, i : i + 50], atol=1e-3)))
    assert len(at) >= 10
    picks = [(t - START) / SECOND for _, t, q in picked(quakes, open_archive(tmp_path).stations[0]) if q >= 0.3]
    assert len(picks) >= len(known) / 2
    assert not [(start, t) for start in at for t in picks if start / 100 - 59.9 < t < start / 100 + 25]
    with pytest.raises(DataError, match="no 6000 s without arrivals"):
        quiet_windows(quakes, tmp_path, 600_000, show_progress=False)


def test_the_catalogue_opens_in_obspy_and_the_table_has_the_same_picks(tmp_path, quakes, five_minutes):
    (tmp_path / "data").mkdir()
    written(tmp_path / "data" / "a.mseed", five_minutes[0])
    out = tmp_path / "catalog.xml"
    made = pick_earthquakes(quakes, tmp_path / "data", out, show_progress=False)
    catalogue = obspy.read_events(str(out))
    rows = list(csv.DictReader((tmp_path / "catalog.csv").read_text().splitlines()))
    theirs = sorted(
        (pick.phase_hint, pick.time.timestamp, pick.waveform_id.get_seed_string())
        for event in catalogue
        for pick in event.picks
    )
    assert len(rows) == len(theirs) == len(made.arrivals)
    channel = {"P": "XX.AAA..HHZ", "S": "XX.AAA..HHN"}
    ours = sorted(rows, key=lambda r: (r["phase"], float(r["time"])))
    assert theirs == [(r["phase"], pytest.approx(float(r["time"]), abs=1e-3), channel[r["phase"]]) for r in ours]
    least = quakes.card.threshold - 5e-4
    assert all(float(r["amplitude"]) > 0 and least <= float(r["probability"]) <= 1 for r in rows)
    numbers = [int(r["event"]) for r in rows]
    assert list(dict.fromkeys(numbers)) == list(range(len(catalogue)))
    for event in catalogue:
        phases = [p.phase_hint for p in event.picks]
        assert phases in (["P"], ["S"], ["P", "S"])
    with pytest.raises(TargetError, match="exists"):
        pick_earthquakes(quakes, tmp_path / "data", out, show_progress=False)


def test_p_and_an_s_after_it_are_an_event():
    def event(*picks):
        """Phases, seconds and probabilities; of events phases, or seconds of P and S where they are decimal."""
        known = [
            PhasePick(
                Channel("XX", "AAA", "", "HHZ"), p, START + round(t * SECOND), probability=chance[0] if chance else None
            )
            for p, t, *chance in picks
        ]
        found = station_events([Arrival(STATION, pick) for pick in known])
        assert sorted(id(p) for e in found for p in e.picks) == sorted(map(id, known))
        return ["".join(p.phase for p in e.picks) for e in found]

    assert event(("P", 0), ("S", 3)) == ["PS"]
    assert event(("P", 0), ("S", 0.1), ("S", 3)) == ["PS", "S"]  # no S wave comes so soon
    assert event(("P", 0), ("S", 61), ("P", 62), ("P", 63), ("S", 64), ("S", 65)) == ["P", "S", "P", "PS", "S"]
    # A faint S wave before a sure one is a conversion, and one that is sure and seconds earlier is not.
    assert event(("P", 0, 0.9), ("S", 3, 0.4), ("S", 4, 0.9)) == ["PS", "S"]
    assert event(("P", 0, 0.9), ("S", 3, 0.4), ("S", 9, 0.9)) == ["PS", "S"]
    # Of a strong earthquake far away the coda of P looks like P and S: P, P, S, and S 20 s later.
    assert event(("P", 0, 1.0), ("P", 0.2, 0.4), ("S", 0.4, 0.5), ("S", 20, 1.0)) == ["PS", "P", "S"]
    # What is not sure to be a P wave keeps nobody from an S wave, and a sure one does.
    assert event(("P", 0, 0.9), ("P", 2, 0.4), ("S", 3, 0.9)) == ["PS", "P"]
    assert event(("P", 0, 0.9), ("P", 2, 0.8), ("S", 3, 0.9)) == ["P", "PS"]
    assert event() == []


def test_streams_are_picked_without_a_file(quakes, five_minutes):
    stats = {"network": "XX", "station": "AAA", "sampling_rate": 100.0, "starttime": obspy.UTCDateTime(START / 1e9)}
    stream = obspy.Stream(
        [obspy.Trace(w.copy(), stats | {"channel": f"HH{c}"}) for c, w in zip("ZNE", five_minutes[0], strict=True)]
    )
    found = pick_earthquakes(quakes, stream, show_progress=False)
    assert len(found.arrivals) > 8
    p, s = (sum(a.pick.phase == phase for a in found.arrivals) for phase in "PS")
    pairs = sum(len(event.picks) == 2 for event in found.events)
    assert repr(found) == f"Catalogue({p} P and {s} S picks at 1 station, {pairs} earthquakes, 0 located)"
    assert len(repr(found.arrivals[0])) < 1500  # no samples
    with pytest.raises(DataError, match="seismograms are a path, several paths or an ObsPy Stream, not list"):
        pick_earthquakes(quakes, [stream], show_progress=False)


def test_predict_takes_what_the_command_takes(quakes, tmp_path, five_minutes):
    written(tmp_path / "a.mseed", five_minutes[0])
    known = {"show_progress": False, "detector": None}
    few = geocnn.predict(quakes, tmp_path / "a.mseed", threshold=0.9, channels="XX.AAA..HH?", **known)
    assert 0 < len(few.arrivals) < len(geocnn.predict(quakes, tmp_path / "a.mseed", **known).arrivals)
    assert all(a.pick.probability >= 0.9 and a.pick.place is None for a in few.arrivals)
    sites = [Site("XX", "AAA", 35.0, 25.0)]
    there = geocnn.predict(quakes, tmp_path / "a.mseed", stations=sites, show_progress=False)
    assert there.notes == () or "located" in there.notes[-1]
    with pytest.raises(
        DataError, match="channels and stations are for seismograms, and this network takes none; leave"
    ):
        geocnn.predict("faults", np.zeros((64, 64), np.float32), channels="*", stations=sites)
    with pytest.raises(DataError, match="tile is for surveys, and a picker takes seismograms; leave it out"):
        geocnn.predict(quakes, tmp_path / "a.mseed", tile=(64,))


def test_other_networks_and_thresholds_are_refused(quakes, five_minutes, tmp_path):
    station = written(tmp_path / "a.mseed", five_minutes[0][:, :3000])
    with pytest.raises(DataError, match="the threshold is 2"):
        list(pick_station(quakes, station, threshold=2.0))
    slow = open_archive(tmp_path / "a.mseed", rate=50.0).stations[0]
    with pytest.raises(DataError, match="is read at 50 Hz; the network needs 100"):
        list(pick_station(quakes, slow))
    with pytest.raises(DataError, match=r"a catalogue is QuakeML"):
        pick_earthquakes(quakes, tmp_path, tmp_path / "catalog.txt", show_progress=False)
    with pytest.raises(DataError, match="faults-2d is no picker"):
        list(pick_station(geocnn.load("faults", ndim=2), station))


@pytest.mark.skipif(not REAL.exists(), reason="needs the real data beside the project")
def test_the_aftershocks_of_oklahoma_have_p_before_s(quakes):
    files = sorted((REAL / "waveforms" / "files").glob("O2.WILZ*"))
    found = pick_earthquakes(quakes, files, threshold=0.5, show_progress=False)
    pairs = [e.picks for e in found.events if len(e.picks) == 2]
    assert len(pairs) >= 50
    delays = [(s.time - p.time) / 1e9 for p, s in pairs]
    assert 0.5 < np.median(delays) < 5  # one sequence, at one distance
