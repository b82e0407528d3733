"""Stations and catalogues from files, and what is said of damaged ones."""

import numpy as np
import pytest

from geocnn.errors import DataError, FormatError, MissingError
from geocnn.io.hypocentres import read_hypocentres
from geocnn.io.responses import Responses
from geocnn.io.sites import Site, read_sites, standing


def test_a_table_in_any_order_with_more_columns(tmp_path):
    path = tmp_path / "catalogue.csv"
    path.write_text("\ufefftime,Magnitude, depth_km,longitude,latitude\nx,1.5,5,-97.4,35.8\n\nx,2,6.25,-97.5,35.9\n")
    found = read_hypocentres(path)
    np.testing.assert_array_equal(found.latitude, [35.8, 35.9])
    np.testing.assert_array_equal(found.longitude, [-97.4, -97.5])
    np.testing.assert_array_equal(found.depth, [5, 6.25])
    np.testing.assert_array_equal(found.magnitude, [1.5, 2])
    assert len(found[[1]]) == 1


def test_stations_of_a_table_each_once(tmp_path):
    path = tmp_path / "stations.csv"
    path.write_text(
        "network,station,latitude,longitude,elevation_m\nXX,A,1,2,300\nXX,B,-1,-2,0\nXX,A,1,2,300\n", encoding="utf-8"
    )
    assert read_sites(path) == [Site("XX", "A", 1, 2, 300), Site("XX", "B", -1, -2, 0)]


def test_station_xml_as_obspy_writes_it(tmp_path):
    inventory = pytest.importorskip("obspy.core.inventory")
    stations = [inventory.Station(code, 35.5 + k, -97.25, 310.0) for k, code in enumerate(("ABC", "DEF"))]
    made = inventory.Inventory([inventory.Network("XX", stations=stations)], source="test")
    made.write(str(tmp_path / "stations.xml"), format="STATIONXML")
    assert read_sites(tmp_path / "stations.xml") == [
        Site("XX", "ABC", 35.5, -97.25, 310.0),
        Site("XX", "DEF", 36.5, -97.25, 310.0),
    ]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("ISO-8859-1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("UTF-16", "utf-16"),
        ("UTF-16", "utf-8"),  # as programs write it that convert the text afterwards
        ("utf-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        (None, "utf-16"),
        (None, "utf-8"),
    ],
)
def test_station_xml_in_any_encoding(tmp_path, declared, encoding):
    path = tmp_path / "stations.xml"
    encoded = "" if declared is None else f' encoding="{declared}"'
    path.write_text(
        f"<?xml version='1.0'{encoded} standalone='yes'?>\n<FDSNStationXML><Source>Universität</Source>"
        "<Network code='XX'><Station code='KÖLN'><Latitude>50</Latitude><Longitude>7</Longitude>"
        "<Elevation>60</Elevation></Station></Network></FDSNStationXML>",
        encoding=encoding,
    )
    assert read_sites(path) == [Site("XX", "KÖLN", 50.0, 7.0, 60.0)]
    assert Responses.of(path).of_channels == {}


def nanoseconds(date):
    return int(np.datetime64(date, "ns").astype(np.int64))


@pytest.mark.parametrize("order", [1, -1])
def test_a_station_that_has_moved_is_where_it_was_then(tmp_path, order):
    inventory = pytest.importorskip("obspy.core.inventory")
    utc = pytest.importorskip("obspy").UTCDateTime
    epochs = [
        inventory.Station("A", -21.0, -69.0, 900.0, start_date=utc(2000, 1, 1), end_date=utc(2008, 1, 1)),
        inventory.Station("A", -21.0, -69.0, 900.0, start_date=utc(2008, 1, 1), end_date=utc(2010, 1, 1)),
        inventory.Station("A", -21.0, -69.5, 900.0, start_date=utc(2010, 1, 1)),
        inventory.Station("B", -22.0, -69.5, 900.0),
    ]
    made = inventory.Inventory([inventory.Network("XX", stations=epochs[::order])], source="test")
    made.write(str(tmp_path / "stations.xml"), format="STATIONXML")
    sites = read_sites(tmp_path / "stations.xml")
    assert sorted((str(s), s.longitude) for s in sites) == [("XX.A", -69.5), ("XX.A", -69.0), ("XX.B", -69.5)]
    (old,) = (s for s in sites if s.longitude == -69.0)
    assert (old.since, old.until) == (nanoseconds("2000-01-01"), nanoseconds("2010-01-01"))

    def site(*years):
        times = {"XX.A": [nanoseconds(f"{year}-06-01") for year in years]}
        (found,) = (s for s in standing(sites, times) if s.station == "A")
        return found

    assert [site(*years).longitude for years in ((2014,), (), (2009, 2011), (2005, 2009, 2011))] == [-69.5] * 4
    assert site(2009).longitude == -69.0
    assert site(2005, 2009, 2011).at(nanoseconds("2009-12-31")).longitude == -69.0
    assert site(2005, 2009, 2011).at(nanoseconds("2010-01-01")).longitude == -69.5
    assert site(2005).at(nanoseconds("1999-01-01")).longitude == -69.0  # nobody knows
    assert len(standing(sites)) == 2


