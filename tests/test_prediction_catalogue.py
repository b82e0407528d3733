"""From archive to catalogue: stopped runs go on, days are drawn, probabilities are kept, archives are opened."""

import csv
import errno
import json
import math
import os
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch

import geocnn
from geocnn import io
from geocnn.checkpoints import Trained, save
from geocnn.cli import main
from geocnn.delays import Delays, delay_after
from geocnn.errors import DataError, FormatError, MissingError, TargetError
from geocnn.figures.catalogue import CataloguePictures
from geocnn.io.sites import Site
from geocnn.io.waveforms import Archive, ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.catalogue_files import read_catalogue
from geocnn.io.waveforms.miniseed import MiniseedPiece, write_miniseed
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, Origin, PhasePick, quakeml
from geocnn.models import build
from geocnn.prediction import picker as picker_module
from geocnn.prediction.arrivals import first_motion
from geocnn.prediction.catalogue import _more_in_quakeml, pick_earthquakes
from geocnn.prediction.journal import Journal
from geocnn.prediction.pick_job import Catalogue, PickJob
from geocnn.prediction.picker import Picker
from geocnn.prediction.watch import watch_earthquakes
from geocnn.synthetic.earthquakes import EarthquakeRanges, earthquake

obspy = pytest.importorskip("obspy")
MIDNIGHT = 1_700_006_400 * SECOND


@pytest.fixture
def data(tmp_path, five_minutes):
    """Two files of a station, from 20 s before midnight, with a gap of half a minute between them."""
    (tmp_path / "data").mkdir()
    for name, (first, last) in {"a": (0, 14_000), "b": (17_100, 30_000)}.items():
        start = MIDNIGHT + (first - 2000) * SECOND // 100
        pieces = [
            ArrayPiece.of(Channel("XX", "AAA", "", f"HH{c}"), start, 100.0, w[first:last].copy())
            for c, w in zip("ZNE", five_minutes[0], strict=True)
        ]
        write_miniseed(tmp_path / "data" / f"{name}.mseed", pieces)
    return tmp_path / "data"


@pytest.fixture
def small_parts(monkeypatch):
    """Nine parts instead of one, in one thread; counts those that a quakes sees."""
    monkeypatch.setattr(picker_module, "_CORE", 4096)
    monkeypatch.setattr(picker_module.torch, "get_num_threads", lambda: 1)
    seen, pick = [], Picker.__call__

    def counted(self, part, record):
        if len(seen) == counted.stop:
            raise KeyboardInterrupt
        seen.append(part)
        return pick(self, part, record)

    counted.stop = -1
    monkeypatch.setattr(Picker, "__call__", counted)
    return seen, counted


@pytest.fixture(params=[False, True])
def sites(request, tmp_path):
    """Nobody knows where the station is, or StationXML with the response of its channels."""
    if not request.param:
        return None
    gain = "<Value>1e6</Value><Frequency>1</Frequency><InputUnits><Name>M/S</Name></InputUnits>"
    response = f"<Response><InstrumentSensitivity>{gain}</InstrumentSensitivity></Response>"
    channels = "".join(f'<Channel code="HH{c}" locationCode="">{response}</Channel>' for c in "ZNE")
    place = "<Latitude>35</Latitude><Longitude>25</Longitude><Elevation>100</Elevation>"
    station = f'<Network code="XX"><Station code="AAA">{place}{channels}</Station></Network>'
    (tmp_path / "stations.xml").write_text(f"<FDSNStationXML>{station}</FDSNStationXML>")
    return tmp_path / "stations.xml"


def texts(folder, name="c"):
    return [(folder / f"{name}{end}").read_text() for end in (".xml", ".csv", "-events.csv")]


def test_a_stopped_run_goes_on_where_it_was(tmp_path, quakes, data, small_parts, sites):
    seen, counted = small_parts
    whole = pick_earthquakes(quakes, data, tmp_path / "whole.xml", stations=sites, show_progress=False)
    number = len(seen)
    assert number == 9
    assert len(whole.arrivals) > 6
    assert any(a.pick.wood_anderson is not None for a in whole.arrivals) == (sites is not None)
    assert any(event.magnitude is not None for event in whole.events) == (sites is not None)
    counted.stop = number + 5
    with pytest.raises(KeyboardInterrupt, match=r"kept in .*c\.xml\.unfinished, and the same command goes on"):
        pick_earthquakes(quakes, data, tmp_path / "c.xml", stations=sites, show_progress=False)
    assert not (tmp_path / "c.xml").exists()
    journal = tmp_path / "c.xml.unfinished"
    noted = len(journal.read_text().splitlines())
    assert 3 <= noted <= 5  # what was at work when it was stopped is lost
    journal.write_text(journal.read_text()[:-7])  # as a kill may leave it
    seen.clear()
    counted.stop = -1
    pick_earthquakes(quakes, data, tmp_path / "c.xml", stations=sites, show_progress=False)
    assert len(seen) == number - noted + 1
    assert texts(tmp_path) == texts(tmp_path, "whole")
    assert not journal.exists()
    assert quakeml(read_catalogue(tmp_path / "c.xml"), "quakes") == (tmp_path / "c.xml").read_text()


def test_what_has_changed_is_picked_again(tmp_path, quakes, data, small_parts):
    seen, counted = small_parts
    counted.stop = 8
    with pytest.raises(KeyboardInterrupt):
        pick_earthquakes(quakes, data, tmp_path / "c.xml", show_progress=False)
    noted = [json.loads(line)["part"] for line in (tmp_path / "c.xml.unfinished").read_text().splitlines()]
    assert len(noted) >= 6
    path = data / "b.mseed"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])  # the file is another one now
    seen.clear()
    counted.stop = -1
    pick_earthquakes(quakes, data, tmp_path / "c.xml", show_progress=False)
    again = {part.first for part in seen}
    assert {int(name.split()[1]) for name in noted[:1]}.isdisjoint(again)
    assert len(again) >= 5
    pick_earthquakes(quakes, data, tmp_path / "fresh.xml", show_progress=False)
    assert texts(tmp_path) == texts(tmp_path, "fresh")


