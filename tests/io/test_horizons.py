"""Horizons in text files: every layout that interpretation systems write, put on the right traces."""

from pathlib import Path

import numpy as np
import pytest

from geocnn.errors import DataError, FormatError, MissingError
from geocnn.grid import Axis, Grid
from geocnn.interpretation.objects import FaultObject, write_table
from geocnn.interpretation.sticks import Stick, write_sticks
from geocnn.io.horizons import Horizon, IntervalSource, read_horizon, write_horizon

AXES = (Axis("inline", 12, 100, 2), Axis("crossline", 9, 1000, 1), Axis("time", 200, 400, 4, "ms"))
CUBE = Grid(AXES)
# Turned by 30 degrees, 50 m between inlines of the file and 12.5 m between crosslines.
TURNED = Grid(
    AXES,
    {"coordinates": {"origin": [5e5, 6e6], "vectors": [[43.30127, 25.0], [-6.25, 10.825318]], "bytes": [181, 185]}},
)
LINE = Grid((Axis("trace", 30, 1, 1), Axis("time", 100, 0, 2, "ms")))


def times(grid, seed=0):
    generator = np.random.default_rng(seed)
    low, high = sorted((grid.axes[-1].start, grid.axes[-1].stop))
    return np.round(low + (high - low) * generator.uniform(0.2, 0.8, grid.shape[:-1]), 2)


def rows(grid, values, layout):
    """A file of a layout, line by line, in no order."""
    inline, crossline = (axis.values for axis in grid.axes[:2])
    lines = []
    for i, j in np.ndindex(values.shape):
        x, y = grid.map_xy(np.array([[float(i), float(j)]]))[0] if grid.has_coordinates else (0, 0)
        t = values[i, j]
        place = {"il": int(inline[i]), "xl": int(crossline[j]), "x": x, "y": y, "t": t, "s": t / 1000}
        lines.append(layout.format(**place))
    return "\n".join(np.random.default_rng(1).permutation(lines)) + "\n"


@pytest.mark.parametrize(
    ("layout", "factor"),
    [
        ("{il} {xl} {t:.2f}", 1),
        ("{il},{xl},{t:.2f}", 1),
        ("{il}\t{xl}\t{x:.2f}\t{y:.2f}\t{t:.2f}", 1),
        ("{x:.2f} {y:.2f} {t:.2f}", 1),
        ("{x:.2f} {y:.2f} {t:.2f} 1", 1),
        ("INLINE : {il:>6} XLINE : {xl:>6} {x:12.2f} {y:12.2f} {t:10.3f}", 1),
        ("{xl} {il} {t:.2f}", 1),
        ("{xl} {il} {x:.2f} {y:.2f} {t:.2f}", 1),
        ("{il} {xl} {t:.2f} 0.12345", 1),
        ("{il} {xl} {x:.2f} {y:.2f} {t:.2f} 77", 1),
        ("{x:.2f} {y:.2f} {il} {xl} {t:.2f}", 1),
        ("{x:.2f} {y:.2f} {t:.2f} 7 9", 1),  # EarthVision: column and row of a grid of its own
        ('"Top Chalk 2"\t{il}\t{xl}\t{t:.2f}', 1),
        ("{il} {xl} {t:.2f}", -1),
        ("{x:.2f} {y:.2f} {t:.5f}", 0.001),
        ("{il} {xl} {t:.5f}", -0.001),
    ],
)
def test_every_layout_is_read(tmp_path, layout, factor):
    values = times(TURNED)
    path = tmp_path / "top.dat"
    path.write_text("# inline crossline x y time\nPROFILE top 1\n" + rows(TURNED, values * factor, layout) + "EOD\n")
    found = read_horizon(path, TURNED)
    assert found.name == "top"
    assert found.picked == values.size
    np.testing.assert_allclose(found.values, values, atol=0.011)


# Local coordinates as small as numbers of lines.
LOCAL = Grid(AXES, {"coordinates": {"origin": [95.0, 1001.0], "vectors": [[2.5, 0], [0, 1.5]], "bytes": [181, 185]}})


