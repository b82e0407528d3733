"""A page served on this machine, to the programs of this machine alone."""

import contextlib
import socket
import threading
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Protocol, Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from geocnn.errors import DataError, GeocnnError, TargetError
from geocnn.io.system import reason

__all__ = ["Page", "Server", "application"]

_HOST = "127.0.0.1"
_PATIENCE = 10.0
"""Seconds that a server may take to start or end."""


class Page(Protocol):
    """What is shown."""

    @property
    def name(self) -> str:
        """Of its file among ``viewer/pages``."""

    @property
    def title(self) -> str:
        """What the user has given."""

    @property
    def notes(self) -> Sequence[str]:
        """What a user should know before he looks."""

    @property
    def routes(self) -> list[Route]:
        """What it asks for while it is looked at."""

    def stop(self) -> None:
        """Leave what is at work, for the server ends."""

    def close(self) -> str:
        """Keep what was not saved, when nothing is asked any more; what a user should know of it."""


def application(page: Page) -> Starlette:
    """The page and its data; what goes wrong is answered with a sentence."""
    pages = Path(str(files("geocnn.viewer") / "pages"))

    def index(_request: Request) -> Response:
        return FileResponse(pages / page.name, headers={"Cache-Control": "no-store"})

    routes: list[BaseRoute] = [Route("/", index), *page.routes, Mount("/pages", StaticFiles(directory=pages))]
    return Starlette(
        routes=routes,
        # A page of another site could have its name mean this machine; then the name is a foreign one.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[_HOST, "localhost"])],
        exception_handlers={GeocnnError: _foreseen, OSError: _foreseen, Exception: _unforeseen},
    )


def _foreseen(_request: Request, error: Exception) -> Response:
    """An error in the words that the command line has for it."""
    words = str(error)
    if isinstance(error, OSError) and not isinstance(error, GeocnnError):
        words = f"the file cannot be read ({reason(error)}); is it still there?"
    return JSONResponse({"error": words}, status_code=422)


def _unforeseen(_request: Request, error: Exception) -> Response:
    """An error that nobody has thought of, as the command line has it."""
    words = f"this is a fault of geocnn's ({type(error).__name__}: {error}); report it with what you did."
    return JSONResponse({"error": words}, status_code=500)


class Server:
    """A page at an address of this machine until it is closed.

    Args:
        page: what is shown.
        port: 0 for one that is free.

    Raises:
        DataError: no such port.
        TargetError: somebody else has the port, or the server does not start.

    Attributes:
        url: where it is.
    """

    def __init__(self, page: Page, port: int = 0) -> None:
        self._page, self._socket = page, _bound(port)
        self.url = f"http://{_HOST}:{self._socket.getsockname()[1]}/"
        # Errors are answered with sentences; in the terminal they would be said again, when it ends too.
        config = uvicorn.Config(application(page), log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="geocnn-view", daemon=True)
        self._thread.start()
        end = time.monotonic() + _PATIENCE
        while not self._server.started and self._thread.is_alive() and time.monotonic() < end:
            time.sleep(0.01)
        if not self._server.started:
            self._end()
            raise TargetError(f"the page cannot be served at {self.url}; try another --port.")

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def wait(self) -> None:
        """Until it is closed, or Ctrl-C."""
        while self._thread.is_alive():
            self._thread.join(0.2)

    def close(self) -> str:
        """End it.

        Returns:
            What has become of changes that were not saved; empty where there are none.
        """
        self._end()
        return self._page.close()  # last: a change that comes until then would be lost

    def _end(self) -> None:
        """Answer what has been asked, and nothing more."""
        self._server.should_exit = True
        self._page.stop()
        self._thread.join(_PATIENCE)
        with contextlib.suppress(OSError):
            self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        """For example ``geocnn viewer at http://127.0.0.1:8123/``."""
        return f"geocnn viewer at {self.url}"

    def _repr_html_(self) -> str:
        """The page itself, in a notebook of this machine."""
        return f'<iframe src="{self.url}" style="width: 100%; height: 720px; border: 0"></iframe>'


def _bound(port: int) -> socket.socket:
    """A socket at a port of this machine.

    Raises:
        DataError: no such port.
        TargetError: somebody else has it.
    """
    if not 0 <= port < 1 << 16:
        raise DataError(f"--port is {port}; needed is a number from 1 to 65535, or 0 for one that is free.")
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((_HOST, port))
    except OSError as error:
        made.close()
        raise TargetError(f"port {port} cannot be taken ({reason(error)}); leave --port out for a free one.") from None
    return made
