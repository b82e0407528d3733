"""A resampled survey: analytic functions, SciPy's resampling, and what must stay zero."""

import pickle

import numpy as np
import pytest
from scipy.signal import resample_poly

import geocnn
from geocnn.grid import Axis, Grid
from geocnn.io.source import ArraySource
from geocnn.io.stretched import StretchedSource


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32) + np.float32(0.1)


def everything(source) -> np.ndarray:
    return source.read(...)


@pytest.mark.parametrize("factor", [0.125, 0.25, 0.3, 0.5, 1.5, 2, 4])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.35])
def test_a_sine_is_the_sine_at_the_new_samples(factor, share):
    """Up to 0.35 cycles per sample of the coarser of both samplings."""
    frequency, n = share * min(1, factor), 900
    wave = np.sin(2 * np.pi * frequency * np.arange(n) + 0.4)
    source = StretchedSource(geocnn.open(np.stack([wave, 2 * wave])), (1, factor))
    assert source.grid.shape == (2, round((n - 1) * factor) + 1)
    place = np.arange(source.grid.shape[1]) / factor
    expected = np.sin(2 * np.pi * frequency * place + 0.4)
    edge = 8 / min(1, factor)
    inside = (place > edge) & (place < n - 1 - edge)
    assert inside.sum() > 80
    got = everything(source)
    np.testing.assert_allclose(got[0, inside], expected[inside], atol=1.5e-3)
    np.testing.assert_allclose(got[1, inside], 2 * expected[inside], atol=3e-3)


@pytest.mark.parametrize("factor", [0.25, 0.5])
def test_what_is_too_fast_for_the_new_samples_is_gone(factor):
    wave = np.sin(2 * np.pi * 0.35 * np.arange(1000) + 0.4)
    got = everything(StretchedSource(geocnn.open(wave[None]), (1, factor)))[0]
    assert np.abs(got[10:-10]).max() < 2e-3
    assert np.abs(wave[:: round(1 / factor)]).max() > 0.9  # which mere decimation would let through


@pytest.mark.parametrize("factor", [0.25, 0.5, 2, 4])
def test_scipy_resamples_alike(factor):
    """Its filter is a sinc in a Kaiser window too, of another length, and it takes zeros beyond the ends."""
    data = noise(5, 801)
    smooth = resample_poly(data, 1, max(1, round(3 / min(1, factor))), axis=1)  # band-limited
    data = resample_poly(smooth, max(1, round(3 / min(1, factor))), 1, axis=1).astype(np.float32)
    up, down = (round(factor), 1) if factor > 1 else (1, round(1 / factor))
    expected = resample_poly(data, up, down, axis=1)
    got = everything(StretchedSource(geocnn.open(data), (1, factor)))
    n = min(got.shape[1], expected.shape[1])
    inside = slice(round(20 * max(1, factor)), n - round(20 * max(1, factor)))
    assert np.abs(got[:, inside] - expected[:, inside]).max() < 0.005 * np.abs(data).max()


def test_ends_are_continued_by_reflection():
    data = noise(1, 120)
    long = np.pad(data, ((0, 0), (100, 100)), mode="reflect")
    np.testing.assert_allclose(
        everything(StretchedSource(geocnn.open(data), (1, 0.25))),
        everything(StretchedSource(geocnn.open(long), (1, 0.25)))[:, 25:56],
        atol=1e-6,
    )


def test_factors_of_one_change_nothing():
    data = noise(7, 5, 30)
    data[2, 1], data[3, :, :4], data[4, 4, 0] = 0, 0, np.nan
    source = StretchedSource(geocnn.open(data), (1, 1, 1))
    np.testing.assert_array_equal(everything(source), data)
    assert source.grid == geocnn.open(data).grid
    up = everything(StretchedSource(geocnn.open(data), (1, 2, 1)))
    np.testing.assert_array_equal(up[:, 0], data[:, 0])
    np.testing.assert_array_equal(up[0, 1::2], (data[0, :-1] + data[0, 1:]) / 2)


