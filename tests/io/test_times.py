"""Times against Python's own calendar, and where they are read from files."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geocnn.errors import FormatError
from geocnn.io.known_arrivals import read_arrivals
from geocnn.io.sites import read_sites
from geocnn.io.times import is_held, nanoseconds, time_of
from geocnn.io.waveforms.catalogue_files import read_catalogue

DAY = 86_400 * 10**9
NEW_YEAR = 18_262 * DAY  # 2020-01-01; 50 years, 12 of which have a day more


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2020-01-01", NEW_YEAR),
        ("20200101", NEW_YEAR),
        (" 2020-01-01T00:00:00Z ", NEW_YEAR),
        ("2020-01-01 12", NEW_YEAR + DAY // 2),
        ("2020-01-01T06:30", NEW_YEAR + 390 * 60 * 10**9),
        ("20200101T063000", NEW_YEAR + 390 * 60 * 10**9),
        ("2020-01-01T00:00:00.123456789Z", NEW_YEAR + 123_456_789),
        ("2020-01-01T00:00:00,5", NEW_YEAR + 5 * 10**8),
        ("2020-01-01T00:00:00.1234567899", NEW_YEAR + 123_456_789),
        ("2020-01-01T00:00:00+02:00", NEW_YEAR - DAY // 12),
        ("2020-01-01T00:00:00-02:00", NEW_YEAR + DAY // 12),
        ("2020-01-01T00:00:00.5-0530", NEW_YEAR + 330 * 60 * 10**9 + 5 * 10**8),
        ("2020-01-01T00+01", NEW_YEAR - DAY // 24),
        ("2020-01-01+02:00", NEW_YEAR - DAY // 12),
        ("1969-12-31T23:59:59.75", -(10**9) // 4),
        ("3000-01-01", 376_200 * DAY),
    ],
)
def test_dates(text, time):
    assert nanoseconds(text) == nanoseconds(text, seconds=True) == time


@given(st.datetimes(), st.timedeltas(timedelta(hours=-14), timedelta(hours=14)))
def test_any_time_of_any_zone(naive, shift):
    shift = timedelta(minutes=shift // timedelta(minutes=1))
    hours, minutes = divmod(abs(shift) // timedelta(minutes=1), 60)
    text = f"{naive.isoformat()}{'-' if shift < timedelta(0) else '+'}{hours:02}:{minutes:02}"
    exact = (naive.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC) - shift) // timedelta(microseconds=1)
    assert nanoseconds(text) == 1000 * exact


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1577836800", NEW_YEAR),
        ("1577836800.0000001", NEW_YEAR + 100),
        ("1.5778368e9", NEW_YEAR),
        ("0.25", 25 * 10**7),
        ("-0.25", -25 * 10**7),
        ("20200101.0", 20_200_101 * 10**9),
        ("5", 5 * 10**9),
    ],
)
def test_seconds_since_1970(text, time):
    assert nanoseconds(text, seconds=True) == time
    assert nanoseconds(text) is None


NONE = ["", "noon", "2020", "202001", "2020-01", "20201301", "2020-02-30", "nan", "inf", "1e99"]
NONE += ["2020-01-31T23:59.5", "2020-01-31T2359,5", "2020-01-31T12.5", "20200131T12.5Z"]  # parts of minutes or hours


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_time(text):
    assert nanoseconds(text, seconds=True) is None
    with pytest.raises(FormatError, match=r"^a\.csv, line 2: the time is '.*'; needed is one such as 2026-01-31T23:"):
        time_of("a.csv, line 2", text, seconds=True)


def test_64_bits_hold_the_centuries_about_1970():
    assert time_of("", "1677-09-21T00:12:43.145224192") == -(2**63)
    assert time_of("", "2262-04-11T23:47:16.854775807") == 2**63 - 1
    for beyond in ("1677-09-21T00:12:43.145224191", "2262-04-11T23:47:16.854775808", "0001-01-01", "9999-12-31"):
        assert not is_held(nanoseconds(beyond))
        with pytest.raises(FormatError, match="the time is"):
            time_of("", beyond)


@pytest.mark.parametrize(
    "text",
    ["2020-01-01", "20200101", "2020-01-01T02:00+02:00", "1577836800.0"],
)
def test_tables_of_arrivals_and_of_picks_read_them_alike(tmp_path, text):
    (tmp_path / "a.csv").write_text(f"station,phase,time\nXX.A,P,{text}\n")
    assert [one.time for one in read_arrivals(tmp_path / "a.csv")] == [NEW_YEAR]
    assert [event.picks[0].time for event in read_catalogue(tmp_path / "a.csv")] == [NEW_YEAR]


@pytest.mark.parametrize("text", ["3000-01-01", "2020", "yesterday"])
@pytest.mark.parametrize("read", [read_arrivals, read_catalogue])
def test_tables_refuse_them_alike(tmp_path, text, read):
    (tmp_path / "a.csv").write_text(f"station,phase,time\nXX.A,P,{text}\n")
    with pytest.raises(FormatError, match=f"line 2: the time is '{text}'; needed .* or seconds since 1970"):
        read(tmp_path / "a.csv")


def test_dates_of_stations_have_zones_and_may_lie_far_ahead(tmp_path):
    dates = "startDate='2020-01-01T00:00:00+02:00' endDate='2020-01-01T00:00:00-02:00'"
    station = "<Station code='{}' {}><Latitude>1</Latitude><Longitude>2</Longitude><Elevation>3</Elevation></Station>"
    stations = station.format("A", dates) + station.format("B", "startDate='2020-01-01' endDate='3000-01-01T00:00:00'")
    (tmp_path / "s.xml").write_text(f"<FDSNStationXML><Network code='XX'>{stations}</Network></FDSNStationXML>")
    one, other = read_sites(tmp_path / "s.xml")
    assert (one.since, one.until) == (NEW_YEAR - DAY // 12, NEW_YEAR + DAY // 12)
    assert (other.since, other.until) == (NEW_YEAR, None)
