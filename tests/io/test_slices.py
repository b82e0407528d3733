"""What read() takes is the same for every source, and means what it means to NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geocnn import io
from geocnn.errors import DataError
from geocnn.io.slices import spans

BOUND = st.none() | st.integers(-7, 7)
SLICE = st.builds(slice, BOUND, BOUND)


@st.composite
def wanted(draw):
    """Up to three slices, with or without an ellipsis among them."""
    slices = draw(st.lists(SLICE, max_size=3))
    if draw(st.booleans()):
        slices.insert(draw(st.integers(0, len(slices))), ...)
    return tuple(slices)


@given(wanted())
def test_slices_mean_what_they_mean_to_numpy(slices):
    array = np.arange(4 * 3 * 5).reshape(4, 3, 5)
    np.testing.assert_array_equal(array[tuple(slice(a, b) for a, b in spans(slices, array.shape))], array[slices])


@pytest.fixture(params=["array", "fortran.npy", "c.npy", "a.zarr", "cube.sgy"])
def source(request, cube):
    path, values = cube
    target = path.with_name(request.param)
    if request.param == "array":
        return io.open(values), values
    if request.param == "fortran.npy":
        np.save(target, np.asfortranarray(values))
    elif request.param != "cube.sgy":
        with io.create(target, values) as sink:
            sink.write((0, 0, 0), values)
    return io.open(target), values


@pytest.mark.parametrize(
    "slices", [..., slice(1, 3), (slice(0, 2), ...), (..., slice(-5, None)), (), (slice(3, 1),), (slice(np.int64(2)),)]
)
def test_all_sources_read_alike(source, slices):
    np.testing.assert_array_equal(source[0].read(slices), source[1][slices])


@pytest.mark.parametrize("slices", [0, (0, ...), (slice(0, 4, 2),), (slice(None),) * 4, (..., ...), ([1, 2],), None])
def test_all_sources_refuse_alike(source, slices):
    with pytest.raises(DataError, match=r"read\(\)"):
        source[0].read(slices)
