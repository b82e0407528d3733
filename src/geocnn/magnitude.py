"""Local magnitudes from simulated Wood-Anderson seismographs.

C. F. Richter, 1935, An instrumental earthquake magnitude scale, Bull. Seism. Soc. Am. 25, 1-32, as the IASPEI working
group on magnitude measurements has standardised it: Summary of magnitude working group recommendations on standard
procedures for determining earthquake magnitudes from digital data (2013), with the attenuation of L. K. Hutton and
D. M. Boore, 1987, The M_L scale in Southern California, Bull. Seism. Soc. Am. 77, 2074-2094.
"""

import math
from functools import lru_cache

import numpy as np
from jaxtyping import Complex128, Float32, Float64
from numpy import ndarray

from geocnn.io.responses import Response

__all__ = ["local_magnitude", "wood_anderson"]

_POLES = (-5.49779 - 5.60886j, -5.49779 + 5.60886j)
"""Poles of the seismograph, rad/s: a period of 0.8 s, damped at 0.7 of critical (IASPEI 2013, section 3)."""
_LOW, _HIGH = (0.3, 0.6), (0.35, 0.45)
"""Beginning of the band in Hz, and its end as a share of the rate: below are microseisms, above the filters of
recorders."""


def local_magnitude(amplitude: float, distance: float) -> float:
    """ML = log10 A + 1.11 log10 R + 0.00189 R - 2.09 (IASPEI 2013, equation 1; Hutton & Boore 1987).

    Args:
        amplitude: A, the largest of a horizontal component of a Wood-Anderson seismograph with a magnification of 1,
            nm.
        distance: R, distance of the hypocentre, km; at most some 600 km.
    """
    return math.log10(amplitude) + 1.11 * math.log10(distance) + 0.00189 * distance - 2.09


def wood_anderson(
    samples: Float32[ndarray, " samples"], rate: float, response: Response, *, recorded: float | None = None
) -> Float64[ndarray, " samples"]:
    """Trace that such a seismograph, with a magnification of 1, would draw, nm.

    It is valid from 0.6 Hz to 0.35 of the rate, or of the rate of the record if that is lower. Within a tenth of the
    samples at each end the record is faded.

    Args:
        samples: samples of a horizontal component, without gaps.
        rate: samples per second.
        response: response of its channel.
        recorded: samples per second of the channel, if they have been resampled: above them are images alone.
    """
    size = 2 * len(samples)
    faded = (samples - samples.mean(dtype=np.float64)) * _fade(len(samples))
    spectrum = np.fft.rfft(faded, size) * _filter(size, rate, min(rate, recorded or rate), response)
    drawn: Float64[ndarray, " samples"] = np.fft.irfft(spectrum, size)[: len(samples)]
    return drawn


@lru_cache(maxsize=8)
def _fade(size: int) -> Float64[ndarray, " samples"]:
    """Taper that is 1 in the middle and falls to 0 within a tenth of the samples at each end."""
    width = max(1, size // 10)
    edge = np.minimum(np.arange(size), np.arange(size)[::-1]) / width
    return np.asarray(_smoothly(edge))


@lru_cache(maxsize=64)
def _filter(size: int, rate: float, lower: float, response: Response) -> Complex128[ndarray, " frequencies"]:
    """Filter from the numbers of a channel to the trace of the seismograph in nm; ``lower`` is the rate of the band."""
    frequency = np.fft.rfftfreq(size, 1 / rate)
    s = 2j * np.pi * frequency
    band = _smoothly((frequency - _LOW[0]) / (_LOW[1] - _LOW[0]))
    band *= _smoothly((_HIGH[1] * lower - frequency) / ((_HIGH[1] - _HIGH[0]) * lower))
    passed = band > 0
    drawn = np.zeros(len(frequency), np.complex128)
    seismograph = s[passed] ** 2 / ((s[passed] - _POLES[0]) * (s[passed] - _POLES[1]))
    drawn[passed] = 1e9 * band[passed] * seismograph / response.of_displacement(frequency[passed])
    return drawn


def _smoothly(share: Float64[ndarray, " values"]) -> Float64[ndarray, " values"]:
    """Cosine ramp from 0 to 1 for values from 0 to 1, constant beyond."""
    smooth: Float64[ndarray, " values"] = 0.5 - 0.5 * np.cos(np.pi * np.clip(share, 0, 1))
    return smooth
