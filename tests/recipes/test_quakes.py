"""The recipe for arrivals: what it learns from, that it learns, what it refuses."""

import numpy as np
import pytest
import torch

from geocnn.cli import main
from geocnn.errors import DataError, MissingError, TargetError
from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.recipes import build, fit
from geocnn.synthetic.earthquakes import earthquake

SMALL = {"samples": 32, "epochs": 1, "batch_size": 8, "channels": (4, 8, 8)}


def test_it_learns_where_arrivals_are(tmp_path):
    run = fit(
        "quakes",
        **SMALL | {"samples": 640, "batch_size": 4, "learning_rate": 0.02},
        out=tmp_path / "run",
        show_progress=False,
    )
    assert run.card.classes == ("P", "S", "noise")
    assert run.card.reach > 1000
    x, target = run.recipe.validation[range(64)]
    with torch.no_grad():
        probability = torch.softmax(run.model.eval()(x), 1)
    near, far = target[:, :2].sum(1) > 0.5, target[:, :2].sum(1) < 1e-3
    arrival = 1 - probability[:, 2]
    assert float(arrival[near].mean()) > 2 * float(arrival[far].mean())
    again = build("quakes", **SMALL, start=str(tmp_path / "run"))
    for name, value in run.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name])
    with pytest.raises(DataError, match="with the same options"):
        build("quakes", **SMALL | {"channels": (4, 8)}, start=str(tmp_path / "run"))


def test_training_and_validation_are_of_different_series():
    recipe = build("quakes", **SMALL, distance=(100.0, 400.0), seed=3)
    assert recipe.train.seed == 2_000_006
    assert recipe.validation.seed == 2_000_007
    inputs, targets = recipe.train[[5, 2]]
    assert recipe.train.ranges.distance == (100.0, 400.0)
    record = earthquake(2, seed=2_000_006, size=3072, ranges=recipe.train.ranges)
    np.testing.assert_array_equal(inputs[1].numpy(), record.waveform)
    np.testing.assert_array_equal(targets[1].numpy(), record.probabilities())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"size": 1000}, "a multiple of 256"), ({"deviation": 0.0}, "0.01 to 1 s"), ({"seed": -1}, "seed")],
)
def test_numbers_that_do_not_fit(wrong, said):
    with pytest.raises(DataError, match=said):
        build("quakes", **wrong)


@pytest.mark.parametrize("given", [{}, {"resume": True}, {"device": "cuda:77", "overwrite": True}])
def test_what_cannot_begin_is_refused_before_records_are_listened_to(tmp_path, given):
    (tmp_path / "card.json").write_text("a run")
    with pytest.raises((TargetError, MissingError, DataError), match=r"already holds a run|to resume from|cuda:77"):
        fit("quakes", **SMALL, records=str(tmp_path / "none"), out=tmp_path, show_progress=False, **given)


@pytest.mark.parametrize("option", ["--records", "--noise"])
def test_real_seismograms_are_listened_to_without_a_word(tmp_path, capsys, five_minutes, option):
    channels = [Channel("XX", "AAA", "", f"HH{code}") for code in "ZNE"]
    pieces = [ArrayPiece.of(c, 0, 100.0, w) for c, w in zip(channels, five_minutes[0], strict=True)]
    write_miniseed(tmp_path / "a.mseed", pieces)
    words = ["train", "quakes", "--samples", "16", "--size", "512", "--batch-size", "8", "--epochs", "1", "--channels"]
    words += ["4", "8", "8", option, str(tmp_path / "a.mseed"), "--out", str(tmp_path / "run")]
    assert main([*words, "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    assert main([*words, "--overwrite"]) == 0
    assert ("listening" if option == "--records" else "looking for noise") in capsys.readouterr().err
