"""Records of a SeedLink server, over a real socket: the catalogue is that of the same records in a folder."""

import itertools
import json
import signal
import socket
import threading
import time
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from tests.processes import CLI, Process
from tests.seedlink_server import Server

from geocnn.errors import DataError, MissingError, TargetError
from geocnn.io.waveforms import Channel, open_archive, seedlink
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.sds import Sds, read_header
from geocnn.io.waveforms.seedlink import SeedLink
from geocnn.io.waveforms.streams import Wanted
from geocnn.prediction.catalogue import pick_earthquakes
from geocnn.prediction.watch import watch_earthquakes

obspy = pytest.importorskip("obspy")
MIDNIGHT = 1_700_006_400 * SECOND


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """A lost connection is tried again at once."""
    monkeypatch.setattr(seedlink, "_FIRST", 0.05)


@pytest.fixture(scope="module")
def records(five_minutes):
    """Of two stations, as they come in: by time, channel after channel, from 20 s before midnight."""
    from pymseed import DataEncoding, MS3TraceList, nslc2sourceid

    found = []
    for name, shift in (("AAA", 0), ("BBB", 7000)):
        for code, samples in zip("ZNE", five_minutes[0], strict=True):
            traces = MS3TraceList()
            start = MIDNIGHT - 20 * SECOND
            numbers = np.roll(samples, shift).astype(np.float32)
            traces.add_data(nslc2sourceid("XX", name, "", f"HH{code}"), numbers, "f", 100.0, starttime=start)
            made = traces.generate(max_record_length=512, encoding=DataEncoding.FLOAT32, format_version=2)
            found += [(("XX", name), record) for record in made]
    return sorted(found, key=lambda pair: read_header(pair[1])[1])


def folder_of(records, folder, station=None):
    """The same records in files of a folder, a file a station."""
    folder.mkdir()
    for (network, name), record in records:
        if station in (None, name):
            with (folder / f"{network}.{name}.mseed").open("ab") as file:
                file.write(record)
    return folder


def texts(folder, name="catalog"):
    return (folder / f"{name}.xml").read_text(), (folder / f"{name}.csv").read_text()


