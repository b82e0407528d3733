"""Horizons by numbers of lines and map coordinates at once, of finer grids, and in other units than the survey."""

import numpy as np
import pytest
import segyio

from geocnn import io
from geocnn.errors import DataError
from geocnn.grid import FOOT, Axis, Grid
from geocnn.io.horizons import Horizon, read_horizon, write_horizon
from geocnn.io.stretched import StretchedSource

TIME = Axis("time", 200, 0, 4, "ms")
KNOWN = {"origin": [5e5, 6e6], "vectors": [[43.30127, 25.0], [-6.25, 10.825318]], "unit": "m"}
CUBE = Grid((Axis("inline", 12, 1), Axis("crossline", 14, 1), TIME), {"coordinates": KNOWN})
STRAIGHT = Grid((Axis("trace", 14, 1), TIME), {"coordinates": {"origin": [3e5, 5e6], "vectors": [[12.0, 0.0]]}})
ANGLE = np.linspace(0, 1.5, 14)
CROOKED = Grid(
    STRAIGHT.axes,
    {"coordinates": {"points": (1000 * np.column_stack([3 + np.cos(ANGLE), np.sin(ANGLE)])).tolist()}},
)
BOTH = {3: "{il} {xl} {x:.2f} {y:.2f} {t:.3f}", 2: "{il} {x:.2f} {y:.2f} {t:.3f}"}
HEADS = {3: "inline crossline x y time_ms", 2: "trace x y time_ms"}


def times(grid, seed=0):
    return np.round(np.random.default_rng(seed).uniform(100, 700, grid.shape[:-1]), 3)