def test_horizontal_means_by_hand():
    """Linear between traces for more of them; for half as many (1/4, 1/2, 1/4), reflected at the ends."""
    data = noise(5, 20)
    more = everything(StretchedSource(geocnn.open(data), (4, 1)))
    for k, place in enumerate(np.arange(17) / 4):
        low, part = int(place), np.float32(place % 1)
        expected = (1 - part) * data[low] + part * data[min(low + 1, 4)]
        np.testing.assert_allclose(more[k], expected, atol=1e-6)
    half = everything(StretchedSource(geocnn.open(data), (0.5, 1)))
    np.testing.assert_allclose(half[0], (data[0] + data[1]) / 2, atol=1e-6)
    np.testing.assert_allclose(half[1], data[1] / 4 + data[2] / 2 + data[3] / 4, atol=1e-6)
    np.testing.assert_allclose(half[2], (data[4] + data[3]) / 2, atol=1e-6)


@pytest.mark.parametrize("factors", [(0.5, 2, 0.25), (2, 0.25, 2), (1.3, 1, 0.7)])
def test_blocks_are_parts_of_the_whole(factors, monkeypatch):
    data = noise(15, 22, 60)
    data[4], data[7, 3:9, :21], data[0, 0, 30] = 0, 0, np.nan
    source = StretchedSource(geocnn.open(data), factors)
    whole = everything(source)
    assert whole.shape == source.grid.shape
    rng = np.random.default_rng(1)
    for _ in range(20):
        box = []
        for n in whole.shape:
            begin = int(rng.integers(0, n))
            box.append(slice(begin, int(rng.integers(begin, n)) + 1))
        np.testing.assert_array_equal(source.read(tuple(box)), whole[tuple(box)])
    assert source.read((slice(3, 3), ...)).shape == (0, *whole.shape[1:])
    monkeypatch.setattr("geocnn.io.stretched._BYTES", 10_000)  # in parts
    np.testing.assert_array_equal(everything(source), whole)
    np.testing.assert_array_equal(source.live, np.any(np.nan_to_num(whole) != 0, -1))


def test_only_what_is_needed_is_read(monkeypatch):
    source = geocnn.open(noise(40, 400))
    stretched, asked = StretchedSource(source, (0.5, 0.25)), []
    stretched.survey  # noqa: B018  (its pass)
    read = ArraySource.read
    monkeypatch.setattr(ArraySource, "read", lambda self, slices: (asked.append(slices), read(self, slices))[1])
    stretched.read((slice(5, 7), slice(50, 60)))
    ((across, down),) = asked
    assert across.start >= 8
    assert across.stop <= 15  # traces 10 and 12, and those around them
    assert down.start >= 200 - 33
    assert down.stop <= 236 + 34


@pytest.mark.parametrize("factor", [0.25, 0.5, 2])
def test_mutes_and_dead_traces_stay_zero_and_smear_nothing(factor):
    data = noise(9, 400)
    data[3], data[5, :101], data[6, 305:] = 0, 0, 0
    got = everything(StretchedSource(geocnn.open(data), (1, factor)))
    place = np.floor(np.arange(got.shape[1]) / factor + 0.5)
    assert not got[3].any()
    np.testing.assert_array_equal(got[5] != 0, place >= 101)
    np.testing.assert_array_equal(got[6] != 0, place < 305)
    alone = everything(StretchedSource(geocnn.open(data[:3]), (1, factor)))
    np.testing.assert_array_equal(got[:3], alone)


def test_a_dead_trace_has_no_part_in_means():
    data = np.ones((9, 50), np.float32) * 7
    data[2] = data[5] = 0
    more = everything(StretchedSource(geocnn.open(data), (2, 1)))
    np.testing.assert_allclose(np.delete(more, (3, 4, 9, 10), 0), 7, rtol=1e-6)
    assert not more[[3, 4, 9, 10]].any()  # 2 and 5, and the middle before each, which is rounded up
    # All of the means of three have a trace that lives.
    np.testing.assert_allclose(everything(StretchedSource(geocnn.open(data), (0.5, 1))), 7, rtol=1e-6)
    data[::2] = 0  # a survey of which every second trace is missing
    np.testing.assert_allclose(everything(StretchedSource(geocnn.open(data), (0.5, 1)))[[0, 1, 3, 4]], 7, rtol=1e-6)
    data[:4] = 0
    assert not everything(StretchedSource(geocnn.open(data), (0.5, 1)))[:2].any()


