"""Instrument responses of StationXML, beside what ObsPy and evalresp make of the same files."""

import numpy as np
import pytest

from geocnn.io.responses import Responses
from geocnn.io.waveforms import Channel

obspy = pytest.importorskip("obspy")
inventory = pytest.importorskip("obspy.core.inventory")
response = pytest.importorskip("obspy.core.inventory.response")

BROADBAND = {"zeros": [0, 0], "poles": [-0.037 + 0.037j, -0.037 - 0.037j, -251.3, -131.0 + 467.3j, -131.0 - 467.3j]}
SHORT = {"zeros": [0, 0], "poles": [-4.44 + 4.44j, -4.44 - 4.44j]}
FREQUENCY = np.array([0.05, 0.3, 1.0, 2.5, 10.0, 30.0])


def stations(path, *responses, since="2020-01-01"):
    """StationXML of XX.AAA with channels HHZ, HHN and HHE, or as many as there are responses."""
    when = obspy.UTCDateTime(since)
    place = {"latitude": 35.0, "longitude": 25.0, "elevation": 100.0}
    channels = [
        inventory.Channel(
            code=f"HH{letter}", location_code="", depth=0.0, response=own, start_date=when, sample_rate=100.0, **place
        )
        for letter, own in zip("ZNE", responses, strict=False)
    ]
    station = inventory.Station(code="AAA", channels=channels, start_date=when, creation_date=when, **place)
    made = inventory.Inventory(networks=[inventory.Network("XX", stations=[station])], source="test")
    made.write(str(path), format="STATIONXML")
    return path


def instrument(gain, unit="M/S", **poles_and_zeros):
    return response.Response.from_paz(
        stage_gain=gain, stage_gain_frequency=1.0, input_units=unit, normalization_frequency=1.0, **poles_and_zeros
    )