def text(grid, values, layout, *, scale=1.0, shift=(0, 0)):
    """Lines of a file, with coordinates times a scale and shifted."""
    lines = []
    for place in np.argwhere(np.isfinite(values)):
        x, y = scale * grid.map_xy(place[None].astype(float))[0] + shift
        numbers = [f"{axis.start + axis.step * k:g}" for axis, k in zip(grid.axes, place, strict=False)]
        lines.append(layout.format(il=numbers[0], xl=numbers[-1], x=x, y=y, t=values[tuple(place)]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("head", ["inline crossline x y time_ms\n", ""])
def test_a_survey_that_is_numbered_anew_has_its_horizons_where_their_coordinates_are(tmp_path, make_segy, head):
    headers = [
        {189: 1 + i, 193: 1 + j, 71: 1, 181: 5000 + 25 * j + i, 185: 9000 + 50 * i - 2 * j}
        for i in range(5)
        for j in range(40)
    ]
    coarse = io.open(make_segy(tmp_path / "in.sgy", np.ones((200, 30)), headers))
    values = np.full((5, 40), np.nan)
    values[:, [9, 14, 19]] = np.random.default_rng(0).uniform(20, 100, (5, 3)).round(3)
    (tmp_path / "top.dat").write_text(head + text(coarse.grid, values, BOTH[3]))
    fine = StretchedSource(coarse, (1, 2, 2))
    with io.create(tmp_path / "fine.sgy", like=fine) as sink:
        sink.write((0, 0, 0), fine.read((slice(None),) * 3))
    grid = io.open(tmp_path / "fine.sgy").grid
    assert grid.axes[1] == Axis("crossline", 79, 2, 1)
    found = read_horizon(tmp_path / "top.dat", grid)
    np.testing.assert_array_equal(found.values[:, ::2], values)
    assert found.picked == 15
    said = "placed by x y, from which the numbers are 15 traces off"
    assert found.told == f"15 of 15 picks, read as inline crossline x y time, {said}"
    # segyio says which trace of the finer file lies at the coordinates of each pick.
    with segyio.open(tmp_path / "fine.sgy", ignore_geometry=True) as file:
        xy = np.column_stack([file.attributes(byte)[:] for byte in (181, 185)]) / 100
    for x, y, t in np.loadtxt(tmp_path / "top.dat", skiprows=int(bool(head)), usecols=(2, 3, 4)):
        assert found.values.ravel()[np.hypot(*(xy - [x, y]).T).argmin()] == t


@pytest.mark.parametrize("grid", [CUBE, STRAIGHT, CROOKED])
@pytest.mark.parametrize("headed", [True, False])
def test_horizons_that_lie_elsewhere_are_refused_though_their_numbers_fit(tmp_path, grid, headed):
    head = HEADS[grid.ndim] + "\n" if headed else ""
    (tmp_path / "top.dat").write_text(head + text(grid, times(grid), BOTH[grid.ndim], shift=(0, 1e5)))
    with pytest.raises(DataError) as error:
        read_horizon(tmp_path / "top.dat", grid)
    x, y = {
        3: (["x 499919..500476", "6000000..6000416"], "6100000..6100416"),
        2: (["x 300000..300156", "5000000..5000000"], "5100000..5100000"),
    }[grid.ndim]
    if grid is CROOKED:
        x, y = ["x 3071..4000", "0..997"], "100000..100997"
    lines = "inline and crossline" if grid.ndim == 3 else "trace"
    assert str(error.value) == (
        f"top.dat lies at {x[0]}, y {y}, and the survey at {x[0]}, y {x[1]}, though its {lines} numbers fit; give a "
        "horizon of this survey, or where x and y are wrong or of another map projection leave these columns out."
    )


def test_a_line_takes_no_picks_from_beside_it(tmp_path):
    for shift, fits in ((0, True), (5, True), (12, False), (1e5, False)):
        path = tmp_path / "top.dat"
        path.write_text("x y time_ms\n" + text(STRAIGHT, times(STRAIGHT), "{x} {y} {t}", shift=(0, shift)))
        if fits:
            np.testing.assert_array_equal(read_horizon(path, STRAIGHT).values, times(STRAIGHT))
        else:
            with pytest.raises(DataError, match="has no pick inside of the survey"):
                read_horizon(path, STRAIGHT)


@pytest.mark.parametrize("grid", [CUBE, STRAIGHT, CROOKED])
@pytest.mark.parametrize(
    ("scale", "said"),
    [
        (1, ""),
        (1 / FOOT, ", x y in ft"),
        (3937 / 1200, ", x y in US ft"),
        (10, ", x y times 0.1"),
        (0.01, ", x y times 100"),
    ],
)
def test_coordinates_in_another_unit_are_known(tmp_path, grid, scale, said):
    if grid is CROOKED and scale == 3937 / 1200:
        said = ", x y in ft"  # so near to 0 both are the same
    values, layout = times(grid), BOTH[grid.ndim].replace(".2f", ".6f")
    (tmp_path / "top.dat").write_text(HEADS[grid.ndim] + "\n" + text(grid, values, layout, scale=scale))
    found = read_horizon(tmp_path / "top.dat", grid)
    np.testing.assert_array_equal(found.values, values)
    assert found.told == f"{values.size} of {values.size} picks, read as {HEADS[grid.ndim][:-3]}{said}"


def test_coordinates_of_another_datum_leave_the_numbers_alone(tmp_path):
    """They put picks between traces, and some beside the survey."""
    values = times(CUBE)
    (tmp_path / "top.dat").write_text(HEADS[3] + "\n" + text(CUBE, values, BOTH[3], shift=(37, -58)))
    found = read_horizon(tmp_path / "top.dat", CUBE)
    np.testing.assert_array_equal(found.values, values)
    off = np.abs(np.linalg.solve(np.transpose(KNOWN["vectors"]), [37, -58])).max()
    words = f"placed by the numbers, from which x y are {off:.3g} traces off: of another datum?"
    assert found.told == f"168 of 168 picks, read as inline crossline x y time, {words}"


def test_swapped_coordinates_and_degrees_leave_the_numbers_alone(tmp_path):
    values = times(CUBE)
    degrees = Grid(CUBE.axes, {"coordinates": {"origin": [2.1, 60.2], "vectors": [[1e-4, 2e-5], [-2e-5, 1e-4]]}})
    layouts = (
        (CUBE, BOTH[3].replace("{x:.2f} {y:.2f}", "{y:.2f} {x:.2f}"), ", x and y swapped"),
        (
            degrees,
            BOTH[3].replace(".2f", ".6f"),
            ", without x y, which are degrees",
        ),
    )
    for grid, layout, said in layouts:
        (tmp_path / "top.dat").write_text(HEADS[3] + "\n" + text(grid, values, layout))
        found = read_horizon(tmp_path / "top.dat", CUBE)
        np.testing.assert_array_equal(found.values, values)
        assert found.told == f"168 of 168 picks, read as inline crossline x y time{said}"


def test_of_a_line_out_of_a_cube_nothing_is_off(tmp_path):
    known = {"origin": CUBE.map_xy(np.array([[4.0, 0.0]]))[0].tolist(), "vectors": KNOWN["vectors"][1:], "unit": "m"}
    line = Grid((Axis("crossline", 14, 1), TIME), {"coordinates": known})
    values = times(CUBE)
    (tmp_path / "top.dat").write_text(HEADS[3] + "\n" + text(CUBE, values, BOTH[3]))
    found = read_horizon(tmp_path / "top.dat", line)
    np.testing.assert_array_equal(found.values, values[4])
    assert "off" not in found.told


def test_a_few_wrong_coordinates_and_none_at_all_leave_the_numbers_alone(tmp_path):
    lines = text(CUBE, times(CUBE), BOTH[3]).splitlines()
    nowhere = [" ".join([*line.split()[:2], "0 0", line.split()[4]]) for line in lines]
    for some in (lines[:-5] + nowhere[-5:], nowhere, nowhere[:-5] + lines[-5:]):
        (tmp_path / "top.dat").write_text(HEADS[3] + "\n" + "\n".join(some))
        found = read_horizon(tmp_path / "top.dat", CUBE)
        np.testing.assert_array_equal(found.values, times(CUBE))
        assert found.told.endswith("read as inline crossline x y time")


def test_numbers_in_the_order_that_agrees_with_the_coordinates(tmp_path):
    (tmp_path / "top.dat").write_text(text(CUBE, times(CUBE), "{xl} {il} {x:.2f} {y:.2f} {t:.3f}"))
    found = read_horizon(tmp_path / "top.dat", CUBE)
    np.testing.assert_array_equal(found.values, times(CUBE))
    assert found.told == "168 of 168 picks, read as crossline inline x y time"


FINER = Grid((Axis("inline", 12, 0), Axis("crossline", 79, 0, 0.5), TIME))


@pytest.mark.parametrize(
    "grid",
    [
        FINER,
        Grid((Axis("inline", 4, 7.5, 0.25), FINER.axes[1], TIME)),
        Grid((Axis("trace", 41, 1000.25, 0.25), TIME)),
        Grid((*FINER.axes[:2], TIME), {"coordinates": KNOWN}),
    ],
)
def test_what_is_written_of_a_finer_grid_is_read_again(tmp_path, grid):
    values = times(grid)
    write_horizon(Horizon("top", values), tmp_path / "top.dat", grid)
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", grid).values, values)


def test_numbers_between_the_lines_of_a_finer_grid_are_none(tmp_path):
    (tmp_path / "top.dat").write_text("0 0.5 300\n1 0.7 300\n")
    with pytest.raises(DataError, match="has no pick inside of the survey"):
        read_horizon(tmp_path / "top.dat", FINER)
    (tmp_path / "top.dat").write_text("0 0.5 300\n1 3 400\n")
    found = read_horizon(tmp_path / "top.dat", FINER)
    assert (found.values[0, 1], found.values[1, 6], found.picked) == (300, 400, 2)


def of_unit(unit):
    down = Axis("time" if unit == "ms" else "depth", 200, 0, 4, unit)
    return Grid((Axis("inline", 4, 1), Axis("crossline", 3, 1), down))


def file_of(path, head, values):
    places = np.argwhere(np.isfinite(values))
    path.write_text(head + "\n" + "".join(f"{i + 1} {j + 1} {values[i, j]}\n" for i, j in places))
    return path


@pytest.mark.parametrize(
    ("unit", "column", "factor", "said"),
    [
        ("ft", "depth_m", 1 / 0.3048, " in m"),
        ("ft", "TVD(metres)", 1 / 0.3048, " in m"),
        ("m", "depth_ft", 0.3048, " in ft"),
        ("m", "z(feet)", 0.3048, " in ft"),
        ("m", "depth_m", 1, ""),
        ("ft", "depth_ft", 1, ""),
        ("ft", "z", 1, ""),
        ("m", "tvdss", 1, ""),
        ("ms", "z", 1, ""),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_depths_in_metres_and_feet(tmp_path, unit, column, factor, said, sign):
    grid = of_unit(unit)
    values = np.random.default_rng(0).uniform(30, 230, (4, 3)).round(2)
    found = read_horizon(file_of(tmp_path / "h.dat", f"inline_no crossline {column}", sign * values), grid)
    np.testing.assert_allclose(found.values, factor * values)
    turned = ", negative downward" if sign < 0 else ""
    assert found.told == f"12 of 12 picks, read as inline crossline {grid.names[2]}{said}{turned}"


@pytest.mark.parametrize(
    ("unit", "column"), [("ms", "depth_m"), ("ms", "tvdss"), ("m", "time_ms"), ("ft", "twt_s"), ("ft", "z_ms")]
)
def test_a_column_of_the_other_quantity_is_read_as_the_survey_has_it_and_said(tmp_path, unit, column):
    """SEG-Y does not tell whether it is in time or in depth."""
    grid = of_unit(unit)
    found = read_horizon(file_of(tmp_path / "h.dat", f"inline crossline {column}", np.full((4, 3), 200.0)), grid)
    np.testing.assert_array_equal(found.values, 200)
    words = f"read as inline crossline {grid.names[2]}, though its column is called {column}"
    assert found.told == f"12 of 12 picks, {words}"


def test_of_times_and_depths_those_of_the_survey_are_taken(tmp_path):
    path = tmp_path / "h.dat"
    path.write_text("inline crossline twt_ms depth_ft\n1 1 300 1000\n2 2 310 1100\n")
    np.testing.assert_allclose(read_horizon(path, of_unit("ms")).values[[0, 1], [0, 1]], [300, 310])
    np.testing.assert_allclose(read_horizon(path, of_unit("m")).values[[0, 1], [0, 1]], [304.8, 335.28])
    bare = Grid((Axis("inline", 4, 1), Axis("crossline", 3, 1), Axis("time", 2000)))  # of .npy, which may be either
    np.testing.assert_allclose(read_horizon(path, bare).values[[0, 1], [0, 1]], [300, 310])


def test_the_unit_of_a_header_holds_where_its_columns_do_not(tmp_path):
    """A header that does not fit the columns says at least in what the depths are."""
    grid = Grid((Axis("inline", 4, 1), Axis("crossline", 3, 101), Axis("depth", 200, 0, 4, "m")))
    (tmp_path / "h.dat").write_text("inline crossline depth_ft\n101 1 1000\n102 3 1100\n")
    found = read_horizon(tmp_path / "h.dat", grid)
    np.testing.assert_allclose(found.values[[0, 2], [0, 1]], [304.8, 335.28])
