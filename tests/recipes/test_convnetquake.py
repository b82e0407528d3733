"""The recipe convnetquake: its windows, its penalty, and that it learns to tell earthquakes from noise."""

import json

import numpy as np
import pytest
import torch

import geocnn
from geocnn.cli import main
from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.pieces import SECOND
from geocnn.losses import kernel_penalty
from geocnn.metrics import confusion, detections
from geocnn.models import build as network
from geocnn.recipes import build
from geocnn.recipes.convnetquake.report import report

FEW = {"events": 60, "tested": 20, "hours": 1, "clusters": 3, "seed": 1}


@pytest.fixture(scope="module")
def recipe():
    return build("convnetquake", **FEW)


def test_windows_are_earthquakes_and_noise_by_turns(recipe):
    x, y = recipe.train[range(80)]
    assert x.shape == (80, 3, 1001)
    assert x.dtype == torch.float32
    assert set(y[1::2].tolist()) == {0}
    assert set(y[::2].tolist()) == {1, 2, 3}
    assert len(recipe.train) == 80
    assert 0.3 < float(x[1::2].abs().median()) < 1.5  # relative to the noise
    assert float(x.abs().max()) < 20  # compressed


def test_the_same_windows_whoever_asks_and_others_in_the_next_epoch(recipe):
    again = build("convnetquake", **FEW)
    for a, b in zip(recipe.train[[7, 160, 22]], again.train[[7, 160, 22]], strict=True):
        assert torch.equal(a, b)
    assert {recipe.train.event(i) for i in range(0, 80, 2)} == {recipe.train.event(i) for i in range(80, 160, 2)}
    assert not set(recipe.train.events) & set(recipe.validation.events)
    assert not set(recipe.train.noises) & set(recipe.validation.noises)


def test_p_and_s_are_inside_every_window(recipe):
    """Of an earthquake far above the noise, P is 0.5 to 4 s behind the beginning of a window and S well inside."""
    windows = recipe.validation
    event = max(windows.events.tolist(), key=lambda k: windows.region.hypocentres.magnitude[k])
    source = windows.region.source(event, 0.0)
    onsets = []
    for epoch in range(8):
        x = windows[[epoch * 40 + i for i in range(0, 40, 2) if windows.event(epoch * 40 + i) == event]][0][0]
        begin = float((x.abs().amax(0) > 3.5).float().argmax()) / 100
        assert 0.4 < begin < 4.2
        assert begin + source.s - source.p < 9.6
        onsets.append(begin)
    assert np.ptp(onsets) > 0.5


def test_the_penalty_is_the_sum_of_squares_of_the_convolutions():
    model = network("convnetquake", ndim=1)
    wanted = sum(float(p.detach().square().sum()) for name, p in model.named_parameters() if p.ndim == 3)
    assert float(kernel_penalty(model, 1e-3).detach()) == pytest.approx(1e-3 * wanted)
    kernel_penalty(model, 0.5).backward()
    kernel = model.features[0].weight
    torch.testing.assert_close(kernel.grad, kernel.detach())
    assert model.classifier.weight.grad is None


def test_scores_of_a_detector_by_hand():
    found = torch.tensor([0, 0, 1, 0, 1, 2, 2, 1])
    truth = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2])
    scores = detections(confusion(torch.nn.functional.one_hot(found, 3).float(), truth), classes=3)
    assert scores == pytest.approx({"precision": 4 / 5, "recall": 4 / 5, "location": 2 / 4})


@pytest.fixture(scope="module")
def learnt():
    return geocnn.fit(
        "convnetquake",
        events=190,
        tested=50,
        hours=1,
        clusters=2,
        epochs=10,
        batch_size=16,
        learning_rate=2e-3,
        show_progress=False,
        device="cpu",
    )


def test_it_learns_to_detect(learnt):
    counts = report(learnt).counts
    assert counts.sum() == 100
    assert (counts[0, 0] + counts[1:, 1:].sum()) / 100 > 0.75
    assert learnt.history[-1]["loss"] < learnt.history[0]["loss"]


