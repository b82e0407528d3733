"""Channels that change their names, and components that point anywhere: what is said of earthquakes stays true."""

import math

import numpy as np
import pytest

from geocnn.io.responses import Responses
from geocnn.io.waveforms import ArrayPiece, Channel, Station, open_archive
from geocnn.io.waveforms.pieces import SECOND
from geocnn.location import Cluster, Estimate, Place
from geocnn.prediction.arrivals import _oriented
from geocnn.prediction.catalogue import pick_earthquakes
from geocnn.prediction.sensors import Frame, frame_at

START = 1_700_006_400 * SECOND
HALF = 15_000
"""Samples of the first half of five minutes."""


def date(sample):
    return str(np.datetime64(START + sample * SECOND // 100, "ns"))


def xml(path, *channels, response=True):
    """StationXML of XX.AAA with channels: code, azimuth, dip, and the samples between which that holds."""
    flat = (
        "<Response><InstrumentSensitivity><Value>1</Value><Frequency>1</Frequency><InputUnits><Name>M/S</Name>"
        "</InputUnits></InstrumentSensitivity></Response>"
    )
    texts = []
    for code, azimuth, dip, *when in channels:
        dates = "".join(f' {end}Date="{date(k)}"' for end, k in zip(("start", "end"), when, strict=False))
        angles = "".join(f"<{k}>{v}</{k}>" for k, v in (("Azimuth", azimuth), ("Dip", dip)) if v is not None)
        texts.append(f'<Channel code="{code}" locationCode=""{dates}>{angles}{flat * response}</Channel>')
    place = "<Latitude>35</Latitude><Longitude>25</Longitude><Elevation>0</Elevation>"
    station = f'<Station code="AAA">{place}{"".join(texts)}</Station>'
    path.write_text(f'<FDSNStationXML><Network code="XX">{station}</Network></FDSNStationXML>')
    return path


def pieces(waveform, codes, first=0, last=30_000):
    start = START + first * SECOND // 100
    channels = [Channel("XX", "AAA", "", f"HH{code}") for code in codes]
    return [
        ArrayPiece.of(c, start, 100.0, w[first:last].copy()) for c, w in zip(channels, waveform, strict=False)
    ]  # fmt: skip


def picked(quakes, parts, stations=None):
    return pick_earthquakes(quakes, open_archive(parts), stations=stations, show_progress=False)


def told(made):
    """Azimuths by the time of the pick; None where there is none."""
    return {a.pick.time: a.pick.place.azimuth for a in made.arrivals if a.pick.place is not None}


@pytest.mark.parametrize(
    ("codes", "azimuths", "dip"),
    [
        ("Z12", (40, 130), -90),
        ("Z12", (200, 108), -90),
        ("Z12", (350, 80), 90),
        ("ZNE", (180, 270), 90),
        ("ZNE", (0, 90), -90),
        ("ZNE", (None, None), None),
        ("312", (40, 130), 90),
    ],
)
def test_azimuths_and_first_motions_are_those_of_the_ground(tmp_path, quakes, five_minutes, codes, azimuths, dip):
    plain = picked(quakes, pieces(five_minutes[0], "ZNE"))
    channels = [(f"HH{codes[0]}", 0, dip), *((f"HH{c}", a, 0) for c, a in zip(codes[1:], azimuths, strict=True))]
    made = picked(quakes, pieces(five_minutes[0], codes), xml(tmp_path / "s.xml", *channels, response=False))
    seen, said = told(plain), told(made)
    assert len(seen) == len(said) > 3
    assert not any("azimuth" in note for note in made.notes)
    up = -1 if dip == 90 else 1
    first, second = (math.radians(usual if a is None else a) for a, usual in zip(azimuths, (0, 90), strict=True))

    def true(angle):
        """Direction of what has these parts along the components, the other way round if down counts as up."""
        along, across = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        north = along * math.cos(first) + across * math.cos(second)
        east = along * math.sin(first) + across * math.sin(second)
        return math.degrees(math.atan2(up * east, up * north)) % 360

    for time, azimuth in said.items():
        assert abs((azimuth.value - true(seen[time].value) + 180) % 360 - 180) < 3  # as nearly as they are square
        assert azimuth.half == pytest.approx(seen[time].half)
        assert (azimuth.high - azimuth.value) % 360 == pytest.approx(azimuth.half)
    swings = [[a.pick.polarity for a in found.arrivals] for found in (plain, made)]
    assert any(swings[0])
    assert swings[1] == [up * swing for swing in swings[0]]


@pytest.mark.parametrize(
    ("channels", "why"),
    [
        (
            [("HH1", 0, 0), ("HH2", 40, 0)],
            "components 1 and 2 that point to 0 and 40 degrees, and an azimuth needs a right angle between them",
        ),
        (
            [("HH1", 0, 0), ("HH2", 90, -35)],
            "components 1 and 2 that dip by 0 and -35 degrees, and an azimuth needs horizontal ones",
        ),
        (
            [("HH1", 0, 0), ("HH2", "around", 0)],
            "components 1 and 2, and nobody knows where they point; StationXML of level=channel would tell",
        ),
    ],
)
def test_components_that_give_no_azimuth_are_told_of(tmp_path, quakes, five_minutes, channels, why):
    made = picked(quakes, pieces(five_minutes[0], "Z12"), xml(tmp_path / "s.xml", *channels))
    assert set(told(made).values()) == {None}
    assert f"XX.AAA..HH has {why}: its earthquakes have a distance and no azimuth." in made.notes


def test_clusters_are_known_by_records_that_point_north_and_east():
    place = Place(0.9, Estimate(9, 8, 10), Estimate(5, 4, 6), Estimate(350, 340, 0), Cluster(2, 0.7))
    near, far = _oriented(place, Frame(355.0, 1)), _oriented(place, Frame(40.0, 1))
    assert (near.azimuth, near.cluster) == (Estimate(345, 335, 355), place.cluster)
    assert (far.azimuth, far.cluster) == (Estimate(30, 20, 40), None)
    assert _oriented(place, Frame(0.0, -1)).azimuth == Estimate(10, 0, 20)
    assert _oriented(place, Frame(0.0, 1)) == place
    assert (_oriented(place, "why").azimuth, _oriented(place, "why").cluster) == (None, None)


@pytest.mark.parametrize("order", [("12", "NE"), ("NE", "12")])
def test_channels_that_change_their_names(tmp_path, quakes, five_minutes, order):
    """Each pick has the channel of its time, and the azimuth and the response of that one."""
    waveform, change = five_minutes[0], START + HALF * SECOND // 100
    parts = [*pieces(waveform, f"Z{order[0]}", 0, HALF), *pieces(waveform, f"Z{order[1]}", HALF)]
    made = picked(quakes, parts)
    plain = told(picked(quakes, pieces(waveform, "ZNE")))
    said = told(made)
    assert len({time < change for time in said}) == 2
    for time, azimuth in said.items():
        assert azimuth == (plain[time] if order[time > change] == "NE" else None)
    assert (
        "XX.AAA..HH has components 1 and 2, and nobody knows where they point; StationXML of level=channel would "
        "tell: some of its earthquakes have a distance and no azimuth."
    ) in made.notes
    for pick in (arrival.pick for arrival in made.arrivals):
        there = [f"HH{code}" for code in f"Z{order[pick.time > change]}"]
        assert pick.channel.code == there[pick.phase == "S"]
        assert pick.amplitude.code in there
    when = [(-9, HALF)] * 2 + [(HALF,)] * 2
    known = [(f"HH{c}", 90 * (c in "2E"), 0, *span) for c, span in zip("".join(order), when, strict=True)]
    whole = picked(quakes, parts, xml(tmp_path / "s.xml", *known))
    assert told(whole) == plain
    drawn = {a.pick.time: a.pick.wood_anderson for a in whole.arrivals if a.pick.phase == "S"}
    assert len({time < change for time, nm in drawn.items() if nm is not None}) == 2
    assert not any("response" in note for note in whole.notes)
    some = picked(quakes, parts, xml(tmp_path / "s.xml", *known[:2]))
    assert {a.pick.time: a.pick.wood_anderson for a in some.arrivals if a.pick.phase == "S"} == {
        time: nm if time < change else None for time, nm in drawn.items()
    }
    assert (
        "the StationXML has no response of the horizontal channels of XX.AAA..HH at some of the times of the picks, "
        "and without it there is no magnitude from there at these times; ask for it with level=response."
    ) in some.notes


def test_a_channel_is_that_of_the_sample():
    def piece(code, first, count, rate=100.0):
        channel = Channel("XX", "AAA", "", f"HH{code}")
        return ArrayPiece.of(channel, START + first * SECOND // 100, rate, np.zeros(count, np.float32))

    horizontal = [piece("1", 0, 1000), piece("N", 1000, 1000), piece("2", 1900, 1000), piece("3", 5000, 1000)]
    station = Station("XX", "AAA", "", "HH", ([], horizontal, []))
    wanted = ((-900, "1"), (0, "1"), (999, "1"), (1000, "N"), (1950, "N"), (2000, "2"), (3500, "2"), (4900, "3"))
    codes = {station.time(station.index(START) + k): code for k, code in wanted}
    assert {time: station.channel_at(1, time).code[-1] for time in codes} == codes
    assert station.channel_at(0, START) is None
    assert frame_at(station, START, Responses({})) == "has no components N and E, and an azimuth needs N and E"
    slow = Station("XX", "AAA", "", "HH", ([], [piece("1", 0, 1000, 50.0), piece("2", 100, 1000)], []))
    found = [slow.channel_at(1, START + seconds * SECOND).code for seconds in (0, 2, 15)]
    assert found == ["HH1", "HH2", "HH1"]
