"""The page of seismograms: what changes its picks, who may, the network at work, and the files that are saved."""

import io
import json
import subprocess
import sys
import threading

import numpy as np
import pytest
from starlette.testclient import TestClient

from geocnn.errors import DataError, FormatError
from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.catalogue_files import read_catalogue
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Amplitude, Event, Magnitude, Origin, PhasePick, quakeml
from geocnn.prediction import picker
from geocnn.prediction.arrivals import pick_station
from geocnn.prediction.catalogue import pick_earthquakes
from geocnn.viewer.edits import reviewed
from geocnn.viewer.network_picks import NetworkPicks
from geocnn.viewer.records import RecordsPage
from geocnn.viewer.server import application

MIDNIGHT = 1_767_225_600 * SECOND
START = MIDNIGHT + 3600 * SECOND
NOISE = np.random.default_rng(0).normal(0, 100, (3, 90_000)).round()


def pieces(waveform, station="AAA", start=START, rate=100.0):
    return [
        ArrayPiece.of(Channel("XX", station, "", f"HH{letter}"), start, rate, row)
        for letter, row in zip("ZNE", waveform, strict=True)
    ]


def pick(station, phase, seconds, **known):
    return PhasePick(Channel("XX", station, "", "HHZ"), phase, MIDNIGHT + round(seconds * SECOND), **known)


EVENTS = [
    Event(
        (
            pick("AAA", "P", 3700.25, uncertainty=0.05, probability=0.9, polarity=-1),
            pick("AAA", "S", 3705, mode="manual", amplitude=Amplitude(12.0, "HHE", 2.0)),
        ),
        Origin(MIDNIGHT + 3690 * SECOND, -21.0, -69.5, 12.0, uncertainty=0.2, spread=3.0, depth_error=1.5),
        Magnitude(2.3, "ML", 0.1),
    ),
    Event((pick("AAA", "P", 3650, probability=0.5), pick("CCC", "Pn", 3651))),
    Event((), Origin(MIDNIGHT, 10.0, 20.0), Magnitude(5.0)),
]


def client(tmp_path, archive=None, events=EVENTS):
    """Asks a page of the records and a catalogue."""
    catalogue = tmp_path / "catalog.xml"
    catalogue.write_text(quakeml(events, "quakes"), encoding="utf-8")
    shown = RecordsPage(archive or open_archive([*pieces(NOISE), *pieces(NOISE, "BBB")]), catalogue, "2026")
    return TestClient(application(shown), base_url="http://127.0.0.1:8000")


@pytest.fixture
def asked(tmp_path):
    return client(tmp_path)


def picks(asked, station=0):
    """Phase, seconds and event of the picks of a station."""
    found = asked.get("/picks", params={"station": station}).json()["picks"]
    return list(zip(found["phase"], found["time"], found["event"], strict=True))


def send(asked, path, **words):
    answer = asked.post(path, json=words)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(answer):
    assert answer.status_code == 422
    return answer.json()["error"]


def test_picks_are_set_moved_removed_and_all_of_it_undone(asked):
    before = [("P", 3650, 1), ("P", 3700.25, 0), ("S", 3705, 0)]
    assert picks(asked) == before
    state = asked.get("/review").json()
    assert (state["undo"], state["redo"], state["changed"], state["counts"]) == (None, None, False, [3, 0])
    made = send(asked, "/add", station=0, phase="S", time=3655.0014)
    assert (made["undo"], made["changed"]) == ("S of XX.AAA set at 2026-01-01 01:00:55.00", True)
    assert picks(asked) == [before[0], ("S", 3655.0014, 1), *before[1:]]
    send(asked, "/move", station=0, id=made["id"], time=3656.5)
    assert picks(asked)[1] == ("S", 3656.5, 1)
    properties = asked.get("/picks", params={"station": 0}).json()["picks"]
    assert [properties[name][1] for name in ("manual", "probability", "uncertainty")] == [True, None, None]
    assert send(asked, "/remove", id=made["id"])["counts"] == [3, 0]
    assert picks(asked) == before
    assert send(asked, "/undo")["words"] == "undone: S of XX.AAA at 2026-01-01 01:00:56.50 removed"
    assert picks(asked)[1] == ("S", 3656.5, 1)
    for _ in range(2):
        state = send(asked, "/undo")
    assert (picks(asked), state["changed"], state["undo"]) == (before, False, None)
    assert send(asked, "/redo")["words"] == "done again: S of XX.AAA set at 2026-01-01 01:00:55.00"
    assert told(TestClient(asked.app, base_url=asked.base_url).post("/remove", json={"id": 99})) == (
        "that pick is gone; somebody has removed it, perhaps in another window of this page."
    )


