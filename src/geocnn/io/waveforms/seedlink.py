"""Receive records from a SeedLink server through ObsPy, and add them to an SDS archive.

SeedLink 3 (SeisComP, ringserver) sends 512-byte records of miniSEED. Each has a number within its station, from which
the server can be asked to continue.
"""

import json
import logging
import math
import select
import socket
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from geocnn.errors import DataError, MissingError
from geocnn.io.system import reason, replaced
from geocnn.io.waveforms.pieces import clock
from geocnn.io.waveforms.sds import Sds, read_header
from geocnn.io.waveforms.streams import Wanted, listed, wanted_streams

__all__ = ["SeedLink", "is_server"]

_SCHEME = "seedlink://"
_PORT = 18_000
_PATIENCE = 20.0
"""Seconds that a server may take to answer."""
_ALIVE, _SILENT = 60, 180.0
"""Seconds after which a silent server is asked for a sign of life, and seconds after which it counts as lost."""
_FIRST, _LONGEST = 2.0, 300.0
"""First and longest pause before a lost connection is tried again, s; each pause is twice as long as the last."""


class _Quiet(Exception):  # noqa: N818
    """Nothing has come within the time to wait."""


class _Lost(Exception):  # noqa: N818
    """The connection is lost."""


def is_server(source: object) -> bool:
    """Whether something is the address of a SeedLink server."""
    return isinstance(source, str) and source.lower().startswith(_SCHEME)


