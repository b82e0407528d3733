"""Synthetic seismograms as files that ObsPy reads, with what is known of them."""

import csv
import dataclasses
import errno
import math
import os
from pathlib import Path

import numpy as np
import pytest

from geocnn.cli import main
from geocnn.errors import TargetError
from geocnn.figures.seismograms import sheet
from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.io.waveforms.quakeml import Event, PhasePick, quakeml
from geocnn.seismograms import write_records
from geocnn.synthetic.earthquakes import earthquake

obspy = pytest.importorskip("obspy")
quakeml_core = pytest.importorskip("obspy.io.quakeml.core")

RECORDS = [earthquake(i, seed=4, size=3000) for i in range(7)]  # with a second earthquake, a gap, dead components


def made(folder, number, seed=4, overwrite=False):
    return write_records(folder, number, seed=seed, overwrite=overwrite, show_progress=False)


def test_obspy_reads_the_same_samples_and_the_same_gaps(tmp_path):
    files = made(tmp_path / "made", 7)
    assert not RECORDS[1].live[1].any()
    assert 0 < RECORDS[5].live[0].mean() < 1
    for number, record in enumerate(RECORDS):
        stream = obspy.read(files[number])
        assert {trace.id for trace in stream} == {
            f"XX.S{number:03d}..HH{c}" for c, live in zip("ZNE", record.live, strict=True) if live.any()
        }
        start = obspy.UTCDateTime(2026, 1, 1) + 3600 * number
        seen = np.zeros_like(record.live)
        for trace in stream:
            row, first = "ZNE".index(trace.id[-1]), round((trace.stats.starttime - start) * 100)
            assert trace.stats.sampling_rate == 100
            np.testing.assert_array_equal(trace.data, record.waveform[row, first : first + len(trace.data)])
            seen[row, first : first + len(trace.data)] = True
        np.testing.assert_array_equal(seen, record.live)


def test_the_catalogue_is_valid_and_says_what_the_records_know(tmp_path):
    files = made(tmp_path, 7)
    assert quakeml_core._validate(str(files[-2]))
    events = list(obspy.read_events(files[-2]))
    sources = [(n, k, s) for n, record in enumerate(RECORDS) for k, s in enumerate(record.sources)]
    assert len(events) == len(sources) >= 5
    for event, (number, index, source) in zip(events, sources, strict=True):
        origin, start = event.origins[0], obspy.UTCDateTime(2026, 1, 1) + 3600 * number
        assert origin.time - start == pytest.approx(source.origin, abs=1e-5)
        assert origin.depth == pytest.approx(1000 * source.depth, abs=1)
        assert math.hypot(origin.latitude, origin.longitude) * 111.195 == pytest.approx(source.distance, abs=0.01)
        _, azimuth, _ = obspy.geodetics.gps2dist_azimuth(0, 0, origin.latitude, origin.longitude)
        assert azimuth == pytest.approx(source.azimuth, abs=0.6)
        assert event.magnitudes == []  # amplitudes are relative to the noise
        assert [(a.distance, a.time_weight) for a in origin.arrivals] == [
            (pytest.approx(source.distance / 111.195, abs=1e-5), None)  # it does not rest on them
        ] * len(event.picks)
        back = [(arrival.azimuth - source.azimuth) % 360 for arrival in origin.arrivals]
        assert back == pytest.approx([180] * len(back), abs=0.06)
        arrivals = [a for a in RECORDS[number].arrivals if a.source == index]
        assert [p.phase_hint for p in event.picks] == [a.phase for a in arrivals]
        assert [p.time - start for p in event.picks] == pytest.approx([a.time for a in arrivals], abs=1e-5)
        assert [a.pick_id for a in origin.arrivals] == [p.resource_id for p in event.picks]
        for pick, arrival in zip(event.picks, arrivals, strict=True):
            assert pick.polarity == {1: "positive", -1: "negative", 0: None}[arrival.polarity]


def test_the_table_has_every_arrival(tmp_path):
    files = made(tmp_path, 7)
    with files[-1].open() as file:
        rows = list(csv.DictReader(file))
    known = [(f"{n:03d}.mseed", a.phase) for n, record in enumerate(RECORDS) for a in record.arrivals]
    assert [(row["file"], row["phase"]) for row in rows] == known
    arrivals = [a for record in RECORDS for a in record.arrivals]
    for row, arrival in zip(rows, arrivals, strict=True):
        assert float(row["sample"]) == pytest.approx(100 * arrival.time, abs=0.06)
        begin = obspy.UTCDateTime(2026, 1, 1) + 3600 * int(row["file"][:3])
        assert obspy.UTCDateTime(row["time"]) - begin == pytest.approx(arrival.time, abs=1e-5)


def test_a_pick_alone_with_probability_and_uncertainty(tmp_path):
    pick = PhasePick(Channel("NZ", "WIZ", "10", "HHZ"), "P", 1_700_000_000_123_456_789, 0.04, 0.876)
    path = tmp_path / "picks.xml"
    path.write_text(quakeml([Event((pick,))], "picks"), encoding="utf-8")
    assert quakeml_core._validate(str(path))
    (read,) = obspy.read_events(path)[0].picks
    assert read.waveform_id.get_seed_string() == "NZ.WIZ.10.HHZ"
    assert read.time.ns == 1_700_000_000_123_457_000  # QuakeML of ObsPy has microseconds
    assert read.time_errors.uncertainty == 0.04
    assert read.evaluation_mode == "automatic"
    assert read.comments[0].text == "probability 0.876"


