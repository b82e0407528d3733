"""Write synthetic surveys to files: SEG-Y with labels on the same grid."""

from pathlib import Path

import numpy as np

from geocnn import io
from geocnn.grid import Axis, Grid
from geocnn.io.source import ArraySource
from geocnn.io.system import make_folder
from geocnn.synthetic.structure import StructureRanges, structure

__all__ = ["KINDS", "survey_grid", "write_survey"]

KINDS = ("seismic", "fault", "time", "clean", "number", "throw")
"""Parts of a sample that are written."""


def write_survey(
    folder: str | Path,
    index: int = 0,
    *,
    seed: int = 0,
    shape: tuple[int, ...] = (128, 128, 128),
    ranges: StructureRanges | None = None,
    suffix: str = ".sgy",
    overwrite: bool = False,
) -> dict[str, Path]:
    """Write one synthetic survey and its labels.

    Args:
        folder: folder of the files; made if missing.
        index: number of the survey in its series.
        seed: seed of the series.
        shape: (inline, crossline, time) or (trace, time) samples.
        ranges: ranges from which the survey is drawn.
        suffix: .sgy, .zarr or .npy.
        overwrite: replace files of an earlier call.

    Returns:
        Paths by kind: seismic, fault (0 or 1), time (relative geologic time, samples), clean (noise-free), number
        (which fault, from 1) and throw (samples).

    Raises:
        TargetError: a file exists and ``overwrite`` is not set, or it cannot be written.
    """
    sample = structure(index, seed=seed, shape=shape, ranges=ranges)
    grid = survey_grid(shape)
    target = Path(folder)
    make_folder(target)
    files = {}
    for kind in KINDS:
        array = getattr(sample, kind).numpy().astype(np.float32)
        path = target / f"{index:03d}-{kind}{suffix}"
        with io.create(path, like=ArraySource(array, grid), overwrite=overwrite) as sink:
            sink.write((0,) * len(shape), array)
        files[kind] = path
    return files


def survey_grid(shape: tuple[int, ...]) -> Grid:
    """Grid with line numbers and times like those of a real survey.

    Args:
        shape: (inline, crossline, time) or (trace, time) samples.
    """
    time = Axis("time", shape[-1], 0.0, 4.0, "ms")
    if len(shape) == 2:
        return Grid((Axis("trace", shape[0], 1.0), time))
    return Grid((Axis("inline", shape[0], 1000.0), Axis("crossline", shape[1], 2000.0), time))
