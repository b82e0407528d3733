"""Windows, their classes and their groups as they lie in files: what stands for a number, and what for nothing."""

import numpy as np
import pytest

from geocnn.errors import DataError
from geocnn.io.windows import read_windows
from geocnn.recipes import build


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(8, 16))


@pytest.mark.parametrize("version", [2, 3])
def test_windows_in_zarr_are_what_xarray_reads(tmp_path, x, version):
    """Packed as whole numbers with a scale and an offset, and labels with a number for none."""
    xarray = pytest.importorskip("xarray")
    y = np.array([3, 1, np.nan, 1, 3, np.nan, 3, 1])
    made = xarray.Dataset({"x": (("window", "time"), x), "y": ("window", y)})
    packed = {"dtype": "i2", "scale_factor": 2e-4, "add_offset": 0.5, "_FillValue": -32768}
    coding = {"x": packed, "y": {"dtype": "i2", "_FillValue": 77}}
    made.to_zarr(tmp_path / "w.zarr", encoding=coding, zarr_format=version, consolidated=False)
    with xarray.open_zarr(tmp_path / "w.zarr", consolidated=False) as seen:
        expected, known = seen["x"].values, seen["y"].values
    found = read_windows(str(tmp_path / "w.zarr"))
    np.testing.assert_allclose(found.x[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(found.x[:, 0], x, atol=1.1e-4)  # half a step of the packing
    assert found.classes == ("1", "3")
    np.testing.assert_array_equal(np.array([1, 3, np.nan])[found.y], known)


def test_a_sample_that_is_missing_in_zarr_is_nan_and_refused(tmp_path, x):
    zarr = pytest.importorskip("zarr")
    group = zarr.create_group(tmp_path / "w.zarr")
    stored = np.round(x * 1000).astype(np.int16)
    stored[3, 5] = -9999
    group.create_array("x", data=stored).attrs.update(scale_factor=1e-3, _FillValue=-9999)
    with pytest.raises(DataError, match="holds NaN or infinite numbers, the first is window 3 at index 5;"):
        read_windows(str(tmp_path / "w.zarr"))


@pytest.mark.parametrize("nothing", ["", " ", "nan", "NaN", "None", "<NA>"])
@pytest.mark.parametrize("kind", [str, bytes, object])
def test_text_for_nothing_is_no_class(x, nothing, kind):
    labels = np.array(["P", nothing, "S", "P"] * 2).astype(kind)
    found = read_windows((x, labels))
    assert (found.classes, found.y.tolist()) == (("P", "S"), [0, -1, 1, 0] * 2)
    note = f"note: windows without a class ({nothing if nothing.strip() else repr(nothing)}, which the array "
    made = build("classify", data=(x, labels), width=2)
    assert made.plan[-1] == f"{note}classes does not name), which are left out: 2."


def test_what_pandas_makes_of_gaps_is_no_class(x):
    """Its own advice to those whose labels are objects: y.astype(str)."""
    pandas = pytest.importorskip("pandas")
    for gap in (np.nan, None, pandas.NA):
        y = pandas.Series(["P", gap, "S", "P"] * 2, dtype=object).to_numpy()
        for labels in (y, y.astype(str)):
            assert read_windows((x, labels)).y.tolist() == [0, -1, 1, 0] * 2


def test_a_class_is_called_none_where_its_name_is_given(x):
    arrays = {"x": x[:3], "y": ["None", "P", ""], "classes": ["P", "None"]}
    assert read_windows(arrays).y.tolist() == [1, 0, -1]
    assert read_windows((x[:3], arrays["y"]), classes=("P", "None")).y.tolist() == [1, 0, -1]
    gap = {**arrays, "y": np.array(["None", None, "P"], object)}
    assert read_windows(gap).y.tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ([0.0, 1, np.nan, 2, np.nan, 1, 0, 2], "2 of 8 windows of the data have no group (nan), the first is window 2"),
        (["A", "B", "A", "", "B", "A", "C", "C"], "1 of 8 windows of the data has no group (empty text), the first is"),
        (np.array(["A", "B", None, "B"] * 2, object), "2 of 8 windows of the data have no group (None), the first is"),
        (np.array(["2020-01-01", "NaT"] * 4, "M8[D]"), "4 of 8 windows of the data have no group (NaT), the first is"),
    ],
)
def test_windows_without_a_group_are_refused(x, group, said):
    with pytest.raises(DataError) as caught:
        read_windows({"x": x, "y": [0, 1] * 4, "group": np.asarray(group)})
    assert str(caught.value).startswith(said)
    cure = "give each window one, of its own where nothing is known of its neighbours, or leave group out."
    assert str(caught.value).endswith(cure)