def test_earthquakes_without_picks_are_told_of(asked):
    for number in (0, 1):
        state = send(asked, "/remove", id=number)
    assert state["gone"] == [0]
    assert [event["number"] for event in asked.get("/about").json()["events"]] == [0, 2]
    assert send(asked, "/undo")["gone"] == []


def test_nobody_but_the_page_changes_picks(asked):
    words = json.dumps({"station": 0, "phase": "P", "time": 3800})
    kind = {"content-type": "application/json"}
    alone = "what is shown is changed by the page at http://127.0.0.1:8000 alone."
    origins = ("https://elsewhere.org", "http://127.0.0.1:9000", "null")
    known = {origin: f"what was sent comes from {origin}; {alone}" for origin in origins}
    for path in ("/add", "/move", "/remove", "/undo", "/redo", "/pick", "/save"):
        assert asked.get(path).status_code == 405
        for origin, said in known.items():
            assert told(asked.post(path, content=words, headers=kind | {"origin": origin})) == said
        for form, said in (("text/plain;charset=UTF-8", "text/plain"), ("", "of no kind")):
            answer = asked.post(path, content=words, headers={"content-type": form})
            assert told(answer) == f"what was sent is {said}; needed is application/json."
        assert asked.post(path, content=words, headers=kind | {"host": "elsewhere.org"}).status_code == 400
    assert asked.get("/review").json()["undo"] is None
    own = kind | {"origin": "http://127.0.0.1:8000"}
    assert asked.post("/add", content=words, headers=own).status_code == 200
    assert ("P", 3800, 3) in picks(asked)


@pytest.mark.parametrize(
    ("path", "words", "said"),
    [
        ("/add", {"station": 2}, "station is 2; needed is a number from 0 to 1."),
        ("/add", {"phase": "X"}, "phase is X; needed is P or S."),
        ("/add", {"time": 99}, "time is 99; needed is a number from 3600 to 4500."),
        ("/add", {"time": float("nan")}, "time is NaN; needed is a number from 3600 to 4500."),
        ("/add", {"time": [3700]}, "time is [3700]; needed is a number from 3600 to 4500."),
        ("/add", {"time": 3650.001}, "there is a pick of P at 2026-01-01 01:00:50.00 already."),
        ("/move", {"id": None}, "id is null; needed is a number from 0 to 9.0072e+15."),
        ("/move", {"id": 7}, "that pick is gone; somebody has removed it, perhaps in another window of this page."),
        ("/undo", {}, "there is nothing to undo."),
        ("/redo", {}, "there is nothing to do again."),
        ("/pick", {"start": 4000, "stop": 3999}, "stop is 3999; needed is a number from 4000 to 9000."),
        ("/save", {"form": "pdf"}, "form is pdf; needed is quakeml or csv."),
    ],
)
def test_what_is_sent_is_checked(asked, path, words, said):
    known = {"station": 0, "phase": "P", "time": 3800, "start": 3700, "stop": 3800}
    kind = {"content-type": "application/json"}
    assert told(asked.post(path, content=json.dumps(known | words), headers=kind)) == said


@pytest.mark.parametrize("body", ["", "{", "[1]", "3", "[" * 100_000, b"\xff", "9" * 5000])
def test_what_is_no_json_object_is_told(asked, body):
    answer = asked.post("/add", content=body, headers={"content-type": "application/json; charset=utf-8"})
    assert told(answer) == "what was sent is no JSON object; needed are names and values."


