"""Catalogues in: what geocnn and ObsPy write, and what is said of files that are none."""

from dataclasses import replace

import numpy as np
import pytest

from geocnn.errors import FormatError, MissingError
from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.catalogue_files import read_catalogue
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Amplitude, Event, Magnitude, Origin, PhasePick, quakeml

START = 1_700_000_000 * SECOND
CHANNEL = Channel("CX", "PB01", "", "HHZ")
P = PhasePick(CHANNEL, "P", START + 123_456_000, 0.05, 0.987, -1, amplitude=Amplitude(12.0, "HHE", 2.0))
S = PhasePick(replace(CHANNEL, location="10", code="HHN"), "S", START + 5 * SECOND, mode="manual")
ORIGIN = Origin(START - 3 * SECOND, -21.05, -69.4, 9.5, 0.125, 1.25, 0.75)
EVENTS = [Event((P, S), ORIGIN, Magnitude(2.34, "ML", 0.2)), Event((replace(P, phase="", time=START + 99 * SECOND),))]


def written(folder, text, name="c.xml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def bare(event):
    """What a reader can know of an event."""
    origin = event.origin and replace(event.origin, rays=())
    return Event(tuple(replace(pick, amplitude=None) for pick in event.picks), origin, event.magnitude)


def test_what_geocnn_writes_is_read_as_it_was(tmp_path):
    path = written(tmp_path, quakeml(EVENTS, "quakes"))
    assert read_catalogue(path) == [bare(event) for event in EVENTS]
    assert read_catalogue(written(tmp_path, quakeml([], "quakes"))) == []


def test_what_obspy_writes(tmp_path):
    core = pytest.importorskip("obspy.core.event")
    obspy = pytest.importorskip("obspy")
    time = obspy.UTCDateTime(ns=START)
    where = {"latitude": -21.0, "longitude": -69.5}
    first, second = (core.Origin(time=time + k, depth=1000.0 * k, **where) for k in (1, 2))
    half = core.Origin(depth=5.0)  # no time and no place
    waveform = core.WaveformStreamID("CX", "PB01", None, "HHZ")
    errors = core.QuantityError(lower_uncertainty=0.1, upper_uncertainty=0.3)
    late = core.Pick(time=time + 30, waveform_id=waveform, phase_hint="Sg", polarity="positive", time_errors=errors)
    early = core.Pick(time=time + 20, waveform_id=waveform, evaluation_mode="manual")  # the arrival says what it is
    second.arrivals.append(core.Arrival(pick_id=early.resource_id, phase="Pn"))
    sizes = [core.Magnitude(mag=mag, magnitude_type=kind) for mag, kind in ((3.1, "mb"), (3.4, "Mw"), (1.0, None))]
    event = core.Event(picks=[late, early], origins=[first, second], magnitudes=sizes)
    event.preferred_origin_id = second.resource_id
    event.preferred_magnitude_id = sizes[1].resource_id
    others = [core.Event(origins=[half], magnitudes=sizes[2:]), core.Event()]
    path = tmp_path / "c.xml"
    core.Catalog([event, *others]).write(str(path), format="QUAKEML")
    whole, plain, nothing = read_catalogue(path)
    assert [(pick.phase, pick.time - START, pick.mode) for pick in whole.picks] == [
        ("Pn", 20 * SECOND, "manual"),
        ("Sg", 30 * SECOND, "automatic"),
    ]
    assert whole.picks[0].channel == CHANNEL
    assert [pick.probability for pick in whole.picks] == [None, None]
    assert (whole.picks[1].polarity, whole.picks[1].uncertainty) == (1, pytest.approx(0.2))
    assert whole.origin == Origin(START + 2 * SECOND, -21.0, -69.5, 2.0)
    assert whole.magnitude == Magnitude(3.4, "Mw")
    assert (plain.origin, plain.magnitude) == (None, Magnitude(1.0, "M"))
    assert nothing == Event(())


def test_the_table_of_picks_has_those_of_the_catalogue(tmp_path):
    jobs = pytest.importorskip("geocnn.prediction.pick_job")
    arrivals = pytest.importorskip("geocnn.prediction.arrivals")
    piece = ArrayPiece.of(CHANNEL, START, 100.0, np.zeros(100))
    (station,) = open_archive([piece]).stations
    picks = [replace(pick, channel=CHANNEL, uncertainty=0.05, probability=0.9, mode="automatic") for pick in (P, S)]
    events = Event(tuple(picks)), Event((replace(picks[0], time=START + 99 * SECOND),))
    every = tuple(arrivals.Arrival(station, pick) for event in events for pick in event.picks)
    made = jobs.Catalogue(every, events, ())
    read = read_catalogue(written(tmp_path, made.table(), "c.csv"))
    expected = [[replace(p, channel=replace(CHANNEL, code="HH"), amplitude=None) for p in e.picks] for e in events]
    assert [list(event.picks) for event in read] == expected
    assert read_catalogue(written(tmp_path, jobs.Catalogue((), (), ()).table(), "c.csv")) == []


def test_a_table_of_others(tmp_path):
    text = (
        "station,phase,time\nPB01,P,1700000000.000001\nCX.PB01,S,2023-11-14T22:13:25.5\nCX.PB01.10,S,2023-11-14T22:13\n"
    )
    found = read_catalogue(written(tmp_path, text, "c.csv"))
    assert [event.picks[0].channel for event in found] == [
        Channel("", "PB01", "", ""),
        Channel("CX", "PB01", "", ""),
        Channel("CX", "PB01", "10", ""),
    ]
    assert [event.picks[0].time - START for event in found] == [1000, 5_500_000_000, -20 * SECOND]


@pytest.mark.parametrize(("zone", "seconds"), [("Z", 0), ("", 0), ("+00:00", 0), ("+02:00", -7200), ("-0330", 12600)])
def test_times_of_all_zones(tmp_path, zone, seconds):
    text = quakeml(EVENTS[1:], "quakes").replace("T22:14:59.000000Z", f"T22:14:59.25{zone}")
    assert f"59.25{zone}<" in text
    assert read_catalogue(written(tmp_path, text))[0].picks[0].time == START + (99 * 4 + 1 + 4 * seconds) * SECOND // 4


WORDS = [
    ("", "{path} is empty and has no phase, time; needed is a table of picks whose first line is phase,time."),
    (
        "<a><b></a>",
        "{path} is XML of the kind a; needed is QuakeML, or the table of picks that geocnn predict quakes writes.",
    ),
    ("<quakeml><event>", "{path} is damaged XML (no element found: line 1, column 16); copy it again."),
    ("phase,time\nP,5\n", "{path}, line 2, names no station; needed is a column id or station, such as CX.PB01..HH."),
    (
        "phase,time,station\nP,noon,A.B\n",
        "{path}, line 2: the time is 'noon'; needed is one such as 2026-01-31T23:59:59.123Z.",
    ),
    (
        "phase,time,station\nP,1e99,A.B\n",
        "{path}, line 2: the time is '1e99'; needed is one such as 2026-01-31T23:59:59.123Z.",
    ),
    (
        "phase,time,station,probability\nP,5,A.B,2\n",
        "{path}, line 2: probability is '2'; needed is a number within 0 to 1.",
    ),
    (
        quakeml(EVENTS[1:], "quakes").replace("2023-11-14", "2023-02-30"),
        "{path}, pick smi:local/geocnn/quakes/pick-20231114T221459.000000-CX.PB01..HHZ: the time is "
        "'2023-02-30T22:14:59.000000Z'; needed is one such as 2026-01-31T23:59:59.123Z.",
    ),
    (
        quakeml(EVENTS[:1], "quakes").replace("-21.05000", "south"),
        "{path}, origin smi:local/geocnn/quakes/origin-20231114T221317.000000-20231114T221320.123456-CX.PB01..HHZ-P: "
        "latitude is 'south'; needed is a number within -90 to 90.",
    ),
]


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_what_is_no_catalogue(tmp_path, text, words):
    path = written(tmp_path, text, "c.txt")
    with pytest.raises(FormatError) as told:
        read_catalogue(path)
    assert str(told.value) == words.format(path=path)


def test_what_is_not_there(tmp_path):
    needed = "needed is QuakeML, or the table of picks that geocnn predict quakes writes."
    with pytest.raises(MissingError) as told:
        read_catalogue(tmp_path / "c.xml")
    assert str(told.value) == f"there is no file {tmp_path / 'c.xml'}; {needed}"
    with pytest.raises(FormatError, match="cannot be read"):
        read_catalogue(tmp_path)