class SeedLink:
    """A connection to a server that is made again when it is lost.

    The number of the last record of each station is kept in the archive, so that the server is asked for all records
    since then, as far as it still has them. At first only records from now on are received.

    Args:
        address: seedlink://HOST or seedlink://HOST:PORT.
        channels: pattern for the channels that are wanted, such as "CX.PB01..HH?".
        folder: folder of the archive; made if missing.
        announce: is called with news about the connection, line by line.

    Raises:
        DataError: ObsPy is not installed, the address or the pattern is wrong, or the pattern matches nothing.
        MissingError: there is no such host, or no SeedLink server on it.
        TargetError: the folder cannot be made.
    """

    def __init__(
        self, address: str, channels: str, folder: Path, announce: Callable[[str], None] | None = None
    ) -> None:
        if not find_spec("obspy"):
            raise DataError(
                "records of a SeedLink server need ObsPy, which is not installed; type pip install 'geocnn[obspy]'."
            )
        self._host, self._port = _place(address)
        self._wanted = Wanted.of(channels)
        self._say = announce or (lambda _line: None)
        self._note = folder / ".seedlink.json"
        self._numbers = self._noted().get(self.name, {})
        self._connection: Any = None
        self._until = self._heard = self._again = 0.0
        self._left: float | None = None
        self._patience, self._broken, self._pause = _PATIENCE, False, _FIRST
        logging.getLogger("obspy.clients.seedlink").setLevel(logging.CRITICAL + 1)  # relevant errors are announced here
        stations = self._begin()
        try:
            self._archive = Sds(folder)  # not before: a wrong address leaves no folder
            shown = ", ".join(stations[:6]) + " ..." * (len(stations) > 6)
            self._say(f"{self.name} sends records of {shown} to {folder}")
        except BaseException:
            self._disconnect()  # nobody else does, as no block is entered
            raise

    @property
    def name(self) -> str:
        """Host and port of the server."""
        return f"{self._host}:{self._port}"

    def receive(self, seconds: float) -> None:
        """Add the records that come within so many seconds to the archive.

        Raises:
            TargetError: the disk is full.
        """
        until = time.monotonic() + seconds
        if self._left is not None:  # nothing has been received since the last call
            self._heard += time.monotonic() - self._left
        try:
            while (left := until - time.monotonic()) > 0:
                if self._connection is not None:
                    self._next(until)
                elif self._again > time.monotonic():
                    time.sleep(max(0.0, min(left, self._again - time.monotonic())))  # the clock goes on meanwhile
                else:
                    self._reconnect()
        finally:
            self._left = time.monotonic()
            self._keep()

    def __enter__(self) -> Self:
        """Enter the block."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close the connection.

        Raises:
            KeyboardInterrupt: as it came, with a sentence on what is kept.
        """
        self._disconnect()
        if isinstance(error, KeyboardInterrupt) and not str(error):
            raise KeyboardInterrupt(
                f"stopped; the records that came are kept in {self._archive.folder}, and the same command goes on from "
                "there."
            ) from None

    def _next(self, until: float) -> None:
        """Receive one record if it comes in time."""
        from obspy.clients.seedlink.slpacket import SLPacket

        self._until = until
        try:
            packet = self._connection.collect()
        except _Quiet:
            return
        except _failures() as error:
            self._lose(_why(error))
            return
        if not isinstance(packet, SLPacket):
            if packet is not None:  # otherwise an answer to an earlier request
                self._lose("ended by the server")
            return
        self._pause = _FIRST
        record = bytes(packet.msrecord)
        found = read_header(record)
        if found is None:
            return
        channel, start = found
        if self._wanted.matches(channel):
            self._archive.add(channel, start, record)
        self._numbers[f"{channel.network}.{channel.station}"] = packet.get_sequence_number()

    def _begin(self) -> list[str]:
        """Connect for the first time and return the stations that are asked for.

        Raises:
            MissingError: there is no answer, or none in SeedLink.
            DataError: the server has none of the wanted channels.
        """
        try:
            self._connect()
        except _failures() as error:
            if "no stations accepted" in str(error) and not self._broken:
                raise DataError(
                    f"the SeedLink server {self.name} has no records of {self._wanted.pattern}, or gives none away; "
                    "check --channels."
                ) from None
            said = f"no SeedLink server answers at {self.name} ({_why(error)}); check host and port."
            raise MissingError(said) from None
        return sorted(f"{stream.net}.{stream.station}" for stream in self._connection.streams)

    def _connect(self) -> None:
        """Connect and ask for the stations; errors pass through."""
        from obspy.clients.seedlink.client.seedlinkconnection import SeedLinkConnection
        from obspy.clients.seedlink.client.slstate import SLState

        made: Any = SeedLinkConnection()
        made.set_sl_address(self.name)
        made.netto, made.keepalive = 0, _ALIVE
        made.receive_data = self._receive  # ObsPy's method does not notice that the other side has closed
        made.connect = self._refuse
        self._connection = made
        self._until, self._patience, self._broken = math.inf, _PATIENCE, False
        try:
            made.socket = socket.create_connection((self._host, self._port), _PATIENCE)
            self._heard = time.monotonic()
            made.say_hello()
            streams = listed(made, SLState.SL_UP, self.name) if self._wanted.lists else None
            for (network, station), selectors in wanted_streams(self._wanted, streams, self.name).items():
                number = self._numbers.get(f"{network}.{station}", -1)
                made.add_stream(network, station, " ".join(selectors), number, None)
            made.config_link()
            made.state.state = SLState.SL_DATA
            self._patience = _SILENT
        except BaseException:
            self._disconnect()
            raise

    def _reconnect(self) -> None:
        """Try to connect again; a failure may be temporary."""
        failures: tuple[type[Exception], ...] = (DataError, *_failures())
        try:
            self._connect()
        except failures as error:
            self._lose(_why(error))
        else:
            self._say(f"{clock()}  {self.name} is connected again")

    def _lose(self, why: str) -> None:
        """Disconnect, and set the time of the next attempt."""
        self._disconnect()
        again = f"trying again in {self._pause:g} s"
        self._say(f"{clock()}  no connection to {self.name} ({why}); {again}")
        self._again = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()
            self._connection = None

    def _refuse(self) -> None:
        """Prevent ObsPy from connecting by itself.

        Raises:
            _Lost: always.
        """
        raise _Lost("closed")

    def _receive(self, most: int, _code: object) -> bytes:
        """Bytes from the server; empty if none come within a second.

        Raises:
            _Quiet: the time to wait is over.
            _Lost: the other side has closed the connection, or sends nothing at all.
        """
        link: socket.socket = self._connection.socket
        if not select.select([link], [], [], min(1.0, max(0.0, self._until - time.monotonic())))[0]:
            if time.monotonic() >= self._until:
                raise _Quiet
            self._broken = time.monotonic() - self._heard > self._patience
            if self._broken:
                raise _Lost(f"silent for {self._patience:g} s")
            return b""
        try:
            found = link.recv(most)
        except OSError as error:  # ObsPy would keep waiting after this error
            self._broken = True
            raise _Lost(reason(error)) from None
        self._heard, self._broken = time.monotonic(), not found
        if self._broken:
            raise _Lost("closed by the server")
        return found

    def _noted(self) -> dict[str, dict[str, int]]:
        """Numbers of the last records, by server and station; empty if the file cannot be read."""
        try:
            noted = json.loads(self._note.read_text(encoding="utf-8"))
            return {str(s): {str(k): int(n) for k, n in own.items()} for s, own in noted.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def _keep(self) -> None:
        """Save the numbers of the last records.

        Raises:
            TargetError: the disk is full.
        """
        if self._numbers:
            text = json.dumps({**self._noted(), self.name: self._numbers})
            with replaced(self._note) as part:
                part.write_text(text, encoding="utf-8")


def _failures() -> tuple[type[Exception], ...]:
    """Errors that a connection can fail with."""
    from obspy.clients.seedlink.seedlinkexception import SeedLinkException

    return _Lost, OSError, SeedLinkException


def _place(address: str) -> tuple[str, int]:
    """Host and port from an address.

    Raises:
        DataError: it is no address of a server.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or _PORT
    except ValueError:
        host, port = None, _PORT
    if not host or parts.path not in ("", "/"):
        raise DataError(f"{address} is no SeedLink server; type seedlink://HOST or seedlink://HOST:PORT.")
    return host, port


def _why(error: BaseException) -> str:
    """Why a connection failed, in words."""
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    if isinstance(error, TimeoutError):
        return f"no answer within {_PATIENCE:g} s"
    if isinstance(error, OSError):
        return reason(error)
    if "HELLO" in str(error) or "ID/version" in str(error):
        return "what answers is something else"
    return str(error).strip() or type(error).__name__
