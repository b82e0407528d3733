"""Seismograms read from files: beside ObsPy, with gaps, overlaps, other rates, damage and missing components."""

import gzip
import hashlib
import os
import pickle
import warnings
from pathlib import Path

import numpy as np
import pymseed
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geocnn.errors import DataError, MissingError
from geocnn.io.waveforms import ArrayPiece, Channel, Station, miniseed, obspy_formats, open_archive
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.io.waveforms.pieces import SECOND, edges, index_of, nominal, spans, time_of

obspy = pytest.importorskip("obspy")
REAL = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
START = 1_700_000_000 * SECOND


def channel(code="HHZ", station="AAA"):
    return Channel("XX", station, "", code)


def noise(size, seed=0):
    return np.random.default_rng(seed).normal(1000, 100, size).round().astype(np.float32)


def written(path, *pieces):
    write_miniseed(path, pieces)
    return open_archive(path)


def test_times_and_numbers_of_samples_are_exact():
    for rate in (100.0, 62.5, 100 / 3, 99.9999):
        for number in (0, 1, 170_000_000_001, 12_345_678_901):
            assert index_of(time_of(number, nominal(rate)), nominal(rate)) == number
    assert nominal(99.9999) == 100
    assert time_of(150.5, nominal(100.0)) == 1_505_000_000


@pytest.mark.skipif(not REAL.exists(), reason="needs the real data beside the project")
def test_a_real_archive_reads_as_obspy_reads_it():
    archive = open_archive(REAL / "waveforms" / "sds")
    assert [str(s) for s in archive.stations] == ["CX.PB01..HH", "CX.PB02..HH"]
    assert archive.notes == ()
    station = archive.stations[1]
    first = station.runs()[0][0] + 1_234_567
    record = station.read(first, first + 20_000)
    assert record.live.all()
    for row, letter in enumerate("ZNE"):
        (path,) = (REAL / "waveforms" / "sds").rglob(f"CX.PB02..HH{letter}*")
        (trace,) = obspy.read(str(path))
        at = round((station.time(first) / 1e9 - trace.stats.starttime.timestamp) * 100)
        theirs = trace.data[at : at + 20_000] - trace.data[0]
        np.testing.assert_array_equal(record.waveform[row], theirs)
        assert abs(station.time(first) - (trace.stats.starttime + at / 100).ns) < 1000


@pytest.mark.skipif(not REAL.exists(), reason="needs the real data beside the project")
def test_odd_files_end_in_stations_and_sentences():
    archive = open_archive(REAL / "odd_files" / "libmseed")
    assert [str(s) for s in archive.stations] == ["XX.REPAK..HH", "XX.TEST..BH", "XX.TEST..HH", "XX.TEST.00.BH"]
    for station in archive.stations:
        for run in station.runs():
            assert station.read(*run).live.any()
    said = " ".join(archive.notes)
    for part in ("XX.TEST..LOG", "no north and no east component", "1 samples a second are too few"):
        assert part in said
    silent = ("headeronly", "text", "detection", "3channel", "DWWSSN", "GEOSCOPE", "oneseries")
    files = sorted((REAL / "odd_files" / "libmseed").glob("*.mseed*"))
    assert files
    for path in files:  # each alone: a station, or a sentence that says why there is none
        if any(word in path.name for word in silent):
            with pytest.raises(DataError, match="no channel to pick earthquakes on"):
                open_archive(path)
        else:
            assert open_archive(path).stations