def test_samples_that_are_not_finite_stay_so_and_blank_nothing_else():
    data = noise(4, 400)
    data[1, 200], data[2, 203] = np.nan, np.inf
    got = everything(StretchedSource(geocnn.open(data), (1, 0.25)))
    assert np.argwhere(~np.isfinite(got)).tolist() == [[1, 50]]  # 203 is next to no new sample, 200 and 204 are
    zeroed = np.where(np.isfinite(data), data, 0)
    expected = everything(StretchedSource(geocnn.open(zeroed), (1, 0.25)))
    np.testing.assert_array_equal(got[np.isfinite(got)], expected[np.isfinite(got)])


def test_the_grid_says_where_the_new_samples_are():
    known = {"origin": [100.0, 50.0], "vectors": [[0.0, 25.0], [12.5, 0.0]], "corners": []}
    axes = (Axis("inline", 5, 10, 2), Axis("crossline", 9, 3, 1), Axis("time", 101, 8, 1, "ms"))
    source = ArraySource(noise(5, 9, 101), Grid(axes, {"coordinates": known, "kept": 1}))
    grid = StretchedSource(source, (2, 0.5, 0.25)).grid
    expected = (Axis("inline", 9, 10, 1), Axis("crossline", 5, 3, 2), Axis("time", 26, 8, 4, "ms"))
    assert grid.axes == expected
    assert grid.attributes["coordinates"]["vectors"] == [[0.0, 12.5], [25.0, 0.0]]
    assert grid.attributes["kept"] == 1
    assert known["vectors"] == [[0.0, 25.0], [12.5, 0.0]]


def test_a_crooked_line_stays_where_it_is():
    points = [[0.0, 0.0], [10.0, 0.0], [10.0, 20.0]]
    source = ArraySource(
        noise(3, 101), Grid((Axis("trace", 3), Axis("time", 101)), {"coordinates": {"points": points}})
    )
    grid = StretchedSource(source, (2, 1)).grid
    np.testing.assert_allclose(grid.map_xy(np.arange(5)[:, None]), [[0, 0], [5, 0], [10, 0], [10, 10], [10, 20]])


def test_coordinates_and_numbers_of_traces_are_interpolated():
    xy = np.random.default_rng(0).uniform(0, 1000, (3, 4, 2))
    axes = (Axis("inline", 3), Axis("crossline", 4), Axis("time", 9))
    known = {"traces": xy.reshape(-1, 2).tolist(), "unit": "seconds of arc", "corners": []}
    grid = StretchedSource(ArraySource(noise(3, 4, 9), Grid(axes, {"coordinates": known})), (2, 3, 1)).grid
    found = np.reshape(grid.attributes["coordinates"]["traces"], (5, 10, 2))
    np.testing.assert_allclose(found[::2, ::3], xy)
    np.testing.assert_allclose(found[1, ::3], (xy[0] + xy[1]) / 2)
    np.testing.assert_allclose(found[0, 1], xy[0, 0] + (xy[0, 1] - xy[0, 0]) / 3)
    assert grid.attributes["coordinates"]["unit"] == "seconds of arc"
    line = Grid((Axis("trace", 4), Axis("time", 9)), {"cdp": [1, 2, 9, 11]})
    for factors, expected in (((2, 1), [1, 1.5, 2, 5.5, 9, 10, 11]), ((0.5, 1), [1, 9, 11]), ((1, 2), [1, 2, 9, 11])):
        grid = StretchedSource(ArraySource(noise(4, 9), line), factors).grid
        np.testing.assert_allclose(grid.attributes["cdp"], expected)