def test_a_station_that_came_back_was_elsewhere_in_between(tmp_path):
    stays = [(2000, "2005-01-01", 1), (2005, "2008-01-01", 2), (2008, "2010-01-01", 1), (2010, "", 1)]
    text = "".join(
        f'<Station code="A" startDate="{since}-01-01" endDate="{until}"><Latitude>{place}</Latitude>'
        "<Longitude>0</Longitude><Elevation>0</Elevation></Station>"
        for since, until, place in stays
    )
    path = tmp_path / "stations.xml"
    path.write_text(f'<FDSNStationXML><Network code="XX">{text}</Network></FDSNStationXML>')
    sites = read_sites(path)
    assert len(sites) == 3
    (site,) = standing(sites)
    found = [site.at(nanoseconds(f"{year}-06-01")).latitude for year in (2004, 2006, 2009, 2020)]
    assert (found, site.latitude) == ([1, 2, 1, 1], 1)


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (
            b"network,station,latitude,longitude,elevation_m\nXX,A,1,2,3\nXX,A,1,2.5,3\n",
            DataError,
            "stations.csv, line 3, has XX.A at 1, 2.5, and a line above at 1, 2; leave one, or give StationXML",
        ),
        (
            b"<FDSNStationXML><Network code='XX'><Station code='A' startDate='soon'><Latitude>1</Latitude>"
            b"<Longitude>2</Longitude><Elevation>3</Elevation></Station></Network></FDSNStationXML>",
            FormatError,
            "stations.csv, station XX.A, has the date soon; needed is one such as 2010-01-31.",
        ),
        (None, MissingError, "there is no file stations.csv; needed is StationXML or a table of stations whose first "),
        (b"\xff\xfe\x00\x81", FormatError, "stations.csv is no text; needed is"),
        (b"", FormatError, "stations.csv is empty and has no network, station, latitude, longitude, elevation_m; need"),
        (b"network,station\nA,B\n", FormatError, "stations.csv has the columns network, station and not latitude, lo"),
        (b"network,station,latitude,longitude,elevation_m\n", DataError, "stations.csv names no stations; needed is a"),
        (
            b"network,station,latitude,longitude,elevation_m\nXX,A,1,2\n",
            FormatError,
            "stations.csv, line 2, ends before its elevation_m; needed is a table of stations",
        ),
        (
            b"network,station,latitude,longitude,elevation_m\nXX,A,north,2,0\n",
            FormatError,
            "stations.csv, line 2: latitude is 'north'; needed is a number within -90 to 90.",
        ),
        (
            b"network,station,latitude,longitude,elevation_m\nXX,A,nan,2,0\n",
            FormatError,
            "stations.csv, line 2: latitude is 'nan'; needed is a number within -90 to 90.",
        ),
        (b"<a><b></a>", FormatError, "stations.csv is damaged XML (mismatched tag"),
        (b"<?xml version='1.0' encoding='none'?><a/>", FormatError, "stations.csv is no text; needed is StationXML or"),
        (b"<?xml version='1.0' encoding='ascii'?><a>\xf6</a>", FormatError, "stations.csv is no text; needed is"),
        (b"<quakeml/>", FormatError, "stations.csv is XML of the kind quakeml; needed is FDSNStationXML, or a table"),
        (b"<FDSNStationXML/>", DataError, "stations.csv names no stations; save them with their codes and coordinates"),
        (
            b"<FDSNStationXML><Network code='XX'><Station code='A'/></Network></FDSNStationXML>",
            FormatError,
            "stations.csv, station XX.A: Latitude is ''; needed is a number within -90 to 90.",
        ),
    ],
)
def test_files_that_are_no_stations(tmp_path, monkeypatch, content, kind, said):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "stations.csv").write_bytes(content)
    with pytest.raises(kind) as caught:
        read_sites("stations.csv")
    assert str(caught.value).startswith(said)


def test_a_folder_is_no_catalogue(tmp_path):
    with pytest.raises(FormatError, match=r"cannot be read \(is a directory\); needed is a table of earthquakes"):
        read_hypocentres(tmp_path)
