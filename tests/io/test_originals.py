"""Events of other programs go through a review with all that geocnn has no place for."""

from dataclasses import replace
from functools import partial
from xml.etree import ElementTree as ET

import pytest

from geocnn.io.waveforms.catalogue_files import read_catalogue
from geocnn.io.waveforms.pieces import SECOND, Channel
from geocnn.io.waveforms.quakeml import Amplitude, Event, Magnitude, Origin, PhasePick, Ray, quakeml
from geocnn.viewer.review import Review

obspy = pytest.importorskip("obspy")
core = pytest.importorskip("obspy.core.event")

START = 1_767_225_600 * SECOND
TIME = obspy.UTCDateTime(ns=START)
CATALOGUE = "http://anss.org/xmlns/catalog/0.1"


def rich():
    """An event as an observatory has it."""
    waveforms = [core.WaveformStreamID("CX", name, None, "HHZ") for name in ("PB01", "PB02")]
    picks = [core.Pick(time=TIME + k, waveform_id=w, phase_hint="P") for k, w in enumerate(waveforms)]
    origins = [core.Origin(time=TIME - k, latitude=-21.0, longitude=-69.5, depth=1e4) for k in (5, 6)]
    for origin in origins:
        origin.arrivals = [core.Arrival(pick_id=p.resource_id, phase="P", time_residual=0.1) for p in picks]
    sizes = [core.Amplitude(generic_amplitude=1e-3, type="AML", unit="m", pick_id=p.resource_id) for p in picks]
    stations = [
        core.StationMagnitude(origin_id=origins[1].resource_id, mag=3.0 + k, amplitude_id=size.resource_id)
        for k, size in enumerate(sizes)
    ]
    magnitude = core.Magnitude(mag=3.5, magnitude_type="ML", origin_id=origins[1].resource_id)
    magnitude.station_magnitude_contributions = [
        core.StationMagnitudeContribution(station_magnitude_id=one.resource_id) for one in stations
    ]
    planes = core.NodalPlanes(nodal_plane_1=core.NodalPlane(strike=10.0, dip=45.0, rake=-90.0))
    mechanism = core.FocalMechanism(nodal_planes=planes, triggering_origin_id=origins[0].resource_id)
    event = core.Event(
        picks=picks,
        origins=origins,
        amplitudes=sizes,
        station_magnitudes=stations,
        magnitudes=[magnitude],
        focal_mechanisms=[mechanism],
        event_descriptions=[
            core.EventDescription(text="off Iquique, \N{LATIN SMALL LETTER N WITH TILDE}", type="region name")
        ],
        creation_info=core.CreationInfo(agency_id="XX", author="somebody", version="2"),
    )
    event.preferred_origin_id, event.preferred_magnitude_id = origins[1].resource_id, magnitude.resource_id
    event.extra = {"eventid": {"value": "cx1", "namespace": CATALOGUE, "type": "attribute"}}
    return event


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "theirs.xml"
    core.Catalog([rich()]).write(str(path), format="QUAKEML", nsmap={"catalog": CATALOGUE})
    return path


def saved(path, events):
    """The only event of a catalogue, as ObsPy reads what is written."""
    out = path.with_name("ours.xml")
    out.write_text(quakeml(events, "quakes"), encoding="utf-8")
    assert [{*event.picks} for event in read_catalogue(out)] == [{*event.picks} for event in events]
    (event,) = obspy.read_events(str(out))
    return event


def test_an_event_that_nobody_touches_is_the_same(file):
    (before,) = obspy.read_events(str(file))
    after = saved(file, read_catalogue(file))
    assert after == before
    assert after.extra.eventid.value == before.extra.eventid.value == "cx1"
    assert [one.resource_id for one in after.picks] == [one.resource_id for one in before.picks]


def test_what_rests_on_a_pick_goes_with_it_and_the_rest_stays(file):
    review = Review(read_catalogue(file))
    station = next(s for s in stations() if s.name == "PB01")
    (pick,) = review.at(station)
    review.move(station, pick.number, pick.pick.time + SECOND)
    (before,) = obspy.read_events(str(file))
    after = saved(file, review.events)
    (kept,) = [one for one in after.picks if one.waveform_id.station_code == "PB02"]
    (moved,) = [one for one in after.picks if one.waveform_id.station_code == "PB01"]
    assert kept == before.picks[1]
    assert (moved.time, moved.evaluation_mode) == (TIME + 1, "manual")
    assert [[a.pick_id for a in origin.arrivals] for origin in after.origins] == [[kept.resource_id]] * 2
    assert [one.pick_id for one in after.amplitudes] == [kept.resource_id]
    (own,) = after.station_magnitudes
    assert own == before.station_magnitudes[1]
    (one,) = after.magnitudes[0].station_magnitude_contributions
    assert one.station_magnitude_id == own.resource_id
    for name in ("focal_mechanisms", "event_descriptions", "creation_info", "preferred_origin_id", "resource_id"):
        assert getattr(after, name) == getattr(before, name)
    review.undo()
    assert saved(file, review.events) == before


