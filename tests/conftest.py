"""Shared fixtures; the array shapes of geocnn, and some of its types, are checked while the tests run."""

import signal
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from types import FunctionType
from typing import Any, Self

import jaxtyping
import numpy as np
import pytest
from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook
from jaxtyping import jaxtyped as with_shapes


def checked(function: Any) -> Any:
    """Shapes are checked everywhere; the types of what has none in some modules, in a tenth of the time."""
    typed = function.__module__.startswith(TYPED)
    if not isinstance(function, FunctionType):
        return with_shapes(function, typechecker=types) if typed else function
    kinds = function.__annotations__.values()
    if any("jaxtyping" in repr(kind) or (typed and isinstance(kind, str)) for kind in kinds):  # a word may stand for it
        return with_shapes(function, typechecker=types)
    if not typed or Self in kinds:
        return function
    strict = types(function)

    @wraps(function)
    def called(*arguments: Any, **options: Any) -> Any:
        return (function if jaxtyping.config.jaxtyping_disable else strict)(*arguments, **options)

    return called


def decorator(**_options: Any) -> Callable[[Any], Any]:
    """In place of jaxtyping's own, which the hook puts on every function and class."""
    return checked


# Elsewhere tests stand in for files and networks with objects of their own.
NAMES = (
    "checkpoints datasets hardware interruption layers losses metrics models normalisation optimiser "
    "properties synthetic"
)
TYPED = tuple(f"geocnn.{name}" for name in NAMES.split())
types = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int may stand for a float
jaxtyping.jaxtyped = decorator
install_import_hook("geocnn", "beartype.beartype")

# Of a shell that runs the tests in the background all processes inherit that they ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder with real data, beside the checkout."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("real data (../shared/data) are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def oracles() -> Path:
    """Folder with reference numbers, beside the checkout."""
    folder = SHARED / "oracles"
    if not folder.is_dir():
        pytest.skip("reference numbers (../shared/oracles) are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def quakes():
    """The picker that ships."""
    from geocnn.checkpoints import load

    return load("quakes", ndim=1)


@pytest.fixture(scope="session")
def five_minutes():
    """A record ``(3, 30000)`` of five clear earthquakes and more, and the phases and times of their arrivals, s."""
    from geocnn.synthetic.earthquakes import EarthquakeRanges, earthquake

    clear = EarthquakeRanges(
        quiet=0.0, dead=0.0, gap=0.0, flipped=0.0, snr=(1.0, 2.0), amplitude_ratio=(2.0, 6.0), spikes=0.0
    )
    parts = [earthquake(i, seed=77, size=6000, ranges=clear) for i in range(5)]
    scaled = [p.waveform / np.abs(p.waveform).mean() * 100 for p in parts]  # one station does not change so
    known = [(a.phase, 60 * k + a.time) for k, p in enumerate(parts) for a in p.arrivals]
    return np.concatenate(scaled, 1).astype(np.float32), known


@pytest.fixture
def symbolic_sizes() -> Iterator[None]:
    """Without the check of shapes: while a network is exported its sizes are symbols, which the checker refuses."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
