"""What lies beside a catalogue: on its map stations without data are told apart from the others."""

from geocnn.figures import catalogue
from geocnn.io.sites import Site
from geocnn.io.waveforms import Station
from geocnn.prediction.days import Probabilities


def test_stations_without_data_are_no_stations_of_the_map(tmp_path, monkeypatch):
    maps = []
    monkeypatch.setattr(catalogue, "station_map", lambda *given, **others: maps.append((given, others)))
    monkeypatch.setattr(catalogue, "save", lambda *_: None)
    sites = [Site("XX", "AAA", 60.0, 8.0), Site("XX", "BBB", 60.1, 8.0)]
    pictures = catalogue.CataloguePictures(tmp_path)
    pictures.network(sites, [])
    pictures.station(Station("XX", "BBB", "", "HH", ((), (), ())), [], [])
    pictures.network(sites, [])
    names = [([s.name for s in given[0]], [s.name for s in others["silent"]]) for given, others in maps]
    assert names == [(["AAA", "BBB"], []), (["BBB"], ["AAA"])]


def test_odd_codes_in_records_do_not_choose_where_pictures_lie(tmp_path, monkeypatch):
    written = []
    for name in ("station_picks", "station_places"):
        monkeypatch.setattr(catalogue, name, lambda *_, **__: "picture")
    monkeypatch.setattr(catalogue, "save", lambda _made, path: written.append(path))
    station = Station("XX", "../../oops", "", "HH", ((), (), ()))
    pictures = catalogue.CataloguePictures(tmp_path / "a" / "pictures")
    pictures.station(station, [], [])
    assert len(written) == 2
    written.append(Probabilities(tmp_path / "a" / "pictures").path(station, 19_000))
    assert [path.parent.resolve() for path in written] == [tmp_path / "a" / "pictures"] * 3
