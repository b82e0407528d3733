"""Prediction by many processes: Dask hands out shares of the work, and the workers write into one partial file.

What is planned, the statistics of the data and the file come from the process that asks; a worker adds its samples and
nothing else. A share that is done again, because its worker has died, writes the same bytes again.
"""

import uuid
import warnings
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError
from contextlib import ExitStack, closing, nullcontext
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch

from geocnn import budget
from geocnn.errors import DataError, MissingError
from geocnn.io.partial import PartialSink
from geocnn.io.source import Source
from geocnn.prediction.cluster import connected, started
from geocnn.prediction.job import Job
from geocnn.prediction.log import Log
from geocnn.prediction.pieces import Share
from geocnn.prediction.shares import Tiles, collides, divided, front
from geocnn.prediction.worker import Part, do, facts, forget, same

__all__ = ["Workers", "check_files"]

_SHARES = 4
"""Shares per worker: few, for each warms up at its ends, and enough that none waits long for the last one."""


class Workers:
    """Processes that do the work: of this machine, started here, or those of a Dask cluster.

    Args:
        number: of processes to start; None with a scheduler.
        scheduler: address of a running one, for example "tcp://10.0.0.1:8786".

    Attributes:
        threads: of torch in a worker.

    Raises:
        DataError: neither or both are given, less than one process, or no scheduler or worker answers.
        MissingError: Dask is not installed.
    """

    def __init__(self, number: int | None, scheduler: str | None) -> None:
        if number is not None and scheduler is not None:
            raise DataError(
                "--workers starts processes on this machine and --scheduler takes those of a cluster; give one of the "
                "two."
            )
        if number is not None and number < 1:
            raise DataError(f"--workers is {number}; give the number of processes to start, 1 or more.")
        if find_spec("distributed") is None:
            raise MissingError(
                "--workers and --scheduler need distributed, which is not installed; type pip install 'geocnn[dask]'."
            )
        self.threads = max(1, torch.get_num_threads() // (number or 1))
        self._number, self._address = number, scheduler or ""
        self._stack = ExitStack()
        self._client: Any = None
        self._facts: list[tuple[int, int, int]] = []

    def __enter__(self) -> Self:
        """Connect with a cluster that runs; processes of our own start when all else is ready."""
        if self._number is None:
            self._client = self._stack.enter_context(connected(self._address))
            self._facts = list(self._client.run(facts).values())
            self.threads = max(1, min(own // tasks for own, tasks, _ in self._facts))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def memory(self, device: torch.device) -> int:
        """Bytes that a worker may take where the user says nothing."""
        if self._number is not None:
            return budget.half_of_memory(device) // self._number
        limits = (limit // (2 * tasks) for _, tasks, limit in self._facts if limit)
        return min([budget.half_of_memory(device), *limits])

    def run(self, job: Job, tiles: Tiles, record: Log, tick: Callable[[float], None]) -> None:
        """Do the work.

        Args:
            job: what is to be done.
            tiles: what is left of it.
            record: is told of every part that is finished.
            tick: is told of the samples that are finished.

        Raises:
            DataError: workers died again and again, or the scheduler is gone; and what a worker raises.
        """
        sink, done = job.sink, job.done
        assert isinstance(sink, PartialSink)
        finished: list[Share] = []
        with nullcontext(self._client) if self._client else started(self._number or 1) as client:
            record.expects(tiles)
            shares = divided(job.work, tiles, sink.units, _SHARES * sum(client.nthreads().values()))
            with closing(_results(client, job, sink, shares, self.threads)) as results:
                for share, parts in results:
                    for number, planes, samples, more in parts:
                        tick(samples)
                        record.add(number, planes, samples, **more)
                    finished.append(share)
                    if (mark := front(job.work, tiles, finished, done)) != done:
                        done = mark
                        sink.mark(*done)


def _results(
    client: Any,  # noqa: ANN401  (Dask has no types)
    job: Job,
    sink: PartialSink,
    shares: list[Share],
    threads: int,
) -> Generator[tuple[Share, list[Part]], None, None]:
    """Shares that are finished, in whatever order that happens."""
    from distributed import KilledWorker, as_completed

    name, turns = uuid.uuid4().hex, collides(job.work, sink.units)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")  # once, and from there to the workers
        packed = client.submit(same, job.packed(), key=f"geocnn-{name}", pure=False)
        tasks = {
            client.submit(do, name, packed, share, threads, turns=turns, key=f"geocnn-{name}-{k}", priority=-k): share
            for k, share in enumerate(shares)
        }
    try:
        for task in as_completed(tasks, loop=client.loop):
            yield tasks[task], task.result()
        client.run(forget, name, on_error="ignore")
    except KilledWorker:
        raise DataError(
            "one worker after the other died of the same part of the work, perhaps because memory ran out; give fewer "
            "--workers or less --memory."
        ) from None
    except CancelledError:
        raise DataError("the connection to the Dask scheduler is lost; start it and the same command again.") from None
    finally:
        if client.status == "running":
            client.cancel([packed, *tasks])


def check_files(source: Source, out: str | Path | None) -> None:
    """Refuse what workers cannot share.

    Raises:
        DataError: the data are in memory, or there is no file for the result.
    """
    if source.path is None:
        raise DataError(
            "workers read the data from a file, and these are in memory; write them into one first, for example with "
            "numpy.save, and give its path."
        )
    if out is None:
        raise DataError("workers write into a file; name one with --out (in Python out=).")