@pytest.mark.parametrize(
    "layout", ["{il} {xl} {t}", "{xl} {il} {t}", "{il} {xl} {t} 3", "{x} {y} {il} {xl} {t}", "{il};{xl};{t:.1f}"]
)
def test_numbers_of_lines_are_not_taken_for_coordinates(tmp_path, layout):
    known = {"origin": [95.0 - 24 * 2.5, 1001.0 - 15 * 1.5], "vectors": [[2.5, 0], [0, 1.5]]}
    wide = Grid((Axis("inline", 60, 52, 2), Axis("crossline", 40, 985, 1), AXES[2]), {"coordinates": known})
    values = times(wide)
    text = rows(wide, values, layout)
    (tmp_path / "top.dat").write_text(text.replace(".", ",") if ";" in layout else text)
    found = read_horizon(tmp_path / "top.dat", LOCAL)
    assert found.picked == 12 * 9
    np.testing.assert_allclose(found.values, values[24:36, 15:24], atol=0.1)
    assert found.told.startswith("108 of 2400 picks, read as ")


@pytest.mark.parametrize(
    ("head", "layout", "how"),
    [
        ("Crossline,Inline,TWT_ms,Amplitude", "{xl},{il},{t:.3f},0.5", "crossline inline time"),
        ("# x y inline crossline twt(s)", "{x} {y} {il} {xl} {s:.6f}", "x y inline crossline time in s"),
        ("inline crossline twt_sec", "{il} {xl} {s:.6f}", "inline crossline time in s"),
        ("Inline,Crossline,TWT(sec)", "{il},{xl},{s:.6f}", "inline crossline time in s"),
        ("Inline,Crossline,TWT(msec)", "{il},{xl},{t:.3f}", "inline crossline time"),
        ("amplitude;easting;northing;time", "0.5;{x};{y};{t:.3f}", "x y time"),
    ],
)
def test_a_header_says_what_columns_are(tmp_path, head, layout, how):
    values = times(TURNED)
    (tmp_path / "top.csv").write_text(head + "\n" + rows(TURNED, values, layout))
    found = read_horizon(tmp_path / "top.csv", TURNED)
    np.testing.assert_allclose(found.values, values, atol=0.01)
    assert found.told == f"108 of 108 picks, read as {how}"


@pytest.mark.parametrize("apart", ["\t", ";", " ", "   "])
def test_decimal_commas_are_decimal_points(tmp_path, apart):
    values = times(CUBE)
    layout = apart.join(["{il}", "{xl}", "{t:.2f}", '"picks of 2,5"'])
    (tmp_path / "top.dat").write_text(rows(CUBE, values, layout).replace(".", ","))
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", CUBE).values, values, atol=1e-9)


@pytest.mark.parametrize(
    "layout", ["{il},{xl},{t:.0f},2024-05-01 12:00", "{il}, {xl}, {t:.0f}", "{il}\t{xl}\t{t:.2f}\t1,5"]
)
def test_commas_that_part_columns_stay(tmp_path, layout):
    values = np.round(times(CUBE)) if ".0f" in layout else times(CUBE)
    (tmp_path / "top.dat").write_text(rows(CUBE, values, layout))
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", CUBE).values, values, atol=1e-9)


def test_a_sign_parts_numbers_that_fill_their_columns(tmp_path):
    values = -times(CUBE)
    local = Grid(
        AXES, {"coordinates": {"origin": [650000.0, 0], "vectors": [[50.0, 0], [0, -1000.0]], "bytes": [181, 185]}}
    )
    text = rows(local, values, "{x:9.2f}{y:+.2f}{t:8.2f}")
    assert "650000.00-1000.00" in text
    (tmp_path / "top.dat").write_text(text)
    found = read_horizon(tmp_path / "top.dat", local)
    np.testing.assert_allclose(found.values, -values, atol=0.011)


EARLY = Grid((Axis("inline", 12, 100, 2), Axis("crossline", 9, 1000, 1), Axis("time", 144, 0, 4, "ms")))


@pytest.mark.parametrize("factor", [0.001, -0.001])
def test_seconds_are_known_in_a_survey_from_zero_on(tmp_path, factor):
    values = times(EARLY)
    (tmp_path / "top.dat").write_text(rows(EARLY, values * factor, "{il} {xl} {t:.6f}"))
    found = read_horizon(tmp_path / "top.dat", EARLY)
    np.testing.assert_allclose(found.values, values, atol=0.01)
    assert found.told == f"108 of 108 picks, read as inline crossline time in s{', negative downward' * (factor < 0)}"


