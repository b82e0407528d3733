"""Tiles cover the survey once, and reflection is that of NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geocnn.errors import DataError
from geocnn.tiling import plan, reflect

sizes = st.lists(st.integers(1, 90), min_size=1, max_size=3).map(tuple)


@given(shape=sizes, tile=st.lists(st.integers(1, 64), min_size=3, max_size=3), reach=st.integers(0, 20))
def test_cores_cover_every_sample_once_and_halos_reach_far_enough(shape, tile, reach):
    p = plan(shape, multiple=8, reach=reach, largest=10**9, tile=tuple(tile[: len(shape)]))
    count = np.zeros(p.padded, int)
    for t in p:
        count[t.core] += 1
        for core, read, n in zip(t.core, t.read, p.padded, strict=True):
            assert read.start % 8 == 0
            assert (read.stop - read.start) % 8 == 0
            assert core.start - read.start >= reach or read.start == 0
            assert read.stop - core.stop >= reach or read.stop == n
    assert (count == 1).all()
    assert len(list(p)) == len(p)


@given(shape=sizes, millions=st.floats(0.2, 3))
def test_the_chosen_tile_fits_into_memory_or_is_refused(shape, millions):
    largest = int(millions * 1e6)
    try:
        p = plan(shape, multiple=8, reach=16, largest=largest)
    except DataError:
        assert np.prod([min(40, -(-(n + 32) // 8) * 8) for n in shape]) > largest
    else:
        assert {np.prod([s.stop - s.start for s in t.read]) for t in p} == {p.block}
        assert p.block <= largest


def test_one_piece_where_it_fits():
    p = plan((100, 50, 20), multiple=8, reach=51, largest=10**9)
    assert len(p) == 1
    assert p.padded == (136, 88, 56)
    assert p.redundancy == 1


@given(shape=sizes)
def test_a_network_that_sees_single_samples_goes_through_in_one_piece(shape):
    p = plan(shape, multiple=1, reach=0)
    assert len(p) == 1
    assert len(plan(shape, multiple=1, reach=0, largest=p.block // 2 + 1)) <= 2 * 3 ** len(shape)


@given(st.integers(2, 30), st.integers(0, 80), st.integers(0, 80))
def test_reflection_is_that_of_numpy(n, before, after):
    expected = np.pad(np.arange(n), (before, after), mode="reflect")
    np.testing.assert_array_equal(reflect(np.arange(-before, n + after), 0, n - 1), expected)
    np.testing.assert_array_equal(reflect(np.arange(-before, n + after) + 7, 7, n + 6), expected + 7)


def test_a_single_sample_is_repeated():
    np.testing.assert_array_equal(reflect(np.arange(-2, 3), 0, 0), [0, 0, 0, 0, 0])


def test_a_tile_may_be_computed_with_floats():
    made = [list(plan((64, 64), multiple=8, reach=8, tile=tile)) for tile in ((16.0, np.float64(8)), (16, 8))]
    assert made[0] == made[1]


@pytest.mark.parametrize("tile", [(8, 8), (8, 8, 0), (8, 8, 8.5), (8, 8, np.nan), (8, 8, None), "8 8 8"])
def test_a_tile_of_the_wrong_form_is_refused(tile):
    with pytest.raises(DataError, match="3 positive whole numbers"):
        plan((64, 64, 64), multiple=8, reach=8, largest=10**9, tile=tile)
