"""Group files, folders and archives of seismograms into stations.

Only headers are read; of several instruments at one location also samples, until one differs from the first.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from jaxtyping import Int64
from numpy import ndarray

from geocnn.errors import DataError, FormatError, MissingError
from geocnn.io.system import reason
from geocnn.io.waveforms.miniseed import is_miniseed, scan_miniseed
from geocnn.io.waveforms.obspy_formats import is_stream, pieces_of_stream, scan_obspy
from geocnn.io.waveforms.pieces import SECOND, ByTime, Channel, Cut, Piece, anchored, file_state, how_long
from geocnn.io.waveforms.station import Station

__all__ = ["Archive", "Scans", "archive_files", "open_archive"]

_Group = Sequence[Piece]
"""Pieces of one channel and rate; at least one."""
Scans = dict[Path, tuple[tuple[int, int], Sequence[_Group], Sequence[str], Sequence[str]]]
"""Result of a scan by path: state of the file, its pieces, channels without samples, and what is damaged."""

_COMPONENTS = {"Z": 0, "N": 1, "1": 1, "E": 2, "2": 2}
"""Component by last letter of a channel: vertical, north, east; 1 and 2 are horizontal and at right angles."""
_INSTRUMENTS = "HLPGNX"
"""Second letters of channels, best first: seismometers of high and low gain, geophones, gravimeters, accelerometers."""
_SEISMOMETERS = "HLP"
"""Those that feel small earthquakes; accelerometers feel strong ones."""
_BANDS = "HEBSDCFGM"
"""First letters of channels, best first: high broad band, short period, broad band and so on."""
_BRIEF = 60 * SECOND
"""Time, ns, that is too short for a change from one instrument to another."""
_MOST = 5
"""Number of damaged files that are named in a note."""
_WITHOUT_NETWORK = re.compile(
    r"(?!.*\.part\.)\.[A-Z\d]{1,5}(?:\.[A-Z\d-]{0,2}\.[A-Z\d]{3}(?:\.[A-Z]\.\d{4}\.\d{3})?|"
    r"(?:[._-].*)?\.(?i:(?:mseed3?|miniseed|ms3?|msd|seed|sac|gse[12]?)(?:\.gz|\.bz2)?))"
)
"""Names of seismograms that begin with the dot after a network that is empty: codes of a channel, perhaps with a day as
in SDS archives, or a station and the suffix of a format. What systems leave begins or ends otherwise: ._ of macOS,
.nfs, six letters at the end of rsync's, .tmp; and .part before the suffix is geocnn's own."""
_SLOWEST = 15.0
"""Least rate, samples per second, with which local earthquakes can be picked."""


@dataclass(frozen=True, eq=False)
class Archive:
    """Stations whose records can be read.

    Attributes:
        stations: by network, station, location, instrument. Instruments of one location have no times in common.
        notes: what was left out of the files, and why.
    """

    stations: tuple[Station, ...]
    notes: tuple[str, ...]

    def describe(self) -> list[tuple[str, str]]:
        """Summary of the archive for users, as pairs of a label and a text."""
        lines = []
        for station in self.stations:
            runs = station.runs()
            codes = " ".join(
                sorted({p.channel.code for p in station.pieces}, key=lambda c: _COMPONENTS.get(c[-1:].upper(), 3))
            )
            gaps = [stop - start for start, stop in station.gaps()]
            length = station.end - station.start - sum(gaps)
            missing = f", {len(gaps)} gap{'s' * (len(gaps) > 1)} of {how_long(sum(gaps) / SECOND)}"
            missing += " together" * (len(gaps) > 1)
            parts = how_long(length / SECOND) + (missing if gaps else " without a gap")
            first, last = (np.datetime64(round(station.time(n) / SECOND), "s") for n in (runs[0][0], runs[-1][1]))
            lines.append((str(station), f"{codes}, {parts}, {first} to {last}"))
        return lines


def open_archive(
    data: object,
    *,
    channels: str = "*",
    rate: float = 100.0,
    tick: Callable[[int, str], None] | None = None,
    scans: Scans | None = None,
) -> Archive:
    """Open seismograms.

    Of several instruments of a station and location the best one that has data is taken at any time. Components with
    one and the same number throughout do not count, and instruments with nothing else are left out.

    Args:
        data: a file or a folder with all files under it (an SDS archive, for example), several of these, an ObsPy
            Stream, or pieces in memory. miniSEED 2 and 3 are read; SAC, GSE2 and others where ObsPy is installed.
        channels: pattern for channels that are wanted, such as "CX.*.*.HH?".
        rate: samples per second at which stations are read.
        tick: is called for each file, ``tick(1, name)``; :func:`archive_files` tells how many there are.
        scans: what an earlier call found in files, which is updated; files that have not changed are not read again.

    Raises:
        MissingError: no such file.
        DataError: there is no seismogram in the data; the message says what there is instead.
    """
    if is_stream(data):
        return _archive([anchored(piece) for piece in pieces_of_stream(data)], channels, rate, [], "the stream")
    given = [data] if isinstance(data, str | Path) else data
    if isinstance(given, Sequence) and given and all(isinstance(piece, Piece) for piece in given):
        return _archive([anchored(piece) for piece in given], channels, rate, [], "the pieces")
    if not isinstance(given, Sequence) or not given or not all(isinstance(path, str | Path) for path in given):
        raise DataError(
            f"seismograms are a path, several paths or an ObsPy Stream, not {type(data).__name__}; give one of these."
        )
    paths = [Path(path) for path in given]
    files = archive_files(paths)
    what = str(paths[0]) if len(paths) == 1 else f"the {len(paths)} paths"
    groups, notes = _scan(files, tick, {} if scans is None else scans)
    return _archive(groups, channels, rate, notes, what)


def archive_files(paths: Iterable[Path]) -> list[Path]:
    """Files, and all files under folders, by name.

    Hidden files and folders are left out, but for seismograms whose names begin with a dot because their station has no
    network, such as .BER..HHZ.mseed.

    Raises:
        MissingError: no such file.
        FormatError: a folder has no file.
    """
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            under = [p for p in sorted(path.rglob("*")) if p.is_file() and not _hidden(p.relative_to(path))]
            if not under:
                raise FormatError(f"there is no file in the folder {path}; give one with seismograms.")
            files.update(dict.fromkeys(under))
        elif path.exists():
            files[path] = None
        else:
            raise MissingError(f"there is no file {path}; check the name.")
    return list(files)


def _hidden(path: Path) -> bool:
    """Whether a path below a folder is hidden, and no seismogram of a station without a network."""
    *folders, name = path.parts
    hidden = name.startswith(".") and not _WITHOUT_NETWORK.fullmatch(name)
    return hidden or any(folder.startswith(".") for folder in folders)


def _scan(
    files: Sequence[Path], tick: Callable[[int, str], None] | None, scans: Scans
) -> tuple[list[_Group], list[str]]:
    """Pieces in the files, and notes on files that hold none."""
    groups: list[_Group] = []
    strange: list[Path] = []
    silent: dict[str, None] = {}
    damage: list[str] = []
    for path in files:
        if tick:
            tick(1, path.name)
        try:
            found, others, damaged = _scanned(path, scans)
        except OSError as error:
            silent[f"{path} ({reason(error)})"] = None
            continue
        silent.update(dict.fromkeys(others))
        groups += found
        damage += damaged
        if not found and not others:
            strange.append(path)
    notes = damage[:_MOST]
    if len(damage) > _MOST:
        notes.append(f"{len(damage) - _MOST} more files are damaged like these.")
    if strange:
        many = f"{strange[0]} and {len(strange) - 1} others hold" if len(strange) > 1 else f"{strange[0]} holds"
        notes.append(f"{many} no seismogram that is read here{_without_obspy()}; left out.")
    if silent:
        notes.append(f"{', '.join(list(silent)[:5])}{' ...' * (len(silent) > 5)} hold no samples; left out.")
    return groups, notes


def _scanned(path: Path, scans: Scans) -> tuple[Sequence[_Group], Sequence[str], Sequence[str]]:
    """Pieces in a file, channels without samples, and what is damaged.

    Raises:
        OSError: the file cannot be read.
    """
    state = file_state(path)
    if path not in scans or scans[path][0] != state:
        with path.open("rb") as file:
            head = file.read(64)
        found: tuple[Sequence[_Group], Sequence[str], Sequence[str]]
        found = (
            scan_miniseed(path)
            if is_miniseed(head)
            else ([anchored(piece) for piece in scan_obspy(path) or []], [], [])
        )
        scans[path] = state, *found
    return scans[path][1:]


def _without_obspy() -> str:
    """Hint to install ObsPy for other formats; empty if it is installed."""
    from importlib.util import find_spec

    return "" if find_spec("obspy") else " (miniSEED alone is, for SAC and other formats: pip install 'geocnn[obspy]')"


def _archive(found: Sequence[_Group], channels: str, rate: float, notes: list[str], what: str) -> Archive:
    """Group channels into stations.

    Raises:
        DataError: no channel is left.
    """
    by_station: dict[tuple[str, str, str], dict[str, dict[Channel, list[_Group]]]] = defaultdict(dict)
    left: dict[str, None] = {}
    seen = {group[0].channel for group in found if group[0].channel.code}
    for group in found:
        c = group[0].channel
        why = _refused(group[0], channels)
        if why:
            left[f"{c}: {why}" if c.code else why] = None
            continue
        by_code = by_station[c.network, c.station, c.location]
        by_code.setdefault(c.code[:-1].upper(), {}).setdefault(c, []).append(group)
    stations: list[Station] = []
    for codes, instruments in sorted(by_station.items()):
        whole = [Station(*codes, code, _components(instruments[code], notes), rate) for code in sorted(instruments)]
        own = _in_turn([station for station in whole if station.runs()], notes)
        notes += [
            f"{station} has no data for as long as a sample at {rate:g} Hz; left out."
            for station in whole
            if not station.runs()
        ]
        notes += filter(None, map(_lack, own))
        stations += own
    notes += [text for text in left if not text.endswith("not asked for")]
    if not stations:
        there = f"{', '.join(sorted(map(str, seen))[:8])}{' ...' * (len(seen) > 8)}"
        if seen and not any(_fits(channel, channels) for channel in seen):
            raise DataError(
                f'no channel of {what} fits "{channels}"; it has {there}. Give --channels a pattern that some of these '
                f'fit, such as "{str(min(seen))[:-1]}?".'
            )
        reasons = "; ".join(notes) if notes else "nothing in it is a seismogram"
        have = f" It has {there}." if seen else ""
        raise DataError(
            f"{what} has no channel to pick earthquakes on ({reasons.rstrip('.')}).{have} Needed are samples of a "
            f"seismometer, {_SLOWEST:g} or more a second, in miniSEED or a format that ObsPy reads."
        )
    return Archive(tuple(stations), tuple(dict.fromkeys(notes)))


def _refused(piece: Piece, channels: str) -> str:
    """Why a piece cannot be part of a station; empty if it can."""
    channel = piece.channel
    if not channel.code:
        return "its traces name no channel"
    if not _fits(channel, channels):
        return "not asked for"
    if piece.rate < _SLOWEST:
        return f"{piece.rate:g} samples a second are too few"
    if channel.code[-1:].upper() not in {*_COMPONENTS, "3"}:
        return "component names are Z N E, Z 1 2 or 1 2 3"
    if len(channel.code) >= 3 and channel.code[1].upper() not in _INSTRUMENTS:
        return "no seismometer"
    return ""


def _fits(channel: Channel, pattern: str) -> bool:
    return fnmatchcase(str(channel).upper(), pattern.upper())


def _in_turn(stations: Sequence[Station], notes: list[str]) -> list[Station]:
    """Instruments of one location, each in those of its times in which it is taken; a note tells of several."""
    if len(stations) < 2:
        return list(stations)
    every = {station.instrument: _awake(station) for station in stations}
    living = [awake for awake in every.values() if awake.runs()] or list(stations)
    order = _ranked(living)
    turns = _turns(order)
    by_code = {station.instrument: station for station in stations}
    ranked = [by_code.pop(station.instrument) for station in order]
    beside = ", ".join(sorted(f"{station}?" for station in ranked))
    dead = "gives one and the same number throughout, and is dead; left out beside"
    notes += [f"{station}? {dead} {beside}." for station in by_code.values()]
    if len(ranked) < 2:
        return ranked
    cut = [_cut(station, turn) for station, turn in zip(ranked, turns, strict=True)]
    first, *others = [k for k, station in enumerate(cut) if station.runs()] or [0]
    best, end = ranked[first], max([0, *turns[first][-1:, 1].tolist()])
    spare = ", ".join(sorted(f"{station.instrument}?" for station in ranked if station is not best))
    text = f"{best.network}.{best.name}.{best.location} has {spare} beside {best.instrument}?, which is taken; "
    if others:
        taken = ", ".join(f"{ranked[k].instrument}? is taken {_when(turns[k], end)}" for k in others)
        text += f"where it lacks data, {taken}; "
    text += "".join(
        _weak(station, every[station.instrument]) for k, station in enumerate(ranked) if k not in (first, *others)
    )
    notes.append(f"{text}--channels picks others.")
    return sorted((cut[k] for k in (first, *others)), key=str) if others else [best]


def _weak(station: Station, awake: Station) -> str:
    """Words on the dead components of an instrument that is not taken; of the others the picker tells."""
    pairs = zip(station.components, awake.components, strict=True)
    dead = [own[0].channel.code for own, living in pairs if awake.runs() and own and not living]
    return f"{' and '.join(dead)} {'are' if len(dead) > 1 else 'is'} dead; " if dead else ""


def _awake(station: Station) -> Station:
    """An instrument without the components that give one and the same number throughout."""

    def moves(component: int) -> bool:
        try:
            return station.moves(component)
        except (FormatError, MissingError):  # whoever reads them tells of it
            return True

    vertical, north, east = (own if moves(k) else () for k, own in enumerate(station.components))
    return replace(station, components=(vertical, north, east))


def _cut(station: Station, spans: Int64[ndarray, "spans 2"]) -> Station:
    """An instrument in some spans of time."""
    vertical, north, east = (Cut(pieces, spans) for pieces in station.components)
    return replace(station, components=(vertical, north, east))


def _when(turns: Int64[ndarray, "spans 2"], end: int) -> str:
    """Spans of time in words.

    They stay the same while an archive grows of which one instrument arrives later than another: what comes after
    ``end``, that of the better one, has no time.
    """
    before = turns[turns[:, 0] < end]
    if not len(before):
        return "at the end"
    first, last = (np.datetime64(round(time / SECOND), "s") for time in (before[0, 0], before[-1, 1]))
    often = f"{len(before)} times " * (len(before) > 1)
    return f"{often}from {first} to {last}{' and at the end' * (len(before) < len(turns))}"


def _ranked(stations: Sequence[Station]) -> list[Station]:
    """Instruments, the best one first.

    Seismometers come first, then those with the most components at once, then those whose data do not have much more
    gaps than others, because every change of instrument costs some picks; and then codes decide.
    """
    times = [[station.spans(least) for least in (3, 2, 1)] for station in stations]
    count = [3 - next(k for k, own in enumerate(each) if own) for each in times]
    share = [
        sum(stop - start for start, stop in each[-least]) / (station.end - station.start)
        for station, each, least in zip(stations, times, count, strict=True)
    ]
    keys = [
        (_is_coarse(station), -least, 2 * there < max(share), _preference(station.instrument))
        for station, least, there in zip(stations, count, share, strict=True)
    ]
    return [stations[k] for k in sorted(range(len(stations)), key=keys.__getitem__)]


def _is_coarse(station: Station) -> bool:
    """Whether an instrument is no seismometer."""
    return station.instrument[1:2] not in _SEISMOMETERS


def _turns(ranked: Sequence[Station]) -> list[Int64[ndarray, "spans 2"]]:
    """Spans of time, start and end in ns, in which each of some instruments is taken.

    At any time it is the seismometer of which most components have data, and the better one of several such. A minute
    is the least for which another one is taken, so that neither short gaps nor different ends of records bring one in;
    but where one takes the place of another no time is lost.
    """
    there = [np.array(station.spans(1, _BRIEF), np.int64).reshape(-1, 2) for station in ranked]
    claims = sorted((_is_coarse(station), -least, k) for k, station in enumerate(ranked) for least in (1, 2, 3))
    spans = [np.array(ranked[k].spans(-least, _BRIEF), np.int64).reshape(-1, 2) for _, least, k in claims]
    times = np.unique(np.concatenate(spans))
    owner = np.full(len(times), -1)  # from each of these times to the next one
    for (_, _, k), own in reversed(list(zip(claims, spans, strict=True))):
        for begin, end in np.searchsorted(times, own).tolist():
            owner[begin:end] = k
    bounds = np.concatenate(([0], np.flatnonzero(np.diff(owner)) + 1))
    first, last = bounds[:-1], bounds[1:]
    turns: list[tuple[int, int, int]] = []
    for k, start, stop in zip(owner[first].tolist(), times[first].tolist(), times[last].tolist(), strict=True):
        before, begun, end = turns[-1] if turns else (-1, 0, 0)
        brief, was_brief = stop - start < _BRIEF, end - begun < _BRIEF
        joined = start == end and k >= 0 and (k == before or brief != was_brief)
        if joined and brief:
            joined = _can_spare(there[k], there[before], start, stop)
        elif joined and k != before:
            joined = _can_spare(there[before], there[k], begun, end)
        if joined:
            turns[-1] = before if brief else k, begun, stop
        elif k >= 0:
            turns.append((k, start, stop))
    found = [[span for one, *span in turns if one == k] for k in range(len(ranked))]
    return [np.array(own, np.int64).reshape(-1, 2) for own in found]


def _can_spare(own: Int64[ndarray, "spans 2"], others: Int64[ndarray, "others 2"], start: int, stop: int) -> bool:
    """Whether a brief turn can be that of another instrument, which has data then, or beside which it has more."""
    beside = _covers(own, start - _BRIEF, start) or _covers(own, stop, stop + _BRIEF)
    return beside or _covers(others, start, stop)


def _covers(spans: Int64[ndarray, "spans 2"], start: int, stop: int) -> bool:
    """Whether one of some spans, by time, holds all from one time to another."""
    number = int(np.searchsorted(spans[:, 0], start, side="right")) - 1
    return number >= 0 and int(spans[number, 1]) >= stop


def _preference(code: str) -> tuple[int, int, str]:
    """Rank of an instrument by its code; the smallest is the best."""
    band, instrument = code[:1], code[1:2]
    return (
        _INSTRUMENTS.find(instrument) if instrument in _INSTRUMENTS else len(_INSTRUMENTS),
        _BANDS.find(band) if band in _BANDS else len(_BANDS),
        code,
    )


def _components(
    found: dict[Channel, list[_Group]], notes: list[str]
) -> tuple[Sequence[Piece], Sequence[Piece], Sequence[Piece]]:
    """Pieces of the vertical, north and east components, by time.

    A channel 3 is the vertical where there is no Z; beside a Z it may be anything and is left out, which is noted.
    """
    groups: tuple[list[_Group], list[_Group], list[_Group]] = ([], [], [])
    thirds: dict[Channel, list[_Group]] = {}
    for channel, own in found.items():
        letter = channel.code[-1:].upper()
        if letter == "3":
            thirds[channel] = own
        else:
            groups[_COMPONENTS[letter]].extend(own)
    vertical = ByTime(groups[0])
    for channel, own in thirds.items():
        pair = Station("", "", "", "", (vertical, ByTime(own), ()))
        either, both = (sum(stop - start for start, stop in pair.spans(least)) for least in (1, 2))
        alone = either - sum(stop - start for start, stop in replace(pair, components=(vertical, (), ())).spans())
        if both <= min(alone, _BRIEF):  # records overlap a little where channels change their names
            groups[0].extend(own)
        else:
            notes.append(f"{channel} is there beside a channel Z, which is the vertical; left out.")
    return ByTime(groups[0]), ByTime(groups[1]), ByTime(groups[2])


def _lack(station: Station) -> str:
    """Which components a station lacks, in words; empty if it has all."""
    names = zip(("vertical", "north", "east"), station.components, strict=True)
    missing = " and no ".join(name for name, pieces in names if not pieces)
    return (
        missing and f"{station}? has no {missing} component; a picker goes on with what there is, with less certainty."
    )