# From 200 m above the datum on.
LAND = Grid((*AXES[:2], Axis("depth", 300, -200, 5, "m")))


@pytest.mark.parametrize("head", ["", "inline crossline depth_m\n", "inline crossline z\n"])
def test_what_lies_above_the_datum_stays_there(tmp_path, head):
    values = np.round(np.random.default_rng(0).uniform(-190, -20, (12, 9)), 2)
    (tmp_path / "top.dat").write_text(head + rows(LAND, values, "{il} {xl} {t:.2f}"))
    found = read_horizon(tmp_path / "top.dat", LAND)
    np.testing.assert_allclose(found.values, values)
    assert "negative" not in found.told


def test_elevations_below_a_survey_from_above_the_datum_on_are_turned(tmp_path):
    values = np.round(np.random.default_rng(0).uniform(300, 1200, (12, 9)), 2)
    (tmp_path / "top.dat").write_text(rows(LAND, -values, "{il} {xl} {t:.2f}"))
    found = read_horizon(tmp_path / "top.dat", LAND)
    np.testing.assert_allclose(found.values, values)
    assert found.told.endswith("read as inline crossline depth, negative downward")


def test_what_geocnn_has_written_is_never_turned(tmp_path):
    """A survey that begins at the datum does not hold what the other one has above it."""
    write_horizon(Horizon("top", np.full((12, 9), -150.0)), tmp_path / "top.dat", LAND)
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", LAND).values, -150)
    with pytest.raises(DataError, match="has picks on traces of the survey, but at -150 to -150, and depth goes from"):
        read_horizon(tmp_path / "top.dat", Grid((*AXES[:2], Axis("depth", 300, 0, 5, "m"))))


@pytest.mark.parametrize("head", ["twt_sec", "TWT(sec)", "twt_s", "time(s)"])
def test_seconds_that_a_header_tells_of_are_seconds(tmp_path, head):
    values = times(EARLY)
    (tmp_path / "top.dat").write_text(f"inline crossline {head}\n" + rows(EARLY, values, "{il} {xl} {s:.6f}"))
    found = read_horizon(tmp_path / "top.dat", EARLY)
    np.testing.assert_allclose(found.values, values, atol=0.01)
    assert found.told == "108 of 108 picks, read as inline crossline time in s"


def test_a_few_milliseconds_are_no_seconds(tmp_path):
    values = np.full((12, 9), 6.0)
    (tmp_path / "top.dat").write_text(rows(EARLY, values, "{il} {xl} {t:.1f}"))
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", EARLY).values, values)


@pytest.mark.parametrize("null", ["-99", "-999.25", "-1", "0", "-9999", "1e30", "99999"])
@pytest.mark.parametrize("unit", [1, 0.001])
def test_what_stands_for_no_pick_is_none_even_where_it_is_most(tmp_path, null, unit):
    values = times(EARLY)
    lines = rows(EARLY, values * unit, "{il} {xl} {t:.6f}").splitlines()
    gone = np.random.default_rng(2).permutation(108)[:70]
    for k in gone:
        lines[k] = " ".join([*lines[k].split()[:2], null])
    (tmp_path / "top.dat").write_text("\n".join(lines))
    found = read_horizon(tmp_path / "top.dat", EARLY)
    assert found.picked == 38
    known = np.isfinite(found.values)
    np.testing.assert_allclose(found.values[known], values[known], atol=0.01)


def test_a_flat_horizon_is_one(tmp_path):
    values = np.full((12, 9), 300.0)
    values[3:5] = 304.0
    (tmp_path / "top.dat").write_text(rows(EARLY, values, "{il} {xl} {t:.1f}"))
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", EARLY).values, values)


def test_files_of_spreadsheets_are_read(tmp_path):
    values = times(CUBE)
    (tmp_path / "top.txt").write_bytes(rows(CUBE, values, "{il}\t{xl}\t{t:.2f}").encode("utf-16"))
    np.testing.assert_allclose(read_horizon(tmp_path / "top.txt", CUBE).values, values)


