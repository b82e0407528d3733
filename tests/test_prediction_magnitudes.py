"""Amplitudes behind S waves, and magnitudes of events: beside closed forms, and known earthquakes of a network."""

import math

import numpy as np
import pytest

from geocnn.geodesy import DEGREE
from geocnn.io.responses import OtherInput, Response, Responses
from geocnn.io.sites import Site
from geocnn.io.waveforms import ArrayPiece, Channel, Station
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, Origin, PhasePick, Ray
from geocnn.location import Estimate, Place
from geocnn.picking import Pick
from geocnn.prediction.arrivals import arrivals_in
from geocnn.prediction.catalogue import pick_earthquakes
from geocnn.prediction.magnitudes import amplitude_after, with_magnitudes, without_response
from geocnn.prediction.picker import Part, Picked
from geocnn.seismograms import write_network
from geocnn.synthetic.earthquakes import EarthquakeRanges
from geocnn.synthetic.network import Network

START = 1_700_006_400 * SECOND
GAIN, TONE, ONSET, BEGUN = 5e8, 3.0, 40, 8
FLAT = Response(1, GAIN, 1.0)
KNOWN = Responses({f"XX.AAA..HH{letter}": (FLAT,) for letter in "NE"})


def instrument(amplitudes=(2e-6, 8e-6), gap=None, noise=1e-9, first=0.0):
    """A station that is shaken with 3 Hz from 40 s on, so many m/s on both horizontal components.

    From 8 s on it is shaken as well, by the given share of that.
    """
    time = np.arange(9000) / 100
    rng = np.random.default_rng(1)
    components = []
    for letter, amplitude in zip("ZNE", (0.0, *amplitudes), strict=True):
        rise, early = (np.clip((time - at) / 2, 0, 1) for at in (ONSET, BEGUN))  # slowly, for an instrument overshoots
        velocity = amplitude * np.sin(2 * np.pi * TONE * (time - ONSET)) * (rise * (1 - first) + early * first)
        samples = (GAIN * (velocity + noise * rng.standard_normal(len(time)))).astype(np.float32)
        channel = Channel("XX", "AAA", "", f"HH{letter}")
        parts = [(0, len(time))] if gap is None else [(0, gap[0]), (gap[1], len(time))]
        components.append(
            [ArrayPiece.of(channel, START + a * SECOND // 100, 100.0, samples[a:b].copy()) for a, b in parts]
        )
    return Station("XX", "AAA", "", "HH", tuple(components))


def seen(station, responses=KNOWN, end=None, begun=None):
    first = START // (SECOND // 100)
    return amplitude_after(station, station.read(first, first + 9000), 100 * ONSET, responses, end, begun)


def drawn(velocity):
    """Steady amplitude of a Wood-Anderson seismograph, nm."""
    s = 2j * math.pi * TONE
    gain = abs(s**2 / (s**2 + 2 * 5.49779 * s + 5.49779**2 + 5.60886**2))
    return 1e9 * velocity / (2 * math.pi * TONE) * gain


def test_the_amplitude_is_that_of_the_seismograph_for_a_steady_tone():
    assert seen(instrument()) == pytest.approx(drawn(4e-6), rel=0.03)  # the geometric mean
    alone = Responses({"XX.AAA..HHE": (FLAT,)})
    assert seen(instrument(), alone) == pytest.approx(drawn(8e-6), rel=0.03)


def test_there_is_none_without_a_response_in_gaps_and_in_noise():
    assert seen(instrument(), Responses({})) is None
    assert seen(instrument(amplitudes=(0.0, 0.0))) is None
    assert seen(instrument(gap=(4300, 4400))) is None  # three seconds behind the S wave
    assert seen(instrument(gap=(6000, 6100))) == pytest.approx(drawn(4e-6), rel=0.03)
    assert seen(instrument(), end=100 * ONSET + 300) is None


def test_noise_is_no_earthquake_however_much_of_it_there_is_before():
    """The quietest seconds are whole ones: one sample more, which may be next to nothing, is none."""
    station = instrument(amplitudes=(0.0, 0.0), noise=1e-7)
    for first in range(START // (SECOND // 100), START // (SECOND // 100) + 4000, 200):
        assert amplitude_after(station, station.read(first, first + 4500), 1890, KNOWN) is None


def test_a_p_wave_is_no_noise():
    """From S back to P there may be more than the seconds before S over which noise is measured otherwise."""
    station = instrument(first=0.5)
    assert seen(station) is None
    assert seen(station, begun=100 * BEGUN) == pytest.approx(drawn(4e-6), rel=0.03)
    assert seen(instrument(first=0.5, gap=(300, 400)), begun=100 * BEGUN) is None  # before P there is too little
    first = START // (SECOND // 100)
    picks = [(Pick(100.0 * (30 + at), 0.9, 0.05), phase) for at, phase in ((BEGUN, "P"), (ONSET, "S"))]
    found = Picked(Part(first, first + 9000), station.read(first - 3000, first + 9000), picks, None, {})
    amplitudes = [arrival.pick.wood_anderson for arrival in arrivals_in(station, found, KNOWN)]
    assert amplitudes == [None, seen(station, begun=100 * BEGUN)]


def test_the_waves_before_and_after_an_s_wave_may_be_picked_in_the_neighbouring_parts():
    """The amplitude does not depend on where a record is cut."""
    first = START // (SECOND // 100)
    station = instrument(first=0.5)
    record = station.read(first - 3000, first + 9000)
    p, s, later = (
        (Pick(100.0 * (30 + at), 0.9, 0.05), phase) for at, phase in ((BEGUN, "P"), (ONSET, "S"), (ONSET + 6, "P"))
    )
    both = Picked(Part(first, first + 9000), record, [p, s], None, {})
    apart = Picked(Part(first + 3000, first + 9000), record, [s], None, {}, [p])
    made = [[a.pick.wood_anderson for a in arrivals_in(station, found, KNOWN)] for found in (both, apart)]
    assert made[1] == made[0][1:] == [seen(station, begun=100 * BEGUN)]
    grown = instrument()
    for piece in (grown.components[1][0], grown.components[2][0]):
        piece.samples[100 * (ONSET + 7) :] *= 20
    cut = Picked(Part(first, first + 4500), grown.read(first - 3000, first + 9000), [p, s], None, {}, [later])
    (_, arrival) = arrivals_in(grown, cut, KNOWN)
    assert arrival.pick.wood_anderson == pytest.approx(drawn(4e-6), rel=0.3)
    assert seen(grown, begun=100 * BEGUN) > 10 * drawn(4e-6)


def test_noise_larger_than_the_wave_is_no_amplitude():
    """Of a component without a clear wave the peak is no less than the wave, and may be nothing but noise."""
    loud = instrument(amplitudes=(0.0, 3e-6), noise=1e-8)
    quiet, noisy = loud.components[2][0], loud.components[1][0]
    noisy.samples[:] += (GAIN * 2e-5 * np.sin(2 * np.pi * TONE * np.arange(9000) / 100)).astype(np.float32)
    assert seen(loud) == pytest.approx(seen(loud, Responses({"XX.AAA..HHE": (FLAT,)})))
    noisy.samples[:], quiet.samples[:] = quiet.samples.copy(), noisy.samples.copy()  # whichever of both it is
    assert seen(loud) == pytest.approx(seen(loud, Responses({"XX.AAA..HHN": (FLAT,)})))


def test_where_one_component_shows_the_wave_the_other_counts_too():
    noise = 1e-6
    alone = seen(instrument(amplitudes=(1e-6, 30e-6), noise=noise), Responses({"XX.AAA..HHN": (FLAT,)}))
    both = seen(instrument(amplitudes=(1e-6, 30e-6), noise=noise))
    assert alone is None
    assert both == pytest.approx(drawn(math.sqrt(30) * 1e-6), rel=0.5)
    assert both < 0.5 * seen(instrument(amplitudes=(1e-6, 30e-6), noise=noise), Responses({"XX.AAA..HHE": (FLAT,)}))
    # The sensor of a component that is much calmer than the other is broken, and its amplitude that of the recorder.
    broken = instrument(amplitudes=(0.0, 30e-6), noise=noise)
    broken.components[1][0].samples[:] *= 1e-3
    assert seen(broken) == pytest.approx(drawn(30e-6), rel=0.1)


def test_the_response_is_that_of_the_channel_at_that_time():
    station = instrument()
    for row, code in ((1, "HH1"), (2, "HH2")):
        (old,) = station.components[row]
        first = ArrayPiece.of(Channel("XX", "AAA", "", code), START - 300 * SECOND, 100.0, old.samples.copy())
        station.components[row].insert(0, first)
    station = Station("XX", "AAA", "", "HH", station.components)
    assert seen(station) == pytest.approx(drawn(4e-6), rel=0.03)
    times = [START - 250 * SECOND, START + ONSET * SECOND]
    assert without_response(station, times, KNOWN) == 1
    assert without_response(station, times, Responses({})) == 2
    assert without_response(station, times, Responses(KNOWN.of_channels | {"XX.AAA..HH2": (FLAT,)})) == 0


def test_a_unit_that_is_no_motion_of_the_ground_is_named():
    strange = {f"XX.AAA..HH{letter}": (OtherInput(unit),) for letter, unit in (("N", "V/M"), ("E", ""))}
    station = instrument()
    assert seen(station, Responses({}, of_others=strange)) is None
    assert station.notes == [
        "in the StationXML the input of the horizontal channels of XX.AAA..HH is in V/M and no unit, which is no "
        "motion of the ground that is known, and without it there is no magnitude from there; it has to be in M, M/S "
        "or M/S**2, or with CM, MM, UM or NM for M."
    ]
    time = START + ONSET * SECOND
    assert without_response(station, [time], Responses({}, of_others=strange)) == 0  # level=response would not help
    one = instrument()
    assert seen(one, Responses({"XX.AAA..HHE": (FLAT,)}, of_others=strange)) == pytest.approx(drawn(8e-6), rel=0.03)
    assert one.notes == []


def recorded(rate, seed):
    """Ground velocity of an earthquake at so many samples per second, m/s, up to 0.45 of the rate; S after 40 s."""
    fine, rng = 1000, np.random.default_rng(seed)
    time, frequency = np.arange(90 * fine) / fine, np.fft.rfftfreq(90 * fine, 1 / fine)
    spectrum = np.exp(2j * np.pi * rng.random(len(frequency))) / (1 + (frequency / 8) ** 2)
    after = np.maximum(time - ONSET, 0)
    wave = np.fft.irfft(spectrum) * (after * np.exp(-after / 2) + 1e-4)
    below = np.fft.rfft(1e-5 * wave / np.abs(wave).max()) * (frequency < 0.45 * rate)
    return np.fft.irfft(below)[:: fine // rate]


@pytest.mark.parametrize("rate", [20, 40, 50, 100, 200])
def test_amplitudes_of_any_rate_are_those_of_obspy(tmp_path, rate):
    """In numbers to cm/s; ObsPy has the same record, and between its samples what they say."""
    obspy, inventory = pytest.importorskip("obspy"), pytest.importorskip("obspy.core.inventory")
    paz = {"zeros": [0, 0], "poles": [-4.44 + 4.44j, -4.44 - 4.44j]}
    made = inventory.Response.from_paz(
        **paz, stage_gain=1e6, stage_gain_frequency=5.0, normalization_frequency=5.0, input_units="M/S"
    )
    place = {"latitude": 0, "longitude": 0, "elevation": 0}
    channels = [inventory.Channel(f"HH{c}", "", depth=0, response=made, sample_rate=rate, **place) for c in "NE"]
    station = inventory.Station("AAA", channels=channels, **place)
    stations = inventory.Inventory([inventory.Network("XX", [station])])
    stations.write(str(tmp_path / "s.xml"), format="STATIONXML")
    (tmp_path / "s.xml").write_text((tmp_path / "s.xml").read_text().replace("<Name>M/S<", "<Name>CM/S<"))
    stations = obspy.read_inventory(str(tmp_path / "s.xml"))
    drum = {"poles": [-5.49779 + 5.60886j, -5.49779 - 5.60886j], "zeros": [0j, 0j], "gain": 1.0, "sensitivity": 1.0}
    ends, pieces, theirs = (0.3, 0.6, 0.35 * min(rate, 100), 0.45 * min(rate, 100)), [], []
    for seed, letter in enumerate("NE"):
        counts = (1e8 * recorded(rate, seed)).astype(np.float32)
        pieces.append(ArrayPiece.of(Channel("XX", "AAA", "", f"HH{letter}"), START, float(rate), counts))
        trace = obspy.Trace(counts.astype(float), {"sampling_rate": rate, "starttime": obspy.UTCDateTime(ns=START)})
        trace.stats.update({"network": "XX", "station": "AAA", "channel": f"HH{letter}"})
        trace.remove_response(stations, "DISP", water_level=None, pre_filt=ends)
        trace.simulate(paz_simulate=drum)
        trace.interpolate(1000, method="lanczos", a=40)
        theirs.append(1e9 * np.abs(trace.data[39_500:50_000]).max())
    own = Station("XX", "AAA", "", "HH", ([], *([piece] for piece in pieces)))
    assert seen(own, Responses.of(tmp_path / "s.xml")) == pytest.approx(math.sqrt(math.prod(theirs)), rel=0.02)


def pick(station, phase, nm=None, place=None):
    return PhasePick(Channel("XX", station, "", "HHZ"), phase, START, wood_anderson=nm, place=place)


def by_hand(nm, km):
    """Hutton & Boore (1987), their amplitudes in mm of an instrument that magnifies 2,080 times."""
    return math.log10(nm * 2080 / 1e6) + 1.110 * math.log10(km / 100) + 0.00189 * (km - 100) + 3.0


def test_the_magnitude_is_the_median_of_the_stations():
    names, amplitudes = ("A", "B", "C"), (3000.0, 900.0, 200.0)
    sites = [Site("XX", name, 0.0, km / DEGREE) for name, km in zip(names, (30.0, 60.0, 120.0), strict=True)]
    picks = [p for name, nm in zip(names, amplitudes, strict=True) for p in (pick(name, "P"), pick(name, "S", nm))]
    rays = tuple(Ray.to(site, 0.0, 0.0) for site in sites for _ in "PS")
    (event,) = with_magnitudes([Event(tuple(picks), Origin(START, 0.0, 0.0, 10.0, rays=rays))])
    wanted = [by_hand(nm, math.hypot(km, 10)) for nm, km in zip(amplitudes, (30, 60, 120), strict=True)]
    assert [number for number, _ in event.magnitude.of_picks] == [1, 3, 5]
    assert [value for _, value in event.magnitude.of_picks] == pytest.approx(wanted, abs=0.02)
    assert event.magnitude.value == pytest.approx(np.median(wanted), abs=0.02)
    assert event.magnitude.error == pytest.approx(np.std(wanted, ddof=1), abs=0.01)


@pytest.mark.parametrize("depth", [3.0, -3.0])
def test_stations_far_above_the_sea_are_as_far_from_an_earthquake_as_those_at_the_sea(depth):
    """A depth is counted from the sea: that of an earthquake in a mountain is negative."""
    of_heights = []
    for height in (0.0, 5.0):
        sites = [Site("XX", name, 0.0, km / DEGREE, 1000 * height) for name, km in (("A", 5.0), ("B", 9.0))]
        rays = tuple(Ray.to(site, 0.0, 0.0) for site in sites)
        picks = tuple(pick(site.station, "S", 400.0) for site in sites)
        (event,) = with_magnitudes([Event(picks, Origin(START, 0.0, 0.0, depth + 5 - height, rays=rays))])
        of_heights.append([value for _, value in event.magnitude.of_picks])
    assert of_heights[0] == pytest.approx([by_hand(400.0, math.hypot(km, depth + 5)) for km in (5, 9)], abs=0.02)
    assert of_heights[1] == pytest.approx(of_heights[0])


def test_one_station_says_it_with_the_error_of_its_distance():
    place = Place(0.9, Estimate(40.0, 30.0, 60.0), Estimate(8.0, 5.0, 12.0), None)
    (event,) = with_magnitudes([Event((pick("A", "P", place=place), pick("A", "S", 500.0)))])
    low, value, high = (by_hand(500.0, math.hypot(km, 8)) for km in (30, 40, 60))
    assert event.magnitude.value == pytest.approx(value, abs=0.02)
    assert event.magnitude.error == pytest.approx((high - low) / 2, abs=0.01)
    nobody = Event((pick("A", "P"), pick("A", "S", 500.0)))
    assert with_magnitudes([nobody, Event((pick("A", "P", place=place),))]) == (
        nobody,
        Event((pick("A", "P", place=place),)),
    )


def test_magnitudes_of_a_network_follow_those_of_its_earthquakes(tmp_path, quakes):
    """Moment and local magnitudes are the same to some tenths for such earthquakes (Hanks & Boore 1984)."""
    sites = [Site("XX", f"S{k}", 35 + 0.15 * math.sin(k), 25 + 0.15 * math.cos(k)) for k in range(6)]
    network = Network.of(sites, ranges=EarthquakeRanges(magnitude=(1.0, 3.5), gap=0.0, dead=0.0, clipped=0.0), seed=4)
    write_network(tmp_path / "syn", network, 6, show_progress=False)
    flat = "<InputUnits><Name>M/S</Name></InputUnits>"
    channel = (
        '<Channel code="HH{}" locationCode=""><Response><InstrumentSensitivity><Value>1</Value><Frequency>1</Frequency>'
        f"{flat}</InstrumentSensitivity></Response></Channel>"
    )
    stations = "".join(
        f'<Station code="{s.station}"><Latitude>{s.latitude}</Latitude><Longitude>{s.longitude}</Longitude>'
        f"<Elevation>0</Elevation>{''.join(map(channel.format, 'ZNE'))}</Station>"
        for s in sites
    )
    table = tmp_path / "stations.xml"
    table.write_text(f'<FDSNStationXML><Network code="XX">{stations}</Network></FDSNStationXML>')
    records = sorted((tmp_path / "syn").glob("*.mseed"))
    found = pick_earthquakes(quakes, records, stations=table, show_progress=False)
    hour = 3600 * SECOND  # from one earthquake to the next
    said = {event.origin.time // hour: event.magnitude for event in found.events if event.origin and event.magnitude}
    pairs = [(network.record(int(k - min(said))).quake.magnitude, m.value) for k, m in said.items()]
    assert len(pairs) >= 5
    assert np.corrcoef(np.transpose(pairs))[0, 1] > 0.95
    assert abs(np.mean(np.subtract(*np.transpose(pairs)))) < 0.5
