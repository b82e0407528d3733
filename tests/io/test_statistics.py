"""Statistics against NumPy on the whole array."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geocnn import io
from geocnn.io import scan as scanning
from geocnn.io.scan import slabs
from geocnn.io.statistics import PERCENTILES, sample_traces, statistics


@settings(max_examples=100, deadline=None)
@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=1, max_dims=3, max_side=6),
        elements=st.sampled_from([0.0, 0.0, -1.5, 2.0, 3.0, np.nan, np.inf]),
    ),
)
def test_a_small_survey_is_described_exactly(array):
    found = statistics(io.ArraySource(array))
    usable = np.isfinite(array)
    live = np.any(usable & (array != 0), axis=-1)
    values = array[usable & live[..., None]]
    assert (found.live, found.dead, found.traces) == (live.sum(), (~live).sum(), live.size)
    assert (found.nan, found.missing) == ((~usable).sum(), 0)
    if (~usable).any():
        assert found.first_nan == tuple(np.argwhere(~usable)[0])
    else:
        assert found.first_nan is None
    if values.size:
        assert (found.minimum, found.maximum) == (values.min(), values.max())
        np.testing.assert_allclose([found.mean, found.std], [values.mean(), values.std()], rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(list(found.percentiles.values()), np.percentile(values, PERCENTILES))
        assert found.distinct == len(np.unique(values))
    else:
        assert np.isnan(found.minimum)


def test_a_large_survey_is_sampled_evenly():
    # A trend along each axis: a sample in step with one axis would miss part of it.
    values = np.empty((300, 250, 4), dtype=np.float32)
    values[...] = np.arange(1, 301)[:, None, None] + 1000 * np.arange(250)[None, :, None]
    sample = sample_traces(io.ArraySource(values))[:, 0]
    assert len(sample) == 2000
    for axis in (sample % 1000, sample // 1000):
        counts, _ = np.histogram(axis, bins=10)
        assert counts.min() > 150
    found = statistics(io.ArraySource(values))
    np.testing.assert_allclose([found.mean, found.std], [values.mean(dtype=float), values.std(dtype=float)], rtol=0.03)
    assert (found.minimum, found.maximum) == (1, 249_300)
    assert len(sample_traces(io.ArraySource(values), max_traces=50)) == 50


def test_dead_traces_are_not_sampled():
    values = np.zeros((500, 20, 3), dtype=np.float32)
    values[::2] = 5
    assert np.all(sample_traces(io.ArraySource(values)) == 5)
    found = statistics(io.ArraySource(values))
    assert (found.dead, found.mean, found.std, found.distinct) == (5000, 5, 0, 1)


def test_sources_of_others_are_scanned_too():
    class Foreign:
        def __init__(self, array):
            self._source = io.ArraySource(array)
            self.grid = self._source.grid

        def read(self, slices):
            return self._source.read(slices)

    assert statistics(Foreign(np.ones((3, 4)))).live == 3


@given(st.lists(st.integers(1, 40), min_size=1, max_size=3).map(tuple), st.integers(1, 5), st.integers(4, 2000))
def test_slabs_tile_the_array_within_their_limit(shape, multiple, limit):
    cover = np.zeros(shape, dtype=int)
    for slices in slabs(shape, multiple, limit):
        cover[slices] += 1
        rows = slices[0].stop - slices[0].start
        assert len(shape) == 1 or rows <= multiple or 4 * cover[slices].size <= limit
    assert np.all(cover == 1)


def test_memory_stays_bounded():
    largest = 0

    class Watched(io.ArraySource):
        def read(self, slices):
            nonlocal largest
            block = super().read(slices)
            largest = max(largest, block.nbytes)
            return block

    statistics(Watched(np.broadcast_to(np.float32(1), (1000, 100, 500))))
    assert largest <= scanning.SLAB_BYTES


def test_real_numbers(data):
    found = statistics(io.open(data / "segy/carbonate3d.sgy"))
    assert (found.live, found.dead, found.missing, found.nan) == (13_756, 0, 0, 0)
    assert found.distinct is not None
    assert 90 <= found.distinct <= 106
    assert found.minimum == pytest.approx(-0.97611815)
    assert found.maximum == pytest.approx(1.4198074)
    holes = statistics(io.open(data / "odd_files/segysak/f3-withdead.sgy"))
    assert (holes.live, holes.missing, holes.dead, holes.traces) == (239, 175, 0, 414)
