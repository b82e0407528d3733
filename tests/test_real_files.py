"""``geocnn predict faults`` on real surveys: the result is the input with probabilities for samples, byte by byte.

Judged by segyio, ObsPy and the bytes themselves, not by our own reader.
"""

import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import segyio
from matplotlib.image import imread

import geocnn
from geocnn.cli import main

DEAD = (3, 5)
"""Inline and crossline index of a trace that is zeroed in the crop of the cube."""


class Case(NamedTuple):
    """A real file, the tile of the second run, and what it is to hold: samples, interval (ms), first time (ms)."""

    tile: tuple[int, ...]
    vertical: tuple[int, float, float]
    geometry: bool = False


CASES = {
    "carbonate3d.sgy": Case((24, 40, 304), (268, 3.0, 999.0), geometry=True),
    "f3_tiny.sgy": Case((56, 32, 112), (75, 4.0, 4.0), geometry=True),
    "volve10-migvel-depth-sub3d.sgy": Case((40, 40, 136), (226, 20.0, 0.0), geometry=True),
    "alaska2d.sgy": Case((160, 400), (1501, 4.0, 0.0)),
    "volve10r12-full-twt-arb.sgy": Case((96, 304), (850, 4.0, 4.0)),
    "volve10r12-full-z-il10117sub.sgy": Case((40, 1160), (1125, 4.0, 4.0)),
}

CROPPED = {"carbonate3d.sgy", "volve10-migvel-depth-sub3d.sgy"}
"""Of these a corner, to be quick; benchmarks/real_files.py takes them whole."""


class Predicted(NamedTuple):
    """Input, result, picture, and the result of a second run with other tiles."""

    file: Path
    result: Path
    picture: Path
    tiled: Path


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return request.param, CASES[request.param]


@pytest.fixture(scope="module")
def predicted(case, data, tmp_path_factory):
    name, facts = case
    folder = tmp_path_factory.mktemp("real")
    file = crop(data / "segy" / name, folder / name) if name in CROPPED else data / "segy" / name
    result, tiled = folder / "result.sgy", folder / "tiled.sgy"
    before = file.read_bytes()
    assert main(["predict", "faults", str(file), "--out", str(result), "--quiet"]) == 0
    tile = [str(n) for n in facts.tile]
    arguments = ["--out", str(tiled), "--tile", *tile, "--quiet", "--no-picture"]
    assert main(["predict", "faults", str(file), *arguments]) == 0
    assert file.read_bytes() == before
    expected = {"result.sgy", "result.png", "tiled.sgy"} | ({name} if file.parent == folder else set())
    assert {p.name for p in folder.iterdir()} == expected
    return Predicted(file, result, folder / "result.png", tiled)


def crop(source: Path, target: Path, inlines: int = 8, crosslines: int = 8) -> Path:
    """A corner of a cube with its headers as they are, one trace dead."""
    raw = source.read_bytes()
    with segyio.open(source) as file:
        columns, samples = len(file.xlines), len(file.samples)
        assert file.sorting == segyio.TraceSortingFormat.INLINE_SORTING
    traces = np.frombuffer(raw, np.uint8, offset=3600).reshape(-1, columns, 240 + 4 * samples)
    kept = traces[:inlines, :crosslines].copy()
    kept[(*DEAD, slice(240, None))] = 0
    target.write_bytes(raw[:3600] + kept.tobytes())
    return target


def samples(path: Path) -> np.ndarray:
    with segyio.open(path, ignore_geometry=True) as file:
        return file.trace.raw[:]


def test_all_headers_are_those_of_the_input(case, predicted):
    name, _ = case
    before, after = predicted.file.read_bytes(), predicted.result.read_bytes()
    assert after[:3200] == before[:3200]
    changed = [i + 1 for i in range(3200, 3600) if before[i] != after[i]]
    # 2-byte integers cannot hold a probability: they become IEEE floats, and the format code says so.
    assert changed == ([3226] if name == "f3_tiny.sgy" else [])
    width = {True: 2, False: 4}[name == "f3_tiny.sgy"]
    count = CASES[name].vertical[0]
    old = np.frombuffer(before, np.uint8, offset=3600).reshape(-1, 240 + width * count)
    new = np.frombuffer(after, np.uint8, offset=3600).reshape(-1, 240 + 4 * count)
    np.testing.assert_array_equal(new[:, :240], old[:, :240])
    assert after[3224:3226] == (b"\x00\x05" if name == "f3_tiny.sgy" else before[3224:3226])


