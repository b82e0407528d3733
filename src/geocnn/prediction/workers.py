"""Prediction by many processes: Dask hands out shares, workers write into one partial file.

The plan, the statistics of the data and the file come from the process that asks; workers only add samples. A share
that is repeated because its worker died writes the same bytes again.
"""

import uuid
import warnings
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import torch

from geocnn import budget
from geocnn.errors import DataError, MissingError
from geocnn.io.partial import PartialSink
from geocnn.io.source import Source
from geocnn.prediction.cluster import connected, started
from geocnn.prediction.job import Job
from geocnn.prediction.log import Log
from geocnn.prediction.pieces import Share, to_do
from geocnn.prediction.shares import Tiles, collides, divided, front
from geocnn.prediction.worker import do, facts, forget, same

__all__ = ["Workers", "check_files"]

_SHARES = 4
"""Shares per worker: few, because each repeats work at its ends, but enough that no worker waits long in the end."""
_DIED = (
    "one worker after the other died of the same part of the work, perhaps because memory ran out; give fewer "
    "--workers or less --memory."
)
_LOST = "the connection to the Dask scheduler is lost; start it and the same command again."

Result = TypeVar("Result")


class Workers:
    """Processes that do the work: started on this machine, or those of a Dask cluster.

    Args:
        number: number of processes to start; None with a scheduler.
        scheduler: address of a running scheduler, such as "tcp://10.0.0.1:8786".

    Attributes:
        threads: torch threads per task of a worker.

    Raises:
        DataError: neither or both are given, ``number`` is below 1, or no scheduler or worker answers.
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
        """Connect to a running cluster; processes of our own are started only when they are needed."""
        if self._number is None:
            self._client = self._stack.enter_context(connected(self._address))
            self._facts = list(self._client.run(facts).values())
            self.threads = max(1, min(own // tasks for own, tasks, _ in self._facts))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def size(self) -> int:
        """Number of tasks that run at the same time."""
        return self._number or sum(tasks for _, tasks, _ in self._facts)

    def memory(self, device: torch.device) -> int:
        """Default memory of a worker in bytes."""
        if self._number is not None:
            return budget.half_of_memory(device) // self._number
        limits = (limit // (2 * tasks) for _, tasks, limit in self._facts if limit)
        return min([budget.half_of_memory(device), *limits])

    def each(
        self, function: Callable[..., Result], packed: bytes, calls: Sequence[tuple[Any, ...]]
    ) -> Generator[tuple[int, Result | DataError], None, None]:
        """Call a function in the workers; see :func:`_each`."""
        with self._connected() as client, closing(_each(client, function, packed, calls)) as results:
            yield from results

    def _connected(self) -> AbstractContextManager[Any]:
        """Client of the running cluster, or of processes that are started now."""
        return nullcontext(self._client) if self._client else started(self._number or 1)

    def run(self, job: Job, tiles: Tiles, record: Log, tick: Callable[[float], None]) -> None:
        """Let the workers do the work.

        Args:
            job: the prediction.
            tiles: what is left to do.
            record: log of finished parts.
            tick: is called with the number of samples that have been finished.

        Raises:
            DataError: workers died again and again, or the scheduler is gone. Errors of workers are raised as well.
        """
        sink, done = job.sink, job.done
        assert isinstance(sink, PartialSink)
        finished: list[Share] = []
        with self._connected() as client:
            record.expects(tiles, to_do(job.work, job.reader, (0, 0)))
            shares = divided(job.work, tiles, sink.units, _SHARES * sum(client.nthreads().values()))
            name, work = uuid.uuid4().hex, partial(do, turns=collides(job.work, sink.units))
            calls = [(name, share, self.threads) for share in shares]
            with closing(_each(client, work, job.packed(), calls)) as results:
                for number, parts in results:
                    if isinstance(parts, DataError):
                        raise parts
                    for tile, planes, samples, more in parts:
                        tick(samples)
                        record.add(tile, planes, samples, **more)
                    finished.append(shares[number])
                    if (mark := front(job.work, tiles, finished, done)) != done:
                        done = mark
                        sink.mark(*done)
            client.run(forget, name, on_error="ignore")


def _each(
    client: Any,  # noqa: ANN401  (Dask has no types)
    function: Callable[..., Result],
    packed: bytes,
    calls: Sequence[tuple[Any, ...]],
) -> Generator[tuple[int, Result | DataError], None, None]:
    """Call a function in the workers, and again if a worker has died.

    Args:
        client: of the workers.
        function: from a module that the workers can import.
        packed: its first argument, which is sent to each worker once.
        calls: its further arguments, one tuple per call.

    Yields:
        Number of a call and its result, in the order in which calls end; the result is an error if several workers died
        of the call.

    Raises:
        DataError: the scheduler is gone. Errors of the function are raised as well.
    """
    from distributed import KilledWorker, as_completed

    name = uuid.uuid4().hex
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")  # it is sent once, and passed on between workers
        first = client.submit(same, packed, key=f"geocnn-{name}", pure=False)
        tasks = {
            client.submit(function, first, *call, key=f"geocnn-{name}-{k}", priority=-k): k
            for k, call in enumerate(calls)
        }
    try:
        for task in as_completed(tasks, loop=client.loop):
            try:
                found = task.result()
            except KilledWorker:
                found = DataError(_DIED)
            yield tasks[task], found
    except CancelledError:
        raise DataError(_LOST) from None
    finally:
        if client.status == "running":
            client.cancel([first, *tasks])


def check_files(source: Source, out: str | Path | None) -> None:
    """Refuse data and results that workers cannot share.

    Raises:
        DataError: the data are in memory, or the result goes to no file.
    """
    if source.path is None:
        raise DataError(
            "workers read the data from a file, and these are in memory; write them into one first, for example with "
            "numpy.save, and give its path."
        )
    if out is None:
        raise DataError("workers write into a file; name one with --out (in Python out=).")
