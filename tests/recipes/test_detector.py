"""The recipe for places of earthquakes: what it learns from, that it learns, what it refuses."""

import dataclasses

import numpy as np
import pytest
import torch

import geocnn
from geocnn.cli import main
from geocnn.delays import Delays
from geocnn.errors import DataError
from geocnn.location import DEPTH, DISTANCE, HEADS, place_of
from geocnn.losses import heads_cross_entropy
from geocnn.metrics import place_scores, places
from geocnn.recipes import build, fit
from geocnn.synthetic.earthquakes import earthquake

SMALL = {"samples": 32, "epochs": 1, "batch_size": 8}


def test_it_learns_where_earthquakes_are(tmp_path):
    run = fit(
        "detector",
        **SMALL | {"samples": 192, "epochs": 2, "learning_rate": 4e-3},
        out=tmp_path / "run",
        show_progress=False,
    )
    assert run.card.task == "location"
    assert run.card.channels == ("Z", "N", "E", "P", "S")
    first, last = (run.history[k]["validation_loss"] for k in (0, -1))
    assert last < first - 0.03
    assert last < 0.65 + np.log(32) + np.log(24) + np.log(12)  # what knowing nothing but how many there are gives
    again = build("detector", **SMALL, start=str(tmp_path / "run"))
    for name, value in run.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name])


def test_records_and_what_is_asked_of_them(quakes):
    samples = build("detector", **SMALL, seed=2).train
    assert samples.seed == 6_000_004
    x, y = samples[[5, 9]]
    record = earthquake(9, seed=6_000_004, size=3072, ranges=samples.ranges)
    np.testing.assert_array_equal(x[1, :3].numpy(), record.waveform)
    with torch.no_grad():
        p, s = torch.softmax(quakes.model(torch.from_numpy(record.waveform)[None]), 1)[0, :2].numpy()
    there = np.flatnonzero(x[1, 4])
    np.testing.assert_allclose(x[1, 4, there], s[there], rtol=1e-3, atol=1e-4)
    kept = np.flatnonzero(x[1, 3])
    assert 0 < len(kept) <= 101
    assert np.ptp(kept) <= 100
    np.testing.assert_allclose(x[1, 3, kept], p[kept], rtol=1e-3, atol=1e-4)
    assert y.shape == (2, sum(HEADS))


def test_what_is_asked():
    samples = build("detector", **SMALL).train
    counts = {"quiet": 0, "other": 0, "placed": 0, "far": 0}
    for number in range(120):
        record = earthquake(number, seed=5, size=3072, ranges=samples.ranges)
        probability = np.zeros(3072, np.float32)
        probability[[700, 2200]] = 0.5, 0.6  # what a picker takes for P waves
        onset, known = samples.question(np.random.default_rng(number), record, probability)
        waves = [a for a in record.arrivals if a.phase == "P" and a.time < 29.72]
        near = [a for a in waves if abs(a.time * 100 - onset) < 1]
        if not near:
            assert onset in (700, 2200) or not waves
            assert known[:2].tolist() == [1, 0]
            counts["quiet" if not waves else "other"] += 1
        elif known[2:].any():
            source, said = record.sources[near[0].source], place_of(known)
            assert known[:2].tolist() == [0, 1]
            assert said.distance.value == pytest.approx(max(source.distance, 0.75), rel=0.1)
            assert abs((said.azimuth.value - source.azimuth + 180) % 360 - 180) < 2
            counts["placed"] += 1
        else:
            assert known[:2].tolist() == [0, 1]
            counts["far"] += 1
    assert min(counts.values()) > 2


@pytest.fixture
def region(tmp_path):
    """Two swarms at one of two stations, 5 km to the north and 15 km to the south of it."""
    rows = [
        f"{64 + north:.4f},{-21 + east:.4f},5,2.0"
        for north, many in ((0.045, 4), (-0.135, 2))
        for east in 0.004 * np.arange(many)
    ]
    (tmp_path / "c.csv").write_text("\n".join(["latitude,longitude,depth_km,magnitude", *rows]))
    (tmp_path / "s.csv").write_text(
        "network,station,latitude,longitude,elevation_m\nVI,AAA,64,-21,0\nVI,BBB,64,-20,0\n"
    )
    return {"stations": tmp_path / "s.csv", "catalogue": tmp_path / "c.csv"}


def test_the_clusters_of_a_region(region, tmp_path):
    """It learns for a station where the catalogue has earthquakes and says to which of the swarms one belongs."""
    told = {**region, "station": "aaa", "clusters": 2, "start": "detector"}
    run = fit(
        "detector",
        **SMALL | {"samples": 128, "epochs": 2, "learning_rate": 4e-3},
        **told,
        out=tmp_path / "run",
        show_progress=False,
    )
    assert run.history[-1]["validation_cluster"] > 0.75
    assert "6 of c.csv at station VI.AAA, 2 clusters" in run.card.data
    north, south = run.card.training["clusters"]
    assert (north["latitude"], south["latitude"]) == (64.045, 63.865)
    assert run.card.training["station"] == "VI.AAA"
    shipped, made = geocnn.load("detector").model, build("detector", **SMALL, **told).model
    assert torch.equal(shipped.answers[5].weight, made.answers[5].weight[: sum(HEADS)])
    assert made.answers[5].weight.shape[0] == sum(HEADS) + 2
    again = build("detector", **SMALL, **told | {"start": str(tmp_path / "run")})
    assert torch.equal(again.model.answers[5].weight, run.model.answers[5].weight)


