"""What people do in a notebook: look at results, and hand over tensors and arrays of other libraries."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import zarr
from tests.surveys import network, survey

import geocnn
from geocnn.checkpoints import Card, Trained
from geocnn.models import build

QUIET = {"device": "cpu", "show_progress": False}


def classifier() -> Trained:
    arguments = {"ndim": 1, "in_channels": 1, "out_channels": 2}
    card = Card("two", "classification", "resnet20", arguments, ("a", "b"), ("amplitude",), ("time",), (64,))
    return Trained(build("resnet20", **arguments).eval(), card)


def test_results_and_networks_show_what_they_are_and_no_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained, data = network(2), survey(24, 40)
    result = geocnn.predict(trained, data, **QUIET)
    assert repr(result) == "Prediction(24 x 40 samples (trace, time), by random)"
    assert repr(result.plan) == f"Work({result.plan})"
    written = geocnn.predict(trained, data, "r.npy", **QUIET)
    assert repr(written) == "Prediction(24 x 40 samples (trace, time) in r.npy, by random)"
    size = sum(p.numel() for p in trained.model.parameters())
    assert repr(trained) == f"Trained(random: faultseg, 2-D, {size:,} parameters)"
    run = geocnn.fit("traces", epochs=1, out="run", **QUIET)
    assert repr(run) == "Run(traces: trace_classifier, 1-D, 4,211 parameters, in run)"
    judged = geocnn.predict(classifier(), np.zeros((5, 64), np.float32), **QUIET)
    a = int((judged.found == 0).sum())
    assert repr(judged) == f"Classified(5 windows: a ({a}), b ({5 - a}), by two)"
    assert repr(geocnn.open("r.npy")).startswith("NpySource(r.npy: trace 0..23 step 1 (24), time 0..39")


@pytest.mark.parametrize("of", ["tensor", "zarr"])
def test_arrays_of_other_libraries_are_those_of_numpy(of):
    def other(array: np.ndarray) -> object:
        return torch.from_numpy(array) if of == "tensor" else zarr.array(array)

    trained, data = network(2), survey(24, 40)
    expected = geocnn.predict(trained, data, **QUIET).array
    np.testing.assert_array_equal(geocnn.predict(trained, other(data), **QUIET).array, expected)
    labels = (expected > np.median(expected)).astype(np.uint8)
    assert geocnn.evaluate(trained, other(data), other(labels), **QUIET) == geocnn.evaluate(
        trained, data, labels, **QUIET
    )
    small = {"epochs": 1, "samples": 2, "width": 4, "crop": 16, **QUIET}
    runs = [geocnn.fit("segment", data=d, labels=y, **small) for d, y in ((data, labels), (other(data), other(labels)))]
    assert runs[0].history[0]["loss"] == runs[1].history[0]["loss"]
    x = np.random.default_rng(0).standard_normal((5, 64), dtype=np.float32)
    judge = classifier()
    judged = [geocnn.predict(judge, given, **QUIET).probability for given in (x, other(x))]
    np.testing.assert_array_equal(*judged)


def test_numbers_of_numpy_are_numbers(tmp_path):
    """As loops over np.arange and np.logspace give them."""
    given = {
        "seed": np.int64(3),
        "epochs": np.int32(2),
        "learning_rate": np.float32(0.5),
        "centres": tuple(np.r_[12, 40]),
    }
    run = geocnn.fit("traces", **given, out=tmp_path / "a", **QUIET)
    plain = geocnn.fit("traces", seed=3, epochs=2, learning_rate=0.5, centres=(12, 40), **QUIET)
    assert [row["loss"] for row in run.history] == [row["loss"] for row in plain.history]
    assert geocnn.load(tmp_path / "a").card.training["arguments"]["centres"] == [12, 40]
    card = plain.recipe.card
    own = replace(plain.recipe, card=card.replace(arguments=card.arguments | {"window": np.int64(64)}))
    for _ in range(2):
        again = geocnn.fit(own, out=tmp_path / "b", resume=(tmp_path / "b").exists(), **QUIET)
        assert again.history[-1]["loss"] == plain.history[-1]["loss"]


def test_a_tile_may_be_one_number_of_a_trace():
    trained, data = network(1), survey(300)
    expected = geocnn.predict(trained, data, tile=(64,), **QUIET).array
    np.testing.assert_array_equal(geocnn.predict(trained, data, tile=64, **QUIET).array, expected)
