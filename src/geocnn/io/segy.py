"""SEG-Y (and Seismic Unix) files as a :class:`~geocnn.io.source.Source`.

We read the bytes ourselves: segyio takes sample formats 4, 7 and 15 for IBM floats, guesses the byte order, and
knows neither additional trace headers (rev 2) nor an unstated number of text headers; it is the oracle of our tests.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import DataError, FormatError, GeometryError
from geocnn.grid import Axis, Grid
from geocnn.io.segy_coordinates import COORDINATE_FIELDS, LENGTHS, MAX_TRACES, coordinates
from geocnn.io.segy_delays import DELAY_FIELDS, delays_of
from geocnn.io.segy_fields import Fields, read_fields
from geocnn.io.segy_format import read_binary, segy_layout, su_layout
from geocnn.io.segy_geometry import FIELD_PAIRS, GEOMETRY_FIELDS, Geometry, find_geometry
from geocnn.io.segy_lines import LINES
from geocnn.io.tracefile import TraceFile, TraceLayout, TraceSource
from geocnn.words import number_of

__all__ = ["SegyOptions", "SegySource", "open_segy"]


@dataclass(frozen=True)
class SegyOptions:
    """What a user can state about a SEG-Y file when its headers do not tell.

    Attributes:
        inline_byte: header byte of the inline number, counted from 1.
        crossline_byte: header byte of the crossline number.
        domain: "time" (ms) or "depth" (m, or ft where the binary header says that lengths are in feet).
        ndim: 3 insists on a cube, 2 reads the traces as one line in file order.
        sample_interval: in ms or m, instead of the one in the headers.

    Raises:
        DataError: options that exclude each other, or an interval that is not positive.
    """

    inline_byte: int | None = None
    crossline_byte: int | None = None
    domain: Literal["time", "depth"] = "time"
    ndim: int | None = None
    sample_interval: float | None = None

    def __post_init__(self) -> None:
        if self.ndim == 2 and self.pair is not None:
            raise DataError(
                "--ndim 2 reads the traces as one line in file order and has no use for --inline-byte and "
                "--crossline-byte; leave one or the other out."
            )
        if self.sample_interval is not None and not 0 < self.sample_interval < math.inf:
            unit = "ms" if self.domain == "time" else "m"
            raise DataError(
                f"--sample-interval is {self.sample_interval:g}; a positive number of {unit} is needed, for example "
                "--sample-interval 4."
            )

    @property
    def pair(self) -> tuple[int, int] | None:
        """The stated byte pair; the standard's partner where only one is stated."""
        if self.inline_byte is None and self.crossline_byte is None:
            return None
        return (
            189 if self.inline_byte is None else self.inline_byte,
            193 if self.crossline_byte is None else self.crossline_byte,
        )


class SegySource(TraceSource):
    """Traces of a SEG-Y file on the grid of their line numbers.

    Attributes:
        order: ">" big-endian, "<" little-endian.
        geometry: how the traces were laid out.
        notes: remarks for the user (label, text).
        restated: whether the user has stated the sample interval, which the headers may not have.
    """

    def __init__(
        self,
        file: TraceFile,
        grid: Grid,
        geometry: Geometry,
        order: str,
        notes: list[tuple[str, str]],
        shift: NDArray[np.int32] | None = None,
        *,
        restated: bool = False,
    ) -> None:
        super().__init__(file, grid, geometry.index, shift)
        self.restated = restated
        self.geometry = geometry
        self.order = order
        self.notes = notes

    def describe(self) -> list[tuple[str, str]]:
        """Rows for ``geocnn info``: format, geometry, axes, and whatever is unusual."""
        layout = self.file.layout
        kind = "SEG-Y" if layout.offset else "Seismic Unix"
        order = "big-endian" if self.order == ">" else "little-endian"
        rows = [
            ("format", f"{kind}, {layout.form.name}, {order}"),
            ("traces", f"{layout.count} of {layout.samples} samples, {layout.file_bytes / 1e6:.4g} MB"),
            ("geometry", str(self.geometry)),
        ]
        if len(self.geometry.axes) == 2:
            sorting = self.geometry.sorting
            rows.append(("sorting", sorting if sorting == "none" else f"{sorting} by {sorting}"))
        return rows + self.notes


