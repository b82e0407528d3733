"""Catalogues in the databases of observatories: what identifies an event, and what is left of it in SeisComP."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from geocnn.io.sites import Site
from geocnn.io.waveforms import Channel
from geocnn.io.waveforms.catalogue_files import read_catalogue
from geocnn.io.waveforms.pieces import SECOND, utc
from geocnn.io.waveforms.quakeml import Amplitude, Event, Magnitude, Origin, PhasePick, Ray, quakeml
from geocnn.location import Estimate, Place

obspy = pytest.importorskip("obspy")
quakeml_core = pytest.importorskip("obspy.io.quakeml.core")

START = 1_700_000_000 * SECOND
SITES = [Site("CX", name, -21.0 + 0.1 * k, -69.5 + 0.05 * k * k) for k, name in enumerate(("PB01", "PB02", "PB03"))]
TOLD = Place(0.9, Estimate(20, 15, 25), Estimate(8, 5, 12), Estimate(350, 330, 10))


def picks(after, sites=SITES, phases="PS"):
    """P and S at each station, so many seconds after the start."""
    return tuple(
        PhasePick(
            Channel(site.network, site.station, "", f"HH{'Z' if phase == 'P' else 'N'}"),
            phase,
            START + round((after + 3 * k + 4 * (phase == "S")) * SECOND),
            uncertainty=0.03,
            probability=0.8,
            polarity=-1 if phase == "P" else 0,
            place=TOLD if phase == "P" else None,
            amplitude=Amplitude(12345.6, "HHE", 2.0) if phase == "S" else None,
        )
        for k, site in enumerate(sites)
        for phase in phases
    )


def located(after, sites=SITES):
    """An earthquake at all stations."""
    seen = picks(after, sites)
    place = -21.05, -69.4
    rays = tuple(Ray.to(site, *place, 0.1 * k) for k, site in enumerate(sites) for _ in "PS")
    return Event(
        seen, Origin(START + round((after - 4) * SECOND), *place, 9.5, 0.125, 1.25, 0.75, rays), Magnitude(2.34)
    )


def identifiers(events, kind="event|pick|amplitude|origin|magnitude|arrival"):
    """All of a catalogue, in its order."""
    return re.findall(rf'<(?:{kind}) publicID="([^"]+)"', quakeml(events, "quakes"))


def test_catalogues_share_no_identifiers_and_repeat_none(tmp_path):
    seen = Event(picks(300, SITES[:1])), Event(picks(400, SITES[1:2], "S")), located(10), located(100)
    ours = identifiers(seen)
    assert len(ours) == len(set(ours)) == 4 + 15 + 8 + 2 + 2 + 12
    others = [
        [located(10.5)],  # half a second later
        [located(10, [replace(site, network="XX") for site in SITES])],
        [Event(picks(300, SITES[:1], "S"))],
    ]
    for other in others[:2]:
        assert not set(identifiers(other)) & set(ours)
    assert not set(identifiers(others[2], "event")) & set(ours)
    path = tmp_path / "c.xml"
    odd = PhasePick(Channel("Ü Z", "A:B", "00", "HH/Z"), "P", START)
    path.write_text(quakeml([*seen, Event((odd,))], "quakes"), encoding="utf-8")
    assert quakeml_core._validate(str(path))


def test_what_is_known_keeps_its_identifiers_while_a_catalogue_grows():
    before, later = [located(100), Event(picks(300, SITES[:1]))], located(10)
    grown = [later, *before]  # by time, and so the first of all now
    assert identifiers(grown)[-len(identifiers(before)) :] == identifiers(before)
    moved = replace(before[0], origin=replace(before[0].origin, time=before[0].origin.time + SECOND // 100))
    assert identifiers([moved], "event|pick") == identifiers(before[:1], "event|pick")
    assert not set(identifiers([moved], "origin|arrival|magnitude")) & set(identifiers(before[:1]))


def imported(folder):
    """What SeisComP makes of a catalogue, with each stylesheet that ObsPy brings, valid by the schema beside it."""
    etree = pytest.importorskip("lxml.etree")
    path = folder / "c.xml"
    path.write_text(quakeml([located(10), located(100), Event(picks(300, SITES[:1]))], "quakes"), encoding="utf-8")
    sheets = sorted((Path(obspy.__file__).parent / "io" / "seiscomp" / "data").glob("quakeml_1.2__sc*.xsl"))
    assert sheets
    for sheet in sheets:
        prefix = etree.XSLT.strparam("smi:local/geocnn/quakes/")  # what SeisComP is told to take off identifiers
        made = etree.XSLT(etree.parse(sheet))(etree.parse(path), ID_PREFIX=prefix)
        schema = etree.XMLSchema(etree.parse(sheet.with_name(f"{sheet.stem.split('__')[1]}.xsd")))
        schema.assertValid(made)
        yield made.getroot()[0], "ID_PREFIX" in sheet.read_text(encoding="utf-8")


def test_seiscomp_finds_everything_that_is_referred_to(tmp_path):
    for root, shortened in imported(tmp_path):
        found = [len(root.findall(f"{{*}}{tag}")) for tag in ("event", "origin", "pick", "amplitude")]
        assert found == [3, 2, 14, 7]
        names = [element.get("publicID") for element in root.iterdescendants() if element.get("publicID")]
        assert len(names) == len(set(names)) == 3 + 2 + 14 + 7 + 2
        assert not (shortened and any("/" in name for name in names))  # they become names of folders
        tags = ("pickID", "originReference", "preferredOriginID", "preferredMagnitudeID", "originID")
        links = [element.text for element in root.iter(*(f"{{*}}{tag}" for tag in tags))]
        assert len(links) == 12 + 4 * 2 + 7
        assert set(links) <= set(names)


def test_seiscomp_gets_all_that_is_known(tmp_path):
    for root, _ in imported(tmp_path):
        origin, pick, event = (root.find(f"{{*}}{tag}") for tag in ("origin", "pick", "event"))
        assert origin.findtext("{*}magnitude/{*}magnitude/{*}value") == "2.34"
        assert [float(origin.findtext(f"{{*}}depth/{{*}}{end}")) for end in ("value", "uncertainty")] == [
            9.5,
            0.75,
        ]  # km
        assert float(origin.findtext("{*}time/{*}uncertainty")) == 0.125
        assert float(origin.findtext("{*}uncertainty/{*}horizontalUncertainty")) == 1.25
        assert origin.findtext("{*}evaluationMode") == "automatic"
        error = float(origin.findtext("{*}quality/{*}standardError"))
        assert error == pytest.approx(((0.0**2 + 0.1**2 + 0.2**2) / 3) ** 0.5, abs=0.001)
        for arrival, ray in zip(origin.findall("{*}arrival"), located(10).origin.rays, strict=True):
            assert float(arrival.findtext("{*}timeResidual")) == pytest.approx(ray.residual)
            assert float(arrival.findtext("{*}weight")) == 1
            assert float(arrival.findtext("{*}distance")) == pytest.approx(ray.distance / 111.195, abs=1e-5)
            assert float(arrival.findtext("{*}azimuth")) == pytest.approx(ray.azimuth, abs=0.06)
        codes = {"networkCode": "CX", "stationCode": "PB01", "locationCode": "", "channelCode": "HHZ"}
        assert pick.find("{*}waveformID").attrib == codes
        assert [pick.findtext(f"{{*}}{tag}") for tag in ("phaseHint", "polarity", "evaluationMode")] == [
            "P",
            "negative",
            "automatic",
        ]
        assert float(pick.findtext("{*}time/{*}uncertainty")) == 0.03
        assert [float(pick.findtext(f"{{*}}backazimuth/{{*}}{end}")) for end in ("value", "uncertainty")] == [350, 20]
        assert pick.findtext("{*}comment/{*}text") == "probability 0.800"
        size = root.find("{*}amplitude")
        assert [size.findtext(f"{{*}}{tag}") for tag in ("type", "unit", "amplitude/{*}value")] == [
            "A",
            "other",
            "12350",
        ]
        assert size.find("{*}waveformID").attrib == codes | {"channelCode": "HHE"}
        assert size.findtext("{*}pickID") == root.findall("{*}pick")[1].get("publicID")
        assert [size.findtext(f"{{*}}timeWindow/{{*}}{end}") for end in ("begin", "end")] == ["0", "2"]
        assert size.findtext("{*}timeWindow/{*}reference") == root.findall("{*}pick")[1].findtext("{*}time/{*}value")
        assert event.findtext("{*}comment/{*}text").startswith("CX.PB01: earthquake with probability 0.90")
        assert {e.findtext("{*}creationInfo/{*}author") for e in (pick, origin, event)} == {"geocnn"}


def test_local_magnitudes_rest_on_those_of_stations_and_these_on_amplitudes(tmp_path):
    event = located(10)
    drawn = [replace(p, wood_anderson=1500.0 + k) if p.phase == "S" else p for k, p in enumerate(event.picks)]
    of_picks = ((1, 2.2), (3, 2.34), (5, 2.6))
    event = replace(event, picks=tuple(drawn), magnitude=Magnitude(2.34, "ML", 0.2, of_picks))
    path = tmp_path / "c.xml"
    path.write_text(quakeml([event], "quakes"), encoding="utf-8")
    assert quakeml_core._validate(str(path))
    (read,) = obspy.read_events(str(path))
    whole = read.preferred_magnitude()
    assert (whole.mag, whole.mag_errors.uncertainty, whole.magnitude_type, whole.station_count) == (2.34, 0.2, "ML", 3)
    assert whole.origin_id == read.preferred_origin().resource_id
    parts = [c.station_magnitude_id.get_referred_object() for c in whole.station_magnitude_contributions]
    assert [(part.waveform_id.station_code, part.mag) for part in parts] == [
        ("PB01", 2.2),
        ("PB02", 2.34),
        ("PB03", 2.6),
    ]
    for part, pick in zip(parts, event.picks[1::2], strict=True):
        amplitude = part.amplitude_id.get_referred_object()
        assert amplitude.generic_amplitude == pytest.approx(pick.wood_anderson * 1e-9, rel=1e-3)
        assert (amplitude.type, amplitude.unit, amplitude.magnitude_hint) == ("AML", "m", "ML")
        assert amplitude.pick_id.get_referred_object().time.ns == pytest.approx(pick.time, abs=1000)
    alone = replace(event, picks=event.picks[:2], origin=None, magnitude=Magnitude(2.2, "ML", 0.3, of_picks[:1]))
    path.write_text(quakeml([alone], "quakes"), encoding="utf-8")
    assert quakeml_core._validate(str(path))
    assert obspy.read_events(str(path))[0].preferred_magnitude().station_count == 1


@pytest.mark.parametrize(
    ("unused", "counts"),
    [({}, (12, 6, 6, 3)), ({1: None, 4: None, 5: None}, (12, 6, 3, 2)), (dict.fromkeys(range(6)), (12, 6, None, None))],
)
def test_an_origin_rests_on_what_was_used_for_it(tmp_path, unused, counts):
    """Further picks of the same earthquake, such as those of another instrument, are associated with it."""
    event = located(10)
    more = [replace(p, channel=replace(p.channel, station=f"Q{p.channel.station}")) for p in event.picks]
    rays = [replace(ray, residual=unused.get(k, ray.residual)) for k, ray in enumerate(event.origin.rays)]
    weightless = [replace(ray, weight=0.0) for ray in event.origin.rays]
    origin = replace(event.origin, rays=(*rays, *weightless))
    path = tmp_path / "c.xml"
    path.write_text(quakeml([replace(event, picks=(*event.picks, *more), origin=origin)], "quakes"), encoding="utf-8")
    assert quakeml_core._validate(str(path))
    found = obspy.read_events(str(path))[0].preferred_origin().quality
    kinds = ("associated_phase_count", "associated_station_count", "used_phase_count", "used_station_count")
    assert tuple(getattr(found, kind) for kind in kinds) == counts
    assert (found.standard_error is None) == (counts[2] is None)
    assert quakeml(read_catalogue(path), "quakes") == path.read_text(encoding="utf-8")


def test_characters_that_xml_cannot_have_are_left_out(tmp_path):
    """Codes of damaged records may be anything; what we write must be read by all."""
    odd = PhasePick(Channel("A\x01", "S\x02<&\ud800", "", "HHZ"), "P", 10**18)
    path = tmp_path / "c.xml"
    path.write_text(quakeml([Event((odd,), comment="\x0bfaint\uffff")], "quakes"), encoding="utf-8")
    root = ElementTree.parse(path).getroot()
    waveform = next(element for element in root.iter() if element.tag.endswith("waveformID"))
    assert (waveform.get("networkCode"), waveform.get("stationCode")) == ("A", "S<&")
    ((pick,),) = (event.picks for event in read_catalogue(path))
    assert pick.channel == Channel("A", "S<&", "", "HHZ")


def test_times_are_those_of_numpy():
    for time in (0, 1_700_000_000_123_456_789, 1_700_000_000_999_999_999, -1):
        for digits in (1, 2, 3, 6):
            unit = np.timedelta64(10 ** (9 - digits), "ns")
            text = utc(time, digits)
            assert abs(np.datetime64(text.removesuffix("Z"), "ns") - np.datetime64(time, "ns")) <= unit // 2
            assert len(text) == 21 + digits
    assert utc(1_700_000_000_123_456_789) == "2023-11-14T22:13:20.123457Z"
