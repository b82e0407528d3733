"""A station whose instrument was changed: one run gives its whole catalogue, and nothing is picked twice."""

from functools import partial

import pytest

from geocnn.figures.catalogue import CataloguePictures
from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.io.waveforms.pieces import SECOND
from geocnn.prediction.catalogue import pick_earthquakes
from geocnn.prediction.watch import watch_earthquakes

START = 1_700_000_000 * SECOND
CHANGE = 13_600
"""Sample with which the new instrument begins."""


@pytest.fixture
def pieces(five_minutes):
    def pieces(instrument, first, last):
        return [
            ArrayPiece.of(
                Channel("XX", "AAA", "", f"{instrument}{c}"), START + first * SECOND // 100, 100.0, w[first:last].copy()
            )
            for c, w in zip("ZNE", five_minutes[0], strict=True)
        ]

    return pieces


def found(catalogue):
    return [(a.pick.phase, a.pick.time, a.pick.channel.code) for a in catalogue.arrivals]


def check_whole(made, alone):
    """The picks are those of one instrument, with the new codes from the change on."""
    whole = found(alone)
    assert len(whole) > 8
    assert [phase for phase, _, _ in found(made)] == [phase for phase, _, _ in whole]
    for (_, time, code), (_, known, _) in zip(found(made), whole, strict=True):
        assert abs(time - known) < SECOND // 10
        assert code[:2] == ("EH" if time < START + CHANGE * SECOND // 100 else "HH")


@pytest.mark.parametrize("beyond", [0, 1000, 16_400])
def test_the_catalogue_is_that_of_both_instruments(tmp_path, quakes, pieces, beyond):
    """However long the old one goes on."""
    pick = partial(pick_earthquakes, quakes, detector=None, show_progress=False)
    alone = pick(pieces("HH", 0, 30_000))
    old, new = pieces("EH", 0, CHANGE + beyond), pieces("HH", CHANGE, 30_000)
    write_miniseed(tmp_path / "old.mseed", old)
    write_miniseed(tmp_path / "new.mseed", new)
    pictures, kept = CataloguePictures(tmp_path / "pictures"), tmp_path / "probabilities"
    made = pick([tmp_path / "old.mseed", tmp_path / "new.mseed"], pictures=pictures, probabilities=kept)
    check_whole(made, alone)
    assert {line.split(",")[0] for line in made.table().splitlines()[1:]} == {"XX.AAA..EH", "XX.AAA..HH"}
    assert {path.name[:10] for path in kept.iterdir()} == {"XX.AAA..EH", "XX.AAA..HH"}
    assert {f"XX.AAA..{code}.png" for code in ("EH", "HH")} <= {path.name for path in pictures.folder.iterdir()}
    assert found(pick([*old, *new])) == found(made)


def test_streams_of_both_instruments_are_picked_alike(quakes, pieces):
    obspy = pytest.importorskip("obspy")
    both = [*pieces("EH", 0, 15_000), *pieces("HH", CHANGE, 30_000)]
    traces = []
    for piece in both:
        c = piece.channel
        stats = {"network": c.network, "station": c.station, "channel": c.code, "sampling_rate": piece.rate}
        traces.append(obspy.Trace(piece.samples, {**stats, "starttime": obspy.UTCDateTime(ns=piece.start)}))
    pick = partial(pick_earthquakes, quakes, detector=None, show_progress=False)
    made = found(pick(obspy.Stream(traces)))
    assert made == found(pick(both))
    assert {code[:2] for _, _, code in made} == {"EH", "HH"}


def test_a_watch_has_the_catalogue_of_both_instruments_as_they_grow(tmp_path, quakes, pieces):
    folder = tmp_path / "growing"
    folder.mkdir()
    look = partial(watch_earthquakes, quakes, folder, tmp_path / "c.xml", rounds=1, detector=None)
    said = []
    for old, new in ((9000, 0), (14_000, 0), (15_000, 14_100), (15_000, 21_000), (26_000, 30_000)):
        write_miniseed(folder / "old.mseed", pieces("EH", 0, old), overwrite=True)
        if new:
            write_miniseed(folder / "new.mseed", pieces("HH", CHANGE, new), overwrite=True)
        look(announce=said.append)
        pick_earthquakes(quakes, folder, tmp_path / "whole.xml", detector=None, overwrite=True, show_progress=False)
        for end in (".xml", ".csv", "-events.csv"):
            assert (tmp_path / f"c{end}").read_text() == (tmp_path / f"whole{end}").read_text()
    assert len({line for line in said if "where it lacks data, EH? is taken from" in line}) == 1


def test_a_watch_says_once_that_an_instrument_arrives_late(tmp_path, quakes, pieces):
    folder = tmp_path / "growing"
    folder.mkdir()
    said, ends = [], [24_000, 21_000, 18_000, 15_000]

    def grow(line=" S picks"):
        """Write more after each look."""
        said.append(line)
        if ends and " S picks" in line:
            now = ends.pop()
            write_miniseed(folder / "late.mseed", pieces("HH", 0, now - 8000), overwrite=True)
            write_miniseed(folder / "soon.mseed", pieces("EH", 0, now), overwrite=True)

    grow()
    watch_earthquakes(quakes, folder, tmp_path / "c.xml", every=0.01, rounds=4, detector=None, announce=grow)
    assert sum(" S picks" in line for line in said) == 1 + 4
    (note,) = [line for line in said if "EH? beside HH?" in line]
    assert "where it lacks data, EH? is taken at the end; " in note