def test_gaps_stay_gaps_and_components_are_mapped(tmp_path):
    x = noise(6000)
    archive = written(
        tmp_path / "a.mseed",
        ArrayPiece.of(channel("HHZ"), START, 100.0, x[:2000]),
        ArrayPiece.of(channel("HHZ"), START + 25 * SECOND, 100.0, x[2500:6000]),
        ArrayPiece.of(channel("HH1"), START, 100.0, noise(6000, 1)),
    )
    (station,) = archive.stations
    assert archive.notes == (
        "XX.AAA..HH? has no east component; a picker goes on with what there is, with less certainty.",
    )
    (run,) = station.runs()
    record = station.read(*run)
    assert run[1] - run[0] == 6000
    assert record.live.sum(1).tolist() == [5500, 6000, 0]
    assert not record.live[0, 2000:2500].any()
    np.testing.assert_array_equal(record.waveform[0, :2000], x[:2000] - x[0])
    np.testing.assert_array_equal(record.waveform[0, 2500:], x[2500:] - x[0])
    parts = [station.read(run[0] + a, run[0] + b) for a, b in ((0, 777), (777, 2501), (2501, 6000))]
    np.testing.assert_array_equal(np.concatenate([p.waveform for p in parts], 1), record.waveform)


def pieces_between(gaps, code, size=360_000):
    """An hour without the samples of some spans."""
    edges = [0, *(n for gap in gaps for n in gap), size]
    return [
        ArrayPiece.of(channel(code), START + first * SECOND // 100, 100.0, noise(last - first))
        for first, last in zip(edges[::2], edges[1::2], strict=True)
        if last > first
    ]


@pytest.mark.parametrize(
    ("vertical", "east", "said"),
    [
        ([], [], "60.0 min without a gap"),
        ([(10_000, 13_000), (100_000, 160_000)], [], "49.5 min, 2 gaps of 10.5 min together"),
        ([(n, n + 50) for n in range(1950, 360_000, 2000)], [], "58.5 min, 179 gaps of 89.5 s together"),
        ([(10_000, 13_000)], [(12_000, 15_000), (20_000, 20_001)], "59.2 min, 2 gaps of 50.01 s together"),
        ([(0, 200)], [(180_000, 360_000)], "30.0 min, 1 gap of 30.0 min"),
    ],
)
def test_gaps_are_counted_with_what_is_missing(tmp_path, vertical, east, said):
    archive = written(tmp_path / "a.mseed", *pieces_between(vertical, "HHZ"), *pieces_between(east, "HHE"))
    ((_, text),) = archive.describe()
    assert text.startswith(f"HHZ HHE, {said}, 2023-11-14T22:13:20 to ")


def test_overlaps_take_the_first_and_say_so_where_they_differ(tmp_path):
    x, other = noise(3000), noise(3000, 5)
    write_miniseed(tmp_path / "a.mseed", [ArrayPiece.of(channel(), START, 100.0, x[:2000])])
    write_miniseed(tmp_path / "b.mseed", [ArrayPiece.of(channel(), START + 10 * SECOND, 100.0, x[1000:])])
    (same,) = open_archive(tmp_path).stations
    np.testing.assert_array_equal(same.read(*same.runs()[0]).waveform[0], x - x[0])
    assert same.notes == []
    write_miniseed(tmp_path / "b.mseed", [ArrayPiece.of(channel(), START + 10 * SECOND, 100.0, other)], overwrite=True)
    (differs,) = open_archive(tmp_path).stations
    np.testing.assert_array_equal(differs.read(*differs.runs()[0]).waveform[0, :2000], x[:2000] - x[0])
    assert differs.notes == ["records of XX.AAA..HHZ overlap with other samples in them; the first ones are taken."]


@pytest.mark.parametrize("rate", [40.0, 62.5, 200.0, 250.0])
def test_other_rates_are_resampled_without_a_shift(tmp_path, rate):
    time = np.arange(round(60 * rate)) / rate
    wave = (np.sin(2 * np.pi * 4.3 * time) + 2).astype(np.float32)
    (station,) = written(tmp_path / "a.mseed", ArrayPiece.of(channel(), START, rate, wave)).stations
    run = station.runs()[0]
    record = station.read(*run)
    expected = np.sin(2 * np.pi * 4.3 * np.arange(run[1] - run[0]) / 100) + 2 - wave[0]
    np.testing.assert_allclose(record.waveform[0, 100:-100], expected[100:-100], atol=0.01)
    assert station.notes == [f"XX.AAA..HHZ has {rate:g} samples per second and was resampled to 100 Hz."]
    part = station.read(run[0] + 1333, run[0] + 2000)
    np.testing.assert_allclose(part.waveform, record.waveform[:, 1333:2000], atol=1e-5)


@pytest.mark.parametrize("rate", [99.97, 100.015, 99.9999])
def test_a_rate_that_is_nearly_a_plain_one_shifts_nothing(rate):
    seconds = np.arange(1000.5, 9000, 1000)
    place = np.arange(round(10_000 * rate)) / rate
    samples = noise(len(place)) + 1e4 * sum(np.exp(-0.5 * ((place - time) / 0.02) ** 2) for time in seconds)
    (station,) = open_archive([ArrayPiece.of(channel(), START, rate, samples)]).stations
    for time in seconds:
        first = station.index(START + round((time - 1) * SECOND))
        found = station.read(first, first + 200).waveform[0].argmax()
        assert (station.time(first + found) - START) / SECOND == pytest.approx(time, abs=0.011)


@pytest.mark.parametrize("rate", [99.9998, 100.0002])
@pytest.mark.parametrize("kind", ["stream", "SAC", "GSE2"])
def test_hours_of_a_clock_that_is_a_little_off_keeps_its_time(tmp_path, rate, kind):
    """Samples that are times: what is read at the end of 4 h, 0.029 s off by the plain rate, is the time told of it."""
    samples = np.arange(round(14_400 * rate)) / rate * 1000
    stats = {"network": "XX", "station": "AAA", "channel": "HHZ", "sampling_rate": rate}
    own = obspy.Trace(samples if kind == "stream" else samples.round().astype("i4" if kind != "SAC" else "f4"), stats)
    own.stats.starttime = obspy.UTCDateTime(ns=START)
    if kind != "stream":
        own.write(str(tmp_path / "a"), kind)
    (station,) = open_archive(own if kind == "stream" else tmp_path / "a").stations
    first, stop = station.runs()[0]
    record = station.read(first, stop - 1)
    assert record.live[0].all()
    assert (station.gaps(), station.notes) == ([], [])
    for at in (1000, 700_000, 1_439_000):
        told = (station.time(first + at) - station.time(first)) / 1e6
        assert record.waveform[0, at] == pytest.approx(told, abs=3.5 if kind == "SAC" else 2.5)  # ms


def test_nominal_rates_stay_in_one_piece(tmp_path):
    """Also those that SAC files have by rounding, and rates that are fractions, however long the record is."""
    for rate in (100.0, 62.5, 99.97, 100 * (1 + 5e-8)):
        (station,) = open_archive([ArrayPiece(channel(), START, rate, 8_000_000, np.zeros(1))]).stations
        assert len(list(station.pieces)) == 1
    trace = obspy.Trace(noise(3000), {"network": "XX", "station": "AAA", "channel": "HHZ", "sampling_rate": 100.0})
    trace.write(str(tmp_path / "a.sac"), "SAC")
    for shift, told in ((1e-7, 100.0), (2e-6, 100 / (1 + 2e-6))):
        content = bytearray((tmp_path / "a.sac").read_bytes())
        content[:4] = np.float32(0.01 * (1 + shift)).tobytes()
        (tmp_path / "b.sac").write_bytes(content)
        (piece,) = obspy_formats.scan_obspy(tmp_path / "b.sac")
        assert piece.rate == pytest.approx(told, rel=1e-7)
        assert (piece.rate == 100.0) == (told == 100.0)


def test_samples_between_whole_hundredths_keep_their_time(tmp_path):
    (station,) = written(tmp_path / "a.mseed", ArrayPiece.of(channel(), START + 3_000_000, 100.0, noise(500))).stations
    first = station.runs()[0][0]
    assert station.time(first) == START + 3_000_000
    assert station.time(first + 100.5) == START + 1_008_000_000


def test_what_stays_the_same_is_dead(tmp_path):
    x = noise(3000)
    x[1000:1800] = 7
    (station,) = written(tmp_path / "a.mseed", ArrayPiece.of(channel(), START, 100.0, x)).stations
    live = station.read(*station.runs()[0]).live[0]
    assert not live[1000:1800].any()
    assert live[:1000].all()
    assert live[1800:].all()


def test_damage_in_the_middle_costs_a_record(tmp_path):
    path = tmp_path / "a.mseed"
    x = noise(20_000)
    write_miniseed(path, [ArrayPiece.of(channel(), START, 100.0, x)])
    content = bytearray(path.read_bytes())
    content[4096 * 5 : 4096 * 6] = bytes(4096)
    path.write_bytes(bytes(content[: len(content) - 1000]))  # and the last one is cut off
    archive = open_archive(path)
    assert archive.notes[:2] == (
        f"{path} has a place where no record can be made out; what was there is a gap.",
        f"{path} ends inside a record, as a file does that was not copied to its end.",
    )
    (station,) = archive.stations
    record = station.read(*station.runs()[0])
    lost = 1 - record.live[0].mean()
    assert 0.03 < lost < 0.12
    first = np.flatnonzero(~record.live[0])[0]
    np.testing.assert_array_equal(record.waveform[0, :first], x[:first] - x[0])


@pytest.mark.parametrize("left", [1, 40, 4000])
def test_a_file_that_ends_inside_a_record(tmp_path, left):
    path = tmp_path / "a.mseed"
    write_miniseed(path, [ArrayPiece.of(channel(code), START, 100.0, noise(20_000)) for code in ("HHZ", "HHN", "HHE")])
    content = path.read_bytes()
    assert open_archive(path).notes == ()
    path.write_bytes(content + bytes(512))  # padding
    assert open_archive(path).notes == ()
    path.write_bytes(content[: 4096 * 40 + left])
    said = "ends inside a record, as a file does that was not copied to its end."
    assert [note for note in open_archive(path).notes if said in note] == [f"{path} {said}"]


@pytest.mark.parametrize("lost", [30, 200, 463, 511])
def test_records_are_found_at_any_byte_behind_damage(tmp_path, lost):
    """The end of a record is missing, as a full disk leaves it; others were written behind."""
    path, x = tmp_path / "a.mseed", noise(20_000).astype(np.int32)
    traces = pymseed.MS3TraceList()
    traces.add_data("FDSN:XX_AAA__H_H_Z", x, "i", 100.0, starttime=START)
    made = list(traces.generate(max_record_length=512, encoding=pymseed.DataEncoding.STEIM2, format_version=2))
    content = b"".join(made)
    path.write_bytes(content[: 512 * 6 - lost] + content[512 * 6 :])
    (station,) = open_archive(path).stations
    record = station.read(*station.runs()[0])
    assert len(record.live[0]) == len(x)
    assert record.live[0].mean() >= 1 - 2.5 / len(made)  # that one, and the next one at most
    np.testing.assert_array_equal(record.waveform[0][record.live[0]], (x - x[0])[record.live[0]])


@pytest.mark.parametrize("block", [10_000, 1 << 22])
def test_records_are_found_at_any_byte_where_a_file_is_read_in_blocks(tmp_path, monkeypatch, block):
    monkeypatch.setattr(miniseed, "_BLOCK", block)
    monkeypatch.setattr(miniseed, "_LONGEST", 8192)
    path, x = tmp_path / "a.mseed", noise(20_000)
    write_miniseed(path, [ArrayPiece.of(channel(), START, 100.0, x)])
    content = path.read_bytes()
    path.write_bytes(content[:8192] + bytes(30_001) + content[8192:])
    archive = open_archive(path)
    assert archive.notes[0] == f"{path} has a place where no record can be made out; what was there is a gap."
    record = archive.stations[0].read(*archive.stations[0].runs()[0])
    assert record.live[0].all()
    np.testing.assert_array_equal(record.waveform[0], x - x[0])


def test_what_cannot_be_read_behind_the_last_record_is_told(tmp_path):
    path = tmp_path / "a.mseed"
    write_miniseed(path, [ArrayPiece.of(channel(code), START, 100.0, noise(20_000)) for code in ("HHZ", "HHN", "HHE")])
    content = path.read_bytes()
    path.write_bytes(content + np.random.default_rng(0).integers(0, 256, 5000).astype(np.uint8).tobytes())
    assert open_archive(path).notes == (
        f"{path} has a place where no record can be made out; what was there is a gap.",
    )


def test_what_cannot_be_decoded_is_a_gap_that_is_told_of(tmp_path):
    """Compressed differences of a record overwritten: its sum is another one."""
    path, x = tmp_path / "a.mseed", np.cumsum(np.random.default_rng(0).integers(-50, 50, 20_000)).astype(np.int32)
    traces = pymseed.MS3TraceList()
    traces.add_data(pymseed.nslc2sourceid("XX", "AAA", "", "HHZ"), x, "i", 100.0, starttime=START)
    content = bytearray(b"".join(traces.generate(encoding=pymseed.DataEncoding.STEIM2, format_version=2)))
    content[4096 + 64 : 8192] = bytes(4096 - 64)
    path.write_bytes(bytes(content))
    (station,) = open_archive(path).stations
    record = station.read(*station.runs()[0])
    lost = np.flatnonzero(~record.live[0])
    assert 0.1 < len(lost) / len(x) < 0.25
    assert (np.diff(lost) == 1).all()
    np.testing.assert_array_equal(record.waveform[0, lost[-1] + 1 :], x[lost[-1] + 1 :] - x[0])
    assert station.notes == ["XX.AAA..HHZ has records that cannot be decoded; they are gaps."]


def steim(x, code="HHZ", length=4096, rate=100.0):
    """Records of whole numbers without a blockette 1000, so that only the next header ends one."""
    traces = pymseed.MS3TraceList()
    source = pymseed.nslc2sourceid("XX", "AAA", "", code)
    traces.add_data(source, x.astype(np.int32), "i", rate, starttime=START)
    encoding = pymseed.DataEncoding.STEIM1
    made = [*traces.generate(max_record_length=length, encoding=encoding, format_version=2)]
    return [record[:39] + b"\0" + record[40:46] + bytes(10) + record[56:] for record in made]


@pytest.mark.parametrize("block", [10_240, 1 << 22])
def test_records_without_a_blockette_1000_have_all_their_samples(tmp_path, monkeypatch, block):
    """Also the last ones of pieces, and where what is read at once ends in the middle of a record."""
    monkeypatch.setattr(miniseed, "_BLOCK", block)
    monkeypatch.setattr(miniseed, "_LONGEST", 8192)
    path, known = tmp_path / "a.mseed", {code: noise(150_000, k) for k, code in enumerate(("HHZ", "HHN", "HHE"))}
    made = [steim(x, code) for code, x in known.items()]
    path.write_bytes(b"".join(record for those in zip(*made, strict=False) for record in those))
    (station,) = open_archive(path).stations
    theirs = obspy.read(str(path))
    for row, pieces in enumerate(station.components):
        (trace,) = theirs.select(channel=pieces[0].channel.code)
        assert len(pieces) > 2
        decoded = [samples for piece in pieces for _, samples in piece.segments(piece.start, piece.end)]
        np.testing.assert_array_equal(np.concatenate(decoded), trace.data)
        assert station.read(*station.runs()[0]).live[row].all()
        np.testing.assert_array_equal(trace.data, known[trace.stats.channel][: len(trace.data)])
    assert station.gaps() == station.notes == []


def test_samples_that_headers_promise_and_records_lack_are_told_of(tmp_path):
    path, x = tmp_path / "a.mseed", noise(20_000)
    made = steim(x)[:-1]
    path.write_bytes(b"".join(made)[:-2048])  # half of the last record, which may be a whole one of that length
    (station,) = open_archive(path).stations
    live = station.read(*station.runs()[0]).live[0]
    assert 0 < np.count_nonzero(~live) <= len(x) / len(made)
    assert station.notes == ["XX.AAA..HHZ has records that cannot be decoded; they are gaps."]


def test_records_of_another_rate_between_those_of_a_piece_are_not_in_it(tmp_path):
    x, y = noise(20_000), noise(8000, 1)
    path, (first, *rest), slow = tmp_path / "a.mseed", steim(x, length=512), steim(y, length=512, rate=40.0)
    path.write_bytes(b"".join([first, *slow, *rest]))
    (station,) = open_archive(path).stations
    for piece in station.components[0]:
        decoded = np.concatenate([samples for _, samples in piece.segments(piece.start, piece.end)])
        np.testing.assert_array_equal(decoded, x if piece.rate == 100 else y)
        assert piece.damaged() == 0


@pytest.mark.skipif(not REAL.exists(), reason="needs the real data beside the project")
def test_a_real_file_without_a_blockette_1000_reads_as_obspy_reads_it():
    path = REAL / "odd_files" / "libmseed" / "testdata-no-blockette1000-steim1.mseed2"
    (piece,) = open_archive(path).stations[0].pieces
    ((time, samples),) = piece.segments(piece.start, piece.end)
    (trace,) = obspy.read(str(path))
    assert (time, piece.count) == (trace.stats.starttime.ns, 7312)
    np.testing.assert_array_equal(samples, trace.data)


def test_streams_are_taken_and_masked_samples_are_gaps():
    data = np.ma.masked_array(noise(1000), mask=np.zeros(1000, bool))
    data.mask[300:400] = True
    stats = {"network": "XX", "station": "AAA", "channel": "hhz", "sampling_rate": 100.0}
    (station,) = open_archive(obspy.Stream([obspy.Trace(data, stats)])).stations
    assert station.read(*station.runs()[0]).live[0].sum() == 900


def test_what_is_no_seismogram_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(MissingError, match="there is no file"):
        open_archive(tmp_path / "none")
    (tmp_path / "readme.txt").write_text("no seismogram")
    with pytest.raises(DataError, match=r"readme.txt holds no seismogram that is read here; left out"):
        open_archive(tmp_path)
    trace = ArrayPiece.of(Channel("", "", "", ""), START, 250.0, noise(500))  # as of a survey
    with pytest.raises(DataError, match=r"\(its traces name no channel\)\. Needed are"):
        open_archive([trace])
    with pytest.raises(DataError, match="not int"):
        open_archive(3)
    write_miniseed(tmp_path / "a.mseed", [ArrayPiece.of(channel("LHZ"), START, 1.0, noise(500))])
    with pytest.raises(DataError, match=r"XX\.AAA\.\.LHZ: 1 samples a second are too few"):
        open_archive(tmp_path)
    write_miniseed(tmp_path / "b.mseed", [ArrayPiece.of(channel(), START, 100.0, noise(500))])
    assert "readme.txt" in open_archive(tmp_path).notes[0]
    with pytest.raises(DataError, match=r"too few\)\. It has XX\.AAA\.\.HHZ, XX\.AAA\.\.LHZ\. Needed are"):
        open_archive(tmp_path, channels="*.LH?")


def test_a_station_with_less_than_a_sample_is_left_out_and_the_others_go_on(tmp_path):
    late, short = START + 6_000_000, channel(station="BBB")  # between two hundredths of a second
    pieces = [ArrayPiece.of(short, late + k * 3600 * SECOND, 200.0, noise(1)) for k in range(2)]
    said = "XX.BBB..HH has no data for as long as a sample at 100 Hz; left out."
    with pytest.raises(DataError, match=rf"\({said.removesuffix('.')}\)\. It has XX\.BBB\.\.HHZ\."):
        written(tmp_path / "b.mseed", *pieces)
    write_miniseed(tmp_path / "a.mseed", [ArrayPiece.of(channel(c), START, 100.0, noise(500)) for c in ("HHZ", "HHN")])
    archive = open_archive(tmp_path)
    assert [label for label, _ in archive.describe()] == ["XX.AAA..HH"]
    assert archive.notes[1:] == (said,)
    assert "XX.AAA..HH? has no east component" in archive.notes[0]


def test_a_file_that_is_gone_for_a_while_leaves_later_reads_as_they_were():
    class Flaky(ArrayPiece):
        there = True

        def segments(self, start, stop):
            if not Flaky.there:
                raise MissingError("its disk is gone")
            return super().segments(start, stop)

    def station():
        piece = Flaky.of(channel(), START, 100.0, 1_234_567_890 + np.arange(3000) % 7)
        return Station("XX", "AAA", "", "HH", ([piece], [], []))

    one, other = station(), station()
    first = one.runs()[0][0]
    Flaky.there = False
    with pytest.raises(MissingError, match="its disk is gone"):
        other.dead()
    with pytest.raises(MissingError, match="its disk is gone"):
        other._level(0)
    Flaky.there = True
    np.testing.assert_array_equal(other.read(first, first + 700).waveform, one.read(first, first + 700).waveform)
    assert one.read(first, first + 700).waveform[0, 6] == 6


def test_remarks_of_obspy_on_headers_are_no_warnings(tmp_path):
    obspy = pytest.importorskip("obspy")
    trace = obspy.Trace(noise(3000).astype(np.float32), {"network": "XX", "station": "AAA", "channel": "HHZ"})
    trace.stats.delta = 1 / 99.97
    trace.write(str(tmp_path / "a.sac"), format="SAC")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (station,) = open_archive([tmp_path / "a.sac"]).stations
        assert station.read(*station.runs()[0]).live.any()


class Program:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("suffix", ["dat", "dat.gz"])
def test_pickles_are_not_run(tmp_path, suffix):
    content = pickle.dumps(["obspy.core.stream", Program(tmp_path / "run")])  # which ObsPy takes for a Stream of its
    path = tmp_path / f"day.{suffix}"
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    with pytest.raises(DataError, match=r"day\.dat(\.gz)? holds no seismogram that is read here; left out"):
        open_archive(path)
    assert not (tmp_path / "run").exists()


def test_all_formats_of_obspy_are_tried_but_pickles():
    from obspy.core.util.base import ENTRY_POINTS

    assert set(ENTRY_POINTS["waveform"]) - obspy_formats._FORMATS == {"PICKLE"}


@pytest.mark.parametrize("kind", ["SAC", "GSE2", "SLIST", "TSPAIR", "SAC.gz"])
@pytest.mark.parametrize(("folder", "beside"), [("a", "b"), ("a[1]", "a1"), ("[[a]", "[a"), ("a?", "ab"), ("a*", "ab")])
def test_files_in_folders_of_any_name(tmp_path, kind, folder, beside):
    """The name is that of one file, and no pattern, which the folder beside would match."""
    stats = {"network": "XX", "station": "AAA", "channel": "HHZ", "sampling_rate": 100.0}
    samples = noise(3000).astype(np.int32)
    for name, count in ((folder, 3000), (beside, 1000)):
        (tmp_path / name).mkdir()
        path = tmp_path / name / f"a.{kind}"
        written_as = kind.removesuffix(".gz")
        obspy.Trace(samples[:count].astype("f4" if written_as == "SAC" else "i4"), stats).write(str(path), written_as)
        if kind.endswith(".gz"):
            path.write_bytes(gzip.compress(path.read_bytes()))
    (piece,) = obspy_formats.scan_obspy(tmp_path / folder / f"a.{kind}")
    ((_, read),) = piece.segments(piece.start, piece.end)
    np.testing.assert_array_equal(read, samples)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 30)), min_size=1, max_size=12))
