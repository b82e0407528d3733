"""Serve a page on this machine, to programs on this machine only."""

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
"""Seconds that the server may take to start or to end."""


class Page(Protocol):
    """Interface of a page."""

    @property
    def name(self) -> str:
        """Name of its file among ``viewer/pages``."""

    @property
    def title(self) -> str:
        """Title, as the user gave it."""

    @property
    def notes(self) -> Sequence[str]:
        """What a user should know beforehand."""

    @property
    def routes(self) -> list[Route]:
        """Addresses that the page uses while it is shown."""

    def stop(self) -> None:
        """Stop all work, because the server ends."""

    def close(self) -> str:
        """Keep unsaved changes after the last request; returns what a user should know about that."""


def application(page: Page) -> Starlette:
    """Web application of a page and its data; errors are answered with a sentence."""
    pages = Path(str(files("geocnn.viewer") / "pages"))

    def index(_request: Request) -> Response:
        return FileResponse(pages / page.name, headers={"Cache-Control": "no-store"})

    routes: list[BaseRoute] = [Route("/", index), *page.routes, Mount("/pages", StaticFiles(directory=pages))]
    return Starlette(
        routes=routes,
        # A page of another site could make its host name point to this machine; the host of such requests is refused.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[_HOST, "localhost"])],
        exception_handlers={GeocnnError: _foreseen, OSError: _foreseen, Exception: _unforeseen},
    )


def _foreseen(_request: Request, error: Exception) -> Response:
    """Answer for an error with a message for users, as on the command line."""
    words = str(error)
    if isinstance(error, OSError) and not isinstance(error, GeocnnError):
        words = f"the file cannot be read ({reason(error)}); is it still there?"
    return JSONResponse({"error": words}, status_code=422)


def _unforeseen(_request: Request, error: Exception) -> Response:
    """Answer for an unexpected error, as on the command line."""
    words = f"this is a fault of geocnn's ({type(error).__name__}: {error}); report it with what you did."
    return JSONResponse({"error": words}, status_code=500)


class Server:
    """A page that is served at an address of this machine until it is closed.

    Args:
        page: the page.
        port: port; 0 for a free one.

    Raises:
        DataError: there is no such port.
        TargetError: the port is in use, or the server does not start.

    Attributes:
        url: address of the page.
    """

    def __init__(self, page: Page, port: int = 0) -> None:
        self._page, self._socket = page, _bound(port)
        self.url = f"http://{_HOST}:{self._socket.getsockname()[1]}/"
        # Errors are answered with sentences; the server would print them again, also when it ends.
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
        """Wait until the page is closed, or until Ctrl-C."""
        while self._thread.is_alive():
            self._thread.join(0.2)

    def close(self) -> str:
        """Close the page and end the server.

        Returns:
            A sentence on unsaved changes; empty if there are none.
        """
        self._end()
        return self._page.close()  # last, so that changes made until then are kept

    def _end(self) -> None:
        """Answer the requests that have been received, and end."""
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
        """Address of the page, for example ``geocnn viewer at http://127.0.0.1:8123/``."""
        return f"geocnn viewer at {self.url}"

    def _repr_html_(self) -> str:
        """The page itself, for a notebook on this machine."""
        return f'<iframe src="{self.url}" style="width: 100%; height: 720px; border: 0"></iframe>'


def _bound(port: int) -> socket.socket:
    """Socket bound to a port of this machine.

    Raises:
        DataError: there is no such port.
        TargetError: the port is in use.
    """
    if not 0 <= port < 1 << 16:
        raise DataError(f"--port is {port}; needed is a number from 1 to 65535, or 0 for one that is free.")
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # On Windows SO_REUSEADDR would let two programs have the port; SO_EXCLUSIVEADDRUSE, which is only there, lets one.
    option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
    made.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        made.bind((_HOST, port))
    except OSError as error:
        made.close()
        raise TargetError(f"port {port} cannot be taken ({reason(error)}); leave --port out for a free one.") from None
    return made
