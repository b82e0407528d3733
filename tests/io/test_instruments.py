"""Several instruments at one location: at any time the best one that has data is taken."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geocnn.io.waveforms import ArrayPiece, Channel, Station, open_archive
from geocnn.io.waveforms.miniseed import MiniseedPiece, write_miniseed
from geocnn.io.waveforms.pieces import SECOND, Cut, CutPiece, FilePiece, edges
from geocnn.io.waveforms.pieces import spans as runs

START = 1_700_000_000 * SECOND  # 2023-11-14T22:13:20
HOUR = 3600


def pieces(instrument, *spans, components="ZNE", rate=20.0, late=0):
    """Noise in some spans, given in seconds."""
    return [
        ArrayPiece.of(
            Channel("XX", "AAA", "", f"{instrument}{c}"),
            START + round(first * SECOND) + late,
            rate,
            np.random.default_rng(k).normal(1000, 100, round((last - first) * rate)).astype(np.float32),
        )
        for k, c in enumerate(components)
        for first, last in spans
    ]


def times(archive):
    """Spans of data of each instrument, seconds."""
    return {
        station.instrument: [tuple((time - START) / SECOND for time in span) for span in station.spans()]
        for station in archive.stations
    }


ALONE = "XX.AAA. has {} beside {}?, which is taken; --channels picks others."


@pytest.mark.parametrize("overlap", [0, 600])
def test_an_instrument_that_is_replaced_keeps_its_time(overlap):
    archive = open_archive([*pieces("EH", (0, HOUR + overlap)), *pieces("HH", (HOUR, 2 * HOUR))])
    assert list(map(str, archive.stations)) == ["XX.AAA..EH", "XX.AAA..HH"]
    assert times(archive) == {"EH": [(0, HOUR)], "HH": [(HOUR, 2 * HOUR)]}
    assert archive.notes == (
        "XX.AAA. has EH? beside HH?, which is taken; where it lacks data, EH? is taken from 2023-11-14T22:13:20 to "
        "2023-11-14T23:13:20; --channels picks others.",
    )
    assert len({station.file_name for station in archive.stations}) == 2
    assert [text.split(",")[0] for _, text in archive.describe()] == ["EHZ EHN EHE", "HHZ HHN HHE"]


def test_gaps_of_minutes_are_filled_and_shorter_ones_are_not():
    parts = [(0, HOUR), (HOUR + 59, 2 * HOUR), (2 * HOUR + 120, 3 * HOUR), (9 * HOUR, 10 * HOUR)]
    archive = open_archive([*pieces("HH", *parts), *pieces("HN", (-30, 10 * HOUR + 7200))])
    assert times(archive) == {
        "HH": parts,
        "HN": [(2 * HOUR, 2 * HOUR + 120), (3 * HOUR, 9 * HOUR), (10 * HOUR, 12 * HOUR)],
    }
    assert archive.notes == (
        "XX.AAA. has HN? beside HH?, which is taken; where it lacks data, HN? is taken 2 times from "
        "2023-11-15T00:13:20 to 2023-11-15T07:13:20 and at the end; --channels picks others.",
    )


def test_what_the_better_instrument_has_throughout_is_left_out():
    beside = [*pieces("BH", (0, HOUR)), *pieces("HN", (5, HOUR + 40))]
    archive = open_archive([*beside, *pieces("HH", (20, HOUR))])
    assert times(archive) == {"HH": [(20, HOUR)]}
    assert archive.notes == (ALONE.format("BH?, HN?", "HH"),)
    assert times(open_archive([*beside, *pieces("HH", (20, HOUR))], channels="*.HN?")) == {"HN": [(5, HOUR + 40)]}


def test_the_number_of_components_goes_before_codes():
    archive = open_archive([*pieces("BH", (0, HOUR)), *pieces("HH", (0, HOUR), components="Z")])
    assert times(archive) == {"BH": [(0, HOUR)]}
    assert archive.notes == (ALONE.format("HH?", "BH"),)


def test_a_lost_component_brings_the_other_instrument_in():
    """Not where a horizontal one begins some seconds later, and not in a short gap."""
    horizontal = [(5, HOUR), (HOUR + 50, 2 * HOUR), (3 * HOUR, 4 * HOUR)]
    better = [*pieces("HH", (0, 4 * HOUR), components="ZE"), *pieces("HH", *horizontal, components="N")]
    archive = open_archive([*better, *pieces("BH", (-10, 5 * HOUR))])
    assert times(archive) == {"BH": [(2 * HOUR, 3 * HOUR), (4 * HOUR, 5 * HOUR)], "HH": [(0, 7200), (10800, 14400)]}
    alone = open_archive(better)
    assert times(alone) == {"HH": [(0, 4 * HOUR)]}
    assert alone.notes == ()


def test_accelerometers_are_taken_where_no_seismometer_is():
    archive = open_archive([*pieces("EH", (0, HOUR), components="Z"), *pieces("HN", (0, 2 * HOUR))])
    assert times(archive) == {"EH": [(0, HOUR)], "HN": [(HOUR, 2 * HOUR)]}
    assert archive.notes[0].startswith(
        "XX.AAA. has HN? beside EH?, which is taken; where it lacks data, HN? is taken at the end; "
    )
    assert archive.notes[1].startswith("XX.AAA..EH? has no north and no east component")


def test_an_instrument_with_many_gaps_comes_after_one_without():
    gappy = pieces("HH", *((600 * k, 600 * k + 200) for k in range(12)))
    archive = open_archive([*pieces("BH", (0, 2 * HOUR)), *gappy])
    assert times(archive) == {"BH": [(0, 2 * HOUR)]}
    assert archive.notes == (ALONE.format("HH?", "BH"),)
    late = open_archive([*pieces("BH", (0, 9 * HOUR)), *pieces("HH", (2 * HOUR, 3 * HOUR))])
    assert times(late) == {"BH": [(0, 7200), (10800, 9 * HOUR)], "HH": [(7200, 10800)]}


def test_less_than_a_sample_of_the_better_instrument_leaves_the_other():
    archive = open_archive([*pieces("HH", (0, 0.005), rate=200.0, late=6_000_000), *pieces("EH", (0, 60))])
    assert times(archive) == {"EH": [(0, 60)]}
    assert archive.notes == ("XX.AAA..HH has no data for as long as a sample at 100 Hz; left out.",)


@pytest.mark.parametrize("gap", [0, 600])
def test_the_note_stays_the_same_while_an_archive_grows(gap):
    """Whether one instrument has stopped or arrives later than another, and however often it is looked at."""
    for late in (None, 150, 700):
        said = set()
        for now in range(2 * HOUR, 2 * HOUR + 1000, 130):
            better = pieces("HH", (0, HOUR), (HOUR + gap, now - late if late else HOUR + 1000))
            archive = open_archive([*better, *pieces("EH", (0, now)), *pieces("HN", (0, now + 100))])
            said |= set(archive.notes)
        when = "from 2023-11-14T23:13:20 to 2023-11-14T23:23:20 and at the end" if gap else "at the end"
        assert said == {
            f"XX.AAA. has EH?, HN? beside HH?, which is taken; where it lacks data, EH? is taken {when}, HN? is taken "
            "at the end; --channels picks others."
        }


def constant(made, components="ZNE"):
    """Pieces of which some components are dead: one and the same number."""
    return [
        ArrayPiece.of(p.channel, p.start, p.rate, np.full(p.count, 7, np.float32))
        if p.channel.code[-1] in components
        else p
        for p in made
    ]


def test_a_dead_instrument_keeps_no_living_one_out():
    dead = constant(pieces("HH", (0, HOUR), (HOUR + 600, 3 * HOUR)))
    archive = open_archive([*dead, *pieces("HN", (0, HOUR))])
    assert times(archive) == {"HN": [(0, HOUR)]}
    said = "XX.AAA..HH? gives one and the same number throughout, and is dead; left out beside "
    assert archive.notes == (f"{said}XX.AAA..HN?.",)
    three = open_archive([*dead, *pieces("HN", (0, HOUR)), *pieces("EH", (0, HOUR))])
    assert times(three) == {"EH": [(0, HOUR)]}
    assert three.notes == (f"{said}XX.AAA..EH?, XX.AAA..HN?.", ALONE.format("HN?", "EH"))
    moved = constant(pieces("HH", (0, HOUR))) + pieces("HH", (HOUR, 2 * HOUR))
    assert times(open_archive([*moved, *pieces("HN", (0, HOUR))])) == {"HH": [(0, 2 * HOUR)]}


def test_where_all_instruments_are_dead_the_best_one_is_taken():
    archive = open_archive(constant([*pieces("HH", (0, HOUR)), *pieces("HN", (0, HOUR))]))
    assert times(archive) == {"HH": [(0, HOUR)]}
    assert archive.notes == (ALONE.format("HN?", "HH"),)
    assert [len(station.dead()) for station in archive.stations] == [3]


def test_a_dead_component_does_not_count_as_one():
    """It stays with its instrument where that is taken nevertheless."""
    lame = constant(pieces("HH", (0, 2 * HOUR)), "E")
    archive = open_archive([*lame, *pieces("BH", (0, HOUR))])
    assert times(archive) == {"BH": [(0, HOUR)], "HH": [(HOUR, 2 * HOUR)]}
    assert archive.stations[1].dead() == ["XX.AAA..HHE"]
    assert times(open_archive([*lame, *pieces("BH", (0, HOUR), components="ZN")])) == {"HH": [(0, 2 * HOUR)]}


def test_why_a_better_instrument_is_not_taken_is_said():
    archive = open_archive([*constant(pieces("HH", (0, HOUR)), "NE"), *pieces("BH", (0, HOUR))])
    assert times(archive) == {"BH": [(0, HOUR)]}
    assert archive.notes == (
        "XX.AAA. has HH? beside BH?, which is taken; HHN and HHE are dead; --channels picks others.",
    )


def test_of_files_no_more_is_read_than_tells_that_an_instrument_lives(tmp_path, monkeypatch):
    """Of one that is alone nothing."""
    write_miniseed(tmp_path / "hh.mseed", pieces("HH", (0, HOUR), rate=100.0))
    read, whole = [], MiniseedPiece.segments
    monkeypatch.setattr(MiniseedPiece, "segments", lambda self, *span: read.append(self) or whole(self, *span))
    open_archive(tmp_path)
    assert read == []
    write_miniseed(tmp_path / "bh.mseed", pieces("BH", (0, HOUR), rate=100.0))
    open_archive(tmp_path)
    assert [piece.number for piece in read] == [0] * 6


def test_three_instruments_follow_each_other():
    archive = open_archive([*pieces("SH", (0, HOUR)), *pieces("EH", (HOUR, 7200)), *pieces("HH", (7200, 10800))])
    assert times(archive) == {"EH": [(HOUR, 7200)], "HH": [(7200, 10800)], "SH": [(0, HOUR)]}
    assert "EH? is taken from 2023-11-14T23:13:20 to 2023-11-15T00:13:20, SH? is taken from" in archive.notes[0]


def test_an_instrument_with_many_short_gaps_comes_after_one_without():
    """They are not filled, so that its data would be all that there is."""
    gappy = pieces("HH", *((90 * k, 90 * k + 40) for k in range(40)))
    archive = open_archive([*gappy, *pieces("EH", (0, HOUR))])
    assert times(archive) == {"EH": [(0, HOUR)]}
    assert archive.notes == (ALONE.format("HH?", "EH"),)


@pytest.mark.parametrize("common", [0, 10])
@pytest.mark.parametrize(("old", "new"), [("HH", "EH"), ("EH", "HH")])
def test_nothing_is_lost_of_an_instrument_that_is_replaced_within_a_minute(old, new, common):
    """After its beginning or before the end of the records."""
    for first, second in (((0, 50), (50 - common, HOUR)), ((0, HOUR), (HOUR - common, HOUR + 50))):
        archive = open_archive([*pieces(old, first), *pieces(new, second)])
        change = first[1] if old == "HH" else second[0]
        assert times(archive) == {old: [(first[0], change)], new: [(change, second[1])]}


@pytest.mark.parametrize("common", [0, 1])
def test_channels_that_change_their_names_keep_all_components(common):
    numbers, letters = pieces("HH", (0, HOUR), components="312"), pieces("HH", (HOUR - common, 7200))
    for both in ([*numbers, *letters], [*letters, *numbers]):
        archive = open_archive(both)
        (station,) = archive.stations
        assert archive.notes == ()
        assert station.spans(3) == [(START, START + 7200 * SECOND)]
        found = [[station.channel_at(row, START + t * SECOND).code for t in (60, 7000)] for row in range(3)]
        assert found == [["HH3", "HHZ"], ["HH1", "HHN"], ["HH2", "HHE"]]
    (mixed,) = open_archive(pieces("HH", (0, HOUR), components="N3E")).stations
    assert [[piece.channel.code for piece in own] for own in mixed.components] == [["HH3"], ["HHN"], ["HHE"]]


def test_a_channel_3_beside_a_vertical_is_left_out_with_a_note():
    for seconds in (20, HOUR):
        archive = open_archive(pieces("HH", (0, seconds), components="Z123"))
        (station,) = archive.stations
        assert {piece.channel.code for piece in station.pieces} == {"HHZ", "HH1", "HH2"}
        assert archive.notes == ("XX.AAA..HH3 is there beside a channel Z, which is the vertical; left out.",)
    extra = open_archive([*pieces("HH", (0, HOUR)), *pieces("HH", (HOUR - 40, HOUR + 20), components="3")])
    assert [len(own) for own in extra.stations[0].components] == [1, 1, 1]


def test_samples_of_files_are_cut_where_the_other_instrument_begins(tmp_path):
    """Pieces of files are much longer than the overlap, and remain the same for the journal as the other one grows."""
    own = pieces("EH", (0, HOUR), rate=100.0)
    write_miniseed(tmp_path / "eh.mseed", own)
    (alone,) = open_archive(tmp_path).stations
    found = []
    for more in (60, 600):
        write_miniseed(tmp_path / "hh.mseed", pieces("HH", (1800.004, 1800 + more), rate=100.0), overwrite=True)
        station = open_archive(tmp_path).stations[0]
        assert str(station) == "XX.AAA..EH"
        found.append([(p.start, p.count, p.digest) for p in station.within(0, START, START + 1801 * SECOND)])
    assert found[0] == found[1]
    assert len(found[0]) >= 2
    (start, stop), *others = station.runs()
    assert stop == station.index(START + 1800 * SECOND) + 1
    assert others == [(station.index(START + 2400 * SECOND) + 1, alone.runs()[0][1])]  # after 2400.004 s
    record = station.read(start - 200, stop + 200)
    whole = alone.read(start - 200, stop + 200)
    assert record.live[:, 200:-200].all()
    assert not record.live[:, :200].any()
    assert not record.live[:, -200:].any()
    np.testing.assert_array_equal(record.waveform[:, 200:-200], whole.waveform[:, 200:-200])
    late = station.read(others[0][0] - 50, others[0][0] + 500)
    np.testing.assert_array_equal(late.live[0], np.arange(550) >= 50)
    assert all(isinstance(piece, FilePiece) and piece.path.name == "eh.mseed" for piece in station.pieces)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 200), st.integers(1, 40)), min_size=1, max_size=12))
def test_times_of_some_components_are_those_of_a_plain_count(recorded):
    components, live = ([], [], []), np.zeros((3, 300), bool)
    for row, first, n in sorted(recorded, key=lambda one: one[1]):
        components[row].append(ArrayPiece.of(Channel("XX", "A", "", "HH?"), first * SECOND, 1.0, np.arange(n)))
        live[row, first : first + n] = True
    station = Station("XX", "A", "", "HH", components, rate=100.0)
    for least in (1, 2, 3):
        known = [(a * SECOND, b * SECOND) for a, b in runs(live.sum(0) >= least)]
        assert station.spans(least) == known
        closed = known[:1]
        for start, stop in known[1:]:
            closed = (
                [*closed, (start, stop)]
                if start - closed[-1][1] > 7 * SECOND
                else [*closed[:-1], (closed[-1][0], stop)]
            )
        assert station.spans(least, 7 * SECOND) == closed


@given(
    st.lists(st.tuples(st.integers(-50, 250), st.integers(1, 60)), min_size=1, max_size=4),
    st.lists(st.integers(-60, 300), min_size=2, max_size=8, unique=True),
)
def test_cut_pieces_have_exactly_the_samples_in_the_spans(sizes, bounds):
    bounds = sorted(bounds)[: len(bounds) // 2 * 2]
    spans = np.array(bounds, np.int64).reshape(-1, 2) * SECOND // 7
    given_ = sorted(
        (ArrayPiece.of(Channel("", "A", "", "HHZ"), n * SECOND // 11, 3.0, np.arange(k)) for n, k in sizes),
        key=lambda piece: piece.start,
    )
    cut = Cut(given_, spans)
    found = []
    for piece, start, end in zip(cut, *edges(cut), strict=True):
        assert (piece.start, piece.end) == pytest.approx((start, end), abs=2)
        ((time, samples),) = piece.segments(piece.start, piece.end)
        assert time == pytest.approx(piece.start, abs=2)
        assert len(samples) == piece.count
        whole = piece.whole if isinstance(piece, CutPiece) else piece
        found += [(next(k for k, one in enumerate(given_) if one is whole), n) for n in samples.tolist()]
    there = [
        (k, n)
        for k, piece in enumerate(given_)
        for n in range(piece.count)
        if any(start <= piece.start + round(n * SECOND / 3) + 1000 < end + 1000 for start, end in spans.tolist())
    ]
    assert sorted(found) == there
    assert edges(cut)[0].tolist() == sorted(edges(cut)[0].tolist())


@given(st.lists(st.tuples(st.sampled_from(["HH", "EH", "HN"]), st.integers(0, 90), st.integers(1, 40)), min_size=1))
def test_at_any_time_one_instrument_is_taken(recorded):
    """In units of 90 s, of which each one is enough for a change."""
    given_ = [
        ArrayPiece.of(Channel("XX", "AAA", "", f"{code}{c}"), START + 90 * SECOND * first, 1.0, np.zeros(90 * n))
        for code, first, n in recorded
        for c in "ZN"
    ]
    given_ = [ArrayPiece(p.channel, p.start, 20.0, 20 * p.count, np.zeros(20 * p.count)) for p in given_]
    there = {code: np.zeros(140, bool) for code in ("HH", "EH", "HN")}
    for code, first, n in recorded:
        there[code][first : first + n] = True
    taken = {code: np.zeros(140, int) for code in there}
    for code, spans in times(open_archive(given_)).items():
        for first, last in spans:
            taken[code][round(first / 90) : round(last / 90)] += 1
    total = sum(taken.values())
    np.testing.assert_array_equal(total, np.any(list(there.values()), axis=0))
    for code, own in taken.items():
        assert not (own.astype(bool) & ~there[code]).any()
    seismometer = there["HH"] | there["EH"]
    assert not (taken["HN"].astype(bool) & seismometer).any()
