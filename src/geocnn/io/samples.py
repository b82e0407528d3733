"""Sample formats: what the bytes of a trace mean, IBM floating point included.

IBM hexadecimal floating point has one sign bit, seven bits of an exponent of 16 (excess 64) and a 24-bit fraction:
``(-1)^s * 0.f * 16^(e - 64)`` (SEG-Y rev 2.1, sample format 1). The leading byte alone decides the power of two that
the fraction is multiplied with, so decoding is a table of 256 factors and one exact product a sample.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SampleFormat", "decode", "encode", "loses_all"]


@dataclass(frozen=True)
class SampleFormat:
    """How one sample lies in the file.

    Attributes:
        stored: dtype with byte order; an unsigned 4-byte integer for IBM floats.
        ibm: True for IBM hexadecimal floating point.
        name: words for the user.
    """

    stored: np.dtype[np.generic]
    ibm: bool = False
    name: str = ""

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The same numbers in the machine's own byte order; float32 for IBM."""
        return np.dtype(np.float32) if self.ibm else self.stored.newbyteorder("=")


def _ibm_scales() -> NDArray[np.float32]:
    """Factor of the 24-bit fraction for each of the 256 leading bytes (sign and exponent)."""
    lead = np.arange(256)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray((1 - 2 * (lead >> 7)) * 16.0 ** ((lead & 127) - 64.0 - 6.0), dtype=np.float32)


_SCALES = _ibm_scales()


def decode(stored: NDArray[np.generic], form: SampleFormat, out: NDArray[np.float32]) -> None:
    """Stored samples to float32, written into ``out`` of the same shape.

    IBM floats reach 7e75: numbers beyond the range of float32 become infinite, those below 5e-38 zero.
    """
    if not form.ibm:
        with np.errstate(over="ignore"):
            out[...] = stored
        return
    words = stored.astype(np.uint32)
    scales = _SCALES.take(words >> np.uint32(24))
    words &= np.uint32(0x00FFFFFF)
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(words, scales, out=out, casting="same_kind", dtype=np.float32)
    if not np.isfinite(scales).all():  # 0 times an infinite scale: a zero with a large exponent is still zero
        out[words == 0] = 0.0


def loses_all(stored: NDArray[np.generic], single: NDArray[np.float32]) -> bool:
    """Whether 8-byte floats that say something say nothing any more as float32: all beyond 3e38 or below 1e-45."""
    if stored.dtype.kind != "f" or stored.dtype.itemsize <= 4 or bool((np.isfinite(single) & (single != 0)).any()):
        return False
    return bool((np.isfinite(stored) & (stored != 0)).any())


def encode(samples: NDArray[np.float32], form: SampleFormat) -> NDArray[np.generic]:
    """Float32 samples as stored, rounded to nearest; NaN becomes 0 in IBM floats and integers, which have none."""
    if form.stored.kind == "f":
        return samples.astype(form.stored)
    if not form.ibm:
        limits = np.iinfo(form.stored.str)
        largest = float(limits.max)
        if largest > limits.max:  # of 8 bytes: a float has no such number, and the next one wraps around
            largest = np.nextafter(largest, 0)
        clean = np.nan_to_num(samples.astype(np.float64), posinf=0.0, neginf=0.0)
        return np.rint(np.clip(clean, limits.min, largest)).astype(form.stored)
    samples = samples.astype(np.float32, copy=False)  # its 24 bits fit the fraction: none is rounded up to 2 ** 24
    finite = np.where(np.isfinite(samples), samples, np.float32(0))
    mantissa, exponent = np.frexp(finite)
    hexadecimal = -(-exponent // 4)  # ceil: leaves a fraction in [1/16, 1)
    fraction = np.rint(np.ldexp(np.abs(mantissa), exponent - 4 * hexadecimal + 24)).astype(np.uint32)
    words = ((hexadecimal + 64).astype(np.uint32) << 24) | fraction
    words |= np.signbit(finite).astype(np.uint32) << 31
    words[fraction == 0] = 0
    return np.asarray(words, dtype=form.stored)