def test_segyio_finds_the_same_geometry_and_times(case, predicted):
    _, facts = case
    strict = {"ignore_geometry": not facts.geometry}
    with segyio.open(predicted.file, **strict) as before, segyio.open(predicted.result, **strict) as after:
        np.testing.assert_array_equal(after.samples, before.samples)
        count, interval, first = facts.vertical
        np.testing.assert_allclose(after.samples, first + interval * np.arange(count))
        if facts.geometry:
            np.testing.assert_array_equal(after.ilines, before.ilines)
            np.testing.assert_array_equal(after.xlines, before.xlines)
            assert after.sorting == before.sorting


def test_obspy_reads_the_same_traces_at_the_same_times(case, predicted):
    with warnings.catch_warnings():  # ObsPy imports pkg_resources
        warnings.simplefilter("ignore")
        from obspy.io.segy.segy import SEGYTraceReadingError, _read_segy

    if case[0] == "f3_tiny.sgy":  # its trace headers state the 462 samples that it was cut from; we keep that, too
        for path in (predicted.file, predicted.result):
            with pytest.raises(SEGYTraceReadingError):
                _read_segy(str(path))
        return
    before, after = (_read_segy(str(path), headonly=True) for path in (predicted.file, predicted.result))
    assert len(after.traces) == len(before.traces)
    for old, new in zip(before.traces[::97], after.traces[::97], strict=True):
        assert (new.npts, new.header.unpacked_header) == (old.npts, old.header.unpacked_header)


def test_the_samples_are_probabilities_and_dead_traces_are_zero(case, predicted):
    name, _ = case
    values = samples(predicted.result)
    assert np.isfinite(values).all()
    assert values.min() >= 0
    assert values.max() <= 1
    # There are no faults in velocities, and none to see in a corner of a cube or 23 x 18 traces of flat layers.
    assert name in CROPPED or name == "f3_tiny.sgy" or values.max() > 0.3
    dead = ~samples(predicted.file).any(axis=1)
    assert not values[dead].any()
    assert values[~dead].any(axis=1).all()
    if name in CROPPED:
        assert np.flatnonzero(dead).tolist() == [DEAD[0] * 8 + DEAD[1]]


def test_another_tile_size_gives_the_same_numbers(predicted):
    np.testing.assert_allclose(samples(predicted.tiled), samples(predicted.result), atol=2e-5)


def test_a_picture_is_drawn(predicted):
    picture = imread(predicted.picture)
    assert picture.shape[1] > 900
    assert picture[..., :3].std() > 0.1


@pytest.fixture
def line(data, tmp_path, monkeypatch):
    """A Volve line, its samples, and an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    file = data / "segy/volve10r12-full-twt-arb.sgy"
    return file, samples(file)


def predict(file: Path | str, out: str) -> np.ndarray:
    """Run the command; return the samples of the result."""
    assert main(["predict", "faults", str(file), "--out", out, "--quiet", "--no-picture"]) == 0
    source = geocnn.open(out)
    return source.read(tuple(slice(0, n) for n in source.grid.shape))


def test_the_format_of_input_and_result_does_not_matter(line):
    import zarr

    file, values = line
    expected = predict(file, "a.zarr")
    np.save("line.npy", values)
    for out in ("b.npy", "b.zarr", "b.sgy"):
        np.testing.assert_allclose(predict("line.npy", out), expected, atol=2e-5)
    zarr.create_array(store="line.zarr", data=values, chunks=(100, 300))
    for out in ("c.npy", "c.zarr", "c.sgy"):
        np.testing.assert_allclose(predict("line.zarr", out), expected, atol=2e-5)


def test_zarr_keeps_the_axes_of_the_line(line):
    import xarray

    predict(line[0], "a.zarr")
    data = xarray.open_zarr("a.zarr")["data"]
    assert data.dims == ("trace", "time")
    np.testing.assert_array_equal(data["time"], 4 + 4.0 * np.arange(data.sizes["time"]))
    assert data["time"].attrs["units"] == "ms"


def test_depth_is_the_users_word(line, capsys):
    file = line[0].with_name("volve10r12-full-z-il10117sub.sgy")
    arguments = ["predict", "faults", str(file), "--out", "z.zarr", "--domain", "depth", "--quiet"]
    assert main(arguments) == 0
    assert "picture z.png" in capsys.readouterr().out
    assert str(geocnn.open("z.zarr").grid.axes[1]) == "depth 4..4500 m step 4 (1125)"


def test_the_result_has_a_name_without_being_told(line, capsys):
    assert main(["predict", "faults", str(line[0])]) == 0
    out, err = capsys.readouterr()
    names = {p.name for p in Path().iterdir()}
    assert names == {"volve10r12-full-twt-arb-faults.sgy", "volve10r12-full-twt-arb-faults.png"}
    assert "geometry       line, numbered by byte 21" in out
    assert err.startswith("predict faults-2d")  # the progress line
