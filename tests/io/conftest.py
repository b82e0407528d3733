"""SEG-Y files for tests, written by segyio, which shares no code with ours."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import segyio
from numpy.typing import ArrayLike

MakeSegy = Callable[..., Path]


def write_segy(
    path: Path,
    samples: ArrayLike,
    headers: Sequence[dict[int, int]] = (),
    *,
    code: int = 5,
    endian: str = "big",
    interval: int = 4000,
) -> Path:
    """Write traces (rows of ``samples``) with header fields given by first byte."""
    rows = np.asarray(samples)
    spec = segyio.spec()
    spec.samples = np.arange(rows.shape[1]) * interval / 1000
    spec.tracecount = len(rows)
    spec.format = code
    spec.endian = endian
    with segyio.create(str(path), spec) as file:
        file.bin.update({segyio.BinField.Interval: interval, segyio.BinField.Samples: rows.shape[1]})
        for number, row in enumerate(rows):
            file.trace[number] = np.ascontiguousarray(row, dtype=file.dtype)
            if number < len(headers):
                file.header[number].update(headers[number])
    return path


@pytest.fixture(scope="session")
def make_segy() -> MakeSegy:
    """The writer."""
    return write_segy


@pytest.fixture
def cube(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A small SEG-Y cube, 4 inlines (10..16 step 2) x 3 crosslines x 20 samples, and its samples."""
    values = np.random.default_rng(1).standard_normal((4, 3, 20)).astype(np.float32)
    headers = [{189: 10 + 2 * i, 193: 100 + j} for i in range(4) for j in range(3)]
    return write_segy(tmp_path / "cube.sgy", values.reshape(12, 20), headers), values
