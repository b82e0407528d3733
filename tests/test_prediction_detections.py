"""Detections in records of any length: those of each window by itself, none across gaps, files that open."""

import csv
import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import geocnn
from geocnn import checkpoints
from geocnn.checkpoints import Card, Trained
from geocnn.cli import main
from geocnn.errors import DataError
from geocnn.io.waveforms import ArrayPiece, Channel, Station, open_archive
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.io.waveforms.pieces import SECOND
from geocnn.models import build
from geocnn.models.convnetquake import REACH, scaled
from geocnn.prediction import picker as picker_module
from geocnn.prediction.detect import detect_earthquakes
from geocnn.prediction.detections import detections_of
from geocnn.prediction.judge import Judge, Window

START = 170_000_000_037  # number of the first sample, no multiple of 64
GAP = (13_000, 13_900)
CLUSTERS = [{"latitude": 35.0 + k, "longitude": -97.0 - k, "spread_km": 1.5 + k} for k in range(3)]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """On busy cores two threads spin while they wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def trained():
    """A network of random weights whose answers vary from window to window."""
    torch.manual_seed(5)
    arguments = {"ndim": 1, "in_channels": 3, "out_channels": 4}
    model = build("convnetquake", **arguments).eval().requires_grad_(requires_grad=False)
    x = torch.from_numpy(np.stack([whole(made(3072, seed=100 + k))[:, 1024:2025] for k in range(64)]))
    logits = model(x)
    model.classifier.weight /= logits.std(0).mean()
    model.classifier.bias.copy_(-(logits.mean(0) - model.classifier.bias) / logits.std(0).mean())
    model.classifier.bias[0] += 0.5
    classes = ("noise", *(f"cluster {k}" for k in (1, 2, 3)))
    known = {"normalisation": {"kind": "record"}, "training": {"clusters": CLUSTERS}}
    card = Card("tiny", "classification", "convnetquake", arguments, classes, tuple("ZNE"), ("time",), (1001,), **known)
    return Trained(model, card)


@pytest.fixture(scope="module")
def record():
    """Noise, far from zero, with bursts, of four minutes; equal numbers are a dead channel."""
    return made(24_000, seed=1)


def made(size, seed):
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1000, (3, size)) + np.array([[4000], [-20_000], [7]])
    for at in range(0, size, 1500):
        length = min(300, size - at)
        noise[:, at : at + length] += rng.normal(0, 30_000, (3, length)) * np.exp(-np.arange(length) / 80)
    return np.round(noise).astype(np.float32)


def whole(record, first=0):
    """Scaled, in blocks of 256 samples counted from 1970, of which the first sample has this number."""
    ahead, size = REACH + first % 256, record.shape[1]
    padded = torch.from_numpy(np.pad(record, ((0, 0), (ahead, REACH))))
    return scaled(padded)[:, ahead : ahead + size].numpy()


def written(folder, record, components="ZNE", gap=None, first=0):
    """Files of a component each, from a sample on."""
    folder.mkdir(exist_ok=True)
    spans = [(first, record.shape[1])] if gap is None else [(first, gap[0]), (gap[1], record.shape[1])]
    for component, samples in zip("ZNE", record, strict=True):
        if component in components:
            channel = Channel("OK", "AAA", "", f"HH{component}")
            pieces = [ArrayPiece.of(channel, (START + a) * SECOND // 100, 100.0, samples[a:b]) for a, b in spans]
            write_miniseed(folder / f"{component}.mseed", pieces)
    return folder


def one_by_one(trained, record, alive):
    """Every window without a gap, by itself: number of its first sample and probabilities."""
    found, record = [], whole(np.where(alive, record - record[:, :1] + 1e-20, 0), START)  # no sample is 0, a gap
    for start in range(-(-START // 64) * 64, START + record.shape[1] - 1000, 64):
        inside = slice(start - START, start - START + 1001)
        if alive[inside].all():
            logits = trained.model(torch.from_numpy(record[:, inside])[None])
            found.append((start, logits.softmax(1)[0].numpy()))
    return found


def expected(windows, threshold=0.0):
    """Begins, ends, classes, probabilities of what follows one another."""
    groups = []
    for start, p in windows:
        if p.argmax() and 1 - p[0] >= threshold:
            if not (groups and groups[-1][-1][0] == start - 64):
                groups.append([])
            groups[-1].append((start, p))
    rows = []
    for group in groups:
        mean = np.mean([p[1:] for _, p in group], axis=0)
        most = max(1 - p[0] for _, p in group)
        rows.append((group[0][0], group[-1][0] + 1000, mean.argmax() + 1, mean.max(), most, len(group)))
    return rows


def rows_of(found):
    return [
        (round(d.begin * 100 / SECOND), round(d.end * 100 / SECOND), d.cluster, d.probability, d.earthquake, d.windows)
        for d in found.detections
    ]


def same(found, rows):
    assert [r[:3] + r[5:] for r in rows_of(found)] == [tuple(map(int, r[:3] + r[5:])) for r in rows]
    np.testing.assert_allclose([r[3:5] for r in rows_of(found)], [r[3:5] for r in rows], atol=5e-6)


@pytest.mark.parametrize("core", [65_536, 2048])
def test_detections_are_those_of_each_window_by_itself(tmp_path, trained, record, monkeypatch, core):
    monkeypatch.setattr(picker_module, "_CORE", core)
    alive = np.ones(record.shape[1], bool)
    alive[slice(*GAP)] = False
    windows = one_by_one(trained, record, alive)
    rows = expected(windows)
    assert len(rows) > 8
    assert max(r[5] for r in rows) > 2
    assert {int(r[2]) for r in rows} == {1, 2, 3}
    found = detect_earthquakes(trained, written(tmp_path / "a", record, gap=GAP), show_progress=False)
    same(found, rows)
    assert found.windows == len(windows)
    few = detect_earthquakes(trained, tmp_path / "a", threshold=0.75, show_progress=False)
    same(few, expected(windows, 0.75))
    assert 0 < sum(d.windows for d in few.detections) < sum(r[5] for r in rows)


def test_where_a_record_begins_changes_nothing(tmp_path, trained, record):
    """But for rounding: amplitudes are counted from the first sample, and equal ones are no data."""
    judge = Judge.of(trained, device="cpu")
    found = []
    for name, first in (("a", 0), ("b", 7777)):
        station = geocnn.open(written(tmp_path / name, record, first=first)).stations[0]
        seen = [w for p in picker_module.parts(station) for w in judge(p, judge.read(station, p)).windows]
        found.append({w.start: np.array(w.probability) for w in seen if w.start >= START + 7777 + REACH})
    whole, later = found
    assert len(whole) > 100
    for start in whole.keys() & later.keys():
        np.testing.assert_allclose(later[start], whole[start], atol=0.02)
    for start in whole.keys() ^ later.keys():  # on the verge of being noise
        p = whole.get(start, later.get(start))
        assert p[0] == pytest.approx(p[1:].max(), abs=0.04)
    assert len(whole.keys() ^ later.keys()) < 5


def test_a_factor_changes_nothing(tmp_path, trained, record):
    plain, tiny = (
        detect_earthquakes(trained, written(tmp_path / name, values), show_progress=False)
        for name, values in (("a", record), ("b", record * np.float32(2.0**-40)))
    )
    assert len(plain.detections) > 8
    assert rows_of(plain) == rows_of(tiny)


def test_windows_that_follow_one_another_are_one_detection():
    station = Station("OK", "AAA", "", "HH", ((), (), ()))
    chances = [(0.4, 0.5, 0.1), (0.2, 0.1, 0.7), (0.3, 0.4, 0.3), (0.1, 0.9, 0.0)]
    starts = [6400, 6464, 6528, 6656]
    first, second = detections_of(station, [Window(*w) for w in zip(starts, chances, strict=True)], 1001)
    assert (first.begin, first.end) == (64 * SECOND, (6528 + 1000) * SECOND // 100)
    assert (first.cluster, first.windows, first.earthquake) == (2, 3, pytest.approx(0.8))
    assert first.probability == pytest.approx((0.1 + 0.7 + 0.3) / 3)
    assert (second.cluster, second.windows, second.begin) == (1, 1, 6656 * SECOND // 100)
    assert list(detections_of(station, [], 1001)) == []


def test_table_and_catalogue_say_the_same(tmp_path, trained, record):
    obspy = pytest.importorskip("obspy")
    core = pytest.importorskip("obspy.io.quakeml.core")
    found = geocnn.predict(trained, written(tmp_path / "a", record), tmp_path / "d.csv", show_progress=False)
    with (tmp_path / "d.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert core._validate(str(tmp_path / "d.xml"))
    events = obspy.read_events(str(tmp_path / "d.xml"))
    assert len(rows) == len(events) == len(found.detections) > 8
    for row, event, detection in zip(rows, events, found.detections, strict=True):
        begin, end = obspy.UTCDateTime(row["begin"]), obspy.UTCDateTime(row["end"])
        assert begin.timestamp == pytest.approx(detection.begin / SECOND, abs=0.006)
        assert end - begin == pytest.approx(10 + 0.64 * (int(row["windows"]) - 1), abs=0.02)
        (origin,), (pick,) = event.origins, event.picks
        place = CLUSTERS[detection.cluster - 1]
        assert row["class"] == f"cluster {detection.cluster}"
        assert [float(row[k]) for k in place] == list(place.values())
        assert (origin.latitude, origin.longitude) == (place["latitude"], place["longitude"])
        assert (origin.evaluation_mode, origin.arrivals) == ("automatic", [])
        assert origin.origin_uncertainty.horizontal_uncertainty == 1000 * place["spread_km"]
        for time in (origin, pick):
            assert time.time - time.time_errors.uncertainty - begin == pytest.approx(0, abs=0.02)
            assert time.time + time.time_errors.uncertainty - end == pytest.approx(0, abs=0.02)
        assert pick.waveform_id.get_seed_string() == "OK.AAA..HHZ"
        assert row["class"] in event.comments[0].text
    unknown = Trained(trained.model, trained.card.replace(training={}))
    table = detect_earthquakes(unknown, tmp_path / "a", show_progress=False)
    assert table.table().splitlines()[0] == "id,station,begin,end,class,probability,earthquake,windows"
    assert "<origin" not in table.quakeml()


def test_of_another_station_no_places_are_told(tmp_path, trained, record):
    folder = written(tmp_path / "data", record)
    here, elsewhere = (
        detect_earthquakes(
            dataclasses.replace(trained, card=trained.card.replace(training=known)), folder, show_progress=False
        )
        for known in ({"clusters": CLUSTERS, "station": name} for name in ("OK.AAA", "OK.BBB"))
    )
    assert [(d.begin, d.cluster) for d in here.detections] == [(d.begin, d.cluster) for d in elsewhere.detections]
    assert not [note for note in here.notes if "learnt" in note]
    assert elsewhere.notes[0].startswith(
        "OK.AAA..HH is not OK.BBB, whose records the network has learnt: what it detects"
    )
    assert {row["latitude"] for row in csv.DictReader(elsewhere.table().splitlines())} == {""}
    assert "" not in {row["latitude"] for row in csv.DictReader(here.table().splitlines())}
    assert "<latitude>" in here.quakeml()
    assert "<latitude>" not in elsewhere.quakeml()


def test_a_stopped_run_goes_on_where_it_was(tmp_path, trained, record, monkeypatch):
    monkeypatch.setattr(picker_module, "_CORE", 2048)
    monkeypatch.setattr(picker_module.torch, "get_num_threads", lambda: 1)
    seen, judge = SimpleNamespace(parts=0, stop=6), Judge.__call__

    def counted(self, part, record):
        if seen.parts == seen.stop:
            raise KeyboardInterrupt
        seen.parts += 1
        return judge(self, part, record)

    monkeypatch.setattr(Judge, "__call__", counted)
    folder = written(tmp_path / "a", record, gap=GAP)
    with pytest.raises(KeyboardInterrupt, match=r"kept in .*c\.csv\.unfinished, and the same command goes on"):
        detect_earthquakes(trained, folder, tmp_path / "c.csv", show_progress=False)
    assert not (tmp_path / "c.csv").exists()
    noted = [json.loads(line)["part"] for line in (tmp_path / "c.csv.unfinished").read_text().splitlines()]
    assert 4 <= len(noted) <= 6
    seen.parts, seen.stop = 0, -1
    resumed = detect_earthquakes(trained, folder, tmp_path / "c.csv", show_progress=False)
    again = seen.parts
    whole = detect_earthquakes(trained, folder, tmp_path / "whole.csv", show_progress=False)
    assert again == seen.parts - again - len(noted)
    assert resumed.windows == whole.windows
    for suffix in (".csv", ".xml"):
        assert (tmp_path / f"c{suffix}").read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "c.csv", "c.xml", "whole.csv", "whole.xml"]


def test_notes_on_the_data_are_those_of_a_run_without_a_stop(tmp_path, trained, record, monkeypatch):
    monkeypatch.setattr(picker_module, "_CORE", 2048)
    monkeypatch.setattr(picker_module.torch, "get_num_threads", lambda: 1)
    odd = record[:, :12_000].copy()
    odd[1, 300], odd[2, 11_000] = np.nan, np.inf
    pieces = [
        ArrayPiece.of(Channel("OK", "AAA", "", f"HH{c}"), START * SECOND // 100, 50.0, samples)
        for c, samples in zip("ZNE", odd, strict=True)
    ]
    (tmp_path / "a").mkdir()
    write_miniseed(tmp_path / "a" / "a.mseed", pieces)
    whole = detect_earthquakes(trained, tmp_path / "a", tmp_path / "whole.csv", show_progress=False)
    told = [f"OK.AAA..HH{c} has 50 samples per second and was resampled to 100 Hz." for c in "ZNE"]
    told += [f"OK.AAA..HH{c} has samples that are not finite; they are gaps." for c in "NE"]
    assert set(told) <= set(whole.notes)
    judge, seen = Judge.__call__, []

    def counted(self, part, record):
        seen.append(part)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return judge(self, part, record)

    monkeypatch.setattr(Judge, "__call__", counted)
    with pytest.raises(KeyboardInterrupt, match="the same command goes on"):
        detect_earthquakes(trained, tmp_path / "a", tmp_path / "c.csv", show_progress=False)
    resumed = detect_earthquakes(trained, tmp_path / "a", tmp_path / "c.csv", show_progress=False)
    assert len(set(seen)) < len(seen) + 2
    assert resumed.notes == whole.notes


def test_components_that_are_lacking_are_said(tmp_path, trained, record):
    part = record[:, :9000]
    written(tmp_path / "a", record, components="ZN")
    channel = Channel("OK", "AAA", "", "HHE")
    write_miniseed(tmp_path / "a" / "E.mseed", [ArrayPiece.of(channel, START * SECOND // 100, 100.0, part[2])])
    found = detect_earthquakes(trained, tmp_path / "a", show_progress=False)
    whole = detect_earthquakes(trained, written(tmp_path / "b", part), show_progress=False)
    near = START + 9000 - REACH  # behind it, what the other components go on with is of account for the scale
    assert [row for row in rows_of(found) if row[1] < near] == [row for row in rows_of(whole) if row[1] < near]
    assert rows_of(found)[2][1] < near
    assert found.windows == whole.windows
    note = "OK.AAA..HH lacks one or two components for 2.5 min; the network needs all three, and nothing is looked for"
    assert [n for n in found.notes if n.startswith(note)]
    both = [*open_archive(tmp_path / "b").stations[0].pieces]
    both += [dataclasses.replace(piece, channel=Channel("OK", "BBB", "", "HHZ")) for piece in both[:1]]
    two = detect_earthquakes(trained, open_archive(both), show_progress=False)
    assert rows_of(two) == rows_of(whole)
    note = "OK.BBB..HH has no 10.01 s of all three components without a gap; nothing is looked for there."
    assert note in two.notes


def test_streams_other_rates_and_other_networks(trained, record, quakes):
    obspy = pytest.importorskip("obspy")
    stats = {"network": "OK", "station": "AAA", "starttime": obspy.UTCDateTime(START / 100)}
    traces = [
        obspy.Trace(w.copy(), stats | {"channel": f"HH{c}", "sampling_rate": 100.0})
        for c, w in zip("ZNE", record, strict=True)
    ]
    whole = geocnn.predict(trained, obspy.Stream(traces), show_progress=False)
    assert len(whole.detections) > 8
    archive = geocnn.open(obspy.Stream(traces))
    assert rows_of(geocnn.predict(trained, archive, show_progress=False)) == rows_of(whole)
    slow = [
        obspy.Trace(w[::2].copy(), stats | {"channel": f"HH{c}", "sampling_rate": 50.0})
        for c, w in zip("ZNE", record, strict=True)
    ]
    found = geocnn.predict(trained, obspy.Stream(slow), show_progress=False)
    assert any("was resampled to 100 Hz" in note for note in found.notes)
    assert abs(found.windows - whole.windows) <= 1
    with pytest.raises(DataError, match="is read at 50 Hz; the network needs 100"):
        geocnn.predict(trained, open_archive(obspy.Stream(traces), rate=50.0), show_progress=False)
    with pytest.raises(DataError, match="memory is for surveys, and this network takes seismograms or windows of them"):
        geocnn.predict(trained, archive, memory="1GB")
    with pytest.raises(DataError, match="does not judge windows of seismograms"):
        detect_earthquakes(quakes, archive, show_progress=False)
    other = Trained(trained.model, trained.card.replace(normalisation={"kind": "none"}))
    with pytest.raises(DataError, match="tiny has learnt from windows that were normalised one by one, and is for"):
        detect_earthquakes(other, archive, show_progress=False)


def test_the_command_takes_seismograms_and_windows(tmp_path, trained, record, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    checkpoints.save(tmp_path / "run", trained.model, trained.card)
    written(tmp_path / "2026", record)
    assert main(["predict", "run", "2026", "--device", "cpu", "--quiet"]) == 0
    out = capsys.readouterr().out.splitlines()
    number = len((tmp_path / "2026-run.csv").read_text().splitlines()) - 1
    assert out[0].startswith(f"{number} detections in 359 windows, 3.8 min: cluster 1 (")
    assert out[1:] == ["result    2026-run.csv", "catalogue 2026-run.xml"]
    assert main(["predict", "run", "2026", "--quiet"]) == 2
    assert "2026-run.csv exists already" in capsys.readouterr().err
    assert main(["predict", "run", "2026/Z.mseed", "2026/N.mseed", "2026/E.mseed", "--out", "all.csv"]) == 0
    assert (tmp_path / "all.csv").read_text() == (tmp_path / "2026-run.csv").read_text()
    np.savez("windows.npz", x=np.stack([whole(record)[:, k : k + 1001] for k in (0, 64)]))
    assert main(["predict", "run", "windows.npz", "--out", "classes.csv", "--quiet"]) == 0
    assert (tmp_path / "classes.csv").read_text().startswith("window,class,probability")