@pytest.mark.parametrize("factors", [(2, 0.25), (0.5, 2), (1, 0.3)])
def test_the_way_back_is_linear_interpolation(factors):
    data = noise(21, 161)
    stretched = StretchedSource(geocnn.open(data), factors)
    result = np.random.default_rng(3).random(stretched.grid.shape, dtype=np.float32)
    back = stretched.restore(geocnn.open(result))
    got = everything(back)
    assert back.grid == geocnn.open(data).grid
    expected = result.astype(np.float64)
    for axis, (n, factor) in enumerate(zip(data.shape, factors, strict=True)):
        place = np.arange(n) * factor
        at = np.arange(expected.shape[axis])
        expected = np.apply_along_axis(lambda row, place=place, at=at: np.interp(place, at, row), axis, expected)
    np.testing.assert_allclose(got, expected, atol=1e-6)
    assert got.min() >= 0
    assert got.max() <= 1
    np.testing.assert_array_equal(back.read((slice(4, 9), slice(20, 90))), got[4:9, 20:90])


def test_the_way_back_of_classes_takes_the_nearest():
    data = noise(12, 161)
    stretched = StretchedSource(geocnn.open(data), (1, 0.25))
    result = np.random.default_rng(3).integers(0, 5, stretched.grid.shape).astype(np.float32)
    got = everything(stretched.restore(geocnn.open(result), nearest=True))
    np.testing.assert_array_equal(got, result[:, np.floor(np.arange(161) / 4 + 0.5).astype(int)])


@pytest.mark.parametrize("factors", [(1, 2), (2, 1), (0.5, 0.25)])
def test_where_there_are_no_data_there_is_no_class(factors):
    data = noise(24, 161)
    data[4:6], data[8, :40], data[9, 50] = 0, 0, np.nan
    stretched = StretchedSource(geocnn.open(data), factors)
    seen = np.nan_to_num(everything(stretched)) != 0
    got = everything(stretched.restore(geocnn.open(np.where(seen, np.float32(2), np.float32(-1))), nearest=True))
    alive = np.isfinite(data) & (data != 0)
    assert (got[~alive] == -1).all()
    assert np.isin(got[alive], (-1, 2)).all()
    assert (got[np.delete(np.arange(24), (4, 5, 8, 9))] == 2).all()


@pytest.mark.parametrize("factors", [(0.5, 0.25), (2, 0.5), (0.25, 1)])
def test_a_constant_result_comes_back_constant_but_for_what_is_dead(factors):
    """Neither a dead trace nor a mute lowers what lies beside it."""
    data = noise(24, 400)
    data[4] = data[5] = data[20:] = 0
    data[8, :77] = 0
    data[9, 50] = np.nan
    stretched = StretchedSource(geocnn.open(data), factors)
    seen = np.nan_to_num(everything(stretched)) != 0
    got = everything(stretched.restore(geocnn.open(np.where(seen, np.float32(0.5), np.float32(0)))))
    alive = np.isfinite(data) & (data != 0)
    assert not got[~alive].any()
    clean = np.delete(np.arange(24), (8, 9))
    np.testing.assert_allclose(got[clean][alive[clean]], 0.5, rtol=1e-6)


def test_both_ways_go_to_other_processes(tmp_path):
    np.save(tmp_path / "line.npy", noise(12, 80))
    stretched = StretchedSource(geocnn.open(tmp_path / "line.npy"), (2, 0.5))
    assert stretched.path == tmp_path / "line.npy"
    back = stretched.restore(stretched)
    np.testing.assert_array_equal(everything(pickle.loads(pickle.dumps(stretched))), everything(stretched))
    np.testing.assert_array_equal(everything(pickle.loads(pickle.dumps(back))), everything(back))


def test_short_axes():
    for shape in ((1, 1), (2, 3), (1, 40)):
        data = noise(*shape)
        for factors in ((1 / 16, 1 / 16), (16, 16), (0.5, 2)):
            stretched = StretchedSource(geocnn.open(data), factors)
            whole = everything(stretched)
            assert whole.shape == tuple(round((n - 1) * f) + 1 for n, f in zip(shape, factors, strict=True))
            assert np.isfinite(whole).all()
            assert everything(stretched.restore(geocnn.open(whole))).shape == shape
    trace = StretchedSource(geocnn.open(noise(100)), (0.5,))
    assert everything(trace).shape == (51,)
    assert everything(trace.restore(geocnn.open(everything(trace)))).shape == (100,)
    assert ("resampled", "time by 0.5") in trace.describe()
