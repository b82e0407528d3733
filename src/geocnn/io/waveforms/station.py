"""Read the three components of a station as one array on a common clock, in any parts."""

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
"""Samples, at the slower of two rates, that resampling needs on each side."""
_FLAT = 5.0
"""Seconds with a constant value after which a channel counts as dead."""
_APART = 30.0
"""Seconds between two parts of a record that are processed separately."""
_WHOLE = 0.9
"""Least length of a gap, in sampling intervals, in which a sample is missing; clocks drift a little."""


@dataclass(frozen=True, eq=False)
class Record:
    """Part of the record of a station.

    Attributes:
        start: number of the first sample, counted from 1970 at the rate of the station.
        waveform: samples minus the first value of each channel, in the unit of the file; 0 without data.
        live: where there are data.
    """

    start: int
    waveform: Float32[ndarray, "3 samples"]
    live: Bool[ndarray, "3 samples"]

    def marked(self) -> Float32[ndarray, "3 samples"]:
        """The waveform for networks that take zeros for gaps: live samples that are 0 become next to nothing.

        Otherwise samples equal to the first value of their channel would count as gaps: many of them in records of
        small counts, and different ones wherever the record begins.
        """
        tiny = np.finfo(np.float32).tiny
        return np.where(self.live & (self.waveform == 0), tiny, self.waveform)


