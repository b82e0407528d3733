"""From a file of probabilities to files of faults."""

import csv

import numpy as np
import pytest
from tests.interpretation.drawing import sheet

import geocnn
from geocnn import io
from geocnn.checkpoints import read_card
from geocnn.cli import main
from geocnn.errors import DataError, TargetError
from geocnn.grid import UPWARD, Axis, Grid
from geocnn.interpretation import interpret

GRID = Grid((Axis("inline", 40, 100), Axis("crossline", 36, 500), Axis("time", 44, 1000, 4, "ms")))
COORDINATES = {"origin": [435_000.0, 6_470_000.0], "vectors": [[30.0, 40.0], [-8.0, 6.0]]}  # 50 m and 10 m


def survey(path, grid=GRID):
    """A file with two faults that do not touch, and a small one."""
    values = np.maximum(sheet(grid.shape, (0.3, 1, 0.2), offset=8), sheet(grid.shape, (0.3, 1, 0.2), offset=-8))
    values[30:35, 10:14, 30:35] = sheet((5, 4, 5), (0, 1, 0))
    with io.create(path, io.ArraySource(values, grid)) as sink:
        sink.write((0, 0, 0), values)
    return path, values


@pytest.mark.parametrize("suffix", [".sgy", ".zarr", ".npy"])
def test_all_files(tmp_path, suffix):
    path, values = survey(tmp_path / f"p{suffix}")
    found = interpret(
        path,
        thin=tmp_path / f"thin{suffix}",
        table=tmp_path / "t.csv",
        sticks=tmp_path / "s.dat",
        show_progress=False,
    )
    assert [one.number for one in found.objects] == [1, 2]
    kept = sum(one.voxels for one in found.objects)
    assert kept < found.points < 0.1 * values.size
    thin = geocnn.open(tmp_path / f"thin{suffix}")
    assert thin.grid == geocnn.open(path).grid
    drawn = thin.read(...)
    assert np.count_nonzero(drawn) == kept
    np.testing.assert_array_equal(drawn[drawn > 0], values[drawn > 0])
    assert not drawn[30:35, 10:14, 30:35].any()
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["voxels"]) for row in rows] == [one.voxels for one in found.objects]
    read = np.loadtxt(tmp_path / "s.dat")
    assert len(np.unique(read[:, 3])) == 2 * 4  # on four inlines
    assert any("X and Y of the sticks are line numbers times spacing" in note for note in found.notes)
    assert any("are in objects of fewer than 50, left out" in note for note in found.notes)
    assert any("25 m apart" in note for note in found.notes)
    assert any(("samples of 1 ms" if suffix == ".npy" else "velocity of 2000 m/s.") in note for note in found.notes)


def test_map_coordinates_tell_the_spacing(tmp_path):
    path, _ = survey(tmp_path / "p.zarr", Grid(GRID.axes, {"coordinates": COORDINATES}))
    found = interpret(path, sticks=tmp_path / "s.dat", sticks_format="petrel", show_progress=False)
    told = interpret(path, spacing=(50, 10), show_progress=False)
    assert [one.dip for one in found.objects] == pytest.approx([one.dip for one in told.objects])
    assert not any("apart" in note or "X and Y" in note for note in found.notes)
    first = (tmp_path / "s.dat").read_text().split()
    assert float(first[3]) < 435_000
    assert interpret(path, spacing=(25, 25), show_progress=False).objects[0].dip != pytest.approx(found.objects[0].dip)


def test_a_line(tmp_path):
    values = sheet((60, 50), (1, 0.3))
    np.save(tmp_path / "line.npy", values)
    found = interpret(tmp_path / "line.npy", min_size=20, thin=tmp_path / "thin.npy", show_progress=False)
    (one,) = found.objects
    assert one.strike is None
    assert np.count_nonzero(np.load(tmp_path / "thin.npy")) == one.voxels


