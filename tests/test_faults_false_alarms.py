"""The networks that ship find no faults where there are none: edges, mutes, dead traces, the water bottom, noise."""

import numpy as np
import pytest

import geocnn
from geocnn.synthetic.structure import StructureRanges, structure

QUIET = StructureRanges(
    bumps=(2, 2), bump_height=(3.0, 6.0), bump_width=(40.0, 60.0), slope=(0.1, 0.25), faults=(0, 0), noise=(12.0, 12.0)
)
SHAPES = {2: (220, 200), 3: (72, 64, 96)}
ALLOWED = {2: 0.0005, 3: 0.004}
"""Share of the samples that may be called a fault at the threshold in the card: a short piece here and there."""


def edges(data: np.ndarray) -> np.ndarray:
    """Dipping layers as they are: what lies beyond the survey is continued by its mirror image."""
    return data


def mute(data: np.ndarray) -> np.ndarray:
    """A wedge of zeros at the top."""
    tops = np.linspace(0, 0.4 * data.shape[-1], data.shape[0]).astype(int)
    for trace, top in zip(data, tops, strict=True):
        trace[..., :top] = 0
    return data


def dead(data: np.ndarray) -> np.ndarray:
    """One trace in thirty is dead, and ten beside one another."""
    traces = data.reshape(-1, data.shape[-1])
    traces[np.random.default_rng(0).random(len(traces)) < 1 / 30] = 0
    data[40:50] = 0
    return data


def water(data: np.ndarray) -> np.ndarray:
    """Almost nothing over a strong, sloping reflector."""
    down = np.arange(data.shape[-1])
    bottom = 40 + 0.1 * np.arange(data.shape[0]).reshape(-1, *[1] * (data.ndim - 1))
    wavelet = (1 - 2 * (0.3 * (down - bottom)) ** 2) * np.exp(-((0.3 * (down - bottom)) ** 2))
    noise = 0.01 * np.random.default_rng(0).standard_normal(data.shape)
    return np.where(down < bottom - 5, noise, data) + 5 * wavelet


def transparent(data: np.ndarray) -> np.ndarray:
    """A zone of weak noise in the middle."""
    middle = slice(data.shape[-1] // 3, 2 * data.shape[-1] // 3)
    data[..., middle] = 0.05 * np.random.default_rng(0).standard_normal(data[..., middle].shape)
    return data


TROUBLES = (edges, mute, dead, water, transparent)
CASES = [pytest.param(ndim, trouble, id=f"{ndim}-D {trouble.__name__}") for ndim in (2, 3) for trouble in TROUBLES]


@pytest.mark.parametrize(("ndim", "trouble"), CASES)
def test_no_faults_where_there_are_none(ndim, trouble):
    network, shares = geocnn.load("faults", ndim=ndim), []
    for index in range(5 if ndim == 2 else 3):
        data = trouble(structure(index, seed=99, shape=SHAPES[ndim], ranges=QUIET).seismic.double().numpy())
        found = geocnn.predict(network, data.astype(np.float32), show_progress=False).array
        shares.append(float((found >= network.card.threshold).mean()))
    assert np.mean(shares) < ALLOWED[ndim]
