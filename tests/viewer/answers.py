"""A page of a survey and what it answers."""

import numpy as np
from starlette.testclient import TestClient

from geocnn.grid import Axis, Grid
from geocnn.viewer import page_of
from geocnn.viewer.server import application

CUBE = Grid(
    (Axis("inline", 9, 100, 2), Axis("crossline", 7, 10, 1), Axis("time", 40, 400, 4, "ms")),
    {
        "coordinates": {
            "bytes": [181, 185],
            "origin": [1000.0, 2000.0],
            "vectors": [[0, 25.0], [12.5, 0]],
            "corners": [],
        }
    },
)
HOST = "http://127.0.0.1"


def client(*layers, networks=()):
    return TestClient(application(page_of(layers[0], layers[1:], networks)), base_url=HOST)


def part(client, **query):
    answer = client.get("/slice", params=query)
    assert answer.status_code == 200, answer.text
    shape = int(answer.headers["height"]), int(answer.headers["width"])
    sent = np.frombuffer(answer.content, "<i2").reshape(shape)
    values = np.where(sent == -32768, np.nan, sent * float(answer.headers["scale"]))
    return values, (int(answer.headers["across"]), int(answer.headers["down"]))