@pytest.mark.parametrize(
    ("gain", "unit", "paz"),
    [
        (6e8, "M/S", BROADBAND),
        (1e3, "M/S", SHORT),
        (4e5, "M/S**2", {"zeros": [], "poles": [-980.0 + 20j, -980.0 - 20j]}),
    ],
)
def test_numbers_to_a_metre_are_those_of_evalresp(tmp_path, gain, unit, paz):
    theirs = instrument(gain, unit, **paz)
    channel = Channel("XX", "AAA", "", "HHZ")
    ours = Responses.of(stations(tmp_path / "s.xml", theirs)).find(channel, 10**18 * 17 // 10)
    wanted = theirs.get_evalresp_response_for_frequencies(FREQUENCY, output="DISP")
    np.testing.assert_allclose(ours.of_displacement(FREQUENCY), wanted, rtol=1e-5)


UNITS = ["M", "CM", "NM", "CM/S", "mm/s", "NM/SEC", "M/SEC", "cm/s**2", "MM/S**2", "M/(S**2)", "M/S/S"]


@pytest.mark.parametrize("unit", UNITS)
def test_numbers_to_parts_of_a_metre_are_those_of_evalresp(tmp_path, unit):
    path, channel = stations(tmp_path / "s.xml", instrument(3e3, **BROADBAND)), Channel("XX", "AAA", "", "HHZ")
    path.write_text(path.read_text().replace("<Name>M/S<", f"<Name>{unit}<"))
    ours = Responses.of(path).find(channel, 10**18 * 17 // 10)
    theirs = obspy.read_inventory(str(path))[0][0][0].response
    wanted = theirs.get_evalresp_response_for_frequencies(FREQUENCY, output="DISP")
    np.testing.assert_allclose(ours.of_displacement(FREQUENCY), wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("unit", "metres", "plain"),
    [("um/s", 1e-6, "M/S"), ("\u00b5m/s**2", 1e-6, "M/S**2"), ("\u03bcm", 1e-6, "M"), ("cm/s/s", 1e-2, "M/S**2")],
)
def test_units_that_evalresp_does_not_know_are_parts_of_a_metre(tmp_path, unit, metres, plain):
    channel, when = Channel("XX", "AAA", "", "HHZ"), 10**18 * 17 // 10
    path, found = stations(tmp_path / "s.xml", instrument(3.0, **SHORT)), []
    text = path.read_text(encoding="utf-8")
    for name in (unit, plain):
        path.write_text(text.replace("<Name>M/S<", f"<Name>{name}<"), encoding="utf-8")
        found.append(Responses.of(path).find(channel, when).of_displacement(FREQUENCY))
    np.testing.assert_allclose(found[0], found[1] / metres)


def test_a_response_to_something_else_has_a_unit_for_its_time(tmp_path):
    made = stations(tmp_path / "s.xml", instrument(1.0, **SHORT), instrument(2.0, **SHORT))
    made.write_text(made.read_text().replace("<Name>M/S<", "<Name>V/M<", 1))
    known = Responses.of(made)
    early, late = (int(np.datetime64(day, "ns").astype(int)) for day in ("2019-12-31", "2020-01-02"))
    first, second = (Channel("XX", "AAA", "", code) for code in ("HHZ", "HHN"))
    assert known.other_input(first, late).unit == "V/M"
    assert [known.other_input(first, early), known.other_input(second, late), known.find(first, late)] == [None] * 3
    assert known.find(second, late) is not None


def test_a_response_holds_for_its_time_and_its_channel(tmp_path):
    known = Responses.of(stations(tmp_path / "s.xml", instrument(1.0, **SHORT), instrument(2.0, **SHORT)))
    early, late = (int(np.datetime64(day, "ns").astype(int)) for day in ("2019-12-31", "2020-01-02"))
    found = [known.find(Channel("XX", "AAA", "", code), late) for code in ("HHZ", "HHN", "HHE")]
    assert found[1].sensitivity == pytest.approx(2 * found[0].sensitivity)
    assert found[2] is None
    assert known.find(Channel("XX", "AAA", "", "HHZ"), early) is None
    assert known.find(Channel("XX", "AAA", "00", "HHZ"), late) is None


def test_what_is_known_between_two_times_changes_with_nothing_else(tmp_path):
    """Another value of the channel then changes it; other channels, places and ends beyond these times do not."""
    responses = instrument(1.0, **SHORT), instrument(2.0, **SHORT)
    plain = stations(tmp_path / "s.xml", *responses).read_text()
    first, second = (Channel("XX", "AAA", "", code) for code in ("HHZ", "HHN"))
    day, early, late = (
        int(np.datetime64(date, "ns").astype(int)) for date in ("1970-01-02", "2019-06-01", "2020-01-02")
    )

    def seen(text):
        (tmp_path / "t.xml").write_text(text)
        known = Responses.of(tmp_path / "t.xml")
        return [known.between(channel, time, time + day) for channel in (first, second) for time in (early, late)]

    was, turned = seen(plain), "<Azimuth>0</Azimuth><Dip>90</Dip><SampleRate>"
    assert was[0] == was[2] != was[1] != was[3]
    assert seen(stations(tmp_path / "u.xml", *responses, since="2019-12-31").read_text()) == was
    assert seen(plain.replace(">35.0<", ">35.1<")) == was != seen(plain.replace("<SampleRate>", turned))
    assert seen(plain.replace("<Name>M/S<", "<Name>V/M<"))[1] != was[1]
    other = seen(stations(tmp_path / "v.xml", responses[0], instrument(2.1, **SHORT)).read_text())
    assert [a == b for a, b in zip(other, was, strict=True)] == [True, True, True, False]


def test_files_without_responses_have_none(tmp_path):
    table = tmp_path / "s.csv"
    table.write_text("network,station,latitude,longitude,elevation_m\nXX,AAA,35,25,0\n")
    pressure = stations(tmp_path / "t.xml", instrument(1.0, **SHORT))
    pressure.write_text(pressure.read_text().replace("<Name>M/S<", "<Name>PA<"))
    assert Responses.of(table) is None
    for path in (stations(tmp_path / "s.xml"), pressure):
        assert not Responses.of(path).of_channels