def test_what_it_has_learnt_is_seen_in_a_record(learnt):
    """Of nine earthquakes of the test, a minute from one another in noise, most are detected where they are."""
    windows = learnt.recipe.validation
    region = windows.region
    record = region.noise(12_345, size=60_000)
    strong = sorted(windows.events.tolist(), key=lambda event: -region.hypocentres.magnitude[event])[:9]
    for number, event in enumerate(strong):
        at = 3000 + 6000 * number
        record[:, at : at + 1401] += region.waves(event, size=1401, onset=4.0)
    start = 1_700_000_000
    pieces = [
        ArrayPiece.of(Channel("XX", "SYN", "", f"HH{c}"), start * SECOND, 100.0, samples)
        for c, samples in zip("ZNE", record, strict=True)
    ]
    found = geocnn.predict(learnt, geocnn.open(pieces), device="cpu", show_progress=False)
    spans = [(d.begin / SECOND - start, d.end / SECOND - start) for d in found.detections]
    assert sum(any(begin < 34 + 60 * k < end - 1 for begin, end in spans) for k in range(9)) >= 7
    assert sum(d.windows for d in found.detections) < 0.5 * found.windows
    assert found.notes == ()


def test_the_card_knows_where_the_clusters_are(tmp_path):
    """Two swarms on either side of the date line, laid out by hand."""
    rows = [f"{lat + y:.4f},{lon + x:.4f},5,2.0" for lat, lon in ((51.8, 179.9), (52.0, -179.9))
            for x, y in ((0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01))]  # fmt: skip
    rows += ["51.8,179.9,5,2.0"]
    (tmp_path / "c.csv").write_text("\n".join(["latitude,longitude,depth_km,magnitude", *rows]))
    (tmp_path / "s.csv").write_text("network,station,latitude,longitude,elevation_m\nAK,ADK,51.9,180.0,100\n")
    made = build(
        "convnetquake", clusters=2, tested=2, hours=1, stations=tmp_path / "s.csv", catalogue=tmp_path / "c.csv"
    )
    west, east = made.card.training["clusters"]
    assert made.card.training["station"] == "AK.ADK"
    assert (west["latitude"], west["longitude"]) == (pytest.approx(51.8), pytest.approx(179.9))
    assert (east["latitude"], east["longitude"]) == (pytest.approx(52.0), pytest.approx(-179.9))
    km = 111.2 * np.array([0.01, 0.01 * np.cos(np.radians(52))])
    assert east["spread_km"] == pytest.approx(np.sqrt((km**2).mean()), rel=0.01)
    assert west["spread_km"] == pytest.approx(np.sqrt((4 * km**2).sum() / 2 / 5), rel=0.02)


@pytest.mark.parametrize(("events", "tested"), [(2, 1), (57, 11), (2918, 209)])
def test_a_fifth_of_few_earthquakes_is_kept_for_testing(events, tested):
    made = build("convnetquake", events=events, hours=1, clusters=1)
    assert (len(made.train.events), len(made.validation.events)) == (events - tested, tested)


def test_a_station_and_a_catalogue_of_ones_own(tmp_path, capsys):
    rng = np.random.default_rng(0)
    rows = [f"{35.8 + y:.4f},{-97.4 + x:.4f},5,2.0" for x, y in 0.05 * rng.standard_normal((40, 2))]
    (tmp_path / "catalogue.csv").write_text("\n".join(["latitude,longitude,depth_km,magnitude", *rows, "10,10,5,3"]))
    (tmp_path / "stations.csv").write_text(
        "network,station,latitude,longitude,elevation_m\nXX,FAR,0,0,0\nXX,NEAR,35.85,-97.43,300\n"
    )
    words = ["--stations", tmp_path / "stations.csv", "--station", "near", "--catalogue", tmp_path / "catalogue.csv"]
    words += [
        "--clusters",
        2,
        "--tested",
        10,
        "--hours",
        1,
        "--epochs",
        1,
        "--out",
        tmp_path / "run",
        "--device",
        "cpu",
    ]
    assert main(["train", "convnetquake", *map(str, words)]) == 0
    said = capsys.readouterr().out
    assert "40 earthquakes of catalogue.csv (the other 1 are farther than 40 km) at station XX.NEAR" in said
    card = json.loads((tmp_path / "run" / "card.json").read_text())
    assert (card["task"], card["classes"]) == ("classification", ["noise", "cluster 1", "cluster 2"])
    for name in ("map.png", "confusion.png", "learning.png", "windows.npz"):
        assert (tmp_path / "run" / name).is_file()
    found = geocnn.predict(tmp_path / "run", tmp_path / "run" / "windows.npz", device="cpu", show_progress=False)
    assert len(found.names) == 20
    assert set(geocnn.evaluate(tmp_path / "run", show_progress=False, device="cpu")) >= {
        "precision",
        "recall",
        "location",
    }
