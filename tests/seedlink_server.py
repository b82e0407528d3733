"""A small SeedLink server: protocol 3 over a socket, as far as clients of real ones use it."""

import io
import socket
import threading

import numpy as np


class Server:
    """Sends records to whoever asks, each station's numbered from 1 on; what is asked of it is noted in ``asked``.

    ``records`` are pairs of (network, station) and 512 bytes. ``ready`` of them are there; after ``drops`` packets a
    connection is closed without a word, once.
    """

    def __init__(self, records, *, ready=None, drops=None, info=True):
        self.records, self.ready, self.drops, self.info = records, len(records) if ready is None else ready, drops, info
        self.asked, self.sent, self.mute = [], 0, False
        self.stations = sorted({codes for codes, _ in records})
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = "seedlink://{}:{}/".format(*self._socket.getsockname())
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over.set()
        self._socket.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self):
        self._socket.settimeout(0.05)
        while not self._over.is_set():
            try:
                link, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(link,), daemon=True))
            self._threads[-1].start()

    def _serve(self, link):
        link.settimeout(0.05)
        with link:
            try:
                self._talk(link)
            except (ConnectionError, StopIteration):
                return

    def _commands(self, link):
        """Words of each command; none where none has come for a while."""
        text = b""
        while not self._over.is_set():
            while b"\r" in text:
                line, _, text = text.partition(b"\r")
                self.asked.append(line.decode().strip())
                yield line.decode().split()
            try:
                new = link.recv(1024)
            except TimeoutError:
                yield []
                continue
            if not new:
                return
            text += new

    def _talk(self, link):
        chosen, station, begin = {}, None, 1
        commands = self._commands(link)
        for command in commands:
            match command:
                case []:
                    continue
                case ["HELLO"]:
                    link.sendall(b"SeedLink v3.1 (2020.075)\r\nSomewhere\r\n")
                case ["STATION", name, network]:
                    station = (network, name)
                    link.sendall(b"OK\r\n" if station in self.stations else b"ERROR\r\n")
                case ["SELECT", *_]:
                    link.sendall(b"OK\r\n")
                case ["DATA", *number]:
                    begin = int(number[0], 16) if number else 1
                    chosen[station] = begin
                    link.sendall(b"OK\r\n")
                case ["INFO", level]:
                    self._inform(link, level)
                case ["END"]:
                    self._stream(link, commands, chosen)
                    return
                case ["BYE"]:
                    return

    def _stream(self, link, commands, chosen):
        count, number = 0, dict.fromkeys(self.stations, 0)
        position = 0
        while not self._over.is_set():
            while position < self.ready:
                codes, record = self.records[position]
                position += 1
                number[codes] += 1
                if codes not in chosen or number[codes] < chosen[codes]:
                    continue
                if self.drops is not None and count == self.drops:
                    self.drops = None
                    return
                link.sendall(f"SL{number[codes]:06X}".encode() + record)
                count += 1
                self.sent += 1
            command = next(commands)
            if command[:1] == ["INFO"]:
                self._inform(link, command[1])
            elif command == ["BYE"]:
                return

    def _inform(self, link, level):
        if self.mute:
            return
        if not self.info:
            link.sendall(b"ERROR\r\n")
            return
        streams = {}
        for (network, name), record in self.records if level == "STREAMS" else []:
            streams.setdefault((network, name), set()).add((record[13:15].decode(), record[15:18].decode()))
        inside = "".join(
            f'<station network="{network}" name="{name}">'
            + "".join(f'<stream location="{place}" seedname="{code}" type="D"/>' for place, code in sorted(own))
            + "</station>"
            for (network, name), own in streams.items()
        )
        blocks = _text(f'<?xml version="1.0"?><seedlink software="small">{inside}</seedlink>')
        for k, block in enumerate(blocks):
            link.sendall((b"SLINFO  " if k == len(blocks) - 1 else b"SLINFO *") + block)


def _text(text):
    """Text as 512-byte records of miniSEED."""
    from obspy import Stream, Trace

    data = np.frombuffer(text.encode(), "|S1")
    file = io.BytesIO()
    header = {"network": "SL", "station": "INFO", "channel": "INF"}
    Stream([Trace(data, header)]).write(file, "MSEED", encoding="ASCII", reclen=512)
    raw = file.getvalue()
    return [raw[k : k + 512] for k in range(0, len(raw), 512)]
