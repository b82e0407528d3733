"""Line numbers found again, whatever their bytes, steps, order and gaps."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import geocnn
from geocnn import io
from geocnn.errors import GeometryError

PAIRS = [(189, 193), (9, 21), (5, 21), (181, 185), (17, 13)]


@st.composite
def surveys(draw):
    """Axes, the traces that exist, and the order in which they lie in the file."""
    shape = draw(st.tuples(st.integers(2, 6), st.integers(2, 6)))
    start = draw(st.tuples(st.integers(1, 5000), st.integers(1, 5000)))
    step = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    # The first inline and crossline stay whole, so that every line number occurs and the answer is unique.
    inner = [(i, j) for i in range(1, shape[0]) for j in range(1, shape[1])]
    missing = draw(st.sets(st.sampled_from(inner), max_size=len(inner) // 2))
    places = [(i, j) for i in range(shape[0]) for j in range(shape[1]) if (i, j) not in missing]
    order = draw(st.sampled_from(["inline", "crossline", "down", "snake", "shuffled"]))
    if order == "crossline":
        places.sort(key=lambda p: (p[1], p[0]))
    elif order == "down":
        places.reverse()
    elif order == "snake":
        places.sort(key=lambda p: (p[0], p[1] if p[0] % 2 else -p[1]))
    elif order == "shuffled":
        places = draw(st.permutations(places))
    return shape, start, step, places


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(survey=surveys(), pair=st.sampled_from(PAIRS))
def test_grids_are_recovered_exactly(make_segy, survey, pair):
    shape, start, step, places = survey
    numbers = [(start[0] + i * step[0], start[1] + j * step[1]) for i, j in places]
    # Each trace says its own place, so that a trace at the wrong place shows.
    samples = np.array([[i + 1, j + 1, 7.0] for i, j in places])
    with tempfile.TemporaryDirectory() as folder:
        source = io.open(make_segy(Path(folder) / "g.sgy", samples, [dict(zip(pair, n, strict=True)) for n in numbers]))
        found = source.read((slice(0, shape[0]), slice(0, shape[1]), slice(0, 3)))
    assert source.grid.names == ("inline", "crossline", "time")
    assert source.grid.attributes["geometry_bytes"] == list(pair)
    assert [(a.start, a.step, a.size) for a in source.grid.axes[:2]] == list(zip(start, step, shape, strict=True))
    expected = np.zeros((*shape, 3))
    expected[tuple(np.transpose(places))] = samples
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(2, 40),
    st.integers(1, 5000),
    st.integers(-5, 5).filter(bool),
    st.sampled_from([21, 193, 17, 5, 1]),
)
def test_lines_are_numbered_by_any_regular_counter(make_segy, count, start, step, byte):
    headers = [{byte: start + 250 + step * i} for i in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        source = io.open(make_segy(Path(folder) / "l.sgy", np.ones((count, 2)), headers))
    axis = source.grid.axes[0]
    assert (axis.name, axis.size, axis.start, axis.step) == ("trace", count, start + 250, step)
    assert source.grid.attributes["geometry_bytes"] == [byte]


def test_a_line_that_winds_through_a_cube_is_a_line(tmp_path, make_segy):
    headers = [{189: 100 + i // 2, 193: 500 + i, 5: 1 + i} for i in range(40)]
    assert io.open(make_segy(tmp_path / "w.sgy", np.ones((40, 2)), headers)).grid.shape == (40, 2)


def test_traces_without_numbers_are_counted_in_file_order(tmp_path, make_segy):
    source = io.open(make_segy(tmp_path / "n.sgy", np.ones((6, 2))))
    assert str(source.grid.axes[0]) == "trace 1..6 step 1 (6)"
    assert dict(source.describe())["geometry"] == "line, traces counted in file order"


def test_the_standard_bytes_win_where_several_pairs_fit(tmp_path, make_segy):
    headers = [{189: 10 + i, 193: 20 + j, 9: 1 + j, 21: 1 + i} for i in range(3) for j in range(4)]
    assert io.open(make_segy(tmp_path / "t.sgy", np.ones((12, 2)), headers)).grid.shape == (3, 4, 2)


def test_the_fuller_grid_wins(tmp_path, make_segy):
    headers = [{189: 10 + 3 * i + (j == 2), 193: 20 + j, 9: 1 + i, 21: 1 + j} for i in range(3) for j in range(4)]
    source = io.open(make_segy(tmp_path / "f.sgy", np.ones((12, 2)), headers))
    assert source.grid.attributes["geometry_bytes"] == [9, 21]


def test_unnumbered_traces_are_left_out_and_told(tmp_path, make_segy):
    headers = [{189: 1 + i, 193: 1 + j} for i in range(3) for j in range(4)] + [{}, {}]
    source = io.open(make_segy(tmp_path / "u.sgy", np.ones((14, 2)), headers))
    assert source.grid.shape == (3, 4, 2)
    assert dict(source.describe())["left out"] == "2 traces without line numbers"


def test_numbers_may_begin_at_zero(tmp_path, make_segy):
    headers = [{189: i, 193: j} for i in range(3) for j in range(4)]
    grid = io.open(make_segy(tmp_path / "z.sgy", np.ones((12, 2)), headers)).grid
    assert (grid.shape, grid.axes[0].start, grid.axes[1].start) == ((3, 4, 2), 0, 0)


def test_bytes_of_the_user_win(tmp_path, make_segy):
    headers = [{189: 1 + i, 193: 1 + j, 221: 7 + j, 225: 50 + i} for i in range(3) for j in range(4)]
    path = make_segy(tmp_path / "b.sgy", np.ones((12, 2)), [{k: v for k, v in h.items() if k < 200} for h in headers])
    raw = bytearray(path.read_bytes())
    for number, header in enumerate(headers):  # bytes that segyio does not name
        at = 3600 + number * 248
        raw[at + 220 : at + 224] = header[221].to_bytes(4, "big")
        raw[at + 224 : at + 228] = header[225].to_bytes(4, "big")
    path.write_bytes(raw)
    grid = io.open(path, inline_byte=221, crossline_byte=225).grid
    assert [(a.start, a.size) for a in grid.axes[:2]] == [(7, 4), (50, 3)]


def test_one_inline_is_a_line_or_a_cube_as_the_user_wants(tmp_path, make_segy):
    path = make_segy(tmp_path / "o.sgy", np.ones((5, 2)), [{189: 7, 193: 30 + 2 * i} for i in range(5)])
    assert str(io.open(path).grid.axes[0]) == "trace 30..38 step 2 (5)"
    assert str(io.open(path, ndim=3).grid) == (
        "inline 7..7 step 1 (1), crossline 30..38 step 2 (5), time 0..4 ms step 4 (2)"
    )


def test_a_cube_is_read_as_a_line_on_demand(cube):
    assert io.open(cube[0], ndim=2).grid.shape == (12, 20)


@pytest.mark.parametrize(
    "headers",
    [
        [{189: 1 + i, 193: 1 + j, 37: 100 * k} for i in range(3) for j in range(3) for k in range(4)],
        [{21: 1 + i, 37: 100 * k} for i in range(9) for k in range(4)],
        [{9: 1 + i, 17: 1 + i, 13: 1 + k, 37: 25 * k} for i in range(4) for k in range(9)],
        [{9: 1 + i, 13: 1 + k, 21: 10 + 2 * i + k, 37: 25 * k} for i in range(6) for k in range(6)],
        [{37: 25 * k} for k in range(36)],
    ],
    ids=["cube of gathers", "line of gathers", "shot records", "shot records with CDP", "one gather"],
)
def test_prestack_is_refused_and_readable_on_demand(tmp_path, make_segy, headers):
    path = make_segy(tmp_path / "p.sgy", np.ones((36, 2)), headers)
    with pytest.raises(GeometryError, match="prestack"):
        io.open(path)
    assert io.open(path, ndim=2).grid.shape == (36, 2)


def damaged(path, make_segy, headers, damage):
    """A cube of 20 x 20 traces, each with its own number in all samples, some headers overwritten."""
    for number, fields in damage.items():
        headers[number] |= fields
    samples = np.arange(1, 401)[:, None] * np.ones(3)
    return make_segy(path, samples, headers), samples


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ({57: {189: 5_000_000}}, "1 trace with unusable line numbers is left out; zero in a SEG-Y result"),
        (
            {3: {193: -2_000_000_000}, 57: {189: 5_000_000}, 399: {189: 2_147_483_647, 193: -7}},
            "3 traces with unusable line numbers are left out; zero in a SEG-Y result",
        ),
    ],
)
def test_damaged_headers_do_not_turn_a_cube_into_a_line(tmp_path, make_segy, damage, words):
    headers = [{189: 100 + 2 * (i // 20), 193: 500 + i % 20} for i in range(400)]
    path, samples = damaged(tmp_path / "d.sgy", make_segy, headers, damage)
    source = io.open(path)
    assert str(source.grid) == "inline 100..138 step 2 (20), crossline 500..519 step 1 (20), time 0..8 ms step 4 (3)"
    assert dict(source.describe())["left out"] == words
    expected = samples.reshape(20, 20, 3).copy()
    for number in damage:
        expected[divmod(number, 20)] = 0
    np.testing.assert_array_equal(source.read(...), expected)
    with io.create(tmp_path / "r.sgy", source) as sink:
        sink.write((0, 0, 0), np.full((20, 20, 3), 7, np.float32))
    before, after = (np.frombuffer((tmp_path / n).read_bytes()[3600:], np.uint8) for n in ("d.sgy", "r.sgy"))
    before, after = before.reshape(400, -1), after.reshape(400, -1)
    np.testing.assert_array_equal(before[:, :240], after[:, :240])
    dead = ~after[:, 240:].any(axis=1)
    assert np.flatnonzero(dead).tolist() == sorted(damage)


def test_many_damaged_headers_are_refused(tmp_path, make_segy):
    numbers = np.random.default_rng(0).integers(-(2**31), 2**31, 40)
    headers = [{189: 100 + i // 20, 193: 500 + i % 20} for i in range(400)]
    path, _ = damaged(tmp_path / "d.sgy", make_segy, headers, {10 * i: {189: int(n)} for i, n in enumerate(numbers)})
    with pytest.raises(GeometryError, match="360 of 400 traces fill a grid"):
        io.open(path)
    assert io.open(path, ndim=2).grid.shape == (400, 3)


@pytest.mark.parametrize(
    ("order", "sorting"), [("inline", "inline by inline"), ("crossline", "crossline by crossline"), ("random", "none")]
)
def test_sorting_is_said_of_traces_that_are_sorted(tmp_path, make_segy, order, sorting):
    places = [(i, j) for i in range(12) for j in range(15) if (i + 2 * j) % 7]  # with holes
    if order == "crossline":
        places.sort(key=lambda place: place[::-1])
    elif order == "random":
        places = [places[k] for k in np.random.default_rng(0).permutation(len(places))]
    headers = [{189: 1 + i, 193: 1 + j} for i, j in places]
    source = io.open(make_segy(tmp_path / "s.sgy", np.ones((len(places), 3)), headers))
    assert dict(source.describe())["sorting"] == sorting
    assert source.grid.attributes["sorting"] == sorting.split()[0]


def test_cdp_numbers_with_a_gap_are_kept_beside_the_axis(tmp_path, make_segy):
    numbers = [*range(1, 21), *range(51, 71)]
    headers = [{21: n, 5: 1 + k} for k, n in enumerate(numbers)]
    source = io.open(make_segy(tmp_path / "g.sgy", np.ones((40, 3)), headers))
    assert str(source.grid.axes[0]) == "trace 1..40 step 1 (40)"
    assert source.grid.attributes["cdp"] == numbers
    assert dict(source.describe())["CDP"] == "1 to 70 at byte 21, with gaps; traces are numbered by byte 5"
    headers[7][21] = headers[6][21]  # two of the same number: they name no trace
    assert "cdp" not in io.open(make_segy(tmp_path / "d.sgy", np.ones((40, 3)), headers)).grid.attributes


def test_a_small_block_away_from_the_survey_is_kept(tmp_path, make_segy):
    far = [{189: 150 + i // 4, 193: 500 + i % 4} for i in range(8)]
    headers = [{189: 100 + i // 20, 193: 500 + i % 20} for i in range(400)] + far
    source = io.open(make_segy(tmp_path / "b.sgy", np.ones((408, 3)), headers))
    assert source.grid.shape == (52, 20, 3)
    assert "left out" not in dict(source.describe())


def lines_of(count, angle, apart, pair=(9, 21), traces=40):
    """Headers of lines with traces 25 m apart, turned by ``angle`` (rad) from one to the next and ``apart`` (m)."""
    headers = []
    for a in range(count):
        for k in range(traces):
            x, y = 5e5 + apart * a + 25 * k * np.cos(a * angle), 6e6 + 25 * k * np.sin(a * angle)
            headers.append({pair[0]: 101 + a, pair[1]: 1 + k, 71: -10, 181: round(10 * x), 185: round(10 * y), 89: 1})
    return headers


@pytest.mark.parametrize(("count", "angle", "apart"), [(6, 0.9, 2000), (2, 0.9, 300), (6, 0.5, 300)])
def test_several_lines_of_field_numbers_are_no_cube(tmp_path, make_segy, count, angle, apart):
    headers = lines_of(count, angle, apart)
    path = make_segy(tmp_path / "m.sgy", np.ones((len(headers), 3)), headers)
    with pytest.raises(GeometryError, match=f"bytes 9 and 21, but these are {count} lines of their own.*--ndim 2"):
        io.open(path)
    assert io.open(path, ndim=2).grid.shape == (40 * count, 3)
    stated = io.open(path, inline_byte=9, crossline_byte=21)
    assert stated.grid.shape == (count, 40, 3)
    assert f"these are {count} lines of their own" in dict(stated.describe())["lines"]


def test_several_lines_of_standard_numbers_are_told(tmp_path, make_segy):
    headers = lines_of(6, 0.9, 2000, (189, 193))
    source = io.open(make_segy(tmp_path / "m.sgy", np.ones((240, 3)), headers))
    assert source.grid.shape == (6, 40, 3)
    assert dict(source.describe())["lines"].startswith("these are 6 lines of their own by the map coordinates")
    notes = geocnn.predict("denoise", source, show_progress=False).notes
    assert any("these are 6 lines of their own" in note for note in notes)


@pytest.mark.parametrize("bent", ["scatter", "curved", "damaged", "constant", "random", "uneven", "staggered"])
def test_a_cube_with_odd_coordinates_is_a_cube(tmp_path, make_segy, bent):
    draw, headers = np.random.default_rng(4), []
    for i in range(20):
        for j in range(30):
            x, y = 5e5 + 25.0 * i, 6e6 + 25.0 * j
            if bent == "scatter":
                x, y = x + 60 * draw.standard_normal(), y + 60 * draw.standard_normal()
            elif bent == "curved":
                x += 0.3 * j**2
            elif bent == "damaged" and draw.random() < 0.2:
                x, y = 1.0, 1.0
            elif bent == "constant":
                x, y = 5e5 + 300 * (i % 7), 6e6
            elif bent == "random":
                x, y = draw.uniform(4e5, 5e5, 2)
            elif bent == "uneven":  # some lines of a survey
                x = 5e5 + 25.0 * i**2
            elif bent == "staggered":
                x, y = 5e5 + 300.0 * i, y + 100 * (i % 3)
            headers.append({9: 1 + i, 21: 1 + j, 71: -10, 181: round(10 * x), 185: round(10 * y), 89: 1})
    source = io.open(make_segy(tmp_path / "c.sgy", np.ones((600, 3)), headers))
    assert source.grid.shape == (20, 30, 3)
    assert "lines" not in dict(source.describe())


@pytest.mark.parametrize(("byte", "shape"), [(189, (24, 32, 3)), (193, (24, 32, 3))])
def test_one_number_between_those_of_the_lines_does_not_make_the_step_finer(tmp_path, make_segy, byte, shape):
    headers = [{189: 1000 + 2 * i, 193: 2000 + 3 * j} for i in range(24) for j in range(32)]
    headers[11 * 32 + 31][byte] += 1
    source = io.open(make_segy(tmp_path / "o.sgy", np.ones((768, 3)), headers))
    assert source.grid.shape == shape
    assert np.count_nonzero(source.index < 0) == 1
    assert source.geometry.unusable == 1
    assert dict(source.describe())["left out"].startswith("1 trace with unusable line numbers")


def test_a_line_between_the_others_and_a_dense_patch_are_kept(tmp_path, make_segy):
    coarse = [{189: 1000 + 2 * i, 193: 2000 + j} for i in range(120) for j in range(32)]
    whole = [{189: 1101, 193: 2000 + j} for j in range(32)]  # one in a hundred and twenty, but all of it
    patch = [{189: 1101 + 2 * i, 193: 2000 + j} for i in range(20) for j in range(3)]  # more than one in a hundred
    for more in (whole, patch):
        headers = coarse + more
        source = io.open(make_segy(tmp_path / "p.sgy", np.ones((len(headers), 3)), headers))
        assert source.grid.shape == (239, 32, 3)
        assert source.geometry.unusable == 0