@pytest.mark.parametrize("layout", ["{il} {xl} {x:.2f} {y:.2f} {t:.2f}", "{xl} {il} {x:.2f} {y:.2f} {t:.2f} 7"])
@pytest.mark.parametrize("grid", [CUBE, TURNED])
def test_times_outside_of_the_survey_are_told_and_no_coordinates(tmp_path, layout, grid):
    (tmp_path / "deep.dat").write_text(rows(TURNED, np.full((12, 9), 5000.0), layout))
    with pytest.raises(DataError, match="picks on traces of the survey, but at 5000 to 5000, and time goes from 400"):
        read_horizon(tmp_path / "deep.dat", grid)


def test_what_is_not_picked_is_not_known_and_picks_outside_of_the_survey_are_left_out(tmp_path):
    path = tmp_path / "top.xyz"
    path.write_text("100 1000 500\n104 1003 600\n104 1003 610\n90 1000 500\n122 1008 1e30\n500 5000 700\n")
    found = read_horizon(path, CUBE)
    assert found.picked == 2
    assert found.values[0, 0] == 500
    assert found.values[2, 3] == 605  # the mean


def test_of_lines(tmp_path):
    values = times(LINE)
    path = tmp_path / "top.txt"
    path.write_text("".join(f"{k + 1} {v:.2f}\n" for k, v in enumerate(values)))
    np.testing.assert_allclose(read_horizon(path, LINE).values, values)


def test_of_crooked_lines_by_their_coordinates(tmp_path):
    angle = np.linspace(0, 1.5, 30)
    points = np.column_stack([1000 * np.cos(angle), 1000 * np.sin(angle)])
    crooked = Grid(LINE.axes, {"coordinates": {"points": points.tolist(), "bytes": [181, 185]}})
    values = times(crooked)
    path = tmp_path / "top.txt"
    path.write_text("".join(f"{x + 3:.1f} {y - 4:.1f} {v:.2f}\n" for (x, y), v in zip(points, values, strict=True)))
    np.testing.assert_allclose(read_horizon(path, crooked).values, values)


@pytest.mark.parametrize("grid", [CUBE, TURNED, LINE])
def test_what_is_written_is_read_again(tmp_path, grid):
    values = times(grid)
    values[..., 3] = np.nan
    write_horizon(Horizon("top", values), tmp_path / "top.dat", grid)
    head = (tmp_path / "top.dat").read_text().splitlines()[0]
    places = " ".join(grid.names[:-1]) + (" x y" if grid.has_coordinates else "")
    assert head == f"# {places} time_ms"
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", grid).values, values)


def test_intervals_are_the_classes_between_horizons():
    generator = np.random.default_rng(0)
    top = times(CUBE)
    base = top + generator.uniform(0, 200, top.shape)  # they may touch
    found = IntervalSource([Horizon("top", top), Horizon("base", base)], CUBE).read(...)
    for i, j, k in generator.integers(0, CUBE.shape, (500, 3)):
        z = CUBE.axes[2].values[k]
        assert found[i, j, k] == int(z >= top[i, j]) + int(z >= base[i, j])
    whole = IntervalSource([Horizon("top", top), Horizon("base", base)], CUBE)
    np.testing.assert_array_equal(whole.read((slice(3, 7), slice(2, 5), slice(10, 90))), found[3:7, 2:5, 10:90])


