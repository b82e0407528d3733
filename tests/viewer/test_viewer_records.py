"""The page of seismograms: what it is told of stations and picks, and the waves it asks for."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from geocnn.errors import DataError
from geocnn.io.waveforms import ArrayPiece, Channel, open_archive
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Event, Magnitude, Origin, PhasePick, quakeml
from geocnn.viewer import page_of
from geocnn.viewer.records import RecordsPage
from geocnn.viewer.server import application

MIDNIGHT = 1_767_225_600 * SECOND
START = MIDNIGHT + 3600 * SECOND
SECONDS = 900


def noise(station, code, seed, count=100 * SECONDS, start=START):
    samples = np.random.default_rng(seed).normal(0, 100, count).round()
    samples[0] = 0  # what all are relative to
    return ArrayPiece.of(Channel("XX", station, "", code), start, 100.0, samples)


AAA = [noise("AAA", f"HH{letter}", k) for k, letter in enumerate("ZNE")]
EARLY, LATE = noise("BBB", "EHZ", 7, 20_000), noise("BBB", "EHZ", 8, 20_000, START + 400 * SECOND)


def pick(station, phase, seconds, location="", **known):
    return PhasePick(Channel("XX", station, location, "HHZ"), phase, MIDNIGHT + round(seconds * SECOND), **known)


EVENTS = [
    Event(
        (
            pick("AAA", "P", 3700.25, uncertainty=0.05, probability=0.9, polarity=-1),
            pick("AAA", "S", 3705, mode="manual"),
        ),
        Origin(MIDNIGHT + 3690 * SECOND, -21.0, -69.5, 12.0),
        Magnitude(2.3, "ML"),
    ),
    Event((pick("AAA", "P", 3650), pick("BBB", "P", 3651, location="00"), pick("CCC", "P", 3652))),
]


@pytest.fixture
def page(tmp_path):
    """Asks a page, of the records in files and a catalogue, or of what else is given."""

    def made(pieces=(*AAA, EARLY, LATE), events=EVENTS):
        for k, piece in enumerate(pieces):
            write_miniseed(tmp_path / f"{k}.mseed", [piece])
        catalogue = tmp_path / "catalog.xml"
        catalogue.write_text(quakeml(events, "quakes"), encoding="utf-8")
        shown = RecordsPage(open_archive([tmp_path / f"{k}.mseed" for k in range(len(pieces))]), catalogue, "2026")
        return TestClient(application(shown), base_url="http://127.0.0.1")

    return made


def waves(asked, **query):
    """What comes back, as kind, times and rows."""
    known = {"station": 0, "components": "all", "start": 3600, "stop": 3600 + SECONDS, "columns": 500, "filter": 0}
    answer = asked.get("/waves", params=known | query)
    assert answer.status_code == 200, answer.text
    told = answer.headers
    rows = np.frombuffer(answer.content, "<f4").reshape(-1, int(told["size"]))
    assert float(told["read"]) == 1
    return told["kind"], float(told["start"]) + float(told["step"]) * np.arange(rows.shape[1]), rows


def test_the_page_is_told_of_stations_and_earthquakes(page):
    asked = page()
    about = asked.get("/about").json()
    assert (about["title"], about["catalogue"], about["origin"]) == ("2026", "catalog.xml", str(MIDNIGHT))
    assert [(one["name"], one["channels"], one["gaps"], one["picks"]) for one in about["stations"]] == [
        ("XX.AAA..HH", ["HHZ", "HHN", "HHE"], 0, 3),
        ("XX.BBB..EH", ["EHZ"], 1, 0),
    ]
    first, second = about["stations"]
    assert (first["start"], first["stop"], first["data"]) == (3600, 3600 + SECONDS, "15.0 min")
    assert (second["start"], second["stop"], second["data"]) == (3600, 4200, "6.7 min")
    assert about["events"] == [
        {
            "number": 0,
            "time": 3690,
            "latitude": -21.0,
            "longitude": -69.5,
            "depth": 12.0,
            "magnitude": 2.3,
            "kind": "ML",
        }
    ]
    assert any("XX.BBB..EH? has no north and no east component" in note for note in about["notes"])
    page_itself = asked.get("/")
    assert "Stations" in page_itself.text
    assert page_itself.headers["content-type"].startswith("text/html")


def test_a_component_has_the_names_of_all_its_channels(page):
    later = START + 1000 * SECOND
    pieces = [*AAA, noise("AAA", "HHZ", 4, start=later), noise("AAA", "HH1", 5, start=later)]
    assert page(pieces).get("/about").json()["stations"][0]["channels"] == ["HHZ", "HHN/HH1", "HHE"]


def test_picks_are_those_of_the_station_by_time(page):
    told = page().get("/picks", params={"station": 0}).json()
    assert told["picks"] == {
        "id": [2, 0, 1],
        "time": [3650, 3700.25, 3705],
        "event": [1, 0, 0],
        "phase": ["P", "P", "S"],
        "probability": [None, 0.9, None],
        "uncertainty": [None, 0.05, None],
        "polarity": [0, -1, 0],
        "manual": [False, False, True],
    }


def test_a_catalogue_of_other_stations_is_told_of(page):
    about = page(AAA[:1], [Event((pick("CCC", "P", 1),))]).get("/about").json()
    assert "catalog.xml has picks of XX.CCC and none of the stations here." in about["notes"]


def test_an_empty_catalogue_is_told_of(page):
    assert "catalog.xml has no picks." in page(AAA[:1], []).get("/about").json()["notes"]


def test_a_short_span_comes_as_samples(page):
    kind, times, rows = waves(page(), start=3610.004, stop=3614)
    first = round((times[0] - 3600) * 100)
    assert kind == "samples"
    assert times[0] == pytest.approx(3610, abs=0.0101)
    assert times[-1] >= 3614
    np.testing.assert_array_equal(rows, [one.samples[first : first + rows.shape[1]] for one in AAA])


def test_a_long_span_comes_as_extremes_of_columns(page):
    kind, times, rows = waves(page())
    step = times[1] - times[0]
    assert kind == "columns"
    assert rows.shape[0] == 6
    assert rows.shape[1] <= 501
    for k, one in enumerate(AAA):
        for place in (1, 100, 450):
            begin = round((times[place] - 3600) * 100)
            inside = one.samples[begin : begin + round(step * 100)]
            assert (rows[2 * k, place], rows[2 * k + 1, place]) == (inside.min(), inside.max())


def test_gaps_are_no_numbers(page):
    asked = page()
    kind, times, rows = waves(asked, station=1, stop=4200, columns=300)
    assert kind == "columns"
    assert rows.shape[0] == 2  # one component
    gap = (times > 3802) & (times < 3998)
    assert np.isnan(rows[:, gap]).all()
    assert np.isfinite(rows[:, (times > 3602) & (times < 3798)]).all()
    _, times, rows = waves(asked, station=1, start=3799, stop=3801)
    np.testing.assert_array_equal(np.isnan(rows[0]), times > 3799.995)


def test_the_filter_takes_the_slow_away(page):
    time = np.arange(30_000) / 100
    wave = 1000 * np.sin(2 * np.pi * 0.2 * time) + 10 * np.sin(2 * np.pi * 5 * time)
    asked = page([ArrayPiece.of(Channel("XX", "AAA", "", "HHZ"), START, 100.0, wave)])
    (plain,), (filtered,) = (waves(asked, start=3700, stop=3703, filter=on, components="first")[2] for on in (0, 1))
    assert plain.max() - plain.min() > 500
    assert np.abs(filtered).max() == pytest.approx(10, rel=0.05)


def test_the_first_component_alone(page):
    _, _, rows = waves(page(), components="first")
    assert rows.shape[0] == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"station": 2}, "station is 2; needed is a number from 0 to 1."),
        ({"station": "nan"}, "station is nan; needed is a number from 0 to 1."),
        ({"columns": 100_000}, "columns is 100000; needed is a number from 2 to 2200."),
        ({"start": "now"}, "start is now; needed is a number from -900 to 9000."),
        ({"start": 4000, "stop": 3999}, "stop is 3999; needed is a number from 4000 to 9000."),
        ({"stop": 1e30}, "stop is 1e+30; needed is a number from 3600 to 9000."),
        ({"components": "some"}, "components is some; needed is all or first."),
    ],
)
def test_what_is_asked_is_checked(page, query, words):
    known = {"station": 0, "components": "all", "start": 3600, "stop": 3700, "columns": 500, "filter": 0}
    answer = page().get("/waves", params=known | query)
    assert answer.status_code == 422
    assert answer.json() == {"error": words}


def test_a_file_that_has_gone_is_a_sentence(page, tmp_path):
    asked = page()
    for path in tmp_path.glob("*.mseed"):
        path.unlink()
    answer = asked.get(
        "/waves", params={"station": 0, "components": "all", "start": 3600, "stop": 3601, "columns": 500, "filter": 0}
    )
    assert answer.status_code == 422
    assert "can no longer be read" in answer.json()["error"]


def test_real_records_with_the_picks_of_the_picker(data, tmp_path):
    """Picks lie where the envelope becomes larger: what is drawn and what was picked are of one clock."""
    from geocnn.prediction.catalogue import pick_earthquakes

    files = [data / "waveforms" / "files" / f"CX.{name}..HH.mseed" for name in ("PB01", "PB02")]
    if not all(path.exists() for path in files):
        pytest.skip("the records of CX.PB01 and CX.PB02 are not among the real data")
    pick_earthquakes("quakes", [files[0]], tmp_path / "c.xml", detector=None, device="cpu", show_progress=False)
    asked = TestClient(
        application(RecordsPage(open_archive(files), tmp_path / "c.csv", "files")), base_url="http://127.0.0.1"
    )
    assert [one["picks"] > 20 for one in asked.get("/about").json()["stations"]] == [True, False]
    picks = asked.get("/picks", params={"station": 0}).json()["picks"]
    sure = [
        time
        for time, phase, chance in zip(picks["time"], picks["phase"], picks["probability"], strict=True)
        if phase == "P" and chance > 0.95
    ]
    assert len(sure) > 5

    def louder(late):
        """How much larger half a second is than the one before, so many seconds after each pick."""
        ratios = []
        for time in np.array(sure) + late:
            _, times, rows = waves(asked, start=time - 0.6, stop=time + 0.6, filter=1, components="first")
            parts = (np.abs(times - time - side) < 0.25 for side in (-0.3, 0.3))
            before, after = (np.abs(rows[0][part]).max() for part in parts)
            ratios.append(after / before)
        return float(np.median(ratios))

    assert louder(0) > 1.5 * max(louder(-0.6), louder(0.6))


def test_seismograms_of_several_files_with_their_catalogue_are_what_users_name(tmp_path):
    for name, piece in (("a", AAA[0]), ("b", EARLY)):
        write_miniseed(tmp_path / f"{name}.mseed", [piece])
    (tmp_path / "catalog.xml").write_text(quakeml(EVENTS, "quakes"), encoding="utf-8")
    files = [tmp_path / name for name in ("a.mseed", "b.mseed", "catalog.xml")]
    shown = page_of(files[0], tuple(files[1:]))
    assert isinstance(shown, RecordsPage)
    assert shown.title == "a.mseed and 1 more"
    assert [str(station) for station in shown.stations] == ["XX.AAA..HH", "XX.BBB..EH"]
    assert len(shown.events) == 2
    assert len(page_of(tmp_path, (files[2],)).stations) == 2
    assert [str(one) for one in page_of(tmp_path, (files[2],), channels="*.BBB.*.*").stations] == ["XX.BBB..EH"]
    assert page_of(list(AAA), ()).title == "seismograms"


def test_two_catalogues_and_layers_over_what_lies_in_memory_are_refused(tmp_path):
    write_miniseed(tmp_path / "a.mseed", [AAA[0]])
    with pytest.raises(DataError) as error:
        page_of("one.xml", ("sds",))
    said = "one.xml is a catalogue or a table, and lies over something; give seismograms, or a survey, first."
    assert str(error.value) == said
    two = "one.xml and two.csv are two catalogues; give one with the seismograms."
    nothing = "over a stream or pieces of seismograms lies a catalogue, .xml or .csv, and nothing else."
    for given, said in (((tmp_path / "a.mseed", ("one.xml", "two.csv")), two), ((list(AAA), ("b.mseed",)), nothing)):
        with pytest.raises(DataError) as error:
            page_of(*given)
        assert str(error.value) == said
