"""A day as rows: picks where they belong, gaps grey, what is clipped and what the scale is."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from geocnn.figures import save
from geocnn.figures.helicorder import helicorder
from geocnn.figures.seismograms import PHASES
from geocnn.io.waveforms import ArrayPiece, Channel, Station
from geocnn.io.waveforms.drum import Drum
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, PhasePick

DAY = np.datetime64("2024-02-03")
MIDNIGHT = 1_706_918_400 * SECOND
Z, OTHER = Channel("XX", "AAA", "", "HHZ"), Channel("XX", "BBB", "", "HHZ")


@pytest.fixture
def drum():
    """Ten hours, 15 minutes a row, noise of amplitude 2 and one of 100, no data from 03:00 to 03:05."""
    piece = ArrayPiece.of(Z, MIDNIGHT, 1.0, np.zeros(36_000, np.float32))
    made = Drum(Station("XX", "AAA", "", "HH", ((piece,), (), ()), 1.0), DAY)
    made.low[:], made.high[:] = -2, 2
    made.high[20, 300] = 100
    made.low[12, :300] = made.high[12, :300] = np.nan
    return made


def pick(phase, seconds, channel=Z):
    return PhasePick(channel, phase, MIDNIGHT + round(seconds * SECOND))


def artists(made, gid):
    return [artist for artist in made.axes[0].collections if artist.get_gid() == gid]


def test_picks_are_at_their_times(drum):
    events = [
        Event((pick("P", 4 * 3600 + 30), pick("S", 4 * 3600 + 45))),  # row 16
        Event((pick("P", 899), pick("S", 905))),  # from row 0 into row 1
        Event((pick("S", 7200),)),
        Event((pick("P", 100, OTHER), pick("S", 103, OTHER))),
        Event((pick("P", -5), pick("S", 86_500))),
    ]
    made = helicorder(drum, events)
    for phase, at in (("P", [(0.5, 16), (899 / 60, 0)]), ("S", [(0.75, 16), (5 / 60, 1), (0.0, 8)])):
        (marks,) = artists(made, phase)
        assert [tuple(line.mean(0)) for line in marks.get_segments()] == [pytest.approx(p) for p in at]
        np.testing.assert_allclose(marks.get_colors()[0], to_rgba(PHASES[phase]))
    heights = [np.ptp(line[:, 1]) for line in artists(made, "S")[0].get_segments()]
    assert min(heights[:2]) > heights[2] + 0.1  # those of an earthquake, and one alone
    extents = [
        path.get_extents().bounds[:3:2] for part in artists(made, "pairs") for path in part.get_paths()
    ]  # first minute and length of yellow bands
    assert extents == [pytest.approx(p) for p in ((0.5, 0.25), (899 / 60, 1 / 60), (0.0, 5 / 60))]
    labels = [text.get_text() for text in made.axes[0].get_legend().get_texts()]
    assert labels == ["P (2)", "S (3)", "P and S of one earthquake (2)", "no data"]


def test_rows_gaps_and_clipping(drum):
    made = helicorder(drum)
    axes = made.axes[0]
    rows = [(artist,) for k in range(40) for artist in artists(made, f"row {k}")]
    assert len(rows) == 40
    (loud,), (calm,), (gap,) = rows[20], rows[5], rows[12]
    bottom, top = axes.get_ylim()
    assert bottom > 39 > 0 > top  # downward
    assert 0.5 < 20 - loud.get_paths()[0].vertices[:, 1].min() < 1
    assert 0.05 < 5 - calm.get_paths()[0].vertices[:, 1].min() < 0.3
    assert np.concatenate([p.vertices for p in gap.get_paths()])[:, 0].min() == pytest.approx(5, abs=0.02)
    (grey,) = artists(made, "gaps")
    assert grey.get_paths()[0].get_extents().bounds == pytest.approx((0, 11.5, 5, 1))
    labels = dict(zip(axes.get_yticks(), (t.get_text() for t in axes.get_yticklabels()), strict=True))
    assert (labels[0], labels[16]) == ("00:00", "04:00")


def test_words_say_station_day_filter_and_scale(drum, tmp_path):
    made = helicorder(drum, unit="m/s")
    axes = made.axes[0]
    assert axes.get_title(loc="left") == "XX.AAA..HHZ   3 February 2024, day 034"
    words = [text.get_text() for text in axes.texts]
    assert "vertical component above 1 Hz (zero phase), 15 minutes a row, clipped at 10 m/s" in words
    assert "10\nm/s" in words  # of 16.7 a row
    assert save(made, tmp_path / "day.png").stat().st_size > 10_000


def test_a_silent_and_an_empty_day_are_drawn(drum):
    drum.low[:], drum.high[:] = 0, 0
    assert helicorder(drum).axes
    drum.low[:], drum.high[:] = np.nan, np.nan
    assert helicorder(drum).axes
