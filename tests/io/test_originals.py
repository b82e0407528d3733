"""Events of other programs go through a review with all that geocnn has no place for."""

from dataclasses import replace

import pytest

from geocnn.io.waveforms.catalogue_files import read_catalogue
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, quakeml
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
