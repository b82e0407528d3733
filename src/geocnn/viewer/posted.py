"""Check what a page posts to change something; pages of other sites must not do that."""

import json
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from geocnn.errors import DataError
from geocnn.viewer.query import Query

__all__ = ["Posted", "posted"]


class Posted(Query):
    """Values of a posted JSON object, by name.

    Args:
        body: body of the request.

    Raises:
        DataError: it is no JSON object.
    """

    def __init__(self, body: bytes) -> None:
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            raise DataError("what was sent is no JSON object; needed are names and values.")
        self._given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}


def posted(path: str, answer: Callable[[Posted], Response]) -> Route:
    """Route at which the page itself, and programs on this machine, can post JSON.

    Args:
        path: path of the route.
        answer: returns the response; it may take its time.
    """

    async def endpoint(request: Request) -> Response:
        _check_sender(request)
        return await run_in_threadpool(answer, Posted(await request.body()))

    return Route(path, endpoint, methods=["POST"])


def _check_sender(request: Request) -> None:
    """Refuse requests that a page of another site could send.

    Raises:
        DataError: the request is of that kind.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # browsers send forms of other sites without asking, but never JSON
        raise DataError(f"what was sent is {kind or 'of no kind'}; needed is application/json.")
    origin, own = request.headers.get("origin"), f"{request.url.scheme}://{request.headers.get('host')}"
    if origin is not None and origin != own:
        raise DataError(f"what was sent comes from {origin}; what is shown is changed by the page at {own} alone.")