def test_the_catalogue_of_a_server_is_that_of_a_folder(tmp_path, quakes, records):
    """Half of the records, then the rest over a connection that breaks; a watch that is started again goes on."""
    said = []
    out = tmp_path / "out" / "catalog.xml"
    with Server(records, ready=len(records) // 2) as server:
        look = partial(
            watch_earthquakes, quakes, server.address, out, channels="XX.AAA..HH?", every=1.5, announce=said.append
        )
        first = look(rounds=2)
        half = server.sent
        assert half > 0
        assert server.asked.count("DATA") == 1
        server.ready, server.drops = len(records), 100
        last = look(rounds=3)
        own = [record for (_, name), record in records if name == "AAA"]
        assert server.sent == len(own)  # none twice, none left out
        resumed = [words.split()[1] for words in server.asked if words.startswith("DATA ")]
        assert [int(number, 16) for number in resumed] == [half + 1, half + 101]
    pick_earthquakes(quakes, folder_of(records, tmp_path / "plain", "AAA"), tmp_path / "plain.xml", show_progress=False)
    assert texts(out.parent) == texts(tmp_path, "plain")
    assert 0 < len(first.arrivals) < len(last.arrivals)
    assert any("no connection to 127.0.0.1" in line and "trying again in 0.05 s" in line for line in said)
    assert any(line.endswith("is connected again") for line in said)
    files = sorted(path.name for path in (out.parent / "archive").rglob("XX.*"))
    assert files == [f"XX.AAA..HH{c}.D.2023.{day}" for c in "ENZ" for day in (318, 319)]


def test_records_that_come_again_are_in_the_archive_once(tmp_path, records):
    with Server(records[:60]) as server:
        for number in range(2):
            with SeedLink(server.address, "XX.AAA..HH?", tmp_path) as link:
                link.receive(0.6)
            kept = {path: path.read_bytes() for path in sorted(tmp_path.rglob("XX.*"))}
            if not number:
                first = kept
                assert json.loads((tmp_path / ".seedlink.json").read_text()) == {link.name: {"XX.AAA": 30}}
                (tmp_path / ".seedlink.json").write_text("nothing that can be read")
        assert server.sent == 60
    assert kept == first
    assert sum(map(len, kept.values())) == 30 * 512
    read = obspy.read(str(next(iter(kept))))
    assert read[0].id in {"XX.AAA..HHE"}


def test_patterns_choose_stations_by_what_the_server_lists(tmp_path, records):
    with Server(records[:60]) as server:
        with SeedLink(server.address, "XX.[B]*.*.HH[ZN]", tmp_path) as link:
            link.receive(0.6)
        assert [words for words in server.asked if words.startswith("STATION")] == ["STATION  BBB XX"]
        assert "SELECT HH?" in server.asked
        (station,) = open_archive(tmp_path).stations
        assert str(station) == "XX.BBB..HH"
        assert [bool(pieces) for pieces in station.components] == [True, True, False]
        with pytest.raises(
            DataError, match=r"has no channel that \*\.CCC\.\*\.HH\? matches. It has XX\.AAA\.\.HHE, XX"
        ):
            SeedLink(server.address, "*.CCC.*.HH?", tmp_path)
        server.info = False
        with pytest.raises(DataError, match="does not say what it has; give --channels with one network and one sta"):
            SeedLink(server.address, "XX.*.*.HH?", tmp_path)


@pytest.mark.parametrize(
    ("pattern", "selector"),
    [("CX.PB01..HH?", "HH?"), ("CX.A.10.HHZ", "10HHZ"), ("CX.A.*.*", "???"), ("CX.A.1?.*Z", "1???Z"),
     ("CX.A..H[HN]*", "H??")],
)  # fmt: skip
def test_selectors(pattern, selector):
    assert Wanted.of(pattern).selector == selector


def test_a_server_without_the_station_is_a_sentence(tmp_path, records):
    with Server(records[:6]) as server, pytest.raises(DataError) as caught:
        SeedLink(server.address, "XX.CCC..HH?", tmp_path / "archive")
    assert str(caught.value) == (
        f"the SeedLink server {server.address[11:-1]} has no records of XX.CCC..HH?, or gives none away; check "
        "--channels."
    )
    assert not (tmp_path / "archive").exists()


def test_the_connection_is_closed_if_there_is_no_archive_to_write(tmp_path, records, monkeypatch):
    made, connect = [], socket.create_connection

    def kept(*arguments):
        made.append(connect(*arguments))
        return made[-1]

    monkeypatch.setattr(socket, "create_connection", kept)
    (tmp_path / "archive").write_text("a file")
    with Server(records[:6]) as server, pytest.raises(TargetError, match="archive cannot be made"):
        SeedLink(server.address, "XX.AAA..HH?", tmp_path / "archive")
    assert [link.fileno() for link in made] == [-1]


def test_something_else_at_the_port_is_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        name = "{}:{}".format(*server.getsockname())

        def greet():
            for words in (b"SSH-2.0-else\r\n", b""):
                link, _ = server.accept()
                with link:
                    link.recv(100)
                    link.sendall(words)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        for why in ("what answers is something else", "closed by the server"):
            with pytest.raises(MissingError) as caught:
                SeedLink(f"seedlink://{name}", "XX.AAA..HH?", tmp_path)
            assert str(caught.value) == f"no SeedLink server answers at {name} ({why}); check host and port."
        thread.join(5)


def test_a_server_that_is_gone_is_tried_again_after_growing_waits(tmp_path, records):
    said = []
    with Server(records[:6]) as server:
        link = SeedLink(server.address, "XX.AAA..HH?", tmp_path, said.append)
        link.receive(0.3)
    link.receive(1.0)
    waits = [line.rpartition(" in ")[2] for line in said[1:]]
    assert waits[:4] == ["0.05 s", "0.1 s", "0.2 s", "0.4 s"]
    assert "(closed by the server)" in said[1]
    assert "(connection refused)" in said[2]


def test_a_pause_that_ends_between_two_looks_at_the_clock(tmp_path, records, monkeypatch):
    with Server(records[:6]) as server, SeedLink(server.address, "XX.AAA..HH?", tmp_path) as link:
        link._disconnect()
        link._again, paused = 10.0, []
        looks = itertools.chain([9.0, 9.1, 9.9, 10.1], itertools.repeat(20.0))
        monkeypatch.setattr(seedlink, "time", SimpleNamespace(monotonic=looks.__next__, sleep=paused.append))
        link.receive(5.0)
    assert paused == [0.0]


def test_a_silent_server_is_asked_whether_it_is_there_and_then_left(tmp_path, records, monkeypatch):
    monkeypatch.setattr(seedlink, "_ALIVE", 1)
    monkeypatch.setattr(seedlink, "_SILENT", 4.9)
    said = []
    with Server(records[:6]) as server, SeedLink(server.address, "XX.AAA..HH?", tmp_path, said.append) as link:
        link.receive(5.0)
        assert len(said) == 1
        assert "INFO ID" in server.asked
        monkeypatch.setattr(link, "_patience", 1.0)
        time.sleep(1.5)  # somebody who does not listen has not heard silence
        link.receive(0.5)
        assert len(said) == 1
        server.mute = True
        link.receive(2.0)
        assert "(silent for 1 s); trying again" in said[1]


def test_the_command_ends_with_a_sentence(tmp_path, records, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Server(records[:60]) as server:
        words = [server.address, "--channels", "XX.AAA..HH?", "--out", "c.xml", "--every", "0.5", "--no-picture"]
        process = Process(CLI, "watch", *words)
        until = time.monotonic() + 60
        while not (tmp_path / "c.csv").exists() and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "sends records of XX.AAA to archive" in out
    assert err.startswith("geocnn: stopped; ")
    assert "the same command goes on from there" in err  # from the journal: it may be at work on the next records
    assert "kept in c.xml.unfinished" in err


def test_a_stop_before_anything_is_picked_says_where_the_records_are(tmp_path, records):
    with (
        Server(records[:6]) as server,
        pytest.raises(KeyboardInterrupt, match=r"the records that came are kept in .*ar"),
        SeedLink(server.address, "XX.AAA..HH?", tmp_path / "ar"),
    ):
        raise KeyboardInterrupt


def test_the_archive_says_when_it_cannot_be_written(tmp_path, records):
    (tmp_path / "a").write_text("a file")
    with pytest.raises(TargetError, match="a cannot be made"):
        Sds(tmp_path / "a")
    archive = Sds(tmp_path / "b")
    (tmp_path / "b" / "2023").write_text("a file")
    with pytest.raises(TargetError, match="cannot be written"):
        archive.add(Channel("XX", "AAA", "", "HHZ"), MIDNIGHT, records[0][1])


def test_years_and_days_of_the_archive_are_those_of_sds(tmp_path, records):
    archive, channel = Sds(tmp_path), Channel("CX", "PB01", "10", "HHZ")
    for text in ("2023-12-31T23:59:59.999", "2024-01-01", "2024-12-31"):
        archive.add(channel, np.datetime64(text, "ns").astype(np.int64).item(), records[0][1])
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("CX.*"))
    assert files == [
        "2023/CX/PB01/HHZ.D/CX.PB01.10.HHZ.D.2023.365",
        "2024/CX/PB01/HHZ.D/CX.PB01.10.HHZ.D.2024.001",
        "2024/CX/PB01/HHZ.D/CX.PB01.10.HHZ.D.2024.366",
    ]