def test_where_a_horizon_is_not_picked_it_may_lie_anywhere_between_the_others():
    one, two, three = (np.full((1,), t) for t in (40.0, np.nan, 120.0))
    grid = Grid((Axis("trace", 1), Axis("time", 100, 0, 2, "ms")))
    found = IntervalSource([Horizon("a", one), Horizon("b", two), Horizon("c", three)], grid).read(...)[0]
    assert (found[:20] == 0).all()
    assert np.isnan(found[20:60]).all()
    assert (found[60:] == 3).all()
    assert np.isnan(IntervalSource([Horizon("b", two)], grid).read(...)).all()


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("100 1000 6400\n102 1003 6410\n", DataError,
         "top.dat has picks on traces of the survey, but at 6400 to 6410, and time goes from 400 to 1196 ms; give "
         "times in its unit."),
        (None, MissingError, "there is no file {path}; check the name."),
        ("", FormatError, "top.dat holds no columns of numbers; a horizon is a text file with a place and a time."),
        ("no\nnumbers\n", FormatError,
         "top.dat holds no columns of numbers; a horizon is a text file with a place and a time."),
        ("5 5 500\n6 6 500\n", DataError,
         f"top.dat begins with 5 5 500 and has no pick inside of the survey ({CUBE}); needed are columns inline "
         "crossline time in ms."),
        ("1 2 3 4 5 6 7\n", DataError,
         f"top.dat begins with 1 2 3 4 5 6 7 and has no pick inside of the survey ({CUBE}); needed are columns inline "
         "crossline time in ms."),
    ],
)  # fmt: skip
def test_files_that_hold_no_horizon_are_refused(tmp_path, text, kind, said):
    path = Path(tmp_path / "top.dat")
    if text is not None:
        path.write_text(text)
    with pytest.raises(kind) as error:
        read_horizon(path, CUBE)
    assert str(error.value) == said.format(path=path)


def test_a_survey_with_coordinates_says_which_columns_it_can_take(tmp_path):
    (tmp_path / "top.dat").write_text("1 2 3\n")
    with pytest.raises(DataError) as error:
        read_horizon(tmp_path / "top.dat", TURNED)
    wanted = "needed are columns inline crossline time in ms, or x y time, or inline crossline x y time."
    assert str(error.value).endswith(wanted)


NO_HORIZON = (
    "and no horizon; give a text file with the place of a trace and the time or depth of the horizon on each line."
)


@pytest.mark.parametrize("grid", [CUBE, TURNED, LINE])
def test_the_table_of_faults_is_no_horizon(tmp_path, grid):
    ranges = tuple((axis.start, axis.stop) for axis in grid.axes)
    fault = FaultObject(1, 50, 0.75, ranges, (1.0, 0.0, 0.0)[: grid.ndim], 60.0, 10.0 if grid.ndim == 3 else None)
    path = tmp_path / "f.csv"
    write_table([fault], path, grid)
    said = f"f.csv is the table of faults that geocnn predict faults --table writes, {NO_HORIZON}"
    for text in (path.read_text(), path.read_text().replace(",", ";")):  # the latter by way of a spreadsheet
        path.write_text(text)
        with pytest.raises(FormatError) as error:
            read_horizon(path, grid)
        assert str(error.value) == said


@pytest.mark.parametrize("layout", ["opendtect", "petrel"])
@pytest.mark.parametrize("grid", [CUBE, TURNED, LINE])
@pytest.mark.parametrize("nodes", [2, 4])
def test_fault_sticks_are_no_horizon(tmp_path, grid, layout, nodes):
    down = np.linspace(5, 60, nodes)
    across = [2 + 0.1 * down + np.sin(down)] if grid.ndim == 2 else [np.full(nodes, 3), 2 + 0.1 * down + np.sin(down)]
    places = np.column_stack([*across, down])
    sticks = [Stick(1, 1, places), Stick(1, 2, places + 1.0), Stick(2, 1, places[:2])]
    write_sticks(sticks, tmp_path / "s.dat", grid, layout=layout)
    with pytest.raises(FormatError) as error:
        read_horizon(tmp_path / "s.dat", grid)
    said = f"s.dat is a file of fault sticks that geocnn predict faults --sticks writes, {NO_HORIZON}"
    assert str(error.value) == said


@pytest.mark.parametrize("layout", ["{x:.2f} {y:.2f} {t:.2f} {i} {j}", "{x:.2f} {y:.2f} {t:.2f} {j} {i}"])
def test_columns_and_rows_of_a_grid_are_no_sticks(tmp_path, layout):
    dipping = 500 + 8 * np.add.outer(np.arange(12.0), np.arange(9.0))
    lines = []
    for i, j in np.ndindex(12, 9):
        x, y = TURNED.map_xy(np.array([[float(i), float(j)]]))[0]
        lines.append(layout.format(x=x, y=y, t=dipping[i, j], i=i + 1, j=j + 1))
    (tmp_path / "top.dat").write_text("\n".join(lines))
    np.testing.assert_allclose(read_horizon(tmp_path / "top.dat", TURNED).values, dipping, atol=0.01)
