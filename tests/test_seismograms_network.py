"""Synthetic earthquakes at a network: files against closed forms, geodesy and magnitudes that are not ours."""

import csv
import math

import numpy as np
import pytest
import scipy.signal

from geocnn.errors import DataError
from geocnn.figures.record_section import record_sections
from geocnn.io.hypocentres import Hypocentres
from geocnn.io.sites import Site
from geocnn.seismograms import write_network
from geocnn.synthetic.earthquakes import EarthquakeRanges
from geocnn.synthetic.network import SEEN, Network
from geocnn.travel import CRUST, Layers

obspy = pytest.importorskip("obspy")

START = obspy.UTCDateTime(2026, 1, 1)
SITES = [
    Site("NZ", f"S{k}", latitude, longitude, elevation)
    for k, (latitude, longitude, elevation) in enumerate(
        [(-42.0, 179.9, 0.0), (-42.3, -179.8, 1500.0), (-41.6, 179.5, 300.0), (-42.1, 178.9, 40.0), (-43.0, 179.9, 0.0)]
    )
]
PLACES = Hypocentres(
    np.array([-42.05, -41.4, -42.2]), np.array([-179.95, 179.2, 179.8]), np.array([7.0, 25.0, 0.5]),
    np.array([3.5, 3.0, 0.3]),
)  # fmt: skip
HALF_SPACE = Layers((0.0,), (6.0,), (3.5,))


@pytest.fixture(scope="module")
def network():
    return Network.of(SITES, PLACES, layers=HALF_SPACE, seed=4)


@pytest.fixture(scope="module")
def files(network, tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("made"), network, 3, show_progress=False)


@pytest.fixture(scope="module")
def rows(files):
    with files[-1].open() as file:
        return list(csv.DictReader(file))


def straight(site, number):
    """Distance on the ellipsoid, direction to the epicentre, and travel times in a half space, of an earthquake."""
    place = PLACES.latitude[number], PLACES.longitude[number]
    metres, azimuth, _ = obspy.geodetics.gps2dist_azimuth(site.latitude, site.longitude, *place)
    away = math.hypot(metres / 1000, PLACES.depth[number] + site.elevation_m / 1000)
    return metres / 1000, azimuth, {"P": away / 6.0, "S": away / 3.5}


def test_arrivals_are_those_of_a_half_space_at_the_distance_of_the_geodesic(files, rows):
    origins = [event.origins[0] for event in obspy.read_events(files[-2])]
    assert len(rows) == 2 * len(SITES) * len(origins)
    known = {str(site): site for site in SITES}
    for row in rows:
        number = int(row["source"])
        distance, azimuth, times = straight(known[row["station"]], number)
        assert float(row["distance_km"]) == pytest.approx(distance, rel=1e-4, abs=0.006)
        assert (float(row["azimuth"]) - azimuth + 180) % 360 - 180 == pytest.approx(0, abs=0.06)
        time = obspy.UTCDateTime(row["time"]) - origins[number].time
        assert time == pytest.approx(times[row["phase"]], abs=2e-3)
        assert row["file"] == f"{number:03d}.{row['station']}..HH.mseed"


def test_the_catalogue_has_the_origins_and_the_picks_that_can_be_seen(files, rows):
    events = list(obspy.read_events(files[-2]))
    for number, event in enumerate(events):
        origin = event.origins[0]
        assert origin.latitude == pytest.approx(PLACES.latitude[number], abs=1e-5)
        assert origin.longitude == pytest.approx(PLACES.longitude[number], abs=1e-5)
        assert origin.depth == pytest.approx(1000 * PLACES.depth[number])
        assert event.magnitudes[0].mag == PLACES.magnitude[number]
        wanted = {(r["station"], r["phase"], r["time"]) for r in rows if r["source"] == str(number)
                  and float(r["snr"]) >= SEEN}  # fmt: skip
        picks = {
            (f"{p.waveform_id.network_code}.{p.waveform_id.station_code}", p.phase_hint, str(p.time))
            for p in event.picks
        }
        assert picks == wanted
        times = [p.time for p in event.picks]
        assert times == sorted(times)
    assert len(events[0].picks) == 2 * len(SITES)
    assert len(events[2].picks) < 2 * len(SITES)  # the smallest is not seen everywhere


def test_waves_begin_in_the_files_where_the_table_says_and_go_its_way(files, rows):
    """Nothing before P; then the vertical component moves up or down as labelled."""
    traces = {path.name: obspy.read(path).select(channel="HHZ")[0] for path in files[:-2]}
    seen = 0
    for row in rows:
        trace = traces[row["file"]]
        assert trace.stats.starttime == START + 3600 * int(row["source"])
        assert row["station"] == f"{trace.stats.network}.{trace.stats.station}"
        if row["phase"] == "P" and float(row["snr"]) > 300:
            at = math.ceil(float(row["sample"]) - 0.05)
            before, after = trace.data[at - 50 : at - 1], trace.data[at : at + 6] - trace.data[at - 1]
            if np.abs(after).max() > 5 * np.ptp(before):
                assert np.sign(after[np.abs(after).argmax()]) == int(row["polarity"])
                seen += 1
    assert seen >= 5


