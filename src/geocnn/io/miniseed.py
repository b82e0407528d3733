"""miniSEED files, through pymseed (EarthScope's libmseed)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float32
from numpy import ndarray

from geocnn.io.partial import check_target
from geocnn.io.system import replaced

__all__ = ["Channel", "Segment", "write_miniseed"]


@dataclass(frozen=True)
class Channel:
    """Codes of a channel, as FDSN assigns them: network, station, location (may be empty), channel."""

    network: str
    station: str
    location: str
    code: str


@dataclass(frozen=True, eq=False)
class Segment:
    """Samples of a channel without a gap.

    Attributes:
        channel: whose.
        start: time of the first sample, nanoseconds since 1970 (UTC).
        rate: samples per second.
        samples: in any unit.
    """

    channel: Channel
    start: int
    rate: float
    samples: Float32[ndarray, " samples"]


def write_miniseed(path: Path, segments: Sequence[Segment], *, overwrite: bool = False) -> None:
    """Write a file of version 2, 32-bit floats in records of 4096 bytes; finished or absent.

    Args:
        path: of the file.
        segments: of any channels.
        overwrite: replace an existing file.

    Raises:
        TargetError: it exists and ``overwrite`` is not given, or cannot be written.
    """
    from pymseed import DataEncoding, MS3TraceList, nslc2sourceid

    check_target(path, sum(segment.samples.nbytes for segment in segments), overwrite=overwrite)
    traces = MS3TraceList()
    for segment in segments:
        c = segment.channel
        source = nslc2sourceid(c.network, c.station, c.location, c.code)
        traces.add_data(source, segment.samples, "f", segment.rate, starttime=segment.start)
    # Not to_file, whose errors do not say what the system said.
    with replaced(path) as part, part.open("wb") as file:
        for record in traces.generate(encoding=DataEncoding.FLOAT32, format_version=2):
            file.write(record)
