"""Local magnitudes: the definition, and a Wood-Anderson seismograph beside ObsPy's."""

import numpy as np
import pytest

from geocnn.io.responses import Response
from geocnn.magnitude import local_magnitude, wood_anderson

RATE = 100.0
ZEROS, POLES = (0j, 0j), (-0.2 + 0.2j, -0.2 - 0.2j)
GAIN = 4e8


@pytest.mark.parametrize(("millimetres", "distance"), [(1.0, 100.0), (10.0, 17.0)])
def test_magnitude_3_is_what_richter_and_hutton_and_boore_say(millimetres, distance):
    """A millimetre on the instrument, which magnifies 2,080 times, at 100 km; ten at 17 km."""
    assert local_magnitude(millimetres * 1e6 / 2080, distance) == pytest.approx(3.0, abs=0.015)


def record(seed=0, size=4500):
    """Ground velocity like that of an earthquake, m/s, with its onset in the middle."""
    rng = np.random.default_rng(seed)
    after = np.maximum(0, np.arange(size) - size // 2) / RATE
    pulse = np.convolve(rng.standard_normal(size), np.hanning(25), mode="same")
    return 1e-6 * pulse * after * np.exp(-after / 2)


def test_the_seismograph_is_that_of_obspy():
    signal = pytest.importorskip("obspy.signal.invsim")
    velocity = record()
    paz = {"poles": list(POLES), "zeros": list(ZEROS), "gain": 1.0, "sensitivity": GAIN}
    drum = {"poles": [-5.49779 + 5.60886j, -5.49779 - 5.60886j], "zeros": [0j], "gain": 1.0, "sensitivity": 1.0}
    counts = signal.simulate_seismometer(velocity, RATE, None, paz, remove_sensitivity=False) * GAIN
    wanted = signal.simulate_seismometer(counts, RATE, paz, drum, pre_filt=(0.3, 0.6, 35, 45), water_level=600)
    drawn = wood_anderson(counts.astype(np.float32), RATE, Response(1, GAIN, 5.0, ZEROS, POLES))
    inner = slice(500, -500)
    assert np.abs(drawn).max() == pytest.approx(1e9 * np.abs(wanted).max(), rel=0.01)
    np.testing.assert_allclose(drawn[inner], 1e9 * wanted[inner], atol=0.02e9 * np.abs(wanted).max())


def test_nothing_above_the_rate_of_the_record_counts():
    """Images of resampling; below, the record is the same."""
    time = np.arange(4500) / RATE
    low, image = (np.sin(2 * np.pi * hertz * time) for hertz in (3.0, 11.0))
    flat, inner = Response(1, 1e9, 1.0), slice(500, -500)
    made = [wood_anderson((1e3 * x).astype(np.float32), RATE, flat, recorded=20.0) for x in (low, low + image)]
    plain = wood_anderson((1e3 * low).astype(np.float32), RATE, flat)
    np.testing.assert_allclose(made[1][inner], made[0][inner], atol=2e-3 * np.abs(plain).max())
    np.testing.assert_allclose(made[0][inner], plain[inner], atol=2e-3 * np.abs(plain).max())


def test_other_units_and_instruments_see_the_same_ground():
    velocity = record()
    flat = wood_anderson((1e9 * velocity).astype(np.float32), RATE, Response(1, 1e9, 1.0))
    pushed = np.gradient(velocity, 1 / RATE)
    acceleration = wood_anderson((1e9 * pushed).astype(np.float32), RATE, Response(2, 1e9, 1.0))
    np.testing.assert_allclose(acceleration, flat, atol=0.02 * np.abs(flat).max())
    louder = wood_anderson((4e9 * velocity).astype(np.float32) + 1000, RATE, Response(1, 4e9, 1.0))
    np.testing.assert_allclose(louder, flat, atol=1e-3 * np.abs(flat).max())
