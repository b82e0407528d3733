"""miniSEED files, through pymseed (EarthScope's libmseed)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float32
from numpy import ndarray

from geocnn.errors import TargetError
from geocnn.io.system import reason

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
    from pymseed import DataEncoding, MS3TraceList, PymseedError, nslc2sourceid

    if path.exists() and not overwrite:
        raise TargetError(f"{path.name} exists already; give --overwrite (in Python overwrite=True) or another name.")
    traces = MS3TraceList()
    for segment in segments:
        c = segment.channel
        source = nslc2sourceid(c.network, c.station, c.location, c.code)
        traces.add_data(source, segment.samples, "f", segment.rate, starttime=segment.start)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        traces.to_file(part, overwrite=True, encoding=DataEncoding.FLOAT32, format_version=2)
        part.replace(path)
    except (OSError, PymseedError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise TargetError(f"{path} cannot be written ({why}); make room there, or choose another folder.") from None
    finally:
        part.unlink(missing_ok=True)
