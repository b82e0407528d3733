"""Shared fixtures; array shapes and types of geocnn are checked at run time while the tests run."""

from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import numpy as np
import pytest
from jaxtyping import install_import_hook

# Elsewhere an int may stand for a float, which the checker would refuse.
CHECKED = (
    "checkpoints datasets hardware interruption layers losses metrics models normalisation optimiser "
    "properties synthetic"
)
install_import_hook([f"geocnn.{name}" for name in CHECKED.split()], "beartype.beartype")

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
