"""The binary header of a SEG-Y file, judged before a single sample is believed.

Layout: SEG-Y rev 2.1 (SEG Technical Standards Committee, 2023); byte numbers below count from 1 as there.
We settle byte order, sample format, samples per trace, and the extra headers of rev 2, and require that the
file size agrees with them exactly: most damaged or mislabelled files are caught here.
"""

import re
import struct
from dataclasses import dataclass
from io import SEEK_END
from itertools import product
from pathlib import Path

import numpy as np

from geocnn.errors import FormatError
from geocnn.io.samples import SampleFormat
from geocnn.io.tracefile import TraceLayout

__all__ = ["BinaryHeader", "is_segy", "read_binary", "segy_layout", "su_layout"]

TEXT_BYTES = 3200
HEAD_BYTES = 3600
TRACE_HEADER = 240
_STANZA = (b"((", b"\x4d\x4d")  # begin of an additional header, ASCII or EBCDIC

_STORED = {
    1: ("u4", "4-byte IBM float"),
    2: ("i4", "4-byte integer"),
    3: ("i2", "2-byte integer"),
    5: ("f4", "4-byte IEEE float"),
    6: ("f8", "8-byte IEEE float"),
    8: ("i1", "1-byte integer"),
    9: ("i8", "8-byte integer"),
    10: ("u4", "4-byte unsigned integer"),
    11: ("u2", "2-byte unsigned integer"),
    12: ("u8", "8-byte unsigned integer"),
    16: ("u1", "1-byte unsigned integer"),
}
_REFUSED = {4: "4-byte fixed point with gain", 7: "3-byte integer", 15: "3-byte unsigned integer"}


@dataclass(frozen=True)
class BinaryHeader:
    """The fields of the binary header that decide how the file is read.

    Attributes:
        order: ">" for big-endian (the standard), "<" for little-endian.
        code: sample format code, byte 3225.
        interval: sample interval in microseconds, byte 3217 (3273 in rev 2), as it stands: may be zero or negative.
        samples: samples per trace, the candidates in order of trust.
        offset: bytes before the first trace, the candidates in order of trust.
        extra: additional 240-byte headers per trace, the candidates in order of trust.
        trailers: blocks of 3200 bytes behind the last trace, the candidates in order of trust.
        revision: for example "1.0".
        system: measurement system, byte 3255: 1 metres, 2 feet.
        depth: whether the text header speaks of depth and not of time.
    """

    order: str
    code: int
    interval: float
    samples: tuple[int, ...]
    offset: tuple[int, ...]
    extra: tuple[int, ...]
    trailers: tuple[int, ...]
    revision: str
    system: int
    depth: bool


def _order(binary: bytes) -> str | None:
    """Byte order from the rev 2 constant at 3297, else from the one that makes the format code sensible."""
    for order in "><":
        if struct.unpack_from(order + "I", binary, 96)[0] == 0x01020304:
            return order
    for order in "><":
        if 1 <= struct.unpack_from(order + "h", binary, 24)[0] <= 16:
            return order
    return None


def is_segy(head: bytes) -> bool:
    """Whether the first 3600 bytes can be those of a SEG-Y file."""
    if len(head) < HEAD_BYTES or (order := _order(head[TEXT_BYTES:])) is None:
        return False
    code, count = struct.unpack_from(order + "h", head, 3224)[0], struct.unpack_from(order + "H", head, 3220)[0]
    return (code in _STORED or code in _REFUSED) and count > 0