def test_the_local_magnitude_is_the_moment_magnitude():
    """Amplitudes on a Wood-Anderson seismometer (L. K. Hutton, D. M. Boore, 1987, Bull. Seism. Soc. Am. 77)."""
    wood_anderson = {"poles": [-5.49779 + 5.60886j, -5.49779 - 5.60886j], "zeros": [0j], "gain": 1, "sensitivity": 2080}
    invsim = pytest.importorskip("obspy.signal.invsim")
    passed = scipy.signal.butter(2, 1.0, "highpass", fs=100, output="sos")
    network = Network.of(SITES, ranges=EarthquakeRanges(magnitude=(3.0, 3.0)))
    found = []
    for index in range(4):
        for record in network.record(index).stations:
            moved = [
                invsim.simulate_seismometer(row.astype(float), 100.0, None, wood_anderson, water_level=None)
                for row in record.waveform[1:]
            ]
            millimetres = 1000 * np.mean([np.abs(scipy.signal.sosfilt(passed, row)).max() for row in moved])
            away = math.hypot(record.sources[0].distance, record.sources[0].depth)
            found.append(np.log10(millimetres) + 1.11 * np.log10(away / 100) + 0.00189 * (away - 100) + 3)
    assert np.mean(found) == pytest.approx(3.0, abs=0.4)
    assert np.std(found) < 0.4


def test_far_stations_see_less_and_at_last_nothing():
    line = [Site("XX", f"L{k:03d}", 10.0, 20.0 + 0.2 * k) for k in range(20)]
    there = Hypocentres(np.array([10.0] * 2), np.array([20.0, 24.7]), np.array([8.0] * 2), np.array([1.0, 1.0]))
    record = Network.of(line, there).record(0)
    ratios = [record.stations[k].arrivals[1].snr for k in range(20)]
    assert min(ratios[:3]) > 5 * max(ratios[-8:])
    assert all(ratio < SEEN for ratio in ratios[-4:])
    assert {k for k, _ in record.seen()} <= set(range(16))
    beyond = Network.of([line[0], Site("XX", "FAR", 10.0, 26.0)], there).record(0)
    assert not beyond.stations[1].sources
    assert beyond.stations[1].waveform.std() > 0


def test_earthquakes_without_a_catalogue_lie_among_the_stations():
    network = Network.of(SITES, size=64)
    drawn = [network._quake(index) for index in range(300)]
    north, east = (np.array([getattr(q, name) for q in drawn]) for name in ("latitude", "longitude"))
    east = east % 360
    assert (drawn[0], drawn[1]) == (Network.of(SITES, size=64)._quake(0), Network.of(SITES, size=64)._quake(1))
    for places, low, high in ((north, -43.0, -41.6), (east, 178.9, 180.2)):
        wide = (high - low) / 4
        assert low - 1.01 * wide < places.min() < low - 0.8 * wide
        assert high + 0.8 * wide < places.max() < high + 1.01 * wide
    assert {-180 <= q.longitude < 180 for q in drawn} == {True}
    assert 0.5 <= min(q.depth for q in drawn) < max(q.depth for q in drawn) <= 30


def test_the_same_seed_gives_the_same_files_and_a_station_does_not_know_the_others(network, files, tmp_path):
    again = write_network(tmp_path / "again", network, 3, show_progress=False)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files]
    alone = Network.of(SITES[2:3], PLACES, layers=HALF_SPACE, seed=4).record(1)
    assert np.array_equal(alone.stations[0].waveform, network.record(1).stations[2].waveform)
    other = Network.of(SITES, PLACES, layers=HALF_SPACE, seed=5).record(0)
    assert not np.array_equal(other.stations[0].waveform, network.record(0).stations[0].waveform)


def test_records_longer_than_an_hour_do_not_overlap(tmp_path):
    made = write_network(
        tmp_path, Network.of(SITES[:1], size=72_001, rate=20.0), 2, show_progress=False
    )  # an hour and a sample
    first, second = (obspy.read(path)[0].stats for path in made[:2])
    assert second.starttime > first.endtime


def test_what_cannot_be(tmp_path):
    with pytest.raises(DataError, match="there are 0 stations"):
        Network.of([])
    long = Network.of([Site("XX", "TOOLONG", 0.0, 0.0)], size=100)
    with pytest.raises(DataError, match=r"called XX\.TOOLONG; miniSEED has room for two .* Shorten its codes\."):
        write_network(tmp_path, long, 1)


def test_the_record_section_shows_every_trace_at_its_distance_with_its_ticks(network):
    records = [network.record(index) for index in (0, 2)]
    made = record_sections(records, SITES, CRUST)
    for place, record in zip(made.axes, records, strict=True):
        ticks = [line for line in place.lines if len(line.get_xdata()) == 2]
        assert len(ticks) == len(record.seen())
        traces = [line for line in place.lines if len(line.get_xdata()) > 1000]
        distances = [station.sources[0].distance for station in record.stations]
        assert [np.median(line.get_ydata()) for line in traces] == pytest.approx(distances, abs=0.5)
        assert [text.get_text() for text in place.texts] == [f"S{k}" for k in np.argsort(distances)]
