"""The recipe for super-resolution: what it learns from, what it starts from, what it refuses."""

import numpy as np
import pytest
import torch

from geocnn.checkpoints import load
from geocnn.datasets import FinerStructures, halved
from geocnn.errors import DataError
from geocnn.io.source import ArraySource
from geocnn.io.stretched import StretchedSource
from geocnn.recipes import build, fit
from geocnn.synthetic.noise import NoiseRanges
from geocnn.synthetic.structure import QUIET, structure

SMALL = {"ndim": 2, "crop": (32, 32), "samples": 4, "epochs": 1, "batch_size": 4}


def test_half_of_the_samples_are_every_second_one_below_the_new_nyquist_and_nothing_above():
    time = np.arange(401)
    low, high = (np.sin(2 * np.pi * f * time + np.arange(9)[:, None]).astype(np.float32) for f in (0.15, 0.4))
    found = halved(low)
    assert found.shape == (5, 201)
    np.testing.assert_allclose(found[:, 20:-20], low[::2, ::2][:, 20:-20], rtol=0, atol=2e-3)
    assert np.abs(halved(high)[:, 20:-20]).max() < 2e-3
    assert halved(np.zeros((5, 7, 9), np.float32)).shape == (3, 4, 5)


@pytest.mark.parametrize("shape", [(48, 64), (16, 20, 24)])
def test_samples_are_what_prediction_gives_the_network(shape):
    quiet = NoiseRanges(snr=(120.0, 120.0))
    samples = FinerStructures(4, shape, 7, QUIET, quiet, {"kind": "none"})
    for index in range(4):
        x, y = (part[0, 0].numpy() for part in samples[[index]])
        assert x.shape == y.shape == shape
        whole = structure(index, seed=7, shape=tuple(n + 1 for n in shape), ranges=QUIET).seismic.numpy()
        ways = [sign * whole[..., ::flip] for sign in (-1, 1) for flip in (-1, 1)]
        fine = next(way for way in ways if np.allclose(way[tuple(map(slice, shape))], y, atol=1e-3))
        seen = StretchedSource(ArraySource(halved(fine)), (2.0,) * len(shape)).read(...)
        np.testing.assert_allclose(x, seen[tuple(map(slice, shape))], rtol=0, atol=1e-3)
    assert torch.equal(samples[[2]][0], samples[[1, 2]][0][1:])


def test_training_makes_a_network_that_knows_how_much_finer_it_is(tmp_path):
    run = fit("superres", **SMALL, out=tmp_path / "run", show_progress=False)
    assert (run.card.finer, run.card.task, run.card.name) == (2, "restoration", "superres-2d")
    assert load(tmp_path / "run").card.finer == 2
    assert np.isfinite(run.history[-1]["validation_snr"])


@pytest.mark.parametrize("start", ["superres", "denoise"])
def test_training_goes_on_from_the_networks_that_ship(start):
    shipped, again = load(start, ndim=2), build("superres", ndim=2, start=start)
    for name, value in shipped.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name])
    with pytest.raises(DataError, match=r"--start faults is unet with .*; needed is denoiser with .*: superres, or"):
        build("superres", **SMALL, start="faults")
