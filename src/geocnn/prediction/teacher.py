"""Answers of a picker on real records without known arrivals, from which another picker learns."""

import itertools
import math

import numpy as np
import torch
from jaxtyping import Float, Float32
from numpy import ndarray
from torch import Tensor

from geocnn.checkpoints import Trained
from geocnn.errors import DataError
from geocnn.io.waveforms import Station, open_archive
from geocnn.prediction.picker import RATE, Part, Picker
from geocnn.progress import progress, time_unit
from geocnn.synthetic.earthquakes import TaughtRecord

__all__ = ["taught_records"]

_PART = 65_536
"""Samples that are processed at once."""
_LEAST = 6000
"""Least length of a record that is used, samples."""
_FAINT = 0.03
"""Least probability of a peak that is considered."""
_DOUBT = ((0.0, 0.1, 0.4, 1.0), (0.0, 0.03, 1.0, 1.0))
"""Probabilities of the picker, and those that are taught instead: close to nothing, or certain."""


def taught_records(trained: Trained, data: object, *, show_progress: bool = True) -> list[TaughtRecord]:
    """Records with the mean answers of a picker: for both signs, with components swapped, and turned by 45 degrees.

    Arrivals of which it is fairly sure become certain; all others become next to nothing.

    Args:
        trained: the picker.
        data: files, folders or an ObsPy Stream, see :func:`geocnn.io.waveforms.open_archive`.
        show_progress: show a live line.

    Raises:
        DataError: the network is no picker, or no record is a minute long.
        MissingError: no such file.
    """
    picker, archive = Picker.of(trained, device="cpu"), open_archive(data)
    runs = [(station, *run) for station in archive.stations for run in station.runs() if run[1] - run[0] >= _LEAST]
    if not runs:
        raise DataError(f"there is no record of {_LEAST // 100} s in {data}; needed are seismograms with earthquakes.")
    found, samples = [], sum(stop - start for _, start, stop in runs)
    unit, seconds = time_unit(samples / RATE)
    with progress(f"listening, {unit}", samples / RATE / seconds, show=show_progress) as tick:
        for station, start, stop in runs:
            found.append(_taught(picker, station, start, stop))
            tick((stop - start) / RATE / seconds)
    return found


def _taught(picker: Picker, station: Station, start: int, stop: int) -> TaughtRecord:
    """Taught record for one continuous stretch of a station's data."""
    first, last = start // 256 * 256, -(-stop // 256) * 256
    waveforms, alive, means = [], [], []
    for begin in range(first, last, _PART):
        part = Part(begin, min(begin + _PART, last))
        record, inner = picker.read(station, part), slice(picker.halo, -picker.halo)
        means.append(_mean(picker, record.marked())[:, inner])
        waveforms.append(record.waveform[:, inner])
        alive.append(record.live[:, inner])
    waveform, live, probability = (np.concatenate(parts, 1) for parts in (waveforms, alive, means))
    return TaughtRecord(waveform, live, decided(probability))


def _mean(picker: Picker, waveform: Float32[ndarray, "3 samples"]) -> Float32[ndarray, "2 samples"]:
    """Mean probabilities over all views of a record."""
    views = _views(torch.from_numpy(waveform)[None])
    with torch.inference_mode():
        answers = torch.stack([torch.softmax(picker.model(view), 1)[0, :2] for view in views])
    mean: Float32[ndarray, "2 samples"] = answers.mean(0).numpy()
    return mean


def _views(x: Float[Tensor, "1 3 samples"]) -> list[Float[Tensor, "1 3 samples"]]:
    """Views of a record: unchanged, with horizontal components swapped, turned by 45 degrees; each for both signs."""
    z, n, e = x.unbind(1)
    half = math.sqrt(0.5)
    turned = torch.where((n != 0) & (e != 0), torch.stack((half * (n + e), half * (n - e))), torch.stack((n, e)))
    seen = [x, torch.stack((z, e, n), 1), torch.stack((z, *turned), 1)]
    return [sign * view for view in seen for sign in (1, -1)]


def decided(probability: Float32[ndarray, "2 samples"]) -> Float32[ndarray, "2 samples"]:
    """Probabilities in which each arrival is either certain or close to nothing.

    Each peak is scaled as a whole, with the samples around it up to the lowest points between it and its neighbours.
    """
    made = np.zeros_like(probability)
    for row, one in zip(made, probability, strict=True):
        inner = one[1:-1]
        peaks = 1 + np.flatnonzero((inner >= _FAINT) & (inner >= one[:-2]) & (inner > one[2:]))
        valleys = [int(a + np.argmin(one[a:b])) for a, b in itertools.pairwise(peaks)]
        for peak, begin, end in zip(peaks, (0, *valleys), (*valleys, len(one)), strict=False):
            row[begin:end] = one[begin:end] * (np.interp(one[peak], *_DOUBT) / one[peak])
    made /= np.maximum(made.sum(0), 1)
    return made