def read_binary(path: Path) -> BinaryHeader:
    """Read and judge the binary header.

    Raises:
        FormatError: too short, no sensible format code, or a sample format that is not read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES + 64 * TEXT_BYTES)
    if len(head) < HEAD_BYTES:
        raise FormatError(f"{path.name} has {len(head)} bytes; a SEG-Y file has at least {HEAD_BYTES} of headers.")
    binary = head[TEXT_BYTES:HEAD_BYTES]
    order = _order(binary)
    if order is None:
        code = struct.unpack_from(">h", binary, 24)[0]
        raise FormatError(f"{path.name} is not SEG-Y: sample format {code} at byte 3225 is none of the standard's.")
    code = struct.unpack_from(order + "h", binary, 24)[0]
    if code not in _STORED:
        kind = _REFUSED.get(code, "unknown")
        raise FormatError(
            f"{path.name} has sample format {code} ({kind}), which geocnn does not read; "
            "convert it to format 5 (4-byte IEEE float) first."
        )
    (short_interval,) = struct.unpack_from(order + "h", binary, 16)
    (count,) = struct.unpack_from(order + "H", binary, 20)
    (long_count,) = struct.unpack_from(order + "i", binary, 68)
    (long_interval,) = struct.unpack_from(order + "d", binary, 72)
    modern = binary[300] >= 2
    extended = modern and 0 < long_interval < 1e7
    return BinaryHeader(
        order=order,
        code=code,
        interval=long_interval if extended else short_interval,
        samples=tuple(n for n in ((long_count, count) if modern else (count,)) if n > 0),
        offset=_offsets(head, order),
        extra=_extras(binary, order) if modern else (0,),
        trailers=_trailers(path, struct.unpack_from(order + "i", binary, 328)[0]) if modern else (0,),
        revision=f"{binary[300]}.{binary[301]}",
        system=struct.unpack_from(order + "h", binary, 54)[0],
        depth=_speaks_of_depth(head[:TEXT_BYTES]),
    )


def _speaks_of_depth(header: bytes) -> bool:
    """Whether a text header, EBCDIC or ASCII, has the word depth and none of those for time."""
    text = header.decode("cp037" if header.count(0x40) > header.count(0x20) else "latin-1").lower()
    text = text.replace("time/depth", "")  # Petrel's name of a header field, whichever it holds
    return bool(re.search(r"\bdepth\b", text)) and not re.search(r"\b(time|twt|ms|msec|milliseconds)\b", text)


def _offsets(head: bytes, order: str) -> tuple[int, ...]:
    """Candidates for the start of the traces: stated in rev 2, else counted or searched extended text headers."""
    (stated,) = struct.unpack_from(order + "Q", head, 3520)
    (texts,) = struct.unpack_from(order + "h", head, 3504)
    found = []
    if head[3500] >= 2 and HEAD_BYTES <= stated < 1 << 40:
        found.append(stated)
    if texts >= 0:
        found.append(HEAD_BYTES + texts * TEXT_BYTES)
    if texts <= 0:
        found += _stanzas(head, stop_at_end=texts < 0)
    return tuple(dict.fromkeys(found))


def _stanzas(head: bytes, *, stop_at_end: bool) -> list[int]:
    """Ends of extended text headers whose number is not stated: they begin with ``((`` and end with EndText."""
    ends = []
    for position in range(HEAD_BYTES, len(head) - TEXT_BYTES + 1, TEXT_BYTES):
        block = head[position : position + TEXT_BYTES]
        if position == HEAD_BYTES and block[:2] not in _STANZA:
            break
        encoding = "cp037" if block[:2] == b"\x4d\x4d" else "latin-1"
        title = block[:80].decode(encoding).lower().replace(" ", "")
        if title.startswith("((seg:endtext))"):
            return [position + TEXT_BYTES]
        if not stop_at_end:
            ends.append(position + TEXT_BYTES)
    return ends


def _extras(binary: bytes, order: str) -> tuple[int, ...]:
    """Candidates for the number of additional trace headers: rev 2.0 has 4 bytes at 3507, rev 2.1 two."""
    short, long = struct.unpack_from(order + "h", binary, 306)[0], struct.unpack_from(order + "i", binary, 306)[0]
    return tuple(dict.fromkeys(n for n in (short, long, 0) if 0 <= n < 1 << 15))


def _trailers(path: Path, stated: int) -> tuple[int, ...]:
    """Candidates for the number of blocks behind the traces: as stated in rev 2, else (-1) searched from the end on."""
    if stated >= 0:
        return tuple(dict.fromkeys((stated, 0)))
    with path.open("rb") as file:
        most = min((file.seek(0, SEEK_END) - HEAD_BYTES) // TEXT_BYTES, 64)
        file.seek(-most * TEXT_BYTES, SEEK_END)
        tail = file.read()
    blocks = [tail[len(tail) - k * TEXT_BYTES :][:2] for k in range(most, 0, -1)]
    return (*(most - k for k, begin in enumerate(blocks) if begin in _STANZA), 0)


def segy_layout(path: Path, header: BinaryHeader) -> TraceLayout:
    """The layout under which the file size comes out exactly.

    Raises:
        FormatError: no traces, or the size fits no whole number of traces (cut, or traces of unequal length).
    """
    stored, name = _STORED[header.code]
    form = SampleFormat(np.dtype(header.order + stored), ibm=header.code == 1, name=name)
    size = path.stat().st_size
    if size <= HEAD_BYTES:
        raise FormatError(f"{path.name} has headers but no traces.")
    for trailers, offset, extra, samples in product(header.trailers, header.offset, header.extra, header.samples):
        layout = TraceLayout(offset, TRACE_HEADER * (1 + extra), samples, 0, form)
        count, rest = divmod(size - offset - trailers * TEXT_BYTES, layout.trace_bytes)
        if count > 0 and rest == 0:
            return TraceLayout(offset, layout.header, samples, count, form)
    if not header.samples:
        raise FormatError(f"{path.name} says 0 samples per trace at byte 3221; the header is damaged.")
    layout = TraceLayout(header.offset[0] if header.offset else HEAD_BYTES, TRACE_HEADER, header.samples[-1], 0, form)
    left = size - layout.offset - header.trailers[0] * TEXT_BYTES
    left = left if left > 0 else size - layout.offset
    raise FormatError(
        f"{path.name} is cut, or its traces differ in length: with {layout.samples} samples a trace has "
        f"{layout.trace_bytes} bytes, and {left} bytes of traces are "
        f"{left / layout.trace_bytes:.2f} traces; copy or export it again."
    )


def su_layout(path: Path) -> tuple[str, TraceLayout]:
    """Byte order and layout of a Seismic Unix file: traces of 4-byte IEEE floats, no file headers.

    Raises:
        FormatError: the size fits no whole number of traces in either byte order.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(TRACE_HEADER)
    for order in "<>" if len(head) == TRACE_HEADER else "":
        (samples,) = struct.unpack_from(order + "H", head, 114)
        form = SampleFormat(np.dtype(order + "f4"), name="4-byte IEEE float")
        layout = TraceLayout(0, TRACE_HEADER, samples, 0, form)
        if samples and size % layout.trace_bytes == 0:
            return order, TraceLayout(0, TRACE_HEADER, samples, size // layout.trace_bytes, form)
    raise FormatError(f"{path.name} is not Seismic Unix: its size fits no whole number of traces.")