def test_the_quakeml_that_is_saved_has_all_picks_and_what_was_known_of_earthquakes(asked, tmp_path):
    obspy = pytest.importorskip("obspy")
    from obspy.io.quakeml import core as quakeml_core

    made = [send(asked, "/add", station=1, phase=p, time=t)["id"] for p, t in (("P", 3800), ("S", 3803.123456))]
    send(asked, "/move", station=0, id=0, time=3700.75)
    assert asked.get("/review").json()["changed"]
    answer = asked.post("/save", json={"form": "quakeml"})
    assert answer.headers["content-type"].startswith("application/xml")
    state = asked.get("/review").json()
    assert not state["changed"]
    assert state["undo"].startswith("P of XX.AAA moved")  # and can be undone still
    (tmp_path / "saved.xml").write_bytes(answer.content)
    assert '<eventParameters publicID="smi:local/geocnn/quakes/reviewed">' in answer.text
    events = read_catalogue(tmp_path / "saved.xml")
    assert events[0].origin == EVENTS[0].origin
    assert events[0].magnitude == EVENTS[0].magnitude
    assert events[0].picks == (pick("AAA", "P", 3700.75, mode="manual"), EVENTS[0].picks[1])
    assert events[1:3] == EVENTS[1:]
    assert [(p.channel.station, p.channel.code, p.phase) for p in events[3].picks] == [
        ("BBB", "HHZ", "P"),
        ("BBB", "HHN", "S"),
    ]
    assert quakeml_core._validate(io.BytesIO(answer.content))
    theirs = obspy.read_events(io.BytesIO(answer.content))
    assert [len(event.picks) for event in theirs] == [2, 2, 0, 2]
    assert (theirs[0].picks[0].evaluation_mode, theirs[0].origins[0].evaluation_mode) == ("manual", "automatic")
    assert [amplitude.pick_id for amplitude in theirs[0].amplitudes] == [theirs[0].picks[1].resource_id]
    last = theirs[3].picks[1]
    assert (last.phase_hint, last.evaluation_mode, last.time.ns) == ("S", "manual", MIDNIGHT + 3_803_123_456_000)
    assert made == [4, 5]
    assert (tmp_path / "catalog.xml").read_text(encoding="utf-8") == quakeml(EVENTS, "quakes")