def stations():
    from geocnn.io.waveforms import ArrayPiece, Channel, open_archive

    channels = [Channel("CX", name, "", f"HH{code}") for name in ("PB01", "PB02") for code in "ZNE"]
    return open_archive([ArrayPiece.of(channel, START, 100.0, range(1000)) for channel in channels]).stations


@pytest.mark.parametrize("gone", [0, 1])
def test_of_two_equal_picks_the_one_that_is_removed_goes(tmp_path, gone):
    """Two agencies have the same P wave. A copy of a pick, such as one moved away and back, stands for one of them."""
    waveform = core.WaveformStreamID("CX", "PB01", None, "HHZ")
    picks = [core.Pick(time=TIME, waveform_id=waveform, phase_hint="P", evaluation_mode="manual") for _ in range(2)]
    sizes = [core.Amplitude(generic_amplitude=1e-3, pick_id=pick.resource_id) for pick in picks]
    path = tmp_path / "theirs.xml"
    core.Catalog([core.Event(picks=picks, amplitudes=sizes)]).write(str(path), format="QUAKEML")
    review = Review(read_catalogue(path))
    station = next(s for s in stations() if s.name == "PB01")
    review.remove(review.at(station)[gone].number)
    after = saved(path, review.events)
    assert [one.resource_id for one in after.picks] == [picks[1 - gone].resource_id]
    assert [one.pick_id for one in after.amplitudes] == [picks[1 - gone].resource_id]
    review.undo()
    (event,) = review.events
    copies = tuple(map(replace, event.picks))
    assert saved(path, [replace(event, picks=copies[::-1])]).picks == saved(path, [event]).picks
    names = [one.resource_id for one in saved(path, [replace(event, picks=copies[:1])]).picks]
    assert len(names) == 1
    assert len(saved(path, [replace(event, picks=(*event.picks, copies[0]))]).picks) == 3


def test_events_of_others_without_picks_and_origins_stay(tmp_path):
    path = tmp_path / "theirs.xml"
    core.Catalog([core.Event(focal_mechanisms=[core.FocalMechanism(waveform_id=[])])]).write(
        str(path), format="QUAKEML"
    )
    (event,) = read_catalogue(path)
    assert event == Event(())
    assert Review([event]).events == [event]
    assert Review([replace(event, original=None)]).events == []
    assert len(saved(path, [event]).focal_mechanisms) == 1


def test_events_in_another_form_are_written_in_ours(file):
    text = file.read_text(encoding="utf-8").replace("xmlns/bed/1.2", "xmlns/bed/1.1")
    file.write_text(text, encoding="utf-8")
    (event,) = read_catalogue(file)
    assert event.original is None
    assert len(saved(file, [event]).picks) == 2


def ours():
    """Two earthquakes of geocnn, with all that others build upon."""
    made = []
    for k in range(2):
        picks = tuple(
            PhasePick(
                Channel("CX", "PB01", "", f"HH{code}"),
                phase,
                START + (100 * k + late) * SECOND,
                uncertainty=0.05,
                probability=0.9,
                polarity=-1 if phase == "P" else 0,
                amplitude=Amplitude(12.0, "HHE", 2.0),
                wood_anderson=2500.0 if phase == "S" else None,
            )
            for phase, code, late in (("P", "Z", 5), ("S", "N", 9))
        )
        rays = tuple(Ray(30.0, 120.0, late) for late in (0.1, -0.1))
        origin = Origin(START + 100 * k * SECOND, -21.0, -69.5, 8.0, 0.1, 2.0, 3.0, rays)
        made.append(Event(picks, origin, Magnitude(2.5, "ML", 0.2, ((1, 2.5),)), comment="earthquake 30 km away"))
    return made


