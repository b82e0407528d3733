"""An SDS archive that records are added to: what a full disk leaves, and what a server must not do."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from pymseed import DataEncoding, MS3TraceList

from geocnn.io.waveforms import Channel, Station, open_archive, sds
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.sds import RECORD, Sds, read_header

START = 1_700_000_000 * SECOND
SAMPLES = np.random.default_rng(0).integers(-1000, 1000, 5000).astype(np.int32)


def records(source="FDSN:CX_PB01__H_H_Z", version=2):
    """Records of 5000 samples."""
    traces = MS3TraceList()
    traces.add_data(source, SAMPLES, "i", 100.0, starttime=START)
    made = traces.generate(max_record_length=RECORD, encoding=DataEncoding.STEIM2, format_version=version)
    return [bytes(record) for record in made]


def added(folder, made):
    """How many records are new ones to an archive that is opened again."""
    archive = Sds(folder)
    return sum(archive.add(*read_header(record), record) for record in made)


def read(folder):
    (station,) = open_archive(folder).stations
    ((first, last),) = station.runs()
    record = station.read(first, last)
    assert record.live[0].all()
    return record.waveform[0]


@pytest.mark.parametrize("left", [1, 200, 511])
def test_what_a_full_disk_leaves_of_a_record_costs_nothing(tmp_path, left):
    made = records()
    assert len(made) > 12
    assert added(tmp_path, made[:5]) == 5
    (path,) = tmp_path.rglob("CX.*")
    with path.open("ab") as file:
        file.write(made[5][:left])
    assert added(tmp_path, made[3:]) == len(made) - 5
    assert path.read_bytes() == b"".join(made)
    assert added(tmp_path, made) == 0
    np.testing.assert_array_equal(read(tmp_path), SAMPLES - SAMPLES[0])


def test_files_of_many_channels_are_read_once(tmp_path, monkeypatch):
    """Records of all channels in turn, about midnight those of two days; then again from the beginning."""
    monkeypatch.setattr(sds, "_FILES", 2)
    size, read_bytes = [], Path.read_bytes

    def counted(path):
        size.append(path.stat().st_size)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    channels = [Channel("XX", f"S{k:03d}", "", "HHZ") for k in range(40)]
    made = np.random.default_rng(0).bytes(20 * 40 * RECORD)
    rows = [
        (channels[k % 40], START + (k // 40 % 2) * 86_400 * SECOND, made[k * RECORD : (k + 1) * RECORD])
        for k in range(20 * 40)
    ]
    archive = Sds(tmp_path)
    assert all(archive.add(*row) for row in rows)
    assert not any(archive.add(*row) for row in rows)
    assert not size
    assert sum(path.stat().st_size for path in tmp_path.rglob("XX.*")) == len(made)
    again = Sds(tmp_path)
    assert not any(again.add(*row) for row in rows)
    assert sum(size) == len(made)  # each file once
    later = (channels[0], START + 2 * 86_400 * SECOND, made[:RECORD])
    assert again.add(*later)
    assert not again.add(*rows[0])
    assert not again.add(*later)
    assert sum(size) == len(made) + 10 * RECORD  # of three days that come in turn the oldest is read again


def test_a_record_is_remembered_in_few_bytes(tmp_path):
    archive, channel, number = Sds(tmp_path), Channel("XX", "AAA", "", "HHZ"), 20_000
    rng = np.random.default_rng(0)
    assert archive.add(channel, START, rng.bytes(RECORD))
    (path,) = tmp_path.rglob("XX.*")
    path.write_bytes(path.read_bytes() + rng.bytes(RECORD * number))
    tracemalloc.start()
    try:
        archive = Sds(tmp_path)
        assert archive.add(channel, START, rng.bytes(RECORD))
        assert not archive.add(channel, START, path.read_bytes()[-2 * RECORD : -RECORD])
        assert tracemalloc.get_traced_memory()[0] < 12 * number
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ("FDSN:CX_PB01_10_H_H_Z", ("CX", "PB01", "10", "HHZ")),
        ("FDSN:cx_pb-01__H_H_1", ("cx", "pb-01", "", "HH1")),
        ("FDSN:CX_PB01__BH_XX_ZZ", ("CX", "PB01", "", "BH_XX_ZZ")),
        ("FDSN:CX_../../../../oops__H_H_Z", None),
        ("FDSN:CX_..__H_H_Z", None),
        ("FDSN:/tmp_PB01__H_H_Z", None),
        ("FDSN:CX_PB01_\\_H_H_Z", None),
        ("FDSN:CX_PB01__H_H_/", None),
    ],
)
def test_codes_that_are_no_names_of_folders_are_refused(source, codes):
    found = read_header(records(source, 3)[0])
    assert found == (None if codes is None else (found[0], START))
    assert codes is None or tuple(vars_of(found[0])) == codes


def vars_of(channel):
    return channel.network, channel.station, channel.location, channel.code


def test_codes_in_the_names_of_files_stay_in_their_folder():
    """Whatever somebody has put into a file of seismograms."""
    for odd in ("../../oops", "a/b", "..", "a\\b", "a\0b"):
        name = Station(odd, odd, odd, "HH", ((), (), ())).file_name
        assert Path(name).name == name
        assert not set(name) & set("/\\\0")
        assert name not in (".", "..")
    assert Station("CX", "PB01", "", "HH", ((), (), ())).file_name == "CX.PB01..HH"
