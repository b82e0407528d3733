"""Surveys whose amplitudes a network restores: in their own units, in files like their own, before and after."""

from pathlib import Path

import numpy as np
import pytest
import segyio
import torch

import geocnn
from geocnn import io
from geocnn.checkpoints import Card, Trained, load
from geocnn.cli import main
from geocnn.datasets import NoisyStructures
from geocnn.models import build
from geocnn.normalisation import Normalisation
from geocnn.synthetic.noise import NoiseRanges
from geocnn.synthetic.structure import QUIET


def denoiser(ndim):
    """Random weights, which take something from everything within reach."""
    torch.manual_seed(0)
    arguments = {"ndim": ndim, "in_channels": 1, "out_channels": 1, "width": 4, "depth": 2, "blocks": 1}
    model = build("denoiser", **arguments).eval()
    torch.nn.init.normal_(model.tail.weight, std=0.1)
    known = {"window": (32,) * ndim, "size_multiple": 4, "reach": 25, "normalisation": {"clip": 100.0}}
    axes = ("inline", "crossline", "time")[3 - ndim :]
    card = Card("tiny", "restoration", "denoiser", arguments, ("amplitude",), ("amplitude",), axes, **known)
    return Trained(model, card)


def survey(*shape):
    return (5 + 12_000 * np.random.default_rng(0).standard_normal(shape)).astype(np.float32)


def pair(ndim, snr, seed=3, size=96):
    """A synthetic survey with noise and without, at amplitudes of the field."""
    shape = (size,) * ndim if ndim == 2 else (48, 56, 64)
    normal = {"kind": "fixed", "std": 1 / 3000, "clip": 1e9}
    x, y = NoisyStructures(1, shape, seed, QUIET, NoiseRanges(snr=(snr, snr)), normal)[[0]]
    return x[0, 0].numpy(), y[0, 0].numpy()


def ratio(signal, found):
    return 10 * np.log10(np.square(signal).sum() / np.square(found - signal).sum())


def predict(network, data, **options):
    return geocnn.predict(network, data, device="cpu", show_progress=False, **options)


@pytest.mark.parametrize("shape", [(64, 80), (24, 28, 32)])
def test_the_result_is_the_network_s_in_the_units_of_the_survey(shape):
    trained, x = denoiser(len(shape)), survey(*shape)
    normal = Normalisation.fit(x, clip=100.0)
    halo = [(16, 16 + -n % 4) for n in shape]  # mirrored, as for all networks
    with torch.no_grad():
        made = trained.model(torch.from_numpy(np.pad(normal.apply(x), halo, "reflect"))[None, None])[0, 0].numpy()
    inner = made[tuple(slice(16, 16 + n) for n in shape)]
    found = predict(trained, x).array
    np.testing.assert_allclose(found, inner * normal.std + normal.mean, rtol=0, atol=1e-5 * np.abs(found).max())
    assert np.abs(found - x).max() > 0.05 * x.std()


def test_it_scales_with_the_survey_and_does_not_depend_on_tiles():
    trained, x = denoiser(3), survey(24, 28, 32)
    once = predict(trained, x).array
    tiny = 2.0**-30
    np.testing.assert_allclose(predict(trained, tiny * x).array / tiny, once, rtol=0, atol=1e-6 * np.abs(x).max())
    np.testing.assert_allclose(predict(trained, x, tile=(8, 8, 16)).array, once, atol=1e-5 * np.abs(x).max())


def test_what_is_dead_muted_or_missing_stays_zero():
    x = survey(40, 48)
    x[7], x[20, :10], x[30, 12] = 0, 0, np.nan
    found = predict(denoiser(2), x).array
    assert not found[7].any()
    assert not found[20, :10].any()
    assert found[30, 12] == 0
    assert np.isfinite(found).all()
    assert (found != 0).mean() > 0.95


def test_a_file_keeps_its_headers_and_a_picture_lies_beside_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    noisy, clean = pair(2, 3.0)
    spec = segyio.spec()
    spec.samples, spec.tracecount, spec.format = np.arange(noisy.shape[1]) * 4.0, len(noisy), 5
    with segyio.create("line.sgy", spec) as file:
        for i, trace in enumerate(noisy):
            file.trace[i] = trace
            file.header[i].update({21: 300 + i, 109: 0})
    assert main(["predict", "denoise", "line.sgy", "--device", "cpu"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["result  line-denoise.sgy", "picture line-denoise.png"]
    raw, made = (Path(name).read_bytes() for name in ("line.sgy", "line-denoise.sgy"))
    assert len(raw) == len(made)
    assert raw[:3600] == made[:3600]
    assert raw[3600:3840] == made[3600:3840]
    found = io.open("line-denoise.sgy").read(...)
    np.testing.assert_allclose(found, predict("denoise", noisy).array, rtol=1e-6, atol=1e-3)
    np.save("clean.npy", clean)
    assert main(["evaluate", "denoise", "--data", "line.sgy", "--labels", "clean.npy", "--quiet"]) == 0
    told = dict(line.rsplit(maxsplit=2)[:2] for line in capsys.readouterr().out.splitlines())
    assert float(told["snr before"]) == pytest.approx(3.0, abs=0.05)
    assert float(told["snr"]) == pytest.approx(ratio(clean, found), abs=1e-3)


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize(("snr", "least"), [(0.0, 6.0), (10.0, 4.0)])
def test_the_networks_that_ship_remove_noise_that_they_have_not_met(ndim, snr, least):
    gains = []
    for seed in (3, 4, 5):
        noisy, clean = pair(ndim, snr, seed)
        gains.append(ratio(clean, predict("denoise", noisy).array) - snr)
    assert np.mean(gains) > least


@pytest.mark.parametrize("ndim", [2, 3])
def test_the_networks_that_ship_leave_a_survey_without_noise_alone(ndim):
    _, clean = pair(ndim, 0.0)
    assert ratio(clean, predict("denoise", clean).array) > 20


def test_mirror_images_are_averaged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    noisy, clean = pair(2, 0.0)
    np.save("line.npy", noisy)
    assert main(["predict", "denoise", "line.npy", "--out", "two.npy", "--tta", "--no-picture", "--quiet"]) == 0
    once, mirrored = (predict("denoise", x).array for x in (noisy, noisy[::-1].copy()))
    np.testing.assert_allclose(np.load("two.npy"), (once + mirrored[::-1]) / 2, rtol=0, atol=1e-4 * noisy.std())
    assert ratio(clean, np.load("two.npy")) > ratio(clean, once)


def test_a_card_that_ships_tells_what_is_gained():
    for ndim in (2, 3):
        card = load("denoise", ndim=ndim).card
        rows = [scores for name, scores in card.metrics.items() if "below the signal" in name]
        assert len(rows) == 3
        assert all(scores["snr"] > scores["snr_before"] + 3 for scores in rows)
