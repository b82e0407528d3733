"""The random stream against published values, closed forms and scipy's distributions."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy import special, stats

from geocnn.errors import DataError
from geocnn.synthetic.random import Xoshiro, _ziggurat


def test_core_gives_the_published_numbers():
    stream = Xoshiro.from_state((1, 2, 3, 4))  # test vector of the authors' reference implementation
    expected = [41943041, 58720359, 3588806011781223, 3591011842654386, 9228616714210784205, 9973669472204895162]
    assert [stream.bits() for _ in expected] == expected


def test_seeding_gives_the_published_numbers():
    stream = Xoshiro(1234)
    assert [stream.double(), stream.double()] == [0.32597672886359486, 0.5490511363155669]
    assert Xoshiro(42).state == (0xA379DE7EEEB2A4E8, 0x953DCCB6B532B3AF, 0xF597B8FF8CFD652A, 0xCCD7337C571680D1)


def test_seeds_beyond_32_bits_differ():
    assert len({Xoshiro(seed).state for seed in (0, 1, 1 << 32, (1 << 32) + 1, 1 << 64)}) == 5


def test_a_stream_continues_from_its_state():
    stream = Xoshiro(3)
    stream.bits()
    assert Xoshiro.from_state(stream.state).bits() == stream.bits()


def test_negative_seed_is_refused():
    with pytest.raises(DataError, match="seed is -1; it must be a whole number from 0 up, for example 42"):
        Xoshiro(-1)


def test_ziggurat_strips_have_equal_areas():
    edges, widths, heights = _ziggurat()
    start = 3.65415288536100879635
    area = start * math.exp(-(start**2) / 2) + math.sqrt(math.pi / 2) * special.erfc(start / math.sqrt(2))
    x = np.array(widths) * 2.0**51
    assert x[0] * heights[255] == pytest.approx(area, rel=1e-14)  # tail and the rectangle before it
    assert x[255] == pytest.approx(start, rel=1e-15)
    np.testing.assert_allclose(heights, np.exp(-(np.array([0.0, *x[1:]]) ** 2) / 2), rtol=1e-13)
    np.testing.assert_allclose(-x[1:] * np.diff(heights), area, rtol=1e-11)
    np.testing.assert_allclose(np.array(edges[2:]) * 2.0**-51, x[1:-1] / x[2:], rtol=1e-14)


def test_normals_are_normal():
    stream = Xoshiro(0)
    x = np.array([stream.normal() for _ in range(100_000)])
    assert stats.kstest(x, "norm").pvalue > 0.01
    tail = int((np.abs(x) > 3.6541528853610088).sum())
    assert stats.binomtest(tail, x.size, 2 * stats.norm.sf(3.6541528853610088)).pvalue > 0.01
    assert tail > 0


def test_tail_samples_have_both_signs_and_the_right_shape():
    stream = Xoshiro(1)
    tail = np.array([stream._tail(negative=bool(i % 2)) for i in range(4000)])
    assert ((tail < 0) == (np.arange(4000) % 2 == 1)).all()
    start = 3.6541528853610088
    assert stats.kstest(np.abs(tail), lambda x: 1 - stats.norm.sf(x) / stats.norm.sf(start)).pvalue > 0.01


def test_integers_are_uniform_over_both_ends():
    stream = Xoshiro(5)
    counts = Counter(stream.integer(12, 52) for _ in range(41_000))
    assert sorted(counts) == list(range(12, 53))
    assert stats.chisquare(list(counts.values())).pvalue > 0.01


def test_permutations_are_equally_likely():
    stream = Xoshiro(6)
    counts = Counter(tuple(stream.permutation(4).tolist()) for _ in range(12_000))
    assert len(counts) == 24
    assert stats.chisquare(list(counts.values())).pvalue > 0.01
    assert sorted(stream.permutation(180).tolist()) == list(range(180))


@pytest.mark.parametrize("count", [1, 3, 15, 16, 40, 4096])
def test_filled_arrays_are_uniform_float32(count):
    x = Xoshiro(7).fill(count)
    assert x.shape == (count,)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x * 2.0**24, np.floor(x * 2.0**24))
    assert stats.kstest(x, "uniform").pvalue > 0.01


def test_short_arrays_take_two_numbers_from_each_word():
    words = Xoshiro(8)
    expected = [half >> 8 for word in (words.bits() for _ in range(4)) for half in (word & 0xFFFFFFFF, word >> 32)]
    np.testing.assert_array_equal(Xoshiro(8).fill(7) * 2.0**24, expected[:7])


def test_long_arrays_end_with_numbers_of_the_stream_itself():
    stream, forked = Xoshiro(9), Xoshiro(9)
    for _ in range(32):
        forked.bits()  # what the eight lanes are made of
    np.testing.assert_array_equal(stream.fill(40)[32:], forked.fill(8))
    assert stream.state == forked.state
