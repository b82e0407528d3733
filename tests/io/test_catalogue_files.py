"""Catalogues in: what geocnn and ObsPy write, and what is said of files that are none."""

import re
from dataclasses import replace

import numpy as np
import pytest

from geocnn.errors import FormatError, MissingError
from geocnn.io.known_arrivals import read_arrivals
from geocnn.io.sites import Site
from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.catalogue_files import read_catalogue
from geocnn.io.waveforms.pick_table import pick_table
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Amplitude, Event, Magnitude, Origin, PhasePick, Ray, quakeml
from geocnn.location import Cluster, Estimate, Place

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


def test_what_geocnn_writes_is_read_as_it_was(tmp_path):
    path = written(tmp_path, quakeml(EVENTS, "quakes"))
    assert read_catalogue(path) == EVENTS
    assert read_catalogue(written(tmp_path, quakeml([], "quakes"))) == []


SITES = [Site("CX", f"PB0{k}", -21.0 + 0.1 * k, -69.5 + 0.05 * k * k) for k in range(1, 7)]


def some(rng, k, phase, time, **known):
    """A pick with all that a picker and a detector have of it, or a part of it."""
    size, code = Amplitude(10 ** rng.uniform(0, 7), f"HH{rng.choice(list('ZNE'))}", 2.0), "Z" if phase == "P" else "N"
    way = Estimate(*(rng.uniform(0, 360, 3))) if rng.random() < 0.7 else None
    told = Estimate(*np.sort(10 ** rng.uniform(0, 2, 3))[[1, 0, 2]])
    place = Place(rng.uniform(), told, told, way, Cluster(3, rng.uniform()) if rng.random() < 0.5 else None)
    return PhasePick(
        Channel("CX", f"PB0{k + 1}", "10" if k == 2 else "", f"HH{code}"),
        phase,
        START + round(time * SECOND) + int(rng.integers(1000)),
        uncertainty=rng.uniform(0.01, 1),
        probability=rng.uniform(),
        polarity=int(rng.integers(-1, 2)) if phase == "P" else 0,
        mode="manual" if rng.random() < 0.2 else "automatic",
        place=place if phase == "P" and rng.random() < 0.8 else None,
        amplitude=size if rng.random() < 0.9 else None,
        wood_anderson=10 ** rng.uniform(0, 6) if phase == "S" and rng.random() < 0.8 else None,
        **known,
    )


def earthquake(rng, begin):
    """An earthquake at some stations, two of whose picks were added to it without a look at their times."""
    order = rng.permutation(6)[: rng.integers(1, 7)]
    when = begin + rng.uniform(1, 30, (6, 2))
    picks = [some(rng, k, phase, when[k, row]) for k in order for row, phase in enumerate("PS")]
    picks = [*sorted(picks[:-2], key=lambda pick: pick.time), *picks[-2:]]
    rays = [
        Ray.to(
            next(site for site in SITES if site.station == pick.channel.station), -21.3, -69.2, late, rng.uniform(0, 1)
        )
        for pick, late in zip(picks, [*rng.normal(0, 0.3, len(picks) - 2), None, None], strict=True)
    ]
    origin = Origin(START + round(begin * SECOND), -21.3, -69.2, *rng.uniform(0.1, 50, 4), tuple(rays))
    drawn = tuple((k, rng.normal(2, 1)) for k, pick in enumerate(picks) if pick.wood_anderson is not None)
    size = Magnitude(rng.normal(2, 1), "ML", rng.uniform(), drawn) if drawn else None
    if rng.random() < 0.3:
        return Event(tuple(picks), None, size)
    return Event(tuple(picks), origin, size, comment="felt" * bool(rng.integers(2)), kind="earthquake")


def rich():
    """A catalogue with all that geocnn writes."""
    rng = np.random.default_rng(3)
    detected = PhasePick(CHANNEL, "", START - 90 * SECOND, uncertainty=5.2, probability=0.7)
    return [
        *(earthquake(rng, 100 * k) for k in range(60)),
        Event((some(rng, 0, "P", 7000), some(rng, 0, "S", 7010))),
        Event((some(rng, 1, "S", 7100),), kind="quarry blast", certainty="suspected"),
        Event((detected,), Origin(detected.time, -21.0, -69.0, uncertainty=5.2, spread=3.0), comment="class 3"),
        Event((), Origin(START, 10.0, 20.0, mode="manual"), Magnitude(5.0, stations=7), comment="of an agency"),
    ]


def test_a_catalogue_that_is_read_and_written_again_is_the_same(tmp_path):
    before = quakeml(rich(), "quakes")
    for tag in ("backazimuth", "timeResidual", "stationMagnitudeID", "typeCertainty", "azimuthalGap", "stationCount"):
        assert f"<{tag}>" in before
    read = read_catalogue(written(tmp_path, before))
    assert quakeml(read, "quakes") == before
    assert [(len(event.picks), event.kind) for event in read] == [(len(event.picks), event.kind) for event in rich()]