def open_segy(path: Path, options: SegyOptions | None = None) -> SegySource:
    """Open a SEG-Y file, or a Seismic Unix file by its suffix ``.su``.

    Args:
        path: the file.
        options: what the headers do not tell.

    Returns:
        A cube (inline, crossline, time) or a line (trace, time).

    Raises:
        FormatError: no SEG-Y, damaged, an unread sample format, or no sample interval.
        GeometryError: prestack, or no line numbers.
    """
    options = options or SegyOptions()
    if path.suffix.lower() == ".su":
        order, layout = su_layout(path)
        interval, revision, system, deep = 0.0, "", 0, False
    else:
        binary = read_binary(path)
        order, layout = binary.order, segy_layout(path, binary)
        interval, revision, system, deep = binary.interval, binary.revision, binary.system, binary.depth
    file = TraceFile(path, layout)
    wanted = (*GEOMETRY_FIELDS, *COORDINATE_FIELDS, *DELAY_FIELDS, 117, *(_checked_pair(options) or ()))
    fields = read_fields(file, order, wanted)
    geometry = find_geometry(fields, path.name, pair=options.pair, ndim=options.ndim)
    depth = "ft" if LENGTHS.get(system) == "ft" else "m"
    unit = "ms" if options.domain == "time" else depth
    step, notes = _step(fields, layout, interval, options, path.name, unit)
    delays = delays_of(fields, geometry, layout.samples, step, unit)
    vertical = Axis(options.domain, layout.samples + delays.most, delays.start, step, unit)
    notes += delays.notes
    if deep and options.domain == "time":
        notes.append(("domain", "the text header speaks of depth; give --domain depth if the vertical axis is"))
    if geometry.left_out:
        notes.append(("left out", f"{number_of(geometry.left_out, 'trace')} without line numbers"))
    if (lost := geometry.unusable) == 1:
        notes.append(("left out", "1 trace with unusable line numbers is left out; zero in a SEG-Y result"))
    elif lost:
        notes.append(("left out", f"{lost} traces with unusable line numbers are left out; zero in a SEG-Y result"))
    attributes: dict[str, object] = {
        "format": "SEG-Y" if layout.offset else "Seismic Unix",
        "sample_format": layout.form.name,
        "byte_order": "big" if order == ">" else "little",
        "geometry_bytes": list(geometry.bytes),
        "sorting": geometry.sorting,
    }
    if revision:
        attributes["revision"] = revision
    if layout.offset:
        attributes["measurement_system"] = system
    if (numbers := _cdp_numbers(fields, geometry)) is not None:
        attributes["cdp"] = numbers.tolist()
        by = f"by byte {geometry.bytes[0]}" if geometry.bytes else "in file order"
        notes.append(("CDP", f"{numbers[0]} to {numbers[-1]} at byte 21, with gaps; traces are numbered {by}"))
    found, more = coordinates(fields, geometry, system)
    notes += more
    _refuse_lines(more, geometry, options, path.name)
    if found is not None:
        attributes["coordinates"] = found
    grid, restated = Grid((*geometry.axes, vertical), attributes), options.sample_interval is not None
    return SegySource(file, grid, geometry, order, notes, delays.shift, restated=restated)


def _refuse_lines(notes: list[tuple[str, str]], geometry: Geometry, options: SegyOptions, name: str) -> None:
    """Raise where header bytes that nobody has named make a cube of what are several lines by their coordinates."""
    text = dict(notes).get(LINES)
    if text and options.pair is None and options.ndim is None and geometry.bytes in FIELD_PAIRS:
        inline, crossline = geometry.bytes
        raise GeometryError(
            f"{name}: line numbers were found at bytes {inline} and {crossline}, but {text}; write each line into a "
            "file of its own, read all traces as one line, one after the other, with --ndim 2, or say that it is a "
            f"cube with --inline-byte {inline} --crossline-byte {crossline}."
        )


def _cdp_numbers(fields: Fields, geometry: Geometry) -> NDArray[np.int32] | None:
    """CDP numbers of a line that ascend, or descend, without being its axis, for there are gaps; else None."""
    if len(geometry.axes) != 1 or geometry.bytes == (21,) or not 2 <= geometry.index.size <= MAX_TRACES:
        return None
    numbers = fields[21][geometry.index]
    steps = np.diff(numbers.astype(np.int64))
    return numbers if np.all(steps > 0) or np.all(steps < 0) else None


def _checked_pair(options: SegyOptions) -> tuple[int, int] | None:
    """The stated byte pair, refused where no 4-byte number of the trace header can begin."""
    for byte in options.pair or ():
        if not 1 <= byte <= 237:
            raise DataError(
                f"header byte {byte} does not exist: bytes count from 1, and a number begins at 237 at most; look them "
                "up in the text header of the file, or leave the options out to search."
            )
    return options.pair


def _step(
    fields: Fields, layout: TraceLayout, interval: float, options: SegyOptions, name: str, unit: str
) -> tuple[float, list[tuple[str, str]]]:
    """Sample interval of the binary (else the trace) headers, and remarks on it."""
    in_trace, byte = int(fields[117][0]), 3217 if layout.offset else 117
    if options.sample_interval is not None:
        return float(options.sample_interval), []
    if interval > 0 or (interval == 0 and in_trace > 0):
        step = (interval or in_trace) / 1000.0
        if interval and in_trace > 0 and abs(in_trace - interval) >= 1:  # in the traces it is a whole number
            said = f"{step:g} {unit} in the binary header (used), {in_trace / 1000:g} {unit} in traces"
            return step, [("interval", said)]
        return step, []
    raise FormatError(
        f"{name} has a sample interval of {interval:g} (byte {byte}), which must be positive; "
        f"give the true one in {unit}, for example --sample-interval 4."
    )
