"""Synthetic seismograms beside closed forms, ObsPy and the models that they claim to follow."""

import dataclasses
import math
from importlib import import_module

import numpy as np
import pytest
import scipy.optimize
import scipy.signal

from geocnn.errors import DataError
from geocnn.synthetic.earthquakes import (
    EarthquakeRanges,
    RecordedNoise,
    Source,
    earthquake,
)
from geocnn.synthetic.earthquakes.background import Background, background
from geocnn.synthetic.earthquakes.clock import Clock
from geocnn.synthetic.earthquakes.peterson import high_noise, low_noise
from geocnn.synthetic.earthquakes.recording import Recording
from geocnn.synthetic.earthquakes.source import seismogram
from geocnn.synthetic.earthquakes.spectra import brune, corner_frequency, instrument, minimum_phase, moment, path
from geocnn.travel import CRUST, TravelTimes

PLAIN = dataclasses.replace(
    EarthquakeRanges(), quiet=0.0, second=0.0, converted=0.0, spikes=0.0, dead=0.0, gap=0.0, flipped=0.0, clipped=0.0,
    coarse=0.0, bursts=(0, 0), lines=(0, 0), slow=0.0,
)  # fmt: skip


def kilometres(count):
    return [float(n) for n in range(count)]


def test_the_noise_models_are_those_of_obspy():
    spectral = pytest.importorskip("obspy.signal.spectral_estimation")
    for ours, theirs in ((low_noise, spectral.get_nlnm), (high_noise, spectral.get_nhnm)):
        period, level = theirs()
        inside = (period >= 0.1001) & (period <= 1000)
        # ObsPy tabulates at the ends of the pieces alone, to a hundredth of a decibel.
        np.testing.assert_allclose(ours(period[inside] * (1 + 1e-9)), level[inside], atol=0.6)


def test_the_corner_is_that_of_boore_in_his_units():
    """Boore (2003), eq. 4: 4.9e6 beta (drop / M0)^(1/3), with km/s, bar and dyne cm."""
    for magnitude, drop, speed in ((3.0, 3e6, 3500.0), (0.0, 1e6, 2000.0)):
        wanted = 4.9e6 * speed / 1000 * (drop / 1e5 / (moment(magnitude) * 1e7)) ** (1 / 3)
        assert corner_frequency(magnitude, drop, speed) == pytest.approx(wanted, rel=2e-3)


def test_spectra_in_closed_form():
    f = np.array([0.1, 1.0, 5.0, 200.0])
    shape = brune(f, 5.0)
    assert shape[2] == pytest.approx(2.5)  # half of its asymptote at the corner
    assert shape[3] / (25 / 200) == pytest.approx(1, rel=1e-3)  # velocity falls as 1 / f above it
    np.testing.assert_allclose(path(f, 10.0, 100.0, 0.0, 0.02), np.exp(-np.pi * f * (0.02 + 0.1)))
    assert instrument(np.array([2.0]), 2.0)[0] == pytest.approx(math.sqrt(0.5))


def test_the_pulse_is_causal_and_has_the_spectrum():
    """The response of a first-order low-pass filter is an exponential that begins at once."""
    size, decay = 4096, 0.9
    amplitude = np.abs(1 / (1 - decay * np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)))
    spectrum = minimum_phase(amplitude, size)
    np.testing.assert_allclose(np.abs(spectrum), amplitude, rtol=1e-6)
    np.testing.assert_allclose(np.fft.irfft(spectrum, size)[:100], decay ** np.arange(100), atol=1e-6)