def test_faults_of_a_line_are_shown_with_an_apparent_dip_those_of_a_cube_with_a_strike(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = sheet((80, 90), (1, 0.4))
    np.save("line.npy", line)
    survey("cube.npy")
    for name, head in (("line", "apparent dip"), ("cube", "strike  dip")):
        main(["interpret", f"{name}.npy", "--table", f"{name}.csv", "--min-size", "30"])
        shown = capsys.readouterr().out.splitlines()
        (at,) = [k for k, text in enumerate(shown) if text.startswith("fault  voxels")]
        assert shown[at].split("probability")[1].strip().startswith(head)
        assert len(shown[at + 1].split()) == len(shown[at].replace("apparent dip", "dip").split())


def test_a_crooked_line():
    """Dips are for the mean distance between its traces, 10 m in feet, and the note says how far that varies."""
    steps = np.where(np.arange(59) % 2, 8.0, 12.0) / 0.3048
    points = np.column_stack([np.cumsum([0, *steps]), np.zeros(60)]).tolist()
    grid = Grid(
        (Axis("trace", 60, 1), Axis("depth", 50, 0, 10, "m")), {"coordinates": {"points": points, "unit": "ft"}}
    )
    found = interpret(io.ArraySource(sheet((60, 50), (1, 1)), grid), min_size=20, show_progress=False)
    assert found.objects[0].dip == pytest.approx(45, abs=1)
    assert "traces are 8 to 12 m apart along the line; dips are for their mean, 10 m." in found.notes
    assert interpret(io.ArraySource(sheet((60, 50), (1, 1)), grid), spacing=(5,), min_size=20).notes == ()


def test_what_strikes_are_from_is_said(tmp_path):
    path, _ = survey(tmp_path / "p.zarr", Grid(GRID.axes, {"coordinates": COORDINATES}))
    found = interpret(path, show_progress=False)
    assert "strikes are clockwise from map north, with the dip to their right." in found.notes
    path, _ = survey(tmp_path / "q.zarr")
    inline = "strikes are clockwise from the direction in which inline numbers increase, with the dip to their right."
    assert inline in interpret(path, show_progress=False).notes


def test_faults_without_sticks_are_counted(tmp_path):
    values = np.zeros((60, 36, 44), np.float32)
    values[2:58, 3:33, 4:40] = sheet((56, 30, 36), (0.3, 1, 0.2))
    values[33:38, 28:34, 4:40] = sheet((5, 6, 36), (0, 1, 0))  # between the sections that are drawn
    options = {"min_size": 30, "threshold": 0.5, "sticks": tmp_path / "s.dat", "show_progress": False}
    found = interpret(values, **options, every=20)
    said = "1 of 2 faults has no stick, with fewer than 5 voxels in a row on each of the sections that are drawn; a"
    assert [note for note in found.notes if "stick," in note] == [f"{said} smaller --every draws more."]
    assert not any("stick," in note for note in interpret(values, **options, overwrite=True, every=1).notes)
    lonely = np.zeros((40, 50), np.float32)
    lonely[20, 10:13] = 1
    found = interpret(lonely, **options | {"min_size": 1}, overwrite=True)
    assert "1 of 1 fault has no stick, with fewer than 5 voxels in a row." in found.notes


def test_nothing_found_is_said_and_written(tmp_path):
    found = interpret(np.zeros((20, 20, 20)), thin=tmp_path / "t.npy", sticks=tmp_path / "s.dat", show_progress=False)
    assert (found.objects, found.points) == ((), 0)
    threshold = read_card("faults", ndim=3).threshold
    assert found.threshold == threshold
    said = f"no voxel is on a ridge of at least {threshold:g}; with a lower threshold there may be some."
    assert found.notes == (said,)
    assert not np.load(tmp_path / "t.npy").any()
    assert (tmp_path / "s.dat").read_text() == ""


def test_existing_files_are_refused_before_any_work(tmp_path):
    path, _ = survey(tmp_path / "p.npy")
    for name, given in {"thin": "o.npy", "table": "o.csv", "sticks": "o.dat"}.items():
        (tmp_path / given).write_text("mine")
        with pytest.raises(TargetError, match=f"{given} exists already; give --overwrite"):
            interpret(path, **{name: tmp_path / given})
        assert (tmp_path / given).read_text() == "mine"
        interpret(path, **{name: tmp_path / given}, overwrite=True, show_progress=False)
        assert (tmp_path / given).read_bytes() != b"mine"
    with pytest.raises(TargetError, match="is the input itself"):
        interpret(path, thin=path, overwrite=True)
    with pytest.raises(TargetError, match="would have the same name"):
        interpret(path, table=tmp_path / "x.csv", sticks=tmp_path / "x.csv")
    with pytest.raises(TargetError, match="no name of a table"):
        interpret(path, table=tmp_path / "x.txt")
    with pytest.raises(DataError, match=r"thin\.txt: thin faults need the suffix \.sgy, .* or \.npy, or \.su"):
        interpret(path, thin=tmp_path / "thin.txt")
    with pytest.raises(DataError, match="the format of the sticks"):
        interpret(path, sticks=tmp_path / "x.dat", sticks_format="zmap")


def test_the_progress_line_has_a_total(capsys):
    interpret(sheet((12, 20, 20), (0, 1, 0)))
    assert "12/12" in capsys.readouterr().err


@pytest.mark.parametrize("layout", ["opendtect", "petrel"])
@pytest.mark.parametrize("spacing", [None, (25.0, 12.5)])
def test_crosslines_first_change_nothing_but_the_order_of_columns(tmp_path, spacing, layout):
    shape, time = (40, 36, 44), GRID.axes[2]
    values = sheet(shape, (0.8, 0.5, 0.2))
    grids = (Grid(GRID.axes), Grid((GRID.axes[1], GRID.axes[0], time)))
    found, rows = [], []
    for name, grid, samples in zip("ab", grids, (values, np.ascontiguousarray(values.transpose(1, 0, 2))), strict=True):
        sticks = tmp_path / f"{name}.dat"
        made = interpret(
            io.ArraySource(samples, grid), spacing=spacing, sticks=sticks, sticks_format=layout, show_progress=False
        )
        found.append(made.objects[0])
        rows.append(sorted(line.split()[: 6 if layout == "petrel" else 3] for line in sticks.read_text().splitlines()))
    assert found[0].strike == pytest.approx(found[1].strike, abs=0.1)
    assert found[0].dip == pytest.approx(found[1].dip, abs=0.1)
    assert found[0].ranges == (found[1].ranges[1], found[1].ranges[0], found[1].ranges[2])
    assert rows[0] == rows[1]


def test_spacing_of_crosslines_first_is_refused_in_the_order_in_which_it_is_given():
    grid = Grid((GRID.axes[1], GRID.axes[0], GRID.axes[2]))
    with pytest.raises(DataError, match=r"spacing is 25 -1; 2 positive .* for inline and crossline"):
        interpret(io.ArraySource(sheet(grid.shape, (1, 0, 0)), grid), spacing=(25, -1), show_progress=False)


@pytest.mark.parametrize(
    ("start", "step", "upward"), [(0, -4, None), (500, -4, True), (-172, -4, None), (0, -4, True), (0, 4, False)]
)
def test_heights_that_descend_are_depths(tmp_path, start, step, upward):
    values = sheet(GRID.shape, (0.8, 0.5, 0.3))
    strikes = []
    for axis, said in ((Axis("depth", 44, 0, 4, "m"), None), (Axis("depth", 44, start, step, "m"), upward)):
        grid = Grid((*GRID.axes[:2], axis), {} if said is None else {UPWARD: said})
        path = tmp_path / f"{len(strikes)}.zarr"
        with io.create(path, io.ArraySource(values, grid)) as sink:
            sink.write((0, 0, 0), values)
        assert geocnn.open(path).grid.attributes.get(UPWARD) == said
        strikes.append(interpret(path, show_progress=False).objects[0].strike)
    assert strikes[0] == pytest.approx(strikes[1], abs=0.1)


@pytest.mark.parametrize(("start", "step", "upward"), [(172, -4, None), (-500, 4, True), (0, -4, False)])
def test_samples_from_the_bottom_upward_dip_the_other_way(start, step, upward):
    values = sheet(GRID.shape, (0.8, 0.5, 0.3))
    strikes = []
    for samples, axis, said in (
        (values, Axis("depth", 44, 0, 4, "m"), None),
        (np.ascontiguousarray(values[..., ::-1]), Axis("depth", 44, start, step, "m"), upward),
    ):
        grid = Grid((*GRID.axes[:2], axis), {} if said is None else {UPWARD: said})
        strikes.append(interpret(io.ArraySource(samples, grid), show_progress=False).objects[0].strike)
    assert strikes[0] == pytest.approx(strikes[1], abs=0.1)