def test_the_table_that_is_saved_has_all_picks(asked, tmp_path):
    send(asked, "/add", station=0, phase="S", time=3655)
    answer = asked.post("/save", json={"form": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    (tmp_path / "saved.csv").write_bytes(answer.content)
    found = sorted(read_catalogue(tmp_path / "saved.csv"), key=lambda event: event.picks[0].time)
    assert [[(p.channel.station, p.phase, (p.time - MIDNIGHT) / SECOND) for p in event.picks] for event in found] == [
        [("AAA", "P", 3650), ("CCC", "Pn", 3651), ("AAA", "S", 3655)],
        [("AAA", "P", 3700.25), ("AAA", "S", 3705)],
    ]
    assert found[1].picks[0].probability == 0.9
    assert found[0].picks[1].probability is None
    assert answer.text.splitlines()[1] == (
        "XX.AAA..HH,AAA,P,1767229250.0000,2026-01-01T01:00:50.000000Z,,0.500,,0,1,,automatic"
    )
    again = client(tmp_path, events=found)
    (tmp_path / "again.csv").write_bytes(again.post("/save", json={"form": "csv"}).content)
    assert {event.picks for event in read_catalogue(tmp_path / "again.csv")} == {event.picks for event in found}
    send(asked, "/move", station=0, id=0, time=3700.5)
    for number in (2, 3, 4):
        send(asked, "/remove", id=number)
    left = asked.post("/save", json={"form": "csv"}).text.splitlines()[1:]
    assert [line.split(",")[-3:] for line in left] == [["0", "", "manual"], ["0", "", "manual"]]
    send(asked, "/undo")
    for number in (0, 1):
        send(asked, "/remove", id=number)
    (left,) = asked.post("/save", json={"form": "csv"}).text.splitlines()[1:]
    assert left.split(",")[-3:] == ["1", "", "manual"]  # the number that it has in other files of the catalogue


def test_what_was_not_saved_is_kept_when_the_page_ends(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "catalog-reviewed.xml").write_text("of yesterday")
    shown = RecordsPage(open_archive(pieces(NOISE)), None, "catalog")
    asked = TestClient(application(shown), base_url="http://127.0.0.1:8000")
    assert shown.close() == ""
    send(asked, "/add", station=0, phase="S", time=3655.25)
    assert shown.close() == "changes of picks that were not saved are in catalog-reviewed-2.xml."
    ((kept,),) = (event.picks for event in read_catalogue(tmp_path / "catalog-reviewed-2.xml"))
    assert "quakes/reviewed" in (tmp_path / "catalog-reviewed-2.xml").read_text()
    assert (kept.phase, kept.time) == ("S", MIDNIGHT + 3655 * SECOND + SECOND // 4)
    assert (tmp_path / "catalog-reviewed.xml").read_text() == "of yesterday"
    assert shown.close() == ""  # they are kept once
    monkeypatch.setattr("pathlib.Path.open", refuse)
    send(asked, "/undo")
    assert (
        shown.close() == "changes of picks were not saved, and catalog-reviewed.xml cannot be written here (no space)."
    )
    assert asked.get("/review").json()["changed"]
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert shown.close() == "changes of picks that were not saved are in catalog-reviewed-3.xml."


def refuse(*_, **__):
    raise OSError(28, "No space")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("catalog.xml", "catalog-reviewed"),
        ("catalog-reviewed.xml", "catalog-reviewed"),
        ("CX.PB01..HH.mseed", "CX.PB01..HH-reviewed"),
        ("2026", "2026-reviewed"),
        ('été "1".csv', "été-1--reviewed"),
    ],
)
def test_files_are_called_after_the_catalogue(name, stem):
    assert reviewed(name) == {"quakeml": f"{stem}.xml", "csv": f"{stem}.csv"}


def test_names_of_files_are_those_of_the_catalogue_or_the_records(asked):
    assert asked.get("/about").json()["files"]["quakeml"] == "catalog-reviewed.xml"
    without = TestClient(
        application(RecordsPage(open_archive(pieces(NOISE)), None, "2026")), base_url="http://127.0.0.1"
    )
    assert without.get("/about").json()["files"]["csv"] == "2026-reviewed.csv"


@pytest.mark.parametrize("rate", [100.0, 40.0])
def test_the_network_picks_what_is_seen_at_any_rate(tmp_path, quakes, five_minutes, rate):
    archive = open_archive(pieces(five_minutes[0]), rate=rate)
    asked = client(tmp_path, archive, [])
    known = pick_station(quakes, open_archive(pieces(five_minutes[0])).stations[0])
    known = [
        (one.pick.phase, one.pick.time) for one in known if abs(one.pick.time - START - 140 * SECOND) < 100 * SECOND
    ]
    p, s = (sum(phase == which for phase, _ in known) for which in "PS")
    assert min(p, s) >= 2
    state = send(asked, "/pick", station=0, start=3640, stop=3840)
    assert state["words"] == f"{p} P and {s} S found"
    found = picks(asked)
    assert [(phase, MIDNIGHT + round(time * SECOND)) for phase, time, _ in found] == known
    together = {}
    for phase, _, event in found:
        together.setdefault(event, []).append(phase)
    assert ["P", "S"] in together.values()
    assert send(asked, "/pick", station=0, start=3640, stop=3840)["version"] == state["version"]
    again = send(asked, "/pick", station=0, start=3500, stop=4000)
    count = len(picks(asked))
    assert count > len(known)
    assert again["words"].endswith(f" found, {count - len(known)} of them new")
    for _ in range(2):
        state = send(asked, "/undo")
    assert (picks(asked), state["undo"]) == ([], None)
    send(asked, "/redo")
    assert picks(asked) == found
    asked.post("/save", json={"form": "quakeml"})
    assert send(asked, "/pick", station=0, start=3640, stop=3840)["words"].endswith(f"{s} S found, none of them new")


RESPONSE = (
    "<Response><InstrumentSensitivity><Value>1e9</Value><Frequency>1</Frequency><InputUnits><Name>M/S</Name>"
    "</InputUnits></InstrumentSensitivity></Response>"
)


def station_xml(tmp_path, dip):
    """StationXML of XX.AAA whose vertical component has a dip."""
    directions = (("HHZ", 0, dip), ("HHN", 0, 0), ("HHE", 90, 0))
    channels = "".join(
        f'<Channel code="{code}" locationCode=""><Azimuth>{azimuth}</Azimuth><Dip>{down}</Dip>{RESPONSE}</Channel>'
        for code, azimuth, down in directions
    )
    place = "<Latitude>1</Latitude><Longitude>2</Longitude><Elevation>3</Elevation>"
    path = tmp_path / "stations.xml"
    path.write_text(
        f'<FDSNStationXML><Network code="XX"><Station code="AAA">{place}{channels}</Station></Network></FDSNStationXML>'
    )
    return path


def measured(events):
    """Phase, time, first motion and Wood-Anderson amplitude of all picks, by time."""
    found = ((p.phase, p.time, p.polarity, p.wood_anderson) for event in events for p in event.picks)
    return sorted(found, key=lambda one: one[1])


def saved(asked, tmp_path):
    """What the page saves after the network has picked all of it."""
    words = send(asked, "/pick", station=0, start=3600, stop=3900)["words"]
    (tmp_path / "saved.xml").write_bytes(asked.post("/save", json={"form": "quakeml"}).content)
    return words, measured(read_catalogue(tmp_path / "saved.xml"))


def test_the_network_in_the_page_finds_the_first_motions_and_amplitudes_of_predict(tmp_path, five_minutes):
    """Also at a seismometer whose vertical component points downwards, of which only StationXML tells."""
    wave = five_minutes[0] * np.float32([[-1], [1], [1]])
    address = {"base_url": "http://127.0.0.1:8000"}
    motions = []
    for dip in (-90, 90):
        places = station_xml(tmp_path, dip)
        made = pick_earthquakes(
            "quakes", open_archive(pieces(wave)), stations=places, detector=None, show_progress=False
        )
        (tmp_path / "predicted.xml").write_text(made.quakeml(), encoding="utf-8")
        known = measured(read_catalogue(tmp_path / "predicted.xml"))
        assert sum(drawn is not None for *_, drawn in known) >= 2
        page = RecordsPage(open_archive(pieces(wave)), None, "2026", places)
        _, found = saved(TestClient(application(page), **address), tmp_path)
        assert found == known
        motions.append([up for _, _, up, _ in found if up])
    upright = RecordsPage(open_archive(pieces(five_minutes[0])), None, "2026")  # Z up, as nobody says anything else
    _, found = saved(TestClient(application(upright), **address), tmp_path)
    assert [up for _, _, up, _ in found if up] == motions[1] == [-up for up in motions[0]]
    assert len(motions[1]) >= 2


def test_first_motions_that_may_contradict_the_catalogue_are_left_out(tmp_path, five_minutes):
    known = [Event((pick("AAA", "P", 3590, polarity=-1),))]
    asked = client(tmp_path, open_archive(pieces(five_minutes[0])), known)
    words, found = saved(asked, tmp_path)
    assert words.endswith(" S found; for their first motions start geocnn view with --stations")
    assert [up for _, _, up, _ in found] == [-1, *[0] * (len(found) - 1)]
    assert saved(asked, tmp_path) == (words.partition(" found")[0] + " found, none of them new", found)
    table = tmp_path / "stations.csv"
    table.write_text("network,station,latitude,longitude,elevation_m\nXX,AAA,1,2,3\n")  # has Z up, as for predict
    page = RecordsPage(open_archive(pieces(five_minutes[0])), tmp_path / "catalog.xml", "2026", table)
    words, found = saved(TestClient(application(page), base_url="http://127.0.0.1:8000"), tmp_path)
    assert words.endswith(" S found")
    assert any(up for _, _, up, _ in found[1:])
    for text, said in (("", "stations.csv"), ("<html />", "stations.csv is XML of the kind html")):
        table.write_text(text)
        with pytest.raises(FormatError, match=said):
            RecordsPage(open_archive(pieces(five_minutes[0])), None, "2026", table)


def test_where_there_is_nothing_the_network_finds_nothing(tmp_path):
    asked = client(tmp_path, open_archive(pieces(np.zeros((3, 30_000)))), [])
    state = send(asked, "/pick", station=0, start=3600, stop=3800)
    assert (state["words"], state["undo"]) == ("nothing found", None)


def test_a_day_is_picked_and_no_more(tmp_path, five_minutes):
    starts = (START, START + 86_100 * SECOND, START + 90_000 * SECOND)
    days = [piece for start in starts for piece in pieces(five_minutes[0], start=start)]
    asked = client(tmp_path, open_archive(days), [])
    words = {"station": 0, "start": 0, "stop": 95_000}
    assert told(asked.post("/pick", json=words)) == (
        "the window is 25.08 h long; zoom in to a day or less to pick what is seen."
    )
    state = send(asked, "/pick", **words | {"stop": 90_000.5})  # from the first sample on
    assert state["words"].endswith(" S found")
    times = [time for _, time, _ in picks(asked)]
    assert times[0] < 3900
    assert 89_700 < times[-1] < 90_000


def test_files_that_have_gone_are_a_sentence(tmp_path, five_minutes):
    from geocnn.io.waveforms.miniseed import write_miniseed

    write_miniseed(tmp_path / "a.mseed", pieces(five_minutes[0]))
    asked = client(tmp_path, open_archive(tmp_path / "a.mseed"), [])
    (tmp_path / "a.mseed").unlink()
    assert "can no longer be read" in told(asked.post("/pick", json={"station": 0, "start": 3600, "stop": 3700}))


def test_one_span_is_picked_at_a_time(five_minutes):
    reading = threading.Lock()
    network = NetworkPicks(reading)
    station = open_archive(pieces(five_minutes[0])).stations[0]
    found = []
    with reading:  # somebody else reads
        first = threading.Thread(target=lambda: found.append(network(station, START, START + 300 * SECOND)))
        first.start()
        while not network._working.locked():
            first.join(0.01)
        with pytest.raises(DataError, match=r"^the network is still picking; wait until it has ended\.$"):
            network(station, START, START + 300 * SECOND)
    first.join(60)
    assert found[0]
    assert found[0] == network(station, START, START + 300 * SECOND)


class Counting:
    """A lock that counts how often it was taken."""

    def __init__(self):
        self.count = 0
        self.lock = threading.Lock()

    def __enter__(self):
        self.lock.acquire()
        self.count += 1

    def __exit__(self, *error):
        self.lock.release()


def test_no_more_is_read_than_is_seen(five_minutes, monkeypatch):
    monkeypatch.setattr(picker, "_CORE", 4096)
    station = open_archive(pieces(five_minutes[0])).stations[0]
    reading = Counting()
    found = NetworkPicks(reading)(station, START + 170 * SECOND, START + 200 * SECOND)
    assert {one.phase for one in found} == {"P", "S"}
    assert reading.count == 1  # of eight parts


def test_what_is_being_picked_is_left_when_the_page_ends(five_minutes, monkeypatch):
    monkeypatch.setattr(picker, "_CORE", 4096)
    station = open_archive(pieces(five_minutes[0])).stations[0]
    reading, said = Counting(), []
    network = NetworkPicks(reading)

    def work():
        with pytest.raises(DataError) as error:
            network(station, START, START + 300 * SECOND)
        said.append(str(error.value))

    with reading.lock:  # somebody else reads
        threads = [threading.Thread(target=one) for one in (work, network.close)]
        for thread, begun in zip(threads, (network._working.locked, network._closed.is_set), strict=True):
            thread.start()
            while not begun():
                thread.join(0.01)
    for thread in threads:
        thread.join(60)
    assert said == ["geocnn view has ended."]
    assert reading.count <= 1


def test_torch_is_left_alone_until_the_network_is_asked(tmp_path):
    code = f"""
import sys
import numpy as np
from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.viewer.records import RecordsPage
from geocnn.viewer.server import application
from starlette.testclient import TestClient
piece = ArrayPiece.of(Channel("XX", "AAA", "", "HHZ"), {START}, 100.0, np.arange(6000.0) % 7)
asked = TestClient(application(RecordsPage(open_archive([piece]), None, "2026")), base_url="http://127.0.0.1")
assert asked.post("/add", json={{"station": 0, "phase": "P", "time": 3610}}).status_code == 200
assert asked.post("/save", json={{"form": "csv"}}).status_code == 200
before = "torch" in sys.modules
assert asked.post("/pick", json={{"station": 0, "start": 3600, "stop": 3660}}).status_code == 200
print(before, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("False True\n", 0), done.stderr