def enriched(catalogue):
    """What a seismologist adds to the first event with ObsPy."""
    me, event = core.CreationInfo(author="me", agency_id="SED"), catalogue[0]
    where = {"latitude": -21.03, "longitude": -69.48, "depth": 6500.0}
    mine = core.Origin(
        time=TIME + 0.3, evaluation_mode="manual", evaluation_status="reviewed", creation_info=me, **where
    )
    mine.method_id = core.ResourceIdentifier("smi:local/NLL")
    event.origins.append(mine)
    size = core.Magnitude(mag=3.4, magnitude_type="Mw", origin_id=mine.resource_id, creation_info=me)
    event.magnitudes.append(size)
    planes = core.NodalPlanes(nodal_plane_1=core.NodalPlane(strike=10.0, dip=60.0, rake=-90.0))
    event.focal_mechanisms.append(core.FocalMechanism(nodal_planes=planes, creation_info=me))
    event.preferred_origin_id, event.preferred_magnitude_id = mine.resource_id, size.resource_id
    event.event_descriptions.append(core.EventDescription(text="Brienz", type="earthquake name"))
    event.comments.append(core.Comment(text="felt"))
    event.picks[0].onset = "impulsive"
    event.picks[1].time_errors = core.QuantityError(lower_uncertainty=0.1, upper_uncertainty=0.3)
    return catalogue


def test_what_others_add_to_events_of_geocnn_stays(tmp_path):
    """Of the event that is changed, and of all others; checked by ObsPy."""
    path = tmp_path / "c.xml"
    path.write_text(quakeml(ours(), "quakes"), encoding="utf-8")
    enriched(obspy.read_events(str(path))).write(str(path), format="QUAKEML")
    before, read = obspy.read_events(str(path)), read_catalogue(path)
    assert read[0].origin.latitude == -21.03
    assert read[0].magnitude == Magnitude(3.4, "Mw")

    def written(events):
        path.write_text(quakeml(events, "quakes", reviewed=True), encoding="utf-8")
        return obspy.read_events(str(path))

    assert list(written(read)) == list(before)
    review, (station, _) = Review(read), stations()
    review.remove(review.at(station)[0].number)
    after = written(review.events)
    assert after[1] == before[1]
    assert [one.phase_hint for one in after[0].picks] == ["S"]
    for name in ("focal_mechanisms", "magnitudes", "event_descriptions", "comments", "preferred_origin_id"):
        assert getattr(after[0], name) == getattr(before[0], name)
    assert after[0].origins[1] == before[0].origins[1]
    assert after[0].origins[1].creation_info.author == "me"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("<phaseHint>P</phaseHint>", "<onset>impulsive</onset><phaseHint>P</phaseHint>"),
        ("<type>ML</type>", "<type>ML</type><evaluationStatus>reviewed</evaluationStatus>"),
        ("<latitude>", "<methodID>smi:local/NLL</methodID><latitude>"),
        ("<uncertainty>0.050</uncertainty>", "<lowerUncertainty>0.1</lowerUncertainty>"),
        ("<polarity>negative</polarity>", "<polarity>undecidable</polarity>"),
        ("<value>-21.00000</value>", "<value>-21.0000012</value>"),
        ("<author>geocnn</author>", "<author>geocnn</author><agencyID>SED</agencyID>"),
        (
            "<text>earthquake 30 km away</text>",
            '<text>earthquake 30 km away</text><kind xmlns="urn:of-others">a</kind>',
        ),
        ("30 km away</text>\n      </comment>", "30 km away</text></comment><comment><text>felt</text></comment>"),
        ('channelCode="HHN"', 'channelCode="HHN" of="them"'),
    ],
)
def test_whatever_else_is_in_an_event_of_geocnn_stays(tmp_path, now, then):
    text = quakeml(ours(), "quakes")
    assert now in text
    path = tmp_path / "c.xml"
    path.write_text(text.replace(now, then, 1), encoding="utf-8")
    first, second = read_catalogue(path)
    assert first.original is not None
    assert second.original is None  # and takes no memory
    same = partial(ET.canonicalize, strip_text=True, rewrite_prefixes=True)
    assert same(quakeml([first, second], "quakes")) == same(path.read_text(encoding="utf-8"))


def test_other_catalogues_of_geocnn_keep_their_identifiers(tmp_path):
    before = quakeml(ours(), "synthetic")
    (tmp_path / "c.xml").write_text(before, encoding="utf-8")
    after = quakeml(read_catalogue(tmp_path / "c.xml"), "quakes")
    assert after == before.replace('geocnn/synthetic">', 'geocnn/quakes">', 1)  # but for that of the whole