def test_numbers_on_which_no_other_rests_may_be_none(tmp_path):
    text = quakeml(rich()[:1], "quakes")
    for tag in ("timeResidual", "distance", "stationCount", "timeWeight"):
        text = re.sub(rf"<{tag}>.*<", f"<{tag}>NaN<", text)
    text = re.sub(r"(<(?:backazimuth|genericAmplitude)>\s*<value>).*<", r"\1unknown<", text)
    (event,) = read_catalogue(written(tmp_path, text))
    assert {(ray.distance, ray.residual, ray.weight) for ray in event.origin.rays} == {(None, None, 1.0)}
    assert all(ray.azimuth is not None for ray in event.origin.rays)
    assert {(pick.backazimuth, pick.amplitude, pick.wood_anderson) for pick in event.picks} == {(None, None, None)}
    assert (event.magnitude.of_picks, event.magnitude.stations) == ((), 0)
    table = "station,phase,time,amplitude,wood_anderson,mode\nA.B,P,5,nan,,\nA.B,S,6,none,2.5,manual\n"
    first, second = (event.picks[0] for event in read_catalogue(written(tmp_path, table, "c.csv")))
    assert (first.amplitude, first.wood_anderson, first.mode) == (None, None, None)
    assert (second.amplitude, second.wood_anderson, second.mode) == (None, 2.5, "manual")


def test_a_table_that_is_read_and_written_again_is_the_same(tmp_path):
    def table(events):
        rows = [
            (f"CX.{pick.channel.station}.{pick.channel.location}.HH", pick, number)
            for number, event in enumerate(events)
            for pick in event.picks
        ]
        return pick_table(sorted(rows, key=lambda row: (row[0], row[1].time)))

    before = table(rich()[:-1])
    assert {words.split(",")[-1] for words in before.splitlines()} == {"mode", "automatic", "manual"}
    assert table(read_catalogue(written(tmp_path, before, "c.csv"))) == before


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
    seen = {"azimuth": 30.0, "distance": 2.0, "time_residual": -0.25, "time_weight": 0.5}
    second.arrivals.append(core.Arrival(pick_id=early.resource_id, phase="Pn", **seen))
    second.evaluation_mode = "manual"
    early.backazimuth = 212.5
    large = core.Amplitude(generic_amplitude=0.002, unit="m", type="AML", pick_id=late.resource_id)  # of what?
    sizes = [core.Magnitude(mag=mag, magnitude_type=kind) for mag, kind in ((3.1, "mb"), (3.4, "Mw"), (1.0, None))]
    sizes[1].station_count = 12
    event = core.Event(picks=[late, early], origins=[first, second], magnitudes=sizes, amplitudes=[large])
    event.event_type, event.event_type_certainty = "quarry blast", "suspected"
    event.comments = [core.Comment(text=words) for words in ("felt in Iquique", "not in Arica")]
    event.preferred_origin_id = second.resource_id
    event.preferred_magnitude_id = sizes[1].resource_id
    others = [core.Event(origins=[half], magnitudes=sizes[2:]), core.Event()]
    path = tmp_path / "c.xml"
    core.Catalog([event, *others]).write(str(path), format="QUAKEML")
    whole, plain, nothing = read_catalogue(path)
    assert [(pick.phase, pick.time - START, pick.mode) for pick in whole.picks] == [
        ("Sg", 30 * SECOND, None),
        ("Pn", 20 * SECOND, "manual"),
    ]
    assert whole.picks[1].channel == CHANNEL
    assert [pick.probability for pick in whole.picks] == [None, None]
    assert (whole.picks[0].polarity, whole.picks[0].uncertainty) == (1, pytest.approx(0.2))
    assert [pick.backazimuth for pick in whole.picks] == [None, (212.5, None)]
    rays = None, Ray(pytest.approx(222.39, abs=0.01), 30.0, -0.25, 0.5)
    assert whole.origin == Origin(START + 2 * SECOND, -21.0, -69.5, 2.0, rays=rays, mode="manual")
    assert whole.magnitude == Magnitude(3.4, "Mw", stations=12)
    assert (whole.kind, whole.certainty, whole.comment) == (
        "quarry blast",
        "suspected",
        "felt in Iquique\nnot in Arica",
    )
    path.write_text(quakeml([whole], "quakes"), encoding="utf-8")
    assert read_catalogue(path) == [whole]
    (theirs,) = obspy.read_events(str(path))
    assert (theirs.event_type, theirs.event_type_certainty) == ("quarry blast", "suspected")
    (arrival,) = theirs.preferred_origin().arrivals
    assert {name: getattr(arrival, name) for name in seen} == seen
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
    bare = {"channel": replace(CHANNEL, code="HH"), "backazimuth": None}
    sizes = [[p.amplitude and replace(p.amplitude, code="HH", window=None) for p in e.picks] for e in events]
    expected = [
        [replace(p, amplitude=size, **bare) for p, size in zip(event.picks, own, strict=True)]
        for event, own in zip(events, sizes, strict=True)
    ]
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


def test_an_id_may_be_a_number_beside_a_station(tmp_path):
    table = written(tmp_path, "id,station,phase,time\n17,CX.PB01,P,1700000000\n18,PB02,S,1700000003\n", "n.csv")
    assert [event.picks[0].channel for event in read_catalogue(table)] == [
        Channel("CX", "PB01", "", ""),
        Channel("", "PB02", "", ""),
    ]
    assert [(arrival.where, arrival.phase) for arrival in read_arrivals(table)] == [("CX.PB01", "P"), ("PB02", "S")]


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
        "{path}, line 2: the time is 'noon'; needed is one such as 2026-01-31T23:59:59.123Z, or seconds since 1970.",
    ),
    (
        "phase,time,station\nP,1e99,A.B\n",
        "{path}, line 2: the time is '1e99'; needed is one such as 2026-01-31T23:59:59.123Z, or seconds since 1970.",
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
