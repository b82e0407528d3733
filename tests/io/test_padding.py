"""Samples that hold no data though they are not zero."""

import numpy as np
import pytest

import geocnn
from geocnn.io.padding import padding
from geocnn.io.scan import scanned


def traces(count=200, samples=60, seed=0):
    return np.random.default_rng(seed).standard_normal((count, samples)).astype(np.float32)


@pytest.mark.parametrize("above", [0, 1, 5])
@pytest.mark.parametrize("below", [0, 1, 7])
def test_what_all_traces_share_is_padding(above, below):
    values = traces()
    values[:, :above] = 3.5
    if below:
        values[:, -below:] = -128
        values[:, -1] = 5
    assert padding(values) == (above, below)


def test_an_odd_last_sample_is_padding_though_traces_differ():
    values = traces()
    values[:, -1] = 0.3 * values[:, -2] - 7
    assert padding(values) == (0, 1)
    values[:, -1] += 4.5  # not so odd
    assert padding(values) == (0, 0)


def test_reflections_are_none():
    """Flat ones without noise, of any amplitude, at any place."""
    layers = np.random.default_rng(1).standard_normal(60).astype(np.float32)
    flat = np.tile(layers, (50, 1))
    assert padding(flat) == (0, 0)
    flat[:, 30:] += traces(50, 30)  # faulted or dipping from here on
    assert padding(flat) == (0, 0)
    sea = traces()
    sea[:, 0] -= 3  # a loud event that happens to lie at the edge
    assert padding(sea) == (0, 0)


def test_too_little_to_tell():
    assert padding(traces(5)[:, :1].repeat(20, 1)) == (0, 0)
    assert padding(np.pad(traces(), ((0, 0), (4, 3)))) == (0, 0)  # mutes
    assert padding(np.full((20, 30), 2.0, np.float32)) == (0, 0)
    assert padding(np.where(np.arange(30) == 3, np.nan, traces(20, 30)).astype(np.float32)) == (0, 0)


@pytest.mark.parametrize(
    "name",
    ["segy/alaska2d.sgy", "segy/carbonate3d.sgy", "segy/f3_tiny.sgy", "horizons_penobscot/crossline_1155.sgy"],
)
def test_real_files_without_padding(data, name):
    assert padding(scanned(geocnn.open(data / name)).sample) == (0, 0)


def test_f3_as_it_was_exported(data):
    """The first sample is 52 and ten more are 147 in all traces; the last of one inline is 69 among samples of 147."""
    with np.load(data / "faults_f3" / "f3_inlines_300_500.npz") as file:
        for section, last in zip(file["seismic"], (0, 1), strict=True):
            assert len(np.unique(section[:11])) == 2
            assert len(np.unique(section[11])) > 1
            assert padding(section.T.astype(np.float32)) == (11, last)