def test_nothing_of_an_earlier_call_is_lost(tmp_path):
    made(tmp_path, 2)
    before = (tmp_path / "000.mseed").read_bytes()
    with pytest.raises(TargetError, match=r"000\.mseed exists already"):
        made(tmp_path, 3, seed=5)
    assert (tmp_path / "000.mseed").read_bytes() == before
    made(tmp_path, 3, seed=5, overwrite=True)
    assert (tmp_path / "000.mseed").read_bytes() != before
    assert not list(tmp_path.glob(".*"))


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pymseed.MS3TraceList.generate", full)
    with pytest.raises(TargetError, match="cannot be written \\(no space left on device\\); make room"):
        made(tmp_path, 1)
    assert not list(tmp_path.iterdir())


def test_the_command_writes_all_of_it_and_a_sheet(tmp_path, monkeypatch, capsys):
    from geocnn.cli import app

    monkeypatch.chdir(tmp_path)
    app(
        ["synth", "earthquakes", "-n", "2", "--seconds", "20", "--rate", "50", "--seed", "3"],
        result_action="return_value",
    )
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("synthetic: 2 records of 20 s, 000.mseed to 001.mseed")
    assert Path("synthetic/sheet.png").read_bytes().startswith(b"\x89PNG")
    trace = obspy.read("synthetic/001.mseed")[0]  # without a gap
    assert (trace.stats.npts, trace.stats.sampling_rate) == (1000, 50)


def test_the_noise_of_a_folder(tmp_path, capsys):
    """A station's hum of 7 Hz, loud and the same in all of its record, is in all records that are made in it."""
    rng, time = np.random.default_rng(5), np.arange(30_000) / 100
    hum = 400 * np.sin(2 * np.pi * 7 * time) + rng.normal(0, 5, (3, 30_000))
    (tmp_path / "real").mkdir()
    pieces = [
        ArrayPiece.of(Channel("XX", "AAA", "", f"HH{c}"), 10**18, 100.0, w.astype(np.float32))
        for c, w in zip("ZNE", hum, strict=True)
    ]
    write_miniseed(tmp_path / "real" / "a.mseed", pieces)
    words = ["synth", "earthquakes", "-n", "4", "--out", str(tmp_path / "made"), "--noise", str(tmp_path / "real")]
    assert main(words) == 0
    for number in range(4):
        trace = obspy.read(tmp_path / "made" / f"{number:03d}.mseed")[0].data[:512].astype(float)
        spectrum = np.abs(np.fft.rfft((trace - trace.mean()) * np.hanning(len(trace))))
        assert 4.5 < np.fft.rfftfreq(len(trace), 0.01)[spectrum.argmax()] < 10.6  # heard slower or faster
    assert main([*words, "--rate", "50"]) == 2
    assert "--noise is given with --rate 50" in capsys.readouterr().err


def test_the_command_records_earthquakes_at_a_network(tmp_path, monkeypatch, capsys):
    from geocnn.cli import app

    monkeypatch.chdir(tmp_path)
    Path("stations.csv").write_text("network,station,latitude,longitude,elevation_m\nXX,A,10,20,0\nXX,B,10.2,20,0\n")
    Path("catalogue.csv").write_text("latitude,longitude,depth_km,magnitude\n10.1,20.1,8,3\n-40,100,8,3\n")
    words = ["--stations", "stations.csv", "--catalogue", "catalogue.csv", "-n", "2", "--seconds", "40"]
    app(["synth", "earthquakes", *words], result_action="return_value")
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "note: 1 of 2 earthquakes is farther than 500 km from all stations and left out."
    assert out[1] == "synthetic: 2 earthquakes at 2 stations, 40 s each, 000.XX.A..HH.mseed to 001.XX.B..HH.mseed"
    assert [e.origins[0].latitude for e in obspy.read_events("synthetic/catalog.xml")] == [10.1, 10.1]
    assert obspy.read("synthetic/001.XX.B..HH.mseed")[0].stats.npts == 4000
    assert Path("synthetic/sheet.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("network", [False, True])
def test_the_command_takes_a_velocity_model(tmp_path, monkeypatch, network):
    monkeypatch.chdir(tmp_path)
    Path("stations.csv").write_text("network,station,latitude,longitude,elevation_m\nXX,A,10,20,0\nXX,B,10.2,20,0\n")
    Path("crust.csv").write_text("depth_km,vp_km_s,vs_km_s\n0,4.0,1.8\n")
    words = ["--stations", "stations.csv"] if network else []
    assert main(["synth", "earthquakes", "-n", "12", "--velocity-model", "crust.csv", *words]) == 0
    ratios = []
    for event in obspy.read_events("synthetic/catalog.xml"):
        origin, times = event.origins[0].time, {}
        for pick in event.picks:
            times.setdefault(pick.waveform_id.station_code, {})[pick.phase_hint] = pick.time - origin
        ratios += [found["S"] / found["P"] for found in times.values() if len(found) == 2]
    assert len(ratios) > 3
    np.testing.assert_allclose(ratios, 4.0 / 1.8, rtol=0.002 if network else 0.05)


def test_the_sheet_shows_every_component_and_arrival():
    made = sheet(RECORDS)
    places = [place for place in made.axes if place.axison]
    assert len(places) == len(RECORDS)
    for place, record in zip(places, RECORDS, strict=True):
        verticals = [line for line in place.lines if len(line.get_xdata()) == 2]
        assert len(verticals) == len(record.arrivals)
        assert [label.get_text() for label in place.get_yticklabels()] == ["Z", "N", "E"]
        assert ("no earthquake" in place.get_title(loc="left")) == (not record.sources)
    silent = dataclasses.replace(RECORDS[0], live=np.zeros_like(RECORDS[0].live), arrivals=())
    sheet([silent])