def test_times_with_data_are_those_of_a_plain_count(seconds):
    pieces = [ArrayPiece.of(channel(), START + first * SECOND, 1.0, np.arange(n)) for first, n in seconds]
    station = Station("XX", "AAA", "", "HH", (sorted(pieces, key=lambda piece: piece.start), [], []), rate=1.0)
    covered = np.zeros(600, bool)
    for first, n in seconds:
        covered[first : first + n] = True
    # No more than a sample between two pieces is no gap, and 30 s are none between two runs.
    for apart, found in ((1, station.spans()), (30, [tuple(map(station.time, run)) for run in station.runs()])):
        live = covered.copy()
        for first, last in spans(~covered):
            inside = covered[:first].any() and covered[last:].any()
            live[first:last] = inside and last - first <= apart
        assert found == [(START + a * SECOND, START + b * SECOND) for a, b in spans(live)]
    inner = [(a, b) for a, b in spans(~covered) if covered[:a].any() and covered[b:].any()]
    assert station.gaps() == [(START + a * SECOND, START + b * SECOND) for a, b in inner]


def test_pieces_of_files_are_numbers_and_come_by_time(tmp_path):
    files = {
        "b.mseed": [ArrayPiece.of(channel(), START + k * 900 * SECOND, 100.0, noise(80_000, seed=k)) for k in range(2)],
        "a.mseed": [ArrayPiece.of(channel(), START, 100.0, noise(50_000, seed=7))],
    }
    for name, own in files.items():
        write_miniseed(tmp_path / name, own)
    (station,) = open_archive(tmp_path).stations
    found = list(station.components[0])
    assert [piece.start for piece in found] == sorted(piece.start for piece in found)
    assert [piece.path.name for piece in found[:2]] == ["a.mseed", "b.mseed"]
    assert station.components[0][-1].start == found[-1].start
    starts, ends = edges(station.components[0])
    assert starts.tolist() == [piece.start for piece in found]
    assert ends.tolist() == [piece.end for piece in found]
    for name, own in files.items():
        data = (tmp_path / name).read_bytes()
        of_file = [piece for piece in found if piece.path.name == name]
        assert sum(piece.count for piece in of_file) == sum(piece.count for piece in own)
        places = [piece.table.place(piece.number) for piece in of_file]
        assert [hashlib.blake2b(data[at : at + n], digest_size=16).hexdigest() for at, n in places] == [
            piece.digest for piece in of_file
        ]
        assert sum(n for _, n in places) == len(data)
    grown = open_archive(sorted(tmp_path.iterdir())).stations[0]
    assert [piece.digest for piece in grown.components[0]] == [piece.digest for piece in found]


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (".BER..HHZ.mseed", True),
        (".BER.00.HHZ__20260101T000000Z__20260102T000000Z.MSEED", True),
        (".BER.HHZ.sac", True),
        (".BER..HHZ", True),
        (".BER..HHZ.D.2026.001", True),
        ("._BER..HHZ.mseed", False),  # macOS
        (".BER..HHZ.mseed.aB3dE9", False),  # rsync
        (".BER..HHZ.D.2026.001.aB3dE9", False),
        (".BER..HHZ.mseed.part", False),
        (".BER..HHZ.host-12.part.mseed", False),  # of geocnn itself
        (".in.BER..HHZ.mseed", False),  # lftp
        (".nfs000000000b5a", False),
        (".#BER..HHZ.mseed", False),
        (".trash/BER..HHZ.mseed", False),
        (".trash/.BER..HHZ.mseed", False),
    ],
)
def test_files_that_begin_with_the_dot_of_no_network_are_read(tmp_path, name, read):
    (tmp_path / "data" / name).parent.mkdir(parents=True)
    piece = ArrayPiece.of(Channel("", "BER", "", "HHZ"), START, 100.0, noise(3000))
    write_miniseed(tmp_path / "whole", [piece])
    (tmp_path / "whole").rename(tmp_path / "data" / name)
    write_miniseed(tmp_path / "data" / "other.mseed", [ArrayPiece.of(channel(), START, 100.0, noise(3000))])
    archive = open_archive(tmp_path / "data")
    assert [str(station) for station in archive.stations] == [".BER..HH"] * read + ["XX.AAA..HH"]