@dataclass(eq=False)
class Station:
    """An instrument with three components, some of which may be missing.

    Attributes:
        network: code of the network.
        name: code of the station.
        location: code of the location.
        instrument: the first two letters of its channels, such as HH.
        components: pieces of the vertical, north and east components (1 and 2 count as north and east), by time; empty
            if there is no such channel.
        rate: samples per second at which it is read, whatever the rate of its files.
        notes: what was noticed while reading, each note once.
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
        """Codes of the instrument, such as CX.PB01..HH."""
        return ".".join((self.network, self.name, self.location, self.instrument))

    @property
    def file_name(self) -> str:
        """Codes as the beginning of a file name; other characters, from damaged or hostile files, are replaced."""
        return re.sub(r"[^\w.-]", "_", str(self))

    def channel(self, code: str) -> Channel:
        """One of its channels; the same object each time, because there are as many requests as picks."""
        if code not in self._channels:
            self._channels[code] = Channel(self.network, self.name, self.location, code)
        return self._channels[code]

    def channel_at(self, component: int, time: int) -> Channel | None:
        """Channel that holds a component at a time, ns, or next to it: channels may change their names.

        None if the station has no such component.
        """
        piece = self.piece_at(component, time)
        return None if piece is None else piece.channel

    def piece_at(self, component: int, time: int) -> Piece | None:
        """Piece from which a component is read at a time, ns, or the next to it; None if there is no such component."""
        half = round(SECOND / self.rate / 2)
        near = self.within(component, time - SECOND, time + SECOND)
        if near:  # where pieces overlap the one of the highest rate is read, and of these the first
            return min(near, key=lambda p: (max(0, p.start - half - time, time - p.end + half), -p.rate))
        pieces = self.components[component]
        if not pieces:
            return None
        starts, ends = edges(pieces)
        return pieces[int(np.argmin(np.maximum(starts - time, time - ends)))]

    @property
    def pieces(self) -> Iterator[Piece]:
        """Pieces of all components."""
        return (piece for pieces in self.components for piece in pieces)

    @property
    def start(self) -> int:
        """Time of the first sample, ns."""
        return min(int(starts.min()) for starts, _ in self._edges if len(starts))

    @property
    def end(self) -> int:
        """Time at which the sample after the last would come, ns."""
        return max(int(ends.max()) for _, ends in self._edges if len(ends))

    def spans(self, least: int = 1, apart: float | None = None) -> list[tuple[int, int]]:
        """Spans with data, start and end in ns, by time.

        Args:
            least: number of components that have data there.
            apart: longest time without data that is no gap, ns; default a sample.
        """
        sample = SECOND / self.rate
        each = [_joined(starts[ends > starts], ends[ends > starts], sample) for starts, ends in self._edges]
        own = np.array([span for joined in each for span in joined], np.int64).reshape(-1, 2)
        order = np.argsort(own, axis=None, kind="stable")
        there = np.cumsum(np.tile([1, -1], len(own))[order]) >= least
        starts, ends = own.ravel()[order][np.array(spans(there), np.int64).reshape(-1, 2)].T
        return _joined(starts[ends > starts], ends[ends > starts], sample if apart is None else apart)

    def index(self, time: int) -> int:
        """Number of the sample at a time, ns."""
        return index_of(time, self.grid)

    def runs(self) -> list[tuple[int, int]]:
        """Parts that have data, separated by long gaps: first sample and end (excluded) of each."""
        runs: list[tuple[int, int]] = []
        for first, last in self.spans():
            start, stop = self.index(first), self.index(last)
            if runs and start - runs[-1][1] <= _APART * self.rate:
                runs[-1] = runs[-1][0], max(runs[-1][1], stop)
            else:
                runs.append((start, stop))
        return [run for run in runs if run[0] < run[1]]

    def gaps(self) -> list[tuple[int, int]]:
        """Spans, start and end in ns, in which any of its channels has no data, by time; overlapping gaps are merged.

        Channels may begin and end some seconds apart without a gap.
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
        """Channels with a constant value throughout; decoding stops at the first change.

        Raises:
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        return [str(own[0].channel) for k, own in enumerate(self.components) if own and not self.moves(k)]

    def moves(self, component: int) -> bool:
        """Whether a component has different values; decoding stops at the first change.

        Raises:
            MissingError: a file is gone.
            FormatError: a file cannot be read.
        """
        return any(map(_moves, self.components[component]))

    def within(self, component: int, start: int, stop: int) -> list[Piece]:
        """Pieces of a component with data between two times, ns."""
        pieces, (starts, _) = self.components[component], self._edges[component]
        low, high = np.searchsorted(starts, (start - self._longest[component] - SECOND, stop), side="right").tolist()
        return [p for p in pieces[low:high] if p.end >= start]

    def time(self, index: float) -> int:
        """Time in ns at which a sample was really taken: clocks seldom tick at whole hundredths of a second."""
        time, half = time_of(index, self.grid), round(SECOND / self.rate / 2)
        for component in range(3):
            for piece in self.within(component, time - half, time + half):
                return time + piece.start - time_of(index_of(piece.start, piece.grid), piece.grid)
        return time

    def read(self, start: int, stop: int) -> Record:
        """Samples ``start`` to ``stop`` (excluded).

        Where records overlap, the earlier one is taken. Channels at another rate are resampled without a shift in time.
        Values that stay constant for five seconds count as dead.

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
        """Samples of pieces with one rate, resampled to the rate of the station."""
        ratio = self.grid / rate
        up, down = ratio.numerator, ratio.denominator
        margin = -(-_FILTER * max(up, down) // (up * down)) + 1
        first = (start // up - margin) * down  # first sample of the pieces, at the time of a sample of the station
        last = (-(-stop // up) + margin) * down
        samples, live = self._native(component, pieces, rate, first, last)
        if ratio == 1:
            inside = slice(start - first, stop - first)
            return samples[inside], live[inside]
        from scipy.signal import resample_poly

        self.note(
            f"{pieces[0].channel} has {float(rate):.7g} samples per second and was resampled to {self.rate:g} Hz."
        )
        if not live.all() and live.any():  # avoids steps at the ends of gaps, which would ring
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
        """Samples ``first`` to ``last`` (excluded) at the rate of the pieces."""
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
                self.note(f"{piece.channel} has records that cannot be decoded; they are gaps.")
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
        """Put samples of a piece where there are none yet."""
        known = np.isfinite(new)
        if np.count_nonzero(live & known & (samples != new)) > 1:  # one more than the grid has places: a fast clock
            self.note(f"records of {piece.channel} overlap with other samples in them; the first ones are taken.")
        if not known.all():
            self.note(f"{piece.channel} has samples that are not finite; they are gaps.")
        place = known & ~live
        np.copyto(samples, new, where=place)
        live |= place

    def _level(self, component: int) -> float:
        """First value of a channel, which is subtracted from all, so that 32 bits keep enough digits."""
        if component not in self._first:
            pieces = self.components[component][:3]
            decoded = (np.asarray(raw, float) for piece in pieces for _, raw in piece.segments(piece.start, piece.end))
            found = (float(numbers[np.isfinite(numbers)][0]) for numbers in decoded if np.isfinite(numbers).any())
            self._first[component] = next(found, 0.0)  # not before: a file may be gone now and there again later
        return self._first[component]

    def note(self, text: str) -> None:
        """Add a note, if it is not yet there."""
        if text not in self.notes:
            self.notes.append(text)


def _joined(starts: Int64[ndarray, " pieces"], ends: Int64[ndarray, " pieces"], apart: float) -> list[tuple[int, int]]:
    """Merge spans that are at most ``apart`` from each other."""
    order = np.argsort(starts, kind="stable")
    starts, reached = starts[order], np.maximum.accumulate(ends[order])
    new = np.flatnonzero(starts[1:] - reached[:-1] > apart)
    firsts, lasts = starts[[*([0] * bool(len(starts))), *(new + 1)]], reached[[*new, *([-1] * bool(len(starts)))]]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _moves(piece: Piece) -> bool:
    """Whether a piece has different values."""
    decoded = (np.asarray(raw, float) for _, raw in piece.segments(piece.start, piece.end))
    finite = (raw[np.isfinite(raw)] for raw in decoded)
    return any(raw.size and raw.min() < raw.max() for raw in finite)


def _flat(
    samples: Float64[ndarray, " samples"], live: Bool[ndarray, " samples"], least: int
) -> Bool[ndarray, " samples"]:
    """Samples in runs of at least ``least`` equal values."""
    same = (samples[1:] == samples[:-1]) & live[1:] & live[:-1]
    flat = np.zeros(len(samples), bool)
    for first, last in spans(same, least - 1):
        flat[first : last + 1] = True
    return flat
