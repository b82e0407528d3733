"""Code that runs in a worker: it writes a share of a prediction into the partial file."""

import threading
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from geocnn.errors import TargetError
from geocnn.hardware import keep_memory
from geocnn.io.partial import PartialSink
from geocnn.prediction.job import Job
from geocnn.prediction.log import resident
from geocnn.prediction.pieces import Mark, Share, pieces
from geocnn.prediction.results import Results

__all__ = ["Part", "do", "facts", "forget", "same"]

Part = tuple[int, tuple[int, int], int, dict[str, object]]
"""A finished part: number of its tile, planes, samples, and measurements."""


def facts(dask_worker: Any) -> tuple[int, int, int]:  # noqa: ANN401  (Dask has no types)
    """Torch threads of a worker, tasks that it runs at a time, and its memory limit in bytes, 0 for none."""
    return torch.get_num_threads(), dask_worker.state.nthreads, int(dask_worker.memory_manager.memory_limit or 0)


def same(packed: bytes) -> bytes:
    """Return the argument. As a task of its own it is sent to each worker once, and again if a worker is lost."""
    return packed


_jobs: dict[tuple[str, int], Job] = {}
"""Unpacked job of each thread in this process, by name of the run and number of the thread."""


def _job(name: str, packed: bytes) -> Job:
    """Job of a run; each thread unpacks it once, because not all of it can be shared."""
    key = name, threading.get_ident()
    if key not in _jobs:
        for old in [other for other in list(_jobs) if other[0] != name]:
            _jobs.pop(old, None)  # another thread may have removed it
        _jobs[key] = Job.unpacked(packed)
    return _jobs[key]


def forget(name: str) -> None:
    """Free the memory of a job that is done."""
    for key in [key for key in list(_jobs) if key[0] == name]:
        _jobs.pop(key, None)


def do(packed: bytes, name: str, share: Share, threads: int, *, turns: bool) -> list[Part]:
    """Do a share of the work in a worker, and return its finished parts."""
    from distributed import Lock, get_worker

    torch.set_num_threads(threads)
    parts: list[Part] = []
    before, address = time.perf_counter(), get_worker().address
    try:
        job = _job(name, packed)
        sink = job.sink
        assert isinstance(sink, PartialSink)
        keep_memory(keep=job.keep)

        def finished(start: int, stop: int, mark: Mark, samples: int) -> None:
            nonlocal before
            now = time.perf_counter()
            more: dict[str, object] = {"seconds": round(now - before, 3), "memory": resident(), "worker": address}
            parts.append((mark[0] if mark[1] else mark[0] - 1, (start, stop), samples, more))
            before = now

        turn: AbstractContextManager[Any] = Lock(f"geocnn-{name}") if turns else nullcontext()
        work, reader, where = job.work, job.reader, (job.device, job.precision)
        with Results(sink, work.axes[0], finished, turn) as results:
            for piece in pieces(work, job.trained, reader, *where, _nothing, results.done, share):
                _check_wanted(sink)
                results.add(piece)
        sink.flush()
    except BaseException:
        _jobs.pop((name, threading.get_ident()), None)  # its file is closed now
        raise
    return parts


def _check_wanted(sink: PartialSink) -> None:
    """Stop if the process that asked has given up.

    Raises:
        TargetError: the partial file has been removed.
    """
    if not sink.partial.exists():
        raise TargetError(f"{sink.path.name} was given up while workers wrote it; run the command again.")


def _nothing(_share: float) -> None:
    """Ignore progress: it is shown when a share is finished."""
