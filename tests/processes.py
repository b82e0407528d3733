"""Processes of their own, for tests that stop and kill them: forked from one that has imported what they need.

One that starts from nothing imports for seconds before it does what the test is about. The process that they are forked
from has run nothing, and has no threads and no state of a test.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(
    ["torch", "zarr", "distributed", "matplotlib.pyplot", "geocnn.cli", "geocnn.prediction", "geocnn.training"]
)

CLI = "import sys; from geocnn.__main__ import main; sys.exit(main())"
"""The code of ``python -m geocnn``."""


class Process:
    """What :class:`subprocess.Popen` is, as far as tests use it."""

    def __init__(self, code: str, *words: object, env: dict[str, str] | None = None, session: bool = False) -> None:
        """Run code with words behind its name, here; in a session of its own a signal may be sent to all of it."""
        self._said = [_file(), _file()]
        given = (code, [str(word) for word in words], str(Path.cwd()), env or {}, self._said, session)
        self._process = _FORKED.Process(target=_execute, args=given)
        self._process.start()
        self.pid = self._process.pid or 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.communicate()

    @property
    def returncode(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """See :attr:`returncode`."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it without a last word."""
        self._process.kill()

    def communicate(self, timeout: float = 120) -> tuple[str, str]:
        """Wait for its end; return all that it has said on either channel."""
        self._process.join(timeout)
        assert self.returncode is not None, f"it has not ended within {timeout:g} s"
        out, err = (path.read_text() for path in self._said)
        for path in self._said:
            path.unlink()
        return out, err


def run(code: str, *words: object, env: dict[str, str] | None = None) -> str:
    """Run code that ends well; return what it prints."""
    process = Process(code, *words, env=env)
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out


def _file() -> Path:
    """An empty file."""
    number, name = tempfile.mkstemp()
    os.close(number)
    return Path(name)


def _execute(code: str, words: list[str], here: str, env: dict[str, str], said: list[Path], session: bool) -> None:
    """In the process: all as if it had been started from a terminal, with words behind its name."""
    if session:
        os.setsid()
    for number, path in enumerate(said, 1):
        file = os.open(path, os.O_WRONLY)
        os.dup2(file, number)
        os.close(file)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.chdir(here)
    os.environ.update(env)
    sys.argv = ["-c", *words]
    exec(code, {"__name__": "__main__"})
