"""What a page sends to change something, checked: a page of another site must not."""

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
    """Names and values of a JSON object.

    Args:
        body: of the request.

    Raises:
        DataError: it is no such object.
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
    """A place to which the page itself, and programs of this machine, post JSON.

    Args:
        path: of the place.
        answer: to what was sent; it may take its time.
    """

    async def endpoint(request: Request) -> Response:
        _check_sender(request)
        return await run_in_threadpool(answer, Posted(await request.body()))

    return Route(path, endpoint, methods=["POST"])


def _check_sender(request: Request) -> None:
    """Refuse what a page of another site can send.

    Raises:
        DataError: it is such a thing.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # forms of other sites are sent without asking, and none of them is of this kind
        raise DataError(f"what was sent is {kind or 'of no kind'}; needed is application/json.")
    origin, own = request.headers.get("origin"), f"{request.url.scheme}://{request.headers.get('host')}"
    if origin is not None and origin != own:
        raise DataError(f"what was sent comes from {origin}; what is shown is changed by the page at {own} alone.")
