"""The three components of a station as one array on one clock, any part of it at a time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64
from numpy import ndarray

from geocnn.io.waveforms.pieces import SECOND, Channel, Piece, edges, index_of, spans, time_of

__all__ = ["Record", "Station"]

_FILTER = 12
"""Samples, of the slower of two rates, on each side that resampling looks at."""
_FLAT = 5.0
"""Seconds of one and the same number after which a channel counts as dead."""
_APART = 30.0
"""Seconds between two parts of a record that are worked on one by one."""
_WHOLE = 0.9
"""Of the time between two samples, from which on one is missing: clocks drift."""


@dataclass(frozen=True, eq=False)
class Record:
    """Part of the record of a station.

    Attributes:
        start: number of the first sample, counted from 1970 at the rate of the station.
        waveform: relative to the first number of each channel, in the unit of the file; 0 where there are no data.
        live: where there are data.
    """

    start: int
    waveform: Float32[ndarray, "3 samples"]
    live: Bool[ndarray, "3 samples"]

    def marked(self) -> Float32[ndarray, "3 samples"]:
        """The waveform for networks that take zeros for gaps: a sample that happens to be 0 is next to nothing.

        Else each equal to the first number of its channel would be a gap: in records of few counts many, and others
        wherever the record begins.
        """
        tiny = np.finfo(np.float32).tiny
        return np.where(self.live & (self.waveform == 0), tiny, self.waveform)


@dataclass(eq=False)
class Station:
    """An instrument of three components, or what there is of them.

    Attributes:
        network: its code.
        name: code of the station.
        location: its code.
        instrument: the first two letters of its channels, such as HH.
        components: pieces of the vertical, the north and the east component (or those across), by time; none where
            there is no such channel.
        rate: samples per second at which it is read, whatever it was recorded with.
        notes: what was found while reading, each once.
        grid: the rate as a fraction.
    """

    network: str
    name: str
    location: str
    instrument: str
    components: tuple[Sequence[Piece], Sequence[Piece], Sequence[Piece]] = field(repr=False)
    rate: float = 100.0
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.grid = Fraction(self.rate).limit_denominator(1000)
        self._first: dict[int, float] = {}
        self._channels: dict[str, Channel] = {}
        self._edges = [edges(pieces) for pieces in self.components]
        self._longest = [int(np.max(ends - starts, initial=0)) for starts, ends in self._edges]

    def __str__(self) -> str:
        """The codes, such as CX.PB01..HH."""
        return ".".join((self.network, self.name, self.location, self.instrument))

    @property
    def file_name(self) -> str:
        """The codes as the beginning of the name of a file: in those of a damaged or hostile file may be anything."""
        return re.sub(r"[^\w.-]", "_", str(self))

    def channel(self, code: str) -> Channel:
        """One of its channels: the same object for all who ask, of whom there are as many as picks."""
        if code not in self._channels:
            self._channels[code] = Channel(self.network, self.name, self.location, code)
        return self._channels[code]

    @property
    def pieces(self) -> Iterator[Piece]:
        """Of all components."""
        return (piece for pieces in self.components for piece in pieces)

    @property
    def start(self) -> int:
        """Time of the first sample, ns."""
        return min(int(starts.min()) for starts, _ in self._edges if len(starts))

    @property
    def end(self) -> int:
        """When the sample behind the last would come, ns."""
        return max(int(ends.max()) for _, ends in self._edges if len(ends))

    def spans(self) -> list[tuple[int, int]]:
        """When there are data of any component, from and to, ns, by time; what is less than a sample is no gap."""
        starts, ends = (np.concatenate(times) for times in zip(*self._edges, strict=True))
        return _joined(starts[ends > starts], ends[ends > starts], SECOND / self.rate)

    def index(self, time: int) -> int:
        """Number of the sample at a time, ns."""
        return index_of(time, self.grid)

    def runs(self) -> list[tuple[int, int]]:
        """Parts in which there are data, first sample and the one behind the last; what is between them is long."""
        runs: list[tuple[int, int]] = []
        for first, last in self.spans():
            start, stop = self.index(first), self.index(last)
            if runs and start - runs[-1][1] <= _APART * self.rate:
                runs[-1] = runs[-1][0], max(runs[-1][1], stop)
            else:
                runs.append((start, stop))
        return [run for run in runs if run[0] < run[1]]

    def gaps(self) -> list[tuple[int, int]]:
        """Times, ns, from and to which one of its channels has no data, by time; gaps of several at once are one.

        Channels may begin and end some seconds apart.
        """
        first, last = self.start, self.end
        found: list[tuple[int, int]] = []
        apart = round(_APART * SECOND)
        for pieces, (starts, ends) in zip(self.components, self._edges, strict=True):
            if not len(starts):
                continue
            reached = np.maximum.accumulate(np.concatenate(([first], ends)))
            for k in np.flatnonzero(starts > reached[:-1]).tolist():
                least = round(_WHOLE * SECOND / pieces[k - 1].rate) if k else apart
                if starts[k] - reached[k] >= least:
                    found.append((int(reached[k]), int(starts[k])))
            if last - reached[-1] >= apart:
                found.append((int(reached[-1]), last))
        gaps: list[tuple[int, int]] = []
        for start, stop in sorted(found):
            if gaps and start <= gaps[-1][1]:
                gaps[-1] = gaps[-1][0], max(gaps[-1][1], stop)
            else:
                gaps.append((start, stop))
        return gaps

    def dead(self) -> list[str]:
        """Channels with one and the same number throughout; of others no more is decoded than it takes to see that.

        Raises:
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        return [str(pieces[0].channel) for pieces in self.components if pieces and not any(map(_moves, pieces))]

    def within(self, component: int, start: int, stop: int) -> list[Piece]:
        """Pieces of a component with data between two times, ns."""
        pieces, (starts, _) = self.components[component], self._edges[component]
        low, high = np.searchsorted(starts, (start - self._longest[component] - SECOND, stop), side="right").tolist()
        return [p for p in pieces[low:high] if p.end >= start]

    def time(self, index: float) -> int:
        """Time of a sample, ns, where it was really taken: clocks seldom tick at whole hundredths of a second."""
        time, half = time_of(index, self.grid), round(SECOND / self.rate / 2)
        for component in range(3):
            for piece in self.within(component, time - half, time + half):
                return time + piece.start - time_of(index_of(piece.start, piece.grid), piece.grid)
        return time

    def read(self, start: int, stop: int) -> Record:
        """Samples ``start`` to ``stop`` (excluded).

        Of records that overlap, the first one in time is taken. Channels of another rate are resampled without a shift
        in time. What stays the same number for five seconds is dead.

        Raises:
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        waveform = np.zeros((3, stop - start), np.float32)
        live = np.zeros((3, stop - start), bool)
        for component in range(3):
            span = (time_of(start, self.grid) - SECOND, time_of(stop, self.grid) + SECOND)
            pieces = self.within(component, *span)
            for rate in sorted({piece.grid for piece in pieces}, reverse=True):
                same = [piece for piece in pieces if piece.grid == rate]
                samples, there = self._at(component, same, rate, start, stop)
                new = there & ~live[component]
                np.copyto(waveform[component], samples, where=new, casting="same_kind")
                live[component] |= new
        return Record(start, waveform, live)

    def _at(
        self, component: int, pieces: Sequence[Piece], rate: Fraction, start: int, stop: int
    ) -> tuple[Float64[ndarray, " samples"], Bool[ndarray, " samples"]]:
        """Samples of pieces of one rate at the rate of the station."""
        ratio = self.grid / rate
        up, down = ratio.numerator, ratio.denominator
        margin = -(-_FILTER * max(up, down) // (up * down)) + 1
        first = (start // up - margin) * down  # of the pieces; a sample of the station lies at the same time
        last = (-(-stop // up) + margin) * down
        samples, live = self._native(component, pieces, rate, first, last)
        if ratio == 1:
            inside = slice(start - first, stop - first)
            return samples[inside], live[inside]
        from scipy.signal import resample_poly

        self._note(
            f"{pieces[0].channel} has {float(rate):.7g} samples per second and was resampled to {self.rate:g} Hz."
        )
        if not live.all() and live.any():  # no steps at the ends of gaps, which would ring
            known = np.flatnonzero(live)
            samples = samples[known[np.clip(np.searchsorted(known, np.arange(len(live))), 0, len(known) - 1)]]
        inside = slice(start - first * up // down, stop - first * up // down)
        made = resample_poly(samples, up, down, padtype="edge")[inside]
        nearest = (np.arange(inside.start, inside.stop) * down + up // 2) // up
        there = live[np.minimum(nearest, len(live) - 1)]
        return np.where(there, made, 0), there

    def _native(
        self, component: int, pieces: Sequence[Piece], rate: Fraction, first: int, last: int
    ) -> tuple[Float64[ndarray, " samples"], Bool[ndarray, " samples"]]:
        """Samples ``first`` to ``last`` as they were recorded."""
        flat = round(_FLAT * float(rate))
        first, last = first - flat, last + flat
        samples, live = np.zeros(last - first), np.zeros(last - first, bool)
        for piece in pieces:
            at = index_of(piece.start, rate) - first
            if at >= last - first or at + piece.count <= 0:
                continue
            for time, raw in piece.segments(time_of(first, rate), time_of(last, rate)):
                at = index_of(time, rate) - first
                low, high = max(0, at), min(len(samples), at + len(raw))
                if low < high:
                    self._place(piece, samples[low:high], live[low:high], np.asarray(raw[low - at : high - at], float))
            if piece.damaged():
                self._note(f"{piece.channel} has records that cannot be decoded; they are gaps.")
        level = self._level(component)
        samples -= level
        live &= ~_flat(samples, live, flat)
        np.copyto(samples, 0, where=~live)
        return samples[flat : len(samples) - flat], live[flat : len(live) - flat]

    def _place(
        self,
        piece: Piece,
        samples: Float64[ndarray, " samples"],
        live: Bool[ndarray, " samples"],
        new: Float64[ndarray, " samples"],
    ) -> None:
        """Put samples where there are none."""
        known = np.isfinite(new)
        if np.any(live & known & (samples != new)):
            self._note(f"records of {piece.channel} overlap with other samples in them; the first ones are taken.")
        if not known.all():
            self._note(f"{piece.channel} has samples that are not finite; they are gaps.")
        place = known & ~live
        np.copyto(samples, new, where=place)
        live |= place

    def _level(self, component: int) -> float:
        """The first number of a channel: subtracted from all, so that few digits are lost in 32 bits."""
        if component not in self._first:
            self._first[component] = 0.0
            for piece in self.components[component][:3]:
                for _, raw in piece.segments(piece.start, piece.end):
                    numbers = np.asarray(raw, float)
                    if np.isfinite(numbers).any():
                        self._first[component] = float(numbers[np.isfinite(numbers)][0])
                        return self._first[component]
        return self._first[component]

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _joined(starts: Int64[ndarray, " pieces"], ends: Int64[ndarray, " pieces"], apart: float) -> list[tuple[int, int]]:
    """Spans that no more than this lies between, as one."""
    order = np.argsort(starts, kind="stable")
    starts, reached = starts[order], np.maximum.accumulate(ends[order])
    new = np.flatnonzero(starts[1:] - reached[:-1] > apart)
    firsts, lasts = starts[[*([0] * bool(len(starts))), *(new + 1)]], reached[[*new, *([-1] * bool(len(starts)))]]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _moves(piece: Piece) -> bool:
    """Whether there are different numbers in a piece."""
    decoded = (np.asarray(raw, float) for _, raw in piece.segments(piece.start, piece.end))
    finite = (raw[np.isfinite(raw)] for raw in decoded)
    return any(raw.size and raw.min() < raw.max() for raw in finite)


def _flat(
    samples: Float64[ndarray, " samples"], live: Bool[ndarray, " samples"], least: int
) -> Bool[ndarray, " samples"]:
    """Samples in runs of at least so many equal ones."""
    same = (samples[1:] == samples[:-1]) & live[1:] & live[:-1]
    flat = np.zeros(len(samples), bool)
    for first, last in spans(same, least - 1):
        flat[first : last + 1] = True
    return flat