@pytest.mark.parametrize(("order", "corner"), [(1, 1.0), (2, 0.1), (3, 0.5)])
def test_the_pulse_of_a_spectrum_with_zeros_has_no_ghost(order, corner):
    """The impulse response of a Butterworth high-pass filter, whose zeros are at 0 Hz."""
    size = 8000
    filtered = scipy.signal.butter(order, corner, "high", fs=100, output="sos")
    _, response = scipy.signal.sosfreqz(filtered, np.arange(size // 2 + 1) / size * 100, fs=100)
    pulse = np.fft.irfft(minimum_phase(np.abs(response) * (np.arange(size // 2 + 1) > 0), size), size)
    known = scipy.signal.sosfilt(filtered, np.eye(1, size)[0])
    np.testing.assert_allclose(pulse, known, atol=2e-4)
    assert np.abs(np.diff(pulse, 2)[size // 2 - 100 : size // 2 + 100]).max() < 1e-8


def made(seed=0, ranges=PLAIN, **changes):
    """Waves of one earthquake without noise."""
    rng, clock = np.random.default_rng(seed), Clock.of(6000, 100.0)
    given = {"distance": 40.0, "depth": 8.0, "azimuth": 30.0, "magnitude": 2.0, "origin": 10.0, "polarity": 1}
    source = Source(**given | {"p": 7.0, "s": 12.0, "direct": 7.0} | changes)
    return source, clock, seismogram(rng, ranges, clock, source, Recording.draw(rng, ranges, clock))


@pytest.mark.parametrize("polarity", [1, -1])
def test_nothing_comes_before_the_p_wave_and_its_first_motion_is_that_of_the_label(polarity):
    for seed in range(20):
        _, _, waves = made(seed, polarity=polarity)
        largest = np.abs(waves).max()
        assert np.abs(waves[:, :1699]).max() < 0.001 * largest  # what came around from the end
        onset = waves[0, 1700:1703] - waves[0, 1699]
        assert np.sign(onset[np.abs(onset).argmax()]) == polarity


def test_strong_earthquakes_are_rows_of_pulses_of_one_moment():
    """Ruptures take no longer than one over the corner frequency, and weak ones are one pulse."""
    clear = dataclasses.replace(PLAIN, coda=(1e-6, 1.1e-6), instrument=(-1.5, -1.49), stress_drop=(6.5, 6.51))
    for magnitude, many in ((0.5, False), (5.0, True)):
        pulses = []
        for parts in (0, 3):
            ranges = dataclasses.replace(clear, ruptures=(parts, parts))
            drawn = [made(seed, ranges, magnitude=magnitude)[2][0, 1700:2200] for seed in range(8)]
            pulses.append([np.sum(np.diff(np.sign(w[np.abs(w) > 0.02 * np.abs(w).max()])) != 0) for w in drawn])
        assert (np.mean(pulses[1]) > 1.3 * np.mean(pulses[0])) == many


def test_p_moves_along_the_ray_and_s_is_the_larger_one():
    impulsive = dataclasses.replace(PLAIN, coda=(0.01, 0.011), surface=(0.625, 0.625), amplitude_ratio=(4.0, 4.0))
    for azimuth in (30.0, 135.0, 250.0):
        # A ray whose sine is 0.8 at the source (6, 8, 10 and Snell's law) comes up at 30 degrees.
        _, _, waves = made(1, impulsive, azimuth=azimuth, distance=8.0, depth=6.0)
        first = waves[:, 1698:1720]
        z, n, e = np.linalg.svd(first)[0][:, 0]
        z, n, e = np.array((z, n, e)) * np.sign(z)
        assert math.degrees(math.atan2(-e, -n)) % 360 == pytest.approx(azimuth, abs=2)  # up is away from the source
        assert math.degrees(math.acos(z)) == pytest.approx(30, abs=2)
        assert np.abs(waves[:, 2198:2240]).max() > 1.5 * np.abs(first).max()


def test_the_coda_fades_as_its_exponent_and_quality_say():
    ranges = dataclasses.replace(
        PLAIN, coda=(2.0, 2.0), coda_exponent=(1.5, 1.5), coda_quality=(6.0, 6.0), rise=(-3.0, -3.0)
    )
    energies = np.zeros(6000)
    for seed in range(60):
        energies += np.sum(made(seed, ranges, p=0.5, direct=0.5, s=1.0)[2] ** 2, axis=0)  # S at 11 s
    windows = [energies[1100 + int(100 * t) : 1100 + int(120 * t)].mean() for t in (4.0, 8.0, 16.0)]
    for near, far, times in zip(windows, windows[1:], ((1 + 8.8) / (1 + 4.4), (1 + 17.6) / (1 + 8.8)), strict=False):
        assert near / far == pytest.approx(times**3, rel=0.35)


def test_noise_lies_between_the_models_of_peterson():
    clock, inside = Clock.of(30000, 100.0), dataclasses.replace(PLAIN, noise_level=(0.2, 0.8))
    levels = []
    for seed in range(12):
        noise = background(np.random.default_rng(seed), inside, clock, np.ones_like(clock.frequency))
        f, density = scipy.signal.welch(noise.waveform[0], clock.rate, nperseg=4096)
        within = (f >= 1) & (f <= 20)
        assert math.sqrt(density[within].sum() * f[1]) == pytest.approx(noise.loudness, rel=0.5)
        decibel = 10 * np.log10(density[within] * (2 * np.pi * f[within]) ** 2)
        low, high = low_noise(1 / f[within]), high_noise(1 / f[within])
        levels.append(np.mean((decibel - low) / (high - low)))
    assert 0.0 < min(levels) < max(levels) < 1.2
    assert 0.3 < np.mean(levels) < 0.7


def test_records_are_the_same_whoever_asks():
    first = [earthquake(i, seed=4) for i in range(4)]
    for index in (3, 0, 2):
        again = earthquake(index, seed=4)
        np.testing.assert_array_equal(again.waveform, first[index].waveform)
        assert again.arrivals == first[index].arrivals
    assert not np.array_equal(earthquake(0, seed=5).waveform, first[0].waveform)


def test_many_records_keep_their_ranges():
    ranges = EarthquakeRanges()
    records = [earthquake(i, seed=1) for i in range(600)]
    assert np.mean([not r.sources for r in records]) == pytest.approx(ranges.quiet, abs=0.05)
    assert np.mean([len(r.sources) >= 2 for r in records]) == pytest.approx(0.75 * ranges.second, abs=0.04)
    assert max(len(r.sources) for r in records) == 4
    assert np.mean([not r.live[:, :60].all() or not r.live.all() for r in records]) == pytest.approx(
        1 - (1 - ranges.dead) * (1 - ranges.gap), abs=0.05
    )
    for record in records:
        assert record.waveform.dtype == np.float32
        assert np.isfinite(record.waveform).all()
        assert not record.waveform[~record.live].any()
        for source in record.sources:
            assert ranges.ratio[0] <= source.s / source.direct <= ranges.ratio[1]
            assert source.p <= source.direct
        for arrival in record.arrivals:
            source = record.sources[arrival.source]
            assert arrival.time == source.origin + (source.p if arrival.phase == "P" else source.s)
            assert record.live[:, round(arrival.time * record.rate)].any()


def test_the_ratio_of_signal_to_noise_is_what_was_asked_for(monkeypatch):
    """In noise as strong at all frequencies, where no band is better than another."""
    ranges = dataclasses.replace(PLAIN, snr=(2.0, 2.0), coda=(0.01, 0.011), distance=(20.0, 60.0), moho=(60.0, 60.0))
    ratios, band = [], scipy.signal.butter(4, (1, 20), "bandpass", fs=100, output="sos")
    flat = import_module("geocnn.synthetic.earthquakes.background")
    monkeypatch.setattr(flat, "_density", lambda _rng, _ranges, clock: np.full(len(clock.frequency), 1e-18))
    for index in range(60):
        record = earthquake(index, seed=2, size=6000, ranges=ranges)
        p = next((a for a in record.arrivals if a.phase == "P" and 10 < a.time < 45), None)
        if p is None:
            continue
        clean = scipy.signal.sosfilt(band, record.waveform - record.waveform[:, :1], axis=1)
        at = round(p.time * 100)
        peak = np.linalg.norm(clean[:, at : at + 60], axis=0).max()
        ratios.append(peak / clean[:, at - 500 : at - 20].std(axis=1).mean())
    assert len(ratios) > 25
    assert 50 < np.median(ratios) < 150


def test_noise_in_another_band_does_not_count():
    """A wave of 10 Hz in noise of 2 Hz, and in noise of its own frequency: densities in closed form."""
    clock = Clock.of(6000, 100.0)
    f, time = clock.frequency, np.arange(clock.size) / clock.rate
    wave = np.exp(-0.5 * ((time - 30) / 0.5) ** 2) * np.cos(2 * np.pi * 10 * time)
    waves, live = np.stack([wave] * 3).astype(np.float32), np.ones((3, clock.size), bool)
    white = np.full_like(f, 4.0)
    for centre, wide, wanted in ((2.0, 2.5, 1.0), (10.0, 3.0, 100.0)):
        density = white * np.where(np.abs(f - centre) < 1.5, 1e4, 1)
        ground = Background.of(clock, waves, live, density)
        assert ground.loudness == pytest.approx(math.sqrt(4 * (19 - wide + 1e4 * wide)), rel=0.02)
        assert ground.beside(clock, waves) == pytest.approx(wanted * math.sqrt(4 * 19), rel=0.02)
    assert ground.beside(clock, 0 * waves) == ground.loudness


def test_recorded_noise_keeps_its_loudness_and_its_dead_components():
    clock, rng = Clock.of(3000, 100.0), np.random.default_rng(0)
    window = rng.standard_normal((3, RecordedNoise.length(3000))).astype(np.float32)
    window[0] = 0
    noise, band = RecordedNoise([7 * window], 1.0), scipy.signal.butter(4, (1, 20), "bandpass", fs=100, output="sos")
    for _ in range(5):
        ground = noise.draw(rng, clock)
        assert ground.live.all(axis=1).tolist() == [False, True, True]
        heard = scipy.signal.sosfiltfilt(band, ground.waveform[1:], axis=1)
        assert heard.std() == pytest.approx(ground.loudness, rel=0.1)
    records = [earthquake(i, seed=3, size=3000, noise=noise) for i in range(20)]
    assert not any(r.waveform[0].any() or r.live[0].any() for r in records)
    assert not all(
        r.live[0].any() for r in (earthquake(i, size=3000, noise=RecordedNoise([window], 0.5)) for i in range(9))
    )
    with pytest.raises(DataError, match="a window of noise has 100 samples; records of 3000 need 4501"):
        RecordedNoise([window[:, :100]]).draw(rng, clock)
    with pytest.raises(DataError, match="of noise there are 0 windows"):
        RecordedNoise([])


def test_probabilities_of_a_picker():
    record = next(r for r in (earthquake(i, ranges=PLAIN) for i in range(50)) if len(r.arrivals) == 2)
    p, s, noise = record.probabilities(deviation=0.1)
    np.testing.assert_allclose(p + s + noise, 1, atol=1e-6)
    for row, arrival in ((p, record.arrivals[0]), (s, record.arrivals[1])):
        assert abs(row.argmax() / record.rate - arrival.time) <= 0.5 / record.rate + 1e-9
        width = np.sum(row) / record.rate  # the integral of a Gaussian with a peak of 1
        assert width == pytest.approx(0.1 * math.sqrt(2 * math.pi), rel=0.02)


def test_travel_times_of_a_site_are_used():
    table = TravelTimes.of(CRUST, kilometres(61), kilometres(21))
    for index in range(30):
        record = earthquake(index, ranges=PLAIN, times=table)
        for source in record.sources:
            p, s, direct = table.at(source.distance, source.depth)
            assert source.direct / source.p == pytest.approx(direct / p)
            assert source.s / source.p == pytest.approx(s / p, rel=0.05)
            assert source.p == pytest.approx(p, rel=0.15)
            assert source.s == pytest.approx(s, rel=0.15)
    with pytest.raises(DataError, match="widen one"):
        earthquake(0, ranges=dataclasses.replace(PLAIN, distance=(100.0, 120.0)), times=table)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(DataError, match="distance is 5 to 2"):
        EarthquakeRanges(distance=(5.0, 2.0))
    with pytest.raises(DataError, match=r"quiet is 1\.5; a probability"):
        EarthquakeRanges(quiet=1.5)
    with pytest.raises(DataError, match="size 10 samples"):
        earthquake(0, size=10)
