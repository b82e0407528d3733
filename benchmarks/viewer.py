"""How long a page of geocnn view waits for what it asks for, without what the browser does with it.

    python benchmarks/viewer.py [--shape 1500 1000 2000] [--days 30] [--folder runs/viewer]

Of a synthetic cube (made once, 12 GB) a step of each slice at 750 x 450 pixels, medians of ten, and inlines to which
networks are applied, medians of three; of a synthetic archive of one station the first answer for all of it, a window
that was not read before, and all of it.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from archive import write_days
from geocnn.viewer import page_of
from geocnn.viewer.server import application
from large import cube


def seconds(work: Callable[[], object]) -> float:
    """Of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def served(path: Path) -> TestClient:
    """The page of a file or folder."""
    return TestClient(application(page_of(path, ())), base_url="http://127.0.0.1")


def _slice(page: TestClient, query: dict[str, int | str]) -> float:
    """Seconds for a slice."""
    return seconds(lambda: page.get("/slice", params=query))


def survey(path: Path, shape: tuple[int, int, int]) -> None:
    """A row a slice."""
    page = served(path)
    views = {"inline": (0, 1, 2), "crossline": (1, 0, 2), "map": (2, 1, 0)}
    for view, (cut, across, down) in views.items():
        window = {"left": 0, "right": shape[across], "top": 0, "bottom": shape[down], "width": 750, "height": 450}
        steps = range(shape[cut] // 2, shape[cut] // 2 + 10)
        taken = [_slice(page, {"layer": 0, "view": view, "at": at, **window}) for at in steps]
        print(f"| {' x '.join(map(str, shape))}, a step of the {view} | {statistics.median(taken):.3f} |")
    names = [layer["name"] for layer in page.get("/about").json()["layers"]]
    window = {"left": 0, "right": shape[1], "top": 0, "bottom": shape[2], "width": 750, "height": 450}
    for name in ("faults", "denoise"):
        query: dict[str, int | str] = {"layer": names.index(name), "view": "inline", **window}
        first, *others = [_slice(page, {**query, "at": shape[0] // 2 + k}) for k in range(4)]
        print(f"| {name} on an inline, {shape[1]} x {shape[2]} samples | {statistics.median(others):.2f} |")
        if name == "faults":
            print(f"| the same, the first, with the start of PyTorch | {first:.2f} |")


def records(folder: Path, days: int) -> None:
    """A row for all of an archive, and for a window."""
    page = served(folder)
    station = page.get("/about").json()["stations"][0]
    whole = {"station": 0, "components": "first", "start": station["start"], "stop": station["stop"], "columns": 1200}
    first = seconds(lambda: page.get("/waves", params={**whole, "filter": 1}))
    minutes = {**whole, "components": "all", "start": station["stop"] - 4000, "stop": station["stop"] - 3400}
    window = seconds(lambda: page.get("/waves", params={**minutes, "filter": 1}))

    def rest() -> None:
        while float(page.get("/waves", params={**whole, "filter": 1}).headers["read"]) < 1:
            pass

    print(f"| {days} days at 100 Hz, first answer for all of them | {first:.2f} |")
    print(f"| a window of ten minutes, three components | {window:.2f} |")
    print(f"| all of the vertical component read | {first + seconds(rest):.1f} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--shape", type=int, nargs=3, default=(1500, 1000, 2000))
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--folder", type=Path, default=Path("runs/viewer"))
    given = parser.parse_args()
    shape = (given.shape[0], given.shape[1], given.shape[2])
    path, folder = given.folder / f"cube-{'x'.join(map(str, shape))}.sgy", given.folder / f"{given.days}-days"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        cube(path, shape)
    if not any(folder.iterdir()):
        write_days(folder, given.days)
    print("| what | seconds |\n| --- | --- |")
    survey(path, shape)
    records(folder, given.days)


if __name__ == "__main__":
    main()