def test_probabilities_are_those_that_picks_come_from(tmp_path, quakes, data):
    made = pick_earthquakes(quakes, data, probabilities=tmp_path / "kept", show_progress=False)
    files = sorted((tmp_path / "kept").iterdir())
    assert [f.name for f in files] == [f"XX.AAA..HH.2023-11-{d}.probabilities.mseed" for d in (14, 15)]
    stream = obspy.read(str(files[0])) + obspy.read(str(files[1]))
    assert {trace.id for trace in stream} == {"XX.AAA..HYP", "XX.AAA..HYS"}
    live = sum(trace.stats.npts for trace in stream.select(channel="HYP"))
    assert live == 14_000 + 12_900
    assert all(trace.data.min() >= 0 and trace.data.max() <= 1 for trace in stream)
    for arrival in made.arrivals:
        time = obspy.UTCDateTime(ns=arrival.pick.time)
        near = stream.slice(time - 0.1, time + 0.1).select(channel=f"HY{arrival.pick.phase}")
        assert near[0].data.max() > 0.05 * arrival.pick.probability
    assert {trace.stats.starttime.ns % (SECOND // 100) for trace in stream} == {0}
    with pytest.raises(TargetError, match=r"2023-11-14\.probabilities\.mseed exists; give --overwrite to replace it"):
        pick_earthquakes(quakes, data, probabilities=tmp_path / "kept", show_progress=False)


@pytest.mark.parametrize(("rate", "late", "before"), [(100.0, 4, 0), (20.0, 24, 20), (20.0, -24, 20), (200.0, 2, 0)])
def test_probabilities_are_at_the_times_of_the_samples(tmp_path, quakes, rate, late, before):
    """The first of slower samples counts from half a sample before it on."""
    start, samples = MIDNIGHT + SECOND + late * SECOND // 1000, np.arange(6000, dtype=np.float32)
    pieces = [ArrayPiece.of(Channel("XX", "AAA", "", f"HH{c}"), start, rate, samples) for c in "ZNE"]
    pick_earthquakes(quakes, open_archive(pieces), probabilities=tmp_path, show_progress=False)
    traces = [trace for file in tmp_path.iterdir() for trace in obspy.read(str(file))]
    assert min(trace.stats.starttime.ns for trace in traces) == start - before * SECOND // 1000
    assert {(trace.stats.starttime.ns - start) % (SECOND // 100) for trace in traces} == {0}


@pytest.fixture
def stopped(monkeypatch):
    """Picks, is stopped after so many lines of the journal or just before the next one, and says which there were."""
    add, lines = Journal.add, []

    def counted(self, key, found, notes=()):
        if len(lines) == counted.before:
            raise KeyboardInterrupt
        lines.append(key)
        add(self, key, found, notes)
        if len(lines) == counted.after:
            raise KeyboardInterrupt

    def run(*arguments, after=-1, before=-1, **options):
        counted.after, counted.before = after, before
        lines.clear()
        with suppress(KeyboardInterrupt):
            pick_earthquakes(*arguments, detector=None, overwrite=True, show_progress=False, **options)
        return list(lines)

    monkeypatch.setattr(Journal, "add", counted)
    return run


@pytest.mark.usefixtures("small_parts")
def test_probabilities_of_a_run_that_went_on_are_those_of_one_without_a_stop(tmp_path, quakes, data, stopped):
    """Wherever it was stopped, and whatever an earlier job has left there."""
    lines = stopped(quakes, data, tmp_path / "whole.xml", probabilities=tmp_path / "whole")
    whole = {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    assert len(whole) == 2
    kept, again = tmp_path / "kept", []
    kept.mkdir()
    for line in range(len(lines)):
        for stop in ({"before": line}, {"after": line + 1}):
            for name in whole:
                (kept / name).write_bytes(b"of another job")
            stopped(quakes, data, tmp_path / "c.xml", probabilities=kept, **stop)
            again.append(len(stopped(quakes, data, tmp_path / "c.xml", probabilities=kept)))
            assert {path.name: path.read_bytes() for path in kept.iterdir()} == whole
            assert texts(tmp_path) == texts(tmp_path, "whole")
    assert [" probabilities " in line for line in lines] == [False, False, True, *[False] * 7, True]
    assert again == [11] * 5 + [8] * 16 + [0]  # days whose files are finished are not picked again


@pytest.mark.usefixtures("small_parts")
def test_probabilities_of_a_day_that_has_grown_have_all_of_it(tmp_path, quakes, data, stopped, monkeypatch):
    later = (data / "b.mseed").read_bytes()
    (data / "b.mseed").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(Catalogue, "write", refuse := Mock(side_effect=KeyboardInterrupt))
        stopped(quakes, data, tmp_path / "c.xml", probabilities=tmp_path / "kept")
    assert refuse.called  # after all files of probabilities
    (data / "b.mseed").write_bytes(later)
    stopped(quakes, data, tmp_path / "c.xml", probabilities=tmp_path / "kept")
    stopped(quakes, data, tmp_path / "whole.xml", probabilities=tmp_path / "whole")
    made = [{p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("kept", "whole")]
    assert made[0] == made[1]


def test_a_picture_of_another_job_is_not_taken_for_one_of_this(tmp_path, quakes, data, stopped):
    """It is there, and the run is stopped when all is picked and the day not drawn."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for day in (14, 15):
        (folder / f"XX.AAA..HH.2023-11-{day}.png").write_bytes(b"of another job")
    stopped(quakes, data, tmp_path / "c.xml", pictures=CataloguePictures(folder), after=1)
    stopped(quakes, data, tmp_path / "c.xml", pictures=CataloguePictures(folder))
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in folder.iterdir())


def test_what_one_station_says_of_places(tmp_path, quakes, data):
    """In the table and the QuakeML, as the detector says it of the record about the pick alone."""
    made = pick_earthquakes(quakes, data, tmp_path / "c.xml", show_progress=False)
    rows = list(csv.DictReader((tmp_path / "c-events.csv").read_text().splitlines()))
    catalogue = obspy.read_events(str(tmp_path / "c.xml"))
    assert len(rows) == len(catalogue) == len(made.events)
    detector = geocnn.load("detector", ndim=1).model
    station = geocnn.open(data).stations[0]
    seen = 0
    for row, event, ours in zip(rows, catalogue, made.events, strict=True):
        pick = ours.picks[0]
        assert (row["stations"], ours.place is None) == ("XX.AAA", pick.phase == "S")
        if len(ours.picks) == 2:
            assert float(row["s_minus_p"]) == pytest.approx((ours.picks[1].time - pick.time) / SECOND, abs=0.006)
        if ours.place is None:
            assert row["distance"] == row["where"] == ""
            continue
        seen += 1
        onset = station.index(pick.time)
        start = (onset - 4600) // 256 * 256  # as far as the picker sees and more, in its steps
        record = station.read(start, start + 9216)
        first = onset - 500 - start
        with torch.no_grad():
            phases = torch.softmax(quakes.model(torch.from_numpy(record.waveform)[None]), 1)[0, :2].numpy()
            window = np.concatenate((record.waveform, phases))[:, first : first + 3072]
            window[3, :450], window[3, 551:], window[4, :450] = 0, 0, 0
            later = np.flatnonzero(phases[0, first + 551 :] >= 0.7)
            window[4, 551 + (later[0] if len(later) else 9999) :] = 0
            logits = detector(torch.from_numpy(window)[None])[0]
        parts = torch.split(logits, [2, 32, 24, 12])
        said, distance, _, depth = (torch.softmax(part, 0).numpy() for part in parts)
        assert float(row["probability"]) == pytest.approx(float(said[1]), abs=0.05)
        delay = delay_after(window[4], 500, threshold=quakes.card.threshold, deviation=0.1)
        if delay is not None:
            distance = (distance[:, None] * depth * Delays.of({}).likelihood(delay)).sum(1)
            distance /= distance.sum()
        median = np.interp(0.5, np.cumsum(distance), 0.7 * (200 / 0.7) ** ((np.arange(32) + 1) / 32))
        assert float(row["distance"]) == pytest.approx(median, rel=0.15)
        assert float(row["distance_low"]) < float(row["distance"]) < float(row["distance_high"])
        back = event.picks[0].backazimuth
        assert back == pytest.approx(float(row["azimuth"]), abs=0.51)
        assert "km away" in event.comments[0].text
        assert row["where"].split()[-1] in ["N", "NE", "E", "SE", "S", "SW", "W", "NW"]
    assert seen > 3
    plain = pick_earthquakes(quakes, data, detector=None, show_progress=False)
    assert [a.pick.time for a in plain.arrivals] == [a.pick.time for a in made.arrivals]
    assert all(event.place is None for event in plain.events)
    with pytest.raises(DataError, match="quakes tells no places of earthquakes; give detector"):
        pick_earthquakes(quakes, data, detector=quakes, show_progress=False)


def test_places_do_not_depend_on_the_parts(quakes, data, monkeypatch):
    whole = pick_earthquakes(quakes, data, show_progress=False)
    monkeypatch.setattr(picker_module, "_CORE", 4096)
    parts = pick_earthquakes(quakes, data, show_progress=False)
    places = [[a.pick.place for a in found.arrivals if a.pick.place is not None] for found in (whole, parts)]
    assert len(places[0]) > 3
    for one, other in zip(*places, strict=True):
        np.testing.assert_allclose([*one.distance, *one.depth], [*other.distance, *other.depth], rtol=1e-4)


def test_a_detector_that_knows_clusters(tmp_path, quakes, data, capsys):
    """Its answer is in all results."""
    shipped = geocnn.load("detector", ndim=1)
    arguments = {**shipped.card.arguments, "heads": (2, 32, 24, 12, 3), "out_channels": 73}
    model = build("detector", **arguments)
    state = shipped.model.state_dict()
    weight, bias = state["answers.5.weight"], state["answers.5.bias"]
    state["answers.5.weight"] = torch.cat((weight, torch.zeros(3, weight.shape[1])))
    state["answers.5.bias"] = torch.cat((bias, torch.log(torch.tensor([0.2, 0.7, 0.1]))))
    model.load_state_dict(state)
    save(tmp_path / "run", model, shipped.card.replace(arguments=arguments))
    words = ["predict", "quakes", str(data), "--detector", str(tmp_path / "run"), "--out", str(tmp_path / "c.xml")]
    assert main([*words, "--no-picture", "--quiet"]) == 0
    rows = list(csv.DictReader((tmp_path / "c-events.csv").read_text().splitlines()))
    told = [row for row in rows if row["where"]]
    assert {(row["cluster"], row["cluster_probability"]) for row in told} == {("2", "0.700")}
    assert f"clusters: 2 ({len(told)})" in capsys.readouterr().out
    assert ", cluster 2 (0.70)" in (tmp_path / "c.xml").read_text()
    plain = pick_earthquakes(quakes, data, show_progress=False)
    assert {row["cluster"] for row in csv.DictReader(plain.event_table().splitlines())} == {""}
    named = zip(told, (e.place for e in plain.events if e.place is not None), strict=True)
    assert all(row["distance"] == f"{place.distance.value:.3g}" for row, place in named)
    card = shipped.card.replace(arguments=arguments, training={"station": "XX.BBB"})
    other = pick_earthquakes(quakes, data, detector=Trained(model, card), show_progress=False)
    assert any(
        note.startswith("the detector has learnt the clusters of XX.BBB; those of other") for note in other.notes
    )
    assert [(e.place.distance, e.place.cluster) for e in other.events if e.place is not None] == [
        (e.place.distance, None) for e in plain.events if e.place is not None
    ]


@pytest.mark.parametrize(
    ("components", "why"),
    [
        ("Z12", "components 1 and 2, and nobody knows where they point; StationXML of level=channel would tell"),
        ("ZN", "no component E, and an azimuth needs N and E"),
        ("Z", "no components N and E, and an azimuth needs N and E"),
    ],
)
def test_components_that_point_anywhere_give_no_azimuth(quakes, five_minutes, components, why):
    pieces = [
        ArrayPiece.of(Channel("XX", "AAA", "", f"HH{c}"), MIDNIGHT, 100.0, w.copy())
        for c, w in zip(components, five_minutes[0], strict=False)
    ]
    made = pick_earthquakes(quakes, open_archive(pieces), show_progress=False)
    places = [event.place for event in made.events if event.place is not None]
    assert places
    assert all(place.azimuth is None and place.distance.value > 0 for place in places)
    assert made.notes[-1] == f"XX.AAA..HH has {why}: its earthquakes have a distance and no azimuth."
    assert "<backazimuth>" not in made.quakeml()
    rows = list(csv.DictReader(made.event_table().splitlines()))
    assert {row["azimuth"] for row in rows} == {""}
    assert any(row["where"].endswith(" km") for row in rows)


def test_channels_that_are_dead_are_told_of(tmp_path, quakes, five_minutes):
    """From files, and from the journal too, where nothing is read again."""
    pieces = [
        ArrayPiece.of(Channel("XX", "AAA", "", f"HH{c}"), MIDNIGHT, 100.0, np.full_like(w, 7) if c in "NE" else w)
        for c, w in zip("ZNE", five_minutes[0], strict=True)
    ]
    write_miniseed(tmp_path / "a.mseed", pieces)
    expected = (
        "XX.AAA..HHN and XX.AAA..HHE are each one and the same number throughout, and dead; a picker goes on with what "
        "there is, with less certainty."
    )
    for _ in range(2):
        made = watch_earthquakes(quakes, tmp_path / "a.mseed", tmp_path / "c.xml", rounds=1, detector=None)
        assert made.notes == (expected,)
    pieces[1].samples[-1] = 8
    assert open_archive(pieces).stations[0].dead() == ["XX.AAA..HHE"]


@pytest.fixture
def odd(tmp_path, five_minutes):
    """A station at 50 Hz with samples that are not finite, early and late, and StationXML with units of no motion."""
    waveform = five_minutes[0].copy()
    waveform[1, 300], waveform[2, 29_000] = np.nan, np.inf
    pieces = [
        ArrayPiece.of(Channel("XX", "AAA", "", f"HH{c}"), MIDNIGHT, 50.0, w)
        for c, w in zip("ZNE", waveform, strict=True)
    ]
    (tmp_path / "odd").mkdir()
    write_miniseed(tmp_path / "odd" / "a.mseed", pieces)
    unit = "<InputUnits><Name>C</Name></InputUnits>"
    gain = f"<InstrumentSensitivity><Value>1</Value><Frequency>1</Frequency>{unit}</InstrumentSensitivity>"
    channels = "".join(f'<Channel code="HH{c}" locationCode=""><Response>{gain}</Response></Channel>' for c in "ZNE")
    place = "<Latitude>35</Latitude><Longitude>25</Longitude><Elevation>100</Elevation>"
    station = f'<Network code="XX"><Station code="AAA">{place}{channels}</Station></Network>'
    (tmp_path / "units.xml").write_text(f"<FDSNStationXML>{station}</FDSNStationXML>")
    return {"data": tmp_path / "odd", "stations": tmp_path / "units.xml"}


def test_notes_on_the_data_are_those_of_a_run_without_a_stop(tmp_path, quakes, odd, small_parts):
    """Of a resumed run as well, and at each look of a watch, though nothing is read again then."""
    seen, counted = small_parts
    whole = pick_earthquakes(quakes, out=tmp_path / "whole.xml", detector=None, show_progress=False, **odd)
    number = len(seen)
    told = [f"XX.AAA..HH{c} has 50 samples per second and was resampled to 100 Hz." for c in "ZNE"]
    told += [f"XX.AAA..HH{c} has samples that are not finite; they are gaps." for c in "NE"]
    assert set(told) < set(whole.notes)
    assert any("is in C, which is no motion of the ground" in note for note in whole.notes)
    assert len(set(whole.notes)) == len(whole.notes)
    counted.stop = number + 6
    with pytest.raises(KeyboardInterrupt, match="the same command goes on"):
        pick_earthquakes(quakes, out=tmp_path / "c.xml", detector=None, show_progress=False, **odd)
    lines = [json.loads(line) for line in (tmp_path / "c.xml.unfinished").read_text().splitlines()]
    assert told[3] in lines[0]["notes"]
    assert not any(told[4] in line.get("notes", ()) for line in lines)
    seen.clear()
    counted.stop = -1
    resumed = pick_earthquakes(quakes, out=tmp_path / "c.xml", detector=None, show_progress=False, **odd)
    assert 0 < len(seen) < number
    assert resumed.notes == whole.notes
    said = []
    for looks in (1, 2):
        seen.clear()
        made = watch_earthquakes(
            quakes, odd["data"], tmp_path / "w.xml", stations=odd["stations"], detector=None, rounds=1,
            announce=said.append,
        )  # fmt: skip
        assert len(seen) == (number if looks == 1 else 0)
        assert made.notes == whole.notes
        assert [line for line in said if line.startswith("note: ")] == [f"note: {n}" for n in whole.notes] * looks


@pytest.mark.usefixtures("small_parts")
def test_keys_are_made_once_a_run(quakes, data, monkeypatch):
    """They take most of the time of a look of a watch at a long archive."""
    made, key = [], Journal.key

    def counted(self, station, part, picker):
        made.append(part)
        return key(self, station, part, picker)

    monkeypatch.setattr(Journal, "key", counted)
    job = PickJob(Picker.of(quakes), Journal(None))
    for _ in range(2):
        made.clear()
        job.run(open_archive(data), show_progress=False)
        assert len(made) == len(set(made)) == 9


def test_a_dead_channel_is_decoded_at_one_look_alone(tmp_path, quakes, five_minutes, monkeypatch):
    """Until it moves: two days, of which the second comes later."""
    decoded, segments = [], MiniseedPiece.segments

    def counted(piece, start, stop):
        decoded.append(piece.channel.code)
        return segments(piece, start, stop)

    monkeypatch.setattr(MiniseedPiece, "segments", counted)
    folder = tmp_path / "dead"
    folder.mkdir()

    def write(name, start, last):
        pieces = [
            ArrayPiece.of(Channel("XX", "AAA", "", f"HH{c}"), start, 100.0, np.append(np.full(8999, 7.0), w))
            for c, w in (("N", 7.0), ("E", last))
        ]
        pieces += [replace(pieces[0], channel=Channel("XX", "AAA", "", "HHZ"), samples=five_minutes[0][0][:9000])]
        write_miniseed(folder / name, pieces)

    def look():
        decoded.clear()
        return watch_earthquakes(quakes, folder, tmp_path / "c.xml", rounds=1, detector=None).notes

    write("a.mseed", MIDNIGHT, 7.0)
    (both,) = look()
    assert both.startswith("XX.AAA..HHN and XX.AAA..HHE are each one and the same number throughout")
    assert {"HHN", "HHE"} <= set(decoded)
    assert look() == (both,)
    assert set(decoded) == {"HHZ"}  # one piece tells that it moves
    write("b.mseed", MIDNIGHT + 86_400 * SECOND, 8.0)
    (one,) = look()
    assert one.startswith("XX.AAA..HHN is one and the same number throughout")
    assert open_archive(folder).stations[0].dead() == ["XX.AAA..HHN"]
    assert look() == (one,)
    assert "HHN" not in decoded


def test_pictures_of_days_and_the_station(tmp_path, quakes, data, small_parts):
    _, counted = small_parts
    folder = tmp_path / "pictures"
    counted.stop = 7
    with pytest.raises(KeyboardInterrupt):
        pick_earthquakes(quakes, data, tmp_path / "c.xml", pictures=CataloguePictures(folder), show_progress=False)
    counted.stop = -1
    assert [p.name for p in folder.iterdir()] == ["XX.AAA..HH.2023-11-14.png"]
    first = (folder / "XX.AAA..HH.2023-11-14.png").stat().st_mtime_ns
    pick_earthquakes(quakes, data, tmp_path / "c.xml", pictures=CataloguePictures(folder), show_progress=False)
    assert sorted(p.name for p in folder.iterdir()) == [
        "XX.AAA..HH.2023-11-14.png",
        "XX.AAA..HH.2023-11-15.png",
        "XX.AAA..HH.places.png",
        "XX.AAA..HH.png",
    ]
    assert (folder / "XX.AAA..HH.2023-11-14.png").stat().st_mtime_ns == first  # not drawn again


def test_where_stations_are_known_there_is_a_map(tmp_path, quakes, data, monkeypatch):
    table, folder = tmp_path / "stations.csv", tmp_path / "pictures"
    table.write_text("network,station,latitude,longitude,elevation_m\nXX,BBB,35,25,0\nXX,CCC,35.1,25.1,10\n")
    made = pick_earthquakes(quakes, data, stations=table, pictures=CataloguePictures(folder), show_progress=False)
    assert (folder / "map.png").exists()
    assert "XX.AAA is not among the stations whose places are known." in made.notes
    monkeypatch.setattr("geocnn.prediction.association.find_spec", lambda _name: None)
    with pytest.raises(DataError, match="--associate pyocto needs PyOcto, which is not installed; type pip install"):
        pick_earthquakes(quakes, data, stations=table, associate="pyocto", show_progress=False)
    table.write_text("network,station,latitude,longitude,elevation_m\nXX,AAA,35,25,0\n")
    alone = pick_earthquakes(quakes, data, stations=table, pictures=CataloguePictures(folder), show_progress=False)
    located = [event.origin for event in alone.events if event.origin is not None]
    away = [math.hypot(o.latitude - 35, (o.longitude - 25) * 0.82) * 111.2 for o in located]
    assert all(origin.spread <= max(5, 1.01 * km) for origin, km in zip(located, away, strict=True))
    assert sum(event.origin is None for event in alone.events) == len(made.events) - len(located)
    times = sorted(arrival.pick.time for arrival in alone.arrivals)
    assert len(located) > 1
    for end, note in ((times[0] - SECOND, False), (located[1].time, True)):
        moved = [Site("XX", "AAA", 45.0, 25.0, until=end), Site("XX", "AAA", 35.0, 25.0, since=end)]
        again = pick_earthquakes(quakes, data, stations=moved, show_progress=False)
        origins = [e.origin for e in again.events if e.origin is not None]
        assert [round(o.latitude - known.latitude) for o, known in zip(origins, located, strict=True)] == [
            10 * (known.time < end) for known in located
        ]
        assert any(text.startswith("XX.AAA has moved between its picks;") for text in again.notes) == note
    unknown = pick_earthquakes(quakes, data, stations=table, detector=None, show_progress=False)
    assert unknown.notes[-1].startswith("no earthquake is located: that takes three stations")
    with pytest.raises(FormatError, match="needed is StationXML or a table of stations"):
        pick_earthquakes(quakes, data, stations=data / "a.mseed", show_progress=False)


def test_station_xml_without_responses_gives_no_magnitudes_and_that_is_told(tmp_path, quakes, data):
    place = "<Latitude>35</Latitude><Longitude>25</Longitude><Elevation>0</Elevation>"
    text = f'<FDSNStationXML><Network code="XX"><Station code="AAA">{place}</Station></Network></FDSNStationXML>'
    (tmp_path / "s.xml").write_text(text)
    made = pick_earthquakes(quakes, data, stations=tmp_path / "s.xml", show_progress=False)
    assert (
        "the StationXML has no response of the horizontal channels of XX.AAA..HH at the times of the picks, and "
        "without it there is no magnitude from there; ask for it with level=response."
    ) in made.notes
    assert all(event.magnitude is None for event in made.events)


def test_a_watch_picks_what_is_new_and_ends_with_the_same_catalogue(tmp_path, quakes, data, small_parts, sites):
    seen, _ = small_parts
    whole = pick_earthquakes(quakes, data, tmp_path / "whole.xml", stations=sites, show_progress=False)
    number, growing, said = len(seen), tmp_path / "growing", []
    growing.mkdir()
    look = partial(
        watch_earthquakes, quakes, growing, tmp_path / "c.xml", rounds=1, stations=sites, announce=said.append
    )
    assert look() is None
    assert said[-1].endswith(
        "there is nothing in growing yet; it is picked when it comes.".replace("growing", str(growing))
    )
    (growing / "a.mseed").write_bytes((data / "a.mseed").read_bytes())
    later = (data / "b.mseed").read_bytes()
    counts = []
    for size in (0, len(later) // 3 // 512 * 512, len(later) * 2 // 3 + 100, len(later), len(later)):
        (growing / "b.mseed").write_bytes(later[:size])
        seen.clear()
        look()
        counts.append(len(seen))
    assert texts(tmp_path) == texts(tmp_path, "whole")
    assert counts[0] == 5
    assert counts[4] == 0
    assert sum(counts) < 3 * number  # files of all components in one: each time the last parts of each
    count = [sum(a.pick.phase == phase for a in whole.arrivals) for phase in "PS"]
    assert f"  {count[0]} P and {count[1]} S picks" in said[-1]


def test_a_watch_rests_with_its_files_among_the_seismograms(tmp_path, quakes, data, monkeypatch):
    """They are neither news nor files without seismograms; another file is, such as that of an earlier catalogue."""
    said, looks = [], []
    pick_earthquakes(quakes, data, tmp_path / "whole.xml", detector=None, show_progress=False)
    (tmp_path / "link").symlink_to(data)
    monkeypatch.setattr("geocnn.prediction.watch.time.sleep", lambda _: looks.append(len(said)))
    pictures = CataloguePictures(tmp_path / "link" / "c-pictures")
    look = partial(watch_earthquakes, quakes, data, data / "c.xml", detector=None, announce=said.append, rounds=3)
    for _ in range(2):
        assert look(pictures=pictures).notes == ()
    assert looks == [1, 1, 2, 2]
    assert len(list(data.rglob("*"))) == 2 + 4 + 1 + 3
    assert texts(data) == texts(tmp_path, "whole")
    (data / "c-pictures" / "notes.txt").write_text("rain")
    assert "notes.txt holds no seismogram" in look(pictures=pictures).notes[0]


@pytest.mark.parametrize("stop", [-1, 3])
def test_a_run_leaves_out_its_files_among_the_seismograms(tmp_path, quakes, data, stopped, stop):
    stopped(quakes, data, tmp_path / "c.xml", probabilities=tmp_path / "probabilities")
    stopped(quakes, data, data / "c.xml", probabilities=data / "kept", after=stop)
    made = pick_earthquakes(
        quakes, data, data / "c.xml", detector=None, probabilities=data / "kept", overwrite=True, show_progress=False
    )
    assert made.notes == ()
    assert texts(data) == texts(tmp_path)
    assert any("XX.AAA..HYP" in note for note in open_archive(data).notes)
    (data / "a.mseed").unlink()
    (data / "b.mseed").unlink()
    with pytest.raises(DataError, match="has no channel to pick earthquakes on"):
        pick_earthquakes(quakes, data, data / "c.xml", probabilities=data / "kept", overwrite=True, show_progress=False)


@pytest.fixture
def grow(tmp_path, five_minutes):
    """Writes the first samples of the three components of a station, one file each."""
    (tmp_path / "growing").mkdir()

    def grow(count):
        for code, w in zip("ZNE", five_minutes[0], strict=True):
            piece = ArrayPiece.of(Channel("XX", "AAA", "", f"HH{code}"), MIDNIGHT, 100.0, w[:count].copy())
            write_miniseed(tmp_path / "growing" / f"{code}.mseed", [piece], overwrite=True)

    return grow


def test_the_journal_of_a_watch_does_not_grow_with_its_looks(tmp_path, quakes, grow, small_parts, monkeypatch):
    seen, _ = small_parts
    journal, sizes = tmp_path / "c.xml.unfinished", []

    def wait(_seconds):
        sizes.append(len(journal.read_bytes().splitlines()))
        grow(1500 * (1 + len(sizes)))

    monkeypatch.setattr("geocnn.prediction.watch.time.sleep", wait)
    look = partial(watch_earthquakes, quakes, tmp_path / "growing", tmp_path / "c.xml", detector=None)
    grow(1500)
    look(rounds=20)
    assert len(seen) > 40
    assert max(sizes) <= 2 * 8  # at the end there are eight parts
    seen.clear()
    look(rounds=1)
    assert not seen  # nothing is lost
    pick_earthquakes(quakes, tmp_path / "growing", tmp_path / "whole.xml", detector=None, show_progress=False)
    assert texts(tmp_path) == texts(tmp_path, "whole")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("sites", [True], indirect=True)
def test_of_stationxml_only_what_holds_for_the_station_then_counts(tmp_path, quakes, grow, small_parts, sites):
    """Other stations, a refined place, another history: nothing is picked again; another response, and all is."""
    seen, _ = small_parts
    look = partial(watch_earthquakes, quakes, tmp_path / "growing", tmp_path / "c.xml", stations=sites, detector=None)
    grow(30_000)
    look(rounds=1)
    known, again = sites.read_text(), []
    station = known[known.index("<Station") : known.index("</Network>")]
    past = station[station.index("<Channel") : station.index("</Station>")]
    past = past.replace('locationCode=""', 'locationCode="" endDate="2001-01-01"').replace("1e6", "3e6")
    changes = (
        ("</Network>", f"{station.replace('AAA', 'BBB').replace('1e6', '2e6')}</Network>"),
        ("<Latitude>35<", "<Latitude>35.001<"),
        ("<Channel", f"{past}<Channel"),
        ("1e6", "2e6"),
    )
    for old, new in changes:
        seen.clear()
        sites.write_text(known.replace(old, new, 1))
        look(rounds=1)
        again.append(len(seen))
    assert again[:3] == [0, 0, 0]
    assert again[3] > 5


@pytest.mark.parametrize("at", ["open", "replace"])
def test_a_journal_that_is_being_tidied_loses_nothing(tmp_path, quakes, grow, small_parts, monkeypatch, at):
    """Neither with a kill nor on a full disk."""
    seen, _ = small_parts
    journal = tmp_path / "c.xml.unfinished"
    look = partial(watch_earthquakes, quakes, tmp_path / "growing", tmp_path / "c.xml", rounds=1, detector=None)
    grow(10_000)
    look()
    with journal.open("ab") as file:
        file.write(b'{"part": "XX.AAA..HH 0 0123456789abcdef", "picks": []}\n' * 9)
    before, method = journal.read_bytes(), getattr(Path, at)

    def full(path, *arguments, **options):
        if ".part.unfinished" in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return method(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, at, full)
        with pytest.raises(TargetError, match=r"c\.xml\.unfinished cannot be written \(no space left on device\)"):
            look()
    assert journal.read_bytes() == before
    seen.clear()
    look()
    assert not seen
    assert len(journal.read_bytes().splitlines()) == 3
    look()
    assert not seen


def test_a_watch_replaces_nothing_but_its_own_files(tmp_path, quakes, data):
    for name, text in (("c.xml", "<xml/>"), ("c.csv", "network,station\n"), ("c-events.csv", "event,date\n")):
        (tmp_path / name).write_text(text)
        with pytest.raises(TargetError, match=rf"{name} is there and no such file of geocnn's"):
            watch_earthquakes(quakes, data, tmp_path / "c.xml", rounds=1)
        assert (tmp_path / name).read_text() == text
        (tmp_path / name).unlink()
    for _ in range(2):
        assert watch_earthquakes(quakes, data, tmp_path / "c.xml", rounds=1, detector=None) is not None
    events = tmp_path / "c-events.csv"
    events.write_text(events.read_text().replace(",origin_time", "", 1))  # as an earlier version wrote it
    assert watch_earthquakes(quakes, data, tmp_path / "c.xml", rounds=1, detector=None) is not None


def test_a_watch_replaces_no_catalogue_that_knows_more(tmp_path, quakes, data):
    """One that was reviewed, as QuakeML or as a table, and one with origins, also with a journal beside it."""
    table, out = tmp_path / "stations.csv", tmp_path / "c.xml"
    table.write_text("network,station,latitude,longitude,elevation_m\nXX,AAA,35,25,0\n")
    look = partial(watch_earthquakes, quakes, data, out, rounds=1, detector=None)
    assert look() is not None
    assert (tmp_path / "c.xml.unfinished").exists()
    plain, events = texts(tmp_path), read_catalogue(out)

    def refused(words, **options):
        before = texts(tmp_path)
        with pytest.raises(TargetError) as caught:
            look(**options)
        assert str(caught.value) == f"{tmp_path}/{words}"
        assert texts(tmp_path) == before

    set_or_moved = "has picks that somebody has set or moved, and watch would replace it; choose another --out."
    picks = (replace(events[0].picks[0], mode="manual"), *events[0].picks[1:])
    out.write_text(quakeml([replace(events[0], picks=picks), *events[1:]], "quakes"))
    refused(f"c.xml {set_or_moved}")
    out.write_text(quakeml([replace(events[0], picks=picks), *events[1:]], "quakes", reviewed=True))
    refused(f"c.xml {set_or_moved}", stations=table)
    out.write_text(quakeml(events[1:], "quakes", reviewed=True))  # picks were only removed
    refused("c.xml was saved after a review, and watch would replace it; choose another --out.")
    out.write_text(plain[0])
    (tmp_path / "c.csv").write_text(plain[1].replace(",automatic", ",manual", 1))
    refused(f"c.csv {set_or_moved}")
    (tmp_path / "c.csv").write_text(plain[1])
    out.write_text(quakeml([replace(events[0], origin=Origin(0, 35.0, 25.0)), *events[1:]], "quakes"))
    refused(
        "c.xml has located earthquakes, and watch without --stations would replace it by one without; give --stations "
        "again, or another --out."
    )
    assert look(stations=table) is not None
    assert look() is not None  # nothing was located, and nothing is lost
    assert texts(tmp_path) == plain


def relocated(catalogue, mode):
    core = obspy.core.event
    me = core.CreationInfo(author="me")
    where = {"latitude": 35.0, "longitude": 25.0, "depth": 6500.0}
    time = catalogue[0].picks[0].time
    catalogue[0].origins.append(core.Origin(time=time, evaluation_mode=mode, creation_info=me, **where))


def with_mechanism(catalogue):
    catalogue[0].focal_mechanisms.append(obspy.core.event.FocalMechanism())


MORE = [
    (partial(relocated, mode="manual"), "has origins that somebody has set"),
    (partial(relocated, mode="automatic"), "has been added to by another program"),
    (with_mechanism, "has been added to by another program"),
    (lambda _catalogue: None, "was saved by another program"),
]
FORMS = [str, lambda text: "".join(line.strip() for line in text.splitlines())]


@pytest.mark.parametrize(("change", "words"), MORE)
@pytest.mark.parametrize("form", FORMS)
def test_a_watch_replaces_no_catalogue_that_others_have_worked_on(tmp_path, quakes, data, change, words, form):
    """With ObsPy, which keeps the identifiers of geocnn; also where all of it is on one line."""
    out = tmp_path / "c.xml"
    look = partial(watch_earthquakes, quakes, data, out, rounds=1, detector=None)
    assert look() is not None
    catalogue = obspy.read_events(str(out))
    change(catalogue)
    catalogue.write(str(out), format="QUAKEML")
    text = form(out.read_text(encoding="utf-8"))
    out.write_text(text, encoding="utf-8")
    with pytest.raises(TargetError) as caught:
        look()
    assert str(caught.value) == f"{out} {words}, and watch would replace it; choose another --out."
    assert out.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
@pytest.mark.parametrize(
    ("now", "then", "words"),
    [
        ("", "", ""),
        ("<author>geocnn</author>", "<author>me</author>", "has been added to by another program"),
        ("</event>", "<focalMechanism /></event>", "has been added to by another program"),
        ("</event>", '<origin publicID="a" /></event>', "has been added to by another program"),
        ("</event>", "<magnitude><evaluationMode>manual<", "has been added to by another program"),
        ("</event>", "<origin ><evaluationMode>\nmanual</e", "has origins that somebody has set"),
        ("<evaluationMode>automatic", "<evaluationMode>manual", "has picks that somebody has set or moved"),
    ],
)
def test_what_others_have_added_is_found_in_pieces_of_any_size(size, now, then, words):
    picks = tuple(PhasePick(Channel("XX", "AAA", "", "HHZ"), "P", MIDNIGHT + k * SECOND) for k in range(3))
    places = None, Origin(MIDNIGHT, 35.0, 25.0), Origin(MIDNIGHT, 1.0, 2.0)
    text = quakeml([Event((pick,), place) for pick, place in zip(picks, places, strict=True)], "quakes")
    changed = text[: len(text) // 2] + text[len(text) // 2 :].replace(now, then, 1)
    assert (changed != text) == bool(now)
    pieces = iter([changed[k : k + size].encode() for k in range(0, len(changed), size)])
    file = Mock(read=lambda _count: next(pieces, b""))
    assert _more_in_quakeml(file) == (words, True)


def test_the_places_of_stations_are_never_replaced(tmp_path, quakes, data):
    table, out = tmp_path / "sites.csv", "sites.xml"
    text = "network,station,latitude,longitude,elevation_m\nXX,AAA,1,2,3\n"
    table.write_text(text)
    with pytest.raises(
        TargetError, match=r"sites\.csv is the input itself, and a table of that name comes with sites\.xml;"
    ):
        pick_earthquakes(quakes, data, tmp_path / out, stations=table, overwrite=True, show_progress=False)
    with pytest.raises(TargetError, match=f"{table.name} is the input itself"):
        watch_earthquakes(quakes, data, tmp_path / out, stations=table, rounds=1)
    assert table.read_text() == text


def test_a_watch_says_each_note_once(tmp_path, quakes, data, monkeypatch):
    said, looks = [], []
    (data / "notes.txt").write_text("rain")

    def wait(_seconds):
        looks.append(len(said))
        if len(looks) == 3:
            raise KeyboardInterrupt
        (data / "notes.txt").write_text("rain, and snow" * len(looks))

    monkeypatch.setattr("geocnn.prediction.watch.time.sleep", wait)
    with pytest.raises(
        KeyboardInterrupt, match=r"c\.xml holds all that has been picked.*kept in c\.xml\.unfinished\.$"
    ):
        watch_earthquakes(quakes, data, tmp_path / "c.xml", detector=None, announce=said.append)
    assert looks == [2, 3, 4]
    assert "notes.txt holds no seismogram" in said[0]
    assert [line.startswith("note: ") for line in said] == [True, False, False, False]
    assert (tmp_path / "c.xml.unfinished").exists()


def watch_with_troubles(monkeypatch, quakes, data, out, troubles):
    """What a watch says that looks six times at files that do not change, with these errors, None for none."""
    said, tries = [], []
    run = PickJob.run

    def troubled(job, archive, **options):
        tries.append(len(said))
        error = troubles[len(tries) - 1]
        if error is not None:
            raise error
        return run(job, archive, **options)

    monkeypatch.setattr(PickJob, "run", troubled)
    made = watch_earthquakes(quakes, data, out, detector=None, rounds=6, every=0.01, announce=said.append)
    return made, said, len(tries)


def test_a_watch_tries_again_where_an_error_may_pass_and_says_it_once(tmp_path, quakes, data, monkeypatch):
    gone = MissingError("a.mseed can no longer be read (input/output error); is its disk there?")
    troubles = [gone, gone, gone, None]
    made, said, tries = watch_with_troubles(monkeypatch, quakes, data, tmp_path / "c.xml", troubles)
    assert tries == 4  # then there is a catalogue of all that there is
    assert made is not None
    assert (tmp_path / "c.xml").exists()
    assert said[0].partition("  ")[2] == str(gone)
    assert len(said) == 2
    assert "P and" in said[1]


@pytest.mark.parametrize("stale", [False, True])
def test_a_watch_goes_on_when_its_folder_was_away(tmp_path, quakes, data, monkeypatch, stale):
    """Unmounted for some looks, or on a server that does not answer; that is said once each time."""
    said, away, counts = [], tmp_path / "away", []
    whole = pick_earthquakes(quakes, data, tmp_path / "whole.xml", detector=None, show_progress=False)
    later = (data / "b.mseed").read_bytes()
    (data / "b.mseed").unlink()
    is_dir = Path.is_dir

    def answer(path):
        if stale and path == data and away.exists():
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))
        return is_dir(path)

    def wait(_seconds):
        counts.append(len(said))
        if len(counts) in (2, 7):
            away.mkdir() if stale else data.rename(away)
        elif len(counts) in (5, 8):
            away.rmdir() if stale else away.rename(data)
        if len(counts) == 8:
            (data / "b.mseed").write_bytes(later)

    monkeypatch.setattr("geocnn.prediction.watch.time.sleep", wait)
    monkeypatch.setattr(Path, "is_dir", answer)
    made = watch_earthquakes(quakes, data, tmp_path / "c.xml", detector=None, rounds=9, announce=said.append)
    assert counts == [1, 1, 2, 2, 2, 2, 2, 3]
    why = "can no longer be read (stale file handle); is its disk there?" if stale else "check the name."
    for line in said[1:3]:
        assert str(data) in line
        assert line.endswith(why)
    assert "P and" in said[0]
    assert "P and" in said[3]
    assert texts(tmp_path) == texts(tmp_path, "whole")
    assert made.notes == whole.notes
    away.mkdir()
    with pytest.raises(MissingError):  # at the first look it is a mistake
        watch_earthquakes(quakes, data if stale else away / "no", tmp_path / "c.xml", detector=None, rounds=2)


def test_a_watch_forgets_files_that_are_gone(tmp_path, quakes, data, monkeypatch):
    known, here = [], []

    def opened(given, *, scans, **options):
        known.append(scans)
        return open_archive(given, scans=scans, **options)

    def wait(_seconds):
        here.append({path.name for path in known[-1]})
        (data / "b.mseed").unlink(missing_ok=True)

    monkeypatch.setattr("geocnn.prediction.watch.open_archive", opened)
    monkeypatch.setattr("geocnn.prediction.watch.time.sleep", wait)
    watch_earthquakes(quakes, data, tmp_path / "c.xml", detector=None, rounds=3)
    assert here == [{"a.mseed", "b.mseed"}, {"a.mseed"}]


def test_a_watch_ends_where_a_result_cannot_be_written(tmp_path, quakes, data, monkeypatch):
    full = TargetError("c.xml.unfinished cannot be written (no space left on device); free space, then run again.")
    with pytest.raises(TargetError, match="no space left"):
        watch_with_troubles(monkeypatch, quakes, data, tmp_path / "c.xml", [full])


def test_a_watch_has_the_time_of_utc(tmp_path, quakes, data, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        before = datetime.now(UTC)
        _, said, _ = watch_with_troubles(monkeypatch, quakes, data, tmp_path / "c.xml", [None])
        known = {f"{before + timedelta(seconds=k):%H:%M:%SZ}" for k in range(120)}
        assert said[-1].partition("  ")[0] in known
    finally:
        monkeypatch.undo()
        time.tzset()


def test_open_and_predict_take_seismograms(tmp_path, quakes, data):
    archive = geocnn.open(data)
    assert isinstance(archive, Archive)
    ((name, text),) = archive.describe()
    assert name == "XX.AAA..HH"
    assert text == "HHZ HHN HHE, 4.5 min, 1 gap of 31 s, 2023-11-14T23:59:40 to 2023-11-15T00:04:40"
    table = geocnn.predict(quakes, archive, show_progress=False).table()
    assert table == pick_earthquakes(quakes, data, show_progress=False).table()
    stream = obspy.read(str(data / "a.mseed"))
    picks = geocnn.predict(quakes, stream, tmp_path / "s.xml", show_progress=False)
    assert len(obspy.read_events(str(tmp_path / "s.xml"))) == len(picks.events) > 0
    assert [s.pieces for s in geocnn.open(stream).stations]
    with pytest.raises(DataError, match="memory is for surveys, and a picker takes seismograms"):
        geocnn.predict(quakes, data, memory="1GB")
    (tmp_path / "text.txt").write_text("no seismogram")
    with pytest.raises(FormatError, match="is no format that geocnn knows"):
        geocnn.open(tmp_path / "text.txt")
    with pytest.raises(FormatError, match=r"a\.mseed holds seismograms in miniSEED.*geocnn predict quakes a\.mseed"):
        io.open(data / "a.mseed")
    with pytest.raises(FormatError, match=r"s\.xml is XML, not a survey"):
        geocnn.open(tmp_path / "s.xml")


def test_info_shows_stations(data, tmp_path, capsys):
    assert main(["info", str(data)]) == 0
    assert "XX.AAA..HH     HHZ HHN HHE, 4.5 min, 1 gap of 31 s" in capsys.readouterr().out
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "a.txt").write_text("no seismogram")
    assert main(["info", str(tmp_path / "nothing")]) == 2
    assert "is a folder and no Zarr store" in capsys.readouterr().err


def test_first_motions_of_clear_arrivals_are_right():
    ranges = EarthquakeRanges(quiet=0.0, second=0.0, flipped=0.0, dead=0.0, gap=0.0)
    right = wrong = 0
    for index in range(150):
        record = earthquake(index, seed=50, size=3000, ranges=ranges)
        for p in (a for a in record.arrivals if a.phase == "P" and 11 < a.time < 28):
            at = round(p.time * 100)
            found = first_motion(record.waveform[0, at - 1000 : at + 100], 1000, 100.0)
            right += found == p.polarity
            wrong += found == -p.polarity
    assert right + wrong > 20
    assert right / (right + wrong) > 0.8
    assert first_motion(np.zeros(1100, np.float32), 1000, 100.0) == 0
