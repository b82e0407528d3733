"""Sample formats against segyio, the definition of IBM floats, and IEEE arithmetic."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
import segyio
from hypothesis import given, settings
from hypothesis import strategies as st

from geocnn.io.samples import SampleFormat, decode, encode

IBM = SampleFormat(np.dtype(">u4"), ibm=True)
TINY = 2.0**-124  # 5e-38: where float32 ends, and IBM floats do not
floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


def decoded(words, form=IBM):
    stored = np.asarray(words, dtype=form.stored)
    out = np.empty(stored.shape, dtype=np.float32)
    decode(stored, form, out)
    return out


@pytest.mark.parametrize(
    ("word", "value"),
    [
        (0x00000000, 0.0),
        (0x41100000, 1.0),
        (0xC1100000, -1.0),
        (0xC276A000, -118.625),  # the worked example of every description of the format
        (0x40800000, 0.5),
        (0x46FFFFFF, 16777215.0),
        (0x7F000000, 0.0),  # zero with the largest exponent
        (0x00000001, 0.0),  # 16^-70 lies below the range of float32
    ],
)
def test_ibm_words_have_the_values_of_the_definition(word, value):
    assert decoded([word])[0] == value


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_integers_are_cut_at_their_limits(kind):
    limits = np.iinfo(kind)
    small, large = encode(np.array([-3e38, 3e38], np.float32), SampleFormat(np.dtype(kind))).tolist()
    assert small == limits.min
    assert limits.max * (1 - 1e-15) < large <= limits.max


def test_ibm_encoding_of_the_numbers_below_powers_of_two_carries_nothing():
    """The largest fractions there are; also of 8-byte floats, which would be rounded up."""
    powers = 2.0 ** np.arange(-90, 120)
    below = np.nextafter(powers.astype(np.float32), np.float32(0))
    back = decoded(encode(below, IBM)).astype(float)
    np.testing.assert_allclose(back, below, rtol=2.0**-21)
    np.testing.assert_allclose(decoded(encode(np.nextafter(powers, 0), IBM)).astype(float), powers, rtol=2.0**-21)


def test_ibm_beyond_float32_is_infinite():
    assert decoded([0x7FFFFFFF, 0xFFFFFFFF]).tolist() == [np.inf, -np.inf]


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=50))
def test_ibm_decoding_equals_exact_rational_arithmetic(words):
    exact = [(-1) ** (w >> 31) * (w & 0xFFFFFF) * 16.0 ** (((w >> 24) & 127) - 70) for w in words]
    with np.errstate(over="ignore"):
        expected = np.asarray(exact, dtype=np.float64).astype(np.float32)
    np.testing.assert_allclose(decoded(words), expected, rtol=0, atol=TINY)


@given(st.lists(floats, min_size=1, max_size=50))
def test_ibm_encoding_is_within_half_a_unit_of_its_fraction(values):
    samples = np.asarray(values, dtype=np.float32)
    back = decoded(encode(samples, IBM))
    # The fraction has 24 bits of which up to three are leading zeros: 21 significant bits at worst.
    assert np.all(np.abs(back.astype(float) - samples) <= np.abs(samples.astype(float)) * 2.0**-21 + TINY)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=30))
def test_ibm_agrees_with_segyio_in_both_directions(values):
    samples = np.asarray(values, dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "one.sgy")
        spec = segyio.spec()
        spec.samples, spec.tracecount, spec.format = np.arange(len(samples)), 1, 1
        with segyio.create(path, spec) as file:
            file.trace[0] = samples
        with segyio.open(path, ignore_geometry=True) as file:
            theirs = file.trace[0].copy()
        raw = np.fromfile(path, dtype=">u4", offset=3840)
        np.testing.assert_allclose(decoded(raw), theirs, rtol=0, atol=TINY)
        with Path(path).open("rb+") as binary:
            binary.seek(3840)
            binary.write(encode(samples, IBM).tobytes())
        with segyio.open(path, ignore_geometry=True) as file:
            np.testing.assert_allclose(file.trace[0], samples, rtol=2**-21, atol=TINY)


def test_ibm_and_integers_have_no_nan():
    bad = np.array([np.nan, np.inf, -np.inf, 1.0], dtype=np.float32)
    np.testing.assert_array_equal(decoded(encode(bad, IBM)), [0, 0, 0, 1])
    np.testing.assert_array_equal(encode(bad, SampleFormat(np.dtype("u1"))), [0, 0, 0, 1])


def test_integers_are_rounded_and_kept_in_range():
    samples = np.array([-5.0, 0.5, 1.5, 2.6, 300.0], dtype=np.float32)
    assert encode(samples, SampleFormat(np.dtype("u1"))).tolist() == [0, 0, 2, 3, 255]


@pytest.mark.parametrize("stored", [">i2", "<i4", ">f8", "<f4", "i1", "<u2"])
def test_native_formats_are_numpys_own(stored):
    values = np.array([-3, 0, 7, 100]) if stored[-2] != "u" else np.array([3, 0, 7, 100])
    np.testing.assert_array_equal(decoded(values, SampleFormat(np.dtype(stored))), values)
