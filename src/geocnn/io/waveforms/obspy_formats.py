"""Read seismograms through ObsPy: objects in memory, and SAC, GSE2, SEISAN and other files."""

import glob
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geocnn.errors import FormatError
from geocnn.io.waveforms.pieces import ArrayPiece, Channel, FilePiece, Piece, file_state, spans, unreadable

__all__ = ["ObspyPiece", "is_stream", "pieces_of_stream", "scan_obspy"]

_FORMATS = {
    "MSEED",
    "SAC",
    "GSE2",
    "SEISAN",
    "SACXY",
    "GSE1",
    "Q",
    "SH_ASC",
    "SLIST",
    "TSPAIR",
    "Y",
    "SEGY",
    "SU",
    "SEG2",
    "WAV",
    "WIN",
    "CSS",
    "NNSA_KB_CORE",
    "AH",
    "PDAS",
    "KINEMETRICS_EVT",
    "GCF",
    "DMX",
    "ALSEP_PSE",
    "ALSEP_WTN",
    "ALSEP_WTH",
    "CYBERSHAKE",
    "KNET",
    "REFTEK130",
    "RG16",
}
"""Formats that a file is tried in. ObsPy by itself would try PICKLE, too, which runs any program that a file holds."""

_ROUNDED = 5e-7
"""Relative difference up to which a sampling interval of SAC is a rounded one: it has 32 bits, and so has the end of
the record from which some programs compute it."""


@dataclass(frozen=True)
class ObspyPiece(FilePiece):
    """A trace of a file.

    Attributes:
        number: number of the trace in the file.
    """

    number: int

    @property
    def origin(self) -> str:
        """Name and state of the file, and number of the trace."""
        return f"{self.path.name} {self.state} {self.number}"

    def segments(self, start: int, stop: int) -> Iterator[tuple[int, NDArray[np.generic]]]:  # noqa: ARG002
        """The samples of the trace; ObsPy reads the whole file, which is kept for requests of its other traces.

        Raises:
            MissingError: the file is gone.
            FormatError: the file cannot be read.
        """
        yield self.start, _traces(self.path, self.state)[self.number].data


def _read(path: Path, *, headonly: bool) -> Any:  # noqa: ANN401  (ObsPy is optional)
    """Read a file with ObsPy, without its warnings about rounded headers, which quote a line of its source."""
    from obspy.core.util.decorator import uncompress_file

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return uncompress_file(_plain)(str(path), headonly)


def _plain(name: str, headonly: bool) -> Any:  # noqa: ANN401, FBT001  (ObsPy passes both by their place)
    """Read a file that is not compressed.

    Raises:
        TypeError: its format is none of those that are read.
    """
    import obspy
    from obspy.core.util.base import ENTRY_POINTS
    from obspy.core.util.misc import buffered_load_entry_point

    for kind in ENTRY_POINTS["waveform"]:  # in ObsPy's order
        if kind in _FORMATS and buffered_load_entry_point("obspy", f"obspy.plugin.waveform.{kind}", "isFormat")(name):
            # ObsPy takes a name for a pattern.
            return obspy.read(glob.escape(name), format=kind, headonly=headonly, check_compression=False)
    raise TypeError("its format is unknown")


@lru_cache(maxsize=3)
def _traces(path: Path, _state: tuple[int, int]) -> list[Any]:
    """Traces of a file."""
    try:
        return list(_read(path, headonly=False))
    except OSError as error:
        raise unreadable(path, error) from None
    except Exception as error:
        raise FormatError(f"{path} cannot be read by ObsPy ({error}); leave it out.") from None


def scan_obspy(path: Path) -> list[Piece] | None:
    """Pieces of a file; None if ObsPy is not installed or does not know the format."""
    try:
        traces = _read(path, headonly=True)
    except Exception:  # ObsPy raises errors of many kinds; without ObsPy the import fails
        return None
    state = file_state(path)
    return [
        ObspyPiece(_channel(t.stats), t.stats.starttime.ns, _rate(t.stats), t.stats.npts, path, state, k)
        for k, t in enumerate(traces)
        if t.stats.npts > 0 and t.stats.sampling_rate > 0
    ]


def is_stream(data: object) -> bool:
    """Whether something is an ObsPy Stream or Trace, without importing ObsPy."""
    kinds = {f"{kind.__module__}.{kind.__name__}" for kind in type(data).__mro__}
    return bool(kinds & {"obspy.core.stream.Stream", "obspy.core.trace.Trace"})


def pieces_of_stream(stream: Any) -> list[Piece]:  # noqa: ANN401  (ObsPy is optional)
    """Pieces of a Stream or Trace; masked samples are gaps."""
    traces: Iterable[Any] = [stream] if hasattr(stream, "stats") else stream
    pieces: list[Piece] = []
    for trace in traces:
        stats, data = trace.stats, trace.data
        live = ~np.ma.getmaskarray(data) if np.ma.isMaskedArray(data) else np.ones(len(data), bool)
        for first, last in spans(live):
            start = stats.starttime.ns + round(first * 1e9 / stats.sampling_rate)
            pieces.append(ArrayPiece.of(_channel(stats), start, stats.sampling_rate, np.ma.getdata(data)[first:last]))
    return pieces


def _rate(stats: Any) -> float:  # noqa: ANN401
    """Samples per second; of SAC files as their header has it, which ObsPy rounds to microseconds of the interval."""
    rate = float(stats.sampling_rate)
    interval = float(stats.sac.delta) if "sac" in stats else 0.0
    return 1 / interval if interval > 0 and abs(interval * rate - 1) > _ROUNDED else rate


def _channel(stats: Any) -> Channel:  # noqa: ANN401
    return Channel(stats.network, stats.station, stats.location, stats.channel)