def test_distances_of_a_network(region):
    samples = build("detector", **SMALL, **region, distance=(1.0, 40.0)).train
    known = [place_of(y) for y in samples[range(24)][1].numpy() if y[2:].any()]
    assert len(known) > 5
    assert 1.5 < min(p.distance.value for p in known) < 8 < max(p.distance.value for p in known) < 22
    assert all(place.cluster is None for place in known)


@pytest.mark.parametrize("with_places", [False, True])
def test_travel_times_of_a_velocity_model(region, tmp_path, with_places):
    """A slow crust with slow S waves: S comes later than it could with the velocities that are drawn else."""
    (tmp_path / "crust.csv").write_text("depth_km,vp_km_s,vs_km_s\n0,4.0,1.8\n")
    where = region if with_places else {}
    recipe = build("detector", **SMALL, **where, velocity_model=tmp_path / "crust.csv", distance=(1.0, 40.0))
    records, found = recipe.train, []
    for index in range(40):
        made = {"places": records.places, "times": records.times, "ranges": records.ranges}
        for source in earthquake(index, seed=records.seed, size=records.size, rate=100.0, **made).sources:
            way = np.hypot(source.distance, source.depth)
            found.append((source.p * 4.0 / way, source.s / source.p))
    both, ratio = np.transpose(found)
    assert both.mean() == pytest.approx(1, abs=0.02)
    assert 0.01 < both.std() < 0.05
    assert ratio.mean() == pytest.approx(4.0 / 1.8, rel=0.01)
    assert "travel times in the layers of crust.csv" in recipe.card.data
    assert recipe.card.training["layers"] == {"tops": (0.0,), "vp": (4.0,), "vs": (1.8,)}
    pace = np.hypot(DISTANCE.value(20), DEPTH.value(3)) / Delays.of(recipe.card.training).seconds[20, 3]
    assert pace == pytest.approx(4.0 * 1.8 / 2.2, rel=0.01)


def test_what_is_not_known_does_not_count():
    known = torch.zeros(2, sum(HEADS))
    known[0, 1] = known[0, 5] = known[0, 40] = known[0, 60] = 1
    known[1, 0] = 1
    logits = torch.zeros(2, sum(HEADS))
    plain = heads_cross_entropy(logits, known, heads=HEADS)
    assert float(plain) == pytest.approx(sum(np.log(n) for n in HEADS), rel=1e-5)
    logits[1, 2:] = torch.randn(sum(HEADS) - 2)
    assert float(heads_cross_entropy(logits, known, heads=HEADS)) == pytest.approx(float(plain), rel=1e-6)
    scores = place_scores(places(20 * known, known))
    assert scores == pytest.approx({"recall": 1, "false": 0, "distance": 0, "azimuth": 0, "depth": 0}, abs=0.05)
    scores = place_scores(places(20 * known[1:], known[1:]))
    assert all(np.isnan(scores[name]) for name in ("distance", "azimuth", "depth"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"size": 1000}, "a multiple of 256"),
        ({"picker": "detector"}, "picks no P and S waves"),
        ({"distance": (5.0, 1.0)}, "distance"),
        ({"clusters": 3}, "--clusters is 3, and no stations are given; clusters are told apart at one station: give"),
        ({"clusters": 1}, "--clusters 1; needed are 0 to 50 km, and 0 or 2 or more"),
        ({"station": "AAA"}, "--station AAA is given without its coordinates"),
    ],
)
def test_what_does_not_fit(wrong, said):
    with pytest.raises(DataError, match=said):
        build("detector", **wrong)


def test_clusters_of_several_stations_are_refused(region):
    with pytest.raises(DataError, match=r"--clusters is 2, and 2 stations are given; .* --station NAME"):
        build("detector", **region, clusters=2)


def test_a_record_is_the_same_in_any_batch():
    samples = build("detector", **SMALL).train
    both, one = samples[[3, 4]], dataclasses.replace(samples)[[4]]
    torch.testing.assert_close(both[0][1], one[0][0], rtol=1e-4, atol=1e-5)


def test_the_one_that_ships_knows_more_than_nothing():
    """Of new records; what it learnt from, a folder of noise and another network, is not there any more."""
    scores = geocnn.evaluate("detector", show_progress=False)
    assert "cluster" not in scores
    assert scores["recall"] > 0.7
    assert scores["false"] < 0.3
    assert scores["distance"] < 0.8  # 1.2 without any knowledge
    assert scores["azimuth"] < 75  # 90


def test_it_is_nothing_without_a_picker(capsys, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((8, 256), np.float32))
    with pytest.raises(DataError, match="earthquakes are that a picker has found; type geocnn predict quakes"):
        geocnn.predict("detector", tmp_path / "a.npy")
    assert main(["predict", "detector", str(tmp_path / "a.npy"), "--out", str(tmp_path / "b.npy")]) == 2
    assert "type geocnn predict quakes PATH --detector detector" in capsys.readouterr().err
