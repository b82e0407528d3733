"""Samples that hold no data though they are not zero."""

from pathlib import Path

import numpy as np
import pytest

import geocnn
from geocnn.io.padding import padding
from geocnn.io.scan import scanned

DATA = Path(__file__).parents[3] / "shared" / "data"


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
    ("name", "expected"),
    [
        ("segy/alaska2d.sgy", (0, 0)),
        ("segy/carbonate3d.sgy", (0, 0)),
        ("segy/f3_tiny.sgy", (0, 0)),
        ("horizons_penobscot/crossline_1155.sgy", (0, 0)),
    ],
)
def test_real_files_without_padding(name, expected):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs {name} beside the checkout")
    assert padding(scanned(geocnn.open(path)).sample) == expected


def test_f3_as_it_was_exported():
    """The first sample is 52 and ten more are 147 in all traces; the last of one inline is 69 among samples of 147."""
    path = DATA / "faults_f3" / "f3_inlines_300_500.npz"
    if not path.exists():
        pytest.skip("needs faults_f3 beside the checkout")
    with np.load(path) as file:
        for section, last in zip(file["seismic"], (0, 1), strict=True):
            assert len(np.unique(section[:11])) == 2
            assert len(np.unique(section[11])) > 1
            assert padding(section.T.astype(np.float32)) == (11, last)
