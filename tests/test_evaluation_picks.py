"""A picker on seismograms with known arrivals."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geocnn.cli import main
from geocnn.errors import DataError
from geocnn.evaluation import _once, _own, evaluate_picks
from geocnn.io.known_arrivals import KnownArrival, read_arrivals
from geocnn.io.waveforms import Archive, ArrayPiece, Channel, Station, open_archive
from geocnn.io.waveforms.pieces import FilePiece
from geocnn.io.waveforms.quakeml import quakeml
from geocnn.prediction.catalogue import pick_earthquakes
from geocnn.seismograms import write_records


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    write_records(folder, 4, seed=5, show_progress=False)
    return folder


def test_its_own_picks_are_all_right(records, tmp_path):
    """A table of what it picks, half of the lines 0.2 s late, with one arrival that is not there and a faint one."""
    made = pick_earthquakes("quakes", records, detector=None, show_progress=False).arrivals
    rows = [(a.pick.channel.station, a.pick.phase, a.pick.time + k % 2 * 200_000_000, 9) for k, a in enumerate(made)]
    late = [k % 2 for k, a in enumerate(made) if a.pick.phase == "P"]
    assert 2 <= len(late) < len(rows)
    station, _, time, _ = rows[0]
    rows += [(station, "P", time - 3 * 10**9, 9), (station, "P", time - 2 * 10**9, 1)]
    rows += [(station, "P", time + 10**11, 9), (station, "S", time + 10**17, 9)]  # beyond the records
    with (tmp_path / "known.csv").open("w") as file:
        writer = csv.writer(file)
        writer.writerow(("station", "phase", "time", "snr"))
        writer.writerows((f"XX.{s}", phase, f"{np.datetime64(at, 'ns')}Z", snr) for s, phase, at, snr in rows)
    scores = evaluate_picks("quakes", records, tmp_path / "known.csv", show_progress=False)
    assert scores["recall_p"] == pytest.approx(len(late) / (len(late) + 1))
    assert scores["precision_p"] == scores["recall_s"] == scores["precision_s"] == 1
    assert scores["error_p"] == pytest.approx(0.2 * np.mean(late), abs=1e-4)


def test_arrivals_of_other_times_are_told_of(records, tmp_path):
    made = pick_earthquakes("quakes", records, detector=None, show_progress=False).arrivals
    station = f"XX.{made[0].pick.channel.station}"
    (tmp_path / "known.csv").write_text(f"station,phase,time\n{station},P,2019-01-01T00:00:00Z\n")
    with pytest.raises(
        DataError, match=r"at which its station has data in .*; the first one is at 2019-01-01T00:00:00Z"
    ):
        evaluate_picks("quakes", records, tmp_path / "known.csv", show_progress=False)


@pytest.mark.parametrize("columns", ["id,station,phase,time,utc", "id,phase,time"])
def test_tables_of_picks_are_arrivals(records, tmp_path, columns):
    """As geocnn predict quakes writes them, with dates or seconds since 1970."""
    made = pick_earthquakes("quakes", records, tmp_path / "c.xml", detector=None, show_progress=False)
    rows = list(csv.DictReader((tmp_path / "c.csv").read_text().splitlines()))
    assert len(rows) == len(made.arrivals)
    with (tmp_path / "known.csv").open("w") as file:
        writer = csv.DictWriter(file, columns.split(","), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    scores = evaluate_picks("quakes", records, tmp_path / "known.csv", show_progress=False)
    assert scores["recall_p"] == scores["recall_s"] == scores["precision_p"] == 1
    assert scores["error_p"] < 1e-4


def test_quakeml_is_a_table_of_arrivals_too(records, tmp_path, capsys):
    """A reviewed catalogue; picks of amplitudes are none of a P or an S wave."""
    made = pick_earthquakes("quakes", records, tmp_path / "c.xml", detector=None, show_progress=False)
    scores = evaluate_picks("quakes", records, tmp_path / "c.xml", show_progress=False)
    assert scores["recall_p"] == scores["recall_s"] == scores["precision_p"] == 1
    first, *others = made.events[0].picks
    channel = replace(first.channel, location="", code="")
    picks = (replace(first, phase="Pg", channel=channel), replace(first, phase="IAML"), *others)
    (tmp_path / "r.xml").write_text(quakeml([replace(made.events[0], picks=picks)], "quakes", reviewed=True))
    known = read_arrivals(tmp_path / "r.xml")
    assert (known[0].where, known[0].phase) == (f"XX.{first.channel.station}", "P")
    assert abs(known[0].time - first.time) < 1000
    assert len(known) == len(picks) - 1
    (tmp_path / "none.xml").write_text(quakeml([], "quakes"))
    assert main(["evaluate", "quakes", "--quiet", "--data", str(records), "--labels", str(tmp_path / "none.xml")]) == 2
    assert "none.xml has no picks of P or S waves; needed is a catalogue with picks" in capsys.readouterr().err


@pytest.mark.parametrize("whole", [None, "origin", "event"])
def test_what_analysts_rejected_is_no_truth(records, tmp_path, capsys, whole):
    """Picks by themselves, with the preferred origin or with the event, as ObsPy writes them: as if not there."""
    obspy = pytest.importorskip("obspy")
    pick_earthquakes("quakes", records, tmp_path / "c.xml", detector=None, show_progress=False)
    catalogue = obspy.read_events(str(tmp_path / "c.xml"))
    while len(catalogue) > 2:
        catalogue.events.pop()
    first, second = catalogue
    for time in (0, 9):
        origin = obspy.core.event.Origin(time=obspy.UTCDateTime(time), latitude=1.0, longitude=2.0)
        first.origins.append(origin)
    gone = first.picks[:1] if whole is None else first.picks
    if whole is None:  # the rejected origin is not the preferred one
        gone[0].evaluation_status = origin.evaluation_status = "rejected"
        first.preferred_origin_id = first.origins[-2].resource_id
    elif whole == "event":
        first.event_type = "not existing"
    else:
        origin.evaluation_status, first.preferred_origin_id = "rejected", origin.resource_id
    catalogue.write(str(tmp_path / "some.xml"), "QUAKEML")
    known = {(a.phase, a.time // 1000) for a in read_arrivals(tmp_path / "some.xml", print)}
    kept = [pick for event in (first, second) for pick in event.picks if not any(pick is one for one in gone)]
    assert known == {(pick.phase_hint, pick.time.ns // 1000) for pick in kept}
    assert capsys.readouterr().out == (
        f"note: {len(gone)} of {len(gone) + len(kept)} picks of P and S waves in {tmp_path / 'some.xml'} "
        f"{'are' if len(gone) > 1 else 'is'} rejected, or of events that did not exist; left out.\n"
    )
    if whole is None:  # without a preferred origin an event stays as long as one of its origins does
        first.preferred_origin_id = None
        first.origins.reverse()
        catalogue.write(str(tmp_path / "other.xml"), "QUAKEML")
        assert {(a.phase, a.time // 1000) for a in read_arrivals(tmp_path / "other.xml")} == known
    for pick in kept:
        pick.evaluation_status = "rejected"
    if whole is None:
        catalogue.write(str(tmp_path / "none.xml"), "QUAKEML")
        with pytest.raises(DataError, match=r"all picks of P and S waves in .*none.xml are rejected, or of events"):
            read_arrivals(tmp_path / "none.xml")


def test_arrivals_that_are_listed_twice_count_once(records, tmp_path, capsys):
    """Automatic ones 0.2 s after the manual ones: all are found, at the times of the latter."""
    made = pick_earthquakes("quakes", records, detector=None, show_progress=False).arrivals
    rows = ["station,phase,time,mode"]
    for a in made:
        for mode, late in (("automatic", 200_000_000), ("manual", 0), ("", 100_000_000)):
            rows.append(f"XX.{a.pick.channel.station},{a.pick.phase},{np.datetime64(a.pick.time + late, 'ns')}Z,{mode}")
    (tmp_path / "known.csv").write_text("\n".join(rows))
    words = ["--quiet", "--data", str(records), "--labels", str(tmp_path / "known.csv")]
    assert main(["evaluate", "quakes", *words]) == 0
    note, *lines = capsys.readouterr().out.splitlines()
    count = len(made)
    assert note == (
        f"note: {2 * count} of {3 * count} arrivals in {tmp_path / 'known.csv'} repeat another of the same wave at the "
        "same station less than 0.5 s from it; such count once."
    )
    values = dict(line.rsplit(None, 1) for line in lines if not line.endswith(" s"))
    assert {float(value) for value in values.values()} == {1.0}
    assert all(float(line.split()[-2]) < 1e-3 for line in lines if line.endswith(" s"))


@given(st.lists(st.tuples(st.sampled_from("PS"), st.integers(0, 40), st.sampled_from(["manual", None, "automatic"]))))
def test_of_arrivals_near_each_other_one_remains(rows):
    """None is near another one, each is near one that is there, and manual ones go for manual ones alone."""
    found = [KnownArrival("XX.AAA", phase, 10**8 * time, mode=mode) for phase, time, mode in rows]
    kept = _once(found, 0.5)
    for k, one in enumerate(kept):
        assert all(one.phase != other.phase or abs(one.time - other.time) >= 5 * 10**8 for other in kept[:k])
    for one in found:
        near = [other for other in kept if one.phase == other.phase and abs(one.time - other.time) < 5 * 10**8]
        assert near
        assert one.mode != "manual" or any(other.mode == "manual" for other in near)


def test_what_synth_writes_is_judged_by_its_table(records, capsys):
    words = ["--data", str(records), "--labels", str(records / "arrivals.csv")]
    assert main(["evaluate", "quakes", "--quiet", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:11].strip() for line in lines] == [f"{a} {b}" for b in "ps" for a in ("recall", "precision", "error")]
    assert float(lines[1].split()[-1]) > 0.7
    assert lines[2].endswith(" s")


def test_arrivals_of_an_instrument_are_those_of_this_one_alone(records, tmp_path):
    """Two instruments with the same records: the picks of one are no arrivals at the other."""
    made = pick_earthquakes("quakes", records, detector=None, show_progress=False).arrivals
    with (tmp_path / "known.csv").open("w") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "phase", "time"))
        for a in made:
            own = str(a.station)
            for identity in (own, f"{own.rpartition('.')[0]}.EH", own.rpartition(".")[0].rpartition(".")[0]):
                writer.writerow((identity, a.pick.phase, f"{np.datetime64(a.pick.time, 'ns')}Z"))
    table = (tmp_path / "known.csv").read_text().splitlines()
    for chosen in (slice(1, None, 3), slice(1, None)):  # the other instrument has no data: they are those of this one
        (tmp_path / "some.csv").write_text("\n".join([table[0], *table[chosen]]))
        scores = evaluate_picks("quakes", records, tmp_path / "some.csv", show_progress=False)
        assert scores["recall_p"] == scores["precision_p"] == 1
    archive = open_archive(records)
    one = archive.stations[0]
    other = replace(one, instrument="EH")
    named = [KnownArrival(str(s), "P", 0, 9.0) for s in (one, other)]
    both = replace(archive, stations=(one, other))
    assert _own(both, named) == [[named[0]], [named[1]]]


def test_a_bare_code_names_the_only_station_that_has_it(records, tmp_path):
    made = pick_earthquakes("quakes", records, tmp_path / "c.xml", detector=None, show_progress=False)
    lines = (f"{a.pick.channel.station},{a.pick.phase},{a.pick.time / 1e9:.6f}" for a in made.arrivals)
    (tmp_path / "known.csv").write_text("\n".join(("station,phase,time", *lines)))
    scores = evaluate_picks("quakes", records, tmp_path / "known.csv", show_progress=False)
    assert scores["recall_p"] == scores["recall_s"] == scores["precision_p"] == 1
    archive = open_archive(records)
    one = archive.stations[0]
    bare = [KnownArrival(one.name, "P", 0)]
    assert _own(replace(archive, stations=(one, replace(one, location="10"))), bare) == [bare, bare]
    assert _own(replace(archive, stations=(one, replace(one, network="YY"))), bare) == [[], []]


def test_arrivals_at_an_instrument_that_was_replaced_are_for_the_one_with_data(five_minutes):
    """Analysts name the instrument that they know, which may be its predecessor."""

    def station(instrument, location, first):
        channel = Channel("XX", "AAA", location, f"{instrument}Z")
        piece = ArrayPiece.of(channel, first * 10**9, 100.0, five_minutes[0][0])
        return Station("XX", "AAA", location, instrument, ((piece,), (), ()))

    stations = station("EH", "", 0), station("HH", "", 300), station("HH", "10", 0)
    known = [KnownArrival(f"XX.AAA..{code}", "P", t * 10**9) for code in ("EH", "HH") for t in (100, 400, 700)]
    found = _own(Archive(stations, ()), known)
    assert found[0] == [known[0], known[2], known[3]]
    assert found[1] == [known[1], known[4], known[5]]
    assert found[2] == []


class OfFile(FilePiece):
    """Of which nothing but the name of the file is asked for."""

    origin, segments = "", None


def test_every_station_has_the_arrivals_that_name_it_and_its_pieces_are_read_once(monkeypatch):
    """By its codes, by a file, and by network and station alone where no instrument and no file is called so."""
    state, second = (0, 0), 10**9
    kinds = [("AAA", "", "HH"), ("AAA", "", "EH"), ("AAA", "10", "HH"), ("BBB", "", "HH"), ("CCC", "", "HH")]
    stations = []
    for number, (name, location, instrument) in enumerate(kinds):
        channel = Channel("XX", name, location, f"{instrument}Z")
        pieces = [OfFile(channel, day * second, 100.0, 100, Path(f"{number}.{day}"), state) for day in range(3)]
        stations.append(Station("XX", name, location, instrument, (pieces, [], [])))
    archive, read = Archive(tuple(stations), ()), []
    pieces_of = Station.pieces.fget
    monkeypatch.setattr(Station, "pieces", property(lambda station: (read.append(station), pieces_of(station))[1]))
    wheres = [*map(str, stations), "0.2", "4.0", "5.0", "XX.AAA", "XX.BBB..EH", "XX.AAA.99.HH", "XX", "YY.AAA", ""]
    known = [
        KnownArrival(where, "P", time) for time, where in enumerate(np.random.default_rng(0).permutation(wheres * 3))
    ]
    found = _own(archive, known)
    assert len(read) == len(stations)
    exact = {*map(str, stations), "0.2", "4.0"}
    for number, (station, own) in enumerate(zip(stations, found, strict=True)):
        here = {str(station), *(f"{number}.{day}" for day in range(3))}
        rest = [a for a in known if a.where not in exact and a.where.split(".")[:2] == ["XX", station.name]]
        assert own == sorted([*(a for a in known if a.where in here), *rest], key=lambda a: a.time)
